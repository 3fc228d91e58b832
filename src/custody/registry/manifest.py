"""Manifests, indexes and descriptors as values.

Reads: OCI image-spec v1.1 (manifest.md, image-index.md, descriptor.md) and Docker image manifest V2 schema 2, with
its list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from custody.errors import InputError
from custody.fields import Fields
from custody.model import Descriptor, Digest, Platform, canonical_json

__all__ = [
    "DOCKER_INDEX",
    "DOCKER_MANIFEST",
    "EMPTY",
    "EMPTY_DATA",
    "INDEX_TYPES",
    "MANIFEST_TYPES",
    "OCI_INDEX",
    "OCI_MANIFEST",
    "Manifest",
    "descriptor_fields",
    "encode_manifest",
    "is_foreign",
    "parse_descriptor",
    "parse_manifest",
    "platform_fields",
]

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"

INDEX_TYPES = (OCI_INDEX, DOCKER_INDEX)
MANIFEST_TYPES = (OCI_MANIFEST, DOCKER_MANIFEST, *INDEX_TYPES)
"""All that can be read here, in the order in which a registry is asked for them."""

EMPTY_DATA = b"{}"
EMPTY = Descriptor(media_type="application/vnd.oci.empty.v1+json", digest=Digest.of(EMPTY_DATA), size=len(EMPTY_DATA))
"""The configuration of what is not an image: image-spec v1.1, manifest.md, "Guidance for an Empty Descriptor"."""

_MAX_SIZE = 2**63 - 1  # descriptor.md: `size` is an int64


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A manifest, or an index where `media_type` is one of `INDEX_TYPES` (then `manifests` is filled, not `layers`).

    artifact_type: what it says it is; for a manifest that does not say, the media type of its configuration.
    """

    media_type: str
    artifact_type: str = ""
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] = ()
    manifests: tuple[Descriptor, ...] = ()
    subject: Descriptor | None = None
    annotations: tuple[tuple[str, str], ...] = ()

    @property
    def is_index(self) -> bool:
        """Say whether this lists other manifests."""
        return self.media_type in INDEX_TYPES

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Give what it needs that is not a manifest: the configuration, then the layers."""
        return ((self.config,) if self.config else ()) + self.layers


def is_foreign(descriptor: Descriptor) -> bool:
    """Say whether a layer may live elsewhere only: image-spec v1.1, layer.md, "Non-Distributable Layers"."""
    return ".nondistributable." in descriptor.media_type or ".foreign." in descriptor.media_type


def parse_manifest(data: bytes, where: str, media_type: str = "") -> Manifest:
    """Read a manifest or index.

    media_type: what the descriptor or the registry said of it, "" where nobody did.
    Raises InputError: not JSON, of another kind, or of two kinds at once, which two readers would take for different
    things (CVE-2021-41190).
    """
    root = Fields.from_json(data, where)
    declared = root.text_or("mediaType") or media_type
    if media_type and declared != media_type:
        raise root.fault("mediaType", f"expected {media_type!r}, as its descriptor says, got {declared!r}")
    if not declared:
        declared = OCI_INDEX if "manifests" in root else OCI_MANIFEST
    if declared not in MANIFEST_TYPES:
        fix = "pull it and push it again with a current tool" if ".v1+" in declared else ""
        raise root.fault("mediaType", f"expected a manifest or an index of OCI or Docker, got {declared!r}", fix)
    is_index = declared in INDEX_TYPES
    for wrong in ("config", "layers") if is_index else ("manifests",):
        if wrong in root:
            raise root.fault(wrong, f"this belongs to another kind of document than {declared!r}")
    if root.integer("schemaVersion") != 2:
        raise root.fault("schemaVersion", f"expected 2, got {root.integer('schemaVersion')}")
    subject = parse_descriptor(root.table("subject")) if "subject" in root else None
    annotations = _annotations(root)
    if is_index:
        return Manifest(
            media_type=declared,
            artifact_type=root.text_or("artifactType"),
            manifests=tuple(parse_descriptor(item) for item in root.each("manifests")),
            subject=subject,
            annotations=annotations,
        )
    config = parse_descriptor(root.table("config"))
    return Manifest(
        media_type=declared,
        artifact_type=root.text_or("artifactType") or config.media_type,
        config=config,
        layers=tuple(parse_descriptor(item) for item in root.each("layers")),
        subject=subject,
        annotations=annotations,
    )


def parse_descriptor(fields: Fields) -> Descriptor:
    """Read a content descriptor: image-spec v1.1, descriptor.md."""
    size = fields.integer("size")
    if not 0 <= size <= _MAX_SIZE:
        raise fields.fault("size", f"expected a number of bytes, got {size}")
    platform = None
    if "platform" in fields:
        inner = fields.table("platform")
        platform = Platform(
            os=inner.text_or("os"), architecture=inner.text_or("architecture"), variant=inner.text_or("variant")
        )
    return Descriptor(
        media_type=fields.text("mediaType"),
        digest=Digest.parse(fields.text("digest"), fields.spot("digest")),
        size=size,
        artifact_type=fields.text_or("artifactType"),
        annotations=_annotations(fields),
        platform=platform,
    )


def _annotations(fields: Fields) -> tuple[tuple[str, str], ...]:
    inner = fields.table("annotations")
    return tuple(sorted((str(key), inner.text_or(key)) for key in inner.value))


def platform_fields(platform: Platform) -> dict[str, str]:
    """Give a platform in the form of an index entry."""
    found = {"architecture": platform.architecture, "os": platform.os}
    return found | {"variant": platform.variant} if platform.variant else found


def descriptor_fields(descriptor: Descriptor) -> dict[str, Any]:
    """Give a descriptor in its JSON form, without what is empty."""
    found: dict[str, Any] = {
        "mediaType": descriptor.media_type,
        "digest": str(descriptor.digest),
        "size": descriptor.size,
    }
    if descriptor.artifact_type:
        found["artifactType"] = descriptor.artifact_type
    if descriptor.annotations:
        found["annotations"] = dict(descriptor.annotations)
    if descriptor.platform is not None:
        found["platform"] = platform_fields(descriptor.platform)
    return found


def encode_manifest(manifest: Manifest) -> bytes:
    """Give the canonical JSON of a manifest or index: one value, one digest.

    Raises InputError: a manifest without a configuration, which the specification does not allow.
    """
    found: dict[str, Any] = {"schemaVersion": 2, "mediaType": manifest.media_type}
    if manifest.is_index:
        found["manifests"] = [descriptor_fields(item) for item in manifest.manifests]
    elif manifest.config is None:
        raise InputError("manifest", "a manifest needs a configuration; use EMPTY where there is none")
    else:
        found["config"] = descriptor_fields(manifest.config)
        found["layers"] = [descriptor_fields(item) for item in manifest.layers]
    if manifest.artifact_type and (manifest.config is None or manifest.artifact_type != manifest.config.media_type):
        found["artifactType"] = manifest.artifact_type
    if manifest.subject is not None:
        found["subject"] = descriptor_fields(manifest.subject)
    if manifest.annotations:
        found["annotations"] = dict(manifest.annotations)
    return canonical_json(found)
