"""rpm's databases: three containers with the same headers, and what happens to damaged ones."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.inventory.rpm_berkeley import read_berkeley
from custody.inventory.rpm_database import RpmDatabase, database_rank, extract_database, read_database
from custody.inventory.rpm_header import ARCH, BASENAMES, BUILDTIME, EPOCH, NAME, URL, read_header
from custody.inventory.rpm_ndb import read_ndb
from custody.inventory.rpm_packages import source_of
from custody.model import HeldContent

CASES = Path(__file__).parent.parent / "cases/inventory/rpm"
FILES = {
    "sqlite": CASES / "sqlite_ok/tree/var/lib/rpm/rpmdb.sqlite",
    "berkeley": CASES / "berkeley-db_ok/tree/var/lib/rpm/Packages",
    "big-endian": CASES / "berkeley-db-big-endian_ok/tree/var/lib/rpm/Packages",
    "ndb": CASES / "ndb_ok/tree/usr/lib/sysimage/rpm/Packages.db",
}
DATA = {name: path.read_bytes() for name, path in FILES.items()}
WHERE = "var/lib/rpm/Packages"


def read(data: bytes) -> RpmDatabase:
    return read_database(extract_database(WHERE, HeldContent(data)), WHERE)


def headers() -> list[bytes]:
    return [blob for _, blob in read_ndb(DATA["ndb"], WHERE) if isinstance(blob, bytes)]


def header(*entries: tuple[int, int, int, bytes]) -> bytes:
    """Make a header of (tag, type, count, data)."""
    index = data = b""
    for tag, kind, count, value in entries:
        index += struct.pack(">IIII", tag, kind, len(data), count)
        data += value
    return struct.pack(">II", len(entries), len(data)) + index + data


@pytest.mark.parametrize("name", ["berkeley", "big-endian", "ndb"])
def test_each_container_gives_the_same_packages(name: str) -> None:
    assert read(DATA[name]) == read(DATA["sqlite"])


def test_what_a_header_says() -> None:
    found = {record.name: record for record in read(DATA["sqlite"]).packages}
    tools = found["demo-tools"]
    assert (tools.version_release, tools.epoch, tools.arch) == ("1.4.0-3.el9", 2, "noarch")
    assert "(missing-b if missing-c)" in tools.requires
    assert not any(need.startswith("rpmlib(") for need in tools.requires)
    assert found["demo-plugin"].folders == {"/opt/demo/share/": ["plugin.txt"], "/usr/bin/": ["demo-sh"]}
    assert found["demo-plugin"].modularity == "demo:1.4:20240101:abcdef"
    assert found["demo-plugin"].built == 1_700_000_000


def test_keys_are_no_packages() -> None:
    keys = header((NAME, 6, 1, b"gpg-pubkey\0"), (1001, 6, 1, b"1\0"), (1002, 6, 1, b"2\0"))
    other = header(
        (NAME, 6, 1, b"zlib\0"), (1001, 6, 1, b"1\0"), (1002, 6, 1, b"2\0"), (1044, 6, 1, b"z-1-2.src.rpm\0")
    )
    assert [record.name for record in read(ndb([keys, other])).packages] == ["zlib"]


def ndb(blobs: list[bytes]) -> bytes:
    """Make an ndb file after rpm's rpmpkg.c."""
    blocks, slots = b"", b""
    for number, blob in enumerate(blobs, start=1):
        body = struct.pack("<4sIII", b"BlbS", number, 1, len(blob)) + blob
        room = -(-(len(body) + 12) // 16) * 16
        body = body.ljust(room - 12, b"\0")
        body += struct.pack("<II4s", zlib.adler32(body), len(blob), b"BlbE")
        slots += struct.pack("<4sIII", b"Slot", number, (4096 + len(blocks)) // 16, room // 16)
        blocks += body
    head = struct.pack("<4sIIIIII4x", b"RpmP", 0, 1, 1, len(blobs) + 1, 0, 0)
    page = head + slots
    return page + struct.pack("<4sIII", b"Slot", 0, 0, 0) * ((4096 - len(page)) // 16) + blocks


def test_a_free_slot_holds_nothing() -> None:
    assert len(list(read_ndb(ndb([b"x" * 40]), WHERE))) == 1


def test_a_changed_header_in_ndb_is_told_and_the_others_are_read() -> None:
    data = bytearray(DATA["ndb"])
    data[4096 + 700] ^= 1
    found = read(bytes(data))
    assert len(found.packages) == 4
    assert [fault.reason for fault in found.faults] == ["damaged: wrong Adler-32 checksum"]


def test_a_broken_chain_of_overflow_pages_is_told_and_the_others_are_read() -> None:
    data = bytearray(DATA["berkeley"])
    page = next(n for n in range(1, len(data) // 4096) if data[n * 4096 + 25] == 7)
    data[page * 4096 + 25] = 0
    found = read(bytes(data))
    assert len(found.packages) == 4
    assert found.faults[0].reason == f"damaged: page {page} is no overflow page"


def test_a_chain_that_leads_back_to_itself_ends() -> None:
    data = bytearray(DATA["berkeley"])
    page = next(n for n in range(1, len(data) // 4096) if data[n * 4096 + 25] == 7)
    data[page * 4096 + 16 : page * 4096 + 20] = struct.pack("<I", page)
    assert len(read(bytes(data)).packages) <= 5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data[:24] + b"\1" + data[25:], "encryption or checksums"),
        (lambda data: data[:26] + b"\1" + data[27:], "encryption or checksums"),
        (lambda data: data[:25] + b"\x09" + data[26:], "page size 4096, type 9"),
        (lambda data: data[:20] + b"\0\0\0\0" + data[24:], "page size 0"),
        (lambda data: data[:12] + struct.pack("<I", 0x53162) + data[16:], "not a Berkeley DB hash file"),
    ],
)
def test_what_rpm_does_not_make_is_refused(change: object, words: str) -> None:
    assert callable(change)
    with pytest.raises(InputError, match=words):
        list(read_berkeley(change(DATA["berkeley"]), WHERE))


def test_an_entry_of_another_type_counts_as_absent() -> None:
    found = read_header(header((NAME, 4, 1, b"\0\0\0\1"), (EPOCH, 6, 1, b"1\0"), (ARCH, 8, 2, b"x86_64\0i686\0")), "x")
    assert found.text(NAME) == ""
    assert found.number(EPOCH) is None
    assert (found.text(ARCH), found.texts(ARCH)) == ("x86_64", ["x86_64", "i686"])
    assert found.numbers(NAME) == [1]
    assert URL not in found


@pytest.mark.parametrize(
    ("entry", "ask"),
    [
        ((NAME, 6, 1, b"no end"), lambda found: found.text(NAME)),
        ((BASENAMES, 8, 9, b"a\0b\0"), lambda found: found.texts(BASENAMES)),
        ((BUILDTIME, 4, 3, b"\0\0\0\1"), lambda found: found.number(BUILDTIME)),
        ((BASENAMES, 8, 2, b"a\0b\0"), lambda found: found.folders()),
    ],
)
def test_data_that_leaves_the_header_is_refused(entry: tuple[int, int, int, bytes], ask: object) -> None:
    assert callable(ask)
    with pytest.raises(InputError, match="damaged rpm header"):
        ask(read_header(header(entry), "x"))


def test_files_of_the_old_form() -> None:
    found = read_header(header((1027, 8, 2, b"/usr/bin/a\0/etc/b\0")), "x")
    assert found.folders() == {"/usr/bin/": ["a"], "/etc/": ["b"]}


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("bash-5.1.8-6.el9.src.rpm", ("bash", "5.1.8-6.el9")),
        ("java-1.8.0-openjdk-1.8.0.392-3.nosrc.rpm", ("java-1.8.0-openjdk", "1.8.0.392-3")),
        ("(none)", ("", "")),
        ("bash.src.rpm", ("", "")),
    ],
)
def test_the_source_package(text: str, source: tuple[str, str]) -> None:
    assert source_of(text) == source


def test_many_damaged_records_are_told_in_few_lines() -> None:
    found = read(ndb([b"\0" * 20 for _ in range(60)]))
    assert len(found.faults) == 20
    assert "too many" in found.faults[-1].reason


def test_the_newer_container_counts() -> None:
    names = ["var/lib/rpm/Packages", "var/lib/rpm/rpmdb.sqlite", "var/lib/rpm/Packages.db"]
    assert min(names, key=database_rank) == "var/lib/rpm/rpmdb.sqlite"


def attempt(data: bytes) -> None:
    try:
        read(data)
    except InputError as error:
        assert error.what


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(DATA)), at=st.integers(0, 40_000), new=st.binary(max_size=4))
def test_changed_bytes_are_read_or_refused(name: str, at: int, new: bytes) -> None:
    data = DATA[name]
    at %= len(data)
    attempt(data[:at] + new + data[at + len(new) :])


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(DATA)), length=st.integers(0, 40_000))
def test_a_file_cut_short_is_read_or_refused(name: str, length: int) -> None:
    attempt(DATA[name][: length % len(DATA[name])])


@settings(max_examples=150, deadline=None)
@given(which=st.integers(0, 4), at=st.integers(0, 3000), new=st.binary(min_size=1, max_size=4))
def test_a_changed_header_is_read_or_told(which: int, at: int, new: bytes) -> None:
    blob = headers()[which]
    at %= len(blob)
    attempt(ndb([blob[:at] + new + blob[at + len(new) :]]))
