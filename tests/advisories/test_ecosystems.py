from __future__ import annotations

import json
from pathlib import Path

import pytest

from custody.advisories.ecosystems import BY_TYPE, ECOSYSTEMS, Lookup, lookup_of, normalise_name, without_registry
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
        ("pkg:cargo/Foo_Bar@1.0.0", "crates.io", "foo-bar", "1.0.0"),
        ("pkg:gem/RedCloth@4.2.9", "RubyGems", "RedCloth", "4.2.9"),
        ("pkg:nuget/Newtonsoft.Json@12.0.1", "NuGet", "newtonsoft.json", "12.0.1"),
        ("pkg:composer/Laravel/Framework@5.5", "Packagist", "laravel/framework", "5.5"),
        ("pkg:hex/Plug@1.3.0", "Hex", "plug", "1.3.0"),
        ("pkg:pub/http@0.13.0", "Pub", "http", "0.13.0"),
        ("pkg:cran/commonmark@1.7", "CRAN", "commonmark", "1.7"),
        ("pkg:bioconductor/limma@3.1", "Bioconductor", "limma", "3.1"),
        ("pkg:conan/openssl@1.1.1", "ConanCenter", "openssl", "1.1.1"),
        ("pkg:bitnami/wordpress@6.2.0", "Bitnami", "wordpress", "6.2.0"),
        ("pkg:julia/HTTP@1.0.0?uuid=x", "Julia", "HTTP", "1.0.0"),
        ("pkg:opam/tls@0.1", "opam", "tls", "0.1"),
        ("pkg:hackage/Cabal@3.0", "Hackage", "Cabal", "3.0"),
        ("pkg:swift/github.com/Apple/swift-nio@1.0", "SwiftURL", "github.com/apple/swift-nio", "1.0"),
        ("pkg:githubactions/Actions/Checkout@v4", "GitHub_Actions", "actions/checkout", "v4"),
        ("pkg:github/github/codeql-action@v2#init", "GitHub_Actions", "github/codeql-action", "v2"),
        ("pkg:vscode-extension/Ms-Python/python@1.0", "VSCode", "ms-python.python", "1.0"),
        ("pkg:golang/github.com/Masterminds/goutils@v1.1.0", "Go", "github.com/masterminds/goutils", "v1.1.0"),
        ("pkg:golang/github.com/masterminds/goutils@v1.1.0", "Go", "github.com/masterminds/goutils", "v1.1.0"),
        ("pkg:golang/stdlib@1.22.1", "Go", "stdlib", "1.22.1"),
        ("pkg:golang/stdlib@go1.22.1", "Go", "stdlib", "1.22.1"),
        ("pkg:golang/std@1.22.1", "Go", "stdlib", "1.22.1"),
        ("pkg:golang/k8s.io/apiserver@v0.1.0", "Go Kubernetes", "k8s.io/apiserver", "v0.1.0"),
        ("pkg:freebsd/curl@8.1_1", "FreeBSD:ports FreeBSD", "curl", "8.1_1"),
        ("pkg:maven/org.example/a@1", "Maven", "org.example:a", "1"),
        ("pkg:golang/example.org/a/b@v1.0.0", "Go", "example.org/a/b", "v1.0.0"),
    ],
)
def test_what_is_asked_about_a_package(purl: str, ecosystems: str, name: str, version: str) -> None:
    expected = Lookup(
        ecosystems=tuple(name.replace("_", " ") for name in ecosystems.split()), name=name, version=version
    )
    assert lookup_of(package(purl), BOOKWORM) == expected


def test_the_end_of_a_go_module_path_may_stand_in_the_subpath() -> None:
    asked = lookup_of(package("pkg:golang/github.com/example/bar@v2.1.0#v2"), None)
    assert isinstance(asked, Lookup)
    assert (asked.name, asked.version) == ("github.com/example/bar/v2", "v2.1.0")
    assert asked.also == ()
    inside = lookup_of(package("pkg:golang/github.com/example/bar@v2.1.0#sub"), None)
    assert isinstance(inside, Lookup)
    assert (inside.name, inside.also) == ("github.com/example/bar/sub", (("github.com/example/bar", "v2.1.0"),))


@pytest.mark.parametrize(
    ("ecosystem", "name", "stored"),
    [
        ("PyPI", "Zope._-Interface", "zope-interface"),
        ("Echo:PyPI", "Zope.Interface", "zope-interface"),
        ("Packagist:https://packages.example/8", "Drupal/Core", "drupal/core"),
        ("SwiftURL", "https://github.com/Vapor/Vapor.git", "github.com/vapor/vapor"),
        ("SwiftURL", "github.com/apple/swift-nio/", "github.com/apple/swift-nio"),
        ("crates.io", "Foo_bar", "foo-bar"),
        ("NuGet", "BouncyCastle", "bouncycastle"),
        ("Go", "github.com/0xJacky/Nginx-UI", "github.com/0xjacky/nginx-ui"),
        ("GitHub Actions", "Owner/Repo", "owner/repo"),
        ("npm", "JSONStream", "JSONStream"),
        ("RubyGems", "RedCloth", "RedCloth"),
        ("Maven", "org.Example:A", "org.Example:A"),
        ("Debian:12", "openSSL", "openSSL"),
    ],
)
def test_names_that_mean_one_package_are_stored_under_one(ecosystem: str, name: str, stored: str) -> None:
    assert normalise_name(ecosystem, name) == stored
    assert normalise_name(ecosystem, stored) == stored


@pytest.mark.parametrize(
    ("purl", "reason"),
    [
        ("pkg:generic/x@1", "no advisories are published for packages of type 'generic'"),
        ("pkg:huggingface/x@1", "no advisories are published for packages of type 'huggingface'"),
        ("pkg:deb/raspbian/x@1", "no advisories are known for the distribution 'raspbian'"),
    ],
)
def test_where_nothing_can_be_asked_there_is_a_reason(purl: str, reason: str) -> None:
    assert lookup_of(package(purl), BOOKWORM) == reason


def test_the_ecosystems_are_those_of_the_schema(shared: Path) -> None:
    schema = json.loads((shared / "data" / "schemas" / "osv.schema.json").read_text())
    assert set(schema["$defs"]["ecosystemName"]["enum"]) | {"GIT"} == ECOSYSTEMS


def test_every_type_leads_to_an_ecosystem_of_the_schema() -> None:
    assert set(BY_TYPE.values()) <= ECOSYSTEMS


def test_an_address_behind_an_ecosystem_is_a_registry_and_no_release() -> None:
    assert without_registry("Packagist:https://packages.example/8") == "Packagist"
    assert without_registry("Maven") == "Maven"
    assert without_registry("Debian:12") == "Debian:12"
    assert without_registry("Red Hat:enterprise_linux:9::baseos") == "Red Hat:enterprise_linux:9::baseos"
