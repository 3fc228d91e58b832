"""opam: the order of OCaml package versions.

Spec: the opam manual, section "Version ordering": as Debian's, without an epoch. A version is compared up
to its last hyphen, then behind it, each by turns: a part without digits (`~` before the end, the end before letters,
letters before the rest) and a number. Where the end meets zeros only, both are equal: 1 is 1-0.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "around", "key"]

_VERSION = re.compile(r"[A-Za-z0-9_.+~-]+", re.ASCII)
_FIRST_TURN = re.compile(r"([^0-9]*)([0-9]*)", re.ASCII)
_TURNS = re.compile(r"([^0-9]+)([0-9]*)", re.ASCII)
_BEGINNING = re.compile(r"([0-9]{1,50}(?:\.[0-9]{1,50})*)(?![0-9])", re.ASCII)
_END = b"\x02"


def _weights() -> dict[int, int]:
    """`~` below the end of a part (2), letters above it in ASCII order, then what else there may be in ASCII order."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return {ord("~"): 1} | {ord(c): 3 + i for i, c in enumerate(letters + "+-._")}


_WEIGHTS = _weights()


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when opam would not take it."""
    text = version.strip()
    if len(text) > MAX_VERSION_LENGTH or not _VERSION.fullmatch(text):
        raise InputError("version", f"{version[:80]!r} is not a version of an opam package")
    upstream, hyphen, revision = text.rpartition("-")
    return _text(upstream) + _text(revision) if hyphen else _text(text) + _NO_REVISION


def _text(text: str) -> bytes:
    """Give of each turn the characters' weights, an end mark and the number; then an end mark."""
    first = _FIRST_TURN.match(text)
    turns = [first.groups(), *_TURNS.findall(text, first.end())] if first else []
    return b"".join([t.translate(_WEIGHTS).encode("latin-1") + _END + number(n, "version") for t, n in turns]) + _END


_NO_REVISION = _text("")


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the numbers that `version` begins with."""
    match = _BEGINNING.match(version.strip()) if len(version) <= MAX_VERSION_LENGTH else None
    if match is None:
        return None
    low = _text(match[1]).removesuffix(_END)
    return low, low + b"\xff"


ORDERING = Ordering(name="opam", spec="opam manual, version ordering", ecosystems=("opam",), key=key, around=around)
