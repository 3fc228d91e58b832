"""Where a tiled log keeps its hashes and entries, and how they are written.

    tile/<L>/<N>[.p/<W>]        the N-th run of 256 hashes at level L; each is the hash of a full tile of level L-1
    tile/entries/<N>[.p/<W>]    the N-th run of 256 entries, each with its length before it (two bytes, big-endian)

<N> is written in groups of three digits, all but the last after an `x`: 1234067 is x001/x234/067. `.p/<W>` is there
while a run is not full, with the W entries that it has. Nothing here touches a disk.

Spec: https://c2sp.org/tlog-tiles.
"""

from __future__ import annotations

from collections.abc import Sequence

from custody.errors import InputError
from custody.ledger.merkle import HASH_BYTES

__all__ = [
    "HEIGHT",
    "MAX_ENTRY_BYTES",
    "WIDTH",
    "encode_entries",
    "parse_entries",
    "parse_hashes",
    "tile_path",
    "tile_width",
]

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_ENTRY_BYTES = 0xFFFF  # the two bytes before each entry hold no larger number


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Give a tile's path below the log's folder.

    level: 0 to 63, or "entries"; number: N; width: 1 to 256; below 256 the tile is partial.
    """
    digits = f"{number:d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = "/".join([*("x" + group for group in groups[:-1]), groups[-1]])
    return f"tile/{level}/{path}" + (f".p/{width}" if width < WIDTH else "")


def tile_width(level: int, number: int, size: int) -> int:
    """Give how many hashes the tile has in a tree of `size` leaves: 0 where it is not there, at most 256."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - number * WIDTH))


def parse_hashes(data: bytes, width: int, where: str) -> list[bytes]:
    """Read a tile of `width` hashes; InputError where its length is another."""
    if len(data) != width * HASH_BYTES:
        raise InputError(where, f"expected {width} hashes, {width * HASH_BYTES} bytes, got {len(data)} bytes")
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """Give an entry bundle. Each entry has at most 65,535 bytes; InputError for a longer one."""
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise InputError(
                "ledger", f"an entry of {len(entry)} bytes; a log takes at most {MAX_ENTRY_BYTES}", "shorten the event"
            )
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_entries(data: bytes, width: int, where: str) -> list[bytes]:
    """Read an entry bundle of `width` entries; InputError where it has more, fewer, or half of one."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        entry = data[at + 2 : at + 2 + length]
        if at + 2 + length > len(data):
            raise InputError(
                where, f"ends in the middle of an entry, number {len(entries)} of {width}", "restore it from a copy"
            )
        entries.append(entry)
        at += 2 + length
    if len(entries) != width:
        raise InputError(where, f"expected {width} entries, got {len(entries)}", "restore it from a copy")
    return entries
