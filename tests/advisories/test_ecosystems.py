from __future__ import annotations

import json
from pathlib import Path

import pytest

from custody.advisories.ecosystems import ECOSYSTEMS, Lookup, lookup_of
from custody.model import Distribution
from tests.advisories.samples import package

BOOKWORM = Distribution(id="debian", version="12", codename="bookworm")


@pytest.mark.parametrize(
    ("purl", "ecosystems", "name", "version"),
    [
        ("pkg:pypi/Zope.Interface@1.0", "PyPI", "zope-interface", "1.0"),
        ("pkg:npm/%40babel/core@7.0.0", "npm", "@babel/core", "7.0.0"),
        ("pkg:npm/JSONStream@1.0.0", "npm", "JSONStream", "1.0.0"),
        ("pkg:cargo/serde@1.0.0", "crates.io", "serde", "1.0.0"),
        ("pkg:maven/org.example/a@1", "Maven", "org.example:a", "1"),
        ("pkg:golang/example.org/a/b@v1.0.0", "Go", "example.org/a/b", "v1.0.0"),
        ("pkg:deb/debian/x@1-1?distro=debian-12", "Debian:12 Debian", "x", "1-1"),
        ("pkg:deb/debian/x@1-1?distro=debian-12.4", "Debian:12 Debian", "x", "1-1"),
        ("pkg:deb/debian/x@1-1?distro=bookworm", "Debian:12 Debian", "x", "1-1"),
        ("pkg:deb/debian/x@1-1?distro=debian-trixie", "Debian:13 Debian", "x", "1-1"),
        ("pkg:deb/debian/x@1-1?distro=debian-6.0.10", "Debian:6.0 Debian", "x", "1-1"),
        ("pkg:deb/debian/x@1-1", "Debian:12 Debian", "x", "1-1"),
        ("pkg:deb/ubuntu/x@1-1?distro=ubuntu-22.04", "Ubuntu:22.04:LTS Ubuntu:22.04 Ubuntu", "x", "1-1"),
        ("pkg:deb/ubuntu/x@1-1?distro=noble", "Ubuntu:24.04:LTS Ubuntu:24.04 Ubuntu", "x", "1-1"),
        ("pkg:deb/ubuntu/x@1-1?distro=ubuntu-25.10", "Ubuntu:25.10 Ubuntu", "x", "1-1"),
        ("pkg:apk/alpine/x@1-r0?distro=alpine-3.20.3", "Alpine:v3.20 Alpine", "x", "1-r0"),
    ],
)
def test_what_is_asked_about_a_package(purl: str, ecosystems: str, name: str, version: str) -> None:
    expected = Lookup(ecosystems=tuple(ecosystems.split()), name=name, version=version)
    assert lookup_of(package(purl), BOOKWORM) == expected


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


@pytest.mark.parametrize(
    ("purl", "reason"),
    [
        ("pkg:generic/x@1", "no advisories are published for packages of type 'generic'"),
        ("pkg:deb/raspbian/x@1", "no advisories are known for the distribution 'raspbian'"),
        ("pkg:deb/x@1", "no advisories are known for the distribution 'that is not named'"),
        ("pkg:deb/ubuntu/x@1", "the package does not say to which release of Ubuntu it belongs"),
        ("pkg:deb/debian/x@1?distro=sid", "the package does not say to which release of Debian it belongs"),
        ("pkg:deb/debian/x@1?distro=debian-99999", "the package does not say to which release of Debian it belongs"),
    ],
)
def test_where_nothing_can_be_asked_there_is_a_reason(purl: str, reason: str) -> None:
    assert lookup_of(package(purl), BOOKWORM) == reason


def test_the_ecosystems_are_those_of_the_schema(shared: Path) -> None:
    schema = json.loads((shared / "data" / "schemas" / "osv.schema.json").read_text())
    assert set(schema["$defs"]["ecosystemName"]["enum"]) | {"GIT"} == ECOSYSTEMS
