"""What one layer of an artifact holds, as read in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from custody.model.artifact import Layer
    from custody.model.package import Skipped

__all__ = ["Entry", "LayerContent", "Progress", "Wanted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One name in a layer.

    path: relative, "/"-separated, normalised: no leading "/" or "./", no ".." (such names are refused and listed as
    skipped); bytes that are not UTF-8 stand as surrogate escapes. kind: "file", "directory", "symlink", "hardlink",
    "other" (device, fifo), "whiteout" (`path` is the deleted name, without `.wh.`) or "opaque" (`path` is the directory
    whose lower content is hidden): OCI image-spec v1.1, layer.md, "Whiteouts". size: bytes; mode: permission bits;
    target: of a link, as written (symlink) or normalised (hardlink). data: the content, only where somebody wanted it,
    else None.
    """

    path: str
    kind: str
    size: int = 0
    mode: int = 0o644
    target: str = ""
    data: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerContent:
    """One layer after it was read to its end and its digests were found right. `layer.diff_id` is set."""

    layer: Layer
    entries: tuple[Entry, ...]
    skipped: tuple[Skipped, ...] = ()


class Wanted(Protocol):
    """Says of a path whether its content is to be kept; asked once a file, so it must be fast."""

    def __call__(self, path: str, /) -> bool:
        """Say yes or no."""


class Progress(Protocol):
    """Hears how far long work has come: `done` of `total` bytes or items (0: not known) of the station `label`."""

    def __call__(self, label: str, done: int, total: int, /) -> None:
        """Take one report."""
