"""Matching: which known vulnerabilities are in which packages.

1. Each package gives what to ask: ecosystem, name, version (`ecosystems.lookup_of`), or a reason why nothing can be
   asked.
2. Each distinct question is answered once: every record whose spans hold the version's key (a range test in the
   database).
3. Records about the same problem become one problem: they share an id or alias, or are a distribution's notice
   about it (`upstream`). A notice about three CVEs is three problems, so that an exception for one of them leaves
   the other two.
4. Each problem in each package is a finding, with the most telling severity (`severity`), the fixes above the
   version, and the records it rests on.
5. What could not be asked or answered is listed as not evaluated.

A Python package that a distribution's package installed (edge `owns`) is judged by the distribution's advisories
alone: they know which fixes were backported without a new upstream version.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from custody.advisories.aliases import Problem, problems_of
from custody.advisories.database import Database, Hit
from custody.advisories.ecosystems import Lookup, lookup_of
from custody.advisories.interface import Ordering
from custody.advisories.severity import judge
from custody.advisories.versions import ordering_of
from custody.errors import InputError
from custody.model import (
    Digest,
    ExceptionGrant,
    Finding,
    HowFound,
    Inventory,
    NotEvaluated,
    Package,
    ScanReport,
    Suppression,
    format_time,
)
from custody.model.scan_json import finding_order

__all__ = ["apply_exceptions", "match"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What the database says to one question.

    gap: why it cannot say everything, "" when it can; unevaluated: (record, why).
    """

    problems: tuple[Problem, ...] = ()
    gap: str = ""
    unevaluated: tuple[tuple[str, str], ...] = ()
    key: bytes = b""
    ordering: str = ""


def match(inventory: Inventory, database: Database | None, *, now: dt.datetime) -> ScanReport:
    """Scan an inventory.

    database: None where there is none; then the result is "unknown" and every package is not evaluated. now: the
    time of the scan. Raises InputError: the database turns out to be damaged.
    """
    judged = (inventory.root, *inventory.packages) if _is_published(inventory.root) else inventory.packages
    answers: dict[str, _Answer] = {}
    asked: dict[Lookup, _Answer] = {}
    for package in judged:
        if database is not None and _stands_for_others(package):
            answers[package.id] = _Answer()
            continue
        question = "there is no advisory database" if database is None else lookup_of(package, inventory.distribution)
        if isinstance(question, str) or database is None:
            answers[package.id] = _Answer(gap=str(question))
            continue
        if question not in asked:
            asked[question] = _ask(question, database)
        answers[package.id] = asked[question]
    owners = _owners(inventory)
    findings: list[Finding] = []
    unevaluated: set[NotEvaluated] = set()
    about = _About(inventory)
    for package in judged:
        answer = answers[package.id]
        owner = owners.get(package.id)
        if owner is not None:
            gap = answers[owner].gap
            answer = _Answer(gap=f"it belongs to {owner}, and {gap}" if gap else "")
        if answer.gap:
            unevaluated.add(NotEvaluated(package_id=package.id, reason=answer.gap))
        unevaluated.update(
            NotEvaluated(package_id=package.id, reason=why, advisory=record) for record, why in answer.unevaluated
        )
        if database is not None:
            findings += [_finding(package, problem, answer, database, about) for problem in answer.problems]
    looked_at_all = asked and not unevaluated and not inventory.skipped
    return ScanReport(
        artifact=inventory.artifact.digest,
        scanned_at=now.astimezone(dt.UTC).replace(microsecond=0),
        result="findings" if findings else "clean" if looked_at_all else "unknown",
        findings=tuple(sorted(findings, key=finding_order)),
        not_evaluated=tuple(sorted(unevaluated)),
        packages=len(judged),
        database=None if database is None else database.state,
        skipped=inventory.skipped,
    )


def _is_published(root: Package) -> bool:
    """Say whether the artifact itself is a package of some ecosystem, as in another tool's SBOM of one library."""
    return root.purl.type not in ("docker", "generic", "oci")


def _stands_for_others(package: Package) -> bool:
    """Say whether a package is only the whole of others: an operating system, or the project of a lock file.

    Nobody publishes advisories about it as such; those about its parts are asked for each part. An application that is
    installed is something else: it may be a program that nobody could name better, and about that nothing is known.
    """
    if package.purpose == "CONTAINER" and not package.installed:
        return True  # an image that a build file names: another artifact, with an inventory and a scan of its own
    project = package.purpose in ("APPLICATION", "FILE") and not package.installed
    return package.purl.type == "generic" and (project or package.purpose == "OPERATING_SYSTEM")


def apply_exceptions(report: ScanReport, grants: Sequence[ExceptionGrant], *, now: dt.datetime) -> ScanReport:
    """Give the report with every finding suppressed that a valid grant covers, and no other.

    What an earlier call said does not count.

    A grant covers a finding whose id or alias it names (whatever the case), in the package it names (by name, or by
    purl with or without version) or in all. It is valid from `granted_at` to just before `expires`. Of several the
    one that lasts longest counts.
    """
    valid = [
        g for g in grants if (g.expires is None or now < g.expires) and (g.granted_at is None or g.granted_at <= now)
    ]
    last = dt.datetime.max.replace(tzinfo=dt.UTC)
    valid.sort(key=lambda g: (g.expires or last, g.owner, g.reason, g.approver), reverse=True)
    findings = []
    for finding in report.findings:
        grant = next((g for g in valid if _covers(g, finding)), None)
        suppression = (
            None
            if grant is None
            else Suppression(reason=grant.reason, owner=grant.owner, expires=grant.expires, approver=grant.approver)
        )
        findings.append(replace(finding, suppression=suppression))
    return replace(report, findings=tuple(findings))


def _covers(grant: ExceptionGrant, finding: Finding) -> bool:
    names = {name.upper() for name in (finding.id, *finding.aliases)}
    if grant.id.strip().upper() not in names:
        return False
    purl = finding.package_id.partition("?")[0]
    return grant.package in ("", finding.package, finding.package_id, purl, purl.rpartition("@")[0] or purl)


def _ask(question: Lookup, database: Database) -> _Answer:
    ecosystem = question.ecosystems[0]
    if not question.version:
        return _Answer(gap="no exact version")
    ordering = ordering_of(ecosystem)
    if ordering is None:
        return _Answer(gap=f"the versions of {ecosystem.partition(':')[0]} packages cannot be ordered yet")
    try:
        key = ordering.key(question.version)
    except InputError as error:
        return _Answer(gap=error.what)
    hits: dict[str, Hit] = {}
    unevaluated: dict[str, str] = {}
    for name in question.ecosystems:
        for hit in [
            *database.affecting(name, question.name, key, question.version),
            *_of_public_version(question, name, ordering, database),
        ]:
            hits.setdefault(hit.record.id, hit)
        for record, why in database.gaps(name, question.name, key):
            unevaluated.setdefault(record, why)
    return _Answer(
        problems=tuple(problems_of([hits[record] for record in sorted(hits)])),
        gap=database.uncovered(question.ecosystems, question.name),
        unevaluated=tuple(sorted((record, why) for record, why in unevaluated.items() if record not in hits)),
        key=key,
        ordering=ordering.name,
    )


def _of_public_version(question: Lookup, ecosystem: str, ordering: Ordering, database: Database) -> list[Hit]:
    """Look up the public version of 2.0.0+cu118 too: this is a build of 2.0.0, and most likely has its faults."""
    public = question.version.partition("+")[0]
    if ecosystem != "PyPI" or public == question.version:
        return []
    hits = database.affecting(ecosystem, question.name, ordering.key(public), public)
    return [replace(hit, confidence="low") for hit in hits]


def _owners(inventory: Inventory) -> dict[str, str]:
    """Give for each package that a distribution's package installed the id of that one (of several the first)."""
    systems = {p.id for p in inventory.packages if p.purl.type in ("apk", "deb", "rpm")}
    owners: dict[str, str] = {}
    for edge in inventory.dependencies:
        if edge.relation == "owns" and edge.source in systems and edge.target not in systems:
            owners.setdefault(edge.target, edge.source)
    return owners


class _About:
    """Where packages stand in the artifact: the chain from the root, and the layer."""

    def __init__(self, inventory: Inventory) -> None:
        self._parents = inventory.parents()
        layers = inventory.artifact.layers
        self._places: dict[Digest, int] = {layer.descriptor.digest: layer.index for layer in layers}
        self._places |= {layer.diff_id: layer.index for layer in layers if layer.diff_id is not None}

    def path(self, package_id: str) -> tuple[str, ...]:
        """What `Inventory.path_to` gives, without a walk for each package."""
        chain = []
        while package_id in self._parents:
            chain.append(package_id)
            package_id = self._parents[package_id]
        return tuple(reversed(chain))

    def layer(self, package: Package) -> Digest | None:
        """The first layer that holds the package: that one has to be rebuilt to be rid of it."""
        found = {location.layer for location in package.locations if location.layer is not None}
        return min(found, key=lambda digest: (self._places.get(digest, len(self._places)), digest), default=None)


def _finding(package: Package, problem: Problem, answer: _Answer, database: Database, about: _About) -> Finding:
    names = (problem.id, *problem.aliases)
    own = {hit.record.id for hit in problem.hits}
    judgement = judge(
        [(hit.record.id, severity) for hit in problem.hits for severity in hit.severities or hit.record.severities],
        [
            (record.id, severity)
            for record in database.named(names)
            if record.id not in own
            for severity in record.severities
        ],
    )
    records = sorted((hit.record for hit in problem.hits), key=lambda record: (names.index(record.id), record.id))
    fixed = {key: version for hit in problem.hits for key, version in hit.fixed if key > answer.key}
    references = {url: kind for record in records for kind, url in sorted(record.references)}
    published = [record.published for record in records if record.published is not None]
    return Finding(
        id=problem.id,
        aliases=problem.aliases,
        summary=next((record.summary for record in records if record.summary), ""),
        severity=judgement.severity,
        score=judgement.score,
        vector=judgement.vector,
        severity_source=judgement.source,
        package_id=package.id,
        package=package.purl.full_name,
        version=package.version,
        ecosystem=problem.hits[0].ecosystem,
        fixed_versions=tuple(fixed[key] for key in sorted(fixed)),
        layer=about.layer(package),
        locations=tuple(sorted({location.path for location in package.locations})),
        path=about.path(package.id),
        found=tuple(_how(hit, answer, database) for hit in problem.hits),
        published=min(published, default=None),
        modified=max(record.modified for record in records),
        references=tuple(sorted((kind, url) for url, kind in references.items())),
        cwes=tuple(sorted({cwe for record in records for cwe in record.cwes})),
    )


def _how(hit: Hit, answer: _Answer, database: Database) -> HowFound:
    return HowFound(
        searched=f"{hit.ecosystem} {hit.name} {hit.version}",
        record=hit.record.id,
        matched=hit.said,
        ordering=answer.ordering,
        source=f"{database.state.origin}, modified {format_time(hit.record.modified)}",
        confidence=hit.confidence,
    )
