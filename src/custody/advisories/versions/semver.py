"""Semantic Versioning, as npm and what else follows it read it.

Spec: https://semver.org/spec/v2.0.0.html, items 9 to 11; https://github.com/npm/node-semver, functions `parse` and
`compare`; for Rust `Version::cmp_precedence` of the crate
`semver`. A leading `v` and white space around are read as
npm reads them. Advisories also write `6` and `6.0`, which name no version but leave no doubt as bounds of a range: they
stand for 6.0.0. Build metadata (`+…`) does not count.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import number
from custody.errors import InputError

__all__ = ["IDENTIFIER", "NUMBER", "ORDERING", "around", "identifiers", "key"]

NUMBER = r"(?:0|[1-9][0-9]*)"
IDENTIFIER = rf"(?:{NUMBER}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_VERSION = re.compile(
    rf"\s*v?({NUMBER})(?:\.({NUMBER}))?(?:\.({NUMBER}))?"
    rf"(?:-({IDENTIFIER}(?:\.{IDENTIFIER})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\s*",
    re.ASCII,
)
_BEGINNING = re.compile(r"\s*v?([0-9]{1,50}(?:\.[0-9]{1,50}){0,2})(?![0-9])", re.ASCII)
_LONGEST = 256
"""Characters: the limit of node-semver, which also bounds the work."""


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when it is none."""
    match = _VERSION.fullmatch(version) if len(version) <= _LONGEST else None
    if match is None:
        raise InputError("version", f"{version[:80]!r} is not a semantic version")
    major, minor, patch, pre = match.groups()
    core = number(major, "version") + number(minor or "", "version") + number(patch or "", "version")
    return core + b"\x02" if pre is None else core + b"\x01" + identifiers(pre)


def identifiers(text: str) -> bytes:
    """Write a pre-release after item 11.4: numbers by value and below texts, texts by ASCII, more above fewer."""
    parts = [
        b"\x02" + number(i, "version") if i.isdigit() else b"\x03" + i.encode("ascii") + b"\x00"
        for i in text.split(".")
    ]
    return b"".join(parts) + b"\x01"


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the numbers of `version`: of 2.0.x, 2.0.0-0 and 2.1.0-0."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > _LONGEST:
        return None
    numbers = [int(n) for n in match[1].split(".")]
    zeros = [0] * (3 - len(numbers))
    low, high = [*numbers, *zeros], [*numbers[:-1], numbers[-1] + 1, *zeros]
    return key(".".join(map(str, low)) + "-0"), key(".".join(map(str, high)) + "-0")


ORDERING = Ordering(
    name="semver",
    spec="SemVer 2.0.0 as in node-semver",
    ecosystems=("npm", "crates.io", "Kubernetes", "VSCode"),
    key=key,
    around=around,
)
