"""Several reports of one artifact as one: the rules of `custody.report.foreign.merge`, by their numbers."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.model import Epss, Finding, HowFound, ScanReport, Suppression, finding_order
from custody.report import encode_security_report, merge_reports, parse_security_report
from tests.report.foreign.cases import CASES, read
from tests.report.scans import ARTIFACT, EXCEPTION, FULL, HOW, JINJA, NOW, STATE, finding, report

THEIRS = HowFound(
    searched="PyPI jinja2 2.10", record="GHSA-462w-v97r-4m45", matched="< 2.10.1", ordering="", source="grype"
)
SAME = replace(
    JINJA,
    id="GHSA-462w-v97r-4m45",
    aliases=(),
    severity="CRITICAL",
    score=9.9,
    severity_source="github",
    locations=("app/other.txt",),
    fixed_versions=("2.10.1", "2.11"),
    references=(("WEB", "https://c.example"),),
    cwes=("CWE-79",),
    found=(THEIRS,),
    epss=Epss(id="CVE-2019-10906", score=0.1, percentile=0.9, date=dt.date(2026, 10, 1)),
)
IGNORED = Suppression(kind="ignore", reason="not ours", owner="", expires=None)


def merged(*reports: ScanReport, ours: int = 0) -> ScanReport:
    made = merge_reports(reports, artifact=ARTIFACT.digest, ours=ours)
    assert parse_security_report(encode_security_report(made), "x") == made
    return made


def one(*reports: ScanReport, ours: int = 0) -> Finding:
    [found] = merged(*reports, ours=ours).findings
    return found


def test_one_problem_is_one_finding_and_nothing_is_lost() -> None:  # 1, 2, 4
    found = one(report(JINJA), report(SAME))
    assert found.id == "CVE-2019-10906"
    assert found.aliases == ("GHSA-462w-v97r-4m45", "PYSEC-2019-217")
    assert found.found == (HOW, THEIRS)
    assert found.locations == ("app/other.txt", *JINJA.locations)
    assert found.fixed_versions == ("2.10.1", "3.0.0", "2.11")
    assert found.cwes == ("CWE-693", "CWE-79")
    assert ("WEB", "https://c.example") in found.references
    assert found.epss == SAME.epss


def test_qualifiers_do_not_tell_packages_apart_and_versions_do() -> None:  # 1
    other = replace(SAME, package_id="pkg:pypi/jinja2@2.10?arch=any")
    assert len(merged(report(JINJA), report(other)).findings) == 1
    newer = replace(SAME, package_id="pkg:pypi/jinja2@2.11", version="2.11")
    assert len(merged(report(JINJA), report(newer)).findings) == 2
    epoch = replace(JINJA, package_id="pkg:rpm/rocky/jinja2@1:2.10-3", version="1:2.10-3")
    qualified = replace(SAME, package_id="pkg:rpm/rocky/jinja2@2.10-3?epoch=1", version="2.10-3")
    assert len(merged(report(epoch), report(qualified)).findings) == 1


def test_different_cves_stay_apart_whatever_advisory_both_name() -> None:  # 1
    both = [replace(finding(name), aliases=("RHSA-2026:1",)) for name in ("CVE-2026-0001", "CVE-2026-0002")]
    assert len(merged(report(both[0]), report(both[1])).findings) == 2
    advisory = replace(JINJA, id="RHSA-2026:1", aliases=(), found=(THEIRS,))
    made = merged(report(*both), report(advisory))
    assert {f.id for f in made.findings} == {"CVE-2026-0001", "CVE-2026-0002", "RHSA-2026:1"}


def test_a_finding_without_a_version_joins_the_only_version() -> None:  # 1
    bare = replace(SAME, package_id="pkg:pypi/jinja2", version="")
    found = one(report(JINJA), report(bare))
    assert (found.package_id, found.version, found.found) == (JINJA.package_id, "2.10", (HOW, THEIRS))
    two = report(JINJA, replace(JINJA, package_id="pkg:pypi/jinja2@2.9", version="2.9"))
    assert len(merged(two, report(bare)).findings) == 3


def test_our_severity_stands_where_we_know_one() -> None:  # 3
    found = one(report(SAME), report(JINJA), ours=1)
    assert (found.severity, found.score, found.severity_source) == ("HIGH", 8.6, "GHSA-462w-v97r-4m45")
    unknown = replace(JINJA, severity="UNKNOWN", score=None, vector="", severity_source="")
    found = one(report(unknown), report(SAME))
    assert (found.severity, found.score, found.severity_source) == ("CRITICAL", 9.9, "github")


def test_among_others_the_most_severe_word_counts() -> None:  # 3
    low = replace(SAME, severity="LOW", score=1.0, severity_source="somebody")
    for reports in permutations((report(low), report(SAME), report(JINJA))):
        assert one(*reports, ours=-1).severity == "CRITICAL"


def test_our_decision_covers_what_others_find() -> None:  # 5
    found = one(report(replace(JINJA, suppression=EXCEPTION)), report(SAME))
    assert found.suppression == EXCEPTION
    vex = Suppression(kind="vex", reason="", owner="a", expires=None, status="not_affected")
    found = one(report(replace(JINJA, status="not_affected", suppression=vex)), report(SAME))
    assert (found.status, found.suppression) == ("not_affected", vex)


def test_what_one_tool_ignores_counts_while_another_finds_it() -> None:  # 5
    ignored = report(replace(SAME, suppression=IGNORED))
    found = one(report(JINJA), ignored)
    assert found.suppression is None
    assert found.found[1].source == "grype; it ignores this: not ours"
    assert one(report(replace(JINJA, suppression=IGNORED)), ignored).suppression == IGNORED


def test_the_facts_of_the_reports_are_joined() -> None:  # 6
    later = NOW + dt.timedelta(days=2)
    second = replace(report(packages=9, database=replace(STATE, origin="grype")), scanned_at=later)
    made = merged(FULL, second)
    assert made.scanned_at == NOW
    assert made.packages == 9
    assert made.not_evaluated == tuple(sorted(FULL.not_evaluated))
    assert made.database is not None
    assert made.database.origin == "data/osv | grype"
    assert made.database.ecosystems == (("PyPI", 7100),)


@pytest.mark.parametrize(
    ("reports", "result"),
    [
        ([report(), report()], "clean"),
        ([report(), report(packages=0, database=STATE)], "clean"),
        ([report(), replace(report(), result="unknown", packages=0)], "clean"),
        ([replace(report(), result="unknown", packages=0)] * 2, "unknown"),
        ([report(), report(skipped=FULL.skipped)], "unknown"),
        ([report(), FULL], "findings"),
    ],
)
def test_the_result(reports: list[ScanReport], result: str) -> None:  # 6
    assert merged(*reports).result == result


def test_there_are_as_many_packages_as_have_findings() -> None:  # 6
    others = [replace(finding(f"CVE-2026-{n}"), package_id=f"pkg:pypi/p{n}@1") for n in range(4)]
    assert merged(report(*others[:2], packages=2), report(*others[2:], packages=2)).packages == 4


def test_one_report_stays_as_it_is() -> None:
    assert merged(FULL) == FULL


@settings(max_examples=25, deadline=None)
@given(st.permutations([read(case).report for case in CASES]))
def test_order_changes_no_id_severity_or_number(reports: list[ScanReport]) -> None:
    """Which report comes first decides between equals only: the same problems are found, as severe."""

    def facts(made: ScanReport) -> list[tuple[str, str, str]]:
        return sorted((f.id, f.package_id.partition("?")[0], f.severity) for f in made.findings)

    made = merge_reports(reports, artifact=ARTIFACT.digest)
    assert list(made.findings) == sorted(made.findings, key=finding_order)
    assert facts(made) == facts(merge_reports([read(case).report for case in CASES], artifact=ARTIFACT.digest))
    every = {name for r in reports for f in r.findings for name in (f.id, *f.aliases)}
    assert every == {name for f in made.findings for name in (f.id, *f.aliases)}
    assert {h.record for r in reports for f in r.findings for h in f.found} == {
        h.record for f in made.findings for h in f.found
    }
