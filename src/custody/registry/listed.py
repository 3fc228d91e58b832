"""What every repository does whose manifests are listed in an `index.json`: a layout on disk, or one in an archive.

Spec: OCI image-spec v1.1, image-layout.md. A tag is the annotation `org.opencontainers.image.ref.name` of an entry.
Referrers are found through the same list: every manifest with a `subject` has an entry there. That is where oras
looks for them (it reads each listed manifest and follows `subject`), and skopeo steps over entries without a name; a
second list under the tag `sha256-<hex>`, as registries without a referrers API need it, could only disagree with the
first, so it is read and never written.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from custody.errors import InputError, UnavailableError
from custody.model import Descriptor, Digest
from custody.registry.blob import VerifyingReader
from custody.registry.interface import MAX_MANIFEST_BYTES, MissingError
from custody.registry.manifest import MANIFEST_TYPES, Manifest, parse_descriptor, parse_manifest
from custody.registry.reference import DEFAULT_TAG, is_digest, is_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from custody.fields import Fields
    from custody.registry.interface import BlobReader

__all__ = ["REF_NAME", "ListedRepository", "check_tag", "fallback_tag", "referrer_descriptor", "some"]

REF_NAME = "org.opencontainers.image.ref.name"


def fallback_tag(digest: Digest) -> str:
    """Give the tag that lists referrers where no API does: distribution-spec v1.1, "Referrers Tag Schema"."""
    return f"{digest.algorithm[:32]}-{digest.hex[:64]}"


def referrer_descriptor(descriptor: Descriptor, manifest: Manifest) -> Descriptor:
    """Give the entry that lists a referrer: its descriptor, with artifact type and annotations of the manifest."""
    return Descriptor(
        media_type=descriptor.media_type,
        digest=descriptor.digest,
        size=descriptor.size,
        artifact_type=manifest.artifact_type,
        annotations=manifest.annotations,
    )


def some(names: Iterable[str], most: int = 10) -> str:
    """Give names for a message: the first, and how many there are more. Lists of referrers are no names for people."""
    found = [name for name in names if not name.startswith("sha256-")]
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more if found else "none"


class ListedRepository(ABC):
    """Reads manifests and blobs of a store with an `index.json`; the abstract methods say what it stands on."""

    def __init__(self, name: str) -> None:
        """Call it `name` in messages, as a person would write it."""
        self.name = name
        self._parsed: dict[Digest, tuple[Descriptor, Manifest]] = {}  # never stale: a digest has one content

    @abstractmethod
    def _entries(self) -> Iterable[Fields]:
        """Give the `manifests` of the index.json."""

    @abstractmethod
    def _open(self, digest: Digest) -> BinaryIO:
        """Open a blob; MissingError where it is missing."""

    @abstractmethod
    def _size(self, digest: Digest) -> int | None:
        """Give the stored size of a blob in bytes, None where it is missing."""

    def _where(self, digest: Digest) -> str:
        return f"{self.name}@{digest}"

    def _listed(self) -> list[Descriptor]:
        return [parse_descriptor(entry) for entry in self._entries()]

    def _read_manifest(self, digest: Digest, media_type: str = "") -> tuple[Descriptor, bytes, Manifest]:
        size = self._size(digest)
        if size is None:
            raise MissingError(self._where(digest), "no manifest with this digest here")
        if size > MAX_MANIFEST_BYTES:
            raise InputError(
                self._where(digest), f"{size} bytes are too much for a manifest: at most {MAX_MANIFEST_BYTES}"
            )
        bare = Descriptor(media_type=media_type, digest=digest, size=size)
        with self.open_blob(bare) as reader:
            data = reader.read()
        manifest = parse_manifest(data, self._where(digest), media_type)
        found = Descriptor(media_type=manifest.media_type, digest=digest, size=size)
        self._parsed[digest] = (found, manifest)
        return found, data, manifest

    def _known(self, digest: Digest) -> tuple[Descriptor, Manifest]:
        if digest not in self._parsed:
            self._read_manifest(digest)
        return self._parsed[digest]

    def resolve(self, reference: str, /) -> Descriptor:
        """Find a tag or digest; see `Repository.resolve`."""
        if is_digest(reference):
            return self._known(Digest.parse(reference, self.name))[0]
        listed = self._listed()
        if not reference:
            manifests = {d.digest for d in listed if d.media_type in MANIFEST_TYPES}
            found = {digest for digest in manifests if self._known(digest)[1].subject is None}
            if len(found) == 1:
                return self._known(found.pop())[0]
            reference = DEFAULT_TAG
        for descriptor in listed:
            if self._is_called(reference, dict(descriptor.annotations)):
                return self._known(descriptor.digest)[0]
        raise MissingError(self.name, f"no tag {reference!r} here", f"tags that are: {some(self.tags())}")

    def _is_called(self, reference: str, annotations: dict[str, str]) -> bool:
        """Say whether an entry of index.json has the name that was asked for."""
        return annotations.get(REF_NAME) == reference

    def manifest(self, digest: Digest, /) -> tuple[Descriptor, bytes]:
        """Read a manifest; see `Repository.manifest`."""
        return self._read_manifest(digest)[:2]

    @contextmanager
    def open_blob(self, descriptor: Descriptor, /) -> Iterator[BlobReader]:
        """Open a blob for reading; see `Repository.open_blob`."""
        where = self._where(descriptor.digest)
        with closing(self._open(descriptor.digest)) as file:
            yield VerifyingReader(_Reading(file, where), descriptor, where)

    def has_blob(self, digest: Digest, /) -> bool:
        """Say whether a blob is there; see `Repository.has_blob`."""
        return self._size(digest) is not None

    def referrers(self, digest: Digest, /, artifact_type: str = "") -> tuple[Descriptor, ...]:
        """List what refers to `digest`; see `Repository.referrers`."""
        found = {}
        for listed in self._candidates(digest):
            descriptor, manifest = self._known(listed)
            if manifest.subject is not None and manifest.subject.digest == digest:
                found[listed] = referrer_descriptor(descriptor, manifest)
        return tuple(found[key] for key in sorted(found) if artifact_type in ("", found[key].artifact_type))

    def _candidates(self, digest: Digest) -> Iterator[Digest]:
        for listed in self._listed():
            if listed.media_type in MANIFEST_TYPES:
                yield listed.digest
            if dict(listed.annotations).get(REF_NAME) == fallback_tag(digest):
                yield from (child.digest for child in self._known(listed.digest)[1].manifests)

    def tags(self) -> tuple[str, ...]:
        """List the tags; see `Repository.tags`."""
        names = (dict(descriptor.annotations).get(REF_NAME, "") for descriptor in self._listed())
        return tuple(sorted({name for name in names if name}))


def check_tag(tag: str, where: str) -> None:
    """Refuse what cannot be a tag, before anything is written."""
    if not is_tag(tag):
        raise InputError(where, f"{tag!r} cannot be a tag", "letters, digits, '_', '.' and '-', at most 128 of them")


class _Reading:
    """Turns the faults of a disk into an error with a place."""

    def __init__(self, file: BinaryIO, where: str) -> None:
        self._file = file
        self._where = where

    def read(self, size: int, /) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            raise UnavailableError(self._where, f"cannot be read: {error.strerror}") from None
