"""OpenVEX 0.2.0 out of a report.

Spec: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md. One statement for each finding: the artifact is the
product, the package its subcomponent. What each finding is said to be: see `decisions`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

from custody.advisories.vex.decisions import Said, content_uuid, decisions_of, is_purl
from custody.model import Artifact, Purl, ScanReport, format_time, plain, pretty_json

__all__ = ["openvex_document"]


def openvex_document(
    report: ScanReport, artifact: Artifact, product: Purl, *, author: str, now: dt.datetime, tool_version: str
) -> bytes:
    """Give the document.

    product: the purl of the artifact (that of the inventory's root). author: who makes the statements, a person or an
    organisation. Equal input gives equal bytes; the id is made from the content. InputError: the report has no finding.
    """
    statements = [_statement(said, artifact, product) for said in decisions_of(report)]
    body: dict[str, Any] = {
        "author": plain(author),
        "timestamp": format_time(now),
        "version": 1,
        "tooling": f"custody {tool_version}",
        "statements": statements,
    }
    head = {"@context": "https://openvex.dev/ns/v0.2.0", "@id": f"urn:uuid:{content_uuid(body)}"}
    return pretty_json(head | body)


def _statement(said: Said, artifact: Artifact, product: Purl) -> dict[str, Any]:
    finding = said.finding
    vulnerability: dict[str, Any] = {"name": finding.id}
    if finding.summary:
        vulnerability["description"] = finding.summary
    if finding.aliases:
        vulnerability["aliases"] = list(dict.fromkeys(finding.aliases))
    algorithm = artifact.digest.algorithm
    about: dict[str, Any] = {"@id": str(product), "identifiers": {"purl": str(product)}}
    if not artifact.is_listing:
        about["hashes"] = {f"{algorithm[:3]}-{algorithm[3:]}": artifact.digest.hex}
    if finding.package_id != str(product):
        about["subcomponents"] = [_component(finding.package_id)]
    statement: dict[str, Any] = {"vulnerability": vulnerability, "products": [about], "status": said.status}
    if said.status == "not_affected":
        if said.justification:
            statement["justification"] = said.justification
        if said.impact:
            statement["impact_statement"] = said.impact
    elif said.impact:
        statement["status_notes"] = said.impact
    if said.action:
        statement["action_statement"] = said.action
    return statement


def _component(package: str) -> dict[str, Any]:
    if is_purl(package):
        return {"@id": package, "identifiers": {"purl": package}}
    return {"@id": f"urn:package:{quote(plain(package), safe='')}"}
