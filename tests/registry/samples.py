"""Small artifacts to copy about."""

from __future__ import annotations

import json

from custody.model import Descriptor, Digest
from custody.registry.blob import read_blob
from custody.registry.interface import Repository
from custody.registry.manifest import (
    EMPTY,
    EMPTY_DATA,
    OCI_INDEX,
    OCI_MANIFEST,
    Manifest,
    encode_manifest,
    parse_manifest,
)

CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"


def put_bytes(repository: Repository, data: bytes, media_type: str) -> Descriptor:
    descriptor = Descriptor(media_type=media_type, digest=Digest.of(data), size=len(data))
    repository.put_blob(descriptor, (data,))
    return descriptor


def put_image(
    repository: Repository, content: bytes = b"layer", *, tag: str | None = "1.0", child: bool = False
) -> Descriptor:
    """Put an image of one layer, which is no real archive."""
    layer = put_bytes(repository, content, LAYER_TYPE)
    rootfs = {"type": "layers", "diff_ids": [str(layer.digest)]}
    config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": rootfs}).encode()
    manifest = Manifest(
        media_type=OCI_MANIFEST,
        config=put_bytes(repository, config, CONFIG_TYPE),
        layers=(layer,),
        artifact_type=CONFIG_TYPE,
    )
    return repository.put_manifest(encode_manifest(manifest), OCI_MANIFEST, tag=tag, child=child)


def put_index(repository: Repository, *images: Descriptor, tag: str | None = "all") -> Descriptor:
    data = encode_manifest(Manifest(media_type=OCI_INDEX, manifests=images))
    return repository.put_manifest(data, OCI_INDEX, tag=tag)


def put_bare(repository: Repository, *, annotations: dict[str, str], tag: str | None = None) -> Descriptor:
    """Put a manifest of nothing, told apart by its annotations."""
    if not repository.has_blob(EMPTY.digest):
        repository.put_blob(EMPTY, (b"{}",))
    manifest = Manifest(
        media_type=OCI_MANIFEST,
        artifact_type="application/vnd.example.bare",
        config=EMPTY,
        annotations=tuple(sorted(annotations.items())),
    )
    return repository.put_manifest(encode_manifest(manifest), OCI_MANIFEST, tag=tag)


def attach(
    repository: Repository,
    subject: Descriptor,
    data: bytes,
    *,
    artifact_type: str,
    media_type: str = "",
    annotations: dict[str, str] | None = None,
) -> Descriptor:
    """Put `data` as a referrer of `subject`: image-spec v1.1, manifest.md, "Guidelines for Artifact Usage"."""
    layer = put_bytes(repository, data, media_type or artifact_type)
    if not repository.has_blob(EMPTY.digest):
        repository.put_blob(EMPTY, (EMPTY_DATA,))
    manifest = Manifest(
        media_type=OCI_MANIFEST,
        artifact_type=artifact_type,
        config=EMPTY,
        layers=(layer,),
        subject=subject,
        annotations=tuple(sorted((annotations or {}).items())),
    )
    return repository.put_manifest(encode_manifest(manifest), OCI_MANIFEST)


def attached(repository: Repository, subject: Digest, artifact_type: str = "") -> list[tuple[Descriptor, bytes]]:
    """Give what refers to `subject`, each with its document."""
    found = []
    for referrer in repository.referrers(subject, artifact_type):
        [layer] = parse_manifest(repository.manifest(referrer.digest)[1], "referrer").layers
        found.append((referrer, read_blob(repository, layer, max_bytes=1000)))
    return found
