"""Blobs on their way: bytes that are counted and hashed while they pass."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

from custody.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from custody.model import Descriptor
    from custody.registry.interface import BlobReader, Repository

__all__ = ["CHUNK_BYTES", "RawReader", "VerifyingReader", "chunks", "read_blob", "verified_chunks"]

CHUNK_BYTES = 1024 * 1024
"""How much is read at a time: far above the cost of a call, far below what memory notices."""


class RawReader(Protocol):
    """What a verifying reader reads from: a file, a part of one, or a response."""

    def read(self, size: int, /) -> bytes:
        """Give up to `size` bytes, b"" at the end."""


class VerifyingReader:
    """Bytes of a blob, with size and digest checked; see `BlobReader` for what it promises."""

    def __init__(self, raw: RawReader, descriptor: Descriptor, where: str) -> None:
        """Read `raw` as the blob `descriptor`; errors name `where`."""
        self._raw = raw
        self._descriptor = descriptor
        self._where = where
        self._hash = hashlib.new(descriptor.digest.algorithm)
        self._left = descriptor.size
        self.verified = False
        """Whether the end was reached and size and digest were right."""

    @property
    def done(self) -> int:
        """How many bytes were read so far."""
        return self._descriptor.size - self._left

    def read(self, size: int = -1, /) -> bytes:
        """Give up to `size` bytes; see `BlobReader.read`."""
        if size < 0:
            return b"".join(iter(lambda: self.read(CHUNK_BYTES), b""))
        if self._left == 0:
            if not self.verified:  # a blob of no bytes
                self._check()
            return b""
        if size == 0:
            return b""
        data = self._raw.read(min(size, self._left))
        if not data:
            what = f"truncated: expected {self._descriptor.size} bytes, got {self.done}"
            raise InputError(self._where, what, "fetch it again from its publisher")
        self._hash.update(data)
        self._left -= len(data)
        if self._left == 0:
            self._check()
        return data

    def _check(self) -> None:
        if self._raw.read(1):
            raise InputError(self._where, f"longer than the {self._descriptor.size} bytes that its descriptor states")
        expected, got = self._descriptor.digest.hex, self._hash.hexdigest()
        if got != expected:
            algorithm = self._descriptor.digest.algorithm
            what = f"wrong digest: expected {algorithm}:{expected}, got {algorithm}:{got}"
            raise InputError(self._where, what, "fetch it again from its publisher")
        self.verified = True


def chunks(reader: BlobReader) -> Iterator[bytes]:
    """Give a blob piece by piece to its end."""
    while data := reader.read(CHUNK_BYTES):
        yield data


def verified_chunks(descriptor: Descriptor, data: Iterable[bytes], where: str) -> Iterator[bytes]:
    """Pass on `data`, but raise InputError instead of the end when it was not what `descriptor` says."""
    yield from chunks(VerifyingReader(_Pieces(data), descriptor, where))


class _Pieces:
    """An iterable of byte strings, read as a file."""

    def __init__(self, data: Iterable[bytes]) -> None:
        self._data = iter(data)
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        while not self._rest:
            piece = next(self._data, None)
            if piece is None:
                return b""
            self._rest = piece
        if len(self._rest) <= size:
            found, self._rest = self._rest, b""
        else:
            found, self._rest = self._rest[:size], self._rest[size:]
        return found


def read_blob(repository: Repository, descriptor: Descriptor, *, max_bytes: int) -> bytes:
    """Give a small blob whole: a configuration, a bundle, a document.

    Raises InputError: larger than `max_bytes`, or not what `descriptor` says. UnavailableError: not there.
    """
    if descriptor.size > max_bytes:
        where = f"{repository.name}@{descriptor.digest}"
        raise InputError(
            where, f"{descriptor.size} bytes are too much for {descriptor.media_type}: at most {max_bytes}"
        )
    with repository.open_blob(descriptor) as reader:
        return reader.read()
