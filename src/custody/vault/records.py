"""What the workspace remembers, in SQLite: releases, which evidence there is about what, exceptions.

The evidence itself is in the vault and the acts are in the ledger; these tables are an index over them and can be made
anew, all but the exceptions. The file is in WAL mode with full synchronisation; its form is numbered (`user_version`),
and an older one is brought up to date when it is opened, in one transaction. Times are texts in UTC (RFC 3339), digests
`algorithm:hex`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from custody.errors import CustodyError, InputError, UnavailableError, UsageError
from custody.fields import parse_time
from custody.model import JUSTIFICATIONS, Digest, Evidence, ExceptionGrant, Signer, format_time

if TYPE_CHECKING:
    import datetime as dt
    import sqlite3
    from types import TracebackType

__all__ = ["EvidenceRow", "RecordedException", "Records", "Release"]

_MIGRATIONS = (
    """
    CREATE TABLE releases (
        number INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL,
        outcome TEXT NOT NULL, released_at TEXT NOT NULL, kind TEXT NOT NULL, reference TEXT NOT NULL,
        policy TEXT NOT NULL, policy_digest TEXT, targets TEXT NOT NULL, ledger_index INTEGER);
    CREATE INDEX releases_by_name ON releases (name, version);
    CREATE INDEX releases_by_digest ON releases (digest);
    CREATE TABLE evidence (
        artifact TEXT NOT NULL, bundle TEXT NOT NULL, predicate_type TEXT NOT NULL, key_id TEXT NOT NULL,
        identity TEXT NOT NULL, issuer TEXT NOT NULL, problem TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL,
        recorded_at TEXT NOT NULL, PRIMARY KEY (artifact, bundle)) WITHOUT ROWID;
    CREATE TABLE exceptions (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL, package TEXT NOT NULL, reason TEXT NOT NULL, owner TEXT NOT NULL,
        approver TEXT NOT NULL, granted_at TEXT NOT NULL, expires TEXT NOT NULL,
        ended_at TEXT, ended_by TEXT NOT NULL DEFAULT '', end_reason TEXT NOT NULL DEFAULT '');
    """,
    """
    ALTER TABLE exceptions ADD COLUMN justification TEXT NOT NULL DEFAULT '';
    """,
)
"""Each brings the form one number up. Only ever add one: what has been released is never changed."""

_BUSY_SECONDS = 10.0
_KINDS: dict[str, tuple[type, ...]] = {"t": (str,), "i": (int,), "T": (str, type(None)), "I": (int, type(None))}
_TARGETS = "\n"  # a target is an address or a path in one line
_UNAVAILABLE = {3, 5, 6, 8, 10, 13, 14, 23}
"""Primary result codes that say nothing against the content: PERM, BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN, AUTH.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One run of `custody release`.

    outcome: "allowed" or "denied" as the policy said, "undecided" where none was asked; targets: where it was
    published; ledger_index: of the entry that tells of it, None where there is none; number: given by the database.
    """

    name: str
    version: str
    digest: Digest
    outcome: str
    released_at: dt.datetime
    kind: str = ""
    reference: str = ""
    policy: str = ""
    policy_digest: Digest | None = None
    targets: tuple[str, ...] = ()
    ledger_index: int | None = None
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """One piece of evidence that is known. bundle: digest of the bundle's bytes, under which the vault has it.

    signer, problem: as they were when it was recorded. Whoever rests a verdict on it verifies the bundle again.
    """

    artifact: Digest
    bundle: Digest
    predicate_type: str
    recorded_at: dt.datetime
    signer: Signer | None = None
    problem: str = ""
    name: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedException:
    """An exception and what became of it. ended_at: when somebody ended it before its time, None where nobody did."""

    number: int
    grant: ExceptionGrant
    ended_at: dt.datetime | None = None
    ended_by: str = ""
    end_reason: str = ""

    def is_active(self, now: dt.datetime) -> bool:
        """Say whether it counts at `now`: granted before, not yet expired, not ended."""
        return self.grant.is_valid(now) and (self.ended_at is None or now < self.ended_at)


class Records:
    """The open database. Every change is one transaction, on the disk when the call returns.

    Any call raises UnavailableError where the disk is full, read-only or the file is held by another process, and
    InputError where its content is damaged.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Take an open connection; use `Records.open`."""
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the database, making it or bringing it up to date first.

        Raises InputError: not a database, damaged, or made by a newer version; UnavailableError: it cannot be opened.
        """
        import sqlite3

        with _translated(path):
            connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                _migrate(connection, path)
                _check(connection, path)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection)

    def close(self) -> None:
        """Close it. Everything is on the disk already."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add_release(self, release: Release) -> int:
        """Keep a release, and give its number. The same name and version may be released again: each run is kept."""
        return self._insert(
            "releases",
            name=release.name,
            version=release.version,
            digest=str(release.digest),
            kind=release.kind,
            reference=release.reference,
            released_at=format_time(release.released_at),
            outcome=release.outcome,
            policy=release.policy,
            policy_digest=None if release.policy_digest is None else str(release.policy_digest),
            targets=_TARGETS.join(release.targets),
            ledger_index=release.ledger_index,
        )

    def releases(self, *, name: str = "", digest: Digest | None = None) -> tuple[Release, ...]:
        """Give the releases in the order in which they were made.

        Of one name, or of one artifact, where these are given.
        """
        rows = self._rows(
            "ittttttttTtI",
            "SELECT number, name, version, digest, kind, reference, released_at, outcome, policy, policy_digest,"
            " targets, ledger_index FROM releases"
            " WHERE (?1 = '' OR name = ?1) AND (?2 = '' OR digest = ?2) ORDER BY number",
            name,
            "" if digest is None else str(digest),
        )
        return tuple(
            Release(
                number=row[0],
                name=row[1],
                version=row[2],
                digest=self._digest(row[3]),
                kind=row[4],
                reference=row[5],
                released_at=self._time(row[6]),
                outcome=row[7],
                policy=row[8],
                policy_digest=None if row[9] is None else self._digest(row[9]),
                targets=tuple(row[10].split(_TARGETS)) if row[10] else (),
                ledger_index=row[11],
            )
            for row in rows
        )

    def add_evidence(self, artifact: Digest, evidence: Evidence, *, recorded_at: dt.datetime) -> None:
        """Keep that there is evidence about an artifact; what was known of the same bundle is replaced."""
        signer = evidence.signer or Signer()
        self._insert(
            "evidence",
            artifact=str(artifact),
            bundle=str(evidence.digest),
            predicate_type=evidence.predicate_type,
            key_id=signer.key_id,
            identity=signer.identity,
            issuer=signer.issuer,
            problem=evidence.problem,
            name=evidence.name,
            size=evidence.size,
            recorded_at=format_time(recorded_at),
        )

    def evidence_of(self, artifact: Digest, *, predicate_type: str = "") -> tuple[EvidenceRow, ...]:
        """Give what evidence is known about an artifact, by predicate type, then by bundle."""
        rows = self._rows(
            "ttttttttit",
            "SELECT artifact, bundle, predicate_type, key_id, identity, issuer, problem, name, size, recorded_at"
            " FROM evidence WHERE artifact = ?1 AND (?2 = '' OR predicate_type = ?2) ORDER BY predicate_type, bundle",
            str(artifact),
            predicate_type,
        )
        return tuple(
            EvidenceRow(
                artifact=self._digest(row[0]),
                bundle=self._digest(row[1]),
                predicate_type=row[2],
                signer=Signer(key_id=row[3], identity=row[4], issuer=row[5]) if row[3] or row[4] else None,
                problem=row[6],
                name=row[7],
                size=row[8],
                recorded_at=self._time(row[9]),
            )
            for row in rows
        )

    def add_exception(self, grant: ExceptionGrant) -> int:
        """Keep an exception, and give its number. Times are kept to the second.

        Raises UsageError: it names no vulnerability, no owner or no end, ends before it begins, or is justified by what
        is none of `custody.model.JUSTIFICATIONS`.
        """
        if grant.justification and grant.justification not in JUSTIFICATIONS:
            expected = f"expected one of {', '.join(JUSTIFICATIONS)}"
            raise UsageError("exception", f"no justification is called {grant.justification!r}", expected)
        if not grant.id or not grant.owner:
            raise UsageError(
                "exception", "expected a vulnerability and an owner", "say who answers for it with --owner"
            )
        if grant.granted_at is None or grant.expires is None:
            raise UsageError("exception", f"{grant.id} has no end", "say until when it holds with --expires DATE")
        if grant.expires <= grant.granted_at:
            raise UsageError(
                "exception",
                f"{grant.id} would end on {format_time(grant.expires)}, which has passed",
                "give a later day",
            )
        return self._insert(
            "exceptions",
            id=grant.id,
            package=grant.package,
            reason=grant.reason,
            owner=grant.owner,
            approver=grant.approver,
            granted_at=format_time(grant.granted_at),
            expires=format_time(grant.expires),
            justification=grant.justification,
        )

    def exceptions(self, now: dt.datetime, *, include_expired: bool = False) -> tuple[RecordedException, ...]:
        """Give the exceptions that count at `now`, or all that ever were; those that expire soonest first.

        The grant's `origin` is "custody exception <number>".
        """
        rows = self._rows(
            "itttttttTttt",
            "SELECT number, id, package, reason, owner, approver, granted_at, expires, ended_at, ended_by, end_reason,"
            " justification FROM exceptions ORDER BY expires, number",
        )
        found = [
            RecordedException(
                number=row[0],
                grant=ExceptionGrant(
                    id=row[1],
                    package=row[2],
                    reason=row[3],
                    owner=row[4],
                    approver=row[5],
                    granted_at=self._time(row[6]),
                    expires=self._time(row[7]),
                    origin=f"custody exception {row[0]}",
                    justification=row[11],
                ),
                ended_at=None if row[8] is None else self._time(row[8]),
                ended_by=row[9],
                end_reason=row[10],
            )
            for row in rows
        ]
        return tuple(entry for entry in found if include_expired or entry.is_active(now))

    def end_exception(self, number: int, *, now: dt.datetime, by: str, reason: str = "") -> RecordedException:
        """End an exception now, and give it as it is then; it stays on record.

        Raises UsageError: there is none of that number, or it counts no more.
        """
        known = {entry.number: entry for entry in self.exceptions(now, include_expired=True)}
        if number not in known:
            raise UsageError("exception", f"there is no exception {number}", "see `custody exception list --all`")
        if not known[number].is_active(now):
            raise UsageError("exception", f"exception {number} has ended already", "see `custody exception list --all`")
        with _translated(self.path):
            self._connection.execute(
                "UPDATE exceptions SET ended_at = ?, ended_by = ?, end_reason = ? WHERE number = ?",
                (format_time(now), by, reason, number),
            )
        return replace(known[number], ended_at=self._time(format_time(now)), ended_by=by, end_reason=reason)

    def _insert(self, table: str, **values: object) -> int:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        with _translated(self.path):
            cursor = self._connection.execute(
                f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 - names stand in this file
                tuple(values.values()),
            )
        return cursor.lastrowid or 0

    def _rows(self, kinds: str, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Give rows whose columns are of `kinds`: t for a text, i for a number, T and I for one that may be missing.

        SQLite itself does not hold a column to its type, so a damaged one can be of any.
        """
        with _translated(self.path):
            rows = self._connection.execute(query, values).fetchall()
        for row in rows:
            if not all(isinstance(value, _KINDS[kind]) for kind, value in zip(kinds, row, strict=True)):
                raise InputError(str(self.path), "the database is damaged: a column is not of its type", _RESTORE)
        return rows

    def _digest(self, text: str) -> Digest:
        return Digest.parse(text, str(self.path))

    def _time(self, text: str) -> dt.datetime:
        return parse_time(text, str(self.path))


_RESTORE = "restore it from a copy, or move it away to begin an empty one"


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the form up to date: all steps or none, and by one process only."""
    version = _version(connection)
    if version > len(_MIGRATIONS):
        raise InputError(str(path), f"made by a newer version of custody (form {version})", "use that version")
    if version == len(_MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        for number, step in enumerate(_MIGRATIONS[version:], start=version + 1):
            for statement in step.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _check(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise InputError(str(path), f"the database is damaged: {found}", _RESTORE)


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    import sqlite3

    try:
        yield
    except CustodyError:
        raise
    except UnicodeDecodeError:  # SQLite quotes what it cannot read, and Python cannot read that
        raise InputError(str(path), "the database is damaged: text that is not UTF-8", _RESTORE) from None
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _UNAVAILABLE:
            raise UnavailableError(str(path), f"the database cannot be used: {error}") from None
        raise InputError(str(path), f"the database is damaged: {error}", _RESTORE) from None
