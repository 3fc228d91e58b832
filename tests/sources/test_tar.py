from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.sources.tar import MAX_META_BYTES, TarReader
from tests.sources.tars import BLOCK, END, by_tarfile, header, member, padded, pax, pieces

KINDS = {tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE}


def read(data: bytes, size: int = 1000) -> list[tuple[str, str, int, str, bytes | None]]:
    """Read an archive whole; a directory's last slash goes, as tarfile takes it off."""
    reader = TarReader(pieces(data, size), "layer")
    found = []
    for m in reader:
        name = m.name.rstrip("/") if m.kind == "directory" else m.name
        found.append((name, m.kind, m.size, m.target, reader.data(m) if m.kind == "file" else None))
    return found


def names(data: bytes) -> list[str]:
    return [name for name, *_ in read(data)]


# ── the oracle ───────────────────────────────────────────────────────────────────────────────────────────────────────

_part = st.text(st.characters(blacklist_characters="/\0"), min_size=1, max_size=120)
_name = st.lists(_part, min_size=1, max_size=4).map("/".join)


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """Archives as Python's tarfile writes them, in its three formats."""
    made = io.BytesIO()
    form = draw(st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
    with tarfile.open(fileobj=made, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as archive:
        for _ in range(draw(st.integers(0, 5))):
            entry = tarfile.TarInfo(draw(_name))
            entry.type = draw(st.sampled_from(sorted(KINDS)))
            entry.linkname = draw(_name) if entry.type in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            data = draw(st.binary(max_size=2000)) if entry.isreg() else b""
            entry.size = len(data)
            try:
                archive.addfile(entry, io.BytesIO(data))
            except (ValueError, UnicodeEncodeError):
                continue  # it does not fit a ustar header, or holds a lone surrogate
    return Archive(made.getvalue())


class Archive(bytes):
    """An archive that does not fill the screen when it is shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"by_tarfile: {[member[:4] for member in by_tarfile(self)]}"


@settings(max_examples=100)
@given(archives(), st.integers(1, 3000))
def test_it_sees_what_tarfile_sees(data: bytes, size: int) -> None:
    assert read(data, size) == by_tarfile(data)


@settings(max_examples=100)
@given(archives(), st.data())
def test_any_prefix_gives_the_first_members_or_an_input_error(data: bytes, choice: st.DataObject) -> None:
    cut = choice.draw(st.integers(0, len(data)))
    whole = read(data)
    try:
        found = read(data[:cut])
    except InputError:
        return
    assert found == whole[: len(found)]


@settings(max_examples=100)
@given(archives(), st.data())
def test_any_changed_byte_gives_a_result_or_an_input_error(data: bytes, choice: st.DataObject) -> None:
    position = choice.draw(st.integers(0, len(data) - 1))
    changed = bytearray(data)
    changed[position] = choice.draw(st.integers(0, 255))
    try:
        read(bytes(changed))
    except InputError as error:
        assert str(error).startswith("layer: ")


@settings(max_examples=100)
@given(st.binary(max_size=2000))
def test_any_bytes_give_a_result_or_an_input_error(data: bytes) -> None:
    try:
        read(data)
    except InputError:
        return
    assert not data.strip(b"\0")


def test_gnu_tar_writes_what_is_read(tmp_path: Path) -> None:
    program = shutil.which("tar")
    if program is None:
        pytest.skip("tar is not installed")
    tree = tmp_path / "tree"
    (tree / ("d" * 120) / ("e" * 120)).mkdir(parents=True)
    (tree / ("d" * 120) / ("e" * 120) / ("f" * 120)).write_bytes(b"deep")
    (tree / "plain").write_bytes(b"plain" * 300)
    (tree / "link").symlink_to("t" * 200)
    os.link(tree / "plain", tree / "hard")
    (tree / os.fsdecode(b"caf\xe9")).write_bytes(b"latin")
    sparse = tree / "sparse"
    with sparse.open("wb") as file:
        for position in range(12):
            file.seek(position * 1_000_000)
            file.write(b"island %d" % position)
        file.truncate(20_000_000)
    for options in (
        ["gnu"],
        ["pax"],
        ["ustar"],
        ["v7"],
        ["gnu", "-S"],
        ["pax", "-S"],
        *(["pax", "-S", f"--sparse-version={version}"] for version in ("0.0", "0.1", "1.0")),
    ):
        done = subprocess.run(
            [program, "-c", "-f", "-", "-C", tree, "--format", *options, "."], check=False, capture_output=True
        )
        found = read(done.stdout)
        assert found == by_tarfile(done.stdout), options
        if "-S" in options:
            assert len(done.stdout) < 1_000_000
            assert {name: data for name, *_, data in found}["./sparse"] == sparse.read_bytes()


# ── forms that no tool here writes ───────────────────────────────────────────────────────────────────────────────────


def test_numbers_may_be_base_256_or_padded_with_spaces_or_nuls() -> None:
    for size in (b"\x80" + bytes(10) + b"\x05", b"          5 ", b"5\0", b"\0\0\0\0\0\0005\0    ", b"00000000005 "):
        data = header(b"a", size=size.ljust(12, b"\0")) + padded(b"12345") + member(b"b")
        assert [(n, s) for n, _, s, *_ in read(data + END)] == [("a", 5), ("b", 0)]


@pytest.mark.parametrize(
    "size", [b"\xff" * 12, b"\x80" + b"\xff" * 11, b"-0000000001\0", b"0o000000012\0", b"0000000_001\0", b"9\0"]
)
def test_numbers_that_readers_take_differently_are_refused(size: bytes) -> None:
    with pytest.raises(InputError, match="a header whose size is"):
        read(header(b"a", size=size) + END)


def test_links_and_directories_have_no_data_whatever_their_size_says() -> None:
    data = b"".join(header(b"x", flag=flag, size=1000, target=b"t") for flag in (b"1", b"2", b"3", b"4", b"5", b"6"))
    assert [kind for _, kind, *_ in read(data + member(b"last") + END)] == [
        "hardlink", "symlink", "other", "other", "directory", "other", "file"
    ]  # fmt: skip


def test_unknown_kinds_have_data_that_is_stepped_over() -> None:
    assert read(header(b"x", flag=b"Z", size=600) + padded(bytes(600)) + member(b"last", b"data") + END) == [
        ("x", "other", 600, "", None),
        ("last", "file", 4, "", b"data"),
    ]


def test_an_old_directory_ends_with_a_slash() -> None:
    data = header(b"d/", flag=b"\0", magic=b"", size=512) + member(b"f/", b"data") + END
    assert read(data) == [("d", "directory", 0, "", None), ("f/", "file", 4, "", b"data")]


def test_prefixes_follow_their_magic() -> None:
    times = b"00000000000\0" * 2
    assert names(member(b"n", prefix=b"p") + END) == ["p/n"]
    assert names(member(b"n", magic=b"ustar  \0", tail=times) + END) == ["n"]
    assert names(member(b"n", magic=b"ustar  \0", tail=b"as/Go/before/1.9/wrote") + END) == ["as/Go/before/1.9/wrote/n"]
    star = b"p".ljust(131, b"\0") + times + bytes(8) + b"tar\0"
    assert names(member(b"n", tail=star) + END) == ["p/n"]
    assert names(member(b"n", magic=b"", tail=b"no magic") + END) == ["n"]


def test_pax_names_win_and_an_empty_value_takes_one_back() -> None:
    assert names(pax([("path", b"long")]) + member(b"short") + member(b"next") + END) == ["long", "next"]
    assert names(pax([("path", b"long"), ("path", b"")]) + member(b"short") + END) == ["short"]
    assert names(pax([("path", b"caf\xe9"), ("hdrcharset", b"BINARY")]) + member(b"x") + END) == ["caf\udce9"]
    assert (
        read(pax([("size", b"3")]) + member(b"x", b"abc").replace(b"00000000003\0", b"00000000003\0") + END)[0][2] == 3
    )


def test_pax_size_counts_where_the_header_has_none() -> None:
    data = pax([("size", b"5")]) + header(b"big", size=0) + padded(b"12345") + member(b"next") + END
    assert read(data) == [("big", "file", 5, "", b"12345"), ("next", "file", 0, "", b"")]


@pytest.mark.parametrize("key", ["path", "linkpath", "size", "GNU.sparse.size"])
def test_a_global_header_may_not_rename_or_resize(key: str) -> None:
    with pytest.raises(InputError, match=f"a global pax header sets '{key}', which readers take differently"):
        read(pax([(key, b"1")], flag=b"g") + member(b"x") + END)
    assert names(pax([("comment", b"c" * 40)], flag=b"g") + member(b"x") + END) == ["x"]
    assert names(member(b"x") + pax([("comment", b"c")], flag=b"g") + END) == ["x"]


@pytest.mark.parametrize(
    "record",
    [
        b"5 a=b",
        b"6 a=b\n\n",
        b"x a=b\n",
        b"99 a=b\n",
        b"0 a=b\n",
        b"3 \n",
        b"5 ab\n",
        b"4 =\n",
        b"7 a=b\n",
        b"-6 a=b\n",
    ],
)
def test_broken_pax_records_are_refused(record: bytes) -> None:
    with pytest.raises(InputError, match="a pax header with a broken record"):
        read(member(b"pax", record, flag=b"x") + member(b"x") + END)


def test_an_extended_header_needs_a_member_and_a_sane_size() -> None:
    with pytest.raises(InputError, match="an extended header with no member behind it"):
        read(pax([("path", b"p")]) + END)
    with pytest.raises(InputError, match="an extended header with no member behind it"):
        read(member(b"././@LongLink", b"name\0", flag=b"L"))
    with pytest.raises(InputError, match="an extended header of 1048577 bytes"):
        read(header(b"pax", flag=b"x", size=MAX_META_BYTES + 1) + END)


def test_the_end_of_an_archive() -> None:
    assert names(member(b"a")) == names(member(b"a") + bytes(BLOCK)) == ["a"]
    assert names(member(b"a") + END + member(b"hidden")) == ["a"]
    assert read(b"") == read(END) == []
    with pytest.raises(InputError, match="at byte 1536: more follows after a single block of zeros"):
        read(member(b"a", b"x") + bytes(BLOCK) + member(b"hidden"))


def test_all_is_read_so_that_digests_are_over_all() -> None:
    left = pieces(member(b"a") + END + b"trailing" * 1000)
    assert [m.name for m in TarReader(left, "layer")] == ["a"]
    assert next(left, None) is None


@pytest.mark.parametrize(
    ("cut", "message"), [(100, "truncated at byte 100"), (600, "truncated at byte 600"), (1535, "1535")]
)
def test_a_truncated_archive_says_where(cut: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read((member(b"a", bytes(1000)) + END)[:cut])
    with pytest.raises(InputError, match=message):
        for _ in TarReader(pieces((member(b"a", bytes(1000)) + END)[:cut]), "layer"):
            pass


def test_a_wrong_checksum_says_where() -> None:
    with pytest.raises(InputError, match="layer: at byte 512: not a tar header, or a damaged one"):
        read(member(b"a") + header(b"b", checksum=b"0000001\0") + END)
    signed = header(
        b"\xe9" * 10,
        checksum=b"%06o\0 " % (sum(header(b"\xe9" * 10)[:148]) + 256 - 256 * 10 + sum(header(b"\xe9" * 10)[156:])),
    )
    assert len(names(signed + END)) == 1


# ── sparse files ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _sparse_1_0(map_text: bytes, stored: bytes, size: bytes = b"10") -> bytes:
    records = [("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0"), ("GNU.sparse.realsize", size)]
    return (
        pax([*records, ("GNU.sparse.name", b"real")]) + member(b"x", padded(map_text) + stored) + member(b"next") + END
    )


def test_a_sparse_file_is_filled_with_zeros() -> None:
    assert read(_sparse_1_0(b"2\n1\n2\n6\n1\n", b"abc")) == [
        ("real", "file", 10, "", b"\0ab\0\0\0c\0\0\0"),
        ("next", "file", 0, "", b""),
    ]


@pytest.mark.parametrize(
    ("map_text", "stored", "size"),
    [
        (b"1\n8\n3\n", b"abc", b"10"),
        (b"2\n5\n2\n4\n1\n", b"abc", b"10"),
        (b"1\n0\n2\n", b"abc", b"10"),
        (b"1\n0\n", b"", b"10"),
        (b"x\n", b"abc", b"10"),
        (b"1" * 600, b"abc", b"10"),
        (b"1\n0\n3\n", b"abc", b"-1"),
        (b"9999999999\n" * 3, b"abc", b"10"),
    ],
)
def test_a_broken_map_is_refused(map_text: bytes, stored: bytes, size: bytes) -> None:
    with pytest.raises(InputError):
        read(_sparse_1_0(map_text, stored, size))


def test_a_sparse_file_of_a_million_pieces_is_refused_early() -> None:
    with pytest.raises(InputError, match="whose map is broken"):
        read(_sparse_1_0(b"2000000\n" + b"0\n0\n" * 1_100_000, b""))
