"""Conan: the order of C and C++ package versions.

Spec: https://docs.conan.io/2/tutorial/versioning/version_ranges.html; Conan 2, `conan.tools.scm.Version`: parts between
dots, `-` before a pre-release (below its release) and `+` before a build (above it, and counted); zeros at the end do
not count. A number is compared with a number by value and with a word as texts, and words with words as texts.

That is no order where words begin with several digits (2 < 10 < 1a < 2). So here a word stands at the number that it
begins with, just above it: 1 < 1a < 1w < 2 and 9 < 10 < 10a. It departs from Conan in such words alone.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "key"]

_VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", re.ASCII)
_LEADING_NUMBER = re.compile(r"(0*)([0-9]*)(.*)", re.ASCII)
_ZERO = b"\x02\x00\x00"


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when Conan would not have it in a reference."""
    text = version.strip()
    if len(text) > MAX_VERSION_LENGTH or not _VERSION.fullmatch(text):
        raise InputError("version", f"{version[:80]!r} is not a version of a Conan package")
    text, plus, build = text.rpartition("+")
    if not plus:
        text, build = build, ""
    text, hyphen, pre = text.partition("-")
    return (
        _parts(text) + (b"\x01" + _parts(pre) if hyphen else b"\x02") + (b"\x02" + _parts(build) if plus else b"\x01")
    )


def _parts(text: str) -> bytes:
    parts = [_part(part) for part in text.split(".")]
    while parts and parts[-1] == _ZERO:
        parts.pop()
    return b"".join(parts) + b"\x00"


def _part(text: str) -> bytes:
    """Write a number and a word that begins with one by value, what begins with a letter above, a sign below them."""
    if text.isdigit():
        return b"\x02" + number(text, "version") + b"\x00"
    match = _LEADING_NUMBER.fullmatch(text)
    if match is None or text[:1] < "0":
        return b"\x01" + text.encode("ascii") + b"\x00"
    zeros, digits, rest = match.groups()
    if not zeros and not digits:
        return b"\x03" + text.encode("ascii") + b"\x00"
    # 01w and 1w are two versions: as texts, the one with more zeros is below.
    return b"\x02" + number(digits, "version") + rest.encode("ascii") + b"\x00" + bytes([0xFE - min(len(zeros), 0xF0)])


ORDERING = Ordering(name="conan", spec="Conan 2 Version", ecosystems=("ConanCenter",), key=key)
