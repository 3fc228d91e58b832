"""Events and findings → OCSF 1.8.0 (https://schema.ocsf.io/1.8.0/), one JSON array in the order of the run.

Every act is an API Activity (6003), a finished scan a Scan Activity (6007), each finding that counts a Vulnerability
Finding (2002; a suppressed one has status Suppressed), and a denial a Compliance Finding (2003) besides. `metadata.uid`
is stable for the same act or finding, so that a receiver that gets it twice knows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from custody.model import Artifact, Digest, Event, Finding, ScanReport, canonical_json, pretty_json

__all__ = ["encode_events"]

VERSION = "1.8.0"
_STATUS = {"success": 1, "failure": 2, "denied": 2}
_SEVERITY = {"NONE": 1, "LOW": 2, "MEDIUM": 3, "HIGH": 4, "CRITICAL": 5, "UNKNOWN": 0}
_ACTIVITY = {
    "artifact.resolved": 2,
    "release.stopped": 3,
    "exception.ended": 4,
    "policy.decided": 2,
}
"""API Activity: 1 Create, 2 Read, 3 Update, 4 Delete; every other act creates something."""


def encode_events(
    events: Sequence[Event], *, report: ScanReport | None = None, artifact: Artifact | None = None, product_version: str
) -> bytes:
    """Give the events of a run, and the findings of its scan, as one JSON array."""
    encoded: list[dict[str, Any]] = []
    for event in events:
        encoded.append(
            _scan(event, product_version) if event.action == "scan.completed" else _act(event, product_version)
        )
        if event.action == "policy.decided" and event.outcome == "denied":
            encoded.append(_denial(event, product_version))
    if report is not None:
        encoded.extend(_finding(finding, report, artifact, product_version) for finding in report.findings)
    return pretty_json(encoded)


def _base(class_uid: int, activity: int, severity: int, milliseconds: int, uid: bytes, version: str) -> dict[str, Any]:
    return {
        "activity_id": activity,
        "category_uid": class_uid // 1000,
        "class_uid": class_uid,
        "type_uid": class_uid * 100 + activity,
        "severity_id": severity,
        "time": milliseconds,
        "metadata": {
            "version": VERSION,
            "uid": Digest.of(uid).hex,
            "product": {"name": "custody", "vendor_name": "custody", "version": version},
        },
    }


def _milliseconds(event: Event) -> int:
    return int(event.at.timestamp()) * 1000


def _act(event: Event, version: str) -> dict[str, Any]:
    severity = 3 if event.outcome == "denied" else 2 if event.outcome == "failure" else 1
    activity = _ACTIVITY.get(event.action, 1)
    return {
        **_base(6003, activity, severity, _milliseconds(event), event.encode(), version),
        "status_id": _STATUS.get(event.outcome, 0),
        "status": event.outcome,
        "actor": {"user": {"name": event.actor}, "app_name": "custody"},
        "api": {"operation": event.action, "service": {"name": "custody"}},
        "src_endpoint": {"svc_name": "custody"},
        "resources": [{"uid": event.subject, "type": event.action.split(".")[0]}],
        "unmapped": dict(sorted(event.details.items())),
    }


def _scan(event: Event, version: str) -> dict[str, Any]:
    return {
        **_base(6007, 2, 1, _milliseconds(event), event.encode(), version),
        "status_id": _STATUS.get(event.outcome, 0),
        "status": event.outcome,
        "scan": {"uid": event.subject, "name": "vulnerability scan", "type_id": 1, "type": "Manual"},
        "unmapped": dict(sorted(event.details.items())),
    }


def _denial(event: Event, version: str) -> dict[str, Any]:
    policy = event.details.get("policy", "")
    return {
        **_base(2003, 1, 4, _milliseconds(event), b"denial\n" + event.encode(), version),
        "status_id": 1,
        "finding_info": {"uid": f"{event.subject} {policy}", "title": f"{policy} denies {event.subject}"},
        "compliance": {"control": policy, "standards": [policy], "status_id": 3, "status": "Fail"},
        "resources": [{"uid": event.subject, "type": "artifact"}],
    }


def _finding(finding: Finding, report: ScanReport, artifact: Artifact | None, version: str) -> dict[str, Any]:
    uid = canonical_json([str(report.artifact), finding.package_id, finding.id])
    milliseconds = int(report.scanned_at.timestamp()) * 1000
    package: dict[str, Any] = {"name": finding.package, "version": finding.version, "purl": finding.package_id}
    if finding.fixed_versions:
        package["fixed_in_version"] = finding.fixed_versions[0]
    if finding.locations:
        package["path"] = finding.locations[0]
    vulnerability: dict[str, Any] = {
        **_identity(finding),
        "affected_packages": [package],
        "is_fix_available": bool(finding.fixed_versions),
        "severity": finding.severity.capitalize(),
    }
    if finding.fixed_versions:
        vulnerability["remediation"] = {"desc": f"upgrade {finding.package} to {finding.fixed_versions[0]}"}
    title = f"{finding.id} in {finding.package} {finding.version}"
    event: dict[str, Any] = {
        **_base(2002, 1, _SEVERITY[finding.severity], milliseconds, b"finding\n" + uid, version),
        "status_id": 1 if finding.suppression is None else 3,
        "finding_info": {"uid": Digest.of(uid).hex, "title": title, "types": ["vulnerability"]},
        "vulnerabilities": [vulnerability],
        "resources": [{"uid": str(report.artifact), "type": "artifact", "name": artifact.name if artifact else ""}],
    }
    if finding.suppression is not None:
        event["status_detail"] = f"{finding.suppression.owner}: {finding.suppression.reason}"
    return event


def _identity(finding: Finding) -> dict[str, Any]:
    """Give exactly one of `cve` and `advisory`, as the object demands since 1.4.0."""
    if not finding.id.startswith("CVE-"):
        return {"advisory": {"uid": finding.id}}
    cve: dict[str, Any] = {"uid": finding.id}
    if finding.score is not None:
        cvss: dict[str, Any] = {"base_score": finding.score, "version": _cvss_version(finding.vector)}
        if finding.vector:
            cvss["vector_string"] = finding.vector
        cve["cvss"] = [cvss]
    if finding.cwes:
        cve["related_cwes"] = [{"uid": cwe} for cwe in finding.cwes]
    return {"cve": cve}


def _cvss_version(vector: str) -> str:
    return vector.split("/", maxsplit=1)[0].removeprefix("CVSS:") if vector.startswith("CVSS:") else "2.0"
