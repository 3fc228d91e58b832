"""Which key signs, and which keys are trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from custody.signing import KeyPair, PublicKey, create_key, load_private_key, load_public_key
from custody.vault import Workspace
from custody.workflows.journal import Clock, open_journal

__all__ = ["MadeKey", "create_signing_key", "signing_key", "trusted_keys"]


def signing_key(workspace: Workspace, chosen: Path | None, passphrase: bytes | None) -> tuple[KeyPair, str]:
    """Give the key to sign with, and the path of the file when it had to be made ("" otherwise).

    chosen: a private key file; None for the workspace's own, which is created on first use (encrypted with `passphrase`
    when there is one).
    """
    path = chosen or workspace.signing_key
    if chosen is None and not path.exists():
        return create_key(path.with_suffix(""), passphrase=passphrase), str(path)
    return load_private_key(path, passphrase=passphrase), ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    """Where a new key pair lies."""

    private: Path
    public: Path
    key_id: str


def create_signing_key(
    workspace: Path, output: Path | None, *, passphrase: bytes | None, actor: str, clock: Clock
) -> MadeKey:
    """Create a key pair (the workspace's own where `output` is None) and note it in the ledger.

    Raises InputError or UnavailableError: a file of that name is there already; it is never overwritten.
    """
    folder = Workspace(workspace).make()
    journal = open_journal(folder, actor=actor, clock=clock)
    pair = create_key(output or folder.signing_key.with_suffix(""), passphrase=passphrase)
    journal.record("key.created", pair.key_id, path=pair.private_path, encrypted=passphrase is not None)
    return MadeKey(private=pair.private_path, public=pair.public_path, key_id=pair.key_id)


def trusted_keys(workspace: Path, chosen: Sequence[Path]) -> list[PublicKey]:
    """Give the keys to verify with.

    Those chosen, or else the workspace's own when there is one; no key at all is an empty list.
    """
    if chosen:
        return [load_public_key(path) for path in chosen]
    own = Workspace(workspace).signing_key.with_suffix(".pub")
    return [load_public_key(own)] if own.exists() else []
