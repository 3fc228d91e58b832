"""Package files (.deb, .rpm, .apk, .ipk, .pkg.tar.*): what stands in them about the package itself.

    extract_deb("x.deb", content)            # JSON of `PackageFile`: the control file, and the SHA-256 of the whole

Spec: deb(5); https://rpm-software-management.github.io/rpm/manual/format_v4.html; apk-package(5), alpm-pkginfo(5).
Only the little that stands before the files of the package is unpacked, in bounds; the rest is hashed as it passes by.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator
from io import BytesIO

import msgspec

from custody.errors import InputError
from custody.inventory.rpm_database import RpmRecord, record_of
from custody.inventory.rpm_header import HEADER_MAGIC, MAX_ENTRIES, MAX_HEADER_BYTES, read_header
from custody.model import Content

__all__ = [
    "PackageFile",
    "extract_deb",
    "extract_pkginfo",
    "extract_rpm",
    "extract_tarred_control",
    "read_package_file",
]

MAX_CONTROL_BYTES = 64 * 1024 * 1024
"""Of a control archive, unpacked: the largest hold lists of files with checksums, some 10 MB."""

MAX_PACKED_BYTES = 16 * 1024 * 1024
MAX_TEXT_BYTES = 4 * 1024 * 1024
"""Of a control archive as it is packed, and of one control file or .PKGINFO."""

_CHUNK = 1024 * 1024
_XZ_MEMORY = 256 * 1024 * 1024
_AR_MEMBER = 60
_LEAD = 96


class PackageFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of a package file. control: the text of its control file or .PKGINFO; rpm: of an rpm instead."""

    sha256: str
    control: str = ""
    rpm: RpmRecord | None = None


def read_package_file(data: bytes, where: str) -> PackageFile:
    """Read what an extractor of this module gave. Raises InputError: it did not give this."""
    try:
        return msgspec.json.decode(data, type=PackageFile)
    except msgspec.MsgspecError as error:
        raise InputError(where, f"not what was taken out of a package file: {error}") from None


def extract_deb(path: str, content: Content) -> bytes:
    """Give what a .deb says; b"" for another `ar` archive (a static library). Raises InputError: it is damaged."""
    offset = 8
    first = _ar_member(content, offset)
    if first is None or first[0] != "debian-binary":
        return b""
    while (member := _ar_member(content, offset)) is not None:
        name, size = member
        offset += _AR_MEMBER
        if name.startswith("control.tar"):
            if size > MAX_PACKED_BYTES:
                raise InputError(path, f"refused: {name} has {size} bytes, more than {MAX_PACKED_BYTES}")
            return _with_control(path, content, content.read(offset, size))
        offset += size + size % 2
    raise InputError(path, "damaged: a .deb without a control archive")


def _ar_member(content: Content, offset: int) -> tuple[str, int] | None:
    header = content.read(offset, _AR_MEMBER)
    size = header[48:58].strip()
    if len(header) < _AR_MEMBER or header[58:] != b"`\n" or not size.isdigit():
        return None
    return header[:16].decode("latin-1").rstrip(" ").rstrip("/"), int(size)


def _with_control(path: str, content: Content, archive: bytes) -> bytes:
    text = _member(_unpacked(archive, path), ("control",), path)
    if text is None:
        raise InputError(path, "damaged: a control archive without a control file")
    return msgspec.json.encode(PackageFile(sha256=_sha256(content), control=text))


def extract_tarred_control(path: str, content: Content) -> bytes:
    """Give what an .ipk says: an `ar` as .deb is, or a gzipped tar of the same members. Raises InputError: damaged."""
    if content.read(0, 8) == b"!<arch>\n":
        return extract_deb(path, content)
    if content.size > MAX_CONTROL_BYTES:
        raise InputError(path, f"not read: {content.size} bytes, more than {MAX_CONTROL_BYTES}")
    blocks = _unpacked(content.read(0, content.size), path)
    inner = _member_bytes(blocks, ("control.tar.gz", "control.tar.xz", "control.tar.zst", "control.tar"), path)
    if inner is None:
        raise InputError(path, "damaged: a package without a control archive")
    return _with_control(path, content, inner)


def extract_pkginfo(path: str, content: Content) -> bytes:
    """Give what an .apk (Alpine) or .pkg.tar.* (Arch) says; b"" for an Android app, which goes by the same suffix.

    Raises InputError: damaged, or an .apk in the format of apk-tools 3 (ADB), which is not read yet.
    """
    head = content.read(0, 4)
    if head[:2] == b"PK" or not head:
        return b""
    if head[:3] == b"ADB":
        raise InputError(path, "a package in the format of apk-tools 3 (ADB), which is not read yet")
    # Signature, control and files of an .apk are three gzip members, the first two tar archives without an end: so all
    # of it reads as one archive, and .PKGINFO stands near its start.
    text = _member(_unpacked(content.read(0, MAX_PACKED_BYTES), path), (".PKGINFO",), path)
    if text is None:
        raise InputError(path, "no .PKGINFO: it is no package, or a damaged one")
    return msgspec.json.encode(PackageFile(sha256=_sha256(content), control=text))


def extract_rpm(path: str, content: Content) -> bytes:
    """Give what an .rpm says. Raises InputError: it is damaged.

    After a lead of 96 bytes stands the header with the signatures, padded to 8 bytes, then the header of the package.
    """
    start = _LEAD
    length = _header_length(content, start, path)
    start += len(HEADER_MAGIC) + length
    start += -start % 8
    length = _header_length(content, start, path)
    header = read_header(content.read(start + len(HEADER_MAGIC), length), path)
    record = msgspec.structs.replace(record_of(header, "header"), folders={})
    return msgspec.json.encode(PackageFile(sha256=_sha256(content), rpm=record))


def _header_length(content: Content, start: int, where: str) -> int:
    head = content.read(start, 16)
    if len(head) < 16 or head[:4] != HEADER_MAGIC[:4]:
        raise InputError(where, f"damaged rpm file: no header at byte {start}")
    entries, size = struct.unpack_from(">II", head, 8)
    length: int = 8 + 16 * entries + size
    if entries > MAX_ENTRIES or length > min(MAX_HEADER_BYTES, content.size):
        raise InputError(where, f"damaged rpm file: a header of {entries} entries and {size} bytes at byte {start}")
    return length


def _sha256(content: Content) -> str:
    digest = hashlib.sha256()
    for offset in range(0, content.size, _CHUNK):
        digest.update(content.read(offset, _CHUNK))
    return digest.hexdigest()


def _member(blocks: Iterator[bytes], names: tuple[str, ...], where: str) -> str | None:
    data = _member_bytes(blocks, names, where, MAX_TEXT_BYTES)
    return data.decode("utf-8", "replace") if data is not None else None


def _member_bytes(
    blocks: Iterator[bytes], names: tuple[str, ...], where: str, limit: int = MAX_PACKED_BYTES
) -> bytes | None:
    """Give the first file of a tar archive that goes by one of `names`, None where there is none."""
    from custody.sources.tar import TarReader

    archive = TarReader(blocks, where)
    for member in archive:
        if member.kind == "file" and re.sub(r"^(\./)+", "", member.name) in names:
            if member.size > limit:
                raise InputError(where, f"refused: {member.name} has {member.size} bytes, more than {limit}")
            return archive.data(member)
    return None


def _unpacked(data: bytes, where: str) -> Iterator[bytes]:
    """Give the bytes of an archive, unpacked as its first bytes say, in pieces and within `MAX_CONTROL_BYTES`."""
    total = 0
    for piece in _xz(data, where) if data.startswith(b"\xfd7zXZ\0") else _inflate(data, where):
        total += len(piece)
        if total > MAX_CONTROL_BYTES:
            raise InputError(where, f"refused: more than {MAX_CONTROL_BYTES} bytes before its description")
        yield piece


def _inflate(data: bytes, where: str) -> Iterator[bytes]:
    from custody.sources.inflate import inflate

    return inflate(BytesIO(data), where)


def _xz(data: bytes, where: str) -> Iterator[bytes]:
    import lzma

    decompressor = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
    try:
        piece = decompressor.decompress(data, _CHUNK)
        while piece:
            yield piece
            if decompressor.eof or decompressor.needs_input:
                break
            piece = decompressor.decompress(b"", _CHUNK)
    except (lzma.LZMAError, EOFError) as error:
        raise InputError(where, f"damaged: not valid xz: {error}") from None
