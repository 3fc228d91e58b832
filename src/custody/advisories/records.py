"""What the database gives: records, and what they say of a package."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from custody.model import STATUSES, Range, Severity

if TYPE_CHECKING:
    from custody.advisories.body import Body, Entry

__all__ = ["Hit", "Named", "Record", "named_of", "record_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the database keeps of one advisory.

    severities: those of the record, and those that it states for single packages. sources: kinds of the sources that
    hold it, sorted: "osv:Debian", "cve", "csaf:redhat", "osv" for a loose record; origin: the place of the first.
    """

    id: str
    modified: dt.datetime
    published: dt.datetime | None
    withdrawn: dt.datetime | None
    summary: str
    aliases: tuple[str, ...]
    related: tuple[str, ...]
    upstream: tuple[str, ...]
    severities: tuple[Severity, ...]
    references: tuple[tuple[str, str], ...]
    cwes: tuple[str, ...]
    ssvc: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What one record says of the version asked for.

    ecosystem, name, version: what was asked; said: which range or listed version of the record it is in; fixed: (key,
    version) of the record's fixes for this package, ascending; severities: those that the record states for this
    package alone. status: one of `STATUSES`: a record that says "not_affected" or "fixed" of the version is a hit too;
    justification, response, urgency: as in `Affected`.
    """

    ecosystem: str
    name: str
    version: str
    record: Record
    said: str
    fixed: tuple[tuple[bytes, str], ...]
    severities: tuple[Severity, ...]
    confidence: str = "high"
    status: str = "affected"
    justification: str = ""
    response: str = ""
    urgency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A package that a record names.

    ranges: as stated; versions: listed ones that lie in no range; fixed: the versions that its ranges name as fixes.
    """

    ecosystem: str
    name: str
    ranges: tuple[Range, ...]
    versions: tuple[str, ...]
    fixed: tuple[str, ...]
    severities: tuple[Severity, ...]
    status: str
    justification: str
    response: str
    urgency: str


def record_of(body: Body, sources: tuple[str, ...], origin: str) -> Record:
    """Make the record of a body."""
    stated = {*body.severities, *(pair for entry in body.entries for pair in entry.severities)}
    return Record(
        id=body.id,
        modified=_time(body.modified),
        published=None if body.published is None else _time(body.published),
        withdrawn=None if body.withdrawn is None else _time(body.withdrawn),
        summary=body.summary,
        aliases=body.aliases,
        related=body.related,
        upstream=body.upstream,
        severities=severities_of(stated),
        references=body.references,
        cwes=body.cwes,
        ssvc=body.ssvc,
        sources=sources,
        origin=origin,
    )


def named_of(entry: Entry) -> Named:
    """Make the package that an entry names."""
    return Named(
        ecosystem=entry.ecosystem,
        name=entry.name,
        ranges=entry.stated(),
        versions=entry.versions,
        fixed=fixes_of(entry),
        severities=severities_of(entry.severities),
        status=STATUSES[entry.status],
        justification=entry.justification,
        response=entry.response,
        urgency=entry.urgency,
    )


def fixes_of(entry: Entry) -> tuple[str, ...]:
    """Give the versions that an entry names as fixes, each once, as they stand; commits are no versions."""
    found: dict[str, None] = {}
    for kind, _, events in entry.ranges:
        if kind != "GIT":
            found.update((str(events[n + 1]), None) for n in range(0, len(events), 2) if events[n] == 1)
    return tuple(found)


def severities_of(pairs: set[tuple[str, str]] | tuple[tuple[str, str], ...]) -> tuple[Severity, ...]:
    """Give stated severities, sorted."""
    return tuple(Severity(type=kind, vector=vector) for kind, vector in sorted(pairs))


def _time(moment: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(moment, dt.UTC)
