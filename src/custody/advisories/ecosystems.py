"""Under which names advisories speak of a package.

Spec: OSV schema 1.7, "affected[].package field" and "Defined ecosystems" (https://ossf.github.io/osv-schema/); purl
types: https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from custody.model import Distribution, Package

__all__ = ["ECOSYSTEMS", "Lookup", "lookup_of", "normalise_name", "same_ecosystem"]

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

_BY_TYPE = {
    "cargo": "crates.io",
    "composer": "Packagist",
    "cran": "CRAN",
    "gem": "RubyGems",
    "githubactions": "GitHub Actions",
    "golang": "Go",
    "hackage": "Hackage",
    "hex": "Hex",
    "julia": "Julia",
    "maven": "Maven",
    "npm": "npm",
    "nuget": "NuGet",
    "pub": "Pub",
    "pypi": "PyPI",
    "swift": "SwiftURL",
}
_BY_DISTRIBUTION = {
    "almalinux": "AlmaLinux",
    "alpine": "Alpine",
    "chainguard": "Chainguard",
    "debian": "Debian",
    "opensuse": "openSUSE",
    "rocky": "Rocky Linux",
    "ubuntu": "Ubuntu",
    "wolfi": "Wolfi",
}
_DEBIAN_CODENAMES = {
    "sarge": "3.1",
    "etch": "4.0",
    "lenny": "5.0",
    "squeeze": "6.0",
    "wheezy": "7",
    "jessie": "8",
    "stretch": "9",
    "buster": "10",
    "bullseye": "11",
    "bookworm": "12",
    "trixie": "13",
    "forky": "14",
    "duke": "15",
}
_UBUNTU_CODENAMES = {
    "trusty": "14.04",
    "xenial": "16.04",
    "bionic": "18.04",
    "focal": "20.04",
    "jammy": "22.04",
    "noble": "24.04",
    "plucky": "25.04",
    "questing": "25.10",
    "resolute": "26.04",
}
_DISTRIBUTION_TYPES = ("apk", "deb", "rpm", "alpm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What to ask a database about a package.

    ecosystems: the names under which it may stand, the narrowest one first ("Debian:12" before "Debian");
    `ecosystems[0]` is the one that must be covered. name: normalised. version: as it stands, "" where there is no
    exact one.
    """

    ecosystems: tuple[str, ...]
    name: str
    version: str


def normalise_name(ecosystem: str, name: str) -> str:
    """Give the one spelling under which a package is stored: PEP 503 for PyPI, the given one elsewhere."""
    return re.sub(r"[-_.]+", "-", name).lower() if ecosystem == "PyPI" else name


def same_ecosystem(ecosystem: str, base: str) -> bool:
    """Say whether `ecosystem` is `base` or one of its releases ("Debian:12" is of "Debian")."""
    return ecosystem == base or ecosystem.startswith(f"{base}:")


def lookup_of(package: Package, distribution: Distribution | None) -> Lookup | str:
    """Give what to ask about a package, or the reason why nothing can be asked."""
    purl = package.purl
    if purl.type in _DISTRIBUTION_TYPES:
        ecosystems = _releases(package, distribution)
        if isinstance(ecosystems, str):
            return ecosystems
        name, version = _source(package)
        return Lookup(ecosystems=ecosystems, name=name, version=version)
    ecosystem = _BY_TYPE.get(purl.type)
    if ecosystem is None:
        return f"no advisories are published for packages of type {purl.type!r}"
    return Lookup(ecosystems=(ecosystem,), name=normalise_name(ecosystem, purl.full_name), version=package.version)


def _releases(package: Package, distribution: Distribution | None) -> tuple[str, ...] | str:
    """Give the ecosystem names of the release that a distribution's package is of.

    Its own `distro` qualifier says it, else the system of the artifact.
    """
    purl = package.purl
    ecosystem = _BY_DISTRIBUTION.get(purl.namespace)
    if ecosystem is None:
        return f"no advisories are known for the distribution {purl.namespace or 'that is not named'!r}"
    tag = purl.qualifier("distro").lower()
    if not tag and distribution is not None and distribution.id == purl.namespace:
        tag = distribution.version or distribution.codename
    release = tag.removeprefix(f"{purl.namespace}-")
    if ecosystem == "Debian":
        release = _DEBIAN_CODENAMES.get(release, release)
    elif ecosystem == "Ubuntu":
        release = _UBUNTU_CODENAMES.get(release, release)
    numbers = re.match(r"(\d{1,4})(?:\.(\d{1,4}))?(?!\d)", release)
    if numbers is None:
        return f"the package does not say to which release of {ecosystem} it belongs"
    if (
        ecosystem == "Debian"
    ):  # since wheezy a release is one number; before, 6.0 was the release and 6.0.10 an update of it
        release = numbers[1] if int(numbers[1]) >= 7 else f"{numbers[1]}.{numbers[2] or 0}"
        return (f"Debian:{release}", "Debian")
    if ecosystem == "Ubuntu":
        release = f"{numbers[1]}.{(numbers[2] or '04').zfill(2)}"
        long_term = int(numbers[1]) % 2 == 0 and release.endswith(".04")
        return (*((f"Ubuntu:{release}:LTS",) if long_term else ()), f"Ubuntu:{release}", "Ubuntu")
    if ecosystem == "Alpine":
        release = f"v{numbers[1]}.{numbers[2] or 0}"
    return (f"{ecosystem}:{release}", ecosystem)


def _source(package: Package) -> tuple[str, str]:
    """Give source package and source version, by which Debian's and Ubuntu's advisories go.

    Where the inventory does not say, the purl's `upstream` qualifier (`openssl@3.0.15-1` or `openssl`) does; a
    binary rebuilt without a new source carries `+b1`, which is no part of the source's version.
    """
    name, version = package.source_name, package.source_version
    if not name:
        name, _, version = package.purl.qualifier("upstream").partition("@")
    return name or package.purl.name, version or re.sub(r"\+b\d+$", "", package.version)
