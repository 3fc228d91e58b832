from __future__ import annotations

import datetime as dt
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from custody.advisories import apply_exceptions, import_osv, match, open_database
from custody.model import (
    Dependency,
    Digest,
    Distribution,
    ExceptionGrant,
    Finding,
    NotEvaluated,
    ScanReport,
    Skipped,
)
from custody.model.scan_json import finding_order
from tests.advisories.samples import (
    CVSS4_MEDIUM,
    CVSS_CRITICAL,
    CVSS_HIGH,
    NOW,
    cvss,
    database,
    dump,
    inventory,
    package,
    record,
)

OTHER_NPM = record("N-1", "npm/other")
DEBIAN_12 = "pkg:deb/debian/{}@{}?distro=debian-12"


def scan(folder: Path, records: list[dict[str, Any]], *packages: str, **more: Any) -> ScanReport:  # noqa: ANN401
    with database(folder, records) as db:
        return match(inventory(*map(package, packages), **more), db, now=NOW)


def only(report: ScanReport) -> Finding:
    (finding,) = report.findings
    return finding


# ── the result ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_looked_at_and_nothing_found_is_clean(tmp_path: Path) -> None:
    report = scan(tmp_path, [record("A-1")], "pkg:pypi/sample@2.0", "pkg:pypi/unheard-of@1.0")
    assert (report.result, report.findings, report.not_evaluated, report.packages) == ("clean", (), (), 2)
    assert report.database is not None


def test_without_a_database_nothing_is_known() -> None:
    report = match(inventory(package("pkg:pypi/sample@1.0")), None, now=NOW)
    assert (report.result, report.database) == ("unknown", None)
    assert report.not_evaluated == (
        NotEvaluated(package_id="pkg:pypi/sample@1.0", reason="there is no advisory database"),
    )


def test_an_empty_inventory_is_not_clean(tmp_path: Path) -> None:
    assert scan(tmp_path, [record("A-1")]).result == "unknown"


def test_a_system_without_a_single_package_is_not_clean(tmp_path: Path) -> None:
    system = package("pkg:generic/debian@12", purpose="OPERATING_SYSTEM")
    with database(tmp_path, [record("A-1")]) as db:
        assert match(inventory(system), db, now=NOW).result == "unknown"


@pytest.mark.parametrize(("installed", "result"), [(False, "clean"), (True, "unknown")])
def test_an_image_that_a_build_file_names_is_another_artifact(
    tmp_path: Path,
    installed: bool,
    result: str,
) -> None:
    base = package("pkg:docker/python@3.11-slim", purpose="CONTAINER", installed=installed)
    dockerfile = package("pkg:generic/Dockerfile", purpose="FILE", installed=False)
    with database(tmp_path, [record("A-1")]) as db:
        report = match(inventory(package("pkg:pypi/sample@2.0"), base, dockerfile), db, now=NOW)
    assert report.result == result


def test_a_file_that_could_not_be_read_keeps_a_scan_from_being_clean(tmp_path: Path) -> None:
    skipped = (Skipped(where="x/METADATA", reason="broken"),)
    report = scan(tmp_path, [record("A-1")], "pkg:pypi/sample@2.0", skipped=skipped)
    assert (report.result, report.skipped) == ("unknown", skipped)


@pytest.mark.parametrize(
    ("purl", "reason"),
    [
        ("pkg:pypi/sample", "no exact version"),
        ("pkg:pypi/sample@latest", "'latest' is not a version by PEP 440"),
        ("pkg:npm/other@^1.0", "'^1.0' is not a semantic version"),
        ("pkg:cargo/serde@1.0.0", "the database holds no advisories for crates.io"),
        ("pkg:generic/openssl@3", "no advisories are published for packages of type 'generic'"),
        ("pkg:deb/debian/x@1-1?distro=debian-12", "the database holds no advisories for Debian"),
        ("pkg:deb/debian/x@1-1", "the package does not say to which release of Debian it belongs"),
    ],
)
def test_what_cannot_be_asked_is_listed_and_never_clean(tmp_path: Path, purl: str, reason: str) -> None:
    report = scan(tmp_path, [record("A-1"), OTHER_NPM], purl)
    assert report.result == "unknown"
    assert report.not_evaluated == (NotEvaluated(package_id=str(package(purl).purl), reason=reason),)


@pytest.mark.parametrize(
    ("purpose", "installed", "result"),
    [
        ("OPERATING_SYSTEM", True, "clean"),
        ("APPLICATION", False, "clean"),
        ("APPLICATION", True, "unknown"),
        ("LIBRARY", False, "unknown"),
    ],
    ids=["the-system", "the-project-of-a-lock-file", "a-program-nobody-can-name-better", "anything-else"],
)
def test_what_is_only_the_whole_of_others_needs_no_advisories(
    tmp_path: Path, purpose: str, installed: bool, result: str
) -> None:
    whole = replace(package("pkg:generic/whole@1"), purpose=purpose, installed=installed)
    with database(tmp_path, [record("A-1")]) as db:
        assert match(inventory(whole, package("pkg:pypi/sample@2.0")), db, now=NOW).result == result


@pytest.mark.parametrize(("purl", "findings", "packages"), [("pkg:pypi/sample@1.0", 1, 1), ("pkg:oci/sample@1", 0, 0)])
def test_an_artifact_that_is_itself_a_package_is_judged_too(
    tmp_path: Path, purl: str, findings: int, packages: int
) -> None:
    whole = replace(inventory(), root=package(purl))
    with database(tmp_path, [record("A-1")]) as db:
        report = match(whole, db, now=NOW)
    assert (len(report.findings), report.packages) == (findings, packages)
    assert [finding.path for finding in report.findings] == [(purl,)] * findings


def test_a_release_that_the_database_does_not_know_is_not_evaluated(tmp_path: Path) -> None:
    records = [record("D-1", "Debian:11/x", "introduced 0, fixed 2-1")]
    report = scan(tmp_path, records, "pkg:deb/debian/x@1-1?distro=debian-13", "pkg:deb/debian/x@3-1?distro=debian-11")
    assert [n.reason for n in report.not_evaluated] == ["the database holds no advisories for Debian:13"]
    assert report.findings == ()


def test_loose_records_find_but_do_not_clear(tmp_path: Path) -> None:
    (tmp_path / "A-1.json").write_text(json.dumps(record("A-1")))
    import_osv([tmp_path / "A-1.json"], database=tmp_path / "x.db", now=NOW)
    with open_database(tmp_path / "x.db") as db:
        report = match(inventory(package("pkg:pypi/sample@1.0"), package("pkg:pypi/fine@1.0")), db, now=NOW)
    assert only(report).package == "sample"
    assert {n.package_id for n in report.not_evaluated} == {"pkg:pypi/sample@1.0", "pkg:pypi/fine@1.0"}


# ── a finding ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_finding_tells_all_that_is_known(tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "aliases": ["CVE-2026-1", "GHSA-1"],
        "summary": "It leaks.",
        "severity": cvss(CVSS_HIGH),
        "published": "2026-01-01T00:00:00Z",
        "references": [{"type": "WEB", "url": "https://b.example"}, {"type": "ADVISORY", "url": "https://a.example"}],
        "database_specific": {"cwe_ids": ["CWE-200"]},
    }
    records = [
        record(
            "PYSEC-1", ranges="introduced 0, fixed 1.5 | introduced 2.0, fixed 2.10, introduced 3, fixed 3.1", **values
        )
    ]
    finding = only(scan(tmp_path, records, "pkg:pypi/Sample@2.9"))
    origin = f"{tmp_path.name}/osv"
    assert finding.id == "CVE-2026-1"
    assert finding.aliases == ("GHSA-1", "PYSEC-1")
    assert (finding.severity, finding.score, finding.vector, finding.severity_source) == (
        "HIGH",
        7.5,
        CVSS_HIGH,
        "PYSEC-1",
    )
    assert (finding.package_id, finding.package, finding.version) == ("pkg:pypi/sample@2.9", "sample", "2.9")
    assert finding.ecosystem == "PyPI"
    assert finding.fixed_versions == ("2.10", "3.1")
    assert finding.summary == "It leaks."
    assert finding.path == ("pkg:generic/sample@1", "pkg:pypi/sample@2.9")
    assert finding.locations == ("lock",)
    assert finding.references == (("ADVISORY", "https://a.example"), ("WEB", "https://b.example"))
    assert finding.cwes == ("CWE-200",)
    assert finding.published == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    (found,) = finding.found
    assert found.searched == "PyPI sample 2.9"
    assert found.record == "PYSEC-1"
    assert found.matched == "introduced 2.0, fixed 2.10"
    assert (found.ordering, found.confidence) == ("pep440", "high")
    assert found.source == f"{origin}, modified 2026-01-02T03:04:05Z"


def test_records_about_one_problem_are_one_finding(tmp_path: Path) -> None:
    records = [
        record("PYSEC-1", aliases=["CVE-2026-1"], ranges="introduced 0, fixed 2.0.1"),
        record("GHSA-1", aliases=["CVE-2026-1", "PYSEC-1"], severity=cvss(CVSS_HIGH), summary="words"),
    ]
    finding = only(scan(tmp_path, records, "pkg:pypi/sample@1.0"))
    assert (finding.id, finding.aliases) == ("CVE-2026-1", ("GHSA-1", "PYSEC-1"))
    assert [h.record for h in finding.found] == ["GHSA-1", "PYSEC-1"]
    assert finding.fixed_versions == ("2.0", "2.0.1")
    assert finding.severity == "HIGH"
    assert finding.summary == "words"


def test_a_record_without_a_score_takes_that_of_another_about_the_same_problem(tmp_path: Path) -> None:
    records = [
        record("PYSEC-1", aliases=["CVE-2026-1"]),
        record("GHSA-1", "npm/other", aliases=["CVE-2026-1"], severity=cvss(CVSS_CRITICAL)),
        record(
            "GHSA-2", "npm/other", aliases=["CVE-2026-1"], severity=cvss(CVSS4_MEDIUM), withdrawn="2026-01-01T00:00:00Z"
        ),
    ]
    finding = only(scan(tmp_path, records, "pkg:pypi/sample@1.0"))
    assert (finding.severity, finding.severity_source) == ("CRITICAL", "GHSA-1")
    assert finding.aliases == ("GHSA-1", "PYSEC-1"), "all names that are known, and not those of what was withdrawn"


def test_a_severity_for_the_package_counts_before_that_of_the_record(tmp_path: Path) -> None:
    value = record("A-1")
    value["affected"][0]["severity"] = cvss(CVSS_HIGH)
    value["affected"] += record("x", "PyPI/other")["affected"]
    value["affected"][1]["severity"] = cvss(CVSS_CRITICAL)
    report = scan(tmp_path, [value], "pkg:pypi/sample@1.0", "pkg:pypi/other@1.0")
    assert [(f.package, f.severity) for f in report.findings] == [("other", "CRITICAL"), ("sample", "HIGH")]


def test_nobody_scored_it_and_it_is_shown_as_unknown(tmp_path: Path) -> None:
    finding = only(scan(tmp_path, [record("A-1", severity=cvss("CVSS:3.1/AV:X"))], "pkg:pypi/sample@1.0"))
    assert (finding.severity, finding.score, finding.vector) == ("UNKNOWN", None, "")


def test_withdrawn_records_find_nothing(tmp_path: Path) -> None:
    report = scan(tmp_path, [record("A-1", withdrawn="2026-01-01T00:00:00Z")], "pkg:pypi/sample@1.0")
    assert report.result == "clean"


def test_no_known_fix_is_an_empty_list(tmp_path: Path) -> None:
    finding = only(scan(tmp_path, [record("A-1", ranges="introduced 0, last_affected 1.9")], "pkg:pypi/sample@1.9"))
    assert finding.fixed_versions == ()


def test_findings_are_sorted_most_severe_first(tmp_path: Path) -> None:
    records = [
        record("A-1", "PyPI/b"),
        record("A-2", "PyPI/a", severity=cvss(CVSS4_MEDIUM)),
        record("A-3", "PyPI/b", severity=cvss(CVSS_CRITICAL)),
        record("A-4", "PyPI/a", severity=cvss(CVSS_CRITICAL)),
    ]
    report = scan(tmp_path, records, "pkg:pypi/a@1.0", "pkg:pypi/b@1.0")
    assert [(f.severity, f.package, f.id) for f in report.findings] == [
        ("CRITICAL", "a", "A-4"),
        ("CRITICAL", "b", "A-3"),
        ("MEDIUM", "a", "A-2"),
        ("UNKNOWN", "b", "A-1"),
    ]
    assert sorted(report.findings, key=finding_order) == list(report.findings)


def test_a_build_of_a_public_version_has_its_faults(tmp_path: Path) -> None:
    records = [record("A-1", ranges="introduced 0, last_affected 2.0"), record("A-2", ranges="introduced 0, fixed 2.0")]
    finding = only(scan(tmp_path, records, "pkg:pypi/sample@2.0%2Bcu118"))
    assert finding.id == "A-1"
    assert (finding.found[0].searched, finding.found[0].confidence) == ("PyPI sample 2.0", "low")
    above = scan(tmp_path / "again", records, "pkg:pypi/sample@1.0%2Bcu118")
    assert {(f.id, f.found[0].confidence) for f in above.findings} == {("A-1", "high"), ("A-2", "high")}


# ── records that leave a question open ───────────────────────────────────────────────────────────────────────────────


def test_a_record_that_cannot_be_evaluated_is_listed_with_its_id(tmp_path: Path) -> None:
    records = [record("A-1", ranges="introduced 0, last_affected 2.6.0-NA"), record("A-2", ranges="")]
    report = scan(tmp_path, records, "pkg:pypi/sample@2.6.0", "pkg:pypi/sample@3.0")
    assert report.result == "unknown"
    assert sorted((n.package_id, n.advisory) for n in report.not_evaluated) == [
        ("pkg:pypi/sample@2.6.0", "A-1"),
        ("pkg:pypi/sample@2.6.0", "A-2"),
        ("pkg:pypi/sample@3.0", "A-2"),
    ]


def test_another_record_about_the_problem_may_answer_for_it(tmp_path: Path) -> None:
    open_question = record("A-1", ranges="", aliases=["CVE-2026-1"])
    answer = record("A-2", aliases=["CVE-2026-1"])
    assert scan(tmp_path / "1", [open_question, answer], "pkg:pypi/sample@3.0").result == "clean"
    for number, other in enumerate(
        [answer | {"withdrawn": "2026-01-01T00:00:00Z"}, record("A-2", "PyPI/other", aliases=["CVE-2026-1"])]
    ):
        report = scan(tmp_path / f"no {number}", [open_question, other], "pkg:pypi/sample@3.0")
        assert [n.advisory for n in report.not_evaluated] == ["A-1"]


def test_a_record_that_matched_leaves_nothing_open(tmp_path: Path) -> None:
    report = scan(tmp_path, [record("A-1", ranges="introduced 0, fixed 2.0 | introduced NA")], "pkg:pypi/sample@1.0")
    assert only(report).id == "A-1"
    assert report.not_evaluated == ()


# ── distributions ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_debian_packages_are_judged_by_source_and_release(tmp_path: Path) -> None:
    records = [
        record("DSA-1-1", "Debian:12/openssl", "introduced 0, fixed 3.0.15-1", upstream=["CVE-2026-1", "CVE-2026-2"]),
        record("DSA-2-1", "Debian:11/openssl", "introduced 0", upstream=["CVE-2026-3"]),
        record("DSA-3-1", "Debian/openssl", "introduced 0", upstream=["CVE-2026-4"]),
        record("DSA-4-1", "Debian:12/libssl3", "introduced 0", upstream=["CVE-2026-5"]),
    ]
    with database(tmp_path, records) as db:
        binary = package(DEBIAN_12.format("libssl3", "3.0.14-1"), source_name="openssl", source_version="3.0.14-1")
        report = match(inventory(binary), db, now=NOW)
    assert [(f.id, f.aliases, f.ecosystem) for f in report.findings] == [
        ("CVE-2026-1", ("DSA-1-1",), "Debian:12"),
        ("CVE-2026-2", ("DSA-1-1",), "Debian:12"),
        ("CVE-2026-4", ("DSA-3-1",), "Debian"),
    ]
    assert {f.package for f in report.findings} == {"libssl3"}
    assert report.findings[0].found[0].searched == "Debian:12 openssl 3.0.14-1"
    assert report.findings[0].fixed_versions == ("3.0.15-1",)
    assert report.not_evaluated == ()


def test_the_system_of_the_artifact_says_the_release_where_the_package_does_not(tmp_path: Path) -> None:
    with database(tmp_path, [record("DSA-1-1", "Debian:12/x", "introduced 0")]) as db:
        held = inventory(package("pkg:deb/debian/x@1-1"), distribution=Distribution(id="debian", version="12"))
        assert only(match(held, db, now=NOW)).id == "DSA-1-1"


def test_ubuntu_long_term_releases_are_found_under_their_names(tmp_path: Path) -> None:
    records = [
        record("UBUNTU-CVE-2026-1", "Ubuntu:22.04:LTS/x", "introduced 0", severity=[{"type": "Ubuntu", "score": "low"}])
    ]
    finding = only(scan(tmp_path, records, "pkg:deb/ubuntu/x@1-1?distro=ubuntu-22.04"))
    assert (finding.id, finding.severity) == ("UBUNTU-CVE-2026-1", "LOW")


def test_what_a_distribution_installed_is_judged_by_the_distribution(tmp_path: Path) -> None:
    owner = package(DEBIAN_12.format("python3-sample", "1.0-1"))
    owned, own = package("pkg:pypi/sample@1.0"), package("pkg:pypi/other@1.0")
    records = [record("A-1"), record("A-2", "PyPI/other"), record("D-1", "Debian:12/unrelated", "introduced 0")]
    edges = [
        Dependency(source=owner.id, target=owned.id, relation="owns"),
        Dependency(source=owner.id, target=own.id, relation="depends_on"),
    ]
    with database(tmp_path, records) as db:
        report = match(inventory(owner, owned, own, dependencies=edges), db, now=NOW)
        assert [f.package for f in report.findings] == ["other"]
        assert report.not_evaluated == ()
        by_npm = [Dependency(source=own.id, target=owned.id, relation="owns")]
        assert {f.package for f in match(inventory(owned, own, dependencies=by_npm), db, now=NOW).findings} == {
            "sample",
            "other",
        }


def test_what_an_unknown_distribution_installed_is_not_evaluated(tmp_path: Path) -> None:
    owner, owned = package("pkg:deb/debian/python3-sample@1.0-1?distro=debian-13"), package("pkg:pypi/sample@1.0")
    with database(tmp_path, [record("A-1"), record("D-1", "Debian:12/x", "introduced 0")]) as db:
        edges = [Dependency(source=owner.id, target=owned.id, relation="owns")]
        report = match(inventory(owner, owned, dependencies=edges), db, now=NOW)
    assert report.result == "unknown"
    assert [n.reason for n in report.not_evaluated] == [
        "the database holds no advisories for Debian:13",
        f"it belongs to {owner.id}, and the database holds no advisories for Debian:13",
    ]


# ── where it is ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_layer_is_the_first_that_holds_the_package(tmp_path: Path) -> None:
    first = package("pkg:pypi/sample@1.0", path="b", layer="two")
    held = first.merged(package("pkg:pypi/sample@1.0", path="a", layer="three"))
    with database(tmp_path, [record("A-1")]) as db:
        finding = only(match(inventory(held, layers=["one", "two", "three"]), db, now=NOW))
        assert finding.layer == Digest.of(b"two")
        assert finding.locations == ("a", "b")
        assert only(match(inventory(package("pkg:pypi/sample@1.0")), db, now=NOW)).layer is None


def test_the_path_leads_from_the_root(tmp_path: Path) -> None:
    top, middle, low = (package(f"pkg:pypi/{name}@1.0") for name in ("top", "middle", "sample"))
    edges = [Dependency(source=top.id, target=middle.id), Dependency(source=middle.id, target=low.id)]
    with database(tmp_path, [record("A-1")]) as db:
        held = inventory(top, middle, low, dependencies=edges)
        finding = only(match(held, db, now=NOW))
    assert finding.path == ("pkg:generic/sample@1", top.id, middle.id, low.id) == held.path_to(low.id)


def test_every_path_is_the_one_the_inventory_gives(tmp_path: Path) -> None:
    chance = random.Random(5)  # noqa: S311
    held = [package(f"pkg:pypi/p{n}@1.0") for n in range(40)]
    edges = [Dependency(source=chance.choice(held).id, target=chance.choice(held).id) for _ in range(120)]
    whole = inventory(*held, dependencies=edges)
    with database(tmp_path, [record(f"A-{n}", f"PyPI/p{n}") for n in range(40)]) as db:
        report = match(whole, db, now=NOW)
    assert len(report.findings) == 40
    assert [f.path for f in report.findings] == [whole.path_to(f.package_id) for f in report.findings]


def test_the_time_of_the_scan_is_in_whole_seconds(tmp_path: Path) -> None:
    with database(tmp_path, [record("A-1")]) as db:
        report = match(inventory(), db, now=NOW.replace(microsecond=9).astimezone(dt.timezone(dt.timedelta(hours=3))))
    assert report.scanned_at == NOW
    assert report.scanned_at.tzinfo is dt.UTC


# ── exceptions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def grant(name: str, **more: Any) -> ExceptionGrant:  # noqa: ANN401
    return ExceptionGrant(id=name, **{"reason": "r", "owner": "o", "approver": "a"} | more)


@pytest.mark.parametrize(
    ("grants", "suppressed"),
    [
        ([grant("CVE-2026-1")], True),
        ([grant("cve-2026-1 ")], True),
        ([grant("PYSEC-1")], True),
        ([grant("CVE-2026-2")], False),
        ([grant("CVE-2026-1", package="sample")], True),
        ([grant("CVE-2026-1", package="pkg:pypi/sample@1.0")], True),
        ([grant("CVE-2026-1", package="pkg:pypi/sample")], True),
        ([grant("CVE-2026-1", package="other")], False),
        ([grant("CVE-2026-1", package="pkg:pypi/sample@1.1")], False),
        ([grant("CVE-2026-1", expires=NOW + dt.timedelta(seconds=1))], True),
        ([grant("CVE-2026-1", expires=NOW)], False),
        ([grant("CVE-2026-1", granted_at=NOW + dt.timedelta(seconds=1))], False),
        ([grant("CVE-2026-1", granted_at=NOW)], True),
        ([], False),
    ],
)
def test_which_exceptions_cover_a_finding(tmp_path: Path, grants: list[ExceptionGrant], suppressed: bool) -> None:
    report = scan(tmp_path, [record("PYSEC-1", aliases=["CVE-2026-1"])], "pkg:pypi/sample@1.0")
    covered = apply_exceptions(report, grants, now=NOW)
    assert (only(covered).suppression is not None) == suppressed
    assert covered.result == "findings", "what is excepted was found all the same"
    assert replace(only(covered), suppression=None) == only(report)


def test_the_exception_that_lasts_longest_is_named_and_a_later_look_can_take_it_back(tmp_path: Path) -> None:
    report = scan(tmp_path, [record("A-1")], "pkg:pypi/sample@1.0")
    grants = [
        grant("A-1", owner="short", expires=NOW + dt.timedelta(days=1)),
        grant("A-1", owner="long", expires=NOW + dt.timedelta(days=9)),
    ]
    covered = apply_exceptions(report, grants, now=NOW)
    assert only(covered).suppression == only(apply_exceptions(report, grants[::-1], now=NOW)).suppression
    suppression = only(covered).suppression
    assert suppression is not None
    assert (suppression.owner, suppression.reason, suppression.approver) == ("long", "r", "a")
    assert only(apply_exceptions(covered, grants, now=NOW + dt.timedelta(days=9))).suppression is None


def test_an_exception_for_one_problem_of_a_notice_leaves_the_others(tmp_path: Path) -> None:
    records = [record("DSA-1-1", "Debian:12/x", "introduced 0", upstream=["CVE-2026-1", "CVE-2026-2"])]
    report = scan(tmp_path, records, DEBIAN_12.format("x", "1-1"))
    one = apply_exceptions(report, [grant("CVE-2026-1")], now=NOW)
    assert [f.id for f in one.findings if f.suppression is None] == ["CVE-2026-2"]
    both = apply_exceptions(report, [grant("DSA-1-1")], now=NOW)
    assert all(f.suppression for f in both.findings)


# ── the whole ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_report_does_not_depend_on_the_order_of_anything(tmp_path: Path) -> None:
    records = [record(f"A-{n}", f"PyPI/p{n % 5}", aliases=[f"CVE-2026-{n % 7}"]) for n in range(20)]
    names = [f"pkg:pypi/p{n}@1.0" for n in range(6)]
    chance = random.Random(3)  # noqa: S311
    reports = []
    for turn in range(3):
        chance.shuffle(records)
        chance.shuffle(names)
        dump(tmp_path / str(turn) / "osv", "PyPI", records)
        import_osv([tmp_path / str(turn) / "osv"], database=tmp_path / f"{turn}.db", now=NOW)
        with open_database(tmp_path / f"{turn}.db") as db:
            report = match(inventory(*map(package, names)), db, now=NOW)
        assert report.database is not None
        reports.append(replace(report, database=replace(report.database, origin="")))
    assert len(reports[0].findings) > 10
    first = [replace(f, found=()) for f in reports[0].findings]
    assert all([replace(f, found=()) for f in report.findings] == first for report in reports)
    assert all(replace(report, findings=()) == replace(reports[0], findings=()) for report in reports)


def test_known_findings_in_the_reference_data(shared: Path, tmp_path: Path) -> None:
    osv = shared / "data" / "osv"
    import_osv([osv / "PyPI", osv / "npm", osv / "Debian"], database=tmp_path / "x.db", now=NOW)
    held = [
        package("pkg:pypi/jinja2@2.10"),
        package("pkg:npm/lodash@4.17.11"),
        package("pkg:deb/debian/libssl1.1@1.1.1d-0%2Bdeb10u3?distro=debian-10", source_name="openssl"),
        package("pkg:pypi/django@999"),
    ]
    with open_database(tmp_path / "x.db") as db:
        report = match(inventory(*held), db, now=NOW)
    found = {(f.package, f.id): f for f in report.findings}
    sandbox = found["jinja2", "CVE-2019-10906"]
    assert sandbox.fixed_versions == ("2.10.1",)
    assert sandbox.severity == "UNKNOWN", "no record in this data scores it"
    assert found["jinja2", "CVE-2025-27516"].severity == "MEDIUM"
    assert ("libssl1.1", "CVE-2020-1971") in found  # DSA-4807-1, fixed in 1.1.1d-0+deb10u4
    assert found["libssl1.1", "CVE-2020-1971"].aliases == ("DSA-4807-1",)
    assert not any(package == "django" for package, _ in found)


def test_a_version_that_no_ordering_reads_is_found_where_it_is_listed_and_stays_unsure(tmp_path: Path) -> None:
    listing = record("PYSEC-2026-1", "PyPI/listed", ranges="", versions=["2004d", "1.0"])
    with database(tmp_path, [listing, record("CVE-2026-1", "PyPI/listed", ranges="introduced 0")]) as db:
        report = match(inventory(package("pkg:pypi/listed@2004d"), package("pkg:pypi/listed@2004e")), db, now=NOW)
    assert [(f.id, f.version) for f in report.findings] == [("PYSEC-2026-1", "2004d")]
    assert {n.package_id for n in report.not_evaluated} == {"pkg:pypi/listed@2004d", "pkg:pypi/listed@2004e"}


def test_a_tag_of_an_action_that_moves_is_judged_as_the_last_release_of_its_line(tmp_path: Path) -> None:
    records = [
        record("GHSA-1", "GitHub Actions/acme/build", ranges="introduced 0, fixed 4.1.3"),
        record("GHSA-2", "GitHub Actions/acme/build", ranges="introduced 4.0.0, fixed 5.0.1"),
        record("GHSA-3", "GitHub Actions/acme/build", ranges="introduced 5.0.0"),
    ]
    tags = ("v4", "v4.1", "v4.1.2", "v5")
    with database(tmp_path, records) as db:
        report = match(inventory(*(package(f"pkg:githubactions/acme/build@{tag}") for tag in tags)), db, now=NOW)
    assert {(f.version, f.id) for f in report.findings} == {
        ("v4", "GHSA-2"),
        ("v4.1", "GHSA-2"),
        ("v4.1.2", "GHSA-1"),
        ("v4.1.2", "GHSA-2"),
        ("v5", "GHSA-3"),
    }
    assert {n.package_id.rpartition("@")[2] for n in report.not_evaluated} == {"v4", "v4.1", "v5"}


def test_a_go_purl_with_a_subpath_may_mean_a_package_or_a_module_of_its_own(tmp_path: Path) -> None:
    records = [
        record("GO-1", "Go/example.org/x", ranges="introduced 0, fixed 2.0.0"),
        record("GO-2", "Go/example.org/x/sub", ranges="introduced 0, fixed 2.0.0"),
        record("GO-3", "Go/example.org/x/v3", ranges="introduced 0, fixed 3.2.0"),
    ]
    with database(tmp_path, records) as db:
        report = match(
            inventory(package("pkg:golang/example.org/x@v1.0.0#sub"), package("pkg:golang/example.org/x@v3.1.0#v3")),
            db,
            now=NOW,
        )
    assert [f.id for f in report.findings] == ["GO-2", "GO-3"]
    assert [(n.package_id, n.advisory) for n in report.not_evaluated] == [
        ("pkg:golang/example.org/x@v1.0.0#sub", "GO-1")
    ]
