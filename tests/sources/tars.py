"""Tar archives made by hand, member by member, also such as no tool would write."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Iterator

BLOCK = 512
END = bytes(2 * BLOCK)


def header(
    name: bytes,
    *,
    flag: bytes = b"0",
    size: int | bytes = 0,
    target: bytes = b"",
    magic: bytes = b"ustar\x0000",
    prefix: bytes = b"",
    tail: bytes = b"",
    checksum: bytes | None = None,
) -> bytes:
    """Give one header block; odd fields are given as bytes. tail: what stands from byte 345 on."""
    stated = size if isinstance(size, bytes) else b"%011o\0" % size
    start = name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + stated.rjust(12, b"0") + b"00000000000\0"
    rest = flag + target.ljust(100, b"\0") + magic.ljust(8, b"\0") + bytes(64) + b"0000000\0" * 2
    last = tail or prefix.ljust(155, b"\0")
    whole = start + b" " * 8 + rest + last.ljust(167, b"\0")
    assert len(whole) == BLOCK
    stated = b"%06o\0 " % sum(whole) if checksum is None else checksum
    return whole[:148] + stated + whole[156:]


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def member(name: bytes, data: bytes = b"", **fields: bytes) -> bytes:
    return header(name, size=len(data), **fields) + padded(data)


def pax(records: Iterable[tuple[str, bytes]], flag: bytes = b"x") -> bytes:
    """Give a pax header with its records."""
    data = b""
    for key, value in records:
        rest = len(key.encode()) + len(value) + 3
        length = rest + len(str(rest))
        length = rest + len(str(length))
        data += b"%d %s=%s\n" % (length, key.encode(), value)
    return member(b"pax", data, flag=flag)


def pieces(data: bytes, size: int = 1000) -> Iterator[bytes]:
    """Give an archive in pieces that fit no block."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def by_tarfile(data: bytes) -> list[tuple[str, str, int, str, bytes | None]]:
    """Read an archive with Python's tarfile, the oracle: (name, kind, size, target, content)."""
    found = []
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape", encoding="utf-8") as archive:
        for entry in archive:
            kind = (
                "file"
                if entry.isreg()
                else "directory"
                if entry.isdir()
                else "symlink"
                if entry.issym()
                else "hardlink"
                if entry.islnk()
                else "other"
            )
            content = archive.extractfile(entry) if entry.isreg() else None
            found.append((entry.name, kind, entry.size, entry.linkname, content.read() if content else None))
    return found
