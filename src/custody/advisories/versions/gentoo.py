"""Gentoo: the order of ebuild versions, `1.2.3a_rc4_p5-r6`.

Spec: Package Manager Specification (PMS) 8, section 3.2 "Version specifications" and section 3.3 "Version
comparison", algorithms 3.1 to 3.7. The first number counts by value; of the later ones, two of which one begins with a
zero are compared as texts without the zeros at their end, so that it stands below all that do not.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "key"]

_VERSION = re.compile(
    r"(?P<first>[0-9]+)(?P<more>(?:\.[0-9]+)*)(?P<letter>[a-z])?"
    r"(?P<suffixes>(?:_(?:alpha|beta|pre|rc|p)[0-9]*)*)(?:-r(?P<revision>[0-9]+))?",
    re.ASCII,
)
_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)", re.ASCII)
_BEGINNING = re.compile(r"\s*([0-9]{1,50})((?:\.[0-9]{1,50})*)(?![0-9])", re.ASCII)
_LAST_NUMBER, _NUMBER = b"\x01", b"\x02"
_LAST_SUFFIX = b"\x05"
_SUFFIXES = {"alpha": b"\x01", "beta": b"\x02", "pre": b"\x03", "rc": b"\x04", "p": b"\x06"}


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when the specification does not know such a version."""
    text = version.strip()
    match = _VERSION.fullmatch(text) if len(text) <= MAX_VERSION_LENGTH else None
    if match is None:
        raise InputError("version", f"{version[:80]!r} is not a Gentoo version")
    suffixes = [_SUFFIXES[word] + number(digits, "version") for word, digits in _SUFFIX.findall(match["suffixes"])]
    return (
        _numbers(match["first"], match["more"])
        + _LAST_NUMBER
        + (match["letter"] or "\x00").encode("ascii")
        + b"".join(suffixes)
        + _LAST_SUFFIX
        + number(match["revision"] or "", "version")
    )


def _numbers(first: str, more: str) -> bytes:
    return number(first, "version") + b"".join(_NUMBER + _later(digits) for digits in more.split(".")[1:])


def _later(digits: str) -> bytes:
    if digits[0] == "0":
        return b"\x00" + digits.rstrip("0").encode("ascii") + b"\x00"
    return b"\x01" + number(digits, "version")


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the numbers that `version` begins with."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    low = _numbers(match[1], match[2])
    return low, low + b"\xff"


ORDERING = Ordering(name="gentoo", spec="PMS 8, section 3.3", ecosystems=(), key=key, around=around)
