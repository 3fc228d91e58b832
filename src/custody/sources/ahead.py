"""Three steps at a time: reading and inflating in one thread, hashing in another, parsing in the caller's.

Inflating and SHA-256 release the interpreter's lock, so two cores are really used: measured by `bench/inventory.py`.
"""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

__all__ = ["hash_beside", "read_ahead"]

_DEPTH = 8  # pieces of at most 1 MiB that may wait for whoever parses
_DEPTH_HASH = 2  # and for SHA-256, which is faster


def read_ahead(pieces: Iterator[bytes]) -> Generator[bytes, None, None]:
    """Give the same pieces, made by another thread a little ahead of time; its exception is raised here in its place.

    Closing the generator, or leaving it by an exception, ends the thread before it returns: nothing runs on behind
    one's back.
    """
    waiting: queue.Queue[bytes | BaseException | None] = queue.Queue(_DEPTH)
    stopped = threading.Event()

    def put(item: bytes | BaseException | None) -> bool:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for piece in pieces:
                if not put(piece):
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised where somebody hears it
            put(error)
        else:
            put(None)

    thread = threading.Thread(target=work, name="custody-read-ahead", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()


def hash_beside(pieces: Iterator[bytes], update: Callable[[bytes], object]) -> Generator[bytes, None, None]:
    """Give the same pieces, each also handed to `update`, in their order, by another thread.

    It has taken all of them when this ends. Closing the generator ends the thread, as it does for `read_ahead`.
    """
    waiting: queue.Queue[bytes | None] = queue.Queue(_DEPTH_HASH)

    def work() -> None:
        while (piece := waiting.get()) is not None:
            update(piece)

    thread = threading.Thread(target=work, name="custody-hash", daemon=True)
    thread.start()
    try:
        for piece in pieces:
            waiting.put(piece)
            yield piece
    finally:
        waiting.put(None)
        thread.join()
