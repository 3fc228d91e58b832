"""A record as rows: its body, its digest, and the intervals that it is found by."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from custody.advisories.body import Entry, encode_body, entry_of
from custody.advisories.ecosystems import normalise_name
from custody.advisories.interface import Ordering
from custody.advisories.keys import AFTER_ALL, BEFORE_ALL
from custody.advisories.ranges import Spans, evaluate
from custody.advisories.schema import record_digest
from custody.advisories.versions import ordering_of
from custody.errors import InputError
from custody.model import STATUSES, Advisory, Affected

__all__ = ["Prepared", "Preparer"]

_KEPT_KEYS = 1 << 17


class Prepared:
    """A record as rows, before it has a number; each row begins with the package, as (ecosystem, name).

    spans: (package, low, high, entry, part); listed: (package, version, entry, part); gaps: (package, low, high, entry,
    why).
    """

    __slots__ = ("body", "digest", "gaps", "listed", "spans")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.body = b""
        self.digest = b""
        self.spans: list[tuple[tuple[str, str], bytes, bytes, int, int]] = []
        self.listed: list[tuple[tuple[str, str], str, int, int]] = []
        self.gaps: list[tuple[tuple[str, str], bytes, bytes, int, str]] = []


class Preparer:
    """Works records out; keys and orderings that come up again are kept."""

    def __init__(self) -> None:
        """Begin with nothing kept."""
        self._orderings: dict[str, Ordering | None] = {}
        self._keys: dict[str, Any] = {}

    def prepare(self, advisory: Advisory, *, unbounded: bool) -> Prepared:
        """Work a record out. unbounded: see `evaluate`. InputError: a field holds what cannot be stored."""
        prepared = Prepared()
        entries: list[Entry] = []
        before: Affected | None = None
        spans: Spans | None = None
        ordering: Ordering | None = None
        try:
            for affected in advisory.affected:
                own = self.ordering(affected.ecosystem)
                # Distributions name ten packages with the same range in a row.
                same = before is not None and own is ordering and before.ranges == affected.ranges
                if not (same and before is not None and before.versions == affected.versions):
                    spans = None if own is None else evaluate(affected, own, self._key(own), unbounded=unbounded)
                before, ordering = affected, own
                name = normalise_name(affected.ecosystem, affected.name)
                entries.append(_entry(affected, name, spans))
                if advisory.withdrawn is None:
                    _rows(prepared, (affected.ecosystem, name), len(entries) - 1, affected, spans)
            prepared.body = encode_body(advisory, entries)
        except ValueError as error:
            raise InputError(advisory.id, f"cannot be stored: {error}") from None
        rows: list[tuple[object, ...]] = [(entry, low, high, part) for _, low, high, entry, part in prepared.spans]
        rows += [(entry, version, part) for _, version, entry, part in prepared.listed]
        rows += [(entry, low, high, why) for _, low, high, entry, why in prepared.gaps]
        prepared.digest = record_digest(prepared.body, rows)
        return prepared

    def ordering(self, ecosystem: str) -> Ordering | None:
        """Give the ordering of an ecosystem."""
        if ecosystem not in self._orderings:
            self._orderings[ecosystem] = ordering_of(ecosystem)
        return self._orderings[ecosystem]

    def used(self) -> list[Ordering]:
        """Give the orderings that came up, by name."""
        found = {o.name: o for o in self._orderings.values() if o is not None}
        return [found[name] for name in sorted(found)]

    def _key(self, ordering: Ordering) -> Any:  # noqa: ANN401 - a cached function
        """The same versions stand in many records: their keys are made once."""
        if ordering.name not in self._keys:
            self._keys[ordering.name] = lru_cache(maxsize=_KEPT_KEYS)(ordering.key)
        return self._keys[ordering.name]


def _entry(affected: Affected, name: str, spans: Spans | None) -> Entry:
    kept = affected.versions if spans is None else [*(s.version for s in spans.spans if s.exact), *spans.unordered]
    return entry_of(affected, name, kept, spans)


def _rows(prepared: Prepared, package: tuple[str, str], entry: int, affected: Affected, spans: Spans | None) -> None:
    if spans is None:
        why = f"the versions of {package[0].partition(':')[0]} packages cannot be ordered yet"
        prepared.gaps.append((package, BEFORE_ALL, AFTER_ALL, entry, why))
        return
    status = STATUSES.index(affected.status) << 1
    said = listed = 0
    for span in spans.spans:
        if span.exact:
            prepared.spans.append((package, span.low, span.high, entry, listed << 4 | status | 1))
            listed += 1
        else:
            prepared.spans.append((package, span.low, span.high, entry, said << 4 | status))
            said += 1
    for version in spans.unordered:
        prepared.listed.append((package, version, entry, listed << 4 | status | 1))
        listed += 1
    if affected.status == "affected":
        prepared.gaps += [(package, gap.low, gap.high, entry, gap.why) for gap in spans.gaps]
