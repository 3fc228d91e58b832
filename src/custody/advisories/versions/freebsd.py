"""FreeBSD: the order of port versions, `1.2.3_4,5`.

Spec: pkg-version(8); Porter's Handbook 5.2.3 "PORTREVISION and PORTEPOCH"; `pkg_version_cmp` of libpkg. The epoch
behind the comma counts first, the revision behind the underscore last. Between them stand components of a number, a
letter and a patch level: a missing number is -1, a word counts by its first letter (the case does not matter), a letter
without a patch level has -1; `pl`, `alpha`, `beta`, `pre` and `rc` behind a number are components of their own, and
`*` is the lowest one. What is missing at the end is all zeros: 10 = 10.0 = 10.0.0, and 10.a < 10. Components behind a
`+` are compared after all those before it.

Because the zeros at an end go on for ever, a run of them is written as a count, in such a way that it sorts by what
follows the run: something below zero makes a version lower the sooner it comes, something above zero higher.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "key"]

_VERSION = re.compile(r"(?P<version>[A-Za-z0-9.+*]+)(?:_(?P<revision>[0-9]+))?(?:,(?P<epoch>[0-9]+))?", re.ASCII)
_COMPONENT = re.compile(
    r"""(?:(?P<number>[0-9]+)|(?P<star>\*)[^+]*|)
    (?:(?P<stage>(?i:pl|alpha|beta|pre|rc)(?![A-Za-z]))|(?P<letters>[A-Za-z]+)|)
    (?P<level>[0-9]*)\.*""",
    re.VERBOSE | re.ASCII,
)
_STAGES = {"pl": 0, "alpha": 1, "beta": 2, "pre": 16, "rc": 18}
_BEGINNING = re.compile(r"\s*([0-9]{1,50}(?:\.[0-9]{1,50})*)(?![0-9])", re.ASCII)
_BELOW_ZERO, _ZEROS, _ABOVE_ZERO = b"\x01", b"\x02", b"\x03"
_STAR, _MISSING, _THERE = b"\x00", b"\x01", b"\x02"
_NO_LETTER = b"\x00" + _THERE + b"\x00"
_ZERO = _THERE + b"\x00" + _NO_LETTER


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when it is none."""
    text = version.strip()
    match = _VERSION.fullmatch(text) if len(text) <= MAX_VERSION_LENGTH else None
    if match is None:
        raise InputError("version", f"{version[:80]!r} is not a FreeBSD version")
    blocks = [_run(_components(block), _ZERO) for block in match["version"].split("+")]
    return number(match["epoch"] or "", "version") + _run(blocks, _ZEROS) + number(match["revision"] or "", "version")


def _run(items: Sequence[bytes], zero: bytes) -> bytes:
    """Write a sequence that zeros without end follow, so that it sorts item by item."""
    text, zeros = [], 0
    for item in items:
        if item == zero:
            zeros += 1
            continue
        if item < zero:
            text += [_BELOW_ZERO, zeros.to_bytes(2, "big"), item]
        else:
            text += [_ABOVE_ZERO, (0xFFFF - zeros).to_bytes(2, "big"), item]
        zeros = 0
    return b"".join(text) + _ZEROS


def _components(block: str) -> list[bytes]:
    components, place = [], 0
    while place < len(block):
        match = _COMPONENT.match(block, place)
        if match is None:  # it matches anything, the empty text too
            break
        if match["number"] is not None and match["stage"] is not None:  # 10alpha is 10.alpha
            components.append(_THERE + number(match["number"], "version") + _NO_LETTER)
            place = match.start("stage")
        else:
            components.append(_component(match))
            place = match.end()
    return components


def _component(match: re.Match[str]) -> bytes:
    if match["star"] is not None:
        first = _STAR
    else:
        first = _MISSING if match["number"] is None else _THERE + number(match["number"], "version")
    if match["stage"] is not None:
        letter = _STAGES[match["stage"].lower()]
    elif match["letters"] is not None:
        letter = ord(match["letters"][0].lower()) - ord("a") + 1
    else:
        return first + _NO_LETTER
    level = _THERE + number(match["level"], "version") if match["level"] else _MISSING
    return first + letter.to_bytes(1, "big") + level


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of what stands between the numbers a text begins with and the next: of 1.2-x, 1.2.* and 1.3.*."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    before, dot, last = match[1].rpartition(".")
    return key(f"{match[1]}.*"), key(f"{before}{dot}{int(last) + 1}.*")


ORDERING = Ordering(name="freebsd", spec="pkg-version(8)", ecosystems=("FreeBSD",), key=key, around=around)
