"""OCSF events carry what the schema demands of their class, and nothing that was suppressed looks new."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest

from custody.model import Digest, Event, Finding, HowFound, ScanReport, Suppression
from custody.siem import encode_events

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
ARTIFACT = Digest.of(b"artifact")

BASE = {"activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"}
REQUIRED = {
    2002: {"finding_info", "vulnerabilities"},
    2003: {"finding_info", "compliance"},
    6003: {"actor", "api", "src_endpoint"},
    6007: {"scan"},
}
"""OCSF 1.8.0: what each class requires beyond the base event."""

HOW = HowFound(searched="PyPI a 1", record="PYSEC-1", matched="introduced 0", ordering="pep440", source="test")
FINDING = Finding(
    id="CVE-2024-1",
    aliases=("GHSA-aaaa-bbbb-cccc",),
    summary="",
    severity="HIGH",
    score=7.5,
    vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
    severity_source="PYSEC-1",
    package_id="pkg:pypi/a@1",
    package="a",
    version="1",
    ecosystem="PyPI",
    fixed_versions=("2", "3"),
    layer=None,
    locations=("app/uv.lock",),
    path=(),
    found=(HOW,),
    cwes=("CWE-79",),
)


def event(action: str, outcome: str = "success") -> Event:
    details = {"policy": "strict", "n": "1"}
    return Event(action=action, at=NOW, subject=str(ARTIFACT), actor="maya", outcome=outcome, details=details)


def encoded(*events: Event, findings: tuple[Finding, ...] = ()) -> list[dict[str, Any]]:
    report = ScanReport(
        artifact=ARTIFACT,
        scanned_at=NOW,
        result="findings",
        findings=findings,
        not_evaluated=(),
        packages=1,
        database=None,
    )
    value: list[dict[str, Any]] = json.loads(encode_events(events, report=report, product_version="0.1.0"))
    return value


def test_every_event_has_what_its_class_requires() -> None:
    acts = [event(a) for a in ("artifact.resolved", "scan.completed", "evidence.signed")]
    found = encoded(*acts, event("policy.decided", "denied"), findings=(FINDING, replace(FINDING, id="PYSEC-1")))
    assert [item["class_uid"] for item in found] == [6003, 6007, 6003, 6003, 2003, 2002, 2002]
    for item in found:
        assert set(item) >= BASE | REQUIRED[item["class_uid"]]
        assert item["type_uid"] == item["class_uid"] * 100 + item["activity_id"]
        assert item["category_uid"] == item["class_uid"] // 1000
        assert item["time"] == 1795348800000
        assert item["metadata"]["version"] == "1.8.0"


def test_a_finding_names_exactly_one_identity_and_its_fix() -> None:
    (by_cve,) = encoded(findings=(FINDING,))
    (by_advisory,) = encoded(findings=(replace(FINDING, id="PYSEC-1"),))
    vulnerability = by_cve["vulnerabilities"][0]
    assert "advisory" not in vulnerability
    assert vulnerability["cve"]["cvss"][0] == {"base_score": 7.5, "version": "3.1", "vector_string": FINDING.vector}
    assert vulnerability["affected_packages"][0]["fixed_in_version"] == "2"
    assert by_advisory["vulnerabilities"][0]["advisory"] == {"uid": "PYSEC-1"}
    assert "cve" not in by_advisory["vulnerabilities"][0]


@pytest.mark.parametrize(
    ("severity", "number"), [("UNKNOWN", 0), ("LOW", 2), ("MEDIUM", 3), ("HIGH", 4), ("CRITICAL", 5)]
)
def test_severities_are_the_schemas_numbers(severity: str, number: int) -> None:
    (item,) = encoded(findings=(replace(FINDING, severity=severity),))
    assert item["severity_id"] == number


def test_a_finding_without_a_score_claims_none() -> None:
    (item,) = encoded(findings=(replace(FINDING, score=None, vector="", fixed_versions=()),))
    vulnerability = item["vulnerabilities"][0]
    assert "cvss" not in vulnerability["cve"]
    assert vulnerability["is_fix_available"] is False


def test_a_suppressed_finding_says_who_answers_for_it() -> None:
    grant = Suppression(reason="not reachable", owner="maya", expires=NOW)
    (item,) = encoded(findings=(replace(FINDING, suppression=grant),))
    assert (item["status_id"], item["status_detail"]) == (3, "maya: not reachable")


def test_unknown_is_no_success_and_a_denial_is_a_failure() -> None:
    statuses = [
        encoded(event("x.y", outcome))[0]["status_id"] for outcome in ("success", "failure", "denied", "unknown")
    ]
    assert statuses == [1, 2, 2, 0]


def test_the_same_run_gives_the_same_bytes_and_ids_differ_between_acts() -> None:
    acts = (event("a.b"), event("c.d"))
    assert encode_events(acts, product_version="1") == encode_events(acts, product_version="1")
    uids = [item["metadata"]["uid"] for item in encoded(*acts, findings=(FINDING,))]
    assert len(set(uids)) == 3
