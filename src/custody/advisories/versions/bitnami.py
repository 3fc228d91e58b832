"""Bitnami: the order of the versions of its packages, `3.1.4-2`.

Spec: https://github.com/bitnami/go-version, package `version`: SemVer's three numbers, build metadata that does not
count, and in place of a pre-release the revision of the package, which stands above the version without one (1.2.3 <
1.2.3-0 < 1.2.3-1). Revisions are compared as SemVer 2.0.0, item 11.4, compares pre-releases, texts above numbers. The
advisories also write dates with leading zeros (`2019.09.25`), and versions without all three numbers; both are read by
value.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.advisories.versions.semver import IDENTIFIER, identifiers
from custody.errors import InputError

__all__ = ["ORDERING", "around", "key"]

_VERSION = re.compile(
    rf"\s*v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?"
    rf"(?:-({IDENTIFIER}(?:\.{IDENTIFIER})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\s*",
    re.ASCII,
)
_BEGINNING = re.compile(r"\s*v?([0-9]{1,50}(?:\.[0-9]{1,50}){0,2})(?![0-9])", re.ASCII)


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when it is none."""
    match = _VERSION.fullmatch(version) if len(version) <= MAX_VERSION_LENGTH else None
    if match is None:
        raise InputError("version", f"{version[:80]!r} is not a version of a Bitnami package")
    major, minor, patch, revision = match.groups()
    core = number(major, "version") + number(minor or "", "version") + number(patch or "", "version")
    return core + b"\x01" if revision is None else core + b"\x02" + identifiers(revision)


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the numbers of `version`: of 2.0.x, 2.0.0 and 2.1.0."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    before, dot, last = match[1].rpartition(".")
    return key(match[1]), key(f"{before}{dot}{int(last) + 1}")


def bound(version: str) -> str:
    """Read a bound as SemVer does, as its records mean it: `1.24.0-0` is the lowest that may be called 1.24.0.

    Of revisions it would be the first one above 1.24.0, and ranges that end there would begin behind their end.
    """
    return version.removesuffix("-0")


ORDERING = Ordering(
    name="bitnami", spec="bitnami/go-version", ecosystems=("Bitnami",), key=key, around=around, bound=bound
)
