"""rpm's own database (`Packages.db`: SUSE since SLES 15 SP3 and openSUSE Leap 15.3).

Pages of slots, 16 bytes each, say where the header of each package stands, in blocks of 16 bytes; all little-endian.

Spec: rpm's `lib/backend/ndb/rpmpkg.c`: "RpmP" file header (version 0), "Slot", "BlbS" … "BlbE" with an Adler-32.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from custody.errors import InputError

__all__ = ["is_ndb", "read_ndb"]

_HEADER = struct.Struct("<4sIIIIII4x")  # magic, version, generation, slot pages, next package, two unused
_SLOT = struct.Struct("<4sIII")  # magic, package, first block, blocks
_HEAD = struct.Struct("<4sIII")  # magic, package, generation, bytes
_TAIL = struct.Struct("<II4s")  # Adler-32, bytes, magic
_BLOCK = 16
_PAGE = 4096
_MAX_SLOT_PAGES = 4096  # a million packages


def is_ndb(head: bytes) -> bool:
    """Say whether the first bytes are of an ndb file."""
    return head.startswith(b"RpmP")


def read_ndb(data: bytes, where: str) -> Iterator[tuple[str, bytes | InputError]]:
    """Give ("record N", header blob) for each package, or what is wrong with that one.

    Raises InputError: it is not a database of this kind.
    """
    if len(data) < _HEADER.size:
        raise InputError(where, "damaged ndb database: shorter than its header")
    magic, version, _, pages, *_ = _HEADER.unpack_from(data)
    if magic != b"RpmP" or version != 0:
        raise InputError(where, f"expected an ndb database of version 0, got {magic!r}, version {version}")
    if not 0 < pages <= _MAX_SLOT_PAGES or pages * _PAGE > len(data):
        raise InputError(where, f"damaged ndb database: {pages} pages of slots in {len(data)} bytes")
    for offset in range(_HEADER.size, pages * _PAGE, _SLOT.size):
        slot, number, block, blocks = _SLOT.unpack_from(data, offset)
        place = f"record {number}"
        if slot != b"Slot":
            yield f"slot {offset // _SLOT.size}", InputError(where, "damaged ndb database: a slot without its magic")
            return
        if block:  # 0: the slot is free
            try:
                yield place, _blob(data, number, block * _BLOCK, blocks * _BLOCK, f"{where}:{place}")
            except InputError as error:
                yield place, error


def _blob(data: bytes, number: int, start: int, room: int, where: str) -> bytes:
    if room < _HEAD.size + _TAIL.size or start + room > len(data):
        raise InputError(where, "damaged: its blocks leave the file")
    magic, package, _, length = _HEAD.unpack_from(data, start)
    end = start + room - _TAIL.size
    checksum, again, tail = _TAIL.unpack_from(data, end)
    if magic != b"BlbS" or tail != b"BlbE" or package != number or again != length:
        raise InputError(where, "damaged: head and tail of the header do not fit")
    if length > room - _HEAD.size - _TAIL.size:
        raise InputError(where, f"damaged: {length} bytes do not fit its {room // _BLOCK} blocks")
    if zlib.adler32(data[start:end]) != checksum:
        raise InputError(where, "damaged: wrong Adler-32 checksum")
    return data[start + _HEAD.size : start + _HEAD.size + length]
