"""Exceptions as a user grants and lists them: how each stands, and which have nothing left to cover."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from custody.cli.commands.exception import JUSTIFICATIONS as OFFERED
from custody.model import JUSTIFICATIONS, DatabaseState, Digest, ExceptionGrant, NotEvaluated, scan_report_to_json
from custody.vault import RecordedException
from custody.workflows.exceptions import judge_exceptions
from custody.workflows.interface import Silent
from custody.workflows.scan import ScanRequest
from tests.advisories.vex.samples import JINJA, NOW, finding, report
from tests.workflows.test_scan import advisories, custody, image

DAY = dt.timedelta(days=1)
SOON = (dt.datetime.now(dt.UTC) + 5.5 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
WHO = ("--reason", "not reachable", "--owner", "ana@team.example", "--expires")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exceptions")
    image(folder / "app.tar")
    advisories(folder / "db")
    for identifier, package, day, more in (
        ("CVE-2026-1", "pkg:pypi/jinja2", "2099-01-01", ("--justification", "vulnerable_code_not_in_execute_path")),
        ("CVE-2026-2", "", SOON, ("--approver", "ben@team.example")),
        ("CVE-2026-77", "", "2099-02-01", ()),
        ("GHSA-3", "", "2099-03-01", ()),
    ):
        about = ("--package", package) if package else ()
        ended = custody("exception", "add", identifier, *about, *WHO, day, *more, cwd=folder)
        assert ended.returncode == 0, ended.stderr
    assert custody("exception", "end", "4", "--reason", "fixed", cwd=folder).returncode == 0
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "place"))


def listed(place: Path, *arguments: str) -> dict[int, dict[str, Any]]:
    ended = custody("exception", "list", "-o", "json", *arguments, cwd=place)
    assert ended.returncode == 0, ended.stderr
    return {row["number"]: row for row in json.loads(ended.stdout)["exceptions"]}


def test_the_justifications_that_are_offered_are_those_there_are() -> None:
    assert OFFERED == JUSTIFICATIONS


def test_what_is_no_justification_is_refused(place: Path) -> None:
    ended = custody("exception", "add", "CVE-1", *WHO, "2099-01-01", "--justification", "because", cwd=place)
    assert ended.returncode == 2
    assert "component_not_present" in ended.stderr


def test_a_scan_carries_the_justification(place: Path) -> None:
    ended = custody("scan", "app.tar", "--db", "db/x.db", "-o", "json", cwd=place)
    held = {item["id"]: item["suppression"] for item in json.loads(ended.stdout)["suppressed"]}
    assert (held["CVE-2026-1"]["kind"], held["CVE-2026-1"]["status"], held["CVE-2026-1"]["justification"]) == (
        "exception",
        "not_affected",
        "vulnerable_code_not_in_execute_path",
    )
    assert (held["CVE-2026-2"]["status"], held["CVE-2026-2"]["justification"]) == ("", "")
    assert held["CVE-2026-2"]["approver"] == "ben@team.example"


def test_the_ledger_says_why(place: Path) -> None:
    log = custody("audit", "log", "-o", "json", cwd=place).stdout
    assert "vulnerable_code_not_in_execute_path" in log


def test_how_each_stands_is_listed(place: Path) -> None:
    table = custody("exception", "list", cwd=place).stdout.splitlines()
    assert table[0].split() == ["NO", "ID", "PACKAGE", "OWNER", "EXPIRES", "STATE", "JUSTIFICATION", "REASON"]
    assert [line.split()[0] for line in table[1:4]] == ["2", "1", "3"]
    assert "expires in 5 days" in table[1]
    assert "risk accepted" in table[1]
    assert "vulnerable_code_not_in_execute_path" in table[2]
    assert table[4:] == ["1 more was ended; --all shows it"]
    assert "expires in" not in custody("exception", "list", "--expiring", "3", cwd=place).stdout
    whole = custody("exception", "list", "--all", cwd=place).stdout
    assert "  ended" in whole
    assert {row["stale"] for row in listed(place).values()} == {None}, "no scan is known that could tell"
    assert listed(place)[2]["state"] == "expiring"


@pytest.mark.parametrize("against", ["app.tar", "security-report.json"])
def test_those_that_cover_nothing_are_stale(place: Path, against: str) -> None:
    if against.endswith("json"):
        made = custody("scan", "app.tar", "--db", "db/x.db", "-o", f"json={against}", cwd=place)
        assert made.returncode == 0
    rows = listed(place, "--against", against, "--db", "db/x.db", "--all")
    assert {number: row["stale"] for number, row in rows.items()} == {1: False, 2: False, 3: True, 4: None}
    assert rows[3]["why"] == f"no such finding in {against}"
    text = custody("exception", "list", "--against", against, "--db", "db/x.db", cwd=place).stdout
    assert f"exception 3 is stale: no such finding in {against}\n" in text
    assert "in force, stale" in text


def test_the_last_release_tells_which_are_stale(place: Path) -> None:
    command = ("release", "docker-archive:app.tar", "--name", "app", "--db", "db/x.db", "--version")
    assert custody(*command, "1", cwd=place).returncode == 0
    rows = listed(place)
    assert {number: row["stale"] for number, row in rows.items()} == {1: False, 2: False, 3: True}
    assert rows[3]["why"] == "no such finding in app 1"


def test_without_a_workspace_there_are_none(tmp_path: Path) -> None:
    assert listed(tmp_path) == {}


# ── what can be told from a report ───────────────────────────────────────────────────────────────────────────────────

GRANT = ExceptionGrant(id="cve-2026-1000", granted_at=NOW - DAY, expires=NOW + 10 * DAY, owner="o", reason="r")
ASKED = DatabaseState(digest=Digest.of(b"db"), ecosystems=(("PyPI", 1),), newest=NOW, imported_at=NOW)


def stale(folder: Path, grant: ExceptionGrant, **changes: Any) -> bool | None:  # noqa: ANN401
    held = replace(report(finding("CVE-2026-1", aliases=("CVE-2026-2",))), database=ASKED)
    file = folder / "report.json"
    file.write_text(json.dumps(scan_report_to_json(replace(held, **changes))))
    row = RecordedException(number=1, grant=grant)
    request = ScanRequest(source=str(file))
    (judged,) = judge_exceptions([row], folder / "w", Silent(), now=NOW, days=14, against=request)
    return judged.stale


def test_only_a_scan_that_could_have_found_it_can_tell(tmp_path: Path) -> None:
    assert stale(tmp_path, GRANT) is True
    assert stale(tmp_path, replace(GRANT, id="CVE-2026-2")) is False
    assert stale(tmp_path, replace(GRANT, id="CVE-2026-2", package="jinja2")) is False
    assert stale(tmp_path, replace(GRANT, id="CVE-2026-2", package="flask")) is True
    assert stale(tmp_path, GRANT, database=None) is None
    missed = NotEvaluated(package_id=JINJA, reason="no version")
    for name in ("jinja2", JINJA, "pkg:pypi/jinja2"):
        assert stale(tmp_path, replace(GRANT, package=name), not_evaluated=(missed,)) is None
    assert stale(tmp_path, replace(GRANT, package="flask"), not_evaluated=(missed,)) is True
    record = replace(missed, advisory="CVE-2026-1000")
    assert stale(tmp_path, GRANT, not_evaluated=(record,)) is None
    assert stale(tmp_path, GRANT, not_evaluated=(replace(record, advisory="CVE-1"),)) is True


@pytest.mark.parametrize(
    ("expires", "days", "state", "left"),
    [
        (NOW + 14 * DAY, 14, "expiring", 14),
        (NOW + 14 * DAY + dt.timedelta(seconds=1), 14, "in force", 14),
        (NOW + dt.timedelta(seconds=1), 14, "expiring", 0),
        (NOW, 14, "expired", 0),
        (NOW + 90 * DAY, 90, "expiring", 90),
    ],
)
def test_the_window_of_what_expires(tmp_path: Path, expires: dt.datetime, days: int, state: str, left: int) -> None:
    row = RecordedException(number=1, grant=replace(GRANT, expires=expires))
    (judged,) = judge_exceptions([row], tmp_path / "w", Silent(), now=NOW, days=days)
    assert (judged.state, judged.days) == (state, left)


def test_one_that_was_ended_is_ended_whenever_it_would_expire(tmp_path: Path) -> None:
    for expires in (NOW - DAY / 2, NOW + DAY):
        row = RecordedException(number=1, grant=replace(GRANT, expires=expires), ended_at=NOW - DAY / 2)
        (judged,) = judge_exceptions([row], tmp_path / "w", Silent(), now=NOW, days=14)
        assert (judged.state, judged.stale) == ("ended", None)
