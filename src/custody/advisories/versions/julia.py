"""Julia: the order of package versions.

Spec: https://docs.julialang.org/en/v1/manual/strings/#man-version-number-literals;
`VersionNumber` and `isless` of Julia's base/version.jl: SemVer, but build metadata counts (1.0.0 < 1.0.0+0 < 1.0.0+1,
the builds of binary packages), a pre-release needs no hyphen (`1.0rc1`), missing numbers are 0, and two bounds that no
release has: `1.0-` below every pre-release of 1.0, `1.0+` above every build of it.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "around", "key"]

_PARTS = r"[0-9a-z-]+(?:\.[0-9a-z-]+)*"
_VERSION = re.compile(
    rf"\s*v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?"
    rf"(?:-({_PARTS}|)|([a-z][0-9a-z-]*(?:\.[0-9a-z-]+)*))?(?:\+({_PARTS}|))?\s*",
    re.ASCII | re.IGNORECASE,
)
_BEGINNING = re.compile(r"\s*v?([0-9]{1,50}(?:\.[0-9]{1,50}){0,2})(?![0-9])", re.ASCII | re.IGNORECASE)


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when Julia would not take it."""
    match = _VERSION.fullmatch(version) if len(version) <= MAX_VERSION_LENGTH else None
    if match is None or (match[4] == "" and match[6] is not None):
        raise InputError("version", f"{version[:80]!r} is not a Julia version")
    major, minor, patch, hyphened, bare, build = match.groups()
    core = number(major, "version") + number(minor or "", "version") + number(patch or "", "version")
    pre = bare if hyphened is None else hyphened
    return (
        core
        + (b"\x02" if pre is None else b"\x01" + _parts(pre))
        + (b"\x00" if build is None else b"\x05" if build == "" else _parts(build))
    )


def _parts(text: str) -> bytes:
    """Write identifiers in turn: the empty one first, numbers by value, texts by ASCII, more above fewer."""
    if text == "":
        return b"\x01\x00"
    parts = [
        b"\x02" + number(i, "version") if i.isdigit() else b"\x03" + i.encode("ascii") + b"\x00"
        for i in text.split(".")
    ]
    return b"".join(parts) + b"\x00"


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the numbers of `version`: of 2.0.x, `2.0-` and `2.1-`."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    before, dot, last = match[1].rpartition(".")
    return key(f"{match[1]}-"), key(f"{before}{dot}{int(last) + 1}-")


ORDERING = Ordering(name="julia", spec="Julia VersionNumber", ecosystems=("Julia",), key=key, around=around)
