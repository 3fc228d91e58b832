from __future__ import annotations

import pytest

from custody.advisories.severity import Judgement, judge, statements
from custody.model import Severity
from tests.advisories.samples import CVSS4_MEDIUM, CVSS_CRITICAL, CVSS_HIGH

V2_HIGH = "AV:N/AC:L/Au:N/C:C/I:C/A:C"  # 10.0


def stated(*pairs: str) -> list[tuple[str, Severity]]:
    """Make a list from texts like "A-1 CVSS_V3 CVSS:3.1/…"."""
    return [(record, Severity(type=kind, vector=vector)) for record, kind, vector in (p.split(" ", 2) for p in pairs)]


CASES = {
    "nobody said": ((), (), Judgement(severity="UNKNOWN")),
    "one vector": (
        (f"A-1 CVSS_V3 {CVSS_HIGH}",),
        (),
        Judgement(severity="HIGH", score=7.5, vector=CVSS_HIGH, source="A-1"),
    ),
    "the newest CVSS version before a higher score": (
        (f"A-1 CVSS_V3 {CVSS_CRITICAL}", f"A-1 CVSS_V4 {CVSS4_MEDIUM}"),
        (),
        Judgement(severity="MEDIUM", score=6.9, vector=CVSS4_MEDIUM, source="A-1"),
    ),
    "the highest score of one version": (
        (f"A-1 CVSS_V3 {CVSS_HIGH}", f"B-1 CVSS_V3 {CVSS_CRITICAL}", f"A-1 CVSS_V2 {V2_HIGH}"),
        (),
        Judgement(severity="CRITICAL", score=9.8, vector=CVSS_CRITICAL, source="B-1"),
    ),
    "of equals the first record": (
        (f"B-1 CVSS_V3 {CVSS_HIGH}", f"A-1 CVSS_V3 {CVSS_HIGH}"),
        (),
        Judgement(severity="HIGH", score=7.5, vector=CVSS_HIGH, source="A-1"),
    ),
    "what matched before what has the same alias": (
        (f"A-1 CVSS_V2 {V2_HIGH}",),
        (f"B-1 CVSS_V4 {CVSS4_MEDIUM}",),
        Judgement(severity="HIGH", score=10.0, vector=V2_HIGH, source="A-1"),
    ),
    "an alias where nothing that matched has a vector": (
        ("A-1 Publisher LOW",),
        (f"B-1 CVSS_V3 {CVSS_HIGH}",),
        Judgement(severity="HIGH", score=7.5, vector=CVSS_HIGH, source="B-1"),
    ),
    "a word where nobody has a vector": (
        ("A-1 Ubuntu negligible", "B-1 Publisher MODERATE"),
        ("C-1 Publisher CRITICAL",),
        Judgement(severity="MEDIUM", source="B-1"),
    ),
    "a word of an alias at last": ((), ("C-1 Publisher important",), Judgement(severity="HIGH", source="C-1")),
    "malware is critical, whatever else is said": (
        (f"MAL-2026-1 CVSS_V3 {CVSS_HIGH}", "A-1 Publisher LOW"),
        (),
        Judgement(severity="CRITICAL", source="MAL-2026-1"),
    ),
    "of equals the record that people know best": (
        (),
        (f"A-1 CVSS_V3 {CVSS_HIGH}", f"GHSA-1 CVSS_V3 {CVSS_HIGH}", f"CVE-2026-1 CVSS_V3 {CVSS_HIGH}"),
        Judgement(severity="HIGH", score=7.5, vector=CVSS_HIGH, source="CVE-2026-1"),
    ),
    "a broken vector says nothing": (
        ("A-1 CVSS_V3 CVSS:3.1/AV:N", "A-1 CVSS_V3 HIGH", "A-1 Ubuntu untriaged"),
        (),
        Judgement(severity="UNKNOWN"),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_rule(case: tuple[tuple[str, ...], tuple[str, ...], Judgement]) -> None:
    matched, others, expected = case
    assert judge(stated(*matched), stated(*others)) == expected
    assert judge(stated(*reversed(matched)), stated(*reversed(others))) == expected


def test_an_urgency_counts_where_nobody_else_says() -> None:
    urgent = [("DSA-1", "unimportant"), ("DSA-2", "not yet assigned")]
    assert judge([], [], urgent) == Judgement(severity="LOW", source="DSA-1")
    assert judge([], stated("A-1 Publisher HIGH"), urgent) == Judgement(severity="HIGH", source="A-1")
    assert judge([], [], [("MAL-2026-1", "")]) == Judgement(severity="CRITICAL", source="MAL-2026-1")


def test_all_that_is_said_is_told() -> None:
    said = stated(f"B-1 CVSS_V3 {CVSS_HIGH}", "A-1 Ubuntu untriaged", "CVE-1 Publisher moderate", "A-1 CVSS_V3 broken")
    assert [(s.record, s.severity, s.score, s.said) for s in statements(said)] == [
        ("CVE-1", "MEDIUM", None, "moderate"),
        ("B-1", "HIGH", 7.5, CVSS_HIGH),
    ]
