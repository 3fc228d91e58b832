"""`custody convert`: any SBOM in, any format out, and what that loses on standard error."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from custody import sbom
from tests.sbom.samples import document

CASES = Path(__file__).resolve().parent.parent / "cases" / "sbom"
SYFT = CASES / "syft-directory_packages-and-edges" / "sbom.json"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "custody", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"SOURCE_DATE_EPOCH": "1700000000", "PATH": ""},
    )


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    file = tmp_path / "bom.cdx.xml"
    file.write_bytes(sbom.encode(document(report=None), "cyclonedx-xml"))
    return file


def test_an_sbom_of_another_tool_becomes_several_of_ours(tmp_path: Path) -> None:
    spdx, xml = tmp_path / "a.spdx.json", tmp_path / "a.cdx.xml"
    ended = run("convert", SYFT, "-o", f"spdx-json={spdx}", "-o", f"cyclonedx-xml={xml}")
    assert (ended.returncode, ended.stdout) == (0, "")
    expected = sbom.decode(SYFT.read_bytes(), str(SYFT))
    assert sbom.decode(spdx.read_bytes(), "a") == sbom.decode(xml.read_bytes(), "a") == expected
    again = run("convert", SYFT, "-o", "cyclonedx-xml")
    assert again.stdout.encode() == xml.read_bytes()


def test_a_version_may_be_asked_for(ours: Path) -> None:
    ended = run("convert", ours, "-o", "cyclonedx-json", "--format-version", "1.4")
    assert json.loads(ended.stdout)["specVersion"] == "1.4"


def test_what_is_lost_is_told_and_strict_makes_it_a_failure(ours: Path) -> None:
    ended = run("convert", ours, "-o", "purls")
    assert ended.returncode == 0
    assert "custody: purls does not say: which package needs which (8 edges)\n" in ended.stderr
    assert all(line.startswith("custody: purls does not say: ") for line in ended.stderr.splitlines())
    assert run("convert", ours, "-o", "purls", "--strict").returncode == 1
    kept = run("convert", ours, "-o", "cyclonedx-json", "--strict")
    assert (kept.returncode, kept.stderr) == (0, "")


def test_what_could_not_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("pkg:npm/a@1\nnonsense\n")
    ended = run("convert", file, "-o", "purls", "--strict")
    assert (ended.returncode, ended.stdout) == (1, "pkg:npm/a@1\n")
    assert "custody: not read: line 2: expected a package URL that starts with pkg:, got 'nonsense'\n" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "custody: error: Missing option '-o' / '--output'; see `custody convert --help`"),
        (("-o", "syft-json"), 2, "custody: error: -o: syft-json is only read, never written; expected one of csv,"),
        (("-o", "docx"), 2, "custody: error: -o: unknown SBOM format 'docx'; expected one of csv,"),
        (
            ("-o", "cyclonedx-xml", "--format-version", "1.1"),
            2,
            "custody: error: --format-version: cyclonedx-xml is not",
        ),
    ],
)
def test_what_makes_no_sense_is_one_line(ours: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    ended = run("convert", ours, *arguments)
    assert ended.returncode == code
    assert ended.stderr.startswith(message)
    assert ended.stderr.count("\n") == 1


def test_what_is_no_sbom_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("name,version\n")
    ended = run("convert", file, "-o", "purls")
    assert ended.returncode == 3
    assert ended.stderr.startswith(f"custody: error: {file}: not an SBOM of a known format; expected one of cyclonedx")


@pytest.mark.parametrize("scheme", ["", "sbom:"])
@pytest.mark.parametrize("form", ["cyclonedx-xml", "github", "purls"])
def test_an_sbom_is_a_source_whatever_its_name(tmp_path: Path, form: str, scheme: str) -> None:
    file = tmp_path / "what-is-this"
    file.write_bytes(sbom.encode(document(report=None), form))
    ended = run("sbom", f"{scheme}{file}", "-o", "purls")
    assert ended.returncode == 0
    assert ended.stdout.splitlines() == [package.id for package in sbom.decode(file.read_bytes(), "x").packages]
