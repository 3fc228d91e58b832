from __future__ import annotations

import copy
import datetime as dt
import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.model import (
    RESPONSES,
    SEVERITIES,
    STATUSES,
    DatabaseState,
    Digest,
    Epss,
    Exploited,
    Finding,
    HowFound,
    NotEvaluated,
    ScanReport,
    Skipped,
    Suppression,
)
from custody.model.scan_json import finding_order, scan_report_from_json, scan_report_to_json

TEXTS = st.text(max_size=8)
NAMES = st.text(min_size=1, max_size=8)
DIGESTS = st.binary(min_size=1, max_size=4).map(Digest.of)
TIMES = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2999, 1, 1), timezones=st.just(dt.UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def many(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=2).map(tuple)


FINDINGS = st.builds(
    Finding,
    id=NAMES,
    aliases=many(TEXTS),
    summary=TEXTS,
    severity=st.sampled_from(SEVERITIES),
    score=some(st.integers(0, 100).map(lambda n: n / 10)),
    vector=st.sampled_from(["", "CVSS:3.1/AV:N", "AV:N/AC:L"]),
    severity_source=TEXTS,
    package_id=NAMES,
    package=NAMES,
    version=TEXTS,
    ecosystem=TEXTS,
    fixed_versions=many(TEXTS),
    layer=some(DIGESTS),
    locations=many(TEXTS),
    path=many(TEXTS),
    found=many(
        st.builds(HowFound, searched=TEXTS, record=TEXTS, matched=TEXTS, ordering=TEXTS, source=TEXTS, confidence=TEXTS)
    ),
    published=some(TIMES),
    modified=some(TIMES),
    references=many(st.tuples(TEXTS, TEXTS)),
    cwes=many(TEXTS),
    epss=some(st.builds(Epss, id=NAMES, score=st.floats(0, 1), percentile=st.floats(0, 1), date=st.dates())),
    exploited=some(
        st.builds(Exploited, id=NAMES, added=st.dates(), due=some(st.dates()), ransomware=st.booleans(), action=TEXTS)
    ),
    ssvc=st.lists(st.tuples(NAMES, NAMES), max_size=2, unique_by=lambda pair: pair[0]).map(tuple),
    status=st.sampled_from(STATUSES),
    response=st.sampled_from(RESPONSES),
    urgency=TEXTS,
    direct=some(st.booleans()),
    base=some(st.booleans()),
    risk=some(st.floats(0, 100)),
    suppression=some(
        st.builds(
            Suppression,
            kind=st.sampled_from(["exception", "vex", "vendor", "ignore"]),
            reason=TEXTS,
            owner=TEXTS,
            expires=some(TIMES),
            approver=TEXTS,
            status=TEXTS,
            justification=TEXTS,
            source=TEXTS,
        )
    ),
)
DATABASES = st.builds(
    DatabaseState,
    digest=DIGESTS,
    ecosystems=many(st.tuples(NAMES, st.integers(0, 9))),
    newest=some(TIMES),
    imported_at=TIMES,
    origin=TEXTS,
    partial=st.booleans(),
)
REPORTS = st.builds(
    ScanReport,
    artifact=DIGESTS,
    scanned_at=TIMES,
    result=st.just("findings"),
    findings=st.lists(FINDINGS, min_size=1, max_size=3, unique_by=finding_order).map(
        lambda found: tuple(sorted(found, key=finding_order))
    ),
    not_evaluated=many(st.builds(NotEvaluated, package_id=NAMES, reason=NAMES, advisory=TEXTS)),
    packages=st.integers(0, 9),
    database=some(DATABASES),
    skipped=many(st.builds(Skipped, where=NAMES, reason=NAMES)),
)
FINDING = Finding(
    id="CVE-1",
    aliases=(),
    summary="",
    severity="HIGH",
    score=7.5,
    vector="CVSS:3.1/AV:N",
    severity_source="CVE-1",
    package_id="pkg:pypi/x@1",
    package="x",
    version="1",
    ecosystem="PyPI",
    fixed_versions=(),
    layer=None,
    locations=(),
    path=(),
    found=(),
)
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
STATE = DatabaseState(digest=Digest.of(b"db"), ecosystems=(("PyPI", 1),), newest=NOW, imported_at=NOW)


def report(**more: Any) -> ScanReport:  # noqa: ANN401
    values: dict[str, Any] = {
        "artifact": Digest.of(b"x"),
        "scanned_at": NOW,
        "result": "clean",
        "findings": (),
        "not_evaluated": (),
        "packages": 1,
        "database": STATE,
    }
    return ScanReport(**values | more)


@given(REPORTS)
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back(one: ScanReport) -> None:
    value = json.loads(json.dumps(scan_report_to_json(one)))
    assert scan_report_from_json(value, "x") == one


def test_suppressed_findings_stand_apart_and_are_not_counted() -> None:
    suppression = Suppression(reason="r", owner="o", expires=None)
    value = scan_report_to_json(
        report(
            result="findings",
            findings=(
                FINDING,
                Finding(
                    **{f: getattr(FINDING, f) for f in FINDING.__slots__} | {"id": "CVE-2", "suppression": suppression}
                ),
            ),
            not_evaluated=(NotEvaluated(package_id="p", reason="r"),),
        )
    )
    assert [v["id"] for v in value["vulnerabilities"]] == ["CVE-1"]
    assert [v["id"] for v in value["suppressed"]] == ["CVE-2"]
    assert value["summary"] == {
        "CRITICAL": 0,
        "HIGH": 1,
        "MEDIUM": 0,
        "LOW": 0,
        "NONE": 0,
        "UNKNOWN": 0,
        "total": 1,
        "suppressed": 1,
        "notEvaluated": 1,
        "skipped": 0,
    }
    assert value["vulnerabilities"][0]["cvss"] == {"version": "3.1", "vector": "CVSS:3.1/AV:N", "score": 7.5}
    assert value["vulnerabilities"][0]["severity"] == "HIGH"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"result": "findings"}, "x:result: says 'findings', but 0 findings are listed"),
        ({"vulnerabilities": [{}]}, "x:vulnerabilities[0].id: missing"),
        ({"result": "fine"}, "x:result: expected one of findings, clean, unknown"),
        ({"packages": 0}, "x:result: says 'clean', but not everything was evaluated"),
        ({"database": None}, "x:result: says 'clean', but not everything was evaluated"),
        ({"notEvaluated": [{"package": "p", "reason": "r"}]}, "x:result: says 'clean'"),
        ({"skipped": [{"where": "p", "reason": "r"}]}, "x:result: says 'clean'"),
        ({"artifact": "sha1:00"}, "x:artifact: expected a digest"),
        ({"scannedAt": "now"}, "x:scannedAt: expected a date"),
        ({"packages": "1"}, "x:packages: expected a whole number"),
    ],
)
def test_a_report_that_contradicts_itself_is_refused(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError) as caught:
        scan_report_from_json(scan_report_to_json(report()) | changes, "x")
    assert what in str(caught.value)


@pytest.mark.parametrize("score", ["7.5", True, -1, 11, float("nan")])
def test_a_score_is_a_number_from_0_to_10(score: object) -> None:
    value = scan_report_to_json(report(result="findings", findings=(FINDING,)))
    value["vulnerabilities"][0]["cvss"]["score"] = score
    with pytest.raises(InputError, match=r"cvss\.score: expected a number from 0 to 10"):
        scan_report_from_json(value, "x")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Give every place inside a JSON value."""
    found = [path]
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found += places(inner, (*path, key))
    return found


ODD: tuple[Any, ...] = (None, 7, "", "x", [], {}, [7], True)


def test_any_value_in_any_place_gives_a_report_or_an_input_error() -> None:
    suppressed = Suppression(reason="r", owner="o", expires=NOW)
    finding = replace(FINDING, suppression=suppressed)
    good = scan_report_to_json(
        report(
            result="findings",
            findings=(FINDING, finding),
            not_evaluated=(NotEvaluated(package_id="p", reason="r"),),
            skipped=(Skipped(where="w", reason="r"),),
        )
    )
    for path in places(good)[1:]:
        for odd in ODD:
            value = copy.deepcopy(good)
            inner: Any = value
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = odd
            with suppress(InputError):
                assert scan_report_from_json(value, "x").artifact
