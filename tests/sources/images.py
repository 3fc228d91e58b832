"""Images made in memory and put into a layout, with any fault that a test asks for."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from custody.model import Descriptor, Digest, Entry, LayerContent, Platform
from custody.registry.layout import LayoutRepository
from custody.registry.manifest import OCI_INDEX, OCI_MANIFEST, Manifest, encode_manifest

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
TAR_TYPE = "application/vnd.oci.image.layer.v1.tar"


def tar(*files: tuple[str, bytes] | tarfile.TarInfo) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as archive:
        for file in files:
            if isinstance(file, tarfile.TarInfo):
                archive.addfile(file)
            else:
                entry = tarfile.TarInfo(file[0])
                entry.size = len(file[1])
                archive.addfile(entry, io.BytesIO(file[1]))
    return made.getvalue()


def packed(data: bytes, kind: str = "gzip") -> tuple[bytes, str]:
    """Give a layer as it is stored, and its media type."""
    if kind == "gzip":
        return gzip.compress(data, 1, mtime=0), f"{TAR_TYPE}+gzip"
    if kind == "zstd":
        return zstd.compress(data), f"{TAR_TYPE}+zstd"
    return data, TAR_TYPE


def digest(data: bytes) -> Digest:
    return Digest("sha256", hashlib.sha256(data).hexdigest())


def put(layout: LayoutRepository, data: bytes, media_type: str) -> Descriptor:
    descriptor = Descriptor(media_type=media_type, digest=digest(data), size=len(data))
    layout.put_blob(descriptor, (data,))
    return descriptor


def put_image(
    layout: LayoutRepository,
    layers: Sequence[bytes],
    *,
    kind: str = "gzip",
    tag: str | None = "1.0",
    platform: Platform | None = None,
    config: dict[str, Any] | None = None,
    config_type: str = CONFIG_TYPE,
    child: bool = False,
) -> Descriptor:
    """Put an image. layers: uncompressed tars, or for kind "raw" stored bytes; config: replaces fields of it."""
    stored = [(layer, f"{TAR_TYPE}+gzip") if kind == "raw" else packed(layer, kind) for layer in layers]
    descriptors = tuple(put(layout, data, media_type) for data, media_type in stored)
    platform = platform or Platform(os="linux", architecture="amd64")
    document = {
        "os": platform.os,
        "architecture": platform.architecture,
        "variant": platform.variant,
        "rootfs": {"type": "layers", "diff_ids": [str(digest(layer)) for layer in layers]},
        "history": [{"created_by": f"step {index}"} for index in range(len(layers))],
    }
    data = json.dumps({**document, **(config or {})}).encode()
    manifest = Manifest(
        media_type=OCI_MANIFEST,
        config=put(layout, data, config_type),
        artifact_type=config_type,
        layers=descriptors,
    )
    return layout.put_manifest(encode_manifest(manifest), OCI_MANIFEST, tag=tag, child=child)


def put_index(layout: LayoutRepository, *images: tuple[Descriptor, Platform | None], tag: str = "all") -> Descriptor:
    manifests = tuple(
        Descriptor(media_type=d.media_type, digest=d.digest, size=d.size, platform=platform) for d, platform in images
    )
    return layout.put_manifest(encode_manifest(Manifest(media_type=OCI_INDEX, manifests=manifests)), OCI_INDEX, tag=tag)


def blob_path(layout: LayoutRepository, found: Digest) -> Path:
    return layout.path / "blobs" / found.algorithm / found.hex


def everything(_: str) -> bool:
    return True


def nothing(_: str) -> bool:
    return False


def by_path(content: LayerContent) -> dict[str, Entry]:
    return {entry.path: entry for entry in content.every()}
