"""Sources into rows: several processes read, one gives every distinct package its number."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context

from custody.errors import CustodyError
from custody.fleet.matching import lookup_to
from custody.fleet.sources import document_digest
from custody.model import Inventory

__all__ = ["Asked", "Held", "Unread", "read_all", "rows_of"]

_AHEAD = 64  # sources that may wait to be taken, so that memory does not grow with the fleet


@dataclass(frozen=True, slots=True)
class Asked:
    """A distinct question about a package.

    lookup: what is asked, as JSON, "" where nothing can be; rows: (ecosystem, name, version, key) of each place where
    an advisory may speak of it; reason: why advisories cannot say everything.
    """

    purl: str
    lookup: str
    reason: str
    rows: tuple[tuple[str, str, str, bytes], ...] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Held:
    """One artifact: what it is, and (question, whether it is judged by it) for each of its packages."""

    source: str
    document: str
    digest: str
    name: str
    version: str
    skipped: int
    packages: tuple[tuple[Asked, bool], ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """A source that could not be read, and why."""

    source: str
    problem: str


def rows_of(source: str, document: str, inventory: Inventory) -> Held:
    """Give what one inventory comes to."""
    from custody.advisories import questions

    return Held(
        source=source,
        document=document,
        digest=str(inventory.artifact.digest),
        name=inventory.artifact.name,
        version=inventory.artifact.version,
        skipped=len(inventory.skipped),
        packages=tuple(
            (
                Asked(
                    purl=question.package.id,
                    lookup=lookup_to(question.lookup) if question.lookup else "",
                    reason=question.reason,
                    rows=question.asked,
                ),
                question.owner is None,
            )
            for question in questions(inventory)
        ),
    )


def read_all(
    sources: Iterable[str], examine: Callable[[str], Inventory], *, known: dict[str, str], jobs: int
) -> Iterator[Held | Unread | str]:
    """Give what each source holds, in order; the source alone where its document is the one that is `known`.

    examine: gives the inventory of a SOURCE; it runs in forked processes.
    """
    work = _Reader(examine, known)
    waiting = iter(sources)
    if jobs < 2 or not hasattr(os, "fork"):
        yield from map(work, waiting)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork"), initializer=_take, initargs=(work,)) as pool:
        going = [pool.submit(_work, source) for source in islice(waiting, _AHEAD * jobs)]
        while going:
            yield going.pop(0).result()
            going += [pool.submit(_work, source) for source in islice(waiting, 1)]


class _Reader:
    def __init__(self, examine: Callable[[str], Inventory], known: dict[str, str]) -> None:
        self._examine = examine
        self._known = known

    def __call__(self, source: str) -> Held | Unread | str:
        document = document_digest(source)
        if document and self._known.get(source) == document:
            return source
        try:
            return rows_of(source, document, self._examine(source))
        except CustodyError as error:
            return Unread(source, str(error))


_READER: list[_Reader] = []


def _take(reader: _Reader) -> None:
    _READER[:] = [reader]


def _work(source: str) -> Held | Unread | str:
    return _READER[0](source)
