from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from custody.model import Digest
from custody.registry.layout import LayoutRepository
from custody.sources import cache as cache_module
from custody.sources.cache import LayerCache, keep_file
from custody.sources.image import open_image
from custody.sources.record import decode_content, encode_content
from tests.sources.images import blob_path, nothing, put_image, tar
from tests.sources.test_parallel import content, layer


def test_what_was_saved_is_found_for_the_same_layer_and_question(tmp_path: Path) -> None:
    cache, kept = LayerCache(tmp_path / "new" / "folder", "f" * 64), content(layer(1))
    cache.save(kept)
    assert cache.load(layer(1)) == kept
    assert cache.load(layer(2)) is None
    assert LayerCache(tmp_path / "new" / "folder", "e" * 64).load(layer(1)) is None
    assert [path.stat().st_mode & 0o077 for path in (tmp_path / "new" / "folder").iterdir()] == [0o044]
    assert (tmp_path / "new" / "folder").stat().st_mode & 0o077 == 0


def test_a_record_with_another_diff_id_than_the_image_states_is_not_believed(tmp_path: Path) -> None:
    cache = LayerCache(tmp_path, "f" * 64)
    cache.save(content(layer(1)))
    assert cache.load(replace(layer(1), diff_id=Digest.of(b"other"))) is None
    assert cache.load(replace(layer(1), diff_id=Digest.of(b"diff"))) is not None


def test_a_damaged_record_is_as_if_it_were_not_there() -> None:
    data = encode_content(content(layer(1)))
    assert decode_content(data, layer(1)) == content(layer(1))
    for index in range(len(data)):
        for value in (0, 0xC1, 0xFF, data[index] ^ 1):
            changed = data[:index] + bytes([value]) + data[index + 1 :]
            found = decode_content(changed, layer(1))
            assert found is None or found.layer.descriptor == layer(1).descriptor
        assert decode_content(data[:index], layer(1)) is None


def test_room_is_made_by_what_was_not_used_for_longest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "MAX_CACHE_BYTES", 250)
    for number in range(4):
        keep_file(tmp_path / str(number), bytes(100))
        os.utime(tmp_path / str(number), (number, number))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2", "3"]
    os.utime(tmp_path / "1", (99, 99))
    keep_file(tmp_path / "4", b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "3", "4"]


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = LayerCache(tmp_path / "file", "f" * 64)
    cache.save(content(layer(1)))
    assert cache.load(layer(1)) is None


def test_an_image_is_read_from_the_cache_even_when_its_layers_are_gone(tmp_path: Path) -> None:
    layout = LayoutRepository(tmp_path / "layout", durable=False)
    put_image(layout, [tar(("a", b"1")), tar(("b", b"2"))])
    cache = LayerCache(tmp_path / "cache", "f" * 64)
    source = open_image(layout, layout.resolve(""), reference="oci:layout")
    first = list(source.read(nothing, cache=cache))
    blob_path(layout, source.artifact.layers[0].descriptor.digest).unlink()
    heard: list[int] = []
    again = list(source.read(nothing, lambda _label, done, _total: heard.append(done), cache=cache))
    assert again == first
    assert heard[-1] == sum(one.descriptor.size for one in source.artifact.layers)
