"""`custody fleet scan`: read what is new, match it, remember it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from custody.fleet.dataset import TABLES, Dataset, alone
from custody.fleet.engine import Connection, fill, open_engine
from custody.fleet.matching import candidates, load_spans, match_into
from custody.fleet.queries import COUNTS
from custody.fleet.reading import Asked, Held, Unread, read_all
from custody.fleet.sources import sources_of
from custody.model import Inventory, Progress, format_time

if TYPE_CHECKING:
    from custody.advisories import Chosen, Database

__all__ = ["FleetScan", "match_all", "scan"]

_BATCH = 200_000
"""Rows that are held back before the engine gets them."""
_STALE = 4
"""Once a quarter of the artifacts that were ever read are gone, what the rest holds is written anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetScan:
    """What a run did, and what the dataset now holds.

    read, unchanged: sources of this run; unread: with the reason; artifacts, packages: in the dataset, packages counted
    once each; unasked: packages on which no advisory can be asked; counts: (severity, findings, artifacts, problems).
    """

    read: int
    unchanged: int
    unread: tuple[Unread, ...]
    artifacts: int
    packages: int
    unasked: int
    counts: tuple[tuple[str, int, int, int], ...]


def scan(
    places: Sequence[str],
    path: Path,
    *,
    examine: Callable[[str], Inventory],
    database: Chosen | Path | None,
    now: dt.datetime,
    jobs: int = 1,
    progress: Progress | None = None,
) -> FleetScan:
    """Read the sources that are new or changed into the dataset at `path`, and match what is new in it.

    examine: gives the inventory of one SOURCE. A source that was there and is not named this time stays. Where the
    database is another one than last time, all is matched anew (`rematch` does that with less work).
    Raises UnavailableError: no duckdb, no database, another run at work; InputError: a damaged dataset or database.
    """
    from custody import advisories

    with (
        alone(path, make=True),
        open_engine(path) as connection,
        advisories.open_signed(database) as opened,
    ):
        opened.confirm()  # at once: the thread that proves it must be over before other processes are forked
        dataset = Dataset(path, connection)
        intake = _Intake(dataset)
        for source in read_all(sources_of(places), examine, known=intake.documents, jobs=jobs):
            intake.take(source, now)
            if progress is not None:
                progress("fleet", intake.done, 0)
        intake.finish()
        fresh = intake.new_packages
        same = dataset.state.database == str(opened.state.digest)
        if not same or not dataset.state.files.get("finding"):
            match_all(dataset, opened)
        elif fresh:
            _match_some(dataset, opened, fresh)
        opened.confirm()
        dataset.commit(database=str(opened.state.digest), matched_at=now)
        return _told(connection, intake)


def match_all(dataset: Dataset, database: Database) -> None:
    """Match every distinct package; the findings and the advisories they rest on are written, not yet committed."""
    from custody.advisories import record_digests

    connection = dataset.connection
    load_spans(connection, database)
    match_into(connection, "made", candidates(connection), database)
    dataset.write("finding", "SELECT * FROM made ORDER BY package, id")
    fill(connection, "known", TABLES["record"], record_digests(database))
    dataset.write("record", "SELECT * FROM known ORDER BY id")


def _match_some(dataset: Dataset, database: Database, first: int) -> None:
    """Match the packages from the number `first` on."""
    connection = dataset.connection
    load_spans(connection, database)
    match_into(connection, "made", [n for n in candidates(connection) if n >= first], database)
    dataset.write("finding", "SELECT * FROM made ORDER BY package, id", keep=True)


class _Intake:
    """Rows on their way into a dataset: new artifacts, and the packages that none before them held."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._connection = dataset.connection
        rows = self._connection.execute("SELECT number, source, document FROM artifact").fetchall()
        self.documents = {source: document for _, source, document in rows}
        self._artifacts = {source: number for number, source, _ in rows}
        self._next = max((number for number, *_ in rows), default=0)
        self._numbers: dict[Asked, int] = {}
        self._load()
        self.new_packages = 0
        self._first = len(self._numbers) + 1
        self._fresh: list[tuple[int, Asked]] = []
        self._held: list[tuple[int, int, bool]] = []
        self._made: list[tuple[object, ...]] = []
        self._replaced: list[int] = []
        self.read = self.unchanged = 0
        self.unread: list[Unread] = []

    @property
    def done(self) -> int:
        return self.read + self.unchanged + len(self.unread)

    def _load(self) -> None:
        rows = self._connection.execute("SELECT number, purl, lookup, reason FROM package ORDER BY number").fetchall()
        for number, purl, lookup, reason in rows:
            self._numbers[Asked(purl, lookup, reason, ())] = number

    def take(self, source: Held | Unread | str, now: dt.datetime) -> None:
        if isinstance(source, Unread):
            self.unread.append(source)
            return
        if isinstance(source, str):
            self.unchanged += 1
            return
        self.read += 1
        self._next += 1
        if source.source in self._artifacts:
            self._replaced.append(self._artifacts[source.source])
        for asked, judged in source.packages:
            number = self._numbers.get(asked)
            if number is None:
                number = self._numbers[asked] = len(self._numbers) + 1
                self._fresh.append((number, asked))
            self._held.append((self._next, number, judged))
        self._made.append(
            (
                self._next,
                source.source,
                source.document,
                source.digest,
                source.name,
                source.version,
                len(source.packages),
                source.skipped,
                format_time(now),
            )
        )
        if len(self._held) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        fill(self._connection, "new_holds", TABLES["holds"], self._held)
        self._held.clear()

    def finish(self) -> None:
        """Write the tables; what `commit` then makes of them counts."""
        self._flush()
        connection, dataset = self._connection, self._dataset
        if self._made:
            fill(connection, "new_artifact", TABLES["artifact"], self._made)
            fill(connection, "replaced", (("number", "INTEGER"),), ((number,) for number in self._replaced))
            kept = "SELECT a.* FROM artifact a ANTI JOIN replaced r ON r.number = a.number"
            dataset.write("artifact", f"{kept} UNION ALL SELECT * FROM new_artifact ORDER BY number")  # noqa: S608 - our own query
            gone = dataset.state.gone + len(self._replaced)
            dataset.forget(gone)
            dataset.show("artifact")
            if gone * _STALE > self._next:
                dataset.show("holds")
                every = "SELECT * FROM holds UNION ALL SELECT * FROM new_holds"
                dataset.write("holds", f"{every} ORDER BY artifact, package")
                dataset.forget(0)
            else:
                dataset.write("holds", "SELECT * FROM new_holds ORDER BY artifact, package", keep=True)
        if self._fresh:
            self.new_packages = self._first
            rows = ((number, asked.purl, asked.reason, asked.lookup) for number, asked in self._fresh)
            fill(connection, "new_package", TABLES["package"], rows)
            places = ((number, *row) for number, asked in self._fresh for row in asked.rows)
            fill(connection, "new_asked", TABLES["asked"], places)
            dataset.write("package", "SELECT * FROM new_package ORDER BY number", keep=True)
            dataset.write("asked", "SELECT * FROM new_asked ORDER BY package, ecosystem, name", keep=True)
        for table in ("artifact", "holds", "package", "asked"):
            dataset.show(table)


def _told(connection: Connection, intake: _Intake) -> FleetScan:
    (artifacts,) = connection.execute("SELECT COUNT(*) FROM artifact").fetchone()
    packages, unasked = connection.execute("SELECT COUNT(*), COUNT(*) FILTER (reason <> '') FROM package").fetchone()
    return FleetScan(
        read=intake.read,
        unchanged=intake.unchanged,
        unread=tuple(intake.unread),
        artifacts=artifacts,
        packages=packages,
        unasked=unasked,
        counts=tuple(tuple(row) for row in connection.execute(COUNTS).fetchall()),
    )
