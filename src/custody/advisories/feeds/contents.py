"""The documents of a feed, one by one, however they are packed: a file, a folder, a zip, a tar; gzip or Zstandard.

Nothing is extracted: names inside archives are for messages only. Specs: PKWARE APPNOTE 6.3 (zip, see `archive`),
POSIX.1-2017 `pax` (tar), RFC 1952 (gzip), RFC 8878 (Zstandard).
"""

from __future__ import annotations

import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from custody.advisories.feeds.archive import MAX_ARCHIVE_BYTES, read_archive
from custody.errors import InputError, UnavailableError

__all__ = ["MAX_DOCUMENT_BYTES", "head_of", "open_stream", "read_contents", "read_file"]

MAX_DOCUMENT_BYTES = 128 << 20
"""Of one document, inflated. The largest that a vendor publishes (Red Hat, about the kernel) is near 30 MiB."""
_GZIP, _ZSTD, _ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK"
_PACKED_ENDS = (".gz", ".zst")
_ARCHIVE_ENDS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.zst")


def read_contents(path: Path, where: str) -> Iterator[tuple[str, bytes | InputError]]:
    """Yield (name, content) of every JSON document below `path`, in the order of names; of one file, whatever it is.

    path: a file, a folder (at any depth; archives in it are opened) or an archive. where: its name for messages. In
    place of a content that cannot be read there is an InputError. Raises InputError: an archive is broken or inflates
    to more than `MAX_ARCHIVE_BYTES`; UnavailableError: `path` cannot be read.
    """
    if not path.is_dir():
        yield from _file(path, where)
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            inside = Path(folder, name)
            label = f"{where}/{inside.relative_to(path).as_posix()}"
            if _plain(name).endswith(".json"):
                yield label, _attempt(inside, label)
            elif name.endswith(_ARCHIVE_ENDS):
                yield from _file(inside, label)


def read_file(path: Path, where: str) -> bytes:
    """Give the content of one file, unpacked. InputError: too large, cut short; UnavailableError: not readable."""
    with open_stream(path, where) as stream:
        return _read(stream, where)


@contextmanager
def open_stream(path: Path, where: str) -> Iterator[IO[bytes]]:
    """Open a file for reading, unpacked as it is read. UnavailableError: it cannot be opened."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
            magic = file.read(4)
            file.seek(0)
        except OSError as error:
            raise UnavailableError(where, f"cannot be read: {error.strerror or error}") from None
        stream: Any = file
        if magic.startswith(_GZIP):
            from isal import igzip

            reader: Any = igzip.IGzipFile  # isal has no types
            stream = stack.enter_context(reader(fileobj=file, mode="rb"))
        elif magic == _ZSTD:
            try:
                from compression import zstd  # type: ignore[import-not-found, unused-ignore]
            except ImportError:
                from backports import zstd  # type: ignore[no-redef, unused-ignore]
            stream = stack.enter_context(zstd.ZstdFile(file))
        yield stream


def head_of(data: bytes, limit: int = 1 << 16) -> bytes:
    """Give the first bytes of a content, unpacked where it is gzip: what `looks_like` goes by."""
    if not data.startswith(_GZIP):
        return data[:limit]
    try:
        return zlib.decompressobj(wbits=31).decompress(data[:limit], limit)
    except zlib.error:
        return b""


def _file(path: Path, where: str) -> Iterator[tuple[str, bytes | InputError]]:
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise UnavailableError(where, f"cannot be read: {error.strerror or error}") from None
    if magic.startswith(_ZIP):
        for name, content in read_archive(path, where):
            yield f"{where}:{name}", content
        return
    if path.name.endswith(_ARCHIVE_ENDS):
        with open_stream(path, where) as stream:
            yield from _tar(stream, where)
        return
    yield where, _attempt(path, where)


def _attempt(path: Path, where: str) -> bytes | InputError:
    try:
        return read_file(path, where)
    except InputError as error:
        return error
    except UnavailableError as error:  # one file of a folder that may not be read does not end the rest
        return InputError(where, error.what)


def _read(stream: IO[bytes], where: str) -> bytes:
    try:
        data = stream.read(MAX_DOCUMENT_BYTES + 1)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(where, f"cannot be inflated: {error or type(error).__name__}", "fetch it again") from None
    except Exception as error:
        if type(error).__name__ not in {"ZstdError", "IsalError"}:  # either library's own class, loaded only when used
            raise
        raise InputError(where, f"cannot be inflated: {error}", "fetch it again") from None
    if len(data) > MAX_DOCUMENT_BYTES:
        raise InputError(where, f"larger than {MAX_DOCUMENT_BYTES >> 20} MiB")
    return data


def _tar(stream: IO[bytes], where: str) -> Iterator[tuple[str, bytes | InputError]]:
    total = 0
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                if not member.isreg() or not member.name.endswith(".json"):
                    continue
                label = f"{where}:{member.name}"
                total += member.size
                _check_total(total, where)
                inner = archive.extractfile(member)
                if member.size > MAX_DOCUMENT_BYTES or inner is None:
                    yield label, InputError(label, f"larger than {MAX_DOCUMENT_BYTES >> 20} MiB")
                else:
                    yield label, inner.read()
    except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error) as error:
        fix = "it may have been cut short: fetch it again"
        raise InputError(where, f"not a readable tar archive: {error or type(error).__name__}", fix) from None
    except Exception as error:
        if type(error).__name__ not in {"ZstdError", "IsalError"}:
            raise
        raise InputError(where, f"not a readable tar archive: {error}", "fetch it again") from None


def _check_total(total: int, where: str) -> None:
    if total > MAX_ARCHIVE_BYTES:
        raise InputError(where, f"inflates to more than {MAX_ARCHIVE_BYTES >> 30} GiB")


def _plain(name: str) -> str:
    for end in _PACKED_ENDS:
        name = name.removesuffix(end)
    return name
