"""RPM: the order of `[epoch:]version[-release]`.

Spec: rpm-version(7) of RPM 4.20; https://rpm-software-management.github.io/rpm/manual/dependencies.html#versioning,
and `rpmvercmp` and `rpmverCmp` of RPM 4.15 or later, which know `~` and `^`. A text is read as segments of digits and
segments of ASCII letters; what stands between them parts them and counts for nothing, but `~` (below the end of the
text) and `^` (just above it). Numbers are above letters. A version without a release is below all with one; a missing
epoch is 0. Which characters there may be: https://rpm-software-management.github.io/rpm/manual/spec.html, "Version".
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "key"]

_VERSION = re.compile(
    r"(?:(?P<epoch>[0-9]*):)?(?P<version>[A-Za-z0-9._+~^%{}]+)(?:-(?P<release>[A-Za-z0-9._+~^%{}]*))?", re.ASCII
)
_SEGMENTS = re.compile(r"[0-9]+|[A-Za-z]+|[~^]", re.ASCII)
_BEGINNING = re.compile(r"\s*(?:([0-9]{1,9}):)?([0-9]{1,50}(?:\.[0-9]{1,50}){0,9})(?![0-9:])", re.ASCII)
# What may come next in a text, lowest first.
_TILDE, _END, _CARET, _LETTERS, _NUMBER = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when it is none."""
    text = version.strip()
    match = _VERSION.fullmatch(text) if len(text) <= MAX_VERSION_LENGTH else None
    if match is None:
        raise InputError("version", f"{version[:80]!r} is not an RPM version")
    release = match["release"]
    return (
        number(match["epoch"] or "", "version")
        + _text(match["version"])
        + (b"\x00" if release is None else b"\x01" + _text(release))
    )


def _text(text: str) -> bytes:
    return b"".join(map(_segment, _SEGMENTS.findall(text))) + _END


def _segment(segment: str) -> bytes:
    if segment.isdigit():
        return _NUMBER + number(segment, "version")
    if segment in "~^":
        return _TILDE if segment == "~" else _CARET
    return _LETTERS + segment.encode("ascii") + b"\x00"


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the epoch and the numbers that `version` begins with."""
    match = _BEGINNING.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    low = number(match[1] or "", "version") + _text(match[2]).removesuffix(_END)
    return low, low + b"\xff"


ORDERING = Ordering(
    name="rpm",
    spec="rpm-version(7)",
    ecosystems=(
        "AlmaLinux",
        "Azure Linux",
        "Mageia",
        "openEuler",
        "openSUSE",
        "Photon OS",
        "Red Hat",
        "Rocky Linux",
        "SUSE",
    ),
    key=key,
    around=around,
)
