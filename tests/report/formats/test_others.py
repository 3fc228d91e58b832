"""What the formats for other tools say, where a reader relies on it."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import json
import re
import uuid
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from custody.model import Epss, Exploited, Finding, ScanReport, Suppression
from custody.report import read_report
from custody.report.formats.markdown import MAX_CHARS, MAX_ROWS
from tests.report.formats.test_formats import INVENTORY, made
from tests.report.scans import ARTIFACT, EXCEPTION, FULL, JINJA, NOW, finding, report

EPSS = Epss(id="CVE-2019-10906", score=0.25, percentile=0.95, date=dt.date(2026, 11, 1))
KEV = Exploited(id="CVE-2019-10906", added=dt.date(2026, 1, 2), due=dt.date(2026, 2, 2), ransomware=True, action="Act.")
KNOWN = replace(JINJA, epss=EPSS, exploited=KEV, risk=95.0, direct=False, base=True)
VEX = Suppression(
    kind="vex", reason="", owner="a", expires=None, status="not_affected", justification="component_not_present"
)


def table(name: str, one: ScanReport = FULL) -> Any:  # noqa: ANN401
    return json.loads(made(name, one))


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def rows(one: ScanReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made("csv", one).decode(), newline="")))


def test_csv_has_a_line_for_each_fact() -> None:
    found = rows(FULL)
    states = [row["state"] for row in found]
    assert states == ["counted"] * 2 + ["suppressed", "counted"] + ["not evaluated"] * 3 + ["skipped"]
    assert found[0]["id"] == "CVE-2026-1"
    assert found[2]["reason"] == (
        "a recorded exception: not reachable (maya@sample.example, until 2027-01-31T00:00:00Z)"
    )
    [known] = rows(report(KNOWN))
    assert (known["epss"], known["known exploited since"], known["ransomware"]) == ("0.25", "2026-01-02", "yes")
    assert (known["direct"], known["base image"], known["risk"]) == ("no", "yes", "95.0")


def test_no_cell_speaks_to_a_terminal() -> None:
    data = made("csv", report(replace(JINJA, summary="a\x1b[31mred\x00\x07\x7f\x9bb\nsecond\tcolumn")))
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]", data)
    assert rb"a\x1b[31mred\x00\x07\x7f\x9bb" in data
    assert b"\nsecond\tcolumn" in data


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\uff1d"])
def test_no_cell_is_a_formula(start: str) -> None:
    [row] = rows(report(replace(JINJA, summary=f"{start}HYPERLINK(1)")))
    assert row["summary"].startswith("'")


# ── JUnit ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def cases(one: ScanReport) -> dict[str, tuple[str, ET.Element]]:
    suites = ET.fromstring(made("junit", one))  # noqa: S314 - it is our own
    [suite] = suites
    found = {}
    for case in suite.iter("testcase"):
        [*state] = case
        found[case.attrib["name"]] = (state[0].tag if state else "passed", case)
    for element in (suites, suite):
        counts = [int(element.attrib[name]) for name in ("tests", "failures", "errors", "skipped")]
        kinds = [kind for kind, _ in found.values()]
        assert counts == [len(kinds), kinds.count("failure"), kinds.count("error"), kinds.count("skipped")]
    return found


def test_junit_has_a_case_for_each_finding_package_and_gap() -> None:
    found = cases(FULL)
    assert {name: kind for name, (kind, _) in found.items()} == {
        "CVE-2019-10906 in jinja2 2.10": "failure",
        "CVE-2026-1 in openssl 3.0.1": "failure",
        "CVE-2026-2 in jinja2 2.10": "failure",
        "CVE-2026-3 in jinja2 2.10": "skipped",
        "click 8.1": "passed",
        "pkg:npm/a@1.0.0": "error",
        "pkg:npm/b@1.0.0": "error",
        "pkg:pypi/c@1.0, PYSEC-1": "error",
        "x/METADATA": "error",
    }
    _, case = found["CVE-2019-10906 in jinja2 2.10"]
    assert case.attrib["classname"] == "pkg:pypi/jinja2"
    assert case.attrib["file"] == "app/requirements.txt"
    assert case[0].attrib["type"] == "HIGH"
    assert "By way of: pkg:generic/sample@1.0 > pkg:pypi/flask@1.0 > pkg:pypi/jinja2@2.10" in (case[0].text or "")
    _, hidden = found["CVE-2026-3 in jinja2 2.10"]
    assert "not reachable" in hidden[0].attrib["message"]


def test_junit_of_a_scan_without_a_database_has_no_case_that_passes() -> None:
    assert [kind for kind, _ in cases(report(database=None)).values()] == ["error"]


def test_junit_classes_keep_an_npm_scope() -> None:
    one = replace(JINJA, package_id="pkg:npm/%40babel/core@7.0.0", package="@babel/core", version="7.0.0")
    [(_, case), *_] = cases(report(one)).values()
    assert case.attrib["classname"] == "pkg:npm/%40babel/core"


# ── Markdown ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_markdown_begins_with_the_summary() -> None:
    lines = made("markdown").decode().splitlines()
    assert lines[0] == "### Vulnerabilities in `sample 1.0`"
    assert lines[2].startswith("**3 known vulnerabilities: 1 critical, 1 high, 1 medium.** ")
    assert "1 suppressed; 4 not evaluated" in lines[2]
    assert sum(line.startswith("| ") for line in lines) == 1 + 3


def test_markdown_is_cut_and_says_so() -> None:
    many = report(*(finding(f"CVE-2026-{n:05}", summary="x" * 400) for n in range(500)))
    text = made("markdown", many).decode()
    assert len(text) <= MAX_CHARS
    assert sum(line.startswith("| ") for line in text.splitlines()) == 1 + MAX_ROWS
    assert "…and 450 less severe ones, which are not shown here." in text
    long = report(*(finding(f"CVE-2026-{n:05}", package="p" * 3000) for n in range(500)))
    text = made("markdown", long).decode()
    assert len(text) <= MAX_CHARS
    shown = sum(line.startswith("| ") for line in text.splitlines()) - 1
    assert f"…and {500 - shown} less severe ones" in text


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        ("@maya see #12", "\\@maya see \\#12"),
        ("<img src=x>", "&lt;img src=x&gt;"),
        ("a | b", "a \\| b"),
        ("[a](https://b.example)", "\\[a\\]\\(https\\://b.example\\)"),
        ("line\nbreak", "line\\\\nbreak"),
    ],
)
def test_markdown_takes_no_orders_from_a_text(summary: str, shown: str) -> None:
    text = made("markdown", report(replace(JINJA, summary=summary))).decode()
    assert shown in text
    assert "<img" not in text


def test_a_code_span_holds_any_package_name() -> None:
    text = made("markdown", report(replace(JINJA, package="@team/`x`|y"))).decode()
    assert "| ``@team/`x`¦y`` |" in text


# ── GitLab ───────────────────────────────────────────────────────────────────────────────────────────────────────────

TOOL = {"type": "object", "required": ["id", "name", "version", "vendor"], "properties": {"version": {"minLength": 1}}}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"}
DEPENDENCY = {
    "type": "object",
    "required": ["package", "version"],
    "properties": {
        "package": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        "version": {"type": "string"},
        "direct": {"type": "boolean"},
    },
}
NAMED = {
    "type": "object",
    "required": ["type", "name", "value"],
    "additionalProperties": {"type": "string", "minLength": 1},
}
GITLAB = {
    "type": "object",
    "required": ["scan", "version", "vulnerabilities"],
    "properties": {
        "schema": {"type": "string", "pattern": "^https?://.+"},
        "version": {"const": "15.2.1"},
        "scan": {
            "required": ["analyzer", "end_time", "scanner", "start_time", "status", "type"],
            "properties": {
                "analyzer": TOOL,
                "scanner": TOOL,
                "start_time": MOMENT,
                "end_time": MOMENT,
                "status": {"enum": ["success", "failure"]},
                "messages": {
                    "items": {
                        "required": ["level", "value"],
                        "properties": {"level": {"enum": ["info", "warn", "fatal"]}, "value": {"minLength": 1}},
                    }
                },
            },
        },
        "vulnerabilities": {
            "items": {
                "required": ["id", "identifiers", "location"],
                "properties": {
                    "id": {"type": "string", "minLength": 1},
                    "name": {"maxLength": 255},
                    "description": {"maxLength": 1048576},
                    "severity": {"enum": ["Info", "Unknown", "Low", "Medium", "High", "Critical"]},
                    "solution": {"maxLength": 7000},
                    "identifiers": {"minItems": 1, "items": NAMED},
                    "cvss_vectors": {
                        "minItems": 1,
                        "maxItems": 10,
                        "items": {
                            "properties": {"vector": {"minLength": 16, "maxLength": 128}, "vendor": {"minLength": 1}}
                        },
                    },
                    "links": {"items": {"properties": {"url": {"pattern": "^(https?|ftp)://.+"}}}},
                    "details": {"additionalProperties": NAMED},
                },
            }
        },
    },
}
"""What GitLab documents of both reports, security report schema 15.2.1, as far as we write it; written anew here."""
PLACES = {
    "dependency": {
        "required": ["file", "dependency"],
        "properties": {"file": {"type": "string", "minLength": 1}, "dependency": DEPENDENCY},
    },
    "container": {
        "required": ["dependency", "operating_system", "image"],
        "properties": {"dependency": DEPENDENCY, "operating_system": {"minLength": 1}, "image": {"minLength": 1}},
    },
}


@pytest.mark.parametrize("kind", sorted(PLACES))
@pytest.mark.parametrize(
    "one", [FULL, report(), report(database=None), report(KNOWN)], ids=["full", "none", "no db", "kev"]
)
def test_gitlab_reports_keep_to_what_is_documented(kind: str, one: ScanReport) -> None:
    found = table(f"gitlab-{kind}-scanning", one)
    jsonschema_rs.validate(GITLAB, found)
    assert found["scan"]["type"] == f"{kind}_scanning"
    assert found["scan"]["status"] == ("failure" if one.database is None else "success")
    for vulnerability in found["vulnerabilities"]:
        jsonschema_rs.validate(PLACES[kind], vulnerability["location"])
        assert uuid.UUID(vulnerability["id"]).version == 8
    assert len({v["id"] for v in found["vulnerabilities"]}) == len(found["vulnerabilities"])


def test_gitlab_dependency_scanning_has_one_for_each_file() -> None:
    found = table("gitlab-dependency-scanning", report(KNOWN))
    assert [v["location"]["file"] for v in found["vulnerabilities"]] == list(JINJA.locations)
    [first, _] = found["vulnerabilities"]
    assert [i["value"] for i in first["identifiers"]] == [JINJA.id, *JINJA.aliases, "693"]
    assert first["cvss_vectors"] == [{"vendor": "GHSA-462w-v97r-4m45", "vector": JINJA.vector}]
    assert first["location"]["dependency"]["direct"] is False
    assert found["dependency_files"] == [
        {
            "path": "app/requirements.txt",
            "package_manager": "pypi",
            "dependencies": [{"package": {"name": "jinja2"}, "version": "2.10"}],
        }
    ]


@pytest.mark.parametrize(
    "vector", ["CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N", "nonsense", "CVSS:3.1/AV:N"]
)
def test_a_vector_that_gitlab_refuses_stays_out_of_its_list(vector: str) -> None:
    [first, _] = table("gitlab-dependency-scanning", report(replace(JINJA, vector=vector)))["vulnerabilities"]
    assert "cvss_vectors" not in first
    assert first["details"]["vector"]["value"] == vector


def test_gitlab_is_told_what_is_suppressed() -> None:
    messages = table("gitlab-container-scanning")["scan"]["messages"]
    assert {
        "level": "info",
        "value": "suppressed: CVE-2026-3 in jinja2 2.10: not reachable "
        "(maya@sample.example, until 2027-01-31T00:00:00Z)",
    } in messages
    found = table("gitlab-container-scanning")["vulnerabilities"]
    assert "CVE-2026-3" not in {i["value"] for v in found for i in v["identifiers"]}
    assert {v["location"]["operating_system"] for v in found} == {"debian 12"}
    assert {v["location"]["image"] for v in found} == {"registry.example/sample:1.0"}


# ── grype and trivy ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_grype_json_has_what_its_readers_ask_for() -> None:
    found = table("grype-json", report(KNOWN, finding("CVE-2026-3", suppression=EXCEPTION)))
    [match] = found["matches"]
    assert match["vulnerability"]["id"] == JINJA.id
    assert match["vulnerability"]["severity"] == "High"
    assert match["vulnerability"]["fix"] == {"versions": ["2.10.1", "3.0.0"], "state": "fixed"}
    assert match["vulnerability"]["cvss"][0]["metrics"] == {"baseScore": 8.6}
    assert match["vulnerability"]["epss"] == [{"cve": JINJA.id, "epss": 0.25, "percentile": 0.95, "date": "2026-11-01"}]
    assert match["vulnerability"]["knownExploited"][0]["dueDate"] == "2026-02-02"
    assert [r["id"] for r in match["relatedVulnerabilities"]] == list(JINJA.aliases)
    assert match["matchDetails"][0]["found"]["versionConstraint"] == "introduced 0, fixed 2.10.1 (pep440)"
    assert match["artifact"]["purl"] == "pkg:pypi/jinja2@2.10"
    assert match["artifact"]["type"] == "python"
    assert match["artifact"]["locations"][0]["path"] == "/app/requirements.txt"
    [ignored] = found["ignoredMatches"]
    assert ignored["appliedIgnoreRules"][0]["reason"] == "not reachable"
    assert found["source"]["target"]["manifestDigest"] == str(ARTIFACT.digest)
    assert found["descriptor"]["name"] == "custody"
    assert found["descriptor"]["db"]["status"]["valid"] is True


@pytest.mark.parametrize(
    ("response", "state"), [("will_not_fix", "wont-fix"), ("fix_deferred", "not-fixed"), ("", "unknown")]
)
def test_grype_json_says_whether_a_fix_will_come(response: str, state: str) -> None:
    [match] = table("grype-json", report(replace(JINJA, fixed_versions=(), response=response)))["matches"]
    assert match["vulnerability"]["fix"] == {"versions": [], "state": state}


def test_trivy_json_has_what_its_readers_ask_for() -> None:
    deb = replace(JINJA, id="CVE-2026-4", package_id="pkg:deb/debian/libc6@2.36?arch=amd64", package="libc6")
    hidden = finding("CVE-2026-5", suppression=VEX, status="not_affected")
    found = table("trivy-json", report(KNOWN, deb, hidden))
    assert found["SchemaVersion"] == 2
    assert found["ArtifactType"] == "container_image"
    assert found["Metadata"]["OS"] == {"Family": "debian", "Name": "12"}
    system, python = found["Results"]
    assert (system["Class"], system["Type"], system["Target"]) == (
        "os-pkgs",
        "debian",
        "registry.example/sample:1.0 (debian 12)",
    )
    assert (python["Class"], python["Type"], python["Target"]) == ("lang-pkgs", "python-pkg", "Python")
    [one] = python["Vulnerabilities"]
    assert (one["VulnerabilityID"], one["PkgName"], one["InstalledVersion"]) == (JINJA.id, "jinja2", "2.10")
    assert (one["FixedVersion"], one["Severity"], one["Status"]) == ("2.10.1, 3.0.0", "HIGH", "fixed")
    assert one["CVSS"] == {"GHSA-462w-v97r-4m45": {"V3Vector": JINJA.vector, "V3Score": 8.6}}
    assert one["PkgIdentifier"] == {"PURL": "pkg:pypi/jinja2@2.10"}
    [modified] = python["ExperimentalModifiedFindings"]
    assert (modified["Type"], modified["Status"], modified["Statement"]) == (
        "vulnerability",
        "not_affected",
        "component_not_present",
    )


FIELDS = ("id", "aliases", "severity", "score", "vector", "package_id", "version", "fixed_versions", "layer", "cwes")


@pytest.mark.parametrize("name", ["grype-json", "trivy-json", "sarif"])
def test_what_we_write_for_others_we_read_back(name: str) -> None:
    one = report(KNOWN, finding("CVE-2026-3000", suppression=EXCEPTION, aliases=()))
    back = read_report(made(name, one), "x", at=NOW).report
    assert back.artifact == one.artifact
    assert [(f.suppression is None) for f in back.findings] == [True, False]

    def facts(found: Finding) -> dict[str, object]:
        return {field: getattr(found, field) for field in FIELDS}

    assert [facts(f) for f in back.findings] == [facts(f) for f in one.findings]
    clean = read_report(made(name, report()), "x", at=NOW).report
    assert (clean.result, clean.packages) == ("clean", 3)
    assert read_report(made(name, report(database=None)), "x", at=NOW).report.result == "unknown"


# ── HTML ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_html_stands_alone() -> None:
    page = html.unescape(made("html").decode())
    outside = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
    assert set(outside) == {"#findings", "https://a.example/advisory", "https://b.example"}
    assert "default-src 'none'" in page
    assert not re.search(r"@import|url\(", page)


def test_html_has_every_finding_without_a_script() -> None:
    page = made("html").decode().partition("<script>")[0]
    for name in ("CVE-2019-10906", "CVE-2026-1", "CVE-2026-2", "CVE-2026-3"):
        assert f"<b>{name}</b>" in page
    assert "<details><summary>" in page
    assert 'aria-sort="descending"' in page
    assert "no exact version" in page
    assert INVENTORY.root.name in page


def test_html_sorts_by_what_the_page_says() -> None:
    rows_of = re.findall(r'data-sort="([\d.]+)" data-risk="([\d.]*)" data-id="([^"]+)"', made("html").decode())
    assert [name for _, _, name in rows_of] == [f.id for f in FULL.findings]
    assert [float(key) for key, _, _ in rows_of] == sorted((float(key) for key, _, _ in rows_of), reverse=True)
