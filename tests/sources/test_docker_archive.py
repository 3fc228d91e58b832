from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from custody.errors import InputError, UnavailableError
from custody.registry.copy import copy, verify_copy
from custody.registry.interface import MissingError, Repository
from custody.registry.layout import LayoutRepository
from custody.sources import docker_archive as module
from custody.sources.docker_archive import looks_like_archive
from custody.sources.interface import Source
from custody.sources.open import open_source
from tests.sources.images import digest, everything, packed, put_image, tar

LAYERS = [tar(("etc/os-release", b"ID=debian\n")), tar(("app/main.py", b"print()\n"))]


def docker_save(
    path: Path,
    *,
    layers: list[bytes] | None = None,
    kind: str = "plain",
    tags: list[str] | None = None,
    change: dict[str, Any] | None = None,
    links: bool = False,
    extra: list[dict[str, Any]] | None = None,
) -> Path:
    """Write the older form: manifest.json, the configuration, and a tar (or a link to one) for each layer."""
    layers = LAYERS if layers is None else layers
    config = {
        "os": "linux",
        "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": [str(digest(layer)) for layer in layers]},
    }
    text = json.dumps(config).encode()
    names = [f"{number}/layer.tar" if links else f"{digest(layer).hex}.tar" for number, layer in enumerate(layers)]
    files: list[tuple[str, bytes] | tarfile.TarInfo] = []
    for number, (name, layer) in enumerate(zip(names, layers, strict=True)):
        if links and layer in layers[:number]:
            link = tarfile.TarInfo(name)
            before = max(i for i in range(number) if layers[i] == layer)
            link.type, link.linkname = tarfile.SYMTYPE, f"../{before}/layer.tar"
            files.append(link)
        else:
            files.append((name, packed(layer, kind)[0]))
    image = {"Config": f"{digest(text).hex}.json", "RepoTags": tags, "Layers": names, **(change or {})}
    files += [(f"{digest(text).hex}.json", text), ("manifest.json", json.dumps([image, *(extra or [])]).encode())]
    path.write_bytes(tar(*files))
    return path


def oci_archive(path: Path, folder: Path) -> Path:
    """Write the newer form: an image layout inside a tar."""
    layout = LayoutRepository(folder, durable=False)
    put_image(layout, LAYERS, tag="1.0")
    with tarfile.open(path, "w") as archive:
        archive.add(folder, arcname=".")
    return path


def paths(source: Source) -> list[str]:
    return [entry.path for content in source.read(everything) for entry in content.entries]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("kind", ["plain", "gzip", "zstd"])
def test_an_older_archive_becomes_an_image_with_the_same_digest_each_time(
    tmp_path: Path, work: Path, kind: str
) -> None:
    digests = set()
    for name in ("a.tar", "b.tar"):
        archive = docker_save(tmp_path / name, kind=kind, tags=["example/app:1.0"])
        with open_source(f"docker-archive:{archive}", work=work, name="app") as source:
            digests.add(str(source.artifact.digest))
            assert paths(source) == ["etc/os-release", "app/main.py"]
            assert [layer.diff_id for layer in source.artifact.layers] == [digest(layer) for layer in LAYERS]
            assert isinstance(source.repository, Repository)
    assert len(digests) == 1


def test_the_digest_is_pinned(tmp_path: Path, work: Path) -> None:
    """A change of how the manifest is made would change the digest of what people have already signed."""
    with open_source(f"docker-archive:{docker_save(tmp_path / 'a.tar')}", work=work) as source:
        _, data = source.repository.manifest(source.artifact.digest)
        config = source.artifact.layers
    assert json.loads(data) == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": json.loads(data)["config"],
        "layers": [
            {
                "mediaType": "application/vnd.oci.image.layer.v1.tar",
                "digest": str(layer.descriptor.digest),
                "size": layer.descriptor.size,
            }
            for layer in config
        ],
    }
    assert data == json.dumps(json.loads(data), sort_keys=True, separators=(",", ":")).encode()


def test_a_newer_archive_keeps_its_digests(tmp_path: Path, work: Path) -> None:
    archive = oci_archive(tmp_path / "a.tar", tmp_path / "layout")
    expected = LayoutRepository(tmp_path / "layout").resolve("1.0")
    for text in (f"docker-archive:{archive}", f"docker-archive:{archive}:1.0", str(archive)):
        with open_source(text, work=work) as source:
            assert source.artifact.descriptor == expected
            assert paths(source) == ["etc/os-release", "app/main.py"]


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: packed(data, "zstd")[0]])
def test_an_archive_may_be_compressed_as_a_whole(tmp_path: Path, work: Path, pack: Callable[[bytes], bytes]) -> None:
    archive = docker_save(tmp_path / "a.tar")
    (tmp_path / "a.tar.packed").write_bytes(pack(archive.read_bytes()))
    with (
        open_source(f"docker-archive:{archive}", work=work) as plain,
        open_source(str(tmp_path / "a.tar.packed"), work=work) as source,
    ):
        assert source.artifact.descriptor == plain.artifact.descriptor
        assert paths(source) == paths(plain)


def test_it_can_be_copied_from(tmp_path: Path, work: Path) -> None:
    for archive in (docker_save(tmp_path / "old.tar"), oci_archive(tmp_path / "new.tar", tmp_path / "layout")):
        with open_source(f"docker-archive:{archive}", work=work) as source:
            target = LayoutRepository(tmp_path / f"target-{archive.stem}")
            copy(source.repository, source.artifact.descriptor, target, tag="1.0")
            verify_copy(source.repository, source.artifact.descriptor, target, tag="1.0")
            with pytest.raises(UnavailableError, match="an archive can only be read"):
                copy(target, source.artifact.descriptor, source.repository, tag="2.0")


def test_a_layer_that_is_there_twice_is_a_link(tmp_path: Path, work: Path) -> None:
    layers = [*LAYERS, LAYERS[0], LAYERS[0]]
    archive = docker_save(tmp_path / "a.tar", layers=layers, links=True)
    with open_source(f"docker-archive:{archive}", work=work) as source:
        assert paths(source) == ["etc/os-release", "app/main.py", "etc/os-release", "etc/os-release"]


def test_a_link_may_lead_to_a_link_that_comes_later(tmp_path: Path, work: Path) -> None:
    archive = docker_save(tmp_path / "a.tar", layers=[LAYERS[0]], links=True, change={"Layers": ["a/layer.tar"]})
    with tarfile.open(archive, "a") as made:
        for name, target in {"a/layer.tar": "../b/layer.tar", "b/layer.tar": "../0/layer.tar"}.items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            made.addfile(link)
    with open_source(f"docker-archive:{archive}", work=work) as source:
        assert paths(source) == ["etc/os-release"]


def test_links_that_lead_nowhere_are_missing_layers(tmp_path: Path, work: Path) -> None:
    archive = docker_save(tmp_path / "a.tar", layers=[LAYERS[0]], links=True, change={"Layers": ["loop"]})
    with tarfile.open(archive, "a") as made:
        for name, target in {"loop": "pool", "pool": "loop", "out": "../../etc/passwd"}.items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            made.addfile(link)
    with pytest.raises(InputError, match="'loop' is not in the archive"):
        open_source(f"docker-archive:{archive}", work=work)


def test_an_archive_cut_in_its_last_member_says_where(tmp_path: Path, work: Path) -> None:
    archive = tmp_path / "a.tar"
    archive.write_bytes(tar(("manifest.json", b"[]"), ("layer", bytes(200_000)))[:100_000])
    with pytest.raises(InputError, match=r"docker-archive:.*a\.tar: truncated at byte 100000"):
        open_source(f"docker-archive:{archive}", work=work)


def test_several_images_are_told_apart_by_tag(tmp_path: Path, work: Path) -> None:
    other = docker_save(tmp_path / "one.tar", layers=LAYERS[:1])
    with tarfile.open(other) as archive:
        members = {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}  # type: ignore[union-attr]
    [image] = json.loads(members.pop("manifest.json"))
    both = docker_save(
        tmp_path / "both.tar",
        tags=["example/app:1.0", "example/app:one"],
        extra=[{**image, "RepoTags": ["example/app:2.0"]}],
    )
    with tarfile.open(both, "a") as archive:
        for name, data in members.items():
            if name.endswith(".json"):
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    found = {}
    for tag in ("1.0", "one", "example/app:1.0", "2.0", "example/app:2.0"):
        with open_source(f"docker-archive:{both}:{tag}", work=work) as source:
            found[tag] = source.artifact.digest
    assert found["1.0"] == found["one"] == found["example/app:1.0"] != found["2.0"] == found["example/app:2.0"]
    for text in (f"docker-archive:{both}", f"docker-archive:{both}:3.0"):
        with pytest.raises(MissingError, match=r"tags that are: example/app:1\.0, example/app:2\.0, example/app:one"):
            open_source(text, work=work)


def test_a_colon_in_the_file_name_is_part_of_it(tmp_path: Path, work: Path) -> None:
    archive = docker_save(tmp_path / "app:1.0.tar", tags=["app:1"])
    for text in (f"docker-archive:{archive}", f"docker-archive:{archive}:1"):
        open_source(text, work=work).close()
    with pytest.raises(InputError, match="no such file"):
        open_source(f"docker-archive:{tmp_path}/none.tar:1", work=work)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Config": "../../etc/passwd"}, r"manifest.json:images\[0\].Config: '../../etc/passwd' is not in the archive"),
        ({"Config": 1}, "Config: expected a text"),
        ({"Layers": ["x", "y"]}, r"Layers\[0\]: 'x' is not in the archive"),
        ({"Layers": []}, "Layers: expected 2 of them, as the configuration says, got 0"),
        ({"RepoTags": "x"}, "RepoTags: expected a list"),
    ],
)
def test_a_broken_manifest_gives_one_line(tmp_path: Path, work: Path, change: dict[str, Any], message: str) -> None:
    archive = docker_save(tmp_path / "a.tar", change=change)
    with pytest.raises(InputError, match=message):
        open_source(f"docker-archive:{archive}", work=work)


def test_a_layer_that_is_not_what_the_configuration_says(tmp_path: Path, work: Path) -> None:
    archive = docker_save(tmp_path / "a.tar")
    archive.write_bytes(archive.read_bytes().replace(b"print()", b"PRINT()"))
    with open_source(f"docker-archive:{archive}", work=work) as source:
        reading = source.read(everything)
        next(reading)
        with pytest.raises(InputError, match=rf"layer {digest(LAYERS[1])}: wrong digest"):
            next(reading)


def test_what_is_no_archive_of_images(tmp_path: Path, work: Path) -> None:
    (tmp_path / "other.tar").write_bytes(tar(("a", b"b")))
    (tmp_path / "notes.txt").write_text("notes\n" * 200)
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "list.tar").write_bytes(tar(("manifest.json", b"[]")))
    for name, message in {
        "other.tar": "not an archive of images: it has neither manifest.json nor oci-layout",
        "notes.txt": "at byte 0: not a tar header",
        "empty": "not an archive of images",
        "list.tar": "no image in it",
    }.items():
        with pytest.raises(InputError, match=message):
            open_source(f"docker-archive:{tmp_path / name}", work=work)
    assert not looks_like_archive(tmp_path / "notes.txt")
    assert not looks_like_archive(tmp_path / "other.tar")
    assert not looks_like_archive(tmp_path)


def test_every_truncation_gives_an_input_error_or_the_whole_image(tmp_path: Path, work: Path) -> None:
    whole = docker_save(tmp_path / "a.tar").read_bytes()
    cut = tmp_path / "cut.tar"
    for length in range(0, len(whole), 700):
        cut.write_bytes(whole[:length])
        try:
            with open_source(f"docker-archive:{cut}", work=work) as source:
                assert paths(source) == ["etc/os-release", "app/main.py"]
        except InputError:
            continue


def test_limits_count(tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = docker_save(tmp_path / "a.tar")
    monkeypatch.setattr(module, "MAX_CONFIG_BYTES", 10)
    with pytest.raises(InputError, match="at most 10 are read"):
        open_source(f"docker-archive:{archive}", work=work)
    monkeypatch.setattr(module, "MAX_MEMBERS", 2)
    with pytest.raises(InputError, match="more than 2 names"):
        open_source(f"docker-archive:{archive}", work=work)


@pytest.mark.interop
@pytest.mark.parametrize("form", ["docker-archive", "oci-archive"])
def test_what_skopeo_writes_is_read(tmp_path: Path, work: Path, form: str) -> None:
    if shutil.which("skopeo") is None:
        pytest.skip("skopeo is not installed")
    layout = LayoutRepository(tmp_path / "layout")
    descriptor = put_image(layout, LAYERS, tag="1.0")
    archive = tmp_path / "image.tar"
    name = ":example/app:1.0" if form == "docker-archive" else ":1.0"
    subprocess.run(
        ["skopeo", "copy", "--quiet", f"oci:{layout.path}:1.0", f"{form}:{archive}{name}"],
        check=True,
        capture_output=True,
    )
    with open_source(str(archive), work=work) as source:
        assert paths(source) == ["etc/os-release", "app/main.py"]
        assert (source.artifact.digest == descriptor.digest) is (form == "oci-archive")
