from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from custody.compliance.framework import FRAMEWORKS, load_framework, parse_framework
from custody.errors import InputError, UsageError

SMALL = """\
apiVersion: v1
kind: Framework
id: small
title: Small
version: "1"
source: us
groups: [{id: A, name: First}]
sections: [{id: A.1, title: One}]
controls:
  - {id: A.1.1, section: A.1, group: A, title: Signed, automation: auto, checks: [{query: signed}]}
  - {id: A.1.2, group: A, title: Stated, automation: attest, needs: [State it.]}
"""


@pytest.fixture(scope="module")
def ssdf() -> dict[str, Any]:
    folder = Path(__file__).resolve().parents[2] / "src/custody/compliance/frameworks"
    loaded: dict[str, Any] = yaml.safe_load((folder / "nist-ssdf.yaml").read_bytes())
    return loaded


def test_the_frameworks_are_the_files_of_the_folder() -> None:
    assert FRAMEWORKS == ("nist-ssdf",)
    for name in FRAMEWORKS:
        assert load_framework(name).id == name


def test_an_unknown_framework_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"--format: unknown framework 'iso-27001'; expected one of nist-ssdf"):
        load_framework("iso-27001")


def test_ssdf_is_complete() -> None:
    """SP 800-218 version 1.1 has 4 groups, 19 practices and 42 tasks."""
    framework = load_framework("nist-ssdf")
    assert framework.version == "1.1"
    assert [key for key, _ in framework.groups] == ["PO", "PS", "PW", "RV"]
    ids = [control.id for control in framework.controls]
    assert len(ids) == len(set(ids)) == 42
    assert len({control.section for control in framework.controls}) == 19
    for control in framework.controls:
        group, practice, task = re.fullmatch(r"(P[OSW]|RV)\.([1-9])\.([1-9])", control.id).groups()  # type: ignore[union-attr]
        assert control.group == group
        assert control.section.startswith(f"{group}.{practice} ")
        assert control.statement.endswith((".", "]"))
        assert control.title
        assert task
    assert not set(ids) & set(framework.retired)


def test_no_task_of_ssdf_can_be_met_by_a_tool_alone() -> None:
    for control in load_framework("nist-ssdf").controls:
        assert control.needs, control.id
        assert all(need.endswith(".") for need in control.needs)


def test_ssdf_quotes_nist_word_for_word(shared: Path, ssdf: dict[str, Any]) -> None:
    source = yaml.safe_load((shared / "frameworks/nist-ssdf.yaml").read_bytes())
    theirs = {task["id"]: (task["statement"], task["group"], task["practice"]) for task in source["tasks"]}
    ours = {item["id"]: (item["statement"], item["group"], item["section"]) for item in ssdf["controls"]}
    assert ours == theirs
    assert {item["id"]: item["title"] for item in ssdf["sections"]} == {
        item["id"]: item["title"] for item in source["practices"]
    }
    assert [item["id"] for item in ssdf["retired"]] == [item["id"] for item in source["retired_ids"]]
    automation = {task["id"]: task["evidence"]["automation"] for task in source["tasks"]}
    assert {item["id"]: item["automation"] for item in ssdf["controls"]} == automation


def test_the_script_that_refreshes_the_text_keeps_our_checks(root: Path, shared: Path, tmp_path: Path) -> None:
    """Run on a copy of the repository's script and file, it changes nothing: the file is what the script writes."""
    frameworks = tmp_path / "src/custody/compliance/frameworks"
    frameworks.mkdir(parents=True)
    (tmp_path / "scripts").mkdir()
    for name in ("scripts/update_frameworks.py", "src/custody/compliance/frameworks/nist-ssdf.yaml"):
        (tmp_path / name).write_bytes((root / name).read_bytes())
    command = [sys.executable, "scripts/update_frameworks.py", "nist-ssdf", str(shared / "frameworks/nist-ssdf.yaml")]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    name = "src/custody/compliance/frameworks/nist-ssdf.yaml"
    assert (tmp_path / name).read_text() == (root / name).read_text()


def test_a_small_framework_is_read_whole() -> None:
    framework = parse_framework(SMALL.encode(), "small.yaml")
    first, second = framework.controls
    assert first.section == "A.1 One"
    assert [check.query.name for check in first.checks] == ["signed"]
    assert (second.section, second.needs) == ("", ("State it.",))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("query: signed", "query: signd", "small.yaml:controls[0].checks[0].query: expected one of attested"),
        ("query: signed", "query: signed, days: 3", "small.yaml:controls[0].checks[0].days: unknown field"),
        ("group: A, title: Signed", "group: B, title: Signed", "small.yaml:controls[0].group: expected one of A"),
        ("section: A.1,", "section: A.2,", "small.yaml:controls[0].section: expected one of A.1"),
        ("id: A.1.2", "id: A.1.1", "small.yaml:controls[1].id: 'A.1.1' stands twice"),
        (", needs: [State it.]", "", "small.yaml:controls[1].needs: missing; what is 'attest' can never be met"),
        ("automation: auto", "automation: partial", "small.yaml:controls[0].needs: missing; what is 'partial'"),
        ("needs: [State", "checks: [{query: signed}], needs: [State", "controls[1].checks: what only a person can"),
        ("automation: auto", "automation: some", "automation: expected one of auto, partial, attest"),
        ("kind: Framework", "kind: Policy", "small.yaml:kind: expected one of Framework"),
        ("controls:", "control:", "small.yaml:control: unknown field; did you mean 'controls'?"),
    ],
)
def test_a_framework_with_a_fault_is_refused_with_its_place(old: str, new: str, message: str) -> None:
    assert old in SMALL
    with pytest.raises(InputError) as caught:
        parse_framework(SMALL.replace(old, new).encode(), "small.yaml")
    assert message in str(caught.value)
