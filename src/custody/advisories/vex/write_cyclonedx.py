"""CycloneDX 1.6 VEX out of a report.

Spec: https://cyclonedx.org/docs/1.6/json/#vulnerabilities. A document of its own: the artifact as its subject, the
packages that are spoken of as its components, one vulnerability with an analysis for each finding.

    affected → exploitable    under_investigation → in_triage    fixed → resolved    not_affected → not_affected
    component_not_present → requires_dependency                  vulnerable_code_not_present → code_not_present
    vulnerable_code_not_in_execute_path → code_not_reachable
    inline_mitigations_already_exist → protected_by_mitigating_control
    vulnerable_code_cannot_be_controlled_by_adversary has no counterpart and stands in `detail`
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from custody.advisories.vex.decisions import Said, content_uuid, decisions_of, is_purl
from custody.model import Artifact, Purl, ScanReport, format_time, plain, pretty_json

__all__ = ["cyclonedx_vex"]

_STATES = {
    "affected": "exploitable",
    "under_investigation": "in_triage",
    "fixed": "resolved",
    "not_affected": "not_affected",
}
_JUSTIFICATIONS = {
    "component_not_present": "requires_dependency",
    "vulnerable_code_not_present": "code_not_present",
    "vulnerable_code_not_in_execute_path": "code_not_reachable",
    "inline_mitigations_already_exist": "protected_by_mitigating_control",
}
_RESPONSES = {"will_not_fix": "will_not_fix", "end_of_life": "will_not_fix", "workaround": "workaround_available"}
_METHODS = (("CVSS:4", "CVSSv4"), ("CVSS:3.1", "CVSSv31"), ("CVSS:3.0", "CVSSv3"), ("AV:", "CVSSv2"))
_CWE = re.compile(r"CWE-([1-9][0-9]{0,8})", re.ASCII)
_KINDS = {"image": "container", "file": "file", "directory": "application"}


def cyclonedx_vex(
    report: ScanReport, artifact: Artifact, product: Purl, *, author: str, now: dt.datetime, tool_version: str
) -> bytes:
    """Give the document.

    product: the purl of the artifact (that of the inventory's root). author: who makes the statements. Equal input
    gives equal bytes; the serial number is made from the content. InputError: the report has no finding.
    """
    decisions = decisions_of(report)
    subject: dict[str, Any] = {
        "type": _KINDS.get(artifact.kind, "application"),
        "bom-ref": str(product),
        "name": plain(artifact.name or product.name),
        "purl": str(product),
    }
    if artifact.version or product.version:
        subject["version"] = plain(artifact.version or product.version)
    if not artifact.is_listing:
        digest = artifact.digest
        subject["hashes"] = [{"alg": f"{digest.algorithm[:3].upper()}-{digest.algorithm[3:]}", "content": digest.hex}]
    packages = {said.finding.package_id: said for said in decisions}
    packages.pop(str(product), None)
    body: dict[str, Any] = {
        "version": 1,
        "metadata": {
            "timestamp": format_time(now),
            "authors": [{"name": plain(author)}],
            "tools": {"components": [{"type": "application", "name": "custody", "version": tool_version}]},
            "component": subject,
        },
        "components": [_component(purl, packages[purl]) for purl in sorted(packages)],
        "vulnerabilities": [_vulnerability(said) for said in decisions],
    }
    head = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{content_uuid(body)}",
    }
    return pretty_json(head | body)


def _component(purl: str, said: Said) -> dict[str, Any]:
    component = {"type": "library", "bom-ref": purl, "name": said.finding.package or purl}
    if is_purl(purl):
        component["purl"] = purl
    return component | ({"version": said.finding.version} if said.finding.version else {})


def _vulnerability(said: Said) -> dict[str, Any]:
    finding = said.finding
    table: dict[str, Any] = {"bom-ref": f"{finding.id}#{finding.package_id}", "id": finding.id}
    if finding.aliases:
        aliases = dict.fromkeys(finding.aliases)
        table["references"] = [{"id": i, "source": {"name": i.partition("-")[0] or i}} for i in aliases]
    table["ratings"] = [_rating(said)]
    if cwes := sorted({int(match[1]) for cwe in finding.cwes if (match := _CWE.fullmatch(cwe))}):
        table["cwes"] = cwes
    if finding.summary:
        table["description"] = finding.summary
    if said.action and not said.accepted:
        table["recommendation"] = said.action
    table["analysis"] = _analysis(said)
    table["affects"] = [{"ref": finding.package_id}]
    return table


def _rating(said: Said) -> dict[str, Any]:
    finding = said.finding
    rating: dict[str, Any] = {"severity": finding.severity.lower()}
    if finding.score is not None:
        rating["score"] = finding.score
    if finding.vector:
        rating["method"] = next((name for start, name in _METHODS if finding.vector.startswith(start)), "other")
        rating["vector"] = finding.vector
    return rating


def _analysis(said: Said) -> dict[str, Any]:
    analysis: dict[str, Any] = {"state": _STATES[said.status]}
    if justification := _JUSTIFICATIONS.get(said.justification):
        analysis["justification"] = justification
    if said.status == "affected":
        responses = {_RESPONSES.get(said.finding.response, ""), "update" if said.finding.fixed_versions else ""} - {""}
        if responses:
            analysis["response"] = sorted(responses)
    unsaid = "" if said.justification in _JUSTIFICATIONS else said.justification
    detail = ": ".join(text for text in (unsaid, said.impact or said.action) if text)
    if detail:
        analysis["detail"] = detail
    return analysis
