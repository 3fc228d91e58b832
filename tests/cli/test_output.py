"""Where `-o FORMAT=FILE` goes: to regular files whole, through links to what they name, into pipes as they stand."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from custody.cli.output import deliver, parse_outputs
from custody.errors import UnavailableError, UsageError


def test_a_dash_is_the_screen() -> None:
    assert parse_outputs(["json=-", "text=out"], default="text") == [("json", None), ("text", Path("out"))]
    with pytest.raises(UsageError, match="two formats want the screen"):
        parse_outputs(["json=-", "text"], default="text")


def test_the_screen_gets_the_bytes(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    screen = tmp_path / "stdout"  # as /dev/stdout is made
    screen.symlink_to("/proc/self/fd/1")
    deliver(b"one\n", None)
    deliver(b"two\n", Path("-"))
    deliver(b"three\n", screen)
    assert capfdbinary.readouterr().out == b"one\ntwo\nthree\n"
    assert not Path("-").exists()
    assert screen.is_symlink()


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "out"
    for data in (b"a long first text", b"short"):
        deliver(data, file)
        assert file.read_bytes() == data
    assert list(tmp_path.iterdir()) == [file]


def test_a_pipe_is_written_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    reader.start()
    deliver(b"through", pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    reader.join(10)
    assert got == [b"through"]


def test_a_device_is_written_and_its_faults_are_told(tmp_path: Path) -> None:
    link = tmp_path / "null"
    link.symlink_to("/dev/null")
    deliver(b"x", link)
    assert link.is_symlink()
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    with pytest.raises(UnavailableError, match="no space left"):
        deliver(b"x", full)


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path, there: bool) -> None:
    target, link = tmp_path / "real" / "out", tmp_path / "link"
    target.parent.mkdir()
    if there:
        target.write_bytes(b"old")
    link.symlink_to(Path("real") / "out")
    deliver(b"new", link)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_and_a_circle_of_links_are_told(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for file in (tmp_path, tmp_path / "circle"):
        with pytest.raises(UnavailableError, match="cannot be written"):
            deliver(b"x", file)
