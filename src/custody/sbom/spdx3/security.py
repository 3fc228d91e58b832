"""Findings as elements of SPDX 3's security profile.

Spec: https://spdx.github.io/spdx-spec/v3.0.1/model/Security/Security/. For each id a Vulnerability; for each finding a
relationship from it to the package: what VEX calls its status, and assessments by CVSS, EPSS and the catalogue of known
exploited vulnerabilities, where those say something.

- A finding that counts is `affects`, with what to do about it; so is one that a recorded exception or an ignore file
  covers, since those accept a risk and claim nothing of the code: the notes say so.
- A VEX statement or a vendor's word is what it says: `doesNotAffect`, `fixedIn`.
- SSVC's decision points have no place: the profile knows the decision only.

All identifiers begin with `MARKS`, so that reading the document back knows them from what another tool said: findings
are no facts of the packages, and are made anew by each scan.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from custody.model import SEVERITIES, format_time
from custody.sbom.spdx3.terms import camel
from custody.sbom.spdx3.vocabulary import WORDS
from custody.sbom.texts import advisory_url, is_uri, line, remedy, shown, status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from custody.model import Finding

__all__ = ["MARKS", "security_elements"]

Table = dict[str, Any]

MARKS = ("Vulnerability-", "Assessment-")
_KEV = "https://www.cisa.gov/known-exploited-vulnerabilities-catalog"
_CLASSES = (("CVSS:4", "V4"), ("CVSS:3", "V3"), ("AV:", "V2"))
_REFERENCES = {"ADVISORY": "securityAdvisory", "FIX": "securityFix"}
_CWE = re.compile(r"CWE-([1-9][0-9]{0,8})")


def security_elements(
    findings: Sequence[Finding], ids: Mapping[str, str], base: str, element: Callable[..., Table]
) -> Iterator[Table]:
    """Give the elements.

    ids: purl → identifier of the package; a finding about a package that is not there is left out. base: what all
    identifiers begin with; element: makes one from class, name and properties.
    """
    known = [finding for finding in findings if finding.package_id in ids]
    by_id: dict[str, list[Finding]] = {}
    for finding in sorted(known, key=lambda found: (found.id, found.package_id)):
        by_id.setdefault(finding.id, []).append(finding)
    for name, group in by_id.items():
        yield _vulnerability(name, group, element)
    by_package: dict[str, set[str]] = {}
    for finding in known:
        by_package.setdefault(finding.package_id, set()).add(f"{base}{_name(finding.id)}")
    for package, found in sorted(by_package.items()):
        yield element(
            "Relationship",
            f"Assessment-found-{_short(package)}",
            **{"from": ids[package]},
            relationshipType="hasAssociatedVulnerability",
            to=sorted(found),
        )
    for group in by_id.values():
        for finding in group:
            yield from _assessments(finding, ids[finding.package_id], base, element)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _name(identifier: str) -> str:
    return f"Vulnerability-{_short(identifier)}"


def _vulnerability(name: str, group: Sequence[Finding], element: Callable[..., Table]) -> Table:
    first = group[0]
    table = element("security_Vulnerability", _name(name), name=line(name))
    if summary := next((finding.summary for finding in group if finding.summary), ""):
        table["description"] = shown(summary)
    every = sorted({alias for finding in group for alias in finding.aliases} - {name})
    table["externalIdentifier"] = [
        {
            "type": "ExternalIdentifier",
            "externalIdentifierType": "cve" if each.startswith("CVE-") else "securityOther",
            "identifier": line(each),
            "identifierLocator": [advisory_url(each)],
        }
        for each in (name, *every)
    ]
    references = dict.fromkeys(
        (_REFERENCES.get(kind, "securityOther"), url)
        for finding in group
        for kind, url in finding.references
        if is_uri(url)
    )
    numbers = sorted({int(m[1]) for finding in group for cwe in finding.cwes if (m := _CWE.fullmatch(cwe))})
    pairs = [*references, *(("cwe", f"https://cwe.mitre.org/data/definitions/{number}.html") for number in numbers)]
    if pairs:
        table["externalRef"] = [
            {"type": "ExternalRef", "externalRefType": kind, "locator": [url]} for kind, url in pairs
        ]
    if first.published:
        table["security_publishedTime"] = format_time(first.published)
    if first.modified:
        table["security_modifiedTime"] = format_time(first.modified)
    return table


def _assessments(finding: Finding, package: str, base: str, element: Callable[..., Table]) -> Iterator[Table]:
    key = _short(f"{finding.id}\n{finding.package_id}")

    def assessed(kind: str, short: str, relation: str, **properties: object) -> Table:
        return element(
            f"security_{kind}VulnAssessmentRelationship",
            f"Assessment-{short}-{key}",
            **{"from": f"{base}{_name(finding.id)}"},
            relationshipType=relation,
            to=[package],
            **properties,
        )

    yield _vex(finding, assessed)
    version = next((word for start, word in _CLASSES if finding.vector.removeprefix("(").startswith(start)), "")
    if version and finding.score is not None:
        properties: Table = {"security_score": finding.score, "security_vectorString": line(finding.vector)}
        if version != "V2":
            word = finding.severity if finding.severity in SEVERITIES[1:] else "NONE"
            properties["security_severity"] = word.lower()
        yield assessed(f"Cvss{version}", "cvss", "hasAssessmentFor", **properties)
    if finding.epss:
        yield assessed(
            "Epss",
            "epss",
            "hasAssessmentFor",
            security_probability=finding.epss.score,
            security_percentile=finding.epss.percentile,
            security_publishedTime=f"{finding.epss.date.isoformat()}T00:00:00Z",
        )
    if finding.exploited:
        yield assessed(
            "ExploitCatalog",
            "kev",
            "hasAssessmentFor",
            security_catalogType="kev",
            security_exploited=True,
            security_locator=_KEV,
            security_publishedTime=f"{finding.exploited.added.isoformat()}T00:00:00Z",
        )


def _vex(finding: Finding, assessed: Callable[..., Table]) -> Table:
    """Give what VEX would say of it."""
    suppression = finding.suppression
    said = suppression is not None and (
        suppression.kind in ("vex", "vendor")
        or (suppression.kind == "exception" and suppression.status == "not_affected")  # it has a justification
    )
    word = (suppression.status if said and suppression and suppression.status else finding.status) or "affected"
    notes = status(finding)
    if said and word == "not_affected" and suppression is not None:
        table = assessed("VexNotAffected", "vex", "doesNotAffect", security_statusNotes=notes)
        justification = camel(suppression.justification) if suppression.justification else ""
        if justification in WORDS["security_VexJustificationType"]:
            table["security_justificationType"] = justification
        words = (suppression.justification.replace("_", " "), suppression.reason)
        table["security_impactStatement"] = shown(": ".join(w for w in words if w) or "not affected")
        return table
    if said and word == "fixed":
        return assessed("VexFixed", "vex", "fixedIn", security_statusNotes=notes)
    if word == "under_investigation" and suppression is None:
        return assessed("VexUnderInvestigation", "vex", "underInvestigationFor", security_statusNotes=notes)
    action = f"Update {finding.package}: {remedy(finding)}." if finding.fixed_versions else "No fixed version is known."
    if suppression is not None:
        action = f"None for now: {suppression.reason or suppression.kind}. {action}"
    return assessed("VexAffected", "vex", "affects", security_actionStatement=line(action), security_statusNotes=notes)
