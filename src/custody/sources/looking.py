"""A directory that is only looked at: what is wanted of it is read where it stands, and nothing is packed.

A release packs a directory and gets a digest of all its bytes (`directory.py`). To list its packages most of those
bytes need not be read at all, so what is identified here is the listing: the digest is over every path with its kind,
and size, the target of links, and the content of the files that were read. It says what was looked at, and is no
digest of the directory as an artifact: its media type is `LISTING_TYPE`.

The walk lists; what must be opened is left to other processes, a batch at a time. This one joins them when it has
listed everything, and then puts the files in the order in which it met them.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import stat
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from custody.errors import UnavailableError
from custody.model import LISTING_TYPE, Artifact, Descriptor, Digest, Entry, Layer, LayerContent, Skipped
from custody.sources.collect import MAX_KEPT_BYTES, MAX_WANTED_BYTES, Extractors, extract_all
from custody.sources.directory import LEFT_OUT
from custody.sources.helpers import Helpers, cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from custody.model import Extractor, Progress, Wanted

__all__ = ["look_at_directory"]

_HEAD = 8
_WORTH = 200  # files to open before a process is started for them: some fifty milliseconds of work
_BATCH = 32  # files that are handed out at once, and bytes that are kept of them
_BATCH_BYTES = 4 * 1024 * 1024
_REPORT = 5000  # files between two reports of progress
# Told by name, so that most files of a source tree need not be opened to see that they are no programs.
_TEXTS = frozenset(
    """adoc c cc cfg cjs conf cpp cs css csv cts d eot el erl ex exs f90 gif go graphql h hpp html ico in ini ipynb jpeg
    jpg js json jsx kt less lock log lua m map markdown md mdx mjs mo mts php pl plist pm png po pot properties proto
    ps1 pxd py pyc pyi pyo pyx r rb rst rs sass scala scss sh sql svg swift tcl tex toml ts tsx ttf txt vue woff woff2
    xml xsd yaml yml zsh""".split()  # noqa: SIM905 - as a list it is a page long
)


def look_at_directory(
    path: Path,
    wanted: Wanted,
    *,
    extractors: tuple[Extractor, ...] = (),
    excluded: Callable[[str], bool] | None = None,
    progress: Progress | None = None,
    name: str = "",
    version: str = "",
) -> tuple[Artifact, LayerContent]:
    """Look at the files of a directory: give it as an artifact of one layer, and that layer.

    Raises UnavailableError: the directory itself cannot be read. What below it cannot be read is noted as skipped.
    """
    look = _Look(path, wanted, Extractors(extractors), excluded, progress)
    try:
        look.walk()
        look.settle()
    finally:
        look.close()
    digest = look.digest()
    descriptor = Descriptor(media_type=LISTING_TYPE, digest=digest, size=look.total)
    layer = Layer(index=0, descriptor=descriptor)
    artifact = Artifact(
        kind="directory",
        name=name or path.resolve().name,
        version=version,
        descriptor=descriptor,
        reference=f"dir:{path}",
        layers=(layer,),
    )
    return artifact, LayerContent(
        layer=layer,
        entries=tuple(look.entries),
        folders=tuple(look.folders),
        names=tuple(look.names),
        skipped=tuple(sorted(look.skipped)),
    )


class _OpenFile:
    """A file on disk as `custody.model.Content`."""

    def __init__(self, handle: int, size: int) -> None:
        self._handle = handle
        self._size = size

    @property
    def size(self) -> int:
        return self._size

    def read(self, offset: int, length: int, /) -> bytes:
        if offset < 0 or length <= 0:
            return b""
        return os.pread(self._handle, min(length, max(self._size - offset, 0)), offset)


class _Row(NamedTuple):
    """A file that is to be opened: mode as entries have it; wanted: whether its content is kept."""

    path: str
    size: int
    mode: int
    wanted: bool


_Item: TypeAlias = "tuple[str, int] | Entry | _Row"
"""A file known by name and size, a link, or a file to open."""
_Opened: TypeAlias = "tuple[bytes | None, tuple[tuple[str, bytes], ...] | None, list[tuple[str, str]]]"
"""A file's content where it is kept, what was taken out of it (None: it cannot be read), (where, why) of refusals."""


@dataclass(slots=True)
class _Look:
    """One walk over a tree."""

    root: Path
    wanted: Wanted
    extractors: Extractors
    excluded: Callable[[str], bool] | None
    progress: Progress | None
    entries: list[Entry] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    names: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    skipped: set[Skipped] = field(default_factory=set)
    total: int = 0
    kept: int = 0
    count: int = 0
    _met: list[tuple[str, list[_Item]]] = field(default_factory=list)  # by folder, in the order of the walk
    _plain: list[tuple[str, list[tuple[str, int]]]] = field(default_factory=list)
    _asked: list[_Row] = field(default_factory=list)  # files to open that were not handed out
    _helpers: Helpers | None = None

    def walk(self) -> None:
        """Meet everything below the root: list it, and have opened what must be."""
        waiting = [""]
        prefix = str(self.root)
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(f"{prefix}/{folder}" if folder else prefix) as entries:
                    found = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                if not folder:
                    raise UnavailableError(prefix, f"cannot be read: {error.strerror}") from None
                self._skip(folder, f"cannot be read: {error.strerror}")
                continue
            items: list[_Item] = []
            below: list[str] = []
            for entry in found:
                self._meet(folder, entry, items, below)
            if items:
                self._met.append((folder, items))
            waiting += reversed(below)
            if len(self._asked) >= (_BATCH if self._helpers else _WORTH):
                self._hand_out()

    def _meet(self, folder: str, entry: os.DirEntry[str], items: list[_Item], below: list[str]) -> None:
        base = entry.name
        path = f"{folder}/{base}" if folder else base
        if base in LEFT_OUT or (self.excluded is not None and self.excluded(path)):
            return
        try:
            status = entry.stat(follow_symlinks=False)
            kind = stat.S_IFMT(status.st_mode)
            if kind == stat.S_IFDIR:
                below.append(path)
                self.folders.append(path)
            elif kind == stat.S_IFLNK:
                target = os.readlink(entry.path)  # noqa: PTH115 - Path would normalise what it says
                items.append(Entry(path=path, kind="symlink", mode=0o777, target=target))
            elif kind == stat.S_IFREG:
                items.append(self._file(path, base, status))
            else:
                self._skip(path, "not a file, a directory or a link (a socket, pipe or device)")
        except OSError as error:
            self._skip(path, f"cannot be read: {error.strerror}")

    def _file(self, path: str, base: str, status: os.stat_result) -> _Item:
        """Give a file by name and size, or what is to be opened of it."""
        size = status.st_size
        self.total += size
        self.count += 1
        if self.progress is not None and self.count % _REPORT == 0:
            self.progress("look at files", self.count, 0)
        wanted = self.wanted(path)
        if wanted and size > MAX_WANTED_BYTES:
            self._skip(path, f"not read: {size} bytes, more than {MAX_WANTED_BYTES}")
            wanted = False
        if wanted and self.kept + size > MAX_KEPT_BYTES:
            self._skip(path, f"not read: more than {MAX_KEPT_BYTES} bytes are kept already")
            wanted = False
        if not (wanted or (size and (self.extractors.by_name(path) or _may_be_program(base)))):
            return base, size
        self.kept += size if wanted else 0
        row = _Row(path, size, 0o755 if status.st_mode & stat.S_IXUSR else 0o644, wanted)
        self._asked.append(row)
        return row

    # ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _hand_out(self) -> None:
        """Leave the files that were met to helpers, which are started when there is enough to do."""
        if self._helpers is None:
            self._helpers = Helpers(self._open_batch, cores() - 1)
        batch: list[tuple[object, ...]] = []
        kept = 0
        for row in self._asked:
            kept += row.size if row.wanted else 0
            if batch and (len(batch) == _BATCH or kept > _BATCH_BYTES):
                self._helpers.give(marshal.dumps(batch))
                batch, kept = [], row.size if row.wanted else 0
            batch.append(tuple(row))
        if batch:
            self._helpers.give(marshal.dumps(batch))
        self._asked = []

    def _open_batch(self, task: bytes) -> bytes:
        return marshal.dumps([self._open(_Row(*row)) for row in marshal.loads(task)])  # noqa: S302 - our own

    def _open(self, row: _Row) -> _Opened:
        try:
            handle = os.open(f"{self.root}/{row.path}", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            return None, None, [(row.path, f"cannot be read: {error.strerror}")]
        try:
            content = _OpenFile(handle, row.size)
            data = content.read(0, row.size) if row.wanted else None
            chosen = self.extractors.of(row.path, data[:_HEAD] if data is not None else content.read(0, _HEAD))
            extracts, refused = extract_all(chosen, row.path, content) if chosen else ((), [])
        except OSError as error:
            return None, None, [(row.path, f"cannot be read: {error.strerror}")]
        finally:
            os.close(handle)
        return data, extracts, refused

    def settle(self) -> None:
        """Put what was opened in its place."""
        if self._helpers is None:
            opened: Iterator[_Opened] = map(self._open, self._asked)
        else:
            self._hand_out()
            batches = self._helpers.results()
            opened = chain.from_iterable(marshal.loads(batch) for batch in batches)  # noqa: S302 - from our own fork
        for folder, items in self._met:
            plain: list[tuple[str, int]] = []
            for item in items:
                if isinstance(item, Entry):
                    self.entries.append(item)
                elif isinstance(item, _Row):
                    self._settle(item, next(opened), plain)
                else:
                    plain.append(item)
            if plain:
                self._plain.append((folder, plain))
                self.names.append((folder, tuple(base for base, _ in plain)))
        self._met = []

    def _settle(self, row: _Row, opened: _Opened, plain: list[tuple[str, int]]) -> None:
        data, extracts, refused = opened
        for where, reason in refused:
            self._skip(where, reason)
        if data is not None or extracts:
            entry = Entry(path=row.path, kind="file", size=row.size, mode=row.mode, data=data, extracts=extracts or ())
            self.entries.append(entry)
        elif extracts is not None:
            plain.append((row.path.rpartition("/")[2], row.size))

    def close(self) -> None:
        """End the helpers."""
        if self._helpers is not None:
            self._helpers.end()

    def _skip(self, path: str, reason: str) -> None:
        self.skipped.add(Skipped(where=path, reason=reason))

    def digest(self) -> Digest:
        """Give the digest of the listing: one line for each thing found, in the order of the walk."""
        hasher = hashlib.sha256()
        for path in self.folders:
            hasher.update(b"d %s\0" % os.fsencode(path))
        for folder, plain in self._plain:
            lines = (f"f {size} {base}\0" for base, size in plain)
            hasher.update(b"n %s\0" % os.fsencode(folder) + os.fsencode("".join(lines)))
        for entry in self.entries:
            content = hashlib.sha256(entry.data or b"").digest()
            for _, taken in entry.extracts:
                content += hashlib.sha256(taken).digest()
            line = os.fsencode(f"{entry.kind} {entry.mode:o} {entry.size} {entry.path}\0{entry.target}\0")
            hasher.update(line + content)
        return Digest("sha256", hasher.hexdigest())


def _may_be_program(base: str) -> bool:
    """Say whether the first bytes of a file are worth a look: unless its name says that it is no program."""
    dot = base.rfind(".")
    return dot <= 0 or base[dot + 1 :].lower() not in _TEXTS
