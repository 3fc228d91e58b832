from __future__ import annotations

import datetime as dt
import re
import time
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.model import Epss, Exploited, NotEvaluated, Skipped, Suppression
from custody.report import findings_table
from tests.report.scans import EXCEPTION, FULL, JINJA, STATE, finding, report

EXPECTED = """\
SEVERITY      PACKAGE  INSTALLED  VULNERABILITY   FIXED IN      LAYER         SUMMARY
CRITICAL 9.8  openssl  3.0.1      CVE-2026-1      no fix known  dac1d7cfa950  Sandbox escape by string formatting
HIGH 8.6      jinja2   2.10       CVE-2019-10906  2.10.1        dac1d7cfa950  Sandbox escape by string formatting
MEDIUM        jinja2   2.10       CVE-2026-2      2.10.1

Suppressed by a recorded exception:
  HIGH CVE-2026-3 in jinja2 2.10, until 2027-01-31, maya@sample.example: not reachable

Not evaluated, so nothing is known about it:
     2  no exact version: pkg:npm/a@1.0.0, pkg:npm/b@1.0.0
     1  could not be read: cut short: x/METADATA
     1  it names no versions: pkg:pypi/c@1.0 (PYSEC-1)

3 findings: 1 critical, 1 high, 1 medium; a fix is known for 2; 1 suppressed (1 by exceptions); 3 not evaluated;\
 1 file not read. 3 packages looked at, by advisories of 2026-10-30 (2 days old).
"""
RISKY = """\
SEVERITY      PACKAGE  INSTALLED  VULNERABILITY   FIXED IN      KEV      EPSS  RISK  STATUS        LAYER
CRITICAL 9.8  openssl  3.0.1      CVE-2026-1      no fix known  ransom  97.1%    95  will not fix  dac1d7cfa950
HIGH 8.6      jinja2   2.10       CVE-2019-10906  2.10.1        yes      0.0%    90                base image
MEDIUM        jinja2   2.10       CVE-2026-2      2.10.1                             investigated

Suppressed by the vendor's word:
  HIGH CVE-2026-4 in jinja2 2.10: Debian says that it is not affected

Suppressed by VEX statements:
  HIGH CVE-2026-5 in jinja2 2.10, not affected, Maya: not compiled in

Suppressed by an ignore file or option:
  HIGH CVE-2026-6 in jinja2 2.10, until 2027-01-31, maya@sample.example: not reachable

3 findings: 1 critical, 1 high, 1 medium; 2 known to be exploited; a fix is known for 2; 3 suppressed (1 by the\
 vendor, 1 by VEX, 1 ignored). 3 packages looked at, by advisories of 2026-10-30 (2 days old).
"""


def columns(line: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def test_a_very_long_text_is_cut_in_no_time() -> None:
    from custody.report.findings_table import _cut

    begun = time.process_time()
    assert _cut("\u00e9" * 300_000, 20) == "\u00e9" * 19 + "\u2026"
    assert _cut("a" * 3_000_000, 20) == "a" * 19 + "\u2026"
    assert _cut("\u6f22" * 20, 20) == "\u6f22" * 9 + "\u2026"
    assert _cut("e\u0301" * 20, 10) == "e\u0301" * 9 + "\u2026"
    assert time.process_time() - begun < 5


def test_the_table_says_all_that_counts_on_one_page() -> None:
    assert findings_table(FULL, width=120) == EXPECTED


def test_what_is_known_of_exploitation_and_who_speaks_is_shown() -> None:
    day = dt.date(2026, 10, 1)
    kev = Exploited(id="CVE-2026-1", added=day)

    def said(kind: str, **more: str) -> Suppression:
        return Suppression(**{"reason": "", "owner": "", "expires": None, "kind": kind} | more)  # type: ignore[arg-type]

    held = report(
        finding(
            "CVE-2026-1",
            severity="CRITICAL",
            score=9.8,
            package="openssl",
            version="3.0.1",
            fixed_versions=(),
            epss=Epss(id="CVE-2026-1", score=0.971, percentile=0.99, date=day),
            exploited=replace(kev, ransomware=True),
            response="will_not_fix",
            risk=95.0,
        ),
        replace(JINJA, epss=Epss(id="x", score=0.0004, percentile=0.1, date=day), exploited=kev, risk=90.0, base=True),
        finding("CVE-2026-2", severity="MEDIUM", score=None, layer=None, status="under_investigation"),
        finding("CVE-2026-4", suppression=said("vendor", reason="Debian says that it is not affected")),
        finding(
            "CVE-2026-5",
            suppression=said("vex", reason="not compiled in", owner="Maya", status="not_affected"),
        ),
        finding("CVE-2026-6", suppression=replace(EXCEPTION, kind="ignore")),
    )
    assert findings_table(held, width=120) == RISKY


def test_the_order_of_the_report_is_kept() -> None:
    turned = replace(FULL, findings=FULL.findings[::-1])
    lines = findings_table(turned, width=120).splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["MEDIUM", "HIGH", "CRITICAL"]


def test_many_suppressed_findings_are_counted_and_not_all_listed() -> None:
    many = report(*(finding(f"CVE-2026-{n}", suppression=replace(EXCEPTION, kind="vendor")) for n in range(50)))
    text = findings_table(many)
    assert text.count("\n  HIGH ") == 10
    assert "  and 40 more; -o json has them all\n" in text
    assert "50 suppressed (50 by the vendor)" in text


def test_columns_are_cut_to_the_width_and_never_the_severity() -> None:
    long = finding("CVE-2026-9", package="x" * 80, version="1.0+" + "y" * 80, fixed_versions=("2" * 80,))
    for width in (64, 75, 80, 100):
        table = findings_table(report(long, JINJA), width=width).split("\n\n")[0].splitlines()
        assert all(columns(line) <= width for line in table)
        assert all(line.startswith(("SEVERITY", "HIGH 8.6")) for line in table)
        assert "…" in table[2]


def test_the_layer_column_is_there_only_where_there_are_layers() -> None:
    assert "LAYER" not in findings_table(report(replace(JINJA, layer=None)))


def test_nothing_found_and_all_looked_at() -> None:
    assert (
        findings_table(report()) == "No known vulnerability in 3 packages, by advisories of 2026-10-30 (2 days old).\n"
    )
    one = findings_table(report(packages=1, database=replace(STATE, newest=None)))
    assert one == "No known vulnerability in 1 package, by advisories of unknown age.\n"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"database": None}, "there is no advisory database; run `custody db update`"),
        (
            {"packages": 0, "not_evaluated": (NotEvaluated(package_id="p", reason="r"),)},
            "no package was found to look at",
        ),
        (
            {"not_evaluated": (NotEvaluated(package_id="p", reason="r"),)},
            "1 of 3 packages could not be evaluated, by advisories of 2026-10-30 (2 days old).",
        ),
        (
            {"packages": 1, "skipped": (Skipped(where="x", reason="r"),)},
            "1 file could not be read, by advisories of 2026-10-30 (2 days old).",
        ),
        (
            {
                "not_evaluated": tuple(NotEvaluated(package_id=name, reason="r") for name in "abc"),
                "skipped": (Skipped(where="x", reason="r"), Skipped(where="y", reason="r")),
            },
            "3 of 3 packages could not be evaluated and 2 files could not be read, by",
        ),
    ],
)
def test_an_unknown_result_is_called_unknown(more: dict[str, object], why: str) -> None:
    last = findings_table(report(**more)).splitlines()[-1]
    assert last.startswith(f"Result unknown: {why}")
    assert last.endswith("Nothing was found, which does not mean that nothing is there.")
    assert "0 findings" not in last


def test_the_starter_database_is_named() -> None:
    last = findings_table(report(JINJA, database=replace(STATE, partial=True))).splitlines()[-1]
    assert "by the starter database of 2026-10-30 (2 days old). Run `custody db update` to ask all advisories." in last


def test_all_suppressed_is_still_not_clean() -> None:
    text = findings_table(report(replace(JINJA, suppression=EXCEPTION)))
    assert "CVE-2019-10906" in text
    assert text.splitlines()[-1].startswith("0 findings; 1 suppressed (1 by exceptions).")
    assert "No known vulnerability" not in text


def test_an_exception_without_end_says_so() -> None:
    text = findings_table(report(replace(JINJA, suppression=replace(EXCEPTION, expires=None, owner="", reason=""))))
    assert "  HIGH CVE-2019-10906 in jinja2 2.10, without end\n" in text


def test_many_reasons_are_not_all_listed() -> None:
    many = tuple(NotEvaluated(package_id=f"p{n}", reason=f"reason {n}") for n in range(20))
    text = findings_table(report(not_evaluated=many))
    assert text.count("reason ") == 8
    assert "and for 12 more reasons" in text


def test_one_reason_more_is_one_reason() -> None:
    many = tuple(NotEvaluated(package_id=f"p{n}", reason=f"reason {n}") for n in range(9))
    assert "and for 1 more reason; see" in findings_table(report(not_evaluated=many))


def test_packages_of_the_system_that_nobody_covers_share_a_line() -> None:
    kinds = ("deb", "apk", "rpm")
    owned = tuple(
        NotEvaluated(
            package_id=f"pkg:pypi/p{n}@1", reason=f"it belongs to pkg:{kind}/x/o{n}@1, and there is no advisory"
        )
        for n, kind in enumerate(kinds)
    )
    text = findings_table(report(not_evaluated=(*owned, NotEvaluated(package_id="pkg:pypi/q@1", reason="no version"))))
    lines = text.splitlines()
    assert lines[1].startswith(
        "     3  packages belong to operating system packages that are not covered: pkg:pypi/p0@1"
    )
    assert lines[2] == "     1  no version: pkg:pypi/q@1"
    one = findings_table(report(not_evaluated=owned[:1])).splitlines()
    assert one[1].startswith(
        "     1  package belongs to an operating system package that is not covered: pkg:pypi/p0@1"
    )


def test_colours_are_only_there_when_asked_for() -> None:
    plain, coloured = findings_table(FULL, width=120), findings_table(FULL, width=120, colour=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31mCRITICAL 9.8\x1b[0m  openssl" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


@given(st.text(max_size=20), st.text(max_size=20), st.integers(0, 200))
@settings(max_examples=150, deadline=None)
def test_data_never_writes_to_the_terminal(one: str, two: str, width: int) -> None:
    hostile = "\x1b]0;owned\x07\r\n\x9b31m\u202e"
    odd = finding(one + hostile, package=two + hostile, version=hostile, fixed_versions=(hostile,), summary=hostile)
    excepted = replace(odd, suppression=replace(EXCEPTION, owner=hostile, reason=two))
    text = findings_table(
        report(odd, excepted, not_evaluated=(NotEvaluated(package_id=hostile, reason=one + hostile),)), width=width
    )
    assert all(c.isprintable() for line in text.split("\n") for c in line)
    table = text.split("\n\n")[0].splitlines()
    assert len(table) == 2
    assert all(columns(line) <= max(width, 64) for line in table)


def test_two_thousand_findings_are_drawn_at_once() -> None:
    many = report(*(finding(f"CVE-2026-{n}") for n in range(2000)))
    started = time.process_time()
    assert findings_table(many).count("\n") > 2000
    assert time.process_time() - started < 0.5
