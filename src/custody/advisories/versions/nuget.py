"""NuGet: the order of .NET package versions.

Spec: https://learn.microsoft.com/nuget/concepts/package-versioning, "Version basics", "Normalized version numbers";
NuGet.Versioning, `NuGetVersion.Parse` and `VersionComparer.Default`: one to four numbers, those that are missing are 0
and leading zeros do not count; a pre-release below its release, part by part as in SemVer 2.0.0, item 11.4, but without
regard to case. What `int.TryParse` cannot read (20240131120000) is a text, and what it reads with a sign (-5) a number.
Metadata behind `+` does not count.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "around", "key"]

_LABEL = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    rf"\s*v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:\.([0-9]+))?"
    rf"(?:-({_LABEL}(?:\.{_LABEL})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\s*",
    re.ASCII,
)
_BEGINNING = re.compile(r"\s*v?([0-9]{1,50}(?:\.[0-9]{1,50}){0,3})(?![0-9])", re.ASCII)
_NEGATIVE = re.compile(r"-[0-9]+", re.ASCII)
_COMPLEMENT = bytes(255 - b for b in range(256))
_LARGEST = 2**31


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when it is none."""
    match = _VERSION.fullmatch(version) if len(version) <= MAX_VERSION_LENGTH else None
    if match is None:
        raise InputError("version", f"{version[:80]!r} is not a NuGet version")
    major, minor, patch, revision, pre = match.groups()
    core = (
        number(major, "version")
        + number(minor or "", "version")
        + number(patch or "", "version")
        + number(revision or "", "version")
    )
    return core + b"\x02" if pre is None else core + b"\x01" + b"".join(map(_label, pre.split("."))) + b"\x01"


def _label(text: str) -> bytes:
    if text.isdigit() and (len(text) < 10 or int(text) < _LARGEST):
        return b"\x03" + number(text, "version")
    if text[0] == "-" and _NEGATIVE.fullmatch(text):
        value = int(text[1:])
        if value <= _LARGEST:
            digits = number(str(value), "version")
            return b"\x02" + digits.translate(_COMPLEMENT) if value else b"\x03" + digits
    return b"\x04" + text.upper().encode("ascii") + b"\x00"


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the numbers of `version`: of 2.0.x, what 2.0 and 2.1 begin at."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    numbers = [int(n) for n in match[1].split(".")]
    return _lowest(numbers), _lowest([*numbers[:-1], numbers[-1] + 1])


def _lowest(numbers: list[int]) -> bytes:
    """Give what is below every pre-release of a version."""
    return b"".join(number(str(n), "version") for n in [*numbers, 0, 0, 0][:4]) + b"\x01"


ORDERING = Ordering(name="nuget", spec="NuGet.Versioning", ecosystems=("NuGet",), key=key, around=around)
