"""Layers that were read before, kept by digest on this machine.

A layer is named by the digest of its bytes, so what was in it stays true for ever; what was *taken* from it depends on
what was asked, which is the fingerprint. A cache that cannot be read or written is no error: the layer is read again.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from custody.sources.record import decode_content, encode_content

if TYPE_CHECKING:
    from custody.model import Layer, LayerContent

__all__ = ["MAX_CACHE_BYTES", "LayerCache", "keep_file"]

MAX_CACHE_BYTES = 1024 * 1024 * 1024
"""What all files of one folder together may take; those that were not used for the longest time go first."""

_SUFFIX = ".layer"


class LayerCache:
    """Records in a folder of the user's own, one file for each layer and question."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """Use `folder`, which is made when something is put in. fingerprint: of all that decides what is taken."""
        self._folder = folder
        self._fingerprint = fingerprint

    def load(self, layer: Layer) -> LayerContent | None:
        """Give what was in the layer, or None where that is not known."""
        path = self._path(layer)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        content = decode_content(data, layer)
        if content is not None:
            with contextlib.suppress(OSError):
                os.utime(path)
        return content

    def save(self, content: LayerContent) -> None:
        """Keep what was read, whole or not at all. A layer of which nothing could be read is not kept."""
        if content.layer.diff_id is None or (content.skipped and not (content.entries or content.names)):
            return
        with contextlib.suppress(OSError):
            keep_file(self._path(content.layer), encode_content(content))

    def _path(self, layer: Layer) -> Path:
        digest = layer.descriptor.digest
        return self._folder / f"{digest.algorithm}-{digest.hex}-{self._fingerprint[:16]}{_SUFFIX}"


def keep_file(path: Path, data: bytes) -> None:
    """Write a file of a cache, whole or not at all, and make room for it. Raises OSError: it cannot be written."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _make_room(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _make_room(folder: Path) -> None:
    with os.scandir(folder) as entries:
        found = [(entry.stat(), entry.path) for entry in entries]
    total = sum(status.st_size for status, _ in found)
    for status, path in sorted(found, key=lambda item: item[0].st_mtime_ns):
        if total <= MAX_CACHE_BYTES:
            return
        with contextlib.suppress(OSError):
            Path(path).unlink()
        total -= status.st_size
