"""RubyGems: the order of gem versions.

Spec: https://docs.ruby-lang.org/en/master/Gem/Version.html; RubyGems' `Gem::Version`, `correct?`, `canonical_segments`
and `<=>`: numbers and words in turn, whatever parts them; a hyphen says `.pre.`. A word is below any number, and below
the end, so that a version with a letter in it is a pre-release. What is missing is 0: 1.0 is 1, and 1.a is 1.0.0.a.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "around", "key"]

_VERSION = re.compile(r"\s*([0-9]+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?\s*", re.ASCII)
_SEGMENTS = re.compile(r"[0-9]+|[A-Za-z]+", re.ASCII)
_LETTER = re.compile(r"[A-Za-z]", re.ASCII)
_BEGINNING = re.compile(r"\s*v?([0-9]{1,50}(?:\.[0-9]{1,50})*)(?![0-9])", re.ASCII)
_ZERO = b"\x00"
# What may come next, lowest first. Zeros in between are counted: a word that comes later is less far below.
_WORD, _WORD_AFTER_ZEROS, _END, _NUMBER_AFTER_ZEROS, _NUMBER = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
_MOST = 0xFFFF


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when RubyGems calls it malformed, or when it is empty."""
    match = _VERSION.fullmatch(version) if len(version) <= MAX_VERSION_LENGTH else None
    if match is None or match[1] is None:
        raise InputError("version", f"{version[:80]!r} is not a version of a gem")
    text = match[1].replace("-", ".pre.")
    if _LETTER.search(text) is None:
        return _numbers(text.split(".")) + _END
    segments = _SEGMENTS.findall(text)
    letters = next(place for place, segment in enumerate(segments) if segment[0] > "9")
    return _numbers(segments[:letters]) + _rest(segments[letters:]) + _END


def _numbers(segments: Sequence[str]) -> bytes:
    """Give the numbers before the first word, of which zeros at the end do not count."""
    parts = [number(segment, "version") for segment in segments]
    while parts and parts[-1] == _ZERO:
        parts.pop()
    if _ZERO not in parts:
        return b"".join([_NUMBER + part for part in parts])
    return _sequence(parts)


def _rest(segments: Sequence[str]) -> bytes:
    return _sequence([s.encode("ascii") if s[0] > "9" else number(s, "version") for s in segments])


def _sequence(parts: Sequence[bytes]) -> bytes:
    """Write words (which begin with a letter) and numbers; zeros at the end do not count."""
    out, zeros = [], 0
    for part in parts:
        if part == _ZERO:
            zeros += 1
        elif part[0] >= ord("A") and part.isalpha():
            out.append((_WORD_AFTER_ZEROS + zeros.to_bytes(2, "big") if zeros else _WORD) + part + b"\x00")
            zeros = 0
        else:
            out.append((_NUMBER_AFTER_ZEROS + (_MOST - zeros).to_bytes(2, "big") if zeros else _NUMBER) + part)
            zeros = 0
    return b"".join(out)


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the numbers of `version`: of 2.0.x, what 2.0 and 2.1 begin at."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    numbers = match[1].split(".")
    high = _numbers([*numbers[:-1], str(int(numbers[-1]) + 1)])
    return _numbers(numbers) + _WORD, high + _WORD


ORDERING = Ordering(name="rubygems", spec="Gem::Version", ecosystems=("RubyGems",), key=key, around=around)
