from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from custody.advisories.ecosystems import ECOSYSTEMS, Lookup, lookup_of
from custody.model import Distribution
from tests.advisories.samples import package

BOOKWORM = Distribution(id="debian", version="12", codename="bookworm")


def asked(purl: str, distribution: Distribution | None = None, **about: str) -> Lookup:
    found = lookup_of(package(purl, **about), distribution)
    assert isinstance(found, Lookup), found
    assert all(name.partition(":")[0] in ECOSYSTEMS for name in found.ecosystems)
    assert len(set(found.ecosystems)) == len(found.ecosystems)
    return found


@pytest.mark.parametrize(
    ("purl", "ecosystems"),
    [
        ("pkg:deb/debian/x@1-1?distro=debian-12", "Debian:12, Debian"),
        ("pkg:deb/debian/x@1-1?distro=debian-12.4", "Debian:12, Debian"),
        ("pkg:deb/debian/x@1-1?distro=bookworm", "Debian:12, Debian"),
        ("pkg:deb/debian/x@1-1?distro=debian-trixie", "Debian:13, Debian"),
        ("pkg:deb/debian/x@1-1?distro=debian-6.0.10", "Debian:6.0, Debian"),
        ("pkg:deb/debian/x@1-1?distro=debian-3.1", "Debian:3.1, Debian"),
        ("pkg:deb/debian/x@1-1?distro=sid", "Debian:sid, Debian:14, Debian"),
        ("pkg:deb/debian/x@1-1?distro=debian-trixie%2Fsid", "Debian:sid, Debian:14, Debian"),
        ("pkg:deb/debian/x@1-1?distro=testing", "Debian:14, Debian"),
        ("pkg:deb/debian/x@1-1", "Debian:12, Debian"),
        ("pkg:deb/ubuntu/x@1-1?distro=ubuntu-22.04", "Ubuntu:22.04:LTS, Ubuntu:22.04, Ubuntu"),
        ("pkg:deb/ubuntu/x@1-1?distro=noble", "Ubuntu:24.04:LTS, Ubuntu:24.04, Ubuntu"),
        ("pkg:deb/ubuntu/x@1-1?distro=ubuntu-25.10", "Ubuntu:25.10, Ubuntu"),
        ("pkg:deb/ubuntu/x@1-1?distro=ubuntu-23.04", "Ubuntu:23.04, Ubuntu"),
        (
            "pkg:deb/ubuntu/x@1-1%2Besm1?distro=ubuntu-18.04",
            "Ubuntu:Pro:18.04:LTS, Ubuntu:18.04:LTS, Ubuntu:18.04, Ubuntu",
        ),
        (
            "pkg:deb/ubuntu/x@1-1%2BFips.1?distro=ubuntu-22.04",
            "Ubuntu:Pro:FIPS-updates:22.04:LTS, Ubuntu:Pro:FIPS:22.04:LTS, Ubuntu:22.04:LTS, Ubuntu:22.04, Ubuntu",
        ),
        ("pkg:deb/echo/x@1-1", "Echo"),
        (
            "pkg:deb/dhi/x@1?os_distro=debian&os_name=dhi&os_version=13",
            "Docker Hardened Images:Debian:13, Docker Hardened Images:Debian:trixie",
        ),
        ("pkg:apk/dhi/x@1?os_distro=alpine&os_name=dhi&os_version=3.24", "Docker Hardened Images:Alpine:3.24"),
        ("pkg:apk/alpine/x@1-r0?distro=alpine-3.20.3", "Alpine:v3.20, Alpine"),
        ("pkg:apk/alpine/x@1-r0?distro=3.16.1", "Alpine:v3.16, Alpine"),
        ("pkg:apk/alpine/x@1-r0?distro=alpine-edge", "Alpine:edge, Alpine"),
        ("pkg:apk/alpine/x@1-r0?distro=alpine-3.22.0_alpha20250108", "Alpine:edge, Alpine"),
        ("pkg:apk/wolfi/x@1-r0?distro=wolfi-20230201", "Wolfi"),
        ("pkg:apk/chainguard/x@1-r0", "Chainguard"),
        ("pkg:apk/minimos/x@1-r0", "MinimOS"),
        ("pkg:apk/cleanstart/x@1-r0", "CleanStart"),
        ("pkg:apk/alpaquita/x@1-r0?distro=alpaquita-23", "Alpaquita:23, Alpaquita"),
        ("pkg:apk/alpaquita/x@1-r0?distro=alpaquita-stream", "Alpaquita:stream, Alpaquita"),
        (
            "pkg:apk/bellsoft-hardened-containers/x@1-r0?distro=bellsoft-hardened-containers-25",
            "BellSoft Hardened Containers:25, BellSoft Hardened Containers",
        ),
        ("pkg:rpm/almalinux/x@1-1?distro=almalinux-9.3", "AlmaLinux:9, AlmaLinux"),
        ("pkg:rpm/alma/x@1-1?distro=alma-9.3", "AlmaLinux:9, AlmaLinux"),
        ("pkg:rpm/rocky/x@1-1?distro=rocky-8.5", "Rocky Linux:8, Rocky Linux"),
        ("pkg:rpm/rocky-linux/x@1-1?distro=rocky-linux-8-4-legacy", "Rocky Linux:8, Rocky Linux"),
        ("pkg:rpm/mageia/x@1-1.mga9?distro=mageia-9", "Mageia:9, Mageia"),
        ("pkg:rpm/photon/x@1-1.ph5?distro=photon-5.0", "Photon OS:5.0, Photon OS"),
        ("pkg:rpm/azurelinux/x@1-1.azl3?distro=azurelinux-3.0", "Azure Linux:3, Azure Linux"),
        ("pkg:rpm/mariner/x@1-1.cm2?distro=mariner-2.0", "Azure Linux:2, Azure Linux"),
        ("pkg:rpm/openeuler/x@1-1.oe2203sp4?distro=openeuler-22.03", "openEuler:22.03-LTS-SP4, openEuler"),
        ("pkg:rpm/openeuler/x@1-1.oe2403?distro=openeuler-24.03", "openEuler:24.03-LTS, openEuler"),
        ("pkg:rpm/openeuler/x@1-1?distro=openEuler-24.03-LTS-SP1", "openEuler:24.03-LTS-SP1, openEuler"),
        (
            "pkg:rpm/opensuse/x@1-1?distro=opensuse-leap-15.5",
            "openSUSE:Leap 15.5, openSUSE:Leap 15.5 NonFree, openSUSE",
        ),
        ("pkg:rpm/suse/x@1-1?distro=opensuse-leap-15.5", "openSUSE:Leap 15.5, openSUSE:Leap 15.5 NonFree, openSUSE"),
        ("pkg:rpm/opensuse/x@1-1?distro=opensuse-tumbleweed-20240801", "openSUSE:Tumbleweed, openSUSE"),
        ("pkg:rpm/suse/x@1-1?distro=sle-micro-5.5", "SUSE:Linux Enterprise Micro 5.5, SUSE:Linux Micro 5.5, SUSE"),
    ],
)
def test_the_release_a_package_is_of(purl: str, ecosystems: str) -> None:
    assert asked(purl, BOOKWORM).ecosystems == tuple(ecosystems.split(", "))


@pytest.mark.parametrize(
    ("distribution", "purl", "first"),
    [
        (Distribution(id="rhel", version="9.4"), "pkg:rpm/redhat/x@1-1", "Red Hat:enterprise_linux:9::baseos"),
        (Distribution(id="opensuse-leap", version="15.6"), "pkg:rpm/opensuse/x@1-1", "openSUSE:Leap 15.6"),
        (Distribution(id="sles", version="15.5"), "pkg:rpm/suse/x@1-1", "SUSE:Linux Enterprise Server 15 SP5"),
        (Distribution(id="alpine", version="3.19.1"), "pkg:apk/alpine/x@1-r0", "Alpine:v3.19"),
        (
            Distribution(id="openEuler", version="24.03", name="openEuler 24.03 (LTS-SP1)"),
            "pkg:rpm/openEuler/x@1-1",
            "openEuler:24.03-LTS-SP1",
        ),
        (Distribution(id="debian", codename="trixie"), "pkg:deb/debian/x@1-1", "Debian:13"),
    ],
)
def test_where_the_package_does_not_say_it_the_system_does(distribution: Distribution, purl: str, first: str) -> None:
    assert asked(purl, distribution).ecosystems[0] == first


def test_red_hat_is_asked_for_all_repositories_of_the_release() -> None:
    names = asked("pkg:rpm/redhat/openssl-libs@3.0.7-24.el9?arch=x86_64&distro=rhel-9.4&epoch=1").ecosystems
    assert names[0] == "Red Hat:enterprise_linux:9::baseos"
    assert names[-1] == "Red Hat"
    assert {
        "Red Hat:enterprise_linux:9::appstream",
        "Red Hat:rhel_eus:9.4::baseos",
        "Red Hat:rhel_aus:9.4::appstream",
    } < set(names)
    assert not any(re.search(r":(8|10)[.:]|9\.[0-35-9]", name) for name in names)
    assert "Red Hat:enterprise_linux:7::server" in asked("pkg:rpm/redhat/x@1-1?distro=redhat-7.9").ecosystems
    ten = asked("pkg:rpm/redhat/x@1-1?distro=redhat-10.1").ecosystems
    assert ten[0] == "Red Hat:enterprise_linux:10.1"
    assert {"Red Hat:enterprise_linux:10.0", "Red Hat:enterprise_linux_eus:10.1"} < set(ten)


def test_centos_linux_is_red_hats_release_built_again_and_stream_is_not() -> None:
    assert asked("pkg:rpm/centos/x@1-1?distro=centos-7").ecosystems[0] == "Red Hat:enterprise_linux:7::server"
    stream = Distribution(id="centos", version="8", name="CentOS Stream 8")
    assert isinstance(lookup_of(package("pkg:rpm/centos/x@1-1"), stream), str)
    assert isinstance(lookup_of(package("pkg:rpm/centos/x@1-1?distro=centos-9"), None), str)


def test_suse_is_asked_for_the_products_and_modules_of_the_service_pack() -> None:
    names = asked("pkg:rpm/suse/libopenssl3@3.1.4-1?distro=sles-15.6").ecosystems
    assert names[0] == "SUSE:Linux Enterprise Server 15 SP6"
    assert names[-1] == "SUSE"
    wanted = ["Server 15 SP6-LTSS", "Module for Basesystem 15 SP6", "Module for Public Cloud 15 SP6"]
    assert {f"SUSE:Linux Enterprise {name}" for name in wanted} < set(names)
    assert "SUSE:Package Hub 15 SP6" in names
    assert all("15 SP6" in name for name in names[:-1])
    twelve = asked("pkg:rpm/suse/x@1-1?distro=sles-12.5").ecosystems
    assert {"SUSE:Linux Enterprise Server 12 SP5-LTSS", "SUSE:Linux Enterprise Module for Public Cloud 12"} < set(
        twelve
    )
    assert asked("pkg:rpm/suse/x@1-1?distro=sles-16.0").ecosystems[0] == "SUSE:Linux Enterprise Server 16.0"
    assert asked("pkg:rpm/suse/x@1-1?distro=sles-15").ecosystems[0] == "SUSE:Linux Enterprise Server 15"


# ── by which package name ────────────────────────────────────────────────────────────────────────────────────────────


def test_debian_goes_by_source_package() -> None:
    binary = package("pkg:deb/debian/libssl3@3.0.15-1+b2?distro=debian-12")
    of_source = package(str(binary.purl), source_name="openssl", source_version="3.0.15-1")
    of_name = package(str(binary.purl), source_name="openssl")
    of_purl = package("pkg:deb/debian/libssl3@3.0.15-1+b2?distro=debian-12&upstream=openssl%403.0.15-1")
    of_purl_name = package("pkg:deb/debian/libssl3@3.0.15-1+b2?distro=debian-12&upstream=openssl")
    for each in (of_source, of_name, of_purl, of_purl_name):
        assert lookup_of(each, None) == Lookup(ecosystems=("Debian:12", "Debian"), name="openssl", version="3.0.15-1")
    alone = lookup_of(binary, None)
    assert isinstance(alone, Lookup)
    assert (alone.name, alone.version) == ("libssl3", "3.0.15-1")


RPM_SOURCE = "&upstream=openssl-3.0.7-24.el9.src.rpm"


@pytest.mark.parametrize(
    ("purl", "name", "version", "also"),
    [
        (
            f"pkg:rpm/almalinux/openssl-libs@3.0.7-24.el9?distro=almalinux-9.3&epoch=1{RPM_SOURCE}",
            "openssl-libs",
            "1:3.0.7-24.el9",
            (),
        ),
        (
            f"pkg:rpm/rocky/openssl-libs@3.0.7-24.el9?distro=rocky-9.3&epoch=1{RPM_SOURCE}",
            "openssl",
            "1:3.0.7-24.el9",
            (),
        ),
        (
            f"pkg:rpm/redhat/openssl-libs@3.0.7-25.el9?distro=rhel-9.3&epoch=1{RPM_SOURCE}",
            "openssl-libs",
            "1:3.0.7-25.el9",
            (("openssl", "1:3.0.7-24.el9"),),
        ),
        (f"pkg:rpm/redhat/openssl@3.0.7-24.el9?distro=rhel-9.3&epoch=1{RPM_SOURCE}", "openssl", "1:3.0.7-24.el9", ()),
        (f"pkg:rpm/suse/libopenssl3@3.0.7-24?distro=sles-15.5&epoch=0{RPM_SOURCE}", "openssl", "3.0.7-24.el9", ()),
        (
            "pkg:rpm/photon/openssl-libs@3.0-1.ph5?distro=photon-5.0&upstream=openssl-3.0-1.ph5.src.rpm",
            "openssl-libs",
            "3.0-1.ph5",
            (),
        ),
        ("pkg:apk/alpine/libssl3@3.1.4-r5?distro=alpine-3.19.1&upstream=openssl", "openssl", "3.1.4-r5", ()),
        ("pkg:apk/wolfi/libssl3@3.1.4-r5?upstream=openssl", "openssl", "3.1.4-r5", (("libssl3", "3.1.4-r5"),)),
        ("pkg:deb/debian/x@1.2-3?distro=debian-12&epoch=2", "x", "2:1.2-3", ()),
    ],
)
def test_the_name_by_which_the_records_of_a_distribution_speak(
    purl: str, name: str, version: str, also: tuple[tuple[str, str], ...]
) -> None:
    found = asked(purl)
    assert (found.name, found.version, found.also) == (name, version, also)


def test_the_epoch_of_a_binary_is_that_of_its_source() -> None:
    binary = package("pkg:rpm/rocky/x-libs@1-1?distro=rocky-9", source_name="x", source_version="1-1")
    found = lookup_of(replace(binary, version="3:1-1"), None)
    assert isinstance(found, Lookup)
    assert (found.name, found.version) == ("x", "3:1-1")


@pytest.mark.parametrize("ecosystem", ["AlmaLinux", "Alpine", "Rocky Linux", "Ubuntu"])
def test_real_records_stand_under_releases_that_are_asked_for(shared: Path, ecosystem: str) -> None:
    """What the dumps call their releases is what packages of these systems are looked up by."""
    with ZipFile(shared / "data" / "osv" / ecosystem / "all.zip") as archive:
        text = "".join(archive.read(name).decode() for name in archive.namelist()[:400])
    stored = set(re.findall(rf'"ecosystem": ?"({ecosystem}:[^"]+)"', text))
    assert stored
    types = {"AlmaLinux": "rpm/almalinux", "Alpine": "apk/alpine", "Rocky Linux": "rpm/rocky", "Ubuntu": "deb/ubuntu"}
    for name in stored:
        number = re.search(r"\d+(\.\d+)*", name)
        assert number is not None
        version = "1-1%2Besm1" if ":Pro:" in name else "1-1"
        assert name in asked(f"pkg:{types[ecosystem]}/x@{version}?distro=x-{number[0]}").ecosystems


@pytest.mark.parametrize(
    ("purl", "reason"),
    [
        ("pkg:deb/x@1", "no advisories are known for the distribution 'that is not named'"),
        ("pkg:deb/ubuntu/x@1", "the package does not say to which release of Ubuntu it belongs"),
        ("pkg:deb/debian/x@1?distro=debian-99999", "the package does not say to which release of Debian it belongs"),
        ("pkg:deb/debian/x@1?distro=debian-nonsense", "the package does not say to which release of Debian it belongs"),
        ("pkg:rpm/redhat/x@1-1", "the package does not say to which release of Red Hat it belongs"),
        ("pkg:rpm/suse/x@1-1", "the package does not say to which release of SUSE it belongs"),
        ("pkg:apk/alpaquita/x@1-r0", "the package does not say to which release of Alpaquita it belongs"),
        ("pkg:rpm/fedora/x@1-1?distro=fedora-40", "OSV holds no advisories for Fedora"),
        ("pkg:rpm/oracle/x@1-1?distro=ol-8.9", "OSV holds no advisories for Oracle Linux"),
        ("pkg:rpm/amzn/x@1-1?distro=amzn-2023", "OSV holds no advisories for Amazon Linux"),
        ("pkg:alpm/arch/x@1-1?distro=arch-rolling", "OSV holds no advisories for Arch Linux"),
        ("pkg:ebuild/dev-libs/x@1?distro=gentoo-2.15", "OSV holds no advisories for Gentoo"),
    ],
)
def test_where_nothing_can_be_asked_there_is_a_reason(purl: str, reason: str) -> None:
    assert lookup_of(package(purl), BOOKWORM) == reason
