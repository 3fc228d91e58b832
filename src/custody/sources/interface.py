"""The seam of this room: a source is opened once, resolved to a digest, and read layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    from custody.model import Artifact, Descriptor, Extractor, LayerContent, Progress, Wanted
    from custody.registry.interface import Repository
    from custody.sources.cache import LayerCache

__all__ = ["Source"]


@runtime_checkable
class Source(Protocol):
    """An artifact and the place its bytes come from.

    Opening resolves names to digests and reads manifests and configurations, no more; `read` reads the layers, and may
    be called again. Used as a context manager it closes connections and files at the end.
    """

    @property
    def artifact(self) -> Artifact:
        """Give the artifact: digest resolved, layers listed (lowest first)."""

    @property
    def manifest(self) -> Descriptor:
        """Give the manifest whose layers are read: the artifact's own, or the chosen platform's in an index."""

    @property
    def repository(self) -> Repository:
        """Give a repository that holds the artifact whole, to copy it from."""

    def read(
        self,
        wanted: Wanted,
        progress: Progress | None = None,
        *,
        extractors: tuple[Extractor, ...] = (),
        excluded: Callable[[str], bool] | None = None,
        cache: LayerCache | None = None,
    ) -> Iterator[LayerContent]:
        """Read the layers, lowest first; each one's digest, size and diff_id are found right before it is yielded.

        Only files that `wanted` says yes to keep their data; of others `extractors` take what they need. What could not
        be read stands in `LayerContent.skipped`.
        progress: hears of bytes of (compressed) layers. excluded: says which paths are taken for not there. cache: what
        it has of a layer is believed, and the layer is not read.
        Raises InputError: a layer is truncated, has a wrong digest or diff_id, or is not an archive.
        Raises UnavailableError: a layer cannot be fetched.
        """

    def close(self) -> None:
        """Let go of files and connections; harmless when called twice."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
