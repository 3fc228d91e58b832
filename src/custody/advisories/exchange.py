"""A database on its way: one file for places without a network, or the layers of an artifact in a registry.

A file is a tar archive (USTAR, two members, in this order, times and owners zero):

    advisories.sigstore.json    the signature: see `signature.py`
    advisories.db.zst           the database, compressed with Zstandard (RFC 8878)

An artifact is an OCI 1.1 manifest of type `application/vnd.custody.advisories.v2` with the empty configuration and the
same two as layers, in any order:

    application/vnd.custody.advisories.v2.sqlite+zstd       the database
    application/vnd.dev.sigstore.bundle.v0.3+json           the signature

The signature is a layer and no referrer: it is about the database file, not about this manifest, and one manifest that
names both is there whole or not at all, in registries of any age.

What is received is signed by its publisher and stays so:

1. The signature is verified by a trusted key; then nothing is fetched that is there already, and nothing older taken.
2. The database is unpacked beside the one in use, never more bytes than were signed, and its SHA-256 compared.
3. It must be a database of this version whose content digest is the signed one; then the pair is put in place.
"""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from custody.advisories.database import Database
from custody.advisories.pack import zstd_library
from custody.advisories.placing import digest_of, move_into_place, temporary_beside
from custody.advisories.signature import MAX_BUNDLE_BYTES, DatabaseSignature, verify_signature
from custody.advisories.storage import connect
from custody.advisories.trust import Chosen, load_bundle, load_signature, trusted_keys
from custody.errors import InputError, UnavailableError, VerificationError

if TYPE_CHECKING:
    from custody.model import DatabaseState, Progress

__all__ = [
    "ARTIFACT_TYPE",
    "DATABASE_TYPE",
    "Received",
    "compress",
    "export",
    "is_exported",
    "opened_export",
    "opened_pair",
    "receive",
]

ARTIFACT_TYPE = "application/vnd.custody.advisories.v2"
DATABASE_TYPE = "application/vnd.custody.advisories.v2.sqlite+zstd"
BUNDLE_NAME, DATABASE_NAME = "advisories.sigstore.json", "advisories.db.zst"
_LEVEL = 9
_CHUNK_BYTES = 1 << 20
_MAGIC = b"ustar"


class Readable(Protocol):
    """A stream of compressed bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """Give up to `size` bytes, b"" at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What came of a received database. state: None where the very same was in place already."""

    path: Path
    signature: DatabaseSignature
    state: DatabaseState | None


@contextmanager
def opened_pair(database: Chosen, path: Path) -> Iterator[tuple[DatabaseSignature, bytes, BinaryIO]]:
    """Give what is proven of a database file, the bytes of its bundle, and the open file. Raises VerificationError."""
    try:
        file = path.open("rb")
    except OSError:
        connect(path).close()  # it says what is wrong in the words of this room
        raise
    with file:
        found = load_signature(database, path, file)
        yield found, load_bundle(path, found.digest), file


def export(bundle: bytes, file: BinaryIO, target: Path, *, progress: Progress | None = None) -> int:
    """Write a database and its bundle as one file, whole or not at all; the same pair gives the same bytes.

    Gives its size. Raises UnavailableError: it cannot be written.
    """
    if target.exists() and not target.is_file():
        raise UnavailableError(str(target), "is there, and is no file", "name a file to write")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary_beside(target) as temporary:
            with tarfile.open(temporary, mode="w", format=tarfile.USTAR_FORMAT) as archive:
                _add(archive, BUNDLE_NAME, io.BytesIO(bundle), len(bundle))
                with tempfile.TemporaryFile(dir=target.parent) as packed:
                    size = compress(file, packed, progress=progress)
                    packed.seek(0)
                    _add(archive, DATABASE_NAME, packed, size)
            move_into_place(temporary, target)
            return target.stat().st_size
    except OSError as error:
        raise UnavailableError(str(target), f"cannot be written: {error.strerror or error}") from None


def compress(file: BinaryIO, target: BinaryIO, *, progress: Progress | None = None) -> int:
    """Write a database compressed; give how many bytes that is."""
    size = done = 0
    total = os.fstat(file.fileno()).st_size
    library = zstd_library()
    parameter = library.CompressionParameter
    options = {parameter.compression_level: _LEVEL, parameter.checksum_flag: 1}
    compressor = library.ZstdCompressor(options=options)
    file.seek(0)
    while piece := file.read(_CHUNK_BYTES):
        size += target.write(compressor.compress(piece))
        done += len(piece)
        if progress is not None:
            progress("compress", done, total)
    return size + target.write(compressor.flush())


def is_exported(path: Path) -> bool:
    """Say whether a file is one that `export` wrote, by the name of its first member."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError:
        return False
    return head[257:262] == _MAGIC and head[:100].rstrip(b"\0") == BUNDLE_NAME.encode()


@contextmanager
def opened_export(path: Path) -> Iterator[tuple[bytes, Readable]]:
    """Give the bundle and the compressed database of an exported file. Raises InputError: it is damaged."""
    where = str(path)
    try:
        with tarfile.open(path, mode="r:") as archive:
            members = [archive.next(), archive.next()]
            names = [member.name if member is not None and member.isreg() else "" for member in members]
            if names != [BUNDLE_NAME, DATABASE_NAME]:
                raise InputError(where, f"expected {BUNDLE_NAME} and {DATABASE_NAME}, got {names}", "export it again")
            bundle, packed = (archive.extractfile(member) for member in members if member is not None)
            assert bundle is not None  # noqa: S101 - a regular member has content
            assert packed is not None  # noqa: S101
            yield bundle.read(MAX_BUNDLE_BYTES + 1)[:MAX_BUNDLE_BYTES], packed
    except tarfile.TarError as error:
        raise InputError(where, f"not a complete archive: {error}", "export or fetch it again") from None
    except OSError as error:
        raise UnavailableError(where, f"cannot be read: {error.strerror or error}") from None


def receive(
    bundle: bytes,
    packed: Callable[[], AbstractContextManager[Readable]],
    where: str,
    *,
    database: Chosen,
    path: Path,
    allow_older: bool = False,
    progress: Progress | None = None,
) -> Received:
    """Put a received pair in place, as the module says. packed: opened once, when the database is really wanted.

    Raises VerificationError: not signed by a trusted key, another content than was signed, older than the
    one in place; InputError: not a database of this version; UnavailableError: it cannot be written.
    """
    keys = trusted_keys(database)
    signature = verify_signature(bundle, where, keys=keys)  # 1
    there = _in_place(database, path)
    if there is not None and there.digest == signature.digest:
        return Received(path=path, signature=signature, state=None)
    if there is not None and signature.age < there.age and not allow_older:
        what = f"older than the advisory database in place: {_day(signature)} and {_day(there)}"
        raise VerificationError(where, what, "if you want to go back, say --allow-older")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary_beside(path) as temporary:
            with packed() as stream:
                _unpack(stream, temporary, signature, where, progress)  # 2
            with Database(connect(temporary), temporary) as opened:  # 3
                state = opened.state
            if state.digest != signature.content:
                raise VerificationError(where, f"expected content {signature.content}, got {state.digest}")
            move_into_place(temporary, path, signed=(signature.digest, bundle))
    except OSError as error:
        raise UnavailableError(str(path), f"cannot be written: {error.strerror or error}") from None
    return Received(path=path, signature=signature, state=state)


def _in_place(database: Chosen, path: Path) -> DatabaseSignature | None:
    """Give what is proven of the database in place; None where there is none, or nobody vouches for it."""
    try:
        with path.open("rb") as file:
            return load_signature(database, path, file)
    except (OSError, VerificationError):
        return None


def _unpack(
    packed: Readable, target: Path, signature: DatabaseSignature, where: str, progress: Progress | None
) -> None:
    library = zstd_library()
    written = 0
    unpacker = library.ZstdDecompressor()
    try:
        with target.open("wb") as file:
            while not unpacker.eof:
                piece = packed.read(_CHUNK_BYTES) if unpacker.needs_input else b""
                if unpacker.needs_input and not piece:
                    raise InputError(where, "the database in it ends too early", "fetch it again")
                data = unpacker.decompress(piece, _CHUNK_BYTES)
                written += file.write(data)
                if written > signature.size:
                    what = f"the advisory database in it is longer than the {signature.size} bytes that were signed"
                    raise VerificationError(where, what, "fetch it again from its publisher")
                if progress is not None:
                    progress("unpack", written, signature.size)
        _drain(packed)
    except library.ZstdError as error:
        raise InputError(where, f"the database in it cannot be unpacked: {error}", "fetch it again") from None
    with target.open("rb") as file:
        digest = digest_of(file)
    if digest != signature.digest:
        what = f"the advisory database is not the one that was signed: expected {signature.digest}, got {digest}"
        raise VerificationError(where, what, "fetch it again from its publisher")


def _drain(packed: Readable) -> None:
    """Read to the end: what reads from a registry verifies the digest only there."""
    while packed.read(_CHUNK_BYTES):
        pass


def _add(archive: tarfile.TarFile, name: str, data: BinaryIO, size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    archive.addfile(member, data)


def _day(signature: DatabaseSignature) -> str:
    newest = "no date" if signature.newest is None else f"{signature.newest:%Y-%m-%d %H:%M}"
    return f"{newest} (made {signature.imported_at:%Y-%m-%d %H:%M})"
