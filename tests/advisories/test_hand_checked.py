"""Real records against what people read in them: see tests/cases/advisories/hand-checked."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from custody.advisories import import_osv, match, open_database
from custody.advisories.database import Database
from custody.model import ScanReport
from tests.advisories.samples import NOW, dump, inventory, package

FOLDER = Path(__file__).resolve().parent.parent / "cases" / "advisories" / "hand-checked"
ANSWERS = ("affected", "not-affected", "unknown")


class Case(NamedTuple):
    """What a person says of a package, and why."""

    answer: str
    purl: str
    record: str
    why: str


def _cases() -> Iterator[Case]:
    record = ""
    for number, line in enumerate((FOLDER / "cases.txt").read_text(encoding="utf-8").splitlines(), start=1):
        if found := re.fullmatch(r"(affected|not-affected|unknown) +(pkg:\S+) +\| (\S.*)", line):
            yield Case(found[1], found[2], record, found[3])
        elif line and not line.startswith(("#", "==")):
            if " " in line:
                raise ValueError(f"cases.txt:{number}: {line!r} is no case and no id of a record")
            record = line


CASES = list(_cases())


def _records() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / "records.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give a database of all the records, each in the dump it came from."""
    folder = tmp_path_factory.mktemp("hand-checked")
    dumps: dict[str, list[dict[str, Any]]] = {}
    for line in _records():
        for name in line["dumps"]:
            dumps.setdefault(name, []).append(line["record"])
    for name, records in dumps.items():
        dump(folder / "osv", name, records)
    import_osv([folder / "osv"], database=folder / "x.db", now=NOW)
    with open_database(folder / "x.db") as opened:
        yield opened


def answer_of(report: ScanReport, record: str) -> str:
    """Give what a scan of one package says of one record."""
    if any(found.record == record for finding in report.findings for found in finding.found):
        return "affected"
    return "unknown" if any(n.advisory in ("", record) for n in report.not_evaluated) else "not-affected"


@pytest.mark.parametrize("case", CASES, ids=[f"{c.record} {c.purl}" for c in CASES])
def test_the_scan_says_what_people_read(case: Case, database: Database) -> None:
    report = match(inventory(package(case.purl)), database, now=NOW)
    assert answer_of(report, case.record) == case.answer, case.why


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_package_together_gets_the_same_answers(answer: str, database: Database) -> None:
    """One inventory of all of them: no package's answer depends on another's."""
    chosen = [case for case in CASES if case.answer == answer]
    report = match(inventory(*(package(case.purl) for case in {c.purl: c for c in chosen}.values())), database, now=NOW)
    found = {(f.package_id, r.record) for f in report.findings for r in f.found}
    for case in chosen:
        name = str(package(case.purl).purl)
        assert ((name, case.record) in found) == (answer == "affected"), case


def test_there_are_enough_cases_of_every_kind() -> None:
    assert len(CASES) == len({(case.record, case.purl) for case in CASES}) >= 200
    answers = Counter(case.answer for case in CASES)
    assert min(answers[answer] for answer in ANSWERS) >= 10
    types = {case.purl.removeprefix("pkg:").partition("/")[0] for case in CASES}
    assert {"pypi", "npm", "maven", "golang", "cargo", "gem", "composer", "nuget", "hex", "bitnami", "julia"} <= types
    assert {"hackage", "cran", "swift", "deb", "apk", "rpm"} <= types


def test_every_record_is_asked_for_and_every_case_has_its_record() -> None:
    assert {case.record for case in CASES} == {line["record"]["id"] for line in _records()}


def test_the_excerpts_keep_no_text() -> None:
    for line in _records():
        assert set(line["record"]) <= {"id", "modified", "withdrawn", "aliases", "upstream", "affected"}
        assert all(set(entry) <= {"package", "ranges", "versions"} for entry in line["record"]["affected"])
