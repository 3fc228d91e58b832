"""Go: the order of module versions and of toolchains.

Spec: https://go.dev/ref/mod#versions, "Pseudo-versions" and "+incompatible", and golang.org/x/mod/semver `Compare`:
SemVer 2.0.0, with or without the `v` in front; a pseudo-version is a pre-release, `+incompatible` does not count.
Toolchains and the standard library (`go1.21.3`, `1.22rc1`): https://go.dev/doc/toolchain#version and go/version
`Compare`: `go1.21` < `go1.21rc1` < `go1.21.0`, while before 1.21 `go1.20` is `go1.20.0`. A release candidate stands
where Go's advisories put it, `1.22rc1` at 1.22.0-rc.1, and the language version `go1.21` at 1.21.0-0. Without the
`go`, `1.21` is read as a module's version, 1.21.0.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.advisories.versions import semver
from custody.errors import InputError

__all__ = ["ORDERING", "around", "key"]

_NUMBER = semver.NUMBER
_CANDIDATE = re.compile(rf"({_NUMBER})\.({_NUMBER})([a-z]+)({_NUMBER})?", re.ASCII)
# What stands behind a hyphen or a blank says who built it (go1.21.3-vendor, go1.22.1 X:boringcrypto).
_TOOLCHAIN = re.compile(rf"go({_NUMBER})(?:\.({_NUMBER})(?:\.({_NUMBER})|([a-z]+)({_NUMBER})?)?)?(?:[- ].*)?", re.ASCII)
_PATCH_COUNTS_SINCE = 21


def key(version: str) -> bytes:
    """Give the sort key of a module version or of a toolchain; InputError when it is none ("(devel)")."""
    if version[:2] == "go":
        match = _TOOLCHAIN.fullmatch(version) if len(version) <= MAX_VERSION_LENGTH else None
        if match is None:
            raise InputError("version", f"{version[:80]!r} is no version of Go")
        return _toolchain(*match.groups())
    try:
        return semver.key(version)
    except InputError:
        match = _CANDIDATE.fullmatch(version) if len(version) <= MAX_VERSION_LENGTH else None
        if match is None:
            raise InputError("version", f"{version[:80]!r} is not a version of a Go module") from None
        return _toolchain(match[1], match[2], None, match[3], match[4])


def _toolchain(major: str, minor: str | None, patch: str | None, kind: str | None, candidate: str | None) -> bytes:
    core = number(major, "version") + number(minor or "", "version")
    if kind is not None:
        return core + number("", "version") + b"\x01" + semver.identifiers(f"{kind}.{candidate}" if candidate else kind)
    old = minor is None or (len(minor) <= len(str(_PATCH_COUNTS_SINCE)) and int(minor) < _PATCH_COUNTS_SINCE)
    if patch is None and not old:
        return core + number("", "version") + b"\x01" + semver.identifiers("0")
    return core + number(patch or "", "version") + b"\x02"


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions that begin with the numbers of `version`, for what `key` refuses."""
    return semver.around(version.removeprefix("go"))


ORDERING = Ordering(
    name="golang", spec="golang.org/x/mod/semver and go/version", ecosystems=("Go",), key=key, around=around
)
