"""A crash at any point: no acknowledged entry is lost, no half of one is shown, and the next append goes on."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from custody.errors import UnavailableError
from custody.ledger import Ledger

WRITER = textwrap.dedent(
    """
    import os, sys
    from pathlib import Path
    from custody.ledger import Ledger
    folder, run = Path(sys.argv[1]), sys.argv[2]
    ledger = Ledger.open(folder / "ledger", key_path=folder / "keys" / "ledger.key")
    number = 0
    while True:
        batch = [f"{run}:{number + n}".encode() for n in range((1, 2, 7, 90)[number % 4])]
        first = ledger.append(batch)[0]
        number += len(batch)
        os.write(1, b"".join(b"%d %b\\n" % (first + n, entry) for n, entry in enumerate(batch)))
    """
)


def begin(folder: Path) -> Ledger:
    return Ledger.open(folder / "ledger", key_path=folder / "keys" / "ledger.key")


def test_a_killed_process_loses_no_acknowledged_entry(tmp_path: Path) -> None:
    """Twenty writers, each killed (SIGKILL) at a random moment, also while it begins the log."""
    rng = random.Random(20)  # noqa: S311 - moments, not secrets
    acknowledged: dict[int, bytes] = {}
    for run in range(20):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path, str(run)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            os.set_blocking(process.stdout.fileno(), False)
            if run > 2:
                while not (first := process.stdout.read()) and process.poll() is None:
                    time.sleep(0.005)
            else:
                first = b""
            time.sleep(rng.random() * 0.12)
            process.send_signal(signal.SIGKILL)
            os.set_blocking(process.stdout.fileno(), True)
            said = (first or b"") + process.stdout.read()
            assert process.stderr.read() == b""
        for line in said.split(b"\n")[:-1]:
            index, _, entry = line.partition(b" ")
            acknowledged[int(index)] = entry
        ledger = begin(tmp_path)
        state = ledger.verify_all()
        entries = list(ledger.entries())
        assert state.size == len(entries)
        assert {index: entries[index] for index in acknowledged} == acknowledged
    assert len(acknowledged) >= 17, "each run but the first three was killed after an acknowledgement"
    ledger = begin(tmp_path)
    ledger.append([b"after"])
    assert ledger.verify_all().remains == ()


class Disk:
    """Counts what the ledger asks of the disk, and refuses from one call on, or at one call alone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
        self.count, self.refuse_at, self.error = 0, -1, error
        monkeypatch.setattr(os, "fsync", self._wrap(os.fsync))
        monkeypatch.setattr(Path, "replace", self._wrap(Path.replace))
        monkeypatch.setattr(Path, "mkdir", self._wrap(Path.mkdir))
        monkeypatch.setattr(Path, "open", self._wrap(Path.open, only_writes=True))

    def _wrap(self, real: Callable[..., object], *, only_writes: bool = False) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            if only_writes and "wb" not in args:
                return real(*args, **kwargs)
            self.count += 1
            if self.count == self.refuse_at:
                raise OSError(self.error, os.strerror(self.error))
            return real(*args, **kwargs)

        return call


def append_nine(ledger: Ledger) -> str:
    """Append, and give what was said where that failed."""
    try:
        ledger.append([b"new %d" % n for n in range(9)])
    except UnavailableError as failure:
        return str(failure)
    return ""


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_full_or_read_only_disk_leaves_the_log_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    """The disk refuses the first call, then the second, and so on: at each the old state, or the new one, is whole."""
    ledger = begin(tmp_path)
    ledger.append([b"old %d" % n for n in range(250)])
    before, kept = ledger.checkpoint(), 250
    disk = Disk(monkeypatch, error)
    ledger.append([b"counted"])
    kept += 1
    calls, refused, certain = disk.count, 0, 0
    assert calls > 8
    for at in range(1, 40):
        disk.count, disk.refuse_at = 0, at
        said = append_nine(ledger)
        disk.refuse_at = -1
        if not said:
            kept += 9
        elif "the ledger is as it was before" in said:
            certain += 1
        else:
            assert "is not sure" in said
            kept = ledger.size
        refused += bool(said)
        assert os.strerror(error) in said or not said
        assert ledger.verify_all(before).size == kept == len(list(ledger.entries()))
        assert not list(tmp_path.rglob(".*"))
    assert refused >= calls
    assert certain >= refused - 4
    assert ledger.append([b"after"]) == [kept]
    assert ledger.verify_all().remains == ()


def test_what_a_cut_append_left_behind_never_gets_into_the_log(tmp_path: Path) -> None:
    """An append of 700 is cut before its checkpoint; later ones of other sizes pass over every tile that it left."""
    ledger = begin(tmp_path)
    ledger.append([b"a"] * 100)
    checkpoint = (tmp_path / "ledger" / "checkpoint").read_bytes()
    ledger.append([b"never"] * 700)
    (tmp_path / "ledger" / "checkpoint").write_bytes(checkpoint)
    state = ledger.verify_all()
    assert state.size == 100
    assert "tile/0/002" in state.remains
    assert "tile/0/003.p/32" in state.remains
    ledger.append([b"b"])
    assert ledger.verify_all().remains == ()
    ledger.append([b"b"] * 720)  # past 800 without a step there
    assert ledger.verify_all().size == 821
    assert b"never" not in list(ledger.entries())


def test_a_real_full_disk_is_survived(tmp_path: Path) -> None:
    """The system refuses to let any file of the process grow over 20 kB: a limit that a write meets in its middle."""
    program = WRITER.replace(
        "number = 0\n",
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "number = 0\n",
    ).replace(
        "first = ledger.append(batch)[0]", "batch = [entry * 40 for entry in batch]; first = ledger.append(batch)[0]"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path, "1"], capture_output=True, check=False, timeout=60)
    assert b"UnavailableError" in done.stderr
    assert b"File too large" in done.stderr
    acknowledged = [line.split(b" ")[1] for line in done.stdout.splitlines()]
    ledger = begin(tmp_path)
    assert len(acknowledged) == ledger.verify_all().size > 50
    assert acknowledged == list(ledger.entries())


def test_a_first_start_that_was_cut_short_goes_on(tmp_path: Path) -> None:
    begin(tmp_path)
    (tmp_path / "ledger" / "checkpoint").unlink()
    assert begin(tmp_path).append([b"x"]) == [0]
