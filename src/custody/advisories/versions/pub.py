"""Pub: the order of Dart and Flutter package versions.

Spec: https://dart.dev/tools/pub/versioning; https://github.com/dart-lang/pub_semver, class `Version`, `parse` and
`compareTo`: SemVer, but build
metadata counts (no build below any, then part by part as in a pre-release) and leading zeros are read by value. A part
of a pre-release or build is a number where Dart's `int.tryParse` says so, which also takes `-5` and `0x1f`. Advisories
write `1.2` as the bound of a range; it stands for 1.2.0.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "around", "key"]

_PARTS = r"([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)"
_VERSION = re.compile(rf"\s*v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-{_PARTS})?(?:\+{_PARTS})?\s*", re.ASCII)
_BEGINNING = re.compile(r"\s*v?([0-9]{1,50}(?:\.[0-9]{1,50}){0,2})(?![0-9])", re.ASCII)
_INTEGER = re.compile(r"(-?)(?:([0-9]+)|0[xX]([0-9a-fA-F]+))", re.ASCII)
_COMPLEMENT = bytes(255 - b for b in range(256))
_LARGEST = 2**63
"""A number that does not fit 64 bits with its sign is a text to `int.tryParse`."""


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when it is none."""
    match = _VERSION.fullmatch(version) if len(version) <= MAX_VERSION_LENGTH else None
    if match is None:
        raise InputError("version", f"{version[:80]!r} is not a version of a Dart package")
    major, minor, patch, pre, build = match.groups()
    core = number(major, "version") + number(minor or "", "version") + number(patch or "", "version")
    return (
        core
        + (b"\x02" if pre is None else b"\x01" + _parts(pre))
        + (b"\x01" if build is None else b"\x02" + _parts(build))
    )


def _parts(text: str) -> bytes:
    """Write parts in turn: numbers by value and below texts, texts by ASCII, more parts above fewer."""
    return b"".join(map(_part, text.split("."))) + b"\x01"


def _part(text: str) -> bytes:
    match = _INTEGER.fullmatch(text)
    if match and len(text) <= len(str(_LARGEST)) + 1:
        value = int(match[2]) if match[2] else int(match[3], 16)
        if match[1] and value and value <= _LARGEST:
            return b"\x02" + number(str(value), "version").translate(_COMPLEMENT)
        if value < _LARGEST:
            return b"\x03" + number(str(value), "version")
    return b"\x04" + text.encode("ascii") + b"\x00"


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the numbers of `version`: of 2.0.x, 2.0.0-0 and 2.1.0-0."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    numbers = [int(n) for n in match[1].split(".")]
    return _lowest(numbers), _lowest([*numbers[:-1], numbers[-1] + 1])


def _lowest(numbers: list[int]) -> bytes:
    """Give what is below every pre-release of a version."""
    return b"".join(number(str(n), "version") for n in [*numbers, 0, 0][:3]) + b"\x01"


ORDERING = Ordering(name="pub", spec="Dart pub_semver", ecosystems=("Pub",), key=key, around=around)
