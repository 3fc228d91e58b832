from __future__ import annotations

import io
import os
import shutil
import socket
import stat
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custody.errors import InputError, UnavailableError
from custody.model import Skipped
from custody.registry.copy import copy, verify_copy
from custody.registry.layout import LayoutRepository
from custody.sources import directory
from custody.sources.directory import DirectorySource, open_directory, open_file
from custody.sources.interface import Source
from custody.sources.tar import TarReader
from tests.sources.images import by_path, everything
from tests.sources.tars import by_tarfile, pieces

NOT_UTF8 = os.fsdecode(b"caf\xe9")
LONG = "/".join(["d" * 90] * 3) + "/" + "f" * 120


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Give a directory with one of each."""
    root = tmp_path / "tree"
    (root / "app").mkdir(parents=True)
    (root / "app" / "main.py").write_bytes(b"print()\n")
    (root / "app.py").write_bytes(b"")
    (root / "run").write_bytes(b"#!/bin/sh\n")
    (root / "run").chmod(0o755)
    (root / "empty").mkdir()
    (root / "link").symlink_to("app/main.py")
    (root / "out").symlink_to("../../../etc/passwd")
    (root / NOT_UTF8).write_bytes(b"latin")
    (root / LONG).parent.mkdir(parents=True)
    (root / LONG).write_bytes(b"long")
    (root / "ünï").symlink_to("ö" * 120)
    return root


def pack(root: Path, work: Path, **options: object) -> DirectorySource:
    work.mkdir(exist_ok=True)
    return open_directory(root, work=work, **options)  # type: ignore[arg-type]


def layer_of(source: DirectorySource) -> bytes:
    [layer] = source.artifact.layers
    with source.repository.open_blob(layer.descriptor) as reader:
        return reader.read()


def test_a_directory_is_an_artifact_of_its_files(tree: Path, tmp_path: Path) -> None:
    source = pack(tree, tmp_path / "work", name="app", version="1.0")
    assert isinstance(source, Source)
    assert (source.artifact.kind, source.artifact.name, source.artifact.reference) == (
        "directory",
        "app",
        f"dir:{tree}",
    )
    [content] = source.read(everything)
    found = by_path(content)
    assert {path: (e.kind, e.target or e.data) for path, e in found.items() if not path.startswith("dddd")} == {
        "app": ("directory", None),
        "app/main.py": ("file", b"print()\n"),
        "app.py": ("file", b""),
        "empty": ("directory", None),
        "link": ("symlink", "app/main.py"),
        "out": ("symlink", "../../../etc/passwd"),
        "run": ("file", b"#!/bin/sh\n"),
        NOT_UTF8: ("file", b"latin"),
        "ünï": ("symlink", "ö" * 120),
    }
    assert found[LONG].data == b"long"
    assert (found["run"].mode, found["app.py"].mode, found["app"].mode) == (0o755, 0o644, 0o755)
    assert content.skipped == ()
    assert content.layer.diff_id == content.layer.descriptor.digest


def test_its_digest_is_that_of_names_and_contents_alone(tree: Path, tmp_path: Path) -> None:
    first = pack(tree, tmp_path / "work1").artifact.digest
    other = tmp_path / "elsewhere" / "copy"
    shutil.copytree(tree, other, symlinks=True)
    for path in sorted(other.rglob("*"), reverse=True):
        os.utime(path, (1, 1), follow_symlinks=False)
        if path.is_file() and not path.is_symlink():
            path.chmod(path.stat().st_mode & stat.S_IXUSR | 0o600)
    (other / ".git").mkdir()
    (other / ".git" / "HEAD").write_text("ref")
    assert pack(other, tmp_path / "work2").artifact.digest == first
    (other / "app" / "main.py").write_bytes(b"print(1)")
    assert pack(other, tmp_path / "work3").artifact.digest != first


def test_the_digest_is_pinned(tmp_path: Path) -> None:
    """A change of how it is packed would change the digest of what people have already signed."""
    root = tmp_path / "tree"
    (root / "a").mkdir(parents=True)
    (root / "a" / "b").write_bytes(b"content\n")
    (root / "c").symlink_to("a/b")
    source = pack(root, tmp_path / "work")
    layer = source.artifact.layers[0].descriptor
    assert (str(layer.digest), layer.size) == (PINNED_LAYER, 3072)
    assert str(source.artifact.digest) == PINNED
    assert source.repository.manifest(source.artifact.digest)[1] == (
        b'{"artifactType":"application/vnd.custody.directory.v1",'
        b'"config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",'
        b'"mediaType":"application/vnd.oci.empty.v1+json","size":2},'
        b'"layers":[{"digest":"' + PINNED_LAYER.encode() + b'",'
        b'"mediaType":"application/vnd.oci.image.layer.v1.tar","size":3072}],'
        b'"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}'
    )


PINNED_LAYER = "sha256:77c2fe031fc9cc76cc4525ec69f01a7aa00414694ed6f7abbf08600aa371be7e"
PINNED = "sha256:19aa594f81bbfc00257cd2433b956f0c3f5628413cded369a19d5e4369046397"


def test_members_are_sorted_by_bytes_and_plain(tree: Path, tmp_path: Path) -> None:
    data = layer_of(pack(tree, tmp_path / "work"))
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape", encoding="utf-8") as archive:
        entries = archive.getmembers()
    names = [os.fsencode(entry.name) for entry in entries]
    assert names == sorted(names)
    assert {(e.uid, e.gid, e.uname, e.gname, e.mtime) for e in entries} == {(0, 0, "", "", 0)}
    assert data[-1024:] == bytes(1024)
    assert [m.name.rstrip("/") for m in TarReader(pieces(data), "layer")] == [e.name for e in entries]


def test_gnu_tar_unpacks_the_same_tree(tree: Path, tmp_path: Path) -> None:
    if shutil.which("tar") is None:
        pytest.skip("tar is not installed")
    out = tmp_path / "out"
    out.mkdir()
    data = layer_of(pack(tree, tmp_path / "work"))
    subprocess.run(["tar", "-x", "-f", "-", "-C", out], input=data, check=True)
    assert pack(out, tmp_path / "work2").artifact.digest == pack(tree, tmp_path / "work3").artifact.digest
    assert (out / NOT_UTF8).read_bytes() == b"latin"
    assert (out / LONG).read_bytes() == b"long"


_component = st.binary(min_size=1, max_size=110).filter(lambda b: not set(b) & {0, 47} and b not in (b".", b".."))


@settings(max_examples=80)
@given(st.lists(_component, min_size=1, max_size=4), st.lists(_component, min_size=0, max_size=3))
def test_any_name_and_target_comes_back(parts: list[bytes], target: list[bytes]) -> None:
    path, link = b"/".join(parts), b"/".join(target)
    flag = b"2" if link else b"0"
    data = b"".join(directory._headers(path, flag, 0o644, target=link)) + bytes(1024)
    [member] = TarReader(pieces(data), "layer")
    assert (os.fsencode(member.name), os.fsencode(member.target)) == (path, link)
    [entry] = by_tarfile(data)
    assert (os.fsencode(entry[0]), os.fsencode(entry[3])) == (path, link)


def test_a_size_beyond_octal_comes_back() -> None:
    for size in (8**11 - 1, 8**11, 10**15):
        data = b"".join(directory._headers(b"big", b"0", 0o644, size=size))
        reader = TarReader(pieces(data + bytes(100)), "layer")
        assert next(iter(reader)).size == size


# ── what is left out ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_version_control_and_excluded_paths_are_left_out(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pack(tree, tmp_path / "work").artifact.digest
    for name in (".git", ".hg", ".svn", ".custody", "app/.git", "release", "app/out"):
        (tree / name).mkdir()
        (tree / name / "file").write_bytes(b"x")
    (tree / "linked-release").symlink_to("release")
    (tree / "app" / "notes").write_bytes(b"x")
    monkeypatch.chdir(tree / "app")
    exclude = [tree / "release", Path("out"), Path("../linked-release"), Path("notes"), tmp_path, Path("/")]
    source = pack(tree, tree / "work", exclude=exclude)
    assert source.artifact.digest == before
    [content] = source.read(everything)
    assert content.skipped == ()
    (tree / "work2").mkdir()
    assert pack(tree, tree / "work2").artifact.digest != before


def test_what_is_no_file_is_told(tree: Path, tmp_path: Path) -> None:
    before = pack(tree, tmp_path / "work").artifact.digest
    os.mkfifo(tree / "pipe")
    (tree / ".wh.app").write_bytes(b"")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(tree)  # the path of a socket may not be long
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
    source = pack(tree, tmp_path / "work2")
    assert source.artifact.digest == before
    [content] = source.read(everything)
    assert content.skipped == (
        Skipped(where=".wh.app", reason="the name means a deletion in an image layer, so it cannot stand in one"),
        Skipped(where="pipe", reason="not a file, a directory or a link (a socket, pipe or device)"),
        Skipped(where="socket", reason="not a file, a directory or a link (a socket, pipe or device)"),
    )


def test_what_may_not_be_read_is_told(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_open, real_scandir = os.open, os.scandir

    def deny_open(path: str | Path, *rest: int) -> int:
        if Path(path).name == "main.py":
            raise PermissionError(13, "Permission denied")
        return real_open(path, *rest)

    def deny_scandir(path: str | Path) -> object:
        if Path(path).name == "empty":
            raise PermissionError(13, "Permission denied")
        return real_scandir(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", deny_open)
        patch.setattr(os, "scandir", deny_scandir)
        source = pack(tree, tmp_path / "work")
    [content] = source.read(everything)
    assert content.skipped == (
        Skipped(where="app/main.py", reason="cannot be read: Permission denied"),
        Skipped(where="empty", reason="cannot be read: Permission denied"),
    )
    assert "app/main.py" not in by_path(content)
    assert "run" in by_path(content)


@pytest.mark.parametrize("change", ["longer", "shorter", "touched", "replaced", "gone"])
def test_a_file_that_changes_while_it_is_read_ends_the_work(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    victim = tree / "app" / "main.py"
    real = directory._headers

    def meddle(path: bytes, *rest: object, **named: object) -> object:
        if path == (b"app/" if change in ("replaced", "gone") else b"app/main.py"):
            if change == "touched":
                os.utime(victim, (1, 1))
            elif change == "longer":
                victim.write_bytes(b"print()\n and more")
            elif change == "shorter":
                victim.write_bytes(b"p")
            else:
                victim.unlink()
            if change == "replaced":
                victim.symlink_to("/etc/passwd")
        return real(path, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(directory, "_headers", meddle)
    expected = "Too many levels of symbolic links" if change == "replaced" else "it changed while it was read"
    if change == "replaced":  # a link in the place of a file is never followed
        [content] = pack(tree, tmp_path / "work").read(everything)
        assert [skipped.where for skipped in content.skipped] == ["app/main.py"]
        assert expected in content.skipped[0].reason
    else:
        with pytest.raises(InputError, match=f"main.py: {expected}; try again when nothing writes to it"):
            pack(tree, tmp_path / "work")


# ── as a source ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_is_an_artifact_of_one_name(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tree / "alias").symlink_to("run")
    source = open_file(tree / "run", work=tmp_path / "work", name="run")
    assert (source.artifact.kind, source.artifact.reference) == ("file", f"file:{tree / 'run'}")
    [content] = source.read(everything)
    assert [(e.path, e.mode, e.data) for e in content.entries] == [("run", 0o755, b"#!/bin/sh\n")]
    assert open_file(tree / "alias", work=tmp_path / "work").artifact.digest == source.artifact.digest
    os.mkfifo(tree / "pipe")
    with pytest.raises(InputError, match="not a regular file"):
        open_file(tree / "pipe", work=tmp_path / "work")
    with pytest.raises(UnavailableError, match="cannot be read: No such file"):
        open_file(tree / "none", work=tmp_path / "work")


def test_it_can_be_copied_and_read_again_from_there(tree: Path, tmp_path: Path) -> None:
    source = pack(tree, tmp_path / "work")
    target = LayoutRepository(tmp_path / "target")
    copy(source.repository, source.artifact.descriptor, target, tag="1.0")
    verify_copy(source.repository, source.artifact.descriptor, target, tag="1.0")
    assert target.resolve("1.0") == source.artifact.descriptor


def test_a_full_disk_gives_one_line(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write

    def fail(handle: int, data: bytes) -> int:
        if len(data) > 500:
            raise OSError(28, "No space left on device")
        return real(handle, data)

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(UnavailableError, match="cannot be written: No space left on device; free some space"):
        pack(tree, tmp_path / "work")
    assert not [path for path in (tmp_path / "work").rglob("*") if path.name.startswith(".custody-tmp")]


def test_a_directory_that_may_not_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(_: object) -> object:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "work").mkdir()
    monkeypatch.setattr(os, "scandir", deny)
    with pytest.raises(UnavailableError, match="cannot be read: Permission denied"):
        pack(tmp_path, tmp_path / "work")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.text("abc.-_é", min_size=1, max_size=6).filter(lambda n: n.strip(".")), st.binary(max_size=1500), max_size=6
    )
)
def test_any_tree_comes_back(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "tree").mkdir()
    for name, data in files.items():
        (folder / "tree" / name).write_bytes(data)
    [content] = pack(folder / "tree", folder / "work").read(everything)
    assert {entry.path: entry.data for entry in content.entries} == files
