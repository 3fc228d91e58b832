"""The rendered report. The tests that read it back need pdftotext (poppler-utils), and say so where it is missing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from custody.errors import CustodyError, UnavailableError
from custody.report import compliance_pdf, pdf
from tests.compliance.material import DIGEST
from tests.report.assessments import bare, hostile, ordinary, text_of


@pytest.fixture(scope="module")
def printed() -> bytes:
    return compliance_pdf(ordinary())


@pytest.fixture(scope="module")
def worst() -> bytes:
    return compliance_pdf(hostile())


def test_it_is_an_archivable_and_accessible_pdf(printed: bytes) -> None:
    assert printed.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>2</pdfaid:part>" in printed
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in printed
    assert b"<pdfuaid:part>1</pdfuaid:part>" in printed
    assert b"/MarkInfo" in printed
    assert b"/Outlines" in printed


def test_two_runs_give_the_same_bytes(printed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    monkeypatch.setenv("TYPST_FONT_PATHS", "/")
    assert compliance_pdf(ordinary()) == printed


def test_the_date_is_the_assessments_not_the_clocks(printed: bytes) -> None:
    assert b"D:20261122180000" in printed
    assert b"2026-11-22T18:00:00" in printed


def test_it_takes_less_than_two_seconds_of_work() -> None:
    command = (
        "import resource; from custody.report import compliance_pdf; from tests.report.assessments import ordinary;"
        "compliance_pdf(ordinary()); u = resource.getrusage(resource.RUSAGE_CHILDREN); print(u.ru_utime + u.ru_stime)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", command], cwd=root, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 2


def test_every_task_its_words_and_its_evidence_can_be_read(printed: bytes, tmp_path: Path) -> None:
    assessment = ordinary()
    text = text_of(printed, tmp_path)
    for result in assessment.results:
        assert f"{result.id} {result.title[:24]}" in text
        assert result.statement[:60] in text
        assert result.reason[:60] in text
        for need in result.needs:
            assert need[:60] in text
    for item in assessment.evidence:
        assert str(item.digest) in text
    for word in ("Met", "Not met", "Evidence missing", "Not applicable", "Still open", "not verified, not counted"):
        assert word in text
    assert f"whisperengine 1.2.3 {DIGEST}" in text
    assert "custody.example/ledger" in text
    assert "NIST says that it is no checklist" in text


def test_the_pages_are_numbered_and_carry_the_digest(printed: bytes, tmp_path: Path) -> None:
    text = text_of(printed, tmp_path)
    pages = text.count(f"whisperengine 1.2.3 {DIGEST}") + 1
    assert pages > 10
    for page in range(1, pages + 1):
        assert f"UTC {page} of {pages}" in text


def test_it_claims_no_compliance(printed: bytes, tmp_path: Path) -> None:
    text = text_of(printed, tmp_path).lower()
    for claim in ("compliant", "complies", "in compliance", "certified", "conforms"):
        assert claim not in text
    assert "claims no conformity" in text


def test_a_report_on_nothing_is_a_report_too(tmp_path: Path) -> None:
    text = text_of(compliance_pdf(bare()), tmp_path)
    assert "No evidence was found for this artifact." in text
    assert "No statement by a person was given." in text
    assert "42 tasks" in text


def test_hostile_texts_are_printed_as_text(worst: bytes, tmp_path: Path) -> None:
    assert b"<pdfaid:part>2</pdfaid:part>" in worst, "a character without a glyph fell back to an ordinary PDF"
    text = text_of(worst, tmp_path)
    assert '#panic("x") #import "@preview/x:1.0.0" $x^2$ *bold* _it_ `raw` @ref <task-PO.1.1> \\ ] [ } { // /*' in text
    assert "\\u{202e}evil\\u{202c}" in text
    assert "\\u{5fae}\\u{4fe1} \\u{1f600} \\u{0}\\u{1b}[31m" in text
    assert "more characters)" in text
    for task in ("PO.1.1", "PW.9.2", "RV.3.4"):
        assert task in text


def test_no_line_runs_off_the_page(worst: bytes, tmp_path: Path) -> None:
    """Poppler's boxes of words in the hostile report stay inside the page's margins."""
    text_of(worst, tmp_path)
    done = subprocess.run(
        ["pdftotext", "-bbox", str(tmp_path / "report.pdf"), "-"], capture_output=True, text=True, check=True
    )
    boxes = [line for line in done.stdout.splitlines() if "<word " in line]
    assert len(boxes) > 2000
    for line in boxes:
        right = float(line.split('xMax="')[1].split('"')[0])
        bottom = float(line.split('yMax="')[1].split('"')[0])
        assert right < 595 - 55, line
        assert bottom < 842 - 20, line


def test_a_setting_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "TIMEOUT_SECONDS", 0.01)
    started = time.monotonic()
    with pytest.raises(UnavailableError, match=r"^PDF report: not done after 0.01 s; try again, or ask for JSON$"):
        compliance_pdf(bare())
    assert time.monotonic() - started < 10


def test_a_python_that_cannot_be_started_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(UnavailableError, match="no process could be started"):
        compliance_pdf(bare())


@pytest.mark.parametrize(
    ("stderr", "error", "message"),
    [
        ("ModuleNotFoundError: No module named 'typst'", UnavailableError, "typst is not installed; run `pip install"),
        ("typst.TypstError: unknown variable: x", CustodyError, "could not be set (exit 1): typst.TypstError: unknown"),
        ("", CustodyError, "could not be set (exit 1): no message"),
    ],
)
def test_a_child_that_fails_is_one_clear_line(
    stderr: str, error: type[CustodyError], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: Any) -> subprocess.CompletedProcess[bytes]:  # noqa: ANN401 - subprocess's own
        return subprocess.CompletedProcess([], 1, b"", f"Traceback …\n{stderr}\n".encode() if stderr else b"")

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(error) as caught:
        compliance_pdf(bare())
    assert message in str(caught.value)


def test_the_child_sees_neither_the_folder_it_is_started_in_nor_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "typst.py").write_text("raise SystemExit('not this one')")
    (tmp_path / "json.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert compliance_pdf(bare()).startswith(b"%PDF")
