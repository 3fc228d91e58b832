"""Statements on a report: which finding each one covers, and what it changes.

1. A statement speaks of a finding when it names its vulnerability, by id or alias, and one of its products is the
   finding's package, or is the artifact: with that package among its subcomponents, or with none at all.
2. Of several that speak of one finding, those about the artifact come before those about the package as such; among
   these the newest counts; of equally new ones the one that lets least pass.
3. not_affected and fixed suppress the finding, visibly; affected and under_investigation become its status. A finding
   that is suppressed already stays as it is.
4. "fixed" counts only where the product is one version: "openssl is fixed" does not say in which.
5. Statements dated later than `now` do not count yet.

What covers nothing is handed back with the reason: it may be a slip in a name, and then somebody relies on it in vain.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from custody.advisories.vex.interface import Product, Statement
from custody.advisories.vex.same import is_artifact, is_package, states_version
from custody.errors import InputError
from custody.model import Finding, Inventory, Package, Purl, ScanReport, Suppression

__all__ = ["Applied", "Unused", "apply_vex"]

_CAUTION = ("not_affected", "fixed", "under_investigation", "affected")
_OLDEST = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """A statement that covers no finding, and why."""

    statement: Statement
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """report: with what the statements change. used: statements that speak of a finding; unused: all others."""

    report: ScanReport
    used: tuple[Statement, ...]
    unused: tuple[Unused, ...]


def apply_vex(
    report: ScanReport, statements: Sequence[Statement], inventory: Inventory, *, now: dt.datetime
) -> Applied:
    """Give the report with every finding marked of which a statement speaks.

    inventory: what was scanned, for the marks of the artifact and its packages. Call it after `apply_exceptions`, which
    forgets what was suppressed before.
    """
    packages = {package.id: package for package in (inventory.root, *inventory.packages)}
    by_name: dict[str, list[int]] = {}
    for number, statement in enumerate(statements):
        for name in {statement.vulnerability.upper(), *(alias.upper() for alias in statement.aliases)}:
            by_name.setdefault(name, []).append(number)
    spoken: set[int] = set()
    reasons: dict[int, str] = {}
    findings = []
    for finding in report.findings:
        numbers = {n for name in (finding.id, *finding.aliases) for n in by_name.get(name.upper(), ())}
        speaking = []
        for number in sorted(numbers):
            rank = _rank(statements[number], finding, packages, inventory, now)
            if isinstance(rank, int):
                speaking.append((rank, statements[number]))
                spoken.add(number)
            else:
                reasons[number] = rank
        findings.append(_marked(finding, speaking))
    unused = tuple(
        Unused(statement=statement, reason=reasons.get(number) or _reason(statement))
        for number, statement in enumerate(statements)
        if number not in spoken
    )
    used = tuple(statements[number] for number in sorted(spoken))
    return Applied(report=replace(report, findings=tuple(findings)), used=used, unused=unused)


def _reason(statement: Statement) -> str:
    if not statement.products:
        return "it names no product"
    return f"there is no finding of {statement.vulnerability}"


def _rank(
    statement: Statement, finding: Finding, packages: dict[str, Package], inventory: Inventory, now: dt.datetime
) -> int | str:
    """Give 2 for a statement about the artifact, 1 about the package as such, or why it does not speak of it."""
    if statement.timestamp is not None and statement.timestamp > now:
        return f"it is dated {statement.timestamp:%Y-%m-%d}, which is still to come"
    if not statement.products:
        return "it names no product"
    package = packages.get(finding.package_id) or _package(finding)
    best, unversioned = 0, False
    for product in statement.products:
        rank, part = _place(product, package, finding, inventory)
        if rank and statement.status == "fixed" and not states_version(part):
            unversioned = True
        else:
            best = max(best, rank)
    if best:
        return best
    return "it calls fixed what has no version" if unversioned else "its products are not in this artifact"


def _place(product: Product, package: Package, finding: Finding, inventory: Inventory) -> tuple[int, Product]:
    if product.subcomponents:
        inner = next((part for part in product.subcomponents if is_package(part, package)), None)
        if inner is None or not is_artifact(product, inventory, finding):
            return 0, product
        return 2, inner if states_version(inner) or not product.digests else product
    if is_artifact(product, inventory, finding):
        return 2, product
    return (1 if is_package(product, package) else 0), product


def _package(finding: Finding) -> Package:
    try:
        purl = Purl.parse(finding.package_id)
    except InputError:
        purl = Purl("generic", finding.package or "unknown", finding.version)
    return Package(purl=purl, name=finding.package, version=finding.version)


def _marked(finding: Finding, speaking: list[tuple[int, Statement]]) -> Finding:
    if not speaking or finding.suppression is not None:
        return finding
    _, statement = max(speaking, key=lambda said: _weight(*said))
    if statement.status in {"affected", "under_investigation"}:
        return replace(finding, status=statement.status)
    reason = statement.impact or statement.justification or f"its supplier calls it {statement.status}"
    suppression = Suppression(
        kind="vex",
        reason=reason,
        owner=statement.author,
        expires=None,
        status=statement.status,
        justification=statement.justification,
        source=statement.document or statement.source,
    )
    return replace(finding, status=statement.status, suppression=suppression)


def _weight(rank: int, statement: Statement) -> tuple[int, dt.datetime, int, str, str]:
    """Give what decides between statements; the last two only make the choice the same in every order of documents."""
    when = statement.timestamp or _OLDEST
    return rank, when, _CAUTION.index(statement.status), statement.document, statement.place
