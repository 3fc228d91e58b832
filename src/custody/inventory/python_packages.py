"""What Python's catalogers share: names, requirements, markers, addresses of wheels.

    read_requirement("requests[socks]>=2; python_version < '3.8'", where)
    may_hold(requirement.marker, environments("3.11"))

Specs: https://packaging.python.org/specifications/ (Dependency specifiers, Names and normalization, Binary
distribution format).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from custody.errors import InputError
from custody.model import Checksum, Purl

__all__ = [
    "NO_ARTIFACT",
    "Artifact",
    "Environment",
    "environments",
    "extras_named",
    "may_hold",
    "meant_artifact",
    "normalise",
    "pinned",
    "pypi",
    "read_hash",
    "read_name",
    "read_requirement",
    "wheel_at",
]

Environment = dict[str, str]

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_EXTRA = re.compile(r"""extra\s*==\s*["']([A-Za-z0-9._-]+)["']""")
_WHEEL = re.compile(r"([^/?#]+\.whl)(?:[?#]|$)")

OLDEST_MINOR, NEWEST_MINOR = 6, 16
"""Minor versions of Python 3 that are tried where a path does not tell which one it is."""


def read_name(text: str, where: str) -> str:
    """Give a project's name, normalised; InputError names `where`. Spec: Names and normalization, "Name format"."""
    if not _NAME.fullmatch(text):
        raise InputError(where, f"expected a package's name, got {text[:60]!r}")
    return normalise(text)


def normalise(name: str) -> str:
    """Give a name as names are compared: lower case, runs of `-_.` as one hyphen.

    Extras are compared likewise (PEP 685).
    """
    return str(canonicalize_name(name))


def pypi(name: str, version: str = "") -> Purl:
    """Give the purl.

    What came from a repository or an address has the same one, so that it meets its installed self.
    """
    return Purl("pypi", name, version)


def read_requirement(text: str, where: str) -> Requirement:
    """Read a dependency specifier (PEP 508); InputError names `where`."""
    try:
        return Requirement(text)
    except (InvalidRequirement, RecursionError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise InputError(where, f"not a requirement: {text[:80]!r}: {reason}") from None


def pinned(requirement: Requirement) -> str:
    """Give the one version that a requirement allows by `==` or `===`, "" where it leaves a choice."""
    versions = {
        spec.version
        for spec in requirement.specifier
        if spec.operator in ("==", "===") and not spec.version.endswith(".*")
    }
    return versions.pop() if len(versions) == 1 else ""


@cache
def environments(python: str) -> tuple[Environment, ...]:
    """Give the Linux environments that fit a Python version such as "3.11", or any of Python 3 for "".

    The patch level and the processor are open, and the minor version may be: there is one environment for each
    possibility.
    """
    minors = (python,) if python else tuple(f"3.{minor}" for minor in range(OLDEST_MINOR, NEWEST_MINOR + 1))
    return tuple(
        {
            "implementation_name": "cpython",
            "implementation_version": f"{minor}.{patch}",
            "os_name": "posix",
            "platform_machine": machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{minor}.{patch}",
            "python_version": minor,
            "sys_platform": "linux",
            "extra": "",
        }
        for minor, patch, machine in product(minors, (0, 99), ("x86_64", "aarch64"))
    )


def may_hold(marker: Marker | None, where: Iterable[Environment], extra: str = "") -> bool:
    """Say whether a marker holds in one of the environments.

    A comparison that has no meaning there counts as held: unknown is not no.
    """
    if marker is None:
        return True
    try:
        return any(marker.evaluate({**environment, "extra": extra}) for environment in where)
    except (UndefinedComparison, UndefinedEnvironmentName, KeyError, ValueError, RecursionError):
        return True


def extras_named(marker: Marker | str | None) -> tuple[str, ...]:
    """Give the extras that a marker asks for by `extra == "…"`, normalised."""
    return tuple(sorted({normalise(name) for name in _EXTRA.findall(str(marker or ""))}))


def wheel_at(address: str) -> tuple[str, str] | None:
    """Give the (name, version) that the file name of a wheel states, None where the address is not one of a wheel."""
    found = _WHEEL.search(address)
    if not found:
        return None
    try:
        name, version, _, _ = parse_wheel_filename(found.group(1))
    except (InvalidWheelFilename, ValueError):
        return None
    return str(name), str(version)


def read_hash(text: str) -> Checksum | None:
    """Read `algorithm:hex`, or `algorithm=hex` as it stands in the fragment of an address; None for anything else."""
    algorithm, _, value = text.replace("=", ":", 1).partition(":")
    return Checksum.parse(algorithm, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file that a lock file offers for a package. address: without credentials, "" where none is given."""

    address: str = ""
    checksums: tuple[Checksum, ...] = ()
    is_source: bool = False


NO_ARTIFACT = Artifact()


def meant_artifact(offered: Sequence[Artifact]) -> Artifact:
    """Give the one file that stands for the package, `NO_ARTIFACT` where none does.

    Lock files list a hash for each file that may be installed, a hundred for some packages, and which one will be is
    decided on the target. A package's checksum is the one of the file at its download location (SPDX 2.3, section
    7.10), so it is stated where one file is meant: the only one, or the source distribution when the lock file says
    where that is.
    """
    if len(offered) == 1:
        return offered[0]
    sources = [artifact for artifact in offered if artifact.is_source and artifact.address]
    return sources[0] if len(sources) == 1 else NO_ARTIFACT
