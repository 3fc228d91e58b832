"""Matching: which known vulnerabilities are in which packages.

1. Each package gives what to ask: ecosystem, name, version (`ecosystems.lookup_of`), or a reason why nothing can be
   asked. Only where the caller wants it, what nothing better is known of is asked for by its CPE names (`cpe`).
2. Each distinct question is answered once: every record whose spans hold the version's key (a range test in the
   database).
3. Records about the same problem become one problem: they share an id or alias, directly or through other records, or
   are a distribution's notice about it (`upstream`). A notice about three CVEs is three problems, so that an exception
   for one of them leaves the other two.
4. Each problem in each package is a finding (`findings`), with the most telling severity (`severity`), the fixes above
   the version, what is known of its exploitation, where the package stands (`priority`), and the records it rests on.
5. What could not be asked or answered is listed as not evaluated.

A Python package that a distribution's package installed (edge `owns`) is judged by the distribution's advisories
alone: they know which fixes were backported without a new upstream version.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from custody.advisories.aliases import Groups, Problem, problems_of, targets_of
from custody.advisories.cpe import CPE, lookups_of
from custody.advisories.database import Database
from custody.advisories.ecosystems import Lookup, lookup_of
from custody.advisories.findings import Known, Searched, finding_of
from custody.advisories.interface import Ordering
from custody.advisories.keys import NOWHERE, just_before
from custody.advisories.priority import Base, Standing
from custody.advisories.records import Hit, Record
from custody.advisories.versions import ordering_of
from custody.errors import InputError
from custody.model import Finding, Inventory, NotEvaluated, Package, ScanReport
from custody.model.scan_json import finding_order

__all__ = [
    "Answer",
    "Matched",
    "answers_to",
    "is_published",
    "match",
    "match_all",
    "names_of",
    "owners_of",
    "question_of",
    "rows_of",
    "searched_for",
    "stands_for_others",
]

_MOST_ROUNDS = 8
"""Of following aliases from record to record; real chains end after two."""


_Key = tuple[str, tuple[str, ...], str]
"""A record's id, its feeds, and what tells its hits apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the database says to one question.

    gap: why it cannot say everything, "" when it can; unevaluated: (record, why); searched: None where nothing could
    be asked.
    """

    hits: tuple[Hit, ...] = ()
    gap: str = ""
    unevaluated: tuple[tuple[str, str], ...] = ()
    searched: Searched | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A scan, with what it was made from: for whoever wants to tell the story of one finding.

    answers: by package id; known: None without a database; owners: package id → the distribution's package that
    installed it; groups: which names mean the same.
    """

    report: ScanReport
    answers: Mapping[str, Answer]
    owners: Mapping[str, str]
    standing: Standing
    groups: Groups
    known: Known | None


def match(
    inventory: Inventory,
    database: Database | None,
    *,
    now: dt.datetime,
    by_cpe: str = "never",
    base: Base | None = None,
) -> ScanReport:
    """Scan an inventory.

    database: None where there is none; then the result is "unknown" and every package is not evaluated. now: the
    time of the scan. by_cpe: one of `cpe.BY_CPE`; base: what is known of the base image, None for what the artifact's
    history says. Raises InputError: the database turns out to be damaged.
    """
    return match_all(inventory, database, now=now, by_cpe=by_cpe, base=base).report


def match_all(
    inventory: Inventory,
    database: Database | None,
    *,
    now: dt.datetime,
    by_cpe: str = "never",
    base: Base | None = None,
) -> Matched:
    """Do what `match` does, and give what it rests on too."""
    judged = (inventory.root, *inventory.packages) if is_published(inventory.root) else inventory.packages
    owners = owners_of(inventory)
    answers, asked = _answers(judged, inventory, database, owners)
    cpes = {} if database is None or by_cpe == "never" else _by_cpe(judged, answers, database, every=by_cpe == "all")
    groups, records = names_of(
        database, (hit.record for answer in (*answers.values(), *cpes.values()) for hit in answer.hits)
    )
    known = None if database is None else Known(database, records)
    standing = Standing(inventory, base)
    findings: list[Finding] = []
    unevaluated: set[NotEvaluated] = set()
    problems: dict[int, list[Problem]] = {}
    for package in judged:
        answer = answers[package.id]
        if answer.gap:
            unevaluated.add(NotEvaluated(package_id=package.id, reason=answer.gap))
        unevaluated.update(
            NotEvaluated(package_id=package.id, reason=why, advisory=record) for record, why in answer.unevaluated
        )
        better: set[str] = set()
        for said in (answer, cpes.get(package.id)):
            if known is None or said is None or said.searched is None or not said.hits:
                continue
            if id(said) not in problems:  # packages that ask the same share one answer
                problems[id(said)] = problems_of(said.hits, groups)
            for problem in problems[id(said)]:
                if problem.id not in better:
                    better.add(problem.id)
                    finding = finding_of(package, problem, said.searched, known, standing)
                    findings += [finding] if finding else []
    looked_at_all = asked and not unevaluated and not inventory.skipped
    report = ScanReport(
        artifact=inventory.artifact.digest,
        scanned_at=now.astimezone(dt.UTC).replace(microsecond=0),
        result="findings" if findings else "clean" if looked_at_all else "unknown",
        findings=tuple(sorted(findings, key=finding_order)),
        not_evaluated=tuple(sorted(unevaluated, key=lambda n: (n.package_id, n.reason, n.advisory))),
        packages=len(judged),
        database=None if database is None else database.state,
        skipped=inventory.skipped,
    )
    return Matched(report=report, answers=answers, owners=owners, standing=standing, groups=groups, known=known)


def is_published(root: Package) -> bool:
    """Say whether the artifact itself is a package of some ecosystem, as in another tool's SBOM of one library."""
    return root.purl.type not in ("docker", "generic", "oci")


def stands_for_others(package: Package) -> bool:
    """Say whether a package is only the whole of others: an operating system, or the project of a lock file.

    Nobody publishes advisories about it as such; those about its parts are asked for each part. An application that is
    installed is something else: it may be a program that nobody could name better, and about that nothing is known.
    """
    if package.purpose == "CONTAINER" and not package.installed:
        return True  # an image that a build file names: another artifact, with an inventory and a scan of its own
    project = package.purpose in ("APPLICATION", "FILE") and not package.installed
    return package.purl.type == "generic" and (project or package.purpose == "OPERATING_SYSTEM")


def question_of(package: Package, inventory: Inventory) -> tuple[Lookup, Searched] | str:
    """Give what to ask about a package, with the key of its version, or the reason why nothing can be asked."""
    question = lookup_of(package, inventory.distribution)
    if isinstance(question, str):
        return question
    if not question.version:
        return "no exact version"
    ecosystem = question.ecosystems[0]
    ordering = ordering_of(ecosystem)
    if ordering is None:
        return f"the versions of {ecosystem.partition(':')[0]} packages cannot be ordered yet"
    return question, searched_for(question, ordering)


def searched_for(question: Lookup, ordering: Ordering) -> Searched:
    """Give the place at which a version is looked for.

    A tag of GitHub Actions that is moved to each new release of a line is looked for at the end of the line: where a
    fix came out in it, the tag has moved there by now. What it ran at the time of the build, nobody can tell.
    """
    from custody.advisories.versions.githubactions import is_moving

    unread = ""
    try:
        key = ordering.key(question.version)
        if question.ecosystems[0] == "GitHub Actions" and is_moving(question.version):
            bounds = ordering.around(question.version)
            key = just_before(bounds[1]) if bounds else key
            unread = f"{question.version} is moved to each new release, and is judged as the latest of them"
    except InputError as error:
        key, unread = NOWHERE, error.what
    return Searched(key=key, ordering=ordering.name, ecosystems=question.ecosystems, unread=unread)


def _answers(
    judged: Iterable[Package], inventory: Inventory, database: Database | None, owners: Mapping[str, str]
) -> tuple[dict[str, Answer], bool]:
    """Give what there is to say of each package, and whether anything could be asked at all."""
    answers: dict[str, Answer] = {}
    asking: dict[Lookup, tuple[Searched, list[str]]] = {}
    nothing: dict[str, Answer] = {}
    for package in judged:
        if database is None:
            answers[package.id] = nothing.setdefault("no database", Answer(gap="there is no advisory database"))
        elif stands_for_others(package) or package.id in owners:
            answers[package.id] = nothing.setdefault("", Answer())
        elif isinstance(question := question_of(package, inventory), str):
            answers[package.id] = nothing.setdefault(question, Answer(gap=question))
        else:
            asking.setdefault(question[0], (question[1], []))[1].append(package.id)
    if database is not None:
        for (_, names), answer in zip(asking.values(), answers_to(asking, database), strict=True):
            answers |= dict.fromkeys(names, answer)
    for package_id, owner in owners.items():
        if package_id in answers:
            gap = answers[owner].gap
            if gap:
                answers[package_id] = nothing.setdefault(owner, Answer(gap=f"it belongs to {owner}, and {gap}"))
    return answers, bool(asking)


def answers_to(asking: Mapping[Lookup, tuple[Searched, list[str]]], database: Database) -> list[Answer]:
    """Answer the questions, in order."""
    rows: list[tuple[str, str, bytes, str]] = []
    owned: list[tuple[int, Lookup]] = []
    for number, (question, (searched, _)) in enumerate(asking.items()):
        for row in rows_of(question, searched):
            rows.append(row)
            owned.append((number, question))
    found: list[dict[_Key, Hit]] = [{} for _ in asking]
    unsure: list[dict[str, str]] = [{} for _ in asking]
    for (number, question), row, hits in zip(owned, rows, database.affecting_all(rows), strict=True):
        guessed = _is_guess(question, row)
        for hit in hits:
            if question.ecosystems[0] == "Go" and row[1] != question.name:
                why = f"it affects {row[1]}, and {question.name} may be a package in it or a module of its own"
                unsure[number].setdefault(hit.record.id, why)
                continue
            key = (hit.record.id, hit.record.sources, hit.status)
            found[number].setdefault(key, replace(hit, confidence="low") if guessed else hit)
    return [
        _answer(question, searched, hits, more, database)
        for (question, (searched, _)), hits, more in zip(asking.items(), found, unsure, strict=True)
    ]


def rows_of(question: Lookup, searched: Searched) -> Iterator[tuple[str, str, bytes, str]]:
    """Give (ecosystem, name, key, version) of each place where records may speak of what a question is about."""
    for name, version, key in ((question.name, question.version, searched.key), *_also(question)):
        for ecosystem in question.ecosystems:
            yield ecosystem, name, key, version
    # 2.0.0+cu118 is a build of the public version 2.0.0, and most likely has its faults.
    public = question.version.partition("+")[0]
    ordering = ordering_of("PyPI") if question.ecosystems[0] == "PyPI" else None
    if public != question.version and searched.key != NOWHERE and ordering is not None:
        yield "PyPI", question.name, ordering.key(public), public


def _is_guess(question: Lookup, row: tuple[str, str, bytes, str]) -> bool:
    return question.ecosystems[0] == "PyPI" and row[3] != question.version


def _also(question: Lookup) -> Iterator[tuple[str, str, bytes]]:
    """Give the other names of a package, with the versions that stand under them and their keys."""
    ordering = ordering_of(question.ecosystems[0])
    for name, version in question.also:
        try:
            yield name, version, ordering.key(version) if ordering else NOWHERE
        except InputError:
            yield name, version, NOWHERE


def _answer(
    question: Lookup, searched: Searched, hits: dict[_Key, Hit], unsure: Mapping[str, str], database: Database
) -> Answer:
    records = {record for record, _, _ in hits}
    unevaluated = {record: why for record, why in unsure.items() if record not in records}
    for name in question.ecosystems:
        for record, why in database.gaps(name, question.name, searched.key):
            if record not in records:
                unevaluated.setdefault(record, why)
    return Answer(
        hits=tuple(hits[key] for key in sorted(hits)),
        gap=searched.unread or database.uncovered(question.ecosystems, question.name),
        unevaluated=tuple(sorted(unevaluated.items())),
        searched=searched,
    )


def _by_cpe(
    judged: Iterable[Package], answers: Mapping[str, Answer], database: Database, *, every: bool
) -> dict[str, Answer]:
    """Ask by CPE names about packages of which nothing better is known (or `every` one); only what affects counts."""
    ordering = ordering_of(CPE)
    found: dict[str, Answer] = {}
    if ordering is None:
        return found
    for package in judged:
        if not every and answers[package.id].searched is not None and not answers[package.id].gap:
            continue
        hits: dict[_Key, Hit] = {}
        searched = None
        for question in lookups_of(package):
            try:
                place = ordering.key(question.version)
            except InputError:
                continue
            searched = Searched(key=place, ordering=ordering.name, ecosystems=(CPE,))
            said = database.affecting(CPE, question.name, place, question.version)
            excepted = {(hit.record.id, hit.record.sources) for hit in said if hit.status == "not_affected"}
            for hit in said:
                if hit.status == "affected" and (hit.record.id, hit.record.sources) not in excepted:
                    key = (hit.record.id, hit.record.sources, hit.name)
                    hits.setdefault(key, replace(hit, confidence="low"))
        if hits:
            found[package.id] = Answer(hits=tuple(hits[name] for name in sorted(hits)), searched=searched)
    return found


def names_of(database: Database | None, records: Iterable[Record]) -> tuple[Groups, dict[str, list[Record]]]:
    """Give which names mean the same, and the records by each of their names.

    They are those that matched, and all that the database has about the same problems, followed from alias to alias.
    """
    groups = Groups()
    by_name: dict[str, list[Record]] = {}
    new = {(record.id, record.sources): record for record in records}
    seen = dict(new)
    asked: set[str] = set()
    for _ in range(_MOST_ROUNDS):
        names: set[str] = set()
        for record in new.values():
            groups.add(record)
            names |= {record.id, *record.aliases, *targets_of(record)}
        wanted = sorted(names - asked)
        if database is None or not wanted:
            break
        asked |= names
        new = {key: r for r in database.named(wanted) if (key := (r.id, r.sources)) not in seen}
        seen |= new
    for record in seen.values():
        for name in {record.id, *record.aliases}:
            by_name.setdefault(name, []).append(record)
    return groups, by_name


def owners_of(inventory: Inventory) -> dict[str, str]:
    """Give for each package that a distribution's package installed the id of that one (of several the first)."""
    systems = {p.id for p in inventory.packages if p.purl.type in ("apk", "deb", "rpm")}
    owners: dict[str, str] = {}
    for edge in inventory.dependencies:
        if edge.relation == "owns" and edge.source in systems and edge.target not in systems:
            owners.setdefault(edge.target, edge.source)
    return owners
