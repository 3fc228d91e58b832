"""Compressed streams, told by their first bytes and not by what a media type claims: container runtimes do it so too.

Reads: gzip (RFC 1952, any number of members, zero padding behind them), zstd (RFC 8878, any number of frames,
skippable ones too) and what is not compressed at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from custody.errors import InputError
from custody.registry.blob import CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from custody.registry.blob import RawReader

__all__ = ["FREE_BYTES", "MAX_RATIO", "MAX_STREAM_BYTES", "compression", "inflate"]

MAX_STREAM_BYTES = 64 * 1024**3
"""What one stream may hold uncompressed: the largest layers seen (machine learning) are a third of it."""

FREE_BYTES = 2 * 1024**3
MAX_RATIO = 200
"""A stream may grow beyond `FREE_BYTES` only while it is at most `MAX_RATIO` times its compressed form.

Layers of files are 2 to 10 times. Zeros are 1,030 times (gzip) or 30,000 times (zstd): a bomb of 10 MB holds 10 GB
and is refused after two, within seconds; the holes of a real sparse file (a database, /var/log/lastlog) stay below
two, or come with other data.
"""

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"  # after a first byte 0x50…0x5f
_ZSTD_WINDOW_LOG = 27  # 128 MiB, what decoders must not exceed unasked (RFC 8878 section 3.1.1.1.2 recommends far less)
_OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"LZIP": "lzip", b"\x04\x22\x4d\x18": "lz4", b"PK\x03\x04": "zip"}
_INPUT_BYTES = 256 * 1024
_XZ_MEMORY_BYTES = 256 * 1024 * 1024  # `xz -9` needs 65 MiB to decompress; the format allows 4 GiB


def compression(head: bytes) -> str:
    """Give "gzip", "zstd", "" for anything that is not compressed, or the name of a compression that cannot be read."""
    if head[:2] == _GZIP:
        return "gzip"
    if head[:4] == _ZSTD or (head[1:4] == _ZSTD_SKIPPABLE and head[0] >> 4 == 5):
        return "zstd"
    return next((name for magic, name in _OTHERS.items() if head.startswith(magic)), "")


def inflate(reader: RawReader, where: str, *, layer: bool = True) -> Iterator[bytes]:
    """Give the uncompressed bytes of a stream in pieces of at most 1 MiB. `reader` is read to its end.

    layer: only what an image layer may be is inflated; archives of packages and of sources may be bzip2 and xz too.
    Raises InputError: damaged, cut short, too large, or compressed in a way that is not known here.
    """
    head = reader.read(_INPUT_BYTES)
    while head and len(head) < 6 and (more := reader.read(_INPUT_BYTES)):
        head += more
    kind = compression(head)
    if not kind:
        return _counted(head, reader, where)
    if kind == "gzip":
        from isal import isal_zlib

        return _members(head, reader, where, _Codec(kind, lambda: isal_zlib.decompressobj(wbits=31), isal_zlib.error))
    if kind == "zstd":
        zstd = _zstd()
        options = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
        return _members(
            head, reader, where, _Codec(kind, lambda: zstd.ZstdDecompressor(options=options), zstd.ZstdError)
        )
    if not layer and kind in {"bzip2", "xz"}:
        return _members(head, reader, where, _old_codec(kind))
    raise InputError(
        where, f"compressed with {kind}, which image layers may not be", "expected gzip, zstd or plain tar"
    )


def _old_codec(kind: str) -> _Codec:
    if kind == "bzip2":
        import bz2

        return _Codec(kind, bz2.BZ2Decompressor, OSError)
    import lzma

    return _Codec(kind, lambda: lzma.LZMADecompressor(memlimit=_XZ_MEMORY_BYTES), lzma.LZMAError)


def _zstd() -> Any:  # noqa: ANN401 - two modules with the same names
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]
    except ModuleNotFoundError:
        from backports import zstd  # type: ignore[no-redef, unused-ignore]
    return zstd


class _Codec:
    """A format whose streams are a row of members (gzip) or frames (zstd)."""

    __slots__ = ("begin", "error", "name")

    def __init__(self, name: str, begin: Callable[[], Any], error: Any) -> None:  # noqa: ANN401 - isal's stub has an object
        self.name = name
        self.begin = begin
        self.error = error


class _Meter:
    """Counts what comes out against what went in."""

    __slots__ = ("_taken", "_total", "_where")

    def __init__(self, where: str) -> None:
        self._where = where
        self._total = 0
        self._taken = 0

    def count(self, given: int, taken: int) -> None:
        self._total += given
        self._taken = taken
        if self._total > MAX_STREAM_BYTES:
            raise InputError(self._where, f"refused: larger than {MAX_STREAM_BYTES >> 30} GiB uncompressed")
        if self._total > FREE_BYTES and self._total > MAX_RATIO * taken:
            what = f"refused: {taken} compressed bytes gave more than {self._total} (over {MAX_RATIO} to 1), a bomb"
            raise InputError(self._where, what)


def _counted(head: bytes, reader: RawReader, where: str) -> Iterator[bytes]:
    total = 0
    while head:
        total += len(head)
        if total > MAX_STREAM_BYTES:
            raise InputError(where, f"refused: larger than {MAX_STREAM_BYTES >> 30} GiB")
        yield head
        head = reader.read(CHUNK_BYTES)


def _members(head: bytes, reader: RawReader, where: str, codec: _Codec) -> Iterator[bytes]:
    meter = _Meter(where)
    member = codec.begin()
    data = head
    taken = len(head)
    fresh = False  # between two members
    while True:
        if not data:
            data = reader.read(_INPUT_BYTES)
            taken += len(data)
            if not data:
                if fresh:
                    return
                raise InputError(where, f"truncated at byte {taken} of its compressed form", "fetch it again")
        if fresh:
            if codec.name == "gzip":
                data = data.lstrip(b"\0")  # padding, as tapes and some builders leave it
            if not data:
                continue
            member = codec.begin()
            fresh = False
        try:
            piece = member.decompress(data, CHUNK_BYTES)
            meter.count(len(piece), taken)
            while piece:
                yield piece
                piece = b"" if member.eof else member.decompress(_kept(member), CHUNK_BYTES)
                meter.count(len(piece), taken)
        except codec.error as error:
            raise InputError(where, f"damaged: not valid {codec.name} near byte {taken}: {error}") from None
        data = b""
        if member.eof:
            data, fresh = member.unused_data, True


def _kept(member: Any) -> bytes:  # noqa: ANN401 - the objects of two libraries
    """Give what a decompressor wants to be given again: isal's hands its input back, zstd's keeps it."""
    return getattr(member, "unconsumed_tail", b"")
