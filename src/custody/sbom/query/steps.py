"""The pieces that a filter is built of, beside its functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from custody.sbom.query.functions import Run
from custody.sbom.query.values import FilterError, Value, kind, shown, truth

__all__ = ["JOINED", "at", "field", "sliced", "tried"]


def at(value: Value, key: Value) -> Value:
    """Give what stands under a key, or at an index; null where nothing does."""
    if isinstance(value, dict) and isinstance(key, str):
        return value.get(key)
    if isinstance(value, list) and kind(key) == "number":
        index = int(key // 1)
        return value[index] if -len(value) <= index < len(value) else None
    if value is None and (isinstance(key, str) or kind(key) == "number"):
        return None
    raise FilterError(f"cannot index {shown(value)} with {shown(key)}")


def field(name: str) -> Run:
    """Make `.name`."""

    def run(value: Value) -> Iterator[Value]:
        yield value.get(name) if isinstance(value, dict) else at(value, name)

    return run


def sliced(found: Run, start: Run, end: Run) -> Run:
    """Make `[from:to]`."""

    def run(value: Value) -> Iterator[Value]:
        for low, high in product(list(start(value)), list(end(value))):
            for item in found(value):
                if item is None:
                    yield None
                elif isinstance(item, str | list) and {kind(low), kind(high)} <= {"null", "number"}:
                    yield item[None if low is None else int(low // 1) : None if high is None else -int(-high // 1)]
                else:
                    raise FilterError(f"cannot cut a piece out of {shown(item)}")

    return run


def tried(found: Run) -> Run:
    """Make `?`: what fits."""

    def run(value: Value) -> Iterator[Value]:
        try:
            yield from found(value)
        except FilterError:
            return

    return run


def _either(left: Run, right: Run) -> Run:
    """`//`: what the left side gives that counts as true, or else the right side."""

    def run(value: Value) -> Iterator[Value]:
        some = False
        for item in tried(left)(value):
            if truth(item):
                some = True
                yield item
        if not some:
            yield from right(value)

    return run


def _and(left: Run, right: Run) -> Run:
    def run(value: Value) -> Iterator[Value]:
        for a in left(value):
            if not truth(a):
                yield False
            else:
                yield from (truth(b) for b in right(value))

    return run


def _or(left: Run, right: Run) -> Run:
    def run(value: Value) -> Iterator[Value]:
        for a in left(value):
            if truth(a):
                yield True
            else:
                yield from (truth(b) for b in right(value))

    return run


JOINED: dict[str, Callable[[Run, Run], Run]] = {"//": _either, "and": _and, "or": _or}
