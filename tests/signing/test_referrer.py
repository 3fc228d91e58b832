"""The manifest of a referrer: what cosign 3 writes, and nothing else read as one."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.model import Descriptor, Digest
from custody.signing import bundle_manifest, parse_bundle_manifest

NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
IMAGE = Descriptor(media_type="application/vnd.oci.image.index.v1+json", digest=Digest.of(b"image"), size=77)
BUNDLE = b'{"mediaType":"..."}'


def test_the_manifest_is_that_of_a_bundle_as_a_referrer() -> None:
    made = bundle_manifest(BUNDLE, IMAGE, "https://slsa.dev/provenance/v1", NOW)
    assert json.loads(made.manifest) == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            "size": 2,
        },
        "layers": [
            {
                "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                "digest": str(Digest.of(BUNDLE)),
                "size": len(BUNDLE),
            }
        ],
        "subject": {"mediaType": IMAGE.media_type, "digest": str(IMAGE.digest), "size": 77},
        "annotations": {
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v1",
            "org.opencontainers.image.created": "2026-01-02T03:04:05Z",
        },
    }
    assert made.descriptor.digest == Digest.of(made.manifest)
    assert made.descriptor.size == len(made.manifest)
    assert made.descriptor.artifact_type == "application/vnd.dev.sigstore.bundle.v0.3+json"
    assert [(d.digest, d.size, blob) for d, blob in made.blobs] == [
        (Digest.of(b"{}"), 2, b"{}"),
        (Digest.of(BUNDLE), len(BUNDLE), BUNDLE),
    ]


def test_the_same_moment_gives_the_same_bytes() -> None:
    assert bundle_manifest(BUNDLE, IMAGE, "x", NOW) == bundle_manifest(BUNDLE, IMAGE, "x", NOW)


def test_what_was_written_is_read_again() -> None:
    link = parse_bundle_manifest(bundle_manifest(BUNDLE, IMAGE, "https://slsa.dev/provenance/v1", NOW).manifest, "m")
    assert link.subject == IMAGE.digest
    assert (link.bundle.digest, link.bundle.size) == (Digest.of(BUNDLE), len(BUNDLE))
    assert link.predicate_type == "https://slsa.dev/provenance/v1"
    assert link.created == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subject": None}, "m:subject: missing"),
        ({"layers": []}, "expected one layer, the bundle, got 0"),
        ({"layers": [{}, {}]}, "got 2"),
        ({"layers": [{"mediaType": "text/plain", "digest": "x", "size": 1}]}, "mediaType: expected one of"),
        ({"mediaType": "application/vnd.oci.image.index.v1+json"}, "m:mediaType: expected"),
        ({"subject": {"digest": "sha256:abc"}}, "m:subject.digest: expected a digest"),
        ({"annotations": {"dev.sigstore.bundle.predicateType": 7}}, "expected a text, got a number"),
    ],
)
def test_a_manifest_of_something_else_is_refused(change: dict[str, object], message: str) -> None:
    document = json.loads(bundle_manifest(BUNDLE, IMAGE, "x", NOW).manifest) | change
    with pytest.raises(InputError, match=message):
        parse_bundle_manifest(json.dumps(document).encode(), "m")


@given(st.integers(0, 2000), st.integers(0, 255))
@settings(max_examples=200)
def test_only_input_errors_come_out_of_the_parser(at: int, byte: int) -> None:
    data = bundle_manifest(BUNDLE, IMAGE, "x", NOW).manifest
    at %= len(data)
    for hostile in (data[:at], data[:at] + bytes([byte]) + data[at + 1 :]):
        try:
            parse_bundle_manifest(hostile, "m")
        except InputError:
            continue
