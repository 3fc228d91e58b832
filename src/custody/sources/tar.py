"""Tar archives as a stream of members.

Reads: POSIX ustar and pax (IEEE Std 1003.1-2017, pax, "Extended Description"), GNU tar (long names, base-256 numbers,
sparse files in the old form and in pax forms 0.0, 0.1 and 1.0: GNU tar manual, "Tar Internals"), star's ustar, and
headers older than all of them.

Two readers that see different files in one archive are a way past a scanner. So this one sees what container runtimes
see, which is what Go's archive/tar sees, and refuses what the common readers take differently: a global pax record
that renames or resizes, a single zero block with more behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from custody.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BLOCK", "MAX_META_BYTES", "Member", "TarReader"]

BLOCK = 512

MAX_META_BYTES = 1024 * 1024
"""The largest pax or long-name header, as in Go: paths end at 4 kB, extended attributes at 64 kB."""

_MAX_SPARSE_PIECES = 1_000_000  # of one file: each costs memory before a byte of it is read
_ZERO = bytes(BLOCK)
_KINDS = {
    b"0": "file",
    b"\0": "file",
    b"7": "file",  # contiguous: a hint to ancient file systems
    b"S": "file",  # sparse, old GNU form
    b"1": "hardlink",
    b"2": "symlink",
    b"5": "directory",
}
_EXTENDED = frozenset((b"x", b"X", b"g", b"L", b"K"))
"""Headers that say more of the member behind them (X: as Solaris wrote x)."""

_NO_DATA = frozenset(b"123456")
"""Links, devices, directories and pipes have no data, whatever their size field says: so in Go and in Python."""


@dataclass(slots=True)
class Member:
    """One member as the archive states it.

    name, target: as written, undecodable bytes as surrogate escapes; kind: a kind of `custody.model.Entry`, never a
    whiteout. size: of the file; stored: how many bytes stand in the archive (less, for a sparse file). pieces:
    (offset, length) of what a sparse file stores, None for an ordinary one. offset: of its header in the uncompressed
    archive.
    """

    name: str
    kind: str
    size: int
    stored: int
    mode: int
    target: str
    offset: int
    pieces: list[tuple[int, int]] | None = None


class TarReader:
    """Reads an archive in one pass: iterate, and call `data` for the member at hand."""

    def __init__(self, blocks: Iterator[bytes], where: str) -> None:
        """Read the uncompressed archive from pieces of any length; errors name `where`."""
        self._blocks = blocks
        self._where = where
        self._buffer = b""
        self._position = 0
        self._before = 0  # bytes of the archive before the buffer
        self._left = 0  # bytes of the present member, with its padding, that were not read yet
        self._modes: dict[bytes, int] = {}  # a layer has thousands of members and a handful of modes

    @property
    def offset(self) -> int:
        """How far the archive was read, in bytes."""
        return self._before + self._position

    def __iter__(self) -> Iterator[Member]:
        """Give the members to the end of the archive, and read what is behind it too: a digest is over all of it."""
        while (member := self._next()) is not None:
            padding = -member.stored % BLOCK
            self._left = member.stored + padding
            yield member
            if self._left:
                self._skip(self._left)
        for _ in self._blocks:
            pass

    def data(self, member: Member) -> bytes:
        """Give the content of the member at hand, holes filled with zeros. The caller has looked at its size."""
        self._left = -member.stored % BLOCK
        stored = self._take(member.stored)
        if member.pieces is None:
            return stored
        whole = bytearray(member.size)
        position = 0
        for start, length in member.pieces:
            whole[start : start + length] = stored[position : position + length]
            position += length
        return bytes(whole)

    def peek(self, length: int) -> bytes:
        """Give the first bytes of the member at hand, before any of it was read, as far as they are at hand.

        They are, but where a piece of the archive ends within them: then more of it is fetched.
        """
        length = min(length, self._left)
        found = self._buffer[self._position : self._position + length]
        if len(found) < length:
            rest = self._buffer[self._position :]
            self._before += self._position
            while len(rest) < length:
                piece = next(self._blocks, b"")
                if not piece:
                    break
                rest += piece
            self._buffer, self._position = rest, 0
            found = rest[:length]
        return found

    def some(self, length: int) -> bytes:
        """Give the next bytes of the member at hand (an ordinary file), of which at least `length` are left."""
        self._left -= length
        return self._take(length)

    # ── headers ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _next(self) -> Member | None:
        """Read headers up to the next member; None at the end of the archive."""
        pax: dict[str, str] = {}
        sparse: list[tuple[int, int]] = []
        long_name = long_target = ""
        first = True
        while True:
            offset = self.offset
            header = self._header(first=first)
            if header is None:
                return None
            first = False
            flag = header[156:157]
            if flag not in _EXTENDED:
                break
            if flag == b"L":
                long_name = _text(self._meta(header, offset))
            elif flag == b"K":
                long_target = _text(self._meta(header, offset))
            elif flag == b"g":
                self._global(header, offset)
                first = not (pax or long_name or long_target)
            else:
                pax, sparse = self._pax(header, offset)
        member = self._member(header, offset)
        if pax:
            member.name = pax.get("path", member.name)
            member.target = pax.get("linkpath", member.target)
            if "size" in pax and header[156] not in _NO_DATA:
                member.size = member.stored = self._decimal(pax["size"], member.offset)
        # Where both forms give a name, the GNU one counts: so in Go.
        member.name = long_name or member.name
        member.target = long_target or member.target
        if pax and member.kind == "file" and flag != b"S":
            self._pax_sparse(member, pax, sparse)
        if flag == b"S":
            self._old_sparse(member, header)
        if flag == b"\0" and member.name.endswith("/"):
            member.kind, member.size, member.stored = "directory", 0, 0  # as it was before ustar
        return member

    def _header(self, *, first: bool) -> bytes | None:
        header = self._block()
        if header is None or header == _ZERO:
            if not first:
                raise self._fault(self.offset, "an extended header with no member behind it")
            if header is not None:
                following = self._block()
                if following not in (None, _ZERO):
                    raise self._fault(self.offset - BLOCK, "more follows after a single block of zeros")
            return None
        stated = header[148:156]
        digits = stated.strip(b" \0")
        # Zeros add nothing, and most of a header is zeros: without them the sum takes a third of the time.
        got = sum(header.translate(None, b"\0")) - sum(stated) + 8 * 32
        if digits.translate(None, b"01234567") or not digits:
            raise self._damaged()
        if int(digits, 8) != got and int(digits, 8) != _signed_sum(header):
            raise self._damaged()
        return header

    def _member(self, header: bytes, offset: int) -> Member:
        flag = header[156:157]
        size = self._number(header[124:136], "size")
        if header[156] in _NO_DATA:
            size = 0
        mode = header[100:108]
        if mode not in self._modes:
            self._modes[mode] = self._number(mode, "mode") & 0o7777
        name = _text(header[:100])
        magic = header[257:265]
        if header[345] and (magic[:6] == b"ustar\0" or (magic == b"ustar  \0" and _has_prefix(header))):
            length = 131 if header[508:512] == b"tar\0" else 155  # star keeps times behind a shorter prefix
            name = f"{_text(header[345 : 345 + length])}/{name}"
        return Member(
            name=name,
            kind=_KINDS.get(flag, "other"),
            size=size,
            stored=size,
            mode=self._modes[mode],
            target=_text(header[157:257]) if header[157] else "",
            offset=offset,
        )

    def _meta(self, header: bytes, offset: int) -> bytes:
        """Read the data of a header that describes the next one."""
        size = self._number(header[124:136], "size")
        if size > MAX_META_BYTES:
            raise self._fault(offset, f"an extended header of {size} bytes: at most {MAX_META_BYTES} are read")
        return self._take(size + -size % BLOCK)[:size]

    def _pax(self, header: bytes, offset: int) -> tuple[dict[str, str], list[tuple[int, int]]]:
        """Read `length key=value` records (an empty value takes an earlier one back), and a map of sparse form 0.0."""
        data = self._meta(header, offset)
        found: dict[str, str] = {}
        starts: list[int] = []
        lengths: list[int] = []
        position = 0
        while position < len(data):
            space = data.find(b" ", position, position + 12)
            digits = data[position:space]
            end = position + int(digits) if space > 0 and digits.isdigit() else 0
            record = data[space + 1 : end]
            key, equals, value = record.partition(b"=")
            if end <= space + 1 or end > len(data) or not equals or not key or record[-1:] != b"\n":
                raise self._fault(offset, "a pax header with a broken record")
            name, text = _decode(key), _decode(value[:-1])
            if name == "GNU.sparse.offset":
                starts.append(self._decimal(text, offset))
            elif name == "GNU.sparse.numbytes":
                lengths.append(self._decimal(text, offset))
            if text:
                found[name] = text
            else:
                found.pop(name, None)
            position = end
        if len(starts) != len(lengths):
            raise self._fault(offset, "a pax header with a broken map of a sparse file")
        return found, list(zip(starts, lengths, strict=True))

    def _global(self, header: bytes, offset: int) -> None:
        records, _ = self._pax(header, offset)
        for key in records:
            if key in {"path", "linkpath", "size"} or key.startswith("GNU.sparse."):
                # POSIX gives it to every later member, Go to none.
                raise self._fault(offset, f"a global pax header sets {key!r}, which readers take differently")

    def _pax_sparse(self, member: Member, pax: dict[str, str], sparse: list[tuple[int, int]]) -> None:
        if pax.get("GNU.sparse.major") == "1" and pax.get("GNU.sparse.minor") == "0":
            size = self._decimal(pax.get("GNU.sparse.realsize", ""), member.offset)
            pieces = self._map_in_data(member)
        elif "GNU.sparse.map" in pax:
            size = self._decimal(pax.get("GNU.sparse.size", ""), member.offset)
            numbers = [self._decimal(n, member.offset) for n in pax["GNU.sparse.map"].split(",")]
            pieces = self._pairs(numbers, member.offset)
        elif "GNU.sparse.size" in pax:
            size = self._decimal(pax["GNU.sparse.size"], member.offset)
            pieces = sparse
        else:
            return
        member.name = pax.get("GNU.sparse.name", member.name)
        self._set_pieces(member, size, pieces)

    # ── sparse files ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _old_sparse(self, member: Member, header: bytes) -> None:
        pieces = self._old_pieces(header[386:482])
        more = header[482]
        while more:
            block = self._take(BLOCK)
            pieces += self._old_pieces(block[:504])
            more = block[504]
            if len(pieces) > _MAX_SPARSE_PIECES:
                raise self._fault(member.offset, f"a sparse file of more than {_MAX_SPARSE_PIECES} pieces")
        self._set_pieces(member, self._number(header[483:495], "real size"), pieces)

    def _old_pieces(self, data: bytes) -> list[tuple[int, int]]:
        found = []
        for start in range(0, len(data), 24):
            if not data[start]:
                break
            found.append(
                (
                    self._number(data[start : start + 12], "sparse"),
                    self._number(data[start + 12 : start + 24], "sparse"),
                )
            )
        return found

    def _map_in_data(self, member: Member) -> list[tuple[int, int]]:
        """Read the map of sparse form 1.0, which stands in front of the data: decimal lines, padded to a block."""
        left = member.stored
        numbers: list[int] = []
        text = b""
        while not numbers or len(numbers) < 1 + 2 * numbers[0]:
            if left < BLOCK or len(numbers) > 2 * _MAX_SPARSE_PIECES:
                raise self._fault(member.offset, "a sparse file whose map is broken")
            *lines, text = (text + self._take(BLOCK)).split(b"\n")
            left -= BLOCK
            if len(text) > BLOCK:
                raise self._fault(member.offset, "a sparse file whose map is broken")
            numbers += [self._decimal(_decode(line), member.offset) for line in lines]
        member.stored = left
        return self._pairs(numbers[1 : 1 + 2 * numbers[0]], member.offset)

    def _pairs(self, numbers: list[int], offset: int) -> list[tuple[int, int]]:
        if len(numbers) % 2:
            raise self._fault(offset, "a sparse file whose map is broken")
        return list(zip(numbers[::2], numbers[1::2], strict=True))

    def _set_pieces(self, member: Member, size: int, pieces: list[tuple[int, int]]) -> None:
        end = 0
        for start, length in pieces:
            if start < end or start + length > size:
                raise self._fault(member.offset, "a sparse file whose pieces overlap or go past its end")
            end = start + length
        if sum(length for _, length in pieces) != member.stored:
            raise self._fault(member.offset, "a sparse file whose pieces are not as long as its data")
        member.size = size
        member.pieces = pieces

    # ── bytes and numbers ────────────────────────────────────────────────────────────────────────────────────────────

    def _block(self) -> bytes | None:
        """Give the next block, None where the archive ends before it."""
        end = self._position + BLOCK
        if end <= len(self._buffer):
            block = self._buffer[self._position : end]
            self._position = end
            return block
        if self._position == len(self._buffer) and not self._refill():
            return None
        return self._take(BLOCK)

    def _refill(self) -> bool:
        for piece in self._blocks:
            if piece:
                self._before += len(self._buffer)
                self._buffer, self._position = piece, 0
                return True
        return False

    def _take(self, size: int) -> bytes:
        found = self._buffer[self._position : self._position + size]
        self._position += len(found)
        if len(found) == size:
            return found
        pieces = [found]
        missing = size - len(found)
        while missing:
            if not self._refill():
                raise self._truncated()
            piece = self._buffer[:missing]
            self._position = len(piece)
            missing -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def _skip(self, size: int) -> None:
        end = self._position + size
        while end > len(self._buffer):
            end -= len(self._buffer)
            self._position = len(self._buffer)
            if not self._refill():
                raise self._truncated()
        self._position = end

    def _number(self, field: bytes, name: str) -> int:
        """Read octal digits between spaces and NULs (as Go does), or base-256 where the first bit is set (GNU)."""
        if field[0] & 0x80:
            value = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
            if field[0] & 0x40 or value >= 1 << 63:
                raise self._fault(self.offset - BLOCK, f"a header whose {name} is negative or beyond 63 bits")
            return value
        digits = field.strip(b" \0").partition(b"\0")[0].rstrip(b" ")
        if digits.translate(None, b"01234567"):  # int() would take signs, underscores and more
            raise self._fault(self.offset - BLOCK, f"a header whose {name} is no octal number")
        return int(digits, 8) if digits else 0

    def _decimal(self, text: str, offset: int) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 19):
            raise self._fault(offset, f"a pax header with {text[:40]!r} where a number is expected")
        return int(text)

    def _damaged(self) -> InputError:
        return self._fault(self.offset - BLOCK, "not a tar header, or a damaged one: its checksum is wrong")

    def _truncated(self) -> InputError:
        return InputError(self._where, f"truncated at byte {self.offset}", "fetch it again from its publisher")

    def _fault(self, offset: int, what: str) -> InputError:
        return InputError(self._where, f"at byte {offset}: {what}")


def _has_prefix(header: bytes) -> bool:
    """Say whether a GNU header has a name prefix where times belong: as Go before 1.9 and early Docker wrote it."""
    return any(byte not in b"01234567 \0" for byte in header[345:369]) and not (
        header[345] & 0x80 or header[357] & 0x80
    )


def _signed_sum(header: bytes) -> int:
    """Give the checksum as some ancient tars took it, over signed bytes."""
    return sum(byte - 256 if byte > 127 else byte for byte in header[:148] + header[156:]) + 8 * 32


def _text(field: bytes) -> str:
    return _decode(field.partition(b"\0")[0])


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
