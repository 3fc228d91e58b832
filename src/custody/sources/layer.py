"""One layer in one pass: its blob is read, verified, inflated, hashed and taken apart at once.

Spec: OCI image-spec v1.1, layer.md. What a name means here is what it means to a container runtime that unpacks the
layer.
"""

from __future__ import annotations

import hashlib
from contextlib import closing, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from custody.errors import InputError
from custody.model import Digest, HeldContent, LayerContent, Skipped
from custody.registry.blob import CHUNK_BYTES
from custody.registry.interface import MissingError
from custody.registry.manifest import is_foreign
from custody.sources.ahead import hash_beside, read_ahead
from custody.sources.collect import Aside, Collected, Extractors
from custody.sources.helpers import cores
from custody.sources.inflate import compression, inflate
from custody.sources.tar import TarReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from hashlib import _Hash

    from custody.model import Entry, Extractor, Layer, Wanted
    from custody.registry.interface import BlobReader, Repository

__all__ = ["read_layer"]

_AHEAD_BYTES = 4 * 1024 * 1024  # below that, starting a thread costs more than it saves
_ASIDE_BYTES = 64 * 1024 * 1024  # and a process, with the memory that it takes


def read_layer(
    repository: Repository,
    layer: Layer,
    wanted: Wanted,
    heard: Callable[[int], None] | None = None,
    *,
    extractors: tuple[Extractor, ...] = (),
    excluded: Callable[[str], bool] | None = None,
) -> LayerContent:
    """Read a layer to its end and give what is in it, with `layer.diff_id` set.

    A file that is wanted under the name of a hard link keeps its data too. The archive has the bytes under the other
    name, which may have come first and have been passed over; only then is the layer read a second time.
    heard: told now and then how many more bytes of the blob were read. excluded: says which paths are taken for not
    there.
    Raises InputError: size, digest or diff_id is wrong, or it is no archive. UnavailableError: it cannot be fetched.
    """
    asked = Extractors(extractors)
    large = layer.descriptor.size >= _ASIDE_BYTES and cores() > 1
    with closing(Aside(asked)) if large else nullcontext() as aside:
        content = _once(repository, layer, lambda where: Collected(where, wanted, asked, excluded, aside=aside), heard)
    linked = {e.target for e in content.entries if e.kind == "hardlink" and (wanted(e.path) or asked.by_name(e.path))}
    passed = {e.path for e in content.entries if e.kind == "file" and e.path in linked and e.data is None}
    if not passed:
        return content
    again = _once(repository, layer, lambda where: Collected(where, passed.__contains__, Extractors(())), None)
    found = {entry.path: entry for entry in again.entries if entry.data is not None}
    names = {entry.target: entry.path for entry in content.entries if entry.kind == "hardlink"}
    entries = tuple(
        _looked_into(found[e.path], names[e.path], asked) if e.kind == "file" and e.path in found else e
        for e in content.entries
    )
    return replace(content, entries=entries)


def _looked_into(entry: Entry, name: str, extractors: Extractors) -> Entry:
    """Give a file that is wanted under another name with what the extractors for that name take."""
    data = entry.data or b""
    taken = ((extractor.name, extractor.extract(name, HeldContent(data))) for extractor in extractors.of(name, b""))
    return replace(entry, extracts=tuple(sorted(item for item in taken if item[1])))


def _once(
    repository: Repository,
    layer: Layer,
    collect: Callable[[str], Collected],
    heard: Callable[[int], None] | None,
) -> LayerContent:
    descriptor = layer.descriptor
    where = f"layer {descriptor.digest}"
    try:
        with repository.open_blob(descriptor) as blob:
            reader = _Counted(blob, heard)
            try:
                # A layer that is not compressed is its own blob: its bytes are hashed once, by the blob's reader.
                same = descriptor.digest == layer.diff_id and not compression(reader.look())
                pieces = inflate(reader, where)  # which reads to the end of the blob, so its digest is checked
                hasher = None if same else hashlib.sha256()
                if descriptor.size >= _AHEAD_BYTES:
                    with closing(read_ahead(pieces)) as ahead:
                        if hasher is None:
                            return _read(layer, ahead, collect(where), reader.report, hasher)
                        with closing(hash_beside(ahead, hasher.update)) as hashed:
                            return _read(layer, hashed, collect(where), reader.report, hasher)
                return _read(layer, _hashed(pieces, hasher), collect(where), reader.report, hasher)
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

    __slots__ = ("_done", "_first", "_heard", "_reader", "_told")

    def __init__(self, reader: BlobReader, heard: Callable[[int], None] | None) -> None:
        self._reader = reader
        self._heard = heard
        self._first = b""
        self._done = 0
        self._told = 0

    def look(self) -> bytes:
        """Give the first bytes, which `read` gives again."""
        self._first = self._reader.read(CHUNK_BYTES)
        return self._first

    def read(self, size: int = -1, /) -> bytes:
        if self._first:
            data, self._first = self._first, b""
            if 0 <= size < len(data):
                data, self._first = data[:size], data[size:]
        else:
            data = self._reader.read(size)
        self._done += len(data)
        return data

    def report(self) -> None:
        done = self._done
        if self._heard is not None and done > self._told:
            self._heard(done - self._told)
            self._told = done


def _hashed(pieces: Iterator[bytes], hasher: _Hash | None) -> Iterator[bytes]:
    for piece in pieces:
        if hasher is not None:
            hasher.update(piece)
        yield piece


def _read(
    layer: Layer, pieces: Iterator[bytes], found: Collected, report: Callable[[], None], hasher: _Hash | None
) -> LayerContent:
    """Read an archive. hasher: what its pieces pass through; None where they are the blob's, so its digest is right."""

    def reported() -> Iterator[bytes]:
        for piece in pieces:
            report()
            yield piece

    archive = TarReader(reported(), found.where)
    for member in archive:
        found.take(member, archive)
    report()
    diff_id = layer.descriptor.digest if hasher is None else Digest("sha256", hasher.hexdigest())
    if layer.diff_id is not None and layer.diff_id != diff_id:
        raise InputError(found.where, f"wrong diff_id: the image states {layer.diff_id}, the layer has {diff_id}")
    return found.content(replace(layer, diff_id=diff_id))
