"""tessera's `fsck` recomputes our ledger as it would any C2SP tiled log.

It comes from `go install github.com/transparency-dev/tessera/cmd/fsck@latest`. Its name is that of a file system's
checker, so its path is given in CUSTODY_TEST_FSCK; else it is looked for where Go puts it.
"""

from __future__ import annotations

import base64
import os
import subprocess
from pathlib import Path

import pytest

from custody.ledger import Ledger

FSCK = Path(os.environ.get("CUSTODY_TEST_FSCK", "~/go/bin/fsck")).expanduser()
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        not FSCK.is_file(),
        reason="not installed: tessera's fsck; go install github.com/transparency-dev/tessera/cmd/fsck@latest",
    ),
]


def fsck(folder: Path) -> str:
    """Give what it says. Its exit code says nothing, and at a wrong hash it never ends: its words alone count."""
    words = [str(FSCK), "--ui=false", f"--storage_url=file://{folder}/ledger/", f"--public_key={folder}/ledger.pub"]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60).stderr


def grown(folder: Path, *steps: int) -> Ledger:
    ledger = Ledger.open(folder / "ledger", key_path=folder / "ledger.key", origin="example.com/log")
    for step in steps:
        ledger.append([b"entry %d" % number for number in range(step)])
    return ledger


@pytest.mark.parametrize("steps", [(1,), (3, 253), (255, 1, 1), (700, 66_000, 1)])
def test_a_log_grown_in_steps_is_whole_to_others_too(tmp_path: Path, steps: tuple[int, ...]) -> None:
    ledger = grown(tmp_path, *steps)
    root = base64.b64encode(ledger.checkpoint().root).decode()
    assert f"Successfully fsck'd log with size {sum(steps)} and root {root}" in fsck(tmp_path)


def test_others_refuse_a_changed_checkpoint_and_a_torn_entry_bundle(tmp_path: Path) -> None:
    grown(tmp_path, 600)
    checkpoint, bundle = tmp_path / "ledger/checkpoint", tmp_path / "ledger/tile/entries/001"
    good = checkpoint.read_bytes()
    checkpoint.write_bytes(good.replace(b"\n600\n", b"\n599\n"))
    assert "failed to verify signatures on checkpoint" in fsck(tmp_path)
    checkpoint.write_bytes(good)
    bundle.write_bytes(bundle.read_bytes()[:-1])
    assert "fsck failed" in fsck(tmp_path)
