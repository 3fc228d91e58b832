"""A directory, or one file, as an OCI artifact: the same files give the same digest, on every machine and in every run.

One layer, one configuration (the empty one), one manifest:

1. The layer is a tar that is *not* compressed: compressed bytes depend on the compressor and its version, and so
   would the digest.
2. Its members are sorted by the bytes of their paths; each has time 0, owner 0, no names of owners, and mode 0755 for
   directories and what its owner may execute, 0644 for the rest. Headers are ustar; a pax header comes before a
   member whose name, link or size does not fit.
3. Links stand as links and are never followed. Hard links stand as the files that they are.
4. Version control's own folders (.git, .hg, .svn) and `.custody` are not part of it, nor are the paths that the
   caller excludes.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from custody.errors import InputError, UnavailableError
from custody.model import Skipped
from custody.registry.blob import CHUNK_BYTES
from custody.registry.layout import LayoutRepository
from custody.registry.manifest import EMPTY, EMPTY_DATA, OCI_MANIFEST, Manifest, encode_manifest
from custody.sources.image import DIRECTORY_TYPE, FILE_TYPE, ImageSource, open_image
from custody.sources.tar import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from custody.model import Descriptor, LayerContent

__all__ = ["LEFT_OUT", "TAR_TYPE", "DirectorySource", "open_directory", "open_file"]

TAR_TYPE = "application/vnd.oci.image.layer.v1.tar"

LEFT_OUT = frozenset({".git", ".hg", ".svn", ".custody"})
"""Names that are no part of a release wherever they stand: version control's history, and what custody itself keeps."""

_WHITEOUT = ".wh."
_NAME, _PREFIX = 100, 155  # lengths of the two name fields of a ustar header
_OCTAL_LIMIT = 8**11  # sizes from here on (8 GiB) do not fit eleven octal digits


class DirectorySource(ImageSource):
    """A directory or file that was packed; what could not be packed is told with its layer."""

    def __init__(self, image: ImageSource, skipped: tuple[Skipped, ...]) -> None:
        """Take the artifact as an image of one layer."""
        super().__init__(image.repository, image.artifact, image.manifest)
        self._skipped = skipped

    def read(self, *args: Any, **options: Any) -> Iterator[LayerContent]:  # noqa: ANN401 - those of `ImageSource.read`
        """Read the one layer; see `Source.read`."""
        for content in super().read(*args, **options):
            yield replace(content, skipped=tuple(sorted({*content.skipped, *self._skipped})))


def open_directory(
    path: Path, *, work: Path, name: str = "", version: str = "", exclude: Iterable[Path] = ()
) -> DirectorySource:
    """Pack the files of a directory into an image layout below `work`, and open that.

    exclude: files and directories (with all below) that are left out.
    Raises InputError: a file changed while it was read. UnavailableError: `work` cannot be written.
    """
    root = path.resolve()
    left_out = (_absolute(item) for item in (*exclude, work))
    packing = _Packing(path, frozenset(str(item.relative_to(root)) for item in left_out if item.is_relative_to(root)))
    return _pack(packing, packing.walk(), DIRECTORY_TYPE, f"dir:{path}", work, name, version)


def open_file(path: Path, *, work: Path, name: str = "", version: str = "") -> DirectorySource:
    """Pack one file as `open_directory` packs many."""
    real = path.resolve()
    try:
        entry = _File(real.name, real.stat())
    except OSError as error:
        raise UnavailableError(str(path), f"cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(entry.status.st_mode):
        raise InputError(str(path), "not a regular file", "expected a file")
    packing = _Packing(real.parent, frozenset())
    return _pack(packing, [entry], FILE_TYPE, f"file:{path}", work, name, version)


def _pack(
    packing: _Packing, files: Iterable[_File], artifact_type: str, reference: str, work: Path, name: str, version: str
) -> DirectorySource:
    # What is packed is a scratch copy: it need not outlive a crash, so it is not synced.
    layout = LayoutRepository(work / "artifact", durable=False)
    layer = layout.add_blob(packing.archive(files), TAR_TYPE)
    layout.put_blob(EMPTY, (EMPTY_DATA,))
    manifest = Manifest(media_type=OCI_MANIFEST, artifact_type=artifact_type, config=EMPTY, layers=(layer,))
    descriptor: Descriptor = layout.put_manifest(encode_manifest(manifest), OCI_MANIFEST)
    image = open_image(layout, descriptor, reference=reference, name=name, version=version)
    return DirectorySource(image, tuple(packing.skipped))


@dataclass(frozen=True, slots=True)
class _File:
    """A file, link or directory that was found. path: relative; bytes that are not UTF-8 as surrogate escapes."""

    path: str
    status: os.stat_result


@dataclass(slots=True)
class _Packing:
    """One walk over a tree, and the archive that it becomes."""

    root: Path
    exclude: frozenset[str]
    skipped: list[Skipped] = field(default_factory=list)

    def walk(self) -> list[_File]:
        """Find everything below the root, sorted by the bytes of the paths."""
        found: list[_File] = []
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(self.root / folder) as entries:
                    for entry in entries:
                        self._meet(folder, entry, found, waiting)
            except OSError as error:
                if not folder:
                    raise UnavailableError(str(self.root), f"cannot be read: {error.strerror}") from None
                self._skip(folder, f"cannot be read: {error.strerror}")
        return sorted(found, key=lambda file: os.fsencode(file.path))

    def _meet(self, folder: str, entry: os.DirEntry[str], found: list[_File], waiting: list[str]) -> None:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.name in LEFT_OUT or path in self.exclude:
            return
        if entry.name.startswith(_WHITEOUT):
            self._skip(path, "the name means a deletion in an image layer, so it cannot stand in one")
            return
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            self._skip(path, f"cannot be read: {error.strerror}")
            return
        kind = stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFDIR:
            waiting.append(path)
        elif kind not in (stat.S_IFREG, stat.S_IFLNK):
            self._skip(path, "not a file, a directory or a link (a socket, pipe or device)")
            return
        found.append(_File(path, status))

    def _skip(self, path: str, reason: str) -> None:
        self.skipped.append(Skipped(where=path, reason=reason))

    def archive(self, files: Iterable[_File]) -> Iterator[bytes]:
        """Give the tar of `files` in pieces."""
        for file in files:
            kind = stat.S_IFMT(file.status.st_mode)
            if kind == stat.S_IFDIR:
                yield from _headers(os.fsencode(file.path) + b"/", b"5", 0o755)
            elif kind == stat.S_IFLNK:
                try:
                    target = os.readlink(self.root / file.path)  # noqa: PTH115 - Path would normalise what it says
                except OSError as error:
                    self._skip(file.path, f"cannot be read: {error.strerror}")
                else:
                    yield from _headers(os.fsencode(file.path), b"2", 0o777, target=os.fsencode(target))
            else:
                yield from self._file(file)
        yield bytes(2 * BLOCK)

    def _file(self, file: _File) -> Iterator[bytes]:
        """Give one file. What was found, what was opened and what was read must be the same, or nothing is made."""
        where = file.path
        changed = InputError(
            str(self.root / where), "it changed while it was read", "try again when nothing writes to it"
        )
        try:
            handle = os.open(self.root / where, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            raise changed from None
        except OSError as error:
            self._skip(where, f"cannot be read: {error.strerror}")
            return
        with os.fdopen(handle, "rb", buffering=0) as opened:
            size = file.status.st_size
            mode = 0o755 if file.status.st_mode & stat.S_IXUSR else 0o644
            yield from _headers(os.fsencode(where), b"0", mode, size=size)
            left = size
            while left:
                try:
                    piece = opened.read(min(CHUNK_BYTES, left))
                except OSError as error:
                    raise UnavailableError(str(self.root / where), f"cannot be read: {error.strerror}") from None
                if not piece:
                    raise changed
                left -= len(piece)
                yield piece
            if opened.read(1) or _identity(os.fstat(handle)) != _identity(file.status):
                raise changed
        yield bytes(-size % BLOCK)


def _identity(status: os.stat_result) -> Sequence[int]:
    return (status.st_dev, status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _absolute(path: Path) -> Path:
    """Give a path without links above its last name: a link is left out as itself, not as what it points to."""
    return path.parent.resolve() / path.name if path.name else path.resolve()


def _headers(path: bytes, flag: bytes, mode: int, *, size: int = 0, target: bytes = b"") -> Iterator[bytes]:
    """Give the header of a member, and before it a pax header for what does not fit into it."""
    records: dict[bytes, bytes] = {}
    split = _split(path)
    if split is None:
        records[b"path"] = path
        split = (b"", path[:_NAME])
    if len(target) > _NAME or not target.isascii():
        records[b"linkpath"] = target
    if size >= _OCTAL_LIMIT:
        records[b"size"] = str(size).encode()
    if records:
        if not all(_is_utf8(value) for value in records.values()):
            records[b"hdrcharset"] = b"BINARY"  # pax: without it, values are UTF-8
        data = b"".join(_record(key, records[key]) for key in sorted(records))
        yield _header(b"", b"pax", b"x", 0o644, len(data), b"")
        yield data + bytes(-len(data) % BLOCK)
    prefix, name = split
    yield _header(prefix, name, flag, mode, size if size < _OCTAL_LIMIT else 0, target[:_NAME])


def _header(prefix: bytes, name: bytes, flag: bytes, mode: int, size: int, target: bytes) -> bytes:
    """Give one ustar header block: IEEE Std 1003.1-2017, pax, "ustar Interchange Format"."""
    fields = (
        name.ljust(100, b"\0"),
        b"%07o\0" % mode,
        b"0000000\0",  # user
        b"0000000\0",  # group
        b"%011o\0" % size,
        b"00000000000\0",  # time
        b"        ",  # the checksum is taken as if spaces stood in its place
        flag,
        target.ljust(100, b"\0"),
        b"ustar\00000",
        bytes(64),  # names of user and group
        b"0000000\0",  # device
        b"0000000\0",
        prefix.ljust(155, b"\0"),
        bytes(12),
    )
    block = b"".join(fields)
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def _split(path: bytes) -> tuple[bytes, bytes] | None:
    """Give (prefix, name) as a ustar header holds a path, None where it cannot."""
    if not path.isascii():
        return None
    if len(path) <= _NAME:
        return b"", path
    slash = path.rfind(b"/", 0, min(_PREFIX + 1, len(path) - 1))
    if slash > 0 and len(path) - slash - 1 <= _NAME:
        return path[:slash], path[slash + 1 :]
    return None


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _record(key: bytes, value: bytes) -> bytes:
    """Give a pax record, whose length counts its own digits."""
    rest = len(key) + len(value) + 3  # a space, an equals sign, a line feed
    length = rest + len(str(rest))
    if len(str(length)) != len(str(rest)):
        length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)
