"""What a record says, as the database holds it: one MessagePack array, the same bytes for the same content.

The texts of a range are not stored where they follow from its events, nor are listed versions that lie in a range of
the same entry: what is left is all that matching and reports need.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import msgspec

from custody.advisories.ranges import ALL_VERSIONS, Spans
from custody.model import STATUSES, Advisory, Affected, Range, RangeEvent, Severity

__all__ = ["Body", "Entry", "advisory_of", "decode_body", "encode_body", "entry_of", "said_of", "seconds", "time_of"]

_KINDS = ("introduced", "fixed", "last_affected", "limit")
_KIND_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}
Pairs = tuple[tuple[str, str], ...]


class Entry(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One `affected` entry. events: kind and version by turns; said: None where it follows from the ranges."""

    ecosystem: str
    name: str
    ranges: tuple[tuple[str, str, tuple[int | str, ...]], ...]
    versions: tuple[str, ...]
    severities: Pairs
    status: int
    justification: str
    response: str
    urgency: str
    said: tuple[str, ...] | None

    def stated(self) -> tuple[Range, ...]:
        """Give the ranges in the shape of the model."""
        return tuple(
            Range(
                type=kind,
                repo=repo,
                events=tuple(
                    RangeEvent(kind=_KINDS[int(events[n])], version=str(events[n + 1]))
                    for n in range(0, len(events), 2)
                ),
            )
            for kind, repo, events in self.ranges
        )


class Body(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One record. Times are seconds since 1970."""

    id: str
    modified: int
    published: int | None
    withdrawn: int | None
    summary: str
    aliases: tuple[str, ...]
    related: tuple[str, ...]
    upstream: tuple[str, ...]
    severities: Pairs
    references: Pairs
    cwes: tuple[str, ...]
    ssvc: Pairs
    entries: tuple[Entry, ...]


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(Body).decode


def encode_body(advisory: Advisory, entries: Sequence[Entry]) -> bytes:
    """Give the bytes of a record. Raises ValueError: a text that is no Unicode, or a number that is too large."""
    return _ENCODE(
        Body(
            id=advisory.id,
            modified=seconds(advisory.modified) or 0,
            published=seconds(advisory.published),
            withdrawn=seconds(advisory.withdrawn),
            summary=advisory.summary,
            aliases=advisory.aliases,
            related=advisory.related,
            upstream=advisory.upstream,
            severities=_pairs(advisory.severities),
            references=advisory.references,
            cwes=advisory.cwes,
            ssvc=advisory.ssvc,
            entries=tuple(entries),
        )
    )


def advisory_of(body: Body) -> Advisory:
    """Give the record that a body was made of, but for listed versions that lie in a range of the same entry."""
    return Advisory(
        id=body.id,
        modified=dt.datetime.fromtimestamp(body.modified, dt.UTC),
        published=time_of(body.published),
        withdrawn=time_of(body.withdrawn),
        summary=body.summary,
        aliases=body.aliases,
        related=body.related,
        upstream=body.upstream,
        severities=_severities(body.severities),
        references=body.references,
        cwes=body.cwes,
        ssvc=body.ssvc,
        affected=tuple(
            Affected(
                ecosystem=entry.ecosystem,
                name=entry.name,
                ranges=entry.stated(),
                versions=entry.versions,
                severities=_severities(entry.severities),
                status=STATUSES[entry.status],
                justification=entry.justification,
                response=entry.response,
                urgency=entry.urgency,
            )
            for entry in body.entries
        ),
    )


def decode_body(data: bytes) -> Body:
    """Read the bytes of a record; msgspec.DecodeError when they are not of one."""
    return _DECODE(data)


def entry_of(affected: Affected, name: str, versions: Iterable[str], spans: Spans | None) -> Entry:
    """Make the entry of a package. name: normalised; versions: those to keep; spans: None where it has no ordering."""
    ranges = tuple(
        (r.type, r.repo, tuple(part for e in r.events for part in (_KIND_NUMBERS[e.kind], e.version)))
        for r in affected.ranges
    )
    entry = Entry(
        ecosystem=affected.ecosystem,
        name=name,
        ranges=ranges,
        versions=tuple(versions),
        severities=_pairs(affected.severities),
        status=STATUSES.index(affected.status),
        justification=affected.justification,
        response=affected.response,
        urgency=affected.urgency,
        said=None,
    )
    said = () if spans is None else tuple(span.said for span in spans.spans if not span.exact)
    if all(said_of(entry, number) == text for number, text in enumerate(said)):
        return entry
    return msgspec.structs.replace(entry, said=said)


def said_of(entry: Entry, number: int) -> str:
    """Give what is said of the entry's interval of this number, in the order in which `evaluate` gives them."""
    if entry.said is not None:
        return entry.said[number]
    if not entry.ranges:
        return ALL_VERSIONS
    if number >= len(entry.ranges):
        return ""
    events = entry.ranges[number][2]
    return ", ".join(f"{_KINDS[int(events[n])]} {events[n + 1]}" for n in range(0, len(events), 2))


def seconds(moment: dt.datetime | None) -> int | None:
    """Give a time as the database holds it."""
    return None if moment is None else int(moment.timestamp())


def time_of(moment: int | None) -> dt.datetime | None:
    """Give a time as the model has it."""
    return None if moment is None else dt.datetime.fromtimestamp(moment, dt.UTC)


def _severities(pairs: Pairs) -> tuple[Severity, ...]:
    return tuple(Severity(type=kind, vector=vector) for kind, vector in pairs)


def _pairs(severities: Iterable[Severity]) -> Pairs:
    return tuple((s.type, s.vector) for s in severities)
