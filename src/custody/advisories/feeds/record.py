"""One OSV record: JSON → Advisory.

Spec: OSV schema 1.7.5 (https://ossf.github.io/osv-schema/). Only the fields that matching and reports need are
decoded; all others are passed over unread. Publishers break the schema in harmless ways, so no more is asked than
what is used: `id` and `modified`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from custody.advisories.ecosystems import without_registry
from custody.errors import InputError
from custody.model import Advisory, Affected, Range, RangeEvent, Severity

__all__ = ["parse_record"]

LONGEST_SUMMARY = 1000
"""Characters that are kept of a summary: it is one line for a table."""


class _Package(msgspec.Struct, gc=False):
    ecosystem: str = ""
    name: str = ""


class _Event(msgspec.Struct, gc=False):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class _Range(msgspec.Struct, gc=False):
    type: str = ""
    events: list[_Event] | None = None
    repo: str | None = None


class _Severity(msgspec.Struct, gc=False):
    type: str = ""
    score: str = ""


class _Affected(msgspec.Struct, gc=False):
    package: _Package | None = None
    ranges: list[_Range] | None = None
    versions: list[str] | None = None
    severity: list[_Severity] | None = None


class _Reference(msgspec.Struct, gc=False):
    type: str = ""
    url: str = ""


class _Record(msgspec.Struct, gc=False):
    id: str
    modified: dt.datetime
    published: dt.datetime | None = None
    withdrawn: dt.datetime | None = None
    aliases: list[str] | None = None
    related: list[str] | None = None
    upstream: list[str] | None = None
    summary: str | None = None
    severity: list[_Severity] | None = None
    affected: list[_Affected] | None = None
    references: list[_Reference] | None = None
    database_specific: Any = None


_DECODER = msgspec.json.Decoder(_Record)
_WORDS = {"LOW", "MODERATE", "MEDIUM", "HIGH", "CRITICAL"}


def parse_record(data: bytes, where: str) -> Advisory:
    """Read one record.

    where: its file, for messages. Raises InputError: not JSON, or a field that we use is not what it must be.
    """
    try:
        record = _DECODER.decode(data)
        if not record.id or len(record.id) > 200:
            raise InputError(f"{where}:id", "expected a text of 1 to 200 characters")
        return _advisory(record)
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError) as error:
        raise InputError(where, f"not an OSV record: {error or type(error).__name__}") from None


def _advisory(record: _Record) -> Advisory:
    specific = record.database_specific if isinstance(record.database_specific, dict) else {}
    severities = _severities(record.severity)
    word = specific.get("severity")
    if isinstance(word, str) and word.upper() in _WORDS:  # GitHub's reviewers state one where they state no vector
        severities = (*severities, Severity(type="Publisher", vector=word.upper()))
    cwes = specific.get("cwe_ids")
    return Advisory(
        id=record.id,
        modified=_utc(record.modified),
        published=None if record.published is None else _utc(record.published),
        withdrawn=None if record.withdrawn is None else _utc(record.withdrawn),
        aliases=_names(record.aliases),
        related=_names(record.related),
        upstream=_names(record.upstream),
        summary=" ".join((record.summary or "").split())[:LONGEST_SUMMARY],
        severities=severities,
        affected=tuple(
            _affected(a)
            for a in record.affected or ()
            if a.package is not None and a.package.ecosystem and a.package.name
        ),
        references=tuple((r.type, r.url) for r in record.references or () if r.url),
        cwes=tuple(sorted({c for c in cwes if isinstance(c, str)})) if isinstance(cwes, list) else (),
    )


def _utc(moment: dt.datetime) -> dt.datetime:
    """Whole seconds are all that reports carry, so that a report read back is the report that was written."""
    moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    return moment.replace(microsecond=0)


def _names(names: list[str] | None) -> tuple[str, ...]:
    return tuple(sorted(set(names))) if names else ()


def _severities(entries: list[_Severity] | None) -> tuple[Severity, ...]:
    return tuple(Severity(type=s.type, vector=s.score) for s in entries) if entries else ()


def _affected(affected: _Affected) -> Affected:
    package = affected.package or _Package()
    return Affected(
        ecosystem=without_registry(package.ecosystem),
        name=package.name,
        ranges=tuple(_range(r) for r in affected.ranges or ()),
        versions=tuple(affected.versions or ()),
        severities=_severities(affected.severity),
    )


def _range(line: _Range) -> Range:
    """An event object may carry several events, though the schema asks for one each; all of them count."""
    events = []
    for e in line.events or ():
        if e.introduced is not None:
            events.append(RangeEvent(kind="introduced", version=e.introduced))
        if e.fixed is not None:
            events.append(RangeEvent(kind="fixed", version=e.fixed))
        if e.last_affected is not None:
            events.append(RangeEvent(kind="last_affected", version=e.last_affected))
        if e.limit is not None:
            events.append(RangeEvent(kind="limit", version=e.limit))
    return Range(type=line.type, events=tuple(events), repo=line.repo or "")
