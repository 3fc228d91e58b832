from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from custody.errors import InputError, UnavailableError
from custody.model import Descriptor, Digest, Entry, Layer, LayerContent, Skipped
from custody.registry.interface import MissingError
from custody.sources.parallel import read_in_processes, workers_for


def layer(index: int, size: int = 1000) -> Layer:
    return Layer(index=index, descriptor=Descriptor(media_type="", digest=Digest.of(b"%d" % index), size=size))


LAYERS = [layer(0, 10), layer(1, 5000), layer(2, 300), layer(3, 300)]


def content(which: Layer) -> LayerContent:
    """Give what a reader might: names that are not UTF-8 too, and the process that read it."""
    return LayerContent(
        layer=Layer(index=which.index, descriptor=which.descriptor, diff_id=Digest.of(b"diff")),
        entries=(Entry(path="a\udce9", kind="file", data=str(os.getpid()).encode(), extracts=(("x", b"\0\xff"),)),),
        folders=("d", "d\udcff"),
        names=(("", ("a", "b\udc80")), ("d", ("é",))),
        skipped=(Skipped(where="w", reason="\udcfe"),),
    )


def reading(which: Layer, heard: Callable[[int], None] | None) -> LayerContent:
    assert heard is not None
    heard(which.descriptor.size)
    return content(which)


def children() -> list[int]:
    """Give the processes that this one started and that are still there."""
    me = os.getpid()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                status = (folder / "stat").read_text()
            except OSError:
                continue
            if int(status.rpartition(")")[2].split()[1]) == me:
                found.append(int(folder.name))
    return found


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    before = children()
    yield
    assert set(children()) <= set(before)


def test_layers_come_in_their_order_with_all_that_was_read_and_by_other_processes() -> None:
    heard: list[int] = []
    found = list(read_in_processes(LAYERS, reading, heard.append, 2))
    expected = [content(which) for which in LAYERS]
    readers = {int(item.entries[0].data or b"0") for item in found}
    assert os.getpid() not in readers
    for got, wanted in zip(found, expected, strict=True):
        entry = replace(got.entries[0], data=wanted.entries[0].data)  # which names the process
        assert replace(got, entries=(entry,)) == wanted
    assert sum(heard) == sum(which.descriptor.size for which in LAYERS)


def test_an_error_of_a_worker_is_raised_here_word_for_word() -> None:
    def fail(which: Layer, heard: Callable[[int], None] | None) -> LayerContent:
        if which.index == 2:
            raise InputError("layer \udce9", "wrong digest", "fetch it again")
        return reading(which, heard)

    found = read_in_processes(LAYERS, fail, lambda _: None, 2)
    assert [next(found).layer.index, next(found).layer.index] == [0, 1]
    with pytest.raises(InputError, match="wrong digest; fetch it again") as caught:
        next(found)
    assert caught.value.where == "layer \udce9"


def test_an_error_that_another_room_derived_stays_what_it_is_a_kind_of() -> None:
    def fail(which: Layer, heard: Callable[[int], None] | None) -> LayerContent:
        raise MissingError("layer", "the blob is missing", "copy it again")

    with pytest.raises(UnavailableError) as raised:
        list(read_in_processes(LAYERS, fail, None, 2))
    assert raised.value.exit_code == 4
    assert str(raised.value) == "layer: the blob is missing; copy it again"


def test_a_worker_that_dies_is_said() -> None:
    def die(which: Layer, _: Callable[[int], None] | None) -> LayerContent:
        os.kill(os.getpid(), signal.SIGKILL)
        return content(which)

    with pytest.raises(UnavailableError, match="layer 0 ended before it was done"):
        list(read_in_processes(LAYERS, die, None, 2))


def test_whoever_stops_in_the_middle_leaves_no_process() -> None:
    def slow(which: Layer, heard: Callable[[int], None] | None) -> LayerContent:
        if which.index:
            time.sleep(60)
        return reading(which, heard)

    found = read_in_processes([layer(0, 9000), layer(1), layer(2)], slow, lambda _: None, 2)
    next(found)
    before = time.monotonic()
    found.close()
    assert time.monotonic() - before < 30


@pytest.mark.parametrize(
    ("sizes", "several"),
    [([10], False), ([1 << 30], False), ([1 << 30, 100], False), ([1 << 20] * 5, False), ([1 << 26] * 3, True)],
)
def test_processes_are_started_only_where_they_are_worth_it(sizes: list[int], several: bool) -> None:
    cores = len(os.sched_getaffinity(0))
    assert (workers_for([layer(n, size) for n, size in enumerate(sizes)]) > 1) is (several and cores > 1)
