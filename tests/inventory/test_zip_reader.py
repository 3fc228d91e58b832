"""Our reader against the standard library's, and against archives that lie."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.inventory.zip_reader import Budget, Limits, ZipFiles, open_member, read_directory, read_members
from custody.model import HeldContent

FUZZ = settings(max_examples=60, deadline=None, database=None)
MEMBERS = {"a.txt": b"first", "dir/b.bin": bytes(range(256)) * 40, "empty": b"", "naïve/ü.txt": b"x" * 70_000}


def archive(members: dict[str, bytes], *, comment: bytes = b"", prefix: bytes = b"", stored: bool = False) -> bytes:
    out = io.BytesIO()
    out.write(prefix)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as target:
        target.comment = comment
        for name, data in members.items():
            target.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
    return out.getvalue()


def every(_: str) -> bool:
    return True


def read(data: bytes, wanted: Callable[[str], bool] = every, limits: Limits | None = None) -> ZipFiles:
    return read_members(HeldContent(data), wanted, where="x.zip", limits=limits)


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("comment", [b"", b"a note", b"PK\x05\x06" + b"\0" * 17, b"c" * 65_535])
@pytest.mark.parametrize("prefix", [b"", b"#!/bin/sh\nexec java -jar $0\n"])
def test_names_and_content_are_what_the_standard_library_wrote(comment: bytes, prefix: bytes, stored: bool) -> None:
    data = archive(MEMBERS, comment=comment, prefix=prefix, stored=stored)
    found = read(data)
    assert found.names == tuple(MEMBERS)
    assert found.data == MEMBERS
    assert found.problems == ()


@pytest.mark.parametrize("stored", [False, True])
def test_offsets_that_count_from_the_archive_and_not_from_the_file(stored: bool) -> None:
    """`cat script archive > program`: nobody told the directory."""
    found = read(b"#!/bin/sh\n" + archive(MEMBERS, stored=stored))
    assert found.data == MEMBERS


def test_only_what_is_wanted_is_read() -> None:
    found = read(archive(MEMBERS), lambda name: name.endswith(".txt") and "/" not in name)
    assert found.data == {"a.txt": b"first"}
    assert len(found.names) == len(MEMBERS)


def test_of_two_members_with_one_name_the_later_counts() -> None:
    data = archive({"1.txt": b"old", "2.txt": b"new"}).replace(b"2.txt", b"1.txt")
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == ["1.txt", "1.txt"]
    assert read(data).data == {"1.txt": b"new"}


def test_zip64_sizes_and_end_records() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target, target.open(zipfile.ZipInfo("big"), "w", force_zip64=True) as member:
        member.write(b"content")
    data = bytearray(out.getvalue())
    # What a writer does whose archive has more than 4 GB: all numbers stand in the zip64 records, here small ones.
    end = data.rindex(b"PK\x05\x06")
    size, offset = struct.unpack_from("<LL", data, end + 12)
    record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    tail = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    whole = bytes(data[:end]) + record + locator + tail
    assert zipfile.ZipFile(io.BytesIO(whole)).read("big") == b"content"
    assert read(whole).data == {"big": b"content"}
    assert read(b"#!/bin/sh\n" + whole).data == {"big": b"content"}


def test_zip64_numbers_of_a_member() -> None:
    data = bytearray(archive({"a": b"content"}, stored=True))
    at = data.index(b"PK\x01\x02")
    extra = struct.pack("<HHQQQ", 1, 24, 7, 7, 0)
    struct.pack_into("<LL", data, at + 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", data, at + 30, len(extra))
    struct.pack_into("<L", data, at + 42, 0xFFFFFFFF)
    end = data.rindex(b"PK\x05\x06")
    data[end:end] = extra
    struct.pack_into("<L", data, end + len(extra) + 12, end + len(extra) - at)
    assert zipfile.ZipFile(io.BytesIO(bytes(data))).read("a") == b"content"
    assert read(bytes(data)).data == {"a": b"content"}
    struct.pack_into("<H", data, at + 46 + 1, 9)  # another kind of extra field: the numbers are nowhere
    with pytest.raises(InputError, match="zip64"):
        read(bytes(data))


def test_a_member_that_claims_to_be_smaller_than_it_is_is_refused() -> None:
    """A bomb: the directory says 100 bytes, the data says a megabyte."""
    data = bytearray(archive({"bomb": b"\0" * 1_000_000}))
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<L", data, at + 24, 100)
    assert read(bytes(data)).problems == (("bomb", "inflates to more than it announces"),)


def test_limits_hold_for_one_member_for_all_and_for_the_directory() -> None:
    data = archive({"a": b"a" * 600, "b": b"b" * 600})
    assert [name for name, _ in read(data, limits=Limits(member_bytes=500)).problems] == ["a", "b"]
    assert read(data, limits=Limits(total_bytes=1000)).problems == (
        ("b", "inflates to more than is read of one archive"),
    )
    with pytest.raises(InputError, match="more than 1 members"):
        read(data, limits=Limits(members=1))
    with pytest.raises(InputError, match="longer than 50"):
        read(data, limits=Limits(directory_bytes=50))


def test_encrypted_and_foreign_methods_are_told() -> None:
    data = bytearray(archive({"a": b"x"}))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    assert read(bytes(data)).problems == (("a", "is encrypted"),)
    data[at + 8] ^= 1
    data[at + 10] = 12
    assert read(bytes(data)).problems == (("a", "is packed by method 12; stored (0) and deflated (8) are read"),)


@pytest.mark.parametrize("data", [b"", b"PK", b"text", b"PK\x05\x06" + b"\xff" * 18, b"\0" * 100])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        read(data)


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("held", [1, 1 << 20])
def test_a_member_opened_as_a_file(monkeypatch: pytest.MonkeyPatch, stored: bool, held: int) -> None:
    """In place, in memory and on disk."""
    monkeypatch.setattr("custody.inventory.zip_reader._HELD_BYTES", held)
    inner = archive(MEMBERS)
    outer = HeldContent(archive({"lib/inner.zip": inner}, stored=stored))
    _, [member] = read_directory(outer, "x.zip", Limits(), every)
    content, sha1, file = open_member(outer, member, "x.zip", Budget(1 << 30))
    assert (file is not None) is (not stored and held == 1)
    assert content.read(0, content.size + 5) == inner
    assert content.read(content.size - 2, 100) == inner[-2:]
    assert len(sha1) == 40
    assert read_members(content, every).data == MEMBERS
    if file is not None:
        file.close()


@FUZZ
@given(data=st.data())
def test_a_changed_archive_gives_content_a_problem_or_an_error(data: st.DataObject) -> None:
    good = archive({"a.txt": b"first", "b": b"b" * 300}, comment=b"note")
    at = data.draw(st.integers(0, len(good) - 1))
    new = data.draw(st.one_of(st.none(), st.binary(min_size=1, max_size=4)))
    changed = good[:at] if new is None else good[:at] + new + good[at + len(new) :]
    try:
        found = read(changed)
    except InputError:
        return
    for name, content in found.data.items():
        assert content in (b"first", b"b" * 300, b"") or name not in ("a.txt", "b")
