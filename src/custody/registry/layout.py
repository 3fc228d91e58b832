"""OCI image layouts on disk: `oci-layout`, `index.json`, `blobs/<algorithm>/<hex>` (image-spec v1.1, image-layout.md).

How it is written, so that a crash, a full disk or a second writer loses nothing:

1. Whatever is written goes first to a temporary file in the layout's root (`blobs/sha256` may hold blobs only), is
   synced, and is then renamed to its name. So each name has its whole content or is not there.
2. `index.json` is read, changed and replaced while `.custody-lock` is locked (flock), so that no writer undoes the
   entry of another.
3. A writer holds a lock on its temporary file. One that nobody holds is what a killed writer left: the next one
   removes it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import stat
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from custody.errors import InputError, UnavailableError
from custody.fields import Fields
from custody.model import Descriptor, Digest, canonical_json
from custody.registry.blob import verified_chunks
from custody.registry.interface import MAX_MANIFEST_BYTES, MissingError
from custody.registry.listed import REF_NAME, ListedRepository, check_tag, referrer_descriptor
from custody.registry.manifest import OCI_INDEX, descriptor_fields, parse_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["MAX_INDEX_BYTES", "LayoutRepository"]

MAX_INDEX_BYTES = 64 * 1024 * 1024
"""Some 200,000 entries: a larger index.json is not read, so that it cannot fill the memory."""

LOCK_SECONDS = 60.0
"""How long to wait for another writer; it holds the lock for milliseconds, so longer means that it hangs."""

_LAYOUT, _INDEX, _LOCK, _TEMPORARY = "oci-layout", "index.json", ".custody-lock", ".custody-tmp-"
_LAYOUT_VERSION = "1.0.0"

_REMEDIES = {
    errno.ENOSPC: "free some space and run it again; nothing half-written was left behind",
    errno.EDQUOT: "free some space and run it again; nothing half-written was left behind",
    errno.EROFS: "name a folder that can be written",
    errno.EACCES: "name a folder that you may write to",
    errno.EPERM: "name a folder that you may write to",
}


class LayoutRepository(ListedRepository):
    """A repository in a folder. The folder need not be there before the first write."""

    def __init__(self, path: Path | str, *, durable: bool = True) -> None:
        """Name the folder; nothing is touched yet. durable: sync what is written (scratch folders need not)."""
        super().__init__(f"oci:{path}")
        self.path = Path(path)
        self._durable = durable
        self._ready = False

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def check(self) -> None:
        """Raise when the folder is no layout: MissingError when nothing is there, InputError when something else is."""
        if not self.path.exists():
            raise MissingError(self.name, "no such folder", "check the path")
        data = self._read_file(_LAYOUT, 4096)
        if data is None:
            raise InputError(self.name, f"not an image layout: {_LAYOUT} is missing")
        version = Fields.from_json(data, f"{self.name}/{_LAYOUT}").text("imageLayoutVersion")
        if version != _LAYOUT_VERSION:
            raise InputError(
                f"{self.name}/{_LAYOUT}:imageLayoutVersion", f"expected {_LAYOUT_VERSION}, got {version!r}"
            )

    def _document(self) -> Fields:
        self.check()
        data = self._read_file(_INDEX, MAX_INDEX_BYTES)
        if data is None:
            raise InputError(self.name, f"not an image layout: {_INDEX} is missing")
        return Fields.from_json(data, f"{self.name}/{_INDEX}")

    def _entries(self) -> Iterable[Fields]:
        return self._document().each("manifests")

    def _read_file(self, name: str, max_bytes: int) -> bytes | None:
        where = f"{self.name}/{name}"
        try:
            with _open_regular(self.path / name, where) as file:
                data = file.read(max_bytes + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise UnavailableError(where, f"cannot be read: {error.strerror}") from None
        if len(data) > max_bytes:
            raise InputError(where, f"larger than {max_bytes} bytes")
        return data

    def _blob_path(self, digest: Digest) -> Path:
        return self.path / "blobs" / digest.algorithm / digest.hex

    def _open(self, digest: Digest) -> BinaryIO:
        where = self._where(digest)
        try:
            return _open_regular(self._blob_path(digest), where)
        except FileNotFoundError:
            raise MissingError(where, "the blob is missing in this layout", "copy the artifact here again") from None
        except OSError as error:
            raise UnavailableError(where, f"cannot be read: {error.strerror}") from None

    def _size(self, digest: Digest) -> int | None:
        try:
            found = self._blob_path(digest).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise UnavailableError(self._where(digest), f"cannot be read: {error.strerror}") from None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def put_blob(self, descriptor: Descriptor, data: Iterable[bytes], /) -> None:
        """Store a blob; see `Repository.put_blob`. One that is there with another size is replaced."""
        if self._size(descriptor.digest) == descriptor.size:
            return
        where = self._where(descriptor.digest)
        self._prepare()
        with self._temporary(where) as temporary:
            for piece in verified_chunks(descriptor, data, where):
                temporary.write(piece)
            temporary.publish(self._blob_path(descriptor.digest))

    def add_blob(self, data: Iterable[bytes], media_type: str) -> Descriptor:
        """Store a blob whose digest is found while it is written, and give its descriptor."""
        import hashlib

        hasher, size = hashlib.sha256(), 0
        self._prepare()
        with self._temporary(f"{self.name}/blobs") as temporary:
            for piece in data:
                hasher.update(piece)
                size += len(piece)
                temporary.write(piece)
            digest = Digest("sha256", hasher.hexdigest())
            temporary.publish(self._blob_path(digest))
        return Descriptor(media_type=media_type, digest=digest, size=size)

    def put_manifest(
        self, data: bytes, media_type: str, /, *, tag: str | None = None, child: bool = False
    ) -> Descriptor:
        """Store a manifest and list it; see `Repository.put_manifest`."""
        digest = Digest.of(data)
        if len(data) > MAX_MANIFEST_BYTES:
            raise InputError(
                self._where(digest), f"{len(data)} bytes are too much for a manifest: at most {MAX_MANIFEST_BYTES}"
            )
        manifest = parse_manifest(data, self._where(digest), media_type)
        if tag is not None:
            check_tag(tag, self.name)
        bare = Descriptor(media_type=manifest.media_type, digest=digest, size=len(data))
        self.put_blob(bare, (data,))
        if child and tag is None and manifest.subject is None:
            return bare
        plain = manifest.subject is None and (
            manifest.config is None or manifest.artifact_type == manifest.config.media_type
        )
        with self._locked():
            document = self._document()
            entry = descriptor_fields(bare if plain else referrer_descriptor(bare, manifest))
            entries = _enlist([dict(old.value) for old in document.each("manifests")], entry, tag)
            self._replace(_INDEX, canonical_json({**document.value, "manifests": entries}))
        return bare

    def _prepare(self) -> None:
        """Make the layout where it is missing, and remove what killed writers left."""
        if self._ready:
            return
        try:
            self._make()
        except OSError as error:
            raise _unwritable(self.name, error) from None
        self.check()
        self._sweep()
        self._ready = True

    def _make(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        if (self.path / _LAYOUT).exists() and (self.path / _INDEX).exists():
            return
        others = {name for name in os.listdir(self.path) if not name.startswith(".custody-")}  # noqa: PTH208 - names alone
        if others - {_LAYOUT, _INDEX, "blobs"}:
            raise InputError(
                self.name, f"a folder with other things in it ({min(others)!r})", "name a new folder or an image layout"
            )
        with self._locked():
            # Another writer may have made it meanwhile, with entries in it already.
            if not (self.path / _INDEX).exists():
                empty = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
                self._replace(_INDEX, canonical_json(empty))
            if not (self.path / _LAYOUT).exists():
                self._replace(_LAYOUT, canonical_json({"imageLayoutVersion": _LAYOUT_VERSION}))

    def _sweep(self) -> None:
        for left in self.path.glob(f"{_TEMPORARY}*"):
            with suppress(OSError):
                handle = os.open(left, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    left.unlink()
                finally:
                    os.close(handle)

    def _replace(self, name: str, data: bytes) -> None:
        with self._temporary(f"{self.name}/{name}") as temporary:
            temporary.write(data)
            temporary.publish(self.path / name)

    @contextmanager
    def _temporary(self, where: str) -> Iterator[_Temporary]:
        temporary = _Temporary(self.path, where, durable=self._durable)
        try:
            yield temporary
        finally:
            temporary.close()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            handle = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            raise _unwritable(f"{self.name}/{_LOCK}", error) from None
        try:
            deadline = time.monotonic() + LOCK_SECONDS
            while not _try_lock(handle):
                if time.monotonic() > deadline:
                    what = f"another process has been writing for {LOCK_SECONDS:.0f} s"
                    raise UnavailableError(self.name, what, "end it, or try again later")
                time.sleep(0.02)
            yield
        finally:
            os.close(handle)


class _Temporary:
    """A file that becomes visible only whole: written, synced, renamed. Closed before that, it is gone."""

    def __init__(self, folder: Path, where: str, *, durable: bool) -> None:
        self._where = where
        self._durable = durable
        self._published = False
        try:
            self._path, self._handle = _create(folder)
        except OSError as error:
            raise _unwritable(where, error) from None

    def write(self, data: bytes) -> None:
        """Append `data`."""
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._handle, view) :]
        except OSError as error:
            raise _unwritable(self._where, error) from None

    def publish(self, path: Path) -> None:
        """Give it its name, replacing what had that name."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if self._durable:
                os.fsync(self._handle)
            self._path.replace(path)
            self._published = True
            if self._durable:
                _sync_folder(path.parent)
        except OSError as error:
            raise _unwritable(self._where, error) from None

    def close(self) -> None:
        """Let go of it, and remove it when it was not published."""
        if not self._published:
            self._path.unlink(missing_ok=True)
        os.close(self._handle)


def _create(folder: Path) -> tuple[Path, int]:
    while True:
        path = folder / f"{_TEMPORARY}{secrets.token_hex(8)}"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        # A sweeping writer may have taken it for a left one in the moment before it was locked: then make another.
        if _try_lock(handle) and os.fstat(handle).st_nlink:
            return path, handle
        os.close(handle)


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _open_regular(path: Path, where: str) -> BinaryIO:
    """Open a file, and nothing that would hang or is no file (a pipe, a device)."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InputError(where, "not a regular file")
    return os.fdopen(handle, "rb", buffering=0)


def _unwritable(where: str, error: OSError) -> UnavailableError:
    remedy = _REMEDIES.get(error.errno or 0, "")
    return UnavailableError(where, f"cannot be written: {error.strerror or error}", remedy)


def _enlist(entries: list[dict[str, Any]], entry: dict[str, Any], tag: str | None) -> list[dict[str, Any]]:
    """Give the list of index.json with `entry` in it: once for each of its tags, or once without a name.

    What `tag` pointed to before stays listed, so that moving a tag loses no artifact.
    """
    if tag is not None:
        for old in entries:
            if _tag(old) == tag:
                _set_tag(old, None)
        _set_tag(entry, tag)
    rows = [*entries, entry]
    named = {row.get("digest") for row in rows if _tag(row)}
    unique: dict[tuple[bool, str, str], dict[str, Any]] = {}
    for row in rows:
        if _tag(row) or row.get("digest") not in named:
            unique.setdefault((not _tag(row), _tag(row), str(row.get("digest"))), row)
    return [unique[key] for key in sorted(unique)]


def _tag(entry: dict[str, Any]) -> str:
    annotations = entry.get("annotations")
    return str(annotations.get(REF_NAME) or "") if isinstance(annotations, dict) else ""


def _set_tag(entry: dict[str, Any], tag: str | None) -> None:
    annotations = dict(entry.get("annotations") or {})
    annotations.pop(REF_NAME, None)
    if tag is not None:
        annotations[REF_NAME] = tag
    if annotations:
        entry["annotations"] = annotations
    else:
        entry.pop("annotations", None)
