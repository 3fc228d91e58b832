"""One layer in one pass: its blob is read, verified, inflated, hashed and taken apart at once.

Spec: OCI image-spec v1.1, layer.md. What a name means here is what it means to a container runtime that unpacks the
layer.
"""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from custody.errors import InputError
from custody.model import Digest, Entry, LayerContent, Skipped
from custody.registry.blob import CHUNK_BYTES
from custody.registry.interface import MissingError
from custody.registry.manifest import is_foreign
from custody.sources.ahead import read_ahead
from custody.sources.inflate import inflate
from custody.sources.tar import TarReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from custody.model import Layer, Wanted
    from custody.registry.interface import BlobReader, Repository
    from custody.sources.tar import Member

__all__ = ["MAX_ENTRIES", "MAX_KEPT_BYTES", "MAX_WANTED_BYTES", "clean", "read_layer"]

MAX_WANTED_BYTES = 256 * 1024 * 1024
"""The largest file that is kept whole: what catalogers read (a Go binary, an RPM database) is below it."""

MAX_KEPT_BYTES = 1024 * 1024 * 1024
"""How much of one layer is kept in memory; ordinary layers keep some 10 MB."""

MAX_ENTRIES = 2_000_000
"""Names in one layer: they take some 600 MB of memory. The largest real layers have a quarter of that."""

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_META = ".wh..wh."  # what AUFS kept for itself: runtimes step over it
_AHEAD_BYTES = 4 * 1024 * 1024  # below that, starting a thread costs more than it saves


def clean(name: str) -> str | None:
    """Give a name as a path below the root: no leading "/", no ".", no ".."; "" is the root, None is outside of it."""
    name = name.removeprefix("./")
    if not name.startswith(("/", ".")) and "/." not in name and "//" not in name and "\0" not in name:
        return name.removesuffix("/")  # as nearly every name is
    if "\0" in name:
        return None
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def read_layer(
    repository: Repository, layer: Layer, wanted: Wanted, heard: Callable[[int], None] | None = None
) -> LayerContent:
    """Read a layer to its end and give its entries, in the order of the archive, with `layer.diff_id` set.

    A file that is wanted under the name of a hard link keeps its data too. The archive has the bytes under the other
    name, which may have come first and have been passed over; only then is the layer read a second time.
    heard: told now and then how many more bytes of the blob were read.
    Raises InputError: size, digest or diff_id is wrong, or it is no archive. UnavailableError: it cannot be fetched.
    """
    content = _once(repository, layer, wanted, heard)
    linked = {entry.target for entry in content.entries if entry.kind == "hardlink" and wanted(entry.path)}
    passed = {e.path for e in content.entries if e.kind == "file" and e.path in linked and not wanted(e.path)}
    if not passed:
        return content
    again = {e.path: e for e in _once(repository, layer, passed.__contains__, None).entries if e.data is not None}
    entries = tuple(again.get(e.path, e) if e.kind == "file" and e.path in passed else e for e in content.entries)
    return replace(content, entries=entries)


def _once(repository: Repository, layer: Layer, wanted: Wanted, heard: Callable[[int], None] | None) -> LayerContent:
    descriptor = layer.descriptor
    where = f"layer {descriptor.digest}"
    try:
        with repository.open_blob(descriptor) as blob:
            reader = _Counted(blob, heard)
            try:
                pieces = inflate(reader, where)  # which reads to the end of the blob, so its digest is checked
                if descriptor.size >= _AHEAD_BYTES:
                    with closing(read_ahead(pieces)) as ahead:
                        return _read(layer, ahead, wanted, where, reader.report)
                return _read(layer, pieces, wanted, where, reader.report)
            except InputError:
                # A blob with a wrong digest is damaged in some way; the digest is what there is to say about it.
                while reader.read(CHUNK_BYTES):
                    pass
                raise
    except MissingError:
        if not is_foreign(descriptor):
            raise
        skipped = Skipped(where=where, reason=f"not distributed with the image ({descriptor.media_type})")
        return LayerContent(layer=layer, entries=(), skipped=(skipped,))
    except InputError as error:
        # A blob knows its repository and digest; for the reader of the message it is a layer.
        raise InputError(where, error.what, error.fix) from None


class _Counted:
    """A blob reader that tells how much was read: in the thread that asks it to, not in the one that reads."""

    __slots__ = ("_done", "_heard", "_reader", "_told")

    def __init__(self, reader: BlobReader, heard: Callable[[int], None] | None) -> None:
        self._reader = reader
        self._heard = heard
        self._done = 0
        self._told = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._reader.read(size)
        self._done += len(data)
        return data

    def report(self) -> None:
        done = self._done
        if self._heard is not None and done > self._told:
            self._heard(done - self._told)
            self._told = done


def _read(
    layer: Layer, pieces: Iterator[bytes], wanted: Wanted, where: str, report: Callable[[], None]
) -> LayerContent:
    hasher = hashlib.sha256()

    def hashed() -> Iterator[bytes]:
        for piece in pieces:
            hasher.update(piece)
            report()
            yield piece

    found = _Collected(where, wanted)
    archive = TarReader(hashed(), where)
    for member in archive:
        found.take(member, archive)
    report()
    diff_id = Digest("sha256", hasher.hexdigest())
    if layer.diff_id is not None and layer.diff_id != diff_id:
        raise InputError(where, f"wrong diff_id: the image states {layer.diff_id}, the layer has {diff_id}")
    return LayerContent(
        layer=replace(layer, diff_id=diff_id), entries=tuple(found.entries), skipped=tuple(sorted(found.notes()))
    )


@dataclass(slots=True)
class _Collected:
    where: str
    wanted: Wanted
    entries: list[Entry] = field(default_factory=list)
    skipped: set[Skipped] = field(default_factory=set)
    kept: int = 0
    absolute: int = 0
    first_absolute: str = ""

    def take(self, member: Member, archive: TarReader) -> None:
        name = member.name
        if name.startswith("/"):
            self.absolute += 1
            self.first_absolute = self.first_absolute or name
        path = clean(name)
        if path is None:
            return self._skip(name, "refused: the name leaves the root")
        if not path:
            return None  # the root itself: every layer has it, and it says nothing
        if len(self.entries) >= MAX_ENTRIES:
            raise InputError(self.where, f"refused: more than {MAX_ENTRIES} names")
        folder, _, base = path.rpartition("/")
        if base.startswith(_WHITEOUT):
            return self._whiteout(folder, base, path)
        target, data = member.target, None
        if member.kind == "hardlink":
            inside = clean(target)
            if not inside:
                return self._skip(name, f"refused: a hard link whose target leaves the root ({target!r})")
            target = inside
        elif member.kind == "file" and self.wanted(path):
            data = self._data(member, archive, path)
        self.entries.append(
            Entry(path=path, kind=member.kind, size=member.size, mode=member.mode, target=target, data=data)
        )
        return None

    def _whiteout(self, folder: str, base: str, path: str) -> None:
        deleted = base[len(_WHITEOUT) :]
        if base == _OPAQUE:
            self.entries.append(Entry(path=folder, kind="opaque"))
        elif base.startswith(_META):
            self._skip(path, "bookkeeping of AUFS, not a file of the image")
        elif deleted in ("", ".", ".."):  # "..": it would delete the directory above
            self._skip(path, "refused: a whiteout of no name below its directory")
        else:
            self.entries.append(Entry(path=f"{folder}/{deleted}" if folder else deleted, kind="whiteout"))

    def _data(self, member: Member, archive: TarReader, path: str) -> bytes | None:
        if member.size > MAX_WANTED_BYTES:
            self._skip(path, f"not read: {member.size} bytes, more than {MAX_WANTED_BYTES}")
            return None
        if self.kept + member.size > MAX_KEPT_BYTES:
            self._skip(path, f"not read: more than {MAX_KEPT_BYTES} bytes of its layer are kept already")
            return None
        self.kept += member.size
        return archive.data(member)

    def _skip(self, name: str, reason: str) -> None:
        self.skipped.add(Skipped(where=name, reason=reason))

    def notes(self) -> set[Skipped]:
        """Give what was skipped, and one note for all absolute names: an archive made of them would give thousands."""
        if not self.absolute:
            return self.skipped
        reason = f"{self.absolute} absolute names, the first {self.first_absolute!r}: read as relative to the root"
        return self.skipped | {Skipped(where=self.where, reason=reason)}
