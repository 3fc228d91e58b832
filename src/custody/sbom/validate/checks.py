"""Checks of one value: each gives what is wrong, "" when nothing is.

A check is made once, when the tables are built, and called once for each value, so it does little: a type test and one
match.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

__all__ = [
    "CHECKSUM_DIGITS",
    "Check",
    "actor",
    "boolean",
    "checksums",
    "date",
    "each",
    "equals",
    "free",
    "line",
    "matches",
    "name",
    "one_of",
    "url",
]

Check: TypeAlias = Callable[[Any], str]

CHECKSUM_DIGITS: Mapping[str, int] = {
    "ADLER32": 8,
    "BLAKE2b-256": 64,
    "BLAKE2b-384": 96,
    "BLAKE2b-512": 128,
    "BLAKE3": 64,
    "MD2": 32,
    "MD4": 32,
    "MD5": 32,
    "MD6": 0,  # of no fixed length, like BLAKE3, which nearly everybody leaves at 256 bits
    "SHA1": 40,
    "SHA224": 56,
    "SHA256": 64,
    "SHA384": 96,
    "SHA512": 128,
    "SHA3-256": 64,
    "SHA3-384": 96,
    "SHA3-512": 128,
}
"""Algorithms of section 7.10 and the hexadecimal digits of their values; 0 where the algorithm leaves it open."""

_SUPPLIER = re.compile(r"NOASSERTION|(Person|Organization): \S.*")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_HEX = re.compile(r"[0-9a-f]+")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def free(value: object) -> str:
    """Any text."""
    return "" if isinstance(value, str) else f"expected a text, got {_shown(value)}"


def line(value: object) -> str:
    """A single line of text, perhaps an empty one."""
    if not isinstance(value, str):
        return free(value)
    return "expected a single line of text" if "\n" in value or "\r" in value else ""


def name(value: object) -> str:
    """A single line of text that is not empty."""
    return line(value) or ("" if isinstance(value, str) and value.strip() else "expected a text, got an empty one")


def boolean(value: object) -> str:
    """True or false."""
    return "" if isinstance(value, bool) else f"expected true or false, got {_shown(value)}"


def equals(expected: str) -> Check:
    """Just this text."""
    return lambda value: "" if value == expected else f"expected {expected!r}, got {_shown(value)}"


def one_of(allowed: Collection[str]) -> Check:
    """One of these texts, case and all."""
    known = frozenset(allowed)

    def check(value: object) -> str:
        if isinstance(value, str) and value in known:
            return ""
        return f"expected one of {', '.join(sorted(known))}, got {_shown(value)}"

    return check


def matches(pattern: str, expected: str) -> Check:
    """A text that matches as a whole; expected: the pattern in words."""
    match = re.compile(pattern).fullmatch
    return lambda value: "" if isinstance(value, str) and match(value) else f"expected {expected}, got {_shown(value)}"


def each(check: Check) -> Check:
    """A list whose items all pass."""

    def check_all(value: object) -> str:
        if not isinstance(value, list):
            return f"expected a list, got {_shown(value)}"
        return next((fault for fault in map(check, value) if fault), "")

    return check_all


@lru_cache(maxsize=256)
def _is_real(text: str) -> bool:
    try:
        dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)
    except ValueError:
        return False
    return True


def date(value: object) -> str:
    """A moment `YYYY-MM-DDThh:mm:ssZ`, without fractions or an offset, that is in the calendar."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return f"expected a time like 2026-01-31T12:00:00Z, got {_shown(value)}"
    return "" if _is_real(value) else f"no such day or time: {value!r}"


def actor(value: object) -> str:
    """Who made or supplies something (7.5, 7.6)."""
    if isinstance(value, str) and _SUPPLIER.fullmatch(value):
        return ""
    return f"expected NOASSERTION, 'Person: name' or 'Organization: name', got {_shown(value)}"


def url(*words: str) -> Check:
    """An absolute URI, or one of `words`. A place in version control (git+https://…@tag#path) is one too."""

    def check(value: object) -> str:
        if isinstance(value, str) and (value in words or _URI.fullmatch(value)):
            return ""
        return f"expected {' or '.join(('an absolute URI', *words))}, got {_shown(value)}"

    return check


def checksums(value: object) -> str:
    """A list of checksums: a known algorithm, and as many lower-case hexadecimal digits as it gives."""
    if not isinstance(value, list):
        return f"expected a list, got {_shown(value)}"
    for item in value:
        if fault := checksum(item):
            return fault
    return ""


def checksum(item: object) -> str:
    """One checksum."""
    if not isinstance(item, dict):
        return f"expected a checksum, got {_shown(item)}"
    algorithm, value = item.get("algorithm"), item.get("checksumValue")
    digits = CHECKSUM_DIGITS.get(algorithm) if isinstance(algorithm, str) else None
    if digits is None:
        return f"unknown checksum algorithm {_shown(algorithm)}"
    if not isinstance(value, str) or not _HEX.fullmatch(value) or len(value) != (digits or len(value)):
        return f"expected {digits or 'some'} lower-case hexadecimal digits for {algorithm}, got {_shown(value)}"
    extra = item.keys() - {"algorithm", "checksumValue"}
    return f"unknown property {min(extra)!r} of a checksum" if extra else ""
