"""Records compressed one by one with a dictionary, which each kind of record has of its own.

A record of a few hundred bytes compresses to a fifth of itself when the compressor has seen others of its kind. The
first thousand of a kind are held back and the dictionary is trained on them (https://facebook.github.io/zstd/, "small
data compression"); it stays with the database, so that later ones of the kind use it too.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["Packer", "Unpacker", "zstd_library"]

_SAMPLES = 1000
_SAMPLE_BYTES = 4 << 20
_FEWEST = 100
"""Of fewer records no dictionary is trained: it would be larger than what it saves."""
_SMALLEST, _LARGEST = 4 << 10, 64 << 10
_SHARE = 24
"""Of the bytes of the samples that the dictionary may take."""
_LEVEL = 6
_LONGEST = 256 << 20
"""Bytes of one record, inflated: what a feed may bring, and more."""


def zstd_library() -> Any:  # noqa: ANN401 - a module
    """Give the module that compresses: of Python itself from 3.14 on."""
    if sys.version_info >= (3, 14):
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]
    else:
        from backports import zstd  # type: ignore[no-redef, unused-ignore]
    return zstd


class Packer:
    """Takes the bytes of records and gives them on compressed, as (number of the record, pack, data)."""

    def __init__(self, connection: sqlite3.Connection, give: Callable[[tuple[int, int, bytes]], None]) -> None:
        """Take a database that has the schema's tables. give: called for each record, in no particular order."""
        self._connection = connection
        self._give = give
        self._zstd = zstd_library()
        self._packs: dict[str, tuple[int, Any]] = {}
        self._waiting: dict[str, dict[int, bytes]] = {}
        self._bytes: dict[str, int] = {}
        for number, name, dictionary in connection.execute("SELECT number, name, dictionary FROM pack"):
            self._packs[name] = (number, self._compressor(dictionary))

    def put(self, kind: str, number: int, body: bytes) -> None:
        """Take one record. kind: those of one kind share a dictionary."""
        pack = self._packs.get(kind)
        if pack is not None:
            self._give((number, pack[0], pack[1](body)))
            return
        waiting = self._waiting.setdefault(kind, {})
        waiting[number] = body
        self._bytes[kind] = self._bytes.get(kind, 0) + len(body)
        if len(waiting) >= _SAMPLES or self._bytes[kind] >= _SAMPLE_BYTES:
            self._train(kind)

    def drop(self, number: int) -> bytes | None:
        """Forget a record that is still held back, and give it; None where it is not."""
        return next((w.pop(number) for w in self._waiting.values() if number in w), None)

    def flush(self) -> None:
        """Give on all that is held back."""
        for kind in sorted(self._waiting):
            self._train(kind)

    def _train(self, kind: str) -> None:
        waiting = self._waiting.pop(kind)
        size = self._bytes.pop(kind)
        number, dictionary = 0, b""
        if len(waiting) >= _FEWEST:
            try:
                wanted = max(_SMALLEST, min(_LARGEST, size // _SHARE))
                dictionary = self._zstd.train_dict(list(waiting.values()), wanted).dict_content
            except self._zstd.ZstdError:  # records that have too little in common
                dictionary = b""
        compress = self._compressor(dictionary)
        if dictionary:
            (number,) = self._connection.execute("SELECT COALESCE(MAX(number), 0) + 1 FROM pack").fetchone()
            self._connection.execute("INSERT INTO pack VALUES (?, ?, ?)", (number, kind, dictionary))
            self._packs[kind] = (number, compress)
        for record, body in waiting.items():
            self._give((record, number, compress(body)))

    def _compressor(self, dictionary: bytes) -> Callable[[bytes], bytes]:
        zstd = self._zstd
        options = {zstd.CompressionParameter.compression_level: _LEVEL, zstd.CompressionParameter.dict_id_flag: 0}
        trained = zstd.ZstdDict(dictionary).as_digested_dict if dictionary else None
        compressor = zstd.ZstdCompressor(options=options, zstd_dict=trained)
        whole = compressor.FLUSH_FRAME

        def compress(body: bytes) -> bytes:
            compressor.set_pledged_input_size(len(body))
            data: bytes = compressor.compress(body, whole)
            return data

        return compress


class Unpacker:
    """Gives the bytes of records back."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take a database; dictionaries are read when they are first needed."""
        self._connection = connection
        self._zstd = zstd_library()
        self._dictionaries: dict[int, Any] = {0: None}

    def body(self, number: int) -> bytes:
        """Give the bytes of one record; ValueError or LookupError where the database is damaged."""
        row = self._connection.execute("SELECT pack, data FROM body WHERE number = ?", (number,)).fetchone()
        if row is None:
            message = f"record {number} is missing"
            raise LookupError(message)
        return self._unpack(*row)

    def bodies(self) -> Iterator[tuple[int, bytes]]:
        """Give (number, bytes) of every record, by number."""
        for number, pack, data in self._connection.execute("SELECT number, pack, data FROM body ORDER BY number"):
            yield number, self._unpack(pack, data)

    def _unpack(self, pack: int, data: bytes) -> bytes:
        try:
            if pack not in self._dictionaries:
                query = "SELECT dictionary FROM pack WHERE number = ?"
                ((dictionary,),) = self._connection.execute(query, (pack,)).fetchall()
                self._dictionaries[pack] = self._zstd.ZstdDict(dictionary)
            frame = self._zstd.ZstdDecompressor(zstd_dict=self._dictionaries[pack])
            body: bytes = frame.decompress(data, _LONGEST)
        except (self._zstd.ZstdError, MemoryError) as error:
            raise ValueError(str(error) or "a record that inflates to more than memory holds") from None
        if not frame.eof:
            message = "a record is cut short, or inflates without end"
            raise ValueError(message)
        return body
