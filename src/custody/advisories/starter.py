"""The starter database: a little of what is known, shipped with the package, so that a first scan needs no network.

`data/starter.json` is made by `scripts/make_starter_database.py`; `data/README.md` says which packages it covers,
and where its facts come from. About any other package it says nothing, and a scan with it lists that package as not
evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from custody.advisories.database import Database
from custody.model import Advisory, Skipped

__all__ = ["open_starter"]


def open_starter() -> Database:
    """Give the starter database, built in memory. Raises InputError: the installed file is damaged."""
    from importlib.resources import files

    return build_starter(files("custody.advisories").joinpath("data", "starter.json").read_bytes())


def build_starter(data: bytes) -> Database:
    """Build a starter database from the content of its file.

    The file is JSON: `madeAt`, `origin`, `covered` ({ecosystem: [package, …]}) and `records`, a list of OSV records
    without texts.
    """
    import sqlite3

    from custody.advisories.build import begin, load
    from custody.advisories.feeds.record import parse_record
    from custody.advisories.sources import Feed
    from custody.fields import Fields
    from custody.model import canonical_json

    fields = Fields.from_json(data, "starter.json")
    records = [parse_record(canonical_json(record.value), record.at) for record in fields.each("records")]
    covered = fields.table("covered")
    connection = sqlite3.connect(":memory:", isolation_level=None)
    change = begin(connection, Path("starter database"), empty=True)
    packages = [(ecosystem, name) for ecosystem in covered.value for name in covered.texts(ecosystem)]
    change.writer.cover(packages=packages)
    feed = Feed(dump=_Given(records), kind="osv", origin=fields.text("origin"))
    load(change, [feed], now=fields.time("madeAt"), partial=True)
    connection.execute("COMMIT")
    return Database(connection, None)


class _Given:
    """Records that are there already, as a dump."""

    name = "starter.json"
    kind = "osv"
    whole = ""

    def __init__(self, records: Sequence[Advisory]) -> None:
        self.skipped: list[Skipped] = []
        self._records = records

    def records(self) -> Iterator[Advisory]:
        yield from self._records
