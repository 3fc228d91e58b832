"""rpm's database in a Berkeley DB hash file (`Packages`: RHEL and CentOS up to 8, Fedora up to 32, SLES up to 12).

The pages are read in their order, not by the hash: every key with its value stands on some page of the type "hash",
and a header, being large, in a chain of overflow pages that it points to.

Spec: Berkeley DB 5.3, `dbinc/db_page.h`: DBMETA, HMETA33, PAGE, HKEYDATA, HOFFPAGE. Numbers are in the byte order of
the machine that made the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from custody.errors import InputError
from custody.inventory.rpm_header import MAX_HEADER_BYTES

__all__ = ["is_berkeley", "read_berkeley"]

_HASH_MAGIC = 0x00061561
_HASH_META, _HASH_UNSORTED, _HASH, _OVERFLOW = 8, 2, 13, 7
_KEY_DATA, _OFF_PAGE = 1, 3
_PAGE_HEADER = 26
_CHECKSUMS = 0x01  # DBMETA_CHKSUM: page headers are longer then; rpm never asks for it


def is_berkeley(head: bytes) -> bool:
    """Say whether the first 16 bytes are of a Berkeley DB hash file, in either byte order."""
    return len(head) >= 16 and _HASH_MAGIC in struct.unpack("<I", head[12:16]) + struct.unpack(">I", head[12:16])


def read_berkeley(data: bytes, where: str) -> Iterator[tuple[str, bytes | InputError]]:
    """Give ("record N", header blob) for each package, or what is wrong with that one.

    Raises InputError: it is not a Berkeley DB hash file, or not one that rpm makes.
    """
    if len(data) < 512 or not is_berkeley(data[:16]):
        raise InputError(where, "not a Berkeley DB hash file")
    order = "<" if struct.unpack_from("<I", data, 12)[0] == _HASH_MAGIC else ">"
    (size,) = struct.unpack_from(f"{order}I", data, 20)
    encrypted, kind, flags = data[24], data[25], data[26]
    if kind != _HASH_META or not 512 <= size <= 65_536 or size & (size - 1):
        raise InputError(where, f"damaged Berkeley DB file: page size {size}, type {kind}")
    if encrypted or flags & _CHECKSUMS:
        raise InputError(where, "a Berkeley DB file with encryption or checksums, which rpm does not make")
    pages = _Pages(data, order, size, where)
    for number in range(1, len(data) // size):
        if data[number * size + 25] in (_HASH, _HASH_UNSORTED):
            yield from pages.records(number)


class _Pages:
    def __init__(self, data: bytes, order: str, size: int, where: str) -> None:
        self._data = data
        self._size = size
        self._where = where
        self._count = len(data) // size
        self._short = struct.Struct(f"{order}H")
        self._long = struct.Struct(f"{order}I")
        self._order = order

    def records(self, number: int) -> Iterator[tuple[str, bytes | InputError]]:
        """Give what stands on one page: key and value take turns."""
        base = number * self._size
        (entries,) = self._short.unpack_from(self._data, base + 20)
        if _PAGE_HEADER + 2 * entries > self._size:
            place = f"page {number}"
            yield place, InputError(f"{self._where}:{place}", f"damaged: {entries} entries do not fit a page")
            return
        offsets = [*struct.unpack_from(f"{self._order}{entries}H", self._data, base + _PAGE_HEADER)]
        for index in range(0, entries - 1, 2):
            place = f"page {number} entry {index // 2}"
            try:
                key = self._item(base, offsets, index)
                if len(key) == 4 and key != b"\0\0\0\0":  # record 0 is rpm's counter
                    place = f"record {self._long.unpack(key)[0]}"
                    yield place, self._item(base, offsets, index + 1)
            except InputError as error:
                yield place, error

    def _item(self, base: int, offsets: list[int], index: int) -> bytes:
        """Give an item's bytes. Items fill the page from its end, so each one reaches up to the one before it."""
        start, end = offsets[index], offsets[index - 1] if index else self._size
        if not _PAGE_HEADER <= start < end <= self._size:
            raise InputError(self._where, f"damaged: an item at {start} of page {base // self._size}")
        kind = self._data[base + start]
        if kind == _KEY_DATA:
            return self._data[base + start + 1 : base + end]
        if kind == _OFF_PAGE and end - start >= 12:
            page, length = struct.unpack_from(f"{self._order}II", self._data, base + start + 4)
            return self._chain(page, length)
        raise InputError(self._where, f"an item of type {kind} on page {base // self._size}, which rpm does not make")

    def _chain(self, page: int, length: int) -> bytes:
        if length > min(MAX_HEADER_BYTES, len(self._data)):
            raise InputError(self._where, f"damaged: a value of {length} bytes in a file of {len(self._data)}")
        pieces: list[bytes] = []
        total = 0
        while page and total < length:
            base = page * self._size
            if page >= self._count or self._data[base + 25] != _OVERFLOW:
                raise InputError(self._where, f"damaged: page {page} is no overflow page")
            (used,) = self._short.unpack_from(self._data, base + 22)
            if not 0 < used <= self._size - _PAGE_HEADER:
                raise InputError(self._where, f"damaged: overflow page {page} holds {used} bytes")
            pieces.append(self._data[base + _PAGE_HEADER : base + _PAGE_HEADER + used])
            total += used
            (page,) = self._long.unpack_from(self._data, base + 16)
        if total < length:
            raise InputError(self._where, f"damaged: {total} of {length} bytes of a value are there")
        return b"".join(pieces)[:length]
