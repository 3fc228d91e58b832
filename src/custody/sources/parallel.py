"""Layers read by several processes at once, and given in their order.

Inflating and hashing release the interpreter's lock, walking an archive does not; so two cores take two processes. They
are forks, which start within milliseconds and know all that this process knows:

1. The numbers of the layers are written into one pipe, the largest layer first. A worker takes the next number when
   it is free.
2. A worker reads its layer and leaves a record of what it holds in the scratch folder, then says so in another pipe.
   Messages there are shorter than PIPE_BUF, so that those of several workers never mix (pipe(7)).
3. This process loads the records in the order of the layers.

Whatever ends this process's wait ends the workers before it returns.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import struct
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from custody import errors
from custody.errors import CustodyError, UnavailableError
from custody.sources.helpers import cores, fork
from custody.sources.record import decode_content, encode_content

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from custody.model import Layer, LayerContent

    _Read = Callable[[Layer, Callable[[int], None] | None], LayerContent]

__all__ = ["read_in_processes", "workers_for"]

_WORTH_BYTES = 16 * 1024 * 1024  # a fork costs some 20 ms of reading
_TASK = struct.Struct("=I")
_MESSAGE = struct.Struct("=cIQ")  # kind, number of the layer, bytes read or length of the text behind it
_PROGRESS, _DONE, _FAILED = b"P", b"D", b"F"
_TEXT_LENGTH = 300  # of each of three texts, so that a message stays below PIPE_BUF, 4096 on Linux


def workers_for(layers: Sequence[Layer]) -> int:
    """Give how many processes are worth while: one for each core and layer, 1 where this process does it alone."""
    large = sum(layer.descriptor.size >= _WORTH_BYTES // 4 for layer in layers)
    if large < 2 or sum(layer.descriptor.size for layer in layers) < _WORTH_BYTES:
        return 1
    return min(cores(), large)


def read_in_processes(
    layers: Sequence[Layer],
    read: _Read,
    heard: Callable[[int], None] | None,
    workers: int,
) -> Generator[LayerContent]:
    """Read `layers` by `read` in `workers` processes; see `read_layer` for `heard` and for what is raised."""
    with tempfile.TemporaryDirectory(prefix="custody-layers-", ignore_cleanup_errors=True) as scratch:
        team = _Team(layers, read, Path(scratch), workers)
        try:
            for number, layer in enumerate(layers):
                team.wait_for(number, heard)
                record = Path(scratch, str(number))
                content = decode_content(record.read_bytes(), layer)
                if content is None:
                    raise UnavailableError(str(record), "the record of a layer is damaged", "try again")
                record.unlink()
                yield content
        finally:
            team.end()


class _Team:
    """The workers, and what they have said so far."""

    def __init__(
        self,
        layers: Sequence[Layer],
        read: _Read,
        scratch: Path,
        workers: int,
    ) -> None:
        self._done: set[int] = set()
        self._failed: dict[int, CustodyError] = {}
        self._buffer = b""
        tasks, give = os.pipe()
        order = sorted(range(len(layers)), key=lambda number: (-layers[number].descriptor.size, number))
        os.write(give, b"".join(map(_TASK.pack, order))[: 60 * 1024])  # what a pipe holds: 15,000 layers
        os.close(give)
        self._messages, say = os.pipe()
        self._workers: list[int] = []
        gc.freeze()  # so that a collection in a worker does not copy what it shares
        try:
            for _ in range(workers):
                self._workers.append(self._fork(tasks, say, layers, read, scratch))
        finally:
            gc.unfreeze()
            os.close(tasks)
            os.close(say)

    def _fork(
        self,
        tasks: int,
        say: int,
        layers: Sequence[Layer],
        read: _Read,
        scratch: Path,
    ) -> int:
        def run() -> None:
            os.close(self._messages)
            _work(tasks, say, layers, read, scratch)

        return fork(run)

    def wait_for(self, number: int, heard: Callable[[int], None] | None) -> None:
        """Return when the layer was read; raise what its worker raised."""
        while number not in self._done:
            if number in self._failed:
                raise self._failed[number]
            data = os.read(self._messages, 64 * 1024)
            if not data:
                what = f"the process that read layer {number} ended before it was done"
                raise UnavailableError("layers", what, "it may have run out of memory: try again")
            self._hear(data, heard)

    def _hear(self, data: bytes, heard: Callable[[int], None] | None) -> None:
        self._buffer += data
        while len(self._buffer) >= _MESSAGE.size:
            kind, number, count = _MESSAGE.unpack_from(self._buffer)
            end = _MESSAGE.size + (count if kind == _FAILED else 0)
            if len(self._buffer) < end:
                return
            text, self._buffer = self._buffer[_MESSAGE.size : end], self._buffer[end:]
            if kind == _DONE:
                self._done.add(number)
            elif kind == _FAILED:
                self._failed[number] = _error(text)
            elif heard is not None:
                heard(count)

    def end(self) -> None:
        """End the workers, whatever they do, and wait until they are gone."""
        os.close(self._messages)
        for worker in self._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(worker, 0)
        self._workers = []


def _work(
    tasks: int,
    say: int,
    layers: Sequence[Layer],
    read: _Read,
    scratch: Path,
) -> None:
    """Read layers until none is left, and say of each one that it was read, or why not."""
    while task := os.read(tasks, _TASK.size):
        (number,) = _TASK.unpack(task)
        try:
            content = read(layers[number], lambda more, number=number: _say(say, _PROGRESS, number, more))  # type: ignore[misc]
            Path(scratch, str(number)).write_bytes(encode_content(content))
        except CustodyError as error:
            _say(say, _FAILED, number, text=_told(error))
        except OSError as error:
            _say(say, _FAILED, number, text=_told(UnavailableError(str(scratch), f"{error.strerror or error}")))
        else:
            _say(say, _DONE, number)


def _say(say: int, kind: bytes, number: int, count: int = 0, text: bytes = b"") -> None:
    os.write(say, _MESSAGE.pack(kind, number, len(text) if text else count) + text)


def _told(error: CustodyError) -> bytes:
    # The class of the one tree that it is a kind of: other rooms have their own below it, and the exit code is its.
    kind = next(kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
    parts = (kind.__name__, error.where[:_TEXT_LENGTH], error.what[:_TEXT_LENGTH], error.fix[:_TEXT_LENGTH])
    return "\0".join(parts).encode("utf-8", "surrogatepass")


def _error(text: bytes) -> CustodyError:
    name, where, what, fix = (*text.decode("utf-8", "surrogatepass").split("\0"), "", "", "")[:4]
    kind = getattr(errors, name, CustodyError)
    found: CustodyError = kind(where, what, fix)
    return found
