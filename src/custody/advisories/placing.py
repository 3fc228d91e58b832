"""Putting a database file where readers find it, together with its signature.

The signature lies beside the database and is named by its content: `advisories.db.<16 hex digits>.sigstore.json`, the
first of the SHA-256 of the file. It is put there before the database is moved into place, and that of the database
before stays until the next change: whoever opens a database at any moment finds its signature.
"""

from __future__ import annotations

import fcntl
import glob
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from custody.errors import UnavailableError
from custody.model import Digest

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["bundle_path", "bundles_beside", "digest_of", "move_into_place", "put_bundle", "temporary_beside"]

_SUFFIX = ".sigstore.json"
_DIGITS = 16
"""Of the digest in the name: it only has to tell apart what lies beside one database; the whole digest is signed."""


def bundle_path(path: Path, digest: Digest) -> Path:
    """Give where the signature of the database `path` lies, when it has this content."""
    return path.with_name(f"{path.name}.{digest.hex[:_DIGITS]}{_SUFFIX}")


def bundles_beside(path: Path) -> list[Path]:
    """Give the signatures that lie beside a database, of whatever content."""
    pattern = f"{glob.escape(path.name)}.{'[0-9a-f]' * _DIGITS}{_SUFFIX}"
    return sorted(path.parent.glob(pattern))


def digest_of(file: BinaryIO) -> Digest:
    """Give the SHA-256 of an open file. The interpreter is free meanwhile: other threads go on at full speed."""
    import hashlib
    import mmap

    if os.fstat(file.fileno()).st_size == 0:
        return Digest.of(b"")
    # As one piece: with a buffer, each one more would wait for the interpreter that the work in front holds.
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return Digest("sha256", hashlib.sha256(content).hexdigest())


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """Give a new file beside the database; it is locked while it is written, so that others do not clear it away."""
    begin, end = f".{path.name}-", ".partial"
    for left in sorted(path.parent.glob(f"{glob.escape(begin)}*{end}")):
        _clear_away(left)
    handle, name = tempfile.mkstemp(prefix=begin, suffix=end, dir=path.parent)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield Path(name)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        os.close(handle)


def move_into_place(temporary: Path, path: Path, *, signed: tuple[Digest, bytes] | None = None) -> None:
    """Put the complete file in place, so that after a crash either the old or the new one is there.

    signed: the digest of the file, and its bundle. Raises OSError.
    """
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.chmod(_mode(0o666))
    with _alone(path.parent):
        kept = set()
        if signed is not None:
            kept = {bundle_path(path, signed[0])}
            if path.exists():
                with path.open("rb") as file:
                    kept.add(bundle_path(path, digest_of(file)))
            _put(bundle_path(path, signed[0]), signed[1])
        temporary.replace(path)
        _sync(path.parent)
        if signed is not None:
            for old in set(bundles_beside(path)) - kept:
                old.unlink(missing_ok=True)


def put_bundle(path: Path, digest: Digest, bundle: bytes) -> Path:
    """Put a signature beside a database that lies there; give its path. UnavailableError: it cannot be written."""
    place = bundle_path(path, digest)
    try:
        with _alone(path.parent):
            _put(place, bundle)
    except OSError as error:
        raise UnavailableError(str(place), f"cannot be written: {error.strerror or error}") from None
    return place


def _put(place: Path, bundle: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{place.name}-", dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(bundle)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(_mode(0o666))
        Path(name).replace(place)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise
    _sync(place.parent)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one at a time change what lies in a folder: another would clear away the signature that is about to count."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _clear_away(left: Path) -> None:
    """Remove what an import left that was killed: nobody holds its lock."""
    with suppress(OSError), left.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        left.unlink()


def _mode(wanted: int) -> int:
    mask = os.umask(0)
    os.umask(mask)
    return wanted & ~mask


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
