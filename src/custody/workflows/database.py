"""The advisory database: imported, updated, inspected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from custody import advisories
from custody.model import format_time, pretty_json
from custody.workflows.interface import Listener

__all__ = ["database_status", "import_advisories", "update_advisories"]

SHOWN = 5
"""Records that could not be read, as listed after an import."""


def import_advisories(
    places: Sequence[str],
    listener: Listener,
    *,
    ecosystems: Sequence[str],
    replace: bool,
    database: Path | None,
    now: dt.datetime,
) -> list[str]:
    """Import OSV records from folders, archives or addresses; give what a person should know about it."""
    listener.begin("import")
    made = advisories.import_osv(
        places,
        database=database or advisories.default_path(),
        now=now,
        ecosystems=ecosystems,
        replace=replace,
        progress=listener.progress,
    )
    listener.end("import", f"{made.records} records")
    return _told(made)


def update_advisories(
    mirror: str, ecosystems: Sequence[str], listener: Listener, *, database: Path | None, now: dt.datetime
) -> list[str]:
    """Fetch the full dumps; give what a person should know about it."""
    listener.begin("update")
    made = advisories.update_osv(
        database=database or advisories.default_path(),
        now=now,
        mirror=mirror,
        ecosystems=tuple(ecosystems),
        progress=listener.progress,
    )
    listener.end("update", f"{made.records} records")
    return _told(made)


def _told(made: advisories.ImportReport) -> list[str]:
    total = sum(count for _, count in made.state.ecosystems)
    lines = [f"{made.records} records were read; {made.path} holds {total} now"]
    lines += [f"  {name:<14} {count:>7}" for name, count in made.state.ecosystems]
    if not made.whole:
        lines.append("no ecosystem came in whole: a scan finds what is here, and calls nothing else clean")
    if made.skipped:
        lines.append(f"{len(made.skipped)} records could not be read:")
        lines += [f"  {skipped.where}: {skipped.reason}" for skipped in made.skipped[:SHOWN]]
        if len(made.skipped) > SHOWN:
            lines.append(f"  and {len(made.skipped) - SHOWN} more")
    return lines


def database_status(
    database: Path | None, *, as_json: bool, max_age_days: int | None, verify: bool, now: dt.datetime
) -> tuple[str, bool]:
    """Give (text, whether it is young enough). A database without any date is never young enough."""
    status = advisories.status(database, verify=verify)
    state = status.state
    age = (now - state.newest).days if state.newest else None
    fresh = max_age_days is None or (age is not None and age <= max_age_days)
    if as_json:
        value = {
            "path": str(status.path) if status.path else None,
            "starter": status.path is None,
            "digest": str(state.digest),
            "importedAt": format_time(state.imported_at),
            "newest": format_time(state.newest) if state.newest else None,
            "ageDays": age,
            "origin": state.origin,
            "ecosystems": [{"name": name, "advisories": count} for name, count in state.ecosystems],
            "fresh": fresh,
        }
        return pretty_json(value).decode(), fresh
    old = "" if age is None else f", {age} days old"
    lines = [
        str(status.path) if status.path else "the starter database, which covers the example only",
        f"  newest advisory  {format_time(state.newest) if state.newest else 'unknown'}{old}",
        f"  imported         {format_time(state.imported_at)} from {state.origin or 'unknown'}",
        f"  digest           {state.digest}{'  verified' if verify else ''}",
    ]
    lines += [f"  {name:<16} {count:>7}" for name, count in state.ecosystems]
    if status.unordered:
        lines.append(f"not evaluated yet, for want of their version ordering: {', '.join(status.unordered)}")
    if not fresh:
        lines.append(f"older than {max_age_days} days: run `custody db update`")
    return "\n".join(lines) + "\n", fresh
