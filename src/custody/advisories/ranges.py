"""OSV ranges as intervals of version keys.

Spec: OSV schema 1.7, "affected[].ranges[].events fields" and "Evaluation"
(https://ossf.github.io/osv-schema/#evaluation).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from custody.advisories.interface import Ordering
from custody.advisories.keys import AFTER_ALL, BEFORE_ALL, just_after
from custody.errors import InputError
from custody.model import Affected, Range, RangeEvent

__all__ = ["Gap", "Span", "Spans", "evaluate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Affected versions: those whose key is in [low, high).

    said: the events or the version it comes from, for people; exact: it is one version that the record lists.
    """

    low: bytes
    high: bytes
    said: str
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Versions with a key in [low, high) of which the entry does not say whether they are affected, and why."""

    low: bytes
    high: bytes
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """What an `affected` entry comes to.

    fixed: (key, version) of every fix its ranges name, ascending. unordered: listed versions that the ordering
    cannot read; they can still be compared as texts. gaps: what is unknown, which is not the same as not affected.
    """

    spans: tuple[Span, ...] = ()
    fixed: tuple[tuple[bytes, str], ...] = ()
    unordered: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Boundary:
    """Where an event stands between the versions: an exact place, or somewhere from `earliest` to `latest`."""

    event: RangeEvent
    earliest: bytes
    latest: bytes

    @property
    def place(self) -> bytes:
        """Give the place that claims least: what may not be affected is not called affected."""
        return self.latest if self.event.kind == "introduced" else self.earliest


def evaluate(affected: Affected, ordering: Ordering, key: Callable[[str], bytes] | None = None) -> Spans:
    """Give the affected versions of one package in one record. key: a faster `ordering.key` of the caller.

    Ranges and listed versions are OR-ed. A listed version that lies in a range is left out; listed versions are
    compared by key, so that 1.0 is found where 1.0.0 is listed and the ecosystem calls both the same. A GIT range
    speaks of commits: where it stands alone, nothing is known of versions.

    An event whose version the ordering cannot read ("last_affected 2.6.0-NA") still parts what is clearly below it
    from what is clearly above; between, where the numbers are the same, is a gap.
    """
    read = key or ordering.key
    spans: list[Span] = []
    gaps: list[Gap] = []
    fixed: dict[bytes, str] = {}
    ranges = [r for r in affected.ranges if r.type != "GIT"]
    for line in ranges:
        try:
            boundaries = [_boundary(event, ordering, read) for event in line.events if event.kind != "limit"]
            limits = [AFTER_ALL if e.version == "*" else read(e.version) for e in line.events if e.kind == "limit"]
            spans += _walk(boundaries, max(limits, default=AFTER_ALL))
        except InputError as error:
            gaps.append(
                Gap(low=BEFORE_ALL, high=AFTER_ALL, why=f"its range {_said(line)!r} cannot be read: {error.what}")
            )
            continue
        for b in boundaries:
            if b.earliest != b.latest:
                gaps.append(
                    Gap(
                        low=b.earliest,
                        high=b.latest,
                        why=f"its range {_said(line)!r} cannot be read at {b.event.version!r}",
                    )
                )
            elif b.event.kind == "fixed":
                fixed.setdefault(b.place, b.event.version)
    singles, unordered = _listed(affected.versions, spans, read)
    if not ranges and not affected.versions:
        why = "it names commits and no versions" if affected.ranges else "it names no versions"
        gaps.append(Gap(low=BEFORE_ALL, high=AFTER_ALL, why=why))
    return Spans(
        spans=(*sorted(spans, key=lambda s: (s.low, s.high, s.said)), *singles),
        fixed=tuple(sorted(fixed.items())),
        unordered=unordered,
        gaps=tuple(gaps),
    )


def _boundary(event: RangeEvent, ordering: Ordering, read: Callable[[str], bytes]) -> _Boundary:
    """`introduced` and `fixed` stand before their version, `last_affected` behind it."""
    if event.kind == "introduced" and event.version == "0":
        return _Boundary(event=event, earliest=BEFORE_ALL, latest=BEFORE_ALL)
    try:
        place = read(event.version)
    except InputError:
        near = ordering.around(event.version)
        if near is None:
            raise
        return _Boundary(event=event, earliest=near[0], latest=near[1])
    if event.kind == "last_affected":
        place = just_after(place)
    return _Boundary(event=event, earliest=place, latest=place)


def _walk(boundaries: Sequence[_Boundary], limit: bytes) -> Iterator[Span]:
    """Go over the events of one range in version order and yield what lies between them.

    The specification leaves open which of two events at one place comes first. We let the state behind the place be
    the state before it: where one part ends and the next begins, the versions stay affected; a part that is fixed
    where it begins is empty.
    """
    if not any(b.event.kind == "introduced" for b in boundaries):
        raise InputError("range", "no introduced event")
    places: dict[bytes, list[RangeEvent]] = {}
    for boundary in boundaries:
        places.setdefault(boundary.place, []).append(boundary.event)
    low, opened = None, ""
    for place in sorted(places):
        opens = [e for e in places[place] if e.kind == "introduced"]
        closes = [e for e in places[place] if e.kind != "introduced"]
        if opens and closes:
            continue
        if opens and low is None:
            low, opened = place, f"introduced {opens[0].version}"
        elif closes and low is not None:
            yield from _clip(low, place, limit, f"{opened}, {closes[0].kind} {closes[0].version}")
            low = None
    if low is not None:
        yield from _clip(low, AFTER_ALL, limit, opened)


def _clip(low: bytes, high: bytes, limit: bytes, said: str) -> Iterator[Span]:
    if limit < high:
        high, said = limit, f"{said}, limit below that"
    if low < high:
        yield Span(low=low, high=high, said=said)


def _listed(
    versions: Sequence[str], spans: Sequence[Span], read: Callable[[str], bytes]
) -> tuple[list[Span], tuple[str, ...]]:
    singles: dict[bytes, Span] = {}
    unordered = set()
    for version in versions:
        try:
            place = read(version)
        except InputError:
            unordered.add(version)
            continue
        if not any(s.low <= place < s.high for s in spans):
            singles.setdefault(
                place, Span(low=place, high=just_after(place), said=f"version {version} is listed", exact=True)
            )
    return [singles[place] for place in sorted(singles)], tuple(sorted(unordered))


def _said(line: Range) -> str:
    text = ", ".join(f"{e.kind} {e.version}" for e in line.events)
    return text if len(text) <= 120 else text[:117] + "..."
