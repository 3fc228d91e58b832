"""One file that is an archive, as the tree of what is in it: what a package, a wheel or a source tarball would install.

Told by its first bytes, whatever its name: tar (plain, or in gzip, zstd, bzip2 or xz), zip (so wheels, jars, NuGet
packages), ar with the members of a Debian package (deb(5)), rpm (lead, signature, header, then a cpio archive:
https://rpm-software-management.github.io/rpm/manual/format_v4.html), cpio (`newc`: kernel documentation,
"initramfs buffer format").

The file itself stands in the tree as well, under its own name, for those who read package files as such. It is an
artifact whose digest is that of its bytes. What it holds is read in one more pass, never written to disk, and bounded
as layers are.
"""

from __future__ import annotations

import hashlib
import os
import stat
from itertools import chain
from typing import TYPE_CHECKING

from custody.errors import InputError, UnavailableError
from custody.model import Artifact, Descriptor, Digest, Layer, LayerContent, Skipped
from custody.registry.blob import CHUNK_BYTES
from custody.sources.collect import Collected, Extractors
from custody.sources.inflate import FREE_BYTES, MAX_RATIO, compression, inflate
from custody.sources.members import Pieces, Stream
from custody.sources.tar import Member, TarReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO
    from zipfile import ZipFile, ZipInfo

    from custody.model import Extractor, Wanted

__all__ = ["FILE_TYPE", "look_at_file"]

FILE_TYPE = "application/octet-stream"

_LOOK = 512  # a tar is told by a whole header
_AR = b"!<arch>\n"
_RPM = b"\xed\xab\xee\xdb"
_RPM_HEADER = b"\x8e\xad\xe8\x01"
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
_CPIO = (b"070701", b"070702")
_CPIO_END = "TRAILER!!!"
_MAX_NAME = 4096
_MAX_RPM_HEADER = 64 * 1024 * 1024
_KINDS = {stat.S_IFDIR: "directory", stat.S_IFREG: "file", stat.S_IFLNK: "symlink"}


def look_at_file(
    path: Path,
    wanted: Wanted,
    *,
    extractors: tuple[Extractor, ...] = (),
    excluded: Callable[[str], bool] | None = None,
    name: str = "",
    version: str = "",
) -> tuple[Artifact, LayerContent]:
    """Look at one file and, where it is an archive, at what is in it: give it as an artifact of one layer.

    Raises UnavailableError: it cannot be read. An archive that is damaged is noted as skipped, with what was read of it
    before.
    """
    found = Collected(str(path), wanted, Extractors(extractors), excluded)
    try:
        with path.open("rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise InputError(str(path), "not a regular file", "expected a file")
            digest = _itself(file, path.name, status, found)
            file.seek(0)
            done = {name for entry in found.entries for name, _ in entry.extracts}
            inner = tuple(one for one in extractors if not (one.looks_inside and one.name in done))
            found.extractors = Extractors(inner)
            try:
                _members(file, path.name, found)
            except InputError as error:
                reason = f"{error.what}; {error.fix}" if error.fix else error.what
                found.skipped.add(Skipped(where=path.name, reason=f"not read as an archive to its end: {reason}"))
    except OSError as error:
        raise UnavailableError(str(path), f"cannot be read: {error.strerror}") from None
    descriptor = Descriptor(media_type=FILE_TYPE, digest=digest, size=status.st_size)
    layer = Layer(index=0, descriptor=descriptor)
    artifact = Artifact(
        kind="file",
        name=name or path.name,
        version=version,
        descriptor=descriptor,
        reference=f"file:{path}",
        layers=(layer,),
    )
    return artifact, found.content(layer)


def _itself(file: BinaryIO, name: str, status: os.stat_result, found: Collected) -> Digest:
    """Take the file as one member of the tree, and hash it on the way."""
    hasher = hashlib.sha256()

    def pieces() -> Iterator[bytes]:
        while piece := file.read(CHUNK_BYTES):
            hasher.update(piece)
            yield piece

    stream = Pieces(pieces(), name)
    size = status.st_size
    stream.begin(size)
    mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
    found.take(Member(name=name, kind="file", size=size, stored=size, mode=mode, target="", offset=0), stream)
    stream.finish()
    return Digest("sha256", hasher.hexdigest())


def _members(file: BinaryIO, where: str, found: Collected) -> None:
    head = file.read(_LOOK)
    file.seek(0)
    if head.startswith(_ZIPS):
        _zip(file, where, found)
    elif head.startswith(_AR):
        _deb(file, where, found)
    elif head.startswith(_RPM):
        _rpm(file, where, found)
    elif compression(head) in {"gzip", "zstd", "bzip2", "xz"}:
        pieces = inflate(file, where, layer=False)
        first = b""
        for piece in pieces:
            first += piece
            if len(first) >= _LOOK:
                break
        if _is_tar(first):
            _tar(chain((first,), pieces), where, found)
        elif first.startswith(_CPIO):
            _cpio(chain((first,), pieces), where, found)
    elif _is_tar(head):
        _tar(_chunks(file), where, found)
    elif head.startswith(_CPIO):
        _cpio(_chunks(file), where, found)


def _is_tar(head: bytes) -> bool:
    """Say whether a header stands there whose checksum is right: older tars have no magic."""
    if len(head) < _LOOK or not head[0]:
        return False
    digits = head[148:156].strip(b" \0")
    return (
        digits.isdigit() and not digits.strip(b"01234567") and int(digits, 8) == sum(head[:148] + head[156:512]) + 256
    )


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(CHUNK_BYTES):
        yield piece


def _tar(pieces: Iterator[bytes], where: str, found: Collected) -> None:
    archive = TarReader(iter(pieces), where)
    for member in archive:
        found.take(member, archive)


def _zip(file: BinaryIO, where: str, found: Collected) -> None:
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(file) as archive:
            for info in archive.infolist():
                _zip_member(archive, info, where, found)
    except (BadZipFile, NotImplementedError, UnicodeDecodeError, ValueError, EOFError) as error:
        raise InputError(where, f"damaged zip: {error}") from None


def _zip_member(archive: ZipFile, info: ZipInfo, where: str, found: Collected) -> None:
    from zipfile import BadZipFile
    from zlib import error as ZlibError  # noqa: N812 - it is a class

    mode = info.external_attr >> 16
    kind = "directory" if info.is_dir() else _KINDS.get(stat.S_IFMT(mode), "file")
    if info.file_size > FREE_BYTES and info.file_size > MAX_RATIO * info.compress_size:
        raise InputError(where, f"refused: {info.filename!r} states {info.file_size} bytes, a bomb")
    if info.flag_bits & 1:
        found.skipped.add(Skipped(where=info.filename, reason="not read: encrypted"))
        return
    member = Member(
        name=info.filename,
        kind=kind,
        size=info.file_size,
        stored=info.file_size,
        mode=mode & 0o7777 or 0o644,
        target="",
        offset=info.header_offset,
    )
    if kind == "directory":
        found.take(member, Stream(lambda _: b"", 0, where))
        return
    try:
        with archive.open(info) as opened:
            if kind == "symlink":
                member.target = opened.read(_MAX_NAME).decode("utf-8", "surrogateescape")
                member.size = member.stored = 0
            found.take(member, Stream(opened.read, member.stored, where))
    except (BadZipFile, ZlibError, NotImplementedError, EOFError, OSError) as error:
        found.skipped.add(Skipped(where=info.filename, reason=f"damaged: {error}"))


def _deb(file: BinaryIO, where: str, found: Collected) -> None:
    """Read the files that a Debian package installs: those of its member data.tar."""
    end = os.fstat(file.fileno()).st_size
    file.seek(len(_AR))
    while len(header := file.read(60)) == 60:
        name, digits = header[:16].rstrip(b" /"), header[48:58].strip()
        if header[58:] != b"`\n" or not digits.isdigit():
            raise InputError(where, "a broken header in an ar archive")
        size, start = int(digits), file.tell()
        if start + size > end:
            raise InputError(where, f"truncated: {start + size} bytes are stated, got {end}", "fetch it again")
        if name.startswith(b"data.tar"):
            pieces = inflate(_Part(file, size), f"{where}:{name.decode('ascii', 'replace')}", layer=False)
            _tar(pieces, where, found)
        file.seek(start + size + size % 2)


def _rpm(file: BinaryIO, where: str, found: Collected) -> None:
    """Read the files that an rpm package installs: the cpio archive behind its two headers."""
    file.seek(96)
    for padded in (True, False):
        intro = file.read(16)
        if intro[:4] != _RPM_HEADER or len(intro) < 16:
            raise InputError(where, "a broken header in an rpm package")
        length = 16 * int.from_bytes(intro[8:12], "big") + int.from_bytes(intro[12:16], "big")
        if length > _MAX_RPM_HEADER:
            raise InputError(where, f"an rpm header of {length} bytes: at most {_MAX_RPM_HEADER} are read")
        file.seek(length + (-length % 8 if padded else 0), os.SEEK_CUR)
    _cpio(inflate(file, where, layer=False), where, found)


def _cpio(pieces: Iterator[bytes], where: str, found: Collected) -> None:
    stream = Pieces(iter(pieces), where)
    while True:
        header = stream.take(110)
        if not header.startswith(_CPIO):
            raise InputError(where, "a broken header in a cpio archive")
        try:
            fields = [int(header[start : start + 8], 16) for start in range(6, 110, 8)]
        except ValueError:
            raise InputError(where, "a broken number in a cpio archive") from None
        mode, size, length = fields[1], fields[6], fields[11]
        if not 0 < length <= _MAX_NAME:
            raise InputError(where, f"a name of {length} bytes in a cpio archive")
        name = stream.take(length + -(110 + length) % 4)[: length - 1].decode("utf-8", "surrogateescape")
        if name == _CPIO_END:
            return
        kind = _KINDS.get(stat.S_IFMT(mode), "other")
        target = ""
        stored = size
        if kind == "symlink":
            if size > _MAX_NAME:
                raise InputError(where, f"a link of {size} bytes in a cpio archive")
            target = stream.take(size).decode("utf-8", "surrogateescape")
            stored = 0
        stream.begin(stored)
        member = Member(name=name, kind=kind, size=stored, stored=stored, mode=mode & 0o7777, target=target, offset=0)
        found.take(member, stream)
        stream.finish()
        stream.take(-size % 4)


class _Part:
    """The next bytes of a file, as a file."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size

    def read(self, size: int, /) -> bytes:
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data
