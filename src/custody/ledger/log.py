"""The log on disk: appending, reading, proving.

    checkpoint              the signed state: which entries count is what it says, and nothing else
    tile/…                  hashes and entries, see `tiles`
    lock                    empty; whoever appends holds it
    .next                   the file that is being written

An append works in this order, so that killing it at any point loses no acknowledged entry and shows no half of one:

1. take the lock, verify the checkpoint, read the right edge of the tree and check it against the checkpoint;
2. remove what an append that was cut short has left; write the tiles and entry bundles that change, under names that
   no published checkpoint needs, and flush them to the disk;
3. replace the checkpoint in one step, and flush that: now the entries are in the log;
4. remove partial tiles that a full one replaced.

What a crash between 2 and 3 leaves behind is not in the log. Partial tiles of every published size stay until the full
tile is there, so that readers need no lock.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from custody.errors import InputError, UnavailableError, VerificationError
from custody.ledger import tiles
from custody.ledger.audit import LedgerState, verify_folder
from custody.ledger.disk import Writes, locked, read, write_key
from custody.ledger.merkle import (
    EMPTY_ROOT,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    root_hash,
    verify_consistency,
    verify_inclusion,
)
from custody.ledger.note import MAX_BYTES, Checkpoint, LogKey, VerifierKey
from custody.ledger.proof import encode_proof
from custody.ledger.reader import Reader

__all__ = ["Ledger"]

LOCK_TIMEOUT_SECONDS = 30.0  # an append takes milliseconds; a slow disk under load takes seconds
_REPAIR = "run `custody audit verify` to see what is wrong, and restore the ledger from a copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """An append-only log in a folder.

    verifier_key: who signs its checkpoints; key: to sign with, None where it is not at hand.
    """

    folder: Path
    verifier_key: VerifierKey
    key_path: Path
    _key: LogKey | None = None

    @classmethod
    def open(cls, folder: Path, *, key_path: Path, origin: str = "", create: bool = True) -> Ledger:
        """Open the log in `folder`, or begin one.

        key_path: the private key (mode 0600), with the public one beside it as `.pub`, a vkey line; made together with
        the log. The public one alone is enough to read and verify. origin: the log's name; "" takes the name in the
        key, and for a new log one made from its key. create: False refuses to begin a log.

        Raises UnavailableError: no log, no key, or a disk that cannot be written; VerificationError: the key is of
        another log, or the log that it belongs to is gone; InputError: not a key.
        """
        try:
            has_log = (folder / "checkpoint").exists()
            has_tiles, has_lock = (folder / "tile").exists(), (folder / "lock").exists()
            has_key = key_path.exists() or key_path.with_suffix(".pub").exists()
        except OSError as error:
            raise UnavailableError(str(folder), f"cannot be read: {error.strerror}") from None
        if not has_log and has_tiles:
            raise VerificationError(
                f"{folder}/checkpoint", "missing, but the log's tiles are there", "restore it from a copy"
            )
        if not has_log:
            if not create:
                raise UnavailableError(str(folder), "there is no ledger here", "`custody release` begins one")
            if has_key and not has_lock:  # with the lock there, a first start was cut short
                raise VerificationError(
                    str(folder),
                    f"the ledger is gone that the key {key_path} belongs to",
                    "restore the folder from a copy, or move the key away to begin a new ledger",
                )
            return cls._create(folder, key_path, origin)
        ledger = cls._with_key(folder, key_path)
        if origin and ledger.origin != origin:
            raise VerificationError(str(folder), f"expected a ledger of the origin {origin!r}, got {ledger.origin!r}")
        return ledger

    @classmethod
    def _create(cls, folder: Path, key_path: Path, origin: str) -> Ledger:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnavailableError(str(folder), f"cannot be written: {error.strerror}") from None
        with locked(folder / "lock", LOCK_TIMEOUT_SECONDS):
            if (folder / "checkpoint").exists():  # another process was first
                return cls._with_key(folder, key_path)
            if not key_path.exists():
                write_key(key_path, LogKey.generate(origin).encode())
            key = cls._load_key(key_path)
            empty = Checkpoint(origin=key.verifier.name, size=0, root=EMPTY_ROOT).signed(key)
            for path, data in (
                (key_path.with_suffix(".pub"), f"{key.verifier}\n".encode()),
                (folder / "checkpoint", empty.note),
            ):
                writes = Writes(path.parent)
                writes.put(path, data)
                writes.flush()
        return cls(folder=folder, verifier_key=key.verifier, key_path=key_path, _key=key)

    @classmethod
    def _with_key(cls, folder: Path, key_path: Path) -> Ledger:
        public_path = key_path.with_suffix(".pub")
        public = read(public_path, 4096)
        known = None if public is None else VerifierKey.parse(_text(public, public_path), str(public_path))
        if key_path.exists():
            key = cls._load_key(key_path)
            if known is not None and known != key.verifier:
                raise VerificationError(
                    str(public_path), f"is not the public half of {key_path}", "restore both from a copy"
                )
            return cls(folder=folder, verifier_key=key.verifier, key_path=key_path, _key=key)
        if known is None:
            raise UnavailableError(str(key_path), "the ledger's key is missing", "restore it, or its .pub to read only")
        return cls(folder=folder, verifier_key=known, key_path=key_path)

    @staticmethod
    def _load_key(path: Path) -> LogKey:
        data = read(path, 4096)
        if data is None:
            raise UnavailableError(str(path), "the ledger's key is missing", "restore it from a copy")
        return LogKey.parse(_text(data, path), str(path))

    @property
    def origin(self) -> str:
        """Give the log's name."""
        return self.verifier_key.name

    @property
    def size(self) -> int:
        """Give the number of entries, as the checkpoint now says."""
        return self.checkpoint().size

    def checkpoint(self) -> Checkpoint:
        """Read the signed state; VerificationError or InputError where it is not this log's."""
        path = self.folder / "checkpoint"
        data = read(path, MAX_BYTES)
        if data is None:
            raise VerificationError("ledger: checkpoint", "missing", "restore it from a copy")
        return Checkpoint.verify(data, self.verifier_key, "ledger: checkpoint")

    def append(self, events: Sequence[bytes]) -> list[int]:
        """Add entries in order, and give their indices.

        When this returns, they are on the disk and in the signed state.

        Raises UnavailableError: the disk is full or read-only, another process holds the log, or the private key is not
        at hand: nothing was added; VerificationError, InputError: the log on disk is damaged, or an entry has more than
        65,535 bytes.
        """
        if self._key is None:
            raise UnavailableError(str(self.key_path), "the ledger's private key is missing", "restore it from a copy")
        tiles.encode_entries(events)  # refuses one that is too long, before anything is touched
        if not events:
            return []
        with locked(self.folder / "lock", LOCK_TIMEOUT_SECONDS):
            old = self.checkpoint()
            edges, entries = self._right_edge(old)
            self._remove_unpublished(old.size, len(edges))
            size, writes = old.size, Writes(self.folder)
            changed: set[int] = set()
            for event in events:
                entries.append(event)
                self._add(edges, 0, leaf_hash(event), size, writes, changed)
                size += 1
                if len(entries) == tiles.WIDTH:
                    writes.put(self._path("entries", size // tiles.WIDTH - 1), tiles.encode_entries(entries))
                    entries.clear()
            for level in sorted(changed):
                if edges[level]:
                    number = size >> (tiles.HEIGHT * (level + 1))
                    writes.put(self._path(level, number, len(edges[level])), b"".join(edges[level]))
            if entries:
                writes.put(self._path("entries", size // tiles.WIDTH, len(entries)), tiles.encode_entries(entries))
            writes.flush()
            new = Checkpoint(origin=self.origin, size=size, root=_edges_root(edges)).signed(self._key)
            writes.put(self.folder / "checkpoint", new.note)
            writes.flush("whether the new entries are in the ledger is not sure; look with `custody audit log`")
            self._remove_partials(old.size, size)
        return list(range(old.size, size))

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Give the entries from index `start` up to, not including, `stop`, each checked against its leaf hash.

        stop: None for all.
        Raises VerificationError naming an entry that was changed; `verify_all` checks the leaf hashes themselves.
        """
        reader = Reader(self.folder, self.checkpoint().size)
        stop = reader.size if stop is None else min(stop, reader.size)
        for number in range(start // tiles.WIDTH, -(-stop // tiles.WIDTH)):
            hashes = reader.hashes(0, number)
            for offset, entry in enumerate(reader.entries(number)):
                index = number * tiles.WIDTH + offset
                if leaf_hash(entry) != hashes[offset]:
                    name = tiles.tile_path(0, number, len(hashes))
                    raise VerificationError("ledger", f"entry {index} does not match {name}", _REPAIR)
                if start <= index < stop:
                    yield entry

    def entry(self, index: int) -> bytes:
        """Give one entry; InputError where there is none of that index."""
        self._check_index(index, self.checkpoint().size)
        return next(self.entries(index, index + 1))

    def prove_inclusion(self, index: int) -> bytes:
        """Give a proof file (c2sp.org/tlog-proof@v1) for one entry; it was verified before it is given.

        Raises InputError: no such entry; VerificationError: the log is damaged where the proof would come from.
        """
        checkpoint = self.checkpoint()
        self._check_index(index, checkpoint.size)
        reader = Reader(self.folder, checkpoint.size)
        hashes = [reader.range_hash(low, high) for low, high in inclusion_ranges(index, checkpoint.size)]
        try:
            verify_inclusion(
                leaf_hash=leaf_hash(self.entry(index)),
                index=index,
                size=checkpoint.size,
                proof=hashes,
                root=checkpoint.root,
            )
        except VerificationError as error:
            raise VerificationError("ledger", error.what, _REPAIR) from None
        return encode_proof(index, hashes, checkpoint.note)

    def verify_all(self, known: Checkpoint | None = None) -> LedgerState:
        """Recompute the whole log from its entries, and compare it with every tile and the checkpoint.

        known: a checkpoint of this log kept from before, which must be one of its earlier states. Without one, a folder
        that was put back whole to an older state cannot be told from one that never grew. Raises VerificationError or
        InputError naming the entry, tile or checkpoint that is wrong.
        """
        return verify_folder(self.folder, self.checkpoint(), known)

    def prove_consistency(self, old: Checkpoint) -> list[bytes]:
        """Give the hashes that prove to a holder of `old` that the log only grew since; verified before they are given.

        Raises VerificationError: the log is not a continuation of `old`.
        """
        new = self.checkpoint()
        if old.size > new.size:
            raise VerificationError(
                "ledger", f"has {new.size} entries, but had {old.size} before", "it was rolled back"
            )
        reader = Reader(self.folder, new.size)
        ranges = consistency_ranges(old.size, new.size) if old.size else []
        hashes = [reader.range_hash(low, high) for low, high in ranges]
        verify_consistency(old=old.size, old_root=old.root, new=new.size, new_root=new.root, proof=hashes)
        return hashes

    def _check_index(self, index: int, size: int) -> None:
        if not 0 <= index < size:
            raise InputError(
                "ledger", f"there is no entry {index}", f"it has the entries 0 to {size - 1}" if size else "it is empty"
            )

    def _path(self, level: int | str, number: int, width: int = tiles.WIDTH) -> Path:
        return self.folder / tiles.tile_path(level, number, width)

    def _right_edge(self, checkpoint: Checkpoint) -> tuple[list[list[bytes]], list[bytes]]:
        """Give the hashes of the last, partial tile of each level, and the entries of the last, partial bundle."""
        reader = Reader(self.folder, checkpoint.size)
        edges: list[list[bytes]] = []
        level = 0
        while checkpoint.size >> (tiles.HEIGHT * level):
            count = checkpoint.size >> (tiles.HEIGHT * level)
            edges.append(list(reader.hashes(level, count // tiles.WIDTH)) if count % tiles.WIDTH else [])
            level += 1
        if _edges_root(edges) != checkpoint.root:
            raise VerificationError("ledger", "the tiles do not give the root that the checkpoint states", _REPAIR)
        last = checkpoint.size // tiles.WIDTH
        entries = reader.entries(last) if checkpoint.size % tiles.WIDTH else []
        for offset, entry in enumerate(entries):
            if leaf_hash(entry) != edges[0][offset]:
                name = tiles.tile_path(0, last, len(entries))
                raise VerificationError("ledger", f"entry {last * tiles.WIDTH + offset} does not match {name}", _REPAIR)
        return edges, entries

    def _add(
        self, edges: list[list[bytes]], level: int, value: bytes, index: int, writes: Writes, changed: set[int]
    ) -> None:
        """Add one hash to a level; a tile that it fills is written, and its root goes up.

        index: of the hash at its level.
        """
        if level == len(edges):
            edges.append([])
        edges[level].append(value)
        changed.add(level)
        if len(edges[level]) == tiles.WIDTH:
            writes.put(self._path(level, index // tiles.WIDTH), b"".join(edges[level]))
            self._add(edges, level + 1, root_hash(edges[level]), index // tiles.WIDTH, writes, changed)
            edges[level].clear()

    def _remove_unpublished(self, size: int, levels: int) -> None:
        """Remove runs beyond the published state.

        Else one would still lie there when the log has grown past it otherwise.

        An append writes the runs of each level in order, so they follow the right edge without a gap.
        """
        try:
            for level in (*range(levels + 1), "entries"):
                number = size >> (tiles.HEIGHT * ((0 if level == "entries" else int(level)) + 1))
                width = tiles.tile_width(0 if level == "entries" else int(level), number, size)
                partials = self._path(level, number).with_name(self._path(level, number).name + ".p")
                for path in partials.iterdir() if partials.is_dir() else ():
                    if path.name.isdigit() and int(path.name) > width:
                        path.unlink()
                while self._remove_run(self._path(level, number), keep_partials=width > 0):
                    number, width = number + 1, 0
        except OSError as error:
            raise UnavailableError(str(self.folder), f"cannot be written: {error.strerror}") from None

    @staticmethod
    def _remove_run(path: Path, *, keep_partials: bool) -> bool:
        """Remove a full run, and its partial ones; say whether there was any."""
        partials = path.with_name(path.name + ".p")
        found = path.exists()
        path.unlink(missing_ok=True)
        if not keep_partials and partials.is_dir():
            found = True
            shutil.rmtree(partials)
        return found

    def _remove_partials(self, old: int, new: int) -> None:
        """Remove the partial tiles in place of which a full one is there now. That may fail: they do no harm."""
        level = 0
        while new >> (tiles.HEIGHT * (level + 1)):
            shift = tiles.HEIGHT * (level + 1)
            if old >> shift < new >> shift:
                names: tuple[int | str, ...] = (level, "entries") if level == 0 else (level,)
                for name in names:
                    with contextlib.suppress(OSError):
                        path = self._path(name, old >> shift)
                        shutil.rmtree(path.with_name(path.name + ".p"))
            level += 1


def _edges_root(edges: list[list[bytes]]) -> bytes:
    """Give the root of the tree whose last tiles are `edges`.

    Fold its complete subtrees from the smallest to the largest.
    """
    value = b""
    for run in edges:  # level by level, each to the left of the one before
        at = len(run)
        while at:
            width = at & -at
            subtree = root_hash(run[at - width : at])
            value = node_hash(subtree, value) if value else subtree
            at -= width
    return value or EMPTY_ROOT


def _text(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(str(path), "not a ledger's key: not UTF-8", "restore it from a copy") from None
