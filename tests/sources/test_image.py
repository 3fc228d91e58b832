from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import pytest

from custody.errors import InputError
from custody.model import Layer, Platform
from custody.registry.interface import MissingError
from custody.registry.layout import LayoutRepository
from custody.registry.manifest import EMPTY, OCI_MANIFEST, Manifest, encode_manifest
from custody.sources import image as image_module
from custody.sources.image import ImageSource, host_platform, open_image
from custody.sources.interface import Source
from tests.sources.images import blob_path, digest, everything, put, put_image, put_index, tar

AMD64 = Platform(os="linux", architecture="amd64")
ARM64 = Platform(os="linux", architecture="arm64")


@pytest.fixture(autouse=True)
def on_amd64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


@pytest.fixture
def layout(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "layout", durable=False)


def opened(layout: LayoutRepository, tag: str = "", **options: Any) -> ImageSource:  # noqa: ANN401 - passed on
    return open_image(layout, layout.resolve(tag), reference="r", **options)


def test_an_image_is_known_by_its_manifest_and_read_lowest_layer_first(layout: LayoutRepository) -> None:
    layers = [tar(("a", b"1")), tar(("b", b"2"), (".wh.a", b""))]
    descriptor = put_image(layout, layers)
    source = opened(layout, name="app", version="1.0")
    assert isinstance(source, Source)
    artifact = source.artifact
    assert (artifact.kind, artifact.name, artifact.version, artifact.descriptor) == ("image", "app", "1.0", descriptor)
    assert (artifact.platform, source.manifest, source.repository) == (AMD64, descriptor, layout)
    assert [(layer.index, layer.diff_id, layer.created_by) for layer in artifact.layers] == [
        (0, digest(layers[0]), "step 0"),
        (1, digest(layers[1]), "step 1"),
    ]
    heard: list[tuple[str, int, int]] = []
    for _ in range(2):  # it can be read again
        found = list(source.read(everything, lambda *report: heard.append(report)))
        assert [[entry.path for entry in content.entries] for content in found] == [["a"], ["b", "a"]]
        assert tuple(content.layer for content in found) == artifact.layers
    total = sum(layer.descriptor.size for layer in artifact.layers)
    assert heard[-1] == ("read layers", total, total)


def test_closing_twice_closes_once(layout: LayoutRepository) -> None:
    put_image(layout, [])
    closed = []
    with opened(layout, close=lambda: closed.append(1)) as source:
        source.close()
    assert closed == [1]


# ── platforms ────────────────────────────────────────────────────────────────────────────────────────────────────────


def indexed(layout: LayoutRepository, *platforms: Platform | None) -> None:
    images = []
    for number, each in enumerate(platforms):
        data = tar((f"is-{each}-{number}", b""))
        images.append((put_image(layout, [data], tag=None, platform=each, child=True), each))
    put_index(layout, *images)


def test_an_index_leads_to_the_image_for_this_machine(
    layout: LayoutRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexed(layout, ARM64, AMD64)
    source = opened(layout)
    assert source.artifact.platform == AMD64
    assert source.artifact.digest == layout.resolve("all").digest != source.manifest.digest
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert opened(layout).artifact.platform == ARM64
    assert opened(layout, platform="linux/amd64").artifact.platform == AMD64


def test_a_platform_that_is_not_there_lists_those_that_are(layout: LayoutRepository) -> None:
    indexed(layout, ARM64, AMD64, Platform(os="unknown", architecture="unknown"))
    with pytest.raises(
        InputError,
        match=r"no image for linux/s390x in this index; choose with --platform from: linux/amd64, linux/arm64$",
    ):
        opened(layout, platform="linux/s390x")


@pytest.mark.parametrize("text", ["linux", "linux/", "/amd64", "a/b/c/d", "linux//v7"])
def test_what_is_no_platform_is_refused(layout: LayoutRepository, text: str) -> None:
    put_image(layout, [])
    with pytest.raises(InputError, match="expected os/architecture"):
        opened(layout, platform=text)


def test_variants(layout: LayoutRepository) -> None:
    arm = [Platform(os="linux", architecture="arm", variant=f"v{n}") for n in (5, 7, 6)]
    indexed(layout, *arm)
    assert opened(layout, platform="linux/arm").artifact.platform == arm[1]
    assert opened(layout, platform="linux/arm/v6").artifact.platform == arm[2]
    with pytest.raises(InputError, match="no image for linux/arm/v8"):
        opened(layout, platform="linux/arm/v8")


def test_the_only_image_of_an_index_needs_no_platform(layout: LayoutRepository) -> None:
    """Attestations of a builder, for a platform "unknown", are no images."""
    indexed(layout, ARM64, Platform(os="unknown", architecture="unknown"))
    assert opened(layout).artifact.platform == ARM64
    with pytest.raises(InputError, match="no image for linux/amd64"):
        opened(layout, platform="linux/amd64")


def test_an_index_with_missing_images_is_not_the_artifact(layout: LayoutRepository) -> None:
    """As an archive has it that holds one platform of several: what cannot be copied whole cannot be released whole."""
    indexed(layout, ARM64, AMD64)
    arm = opened(layout, platform="linux/arm64").manifest
    assert opened(layout).artifact.descriptor == layout.resolve("all")
    blob_path(layout, arm.digest).unlink()
    source = opened(layout)
    assert source.artifact.descriptor == source.manifest
    assert source.artifact.platform == AMD64
    with pytest.raises(MissingError):
        opened(layout, platform="linux/arm64")


def test_an_image_for_another_platform_than_was_asked_for_is_refused(layout: LayoutRepository) -> None:
    put_image(layout, [], platform=ARM64)
    assert opened(layout).artifact.platform == ARM64
    with pytest.raises(InputError, match="the image is for linux/arm64, not for linux/amd64"):
        opened(layout, platform="linux/amd64")


def test_indexes_without_end_are_refused(layout: LayoutRepository) -> None:
    top = put_image(layout, [], tag=None, child=True)
    for _ in range(6):
        top = put_index(layout, (top, None))
    with pytest.raises(InputError, match="indexes inside indexes"):
        opened(layout, "all")


def test_the_host_is_named_as_images_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert str(host_platform()) == "linux/riscv64"


# ── documents ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"rootfs": {"diff_ids": []}}, r"rootfs.diff_ids: expected one for each of the 1 layers of sha256:\w+, got 0"),
        ({"rootfs": None}, "rootfs.diff_ids: expected one for each"),
        ({"rootfs": {"diff_ids": ["x"]}}, r"rootfs.diff_ids\[0\]: expected a digest"),
        ({"rootfs": []}, "rootfs: expected a table"),
        ({"history": {}}, "history: expected a list"),
        ({"os": 1}, "os: expected a text"),
    ],
)
def test_a_broken_configuration_gives_one_line(layout: LayoutRepository, config: dict[str, Any], message: str) -> None:
    put_image(layout, [tar()], config=config)
    with pytest.raises(InputError, match=message):
        opened(layout)


def test_a_wrong_diff_id_in_the_configuration_is_found_when_the_layer_is_read(layout: LayoutRepository) -> None:
    put_image(layout, [tar(("a", b""))], config={"rootfs": {"diff_ids": [str(digest(b"other"))]}})
    with pytest.raises(InputError, match=rf"wrong diff_id: the image states {digest(b'other')}"):
        list(opened(layout).read(everything))


def test_history_counts_only_where_it_fits_the_layers(layout: LayoutRepository) -> None:
    steps = [{"created_by": "base"}, {"created_by": "env", "empty_layer": True}, {"comment": "copy"}]
    layers = [tar(("a", b"")), tar(("b", b""))]
    put_image(layout, layers, tag="fits", config={"history": steps})
    put_image(layout, layers, tag="short", config={"history": steps[:2]})
    put_image(layout, layers, tag="none", config={"history": None})
    assert [layer.created_by for layer in opened(layout, "fits").artifact.layers] == ["base", "copy"]
    assert [layer.created_by for layer in opened(layout, "short").artifact.layers] == ["", ""]
    assert [layer.created_by for layer in opened(layout, "none").artifact.layers] == ["", ""]


def test_what_is_no_image_is_named(layout: LayoutRepository) -> None:
    put_image(layout, [tar()], config_type="application/vnd.cncf.helm.config.v1+json")
    with pytest.raises(InputError, match=r"not an image: it is 'application/vnd\.cncf\.helm\.config"):
        opened(layout)


def test_our_own_directories_are_read_without_a_configuration(layout: LayoutRepository) -> None:
    layer = put(layout, tar(("a", b"")), "application/vnd.oci.image.layer.v1.tar")
    layout.put_blob(EMPTY, (b"{}",))
    manifest = Manifest(
        media_type=OCI_MANIFEST, artifact_type=image_module.DIRECTORY_TYPE, config=EMPTY, layers=(layer,)
    )
    layout.put_manifest(encode_manifest(manifest), OCI_MANIFEST, tag="1")
    source = opened(layout)
    assert source.artifact.kind == "directory"
    assert source.artifact.layers == (Layer(index=0, descriptor=layer, diff_id=layer.digest),)
    assert [entry.path for content in source.read(everything) for entry in content.entries] == ["a"]


def test_missing_and_changed_documents(layout: LayoutRepository) -> None:
    descriptor = put_image(layout, [tar()])
    config = json.loads(layout.manifest(descriptor.digest)[1])["config"]["digest"].partition(":")[2]
    path = layout.path / "blobs" / "sha256" / config
    good = path.read_bytes()
    path.write_bytes(good.replace(b"linux", b"Linux"))
    with pytest.raises(InputError, match="wrong digest"):
        opened(layout)
    path.unlink()
    with pytest.raises(MissingError):
        opened(layout)


def test_a_configuration_without_end_is_not_read(layout: LayoutRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    put_image(layout, [])
    monkeypatch.setattr(image_module, "MAX_CONFIG_BYTES", 10)
    with pytest.raises(InputError, match=r"bytes are too much for .* at most 10"):
        opened(layout)


def test_a_second_layer_with_a_fault_leaves_the_first_one_read(layout: LayoutRepository) -> None:
    put_image(layout, [tar(("a", b"")), tar(("b", b""))])
    source = opened(layout)
    path = blob_path(layout, source.artifact.layers[1].descriptor.digest)
    path.write_bytes(path.read_bytes()[:-1])
    reading = source.read(everything)
    assert [entry.path for entry in next(reading).entries] == ["a"]
    with pytest.raises(InputError, match="truncated"):
        next(reading)
