"""Processes beside this one for many small pieces of work, each of which is bytes in and bytes out.

    helpers = Helpers(work, count=1)
    numbers = [helpers.give(task) for task in tasks]       # goes on at once
    results = helpers.results()                            # one for each task, in order; this process helps to the end
    helpers.end()

1. A task is written to a file without a name; where it stands goes through a pipe, as a message of fixed length.
   Whoever is free takes the next one: all reads and writes of the pipe have that length, so none is torn (pipe(7)).
2. A helper writes its results to a file of its own, which is read at the end. So nobody waits for somebody who waits
   for him.
3. When the last task was given the pipe is closed on this side. This process then takes tasks too, until none is left.

Helpers are forks and know all that this process knows. They end when the pipe does, or their parent.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import struct
import tempfile
import warnings
from typing import TYPE_CHECKING, BinaryIO

from custody.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Helpers", "cores", "fork"]

_MESSAGE = struct.Struct("=IQQ")  # number of the task, where it stands and its length
_RESULT = struct.Struct("=IQ")  # number of the task, length of the result behind it


def cores() -> int:
    """Give how many processes can run at one time; 1 where none can be forked."""
    if not hasattr(os, "fork"):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fork(run: Callable[[], None]) -> int:
    """Start a process that does `run` and nothing else; give its id. It ends with status 0 where `run` came to its end.

    Whoever forks several calls `gc.freeze` before and `gc.unfreeze` after it, so that a collection in a child does not
    copy what it shares.
    """
    with warnings.catch_warnings():
        # Python warns of forks beside threads, since a lock may be held for ever in the child. The only thread here
        # draws the progress bar, and a child neither draws nor writes to the terminal.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    status = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        run()
        status = 0
    finally:
        os._exit(status)  # not sys.exit: what the parent would clean up at its end is the parent's


class Helpers:
    """Some helpers and what was given to them. Without any (count 0) all is done here, when it is given."""

    def __init__(self, work: Callable[[bytes], bytes], count: int) -> None:
        """Start `count` processes that do `work`, which lets no exception out."""
        self._work = work
        self._given = 0
        self._written = 0
        self._own: dict[int, bytes] = {}
        self._children: list[int] = []
        self._files: list[BinaryIO] = []
        self._take = self._give = -1
        self._tasks: BinaryIO | None = None
        try:
            self._start(count)
        except OSError:  # no scratch space, or no more processes: then without
            self.end()

    def _start(self, count: int) -> None:
        if not count:
            return
        self._tasks = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by `end`
        self._take, self._give = os.pipe()
        os.set_blocking(self._give, False)
        parent = os.getpid()
        gc.freeze()
        try:
            for _ in range(count):
                file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
                self._files.append(file)
                self._children.append(fork(lambda file=file: self._help(file, parent)))  # type: ignore[misc]
        finally:
            gc.unfreeze()

    def give(self, task: bytes) -> int:
        """Leave a task to whoever is free; give its number, counted from 0."""
        number = self._given
        self._given += 1
        if self._give < 0 or not self._leave(number, task):
            self._own[number] = self._work(task)
        return number

    def _leave(self, number: int, task: bytes) -> bool:
        """Write a task where a helper finds it; False where the disk is full, or some thousand wait already."""
        assert self._tasks is not None  # noqa: S101 - the pipe is there
        try:
            if os.pwrite(self._tasks.fileno(), task, self._written) == len(task):
                os.write(self._give, _MESSAGE.pack(number, self._written, len(task)))
                self._written += len(task)
                return True
        except OSError:
            pass
        return False

    def results(self) -> Iterator[bytes]:
        """Give the results, in the order of the tasks, when all are done. Nothing more can be given.

        Raises UnavailableError: a helper ended before its time.
        """
        theirs: dict[int, tuple[BinaryIO, int, int]] = {}
        if self._give >= 0:
            os.close(self._give)
            self._give = -1
            for number, task in self._waiting():
                self._own[number] = self._work(task)
            while self._children:
                _, status = os.waitpid(self._children.pop(), 0)
                if status:
                    what = "a process that read files ended before it was done"
                    raise UnavailableError("files", what, "it may have run out of memory: try again")
            for file in self._files:
                theirs.update(_index(file))
        for number in range(self._given):
            if number in self._own:
                yield self._own.pop(number)
            else:
                file, at, length = theirs[number]
                yield os.pread(file.fileno(), length, at)

    def end(self) -> None:
        """End the helpers, whatever they do, and wait until they are gone."""
        for child in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)
        self._children = []
        for handle in (self._take, self._give):
            if handle >= 0:
                os.close(handle)
        if self._tasks is not None:
            self._tasks.close()
        self._take = self._give = -1
        for file in self._files:
            file.close()
        self._files = []

    def _waiting(self) -> Iterator[tuple[int, bytes]]:
        """Give tasks that nobody has taken, until none is left and none can come."""
        assert self._tasks is not None  # noqa: S101 - as above
        while message := os.read(self._take, _MESSAGE.size):
            number, at, length = _MESSAGE.unpack(message)
            yield number, os.pread(self._tasks.fileno(), length, at)

    def _help(self, file: BinaryIO, parent: int) -> None:
        os.close(self._give)
        for number, task in self._waiting():
            if os.getppid() != parent:
                return
            result = self._work(task)
            file.write(_RESULT.pack(number, len(result)))
            file.write(result)
        file.flush()


def _index(file: BinaryIO) -> Iterator[tuple[int, tuple[BinaryIO, int, int]]]:
    """Give number → where a result stands."""
    at = 0
    while head := os.pread(file.fileno(), _RESULT.size, at):
        number, length = _RESULT.unpack(head)
        yield number, (file, at + _RESULT.size, length)
        at += _RESULT.size + length
