from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from custody.advisories import apply_exceptions, match
from custody.advisories.suppress import only_fixed
from custody.model import Dependency, ExceptionGrant, Finding, ScanReport, Severity
from tests.advisories.matching import epss, exploited, opened, says
from tests.advisories.samples import CVSS_CRITICAL, CVSS_HIGH, NOW, inventory, package

DEB = "pkg:deb/debian/x@1.5-1?distro=debian-12"
RPM = "pkg:rpm/redhat/openssl@3.0.7-1.el9?distro=redhat-9"


def scan(database: object, *purls: str, by_cpe: str = "never", cpes: tuple[str, ...] = ()) -> ScanReport:
    held = [replace(package(purl), cpes=cpes) for purl in purls]
    with database as db:  # type: ignore[attr-defined]
        return match(inventory(*held), db, now=NOW, by_cpe=by_cpe)


def only(report: ScanReport) -> Finding:
    (finding,) = report.findings
    return finding


# ── who says that it does not matter ─────────────────────────────────────────────────────────────────────────────────


def test_a_vendor_who_says_not_affected_suppresses_and_it_stays_visible(tmp_path: Path) -> None:
    said = says("CVE-2026-1", "Debian:12/x", "", status="not_affected", justification="vulnerable_code_not_present")
    other = says("DSA-1-1", "Debian:12/x", "introduced 0", upstream=("CVE-2026-1",), cvss=CVSS_HIGH)
    finding = only(scan(opened(tmp_path, osv=[other], csaf_debian=[said]), DEB))
    assert (finding.id, finding.status, finding.severity) == ("CVE-2026-1", "not_affected", "HIGH")
    s = finding.suppression
    assert s is not None
    assert (s.kind, s.status, s.justification, s.owner, s.source) == (
        "vendor",
        "not_affected",
        "vulnerable_code_not_present",
        "Debian",
        "CVE-2026-1",
    )
    assert s.reason == "Debian says that it is not affected: vulnerable code not present"
    assert [h.record for h in finding.found] == ["CVE-2026-1", "DSA-1-1"]
    assert finding.found[0].matched.startswith("not affected: ")


def test_a_vendors_word_alone_is_kept_too(tmp_path: Path) -> None:
    said = says("CVE-2026-1", "Debian:12/x", "", status="not_affected")
    finding = only(scan(opened(tmp_path, csaf_debian=[said]), DEB))
    assert finding.suppression is not None
    assert finding.suppression.kind == "vendor"


def test_another_release_is_another_product(tmp_path: Path) -> None:
    said = says("CVE-2026-1", "Debian:11/x", "", status="not_affected")
    other = says("DSA-1-1", "Debian:12/x", "introduced 0", upstream=("CVE-2026-1",))
    assert only(scan(opened(tmp_path, osv=[other], csaf_debian=[said]), DEB)).suppression is None


@pytest.mark.parametrize(("affected", "denied", "counts"), [("12", "", True), ("", "12", False)])
def test_the_narrower_name_counts(tmp_path: Path, affected: str, denied: str, counts: bool) -> None:
    where = {"12": "Debian:12/x", "": "Debian/x"}
    yes = says("DSA-1-1", where[affected], "introduced 0", upstream=("CVE-2026-1",))
    no = says("CVE-2026-1", where[denied], "", status="not_affected")
    finding = only(scan(opened(tmp_path, osv=[yes], csaf_debian=[no]), DEB))
    assert (finding.suppression is None) == counts
    assert finding.status == ("affected" if counts else "not_affected")


def test_a_record_that_says_both_says_affected(tmp_path: Path) -> None:
    yes = says("CVE-2026-1", "Debian:12/x", "introduced 0")
    no = says("CVE-2026-1", "Debian:12/x", "introduced 0", status="not_affected")
    both = replace(yes, affected=(*yes.affected, *no.affected))
    assert only(scan(opened(tmp_path, csaf_debian=[both]), DEB)).suppression is None


def test_what_has_the_fix_is_no_finding_and_beats_what_others_say(tmp_path: Path) -> None:
    fixed = says("CVE-2026-1", "Debian:12/x", "introduced 1.5-1", status="fixed")
    assert scan(opened(tmp_path / "1", csaf_debian=[fixed]), DEB).findings == ()
    other = says("DSA-1-1", "Debian:12/x", "introduced 0", upstream=("CVE-2026-1",))
    finding = only(scan(opened(tmp_path / "2", osv=[other], csaf_debian=[fixed]), DEB))
    assert finding.suppression is not None
    assert (finding.suppression.kind, finding.status) == ("vendor", "fixed")


def test_under_investigation_counts(tmp_path: Path) -> None:
    said = says("CVE-2026-1", "Debian:12/x", "", status="under_investigation")
    finding = only(scan(opened(tmp_path / "1", csaf_debian=[said]), DEB))
    assert (finding.status, finding.suppression) == ("under_investigation", None)
    other = says("DSA-1-1", "Debian:12/x", "introduced 0", upstream=("CVE-2026-1",))
    assert only(scan(opened(tmp_path / "2", osv=[other], csaf_debian=[said]), DEB)).status == "affected"


def test_what_the_vendor_means_to_do_is_kept(tmp_path: Path) -> None:
    said = says("CVE-2026-1", "Debian:12/x", "introduced 0", response="will_not_fix", urgency="unimportant")
    finding = only(scan(opened(tmp_path, csaf_debian=[said]), DEB))
    assert (finding.response, finding.urgency, finding.status) == ("will_not_fix", "unimportant", "affected")
    assert (finding.severity, finding.severity_source) == ("LOW", "CVE-2026-1")
    assert finding.suppression is None


def test_a_red_hat_document_speaks_for_red_hats_packages(tmp_path: Path) -> None:
    said = says("CVE-2026-1", "Red Hat:enterprise_linux:9/openssl", "", status="not_affected")
    try:
        report = scan(opened(tmp_path, csaf_redhat=[said]), RPM)
    except KeyError:
        pytest.skip("red hat is not looked up yet")
    if not report.findings:
        pytest.skip("red hat is not looked up under this name")
    assert only(report).suppression is not None


# ── one problem, however many records ────────────────────────────────────────────────────────────────────────────────


def test_records_are_one_problem_through_one_that_did_not_match(tmp_path: Path) -> None:
    one = says("PYSEC-1", "PyPI/sample")
    two = says("GHSA-1", "PyPI/sample", aliases=("CVE-2026-1",))
    link = says("OTHER-1", "npm/other", aliases=("CVE-2026-1", "PYSEC-1"), cvss=CVSS_CRITICAL)
    gone = says("OTHER-2", "npm/other", aliases=("CVE-2026-1", "NOT-THIS"), withdrawn=NOW)
    finding = only(scan(opened(tmp_path, osv=[one, two, link, gone]), "pkg:pypi/sample@1.0"))
    assert (finding.id, finding.aliases) == ("CVE-2026-1", ("GHSA-1", "OTHER-1", "PYSEC-1"))
    assert [h.record for h in finding.found] == ["GHSA-1", "PYSEC-1"]
    assert (finding.severity, finding.severity_source) == ("CRITICAL", "OTHER-1")


def test_related_is_another_problem(tmp_path: Path) -> None:
    one = says("A-1", "PyPI/sample", related=("A-2",))
    two = says("A-2", "PyPI/sample", related=("A-1",))
    report = scan(opened(tmp_path, osv=[one, two]), "pkg:pypi/sample@1.0")
    assert [(f.id, f.aliases) for f in report.findings] == [("A-1", ()), ("A-2", ())]


def test_a_cve_record_gives_severity_weaknesses_and_decision_points(tmp_path: Path) -> None:
    cve = says(
        "CVE-2026-1",
        "CPE/a:vendor:sample",
        cvss=CVSS_HIGH,
        cwes=("CWE-79",),
        ssvc=(("Exploitation", "active"),),
        summary="From the CVE record",
    )
    own = says("PYSEC-1", "PyPI/sample", aliases=("CVE-2026-1",))
    finding = only(scan(opened(tmp_path, osv=[own], cve=[cve]), "pkg:pypi/sample@1.0"))
    assert (finding.severity, finding.severity_source) == ("HIGH", "CVE-2026-1")
    assert (finding.cwes, finding.ssvc) == (("CWE-79",), (("Exploitation", "active"),))
    assert finding.summary == "From the CVE record"
    assert [h.record for h in finding.found] == ["PYSEC-1"], "by CPE nothing is found that nobody asked for"


def test_the_same_id_from_two_feeds_is_one_finding_with_both(tmp_path: Path) -> None:
    here = says("CVE-2026-1", "PyPI/sample", severities=(Severity(type="Publisher", vector="low"),))
    there = says("CVE-2026-1", "npm/other", cvss=CVSS_CRITICAL)
    finding = only(scan(opened(tmp_path, osv=[here], cve=[there]), "pkg:pypi/sample@1.0"))
    assert finding.aliases == ()
    assert (finding.severity, finding.severity_source) == ("CRITICAL", "CVE-2026-1")


# ── what is known of its exploitation ────────────────────────────────────────────────────────────────────────────────


def test_epss_and_kev_come_with_any_name(tmp_path: Path) -> None:
    held = says("PYSEC-1", "PyPI/sample", aliases=("CVE-2026-1",), cvss=CVSS_CRITICAL)
    db = opened(
        tmp_path,
        osv=[held, says("PYSEC-2", "PyPI/sample")],
        epss=[epss("CVE-2026-1", 0.25), epss("CVE-2026-9", 0.9)],
        kev=[exploited("CVE-2026-1", ransomware=True)],
    )
    first, second = scan(db, "pkg:pypi/sample@1.0").findings
    assert first.epss is not None
    assert first.epss.score == pytest.approx(0.25)
    assert first.exploited is not None
    assert (first.exploited.id, first.exploited.ransomware) == ("CVE-2026-1", True)
    assert first.risk == 95.0
    assert (second.epss, second.exploited, second.risk) == (None, None, None)


def test_malware_is_as_bad_as_can_be(tmp_path: Path) -> None:
    finding = only(scan(opened(tmp_path, osv=[says("MAL-2026-1", "npm/evil", "introduced 0")]), "pkg:npm/evil@1.0.0"))
    assert (finding.severity, finding.severity_source, finding.risk) == ("CRITICAL", "MAL-2026-1", 100.0)


# ── by CPE, when asked ───────────────────────────────────────────────────────────────────────────────────────────────

BASH = "cpe:2.3:a:gnu:bash:5.0:*:*:*:*:*:*:*"


def test_cpe_names_are_asked_only_when_wanted_and_with_low_confidence(tmp_path: Path) -> None:
    cve = says("CVE-2026-1", "CPE/a:gnu:bash", "introduced 0, fixed 5.1", cvss=CVSS_HIGH)
    other = says("A-1", "PyPI/other")

    def run(how: str) -> ScanReport:
        db = opened(tmp_path / how, cve=[cve], osv=[other])
        return scan(db, "pkg:generic/bash@5.0", by_cpe=how, cpes=(BASH,))

    assert run("never").findings == ()
    for how in ("uncovered", "all"):
        report = run(how)
        finding = only(report)
        assert (finding.id, finding.ecosystem, finding.found[0].confidence) == ("CVE-2026-1", "CPE", "low")
        assert finding.fixed_versions == ("5.1",)
        assert [n.reason for n in report.not_evaluated] == [
            "no advisories are published for packages of type 'generic'"
        ], "a hint clears nothing"


def test_where_something_better_is_known_cpe_names_are_not_asked(tmp_path: Path) -> None:
    cve = says("CVE-2026-1", "CPE/a:vendor:sample", "introduced 0")
    twin = says("CVE-2026-2", "CPE/a:vendor:sample", "introduced 0")
    own = says("PYSEC-1", "PyPI/sample", aliases=("CVE-2026-1",))
    name = ("cpe:2.3:a:vendor:sample:1.0:*:*:*:*:*:*:*",)

    def found(how: str) -> list[tuple[str, str]]:
        db = opened(tmp_path / how, cve=[cve, twin], osv=[own])
        return [(f.id, f.ecosystem) for f in scan(db, "pkg:pypi/sample@1.0", by_cpe=how, cpes=name).findings]

    assert found("uncovered") == [("CVE-2026-1", "PyPI")]
    assert found("all") == [("CVE-2026-1", "PyPI"), ("CVE-2026-2", "CPE")]


@pytest.mark.parametrize(
    ("cpe", "version", "found"),
    [
        ("cpe:2.3:a:gnu:bash:5.0:*:*:*:*:*:*:*", "9.9", True),
        ("cpe:2.3:a:gnu:bash:*:*:*:*:*:*:*:*", "5.0", True),
        ("cpe:/a:gnu:bash:5.0", "", True),
        ("cpe:2.3:a:gnu:bash:5.1:*:*:*:*:*:*:*", "5.0", False),
        ("cpe:2.3:a:gnu:bash:*:*:*:*:*:*:*:*", "", False),
        ("cpe:2.3:a:other:bash:5.0:*:*:*:*:*:*:*", "5.0", False),
        ("no cpe", "5.0", False),
    ],
)
def test_the_version_of_the_name_counts_before_that_of_the_package(
    tmp_path: Path, cpe: str, version: str, found: bool
) -> None:
    db = opened(tmp_path, cve=[says("CVE-2026-1", "CPE/a:gnu:bash", "introduced 0, fixed 5.1")])
    purl = f"pkg:generic/bash@{version}" if version else "pkg:generic/bash"
    assert bool(scan(db, purl, by_cpe="uncovered", cpes=(cpe,)).findings) == found


# ── what does not count ──────────────────────────────────────────────────────────────────────────────────────────────


def test_exceptions_leave_alone_what_others_suppress(tmp_path: Path) -> None:
    said = says("CVE-2026-1", "Debian:12/x", "", status="not_affected")
    other = says("DSA-2-1", "Debian:12/x", "introduced 0", upstream=("CVE-2026-2",))
    report = scan(opened(tmp_path, csaf_debian=[said], osv=[other]), DEB)
    grants = [ExceptionGrant(id=f"CVE-2026-{n}", owner="o", reason="r", approver="a") for n in (1, 2)]
    kinds = {f.id: f.suppression and f.suppression.kind for f in apply_exceptions(report, grants, now=NOW).findings}
    assert kinds == {"CVE-2026-1": "vendor", "CVE-2026-2": "exception"}
    again = apply_exceptions(apply_exceptions(report, grants, now=NOW), [], now=NOW + dt.timedelta(days=1))
    assert again == report


def test_only_what_is_fixed_counts_when_asked(tmp_path: Path) -> None:
    db = opened(tmp_path, osv=[says("A-1", "PyPI/sample"), says("A-2", "PyPI/sample", "introduced 0")])
    report = only_fixed(scan(db, "pkg:pypi/sample@1.0"))
    told = {f.id: f.suppression and (f.suppression.kind, f.suppression.source) for f in report.findings}
    assert told == {"A-1": None, "A-2": ("ignore", "--only-fixed")}


def test_what_the_distribution_installed_is_judged_by_it_with_statuses_too(tmp_path: Path) -> None:
    owner, owned = package("pkg:deb/debian/python3-sample@1.0-1?distro=debian-12"), package("pkg:pypi/sample@1.0")
    said = says("CVE-2026-1", "Debian:12/python3-sample", "", status="not_affected")
    own = says("PYSEC-1", "PyPI/sample", aliases=("CVE-2026-1",))
    edges = [Dependency(source=owner.id, target=owned.id, relation="owns")]
    with opened(tmp_path, osv=[own], csaf_debian=[said]) as db:
        report = match(inventory(owner, owned, dependencies=edges), db, now=NOW)
    assert [(f.package_id, f.status) for f in report.findings] == [(owner.id, "not_affected")]
