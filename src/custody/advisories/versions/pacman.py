"""pacman: the order of `[epoch:]version[-pkgrel]` in Arch Linux and what descends from it.

Spec: vercmp(8), and `rpmvercmp` of libalpm, which descends from an older one of RPM: segments of digits and of
letters, and what parts them counts by its length alone (1..0 is above 1.1). Letters that follow a number at once stand
before the end of the text, all else behind it: 1.0rc < 1.0 < 1.0.a < 1.0.1.

Two things are no order in vercmp, and are decided here. It calls 1.0 equal to both 1.0-1 and 1.0-2; a version without
pkgrel is below those with one. And it runs in a circle with a version that ends in a separator (1.0. above 1.0..a
above 1.0.1 above 1.0.); such a one is refused.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "key"]

_VERSION = re.compile(
    r"(?:(?P<epoch>[0-9]+):)?(?P<version>[\x21-\x2c.\x30-\x39\x3b-\x7e]*[A-Za-z0-9])"
    r"(?:-(?P<release>[\x21-\x2c.\x30-\x39\x3b-\x7e]*[A-Za-z0-9]))?",
    re.ASCII,
)
_SEGMENTS = re.compile(r"([^A-Za-z0-9]*)([0-9]+|[A-Za-z]+)", re.ASCII)
_BEGINNING = re.compile(r"\s*(?:([0-9]{1,9}):)?([0-9]{1,50}(?:\.[0-9]{1,50}){0,9})(?![0-9:])", re.ASCII)
# What may come next in a text, lowest first.
_LETTERS_AT_ONCE, _END, _NUMBER_AT_ONCE, _BEHIND_SEPARATORS = b"\x01", b"\x02", b"\x03", b"\x04"


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when it is none, or none that vercmp could order."""
    text = version.strip()
    match = _VERSION.fullmatch(text) if len(text) <= MAX_VERSION_LENGTH else None
    if match is None:
        raise InputError("version", f"{version[:80]!r} is not a pacman version")
    release = match["release"]
    return (
        number(match["epoch"] or "", "version")
        + _text(match["version"])
        + (b"\x00" if release is None else b"\x01" + _text(release))
    )


def _text(text: str) -> bytes:
    return b"".join(_segment(len(before), segment) for before, segment in _SEGMENTS.findall(text)) + _END


def _segment(separators: int, segment: str) -> bytes:
    digits = segment.isdigit()
    what = number(segment, "version") if digits else segment.encode("ascii") + b"\x00"
    if separators == 0:
        return (_NUMBER_AT_ONCE if digits else _LETTERS_AT_ONCE) + what
    return _BEHIND_SEPARATORS + separators.to_bytes(2, "big") + (b"\x01" if digits else b"\x00") + what


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the epoch and the numbers that `version` begins with."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    low = number(match[1] or "", "version") + _text(match[2]).removesuffix(_END)
    return low, low + b"\xff"


ORDERING = Ordering(name="pacman", spec="vercmp(8)", ecosystems=(), key=key, around=around)
