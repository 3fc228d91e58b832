"""The plan: one step for each vulnerable package, to the version that leaves least.

1. The versions to choose from are those that advisories name as fixes of what was found in the package. No registry is
   asked, so a version that no advisory names is never proposed.
2. Each of them is put to the database like a version that is installed. What it still has, and what it would bring that
   was not there, counts against it. Of those that leave least, the lowest is taken: the smallest change. A pre-release
   only where nothing else is there.
3. The steps are ordered by the risk they remove (`risk`), so that the first ones are worth most. Steps for packages
   that only come with others name the direct dependencies that bring them: upgrading one of those may do as well, but
   that only a registry can tell.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from custody.advisories.ecosystems import Lookup, lookup_of
from custody.advisories.versions import ordering_of
from custody.errors import InputError
from custody.model import Finding, Inventory, Package, ScanReport

if TYPE_CHECKING:
    from custody.advisories.database import Database, Hit

__all__ = ["Plan", "Solved", "Step", "plan"]

_UNKNOWN_RISK = 20.0
"""Of a finding about which nothing is known that a number could be made of."""
_PRE_RELEASE = re.compile(
    r"(?i)(?:^|[.\-_~\d])(?:a|alpha|b|beta|c|rc|cr|dev|pre|preview|m|snapshot|nightly|canary)[.\-]?\d*\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """One finding that a step removes or leaves."""

    id: str
    severity: str
    risk: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One upgrade.

    package: the name as people write it; version: the one that is there; to: the one to take. direct: whether the
    artifact or a project in it requires the package itself, None where nobody says; through: names of the direct
    dependencies that bring it, where it is not direct. brings: ids of advisories that speak of `to` and not of
    `version`. major: the first number changes. risk: what is removed, in the points of `custody.advisories.risk`.
    """

    ecosystem: str
    package: str
    package_id: str
    version: str
    to: str
    direct: bool | None
    through: tuple[str, ...]
    solves: tuple[Solved, ...]
    leaves: tuple[Solved, ...]
    brings: tuple[str, ...]
    major: bool
    risk: float
    locations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """steps: most risk first; unsolved: findings that no step removes; risk: of all findings that count."""

    steps: tuple[Step, ...]
    unsolved: tuple[Finding, ...]
    risk: float


def plan(inventory: Inventory, report: ScanReport, database: Database, *, same_major: bool = False) -> Plan:
    """Propose upgrades for the findings that count (those without a suppression).

    same_major: only versions that begin with the same number. Raises InputError: the database is damaged.
    """
    counted = [finding for finding in report.findings if finding.suppression is None]
    by_package: dict[str, list[Finding]] = {}
    for finding in counted:
        by_package.setdefault(finding.package_id, []).append(finding)
    packages = {package.id: package for package in (inventory.root, *inventory.packages)}
    wholes = {p.id for p in inventory.packages if p.purpose in ("APPLICATION", "FILE") and not p.installed}
    wholes.add(inventory.root.id)
    steps = []
    for package_id, findings in sorted(by_package.items()):
        package = packages.get(package_id)
        question = lookup_of(package, inventory.distribution) if package is not None else ""
        if package is None or isinstance(question, str):
            continue
        step = _step(package, question, findings, database, wholes, same_major=same_major)
        if step is not None:
            steps.append(step)
    solved = {(step.package_id, solved.id) for step in steps for solved in step.solves}
    return Plan(
        steps=tuple(sorted(steps, key=lambda step: (-step.risk, step.package, step.version, step.package_id))),
        unsolved=tuple(finding for finding in counted if (finding.package_id, finding.id) not in solved),
        risk=round(sum(_risk(finding) for finding in counted), 1),
    )


def _step(
    package: Package,
    question: Lookup,
    findings: Sequence[Finding],
    database: Database,
    wholes: Collection[str],
    *,
    same_major: bool,
) -> Step | None:
    versions = _versions(question, findings, same_major=same_major)
    if not versions:
        return None
    now = _records(question, [question.version], database)[question.version]
    found = {finding.id: {how.record for how in finding.found} for finding in findings}
    after = _records(question, [version for _, version in versions], database)

    def left(version: str) -> float:
        stay = sum(_risk(f) for f in findings if found[f.id] & after[version].keys())
        return stay + _UNKNOWN_RISK * len(after[version].keys() - now.keys())

    _, best = min(versions, key=lambda pair: (round(left(pair[1]), 1), _is_pre_release(pair[1]), pair[0]))
    solves = [f for f in findings if not found[f.id] & after[best].keys()]
    if not solves:
        return None
    first = findings[0]
    return Step(
        ecosystem=first.ecosystem,
        package=first.package,
        package_id=package.id,
        version=package.version,
        to=best,
        direct=first.direct,
        through=_through(findings, wholes) if first.direct is False else (),
        solves=tuple(_solved(finding) for finding in solves),
        leaves=tuple(_solved(finding) for finding in findings if finding not in solves),
        brings=tuple(sorted(after[best].keys() - now.keys())),
        major=_major(question.version) != _major(best),
        risk=round(sum(_risk(finding) for finding in solves), 1),
        locations=tuple(sorted({place for finding in findings for place in finding.locations})),
    )


def _versions(question: Lookup, findings: Iterable[Finding], *, same_major: bool) -> list[tuple[bytes, str]]:
    """Give (key, version) of the fixes above the version that is there, ascending."""
    ordering = ordering_of(question.ecosystems[0])
    if ordering is None:
        return []
    versions: dict[bytes, str] = {}
    for finding in findings:
        for version in finding.fixed_versions:
            try:
                key = ordering.key(version)
            except InputError:
                continue
            if not same_major or _major(version) == _major(question.version):
                versions.setdefault(key, version)
    try:
        present = ordering.key(question.version)
    except InputError:
        return []
    return sorted((key, version) for key, version in versions.items() if key > present)


def _records(question: Lookup, versions: Sequence[str], database: Database) -> Mapping[str, Mapping[str, Hit]]:
    """Give for each version the records that affect it, by id."""
    ordering = ordering_of(question.ecosystems[0])
    if ordering is None:
        return {version: {} for version in versions}
    asked = [(name, version) for version in versions for name in question.ecosystems]
    answers = database.affecting_all([(n, question.name, ordering.key(version), version) for n, version in asked])
    found: dict[str, dict[str, Hit]] = {version: {} for version in versions}
    for (_, version), hits in zip(asked, answers, strict=True):
        found[version] |= {hit.record.id: hit for hit in hits if hit.status == "affected"}
    return found


def _through(findings: Sequence[Finding], wholes: Collection[str]) -> tuple[str, ...]:
    """Give the direct dependencies on the ways to the package: what stands after the artifact and its projects."""
    names = set()
    for finding in findings:
        chain = [name for name in finding.path[:-1] if name not in wholes]
        if chain:
            names.add(chain[0])
    return tuple(sorted(names))


def _solved(finding: Finding) -> Solved:
    return Solved(id=finding.id, severity=finding.severity, risk=_risk(finding))


def _risk(finding: Finding) -> float:
    return _UNKNOWN_RISK if finding.risk is None else finding.risk


def _is_pre_release(version: str) -> bool:
    return _PRE_RELEASE.search(version) is not None


def _major(version: str) -> str:
    match = re.match(r"(?:\d+:)?v?(\d+)", version)
    return match[1] if match else version
