"""The tables of the advisory database, a SQLite file.

    meta          what the whole is: digest of the content, when it was built, from what; and a seal on all these
    coverage      ecosystems that are held completely
    covered       single packages on which everything is held, of ecosystems that are not
    advisory      one row for each record; `detail` is JSON: aliases, related, upstream, severities, references, cwes
    name          every id and alias → record
    package       (ecosystem, name) → number
    entry         what a record says about a package: its fixed versions [[key as hex, version], …], severities of its
                  own, and the ranges as stated where we cannot order the versions (then there are no spans)
    span          affected versions as an interval of keys: a match is `low <= key AND key < high`
    listed        versions that a record lists and its ecosystem's ordering cannot read
    gap           versions of which an entry does not say whether they are affected, as an interval of keys, and why

Numbers of rows and times (seconds since 1970, UTC) are integers. Packages and records are numbered in the order of
import, which is why the digest goes by names. The file is never changed: each import writes a new one and moves it
into place.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping

from custody.model import Digest

__all__ = ["APPLICATION_ID", "INDEXES", "SCHEMA", "SCHEMA_VERSION", "content_digest", "seal"]

APPLICATION_ID = 0x43564442
"""`CVDB`: stands in the file's header, so that another SQLite file is not taken for one of ours."""
SCHEMA_VERSION = 1

SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE coverage (ecosystem TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE covered (ecosystem TEXT, name TEXT, PRIMARY KEY (ecosystem, name)) WITHOUT ROWID;
CREATE TABLE advisory (number INTEGER PRIMARY KEY, id TEXT NOT NULL, source TEXT NOT NULL, modified INTEGER NOT NULL,
    published INTEGER, withdrawn INTEGER, summary TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE name (name TEXT, advisory INTEGER, PRIMARY KEY (name, advisory)) WITHOUT ROWID;
CREATE TABLE package (number INTEGER PRIMARY KEY, ecosystem TEXT NOT NULL, name TEXT NOT NULL);
CREATE TABLE entry (package INTEGER, advisory INTEGER, fixed TEXT NOT NULL, severities TEXT NOT NULL,
    stated TEXT NOT NULL, PRIMARY KEY (package, advisory)) WITHOUT ROWID;
CREATE TABLE span (package INTEGER, low BLOB, high BLOB, advisory INTEGER, said TEXT, exact INTEGER NOT NULL,
    PRIMARY KEY (package, low, high, advisory, said)) WITHOUT ROWID;
CREATE TABLE listed (package INTEGER, version TEXT, advisory INTEGER,
    PRIMARY KEY (package, version, advisory)) WITHOUT ROWID;
CREATE TABLE gap (package INTEGER, advisory INTEGER, low BLOB, high BLOB, why TEXT,
    PRIMARY KEY (package, advisory, low, high, why)) WITHOUT ROWID;
"""
INDEXES = (
    "CREATE UNIQUE INDEX advisory_id ON advisory (id)",
    "CREATE UNIQUE INDEX package_name ON package (ecosystem, name)",
)
"""Made after the rows are in, which is faster."""

# ruff: noqa: S608 - the queries are put together from parts of this file alone
_NAMES = " JOIN package p ON p.number = x.package JOIN advisory a ON a.number = x.advisory ORDER BY "
_CONTENT = (
    "SELECT ecosystem FROM coverage ORDER BY 1",
    "SELECT ecosystem, name FROM covered ORDER BY 1, 2",
    "SELECT id, modified, published, withdrawn, summary, detail FROM advisory ORDER BY 1",
    "SELECT x.name, a.id FROM name x JOIN advisory a ON a.number = x.advisory ORDER BY 1, 2",
    "SELECT p.ecosystem, p.name, a.id, x.fixed, x.severities, x.stated FROM entry x" + _NAMES + "1, 2, 3",
    "SELECT p.ecosystem, p.name, x.low, x.high, a.id, x.said, x.exact FROM span x" + _NAMES + "1, 2, 3, 4, 5, 6",
    "SELECT p.ecosystem, p.name, x.version, a.id FROM listed x" + _NAMES + "1, 2, 3, 4",
    "SELECT p.ecosystem, p.name, a.id, x.low, x.high, x.why FROM gap x" + _NAMES + "1, 2, 3, 4, 5, 6",
)


def content_digest(connection: sqlite3.Connection) -> Digest:
    """Give the digest of everything that a scan can learn here: equal for equal content, however it was imported."""
    digest = hashlib.sha256()
    for line in _lines(connection):
        digest.update(line)
    return Digest("sha256", digest.hexdigest())


def seal(meta: Mapping[str, str]) -> str:
    """Give the digest of the `meta` table, but for the seal itself."""
    rows = sorted((key, value) for key, value in meta.items() if key != "seal")
    return hashlib.sha256(repr(rows).encode("utf-8", "surrogatepass")).hexdigest()


def _lines(connection: sqlite3.Connection) -> Iterator[bytes]:
    for table, query in enumerate(_CONTENT):
        for row in connection.execute(query):
            yield f"{table}{row!r}\n".encode("utf-8", "surrogatepass")
