"""Under which names the advisories of distributions speak of a package: of which release, by which package name.

Spec: OSV schema 1.7, "Defined ecosystems" (https://ossf.github.io/osv-schema/#defined-ecosystems); what the records
really name, where they differ from it: AlmaLinux's name binary packages. The releases: Debian's distro-info-data;
Ubuntu's list of releases; Red Hat's CPE names of repositories; PRETTY_NAME of SUSE's products.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from custody.model import Distribution, Package

__all__ = ["SYSTEM_TYPES", "names_of", "releases_of"]

SYSTEM_TYPES = ("alpm", "apk", "deb", "ebuild", "rpm")
"""purl types of packages that a distribution has built."""


def _table(text: str) -> dict[str, str]:
    return dict(re.findall(r"(\S+)=(\S+)", text))


_DEBIAN = _table(
    "buzz=1.1 rex=1.2 bo=1.3 hamm=2.0 slink=2.1 potato=2.2 woody=3.0 sarge=3.1 etch=4.0 lenny=5.0 squeeze=6.0 "
    "wheezy=7 jessie=8 stretch=9 buster=10 bullseye=11 bookworm=12 trixie=13 forky=14 duke=15 testing=14"
)
_TESTING = "14"
_UBUNTU = _table(
    "hardy=8.04 lucid=10.04 precise=12.04 trusty=14.04 utopic=14.10 vivid=15.04 wily=15.10 xenial=16.04 "
    "yakkety=16.10 zesty=17.04 artful=17.10 bionic=18.04 cosmic=18.10 disco=19.04 eoan=19.10 focal=20.04 "
    "groovy=20.10 hirsute=21.04 impish=21.10 jammy=22.04 kinetic=22.10 lunar=23.04 mantic=23.10 noble=24.04 "
    "oracular=24.10 plucky=25.04 questing=25.10 resolute=26.04"
)
_ALIASES = _table(
    "alma=almalinux rhel=redhat rocky-linux=rocky rockylinux=rocky azure-linux=azurelinux cbl-mariner=azurelinux "
    "mariner=azurelinux microsoft=azurelinux sles=suse sled=suse sles_sap=suse sle_hpc=suse sle-micro=suse "
    "sl-micro=suse opensuse-leap=opensuse opensuse-tumbleweed=opensuse opensuse-leap-micro=opensuse "
    "photon-os=photon amzn=amazon ol=oracle oraclelinux=oracle archlinux=arch bellsoft-hardened-containers=bellsoft"
)
"""Other words for one vendor, in purls of other tools and in os-release."""
_WITHOUT = {
    "amazon": "Amazon Linux",
    "arch": "Arch Linux",
    "fedora": "Fedora",
    "gentoo": "Gentoo",
    "oracle": "Oracle Linux",
}
"""Distributions that OSV defines no ecosystem for."""


class _About(NamedTuple):
    """What is said of a package's system. tag: its `distro`, in lower case; numbers: its release, major and minor."""

    package: Package
    system: Distribution | None
    tag: str
    release: str
    numbers: tuple[str, ...]

    @property
    def version(self) -> str:
        return f"{self.package.version} {self.package.source_version}"


def releases_of(package: Package, distribution: Distribution | None) -> tuple[str, ...] | str:
    """Give the OSV ecosystems of the release that a distribution's package is of, the narrowest first, or why not.

    Its own `distro` qualifier says which, else the system of the artifact.
    """
    vendor = package.purl.namespace.lower()
    if package.purl.type == "ebuild":
        vendor = "gentoo"
    vendor = _ALIASES.get(vendor, vendor)
    if vendor in _WITHOUT:
        return f"OSV holds no advisories for {_WITHOUT[vendor]}"
    if vendor not in _READERS:
        return f"no advisories are known for the distribution {package.purl.namespace or 'that is not named'!r}"
    name, reader = _READERS[vendor]
    about = _about(package, distribution, vendor)
    return reader(about) or f"the package does not say to which release of {name} it belongs"


def _about(package: Package, distribution: Distribution | None, vendor: str) -> _About:
    tag = (package.purl.qualifier("distro") or package.purl.qualifier("os_version")).lower()
    name = distribution.id.lower() if distribution is not None else ""
    system = distribution if _ALIASES.get(name, name) == vendor else None
    if not tag and system is not None:
        tag = f"{name}-{system.version or system.codename}".lower()
    # "debian-12.4", "3.16.1", "suse linux enterprise server-15.5", "rocky-linux-8-4-legacy", "debian-bookworm"
    digits = re.search(r"(?:^|[-: ])v?(\d{1,8}(?:[.]\d{1,8})*)(?![0-9])", tag)
    word = tag.rpartition("-")[2].rpartition("/")[2]
    release = digits[1] if digits else {"debian": _DEBIAN, "ubuntu": _UBUNTU}.get(vendor, {}).get(word, word)
    numbers = tuple(part for part in release.split(".") if part.isdigit() and len(part) <= 4)
    return _About(package, system, tag, release, numbers if len(numbers) == release.count(".") + 1 else ())


def _major(ecosystem: str) -> Callable[[_About], tuple[str, ...]]:
    return lambda about: (f"{ecosystem}:{about.numbers[0]}", ecosystem) if about.numbers else ()


def _rolling(ecosystem: str) -> Callable[[_About], tuple[str, ...]]:
    return lambda _: (ecosystem,)


def _debian(about: _About) -> tuple[str, ...]:
    if about.release in ("sid", "unstable"):  # no record speaks of it; it is what testing will be
        return ("Debian:sid", f"Debian:{_TESTING}", "Debian")
    if not about.numbers:
        return ()
    # Since wheezy a release is one number; before, 6.0 was the release and 6.0.10 an update of it.
    major, minor = about.numbers[0], (*about.numbers, "0")[1]
    return (f"Debian:{major}" if int(major) >= 7 else f"Debian:{major}.{minor}", "Debian")


def _ubuntu(about: _About) -> tuple[str, ...]:
    if not about.numbers:
        return ()
    release = f"{about.numbers[0]}.{(*about.numbers, '04')[1].zfill(2)}"
    if int(about.numbers[0]) % 2 or not release.endswith(".04"):
        return (f"Ubuntu:{release}", "Ubuntu")
    version, name = about.version.lower(), about.package.source_name or about.package.purl.name
    pro = ["Pro"] if "esm" in version else []
    pro += ["Pro:FIPS-updates", "Pro:FIPS"] if "fips" in version else []
    pro += ["Pro:Realtime"] if "realtime" in name else []
    return (*(f"Ubuntu:{kind}:{release}:LTS" for kind in pro), f"Ubuntu:{release}:LTS", f"Ubuntu:{release}", "Ubuntu")


def _alpine(about: _About) -> tuple[str, ...]:
    if "edge" in about.tag or "_alpha" in about.tag:  # edge calls itself 3.22.0_alpha20250108
        return ("Alpine:edge", "Alpine")
    return (f"Alpine:v{about.numbers[0]}.{(*about.numbers, '0')[1]}", "Alpine") if about.numbers else ()


def _bellsoft(ecosystem: str) -> Callable[[_About], tuple[str, ...]]:
    def reader(about: _About) -> tuple[str, ...]:
        release = "stream" if "stream" in about.tag else about.numbers[0] if about.numbers else ""
        return (f"{ecosystem}:{release}", ecosystem) if release else ()

    return reader


def _hardened(about: _About) -> tuple[str, ...]:
    if not about.numbers and about.release not in _DEBIAN:
        return ()
    if about.package.purl.type == "apk":
        inner = [f"Alpine:{'.'.join(about.numbers[:2])}"] if about.numbers else []
    else:
        number = about.numbers[0] if about.numbers else _DEBIAN[about.release]
        inner = [f"Debian:{number}", *(f"Debian:{name}" for name, n in _DEBIAN.items() if n == number)]
    return tuple(f"Docker Hardened Images:{name}" for name in inner)


_REPOSITORIES = (
    *("baseos", "appstream", "crb", "highavailability", "resilientstorage", "nfv", "realtime", "sap", "sap_hana"),
    "supplementary",
)
_OLD_REPOSITORIES = ("server", "workstation", "client", "computenode")
_STREAMS = ("rhel_eus", "rhel_aus", "rhel_tus", "rhel_e4s")


def _red_hat(about: _About) -> tuple[str, ...]:
    """Give all repositories of the release: a package does not say which one it came from, nor does the system.

    And the streams of longer support for the same minor release. Their fixes have lower versions than the release's
    own; whoever has neither is affected by both. From 10 on a minor release is one repository.
    """
    if not about.numbers:
        return ()
    major, minor = about.numbers[0], (*about.numbers, "")[1]
    if int(major) >= 10:
        minors = sorted({*range(11), int(minor or 0)}, key=lambda m: (m != int(minor or 0), m))
        names = [f"enterprise_linux:{major}.{m}" for m in minors]
        names += [f"enterprise_linux:{major}::{r}" for r in _REPOSITORIES]
        names += [f"enterprise_linux_eus:{major}.{minor}"] if minor else []
    else:
        repositories = _REPOSITORIES if int(major) >= 8 else _OLD_REPOSITORIES
        names = [f"enterprise_linux:{major}{end}" for end in (*(f"::{r}" for r in repositories), "")]
        if minor:
            streams = [f"{stream}:{major}.{minor}" for stream in _STREAMS]
            names += [f"{stream}{end}" for stream in streams for end in (*(f"::{r}" for r in repositories), "")]
        names += [f"rhel_els:{major}"] if int(major) <= 7 else []
    return (*(f"Red Hat:{name}" for name in names), "Red Hat")


def _centos(about: _About) -> tuple[str, ...]:
    """CentOS Linux, to its end with 8, was Red Hat's release built again with the same versions; Stream is not."""
    stream = "stream" in about.tag or (about.system is not None and "stream" in about.system.name.lower())
    return () if stream or not about.numbers or int(about.numbers[0]) > 8 else _red_hat(about)


_SUSE_PRODUCTS = (
    *("Server {}", "Server {}-LTSS", "Server {}-ESPOS", "Server {}-TERADATA", "Server for SAP Applications {}"),
    *("Desktop {}", "High Performance Computing {}", "High Performance Computing {}-ESPOS"),
    *("High Performance Computing {}-LTSS", "High Availability Extension {}", "Workstation Extension {}"),
    *("Software Development Kit {}", "Live Patching {}", "Real Time {}"),
)
_SUSE_MODULES = (
    *("Basesystem", "Server Applications", "Development Tools", "Desktop Applications", "Legacy", "Web and Scripting"),
    *("Python 3", "Python 2", "Containers", "Public Cloud", "SAP Applications", "Transactional Server", "HPC"),
    *(
        "Certifications",
        "Confidential Computing",
        "Package Hub",
        "Realtime",
        "Systems Management",
        "CAP",
        "NVIDIA Compute",
    ),
)


def _suse(about: _About) -> tuple[str, ...]:
    """Give all products of the service pack: most packages stand under the module that ships them, not the server."""
    if any(word in about.tag for word in ("leap", "tumbleweed", "opensuse")):
        return _opensuse(about)
    if not about.numbers:
        return ()
    major, minor = about.numbers[0], (*about.numbers, "0")[1]
    if pack := re.search(r"[- ]sp(\d{1,2})", about.tag):
        minor = pack[1]
    if "micro" in about.tag:
        names = [f"Linux Enterprise Micro {major}.{minor}", f"Linux Micro {major}.{minor}"]
        return (*(f"SUSE:{name}" for name in names), "SUSE")
    if int(major) >= 16:
        name = f"Linux Enterprise Server {major}.{minor}"
        return (f"SUSE:{name}", f"SUSE:{name.replace('Server', 'Server for SAP applications')}", "SUSE")
    release = major if minor == "0" else f"{major} SP{minor}"
    names = [f"Linux Enterprise {product.format(release)}" for product in _SUSE_PRODUCTS]
    of_modules = {release: None, major: None} if int(major) == 12 else {release: None}  # modules for 12 have no packs
    names += [f"Linux Enterprise Module for {module} {r}" for r in of_modules for module in _SUSE_MODULES]
    return (*(f"SUSE:{name}" for name in (*names, f"Package Hub {release}")), "SUSE")


def _opensuse(about: _About) -> tuple[str, ...]:
    said = f"{about.tag} {about.system.name.lower() if about.system else ''}"
    if "tumbleweed" in said or len(about.release) == 8:  # its releases are days: 20240801
        return ("openSUSE:Tumbleweed", "openSUSE")
    if len(about.numbers) < 2:
        return ()
    product = f"openSUSE:Leap {'Micro ' if 'micro' in said else ''}{about.numbers[0]}.{about.numbers[1]}"
    return (product, f"{product} NonFree", "openSUSE")


def _openeuler(about: _About) -> tuple[str, ...]:
    """Take the service pack from the `distro`, the system's name, or the package's own release: `.oe2203sp4`."""
    if len(about.numbers) < 2:
        return ()
    release = f"{about.numbers[0]}.{about.numbers[1].zfill(2)}"
    said = f"{about.tag} {about.system.name.lower() if about.system else ''}"
    pack = re.search(r"\.oe\d{4}sp(\d)", about.version) or re.search(r"lts-sp(\d)", said)
    return (f"openEuler:{release}-LTS{f'-SP{pack[1]}' if pack else ''}", "openEuler")


def _photon(about: _About) -> tuple[str, ...]:
    return (f"Photon OS:{about.numbers[0]}.{(*about.numbers, '0')[1]}", "Photon OS") if about.numbers else ()


_READERS: dict[str, tuple[str, Callable[[_About], tuple[str, ...]]]] = {
    "almalinux": ("AlmaLinux", _major("AlmaLinux")),
    "alpaquita": ("Alpaquita", _bellsoft("Alpaquita")),
    "alpine": ("Alpine", _alpine),
    "azurelinux": ("Azure Linux", _major("Azure Linux")),
    "bellsoft": ("BellSoft Hardened Containers", _bellsoft("BellSoft Hardened Containers")),
    "centos": ("CentOS Linux", _centos),
    "chainguard": ("Chainguard", _rolling("Chainguard")),
    "cleanstart": ("CleanStart", _rolling("CleanStart")),
    "debian": ("Debian", _debian),
    "dhi": ("Docker Hardened Images", _hardened),
    "echo": ("Echo", _rolling("Echo")),
    "mageia": ("Mageia", _major("Mageia")),
    "minimos": ("MinimOS", _rolling("MinimOS")),
    "openeuler": ("openEuler", _openeuler),
    "opensuse": ("openSUSE", _opensuse),
    "photon": ("Photon OS", _photon),
    "redhat": ("Red Hat", _red_hat),
    "rocky": ("Rocky Linux", _major("Rocky Linux")),
    "suse": ("SUSE", _suse),
    "ubuntu": ("Ubuntu", _ubuntu),
    "wolfi": ("Wolfi", _rolling("Wolfi")),
}
"""Vendor → how people call it, and who knows its releases."""

_BINARY = ("AlmaLinux", "Photon OS")
_BINARY_AND_SOURCE = ("Azure Linux", "Docker Hardened Images", "Red Hat")
_SOURCE_AND_BINARY = ("Chainguard", "CleanStart", "MinimOS", "Wolfi")
"""Which packages the records name: of the others, the source package alone."""


def names_of(ecosystem: str, package: Package) -> tuple[tuple[str, str], ...]:
    """Give (name, version) by which the records of an ecosystem may speak of a package, the likeliest first."""
    base = ecosystem.partition(":")[0]
    binary, source = (package.purl.name, _with_epoch(package, package.version)), _source(package)
    if base in _BINARY:
        return (binary,)
    if source[0] == binary[0]:
        return (source,) if base not in _BINARY_AND_SOURCE else (binary,)
    if base in _BINARY_AND_SOURCE:
        return (binary, source)
    return (source, binary) if base in _SOURCE_AND_BINARY else (source,)


def _source(package: Package) -> tuple[str, str]:
    """Give source package and source version.

    Where the inventory does not say, the purl's `upstream` qualifier does: `openssl@3.0.15-1`, `openssl`, or the file
    name of a source RPM. A binary of Debian that was rebuilt without a new source carries `+b1`, which is no part of
    the source's version; a source RPM's file name does not say its epoch, which nearly always is the binary's.
    """
    name, version = package.source_name, package.source_version
    if not name:
        upstream = package.purl.qualifier("upstream")
        if match := re.fullmatch(r"(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm", upstream):
            name, version = match[1], match[2]
        else:
            name, _, version = upstream.partition("@")
    name = name or package.purl.name
    if package.purl.type == "deb":  # a stated source version of Debian is whole
        return name, version or _with_epoch(package, re.sub(r"\+b\d+$", "", package.version))
    return name, _with_epoch(package, version or package.version)


def _with_epoch(package: Package, version: str) -> str:
    """Put the epoch before a version that lacks it: purls have it in a qualifier of its own."""
    if package.purl.type not in ("deb", "rpm") or not version or ":" in version:
        return version
    epoch = package.purl.qualifier("epoch") or (package.version.partition(":")[0] if ":" in package.version else "")
    return f"{epoch}:{version}" if epoch.isdigit() and epoch.isascii() and int(epoch[:9]) else version
