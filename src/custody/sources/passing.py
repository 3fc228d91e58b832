"""One file of an archive while it passes by, as something that can be read at any offset.

What was passed is held until the extractor is done: in memory while it is little, on disk (a file without a name) where
it is more, so that a program of gigabytes costs no memory. Nothing that nobody asks for is held.
"""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from custody.sources.members import Passing
    from custody.sources.tar import Member

__all__ = ["MEMORY_BYTES", "PassingContent"]

MEMORY_BYTES = 8 * 1024 * 1024
"""What is held in memory of one file."""

_STEP = 64 * 1024  # asked for at once, so that many small reads of a head are one


class PassingContent:
    """See `custody.model.Content`. Used as a context manager it lets go of what it holds."""

    def __init__(self, member: Member, archive: Passing, data: bytes | None = None) -> None:
        """Read the member at hand of `archive`; data: its content, where that was read already."""
        whole = data
        if whole is None and member.pieces is not None:  # holes: rare, and put together by the reader
            whole = archive.data(member)
        self._archive = archive
        self._size = member.size
        self._held = bytearray() if whole is None else whole
        self._passed = 0 if whole is None else len(whole)
        self._file: BinaryIO | None = None

    @property
    def size(self) -> int:
        """Give the file's length in bytes."""
        return self._size

    def read(self, offset: int, length: int, /) -> bytes:
        """Give `length` bytes from `offset`, fewer where the file ends."""
        if offset < 0 or length <= 0 or offset >= self._size:
            return b""
        end = min(offset + length, self._size)
        while self._passed < end:
            self._pass(min(max(end - self._passed, _STEP), self._size - self._passed))
        if self._file is not None:
            return os.pread(self._file.fileno(), end - offset, offset)
        return bytes(self._held[offset:end])

    def _pass(self, length: int) -> None:
        # At most a piece of the archive at a time: a jump to the end of a large file must not hold all of it.
        data = self._archive.some(min(length, MEMORY_BYTES))
        if self._file is None and self._passed + len(data) > MEMORY_BYTES:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by `__exit__`
            self._file.write(self._held)
            self._held = bytearray()
        if self._file is not None:
            self._file.write(data)
        else:
            self._held += data
        self._passed += len(data)

    def __enter__(self) -> Self:
        """Give the content itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Let go of what is held."""
        if self._file is not None:
            self._file.close()
