"""Alpine and what else installs with apk: `1.2.3a_rc4_p5~0f1e2d-r6`.

Spec: apk-package(5), "version", and `apk version -t` of apk-tools 2.14 and later:
`number{.number}...{letter}{_suffix{number}}...{~hash}{-r#}`. The first number counts by value. A later one too, unless
it begins with a zero: such ones are compared as texts, and so stand below all others. `_alpha _beta _pre _rc` stand
before the version without a suffix, `_cvs _svn _git _hg _p` behind it. apk-tools before 2.14 differed in two things
that real versions hardly have: 1.00 stood below 1.0, and numbers could follow the letter.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "key"]

_VERSION = re.compile(
    r"(?P<first>[0-9]+)(?P<more>(?:\.[0-9]+)*)(?P<letter>[a-z])?"
    r"(?P<suffixes>(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*)"
    r"(?:~(?P<hash>[0-9a-f]+))?(?:-r(?P<revision>[0-9]+))?",
    re.ASCII,
)
_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)", re.ASCII)
_BEGINNING = re.compile(r"\s*([0-9]{1,50})((?:\.[0-9]{1,50})*)(?![0-9])", re.ASCII)
# What may come next, lowest first: so does apk order two versions at the place where one has what the other has not.
_END, _REVISION, _HASH, _SUFFIX_NUMBER, _LETTER, _NUMBER = b"\x05", b"\x06", b"\x07", b"\x08", b"\x0e", b"\x0f"
_BEFORE = {"alpha": b"\x01", "beta": b"\x02", "pre": b"\x03", "rc": b"\x04"}
_BEHIND = {"cvs": b"\x09", "svn": b"\x0a", "git": b"\x0b", "hg": b"\x0c", "p": b"\x0d"}
_SUFFIXES = _BEFORE | _BEHIND


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when apk would not take it."""
    text = version.strip()
    match = _VERSION.fullmatch(text) if len(text) <= MAX_VERSION_LENGTH else None
    if match is None:
        raise InputError("version", f"{version[:80]!r} is not an Alpine version")
    parts = [_numbers(match["first"], match["more"])]
    if match["letter"]:
        parts.append(_LETTER + match["letter"].encode("ascii"))
    for word, digits in _SUFFIX.findall(match["suffixes"]):
        parts.append(_SUFFIXES[word])
        if digits:
            parts.append(_SUFFIX_NUMBER + number(digits, "version"))
    if match["hash"]:
        parts.append(_HASH + match["hash"].encode("ascii") + b"\x00")
    if match["revision"]:
        parts.append(_REVISION + number(match["revision"], "version"))
    return b"".join(parts) + _END


def _numbers(first: str, more: str) -> bytes:
    return number(first, "version") + b"".join(_NUMBER + _later(digits) for digits in more.split(".")[1:])


def _later(digits: str) -> bytes:
    """Put one that begins with a zero, as a text, below all that do not: "0" < "00" < "01" < "1" < "10"."""
    if digits[0] == "0":
        return b"\x00" + digits.encode("ascii") + b"\x00"
    return b"\x01" + number(digits, "version")


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the numbers that `version` begins with."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    low = _numbers(match[1], match[2])
    return low, low + b"\xff"


ORDERING = Ordering(
    name="alpine",
    spec="apk-package(5)",
    ecosystems=(
        "Alpaquita",
        "Alpine",
        "BellSoft Hardened Containers",
        "Chainguard",
        "CleanStart",
        "MinimOS",
        "Wolfi",
    ),
    key=key,
    around=around,
)
