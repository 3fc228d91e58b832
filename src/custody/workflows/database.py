"""The advisory database: imported, updated, inspected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from custody import advisories
from custody.advisories import Chosen
from custody.advisories.exchange import is_exported
from custody.advisories.signature import DatabaseSignature
from custody.advisories.trust import own_key
from custody.errors import UsageError
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
    database: Chosen,
    now: dt.datetime,
    sign_key: Path | None = None,
    passphrase: bytes | None = None,
    allow_older: bool = False,
) -> list[str]:
    """Import advisories from folders, files or addresses, or a whole database that was exported.

    Gives what a person should know about it. sign_key: None for the user's own database key. Raises VerificationError:
    the database in place is not what was signed, or the exported one is not, or is older.
    """
    exported = [place for place in places if is_exported(Path(place))]
    if exported:
        if len(places) > 1:
            raise UsageError(exported[0], "an exported database is imported alone", "import the rest after it")
        from custody.workflows.database_exchange import import_exported

        return import_exported(Path(exported[0]), listener, database=database, allow_older=allow_older)
    signing = _signing(sign_key, passphrase, listener, database=database, now=now)
    listener.begin("import")
    made = advisories.import_osv(
        places,
        database=database.path or advisories.default_path(),
        now=now,
        ecosystems=ecosystems,
        replace=replace,
        progress=listener.progress,
        signing=signing,
    )
    listener.end("import", f"{made.records} records")
    return _told(made)


def update_advisories(
    mirror: str,
    ecosystems: Sequence[str],
    listener: Listener,
    *,
    feeds: Sequence[str] = (),
    database: Chosen,
    now: dt.datetime,
    sign_key: Path | None = None,
    passphrase: bytes | None = None,
) -> list[str]:
    """Fetch what changed; give what a person should know about it.

    feeds: none for those of last time, or our own; sign_key: None for the user's own database key. Raises
    VerificationError: the database in place is not what was signed.
    """
    signing = _signing(sign_key, passphrase, listener, database=database, now=now)
    listener.begin("update")
    made = advisories.update_osv(
        database=database.path or advisories.default_path(),
        now=now,
        mirror=mirror,
        ecosystems=tuple(ecosystems),
        feeds=tuple(feeds) or None,
        progress=listener.progress,
        signing=signing,
    )
    listener.end("update", f"{made.records} records")
    return [*made.notes, *_told(made)]


def _signing(
    sign_key: Path | None, passphrase: bytes | None, listener: Listener, *, database: Chosen, now: dt.datetime
) -> advisories.Signing:
    key = advisories.signing_key(sign_key, passphrase=passphrase)
    for warning in key.warnings:
        listener.warn(warning)
    return advisories.Signing(key, now=now, database=database)


def _told(made: advisories.ImportReport) -> list[str]:
    total = sum(count for _, count in made.state.ecosystems)
    change = f"{made.added} are new, {made.replaced} changed, {made.removed} gone"
    lines = [f"{made.records} records were read; {change}; {made.path} holds {total} now"]
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
    database: Chosen, *, as_json: bool, max_age_days: int | None, verify: bool, now: dt.datetime
) -> tuple[str, bool]:
    """Give (text, whether it is young enough). A database without any date is never young enough.

    Raises VerificationError: it is not signed by a trusted key, or not what was signed.
    """
    with advisories.open_signed(database) as opened:
        if verify:
            opened.verify()
        status, signature = opened.status(verified=True if verify else None), opened.confirm()
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
            "bytes": status.size,
            "advisories": status.records,
            "epss": status.epss,
            "exploited": status.exploited,
            "signature": None if signature is None else _signature(signature),
            "ecosystems": [{"name": name, "advisories": count} for name, count in state.ecosystems],
            "sources": [_source(source, now) for source in status.sources],
            "fresh": fresh,
        }
        return pretty_json(value).decode(), fresh
    old = "" if age is None else f", {age} days old"
    lines = [
        str(status.path) if status.path else "the starter database, which covers the example only",
        f"  newest advisory  {format_time(state.newest) if state.newest else 'unknown'}{old}",
        f"  imported         {format_time(state.imported_at)} from {state.origin or 'unknown'}",
        f"  digest           {state.digest}{'  verified' if verify else ''}",
        f"  signature        {'none is needed' if signature is None else _signer(signature)}",
        f"  size             {status.size / 1e6:.1f} MB, {status.records} records",
        f"  likelihood       {status.epss} EPSS scores, {status.exploited} known to be exploited",
    ]
    lines += [f"  {name:<16} {count:>7}" for name, count in state.ecosystems]
    lines += ["from", *(_line(source, now) for source in status.sources)]
    if status.unordered:
        lines.append(f"not evaluated yet, for want of their version ordering: {', '.join(status.unordered)}")
    if not fresh:
        lines.append(f"older than {max_age_days} days: run `custody db update`")
    return "\n".join(lines) + "\n", fresh


def _signature(signature: DatabaseSignature) -> dict[str, object]:
    return {
        "sha256": signature.digest.hex,
        "keyId": signature.key_id,
        "key": signature.key,
        "own": signature.key == str(own_key().with_suffix(".pub")),
        "signedAt": format_time(signature.signed_at),
    }


def _signer(signature: DatabaseSignature) -> str:
    whose = "your own database key" if _signature(signature)["own"] else signature.key
    return f"by {whose} ({signature.key_id[:16]}), {format_time(signature.signed_at)}"


def _source(source: advisories.Source, now: dt.datetime) -> dict[str, object]:
    return {
        "kind": source.kind,
        "origin": source.origin,
        "records": source.records,
        "skipped": source.skipped,
        "newest": format_time(source.newest) if source.newest else None,
        "ageDays": _days(source.newest, now),
        "fetchedAt": format_time(source.fetched_at),
    }


def _line(source: advisories.Source, now: dt.datetime) -> str:
    age = _days(source.newest, now)
    old = "" if age is None else f", newest {age} days old"
    bad = f", {source.skipped} could not be read" if source.skipped else ""
    return f"  {source.kind:<16} {source.records:>7}  {source.origin}{old}{bad}"


def _days(moment: dt.datetime | None, now: dt.datetime) -> int | None:
    return None if moment is None else (now - moment).days
