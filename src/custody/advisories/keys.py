"""The pieces that order-preserving version keys are made of."""

from __future__ import annotations

from custody.errors import InputError

__all__ = ["AFTER_ALL", "BEFORE_ALL", "MAX_VERSION_LENGTH", "NOWHERE", "just_after", "just_before", "number"]

MAX_VERSION_LENGTH = 1024
"""Characters; real versions are far shorter, and a longer text is an attack on the readers behind us."""
BEFORE_ALL = b""
"""Below every key."""
AFTER_ALL = b"\xff"
"""Above every key: keys start with the length of a number."""
NOWHERE = b"\xff\xff"
"""In no range, not even in one that is open above: of a version that no ordering reads, and that a record may list."""
_LONGEST_NUMBER = 250


def number(digits: str, where: str) -> bytes:
    """Give a decimal number as bytes that sort by value: how many digits it has, then the digits.

    digits: ASCII digits, leading zeros allowed, "" counts as 0. No result is a prefix of another one. InputError
    above 250 digits.
    """
    digits = digits.lstrip("0")
    if len(digits) > _LONGEST_NUMBER:
        raise InputError(where, f"a number of {len(digits)} digits is no version")
    return len(digits).to_bytes(1, "big") + digits.encode("ascii")


def just_after(key: bytes) -> bytes:
    """Give the smallest byte string above `key`, so that an inclusive bound becomes an exclusive one."""
    return key + b"\x00"


def just_before(key: bytes) -> bytes:
    """Give a byte string below `key` and above every key that is not its beginning: the last place before a bound."""
    head = key.rstrip(b"\x00")
    return head[:-1] + bytes([head[-1] - 1]) + NOWHERE if head else key
