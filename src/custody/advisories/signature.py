"""What is signed of an advisory database: a Sigstore bundle around an in-toto statement about the file.

    subject         the SHA-256 of the SQLite file, byte for byte
    predicateType   https://custody.example/advisories/v2
    predicate       {"schemaVersion": 2, "size": bytes of the file, "content": digest of what a scan can learn from it,
                     "advisories": how many, "epss": …, "exploited": …, "newest": the latest change of a record or null,
                     "importedAt": …, "signedAt": …, "ecosystems": [{"name", "advisories"}],
                     "sources": [{"kind", "origin", "fetchedAt", "newest", "records", "skipped"}]}

Times are RFC 3339 in UTC. The bundle is that of `custody.signing`: ECDSA P-256 over DSSE where custody made the key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from custody.errors import InputError, VerificationError
from custody.fields import Fields
from custody.model import Digest, Statement, format_time

if TYPE_CHECKING:
    from custody.advisories.state import DatabaseStatus
    from custody.signing import KeyPair, PublicKey

__all__ = ["MAX_BUNDLE_BYTES", "PREDICATE_TYPE", "DatabaseSignature", "sign_file", "verify_signature"]

PREDICATE_TYPE = "https://custody.example/advisories/v2"
MAX_BUNDLE_BYTES = 4 * 1024 * 1024
"""Some 300 sources are 80 KB; more is no bundle of a database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSignature:
    """What was proven of a database file.

    digest: SHA-256 of the file; size: its bytes; content: as in `DatabaseState.digest`; key_id: SHA-256 of the signer's
    public key, in hex; key: where that key was read from; signed_at: what the signer says of it.
    """

    digest: Digest
    size: int
    content: Digest
    newest: dt.datetime | None
    imported_at: dt.datetime
    signed_at: dt.datetime
    key_id: str
    key: str

    @property
    def age(self) -> tuple[dt.datetime, dt.datetime]:
        """Give what says which of two databases is the older one: the newest record, then when it was made."""
        return self.newest or dt.datetime.min.replace(tzinfo=dt.UTC), self.imported_at


def sign_file(path: Path, key: KeyPair, *, name: str, now: dt.datetime) -> tuple[Digest, bytes]:
    """Sign a database file; give its digest and the bundle. name: how the statement calls the file.

    Raises InputError: no database of this version, or damaged in what it says of itself.
    """
    from custody.advisories.database import Database
    from custody.advisories.placing import digest_of
    from custody.advisories.storage import connect
    from custody.signing import sign_statement

    with path.open("rb") as file:
        digest = digest_of(file)
    with Database(connect(path), path) as database:
        predicate = _predicate(database.status(), now)
    return digest, sign_statement(Statement.about(name, digest, PREDICATE_TYPE, predicate), key)


def _predicate(status: DatabaseStatus, now: dt.datetime) -> dict[str, object]:
    from custody.advisories.schema import SCHEMA_VERSION

    state = status.state
    return {
        "schemaVersion": SCHEMA_VERSION,
        "size": status.size,
        "content": str(state.digest),
        "advisories": status.records,
        "epss": status.epss,
        "exploited": status.exploited,
        "newest": _time(state.newest),
        "importedAt": format_time(state.imported_at),
        "signedAt": format_time(now),
        "ecosystems": [{"name": name, "advisories": count} for name, count in state.ecosystems],
        "sources": [
            {
                "kind": source.kind,
                "origin": source.origin,
                "fetchedAt": format_time(source.fetched_at),
                "newest": _time(source.newest),
                "records": source.records,
                "skipped": source.skipped,
            }
            for source in status.sources
        ],
    }


def verify_signature(data: bytes, where: str, *, keys: Sequence[PublicKey]) -> DatabaseSignature:
    """Prove that one of `keys` signed what a bundle says of a database; the caller compares it with the file.

    Raises VerificationError: not a bundle of a database, or not signed by one of the keys.
    """
    from custody.signing import UnverifiedBundle, verify_bundle

    fix = "name its publisher's public key with --db-key"
    if not keys:
        raise VerificationError(where, "there is no key to verify the advisory database with", fix)
    try:
        bundle = UnverifiedBundle.parse(data, where)
        evidence = verify_bundle(bundle, keys=keys, predicate_types=[PREDICATE_TYPE])
        fields = Fields(evidence.statement.predicate, where)
        (subject,) = evidence.statement.subjects
        signer = evidence.signer.key_id if evidence.signer is not None else ""
        return DatabaseSignature(
            digest=Digest.parse(f"sha256:{subject.digest.get('sha256', '')}", where),
            size=fields.integer("size"),
            content=Digest.parse(fields.text("content"), where),
            newest=fields.time("newest") if fields.value.get("newest") else None,
            imported_at=fields.time("importedAt"),
            signed_at=fields.time("signedAt"),
            key_id=signer,
            key=next(key.origin for key in keys if key.key_id == signer),
        )
    except VerificationError as error:
        unknown = "is not signed by" in error.what
        what = "is signed by none of the trusted keys" if unknown else error.what
        raise VerificationError(where, f"the signature of the advisory database {what}", fix) from None
    except (InputError, ValueError) as error:
        what = error.what if isinstance(error, InputError) else "expected one subject"
        raise VerificationError(where, f"not a signature of an advisory database: {what}", "import it anew") from None


def _time(moment: dt.datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
