"""Assessments to print: one as a release has it, and one in which every text is hostile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from custody.compliance import assess, parse_attestations
from custody.model import Assessment, Signer
from tests.compliance.material import (
    ARTIFACT,
    CHECKPOINT,
    DIGEST,
    NOW,
    cyclonedx,
    everything,
    evidence,
    exception,
    finding,
    provenance,
    scan,
    spoiled,
)

STATED = b"""\
apiVersion: v1
kind: Attestations
attestations:
  - {control: PO.2.3, verdict: met, author: Jane Doe, date: 2026-11-01, statement: It was decided., files: [m.pdf]}
  - {control: PO.1.1, verdict: met, author: Jane Doe, date: 2025-11-01, statement: The register is complete.}
  - {control: PW.6.2, verdict: not_applicable, author: Ada Byron, date: 2026-11-01, statement: There is no compiler.}
  - {control: PS.2.1, verdict: met, author: Ada Byron, date: 2026-11-01, statement: The key is on the web site.}
  - {control: RV.3.2, verdict: not_met, author: Ada Byron, date: 2026-11-01, statement: Never done.}
  - {control: RV.3.3, verdict: met, author: Ada Byron, date: 2026-11-01, product: other, statement: Done there.}
  - {control: RV.3.3, verdict: met, author: Ada Byron, date: 2027-11-01, statement: To be done.}
  - {control: PO.2.3, verdict: met, author: John Roe, date: 2026-10-01, statement: It was planned.}
"""


def ordinary() -> Assessment:
    """Give an assessment with each verdict in it, and one bundle that could not be verified."""
    findings = [finding("CVE-2026-1", "CRITICAL"), finding("CVE-2026-2", "HIGH", suppression=exception())]
    items = [item for item in everything() if "vuln" not in item.predicate_type]
    items += [evidence("vuln", scan(*findings)), spoiled(evidence("cyclonedx", cyclonedx() | {"version": 2}))]
    return assess(
        "nist-ssdf",
        artifact=ARTIFACT,
        evidence=items,
        now=NOW,
        attestations=parse_attestations(STATED, "a.yaml"),
        checkpoint=CHECKPOINT,
    )


def bare() -> Assessment:
    """Give an assessment of nothing but a digest."""
    artifact = replace(ARTIFACT, name="", version="", reference="")
    return assess("nist-ssdf", artifact=artifact, evidence=(), now=NOW)


MARKUP = (
    '#panic("x") #import "@preview/x:1.0.0" $x^2$ *bold* _it_ `raw` @ref <task-PO.1.1> \\ ] [ } { // /* = Head\n- item'
)
LONG = "A" * 9000 + " " + "b" * 300
ODD = "\u202eevil\u202c שלום עולם (123) مرحبا 微信 \U0001f600 \x00\x1b[31m \ud800 \u200b\ufeff"
HOSTILE = MARKUP + ODD + LONG


def hostile() -> Assessment:
    """Give an assessment in which whatever comes from outside tries to be more than text."""
    predicate = provenance()
    predicate["runDetails"]["builder"] = {"id": HOSTILE, "version": {MARKUP: ODD}}
    findings = [finding(f"CVE-{number}{HOSTILE}", "CRITICAL") for number in range(8)]
    findings = [replace(item, package=HOSTILE, version=ODD) for item in findings]
    items = [
        evidence("slsaprovenance", predicate),
        evidence("vuln", scan(*findings)),
        evidence(HOSTILE),
        evidence("signature", {"n": 1}, signer=Signer(identity=HOSTILE, issuer=HOSTILE)),
        evidence("signature", {"n": 2}, signer=None, problem=HOSTILE),
    ]
    items = [replace(item, name=HOSTILE) for item in items]
    stated = [
        replace(item, author=MARKUP, statement=HOSTILE, files=((ODD, None), ("f" * 500, DIGEST)))
        for item in parse_attestations(STATED, MARKUP)
    ]
    assessment = assess(
        "nist-ssdf",
        artifact=replace(ARTIFACT, name=HOSTILE, version=ODD, reference=HOSTILE),
        evidence=[*items, *items],
        now=NOW,
        attestations=[*stated, *stated],
        checkpoint=CHECKPOINT + HOSTILE,
    )
    return replace(assessment, notes=(*assessment.notes, HOSTILE))


def text_of(pdf: bytes, folder: Path) -> str:
    """Give the words of a PDF in one line, as a reader copies them out; skip where pdftotext is not installed."""
    import shutil
    import subprocess

    import pytest

    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    path = folder / "report.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())
