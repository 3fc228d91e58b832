from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import shutil
import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custody.errors import InputError, UnavailableError
from custody.model import Content, Extractor, Skipped
from custody.sources import inflate as inflate_module
from custody.sources.archive import look_at_file
from tests.sources.images import by_path, nothing, tar

FILES = (("usr/share/doc/x", b"document"), ("usr/bin/run", b"\x7fELF program"), ("usr/lib/METADATA", b"Name: x"))


def head(path: str, content: Content) -> bytes:
    return content.read(0, 4) + content.read(content.size - 3, 9)


PROGRAM = Extractor(name="program", extract=head, magics=(b"\x7fELF",))
WHOLE = Extractor(name="whole", extract=head, globs=("*.whl", "*.deb"))


def wanted(path: str) -> bool:
    return path.endswith("METADATA")


def zipped() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("usr")
        for name, content in FILES:
            archive.writestr(name, content)
        link = zipfile.ZipInfo("usr/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "bin/run")
    return data.getvalue()


def ar(*members: tuple[bytes, bytes]) -> bytes:
    parts = [b"!<arch>\n"]
    for name, data in members:
        parts.append(b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name, 0, 0, 0, b"100644", len(data)))
        parts.append(data + b"\n" * (len(data) % 2))
    return b"".join(parts)


def cpio() -> bytes:
    parts = []
    named = [
        *((name, 0o100755, data) for name, data in FILES),
        ("usr/link", 0o120777, b"bin/run"),
        ("TRAILER!!!", 0, b""),
    ]
    for name, mode, data in named:
        path = name.encode() + b"\0"
        numbers = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        header = b"070701" + b"".join(b"%08x" % number for number in numbers)
        parts.append(header + path + bytes(-(len(header) + len(path)) % 4) + data + bytes(-len(data) % 4))
    return b"".join(parts)


def rpm() -> bytes:
    def header(entries: int, data: bytes) -> bytes:
        sizes = entries.to_bytes(4, "big") + len(data).to_bytes(4, "big")
        return b"\x8e\xad\xe8\x01" + bytes(4) + sizes + bytes(16 * entries) + data

    signature = header(1, b"12345")
    lead = b"\xed\xab\xee\xdb" + bytes(92)
    return lead + signature + bytes(-len(signature) % 8) + header(2, b"x") + gzip.compress(cpio())


def deb() -> bytes:
    data = lzma.compress(tar(*FILES))
    return ar((b"debian-binary", b"2.0\n"), (b"control.tar", tar(("c", b""))), (b"data.tar.xz/", data))


MAKERS: dict[str, Callable[[], bytes]] = {
    "x.tar": lambda: tar(*FILES),
    "x.tgz": lambda: gzip.compress(tar(*FILES)),
    "x.tar.bz2": lambda: bz2.compress(tar(*FILES)),
    "x.tar.xz": lambda: lzma.compress(tar(*FILES)),
    "x.whl": zipped,
    "x.deb": deb,
    "x.rpm": rpm,
    "x.cpio": cpio,
    "x.cpio.gz": lambda: gzip.compress(cpio()),
}


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_an_archive_is_the_tree_of_what_is_in_it(tmp_path: Path, name: str) -> None:
    data = MAKERS[name]()
    (tmp_path / name).write_bytes(data)
    artifact, content = look_at_file(tmp_path / name, wanted, extractors=(PROGRAM, WHOLE), version="1")
    found = {
        path: (e.kind, e.target or e.data, e.extracts) for path, e in by_path(content).items() if e.kind != "directory"
    }
    whole = (("whole", data[:4] + data[-3:]),) if name in {"x.whl", "x.deb"} else ()
    assert found.pop(name) == ("file", None, whole)
    if "link" in " ".join(found):
        assert found.pop("usr/link") == ("symlink", "bin/run", ())
    assert found == {
        "usr/share/doc/x": ("file", None, ()),
        "usr/bin/run": ("file", None, (("program", b"\x7fELFram"),)),
        "usr/lib/METADATA": ("file", b"Name: x", ()),
    }
    assert content.skipped == ()
    assert artifact.digest.hex == hashlib.sha256(data).hexdigest()
    assert (artifact.kind, artifact.name, artifact.version) == ("file", name, "1")


@pytest.mark.parametrize("name", sorted(MAKERS))
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_what_is_cut_short_is_noted_and_the_file_itself_is_there(tmp_path: Path, name: str, part: float) -> None:
    data = MAKERS[name]()
    (tmp_path / name).write_bytes(data[: int(len(data) * part)])
    _, content = look_at_file(tmp_path / name, wanted, extractors=(PROGRAM,))
    assert name in by_path(content)
    assert any("not read as an archive to its end" in item.reason for item in content.skipped) or name == "x.tar"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(MAKERS)), where=st.floats(0, 0.999), value=st.binary(min_size=1, max_size=4))
def test_any_bytes_give_the_file_itself(tmp_path: Path, name: str, where: float, value: bytes) -> None:
    data = bytearray(MAKERS[name]())
    start = int(len(data) * where)
    data[start : start + len(value)] = value
    (tmp_path / name).write_bytes(data)
    _, content = look_at_file(tmp_path / name, wanted, extractors=(PROGRAM,))
    assert name in by_path(content)


def test_a_file_that_is_no_archive_is_itself(tmp_path: Path) -> None:
    for name, data in (("METADATA", b"Name: x"), ("empty", b""), ("bin", b"\x7fELF...end")):
        (tmp_path / name).write_bytes(data)
        artifact, content = look_at_file(tmp_path / name, wanted, extractors=(PROGRAM,))
        [entry] = content.every()
        assert (entry.path, entry.data) == (name, data if name == "METADATA" else None)
        assert artifact.descriptor.size == len(data)


def test_names_that_leave_the_root_are_refused(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("../evil", b"x")
    (tmp_path / "x.zip").write_bytes(data.getvalue())
    _, content = look_at_file(tmp_path / "x.zip", nothing)
    assert content.skipped == (Skipped(where="../evil", reason="refused: the name leaves the root"),)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflate_module, "FREE_BYTES", 1 << 23)
    header = tarfile.TarInfo("zeros")
    header.size = 40 << 20
    stored = lzma.compress(header.tobuf()) + lzma.compress(bytes(1 << 20)) * 40
    (tmp_path / "x.tar.xz").write_bytes(stored)
    _, content = look_at_file(tmp_path / "x.tar.xz", nothing)
    assert "a bomb" in content.skipped[0].reason


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be read"):
        look_at_file(tmp_path / "none", nothing)
    with pytest.raises((InputError, UnavailableError)):
        look_at_file(tmp_path, nothing)


def test_a_real_package_gives_what_dpkg_lists(tmp_path: Path) -> None:
    if shutil.which("dpkg-deb") is None:
        pytest.skip("no dpkg-deb on this machine")
    (tmp_path / "tree/DEBIAN").mkdir(parents=True)
    (tmp_path / "tree/DEBIAN/control").write_text(
        "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x.example>\nDescription: x\n"
    )
    (tmp_path / "tree/usr/share").mkdir(parents=True)
    (tmp_path / "tree/usr/share/METADATA").write_text("Name: x")
    for kind in ("xz", "zstd", "gzip", "none"):
        package = tmp_path / f"{kind}.deb"
        command = ["dpkg-deb", f"-Z{kind}", "--root-owner-group", "-b", str(tmp_path / "tree"), str(package)]
        subprocess.run(command, check=True, capture_output=True)
        _, content = look_at_file(package, wanted)
        assert by_path(content)["usr/share/METADATA"].data == b"Name: x"
        assert content.skipped == ()


def test_what_an_extractor_saw_inside_of_the_file_is_not_handed_to_it_again(tmp_path: Path) -> None:
    path = tmp_path / "outer.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inner.whl", b"an inner one")
    deep = replace(WHOLE, globs=("**/*.whl",), looks_inside=True)
    for extractor, count in ((deep, 1), (replace(deep, looks_inside=False), 2)):
        _, layer = look_at_file(path, nothing, extractors=(extractor,))
        assert sum(bool(entry.extracts) for entry in layer.entries) == count
    other = replace(deep, name="other", extract=lambda *_: b"")  # which saw nothing, so it may look again
    _, layer = look_at_file(path, nothing, extractors=(other, deep))
    assert [entry.path for entry in layer.entries] == ["outer.whl"]
