"""For whoever matches many artifacts at once: questions without answers, and answers without an artifact.

    for question in questions(inventory): ...            what a scan would ask about each package
    for number, finding in findings_for(asked, database): ...
    record_digests(database), packages_named(database, keys), listed(database)      beside `Database.spans`

A finding made here is the one that `match` makes for the same package, but for where the package stands: path, layer
and files are an artifact's, and the risk is worked out without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from custody.advisories.aliases import problems_of
from custody.advisories.body import decode_body
from custody.advisories.changes import digests
from custody.advisories.ecosystems import Lookup
from custody.advisories.findings import Known, Searched, finding_of
from custody.advisories.match import (
    answers_to,
    is_published,
    names_of,
    owners_of,
    question_of,
    rows_of,
    searched_for,
    stands_for_others,
)
from custody.advisories.pack import Unpacker
from custody.advisories.priority import Standing
from custody.advisories.storage import reading
from custody.advisories.versions import ordering_of
from custody.model import Artifact, Descriptor, Digest, Finding, Inventory, Package, Purl

if TYPE_CHECKING:
    from custody.advisories.database import Database

__all__ = ["Asked", "Question", "findings_for", "listed", "packages_named", "questions", "record_digests"]

_CHUNK = 2000
"""Questions that are answered together: enough that each record is decoded once, few enough to stay small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a scan asks about one package.

    lookup: None where nothing can be asked, and `reason` says why ("" where nothing needs to be asked, as about the
    project of a lock file). asked: (ecosystem, name, version, key) of each place where records may speak of it; a key
    of `keys.NOWHERE` is in no range, and the version may still be listed. owner: id of the distribution's package that
    answers for it, None for itself.
    """

    package: Package
    lookup: Lookup | None
    asked: tuple[tuple[str, str, str, bytes], ...]
    reason: str
    owner: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question to answer: the caller's number for it, the purl of the package, and what to ask."""

    number: int
    purl: str
    lookup: Lookup


def questions(inventory: Inventory) -> Iterator[Question]:
    """Give the question about each package that a scan of the inventory judges, in its order."""
    owners = owners_of(inventory)
    for package in (inventory.root, *inventory.packages) if is_published(inventory.root) else inventory.packages:
        lookup, reason = None, ""
        rows: list[tuple[str, str, bytes, str]] = []
        if not stands_for_others(package):
            asked = question_of(package, inventory)
            if isinstance(asked, str):
                reason = asked
            else:
                lookup, reason = asked[0], asked[1].unread
                rows = list(rows_of(*asked))
        yield Question(
            package=package,
            lookup=lookup,
            asked=tuple((ecosystem, name, version, key) for ecosystem, name, key, version in rows),
            reason=reason,
            owner=owners.get(package.id),
        )


def findings_for(asked: Iterable[Asked], database: Database) -> Iterator[tuple[int, Finding]]:
    """Answer questions whose versions can be ordered; give (number, finding) in their order."""
    waiting = iter(asked)
    nowhere = Standing(_nothing())
    while chunk := list(islice(waiting, _CHUNK)):
        asking: dict[Lookup, tuple[Searched, list[str]]] = {}
        for question in chunk:
            ordering = ordering_of(question.lookup.ecosystems[0])
            if ordering is not None:
                asking.setdefault(question.lookup, (searched_for(question.lookup, ordering), []))
        answers = dict(zip(asking, answers_to(asking, database), strict=True))
        groups, records = names_of(database, (hit.record for answer in answers.values() for hit in answer.hits))
        known = Known(database, records)
        for question in chunk:
            answer = answers.get(question.lookup)
            if answer is None or answer.searched is None or not answer.hits:
                continue
            purl = Purl.parse(question.purl)
            package = Package(purl=purl, name=purl.name, version=purl.version)
            for problem in problems_of(answer.hits, groups):
                finding = finding_of(package, problem, answer.searched, known, nowhere)
                if finding is not None:
                    yield question.number, finding


def _nothing() -> Inventory:
    descriptor = Descriptor(media_type="application/octet-stream", digest=Digest.of(b""), size=0)
    artifact = Artifact(kind="file", name="", version="", descriptor=descriptor, reference="")
    return Inventory(
        artifact=artifact, root=Package(purl=Purl(type="generic", name="fleet"), name="fleet"), packages=()
    )


def listed(database: Database, packages: Iterable[tuple[str, str]] | None = None) -> Iterator[tuple[str, str, str]]:
    """Give (ecosystem, name, version) of each listed version that no ordering reads: it is compared as a text."""
    query = """SELECT e.name, p.name, l.version FROM ecosystem e JOIN package p ON p.ecosystem = e.number
        JOIN listed l ON l.package = p.number"""
    with reading(str(database.path)):
        if packages is None:
            yield from database.connection.execute(f"{query} ORDER BY 1, 2, 3")
            return
        for package in sorted(set(packages)):
            yield from database.connection.execute(f"{query} WHERE e.name = ? AND p.name = ? ORDER BY 3", package)


def record_digests(database: Database) -> Iterator[tuple[str, bytes]]:
    """Give (key, digest of what it says) of every record. key: "osv CVE-2024-1234": two feeds may have the same id."""
    with reading(str(database.path)):
        for (name, feed), (_, digest) in sorted(digests(database.connection).items()):
            yield f"{feed} {name}", digest


def packages_named(database: Database, keys: Sequence[str]) -> set[tuple[str, str]]:
    """Give (ecosystem, name) of all packages that records of these keys speak of; keys that are not there have none."""
    wanted = set(keys)
    found: set[tuple[str, str]] = set()
    with reading(str(database.path)):
        unpacker = Unpacker(database.connection)
        for (name, feed), (number, _) in digests(database.connection).items():
            if f"{feed} {name}" in wanted:
                found.update((e.ecosystem, e.name) for e in decode_body(unpacker.body(number)).entries)
    return found
