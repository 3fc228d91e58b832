"""Several scan reports of one artifact → one.

1. Two findings are one where they are about the same package (type, namespace, name and version of the purl; other
   qualifiers differ between tools) and share an id. Findings with different CVEs stay apart, whatever advisory of a
   distribution both name. A finding without a version (npm's) joins those of the only version that shares its id.
2. `found` has what each report says, in the order of the reports, ours before others'.
3. Severity, score, vector and their source come together from one report: from ours where ours knows a severity, else
   from the one that says the most severe, and of equal ones the first.
4. Other single facts (summary, layer, response …) come from the first report that has them; lists are joined.
5. A finding is suppressed where a recorded exception, a VEX statement or a vendor's word in our own report says so, or
   where every report that has it suppresses it. Else the reports that ignore it are named in `found`.
6. `scanned_at` is the earliest, so that no rule about age is met by the newest of them; `packages` the largest number,
   or that of the packages with findings;
   `skipped` and `not evaluated` are joined; `database` names every one of them. The result is "clean" only where one
   report is, and no other has anything that it could not evaluate.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from custody.errors import InputError
from custody.model import DatabaseState, Digest, Finding, Purl, ScanReport, Suppression, finding_order, severity_rank
from custody.report.foreign.assemble import id_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["merge_reports"]

_OURS = frozenset({"exception", "vex", "vendor"})
_FIRST = ("summary", "layer", "path", "published", "modified", "epss", "exploited", "ssvc", "response", "urgency")
_KNOWN = ("direct", "base", "risk")
_JOINED = ("references", "cwes", "locations")


def merge_reports(reports: Sequence[ScanReport], *, artifact: Digest, ours: int = -1) -> ScanReport:
    """Give one report about `artifact`.

    reports: at least one; ours: index of custody's own, whose word has the weight above, -1 where there is none.
    """
    if len(reports) == 1:
        return replace(reports[0], artifact=artifact)
    order = sorted(range(len(reports)), key=lambda index: (index != ours, index))
    groups = _groups([(index, finding) for index in order for finding in reports[index].findings])
    findings = tuple(sorted((_joined(group, ours) for group in groups), key=finding_order))
    not_evaluated = tuple(sorted({item for report in reports for item in report.not_evaluated}))
    skipped = tuple(sorted({item for report in reports for item in report.skipped}))
    sure = not not_evaluated and not skipped and any(report.result == "clean" for report in reports)
    return ScanReport(
        artifact=artifact,
        scanned_at=min(report.scanned_at for report in reports),
        result="findings" if findings else "clean" if sure else "unknown",
        findings=findings,
        not_evaluated=not_evaluated,
        packages=max(*(report.packages for report in reports), len({finding.package_id for finding in findings})),
        database=_database([reports[index].database for index in order]),
        skipped=skipped,
    )


def _package(finding: Finding) -> tuple[str, str]:
    """Give (package without its version, version)."""
    try:
        purl = Purl.parse(finding.package_id)
    except InputError:
        return finding.package_id, finding.version
    kind = purl.type
    version = purl.version.removeprefix("v") if kind == "golang" else purl.version
    # An epoch stands in the version or in a qualifier; a distribution has one version of a package anyway.
    version = version.rpartition(":")[2] if kind in ("deb", "rpm") else version
    return f"{kind}/{purl.namespace.lower()}/{purl.name.lower()}", version


def _groups(findings: Sequence[tuple[int, Finding]]) -> list[list[tuple[int, Finding]]]:
    """Sort findings into those that are one: first those that name a CVE, then the others join them."""
    packages: dict[str, list[_Group]] = {}
    with_cve = [item for item in findings if _cves(item[1])]
    without = [item for item in findings if not _cves(item[1])]
    for item in sorted([*with_cve, *without], key=lambda item: (not _package(item[1])[1], not _cves(item[1]))):
        name, version = _package(item[1])
        known = packages.setdefault(name, [])
        near = [group for group in known if group.takes(item[1], version)]
        if len(near) == 1:  # with several, of different versions or ids, nobody knows which it is
            near[0].add(item)
        else:
            known.append(_Group(item, version))
    order = {id(finding): place for place, (_, finding) in enumerate(findings)}
    return [sorted(group.items, key=lambda item: order[id(item[1])]) for found in packages.values() for group in found]


def _cves(finding: Finding) -> frozenset[str]:
    return frozenset(name for name in (finding.id, *finding.aliases) if name.startswith("CVE-"))


class _Group:
    """Findings that are one."""

    __slots__ = ("cves", "items", "names", "version")

    def __init__(self, item: tuple[int, Finding], version: str) -> None:
        self.items: list[tuple[int, Finding]] = []
        self.names: set[str] = set()
        self.cves: set[str] = set()
        self.version = version
        self.add(item)

    def add(self, item: tuple[int, Finding]) -> None:
        """Add one."""
        self.items.append(item)
        self.names |= {item[1].id, *item[1].aliases}
        self.cves |= _cves(item[1])

    def takes(self, finding: Finding, version: str) -> bool:
        """Say whether a finding is this one."""
        if version and version != self.version:
            return False
        cves = _cves(finding)
        if cves and self.cves and not cves & self.cves:
            return False
        return not self.names.isdisjoint((finding.id, *finding.aliases))


def _joined(group: list[tuple[int, Finding]], ours: int) -> Finding:
    first = group[0][1]
    if len(group) == 1:
        return first
    findings = [finding for _, finding in group]
    names = {name for finding in findings for name in (finding.id, *finding.aliases)}
    own = next((f for index, f in group if index == ours and f.severity != "UNKNOWN"), None)
    rated = own or max(findings, key=lambda f: severity_rank(f.severity))  # of equal ones the first
    named = next((f for f in findings if f.version), first)
    id_ = first.id if group[0][0] == ours else min(names, key=id_order)
    changes: dict[str, Any] = {
        "id": id_,
        "aliases": tuple(sorted(names - {id_})),
        "severity": rated.severity,
        "score": rated.score,
        "vector": rated.vector,
        "severity_source": rated.severity_source,
        "package_id": named.package_id,
        "package": named.package,
        "version": named.version,
        "ecosystem": next((f.ecosystem for f in findings if f.ecosystem), ""),
        "fixed_versions": tuple(dict.fromkeys(v for f in findings for v in f.fixed_versions)),
    }
    changes |= {name: next((v for f in findings if (v := getattr(f, name))), getattr(first, name)) for name in _FIRST}
    changes |= {
        name: next((v for f in findings if (v := getattr(f, name)) is not None), getattr(first, name))
        for name in _KNOWN
    }
    changes |= {name: tuple(sorted({item for f in findings for item in getattr(f, name)})) for name in _JOINED}
    return replace(first, **changes, **_state(group, ours))


def _state(group: list[tuple[int, Finding]], ours: int) -> dict[str, Any]:
    """Give status, suppression and found."""
    found = tuple(dict.fromkeys(how for _, finding in group for how in finding.found))
    hidden = [(index, f, f.suppression) for index, f in group if f.suppression is not None]
    decided = [item for item in hidden if item[0] == ours and item[2].kind in _OURS]
    if not decided and len(hidden) == len(group):
        decided = hidden
    if decided:
        return {"status": decided[0][1].status, "suppression": decided[0][2], "found": found}
    told = {how: s for _, finding, s in hidden for how in finding.found}
    found = tuple(
        replace(how, source=f"{how.source}; it ignores this: {_why(told[how])}") if how in told else how
        for how in found
    )
    open_ = next(finding for _, finding in group if finding.suppression is None)
    return {"status": open_.status, "suppression": None, "found": found}


def _why(suppression: Suppression) -> str:
    return ": ".join(text for text in (suppression.status, suppression.justification, suppression.reason) if text)


def _database(states: Iterable[DatabaseState | None]) -> DatabaseState | None:
    """Give one state that names all; None where there is none at all."""
    known = [state for state in states if state is not None]
    if len(known) < 2:
        return known[0] if known else None
    hashed = hashlib.sha256("\n".join(sorted({str(state.digest) for state in known})).encode())
    counts: dict[str, int] = {}
    for state in known:
        for name, count in state.ecosystems:
            counts[name] = max(counts.get(name, 0), count)
    dates = [state.newest for state in known if state.newest is not None]
    return DatabaseState(
        digest=Digest("sha256", hashed.hexdigest()),
        ecosystems=tuple(sorted(counts.items())),
        newest=min(dates) if dates else None,
        imported_at=min(state.imported_at for state in known),
        origin=" | ".join(dict.fromkeys(state.origin for state in known)),
        partial=all(state.partial for state in known),
    )
