"""The published JSON schema of security-report.json: every report keeps to it, and it refuses what is none."""

from __future__ import annotations

import datetime as dt
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from custody.model import RESPONSES, SEVERITIES, STATUSES, Epss, Exploited, Finding, ScanReport, Suppression
from custody.model.scan_json import RESULTS, SCHEMA_VERSION, SUPPRESSIONS
from custody.report import encode_security_report
from tests.report.foreign.cases import CASES, read
from tests.report.scans import EXCEPTION, FULL, JINJA, NOW, finding, report

NAME = f"security-report-{SCHEMA_VERSION}.schema.json"
SCHEMA: dict[str, Any] = json.loads((files("custody.report") / "schemas" / NAME).read_bytes())
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)
EVERYTHING = replace(
    JINJA,
    published=NOW,
    modified=NOW,
    epss=Epss(id="CVE-2019-10906", score=0.1, percentile=0.9, date=dt.date(2026, 11, 1)),
    exploited=Exploited(id="CVE-2019-10906", added=dt.date(2026, 1, 2), due=dt.date(2026, 2, 2), action="Act."),
    ssvc=(("Exploitation", "poc"),),
    response="will_not_fix",
    urgency="low",
    direct=True,
    base=False,
    risk=55.5,
)
VEX = Suppression(kind="vex", reason="r", owner="o", expires=None, status="fixed", justification="j", source="s")


def faults(value: object) -> list[str]:
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message[:120]}" for error in VALIDATOR.iter_errors(value)
    ]


def as_json(one: ScanReport) -> Any:  # noqa: ANN401
    return json.loads(encode_security_report(one))


def test_it_is_a_schema_with_a_name_of_its_version() -> None:
    assert jsonschema_rs.meta.is_valid(SCHEMA)
    assert SCHEMA["$id"].endswith(f"/{NAME}")
    assert SCHEMA["properties"]["schemaVersion"] == {"const": SCHEMA_VERSION}


def test_its_words_are_those_of_the_model() -> None:
    finding_ = SCHEMA["$defs"]["finding"]["properties"]
    assert set(SCHEMA["$defs"]["severity"]["enum"]) == set(SEVERITIES)
    assert finding_["status"]["enum"] == list(STATUSES)
    assert finding_["response"]["enum"] == list(RESPONSES)
    assert SCHEMA["properties"]["result"]["enum"] == list(RESULTS)
    assert finding_["suppression"]["oneOf"][0]["properties"]["kind"]["enum"] == list(SUPPRESSIONS)
    assert set(SCHEMA["properties"]["summary"]["properties"]) >= set(SEVERITIES)
    assert len(finding_) == len(fields(Finding)) - 4  # cvss has two of them, package four


REPORTS = {
    "full": FULL,
    "clean": report(),
    "no database": report(database=None),
    "unknown": report(skipped=FULL.skipped),
    "everything": report(EVERYTHING),
    "bare": report(replace(JINJA, severity="NONE", score=None, vector="", layer=None, found=(), path=(), locations=())),
    "all suppressed": report(replace(EVERYTHING, suppression=EXCEPTION), finding("CVE-2026-3", suppression=VEX)),
    **{case.name: read(case).report for case in CASES},
}


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_keeps_to_it(name: str) -> None:
    assert faults(as_json(REPORTS[name])) == []


def of(change: Callable[[Any], object], *, one: ScanReport = REPORTS["everything"]) -> Any:  # noqa: ANN401
    value = as_json(one)
    change(value)
    return value


def put(*path: str | int, to: object) -> Callable[[Any], object]:
    def change(value: Any) -> None:  # noqa: ANN401
        for step in path[:-1]:
            value = value[step]
        value[path[-1]] = to

    return change


FOUND = ("vulnerabilities", 0)


@pytest.mark.parametrize(
    "change",
    [
        put("schemaVersion", to="1.0"),
        put("artifact", to="sha256:12"),
        put("artifact", to=None),
        put("scannedAt", to="2026-11-01 12:00:00"),
        put("scannedAt", to="2026-13-01T12:00:00Z"),
        put("result", to="clean"),
        put("result", to="maybe"),
        put("packages", to=-1),
        put("packages", to=1.5),
        put("summary", "HIGH", to="1"),
        put("summary", "more", to=1),
        put("vulnerabilities", to=None),
        put(*FOUND, "id", to=""),
        put(*FOUND, "aliases", to=["A", "A"]),
        put(*FOUND, "severity", to="high"),
        put(*FOUND, "cvss", "score", to=10.1),
        put(*FOUND, "cvss", "version", to="5.0"),
        put(*FOUND, "package", "purl", to=""),
        put(*FOUND, "package", "licence", to="MIT"),
        put(*FOUND, "layer", to="layer"),
        put(*FOUND, "found", 0, "confidence", to="sure"),
        put(*FOUND, "published", to="yesterday"),
        put(*FOUND, "references", 0, to="https://a.example"),
        put(*FOUND, "risk", to=101),
        put(*FOUND, "epss", "score", to=1.5),
        put(*FOUND, "epss", "date", to="2026-11-31"),
        put(*FOUND, "exploited", "ransomware", to="no"),
        put(*FOUND, "ssvc", to=[["Exploitation", "poc"]]),
        put(*FOUND, "status", to="exploitable"),
        put(*FOUND, "response", to="never"),
        put(*FOUND, "direct", to="yes"),
        put(*FOUND, "more", to=1),
        put(*FOUND, "suppression", to={"kind": "exception"}),
        put("notEvaluated", to=[{"package": "p"}]),
        put("skipped", to=[{"where": "w", "reason": ""}]),
        put("database", "digest", to="md5:1"),
        put("database", "ecosystems", to=[{"name": "PyPI"}]),
        put("more", to=1),
        lambda value: value.pop("database"),
        lambda value: value["vulnerabilities"][0].pop("found"),
        lambda value: value["summary"].pop("total"),
    ],
)
def test_it_refuses_what_is_none(change: Callable[[Any], object]) -> None:
    assert faults(of(change))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("clean", put("database", to=None)),
        ("clean", put("packages", to=0)),
        ("clean", put("notEvaluated", to=[{"package": "p", "reason": "r"}])),
        ("clean", put("result", to="findings")),
        ("all suppressed", put("suppressed", 0, "suppression", to=None)),
        ("all suppressed", put("suppressed", 0, "suppression", "kind", to="wish")),
        ("all suppressed", put("suppressed", 0, "suppression", "expires", to="never")),
    ],
)
def test_it_refuses_a_result_that_contradicts_the_lists(name: str, change: Callable[[Any], object]) -> None:
    assert faults(of(change, one=REPORTS[name]))


def test_the_questions_of_the_guide_have_answers(root: Path) -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    page = (root / "docs/security-report.md").read_text()
    commands = re.findall(r"\| `jq ([^`]+)` \|", page)
    assert len(commands) == 7
    data = encode_security_report(report(EVERYTHING, finding("CVE-2026-3", suppression=EXCEPTION)))
    for command in commands:
        arguments = shlex.split(command.replace("\\|", "|"))
        done = subprocess.run(["jq", *arguments], input=data, capture_output=True, check=False)
        assert done.stdout.strip() not in (b"", b"null"), command
        assert done.stderr == b"", command
