"""The orderings: one file for each way in which ecosystems compare versions.

ordering_of("Debian:12").key("1.0~rc1-1") < ordering_of("Debian:12").key("1.0-1")

A file declares ORDERING and nothing else is needed. `HOMES` says where the ordering of an ecosystem is, so that a
question about one ecosystem imports one file; what it does not know is found by loading all. A test holds it true.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from custody.advisories.interface import Ordering

__all__ = ["HOMES", "ordering_of", "orderings"]

HOMES = {
    "AlmaLinux": "rpm",
    "Alpaquita": "alpine",
    "Alpine": "alpine",
    "Azure Linux": "rpm",
    "BellSoft Hardened Containers": "alpine",
    "Bioconductor": "cran",
    "Bitnami": "bitnami",
    "Chainguard": "alpine",
    "CleanStart": "alpine",
    "CPE": "fallback",
    "ConanCenter": "conan",
    "CRAN": "cran",
    "crates.io": "semver",
    "Debian": "debian",
    "Echo": "debian",
    "FreeBSD": "freebsd",
    "GHC": "haskell",
    "GitHub Actions": "githubactions",
    "Go": "golang",
    "Hackage": "haskell",
    "Hex": "hex",
    "Julia": "julia",
    "Kubernetes": "semver",
    "Linux": "fallback",
    "Mageia": "rpm",
    "Maven": "maven",
    "MinimOS": "alpine",
    "npm": "semver",
    "NuGet": "nuget",
    "opam": "opam",
    "openEuler": "rpm",
    "openSUSE": "rpm",
    "Packagist": "packagist",
    "Photon OS": "rpm",
    "Pub": "pub",
    "PyPI": "pep440",
    "Red Hat": "rpm",
    "Rocky Linux": "rpm",
    "RubyGems": "rubygems",
    "SUSE": "rpm",
    "SwiftURL": "swift",
    "Ubuntu": "debian",
    "VSCode": "semver",
    "Wolfi": "alpine",
}
"""Ecosystem → file."""

_REPACKAGED = ("Docker Hardened Images", "Echo", "Root", "TuxCare")
"""Vendors who patch packages of other ecosystems and keep their versions' form: "Root:Alpine:3.18", "Echo:PyPI"."""
_OTHER_NAMES = {"centos": "Red Hat", "centos-stream": "Red Hat", "oracle linux": "Red Hat", "oraclelinux": "Red Hat"}
"""Systems without advisories of their own in OSV, by whose names TuxCare calls what it patches."""


@cache
def orderings() -> tuple[Ordering, ...]:
    """Give every ordering in this folder, by name."""
    return tuple(sorted((_load(m.name) for m in pkgutil.iter_modules(__path__)), key=lambda ordering: ordering.name))


@cache
def ordering_of(ecosystem: str) -> Ordering | None:
    """Give the ordering for an OSV ecosystem, with or without its release suffix; None where we have none."""
    base, _, suffix = ecosystem.partition(":")
    if base in _REPACKAGED and suffix:
        inner = suffix.partition(":")[0].lower()
        names = {name.lower(): name for name in HOMES if name not in _REPACKAGED} | _OTHER_NAMES
        if inner in names:
            return ordering_of(names[inner])
        found = (o for o in orderings() for name in o.ecosystems if name.lower() == inner and name not in _REPACKAGED)
        return next(found, None)
    if base in HOMES:
        ordering = _load(HOMES[base])
        if base in ordering.ecosystems:
            return ordering
    return next((ordering for ordering in orderings() if base in ordering.ecosystems), None)


def _load(name: str) -> Ordering:
    ordering: Ordering = importlib.import_module(f"{__name__}.{name}").ORDERING
    return ordering
