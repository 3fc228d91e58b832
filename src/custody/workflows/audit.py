"""Read the ledger of a workspace, and prove things about it."""

from __future__ import annotations

from pathlib import Path

from custody.errors import InputError
from custody.ledger import Ledger, LedgerState
from custody.model import Event
from custody.vault import Workspace

__all__ = ["prove_entry", "read_log", "verify_ledger"]


def _open(workspace: Path) -> Ledger:
    folder = Workspace(workspace)
    if not (folder.ledger / "checkpoint").exists():
        raise InputError(str(workspace), "there is no ledger here", "name the workspace with --workspace")
    return Ledger.open(folder.ledger, key_path=folder.ledger_key, create=False)


def read_log(workspace: Path) -> list[tuple[int, Event]]:
    """Give every (index, event) in order."""
    entries = _open(workspace).entries()
    return [(index, Event.parse(entry, f"ledger entry {index}")) for index, entry in enumerate(entries)]


def verify_ledger(workspace: Path) -> tuple[LedgerState, str]:
    """Recompute everything; give the state and the verifier key. VerificationError says what does not fit."""
    ledger = _open(workspace)
    return ledger.verify_all(), str(ledger.verifier_key)


def prove_entry(workspace: Path, index: int) -> bytes:
    """Give the inclusion proof of one entry."""
    return _open(workspace).prove_inclusion(index)
