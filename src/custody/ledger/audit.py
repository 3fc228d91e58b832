"""The whole log recomputed from its entries: every tile, every hash and the checkpoint must be what they give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from custody.errors import InputError, VerificationError
from custody.ledger import tiles
from custody.ledger.disk import read
from custody.ledger.merkle import EMPTY_ROOT, HASH_BYTES, leaf_hash, root_hash
from custody.ledger.note import Checkpoint
from custody.ledger.reader import Reader

__all__ = ["LedgerState", "verify_folder"]

_RESTORE = "restore it from a copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerState:
    """A log that was found whole. remains: files that belong to no published state, such as a crash leaves behind."""

    checkpoint: Checkpoint
    remains: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Give the number of entries."""
        return self.checkpoint.size

    @property
    def root(self) -> bytes:
        """Give the root hash, 32 bytes."""
        return self.checkpoint.root


def verify_folder(folder: Path, checkpoint: Checkpoint, known: Checkpoint | None = None) -> LedgerState:
    """Recompute everything from the entries.

    1. `checkpoint` is the log's signed state: the caller has verified its signature.
    2. Every entry hashes to its leaf in the tiles of level 0.
    3. Every tile, partial ones of older states included, holds what the entries give.
    4. The root over the leaves is the checkpoint's.
    5. `known`, a checkpoint that somebody kept from before, is a state that this log went through. Without one, a
       folder that was put back whole to an older state cannot be told from one that never grew.

    Raises VerificationError or InputError naming the entry, tile or checkpoint that is wrong.
    Spec: C2SP tlog-tiles; RFC 6962 section 2.1.
    """
    reader = Reader(folder, checkpoint.size)  # 1
    leaves: list[bytes] = []
    suspects: list[int] = []
    for number in range(-(-checkpoint.size // tiles.WIDTH)):  # 2
        ours = [leaf_hash(entry) for entry in reader.entries(number)]
        theirs = reader.hashes(0, number)
        suspects += [number * tiles.WIDTH + i for i, leaf in enumerate(ours) if leaf != theirs[i]]
        leaves += ours
    root = root_hash(leaves)
    if suspects:
        raise _blame(suspects[0], reader, entries_agree=root == checkpoint.root, checkpoint=checkpoint)
    remains = sorted(_verify_tiles(folder, leaves))  # 3
    if root != checkpoint.root:  # 4
        raise VerificationError("ledger: checkpoint", "its root is not that of the entries and tiles", _RESTORE)
    if known is not None:  # 5
        _verify_known(known, leaves)
    return LedgerState(checkpoint=checkpoint, remains=tuple(remains))


def _blame(index: int, reader: Reader, *, entries_agree: bool, checkpoint: Checkpoint) -> VerificationError:
    """Say which of an entry and its leaf hash was changed, by asking which of them the signed root agrees with."""
    name = tiles.tile_path(0, index // tiles.WIDTH, tiles.tile_width(0, index // tiles.WIDTH, reader.size))
    if entries_agree:
        return VerificationError(
            f"ledger: {name}", f"its hash of entry {index} is wrong, while the entry is right", _RESTORE
        )
    try:
        tiles_agree = reader.root() == checkpoint.root
    except (InputError, VerificationError):
        tiles_agree = False
    changed = "and the tile is right: the entry was changed" if tiles_agree else "and neither gives the signed root"
    return VerificationError("ledger", f"entry {index} does not match {name}, {changed}", _RESTORE)


def _verify_tiles(folder: Path, leaves: list[bytes]) -> Iterator[str]:
    """Compare every file below `tile/` with what the entries give; yield the names of those that no state needs."""
    levels: list[bytes] = [b"".join(leaves)]
    while len(levels[-1]) >= tiles.WIDTH * HASH_BYTES:
        levels.append(b"".join(map(root_hash, _full_runs(levels[-1]))))
    size = len(leaves)
    reader = Reader(folder, size)
    for height, data in enumerate(levels):
        for number in range(-(-len(data) // (tiles.WIDTH * HASH_BYTES))):
            reader.hashes(height, number)  # the tile that the present state needs is there
    for path in sorted((folder / "tile").glob("**/*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            continue
        place = _place(name)
        if place is None:
            yield name
            continue
        level, number, width = place
        at = number * tiles.WIDTH
        hashes = levels[0] if level == "entries" else levels[int(level)] if int(level) < len(levels) else b""
        have = len(hashes) // HASH_BYTES
        if at + width > have:
            yield name
            continue
        run = read(path, tiles.WIDTH * (2 + tiles.MAX_ENTRY_BYTES))
        if run is None:
            continue  # an append has just replaced this partial tile by a full one
        if level == "entries":
            run = b"".join(map(leaf_hash, tiles.parse_entries(run, width, f"ledger: {name}")))
        if run != hashes[at * HASH_BYTES : (at + width) * HASH_BYTES]:
            raise VerificationError(f"ledger: {name}", "does not hold what the entries give", _RESTORE)


def _verify_known(known: Checkpoint, leaves: list[bytes]) -> None:
    if known.size > len(leaves):
        raise VerificationError(
            "ledger", f"has {len(leaves)} entries, but had {known.size} before: it was put back", _RESTORE
        )
    root = root_hash(leaves[: known.size]) if known.size else EMPTY_ROOT
    if root != known.root:
        raise VerificationError(
            "ledger", f"its first {known.size} entries are not those of before: it was rewritten", _RESTORE
        )


def _full_runs(data: bytes) -> Iterator[list[bytes]]:
    step = tiles.WIDTH * HASH_BYTES
    for start in range(0, len(data) - step + 1, step):
        yield [data[i : i + HASH_BYTES] for i in range(start, start + step, HASH_BYTES)]


def _place(name: str) -> tuple[int | str, int, int] | None:
    """Give level, number and width of a path, or None where no tile is called so."""
    parts = name.split("/")[1:]
    width = tiles.WIDTH
    if len(parts) > 2 and parts[-2].endswith(".p"):
        if not parts[-1].isdigit():
            return None
        width = int(parts.pop()[:4])
        parts[-1] = parts[-1].removesuffix(".p")
    digits = "".join(part.removeprefix("x") for part in parts[1:])
    if not digits.isdigit() or not (parts[0] == "entries" or parts[0].isdigit()) or len(digits) > 18:
        return None
    level: int | str = "entries" if parts[0] == "entries" else int(parts[0][:3])
    number = int(digits)
    return (
        (level, number, width) if 1 <= width <= tiles.WIDTH and tiles.tile_path(level, number, width) == name else None
    )
