"""Layers written by hand: what builders other than umoci leave in a tar, which umoci never writes.

An opaque marker that comes after its siblings, names longer than a USTAR header holds in both ways of writing them
(PAX records and GNU `L` entries), names that are not UTF-8, a directory that becomes a link.
"""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

# Names that fit no USTAR header: each part is longer than 100 bytes, and both parts together than 256.
LONG_PAX = "/opt/" + "pax-" + "p" * 140 + "/" + "q" * 140 + "/site-packages"
LONG_GNU = "/opt/" + "gnu-" + "g" * 140 + "/" + "h" * 140 + "/site-packages"
NOT_UTF8 = b"/opt/app/caf\xe9.txt"
_MTIME = 1_700_000_000  # any fixed second: the same staging folder gives the same layer bytes


class Layer:
    """One uncompressed layer tar; paths are absolute in the image, as they are everywhere else here."""

    def __init__(self, path: Path, *, format: int) -> None:
        self._tar = tarfile.open(path, "w", format=format, errors="surrogateescape")  # noqa: SIM115 - closed in close()

    def close(self) -> None:
        self._tar.close()

    def _add(self, entry: tarfile.TarInfo, data: bytes = b"") -> None:
        entry.mtime = _MTIME
        entry.size = len(data)
        self._tar.addfile(entry, io.BytesIO(data))

    def directory(self, path: str) -> None:
        entry = tarfile.TarInfo(path.lstrip("/"))
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        self._add(entry)

    def file(self, path: str | bytes, data: bytes = b"", *, mode: int = 0o644) -> None:
        entry = tarfile.TarInfo(os.fsdecode(path).lstrip("/"))
        entry.mode = mode
        self._add(entry, data)

    def symlink(self, path: str, target: str) -> None:
        entry = tarfile.TarInfo(path.lstrip("/"))
        entry.type, entry.mode, entry.linkname = tarfile.SYMTYPE, 0o777, target
        self._add(entry)

    def hard_link(self, path: str, target: str) -> None:
        entry = tarfile.TarInfo(path.lstrip("/"))
        entry.type, entry.linkname = tarfile.LNKTYPE, target.lstrip("/")
        self._add(entry)

    def opaque(self, directory: str) -> None:
        """Hide what lower layers have in `directory` (OCI image-spec layer.md, "Opaque Whiteout")."""
        self.file(f"{directory}/.wh..wh..opq", mode=0o600)

    def tree(self, source: Path, at: str) -> None:
        """Add a folder of the host as the directory `at` of the image, parents first, in name order."""
        self.directory(at)
        for path in sorted(source.rglob("*")):
            where = f"{at}/{path.relative_to(source)}"
            if path.is_symlink():
                self.symlink(where, str(path.readlink()))
            elif path.is_dir():
                self.directory(where)
            else:
                self.file(where, path.read_bytes(), mode=path.stat().st_mode & 0o777)


def write_pax_layer(path: Path, *, staged: Path) -> None:
    """Write the layer of opaque directories, a directory that becomes a link, PAX long names.

    staged: a folder with `plugins`, `tools` and `long`, each a site-packages folder that pip filled.
    """
    layer = Layer(path, format=tarfile.PAX_FORMAT)
    # What a layer itself brings into an opaque directory stays, also where the marker comes last.
    layer.tree(staged / "plugins", "/opt/plugins")
    layer.opaque("/opt/plugins")
    # A directory that an earlier layer deleted comes back with other contents.
    layer.tree(staged / "tools", "/opt/tools")
    # A directory that lower layers filled becomes a link: all that was below it is gone.
    layer.symlink("/opt/legacy", "plugins")
    parent = ""
    for part in LONG_PAX.strip("/").split("/")[:-1]:
        parent += "/" + part
        layer.directory(parent)
    layer.tree(staged / "long", LONG_PAX)
    layer.close()


def write_gnu_layer(path: Path, *, staged: Path) -> None:
    """Write the layer of GNU long names, a name that is not UTF-8, hard links, and a whiteout of nothing.

    staged: a folder with `gnu`, a site-packages folder that pip filled.
    """
    layer = Layer(path, format=tarfile.GNU_FORMAT)
    parent = ""
    for part in LONG_GNU.strip("/").split("/")[:-1]:
        parent += "/" + part
        layer.directory(parent)
    layer.tree(staged / "gnu", LONG_GNU)
    layer.file(NOT_UTF8, b"the name is Latin-1\n")
    layer.file("/opt/app/original.txt", b"one file, two names\n")
    layer.hard_link(f"{LONG_GNU}/second-name.txt", "/opt/app/original.txt")
    layer.file("/opt/app/.wh.never-was-there")
    layer.close()
