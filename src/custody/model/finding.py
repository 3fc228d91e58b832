"""Findings: what a scan says about the packages of an artifact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from custody.model.advisory import Epss, Exploited
    from custody.model.digest import Digest
    from custody.model.package import Skipped

__all__ = ["DatabaseState", "Finding", "HowFound", "NotEvaluated", "ScanReport", "Suppression"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HowFound:
    """Why a finding is there, so that a reader can check it by hand.

    searched: "PyPI jinja2 2.10" (ecosystem, name, version looked up); record: the advisory id that matched; matched:
    the range or exact version that did ("introduced 0, fixed 2.10.1"); ordering: the version ordering used; source:
    where the record came from and when it was modified; confidence: "high" or "low".
    """

    searched: str
    record: str
    matched: str
    ordering: str
    source: str
    confidence: str = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Why a finding does not count. It stays visible.

    kind: "exception" (a recorded decision), "vex" (a statement of the supplier or of somebody else), "vendor" (the
    advisory database holds a publisher's word that the package is not affected) or "ignore" (a line of an ignore file).
    owner: who answers for it: for a VEX statement its author. status, justification: of a VEX statement, in OpenVEX's
    words; source: the document it is from.
    """

    reason: str
    owner: str
    expires: dt.datetime | None
    approver: str = ""
    kind: str = "exception"
    status: str = ""
    justification: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem in one package: one finding with all its ids, however many records name it.

    id: the preferred one (CVE before GHSA before the rest); aliases: all others, sorted. severity: one of `SEVERITIES`;
    score: CVSS base score 0.0 to 10.0, None where nobody scored it; vector: the CVSS text it comes from;
    severity_source: the record that states it. fixed_versions: in ascending order, empty where no fix is known; layer:
    digest that introduced the package, None in a directory; path: chain of package ids from the root; locations: files.

    epss, exploited, ssvc: None and () where nothing is known. status: one of `STATUSES` (other than "affected" and
    "under_investigation" only where it is suppressed); response: what the vendor means to do, one of `RESPONSES`;
    urgency: the distribution's own word. direct: whether the artifact or a project in it requires the package itself,
    None where no edges are known; base: whether its layer is the base image's, None where that is not known. risk: 0.0
    to 100.0, by the rule of `custody.advisories.risk`; None where nothing is known to make it from.
    """

    id: str
    aliases: tuple[str, ...]
    summary: str
    severity: str
    score: float | None
    vector: str
    severity_source: str
    package_id: str
    package: str
    version: str
    ecosystem: str
    fixed_versions: tuple[str, ...]
    layer: Digest | None
    locations: tuple[str, ...]
    path: tuple[str, ...]
    found: tuple[HowFound, ...]
    published: dt.datetime | None = None
    modified: dt.datetime | None = None
    references: tuple[tuple[str, str], ...] = ()
    cwes: tuple[str, ...] = ()
    epss: Epss | None = None
    exploited: Exploited | None = None
    ssvc: tuple[tuple[str, str], ...] = ()
    status: str = "affected"
    response: str = ""
    urgency: str = ""
    direct: bool | None = None
    base: bool | None = None
    risk: float | None = None
    suppression: Suppression | None = None

    def is_called(self, identifier: str) -> bool:
        """Say whether an id, in any case, is one of its ids."""
        wanted = identifier.strip().upper()
        return any(wanted == name.upper() for name in (self.id, *self.aliases))

    def is_in(self, package: str) -> bool:
        """Say whether a text means its package: "", a name, a purl, or a purl without version or qualifiers."""
        return package in self.package_names()

    def package_names(self) -> tuple[str, ...]:
        """Give the texts that mean its package, as `is_in` says."""
        purl = self.package_id.partition("?")[0]
        return "", self.package, self.package_id, purl, purl.rpartition("@")[0] or purl


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class NotEvaluated:
    """A package, or one record about it, on which the scan can say nothing.

    Never counted as safe. advisory: "" for the package as a whole.
    """

    package_id: str
    reason: str
    advisory: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseState:
    """Which advisories were asked.

    digest: of the database's content; ecosystems: (name, how many advisories), sorted; newest: the latest `modified` of
    a record; imported_at: when it was built.
    """

    digest: Digest
    ecosystems: tuple[tuple[str, int], ...]
    newest: dt.datetime | None
    imported_at: dt.datetime
    origin: str = ""
    partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanReport:
    """The result of a scan.

    result: "findings", "clean" (something was looked at, all of it could be evaluated, nothing was found) or "unknown"
    (no database, or packages that could not be evaluated and nothing found). findings: sorted, most severe first.
    """

    artifact: Digest
    scanned_at: dt.datetime
    result: str
    findings: tuple[Finding, ...]
    not_evaluated: tuple[NotEvaluated, ...]
    packages: int
    database: DatabaseState | None
    skipped: tuple[Skipped, ...] = ()
