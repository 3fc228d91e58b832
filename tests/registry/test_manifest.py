from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.model import Descriptor, Digest, Platform
from custody.registry.manifest import (
    DOCKER_INDEX,
    EMPTY,
    OCI_INDEX,
    OCI_MANIFEST,
    Manifest,
    encode_manifest,
    is_foreign,
    parse_manifest,
)

LAYER = Descriptor(
    media_type="application/vnd.oci.image.layer.v1.tar+gzip",
    digest=Digest.of(b"layer"),
    size=5,
    artifact_type="a/b",
    annotations=(("k", "v"),),
    platform=Platform(os="linux", architecture="arm", variant="v7"),
)
IMAGE = Manifest(
    media_type=OCI_MANIFEST,
    artifact_type="application/vnd.example",
    config=EMPTY,
    layers=(LAYER,),
    subject=Descriptor(media_type=OCI_MANIFEST, digest=Digest.of(b"subject"), size=7),
    annotations=(("a", "1"), ("b", "2")),
)
INDEX = Manifest(media_type=OCI_INDEX, manifests=(LAYER,), artifact_type="x/y", annotations=(("c", "é"),))


@pytest.mark.parametrize("manifest", [IMAGE, INDEX])
def test_a_manifest_comes_back(manifest: Manifest) -> None:
    data = encode_manifest(manifest)
    assert parse_manifest(data, "m") == parse_manifest(data, "m", manifest.media_type) == manifest
    assert encode_manifest(parse_manifest(data, "m")) == data


@settings(max_examples=200)
@given(st.sampled_from([encode_manifest(IMAGE), encode_manifest(INDEX)]), st.data())
def test_any_changed_byte_gives_a_manifest_or_an_input_error(good: bytes, choice: st.DataObject) -> None:
    position = choice.draw(st.integers(0, len(good) - 1))
    byte = choice.draw(st.sampled_from(b'0":,{}[]-1\xffnt'))
    with suppress(InputError):
        parse_manifest(good[:position] + bytes([byte]) + good[position + 1 :], "m")
    with pytest.raises(InputError, match=r"^m: not valid JSON"):
        parse_manifest(good[:position], "m")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mediaType": DOCKER_INDEX}, "m:mediaType: expected 'application/vnd.oci.image.manifest"),
        ({"schemaVersion": 1}, "m:schemaVersion: expected 2, got 1"),
        ({"schemaVersion": None}, "m:schemaVersion: missing"),
        ({"config": None}, "m:config.size: missing"),
        ({"manifests": []}, "m:manifests: this belongs to another kind of document"),
        ({"layers": [{}]}, r"m:layers\[0\].size: missing"),
        ({"layers": [{"size": 2**63, "mediaType": "x", "digest": "x"}]}, "expected a number of bytes"),
        ({"layers": [{"size": True, "mediaType": "x", "digest": "x"}]}, "expected a whole number"),
        ({"layers": [{"size": 1, "mediaType": "x", "digest": "sha256:AA"}]}, "expected a digest like"),
        ({"annotations": {"a": 1}}, "m:annotations.a: expected a text"),
        ({"subject": "x"}, "m:subject: expected a table"),
    ],
)
def test_a_broken_manifest_names_its_field(change: dict[str, object], message: str) -> None:
    document = {**json.loads(encode_manifest(IMAGE)), **change}
    with pytest.raises(InputError, match=message):
        parse_manifest(json.dumps(document).encode(), "m", OCI_MANIFEST)


def test_a_document_that_does_not_say_its_kind_is_told_by_its_fields() -> None:
    for manifest in (IMAGE, INDEX):
        document = json.loads(encode_manifest(manifest))
        del document["mediaType"]
        assert parse_manifest(json.dumps(document).encode(), "m") == manifest


def test_the_oldest_form_gets_a_remedy() -> None:
    old = b'{"schemaVersion": 1, "mediaType": "application/vnd.docker.distribution.manifest.v1+json"}'
    with pytest.raises(InputError, match="pull it and push it again with a current tool"):
        parse_manifest(old, "m")


def test_the_type_of_an_image_is_that_of_its_configuration() -> None:
    plain = Manifest(media_type=OCI_MANIFEST, artifact_type=EMPTY.media_type, config=EMPTY)
    assert b"artifactType" not in encode_manifest(plain)
    assert parse_manifest(encode_manifest(plain), "m").artifact_type == EMPTY.media_type
    with pytest.raises(InputError, match="needs a configuration"):
        encode_manifest(Manifest(media_type=OCI_MANIFEST))


def test_foreign_layers_are_told_by_their_type() -> None:
    for name, foreign in {
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip": True,
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd": True,
        "application/vnd.oci.image.layer.v1.tar": False,
    }.items():
        assert is_foreign(Descriptor(media_type=name, digest=LAYER.digest, size=1)) is foreign
