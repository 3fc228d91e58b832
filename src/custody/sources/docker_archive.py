"""Images in one tar file, as `docker save`, `podman save` and `skopeo copy` (docker-archive:, oci-archive:) write them.

Reads: an OCI image layout inside a tar (also what Docker writes since version 25), whose digests are used as they
are; and the older `manifest.json` (Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset
Format"), which has no manifest in it. For that one a manifest is made, the same each time: the configuration as it is
and the layers as they are, in an OCI manifest. So the digest is that of these bytes; a registry that has the same
layers compressed knows the image by another one.

The tar is read in place. One that is compressed as a whole is inflated into the scratch folder first.
"""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from custody.errors import InputError, UnavailableError
from custody.fields import Fields
from custody.model import Descriptor, Digest
from custody.registry.blob import CHUNK_BYTES
from custody.registry.interface import MAX_MANIFEST_BYTES, MissingError
from custody.registry.listed import REF_NAME, ListedRepository
from custody.registry.manifest import OCI_MANIFEST, Manifest, descriptor_fields, encode_manifest
from custody.sources.collect import clean
from custody.sources.image import MAX_CONFIG_BYTES
from custody.sources.inflate import compression, inflate
from custody.sources.tar import TarReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ArchiveRepository", "looks_like_archive", "open_archive"]

MAX_MEMBERS = 200_000
"""Names in the outer archive: a few for each layer. More means that it is no archive of images."""

_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
_MARKS = ("oci-layout", "manifest.json")
_MAX_LINKS = 4  # layer.tar may be a link to another layer's: more hops are a loop
_LOOK = 10_000  # members of a tar that are looked at before it is taken for some other tar


class ArchiveRepository(ListedRepository):
    """A read-only repository over one tar file."""

    def __init__(self, path: Path, file: BinaryIO, name: str) -> None:
        """Index the archive. file: the open, uncompressed tar; path: what the user named."""
        super().__init__(name)
        self.path = path
        self._file = file
        self._blobs: dict[Digest, _Part | bytes] = {}
        members = _index(file, name)
        if "oci-layout" in members and "index.json" in members:
            self._document = self._read_layout(members)
        elif "manifest.json" in members:
            self._document = self._read_docker(members)
        else:
            what = "not an archive of images: it has neither manifest.json nor oci-layout"
            raise InputError(name, what, "save the image again with a current Docker or skopeo")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _entries(self) -> Iterable[Fields]:
        return self._document.each("manifests")

    def _open(self, digest: Digest) -> BinaryIO:
        blob = self._blobs.get(digest)
        if blob is None:
            raise MissingError(self._where(digest), "the blob is missing in this archive", "save the image again")
        if isinstance(blob, bytes):
            return io.BytesIO(blob)
        return io.BufferedReader(_Slice(self._file, blob), buffer_size=CHUNK_BYTES)

    def _size(self, digest: Digest) -> int | None:
        blob = self._blobs.get(digest)
        return None if blob is None else len(blob) if isinstance(blob, bytes) else blob.size

    def _is_called(self, reference: str, annotations: dict[str, str]) -> bool:
        names = {annotations.get(REF_NAME, ""), annotations.get("io.containerd.image.name", "")}
        return reference in names or any(name.endswith(f":{reference}") for name in names)

    def put_blob(self, *_: object) -> None:
        """Refuse: an archive is only read."""
        raise self._read_only()

    def put_manifest(self, *_: object, **__: object) -> Descriptor:
        """Refuse: an archive is only read."""
        raise self._read_only()

    def _read_only(self) -> UnavailableError:
        return UnavailableError(self.name, "an archive can only be read", "publish to oci:DIR or host/repository")

    # ── the two forms ────────────────────────────────────────────────────────────────────────────────────────────────

    def _read_layout(self, members: dict[str, _Part]) -> Fields:
        for name, part in members.items():
            match name.split("/"):
                case ["blobs", ("sha256" | "sha384" | "sha512") as algorithm, encoded]:
                    try:
                        self._blobs[Digest.parse(f"{algorithm}:{encoded}")] = part
                    except InputError:
                        continue  # no blob: nothing can ask for it
        return Fields.from_json(self._small(members["index.json"], MAX_MANIFEST_BYTES), f"{self.name}/index.json")

    def _read_docker(self, members: dict[str, _Part]) -> Fields:
        where = f"{self.name}/manifest.json"
        images = self._small(members["manifest.json"], MAX_MANIFEST_BYTES)
        # It is a list at the top; as a field of a table it can be read like all other documents.
        root = Fields.from_json(b'{"images":' + images + b"}", where)
        entries: list[dict[str, Any]] = []
        for image in root.each("images"):
            manifest = encode_manifest(self._docker_image(image, members))
            descriptor = Descriptor(media_type=OCI_MANIFEST, digest=Digest.of(manifest), size=len(manifest))
            self._blobs[descriptor.digest] = manifest
            entry = descriptor_fields(descriptor)
            entries += [{**entry, "annotations": {REF_NAME: name}} for name in image.texts("RepoTags")] or [entry]
        if not entries:
            raise InputError(where, "no image in it", "save the image again")
        return Fields({"manifests": entries}, where)

    def _docker_image(self, image: Fields, members: dict[str, _Part]) -> Manifest:
        config = self._small(_member(members, image.text("Config"), image.spot("Config")), MAX_CONFIG_BYTES)
        rootfs = Fields.from_json(config, f"{self.name}/{image.text('Config')}").table("rootfs")
        names, diff_ids = image.texts("Layers"), rootfs.texts("diff_ids")
        if len(names) != len(diff_ids):
            raise image.fault(
                "Layers", f"expected {len(diff_ids)} of them, as the configuration says, got {len(names)}"
            )
        layers = []
        for index, (name, diff_id) in enumerate(zip(names, diff_ids, strict=True)):
            part = _member(members, name, image.spot(f"Layers[{index}]"))
            stated = Digest.parse(diff_id, rootfs.spot(f"diff_ids[{index}]"))
            layers.append(self._layer(part, stated))
        digest = Digest.of(config)
        self._blobs[digest] = config
        return Manifest(
            media_type=OCI_MANIFEST,
            config=Descriptor(media_type=_CONFIG_TYPE, digest=digest, size=len(config)),
            artifact_type=_CONFIG_TYPE,
            layers=tuple(layers),
        )

    def _layer(self, part: _Part, diff_id: Digest) -> Descriptor:
        """Describe a layer. One that is not compressed has its diff_id as digest, and reading it proves that."""
        source = _Slice(self._file, part)
        kind = compression(source.read(16))
        digest = diff_id if not kind else _hash(_Slice(self._file, part))
        self._blobs[digest] = part
        return Descriptor(media_type=f"{_LAYER_TYPE}+{kind}" if kind else _LAYER_TYPE, digest=digest, size=part.size)

    def _small(self, part: _Part, max_bytes: int) -> bytes:
        if part.size > max_bytes:
            raise InputError(self.name, f"a document of {part.size} bytes: at most {max_bytes} are read")
        return _Slice(self._file, part).read()


def open_archive(path: Path, *, work: Path) -> ArchiveRepository:
    """Open an archive of images as a repository.

    Raises InputError: not such an archive, or damaged. UnavailableError: it cannot be read, or `work` cannot be
    written.
    """
    name = f"docker-archive:{path}"
    file = _open(path)
    try:
        head = file.read(16)
        file.seek(0)
        if compression(head):
            inflated = work / "archive.tar"
            _save(inflate(file, name), inflated)
            file.close()
            file = _open(inflated)
        return ArchiveRepository(path, file, name)
    except BaseException:
        file.close()
        raise


def looks_like_archive(path: Path) -> bool:
    """Say whether a file is a tar (or a compressed one) with the marks of an archive of images in it."""
    try:
        with path.open("rb", buffering=0) as file:
            pieces: Iterator[bytes] | None = None
            if compression(file.read(16)):
                file.seek(0)
                pieces = inflate(file, str(path))
            reader = TarReader(pieces, str(path)) if pieces is not None else _SeekingReader(file, str(path))
            for number, member in enumerate(reader):
                if clean(member.name) in _MARKS:
                    return True
                if number > _LOOK:
                    return False
    except (InputError, OSError):
        return False
    return False


class _Part:
    """A stretch of the archive."""

    __slots__ = ("offset", "size")

    def __init__(self, offset: int, size: int) -> None:
        self.offset = offset
        self.size = size


class _Slice(io.RawIOBase):
    """A part of a file as a file. Several may read the same file at once, in several processes too."""

    def __init__(self, file: BinaryIO, part: _Part) -> None:
        self._handle = file.fileno()
        self._position = part.offset
        self._end = part.offset + part.size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - any writable buffer
        data = os.pread(self._handle, min(len(buffer), self._end - self._position), self._position)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


class _SeekingReader(TarReader):
    """Reads the headers of a tar on disk and steps over the data."""

    def __init__(self, file: BinaryIO, where: str) -> None:
        file.seek(0, io.SEEK_END)
        self._end = file.tell()
        file.seek(0)
        self._input = file
        super().__init__(iter(lambda: file.read(64 * 1024), b""), where)

    def _skip(self, size: int) -> None:
        target = self.offset + size
        if self._position + size <= len(self._buffer):
            self._position += size
        elif target > self._end:
            super()._skip(size)  # it says where the archive ends
        else:
            self._input.seek(target)
            self._before, self._buffer, self._position = target, b"", 0


def _index(file: BinaryIO, where: str) -> dict[str, _Part]:
    """Find the files of the archive by name; links (a layer that is there twice) lead to the files they name."""
    parts: dict[str, _Part] = {}
    links: dict[str, str] = {}
    reader = _SeekingReader(file, where)
    for number, member in enumerate(reader):
        name = clean(member.name)
        if number >= MAX_MEMBERS:
            raise InputError(where, f"more than {MAX_MEMBERS} names: not an archive of images")
        if not name:
            continue
        parts.pop(name, None)
        links.pop(name, None)
        if member.kind == "file" and member.pieces is None:
            parts[name] = _Part(reader.offset, member.stored)
        elif member.kind in ("symlink", "hardlink"):
            folder = name.rpartition("/")[0] if member.kind == "symlink" else ""
            target = clean(f"{folder}/{member.target}")
            if target:
                links[name] = target
    for name, link in links.items():
        target = link
        for _ in range(_MAX_LINKS):
            target = links.get(target, target)
        if target in parts:
            parts[name] = parts[target]
    return parts


def _member(members: dict[str, _Part], name: str, where: str) -> _Part:
    part = members.get(clean(name) or "")
    if part is None:
        raise InputError(where, f"{name!r} is not in the archive", "save the image again")
    return part


def _hash(source: _Slice) -> Digest:
    hasher = hashlib.sha256()
    while data := source.read(CHUNK_BYTES):
        hasher.update(data)
    return Digest("sha256", hasher.hexdigest())


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise UnavailableError(str(path), f"cannot be read: {error.strerror}") from None


def _save(pieces: Iterable[bytes], path: Path) -> None:
    try:
        with path.open("wb") as file:
            for piece in pieces:
                file.write(piece)
    except OSError as error:
        raise UnavailableError(str(path), f"cannot be written: {error.strerror}", "free some space") from None
