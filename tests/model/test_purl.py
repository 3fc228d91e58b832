"""Package URLs are read, normalised and written as their specification says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import InputError
from custody.model import Purl

CANONICAL = [
    ("pkg:npm/%40babel/core@7.0.0", ("npm", "@babel", "core", "7.0.0")),
    ("pkg:npm/%40babel/core", ("npm", "@babel", "core", "")),
    ("pkg:pypi/jinja2@2.10", ("pypi", "", "jinja2", "2.10")),
    (
        "pkg:deb/debian/libssl3@3.0.15-1~deb12u1?arch=amd64&distro=debian-12",
        ("deb", "debian", "libssl3", "3.0.15-1~deb12u1"),
    ),
    ("pkg:deb/debian/libc6@2:1.0?arch=amd64", ("deb", "debian", "libc6", "2:1.0")),
    ("pkg:golang/github.com/a/b@v1.0.0#sub/dir", ("golang", "github.com/a", "b", "v1.0.0")),
    ("pkg:generic/name%2Fwith%20odd%3Fchars@1%2B2", ("generic", "", "name/with odd?chars", "1+2")),
]


@pytest.mark.parametrize(("text", "parts"), CANONICAL)
def test_a_canonical_purl_is_read_and_written_as_it_is(text: str, parts: tuple[str, str, str, str]) -> None:
    purl = Purl.parse(text)
    assert (purl.type, purl.namespace, purl.name, purl.version) == parts
    assert str(purl) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("pkg:PYPI/Jinja2_Extra.Thing@1", "pkg:pypi/jinja2-extra-thing@1"),
        ("pkg:deb/Debian/Curl@1", "pkg:deb/debian/curl@1"),
        ("pkg:npm/Mixed.Case@1", "pkg:npm/Mixed.Case@1"),
        ("pkg:brew/PostgreSQL%4012@12.17", "pkg:brew/postgresql%4012@12.17"),
        ("pkg:rpm/Fedora/Mixed@1", "pkg:rpm/fedora/Mixed@1"),
        ("pkg:pub/Http-Parser@1", "pkg:pub/http_parser@1"),
        ("pkg:cpan/gdt/URI-PackageURL", "pkg:cpan/GDT/URI-PackageURL"),
        ("pkg:pear/PECL.Example/APCu@5", "pkg:pear/pecl.example/APCu@5"),
        ("pkg:nuget/Chat.Json@2", "pkg:nuget/Chat.Json@2"),
        ("PKG:npm/a", "pkg:npm/a"),
        ("pkg://npm/a@1", "pkg:npm/a@1"),
        ("pkg:npm/a?b=2&a=1&c=", "pkg:npm/a?a=1&b=2"),
        ("pkg:npm/a#./x/../y//z/", "pkg:npm/a#x/y/z"),
        ("pkg:npm/@scope/a", "pkg:npm/%40scope/a"),
    ],
)
def test_another_way_to_write_it_gives_the_canonical_one(text: str, canonical: str) -> None:
    assert str(Purl.parse(text)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "npm/a",
        "pkg:",
        "pkg:npm",
        "pkg:npm/",
        "pkg:/a",
        "pkg:1npm/a",
        "pkg:n!m/a",
        "pkg:npm/a?=1",
        "pkg:npm/a?x=1&X=2",
    ],
)
def test_what_is_no_purl_is_an_input_error(text: str) -> None:
    with pytest.raises(InputError):
        Purl.parse(text)


@given(st.text(max_size=60))
def test_any_text_gives_a_purl_that_stays_the_same_or_an_input_error(text: str) -> None:
    try:
        purl = Purl.parse("pkg:generic/" + text)
    except InputError:
        return
    assert Purl.parse(str(purl)) == purl


@given(
    name=st.text(min_size=1, max_size=20).filter(lambda t: t.strip("/") == t),
    version=st.text(max_size=20),
    qualifier=st.text(max_size=20),
)
def test_whatever_stands_in_it_comes_back(name: str, version: str, qualifier: str) -> None:
    purl = Purl("generic", name, version, "ns", (("k", qualifier),))
    assert Purl.parse(str(purl)) == purl


def test_the_ecosystems_name_of_a_package() -> None:
    assert Purl.parse("pkg:npm/%40babel/core@7").full_name == "@babel/core"
    assert Purl.parse("pkg:maven/org.a/b@7").full_name == "org.a:b"
    assert Purl.parse("pkg:deb/debian/curl@7").full_name == "curl"


@pytest.mark.parametrize("namespace", ["a//b", "/a/b", "a/b/", "//a//b//"])
def test_empty_segments_of_a_namespace_are_none(namespace: str) -> None:
    purl = Purl("brew", "x", "1", namespace)
    assert purl == Purl("brew", "x", "1", "a/b") == Purl.parse(str(purl))
