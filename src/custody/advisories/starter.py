"""The starter database: a little of what is known, shipped with the package, so that a first scan needs no network.

`data/starter.json` is made by `scripts/make_starter_database.py`; `data/README.md` says which packages it covers,
and where its facts come from. About any other package it says nothing, and a scan with it lists that package as not
evaluated.
"""

from __future__ import annotations

from custody.advisories.database import Database

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

    from custody.advisories.build import finish
    from custody.advisories.feeds.record import parse_record
    from custody.advisories.schema import INDEXES, SCHEMA
    from custody.advisories.writer import Writer
    from custody.fields import Fields
    from custody.model import canonical_json

    fields = Fields.from_json(data, "starter.json")
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(SCHEMA)
    connection.execute("BEGIN")
    writer = Writer(connection)
    for record in fields.each("records"):
        writer.add(parse_record(canonical_json(record.value), record.at), "")
    covered = fields.table("covered")
    writer.cover(packages=[(ecosystem, name) for ecosystem in covered.value for name in covered.texts(ecosystem)])
    writer.flush()
    for statement in INDEXES:
        connection.execute(statement)
    finish(connection, origin=[fields.text("origin")], now=fields.time("madeAt"), partial=True)
    connection.execute("COMMIT")
    return Database(connection, None)
