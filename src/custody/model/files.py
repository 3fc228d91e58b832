"""What one layer of an artifact holds, as read in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from custody.model.artifact import Layer
    from custody.model.package import Skipped

__all__ = ["Content", "Entry", "Extractor", "HeldContent", "LayerContent", "Progress", "Wanted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One name in a layer.

    path: relative, "/"-separated, normalised: no leading "/" or "./", no ".." (such names are refused and listed as
    skipped); bytes that are not UTF-8 stand as surrogate escapes. kind: "file", "directory", "symlink", "hardlink",
    "other" (device, fifo), "whiteout" (`path` is the deleted name, without `.wh.`) or "opaque" (`path` is the directory
    whose lower content is hidden): OCI image-spec v1.1, layer.md, "Whiteouts". size: bytes; mode: permission bits;
    target: of a link, as written (symlink) or normalised (hardlink). data: the content, only where somebody wanted it,
    else None. extracts: (name of an `Extractor`, what it took from the content), sorted; only what is not empty.
    """

    path: str
    kind: str
    size: int = 0
    mode: int = 0o644
    target: str = ""
    data: bytes | None = None
    extracts: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerContent:
    """One layer after it was read to its end and its digests were found right. `layer.diff_id` is set.

    entries: in the order of the archive, all but the two kinds that are known by name only and are most of a layer.
    folders: directories, in the order of the archive. names: (folder, names of files in it that nobody wanted).
    To lay a layer over another: whiteouts first, then `folders`, the other entries in their order, and `names`.
    """

    layer: Layer
    entries: tuple[Entry, ...]
    folders: tuple[str, ...] = ()
    names: tuple[tuple[str, tuple[str, ...]], ...] = ()
    skipped: tuple[Skipped, ...] = ()

    def every(self) -> Iterator[Entry]:
        """Give all of it as entries: folders, other entries, then plain files (whose sizes and modes are not known)."""
        yield from (Entry(path=path, kind="directory", mode=0o755) for path in self.folders)
        yield from self.entries
        for folder, names in self.names:
            yield from (Entry(path=f"{folder}/{name}" if folder else name, kind="file") for name in names)


class Content(Protocol):
    """The bytes of one file while its layer passes by; gone afterwards.

    Reading in one direction and little of it costs least: nothing is kept of a file whose head was enough, while one
    of which the end is asked for is held whole until the extractor is done (on disk where it is large).
    """

    @property
    def size(self) -> int:
        """Give the file's length in bytes."""

    def read(self, offset: int, length: int, /) -> bytes:
        """Give `length` bytes from `offset`, fewer where the file ends."""


class HeldContent:
    """A `Content` whose bytes are in memory, or mapped there."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes | memoryview) -> None:
        """Take the whole file."""
        self._data = data

    @property
    def size(self) -> int:
        """Give the file's length in bytes."""
        return len(self._data)

    def read(self, offset: int, length: int, /) -> bytes:
        """Give `length` bytes from `offset`, fewer where the file ends."""
        return bytes(self._data[offset : offset + length])


@dataclass(frozen=True, slots=True, kw_only=True)
class Extractor:
    """Takes the little that matters out of files too large or too many to keep: programs, archives, models.

    name: unique: "elf". magics: the first bytes (2 to 8 of them) by which a regular file is told, whatever its name;
    globs: paths that are told by name instead. A file that either fits is handed to `extract(path, content)`, which
    gives what its catalogers want to know, in any form they agree on, b"" for nothing. It is called in whatever
    process reads the layer, is pure, and raises InputError for a file that is damaged: the file is then noted as
    skipped. version: goes up whenever the same file would give other bytes, so that no cache gives old ones.
    looks_inside: what it gives covers files of its kind inside the file, which are then not handed to it once more.
    """

    name: str
    extract: Callable[[str, Content], bytes]
    magics: tuple[bytes, ...] = ()
    globs: tuple[str, ...] = ()
    version: int = 1
    looks_inside: bool = False


class Wanted(Protocol):
    """Says of a path whether its content is to be kept; asked once a file, so it must be fast."""

    def __call__(self, path: str, /) -> bool:
        """Say yes or no."""


class Progress(Protocol):
    """Hears how far long work has come: `done` of `total` bytes or items (0: not known) of the station `label`."""

    def __call__(self, label: str, done: int, total: int, /) -> None:
        """Take one report."""
