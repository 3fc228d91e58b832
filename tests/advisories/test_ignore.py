from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.advisories import match
from custody.advisories.ignore import apply_ignores, parse_ignores
from custody.errors import InputError
from custody.model import ScanReport, Suppression
from tests.advisories.matching import opened, says
from tests.advisories.samples import NOW, inventory, package

LINE = """\
ignore:
  - id: {id}
    package: {package}
    reason: not compiled in
    expires: {expires}
    owner: maya@team.example
"""


def lines(name: str = "CVE-2026-1", package: str = "''", expires: str = "2026-12-31") -> bytes:
    return LINE.format(id=name, package=package, expires=expires).encode()


def scan(folder: Path) -> ScanReport:
    records = [
        says("PYSEC-1", "PyPI/sample", aliases=("CVE-2026-1",)),
        says("PYSEC-2", "PyPI/sample", aliases=("CVE-2026-2",)),
    ]
    with opened(folder, osv=[*records]) as db:
        return match(inventory(package("pkg:pypi/sample@1.0")), db, now=NOW)


def ignored(report: ScanReport, data: bytes, now: dt.datetime = NOW) -> list[str]:
    found = apply_ignores(report, parse_ignores(data, "x.yaml"), now=now).findings
    return [f.id for f in found if f.suppression is not None]


def test_a_line_sets_a_finding_aside_and_says_why(tmp_path: Path) -> None:
    report = scan(tmp_path)
    first, second = apply_ignores(report, parse_ignores(lines(), "x.yaml"), now=NOW).findings
    assert first.suppression == Suppression(
        kind="ignore",
        reason="not compiled in",
        owner="maya@team.example",
        expires=dt.datetime(2026, 12, 31, tzinfo=dt.UTC),
        source="x.yaml:ignore[0]",
    )
    assert second.suppression is None


def test_many_lines_about_one_problem_are_not_walked_for_each_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from custody.advisories.suppress import apply_exceptions
    from custody.model import ExceptionGrant, Finding

    report = scan(tmp_path)
    first = report.findings[0]
    many = tuple(replace(first, package=f"p{n}", package_id=f"pkg:pypi/p{n}@1.0?x=y#z") for n in range(300))
    forms = ("p{}", "pkg:pypi/p{}", "pkg:pypi/p{}@1.0", "pkg:pypi/p{}@1.0?x=y#z")
    asked = 0
    is_in = Finding.is_in

    def counted(self: Finding, package: str) -> bool:
        nonlocal asked
        asked += 1
        return is_in(self, package)

    monkeypatch.setattr(Finding, "is_in", counted)
    text = b"ignore:\n" + b"".join(
        lines(package=f"'{forms[n % 4].format(n)}'").removeprefix(b"ignore:\n") for n in range(300)
    )
    rules = parse_ignores(text, "x.yaml")
    grants = [
        ExceptionGrant(id=" cve-2026-1", package=rule.package, reason="r", owner="o", expires=rule.expires)
        for rule in rules
    ]
    for found in (
        apply_ignores(replace(report, findings=many), rules, now=NOW).findings,
        apply_exceptions(replace(report, findings=many), grants, now=NOW).findings,
    ):
        assert all(f.suppression is not None for f in found)
    assert asked < 3000, "each finding looks its own names up"


@pytest.mark.parametrize(
    ("name", "package", "hits"),
    [
        ("CVE-2026-1", "''", True),
        ("cve-2026-1", "''", True),
        ("PYSEC-1", "sample", True),
        ("CVE-2026-1", "pkg:pypi/sample", True),
        ("CVE-2026-1", "pkg:pypi/sample@1.0", True),
        ("CVE-2026-1", "pkg:pypi/sample@1.1", False),
        ("CVE-2026-1", "other", False),
        ("CVE-2026-3", "''", False),
    ],
)
def test_which_findings_a_line_means(tmp_path: Path, name: str, package: str, hits: bool) -> None:
    assert ignored(scan(tmp_path), lines(name, package)) == (["CVE-2026-1"] if hits else [])


def test_an_expired_line_counts_no_more(tmp_path: Path) -> None:
    report, end = scan(tmp_path), dt.datetime(2026, 12, 31, tzinfo=dt.UTC)
    assert ignored(report, lines(), end - dt.timedelta(seconds=1)) == ["CVE-2026-1"]
    assert ignored(report, lines(), end) == []
    (rule,) = parse_ignores(lines(), "x.yaml")
    assert rule.is_expired(end)
    assert not rule.is_expired(NOW)


def test_what_is_suppressed_already_stays_as_it_is(tmp_path: Path) -> None:
    report = scan(tmp_path)
    vex = Suppression(kind="vex", reason="r", owner="o", expires=None)
    report = replace(report, findings=(replace(report.findings[0], suppression=vex), *report.findings[1:]))
    assert apply_ignores(report, parse_ignores(lines(), "x.yaml"), now=NOW) == report


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ignore: [{id: A, reason: r}]", "x.yaml:ignore[0].expires: missing, expected a date-time"),
        ("ignore: [{id: A, expires: 2026-01-01}]", "x.yaml:ignore[0].reason: missing, expected a text"),
        ("ignore: [{reason: r, expires: 2026-01-01}]", "x.yaml:ignore[0].id: missing, expected a text"),
        (
            "ignore: [{id: A, reason: r, expiry: 2026-01-01}]",
            "x.yaml:ignore[0].expiry: unknown field; did you mean 'expires'?",
        ),
        ("ignored: []", "x.yaml:ignored: unknown field; did you mean 'ignore'?"),
        (
            "ignore: [{id: A, reason: r, expires: soon}]",
            "x.yaml:ignore[0].expires: expected a date like 2026-12-31 or 2026-12-31T12:00:00Z, got 'soon'",
        ),
        (
            "ignore: [{id: A, reason: ' ', expires: 2026-01-01}]",
            "x.yaml:ignore[0].reason: expected a reason, got only spaces; say why it can be ignored",
        ),
        ("- a", "x.yaml: expected a table at the top, got a list"),
    ],
)
def test_a_line_that_leaves_something_open_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_ignores(text.encode(), "x.yaml")
    assert str(caught.value) == message


@given(st.integers(0, len(lines()) - 1), st.integers(0, 255))
@settings(max_examples=150)
def test_any_one_byte_change_gives_rules_or_an_input_error(place: int, byte: int) -> None:
    data = bytearray(lines())
    data[place] = byte
    try:
        parse_ignores(bytes(data), "x.yaml")
    except InputError:
        return
