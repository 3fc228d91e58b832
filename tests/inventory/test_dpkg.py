"""dpkg's database: which packages count, how relations resolve, and that no bytes bring the cataloger down."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.inventory import File, tree_of
from custody.inventory.catalogers.dpkg import parse
from custody.inventory.dpkg_status import Installed, Stanza, read_stanzas
from custody.model import Package, Skipped

STATUS = "var/lib/dpkg/status"
GOOD = (Path(__file__).parent.parent / "cases/inventory/dpkg/debian-12_ok/tree" / STATUS).read_bytes()


def stanzas(text: str) -> list[Stanza | Skipped]:
    return list(read_stanzas(File(path=STATUS, data=text.encode())))


def one(**fields: str) -> Stanza:
    text = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in {"Version": "1", **fields}.items())
    [found] = stanzas(text)
    assert isinstance(found, Stanza)
    return found


@pytest.mark.parametrize("state", ["installed", "triggers-awaited", "triggers-pending", "half-configured", "unpacked"])
def test_packages_whose_files_are_on_disk_count(state: str) -> None:
    assert one(Package="a", Status=f"install ok {state}").name == "a"


@pytest.mark.parametrize("state", ["not-installed", "config-files"])
def test_packages_that_are_gone_do_not(state: str) -> None:
    assert stanzas(f"Package: a\nStatus: deinstall ok {state}\nVersion: 1\n") == []


def test_a_half_installed_package_is_said_to_be_unknown() -> None:
    [found] = stanzas("Package: a\nStatus: install reinstreq half-installed\nVersion: 1\n")
    assert isinstance(found, Skipped)
    assert found.where == f"{STATUS}:line 1"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ("a", "1:2-3+b1")),
        ("glibc", ("glibc", "1:2-3+b1")),
        ("glibc (2-3)", ("glibc", "2-3")),
        ("glibc (", ("a", "1:2-3+b1")),
    ],
)
def test_the_source_package(source: str, expected: tuple[str, str]) -> None:
    assert one(Package="a", Version="1:2-3+b1", Source=source).source() == expected


def test_relations_are_read_without_versions_architectures_and_profiles() -> None:
    stanza = one(Package="a", Depends="b (>= 1.0~), c:any | d:i386 (= 2) [amd64], , e <!nocheck>,\n f")
    assert list(stanza.relations("depends")) == [[("b", "")], [("c", "any"), ("d", "i386")], [("e", "")], [("f", "")]]


def test_an_alternative_is_taken_when_it_is_installed_by_its_name_or_as_a_provided_one() -> None:
    a = one(Package="a", Depends="absent | mail-agent, exim | b, a")
    b, postfix = one(Package="b"), one(Package="postfix", Provides="mail-agent (= 1), other")
    assert Installed([a, b, postfix]).resolve(a, "depends") == [b, postfix]


def test_a_real_package_goes_before_providers() -> None:
    a, awk = one(Package="a", Depends="awk"), one(Package="awk")
    assert Installed([a, awk, one(Package="mawk", Provides="awk")]).resolve(a, "depends") == [awk]


def test_many_broken_stanzas_are_told_in_few_lines() -> None:
    found = stanzas("nonsense\n\n" * 5000 + "Package: a\nVersion: 1\n")
    assert len(found) == 21
    assert isinstance(found[-1], Stanza)
    assert "too many" in next(reversed([f.reason for f in found if isinstance(f, Skipped)]))


def test_line_endings_of_windows_and_comments_are_read() -> None:
    [found] = stanzas("# ours\r\nPackage: a\r\nVersion: 1\r\n")
    assert isinstance(found, Stanza)
    assert (found.name, found.version) == ("a", "1")


def packages(data: bytes) -> list[Package]:
    tree = tree_of({STATUS: data, "etc/os-release": b"ID=debian\nVERSION_ID=12\n"})
    file = tree.get(STATUS)
    assert file is not None
    return [found for found in parse(file, tree) if isinstance(found, Package)]


def test_two_trees_do_not_share_what_is_remembered() -> None:
    first = packages(b"Package: a\nVersion: 1\n")
    second = packages(b"Package: a\nVersion: 2\n")
    assert [p.version for p in (*first, *second)] == ["1", "2"]


def test_the_copyright_file_is_found_through_a_link_to_another_package() -> None:
    tree = tree_of(
        {
            STATUS: b"Package: libx\nVersion: 1\n",
            "usr/share/doc/x-common/copyright": b"/usr/share/common-licenses/Apache-2.0",
        },
        links={"usr/share/doc/libx": "x-common"},
    )
    file = tree.get(STATUS)
    assert file is not None
    [package] = [found for found in parse(file, tree) if isinstance(found, Package)]
    assert package.licence_declared == "Apache-2.0"


@pytest.mark.parametrize(
    ("maintainer", "supplier"),
    [
        ("Jane Doe <jane@x.example>", "Person: Jane Doe (jane@x.example)"),
        ("Debian QA Group <qa@x.example>", "Organization: Debian QA Group (qa@x.example)"),
        ("Ubuntu Developers <u@x.example>", "Organization: Ubuntu Developers (u@x.example)"),
        ("Jane Doe", "Person: Jane Doe"),
        ("", ""),
        ("<nobody@x.example>", ""),
    ],
)
def test_the_supplier_in_the_words_of_spdx(maintainer: str, supplier: str) -> None:
    [package] = packages(f"Package: a\nVersion: 1\nMaintainer: {maintainer}\n".encode())
    assert package.supplier == supplier


@pytest.mark.parametrize(
    "data",
    [
        b"Package: a\nVersion: 1\nMaintainer: a" + b" " * 100_000 + b"<\n",
        b"Package: a\nVersion: 1\nDescription: x\n" + b" y\n" * 200_000,
        b"Package: a\nVersion: 1\nDepends: " + b" " * 100_000 + b"x" + b" " * 100_000 + b"!\n",
        b"".join(b"Package: p%d\nVersion: 1\nProvides: v\nDepends: v\n\n" % n for n in range(1500)),
        b"".join(b"Package: p\nVersion: %d\nDepends: p\n\n" % n for n in range(1500)),
    ],
    ids=["spaces", "continuation", "relation", "providers", "versions"],
)
def test_a_long_file_takes_no_more_than_linear_time(data: bytes) -> None:
    start = time.process_time()
    assert packages(data)
    assert time.process_time() - start < 5  # a second at most; minutes and more before each was mended


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300))
def test_random_bytes_are_read_or_skipped(data: bytes) -> None:
    packages(data)


@settings(max_examples=150, deadline=None)
@given(start=st.integers(0, len(GOOD)), length=st.integers(0, len(GOOD)))
def test_every_piece_of_a_good_file_is_read_or_skipped(start: int, length: int) -> None:
    packages(GOOD[start : start + length])


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255))
def test_every_one_byte_change_of_a_good_file_is_read_or_skipped(at: int, byte: int) -> None:
    packages(GOOD[:at] + bytes([byte]) + GOOD[at + 1 :])
