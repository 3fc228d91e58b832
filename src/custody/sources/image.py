"""Images: from a resolved descriptor to layers that can be read, whatever repository holds them.

Spec: OCI image-spec v1.1, image-index.md ("platform"), config.md ("rootfs", "history"); Docker image manifest V2
schema 2.
"""

from __future__ import annotations

import platform as machine
from contextlib import closing
from itertools import zip_longest
from typing import TYPE_CHECKING

from custody.errors import InputError
from custody.fields import Fields
from custody.model import Artifact, Descriptor, Digest, Layer, Platform
from custody.registry.blob import read_blob
from custody.registry.listed import ListedRepository
from custody.registry.manifest import INDEX_TYPES, MANIFEST_TYPES, Manifest, parse_manifest
from custody.sources.layer import read_layer
from custody.sources.parallel import read_in_processes, workers_for

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from types import TracebackType
    from typing import Self

    from custody.model import Extractor, LayerContent, Progress, Wanted
    from custody.registry.interface import Repository
    from custody.sources.cache import LayerCache

__all__ = ["DIRECTORY_TYPE", "FILE_TYPE", "MAX_CONFIG_BYTES", "ImageSource", "host_platform", "open_image"]

DIRECTORY_TYPE = "application/vnd.custody.directory.v1"
FILE_TYPE = "application/vnd.custody.file.v1"
"""Artifact types of what `directory.py` makes: layers of files, without a configuration."""

MAX_CONFIG_BYTES = 8 * 1024 * 1024
"""An image configuration with its history and labels; real ones are some 10 kB."""

_KINDS = {DIRECTORY_TYPE: "directory", FILE_TYPE: "file"}
_CONFIG_TYPES = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
)
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "armv6l": "arm", "i386": "386", "i686": "386"}
_MAX_DEPTH = 4


class ImageSource:
    """An image (or what has layers like one) in a repository."""

    def __init__(
        self, repository: Repository, artifact: Artifact, manifest: Descriptor, close: Callable[[], None] | None = None
    ) -> None:
        """Take what `open_image` found. close: called once at the end."""
        self.repository = repository
        self.artifact = artifact
        self.manifest = manifest
        self._close = close

    def read(
        self,
        wanted: Wanted,
        progress: Progress | None = None,
        *,
        extractors: tuple[Extractor, ...] = (),
        excluded: Callable[[str], bool] | None = None,
        cache: LayerCache | None = None,
    ) -> Iterator[LayerContent]:
        """Read the layers; see `Source.read`."""
        layers = self.artifact.layers
        total = sum(layer.descriptor.size for layer in layers)
        done = 0

        def heard(more: int) -> None:
            nonlocal done
            done += more
            if progress is not None:
                progress("read layers", done, total)

        def read_one(layer: Layer, heard: Callable[[int], None] | None) -> LayerContent:
            content = read_layer(self.repository, layer, wanted, heard, extractors=extractors, excluded=excluded)
            if cache is not None:
                cache.save(content)
            return content

        known = {layer.index: cache.load(layer) for layer in layers} if cache is not None else {}
        unknown = [layer for layer in layers if known.get(layer.index) is None]
        workers = workers_for(unknown) if isinstance(self.repository, ListedRepository) else 1
        if workers > 1:
            fresh: Generator[LayerContent] = read_in_processes(unknown, read_one, heard, workers)
        else:
            fresh = (read_one(layer, heard) for layer in unknown)
        with closing(fresh):
            for layer in layers:
                content = known.pop(layer.index, None)
                if content is not None:
                    heard(layer.descriptor.size)
                yield content or next(fresh)

    def close(self) -> None:
        """Let go of files and connections."""
        if self._close is not None:
            self._close()
            self._close = None

    def __enter__(self) -> Self:
        """Give the source itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Close it."""
        self.close()


def open_image(
    repository: Repository,
    descriptor: Descriptor,
    *,
    reference: str,
    platform: str | None = None,
    name: str = "",
    version: str = "",
    close: Callable[[], None] | None = None,
) -> ImageSource:
    """Open what `descriptor` names in `repository`.

    1. An index leads to the manifest of one platform: `platform` ("os/architecture[/variant]"), else this machine's.
       Where other images of the index are missing (archives often hold one platform only), that one is the artifact.
    2. The configuration gives the diff_ids and the history of the layers.

    Raises InputError: no image, no such platform, or a document is not valid. UnavailableError: it cannot be fetched.
    """
    wanted = _parse_platform(platform) if platform else None
    chosen, manifest, stated = _choose(repository, descriptor, wanted, 0)
    if chosen.digest != descriptor.digest and isinstance(repository, ListedRepository):
        descriptor = descriptor if _is_whole(repository, descriptor) else chosen
    kind = _KINDS.get(manifest.artifact_type, "image")
    if kind == "image":
        layers, own = _read_config(repository, manifest, chosen)
        if wanted is not None and own is not None and not _fits(own, wanted):
            raise InputError(reference, f"the image is for {own}, not for {wanted}")
    else:
        layers, own = _plain_layers(manifest), None
    artifact = Artifact(
        kind=kind,
        name=name,
        version=version,
        descriptor=descriptor,
        reference=reference,
        layers=layers,
        platform=own or stated,
    )
    return ImageSource(repository, artifact, chosen, close)


def host_platform() -> Platform:
    """Give the platform whose images run on this machine."""
    architecture = machine.machine().lower()
    return Platform(os="linux", architecture=_ARCHITECTURES.get(architecture, architecture))


def _choose(
    repository: Repository, descriptor: Descriptor, wanted: Platform | None, depth: int
) -> tuple[Descriptor, Manifest, Platform | None]:
    found, data = repository.manifest(descriptor.digest)
    where = f"{repository.name}@{descriptor.digest}"
    manifest = parse_manifest(data, where, found.media_type)
    if not manifest.is_index:
        return found, manifest, descriptor.platform
    if depth >= _MAX_DEPTH:
        raise InputError(where, f"indexes inside indexes, more than {_MAX_DEPTH} deep")
    # Attestations that builders put beside the images say that they run nowhere (os "unknown").
    images = [
        entry
        for entry in manifest.manifests
        if entry.media_type in MANIFEST_TYPES and not (entry.platform and entry.platform.os == "unknown")
    ]
    if len(images) == 1 and (wanted is None or images[0].platform is None or images[0].media_type in INDEX_TYPES):
        return _choose(repository, images[0], wanted, depth + 1)
    target = wanted or host_platform()
    fitting = [entry for entry in images if entry.platform is not None and _fits(entry.platform, target)]
    if not fitting:
        there = ", ".join(sorted({str(entry.platform) for entry in images if entry.platform})) or "none"
        raise InputError(where, f"no image for {target} in this index", f"choose with --platform from: {there}")
    # No variant was asked for: the plain one first, else the newest (arm v7 before v6), as container runtimes do.
    best = max(fitting, key=lambda e: (e.platform is not None and not e.platform.variant, str(e.platform), e.digest))
    return _choose(repository, best, wanted, depth + 1)


def _is_whole(repository: Repository, index: Descriptor) -> bool:
    """Say whether all that an index lists is there, so that the index can be copied."""
    found, data = repository.manifest(index.digest)
    entries = parse_manifest(data, f"{repository.name}@{index.digest}", found.media_type).manifests
    return all(
        repository.has_blob(entry.digest) and (entry.media_type not in INDEX_TYPES or _is_whole(repository, entry))
        for entry in entries
    )


def _parse_platform(text: str) -> Platform:
    parts = text.split("/")
    if not 2 <= len(parts) <= 3 or not all(parts):
        raise InputError(text, "not a platform", "expected os/architecture[/variant], such as linux/arm64")
    return Platform(os=parts[0], architecture=parts[1], variant=parts[2] if len(parts) == 3 else "")


def _fits(platform: Platform, wanted: Platform) -> bool:
    same = (platform.os, platform.architecture) == (wanted.os, wanted.architecture)
    return same and wanted.variant in ("", platform.variant)


def _read_config(
    repository: Repository, manifest: Manifest, chosen: Descriptor
) -> tuple[tuple[Layer, ...], Platform | None]:
    where = f"{repository.name}@{chosen.digest}"
    config = manifest.config
    if config is None or config.media_type not in _CONFIG_TYPES:
        raise InputError(where, f"not an image: it is {manifest.artifact_type!r}", "name an image")
    at = f"{repository.name}@{config.digest}"
    fields = Fields.from_json(read_blob(repository, config, max_bytes=MAX_CONFIG_BYTES), at)
    rootfs = fields.table("rootfs")
    diff_ids = [Digest.parse(text, rootfs.spot(f"diff_ids[{i}]")) for i, text in enumerate(rootfs.texts("diff_ids"))]
    if len(diff_ids) != len(manifest.layers):
        what = f"expected one for each of the {len(manifest.layers)} layers of {chosen.digest}, got {len(diff_ids)}"
        raise rootfs.fault("diff_ids", what)
    history = [
        step.text_or("created_by") or step.text_or("comment")
        for step in fields.each("history")
        if not step.boolean("empty_layer")
    ]
    # History is for people and may be left out; where its length is another, nobody knows which step made which layer.
    steps = history if len(history) == len(diff_ids) else []
    layers = tuple(
        Layer(index=index, descriptor=layer, diff_id=diff_id, created_by=step)
        for index, (layer, diff_id, step) in enumerate(zip_longest(manifest.layers, diff_ids, steps, fillvalue=""))
        if isinstance(layer, Descriptor) and isinstance(diff_id, Digest) and isinstance(step, str)
    )
    platform = None
    if fields.text_or("os") and fields.text_or("architecture"):
        platform = Platform(
            os=fields.text("os"), architecture=fields.text("architecture"), variant=fields.text_or("variant")
        )
    return layers, platform


def _plain_layers(manifest: Manifest) -> tuple[Layer, ...]:
    """Give the layers of what has no configuration. Where a layer is not compressed, its digest is its diff_id."""
    return tuple(
        Layer(
            index=index,
            descriptor=layer,
            diff_id=layer.digest if layer.media_type.endswith(".tar") else None,
        )
        for index, layer in enumerate(manifest.layers)
    )
