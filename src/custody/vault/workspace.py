"""Where a workspace keeps its things: `.custody/` in the folder where one works."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from custody.errors import UnavailableError

if TYPE_CHECKING:
    from custody.vault.records import Records

__all__ = ["Workspace"]


@dataclass(frozen=True, slots=True)
class Workspace:
    """The paths below one `.custody/` folder. Opening makes nothing; `make` and `records` do.

    vault: OCI image layout with artifacts and evidence; ledger: Merkle log; keys: private keys, for their owner alone.
    """

    folder: Path

    @classmethod
    def open(cls, root: Path) -> Workspace:
        """Give the workspace of the folder `root`, whether or not it is there yet."""
        return cls(root / ".custody")

    @property
    def exists(self) -> bool:
        """Say whether it has been made."""
        return self.folder.is_dir()

    @property
    def vault(self) -> Path:
        """Give the folder of the OCI image layout."""
        return self.folder / "vault"

    @property
    def ledger(self) -> Path:
        """Give the folder of the Merkle log."""
        return self.folder / "ledger"

    @property
    def keys(self) -> Path:
        """Give the folder of the keys."""
        return self.folder / "keys"

    @property
    def signing_key(self) -> Path:
        """Give the private key that signs evidence when no other is named."""
        return self.keys / "signing.key"

    @property
    def ledger_key(self) -> Path:
        """Give the private key that signs the log's checkpoints."""
        return self.keys / "ledger.key"

    @property
    def records_path(self) -> Path:
        """Give the database of releases, evidence and exceptions."""
        return self.folder / "custody.db"

    def make(self) -> Workspace:
        """Make the folder, and that of the keys with mode 0700 and a rule that keeps git from ever adding them.

        Raises UnavailableError: it cannot be written.
        """
        ignore = self.keys / ".gitignore"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.keys.mkdir(mode=0o700, exist_ok=True)
            if not ignore.exists():
                ignore.write_text("*\n", encoding="ascii")
        except OSError as error:
            raise UnavailableError(str(self.folder), f"cannot be written: {error.strerror}") from None
        return self

    def records(self) -> Records:
        """Open the database; it and the workspace are made on first use. Errors as in `Records.open`."""
        from custody.vault.records import Records

        return Records.open(self.make().records_path)

    def warnings(self) -> tuple[str, ...]:
        """Say what a person should know about the folder: keys that others may reach."""
        try:
            mode = stat.S_IMODE(self.keys.stat().st_mode)
        except OSError:
            return ()
        if not mode & 0o077:
            return ()
        return (
            f"{self.keys}: others than its owner may reach the keys (mode {mode:04o}); run `chmod 700 {self.keys}`",
        )
