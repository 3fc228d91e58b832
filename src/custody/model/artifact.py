"""Artifacts: what everything else is said about."""

from __future__ import annotations

from dataclasses import dataclass

from custody.model.digest import Digest

__all__ = ["LISTING_TYPE", "Artifact", "Descriptor", "Layer", "Platform"]

LISTING_TYPE = "application/vnd.custody.listing.v1"
"""Media type of a directory that was only looked at: its digest is over names and sizes and what was read, not all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Where an image runs: OCI image index, property `platform`."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        """Give `os/architecture[/variant]`."""
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """A blob or manifest in a repository: OCI content descriptor (image-spec v1.1, descriptor.md).

    size: bytes. annotations: sorted (key, value) pairs.
    """

    media_type: str
    digest: Digest
    size: int
    artifact_type: str = ""
    annotations: tuple[tuple[str, str], ...] = ()
    platform: Platform | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of an image.

    descriptor: the blob as it is stored (compressed); diff_id: digest of the uncompressed tar, None until it was read
    or where the image does not state it; created_by: the history entry that made it, "" where there is none.
    """

    index: int
    descriptor: Descriptor
    diff_id: Digest | None = None
    created_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A thing with a digest. A name or tag is only ever a pointer that was resolved once: it stands in `reference`.

    kind: "image", "directory" or "file"; name, version: what its releaser calls it ("" where nobody said);
    descriptor: of its OCI manifest (for an index: of the index); reference: what the user asked for, as resolved.
    """

    kind: str
    name: str
    version: str
    descriptor: Descriptor
    reference: str
    layers: tuple[Layer, ...] = ()
    platform: Platform | None = None

    @property
    def digest(self) -> Digest:
        """Give the digest by which everything refers to it."""
        return self.descriptor.digest

    @property
    def is_listing(self) -> bool:
        """Say whether the digest is that of a listing, so that it proves nothing of the bytes that were not read."""
        return self.descriptor.media_type == LISTING_TYPE
