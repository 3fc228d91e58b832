"""Assessments as PDF: what a compliance officer reads, signs and files.

    data = compliance_pdf(assessment)       # the same bytes for the same assessment, PDF/A-2a and PDF/UA-1

`compliance_document` says what is printed, `templates/compliance.typ` how it looks, `typesetter.py` sets it.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

from custody.errors import CustodyError, UnavailableError
from custody.report.compliance_document import compliance_document

if TYPE_CHECKING:
    from custody.model import Assessment

__all__ = ["compliance_pdf"]

TIMEOUT_SECONDS = 60
"""A report takes half a second; one that takes this long never ends."""


def compliance_pdf(assessment: Assessment) -> bytes:
    """Give the report. Nothing in it depends on the clock, the machine's fonts or the locale.

    Raises UnavailableError: the child process could not be started, or did not end in time.
    """
    return _typeset("compliance.typ", compliance_document(assessment), assessment.assessed_at)


def _typeset(template: str, data: object, moment: dt.datetime) -> bytes:
    import subprocess
    import sys
    from pathlib import Path

    folder = Path(__file__).with_name("templates")
    request = {"template": template, "folder": str(folder), "timestamp": int(moment.timestamp()), "data": data}
    # -I: neither the current folder nor the environment can put another `typst` or `json` in front of ours.
    command = [sys.executable, "-I", str(Path(__file__).with_name("typesetter.py"))]
    try:
        done = subprocess.run(
            command, input=json.dumps(request).encode(), capture_output=True, timeout=TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError(
            "PDF report", f"not done after {TIMEOUT_SECONDS} s", "try again, or ask for JSON"
        ) from None
    except OSError as error:
        raise UnavailableError("PDF report", f"no process could be started: {error.strerror}", "ask for JSON") from None
    if done.returncode:
        problem = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no message"]
        if "No module named 'typst'" in problem[-1]:
            raise UnavailableError("PDF report", "typst is not installed", "run `pip install typst`, or ask for JSON")
        raise CustodyError("PDF report", f"could not be set (exit {done.returncode}): {problem[-1][:500]}")
    return done.stdout
