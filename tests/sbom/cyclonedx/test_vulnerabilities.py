"""Findings in CycloneDX: what VEX says, EPSS and KEV; judged by the official schemas of every version that has them."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from custody import sbom
from custody.model import Epss, Exploited, Finding, Suppression
from tests.sbom.cyclonedx.schemas import json_faults, xml_faults
from tests.sbom.samples import JINJA, LODASH, NOW, document, finding, report

CVE = "CVE-2019-10906"
KNOWN = finding(
    JINJA,
    CVE,
    epss=Epss(id=CVE, score=0.25, percentile=0.95, date=dt.date(2026, 11, 1)),
    exploited=Exploited(id=CVE, added=dt.date(2026, 1, 2), due=dt.date(2026, 2, 2), ransomware=True),
    ssvc=(("Exploitation", "active"),),
    risk=95.0,
)


def said(kind: str, status: str = "", justification: str = "", **more: Any) -> Suppression:  # noqa: ANN401
    facts: dict[str, Any] = {"reason": "why", "owner": "", "expires": None, "source": "vex.json"}
    return Suppression(kind=kind, status=status, justification=justification, **facts | more)


def written(*findings: Finding) -> list[dict[str, Any]]:
    made = json.loads(sbom.encode(document(report=report(*findings)), "cyclonedx-json"))
    found: list[dict[str, Any]] = made["vulnerabilities"]
    return found


@pytest.mark.parametrize(
    ("suppression", "state", "justification", "status"),
    [
        (said("vex", "not_affected", "component_not_present"), "not_affected", "code_not_present", "unaffected"),
        (
            said("vendor", "not_affected", "vulnerable_code_not_in_execute_path"),
            "not_affected",
            "code_not_reachable",
            "unaffected",
        ),
        (
            said("vex", "not_affected", "vulnerable_code_cannot_be_controlled_by_adversary"),
            "not_affected",
            None,
            "unaffected",
        ),
        (said("vex", "fixed"), "resolved", None, "unaffected"),
        (said("ignore", "not_affected", "component_not_present"), "in_triage", None, "affected"),
        (said("exception"), "in_triage", None, "affected"),
        (
            said("exception", "not_affected", "inline_mitigations_already_exist"),
            "not_affected",
            "protected_by_mitigating_control",
            "unaffected",
        ),
    ],
)
def test_a_suppression_says_what_its_author_says(
    suppression: Suppression, state: str, justification: str | None, status: str
) -> None:
    [made] = written(replace(KNOWN, suppression=suppression))
    assert made["analysis"]["state"] == state
    assert made["analysis"].get("justification") == justification
    assert "why" in made["analysis"]["detail"]
    assert made["affects"][0]["versions"][0]["status"] == status


@pytest.mark.parametrize(
    ("response", "word"), [("will_not_fix", "will_not_fix"), ("end_of_life", "can_not_fix"), ("fix_deferred", None)]
)
def test_what_the_vendor_means_to_do(response: str, word: str | None) -> None:
    [made] = written(replace(KNOWN, response=response))
    assert made["analysis"].get("response") == ([word] if word else None)
    assert response.replace("_", " ") in made["analysis"]["detail"]
    assert "state" not in made["analysis"]


def test_a_finding_under_investigation_is_in_triage() -> None:
    [made] = written(replace(KNOWN, status="under_investigation"))
    assert made["analysis"] == {"state": "in_triage"}


def test_what_has_no_field_is_a_property() -> None:
    [made] = written(KNOWN)
    assert {item["name"]: item["value"] for item in made["properties"]} == {
        "custody:epss": "0.25 (percentile 0.95, 2026-11-01)",
        "custody:known-exploited": "since 2026-01-02, due 2026-02-02",
        "custody:known-ransomware": "true",
        "custody:ssvc:Exploitation": "active",
        "custody:risk": "95",
    }
    assert "analysis" not in made


EVERY = (
    KNOWN,
    finding(LODASH, "CVE-2026-1", suppression=said("vex", "not_affected", "component_not_present")),
    finding(LODASH, "CVE-2026-2", response="will_not_fix", published=NOW, modified=NOW),
    finding(LODASH, "CVE-2026-3", suppression=said("ignore", expires=NOW)),
    finding(LODASH, "CVE-2026-4", status="under_investigation", urgency="low"),
)


@pytest.mark.parametrize("version", ["1.4", "1.5", "1.6", "1.7"])
def test_the_official_schemas_have_nothing_against_it(version: str, shared: Path) -> None:
    made = document(report=report(*EVERY))
    data = sbom.encode(made, "cyclonedx-json", version)
    assert len(json.loads(data)["vulnerabilities"]) == len(EVERY)
    assert json_faults(shared, version, data) == []
    xml = sbom.encode(made, "cyclonedx-xml", version)
    assert xml.count(b"<vulnerability ") == len(EVERY)
    if version != "1.7":  # its XML schema is not at hand
        assert xml_faults(shared, version, xml) == []


@pytest.mark.parametrize(
    "form", ["cyclonedx-json", "cyclonedx-xml", "spdx-json", "spdx-tag-value", "spdx-rdf", "spdx3-json"]
)
def test_findings_are_no_facts_of_the_packages(form: str) -> None:
    """An inventory that is read from a document with findings is the same as from one without."""
    scanned = sbom.decode(sbom.encode(document(report=report(*EVERY)), form), "x")
    assert scanned == sbom.decode(sbom.encode(document(report=None), form), "x")
    assert scanned.extra == ()
    assert all(package.extra == () for package in scanned.packages)
