"""os-release(5), as shells and as careless hands write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.inventory import tree_of
from custody.inventory.os_release import parse_os_release, read_distribution


def test_all_fields() -> None:
    found = parse_os_release(
        b'NAME="Ubuntu"\nVERSION_ID="22.04"\nID=ubuntu\nID_LIKE="debian other"\n'
        b"VERSION_CODENAME=jammy\nPRETTY_NAME='U 22'\n"
    )
    assert found is not None
    assert (found.id, found.version, found.name, found.codename) == ("ubuntu", "22.04", "U 22", "jammy")
    assert found.like == ("debian", "other")
    assert found.tag == "ubuntu-22.04"


def test_a_rolling_distribution_has_no_version() -> None:
    found = parse_os_release(b"ID=debian\nVERSION_CODENAME=trixie\n")
    assert found is not None
    assert (found.version, found.tag) == ("", "debian")


def test_the_parent_stands_in_only_where_there_is_no_id() -> None:
    assert [d.id for d in (parse_os_release(b"ID_LIKE=debian"), parse_os_release(b"ID=x\nID_LIKE=debian")) if d] == [
        "debian",
        "x",
    ]


@pytest.mark.parametrize("data", [b"", b"NAME=Linux", b"ID=", b"ID=a/b", b'ID="', b"id=debian"])
def test_a_file_that_names_no_distribution_gives_none(data: bytes) -> None:
    assert parse_os_release(data) is None


def test_etc_goes_before_usr_and_links_are_followed() -> None:
    files = {"etc/os-release": b"ID=one", "usr/lib/os-release": b"ID=two"}
    first = read_distribution(tree_of(files))
    assert first is not None
    assert first.id == "one"
    linked = read_distribution(
        tree_of({"usr/lib/os-release": b"ID=two"}, links={"etc/os-release": "../usr/lib/os-release"})
    )
    assert linked is not None
    assert linked.id == "two"
    assert read_distribution(tree_of({})) is None


@given(data=st.binary(max_size=100))
def test_random_bytes_are_no_error(data: bytes) -> None:
    parse_os_release(data)
    parse_os_release(b"ID=" + data)
