"""Packagist: the order of Composer package versions.

Spec: https://getcomposer.org/doc/articles/versions.md; composer/semver, `VersionParser::normalize`, and
https://www.php.net/version_compare, by which `Comparator` compares what that gives: four numbers (or those of a date),
then dev < alpha < beta < RC < nothing < another number < patch (`pl`, `p`), each with a number behind it. The branch
`1.x-dev` is above all of 1. A branch with a name (`dev-master`) is compared with nothing and has no key. Behind `@` a
stability and behind `+` metadata do not count. PHP reads no number above 2^63-1 and takes that in its place.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "around", "key"]

_MODIFIER = r"[._-]?(?:(stable|beta|b|RC|alpha|a|patch|pl|p)((?:[.-]?[0-9]+)*+))?([.-]?dev)?"
_CLASSICAL = re.compile(
    rf"v?([0-9]{{1,5}})(?:\.([0-9]+))?(?:\.([0-9]+))?(?:\.([0-9]+))?{_MODIFIER}", re.ASCII | re.IGNORECASE
)
_DATE = re.compile(
    rf"v?([0-9]{{4}}(?:[.:-]?[0-9]{{2}}){{1,6}}(?:[.:-]?[0-9]{{1,3}}){{0,2}}){_MODIFIER}", re.ASCII | re.IGNORECASE
)
_BRANCH = re.compile(
    r"v?([0-9]+)(?:\.([0-9]+|[x*]))?(?:\.([0-9]+|[x*]))?(?:\.([0-9]+|[x*]))?[.-]?dev", re.ASCII | re.IGNORECASE
)
_ALIAS = re.compile(r"([^,\s]+) +as +[^,\s]+")
_STABILITY = re.compile(r"@(?:stable|RC|beta|alpha|dev)$", re.ASCII | re.IGNORECASE)
_METADATA = re.compile(r"([^,\s+]+)\+[^\s]+")
_BEGINNING = re.compile(r"\s*v?([0-9]{1,5}(?:\.[0-9]{1,50}){0,3})(?![0-9])", re.ASCII | re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_DEV, _END, _NUMBER = b"\x02", b"\x06", b"\x07"
_WORDS = {
    "alpha": b"\x03",
    "a": b"\x03",
    "beta": b"\x04",
    "b": b"\x04",
    "rc": b"\x05",
    "patch": b"\x08",
    "pl": b"\x08",
    "p": b"\x08",
}
_ANY = "9999999"
_LARGEST = 2**63 - 1


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when Composer would not take it, or when it names a branch."""
    if len(version) > MAX_VERSION_LENGTH:
        raise InputError("version", f"{version[:80]!r} is not a Composer version")
    text = version.strip()
    match = _CLASSICAL.fullmatch(text)
    if match is None:
        text = _bare(text)
        match = _CLASSICAL.fullmatch(text)
    if match is not None:
        first, second, third, fourth, word, count, dev = match.groups()
        numbers = [first, second or "", third or "", fourth or ""]
    else:
        match = _DATE.fullmatch(text)
        if match is None:
            return _branch(text, version)
        date, word, count, dev = match.groups()
        numbers = _DIGITS.findall(date)
    out = _numbers(numbers)
    if word is not None:
        word = word.lower()
        if word == "stable":
            return out + _END
        out += _WORDS[word] + (_numbers(_DIGITS.findall(count)) if count else b"")
    return out + _DEV + _END if dev else out + _END


def _bare(text: str) -> str:
    """Give a version without what stands around it: alias, stability, metadata."""
    alias = _ALIAS.fullmatch(text)
    text = alias[1] if alias else text
    text = _STABILITY.sub("", text)
    metadata = _METADATA.fullmatch(text)
    return metadata[1] if metadata else text


def _branch(text: str, version: str) -> bytes:
    match = _BRANCH.fullmatch(text)
    if match is None:
        raise InputError("version", f"{version[:80]!r} is not a Composer version")
    return _numbers([n if n and n.isdigit() else _ANY for n in match.groups()]) + _DEV + _END


def _numbers(numbers: list[str]) -> bytes:
    return b"".join([_NUMBER + (number(n, "version") if len(n) < 19 else _long(n)) for n in numbers])


def _long(digits: str) -> bytes:
    number(digits, "version")  # refuses what is far too long
    return number(str(min(int(digits), _LARGEST)), "version")


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the numbers that `version` begins with."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    low = _numbers(match[1].split("."))
    return low, low + b"\xff"


ORDERING = Ordering(name="packagist", spec="composer/semver", ecosystems=("Packagist",), key=key, around=around)
