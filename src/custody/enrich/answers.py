"""Answers that were got before, kept by address on this machine.

    cache = AnswerCache(folder)
    cache.save("https://npm.example/ms/2.1.3", Remembered(status=200, etag='"1"', asked_at=now, body=b"…"))

What a registry says of a released version hardly changes: an answer counts for a week, "not there" for a day; after
that it is asked for again with its ETag. A cache that cannot be read or written is no error.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import zlib
from pathlib import Path

import msgspec

__all__ = ["MAX_AGE_SECONDS", "MAX_AGE_SECONDS_ABSENT", "MAX_CACHE_BYTES", "AnswerCache", "Remembered"]

MAX_AGE_SECONDS = 7 * 24 * 3600.0
MAX_AGE_SECONDS_ABSENT = 24 * 3600.0
MAX_CACHE_BYTES = 256 << 20
"""What all answers together may take; the oldest go first. One of them, compressed, has about a kilobyte."""
_MAX_BODY_BYTES = 64 << 20
_SUFFIX = ".answer"


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. status: 200 or 404; asked_at: seconds since 1970; body: b"" for 404."""

    status: int
    etag: str = ""
    asked_at: float
    body: bytes = b""

    def is_fresh(self, now: float) -> bool:
        """Say whether it need not be asked for again. One from the future is not: a clock was wrong."""
        age = now - self.asked_at
        return 0 <= age < (MAX_AGE_SECONDS if self.status == 200 else MAX_AGE_SECONDS_ABSENT)


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    """A file: MessagePack; the body is deflated. address: so that no file can answer for another address."""

    address: str
    status: int
    etag: str
    asked_at: float
    body: bytes


class AnswerCache:
    """Files in a folder of the user's own, which is made when something is put in."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, and make room in it where it has grown too large."""
        self._folder = folder
        with contextlib.suppress(OSError):
            _make_room(folder)

    def load(self, address: str) -> Remembered | None:
        """Give the answer that was got last, None where there is none that can be read."""
        try:
            record = msgspec.msgpack.decode(self._path(address).read_bytes(), type=_Record)
            reader = zlib.decompressobj()
            body = reader.decompress(record.body, _MAX_BODY_BYTES)
        except (OSError, ValueError, zlib.error):
            return None
        if record.address != address or not reader.eof or record.status not in (200, 404):
            return None
        return Remembered(status=record.status, etag=record.etag, asked_at=record.asked_at, body=body)

    def save(self, address: str, answer: Remembered) -> None:
        """Keep an answer, whole or not at all."""
        record = _Record(
            address=address,
            status=answer.status,
            etag=answer.etag,
            asked_at=answer.asked_at,
            body=zlib.compress(answer.body),
        )
        path = self._path(address)
        with contextlib.suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(msgspec.msgpack.encode(record))
                Path(temporary).replace(path)
            except OSError:
                with contextlib.suppress(OSError):
                    Path(temporary).unlink()
                raise

    def _path(self, address: str) -> Path:
        name = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / name[:2] / f"{name}{_SUFFIX}"


def _make_room(folder: Path) -> None:
    found = [(path.stat(), path) for path in folder.glob(f"*/*{_SUFFIX}")]
    total = sum(status.st_size for status, _ in found)
    for status, path in sorted(found, key=lambda item: item[0].st_mtime_ns):
        if total <= MAX_CACHE_BYTES:
            return
        path.unlink(missing_ok=True)
        total -= status.st_size
