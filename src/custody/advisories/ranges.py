"""OSV ranges as intervals of version keys.

Spec: OSV schema 1.7, "affected[].ranges[].events fields" and "Evaluation"
(https://ossf.github.io/osv-schema/#evaluation).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from custody.advisories.interface import Ordering
from custody.advisories.keys import AFTER_ALL, BEFORE_ALL, just_after
from custody.errors import InputError
from custody.model import Affected, Range, RangeEvent

__all__ = ["ALL_VERSIONS", "Gap", "Span", "Spans", "evaluate"]

ALL_VERSIONS = "all versions"
"""What is said of an entry that names no versions, in a feed where that means every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Affected versions: those whose key is in [low, high).

    said: the events or the version it comes from, for people; exact: it is one version that the record lists, and
    `version` that one.
    """

    low: bytes
    high: bytes
    said: str
    exact: bool = False
    version: str = ""


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
    """Where an event stands between the versions: an exact place, or somewhere from `earliest` to `latest`.

    near: its version could not be read.
    """

    event: RangeEvent
    earliest: bytes
    latest: bytes
    near: bool = False


def evaluate(
    affected: Affected, ordering: Ordering, key: Callable[[str], bytes] | None = None, *, unbounded: bool = False
) -> Spans:
    """Give the versions that one entry of a record speaks of. key: a faster `ordering.key` of the caller.

    unbounded: an entry that names neither ranges nor versions speaks of all versions, as CSAF's do; in OSV it says
    nothing of versions.

    Ranges and listed versions are OR-ed. A listed version that lies in a range is left out; listed versions are
    compared by key, so that 1.0 is found where 1.0.0 is listed and the ecosystem calls both the same. A GIT range
    speaks of commits: where it stands alone, nothing is known of versions.

    An event whose version the ordering cannot read ("last_affected 2.6.0-NA") still parts what is clearly below it
    from what is clearly above; between, where the numbers are the same, is a gap.
    """
    read = key or ordering.key
    if len(affected.ranges) == 1 and not affected.versions:
        plain = _plain(affected.ranges[0], lambda version: read(ordering.bound(version)))
        if plain is not None:
            return plain
    spans: list[Span] = []
    gaps: list[Gap] = []
    fixed: dict[bytes, str] = {}
    ranges = [r for r in affected.ranges if r.type != "GIT"]
    for line in ranges:
        try:
            boundaries = _in_turn([_boundary(event, ordering, read) for event in line.events if event.kind != "limit"])
            limits = [AFTER_ALL if e.version == "*" else read(e.version) for e in line.events if e.kind == "limit"]
            spans += _surely(boundaries, max(limits, default=AFTER_ALL))
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
            elif b.event.kind == "fixed" and not b.near:
                fixed.setdefault(b.earliest, b.event.version)
    singles, unordered = _listed(affected.versions, spans, read)
    if unbounded and not affected.ranges and not affected.versions:
        spans.append(Span(low=BEFORE_ALL, high=AFTER_ALL, said=ALL_VERSIONS))
    elif not ranges and not affected.versions:
        why = "it names commits and no versions" if affected.ranges else "it names no versions"
        gaps.append(Gap(low=BEFORE_ALL, high=AFTER_ALL, why=why))
    return Spans(
        spans=(*sorted(spans, key=lambda s: (s.low, s.high, s.said)), *singles),
        fixed=tuple(sorted(fixed.items())),
        unordered=unordered,
        gaps=tuple(gaps),
    )


def _plain(line: Range, read: Callable[[str], bytes]) -> Spans | None:
    """What most records say, at once: introduced here, and fixed there or not. None for anything else."""
    events = line.events
    if not 1 <= len(events) <= 2 or line.type == "GIT" or events[0].kind != "introduced":
        return None
    try:
        low = BEFORE_ALL if events[0].version == "0" else read(events[0].version)
        if len(events) == 1:
            return Spans(spans=(Span(low=low, high=AFTER_ALL, said=f"introduced {events[0].version}"),))
        if events[1].kind != "fixed":
            return None
        high = read(events[1].version)
    except InputError:
        return None
    if low >= high:  # not in the order of versions, or nothing between them
        return None
    said = f"introduced {events[0].version}, fixed {events[1].version}"
    return Spans(spans=(Span(low=low, high=high, said=said),), fixed=((high, events[1].version),))


def _boundary(event: RangeEvent, ordering: Ordering, read: Callable[[str], bytes]) -> _Boundary:
    """`introduced` and `fixed` stand before their version, `last_affected` behind it."""
    if event.kind == "introduced" and event.version == "0":
        return _Boundary(event=event, earliest=BEFORE_ALL, latest=BEFORE_ALL)
    try:
        place = read(ordering.bound(event.version))
    except InputError:
        near = ordering.around(event.version)
        if near is None:
            raise
        return _Boundary(event=event, earliest=near[0], latest=near[1], near=True)
    if event.kind == "last_affected":
        place = just_after(place)
    return _Boundary(event=event, earliest=place, latest=place)


def _in_turn(boundaries: list[_Boundary]) -> list[_Boundary]:
    """Narrow the places of events whose version cannot be read by the events beside them.

    Publishers list events in the order of versions, though they need not: of "introduced 3, fixed 3.0.RC3" the fix is
    not below 3.
    """
    for n, b in enumerate(boundaries):
        if not b.near:
            continue
        earliest, latest = b.earliest, b.latest
        if n and earliest < boundaries[n - 1].earliest < latest:
            earliest = boundaries[n - 1].earliest
        if n + 1 < len(boundaries) and earliest <= boundaries[n + 1].latest < latest:
            latest = boundaries[n + 1].latest
        boundaries[n] = replace(b, earliest=earliest, latest=latest)
    return boundaries


def _surely(boundaries: Sequence[_Boundary], limit: bytes) -> Iterator[Span]:
    """Yield what is affected wherever the events really stand whose versions cannot be read.

    That is what lies between the events both when all of these stand at their earliest and at their latest place, but
    for the places that they may stand at themselves, which are gaps.
    """
    unsure = [(b.earliest, b.latest) for b in boundaries if b.earliest != b.latest]
    early = list(_walk([(b.event, b.earliest) for b in boundaries], limit))
    if not unsure:
        yield from early
        return
    late = list(_walk([(b.event, b.latest) for b in boundaries], limit))
    for one in early:
        for other in late:
            pieces = [(max(one.low, other.low), min(one.high, other.high))]
            for begin, end in unsure:
                pieces = [part for low, high in pieces for part in ((low, min(high, begin)), (max(low, end), high))]
                pieces = [(low, high) for low, high in pieces if low < high]
            for low, high in pieces:
                if low < high:
                    yield Span(low=low, high=high, said=other.said)


def _walk(events: Iterable[tuple[RangeEvent, bytes]], limit: bytes) -> Iterator[Span]:
    """Go over the events of one range in version order and yield what lies between them.

    The specification leaves open which of two events at one place comes first. We let the state behind the place be
    the state before it: where one part ends and the next begins, the versions stay affected; a part that is fixed
    where it begins is empty.
    """
    places: dict[bytes, list[RangeEvent]] = {}
    for event, place in events:
        places.setdefault(place, []).append(event)
    if not any(event.kind == "introduced" for at in places.values() for event in at):
        raise InputError("range", "no introduced event")
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
                place,
                Span(
                    low=place, high=just_after(place), said=f"version {version} is listed", exact=True, version=version
                ),
            )
    return [singles[place] for place in sorted(singles)], tuple(sorted(unordered))


def _said(line: Range) -> str:
    text = ", ".join(f"{e.kind} {e.version}" for e in line.events)
    return text if len(text) <= 120 else text[:117] + "..."
