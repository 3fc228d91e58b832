from __future__ import annotations

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from custody.advisories import match
from custody.advisories.starter import build_starter, open_starter
from custody.errors import InputError
from tests.advisories.samples import NOW, inventory, package, record

STARTER = files("custody.advisories").joinpath("data", "starter.json").read_bytes()


def test_it_says_what_it_is() -> None:
    with open_starter() as db:
        db.verify()
        status = db.status()
    assert db.state.partial
    assert db.state.origin.startswith("starter database: ")
    assert status.path is None
    assert status.whole == ()
    assert dict(status.listed).keys() == {"PyPI", "npm"}
    assert status.records == len(json.loads(STARTER)["records"]) > 50


def test_a_package_outside_of_it_is_never_called_clean() -> None:
    with open_starter() as db:
        report = match(inventory(package("pkg:pypi/left-pad@1.0"), package("pkg:npm/left-pad@1.0.0")), db, now=NOW)
    assert report.result == "unknown"
    assert {n.reason for n in report.not_evaluated} == {"not covered by the starter database"}
    assert len(report.not_evaluated) == 2


def test_a_package_inside_of_it_can_be_clean_or_not() -> None:
    with open_starter() as db:
        assert match(inventory(package("pkg:pypi/MarkupSafe@3.0.0")), db, now=NOW).result == "clean"
        report = match(inventory(package("pkg:pypi/jinja2@2.10")), db, now=NOW)
    assert ("CVE-2019-10906", ("2.10.1",)) in {(f.id, f.fixed_versions) for f in report.findings}


def test_a_record_about_a_package_does_not_make_it_covered() -> None:
    data = {"origin": "o", "madeAt": "2026-01-01", "covered": {"PyPI": ["Fine_Package"]}, "records": [record("A-1")]}
    with build_starter(json.dumps(data).encode()) as db:
        report = match(inventory(package("pkg:pypi/sample@1.0"), package("pkg:pypi/fine-package@1.0")), db, now=NOW)
    assert [f.package for f in report.findings] == ["sample"]
    assert [n.package_id for n in report.not_evaluated] == ["pkg:pypi/sample@1.0"]


def test_it_covers_every_python_package_of_the_example(root: Path) -> None:
    lock = tomllib.loads((root / "examples" / "whisperengine" / "uv.lock").read_text(encoding="utf-8"))
    with open_starter() as db:
        assert [p["name"] for p in lock["package"] if db.uncovered(("PyPI",), p["name"])] == []


def test_it_holds_facts_and_no_texts() -> None:
    content = json.loads(STARTER)
    known = {"id", "modified", "published", "aliases", "severity", "affected", "references", "database_specific"}
    for each in content["records"]:
        assert set(each) <= known
        assert set(each.get("database_specific", {})) <= {"severity", "cwe_ids"}
        assert {key for affected in each["affected"] for key in affected} <= {"package", "ranges", "versions"}
    hosts = set(re.findall(r"https?://([^/\"]+)", STARTER.decode()))
    assert hosts <= {"github.com", "nvd.nist.gov", "www.cve.org"}


def test_it_says_the_same_as_the_whole_data_about_every_package_it_covers(shared: Path, tmp_path: Path) -> None:
    from custody.advisories import import_osv, open_database

    content = json.loads(STARTER)
    versions = ["0.1", "1.0.0", "1.11.0", "2.0.0", "2.3.1", "2.10", "2.29.3", "3.0.2", "4.0.0", "12.3.1", "2023.7.22"]
    held = [package(f"pkg:pypi/{n}@{v}") for n in content["covered"]["PyPI"] for v in versions]
    held += [package(f"pkg:npm/{n}@{v}") for n in content["covered"]["npm"] for v in versions if v.count(".") == 2]
    osv = shared / "data" / "osv"
    import_osv([osv / "PyPI", osv / "npm"], database=tmp_path / "x.db", now=NOW)
    with open_starter() as starter, open_database(tmp_path / "x.db") as whole:
        one, other = (match(inventory(*held), db, now=NOW) for db in (starter, whole))
    assert len(one.findings) > 200
    told = [
        sorted((f.id, f.package_id, f.fixed_versions, f.vector, f.modified, f.aliases) for f in report.findings)
        for report in (one, other)
    ]
    assert [finding[:-1] for finding in told[0]] == [finding[:-1] for finding in told[1]]
    # A record about another package may know one more name of the problem; the starter database has no such records.
    assert all(set(mine[-1]) <= set(its[-1]) for mine, its in zip(*told, strict=True))
    assert sum(mine[-1] == its[-1] for mine, its in zip(*told, strict=True)) > 0.95 * len(told[0])
    assert one.not_evaluated == other.not_evaluated


@pytest.mark.parametrize(
    "data", [b"", b"{}", STARTER[: len(STARTER) // 2], b'{"origin": "x", "madeAt": "2026-01-01", "records": [{}]}']
)
def test_a_damaged_file_is_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError):
        build_starter(data)
