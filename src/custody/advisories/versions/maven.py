"""Maven: the order of Java artifact versions.

Spec: https://maven.apache.org/pom.html#version-order-specification; `ComparableVersion` of maven-artifact 3.9.11 (with
MNG-6964, MNG-7559 and MNG-7644). A version is a list of numbers and qualifiers; a hyphen, and each change between
digits and letters, opens a list within it. Zeros and "release" words at the end of a list do not count.

`ComparableVersion` is no total order: a list within a list is below every number, also below a 0, and yet above the
end, to which a 0 is equal (1 < 1-sp < 1.0.alpha.1 < 1). A key has to break such circles. Here what follows a 0 or a
"release" word decides whether it is above or below the end; the circles need a word between two dots that is itself a
pre-release or "release" (`1.0.alpha.1`), which real versions hardly have.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "key"]

# Maven refuses these in a version, and so an expression that nobody has resolved (${revision}).
_VERSION = re.compile(r"[!#$%&'+.0-9;=@A-Z^_`a-z~-]+", re.ASCII)
_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*", re.ASCII)
_PIECES = re.compile(r"[0-9]+|[^0-9.-]+|[.-]", re.ASCII)
_QUALIFIERS = {
    "alpha": b"\x01",
    "beta": b"\x02",
    "milestone": b"\x03",
    "rc": b"\x04",
    "cr": b"\x04",
    "snapshot": b"\x05",
}
_RELEASE = frozenset({"ga", "final", "release"})
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
_ZERO = b"\x00"
# What may come next in a list, lowest first. `below` and `above`: what follows is below or above the end.
_PRE_RELEASE, _RELEASE_BELOW, _LIST_BELOW, _ZERO_BELOW = b"\x01", b"\x02", b"\x03", b"\x04"
_END, _RELEASE_ABOVE, _QUALIFIER, _LIST_ABOVE, _ZERO_ABOVE, _NUMBER = (
    b"\x05",
    b"\x06",
    b"\x07",
    b"\x08",
    b"\x09",
    b"\x0a",
)
_SERVICE_PACK, _UNKNOWN = b"\x01", b"\x02"


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when Maven would not have such a version in a POM."""
    text = version.strip()
    if len(text) > MAX_VERSION_LENGTH or not _VERSION.fullmatch(text) or "${" in text:
        raise InputError("version", f"{version[:80]!r} is not a Maven version")
    if _NUMBERS.fullmatch(text):
        parts = [number(n, "version") for n in text.split(".")]
        while parts and parts[-1] == _ZERO:
            parts.pop()
        return b"".join([_ZERO_ABOVE if part == _ZERO else _NUMBER + part for part in parts]) + _END
    lists = _lists(text.lower())
    inner, sign = b"", 0
    for items in reversed(lists):
        inner, sign = _encode(items, inner, sign)
    return inner


def _lists(text: str) -> list[list[str]]:
    """Give the items of the outermost list, of the list at its end, of the list at the end of that, and so on.

    An item is digits, a qualifier with a letter or sign, or "" for a "release" word.
    """
    lists: list[list[str]] = [[]]
    pieces = _PIECES.findall(text)
    last = len(pieces) - 1
    after_separator = True
    for place, piece in enumerate(pieces):
        if piece in ".-":
            if after_separator:
                lists[-1].append("0")
            if piece == "-":
                lists.append([])
            after_separator = True
            continue
        after_separator = False
        follows = pieces[place + 1] if place < last else ""
        if "0" <= piece[0] <= "9":
            lists[-1].append(piece)
            if follows and follows not in ".-":
                lists.append([])
            continue
        counted = bool(follows) and follows not in ".-"
        if (counted or not follows) and lists[-1]:
            lists.append([])
        word = _SHORT.get(piece, piece) if counted else piece
        lists[-1].append("" if word in _RELEASE else word)
        if counted:
            lists.append([])
    return lists


def _encode(items: list[str], inner: bytes, sign: int) -> tuple[bytes, int]:
    """Write one list, with the key and the sign of the list at its end, if any: +1 above nothing, -1 below it."""
    out = _END if sign == 0 else (_LIST_ABOVE if sign > 0 else _LIST_BELOW) + inner
    trailing = True
    for item in reversed(items):
        if item and "0" <= item[0] <= "9":
            part = number(item, "version")
            if part != _ZERO:
                out, sign = _NUMBER + part + out, 1
            elif not trailing:
                out = (_ZERO_ABOVE if sign > 0 else _ZERO_BELOW) + out
            else:
                continue
        elif not item:
            if trailing:
                continue
            out = (_RELEASE_ABOVE if sign > 0 else _RELEASE_BELOW) + out
        elif item in _QUALIFIERS:
            out, sign = _PRE_RELEASE + _QUALIFIERS[item] + out, -1
        else:
            rank = _SERVICE_PACK if item == "sp" else _UNKNOWN + item.encode("ascii") + _ZERO
            out, sign = _QUALIFIER + rank + out, 1
        trailing = False
    return out, sign


ORDERING = Ordering(name="maven", spec="Maven 3.9 ComparableVersion", ecosystems=("Maven",), key=key)
