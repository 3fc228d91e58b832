"""All formats of a scan report: the register, and what holds for each of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import UsageError
from custody.model import (
    Dependency,
    Distribution,
    Inventory,
    Location,
    NotEvaluated,
    Package,
    Purl,
    ScanReport,
    Skipped,
)
from custody.report import FORMATS, encode_report
from tests.report.scans import ARTIFACT, EXCEPTION, FULL, JINJA, finding, report

OURS = {
    "csv",
    "gitlab-container-scanning",
    "gitlab-dependency-scanning",
    "grype-json",
    "html",
    "json",
    "junit",
    "markdown",
    "sarif",
    "table",
    "trivy-json",
}
ROOT = Package(purl=Purl("generic", "sample", "1.0"), name="sample", version="1.0")
JINJA_PACKAGE = Package(
    purl=Purl("pypi", "jinja2", "2.10"),
    name="jinja2",
    version="2.10",
    licence_declared="BSD-3-Clause",
    cpes=("cpe:2.3:a:palletsprojects:jinja:2.10:*:*:*:*:*:*:*",),
    locations=(Location(path="app/requirements.txt", cataloger="pip"),),
)
CLICK = Package(purl=Purl("pypi", "click", "8.1"), name="click", version="8.1")
INVENTORY = Inventory.assemble(
    artifact=ARTIFACT,
    root=ROOT,
    packages=[JINJA_PACKAGE, CLICK],
    dependencies=[Dependency(source=ROOT.id, target=JINJA_PACKAGE.id)],
    distribution=Distribution(id="debian", version="12", like=("linux",)),
)
NOTHING = report(database=None, packages=0)


def made(name: str, one: ScanReport = FULL) -> bytes:
    return encode_report(one, INVENTORY, name, tool_version="1.2.3")


def test_the_register_knows_them_by_name() -> None:
    assert set(FORMATS) == OURS
    assert len({form.extension for form in FORMATS.values()}) == len(OURS)
    assert all(FORMATS[name].name == name for name in OURS)
    with pytest.raises(UsageError, match="unknown report format 'xml'; expected one of csv, gitlab"):
        made("xml")


def test_a_format_is_loaded_when_it_is_asked_for() -> None:
    code = (
        "import sys; from custody import report; report.FORMATS['json'];"
        "print(*sorted(m for m in sys.modules if m.startswith('custody.report.') or m in ('minijinja', 'typst')))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "custody.report.formats.json" in loaded
    assert not [name for name in loaded if name.rpartition(".")[2] in ("html", "sarif", "page", "foreign", "minijinja")]


@pytest.mark.parametrize("name", sorted(OURS))
def test_equal_reports_are_equal_bytes(name: str) -> None:
    assert made(name) == made(name, replace(FULL))
    assert made(name, NOTHING) == made(name, replace(NOTHING))


@pytest.mark.parametrize("name", sorted(OURS - {"grype-json", "trivy-json"}))
def test_what_was_not_evaluated_is_said(name: str) -> None:
    one = report(
        not_evaluated=(NotEvaluated(package_id="pkg:npm/blind@1", reason="the-reason"),),
        skipped=(Skipped(where="unread.jar", reason="cut-short"),),
    )
    text = made(name, one).decode().replace("\\-", "-")
    assert "the-reason" in text or name == "table"
    assert "cut-short" in text or name == "table"
    assert made(name, one) != made(name, report())


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_scan_without_a_database_does_not_look_clean(name: str) -> None:
    text = made(name, NOTHING).decode()
    assert re.search(r"unknown|no advisory database|\"database\": null|failure", text, re.IGNORECASE)


TEXTS = st.text(max_size=12) | st.sampled_from(
    [
        "\udcff",
        "\x00\x1b[31m",
        "a|b`c",
        "</script><b>",
        "@team",
        "=1+1",
        "]]>",
        "\r\n",
        "{{ x }}",
        "&#10;",
        "\ufffe",
        "\u202e",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=12, max_size=12), st.sampled_from(sorted(OURS)))
def test_any_text_can_be_written(texts: list[str], name: str) -> None:
    f = replace(
        JINJA,
        id=f"X{texts[0]}",
        aliases=(texts[1],),
        summary=texts[2],
        package=texts[3],
        version=texts[4],
        package_id=f"pkg:generic/{texts[5]}",
        fixed_versions=(texts[6],),
        locations=(texts[7],),
        references=(("WEB", f"https://a.example/{texts[8]}"),),
        severity_source=texts[9],
        vector=texts[10],
    )
    hidden = replace(f, id="Y", suppression=replace(EXCEPTION, reason=texts[11], owner=texts[0]))
    one = report(f, hidden, not_evaluated=(NotEvaluated(package_id=texts[1], reason=texts[2]),))
    data = made(name, one)
    data.decode("utf-8")
    if name in ("json", "sarif", "grype-json", "trivy-json") or name.startswith("gitlab"):
        json.loads(data)
    if name == "junit":
        ET.fromstring(data)  # noqa: S314 - it is our own
    if name == "html":
        assert data.count(b"<script") == 1
        assert b"<b>" not in data.replace(b"<summary><b>", b"").replace(b'Package"><b>', b"").partition(b"<tbody>")[2]


def test_many_findings_take_no_more_than_their_share() -> None:
    """Nothing is quadratic: ten times as many findings are not a hundred times as much work."""
    import time

    few = report(*(finding(f"CVE-2026-{number:05}") for number in range(120)))
    many = report(*(finding(f"CVE-2026-{number:05}") for number in range(1200)))
    for name in sorted(OURS):
        took = []
        for one in (few, many):
            start = time.process_time()
            made(name, one)
            took.append(time.process_time() - start)
        assert took[1] < max(40 * took[0], 0.5), name
