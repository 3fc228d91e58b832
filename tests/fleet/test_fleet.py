from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from custody import fleet
from custody.errors import InputError, UnavailableError
from custody.model import Dependency
from tests.advisories.samples import CVSS_CRITICAL, CVSS_HIGH, cvss, database, dump, package, record
from tests.advisories.signed import sign
from tests.fleet.fleets import NOW, Fleet, numbered

pytest.importorskip("duckdb", reason="the fleet's engine is an extra")

RECORDS = [
    record("CVE-2026-0001", ranges="introduced 0, fixed 3.0", severity=cvss(CVSS_HIGH)),
    record("GHSA-aaaa-bbbb-cccc", ranges="introduced 2.0, fixed 5.0", aliases=["CVE-2026-0001"]),
    record("CVE-2026-0002", "npm/left", ranges="introduced 1.0.0, last_affected 1.5.0"),
    record("PYSEC-2026-1", "PyPI/listed", ranges="", versions=["2004d", "1.0"]),
    record("DSA-1-1", "Debian:12/openssl", ranges="introduced 0, fixed 3.0.11-1", upstream=["CVE-2026-0003"]),
]


_HOLD = """import fcntl, os, sys, time
file = os.open(sys.argv[1], os.O_RDWR)
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)"""


def advisories(folder: Path, records: list[dict[str, Any]]) -> Path:
    database(folder, records).close()
    return sign(folder / "advisories.db")


def filled(folder: Path) -> Fleet:
    made = Fleet(folder)
    made.put("one", *numbered(6))
    made.put("two", package("pkg:npm/left@1.2.0"), package("pkg:pypi/sample@2.0"), package("pkg:pypi/listed@2004d"))
    owner = package("pkg:deb/debian/openssl@3.0.9-1?arch=amd64&distro=debian-12")
    owned = package("pkg:pypi/sample@1.0")
    made.put("three", owner, owned, dependencies=[Dependency(source=owner.id, target=owned.id, relation="owns")])
    made.put("four", package("pkg:generic/what@1"), package("pkg:pypi/sample"))
    return made


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_fleet_finds_what_single_scans_find(tmp_path: Path, jobs: int) -> None:
    db = advisories(tmp_path / "db", RECORDS)
    made = filled(tmp_path)
    done = made.scan(db, jobs=jobs)
    assert made.found() == made.expected(db)
    assert {(Path(source).stem, name) for source, name, *_ in made.found()} == {
        ("one", "CVE-2026-0001"),
        ("two", "CVE-2026-0001"),
        ("two", "CVE-2026-0002"),
        ("two", "PYSEC-2026-1"),  # its version is none by PEP 440, and is listed as a text
        ("three", "CVE-2026-0003"),
    }
    assert (done.read, done.unchanged, done.artifacts, done.unread) == (4, 0, 4, ())
    assert done.unasked == 3  # two without a question, one whose version cannot be ordered
    assert {severity: rest for severity, *rest in done.counts}["HIGH"] == [5, 2, 1]


def test_only_what_is_new_or_changed_is_read(tmp_path: Path) -> None:
    db = advisories(tmp_path / "db", RECORDS)
    made = filled(tmp_path)
    made.scan(db)
    again = made.scan(db)
    assert (again.read, again.unchanged, made.examined) == (0, 4, [])
    made.put("two", package("pkg:npm/left@9.0.0"))
    made.put("five", package("pkg:pypi/sample@4.5"))
    third = made.scan(db)
    assert [Path(source).stem for source in made.examined] == ["five", "two"]
    assert (third.read, third.unchanged, third.artifacts) == (2, 3, 5)
    assert made.found() == made.expected(db)


def test_what_was_changed_often_is_written_anew_and_stays_right(tmp_path: Path) -> None:
    db = advisories(tmp_path / "db", RECORDS)
    made = filled(tmp_path)
    for version in range(1, 8):
        made.put("two", package(f"pkg:pypi/sample@{version}.0"))
        made.scan(db)
        assert made.found() == made.expected(db)
    assert len(list(made.path.glob("holds-*.parquet"))) < 7


def test_a_source_that_cannot_be_read_is_named_and_the_rest_is_there(tmp_path: Path) -> None:
    db = advisories(tmp_path / "db", RECORDS)
    made = filled(tmp_path)
    (made.sources / "broken.json").write_text("{", encoding="utf-8")
    done = made.scan(db)
    assert [(Path(u.source).name, u.problem.partition(": ")[2]) for u in done.unread] == [
        ("broken.json", "not an SBOM")
    ]
    assert done.artifacts == 4
    assert made.found() == made.expected(db)


def changed(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One is fixed earlier, one is gone, one is new, one says how severe it is."""
    later = {"modified": "2026-02-01T00:00:00Z"}
    return [
        record("CVE-2026-0001", ranges="introduced 0, fixed 2.0", severity=cvss(CVSS_CRITICAL), **later),
        record("CVE-2026-0002", "npm/left", ranges="introduced 1.0.0, fixed 1.1.0", **later),
        *records[3:],
        record("CVE-2026-0009", ranges="introduced 5.0"),
    ]


def test_a_rematch_finds_what_scanning_everything_anew_would(tmp_path: Path) -> None:
    db = advisories(tmp_path / "db", RECORDS)
    made = filled(tmp_path)
    for n in range(20):  # so that few of all packages are touched
        made.put(f"other-{n}", package(f"pkg:npm/other-{n}@1.0.0"))
    many = [*RECORDS, *(record(f"CVE-2026-1{n:03}", f"npm/else-{n}") for n in range(50))]
    db = advisories(tmp_path / "db1", many)
    made.scan(db)
    before = made.found()
    newer = advisories(tmp_path / "db2", [*changed(RECORDS), *many[5:]])
    done = made.rematch(newer)
    assert made.found() == made.expected(newer)
    assert done.advisories == 4
    assert 0 < done.packages <= 9
    after = made.found()
    told = {(c.source, c.id, c.purl, c.appeared) for c in done.changes}
    assert told == {(*row[:3], True) for row in after if row[:3] not in {r[:3] for r in before}} | {
        (*row[:3], False) for row in before if row[:3] not in {r[:3] for r in after}
    }
    assert {appeared for *_, appeared in told} == {True, False}
    again = made.rematch(newer)
    assert (again.advisories, again.packages, again.changes) == (0, 0, ())


def test_a_rematch_with_another_database_altogether_matches_everything(tmp_path: Path) -> None:
    made = filled(tmp_path)
    made.scan(advisories(tmp_path / "db", RECORDS))
    other = advisories(tmp_path / "other", [record("CVE-2026-7777", ranges="introduced 6.0")])
    made.rematch(other)
    assert made.found() == made.expected(other)
    assert {name for _, name, *_ in made.found()} == {"CVE-2026-7777"}


def test_a_scan_with_a_newer_database_matches_what_was_there_too(tmp_path: Path) -> None:
    made = filled(tmp_path)
    made.scan(advisories(tmp_path / "db", RECORDS))
    newer = advisories(tmp_path / "newer", changed(RECORDS))
    made.scan(newer)
    assert made.examined == []
    assert made.found() == made.expected(newer)


def test_without_a_dataset_there_is_nothing_to_match(tmp_path: Path) -> None:
    db = advisories(tmp_path / "db", RECORDS)
    with pytest.raises(InputError, match="is no fleet dataset"):
        fleet.rematch(tmp_path / "none", database=db, now=NOW)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("{", "fleet.json"),
        ('{"schemaVersion": 2}', "schemaVersion"),
        ('{"schemaVersion": 1, "generation": 1, "gone": 0, "files": {"holds": ["../x"]}}', "none of the dataset's"),
        ('{"schemaVersion": 1, "generation": 1, "gone": 0, "files": {"holds": ["holds-9.parquet"]}}', "lacks its file"),
    ],
)
def test_a_damaged_dataset_is_refused_with_its_place(tmp_path: Path, content: str, what: str) -> None:
    db = advisories(tmp_path / "db", RECORDS)
    made = filled(tmp_path)
    made.scan(db)
    (made.path / "fleet.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=what):
        made.rematch(db)


def test_a_file_of_the_dataset_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    db = advisories(tmp_path / "db", RECORDS)
    made = filled(tmp_path)
    made.scan(db)
    next(made.path.glob("finding-*.parquet")).write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(InputError, match="damaged"):
        fleet.places(made.path)


def test_two_runs_at_once_are_told_apart(tmp_path: Path) -> None:
    db = advisories(tmp_path / "db", RECORDS)
    made = filled(tmp_path)
    made.scan(db)
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            _HOLD,
            str(made.path / ".lock"),
        ],
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(UnavailableError, match="another run is working on it"):
            made.scan(db)
        holder.kill()
    assert made.scan(db).unchanged == 4


def test_a_run_that_is_killed_leaves_the_old_dataset(tmp_path: Path) -> None:
    db = advisories(tmp_path / "db", RECORDS)
    made = filled(tmp_path)
    made.scan(db)
    before = made.found()
    (made.sources / "more").mkdir()
    for n in range(40):
        made.put(f"more/{n}", *numbered(9))
    for delay in (0.0, 0.05, 0.2, 0.4):
        child = os.fork()
        if child == 0:
            made.scan(db)
            os._exit(0)
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert made.found() in (before, made.expected(db))
    made.scan(db)
    assert made.found() == made.expected(db)
    named = {path.name.partition("-")[0] for path in made.path.glob("*.parquet")}
    assert named == {"artifact", "package", "asked", "holds", "finding", "record"}
    assert not list(made.path.glob(".fleet-*"))


def test_lists_name_sources_with_comments_and_relative_paths(tmp_path: Path) -> None:
    db = advisories(tmp_path / "db", RECORDS)
    made = filled(tmp_path)
    listing = tmp_path / "list.txt"
    listing.write_text("# the fleet\nsources/one.json\n\nsources/two.json\nsources/one.json\n", encoding="utf-8")
    done = fleet.scan([str(listing)], made.path, examine=made.examine, database=db, now=NOW)
    assert [Path(source).stem for source in made.examined] == ["one", "two"]
    assert done.artifacts == 2


def test_a_summary_puts_the_worst_first_and_places_can_be_asked_for(tmp_path: Path) -> None:
    db = advisories(tmp_path / "db", RECORDS)
    made = filled(tmp_path)
    made.scan(db)
    told = fleet.summary(made.path, most=2)
    assert next((p.id, p.severity, p.artifacts, p.packages) for p in told.problems) == (
        "CVE-2026-0001",
        "HIGH",
        2,
        ("sample",),
    )
    assert len(told.problems) == 2
    assert {Path(p.source).stem for p in fleet.places(made.path, problem="ghsa-aaaa-bbbb-cccc".upper())} == set()
    assert {Path(p.source).stem for p in fleet.places(made.path, problem="GHSA-aaaa-bbbb-cccc")} == {"one", "two"}
    assert {p.id for p in fleet.places(made.path, package="pkg:npm/left")} == {"CVE-2026-0002"}
    assert {p.id for p in fleet.places(made.path, source="three")} == {"CVE-2026-0003"}


def test_dumps_of_one_name_in_two_ecosystems_are_kept_apart(tmp_path: Path) -> None:
    dump(tmp_path / "osv", "npm", [record("CVE-2026-0001", "npm/sample", ranges="introduced 0")])
    db = advisories(tmp_path / "db", [record("CVE-2026-0001", "npm/sample", ranges="introduced 0")])
    made = Fleet(tmp_path)
    made.put("one", package("pkg:pypi/sample@1.0"), package("pkg:npm/sample@1.0.0"))
    made.scan(db)
    assert {purl for _, _, purl, _ in made.found()} == {"pkg:npm/sample@1.0.0"}
