"""A finding as a CycloneDX vulnerability (1.4 to 1.7, `vulnerabilities[]`): a document with them is a VDR.

`analysis` says what somebody who answers for it says: a VEX statement or the vendor's word that the package is not
affected is `not_affected`, with CycloneDX's word for the justification where it has the same; that it is fixed,
`resolved`. A recorded exception or a line of an ignore file accepts a risk and claims nothing of the code: `in_triage`.
What the vendor means to do stands in `response`. EPSS, KEV, SSVC and our risk have no field, and are properties.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from custody.model import format_time
from custody.sbom.texts import advisory_url, is_uri, line, remedy, shown

if TYPE_CHECKING:
    from collections.abc import Collection

    from custody.model import Finding, Suppression

__all__ = ["vulnerability"]

_METHODS = (
    ("CVSS:4", "CVSSv4"),
    ("CVSS:3.1", "CVSSv31"),
    ("CVSS:3.0", "CVSSv3"),
    ("AV:", "CVSSv2"),
    ("(AV:", "CVSSv2"),
)
_SEVERITIES = {"CRITICAL", "HIGH", "MEDIUM", "LOW", "NONE"}
_STATES = {"not_affected": "not_affected", "fixed": "resolved"}
_JUSTIFICATIONS = {
    "component_not_present": "code_not_present",
    "vulnerable_code_not_present": "code_not_present",
    "vulnerable_code_not_in_execute_path": "code_not_reachable",
    "inline_mitigations_already_exist": "protected_by_mitigating_control",
}
"""OpenVEX's word → CycloneDX's. It has none for code that an adversary cannot control: the detail says that."""
_RESPONSES = {"will_not_fix": "will_not_fix", "end_of_life": "can_not_fix", "workaround": "workaround_available"}
_CWE = re.compile(r"CWE-([1-9][0-9]{0,8})")


def vulnerability(finding: Finding, known: Collection[str]) -> dict[str, Any]:
    """Give the vulnerability: one for each finding, since severity, remedy and exception differ between packages.

    known: the `bom-ref`s of the document; a finding about anything else affects nothing in it.
    """
    table: dict[str, Any] = {
        "bom-ref": shown(f"{finding.id}#{finding.package_id}"),
        "id": line(finding.id),
        "source": {"name": "OSV", "url": advisory_url(finding.id)},
    }
    if finding.aliases:
        table["references"] = [
            {"id": line(i), "source": {"name": "OSV", "url": advisory_url(i)}} for i in finding.aliases
        ]
    table["ratings"] = [_rating(finding)]
    if cwes := sorted({int(match[1]) for cwe in finding.cwes if (match := _CWE.fullmatch(cwe))}):
        table["cwes"] = cwes
    if finding.summary:
        table["description"] = shown(finding.summary)
    if finding.found:
        table["detail"] = shown("\n".join(_how(finding)))
    table["recommendation"] = line(
        f"Update {finding.package}: {remedy(finding)}." if finding.fixed_versions else "No fixed version is known."
    )
    advisories = [{"title": line(kind), "url": url} for kind, url in finding.references if is_uri(url)]
    if advisories:
        table["advisories"] = advisories
    if finding.published:
        table["published"] = format_time(finding.published)
    if finding.modified:
        table["updated"] = format_time(finding.modified)
    if analysis := _analysis(finding):
        table["analysis"] = analysis
    if finding.package_id in known:
        affected: dict[str, Any] = {"ref": finding.package_id}
        if 0 < len(version := line(finding.version)) <= 1024:  # a version of white space only is none
            status = "unaffected" if analysis.get("state") in ("not_affected", "resolved") else "affected"
            affected["versions"] = [{"version": version, "status": status}]
        table["affects"] = [affected]
    if properties := [{"name": name, "value": line(value)} for name, value in _properties(finding) if value]:
        table["properties"] = properties
    return table


def _analysis(finding: Finding) -> dict[str, Any]:
    """Give what is said about whether it matters; empty where nobody says anything."""
    table: dict[str, Any] = {}
    suppression = finding.suppression
    if suppression is not None:
        decided = suppression.kind == "exception" and suppression.status == "not_affected"  # it has a justification
        said = suppression.kind in ("vex", "vendor") or decided
        table["state"] = _STATES.get(suppression.status or finding.status, "in_triage") if said else "in_triage"
        if table["state"] == "not_affected" and suppression.justification in _JUSTIFICATIONS:
            table["justification"] = _JUSTIFICATIONS[suppression.justification]
    elif finding.status == "under_investigation":
        table["state"] = "in_triage"
    if finding.response in _RESPONSES:
        table["response"] = [_RESPONSES[finding.response]]
    if suppression is not None:
        table["detail"] = _exception(suppression) if suppression.kind == "exception" else _statement(suppression)
    elif finding.response:
        table["detail"] = f"The vendor's word: {finding.response.replace('_', ' ')}."
    return table


def _properties(finding: Finding) -> list[tuple[str, str]]:
    epss, entry = finding.epss, finding.exploited
    due = f", due {entry.due.isoformat()}" if entry and entry.due else ""
    return [
        ("custody:epss", f"{epss.score:g} (percentile {epss.percentile:g}, {epss.date.isoformat()})" if epss else ""),
        ("custody:known-exploited", f"since {entry.added.isoformat()}{due}" if entry else ""),
        ("custody:known-ransomware", "true" if entry and entry.ransomware else ""),
        *((f"custody:ssvc:{line(name)}", value) for name, value in finding.ssvc),
        ("custody:risk", "" if finding.risk is None else f"{finding.risk:g}"),
        ("custody:urgency", finding.urgency),
    ]


def _rating(finding: Finding) -> dict[str, Any]:
    severity = finding.severity.lower() if finding.severity in _SEVERITIES else "unknown"
    rating: dict[str, Any] = {"source": {"name": line(finding.severity_source)}} if finding.severity_source else {}
    if finding.score is not None:
        rating["score"] = finding.score
    rating["severity"] = severity
    if finding.vector:
        rating["method"] = next((method for start, method in _METHODS if finding.vector.startswith(start)), "other")
        rating["vector"] = line(finding.vector)
    return rating


def _how(finding: Finding) -> list[str]:
    return [
        f"Looked up {how.searched}: {how.record} matched {how.matched} ({how.ordering}); {how.source}; "
        f"{how.confidence} confidence."
        for how in finding.found
    ]


def _exception(suppression: Suppression) -> str:
    until = f"until {format_time(suppression.expires)}" if suppression.expires else "without an end"
    approved = f", approved by {suppression.approver}" if suppression.approver else ""
    return line(f"A recorded exception {until}, owned by {suppression.owner}{approved}: {suppression.reason}")


def _statement(suppression: Suppression) -> str:
    who = {"vex": "A VEX statement", "vendor": "The vendor's word", "ignore": "An ignore rule"}.get(
        suppression.kind, suppression.kind
    )
    words = [suppression.status, suppression.justification, suppression.reason]
    until = f" until {format_time(suppression.expires)}" if suppression.expires else ""
    owner = f" of {suppression.owner}" if suppression.owner else ""
    source = f" ({suppression.source})" if suppression.source else ""
    return line(f"{who}{owner}{source}{until}: {': '.join(word.replace('_', ' ') for word in words if word)}")
