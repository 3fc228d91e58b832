from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.advisories.risk import RISK_THRESHOLD, in_order, parts, risk
from custody.model import RESPONSES, SEVERITIES, Epss, Exploited, Finding, HowFound, severity_rank

DAY = dt.date(2026, 10, 1)
HOW = HowFound(searched="PyPI x 1", record="A-1", matched="introduced 0", ordering="pep440", source="s")
PLAIN = Finding(
    id="CVE-2026-1",
    aliases=(),
    summary="",
    severity="CRITICAL",
    score=9.8,
    vector="",
    severity_source="A-1",
    package_id="pkg:pypi/x@1",
    package="x",
    version="1",
    ecosystem="PyPI",
    fixed_versions=("2",),
    layer=None,
    locations=(),
    path=(),
    found=(HOW,),
)


def epss(score: float) -> Epss:
    return Epss(id="CVE-2026-1", score=score, percentile=0.5, date=DAY)


KEV = Exploited(id="CVE-2026-1", added=DAY)
SCORES = st.none() | st.floats(0, 10, allow_nan=False)
FINDINGS = st.builds(
    replace,
    st.just(PLAIN),
    severity=st.sampled_from(SEVERITIES),
    score=SCORES,
    epss=st.none() | st.floats(0, 1, allow_nan=False).map(epss),
    exploited=st.sampled_from([None, KEV, replace(KEV, ransomware=True)]),
    ssvc=st.sampled_from([(), (("Exploitation", "none"),), (("Exploitation", "poc"),), (("Exploitation", "active"),)]),
    fixed_versions=st.sampled_from([(), ("2",)]),
    base=st.sampled_from([None, True, False]),
    direct=st.sampled_from([None, True, False]),
    urgency=st.sampled_from(["", "unimportant", "high"]),
    status=st.sampled_from(["affected", "under_investigation"]),
    response=st.sampled_from(RESPONSES),
    found=st.sampled_from([(HOW,), (replace(HOW, confidence="low"),), ()]),
)


def number(finding: Finding) -> float:
    value = risk(finding)
    assert value is not None
    return value


# ── worked out by hand ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"epss": epss(0.25)}, 63.7),  # 98 * (0.3 + 0.7 * 0.5)
        ({"epss": epss(1.0)}, 98.0),
        ({"epss": epss(0.0)}, 29.4),
        ({}, 49.0),
        ({"fixed_versions": ()}, 44.1),
        ({"base": True}, 44.1),
        ({"base": False}, 49.0),
        ({"direct": False}, 46.6),
        ({"urgency": "unimportant"}, 24.5),
        ({"found": (replace(HOW, confidence="low"),)}, 34.3),
        ({"status": "under_investigation"}, 34.3),
        ({"exploited": KEV}, 90.0),
        ({"exploited": replace(KEV, ransomware=True)}, 95.0),
        ({"exploited": KEV, "epss": epss(1.0)}, 98.0),
        ({"ssvc": (("Exploitation", "active"),)}, 90.0),
        ({"ssvc": (("Exploitation", "poc"),), "epss": epss(0.0)}, 49.0),
        ({"score": None}, 47.5),
        ({"score": None, "severity": "UNKNOWN"}, None),
        ({"score": None, "severity": "UNKNOWN", "epss": epss(0.25)}, 35.1),
        ({"score": None, "severity": "UNKNOWN", "id": "MAL-2026-1"}, 100.0),
        ({"score": 0.0, "severity": "NONE"}, 0.0),
    ],
)
def test_the_rule_by_hand(change: dict[str, object], expected: float | None) -> None:
    assert risk(replace(PLAIN, **change)) == expected  # type: ignore[arg-type]


def test_the_threshold_is_what_it_says() -> None:
    assert number(replace(PLAIN, epss=epss(0.36))) >= RISK_THRESHOLD
    assert number(replace(PLAIN, epss=epss(0.34))) < RISK_THRESHOLD
    assert number(replace(PLAIN, exploited=KEV, score=3.0)) >= RISK_THRESHOLD


def test_the_parts_multiply_to_the_number() -> None:
    finding = replace(PLAIN, epss=epss(0.04), fixed_versions=(), direct=False)
    value = 100.0
    for _, factor, _ in parts(finding):
        value *= factor
    assert number(finding) == round(value, 1)
    assert [name for name, _, _ in parts(replace(finding, exploited=KEV))][-1] == "floor"


# ── "Nothing that is learned for the worse lowers the number" ────────────────────────────────────────────────────────


@given(FINDINGS)
@settings(max_examples=300)
def test_it_is_a_number_from_0_to_100_or_nothing(finding: Finding) -> None:
    value = risk(finding)
    assert value is None or 0 <= value <= 100


@given(FINDINGS, st.floats(0, 10, allow_nan=False), st.floats(0, 10, allow_nan=False))
@settings(max_examples=200)
def test_a_higher_score_never_lowers_it(finding: Finding, one: float, two: float) -> None:
    assert number(replace(finding, score=min(one, two))) <= number(replace(finding, score=max(one, two)))


@given(FINDINGS, st.floats(0, 1, allow_nan=False), st.floats(0, 1, allow_nan=False))
@settings(max_examples=200)
def test_a_higher_probability_never_lowers_it(finding: Finding, one: float, two: float) -> None:
    low, high = (replace(finding, epss=epss(f(one, two))) for f in (min, max))
    assert number(low) <= number(high)


@given(FINDINGS)
@settings(max_examples=200)
def test_each_thing_learned_for_the_worse_never_lowers_it(finding: Finding) -> None:
    finding = replace(finding, severity="LOW") if risk(finding) is None else finding
    worse: list[dict[str, Any]] = [
        {"exploited": KEV},
        {"exploited": replace(KEV, ransomware=True)},
        {"ssvc": (("Exploitation", "active"),)},
        {"fixed_versions": ("2",)},
        {"direct": True},
        {"base": False},
        {"urgency": ""},
        {"status": "affected", "found": (HOW,)},
    ]
    for change in worse:
        if "exploited" in change and finding.exploited is not None and finding.exploited.ransomware:
            continue
        assert number(replace(finding, **change)) >= number(finding), change


@given(FINDINGS)
@settings(max_examples=200)
def test_what_is_not_known_is_never_the_best_that_could_be_known(finding: Finding) -> None:
    changes: list[dict[str, Any]] = [{"epss": epss(0.0)}, {"base": True}, {"direct": False}]
    for change in changes:
        known = replace(finding, **change)
        nothing: dict[str, Any] = dict.fromkeys(change)
        unknown = replace(finding, **nothing)
        if risk(known) is not None and risk(unknown) is not None:
            assert number(unknown) >= number(known)


@given(st.sampled_from(SEVERITIES[1:]), st.sampled_from(SEVERITIES[1:]))
def test_a_worse_word_never_lowers_it(one: str, two: str) -> None:
    low, high = sorted((one, two), key=severity_rank)
    assert number(replace(PLAIN, score=None, severity=low)) <= number(replace(PLAIN, score=None, severity=high))


# ── order ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_findings_are_ordered_by_what_was_asked_for() -> None:
    held = [
        replace(PLAIN, id="A", package="b", score=5.0, severity="MEDIUM", risk=95.0),
        replace(PLAIN, id="B", package="a", score=9.8, risk=29.4),
        replace(PLAIN, id="C", package="c", score=None, severity="UNKNOWN", risk=None),
    ]
    assert [f.id for f in in_order(held, "severity")] == ["B", "A", "C"]
    assert [f.id for f in in_order(held, "package")] == ["B", "A", "C"]
    assert [f.id for f in in_order(held, "risk")] == ["A", "B", "C"]
    unknown_first = replace(held[1], risk=20.0)
    assert [f.id for f in in_order([*held, unknown_first], "risk")] == ["A", "B", "C", "B"]
