"""The seam of this room: a repository of blobs and manifests, on disk or behind a network.

Both kinds keep the promises written here, so that `copy` and the rooms above need not know which one they have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from custody.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from custody.model import Descriptor, Digest

__all__ = ["MAX_MANIFEST_BYTES", "BlobReader", "BrokenError", "MissingError", "Mounting", "Repository"]

MAX_MANIFEST_BYTES = 4 * 1024 * 1024
"""What every registry must accept (distribution-spec v1.1, "Pushing Manifests"); no larger manifest is read."""


class MissingError(UnavailableError):
    """The repository was reached, and it has not what was asked for."""


class BrokenError(UnavailableError):
    """The connection broke in the middle: the same may work when it is tried again from the start."""


class BlobReader(Protocol):
    """A blob as a stream. It checks size and digest while it is read, and never reads past the size that was announced.

    The last bytes are handed out only together with the verdict: `read` raises InputError (expected and got) when the
    blob ends too early, goes on too long, or has another digest. Whoever stops before the end has verified nothing.
    """

    def read(self, size: int = -1, /) -> bytes:
        """Give up to `size` bytes (for -1 all that are left); b"" at the end, after the digest was found right."""


@runtime_checkable
class Repository(Protocol):
    """Blobs and manifests under one name: OCI distribution-spec v1.1, and image-spec v1.1, image-layout.md.

    Every method raises UnavailableError when the store cannot be reached, read or written (MissingError, which is
    one, when it has not what was asked for), and InputError when what it has is not what its digest, size or format
    says.
    """

    @property
    def name(self) -> str:
        """Give the name as a person writes it: `oci:./dir` or `host/repo`."""

    def resolve(self, reference: str, /) -> Descriptor:
        """Give what a tag (or a digest, `sha256:…`) stands for. "" means: the only image there is, or the tag `latest`.

        Raises MissingError: nothing by that reference; the message names those there are.
        """

    def manifest(self, digest: Digest, /) -> tuple[Descriptor, bytes]:
        """Give a manifest or index, its digest verified, at most `MAX_MANIFEST_BYTES` long."""

    def open_blob(self, descriptor: Descriptor, /) -> AbstractContextManager[BlobReader]:
        """Open a blob for one pass of reading."""

    def has_blob(self, digest: Digest, /) -> bool:
        """Say whether a blob is there (its content is not verified by this)."""

    def put_blob(self, descriptor: Descriptor, chunks: Iterable[bytes], /) -> None:
        """Store a blob. It becomes visible whole, with the right size and digest, or not at all.

        Raises InputError: `chunks` are not what `descriptor` says.
        """

    def put_manifest(
        self, data: bytes, media_type: str, /, *, tag: str | None = None, child: bool = False
    ) -> Descriptor:
        """Store a manifest or index byte for byte, point `tag` to it, and list it as a referrer of its `subject`.

        child: an index that is put next will hold it, so that a layout needs no entry of its own for it.
        """

    def referrers(self, digest: Digest, /, artifact_type: str = "") -> tuple[Descriptor, ...]:
        """Give the manifests whose `subject` is `digest`, with artifact type and annotations, sorted by digest.

        artifact_type: only those of this type, "" for all. Nothing known of `digest` gives an empty tuple.
        """

    def tags(self) -> tuple[str, ...]:
        """Give all tags, sorted."""


@runtime_checkable
class Mounting(Protocol):
    """A repository that can take a blob over from another one at the same registry, without sending it."""

    def mount_blob(self, descriptor: Descriptor, source: Repository, /) -> bool:
        """Try it, and say whether the blob is there: distribution-spec v1.1, "Mounting a blob"."""
