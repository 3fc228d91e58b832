"""Reading the tiles of one published state."""

from __future__ import annotations

from pathlib import Path

from custody.errors import VerificationError
from custody.ledger import tiles
from custody.ledger.disk import read
from custody.ledger.merkle import EMPTY_ROOT, HASH_BYTES, node_hash, root_hash, split

__all__ = ["Reader"]

_MAX_BUNDLE_BYTES = tiles.WIDTH * (2 + tiles.MAX_ENTRY_BYTES)


class Reader:
    """The tiles of one published state. Every hash is read once; nothing is verified but shapes."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self.size = size
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def hashes(self, level: int, number: int) -> list[bytes]:
        """Give a tile; VerificationError where it is missing, InputError where its length is wrong."""
        key = level, number
        if key not in self._tiles:
            width = tiles.tile_width(level, number, self.size)
            data, name = self._run(level, number, width, tiles.WIDTH * HASH_BYTES)
            self._tiles[key] = tiles.parse_hashes(data[: width * HASH_BYTES], width, f"ledger: {name}")
        return self._tiles[key]

    def entries(self, number: int) -> list[bytes]:
        """Give an entry bundle, cut to what this state has of it."""
        width = tiles.tile_width(0, number, self.size)
        data, name = self._run("entries", number, width, _MAX_BUNDLE_BYTES)
        full = width if name.endswith(f".p/{width}") else tiles.WIDTH
        return tiles.parse_entries(data, full, f"ledger: {name}")[:width]

    def range_hash(self, low: int, high: int) -> bytes:
        """Give the root over the leaves from `low` up to, not including, `high`: one of the ranges that proofs name."""
        count = high - low
        if count & (count - 1) == 0 and low % count == 0:
            height = count.bit_length() - 1
            level, width = height // tiles.HEIGHT, 1 << height % tiles.HEIGHT
            first = low >> (tiles.HEIGHT * level)
            run = self.hashes(level, first // tiles.WIDTH)
            return root_hash(run[first % tiles.WIDTH :][:width])
        middle = low + split(count)
        return node_hash(self.range_hash(low, middle), self.range_hash(middle, high))

    def root(self) -> bytes:
        """Give the root over all leaves, as the tiles have it."""
        return self.range_hash(0, self.size) if self.size else EMPTY_ROOT

    def _run(self, level: int | str, number: int, width: int, max_bytes: int) -> tuple[bytes, str]:
        """Read a run of `width`, or the full one that replaced it."""
        names = dict.fromkeys([tiles.tile_path(level, number, width), tiles.tile_path(level, number)])
        for name in names:
            data = read(self.folder / name, max_bytes)
            if data is not None:
                return data, name
        raise VerificationError(f"ledger: {next(iter(names))}", "missing", "restore it from a copy")
