"""The ledger's files: read with limits, written so that a crash leaves either the old content or the new one.

A file is written under another name, `.next`, flushed to the disk (fsync) and renamed; `Writes.flush` then flushes the
folders, so that after it returns the names are on the disk too. A crash leaves at most that one file behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from custody.errors import InputError, UnavailableError

__all__ = ["Writes", "locked", "read", "write_key"]

_POLL_SECONDS = 0.02
_INTACT = "the ledger is as it was before"


def read(path: Path, max_bytes: int) -> bytes | None:
    """Give a file's content, None where there is no such file; InputError where it is longer than `max_bytes`."""
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UnavailableError(str(path), f"cannot be read: {error.strerror}") from None
    if len(data) > max_bytes:
        raise InputError(str(path), f"larger than {max_bytes} bytes", "restore it from a copy")
    return data


class Writes:
    """A set of files written durably, and then made so together with their names.

    folder: where `.next` is; on the same file system as the files. Whoever writes there is alone (see `locked`).
    """

    def __init__(self, folder: Path) -> None:
        self._next = folder / ".next"
        self._folders: set[Path] = set()

    def put(self, path: Path, data: bytes) -> None:
        """Write one file, replacing what is there. UnavailableError: read-only, full, or broken disk."""
        try:
            self._make_folder(path.parent)
            try:
                with self._next.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                self._next.replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    self._next.unlink(missing_ok=True)
                raise
            self._folders.add(path.parent)
        except OSError as error:
            raise UnavailableError(str(path), f"cannot be written: {error.strerror}", _INTACT) from None

    def flush(self, fix: str = _INTACT) -> None:
        """Flush the folders of all that was put. fix: what to say where that fails."""
        for folder in sorted(self._folders):
            try:
                handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)
            except OSError as error:
                raise UnavailableError(str(folder), f"cannot be written: {error.strerror}", fix) from None
        self._folders.clear()

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        self._folders.add(folder.parent)


def write_key(path: Path, text: str) -> None:
    """Write a private key that must not be there yet, mode 0600: whole, on the disk, or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(beside, path)  # unlike a rename, it refuses to take the place of another key
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise UnavailableError(str(path), f"cannot be written: {error.strerror}") from None


@contextlib.contextmanager
def locked(path: Path, timeout_seconds: float) -> Iterator[None]:
    """Hold the lock file `path` alone, across processes and threads. The system lets go of it when a process dies.

    Raises UnavailableError: another one holds it for longer than `timeout_seconds`, or the file cannot be opened.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise UnavailableError(str(path), f"cannot be written: {error.strerror}", _INTACT) from None
    try:
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() >= deadline:
                    raise UnavailableError(
                        str(path),
                        f"another process has been writing for {timeout_seconds:g} s",
                        "try again when it is done",
                    ) from None
                time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(handle)
