"""The JSON shape of a scan report: the content of `security-report.json`, and the `result` inside a scan attestation.

    jq '.vulnerabilities[] | select(.severity == "HIGH")' security-report.json

    schemaVersion     "1.1"
    artifact          digest that was scanned             scannedAt   RFC 3339, UTC, whole seconds
    result            "findings" | "clean" | "unknown"    packages    how many there were
    summary           counts by severity over `vulnerabilities`, and of suppressed, notEvaluated, skipped
    vulnerabilities   the findings that count, most severe first
    suppressed        the findings that a recorded exception covers; the same shape, and `suppression` says why
    notEvaluated      {package, reason, advisory?}: on these the scan says nothing
    skipped           {where, reason}: files that could not be read
    database          {digest, newest, importedAt, origin, partial, ecosystems [{name, advisories}]}; null: none asked

A finding: id, aliases, summary, severity (upper case), severitySource, cvss {version, vector, score} or null,
package {name, version, purl, ecosystem}, fixedVersions, layer or null, path (purls from the root), locations, found
[{searched, record, matched, ordering, source, confidence}], published, modified, references [{type, url}], cwes,
risk or null, epss {id, score, percentile, date} or null, exploited {id, added, due, ransomware, action} or null, ssvc
{name: value}, status, response, urgency, direct and base (true, false or null), suppression {kind, reason, owner,
approver, expires, status, justification, source} or null. The fields that came with 1.1 may be missing: reports of 1.0
are read.

Round trip: `scan_report_from_json(scan_report_to_json(report), where) == report` for every report whose times are
whole seconds in UTC and whose findings stand in `finding_order`, as the matcher makes them.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from custody.fields import Fields
from custody.model.advisory import RESPONSES, SEVERITIES, STATUSES, Epss, Exploited, severity_rank
from custody.model.digest import Digest
from custody.model.event import format_time
from custody.model.finding import DatabaseState, Finding, HowFound, NotEvaluated, ScanReport, Suppression
from custody.model.package import Skipped

__all__ = ["RESULTS", "SCHEMA_VERSION", "finding_order", "scan_report_from_json", "scan_report_to_json"]

SCHEMA_VERSION = "1.1"
RESULTS = ("findings", "clean", "unknown")
SUPPRESSIONS = ("exception", "vex", "vendor", "ignore")


def finding_order(finding: Finding) -> tuple[int, float, str, str, str, str]:
    """Give the sort key of findings: most severe first, then by package, version, id and purl."""
    score = -1.0 if finding.score is None else finding.score
    return (-severity_rank(finding.severity), -score, finding.package, finding.version, finding.id, finding.package_id)


def scan_report_to_json(report: ScanReport) -> dict[str, Any]:
    """Give the report as JSON values, with keys in the order of the module docstring."""
    counted = [f for f in report.findings if f.suppression is None]
    suppressed = [f for f in report.findings if f.suppression is not None]
    summary: dict[str, int] = {s: sum(f.severity == s for f in counted) for s in reversed(SEVERITIES)}
    return {
        "schemaVersion": SCHEMA_VERSION,
        "artifact": str(report.artifact),
        "scannedAt": format_time(report.scanned_at),
        "result": report.result,
        "packages": report.packages,
        "summary": {
            **summary,
            "total": len(counted),
            "suppressed": len(suppressed),
            "notEvaluated": len(report.not_evaluated),
            "skipped": len(report.skipped),
        },
        "vulnerabilities": [_finding(f) for f in counted],
        "suppressed": [_finding(f) for f in suppressed],
        "notEvaluated": [
            {"package": n.package_id, "reason": n.reason} | ({"advisory": n.advisory} if n.advisory else {})
            for n in report.not_evaluated
        ],
        "skipped": [{"where": s.where, "reason": s.reason} for s in report.skipped],
        "database": None if report.database is None else _database(report.database),
    }


def scan_report_from_json(value: dict[str, Any], where: str) -> ScanReport:
    """Read a report that `scan_report_to_json` gave.

    value: decoded JSON; where: its name for messages. Fields that are not known are passed over.
    Raises InputError: a field is missing or not what it must be, or the result contradicts the lists.
    """
    fields = Fields(value, where)
    findings = [_read_finding(f) for key in ("vulnerabilities", "suppressed") for f in fields.each(key)]
    report = ScanReport(
        artifact=Digest.parse(fields.text("artifact"), fields.spot("artifact")),
        scanned_at=fields.time("scannedAt"),
        result=fields.one_of("result", RESULTS),
        findings=tuple(sorted(findings, key=finding_order)),
        not_evaluated=tuple(
            NotEvaluated(package_id=n.text("package"), reason=n.text("reason"), advisory=n.text_or("advisory"))
            for n in fields.each("notEvaluated")
        ),
        packages=fields.integer("packages"),
        database=_read_database(fields.table("database")) if "database" in fields else None,
        skipped=tuple(Skipped(where=s.text("where"), reason=s.text("reason")) for s in fields.each("skipped")),
    )
    if (report.result == "findings") != bool(findings):
        raise fields.fault("result", f"says {report.result!r}, but {len(findings)} findings are listed")
    if report.result == "clean" and (
        report.not_evaluated or report.skipped or report.database is None or not report.packages
    ):
        raise fields.fault("result", "says 'clean', but not everything was evaluated")
    return report


def _time(moment: dt.datetime | None) -> str | None:
    return None if moment is None else format_time(moment)


def _finding(finding: Finding) -> dict[str, Any]:
    suppression = finding.suppression
    return {
        "id": finding.id,
        "aliases": list(finding.aliases),
        "summary": finding.summary,
        "severity": finding.severity,
        "severitySource": finding.severity_source,
        "cvss": _cvss(finding.vector, finding.score),
        "package": {
            "name": finding.package,
            "version": finding.version,
            "purl": finding.package_id,
            "ecosystem": finding.ecosystem,
        },
        "fixedVersions": list(finding.fixed_versions),
        "layer": None if finding.layer is None else str(finding.layer),
        "path": list(finding.path),
        "locations": list(finding.locations),
        "found": [
            {
                "searched": h.searched,
                "record": h.record,
                "matched": h.matched,
                "ordering": h.ordering,
                "source": h.source,
                "confidence": h.confidence,
            }
            for h in finding.found
        ],
        "published": _time(finding.published),
        "modified": _time(finding.modified),
        "references": [{"type": kind, "url": url} for kind, url in finding.references],
        "cwes": list(finding.cwes),
        "risk": finding.risk,
        "epss": None if finding.epss is None else _epss(finding.epss),
        "exploited": None if finding.exploited is None else _exploited(finding.exploited),
        "ssvc": dict(finding.ssvc),
        "status": finding.status,
        "response": finding.response,
        "urgency": finding.urgency,
        "direct": finding.direct,
        "base": finding.base,
        "suppression": None
        if suppression is None
        else {
            "kind": suppression.kind,
            "reason": suppression.reason,
            "owner": suppression.owner,
            "approver": suppression.approver,
            "expires": _time(suppression.expires),
            "status": suppression.status,
            "justification": suppression.justification,
            "source": suppression.source,
        },
    }


def _epss(epss: Epss) -> dict[str, Any]:
    return {"id": epss.id, "score": epss.score, "percentile": epss.percentile, "date": epss.date.isoformat()}


def _exploited(entry: Exploited) -> dict[str, Any]:
    return {
        "id": entry.id,
        "added": entry.added.isoformat(),
        "due": None if entry.due is None else entry.due.isoformat(),
        "ransomware": entry.ransomware,
        "action": entry.action,
    }


def _cvss(vector: str, score: float | None) -> dict[str, Any] | None:
    if not vector and score is None:
        return None
    version = vector[5:8] if vector.startswith("CVSS:") else "2.0" if vector else ""
    return {"version": version, "vector": vector, "score": score}


def _database(state: DatabaseState) -> dict[str, Any]:
    return {
        "digest": str(state.digest),
        "newest": _time(state.newest),
        "importedAt": format_time(state.imported_at),
        "origin": state.origin,
        "partial": state.partial,
        "ecosystems": [{"name": name, "advisories": count} for name, count in state.ecosystems],
    }


def _read_time(fields: Fields, key: str) -> dt.datetime | None:
    return fields.time(key) if key in fields else None


def _read_finding(fields: Fields) -> Finding:
    package, cvss, ssvc = fields.table("package"), fields.table("cvss"), fields.table("ssvc")
    return Finding(
        id=fields.text("id"),
        aliases=tuple(fields.texts("aliases")),
        summary=fields.text_or("summary"),
        severity=fields.one_of("severity", SEVERITIES),
        score=_read_number(cvss, "score", 10),
        vector=cvss.text_or("vector"),
        severity_source=fields.text_or("severitySource"),
        package_id=package.text("purl"),
        package=package.text("name"),
        version=package.text_or("version"),
        ecosystem=package.text_or("ecosystem"),
        fixed_versions=tuple(fields.texts("fixedVersions")),
        layer=Digest.parse(fields.text("layer"), fields.spot("layer")) if "layer" in fields else None,
        locations=tuple(fields.texts("locations")),
        path=tuple(fields.texts("path")),
        found=tuple(
            HowFound(
                searched=h.text_or("searched"),
                record=h.text_or("record"),
                matched=h.text_or("matched"),
                ordering=h.text_or("ordering"),
                source=h.text_or("source"),
                confidence=h.text_or("confidence", "high"),
            )
            for h in fields.each("found")
        ),
        published=_read_time(fields, "published"),
        modified=_read_time(fields, "modified"),
        references=tuple((r.text_or("type"), r.text_or("url")) for r in fields.each("references")),
        cwes=tuple(fields.texts("cwes")),
        epss=_read_epss(fields.table("epss")) if "epss" in fields else None,
        exploited=_read_exploited(fields.table("exploited")) if "exploited" in fields else None,
        ssvc=tuple((name, ssvc.text(name)) for name in ssvc.value),
        status=fields.one_of("status", STATUSES) if "status" in fields else "affected",
        response=fields.one_of("response", RESPONSES) if fields.text_or("response") else "",
        urgency=fields.text_or("urgency"),
        direct=fields.boolean("direct") if "direct" in fields else None,
        base=fields.boolean("base") if "base" in fields else None,
        risk=_read_number(fields, "risk", 100),
        suppression=_read_suppression(fields.table("suppression")) if "suppression" in fields else None,
    )


def _read_suppression(fields: Fields) -> Suppression:
    return Suppression(
        kind=fields.one_of("kind", SUPPRESSIONS) if "kind" in fields else "exception",
        reason=fields.text_or("reason"),
        owner=fields.text_or("owner"),
        approver=fields.text_or("approver"),
        expires=_read_time(fields, "expires"),
        status=fields.text_or("status"),
        justification=fields.text_or("justification"),
        source=fields.text_or("source"),
    )


def _read_epss(fields: Fields) -> Epss:
    score, percentile = _read_number(fields, "score", 1), _read_number(fields, "percentile", 1)
    if score is None or percentile is None:
        raise fields.fault("score", "expected score and percentile, numbers from 0 to 1")
    return Epss(id=fields.text("id"), score=score, percentile=percentile, date=_read_date(fields, "date"))


def _read_exploited(fields: Fields) -> Exploited:
    return Exploited(
        id=fields.text("id"),
        added=_read_date(fields, "added"),
        due=_read_date(fields, "due") if "due" in fields else None,
        ransomware=fields.boolean("ransomware"),
        action=fields.text_or("action"),
    )


def _read_date(fields: Fields, key: str) -> dt.date:
    text = fields.text(key)
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise fields.fault(key, f"expected a date like 2026-11-22, got {text!r}") from None


def _read_number(fields: Fields, key: str, most: int) -> float | None:
    number = fields.value.get(key)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= most:
        raise fields.fault(key, f"expected a number from 0 to {most}, got {number!r}")
    return float(number)


def _read_database(fields: Fields) -> DatabaseState:
    return DatabaseState(
        digest=Digest.parse(fields.text("digest"), fields.spot("digest")),
        ecosystems=tuple((e.text("name"), e.integer("advisories")) for e in fields.each("ecosystems")),
        newest=_read_time(fields, "newest"),
        imported_at=fields.time("importedAt"),
        origin=fields.text_or("origin"),
        partial=fields.boolean("partial"),
    )
