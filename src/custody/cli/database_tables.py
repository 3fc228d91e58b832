"""What the commands over the advisory database print: texts for people, and the same as JSON values."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from custody.cli.tables import table
from custody.errors import one_line
from custody.model import format_time

if TYPE_CHECKING:
    import datetime as dt

    from custody.advisories.compare import Difference
    from custody.advisories.look import Shown
    from custody.advisories.records import Named, Record
    from custody.model import DatabaseState
    from custody.workflows.database_look import ComparedDatabases

__all__ = ["difference_json", "difference_text", "found_json", "found_table", "shown_json", "shown_text"]

_WIDTH = 110
_SHOWN_IDS = 10
"""Ids of one kind of change on the screen; JSON has all."""
_SHOWN_PACKAGES = 40
_SUMMARY_WIDTH = 60
_CHANGES = ("added", "changed", "removed")


# ── show ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def shown_text(shown: Shown) -> str:
    """Give what is known of one id; control characters in the data are made visible."""
    summary = next((record.summary for record, _ in shown.records if record.summary), "")
    lines = [shown.name + (f"  {summary}" if summary else "")]
    if shown.names:
        lines += _wrapped("also known as   ", ", ".join(shown.names))
    for said in shown.severities:
        score = "" if said.score is None else f" {said.score:.1f}"
        lines += _wrapped("severity        ", f"{said.severity}{score} by {said.record}: {said.said}")
    if shown.epss is not None:
        epss = shown.epss
        text = f"{epss.score:.2%} likely within 30 days, more than {epss.percentile:.0%} of all ({epss.date})"
        lines.append(f"EPSS            {text}")
    if shown.exploited is not None:
        known = shown.exploited
        ransomware = ", in ransomware campaigns" if known.ransomware else ""
        due = "" if known.due is None else f"; agencies must act by {known.due}"
        lines += _wrapped("KEV             ", f"exploited, listed on {known.added}{ransomware}{due}. {known.action}")
    for record, packages in shown.records:
        lines += ["", *_record(record, packages)]
    return "\n".join(one_line(line) for line in lines) + "\n"


def _record(record: Record, packages: Sequence[Named]) -> list[str]:
    withdrawn = "" if record.withdrawn is None else f", withdrawn {_day(record.withdrawn)}"
    published = "" if record.published is None else f", published {_day(record.published)}"
    where = f"{', '.join(record.sources)} from {record.origin}"
    lines = [f"{record.id}  modified {_day(record.modified)}{published}{withdrawn}; {where}"]
    for label, names in (("related", record.related), ("upstream", record.upstream), ("weaknesses", record.cwes)):
        if names:
            lines += _wrapped(f"  {label:<14}", ", ".join(names))
    if record.ssvc:
        lines += _wrapped("  SSVC          ", ", ".join(f"{name}: {value}" for name, value in record.ssvc))
    for named in packages[:_SHOWN_PACKAGES]:
        lines += _wrapped("  package       ", f"{named.ecosystem}/{named.name}: {_said(named)}")
    if len(packages) > _SHOWN_PACKAGES:
        lines.append(f"                and {len(packages) - _SHOWN_PACKAGES} more; -o json has all")
    lines += [f"  {kind.lower():<14}{address}" for kind, address in record.references]
    return lines


def _said(named: Named) -> str:
    parts = [
        ", ".join(f"{event.kind.replace('_', ' ')} {event.version}" for event in one.events)
        + (f" ({one.repo or one.type})" if one.type == "GIT" else "")
        for one in named.ranges
    ]
    if named.versions:
        shown = ", ".join(named.versions[:_SHOWN_IDS])
        more = f" and {len(named.versions) - _SHOWN_IDS} more" if len(named.versions) > _SHOWN_IDS else ""
        parts.append(f"versions {shown}{more}")
    text = f"{named.status.replace('_', ' ')}: {'; '.join(parts) or 'all versions'}"
    for label, value in (
        ("why", named.justification),
        ("response", named.response),
        ("urgency", named.urgency),
    ):
        text += f"; {label}: {value}" if value else ""
    return text


def shown_json(shown: Shown) -> dict[str, Any]:
    """Give the same as JSON values."""
    epss, known = shown.epss, shown.exploited
    return {
        "id": shown.name,
        "aliases": list(shown.names),
        "severities": [
            {"record": s.record, "severity": s.severity, "score": s.score, "said": s.said} for s in shown.severities
        ],
        "epss": None
        if epss is None
        else {"id": epss.id, "score": epss.score, "percentile": epss.percentile, "date": epss.date.isoformat()},
        "exploited": None
        if known is None
        else {
            "id": known.id,
            "added": known.added.isoformat(),
            "due": known.due.isoformat() if known.due else None,
            "ransomware": known.ransomware,
            "action": known.action,
        },
        "records": [
            {
                **_head(record),
                "aliases": list(record.aliases),
                "related": list(record.related),
                "upstream": list(record.upstream),
                "published": _time(record.published),
                "withdrawn": _time(record.withdrawn),
                "cwes": list(record.cwes),
                "ssvc": [{"name": name, "value": value} for name, value in record.ssvc],
                "origin": record.origin,
                "severities": [{"type": s.type, "vector": s.vector} for s in record.severities],
                "references": [{"type": kind, "url": address} for kind, address in record.references],
                "affected": [_named(named) for named in packages],
            }
            for record, packages in shown.records
        ],
    }


def _named(named: Named) -> dict[str, Any]:
    return {
        "ecosystem": named.ecosystem,
        "name": named.name,
        "status": named.status,
        "justification": named.justification,
        "response": named.response,
        "urgency": named.urgency,
        "ranges": [
            {"type": one.type, "repo": one.repo, "events": [{event.kind: event.version} for event in one.events]}
            for one in named.ranges
        ],
        "versions": list(named.versions),
        "fixed": list(named.fixed),
        "severities": [{"type": s.type, "vector": s.vector} for s in named.severities],
    }


# ── search ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def found_table(found: Sequence[tuple[Record, Sequence[str]]]) -> str:
    """Give a line for each record that was found."""
    rows = [
        (record.id, _day(record.modified), _few(packages), textwrap.shorten(one_line(record.summary), _SUMMARY_WIDTH))
        for record, packages in found
    ]
    return table(("ID", "MODIFIED", "PACKAGES", "SUMMARY"), rows) + f"{len(rows)} records\n"


def found_json(found: Sequence[tuple[Record, Sequence[str]]]) -> list[dict[str, Any]]:
    """Give the same as JSON values."""
    return [
        {**_head(record), "aliases": list(record.aliases), "packages": list(packages)} for record, packages in found
    ]


def _few(packages: Sequence[str]) -> str:
    return ", ".join(packages[:2]) + (f" and {len(packages) - 2} more" if len(packages) > 2 else "")


# ── diff ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def difference_text(found: ComparedDatabases) -> str:
    """Give what changed: counts by source, and the first ids of each."""
    compared = found.compared
    lines = [f"{sign} {_state(state)}" for sign, state in (("-", found.older), ("+", found.newer))]
    for change in _CHANGES:
        records = [record for record in compared.records if record.change == change]
        if not records:
            continue
        lines.append(f"{change} {len(records)}")
        for source, ids in _by_source(records).items():
            shown = ", ".join(ids[:_SHOWN_IDS]) + (" …" if len(ids) > _SHOWN_IDS else "")
            lines += _wrapped(f"  {source:<18} {len(ids):>6}  ", shown)
    if compared.packages:
        counts = Counter(ecosystem for ecosystem, _ in compared.packages)
        lines.append(f"packages touched {len(compared.packages)}")
        lines += [f"  {ecosystem:<18} {count:>6}" for ecosystem, count in sorted(counts.items())]
    if compared.epss:
        lines.append(f"EPSS scores that differ {compared.epss}")
    if compared.exploited:
        lines.append(f"known to be exploited, other entries {compared.exploited}")
    if compared.same:
        lines.append("the same advisories")
    return "\n".join(one_line(line) for line in lines) + "\n"


def difference_json(found: ComparedDatabases) -> dict[str, Any]:
    """Give the same as JSON values."""
    compared = found.compared
    return {
        "older": _state_json(found.older),
        "newer": _state_json(found.newer),
        "same": compared.same,
        **{
            change: [
                {"id": record.id, "sources": list(record.sources)}
                for record in compared.records
                if record.change == change
            ]
            for change in _CHANGES
        },
        "packages": [{"ecosystem": ecosystem, "name": name} for ecosystem, name in compared.packages],
        "epss": compared.epss,
        "exploited": compared.exploited,
    }


def _by_source(records: Sequence[Difference]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for record in records:
        found.setdefault(", ".join(record.sources), []).append(record.id)
    return dict(sorted(found.items()))


def _state(state: DatabaseState) -> str:
    newest = "no date" if state.newest is None else format_time(state.newest)
    return f"{state.digest}  newest {newest}"


def _state_json(state: DatabaseState) -> dict[str, Any]:
    return {"digest": str(state.digest), "newest": _time(state.newest), "importedAt": format_time(state.imported_at)}


# ── all of them ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _head(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "summary": record.summary,
        "modified": format_time(record.modified),
        "sources": list(record.sources),
    }


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        one_line(text),
        _WIDTH,
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _day(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _time(moment: dt.datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
