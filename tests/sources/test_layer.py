from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from custody.errors import InputError
from custody.model import Content, Descriptor, Entry, Extractor, Layer, LayerContent, Skipped
from custody.registry.interface import MissingError
from custody.registry.layout import LayoutRepository
from custody.sources import collect as collect_module
from custody.sources import inflate as inflate_module
from custody.sources import layer as layer_module
from custody.sources.collect import Collected, Extractors, clean
from custody.sources.inflate import compression, inflate
from custody.sources.layer import read_layer
from custody.sources.passing import MEMORY_BYTES
from custody.sources.tar import TarReader
from tests.sources.images import TAR_TYPE, blob_path, by_path, digest, everything, nothing, packed, put, tar
from tests.sources.tars import END, header, member, padded, pax


@pytest.fixture
def layout(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "layout", durable=False)


@pytest.fixture(params=["alone", "with threads and helpers"])
def read(
    layout: LayoutRepository, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., LayerContent]:
    """Put a stored layer and read it: as a small one is read, and as a large one is."""
    if request.param != "alone":
        monkeypatch.setattr(layer_module, "_AHEAD_BYTES", 0)
        monkeypatch.setattr(layer_module, "_ASIDE_BYTES", 0)
        monkeypatch.setattr(layer_module, "cores", lambda: 2)

    def put_and_read(
        stored: bytes,
        wanted: Callable[[str], bool] = everything,
        diff_id: bytes | None = None,
        media_type: str = TAR_TYPE,
        **options: Any,  # noqa: ANN401 - those of `read_layer`
    ) -> LayerContent:
        descriptor = put(layout, stored, media_type)
        expected = digest(diff_id) if diff_id is not None else None
        return read_layer(layout, Layer(index=0, descriptor=descriptor, diff_id=expected), wanted, **options)

    return put_and_read


def reading_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("custody")]


Read = Callable[..., LayerContent]

BIG = os.urandom(6_000_000)  # more than is read without a thread of its own


# ── compression ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["gzip", "zstd", "plain"])
@pytest.mark.parametrize("content", [b"", b"small", BIG])
def test_a_layer_is_read_whatever_its_compression(read: Read, kind: str, content: bytes) -> None:
    data = tar(("etc/os-release", content), ("usr/bin/x", b"x"))
    stored, media_type = packed(data, kind)
    for said in (media_type, "application/octet-stream"):
        found = read(stored, diff_id=data, media_type=said)
        assert found.entries == (
            Entry(path="etc/os-release", kind="file", size=len(content), data=content),
            Entry(path="usr/bin/x", kind="file", size=1, data=b"x"),
        )
        assert found.skipped == ()
        assert found.layer.diff_id == digest(data)


def test_a_diff_id_that_nobody_stated_is_found(read: Read) -> None:
    data = tar(("a", b""))
    assert read(packed(data)[0]).layer.diff_id == digest(data)


@pytest.mark.parametrize("padding", [b"", bytes(1), bytes(100_000)])
def test_every_member_of_a_gzip_stream_is_seen(read: Read, padding: bytes) -> None:
    data = tar(*((f"file-{number}", b"x" * number) for number in range(300)))
    cut = len(data) // 3
    stored = gzip.compress(data[:cut]) + padding + gzip.compress(b"") + gzip.compress(data[cut:]) + padding
    assert len(read(stored, diff_id=data).entries) == 300


def test_every_frame_of_a_zstd_stream_is_seen(read: Read) -> None:
    data = tar(*((f"file-{number}", b"x" * number) for number in range(300)))
    skippable = b"\x5a\x2a\x4d\x18\x04\0\0\0abcd"
    stored = skippable + packed(data[:5000], "zstd")[0] + skippable + packed(data[5000:], "zstd")[0] + skippable
    assert len(read(stored, diff_id=data).entries) == 300


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_garbage_behind_a_stream_is_refused(read: Read, kind: str) -> None:
    with pytest.raises(InputError, match=f"not valid {kind}|truncated"):
        read(packed(tar(("a", b"")), kind)[0] + b"hidden" * 100)


@pytest.mark.parametrize(
    ("head", "name"),
    [(b"BZh91AY", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"PK\x03\x04", "zip"), (b"\x04\x22\x4d\x18", "lz4")],
)
def test_an_unknown_compression_is_named(read: Read, head: bytes, name: str) -> None:
    with pytest.raises(InputError, match=rf"layer sha256:\w+: compressed with {name}, which image layers may not be"):
        read(head + b"more" * 100)


def test_what_is_no_archive_at_all_says_so(read: Read) -> None:
    with pytest.raises(InputError, match=r"layer sha256:\w+: at byte 0: not a tar header"):
        read(b"some text that is no archive" * 100)


def test_a_stream_of_single_bytes_is_recognised() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(1)

    for kind in ("gzip", "zstd", "plain"):
        data = tar(("a", b"content"))
        assert b"".join(inflate(Slow(packed(data, kind)[0]), "layer")) == data
    assert compression(b"") == compression(b"\x1f") == compression(b"x" * 10) == ""


# ── bombs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _zeros(total: int, kind: str) -> bytes:
    """Give a compressed stream of zeros: members of 64 MiB, packed once."""
    part = packed(bytes(64 << 20), kind)[0]
    return part * (total // (64 << 20))


@pytest.mark.parametrize(("kind", "free"), [("gzip", 2 << 30), ("zstd", 256 << 20)])
def test_a_bomb_is_refused_in_seconds(read: Read, kind: str, free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert inflate_module.FREE_BYTES == 2 << 30
    monkeypatch.setattr(inflate_module, "FREE_BYTES", free)  # the whole way is gone once: it takes time
    start = header(b"zeros", size=b"\x80" + (10 << 30).to_bytes(11, "big"))
    stored = packed(start, kind)[0] + _zeros(10 << 30, kind)
    assert len(stored) < 50_000_000
    before = time.process_time()
    with pytest.raises(
        InputError, match=r"layer sha256:\w+: refused: \d+ compressed bytes gave more than \d+ .* a bomb"
    ):
        read(stored)
    assert time.process_time() - before < 30
    assert not reading_threads()


def test_the_hole_of_a_real_sparse_file_passes(read: Read) -> None:
    stored = packed(header(b"var/log/lastlog", size=1 << 30), "gzip")[0] + _zeros(1 << 30, "gzip") + packed(END)[0]
    assert read(stored, nothing).names == (("var/log", ("lastlog",)),)


def test_limits_count(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tar(("a", bytes(20_000)), ("b", b"bb"), ("c", b"c"))
    monkeypatch.setattr(inflate_module, "MAX_STREAM_BYTES", 10_000)
    for kind in ("gzip", "zstd", "plain"):
        with pytest.raises(InputError, match="refused: larger than"):
            read(packed(data, kind)[0])
    monkeypatch.setattr(inflate_module, "MAX_STREAM_BYTES", 10**9)
    monkeypatch.setattr(collect_module, "MAX_WANTED_BYTES", 1000)
    found = read(data)
    assert by_path(found)["a"].data is None
    assert by_path(found)["b"].data == b"bb"
    assert found.skipped == (Skipped(where="a", reason="not read: 20000 bytes, more than 1000"),)
    monkeypatch.setattr(collect_module, "MAX_KEPT_BYTES", 2)
    assert [(entry.path, entry.data) for entry in read(data).entries] == [("b", b"bb")]
    assert read(data).names == (("", ("a", "c")),)
    assert len(read(data).skipped) == 2
    assert read(data, nothing).skipped == ()
    monkeypatch.setattr(collect_module, "MAX_ENTRIES", 2)
    with pytest.raises(InputError, match="refused: more than 2 names"):
        read(data)


# ── damage ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["gzip", "zstd", "plain"])
@pytest.mark.parametrize("content", [b"small", BIG])
def test_damage_of_a_stored_layer_is_told_by_its_digest(layout: LayoutRepository, kind: str, content: bytes) -> None:
    data = tar(("a", content))
    stored, media_type = packed(data, kind)
    layer = Layer(index=0, descriptor=put(layout, stored, media_type), diff_id=digest(data))
    path = blob_path(layout, layer.descriptor.digest)
    where = f"layer {layer.descriptor.digest}"
    for position in (0, 3, len(stored) // 2, len(stored) - 1):
        path.write_bytes(stored[:position] + bytes([stored[position] ^ 1]) + stored[position + 1 :])
        with pytest.raises(InputError, match=f"{where}: wrong digest: expected {layer.descriptor.digest}, got sha256:"):
            read_layer(layout, layer, nothing)
        path.write_bytes(stored[:position])
        with pytest.raises(InputError, match=f"{where}: truncated: expected {len(stored)} bytes, got {position}"):
            read_layer(layout, layer, nothing)
    path.write_bytes(stored + b"\0")
    with pytest.raises(InputError, match=f"{where}: longer than the {len(stored)} bytes"):
        read_layer(layout, layer, nothing)
    path.unlink()
    with pytest.raises(MissingError, match="the blob is missing"):
        read_layer(layout, layer, nothing)
    assert not reading_threads()


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_layer_that_was_cut_before_it_was_published_says_where(read: Read, kind: str) -> None:
    stored = packed(tar(("a", BIG)), kind)[0]
    with pytest.raises(InputError, match=r"layer sha256:\w+: truncated at byte \d+ of its compressed form"):
        read(stored[: len(stored) // 2])


def test_an_archive_that_was_cut_before_it_was_published_says_where(read: Read) -> None:
    data = tar(("a", b"x" * 5000))
    with pytest.raises(InputError, match=r"layer sha256:\w+: truncated at byte 3000; fetch it again"):
        read(gzip.compress(data[:3000]))


def test_a_wrong_diff_id_is_refused(read: Read) -> None:
    data = tar(("a", b"x"))
    with pytest.raises(
        InputError, match=rf"wrong diff_id: the image states {digest(b'other')}, the layer has {digest(data)}"
    ):
        read(packed(data)[0], diff_id=b"other")


def test_bytes_behind_the_archive_count_for_the_diff_id(read: Read) -> None:
    data = tar(("a", b"x")) + b"trailing" * 10_000
    assert read(packed(data)[0], diff_id=data).layer.diff_id == digest(data)
    with pytest.raises(InputError, match="wrong diff_id"):
        read(packed(data)[0], diff_id=data[:-1])


def test_a_foreign_layer_that_is_not_here_is_told(layout: LayoutRepository) -> None:
    media_type = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    descriptor = Descriptor(media_type=media_type, digest=digest(b"away"), size=4)
    layout.put_blob(Descriptor(media_type="x", digest=digest(b""), size=0), ())
    found = read_layer(layout, Layer(index=0, descriptor=descriptor, diff_id=digest(b"x")), everything)
    assert found.entries == ()
    assert found.skipped == (
        Skipped(where=f"layer {digest(b'away')}", reason=f"not distributed with the image ({media_type})"),
    )


def test_an_error_in_the_middle_ends_the_reading_thread(read: Read) -> None:
    class Stop(Exception):  # noqa: N818 - a signal, as Ctrl-C is one
        pass

    def stop(_: str) -> bool:
        raise Stop

    with pytest.raises(Stop):
        read(packed(tar(("a", BIG), ("b", BIG)))[0], stop)
    assert not reading_threads()


def test_progress_hears_every_byte(layout: LayoutRepository) -> None:
    stored, media_type = packed(tar(("a", BIG)))
    heard: list[int] = []
    threads = set()

    def listen(more: int) -> None:
        heard.append(more)
        threads.add(threading.current_thread())

    read_layer(layout, Layer(index=0, descriptor=put(layout, stored, media_type)), nothing, listen)
    assert sum(heard) == len(stored)
    assert len(heard) > 1
    assert threads == {threading.current_thread()}


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a/b", "a/b"),
        ("./a//b/./c/", "a/b/c"),
        ("/usr/bin", "usr/bin"),
        ("//x", "x"),
        ("a/../b", "b"),
        ("", ""),
        ("./", ""),
        ("a/..", ""),
        ("..", None),
        ("../x", None),
        ("a/../../x", None),
        ("/../x", None),
        ("a\0b", None),
        ("...", "..."),
        ("a/..b/c..", "a/..b/c.."),
    ],
)
def test_a_name_is_a_path_below_the_root_or_nothing(name: str, path: str | None) -> None:
    assert clean(name) == path


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def test_names_and_links_that_leave_the_root(read: Read) -> None:
    found = read(
        tar(
            ("../evil", b"1"),
            ("a/../../evil", b"2"),
            ("/etc/absolute", b"3"),
            ("/usr/./absolute", b"4"),
            ("fine/../in", b"5"),
            link("out", "../../../etc/passwd"),
            link("abs", "/etc/shadow"),
            link("hard-out", "../etc/passwd", tarfile.LNKTYPE),
            link("hard-root", "/", tarfile.LNKTYPE),
            link("hard-abs", "/etc/absolute", tarfile.LNKTYPE),
        )
    )
    assert [(e.path, e.kind, e.target, e.data) for e in found.entries] == [
        ("etc/absolute", "file", "", b"3"),
        ("usr/absolute", "file", "", b"4"),
        ("in", "file", "", b"5"),
        ("out", "symlink", "../../../etc/passwd", None),
        ("abs", "symlink", "/etc/shadow", None),
        ("hard-abs", "hardlink", "etc/absolute", None),
    ]
    reasons = {skipped.where: skipped.reason for skipped in found.skipped}
    absolute = reasons.pop(f"layer {found.layer.descriptor.digest}")
    assert absolute == "2 absolute names, the first '/etc/absolute': read as relative to the root"
    assert reasons == {
        "../evil": "refused: the name leaves the root",
        "a/../../evil": "refused: the name leaves the root",
        "hard-out": "refused: a hard link whose target leaves the root ('../etc/passwd')",
        "hard-root": "refused: a hard link whose target leaves the root ('/')",
    }


def test_a_wanted_hard_link_gives_its_target_the_data(read: Read) -> None:
    layer = tar(
        ("store/1", b"one"),
        ("store/2", b"two"),
        ("store/3", b"3"),
        link("a.pkg", "store/1", tarfile.LNKTYPE),
        ("b.pkg", b"b"),
    )
    found = by_path(read(layer, lambda path: path.endswith(".pkg")))
    assert {path: entry.data for path, entry in found.items()} == {
        "store/1": b"one",
        "a.pkg": None,
        "b.pkg": b"b",
        "store/2": None,
        "store/3": None,
    }
    assert all(entry.data is None for entry in read(layer, nothing).entries)


def test_what_is_refused_is_not_asked_for(read: Read) -> None:
    asked: list[str] = []

    def wanted(path: str) -> bool:
        asked.append(path)
        return False

    read(tar(("../evil", b"1"), ("a", b""), ("d/.wh.b", b""), link("l", "a"), ("a", b"")), wanted)
    assert asked == ["a", "a"]


def test_a_file_wanted_by_the_name_of_a_hard_link_keeps_its_data_whichever_name_came_first(read: Read) -> None:
    stored = tar(
        ("store/x", b"linked"),
        ("store/y", b"not linked"),
        link("lib/METADATA", "store/x", tarfile.LNKTYPE),
        link("lib/other", "store/y", tarfile.LNKTYPE),
    )
    found = read(stored, lambda path: path.endswith("METADATA"))
    data = {entry.path: entry.data for entry in found.entries}
    assert data == {"store/x": b"linked", "store/y": None, "lib/METADATA": None, "lib/other": None}


def test_whiteouts(read: Read) -> None:
    found = read(
        tar(
            ("etc/.wh.removed", b""),
            ("opt/app/.wh..wh..opq", b""),
            (".wh.top", b""),
            (".wh..wh..opq", b""),
            ("x/.wh..", b""),
            ("x/.wh...", b""),
            ("x/.wh.", b""),
            (".wh..wh.plnk", b""),
            (".wh.dir/inside", b""),
            link("y/.wh.link", "t"),
            ("z/.wh...hidden", b""),
        )
    )
    assert [(entry.path, entry.kind) for entry in found.entries] == [
        ("etc/removed", "whiteout"),
        ("opt/app", "opaque"),
        ("top", "whiteout"),
        ("", "opaque"),
        (".wh.dir/inside", "file"),
        ("y/link", "whiteout"),
        ("z/..hidden", "whiteout"),
    ]
    assert {skipped.where for skipped in found.skipped} == {"x/.wh..", "x/.wh...", "x/.wh.", ".wh..wh.plnk"}


def test_kinds_modes_and_sizes(read: Read) -> None:
    device = tarfile.TarInfo("dev/null")
    device.type = tarfile.CHRTYPE
    folder = tarfile.TarInfo("bin/")
    folder.type, folder.mode = tarfile.DIRTYPE, 0o755
    script = tarfile.TarInfo("bin/run")
    script.mode = 0o4755
    found = read(tar(folder, script, device, ("./", b"")))
    assert found.entries == (
        Entry(path="bin/run", kind="file", mode=0o4755, data=b""),
        Entry(path="dev/null", kind="other"),
    )
    assert found.folders == ("bin",)


def test_long_names_and_names_that_are_not_utf_8(read: Read) -> None:
    long = "/".join(["d" * 200] * 20)
    data = (
        pax([("path", long.encode())]) + member(b"x", b"1")
        + member(b"././@LongLink", long.encode() + b"2\0", flag=b"L") + member(b"x", b"2")
        + member(b"caf\xe9", b"3")
    )  # fmt: skip
    assert [(e.path, e.data) for e in read(data + END).entries] == [
        (long, b"1"),
        (long + "2", b"2"),
        ("caf\udce9", b"3"),
    ]


def test_a_sparse_file_keeps_its_size_and_content(read: Read) -> None:
    records = [("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0"), ("GNU.sparse.realsize", b"1000000")]
    data = pax([*records, ("GNU.sparse.name", b"var/db")]) + member(b"x", padded(b"1\n999999\n1\n") + b"!") + END
    [entry] = read(data).entries
    assert (entry.path, entry.size, entry.data) == ("var/db", 1_000_000, bytes(999_999) + b"!")


def _head(path: str, content: Content) -> bytes:
    return content.read(0, 4) + content.read(content.size - 2, 9)


def test_an_extractor_is_asked_by_magic_or_by_name_and_reads_at_any_offset(read: Read) -> None:
    big = b"\x7fELF" + os.urandom(MEMORY_BYTES + 100_000) + b"!!"
    program = Extractor(name="program", extract=_head, magics=(b"\x7fELF", b"MZ"))
    jar = Extractor(name="jar", extract=_head, globs=("**/*.jar",))
    layer = tar(
        ("bin/x", big), ("bin/y", b"#!/bin/sh"), ("z.jar", b"MZ--"), ("e.jar", b""), ("w.jar", b"abcdef"), ("v", b"MZ")
    )
    found = read(layer, lambda path: path == "w.jar", extractors=(program, jar))
    assert {entry.path: (entry.data, entry.extracts) for entry in found.every() if entry.path != "e.jar"} == {
        "bin/x": (None, (("program", b"\x7fELF!!"),)),
        "bin/y": (None, ()),
        "z.jar": (None, (("jar", b"MZ----"), ("program", b"MZ----"))),
        "w.jar": (b"abcdef", (("jar", b"abcdef"),)),
        "v": (None, (("program", b"MZMZ"),)),
    }


def test_what_an_extractor_refuses_is_noted_and_the_others_go_on(read: Read) -> None:
    def refuse(path: str, content: Content) -> bytes:
        raise InputError(f"{path}:{content.size}", "damaged", "build it again")

    both = (
        Extractor(name="a", extract=refuse, globs=("**/*.jar",)),
        Extractor(name="b", extract=_head, magics=(b"PK",)),
    )
    found = read(tar(("lib/x.jar", b"PK34"), ("y", b"1")), nothing, extractors=both)
    assert found.entries[0].extracts == (("b", b"PK3434"),)
    assert found.skipped == (Skipped(where="lib/x.jar:4", reason="damaged; build it again"),)


def test_a_file_told_by_the_name_of_a_hard_link_is_looked_into(read: Read) -> None:
    jar = Extractor(name="jar", extract=_head, globs=("**/*.jar",))
    found = read(tar(("store/x", b"abcdef"), link("x.jar", "store/x", tarfile.LNKTYPE)), nothing, extractors=(jar,))
    assert {entry.path: entry.extracts for entry in found.entries} == {"store/x": (("jar", b"abcdef"),), "x.jar": ()}


def test_a_head_that_a_piece_of_the_archive_cuts_is_whole(read: Read) -> None:
    names = [(f"{'d/' * n}f{n}", b"\x7fELF" + bytes(n * 7 % 600)) for n in range(40)]
    program = Extractor(name="program", extract=_head, magics=(b"\x7fELF",))
    data = tar(*names)
    for size in (1, 3, 511, 513, 700):
        found = Collected("layer", nothing, Extractors((program,)))
        archive = TarReader((data[i : i + size] for i in range(0, len(data), size)), "layer")
        for one in archive:
            found.take(one, archive)
        assert [entry.path for entry in found.entries] == [name for name, _ in names]


def test_what_is_excluded_is_taken_for_not_there(read: Read) -> None:
    found = read(tar(("a/x", b"1"), ("a/y", b"2"), ("b", b"3")), nothing, excluded=lambda path: path in ("a/x", "b"))
    assert [entry.path for entry in found.every()] == ["a/y"]


def test_order_within_a_layer_counts_for_links_and_names_below_them(read: Read) -> None:
    folder = tarfile.TarInfo("lib/deep/")
    folder.type = tarfile.DIRTYPE
    content = read(
        tar(link("lib", "usr/lib"), ("lib/x", b"1"), folder, ("lib/deep/y", b"2"), ("a/b", b""), link("a", "lib")),
        nothing,
    )
    assert [(entry.path, entry.kind) for entry in content.every()] == [
        ("lib", "symlink"),
        ("lib/x", "file"),
        ("lib/deep", "directory"),
        ("lib/deep/y", "file"),
        ("a", "symlink"),
    ]


def test_a_layer_that_is_not_compressed_is_hashed_once_and_still_proved(
    layout: LayoutRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tar(("a", b"1"))
    descriptor = put(layout, data, TAR_TYPE)
    monkeypatch.setattr(hashlib, "sha256", None)
    found = read_layer(layout, Layer(index=0, descriptor=descriptor, diff_id=descriptor.digest), nothing)
    assert found.layer.diff_id == descriptor.digest
    monkeypatch.undo()
    path = blob_path(layout, descriptor.digest)
    path.write_bytes(data.replace(b"1", b"2", 1))
    with pytest.raises(InputError, match="wrong digest"):
        read_layer(layout, Layer(index=0, descriptor=descriptor, diff_id=descriptor.digest), nothing)


def test_a_compressed_layer_whose_stated_diff_id_is_its_own_digest_is_refused(layout: LayoutRepository) -> None:
    descriptor = put(layout, packed(tar(("a", b"1")), "gzip")[0], TAR_TYPE)
    with pytest.raises(InputError, match="wrong diff_id"):
        read_layer(layout, Layer(index=0, descriptor=descriptor, diff_id=descriptor.digest), nothing)
