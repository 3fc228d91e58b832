"""CRAN and Bioconductor: the order of R package versions.

Spec: "Writing R Extensions", section 1.1.1 "The DESCRIPTION file", field `Version`, and R's `package_version`, by whose
operators R installs and loads: numbers parted by `.` or `-`, which mean the same, compared one by one; those that are
missing count as 0, so that 1.0 is 1.0.0. (`compareVersion` of `utils` puts 1.0 below 1.0.0.)
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "around", "key"]

_VERSION = re.compile(r"\s*([0-9]+(?:[.-][0-9]+)*)\s*", re.ASCII)
_BEGINNING = re.compile(r"\s*([0-9]{1,50}(?:[.-][0-9]{1,50})*)(?![0-9])", re.ASCII)


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when R would not take it."""
    match = _VERSION.fullmatch(version) if len(version) <= MAX_VERSION_LENGTH else None
    if match is None:
        raise InputError("version", f"{version[:80]!r} is not a version of an R package")
    return _numbers(match[1]) + b"\x00"


def _numbers(text: str) -> bytes:
    parts = [number(n, "version") for n in text.replace("-", ".").split(".")]
    while parts and parts[-1] == b"\x00":
        parts.pop()
    return b"".join([b"\x01" + part for part in parts])


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the numbers that `version` begins with."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    numbers = match[1].replace("-", ".")
    before, dot, last = numbers.rpartition(".")
    return key(numbers), key(f"{before}{dot}{int(last) + 1}")


ORDERING = Ordering(name="cran", spec="R package_version", ecosystems=("CRAN", "Bioconductor"), key=key, around=around)
