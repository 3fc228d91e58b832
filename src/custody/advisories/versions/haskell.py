"""Haskell: the order of Hackage packages and of GHC.

Spec: https://pvp.haskell.org, "Version numbers": numbers compared from the left, and 1.2 below 1.2.0;
`Distribution.Types.Version` of Cabal, which takes no leading zeros, and `Data.Version` of base. Tags (`1.2-tag`),
which there are no more, do not count.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "around", "key"]

_VERSION = re.compile(r"\s*((?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*)(?:-[0-9A-Za-z]+)*\s*", re.ASCII)
_BEGINNING = re.compile(r"\s*([0-9]{1,50}(?:\.[0-9]{1,50})*)(?![0-9])", re.ASCII)


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when Cabal would not take it."""
    match = _VERSION.fullmatch(version) if len(version) <= MAX_VERSION_LENGTH else None
    if match is None:
        raise InputError("version", f"{version[:80]!r} is not a version by the Haskell Package Versioning Policy")
    return _numbers(match[1]) + b"\x00"


def _numbers(text: str) -> bytes:
    return b"".join([b"\x01" + number(n, "version") for n in text.split(".")])


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the numbers that `version` begins with: for 2.1.x, 2.1 to 2.2."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    low = _numbers(match[1])
    return low, low + b"\xff"


ORDERING = Ordering(name="haskell", spec="Haskell PVP", ecosystems=("Hackage", "GHC"), key=key, around=around)
