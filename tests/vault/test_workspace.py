"""The workspace: made on first use, keys for their owner alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.errors import UnavailableError
from custody.vault import Workspace


def test_opening_makes_nothing(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    assert not workspace.exists
    assert list(tmp_path.iterdir()) == []
    assert workspace.warnings() == ()
    inside = {workspace.vault, workspace.ledger, workspace.keys, workspace.records_path}
    assert {path.parent for path in inside} == {tmp_path / ".custody"}
    assert {workspace.signing_key.parent, workspace.ledger_key.parent} == {workspace.keys}


def test_making_it_keeps_keys_for_their_owner_and_out_of_git(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "deep" / "down").make()
    assert workspace.exists
    assert workspace.keys.stat().st_mode & 0o777 == 0o700
    assert (workspace.keys / ".gitignore").read_text() == "*\n"
    assert workspace.make() == workspace
    assert workspace.warnings() == ()
    workspace.keys.chmod(0o755)
    (warning,) = workspace.warnings()
    assert f"mode 0755); run `chmod 700 {workspace.keys}`" in warning


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / ".custody").write_text("a file")
    with pytest.raises(UnavailableError, match=r"\.custody: cannot be written: File exists"):
        Workspace.open(tmp_path).make()
    with pytest.raises(UnavailableError, match=r"\.custody: cannot be written"):
        Workspace.open(tmp_path).records()
