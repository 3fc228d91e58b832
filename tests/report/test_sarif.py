"""SARIF 2.1.0, by the rules of the standard that a reader relies on (section numbers in the tests)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from custody.model import NotEvaluated
from custody.report import sarif
from tests.report.scans import ARTIFACT, EXCEPTION, FULL, JINJA, finding, report


def run_of(one: Any) -> dict[str, Any]:  # noqa: ANN401
    log = json.loads(sarif(one, ARTIFACT, tool_version="1.2.3"))
    assert log["version"] == "2.1.0"  # 3.13.2
    (run,) = log["runs"]
    value: dict[str, Any] = run
    return value


def test_every_result_points_at_its_rule() -> None:  # 3.27.5, 3.27.6, 3.49.3: ids are unique
    run = run_of(FULL)
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert len(run["results"]) == 2 * len(FULL.findings)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")  # 3.27.10
        assert result["message"]["text"]


def test_a_rule_tells_what_a_code_scanning_page_shows() -> None:
    run = run_of(report(JINJA))
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "Sandbox escape by string formatting"
    assert rule["helpUri"] == "https://a.example/advisory"
    assert rule["help"]["text"] == "Fixed in jinja2 2.10.1, 3.0.0."
    assert rule["properties"]["security-severity"] == "8.6"
    assert rule["properties"]["tags"] == ["security", "vulnerability", "CWE-693"]
    assert rule["defaultConfiguration"]["level"] == "error"


@pytest.mark.parametrize(
    ("severity", "score", "level", "number"),
    [
        ("CRITICAL", 9.8, "error", "9.8"),
        ("HIGH", None, "error", "7.0"),
        ("MEDIUM", None, "warning", "4.0"),
        ("LOW", 2.0, "note", "2.0"),
        ("NONE", 0.0, "note", "0.0"),
        ("UNKNOWN", None, "warning", None),
    ],
)
def test_severities(severity: str, score: float | None, level: str, number: str | None) -> None:
    run = run_of(report(replace(JINJA, severity=severity, score=score)))
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["properties"].get("security-severity") == number
    assert {result["level"] for result in run["results"]} == {level}


def test_one_rule_for_one_id_and_the_worst_speaks_for_it() -> None:
    other = replace(JINJA, package_id="pkg:pypi/other@1", package="other", severity="CRITICAL", score=9.9)
    (rule,) = run_of(report(JINJA, other))["tool"]["driver"]["rules"]
    assert rule["properties"]["security-severity"] == "9.9"


def test_a_result_stands_in_each_file_where_the_package_is() -> None:
    results = run_of(report(JINJA))["results"]
    places = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results]
    assert places == ["app/requirements.txt", "usr/lib/jinja2/METADATA"]
    logical = results[0]["locations"][0]["logicalLocations"][0]
    assert logical == {"name": "jinja2", "fullyQualifiedName": "pkg:pypi/jinja2@2.10", "kind": "module"}
    assert results[0]["properties"]["path"][-1] == "pkg:pypi/jinja2@2.10"
    assert "2.10 has CVE-2019-10906 (HIGH 8.6)" in results[0]["message"]["text"]


def test_a_path_is_written_as_a_uri() -> None:  # 3.10.1: a valid RFC 3986 URI reference
    (result,) = run_of(report(replace(JINJA, locations=("a b/ü%/\udcff\n:x",))))["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%20b/%C3%BC%25/%FF%0A%3Ax"


def test_a_package_without_a_file_has_a_logical_place_only() -> None:
    (result,) = run_of(report(replace(JINJA, locations=())))["results"]
    assert "physicalLocation" not in result["locations"][0]


def test_fingerprints_stay_when_the_version_changes_and_only_then() -> None:  # 3.27.17
    def prints(*findings: Any) -> list[str]:  # noqa: ANN401
        return [r["partialFingerprints"]["custodyFinding/v1"] for r in run_of(report(*findings))["results"]]

    newer = replace(JINJA, version="2.9", package_id="pkg:pypi/jinja2@2.9", summary="else", severity="LOW")
    assert prints(JINJA) == prints(newer)
    others = prints(JINJA, finding("CVE-2026-9"), replace(JINJA, package_id="pkg:pypi/jinja3@2.10"))
    assert len(set(others)) == len(others) == 6
    assert all(re.fullmatch("[0-9a-f]{64}", each) for each in others)


def test_an_exception_is_a_suppression() -> None:  # 3.27.23, 3.35
    run = run_of(report(JINJA, finding("CVE-2026-3", suppression=EXCEPTION)))
    by_id = {r["ruleId"]: r.get("suppressions") for r in run["results"]}
    assert by_id["CVE-2019-10906"] is None
    assert by_id["CVE-2026-3"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "not reachable (maya@sample.example, until 2027-01-31T00:00:00Z)",
        }
    ]


def test_what_was_not_evaluated_is_a_notification() -> None:  # 3.20.21, 3.58
    (invocation,) = run_of(FULL)["invocations"]
    assert invocation["executionSuccessful"] is True
    assert invocation["endTimeUtc"] == "2026-11-01T12:00:00Z"
    told = [(n["descriptor"]["id"], n["level"], n["message"]["text"]) for n in invocation["toolExecutionNotifications"]]
    assert told == [
        ("not-evaluated", "warning", "pkg:npm/a@1.0.0: no exact version"),
        ("not-evaluated", "warning", "pkg:npm/b@1.0.0: no exact version"),
        ("not-evaluated", "warning", "pkg:pypi/c@1.0, PYSEC-1: it names no versions"),
        ("skipped", "warning", "x/METADATA: cut short"),
    ]
    known = {descriptor["id"] for descriptor in run_of(FULL)["tool"]["driver"]["notifications"]}
    assert {name for name, _, _ in told} <= known


def test_a_scan_without_a_database_was_not_successful() -> None:
    run = run_of(report(database=None, not_evaluated=(NotEvaluated(package_id="p", reason="r"),)))
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["descriptor"] == {"id": "no-database"}
    assert run["results"] == []
    assert run["properties"]["result"] == "unknown"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a.example/ x", "https://a.example/ü", "file:///etc/passwd"]
)
def test_a_link_that_is_none_is_not_given(url: str) -> None:
    (rule,) = run_of(report(replace(JINJA, references=(("ADVISORY", url),))))["tool"]["driver"]["rules"]
    assert "helpUri" not in rule


def test_equal_reports_are_equal_bytes() -> None:
    assert sarif(FULL, ARTIFACT, tool_version="1") == sarif(replace(FULL), ARTIFACT, tool_version="1")
