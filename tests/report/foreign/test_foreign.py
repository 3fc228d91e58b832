"""Reports of other tools: what is read of each, and that whatever the bytes are, only an InputError gets out."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.model import Digest, finding_order
from custody.report import encode_security_report, parse_security_report, read_report
from custody.report.foreign import READERS
from tests.report.foreign.cases import AT, CASES, lines_of, read, report_file
from tests.report.scans import FULL

DATA = {case.name: report_file(case).read_bytes() for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_a_report_is_read_as_expected(case: Path) -> None:
    imported = read(case)
    assert lines_of(imported) == (case / "expect.txt").read_text()
    assert list(imported.report.findings) == sorted(imported.report.findings, key=finding_order)
    written = encode_security_report(imported.report)
    assert parse_security_report(written, "x") == imported.report


def test_every_reader_has_good_cases() -> None:
    tools = {read(case).tool for case in CASES}
    assert tools == {import_module(f"custody.report.foreign.{name}").READER.name for name in READERS}
    for name in READERS:
        text = import_module(f"custody.report.foreign.{name}").__doc__ or ""
        assert "\nReads: " in text
        assert "\nGives: " in text
        assert "\nCannot know: " in text


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_just_one_reader_recognises_a_report(case: Path) -> None:
    table = json.loads(report_file(case).read_bytes())
    known = [name for name in READERS if import_module(f"custody.report.foreign.{name}").READER.recognise(table)]
    assert len(known) == 1
    assert read(case).tool.replace("-", "_") == known[0]


def test_our_own_report_is_one_of_them() -> None:
    imported = read_report(encode_security_report(FULL), "x", at=AT)
    assert (imported.report, imported.tool, imported.names_artifact) == (FULL, "custody", True)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not valid JSON"),
        (b"[]", "expected a table"),
        (b"{}", "not a scan report of a known tool"),
        (b'{"results": []}', "not a scan report of a known tool"),
        (b'{"matches": [1], "descriptor": {}}', "x:matches[0]: expected a table"),
        (b'{"SchemaVersion": 1, "Results": []}', "x:SchemaVersion: expected 2, got 1"),
        (b'{"SchemaVersion": 2, "Resources": []}', "it is about a whole cluster"),
        (b'{"version": "2.1.0", "runs": []}', "it has no run"),
        (b'{"version": "2.0.0", "runs": []}', "x:version: expected 2.1.0"),
        (b'{"auditReportVersion": 3}', "expected auditReportVersion 2, got 3"),
        (b'{"schemaVersion": "1.1", "scannedAt": 1}', "x:artifact: missing"),
    ],
)
def test_what_is_no_report_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(InputError) as error:
        read_report(data, "x", at=AT)
    assert words in str(error.value)


def test_a_digest_that_nobody_states_is_the_reports_own() -> None:
    data = DATA["pip-audit_clean"]
    imported = read_report(data, "x", at=AT)
    assert not imported.names_artifact
    assert imported.report.artifact == Digest.of(data)
    assert imported.report.database is not None
    assert "that of the report stands in" in imported.report.database.origin
    assert "it states no time" in imported.report.database.origin


def changed(name: str, *path: str | int, to: object) -> bytes:
    table = json.loads(DATA[name])
    place: Any = table
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(table).encode()


def test_a_record_that_names_several_cves_is_no_alias_of_them() -> None:
    related = [{"id": "CVE-2024-0001", "severity": "Low"}, {"id": "CVE-2024-0002", "severity": "Low"}]
    data = changed("grype-directory_ok", "matches", 1, "relatedVulnerabilities", to=related)
    finding = next(f for f in read_report(data, "x", at=AT).report.findings if f.id.startswith("GHSA"))
    assert finding.aliases == ()
    assert finding.found[0].matched.endswith("it is about CVE-2024-0001, CVE-2024-0002")


def test_the_checksum_of_a_grype_database_is_its_digest() -> None:
    url = "https://grype.example/db.tar.zst?checksum=sha256%3A" + "ab" * 32
    data = changed("grype-directory_ok", "descriptor", "db", "status", "from", to=url)
    database = read_report(data, "x", at=AT).report.database
    assert database is not None
    assert str(database.digest) == "sha256:" + "ab" * 32


def test_trivys_score_is_that_of_the_source_of_its_severity() -> None:
    path = ("Results", 0, "Vulnerabilities", 0)
    data = changed("trivy-image_three-kinds", *path, "CVSS", "redhat", "V3Score", to=5.5)
    assert next(f for f in read_report(data, "x", at=AT).report.findings if f.id == "CVE-2023-4911").score == 7.8
    DATA["changed"] = data
    try:
        other = changed("changed", *path, "SeveritySource", to="redhat")
    finally:
        del DATA["changed"]
    assert next(f for f in read_report(other, "x", at=AT).report.findings if f.id == "CVE-2023-4911").score == 5.5


def test_an_update_of_another_package_is_no_fixed_version() -> None:
    fix = {"name": "sample-ui", "version": "3.0.0", "isSemVerMajor": True}
    data = changed("npm-audit_versions-are-not-stated", "vulnerabilities", "lodash", "fixAvailable", to=fix)
    finding = read_report(data, "x", at=AT).report.findings[0]
    assert finding.fixed_versions == ()
    assert finding.found[0].matched.endswith("npm would update sample-ui to 3.0.0")


@pytest.mark.parametrize("score", [11, -1, "high", True, [1]])
def test_a_score_that_is_none_is_refused(score: object) -> None:
    data = changed("grype-directory_ok", "matches", 1, "vulnerability", "cvss", 0, "metrics", "baseScore", to=score)
    with pytest.raises(InputError, match=r"x:matches\[1\]\.vulnerability\.cvss\[0\]\.metrics\.baseScore: "):
        read_report(data, "x", at=AT)


# ── hostile input ────────────────────────────────────────────────────────────────────────────────────────────────────

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=5), SCALARS, max_size=2)


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:  # noqa: ANN401
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in inner for place in ((*path, key), *leaves(item, (*path, key)))]


PLACES = [
    (name, path) for name, data in DATA.items() for path in leaves(json.loads(data)) if "configuration" not in path
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PLACES), VALUES)
def test_any_value_in_any_place_gives_a_report_or_an_input_error(
    place: tuple[str, tuple[str | int, ...]], value: object
) -> None:
    name, path = place
    data = changed(name, *path, to=value)
    try:
        imported = read_report(data, "x", at=AT)
    except InputError as error:
        assert str(error).startswith("x")
    else:
        encode_security_report(imported.report)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(DATA)), st.data())
def test_any_change_of_bytes_gives_a_report_or_an_input_error(name: str, data: st.DataObject) -> None:
    good = DATA[name]
    start = data.draw(st.integers(0, len(good)))
    made = good[:start] + data.draw(st.binary(max_size=3)) + good[start + data.draw(st.integers(0, 60)) :]
    try:
        read_report(made, "x", at=AT)
    except InputError as error:
        assert str(error).startswith("x")
