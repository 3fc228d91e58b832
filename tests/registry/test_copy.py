from __future__ import annotations

import json
from pathlib import Path

import pytest

from custody.errors import InputError, VerificationError
from custody.model import Descriptor, Digest
from custody.registry.copy import check_artifact, copy, verify_copy
from custody.registry.interface import MissingError
from custody.registry.layout import LayoutRepository
from custody.registry.manifest import OCI_MANIFEST, Manifest, encode_manifest
from tests.registry.samples import CONFIG_TYPE, attach, put_bytes, put_image, put_index

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
FOREIGN = "application/vnd.oci.image.layer.nondistributable.v1.tar"


@pytest.fixture
def source(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "source")


@pytest.fixture
def target(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "target")


def test_everything_arrives_byte_for_byte_and_children_come_first(
    source: LayoutRepository, target: LayoutRepository
) -> None:
    images = [put_image(source, name, tag=None, child=True) for name in (b"a", b"b")]
    top = put_index(source, *images)
    bundle = attach(source, top, b"bundle", artifact_type=BUNDLE)
    child_bundle = attach(source, images[0], b"child bundle", artifact_type=BUNDLE)
    about_bundle = attach(source, bundle, b"vsa", artifact_type=BUNDLE)
    attach(source, put_image(source, b"other"), b"not wanted", artifact_type=BUNDLE)
    heard: list[tuple[str, int, int]] = []
    done = copy(source, top, target, tag="all", progress=lambda *report: heard.append(report))
    assert target.resolve("all") == top
    assert {d.digest for d in done.referrers} == {bundle.digest, child_bundle.digest, about_bundle.digest}
    assert [d.digest for d in target.referrers(top.digest)] == [bundle.digest]
    assert [d.digest for d in target.referrers(bundle.digest)] == [about_bundle.digest]
    assert target.tags() == ("all",)
    order = [d.digest for d in done.copied]
    assert len(order) == len(set(order))
    assert order.index(images[1].digest) < order.index(top.digest) < order.index(bundle.digest)
    for digest in order:
        there = Path("blobs") / digest.algorithm / digest.hex
        assert (target.path / there).read_bytes() == (source.path / there).read_bytes()
    assert not target.has_blob(Digest.of(b"not wanted"))
    assert (
        heard[-1][1]
        == heard[-1][2]
        == sum(d.size for d in done.copied if d.media_type not in (OCI_MANIFEST, top.media_type))
    )
    assert [done for _, done, _ in heard] == sorted(done for _, done, _ in heard)
    found = verify_copy(source, top, target, tag="all")
    assert (found.manifests, len(found.referrers)) == (6, 3)


def test_a_second_copy_sends_nothing(source: LayoutRepository, target: LayoutRepository) -> None:
    image = put_image(source)
    attach(source, image, b"bundle", artifact_type=BUNDLE)
    first = copy(source, image, target, tag="1.0")
    second = copy(source, image, target, tag="1.0")
    assert (len(first.present), second.copied) == (0, ())
    assert second.copied_bytes == 0
    assert {d.digest for d in second.present} == {d.digest for d in first.copied}


def test_evidence_stays_behind_when_it_is_not_asked_for(source: LayoutRepository, target: LayoutRepository) -> None:
    image = put_image(source)
    attach(source, image, b"bundle", artifact_type=BUNDLE)
    assert copy(source, image, target, referrers=False).referrers == ()
    assert target.referrers(image.digest) == ()
    with pytest.raises(VerificationError, match=r"the referrer sha256:\w+ \(application/vnd.dev.sigstore"):
        verify_copy(source, image, target)


def test_what_cosign_keeps_under_tags_comes_along(source: LayoutRepository, target: LayoutRepository) -> None:
    image = put_image(source)
    tag = f"sha256-{image.digest.hex}.sig"
    signature = put_image(source, b"signature", tag=tag)
    copy(source, image, target, tag="1.0")
    assert target.resolve(tag) == signature
    verify_copy(source, image, target)
    with pytest.raises(VerificationError, match=rf"no tag '{tag}'"):
        verify_copy(source, image, _without_entries(target, tag))


def _without_entries(layout: LayoutRepository, tag: str) -> LayoutRepository:
    path = layout.path / "index.json"
    document = json.loads(path.read_bytes())
    document["manifests"] = [e for e in document["manifests"] if tag not in json.dumps(e)]
    path.write_text(json.dumps(document))
    return layout


def test_a_foreign_layer_may_be_missing(source: LayoutRepository, target: LayoutRepository) -> None:
    away = Descriptor(media_type=FOREIGN, digest=Digest.of(b"elsewhere"), size=9)
    config = put_bytes(source, b"{}", CONFIG_TYPE)
    data = encode_manifest(Manifest(media_type=OCI_MANIFEST, config=config, layers=(away,), artifact_type=CONFIG_TYPE))
    image = source.put_manifest(data, OCI_MANIFEST, tag="1")
    assert away.digest not in {d.digest for d in copy(source, image, target).copied}
    verify_copy(source, image, target)


def test_nothing_is_tagged_when_a_blob_is_missing_at_the_source(
    source: LayoutRepository, target: LayoutRepository
) -> None:
    image = put_image(source, b"layer")
    digest = Digest.of(b"layer")
    (source.path / "blobs" / "sha256" / digest.hex).unlink()
    with pytest.raises(MissingError, match="the blob is missing in this layout"):
        copy(source, image, target, tag="1.0")
    assert target.tags() == ()


def test_a_damaged_blob_is_not_copied(source: LayoutRepository, target: LayoutRepository) -> None:
    image = put_image(source, b"layer")
    digest = Digest.of(b"layer")
    (source.path / "blobs" / "sha256" / digest.hex).write_bytes(b"LAYER")
    with pytest.raises(InputError, match="wrong digest"):
        copy(source, image, target, tag="1.0")
    assert not target.has_blob(digest)
    assert target.tags() == ()


@pytest.mark.parametrize("damage", ["missing", "changed", "manifest", "tag"])
def test_a_damaged_target_is_not_verified(source: LayoutRepository, target: LayoutRepository, damage: str) -> None:
    image = put_image(source, b"layer")
    copy(source, image, target, tag="1.0")
    verify_copy(source, image, target, tag="1.0")
    digest = image.digest if damage == "manifest" else Digest.of(b"layer")
    path = target.path / "blobs" / "sha256" / digest.hex
    message = "wrong digest"
    if damage == "missing":
        path.unlink()
        message = "the blob is missing; publish it there again"
    elif damage == "tag":
        put_image(target, b"other")
        message = f"expected {image.digest}, got"
    else:
        path.write_bytes(path.read_bytes().upper())
    with pytest.raises(VerificationError, match=message):
        verify_copy(source, image, LayoutRepository(target.path), tag="1.0")


def test_indexes_that_never_end_are_refused(source: LayoutRepository, target: LayoutRepository) -> None:
    top = put_image(source, tag=None, child=True)
    for _ in range(10):
        top = put_index(source, top)
    with pytest.raises(InputError, match="indexes inside indexes"):
        copy(source, top, target)


def test_an_artifact_is_checked_with_all_that_is_in_it(source: LayoutRepository) -> None:
    images = [put_image(source, name, tag=None, child=True) for name in (b"a", b"b")]
    top = put_index(source, *images)
    whole = check_artifact(source, top)
    assert whole == len(list((source.path / "blobs" / "sha256").iterdir())) == 7
    for path in sorted((source.path / "blobs" / "sha256").iterdir()):
        data = path.read_bytes()
        for damaged in (None, data + b"x", bytes([data[0] ^ 1]) + data[1:]):
            path.unlink(missing_ok=True)
            if damaged is not None:
                path.write_bytes(damaged)
            with pytest.raises(VerificationError, match=path.name):
                check_artifact(LayoutRepository(source.path), top)
        path.write_bytes(data)
    assert check_artifact(source, top) == whole
