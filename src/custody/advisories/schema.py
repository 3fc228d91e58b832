"""The tables of the advisory database, a SQLite file.

    meta          what the whole is: digest of the content, when it was built, from what
    seal          one row: the digest of the small tables that are read when a database is opened
    source        where records came from: kind ("osv:Debian", "kev", "csaf:redhat"), place, times, counts, position
    holding       a feed ("osv", "cve", "csaf:redhat") and the sources of it that hold a record; most records share few
    coverage      ecosystems that are held completely
    covered       single packages on which everything is held, of ecosystems that are not
    ecosystem     names with their numbers; how many records name it, by itself and (`total`) with all its releases
    probe         versions and keys of each ordering: keys made by another program may not compare with ours
    advisory      one row for each record: id, when it was modified, and the digest of what it says
    body          what a record says, MessagePack compressed by a pack's dictionary (`body.py`)
    pack          dictionaries, each trained on records of one kind
    name          every id, alias and upstream id → record
    package       (ecosystem, name) → number; flags: 1 when it has rows in `listed`, 2 in `gap`
    span          versions that a record speaks of, as an interval of keys: a match is `low <= key AND key < high`
    listed        versions that a record lists and its ecosystem's ordering cannot read
    gap, reason   versions of which an entry does not say whether they are affected, as an interval of keys, and why
    epss          scores and percentiles in billionths, days since 1970-01-01
    exploited     the catalogue of exploited vulnerabilities, and what CVE records repeat of it; days since 1970-01-01

`entry` counts the packages of a record's body; `part` is 16 times the place of what is said in that entry, plus 2 times
the status (its place in STATUSES), plus 1 where the span is one listed version. A withdrawn record has a body, names,
and no rows else. Numbers of rows and times (seconds since 1970, UTC) are integers. Records and packages are numbered as
they came, which is why digests go by ids. The file is never changed in place: each import writes a new one and moves it
there.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from custody.model import Digest

__all__ = [
    "APPLICATION_ID",
    "RECORD_DIGEST_BYTES",
    "SCHEMA",
    "SCHEMA_VERSION",
    "content_digest",
    "record_digest",
    "seal",
]

APPLICATION_ID = 0x43564442
"""`CVDB`: stands in the file's header, so that another SQLite file is not taken for one of ours."""
SCHEMA_VERSION = 2
RECORD_DIGEST_BYTES = 20
"""Of SHA-256: a second record with the digest of a given one costs 2^160, and 300,000 of them are 6 MB."""

# A file that is written without gaps has the tables in this order. The large one that is read in single rows is last,
# so that what is searched is together at the front, which is mapped into memory (`storage.connect`).
SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE seal (value TEXT NOT NULL);
CREATE TABLE source (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, origin TEXT NOT NULL, place TEXT NOT NULL,
    whole INTEGER NOT NULL, fetched_at INTEGER NOT NULL, newest INTEGER, records INTEGER NOT NULL,
    skipped INTEGER NOT NULL, etag TEXT NOT NULL, last_modified TEXT NOT NULL, position TEXT NOT NULL);
CREATE TABLE holding (number INTEGER PRIMARY KEY, feed TEXT NOT NULL, sources TEXT NOT NULL);
CREATE TABLE coverage (ecosystem TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE covered (ecosystem TEXT, name TEXT, PRIMARY KEY (ecosystem, name)) WITHOUT ROWID;
CREATE TABLE ecosystem (number INTEGER PRIMARY KEY, name TEXT NOT NULL, records INTEGER NOT NULL,
    total INTEGER NOT NULL);
CREATE TABLE probe (ordering TEXT, version TEXT, key BLOB NOT NULL, PRIMARY KEY (ordering, version)) WITHOUT ROWID;
CREATE TABLE advisory (number INTEGER PRIMARY KEY, id TEXT NOT NULL, holding INTEGER NOT NULL,
    modified INTEGER NOT NULL, digest BLOB NOT NULL);
CREATE TABLE pack (number INTEGER PRIMARY KEY, name TEXT NOT NULL, dictionary BLOB NOT NULL);
CREATE TABLE name (name TEXT, advisory INTEGER, PRIMARY KEY (name, advisory)) WITHOUT ROWID;
CREATE TABLE package (ecosystem INTEGER, name TEXT, number INTEGER NOT NULL, flags INTEGER NOT NULL,
    PRIMARY KEY (ecosystem, name)) WITHOUT ROWID;
CREATE TABLE span (package INTEGER, low BLOB, high BLOB, advisory INTEGER, entry INTEGER, part INTEGER,
    PRIMARY KEY (package, low, high, advisory, entry, part)) WITHOUT ROWID;
CREATE TABLE listed (package INTEGER, version TEXT, advisory INTEGER, entry INTEGER, part INTEGER,
    PRIMARY KEY (package, version, advisory, entry)) WITHOUT ROWID;
CREATE TABLE gap (package INTEGER, low BLOB, high BLOB, advisory INTEGER, entry INTEGER, why INTEGER,
    PRIMARY KEY (package, low, high, advisory, entry, why)) WITHOUT ROWID;
CREATE TABLE reason (number INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE epss (id TEXT PRIMARY KEY, score INTEGER NOT NULL, percentile INTEGER NOT NULL, day INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE exploited (id TEXT, kind TEXT, added INTEGER NOT NULL, due INTEGER, ransomware INTEGER NOT NULL,
    action TEXT NOT NULL, PRIMARY KEY (id, kind)) WITHOUT ROWID;
CREATE TABLE body (number INTEGER PRIMARY KEY, pack INTEGER NOT NULL, data BLOB NOT NULL);
"""

_CONTENT = (
    "SELECT ecosystem FROM coverage ORDER BY 1",
    "SELECT ecosystem, name FROM covered ORDER BY 1, 2",
    "SELECT id, score, percentile, day FROM epss ORDER BY 1",
    "SELECT id, kind, added, due, ransomware, action FROM exploited ORDER BY 1, 2",
)
_SEALED = (
    "SELECT key, value FROM meta ORDER BY 1",
    "SELECT * FROM source ORDER BY 1",
    "SELECT * FROM holding ORDER BY 1",
    "SELECT * FROM ecosystem ORDER BY 1",
    "SELECT * FROM probe ORDER BY 1, 2",
    "SELECT * FROM coverage ORDER BY 1",
)


def record_digest(body: bytes, rows: Iterable[Sequence[Any]]) -> bytes:
    """Give the digest of one record: of its body, and of the rows that matching finds it by.

    rows: (entry, low, high, part), (entry, version, part) or (entry, low, high, why), in any order; twice is once.
    """
    digest = hashlib.sha256(len(body).to_bytes(8, "big"))
    digest.update(body)
    digest.update("".join(sorted(set(map(repr, rows)))).encode("utf-8", "surrogatepass"))
    return digest.digest()[:RECORD_DIGEST_BYTES]


def content_digest(connection: sqlite3.Connection) -> Digest:
    """Give the digest of everything that a scan can learn here: equal for equal content, however it was imported.

    It is made of the digests of the records as they are stored; `verify.py` proves these.
    """
    digest = hashlib.sha256()
    feeds: dict[int, str] = dict(connection.execute("SELECT number, feed FROM holding"))
    records = [
        f"{name}\0{feeds[holding]}\0".encode("utf-8", "surrogatepass") + stored
        for name, holding, stored in connection.execute("SELECT id, holding, digest FROM advisory")
    ]
    records.sort()
    for record in records:
        digest.update(len(record).to_bytes(4, "big") + record)
    for line in _lines(connection, _CONTENT):
        digest.update(line)
    return Digest("sha256", digest.hexdigest())


def seal(connection: sqlite3.Connection) -> str:
    """Give the digest of the small tables, which `verify` alone would leave to anyone who changes the file."""
    digest = hashlib.sha256()
    for line in _lines(connection, _SEALED):
        digest.update(line)
    return digest.hexdigest()


def _lines(connection: sqlite3.Connection, queries: Sequence[str]) -> Iterator[bytes]:
    for table, query in enumerate(queries):
        for row in connection.execute(query):
            yield f"{table}{row!r}\n".encode("utf-8", "surrogatepass")
