"""What the readers of other tools' reports share: from a tool's words to a finding of ours."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from custody.errors import InputError
from custody.model import (
    DatabaseState,
    Digest,
    Finding,
    HowFound,
    NotEvaluated,
    Purl,
    ScanReport,
    Skipped,
    finding_order,
    format_time,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from custody.fields import Fields

__all__ = [
    "Draft",
    "Imported",
    "as_purl",
    "database_words",
    "date_of",
    "ecosystem_of",
    "file_path",
    "id_order",
    "layer_of",
    "number",
    "preferred",
    "severity_of_score",
    "severity_of_word",
    "time_of",
]

_WORDS = {
    "critical": "CRITICAL",
    "high": "HIGH",
    "important": "HIGH",
    "medium": "MEDIUM",
    "moderate": "MEDIUM",
    "low": "LOW",
    "negligible": "LOW",
    "unimportant": "LOW",
    "info": "NONE",
    "none": "NONE",
}
"""A tool's word → ours: of the words that are no band of CVSS the one beside which distributions put it."""
_ECOSYSTEMS = {
    "bitnami": "Bitnami",
    "cargo": "crates.io",
    "composer": "Packagist",
    "conan": "ConanCenter",
    "cran": "CRAN",
    "gem": "RubyGems",
    "githubactions": "GitHub Actions",
    "golang": "Go",
    "hackage": "Hackage",
    "hex": "Hex",
    "maven": "Maven",
    "npm": "npm",
    "nuget": "NuGet",
    "pub": "Pub",
    "pypi": "PyPI",
    "swift": "SwiftURL",
}
"""Type of a purl → what OSV calls the ecosystem."""
_DISTRIBUTIONS = {
    "alma": "AlmaLinux",
    "almalinux": "AlmaLinux",
    "alpine": "Alpine",
    "chainguard": "Chainguard",
    "debian": "Debian",
    "redhat": "Red Hat",
    "rhel": "Red Hat",
    "rocky": "Rocky Linux",
    "ubuntu": "Ubuntu",
    "wolfi": "Wolfi",
}
_CVE = re.compile(r"CVE-\d{4}-\d{4,}")


def severity_of_word(word: str) -> str:
    """Give one of `SEVERITIES` for a tool's word; UNKNOWN for one that says nothing."""
    return _WORDS.get(word.lower(), "UNKNOWN")


def severity_of_score(score: float) -> str:
    """Give the band of a CVSS score: CVSS v3.1 section 5 and v4.0 section 6."""
    bands = ((9.0, "CRITICAL"), (7.0, "HIGH"), (4.0, "MEDIUM"), (0.1, "LOW"))
    return next((word for least, word in bands if score >= least), "NONE")


def id_order(name: str) -> tuple[int, str]:
    """Give the sort key of ids: CVE before GHSA before the rest."""
    return (0 if name.startswith("CVE-") else 1 if name.startswith("GHSA-") else 2, name)


def preferred(stated: str, others: Iterable[str]) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Give (id, aliases, bundled) for a record's id and the ids it names.

    A record that names several CVEs (an advisory of a distribution) is no alias of any of them: it keeps its own id,
    and they are `bundled`.
    """
    names = {name for name in (stated, *others) if name}
    cves = {name for name in names if _CVE.fullmatch(name)}
    if len(cves) > 1 and stated not in cves:
        return stated, tuple(sorted(names - cves - {stated})), tuple(sorted(cves))
    if len(cves) > 1:  # a CVE that names others: related ones, not its own names
        return stated, tuple(sorted(names - cves)), tuple(sorted(cves - {stated}))
    first = min(names, key=id_order)
    return first, tuple(sorted(names - {first})), ()


def as_purl(text: str) -> Purl | None:
    """Give a purl, None where the text is none."""
    try:
        return Purl.parse(text) if text else None
    except InputError:
        return None


def ecosystem_of(purl: Purl, system: str = "", release: str = "") -> str:
    """Give OSV's name for the ecosystem of a package. system, release: the distribution a tool names ("debian", "12").

    "" where OSV has no name for it.
    """
    if purl.type in ("apk", "deb", "rpm"):
        distro = dict(purl.qualifiers).get("distro", "")
        name, _, version = distro.rpartition("-")
        system, release = system or name, release or version
        known = _DISTRIBUTIONS.get(system.lower(), "")
        if known == "Alpine" and release:
            release = "v" + ".".join(release.removeprefix("v").split(".")[:2])
        elif known == "Debian":
            release = release.partition(".")[0]
        return f"{known}:{release}" if known and release else known
    return _ECOSYSTEMS.get(purl.type, "")


def file_path(path: str) -> str:
    """Give a path as ours are: without a leading "/" or "./"."""
    return path.removeprefix("./").lstrip("/")


def layer_of(text: str) -> Digest | None:
    """Give a digest, None where the text is none."""
    try:
        return Digest.parse(text)
    except InputError:
        return None


def number(fields: Fields, key: str, most: float) -> float | None:
    """Give a number from 0 to `most`, also one that is written as a text; None where there is none."""
    value = fields.value.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise fields.fault(key, f"expected a number, got {value!r}") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise fields.fault(key, f"expected a number from 0 to {most:g}, got {value!r}")
    return float(value)


def time_of(fields: Fields, key: str) -> dt.datetime | None:
    """Give a time in whole seconds, None where there is none, or the zero time that Go writes for none."""
    if not fields.text_or(key):
        return None
    moment = fields.time(key).replace(microsecond=0)
    return moment if moment.year > 1 else None


def date_of(fields: Fields, key: str) -> dt.date | None:
    """Give a date, None where there is none."""
    moment = time_of(fields, key)
    return None if moment is None else moment.date()


@dataclass(slots=True, kw_only=True)
class Draft:
    """One record of a tool about one package: what a finding needs, with nothing decided that the tool does not say."""

    id: str
    others: Iterable[str] = ()
    purl: Purl
    name: str
    matched: str
    record: str = ""
    ecosystem: str = ""
    confidence: str = "high"
    severity: str = "UNKNOWN"
    more: dict[str, Any] = field(default_factory=dict)
    """The other fields of `Finding`."""


@dataclass(slots=True, kw_only=True)
class Imported:
    """A report as it is put together.

    tool: "grype 0.110.0"; database: what the tool says of its advisories, "" for nothing; data: the report's bytes;
    artifact: as stated, None where it is not; at: when it was made, else when it was read.
    """

    tool: str
    data: bytes
    at: dt.datetime
    timed: bool = True
    artifact: Digest | None = None
    database: str = ""
    database_digest: Digest | None = None
    newest: dt.datetime | None = None
    packages: int = 0
    findings: list[Finding] = field(default_factory=list)
    not_evaluated: list[NotEvaluated] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def source(self) -> str:
        """Give what `HowFound.source` says: the tool, and the advisories it asked."""
        return f"{self.tool}, {self.database}" if self.database else self.tool

    def add(self, draft: Draft) -> None:
        """Add a finding; one that is there already (the same id in the same package) gains what this one adds."""
        name, aliases, bundled = preferred(draft.id, draft.others)
        matched = draft.matched + (f"; it is about {', '.join(bundled)}" if bundled else "")
        version = draft.purl.version
        kind = draft.ecosystem or draft.purl.type.replace("generic", "")
        place = " ".join(part for part in (kind, draft.name, version) if part)
        values: dict[str, Any] = {
            "summary": "",
            "score": None,
            "vector": "",
            "severity_source": "",
            "version": version,
            "fixed_versions": (),
            "layer": None,
            "locations": (),
            "path": (),
        } | draft.more
        self.findings.append(
            Finding(
                id=name,
                aliases=aliases,
                severity=draft.severity,
                package_id=str(draft.purl),
                package=draft.name,
                ecosystem=draft.ecosystem,
                found=(
                    HowFound(
                        searched=place,
                        record=draft.record or draft.id,
                        matched=matched,
                        ordering="",
                        source=self.source,
                        confidence=draft.confidence,
                    ),
                ),
                **values,
            )
        )

    def report(self) -> ScanReport:
        """Give the report."""
        findings = tuple(sorted(_folded(self.findings), key=finding_order))
        whole = Digest.of(self.data)
        unnamed = [] if self.artifact else ["of the artifact"]
        unnamed += [] if self.database_digest else ["of its database"]
        notes = [self.source]
        if unnamed:
            notes.append(f"it does not state the digest {' or '.join(unnamed)}: that of the report stands in")
        if not self.timed:
            notes.append("it states no time: that of the import stands in")
        sure = self.packages and not self.not_evaluated and not self.skipped
        return ScanReport(
            artifact=self.artifact or whole,
            scanned_at=self.at,
            result="findings" if findings else "clean" if sure else "unknown",
            findings=findings,
            not_evaluated=tuple(sorted(set(self.not_evaluated))),
            packages=max(self.packages, len({finding.package_id for finding in findings})),
            database=DatabaseState(
                digest=self.database_digest or whole,
                ecosystems=(),
                newest=self.newest,
                imported_at=self.at,
                origin="; ".join(notes),
            ),
            skipped=tuple(sorted(set(self.skipped))),
        )


def _folded(findings: Sequence[Finding]) -> list[Finding]:
    """Make one finding of those with the same id in the same package and the same state: they differ in their files."""
    found: dict[tuple[str, str, bool], Finding] = {}
    for finding in findings:
        key = (finding.id, finding.package_id, finding.suppression is None)
        known = found.get(key)
        if known is None:
            found[key] = replace(finding, locations=tuple(sorted(set(finding.locations))))
            continue
        found[key] = replace(
            known,
            aliases=tuple(sorted({*known.aliases, *finding.aliases})),
            locations=tuple(sorted({*known.locations, *finding.locations})),
            fixed_versions=tuple(dict.fromkeys((*known.fixed_versions, *finding.fixed_versions))),
            references=tuple(sorted({*known.references, *finding.references})),
            cwes=tuple(sorted({*known.cwes, *finding.cwes})),
            found=tuple(dict.fromkeys((*known.found, *finding.found))),
        )
    return list(found.values())


def database_words(newest: dt.datetime | None) -> str:
    """Tell of what date a tool's advisories are, "" where it does not say."""
    return "" if newest is None else f"database of {format_time(newest)}"
