"""A bundle as an OCI 1.1 referrer, as cosign 3 stores it.

It is a manifest whose one layer is the bundle and whose subject is the artifact.

Spec: OCI image-spec v1.1 manifest.md ("Guidelines for Artifact Usage") and cosign's SPEC for bundles. Annotations are
not signed: they help to choose which bundle to fetch, and what it is about is read from the verified statement alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from custody.errors import InputError
from custody.fields import Fields
from custody.model import Descriptor, Digest, canonical_json, format_time
from custody.signing.bundle import BUNDLE_MEDIA_TYPE

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["BundleLink", "BundleManifest", "bundle_manifest", "parse_bundle_manifest"]

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
_EMPTY = b"{}"
_CONTENT, _PREDICATE, _CREATED = (
    "dev.sigstore.bundle.content",
    "dev.sigstore.bundle.predicateType",
    "org.opencontainers.image.created",
)
_MAX_BYTES = 4 * 1024 * 1024  # the least that registries must take, and what they commonly take at most
_BUNDLE_TYPES = (
    BUNDLE_MEDIA_TYPE,
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleManifest:
    """What is pushed: first the blobs, then the manifest under its digest.

    descriptor: of the manifest, as a referrers index lists it.
    """

    descriptor: Descriptor
    manifest: bytes
    blobs: tuple[tuple[Descriptor, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleLink:
    """What a referrer's manifest says.

    That is which artifact, where the bundle's blob is, and of what type its predicate claims to be ("" unsaid).
    """

    subject: Digest
    bundle: Descriptor
    predicate_type: str = ""
    created: str = ""


def bundle_manifest(bundle: bytes, subject: Descriptor, predicate_type: str, created: dt.datetime) -> BundleManifest:
    """Make the manifest that hangs `bundle` on `subject`.

    created: the only moment in it; the same one gives the same bytes.
    """
    config = Descriptor(media_type=EMPTY_TYPE, digest=Digest.of(_EMPTY), size=len(_EMPTY))
    layer = Descriptor(media_type=BUNDLE_MEDIA_TYPE, digest=Digest.of(bundle), size=len(bundle))
    annotations = {_CONTENT: "dsse-envelope", _PREDICATE: predicate_type, _CREATED: format_time(created)}
    manifest = canonical_json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": BUNDLE_MEDIA_TYPE,
            "config": _json(config),
            "layers": [_json(layer)],
            "subject": _json(subject),
            "annotations": annotations,
        }
    )
    descriptor = Descriptor(
        media_type=MANIFEST_TYPE,
        digest=Digest.of(manifest),
        size=len(manifest),
        artifact_type=BUNDLE_MEDIA_TYPE,
        annotations=tuple(sorted(annotations.items())),
    )
    return BundleManifest(descriptor=descriptor, manifest=manifest, blobs=((config, _EMPTY), (layer, bundle)))


def parse_bundle_manifest(data: bytes, where: str) -> BundleLink:
    """Read the manifest of a referrer that holds a bundle; InputError for a manifest of anything else."""
    if len(data) > _MAX_BYTES:
        raise InputError(where, f"larger than {_MAX_BYTES} bytes")
    fields = Fields.from_json(data, where, unique_keys=True)
    if fields.text_or("mediaType", MANIFEST_TYPE) != MANIFEST_TYPE:
        raise fields.fault("mediaType", f"expected {MANIFEST_TYPE!r}, got {fields.text('mediaType')!r}")
    layers = list(fields.each("layers"))
    if len(layers) != 1:
        raise fields.fault("layers", f"expected one layer, the bundle, got {len(layers)}")
    media_type = layers[0].one_of("mediaType", _BUNDLE_TYPES)
    size = layers[0].integer("size")
    if size < 0:
        raise layers[0].fault("size", f"expected bytes, got {size}")
    if "subject" not in fields:
        raise fields.fault("subject", "missing, expected the artifact that the bundle is about")
    subject, annotations = fields.table("subject"), fields.table("annotations")
    return BundleLink(
        subject=Digest.parse(subject.text("digest"), subject.spot("digest")),
        bundle=Descriptor(
            media_type=media_type, digest=Digest.parse(layers[0].text("digest"), layers[0].spot("digest")), size=size
        ),
        predicate_type=annotations.text_or(_PREDICATE),
        created=annotations.text_or(_CREATED),
    )


def _json(descriptor: Descriptor) -> dict[str, object]:
    return {"mediaType": descriptor.media_type, "digest": str(descriptor.digest), "size": descriptor.size}
