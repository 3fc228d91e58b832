"""`custody db update`: only what changed is fetched, and only what changed is written.

1. For each ecosystem that the database holds from this mirror, the mirror's list of changes is asked for
   (`<base>/<Ecosystem>/modified_id.csv`: `<time>,<id>`, newest first; https://google.github.io/osv.dev/data/), unless
   the server says that it is the same as last time.
2. What is newer on the list than the last update saw, or is not held, is fetched record by record where it is little;
   else, and for what is not held yet, `<base>/<Ecosystem>/all.zip` is. What is gone from the list is taken out.
3. The other feeds are fetched when their server says that they changed.
4. All of it goes into a copy of the database, which takes its place when it is complete.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from custody.advisories.build import ImportReport, build
from custody.advisories.feeds.address import check_address, without_user
from custody.advisories.feeds.download import AT_ONCE, Client, client
from custody.advisories.feeds.osv import DEFAULT_MIRROR, ArchiveDump, default_ecosystems, mirror_places
from custody.advisories.feeds.record import parse_record
from custody.advisories.sources import Feed, Source, read_sources, shown
from custody.errors import InputError, UnavailableError
from custody.model import Advisory, Progress, Skipped

if TYPE_CHECKING:
    import sqlite3

    from custody.advisories.trust import Signing

__all__ = ["DEFAULT_FEEDS", "MOST_SINGLE", "update_osv"]

DEFAULT_FEEDS = (
    "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
    "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
)
"""What `db update` fetches beside OSV's own mirror."""
MOST_SINGLE = 1000
"""Records that are fetched one by one: some ten seconds at eight at once, in which an archive arrives too."""
_LONGEST_ID = 200


def update_osv(
    *,
    database: Path,
    now: dt.datetime,
    mirror: str = "",
    ecosystems: Sequence[str] = (),
    feeds: Sequence[str] | None = None,
    progress: Progress | None = None,
    signing: Signing | None = None,
) -> ImportReport:
    """Bring the database up to date with a mirror of OSV and with other feeds.

    mirror: base address (https, http or file) such that `<mirror>/<Ecosystem>/all.zip` is there; the public OSV bucket
    where empty. ecosystems: those to take, which must all be there; else all whose versions we can order, as far as
    the mirror has them. feeds: addresses of files of other feeds; None for `DEFAULT_FEEDS` where no mirror is named,
    and for those that the database was updated from before. Raises UnavailableError: a source or the disk is not
    reachable; InputError: an answer is not what it must be.
    """
    base = mirror or DEFAULT_MIRROR
    check_address(base)
    if urlsplit(base).scheme == "file":
        base = f"file://{quote(unquote(urlsplit(base).path))}"
    places = mirror_places(base, ecosystems or default_ecosystems())
    known = _known(database)
    plan = _Plan(known=known)
    with client(progress=progress) as made:
        for name, place in places.items():
            _ecosystem(plan, made, name, place, now)
        if not plan.found:
            raise UnavailableError(without_user(base), "holds no ecosystem that was asked for", "is the address right?")
        if plan.missing and ecosystems:
            fix = "is this the address of an OSV mirror?"
            raise UnavailableError(f"{without_user(places[plan.missing[0]])}/all.zip", "is not there", fix)
        for address in _addresses(feeds, mirror, known):
            _file(plan, made, address)
        report = build(database, plan.feeds, now=now, progress=progress, signing=signing)
    return replace(report, notes=tuple(plan.notes))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is there already. held: by number of a source, id → seconds of its `modified`; unlike: keys are outdated."""

    sources: tuple[Source, ...] = ()
    held: Mapping[int, Mapping[str, int]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _Plan:
    known: _Known
    feeds: list[Feed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    found: int = 0


def _known(database: Path) -> _Known:
    from custody.advisories.stale import stale_orderings
    from custody.advisories.storage import connect, read_meta, reading

    if not database.exists():
        return _Known()
    where = str(database)
    with reading(where), closing(connect(database)) as connection:
        read_meta(connection, where)
        sources = tuple(read_sources(connection))
        if stale_orderings(connection):  # listed versions are kept as the old keys sorted them: fetch all anew
            return _Known(sources=tuple(replace(s, etag="", last_modified="", position="") for s in sources))
        return _Known(sources=sources, held=_held(connection))


def _held(connection: sqlite3.Connection) -> dict[int, dict[str, int]]:
    rows = connection.execute("SELECT number, sources FROM holding")
    sets = {number: [int(source) for source in sources.split(",")] for number, sources in rows}
    held: dict[int, dict[str, int]] = {}
    for name, holding, modified in connection.execute("SELECT id, holding, modified FROM advisory"):
        for source in sets[holding]:
            held.setdefault(source, {})[name] = modified
    return held


def _ecosystem(plan: _Plan, made: Client, name: str, place: str, now: dt.datetime) -> None:
    """Plan what to do about one ecosystem of the mirror."""
    source = next((s for s in plan.known.sources if s.kind == f"osv:{name}" and s.place == place), None)
    held = plan.known.held.get(source.number) if source is not None else None
    feed = Feed(dump=_Records(place, name), kind="osv", origin=shown(place.rpartition("/")[0]), place=place, delta=True)
    position, etag = "", ""
    listed = made.fetch(f"{place}/modified_id.csv", etag=source.position and source.etag if source else "", quiet=True)
    if listed is not None and source is not None and held is not None:
        if listed.path is None:
            plan.found += 1
            plan.notes.append(f"{name}: nothing changed")
            plan.feeds.append(replace(feed, etag=source.etag, position=source.position))
            return
        changes = parse_list(listed.path.read_bytes(), place)
        if changes is not None and 2 * len(changes) >= len(held):
            wanted = _changed(changes, held, source.position)
            if len(wanted) <= MOST_SINGLE:
                gone = tuple(sorted(held.keys() - changes.keys()))
                records, failed = _single(made, place, name, wanted)
                plan.found += 1
                plan.notes.append(f"{name}: {len(records)} of {len(changes)} records fetched, {len(gone)} gone")
                plan.feeds.append(
                    replace(
                        feed,
                        dump=_Records(place, name, records, failed),
                        gone=gone,
                        position=_position(changes, {f.where.rpartition("/")[2] for f in failed}, now),
                        etag="" if failed else listed.etag,
                    )
                )
                return
    elif listed is None and source is not None and not source.position:
        position, etag = "", source.etag
    archive = made.fetch(f"{place}/all.zip", etag=etag, last_modified=source.last_modified if source and etag else "")
    if archive is None:
        plan.missing.append(name)
        plan.notes.append(f"{name}: the mirror does not have it")
        return
    plan.found += 1
    if archive.path is None and source is not None:
        plan.notes.append(f"{name}: nothing changed")
        plan.feeds.append(replace(feed, etag=source.etag, last_modified=source.last_modified))
        return
    assert archive.path is not None  # noqa: S101 - a file that is the same as before was asked for with a tag of it
    plan.notes.append(f"{name}: fetched as a whole")
    plan.feeds.append(
        replace(
            feed,
            dump=ArchiveDump(archive.path, f"{without_user(place)}/all.zip", name),
            delta=False,
            etag="" if listed is not None else archive.etag,
            last_modified="" if listed is not None else archive.last_modified,
            position=position,
        )
    )


def parse_list(data: bytes, where: str) -> dict[str, str] | None:  # noqa: ARG001 - for messages to come
    """Give id → time of a list of changes; None where it is not one, so that nobody goes by half of it."""
    listed: dict[str, str] = {}
    try:
        for line in data.decode("utf-8").splitlines():
            time, comma, name = line.partition(",")
            name = name.strip().rpartition("/")[2]
            if not line.strip():
                continue
            if not comma or not name or len(name) > _LONGEST_ID:
                return None
            _moment(time)
            listed[name] = max(listed.get(name, ""), time.strip())
    except ValueError:
        return None
    if not data.endswith(b"\n"):  # the last line may be half of one
        return None
    return listed


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment


def _changed(changes: Mapping[str, str], held: Mapping[str, int], position: str) -> list[str]:
    """Give the ids to fetch: what is not held, and what is newer than the last update saw.

    A time to come is always newer: no position is later than the update that it was made in.

    Before a position is known, what was held when the archive was read is compared by whole seconds.
    """
    last = _moment(position) if position else None
    wanted = []
    for name, time in changes.items():
        moment = _moment(time)
        newer = moment > last if last is not None else int(moment.timestamp()) > held.get(name, 0)
        if name not in held or newer:
            wanted.append(name)
    return sorted(wanted)


def _position(changes: Mapping[str, str], failed: set[str], now: dt.datetime) -> str:
    """Give the newest time of the list, but for times to come; what failed stays to be fetched."""
    end = min((_moment(changes[name]) for name in failed if name in changes), default=None)
    times = [time for time in changes.values() if _moment(time) <= now and (end is None or _moment(time) < end)]
    return max(times, key=_moment, default="")


def _single(made: Client, place: str, name: str, ids: Sequence[str]) -> tuple[list[Advisory], list[Skipped]]:
    """Fetch records one by one, several at once; what cannot be read or is not there is told."""
    made.prepare()

    def fetch(one: str) -> Advisory | Skipped:
        at = f"{place}/{quote(one, safe='')}.json"
        where = f"{name}/{one}"
        try:
            found = made.fetch(at, quiet=True)
            if found is None or found.path is None:
                return Skipped(where=where, reason="is on the list of changes, and not there")
            data = found.path.read_bytes()
            if urlsplit(at).scheme != "file":
                found.path.unlink()
            advisory = parse_record(data, where)
        except InputError as error:
            return Skipped(where=where, reason=error.what)
        except OSError as error:
            return Skipped(where=where, reason=str(error.strerror or error))
        if advisory.id != one:
            return Skipped(where=where, reason=f"is the record {advisory.id!r}")
        return advisory

    with ThreadPoolExecutor(AT_ONCE) as threads:
        results = list(threads.map(fetch, ids))
    return [r for r in results if isinstance(r, Advisory)], [r for r in results if isinstance(r, Skipped)]


def _addresses(feeds: Sequence[str] | None, mirror: str, known: _Known) -> list[str]:
    if feeds is not None:
        return list(dict.fromkeys(feeds))
    before = [s.place for s in known.sources if s.place and not s.kind.startswith("osv:")]
    return list(dict.fromkeys([*(() if mirror else DEFAULT_FEEDS), *before]))


def _file(plan: _Plan, made: Client, address: str) -> None:
    """Plan what to do about a file of another feed."""
    from custody.advisories.feeds.open import open_path

    source = next((s for s in plan.known.sources if s.place == address), None)
    found = made.fetch(
        address,
        etag=source.etag if source is not None else "",
        last_modified=source.last_modified if source is not None else "",
    )
    label = without_user(address)
    if found is None:
        raise UnavailableError(label, "is not there", "is the address right?")
    if found.path is None:
        plan.notes.append(f"{label}: nothing changed")
        if source is not None:
            feed = Feed(dump=_Records(label, "", kind=source.kind), kind=source.kind, origin=source.origin, delta=True)
            plan.feeds.append(replace(feed, place=address, etag=source.etag, last_modified=source.last_modified))
        return
    plan.notes.append(f"{label}: fetched")
    plan.feeds += [
        Feed(
            dump=dump,
            kind=dump.kind,
            origin=shown(address),
            place=address,
            etag=found.etag,
            last_modified=found.last_modified,
        )
        for dump in open_path(found.path, label)
    ]


class _Records:
    """Records that were fetched one by one, or none, as a dump of what changed."""

    def __init__(
        self,
        name: str,
        whole: str,
        records: Sequence[Advisory] = (),
        skipped: Sequence[Skipped] = (),
        *,
        kind: str = "osv",
    ) -> None:
        self.name = name
        self.kind = kind
        self.whole = whole
        self.skipped = list(skipped)
        self._records = records

    def records(self) -> Iterator[Advisory]:
        yield from self._records
