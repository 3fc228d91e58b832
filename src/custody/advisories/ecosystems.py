"""Under which names advisories speak of a package.

Spec: OSV schema 1.7, "affected[].package field" and "Defined ecosystems" (https://ossf.github.io/osv-schema/); purl
types: https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from custody.advisories.distributions import SYSTEM_TYPES, names_of, releases_of
from custody.model import Distribution, Package, Purl

__all__ = [
    "BY_TYPE",
    "ECOSYSTEMS",
    "Lookup",
    "lookup_of",
    "normalise_name",
    "same_ecosystem",
    "without_registry",
]

ECOSYSTEMS = frozenset(
    {
        "AlmaLinux",
        "Alpaquita",
        "Alpine",
        "Android",
        "Azure Linux",
        "BellSoft Hardened Containers",
        "Bioconductor",
        "Bitnami",
        "Chainguard",
        "CleanStart",
        "ConanCenter",
        "CRAN",
        "crates.io",
        "Debian",
        "Docker Hardened Images",
        "Echo",
        "FreeBSD",
        "GHC",
        "GIT",
        "GitHub Actions",
        "Go",
        "Hackage",
        "Hex",
        "Julia",
        "Kubernetes",
        "Linux",
        "Mageia",
        "Maven",
        "MinimOS",
        "npm",
        "NuGet",
        "opam",
        "openEuler",
        "openSUSE",
        "OSS-Fuzz",
        "Packagist",
        "Photon OS",
        "Pub",
        "PyPI",
        "Red Hat",
        "Rocky Linux",
        "Root",
        "RubyGems",
        "SUSE",
        "SwiftURL",
        "TuxCare",
        "Ubuntu",
        "VSCode",
        "Wolfi",
    }
)
"""The ecosystems that the schema defines, without their release suffixes."""

BY_TYPE = {
    "bioconductor": "Bioconductor",
    "bitnami": "Bitnami",
    "cargo": "crates.io",
    "composer": "Packagist",
    "conan": "ConanCenter",
    "cran": "CRAN",
    "freebsd": "FreeBSD",
    "gem": "RubyGems",
    "github": "GitHub Actions",
    "githubactions": "GitHub Actions",
    "golang": "Go",
    "hackage": "Hackage",
    "hex": "Hex",
    "julia": "Julia",
    "maven": "Maven",
    "npm": "npm",
    "nuget": "NuGet",
    "opam": "opam",
    "pub": "Pub",
    "pypi": "PyPI",
    "swift": "SwiftURL",
    "vscode-extension": "VSCode",
}
"""purl type → the ecosystem that alone knows such packages."""

_FOLDED = frozenset(
    {
        "Bitnami",
        "ConanCenter",
        "GitHub Actions",
        "Go",
        "Hex",
        "NuGet",
        "Packagist",
        "Pub",
        "SwiftURL",
        "VSCode",
    }
)
"""Ecosystems in which no two packages differ by the case of letters alone, so that it does not matter.

By the registries' own rules: NuGet ids and the names of repositories on GitHub are compared without it; Composer,
Conan, Hex, Pub and Bitnami allow lower case only. Go module paths differ by case in theory; but purls of Go are
written in lower case by some tools, and a repository is found under both. Elsewhere JSONStream is not jsonstream.
"""


UNPUBLISHED = "no advisories are published"
"""How the reason begins where no database could help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What to ask a database about a package.

    ecosystems: the names under which it may stand, the narrowest one first ("Debian:12" before "Debian");
    `ecosystems[0]` is the one that must be covered. name: normalised. version: as it stands, "" where there is no
    exact one. also: more (name, version) under which records of the same ecosystems may speak of it: of the source
    package where an ecosystem names binary and source packages, of the repository of a Go package.
    """

    ecosystems: tuple[str, ...]
    name: str
    version: str
    also: tuple[tuple[str, str], ...] = ()


def normalise_name(ecosystem: str, name: str) -> str:
    """Give the one spelling under which a package is stored.

    PEP 503 for PyPI; crates.io takes `-` and `_` for one and the same, whatever the case; a Swift package is the
    address of its repository without scheme and `.git`; lower case where case does not matter; the given one elsewhere.
    """
    base, _, inner = ecosystem.partition(":")
    if base in ("Echo", "Root", "TuxCare") and inner:
        base = inner.partition(":")[0]
    if base.lower() == "pypi":
        return re.sub(r"[-_.]+", "-", name).lower()
    if base == "crates.io":
        return name.lower().replace("_", "-")
    if base == "SwiftURL":
        return re.sub(r"^(?:[a-z]+://)?(?:www\.)?|(?:\.git)?/*$", "", name.lower())
    return name.lower() if base in _FOLDED else name


def same_ecosystem(ecosystem: str, base: str) -> bool:
    """Say whether `ecosystem` is `base` or one of its releases ("Debian:12" is of "Debian")."""
    return ecosystem == base or ecosystem.startswith(f"{base}:")


def without_registry(ecosystem: str) -> str:
    """Give the ecosystem without the address of a registry, which says where its packages are: no release of it."""
    base, _, suffix = ecosystem.partition(":")
    return base if suffix.startswith(("https://", "http://")) else ecosystem


def lookup_of(package: Package, distribution: Distribution | None) -> Lookup | str:
    """Give what to ask about a package, or the reason why nothing can be asked."""
    purl = package.purl
    if purl.type in SYSTEM_TYPES:
        ecosystems = releases_of(package, distribution)
        if isinstance(ecosystems, str):
            return ecosystems
        (name, version), *also = names_of(ecosystems[0], package)
        return Lookup(ecosystems=ecosystems, name=name, version=version, also=tuple(also))
    ecosystem = BY_TYPE.get(purl.type)
    if ecosystem is None:
        return f"{UNPUBLISHED} for packages of type {purl.type!r}"
    names = dict.fromkeys(normalise_name(ecosystem, name) for name in _names(purl))
    first, *others = names
    version = package.version
    if ecosystem == "Go":
        version = version.removeprefix("go") if first == "stdlib" else version
    also = [(name, version) for name in others]
    return Lookup(ecosystems=_ecosystems(ecosystem, first), name=first, version=version, also=tuple(also))


def _ecosystems(ecosystem: str, name: str) -> tuple[str, ...]:
    """Add the ecosystems in which a package may stand besides: Kubernetes' modules have advisories of their own."""
    if ecosystem == "Go" and name.startswith("k8s.io/"):
        return (ecosystem, "Kubernetes")
    if ecosystem == "FreeBSD":
        return ("FreeBSD:ports", "FreeBSD")
    return (ecosystem,)


def _names(purl: Purl) -> list[str]:
    """Give the names by which advisories may speak of a package, the likeliest first.

    Tools write a Go module path with its end in the subpath (`…/bar@v2.0.0#v2`), and so they do with a package inside
    a module; `v2` can only be the end of a path (https://go.dev/ref/mod#major-version-suffixes). An action's subpath is
    a folder in the repository that the advisory names.
    """
    name = f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name
    if purl.type == "golang":
        if name == "std":
            return ["stdlib"]
        if not purl.subpath:
            return [name]
        joined = f"{name}/{purl.subpath}"
        return [joined] if re.match(r"v[0-9]+(/|$)", purl.subpath) else [joined, name]
    if purl.type in ("github", "githubactions"):
        return ["/".join(name.split("/")[:2])]
    if purl.type == "vscode-extension" and purl.namespace:
        return [f"{purl.namespace}.{purl.name}"]
    return [purl.full_name]
