"""dpkg: the order of package versions in Debian and what descends from it.

Spec: deb-version(7) and Debian Policy 5.6.12: `[epoch:]upstream[-revision]`; each of the two texts is compared by
turns, a part without digits (`~` before the end, the end before letters, letters before the rest) and a number.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "key"]

_UPSTREAM = re.compile(r"[A-Za-z0-9.+~:-]+", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9.+~]+", re.ASCII)
_FIRST_TURN = re.compile(r"([^0-9]*)([0-9]*)", re.ASCII)
_TURNS = re.compile(r"([^0-9]+)([0-9]*)", re.ASCII)
_BEGINNING = re.compile(r"\s*(?:([0-9]{1,9}):)?([0-9]{1,50}(?:\.[0-9]{1,50}){0,9})(?![0-9:])", re.ASCII)
_END = b"\x02"
_LARGEST_EPOCH = 2**31 - 1


def _weights() -> dict[int, int]:
    """`~` below the end of a part (2), letters above it in ASCII order, then the signs + - . : in ASCII order."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return {ord("~"): 1} | {ord(c): 3 + i for i, c in enumerate(letters + "+-.:")}


_WEIGHTS = _weights()


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when dpkg would not take it."""
    text = version.strip()
    before, colon, after = text.partition(":")
    epoch, rest = (before, after) if colon else ("0", text)
    upstream, hyphen, revision = rest.rpartition("-")
    if not hyphen:
        upstream, revision = rest, "0"
    if (
        len(text) > MAX_VERSION_LENGTH
        or not (epoch.isascii() and epoch.isdigit() and len(epoch) < 20 and int(epoch) <= _LARGEST_EPOCH)
        or not _UPSTREAM.fullmatch(upstream)
        or not _REVISION.fullmatch(revision)
    ):
        raise InputError("version", f"{version[:80]!r} is not a Debian version")
    return number(epoch, "version") + _text(upstream) + _text(revision)


def _text(text: str) -> bytes:
    """Give one of the two texts: of each turn the letters' weights, an end mark and the number; then an end mark.

    The first turn is always there, even of an empty text; each further one begins with a letter or sign. So the end
    of the whole stands where the end of a part stands: above `~` and below all others.
    """
    first = _FIRST_TURN.match(text)
    turns = [first, *_TURNS.finditer(text, first.end())] if first else []
    return b"".join(t[1].translate(_WEIGHTS).encode("latin-1") + _END + number(t[2], "version") for t in turns) + _END


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the epoch and the numbers that `version` begins with."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    low = number(match[1] or "", "version") + _text(match[2]).removesuffix(_END)
    return low, low + b"\xff"


ORDERING = Ordering(
    name="debian", spec="deb-version(7)", ecosystems=("Debian", "Echo", "Ubuntu"), key=key, around=around
)
