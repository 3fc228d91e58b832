"""How the content of a member is read, for archives that are no tar: as `TarReader` does it for its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from custody.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from custody.sources.tar import Member

__all__ = ["Passing", "Pieces", "Stream"]

_STEP = 1024 * 1024


class Passing(Protocol):
    """The member at hand of an archive that is read in one pass."""

    def peek(self, length: int, /) -> bytes:
        """Give the first bytes of the member, before any of it was read."""

    def some(self, length: int, /) -> bytes:
        """Give the next bytes of the member, of which at least `length` are left."""

    def data(self, member: Member, /) -> bytes:
        """Give the whole content of the member. The caller has looked at its size."""


class Stream:
    """A member that has a stream of its own. read(length) gives up to so many bytes."""

    def __init__(self, read: Callable[[int], bytes], size: int, where: str) -> None:
        """Read a member of `size` bytes; errors name `where`."""
        self._read = read
        self._left = size
        self._where = where
        self._head = b""

    def peek(self, length: int, /) -> bytes:
        """Give the first bytes; see `Passing.peek`."""
        length = min(length, self._left)
        while len(self._head) < length and (data := self._read(length - len(self._head))):
            self._head += data
        return self._head[:length]

    def some(self, length: int, /) -> bytes:
        """Give the next bytes; see `Passing.some`."""
        pieces, self._head = [self._head[:length]], self._head[length:]
        missing = length - len(pieces[0])
        while missing:
            data = self._read(min(missing, _STEP))
            if not data:
                raise InputError(self._where, "truncated: a file in it ends before its stated size")
            missing -= len(data)
            pieces.append(data)
        self._left -= length
        return b"".join(pieces)

    def data(self, member: Member, /) -> bytes:
        """Give the whole content; see `Passing.data`."""
        return self.some(member.stored)


class Pieces(Stream):
    """Members one behind another in a row of pieces: `begin` one, and `finish` steps over what nobody read of it."""

    def __init__(self, pieces: Iterator[bytes], where: str) -> None:
        """Read from pieces of any length; errors name `where`."""
        self._pieces = pieces
        self._rest = b""
        super().__init__(self._next, 0, where)

    def _next(self, length: int) -> bytes:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = piece
        found, self._rest = self._rest[:length], self._rest[length:]
        return found

    def begin(self, size: int) -> None:
        """Go to a member of `size` bytes, which begins here."""
        self._left = size

    def finish(self) -> None:
        """Go behind the member."""
        while self._left:
            self.some(min(self._left, _STEP))

    def take(self, length: int) -> bytes:
        """Give bytes that belong to no member."""
        self._left += length
        return self.some(length)
