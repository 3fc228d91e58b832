from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from custody.errors import InputError, UnavailableError
from custody.model import Content, Extractor, Skipped
from custody.sources import looking as module
from custody.sources.helpers import Helpers
from custody.sources.looking import look_at_directory
from tests.sources.images import by_path, nothing


def head(path: str, content: Content) -> bytes:
    return content.read(0, 4) + content.read(content.size - 1, 5) + content.read(content.size, 1)


PROGRAM = Extractor(name="program", extract=head, magics=(b"\x7fELF",))


def test_a_directory_is_looked_at_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "app/.git").mkdir(parents=True)
    (tmp_path / "app/.git/config").write_bytes(b"x")
    (tmp_path / "app/run").write_bytes(b"\x7fELF....!")
    (tmp_path / "app/run.py").write_bytes(b"\x7fELF, said by a text")
    (tmp_path / "app/lock.toml").write_bytes(b"lock")
    os.link(tmp_path / "app/lock.toml", tmp_path / "app/second.toml")
    (tmp_path / "app/link").symlink_to("../loop")
    (tmp_path / "loop").symlink_to("loop")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")).write_bytes(b"")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        artifact, content = look_at_directory(
            tmp_path, lambda path: path.endswith(".toml"), extractors=(PROGRAM,), name="app", version="1"
        )
    found = by_path(content)
    assert {path: (e.kind, e.target or e.data, e.extracts) for path, e in found.items()} == {
        "app": ("directory", None, ()),
        "app/run": ("file", None, (("program", b"\x7fELF!"),)),
        "app/run.py": ("file", None, ()),
        "app/lock.toml": ("file", b"lock", ()),
        "app/second.toml": ("file", b"lock", ()),
        "app/link": ("symlink", "../loop", ()),
        "loop": ("symlink", "loop", ()),
        "caf\udce9": ("file", None, ()),
    }
    assert content.skipped == (
        Skipped(where="s", reason="not a file, a directory or a link (a socket, pipe or device)"),
    )
    assert (artifact.kind, artifact.name, artifact.version, artifact.is_listing) == ("directory", "app", "1", True)


def test_the_digest_is_of_what_was_looked_at(tmp_path: Path) -> None:
    def digest() -> str:
        artifact, _ = look_at_directory(tmp_path, lambda path: path == "lock")
        return str(artifact.digest)

    (tmp_path / "lock").write_bytes(b"1")
    (tmp_path / "other").write_bytes(b"1")
    digests = [digest()]
    os.utime(tmp_path / "lock", (1, 1))
    assert digest() == digests[0]
    for change in (
        lambda: (tmp_path / "lock").write_bytes(b"2"),
        lambda: (tmp_path / "other").write_bytes(b"12"),
        lambda: (tmp_path / "l").symlink_to("a"),
        (tmp_path / "d").mkdir,
        lambda: (tmp_path / "d/empty").write_bytes(b""),
        lambda: (tmp_path / "lock").chmod(0o755),
    ):
        change()
        digests.append(digest())
    assert len(set(digests)) == 7


def test_what_is_excluded_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "node_modules/x").mkdir(parents=True)
    (tmp_path / "node_modules/x/a").write_bytes(b"")
    (tmp_path / "b").write_bytes(b"")
    _, content = look_at_directory(tmp_path, nothing, excluded=lambda path: path == "node_modules")
    assert list(by_path(content)) == ["b"]


def test_a_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be read"):
        look_at_directory(tmp_path / "none", nothing)


def refusing(path: str, content: Content) -> bytes:
    if content.read(4, 1) == b"7":
        raise InputError(path, "odd", "even it")
    return content.read(4, 2)


def test_many_files_are_opened_by_other_processes_and_found_as_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(300):
        folder = tmp_path / f"{number % 7}/d"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}").write_bytes((b"\x7fELF" if number % 3 else b"text") + b"%d" % number)
        (folder / f"{number}.lock").write_bytes(b"%d" % number)
        (folder / f"{number}.link").symlink_to("x")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.lock")).write_bytes(b"")
    (tmp_path / "3/d/gone.lock").write_bytes(b"")
    real = os.open

    def opening(path: str, flags: int, mode: int = 0o777) -> int:
        if path.endswith("gone.lock"):
            raise PermissionError(13, "Permission denied")
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", opening)
    odd = Extractor(name="program", extract=refusing, magics=(b"\x7fELF",))

    def look(worth: int, count: int) -> tuple[object, object]:
        monkeypatch.setattr(module, "_WORTH", worth)
        monkeypatch.setattr(module, "cores", lambda: count)
        return look_at_directory(tmp_path, lambda path: path.endswith(".lock"), extractors=(odd,))

    alone = look(10_000, 1)
    assert look(10, 3) == look(10, 1) == alone
    content = look_at_directory(tmp_path, lambda path: path.endswith(".lock"), extractors=(odd,))[1]
    assert Skipped(where="3/d/gone.lock", reason="cannot be read: Permission denied") in content.skipped
    assert sum(item.reason == "odd; even it" for item in content.skipped) == 8  # 7, 70, 71, 73, 74, 76, 77 and 79
    assert sum(bool(entry.extracts) for entry in content.entries) == 192
    assert "3/d/gone.lock" not in by_path(content)


def test_helpers_are_started_where_there_is_much_to_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []

    class Counted(Helpers):
        def __init__(self, work: Callable[[bytes], bytes], count: int) -> None:
            started.append(count)
            super().__init__(work, count)

    monkeypatch.setattr(module, "Helpers", Counted)
    monkeypatch.setattr(module, "cores", lambda: 2)
    (tmp_path / "few").write_bytes(b"\x7fELF")
    look_at_directory(tmp_path, nothing, extractors=(PROGRAM,))
    assert started == []
    for number in range(250):
        (tmp_path / f"{number}").write_bytes(b"\x7fELF")
    look_at_directory(tmp_path, nothing, extractors=(PROGRAM,))
    assert started == [1]
