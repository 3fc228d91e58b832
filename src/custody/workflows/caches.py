"""What is remembered of artifacts that were read before, in a folder of the user's own.

`$CUSTODY_CACHE`, else `custody` below `$XDG_CACHE_HOME` (XDG Base Directory Specification), else below `~/.cache`.
`CUSTODY_CACHE=` (empty) turns it off. Everything in it can be thrown away at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from custody.inventory.fingerprint import fingerprint
from custody.inventory.record import decode_inventory, encode_inventory
from custody.model import Artifact, Inventory
from custody.sources.cache import LayerCache, keep_file

__all__ = ["Caches", "cache_folder", "open_caches"]


def cache_folder() -> Path | None:
    """Give the folder, None where caching is off or nobody has a home."""
    named = os.environ.get("CUSTODY_CACHE")
    if named is not None:
        return Path(named) if named else None
    base = os.environ.get("XDG_CACHE_HOME", "")
    if base.startswith("/"):
        return Path(base, "custody")
    home = os.environ.get("HOME", "")
    return Path(home, ".cache", "custody") if home.startswith("/") else None


class Caches:
    """Layers and whole inventories. options: all that the user asked for and that changes what is found."""

    def __init__(self, folder: Path, *options: str) -> None:
        """Use `folder`, which is made when something is put in."""
        self._folder = folder
        self._fingerprint = fingerprint(*options)
        self.layers = LayerCache(folder / "layers", self._fingerprint)

    def load(self, artifact: Artifact) -> Inventory | None:
        """Give what was in an image that was listed before under the same name, None where that is not known."""
        try:
            data = self._path(artifact).read_bytes()
        except OSError:
            return None
        found = decode_inventory(data)
        return found if found is not None and found.artifact == artifact else None

    def save(self, inventory: Inventory) -> None:
        """Keep an inventory. A cache that cannot be written is no error."""
        with contextlib.suppress(OSError):
            keep_file(self._path(inventory.artifact), encode_inventory(inventory))

    def _path(self, artifact: Artifact) -> Path:
        text = "\0".join((repr(artifact), self._fingerprint))
        return self._folder / "inventories" / f"{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}.inventory"


def open_caches(*options: str, off: bool = False) -> Caches | None:
    """Give the caches, None where they are off."""
    folder = None if off else cache_folder()
    return Caches(folder, *options) if folder is not None else None
