"""The order of what has no ordering of its own: CPE ranges, kernels, versions of unknown making.

Spec: none; this is what most version schemes agree on, and what rests on it is of low confidence.

1. A version is read as numbers and words, without regard to case; `.`, `-`, `_`, `+` and blanks only part them. A `v`
   or `version` in front does not count.
2. Numbers are compared by value. What is missing counts as 0: 1.0 is 1.0.0, and 1.0-rc1 is 1-rc1.
3. Pre-release words are below the release, in this order: dev (snapshot, nightly), alpha, beta, milestone, pre
   (preview), rc (cr, candidate). `a`, `b` and `m` are such words only with a number right behind: 1.0b2 is a beta,
   1.1.1b is not. `~` is below all of them.
4. Release words (final, ga, release, stable) do not count.
5. Other words are above the release and below a further number, by ASCII: 1.0 < 1.0a < 1.0p1 < 1.0.1.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "around", "key"]

_VERSION = re.compile(r"[ -~]*[0-9][ -~]*", re.ASCII)
_SIMPLE = re.compile(r"[0-9]+(?:\.[0-9]+)*", re.ASCII)
_PREFIX = re.compile(r"\s*(?:version|v)[ ._-]?(?=[0-9])")
_PIECES = re.compile(r"[0-9]+|[a-z]+|~", re.ASCII)
_BEGINNING = re.compile(r"\s*v?([0-9]{1,50}(?:\.[0-9]{1,50})*)(?![0-9])", re.ASCII | re.IGNORECASE)
_PRE_RELEASE = {
    "dev": b"\x01",
    "snapshot": b"\x01",
    "nightly": b"\x01",
    "alpha": b"\x02",
    "beta": b"\x03",
    "milestone": b"\x04",
    "pre": b"\x05",
    "preview": b"\x05",
    "rc": b"\x06",
    "cr": b"\x06",
    "candidate": b"\x06",
}
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
_RELEASE = frozenset({"final", "ga", "release", "stable"})
_ZERO = b"\x00"
# What may come next, lowest first. Zeros before a further number are counted: 1.0.0.1 is below 1.0.1.
_TILDE, _PRE, _END, _WORD, _NUMBER_AFTER_ZEROS, _NUMBER = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05", b"\x06"
_MOST = 0xFFFF


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError for what has no digit in it or is no printable ASCII."""
    if len(version) > MAX_VERSION_LENGTH or not _VERSION.fullmatch(version):
        raise InputError("version", f"{version[:80]!r} is not a version: it has no number in it")
    if _SIMPLE.fullmatch(version):
        return _numbers(version.split(".")) + _END
    text = version.lower()
    prefix = _PREFIX.match(text)
    start = prefix.end() if prefix else 0
    out: list[bytes] = []
    numbers: list[str] = []
    for match in _PIECES.finditer(text, start):
        piece = match[0]
        if piece.isdigit():
            numbers.append(piece)
            continue
        if piece in _RELEASE:
            continue
        if numbers:
            out.append(_numbers(numbers))
            numbers = []
        if piece == "~":
            out.append(_TILDE)
            continue
        if piece in _SHORT and text[match.end() : match.end() + 1].isdigit():
            piece = _SHORT[piece]
        rank = _PRE_RELEASE.get(piece)
        out.append(_WORD + piece.encode("ascii") + _ZERO if rank is None else _PRE + rank)
    return b"".join(out) + _numbers(numbers) + _END


def _numbers(digits: list[str]) -> bytes:
    """Write numbers that stand together; zeros at their end do not count."""
    out, zeros = [], 0
    for part in [number(d, "version") for d in digits]:
        if part == _ZERO:
            zeros += 1
        elif zeros:
            out.append(_NUMBER_AFTER_ZEROS + (_MOST - zeros).to_bytes(2, "big") + part)
            zeros = 0
        else:
            out.append(_NUMBER + part)
    return b"".join(out)


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the numbers of `version`, for what is no printable ASCII."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    digits = match[1].split(".")
    return _numbers(digits) + b"\x00", _numbers([*digits[:-1], str(int(digits[-1]) + 1)]) + b"\x00"


ORDERING = Ordering(
    name="fallback",
    spec="documented in custody/advisories/versions/fallback.py",
    ecosystems=("CPE", "Linux"),
    key=key,
    around=around,
)
