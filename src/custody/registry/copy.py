"""Copies an artifact byte for byte, with everything that refers to it, and looks whether it arrived."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from custody.errors import InputError, VerificationError
from custody.registry.blob import chunks
from custody.registry.interface import BrokenError, MissingError, Mounting
from custody.registry.listed import ListedRepository, fallback_tag
from custody.registry.manifest import MANIFEST_TYPES, Manifest, is_foreign, parse_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from custody.model import Descriptor, Digest, Progress
    from custody.registry.interface import Repository

__all__ = ["COSIGN_SUFFIXES", "CopyResult", "VerifiedCopy", "check_artifact", "copy", "verify_copy"]

COSIGN_SUFFIXES = (".att", ".sbom", ".sig")
"""Evidence as cosign keeps it under tags `sha256-<hex>` + suffix, where it does not use referrers."""

_MAX_DEPTH = 8  # an index in an index in …, or evidence about evidence: real ones are two or three deep
_ATTEMPTS = 2  # a blob is sent anew once, when the connection broke on the way
_AGAIN = "publish it there again"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyResult:
    """What a copy did. Both lists hold blobs and manifests in the order they were met, children before parents.

    descriptor: of the artifact, the same at both ends; referrers: everything that refers to it, directly or not.
    """

    source: str
    target: str
    descriptor: Descriptor
    copied: tuple[Descriptor, ...]
    present: tuple[Descriptor, ...]
    referrers: tuple[Descriptor, ...]

    @property
    def copied_bytes(self) -> int:
        """How many bytes were sent."""
        return sum(descriptor.size for descriptor in self.copied)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedCopy:
    """What was found at a target: manifests by digest, blobs by size (in a layout: by digest)."""

    target: str
    descriptor: Descriptor
    manifests: int
    blobs: int
    referrers: tuple[Descriptor, ...]


def copy(
    source: Repository,
    descriptor: Descriptor,
    target: Repository,
    *,
    tag: str | None = None,
    referrers: bool = True,
    progress: Progress | None = None,
) -> CopyResult:
    """Copy an artifact; nothing is visible under `tag` before all that it needs is there.

    1. The blobs of a manifest, or the manifests of an index (recursively), each only where the target lacks it.
    2. The manifest itself, byte for byte, then the tag.
    3. What refers to it or to a manifest in it, recursively, and what cosign keeps beside it.

    Raises UnavailableError: a repository cannot be reached or written. InputError: the source has not what a digest
    says.
    """
    work = _Copy(source, target, progress)
    work.manifest(descriptor.digest, tag=tag)
    found = tuple(work.evidence()) if referrers else ()
    return CopyResult(
        source=source.name,
        target=target.name,
        descriptor=descriptor,
        copied=tuple(work.copied),
        present=tuple(work.present),
        referrers=found,
    )


@dataclass(slots=True)
class _Copy:
    source: Repository
    target: Repository
    progress: Progress | None
    copied: list[Descriptor] = field(default_factory=list)
    present: list[Descriptor] = field(default_factory=list)
    manifests: list[Digest] = field(default_factory=list)
    blobs: set[Digest] = field(default_factory=set)
    done: int = 0
    total: int = 0

    def manifest(self, digest: Digest, *, tag: str | None = None, depth: int = 0) -> None:
        found, data = self.source.manifest(digest)
        manifest = _parse(self.source, digest, data, found.media_type, depth)
        self.total += sum(blob.size for blob in set(manifest.blobs) if blob.digest not in self.blobs)
        for inner in manifest.manifests:
            if inner.media_type not in MANIFEST_TYPES:
                self.blob(inner)
            elif inner.digest not in self.manifests:
                self.manifest(inner.digest, depth=depth + 1)
        for blob in manifest.blobs:
            self.blob(blob)
        there = _has_manifest(self.target, digest)
        self.target.put_manifest(data, manifest.media_type, tag=tag, child=depth > 0)
        self.manifests.append(digest)
        (self.present if there else self.copied).append(found)

    def blob(self, descriptor: Descriptor) -> None:
        if descriptor.digest in self.blobs:
            return
        self.blobs.add(descriptor.digest)
        there = self.target.has_blob(descriptor.digest)
        if not there:
            if is_foreign(descriptor) and not self.source.has_blob(descriptor.digest):
                return  # it lives at the address in its descriptor, for the copy as for the original
            self._send(descriptor)
        (self.present if there else self.copied).append(descriptor)
        self.done += descriptor.size
        self._report(self.done)

    def _send(self, descriptor: Descriptor) -> None:
        if isinstance(self.target, Mounting) and self.target.mount_blob(descriptor, self.source):
            return
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self.source.open_blob(descriptor) as reader:
                    self.target.put_blob(descriptor, self._counted(chunks(reader)))
                return
            except BrokenError:
                if attempt == _ATTEMPTS:
                    raise

    def _counted(self, data: Iterator[bytes]) -> Iterator[bytes]:
        sent = self.done
        for piece in data:
            yield piece
            sent += len(piece)
            self._report(sent)

    def _report(self, done: int) -> None:
        if self.progress is not None:
            self.progress(f"copy to {self.target.name}", done, self.total)

    def evidence(self) -> Iterator[Descriptor]:
        images = tuple(self.manifests)
        for subject in self.manifests:  # it grows: evidence may itself be the subject of more
            for referrer in self.source.referrers(subject):
                if referrer.digest not in self.manifests:
                    self.manifest(referrer.digest)
                yield referrer
        for tag, kept in _cosign(self.source, images):
            self.manifest(kept, tag=tag)


def verify_copy(
    source: Repository, descriptor: Descriptor, target: Repository, *, tag: str | None = None, referrers: bool = True
) -> VerifiedCopy:
    """Look at the target whether an artifact and its evidence arrived.

    Each manifest is read again and its digest recomputed; each blob must be there, in a layout with the right digest;
    `tag` must point to the artifact; each referrer and each cosign tag of the source must be at the target. Raises
    VerificationError: something is missing or different. UnavailableError: a repository cannot be reached.
    """
    check = _Check(target)
    if tag is not None:
        check.tag(tag, descriptor.digest)
    check.manifest(descriptor.digest)
    found = tuple(check.evidence(source)) if referrers else ()
    return VerifiedCopy(
        target=target.name,
        descriptor=descriptor,
        referrers=found,
        manifests=len(check.manifests),
        blobs=len(check.blobs),
    )


def check_artifact(repository: Repository, descriptor: Descriptor) -> int:
    """Look whether all that an artifact is made of is there; give how many manifests and blobs that is.

    Manifests are read and their digests recomputed; blobs must be there, on disk with the right digest. Raises
    VerificationError, which names the manifest or blob that is missing or different. UnavailableError: the repository
    cannot be reached or read.
    """
    check = _Check(repository, again="copy the artifact here again")
    check.manifest(descriptor.digest)
    return len(check.manifests) + len(check.blobs)


@dataclass(slots=True)
class _Check:
    target: Repository
    manifests: list[Digest] = field(default_factory=list)
    blobs: set[Digest] = field(default_factory=set)
    again: str = _AGAIN

    def tag(self, tag: str, expected: Digest) -> None:
        try:
            got = self.target.resolve(tag).digest
        except (MissingError, InputError) as error:
            raise VerificationError(error.where, error.what, self.again) from None
        if got != expected:
            raise VerificationError(f"{self.target.name}:{tag}", f"expected {expected}, got {got}", self.again)

    def manifest(self, digest: Digest, depth: int = 0) -> None:
        try:
            found, data = self.target.manifest(digest)
            manifest = _parse(self.target, digest, data, found.media_type, depth)
        except (MissingError, InputError) as error:
            raise VerificationError(error.where, error.what, self.again) from None
        self.manifests.append(digest)
        for inner in manifest.manifests:
            if inner.media_type not in MANIFEST_TYPES:
                self.blob(inner)
            elif inner.digest not in self.manifests:
                self.manifest(inner.digest, depth + 1)
        for blob in manifest.blobs:
            self.blob(blob)

    def blob(self, descriptor: Descriptor) -> None:
        if descriptor.digest in self.blobs or (is_foreign(descriptor) and not self.target.has_blob(descriptor.digest)):
            return
        self.blobs.add(descriptor.digest)
        where = f"{self.target.name}@{descriptor.digest}"
        if not self.target.has_blob(descriptor.digest):
            raise VerificationError(where, "the blob is missing", self.again)
        # Cheap on disk; a registry checked the digest when it took the blob.
        if isinstance(self.target, ListedRepository):
            try:
                with self.target.open_blob(descriptor) as reader:
                    for _ in chunks(reader):
                        pass
            except InputError as error:
                raise VerificationError(error.where, error.what, f"delete it, then {self.again}") from None

    def evidence(self, source: Repository) -> Iterator[Descriptor]:
        images = tuple(self.manifests)
        for subject in self.manifests:  # it grows
            there = {referrer.digest for referrer in self.target.referrers(subject)}
            for referrer in source.referrers(subject):
                if referrer.digest not in there:
                    what = f"the referrer {referrer.digest} ({referrer.artifact_type}) is missing"
                    raise VerificationError(f"{self.target.name}@{subject}", what, self.again)
                if referrer.digest not in self.manifests:
                    self.manifest(referrer.digest)
                yield referrer
        for tag, kept in _cosign(source, images):
            self.tag(tag, kept)
            self.manifest(kept)


def _parse(repository: Repository, digest: Digest, data: bytes, media_type: str, depth: int) -> Manifest:
    where = f"{repository.name}@{digest}"
    if depth > _MAX_DEPTH:
        raise InputError(where, f"indexes inside indexes, more than {_MAX_DEPTH} deep")
    return parse_manifest(data, where, media_type)


def _has_manifest(repository: Repository, digest: Digest) -> bool:
    try:
        repository.resolve(str(digest))
    except MissingError:
        return False
    return True


def _cosign(source: Repository, images: Iterable[Digest]) -> Iterator[tuple[str, Digest]]:
    for image in images:
        for suffix in COSIGN_SUFFIXES:
            tag = f"{fallback_tag(image)}{suffix}"
            try:
                yield tag, source.resolve(tag).digest
            except MissingError:
                continue
