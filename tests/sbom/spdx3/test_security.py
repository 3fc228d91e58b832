"""Findings in SPDX 3: the elements of the security profile."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from custody import sbom
from custody.model import Suppression
from tests.sbom.cyclonedx.test_vulnerabilities import EVERY, KNOWN, said
from tests.sbom.samples import JINJA, LODASH, document, finding, report
from tests.sbom.spdx3.test_write import by_name, graph, of_type

PREFIX, SUFFIX = "security_", "VulnAssessmentRelationship"


def test_it_conforms() -> None:
    data = sbom.encode(document(report=report(*EVERY)), "spdx3-json")
    assert [str(problem) for problem in sbom.validate_spdx3(data, "x")] == []
    kinds = Counter(element["type"] for element in json.loads(data)["@graph"] if element["type"].startswith(PREFIX))
    assert kinds == {
        "security_Vulnerability": 5,
        f"security_CvssV3{SUFFIX}": 5,
        f"security_Epss{SUFFIX}": 1,
        f"security_ExploitCatalog{SUFFIX}": 1,
        f"security_VexAffected{SUFFIX}": 3,
        f"security_VexNotAffected{SUFFIX}": 1,
        f"security_VexUnderInvestigation{SUFFIX}": 1,
    }


def test_a_vulnerability_has_all_its_names() -> None:
    elements = graph(document(report=report(KNOWN)))
    [made] = of_type(elements, "security_Vulnerability")
    assert made["name"] == "CVE-2019-10906"
    assert [(i["externalIdentifierType"], i["identifier"]) for i in made["externalIdentifier"]] == [
        ("cve", "CVE-2019-10906"),
        *(("securityOther", name) for name in KNOWN.aliases),
    ]
    refs = [(ref["externalRefType"], ref["locator"][0]) for ref in made["externalRef"]]
    assert ("securityAdvisory", "https://nvd.example/vuln/detail/CVE-2019-10906") in refs
    assert ("cwe", "https://cwe.mitre.org/data/definitions/693.html") in refs
    [document_] = of_type(elements, "SpdxDocument")
    assert "security" in document_["profileConformance"]
    package = by_name(elements)["Jinja2"]["spdxId"]
    [found] = [r for r in elements if r.get("relationshipType") == "hasAssociatedVulnerability"]
    assert (found["from"], found["to"]) == (package, [made["spdxId"]])


def assessment(kind: str, *findings: Any) -> dict[str, Any]:  # noqa: ANN401
    elements = graph(document(report=report(*findings)))
    [found] = of_type(elements, f"{PREFIX}{kind}{SUFFIX}")
    [vulnerability] = of_type(elements, "security_Vulnerability")
    assert found["from"] == vulnerability["spdxId"]
    assert found["to"] == [by_name(elements)["Jinja2"]["spdxId"]]
    return found


def test_scores_and_catalogues() -> None:
    cvss = assessment("CvssV3", KNOWN)
    assert (cvss["security_score"], cvss["security_severity"]) == (8.6, "high")
    assert cvss["security_vectorString"] == KNOWN.vector
    epss = assessment("Epss", KNOWN)
    assert (epss["security_probability"], epss["security_percentile"]) == (0.25, 0.95)
    kev = assessment("ExploitCatalog", KNOWN)
    assert (kev["security_catalogType"], kev["security_exploited"]) == ("kev", True)


@pytest.mark.parametrize(
    ("vector", "kind"),
    [("CVSS:4.0/AV:N/AC:L", "CvssV4"), ("CVSS:3.0/AV:N", "CvssV3"), ("AV:N/AC:L/Au:N/C:P/I:N/A:N", "CvssV2")],
)
def test_each_version_of_cvss_has_a_class(vector: str, kind: str) -> None:
    made = assessment(kind, replace(KNOWN, vector=vector))
    assert made["security_vectorString"] == vector
    assert made.get("security_severity") == (None if kind == "CvssV2" else "high")


@pytest.mark.parametrize(
    ("suppression", "kind", "relation", "key", "value"),
    [
        (None, "VexAffected", "affects", "security_actionStatement", "Update Jinja2: fixed in 2.10.1."),
        (
            said("exception"),
            "VexAffected",
            "affects",
            "security_actionStatement",
            "None for now: why. Update Jinja2: fixed in 2.10.1.",
        ),
        (
            said("exception", "not_affected", "vulnerable_code_not_present"),
            "VexNotAffected",
            "doesNotAffect",
            "security_justificationType",
            "vulnerableCodeNotPresent",
        ),
        (
            said("ignore", "not_affected", "vulnerable_code_not_present"),
            "VexAffected",
            "affects",
            "security_actionStatement",
            "None for now: why. Update Jinja2: fixed in 2.10.1.",
        ),
        (
            said("vex", "not_affected", "vulnerable_code_not_present"),
            "VexNotAffected",
            "doesNotAffect",
            "security_justificationType",
            "vulnerableCodeNotPresent",
        ),
        (
            said("vendor", "not_affected", "their own words"),
            "VexNotAffected",
            "doesNotAffect",
            "security_impactStatement",
            "their own words: why",
        ),
        (said("vex", "fixed"), "VexFixed", "fixedIn", "type", f"{PREFIX}VexFixed{SUFFIX}"),
    ],
)
def test_what_vex_says(suppression: Suppression | None, kind: str, relation: str, key: str, value: str) -> None:
    made = assessment(kind, replace(KNOWN, suppression=suppression))
    assert made["relationshipType"] == relation
    assert made[key] == value


def test_a_document_without_a_scan_has_no_security_profile() -> None:
    elements = graph(document(report=None))
    assert not [element for element in elements if element["type"].startswith(PREFIX)]
    assert "security" not in of_type(elements, "SpdxDocument")[0]["profileConformance"]


def test_findings_about_other_packages_are_left_out() -> None:
    stray = replace(KNOWN, package_id="pkg:generic/elsewhere@1")
    assert not of_type(graph(document(report=report(stray))), "security_Vulnerability")


def test_one_vulnerability_of_two_packages_is_one_element() -> None:
    elements = graph(document(report=report(finding(JINJA, "CVE-2026-7"), finding(LODASH, "CVE-2026-7"))))
    assert len(of_type(elements, "security_Vulnerability")) == 1
    assert len(of_type(elements, f"{PREFIX}VexAffected{SUFFIX}")) == 2
    assert len({element["spdxId"] for element in elements if "spdxId" in element}) == len(
        [element for element in elements if "spdxId" in element]
    )
