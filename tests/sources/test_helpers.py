from __future__ import annotations

import os
import select
import signal
import tempfile
import time
from collections.abc import Iterator

import pytest

from custody.errors import UnavailableError
from custody.sources.helpers import Helpers, cores
from tests.sources.test_parallel import children


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    before = children()
    yield
    assert set(children()) <= set(before)


def who(task: bytes) -> bytes:
    time.sleep(0.001)
    return b"%d " % os.getpid() + task


def for_ever(task: bytes) -> bytes:
    time.sleep(60)
    return task


@pytest.mark.parametrize("count", [0, 1, 3])
def test_results_come_in_the_order_of_the_tasks_whoever_did_them(count: int) -> None:
    helpers = Helpers(who, count)
    numbers = [helpers.give(b"%d" % number * number) for number in range(200)]
    assert numbers == list(range(200))
    results = [result.partition(b" ") for result in helpers.results()]
    helpers.end()
    assert [task for _, _, task in results] == [b"%d" % number * number for number in range(200)]
    workers = {int(worker) for worker, _, _ in results}
    assert (workers == {os.getpid()}) is (count == 0)
    assert len(workers) <= count + 1


def test_a_pipe_that_is_full_stops_nobody() -> None:
    given, done = os.pipe()

    def work(task: bytes) -> bytes:
        if task == b"0":  # nobody takes a task from the pipe before all were given
            os.close(done)
            return task if select.select([given], [], [], 20)[0] else b"waited in vain"
        return task

    helpers = Helpers(work, 1)
    tasks = [b"%d" % number for number in range(20_000)]  # three times what a pipe holds
    for task in tasks:
        helpers.give(task)
        time.sleep(0.3 if task == b"0" else 0)  # so that the helper takes it
    os.close(done)
    assert list(helpers.results()) == tasks
    helpers.end()
    os.close(given)


def test_a_disk_that_is_full_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    helpers = Helpers(who, 1)
    monkeypatch.setattr(os, "pwrite", full)
    helpers.give(b"x")
    assert list(helpers.results()) == [b"%d x" % os.getpid()]
    helpers.end()


def test_without_scratch_space_or_processes_all_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    for place, name in ((os, "fork"), (tempfile, "TemporaryFile")):
        monkeypatch.setattr(place, name, refused)
        helpers = Helpers(who, 2)
        helpers.give(b"x")
        assert list(helpers.results()) == [b"%d x" % os.getpid()]
        helpers.end()


def test_a_helper_that_dies_is_an_error_and_no_missing_file() -> None:
    parent = os.getpid()

    def work(task: bytes) -> bytes:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return task

    helpers = Helpers(work, 1)
    helpers.give(b"x")
    time.sleep(0.3)  # so that it takes the task
    with pytest.raises(UnavailableError, match="ended before it was done"):
        list(helpers.results())
    helpers.end()


def test_an_end_before_the_results_ends_the_helpers() -> None:
    helpers = Helpers(for_ever, 2)
    helpers.give(b"x")
    started = time.monotonic()
    helpers.end()
    assert time.monotonic() - started < 10


def test_at_least_one_core_is_there() -> None:
    assert cores() >= 1
