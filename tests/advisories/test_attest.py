from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from custody.advisories import match, read_predicate, scan_predicate
from custody.errors import InputError
from tests.advisories.samples import CVSS_HIGH, NOW, cvss, database, inventory, package, record


def test_the_predicate_is_cosigns_with_the_whole_report_inside(tmp_path: Path) -> None:
    with database(tmp_path, [record("PYSEC-1", aliases=["CVE-2026-1"], severity=cvss(CVSS_HIGH))]) as db:
        report = match(inventory(package("pkg:pypi/sample@1.0")), db, now=NOW)
        digest = str(db.state.digest)
    predicate = scan_predicate(
        report,
        scanner_version="1.2.3",
        started_at=NOW,
        finished_at=NOW + dt.timedelta(seconds=2),
        invocation_uri="https://ci.example/1",
        parameters=("dir:.",),
    )
    predicate = json.loads(json.dumps(predicate))
    assert predicate["invocation"] == {
        "parameters": ["dir:."],
        "uri": "https://ci.example/1",
        "event_id": "",
        "builder.id": "",
    }
    scanner = predicate["scanner"]
    assert (scanner["uri"], scanner["version"]) == ("pkg:generic/custody@1.2.3", "1.2.3")
    assert scanner["db"]["version"] == digest
    assert scanner["result"]["vulnerabilities"][0]["id"] == "CVE-2026-1"
    assert predicate["metadata"] == {
        "scanStartedOn": "2026-11-01T12:00:00Z",
        "scanFinishedOn": "2026-11-01T12:00:02Z",
    }
    assert read_predicate(predicate) == report


def test_a_scan_without_a_database_says_so() -> None:
    report = match(inventory(package("pkg:pypi/sample@1.0")), None, now=NOW)
    predicate = scan_predicate(report, scanner_version="1", started_at=NOW, finished_at=NOW)
    assert predicate["scanner"]["db"] == {"uri": "", "version": ""}
    assert read_predicate(predicate) == report


@pytest.mark.parametrize(
    ("predicate", "what"),
    [
        ({}, "scanner.result: missing"),
        ({"scanner": []}, "scanner: expected a table"),
        ({"scanner": {"result": {"matches": []}}}, "scanner.result: not a security report of this tool"),
        ({"scanner": {"result": {"schemaVersion": "1.0"}}}, "bundle scanner.result:artifact: missing"),
    ],
)
def test_another_predicate_is_refused_with_its_place(predicate: dict[str, object], what: str) -> None:
    with pytest.raises(InputError) as caught:
        read_predicate(predicate, "bundle")
    assert what in str(caught.value)
