"""Zip archives of records, read without extracting them: names are never used as paths.

Spec: PKWARE APPNOTE.TXT 6.3, sections 4.3.7 (local header) and 4.3.12 (central directory). The directory is read by
`zipfile`; the members are inflated here, straight from the mapped file, which is several times faster for many
small ones.
"""

from __future__ import annotations

import mmap
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from custody.errors import InputError, UnavailableError

__all__ = ["MAX_ARCHIVE_BYTES", "MAX_RECORD_BYTES", "read_archive"]

MAX_RECORD_BYTES = 32 << 20
"""The largest record of the whole OSV database is below 5 MB."""
MAX_ARCHIVE_BYTES = 32 << 30
"""Of all records together, inflated: many times the whole OSV database. Stops a bomb of overlapping members."""
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_ENCRYPTED = 0x1


def read_archive(path: Path, where: str) -> Iterator[tuple[str, bytes | InputError]]:
    """Yield (name, content) of every member that ends in .json.

    In place of the content of a member that cannot be read there is an InputError.
    Raises InputError: not a zip, cut short, or inflating to more than `MAX_ARCHIVE_BYTES`; UnavailableError: not
    readable.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            members = [m for m in archive.infolist() if m.filename.endswith(".json")]
            if not members:
                return
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield from _members(data, members, where)
    except OSError as error:
        raise UnavailableError(where, f"cannot be read: {error.strerror or error}") from None
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
        struct.error,
        ValueError,
        EOFError,
        IndexError,
    ) as error:
        fix = "it may have been cut short: fetch it again"
        raise InputError(where, f"not a readable zip archive: {error or type(error).__name__}", fix) from None


def _members(data: mmap.mmap, members: list[zipfile.ZipInfo], where: str) -> Iterator[tuple[str, bytes | InputError]]:
    total = 0
    for member in members:
        content: bytes | InputError
        try:
            content = _member(data, member)
            total += len(content)
        except InputError as error:
            content = InputError(f"{where}:{member.filename}", error.what)
        if total > MAX_ARCHIVE_BYTES:
            raise InputError(where, f"inflates to more than {MAX_ARCHIVE_BYTES >> 30} GiB")
        yield member.filename, content


def _member(data: mmap.mmap, member: zipfile.ZipInfo) -> bytes:
    offset = member.header_offset
    header = data[offset : offset + _LOCAL_HEADER.size] if offset >= 0 else b""
    if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
        raise InputError("", "its header is not where the directory says")
    name_length, extra_length = _LOCAL_HEADER.unpack(header)[-2:]
    start = offset + _LOCAL_HEADER.size + name_length + extra_length
    packed = data[start : start + member.compress_size]
    if len(packed) != member.compress_size:
        raise InputError("", "cut short")
    if member.flag_bits & _ENCRYPTED:
        raise InputError("", "encrypted")
    if member.compress_type == zipfile.ZIP_STORED:
        content = packed
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        content = _inflate(packed)
    else:
        raise InputError("", f"compressed by method {member.compress_type}, which no OSV mirror uses")
    if len(content) > MAX_RECORD_BYTES:
        raise InputError("", f"larger than {MAX_RECORD_BYTES >> 20} MiB")
    if zlib.crc32(content) != member.CRC:
        raise InputError("", "its checksum is wrong")
    return content


def _inflate(packed: bytes) -> bytes:
    from isal import isal_zlib

    inflater: Any = isal_zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content: bytes = inflater.decompress(packed, MAX_RECORD_BYTES + 1)
    except isal_zlib.error as error:  # type: ignore[misc]
        raise InputError("", f"cannot be inflated: {error}") from None
    if len(content) <= MAX_RECORD_BYTES and not inflater.eof:
        raise InputError("", "cut short")
    return content
