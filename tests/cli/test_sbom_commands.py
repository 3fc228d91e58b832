"""query, diff, merge, validate and score: what they print, and with which code they end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from custody.cli.commands.validate import PROFILES
from custody.cli.program import run
from custody.sbom import decode, encode
from custody.sbom.quality import PROFILES as KNOWN
from tests.sbom.samples import JINJA, LODASH, MARKUPSAFE, PYTEST, ROOT, SSL, document, inventory


@pytest.fixture
def sbom(tmp_path: Path) -> str:
    file = tmp_path / "a.spdx.json"
    file.write_bytes(encode(document(), "spdx-json"))
    return str(file)


@pytest.fixture
def other(tmp_path: Path) -> str:
    file = tmp_path / "b.cdx.json"
    packages = (SSL, JINJA, MARKUPSAFE, PYTEST, replace(LODASH, licence_declared="ISC"))
    file.write_bytes(encode(document(inventory=inventory(packages=packages)), "cyclonedx-json"))
    return str(file)


def test_query_prints_a_table(sbom: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["query", sbom, "license contains MIT", "--path"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "NAME    VERSION  TYPE  LICENCE  PURL",
        "lodash  4.17.20  npm   MIT      pkg:npm/lodash@4.17.20",
        f"  {ROOT.id} → {SSL.id} → {LODASH.id}",
        "1 of 6 packages",
    ]


def test_query_prints_json_and_purls(sbom: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["query", sbom, "needed-by jinja2", "--direct", "-o", "json", "--path"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["schemaVersion"], printed["root"], printed["count"]) == ("1.0", ROOT.id, 2)
    ways = {package["name"]: package["path"] for package in printed["packages"]}
    assert list(ways) == ["MarkupSafe", "pytest"]
    assert ways["pytest"] == [ROOT.id, JINJA.id, PYTEST.id]
    assert run(["query", sbom, "type is npm", "-o", "purls"]) == 0
    assert capsys.readouterr().out == "pkg:npm/lodash@4.17.20\n"


def test_query_without_a_match_ends_in_1(sbom: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["query", sbom, "depends-on nothing"]) == 1
    assert capsys.readouterr() == ("", "custody: no package is called nothing\n")


def test_query_runs_filters(sbom: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["query", sbom, "-r", '.packages[] | select(.type == "npm") | .name, {version}']) == 0
    assert capsys.readouterr().out == 'lodash\n{\n  "version": "4.17.20"\n}\n'
    assert run(["query", sbom, '.packages[] | select(.type == "gem")']) == 1
    assert run(["query", sbom, ".nothing"]) == 1
    assert run(["query", sbom, ".packages.name"]) == 3
    assert run(["query", sbom, ".packages | map("]) == 2
    assert run(["query", sbom, ".packages", "--path"]) == 2
    assert run(["query", sbom, "installed", "-r"]) == 2


def test_a_wrong_expression_is_told_before_anything_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["query", "no-such-thing.json", "name isnt x"]) == 2
    assert capsys.readouterr().err.startswith("custody: error: query:column 6: expected is, contains")


def test_diff(sbom: str, other: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", sbom, sbom]) == 0
    assert capsys.readouterr().out == "no change\n"
    assert run(["diff", sbom, other]) == 1
    assert "licence  lodash  MIT     ISC    pkg:npm/lodash@4.17.20\n" in capsys.readouterr().out
    assert run(["diff", sbom, other, "-o", "json"]) == 1
    printed = json.loads(capsys.readouterr().out)
    assert printed["same"] is False
    assert [(c["name"], c["licence"], c["direction"]) for c in printed["changed"]] == [("lodash", True, None)]


def test_merge(sbom: str, other: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "suite.cdx.json"
    outputs = ["-o", f"cyclonedx-json={target}", "--name", "suite", "--version", "1"]
    assert run(["merge", sbom, other, *outputs]) == 0
    assert "custody: conflict: pkg:npm/lodash@4.17.20: licence declared is 'MIT' in " in capsys.readouterr().err
    found = decode(target.read_bytes(), "suite")
    assert found.root.id == "pkg:generic/suite@1"
    assert found.path_to(LODASH.id)[:2] == (found.root.id, ROOT.id)
    assert run(["merge", sbom, "-o", "nope", "--name", "x"]) == 2


def test_validate(sbom: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", sbom]) == 0
    assert capsys.readouterr().out == f"{sbom}: SPDX 2.3: valid\n"
    assert run(["validate", sbom, "--profile", "ntia-2021"]) == 1
    assert "  error    NTIA-1     no supplier (" in capsys.readouterr().out
    bad = tmp_path / "bad.json"
    bad.write_bytes(b"{}")
    assert run(["validate", str(bad)]) == 3
    capsys.readouterr()
    assert run(["validate", str(bad), sbom, "-o", "json"]) == 3
    printed = json.loads(capsys.readouterr().out)
    assert [(file["file"], file["result"]) for file in printed["files"]] == [(sbom, "valid"), (str(bad), "unreadable")]


def test_every_finding_in_json_has_place_rule_and_fix(sbom: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(["validate", sbom, "-o", "json", *(word for name in PROFILES for word in ("--profile", name))])
    findings = json.loads(capsys.readouterr().out)["files"][0]["findings"]
    assert {"NTIA-1", "CD-3", "TR-F"} <= {finding["rule"] for finding in findings}
    assert all(finding["message"] and finding["fix"] for finding in findings)
    assert any(finding["place"] == LODASH.id for finding in findings)


def test_the_help_names_the_profiles_that_there_are() -> None:
    assert tuple(KNOWN) == PROFILES


def test_score(sbom: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["score", sbom, "-o", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert 0 < printed["score"] < 10
    assert run(["score", sbom, "--at-least", "10"]) == 1
    table = capsys.readouterr().out
    assert table.startswith(f"score: {printed['score']:.1f} of 10, grade {printed['grade']} (6 components)\n")
    assert "\n+" in table
