from __future__ import annotations

import errno
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custody.errors import InputError, UnavailableError
from custody.model import Descriptor, Digest
from custody.registry.interface import MissingError, Repository
from custody.registry.layout import LayoutRepository
from custody.registry.manifest import OCI_INDEX, OCI_MANIFEST
from tests.registry.samples import LAYER_TYPE, attach, attached, put_bare, put_bytes, put_image, put_index

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@pytest.fixture
def layout(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "layout")


def index(layout: LayoutRepository) -> list[dict[str, object]]:
    return list(json.loads((layout.path / "index.json").read_bytes())["manifests"])


def blob_path(layout: LayoutRepository, digest: Digest) -> Path:
    return layout.path / "blobs" / digest.algorithm / digest.hex


def test_it_keeps_the_promises_of_a_repository(layout: LayoutRepository) -> None:
    assert isinstance(layout, Repository)
    descriptor = put_image(layout, b"content")
    assert layout.resolve("1.0") == layout.resolve("") == layout.resolve(str(descriptor.digest)) == descriptor
    found, data = layout.manifest(descriptor.digest)
    assert (found, Digest.of(data)) == (descriptor, descriptor.digest)
    [layer] = json.loads(data)["layers"]
    blob = Descriptor(media_type=LAYER_TYPE, digest=Digest.parse(layer["digest"]), size=layer["size"])
    with layout.open_blob(blob) as reader:
        assert reader.read(3) + reader.read() == b"content"
    assert layout.has_blob(blob.digest)
    assert layout.tags() == ("1.0",)
    assert (layout.path / "oci-layout").read_bytes() == b'{"imageLayoutVersion":"1.0.0"}'
    assert [entry["digest"] for entry in index(layout)] == [str(descriptor.digest)]


def test_nothing_but_blobs_and_the_two_documents_stays(layout: LayoutRepository) -> None:
    put_image(layout)
    names = {path.name for path in layout.path.iterdir()}
    assert names == {"blobs", "oci-layout", "index.json", ".custody-lock"}
    assert {path.name for path in (layout.path / "blobs").iterdir()} == {"sha256"}


def test_a_moved_tag_leaves_its_old_target_listed(layout: LayoutRepository) -> None:
    first = put_image(layout, b"one")
    second = put_image(layout, b"two")
    assert layout.resolve("1.0") == second
    assert layout.resolve(str(first.digest)) == first
    assert [entry["digest"] for entry in index(layout)] == [str(second.digest), str(first.digest)]
    assert "annotations" not in index(layout)[1]


def test_an_artifact_has_one_entry_for_each_tag(layout: LayoutRepository) -> None:
    descriptor = put_image(layout)
    for tag in ("latest", "1.0"):
        assert put_image(layout, tag=tag) == descriptor
    assert layout.tags() == ("1.0", "latest")
    assert [entry["digest"] for entry in index(layout)] == [str(descriptor.digest)] * 2
    put_image(layout, tag=None)
    assert len(index(layout)) == 2


def test_the_order_of_writing_does_not_show(tmp_path: Path) -> None:
    contents = {b"one": "1", b"two": "2", b"three": None}
    texts = set()
    for order in (list(contents), list(reversed(contents))):
        layout = LayoutRepository(tmp_path / "".join(name.decode() for name in order))
        for content in order:
            put_image(layout, content, tag=contents[content])
        texts.add((layout.path / "index.json").read_bytes())
    assert len(texts) == 1


def test_what_other_tools_wrote_into_the_index_stays(layout: LayoutRepository) -> None:
    descriptor = put_image(layout)
    path = layout.path / "index.json"
    document = json.loads(path.read_bytes())
    document["annotations"] = {"who": "another tool"}
    document["manifests"][0] |= {"x-field": 1, "platform": {"os": "linux", "architecture": "amd64"}}
    path.write_text(json.dumps(document))
    put_image(layout, b"two", tag="2.0")
    after = json.loads(path.read_bytes())
    assert after["annotations"] == {"who": "another tool"}
    assert after["manifests"][0]["x-field"] == 1
    assert after["manifests"][0]["digest"] == str(descriptor.digest)


def test_the_children_of_an_index_have_no_entries_of_their_own(layout: LayoutRepository) -> None:
    images = [put_image(layout, name, tag=None, child=True) for name in (b"a", b"b")]
    top = put_index(layout, *images)
    assert [entry["digest"] for entry in index(layout)] == [str(top.digest)]
    assert layout.resolve("").media_type == OCI_INDEX
    assert layout.manifest(images[1].digest)[0] == images[1]


def test_evidence_is_found_by_its_subject_and_type(layout: LayoutRepository) -> None:
    image, other = put_image(layout), put_image(layout, b"other", tag="2")
    first = attach(layout, image, b"bundle", artifact_type=BUNDLE, annotations={"k": "v"})
    second = attach(layout, image, b"sbom", artifact_type="text/spdx", media_type="text/plain")
    attach(layout, other, b"bundle", artifact_type=BUNDLE)
    about_evidence = attach(layout, first, b"vsa", artifact_type=BUNDLE)
    assert [d.digest for d in layout.referrers(image.digest)] == sorted((first.digest, second.digest))
    [found] = layout.referrers(image.digest, BUNDLE)
    assert (found.digest, found.artifact_type, found.annotations) == (first.digest, BUNDLE, (("k", "v"),))
    assert [d.digest for d in layout.referrers(first.digest)] == [about_evidence.digest]
    assert layout.referrers(Digest.of(b"nothing")) == ()
    assert [data for _, data in attached(layout, image.digest, BUNDLE)] == [b"bundle"]
    assert LayoutRepository(layout.path).referrers(image.digest) == layout.referrers(image.digest)
    assert layout.resolve("1.0") == image


def test_attaching_twice_gives_one_referrer(layout: LayoutRepository) -> None:
    image = put_image(layout)
    once = attach(layout, image, b"bundle", artifact_type=BUNDLE)
    before = (layout.path / "index.json").read_bytes()
    assert attach(layout, image, b"bundle", artifact_type=BUNDLE) == once
    assert (layout.path / "index.json").read_bytes() == before


def test_the_list_of_referrers_that_other_tools_write_is_read(layout: LayoutRepository) -> None:
    image = put_image(layout)
    referrer = attach(layout, image, b"bundle", artifact_type=BUNDLE)
    path = layout.path / "index.json"
    document = json.loads(path.read_bytes())
    document["manifests"] = [e for e in document["manifests"] if e["digest"] != str(referrer.digest)]
    path.write_text(json.dumps(document))
    assert layout.referrers(image.digest) == ()
    put_index(layout, referrer, tag=f"sha256-{image.digest.hex}")
    assert [d.digest for d in layout.referrers(image.digest)] == [referrer.digest]


@pytest.mark.parametrize("wrong", ["digest", "short", "long"])
def test_a_blob_that_is_not_what_was_said_does_not_become_visible(layout: LayoutRepository, wrong: str) -> None:
    size = {"digest": 4, "short": 5, "long": 3}[wrong]
    descriptor = Descriptor(media_type=LAYER_TYPE, digest=Digest.of(b"good"), size=size)
    with pytest.raises(InputError, match=r"expected|longer"):
        layout.put_blob(descriptor, (b"ba", b"d!"))
    assert not layout.has_blob(descriptor.digest)
    assert not list(layout.path.glob(".custody-tmp-*"))


def test_a_blob_that_was_changed_on_disk_is_refused_when_it_is_read(layout: LayoutRepository) -> None:
    descriptor = put_bytes(layout, b"0123456789", LAYER_TYPE)
    path = blob_path(layout, descriptor.digest)
    for damaged, message in (
        (b"0123456780", f"wrong digest: expected {descriptor.digest}, got sha256:"),
        (b"012345678", "truncated: expected 10 bytes, got 9"),
        (b"01234567890", "longer than the 10 bytes"),
    ):
        path.write_bytes(damaged)
        with layout.open_blob(descriptor) as reader, pytest.raises(InputError, match=message):
            reader.read()


def test_a_damaged_blob_of_another_size_is_replaced(layout: LayoutRepository) -> None:
    descriptor = put_bytes(layout, b"0123456789", LAYER_TYPE)
    blob_path(layout, descriptor.digest).write_bytes(b"01234")
    put_bytes(layout, b"0123456789", LAYER_TYPE)
    assert blob_path(layout, descriptor.digest).read_bytes() == b"0123456789"


def test_a_changed_manifest_is_refused(layout: LayoutRepository) -> None:
    descriptor = put_image(layout)
    path = blob_path(layout, descriptor.digest)
    path.write_bytes(path.read_bytes().replace(b"schemaVersion", b"schemaversion"))
    with pytest.raises(InputError, match="wrong digest"):
        layout.manifest(descriptor.digest)
    with pytest.raises(InputError, match="wrong digest"):
        layout.resolve("1.0")


def test_what_is_missing_is_named(layout: LayoutRepository) -> None:
    with pytest.raises(MissingError, match="no such folder"):
        layout.resolve("1.0")
    descriptor = put_image(layout)
    with pytest.raises(MissingError, match=r"no tag '2\.0' here; tags that are: 1\.0"):
        layout.resolve("2.0")
    with pytest.raises(MissingError, match="no manifest with this digest"):
        layout.manifest(Digest.of(b"x"))
    missing = Descriptor(media_type=LAYER_TYPE, digest=Digest.of(b"x"), size=1)
    with pytest.raises(MissingError, match="the blob is missing in this layout"), layout.open_blob(missing):
        pass
    blob_path(layout, descriptor.digest).unlink()
    with pytest.raises(MissingError):
        LayoutRepository(layout.path).resolve("1.0")


def test_several_images_without_a_tag_ask_for_one(layout: LayoutRepository) -> None:
    put_image(layout, b"a", tag="a")
    put_image(layout, b"b", tag="b")
    with pytest.raises(MissingError, match="tags that are: a, b"):
        layout.resolve("")
    latest = put_image(layout, b"c", tag="latest")
    assert layout.resolve("") == latest


def test_a_folder_with_other_things_is_not_made_a_layout(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"a folder with other things in it \('notes.txt'\)"):
        put_image(LayoutRepository(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(InputError, match="not an image layout: oci-layout is missing"):
        LayoutRepository(tmp_path).resolve("x")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("oci-layout", b'{"imageLayoutVersion":"2.0.0"}', "expected 1.0.0, got '2.0.0'"),
        ("oci-layout", b"{}", "imageLayoutVersion: missing"),
        ("index.json", b'{"manifests":[', "not valid JSON"),
        ("index.json", b"[]", "expected a table at the top"),
        ("index.json", b'{"manifests":[{"digest":1}]}', r"manifests\[0\].size: missing"),
        (
            "index.json",
            b'{"manifests":[{"mediaType":"x","size":-1,"digest":"d"}]}',
            "expected a number of bytes, got -1",
        ),
        ("index.json", b'{"manifests":[{"mediaType":"x","size":1,"digest":"sha256:../../etc"}]}', "expected a digest"),
        ("index.json", b'{"manifests":"x"}', "expected a list"),
    ],
)
def test_a_broken_document_gives_one_clear_line(
    layout: LayoutRepository, name: str, content: bytes, message: str
) -> None:
    put_image(layout)
    (layout.path / name).write_bytes(content)
    for work in (layout.tags, lambda: layout.resolve("1.0"), lambda: layout.referrers(Digest.of(b"x"))):
        with pytest.raises(InputError, match=message):
            work()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_of_the_index_gives_a_result_or_an_input_error(
    layout: LayoutRepository, data: st.DataObject
) -> None:
    if not layout.path.exists():
        attach(layout, put_image(layout), b"bundle", artifact_type=BUNDLE)
        shutil.copy(layout.path / "index.json", layout.path.parent / "good")
    good = (layout.path.parent / "good").read_bytes()
    position = data.draw(st.integers(0, len(good) - 1))
    changed = good[:position] + data.draw(st.sampled_from([b"", b"\xff", b"0", b'"', b"}"])) + good[position + 1 :]
    (layout.path / "index.json").write_bytes(data.draw(st.sampled_from([changed, good[:position]])))
    reader = LayoutRepository(layout.path)
    for work in (reader.tags, lambda: reader.resolve(""), lambda: reader.referrers(Digest.of(b"x"))):
        with suppress(InputError, MissingError):
            work()


def test_a_pipe_in_place_of_a_blob_does_not_hang(layout: LayoutRepository) -> None:
    descriptor = put_image(layout)
    path = blob_path(layout, descriptor.digest)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(MissingError):
        layout.manifest(descriptor.digest)
    with pytest.raises(InputError, match="not a regular file"), layout.open_blob(descriptor):
        pass


def test_a_manifest_with_layers_and_manifests_is_refused(layout: LayoutRepository) -> None:
    """CVE-2021-41190: two readers would take it for two different things."""
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "manifests": [], "layers": [], "config": {}}
    with pytest.raises(InputError, match="belongs to another kind of document"):
        layout.put_manifest(json.dumps(document).encode(), OCI_MANIFEST)


def test_a_tag_that_cannot_be_one_is_refused_before_anything_is_written(layout: LayoutRepository) -> None:
    with pytest.raises(InputError, match="cannot be a tag"):
        put_bare(layout, annotations={}, tag="../x")
    assert not index(layout)


# ── two writers, killed writers ──────────────────────────────────────────────────────────────────────────────────────


def _write_many(path: Path, name: str) -> None:
    layout = LayoutRepository(path, durable=False)
    for number in range(8):
        put_bare(layout, annotations={"number": f"{name}{number}"}, tag=f"{name}{number}")


def test_two_writers_lose_no_entry(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write_many, args=(tmp_path / "layout", name)) for name in "ab"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert len(LayoutRepository(tmp_path / "layout").tags()) == 16
    assert not list((tmp_path / "layout").glob(".custody-tmp-*"))


def test_a_killed_writer_leaves_nothing_visible_and_the_next_one_cleans_up(layout: LayoutRepository) -> None:
    put_image(layout)
    script = (
        "import os, sys; from custody.model import *; from custody.registry.layout import LayoutRepository\n"
        "def pieces():\n    yield b'half'\n    print('writing', flush=True); os.kill(os.getpid(), 9)\n"
        f"LayoutRepository({str(layout.path)!r}).put_blob("
        "Descriptor(media_type='x', digest=Digest.of(b'halfwhole'), size=9), pieces())"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert (done.returncode, done.stdout) == (-9, b"writing\n"), done.stderr
    assert len(list(layout.path.glob(".custody-tmp-*"))) == 1
    assert not layout.has_blob(Digest.of(b"halfwhole"))
    put_image(LayoutRepository(layout.path), b"next", tag="2")
    assert not list(layout.path.glob(".custody-tmp-*"))


def test_cleaning_up_spares_a_writer_at_work(layout: LayoutRepository) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"ha"
        put_image(LayoutRepository(layout.path), b"another writer", tag="2")
        yield b"lf"

    put_image(layout)
    layout.put_blob(Descriptor(media_type="x", digest=Digest.of(b"half"), size=4), pieces())
    assert layout.has_blob(Digest.of(b"half"))


def test_a_hanging_writer_is_reported(layout: LayoutRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    put_image(layout)
    monkeypatch.setattr("custody.registry.layout.LOCK_SECONDS", 0.1)
    with layout._locked(), pytest.raises(UnavailableError, match="another process has been writing"):
        put_image(LayoutRepository(layout.path), b"next", tag="2")


# ── disks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOSPC, "cannot be written: No space left on device; free some space"),
        (errno.EROFS, "cannot be written: Read-only file system; name a folder that can be written"),
        (errno.EIO, "cannot be written: Input/output error"),
    ],
)
@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_failing_disk_leaves_nothing_half_written(
    layout: LayoutRepository, monkeypatch: pytest.MonkeyPatch, code: int, message: str, call: str
) -> None:
    put_image(layout)
    before = sorted(path.name for path in layout.path.rglob("*"))

    def fail(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(UnavailableError, match=message):
            put_bytes(layout, b"new", LAYER_TYPE)
        with pytest.raises(UnavailableError, match=message):
            put_bare(layout, annotations={"k": "v"})
    assert sorted(path.name for path in layout.path.rglob("*")) == before
    assert layout.resolve("1.0")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() or shutil.which("mount") is None:
        pytest.skip("mounting a small file system needs root and mount")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False, capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no right to mount: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_gives_one_line_and_loses_nothing(small_disk: Path) -> None:
    layout = LayoutRepository(small_disk / "layout")
    image = put_image(layout)
    with pytest.raises(UnavailableError, match="No space left on device") as caught:
        put_image(layout, os.urandom(2_000_000), tag="2.0")
    assert "\n" not in str(caught.value)
    assert not list(layout.path.glob(".custody-tmp-*"))
    assert layout.resolve("1.0") == image
    assert layout.tags() == ("1.0",)
    put_image(layout, b"small", tag="2.0")


def test_a_read_only_disk_can_be_read_and_says_that_it_cannot_be_written(small_disk: Path) -> None:
    layout = LayoutRepository(small_disk / "layout")
    image = put_image(layout)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    again = LayoutRepository(small_disk / "layout")
    assert again.resolve("1.0") == image
    with pytest.raises(UnavailableError, match="Read-only file system; name a folder that can be written"):
        put_image(again, b"two", tag="2.0")
    with pytest.raises(UnavailableError, match="Read-only file system"):
        put_image(LayoutRepository(small_disk / "new"))
