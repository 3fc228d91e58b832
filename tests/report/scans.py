"""Scan reports to render."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from custody.model import (
    Artifact,
    DatabaseState,
    Descriptor,
    Digest,
    Finding,
    HowFound,
    NotEvaluated,
    ScanReport,
    Skipped,
    Suppression,
)
from custody.model.scan_json import finding_order

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
ARTIFACT = Artifact(
    kind="image",
    name="sample",
    version="1.0",
    descriptor=Descriptor(
        media_type="application/vnd.oci.image.manifest.v1+json", digest=Digest.of(b"artifact"), size=1
    ),
    reference="registry.example/sample:1.0",
)
STATE = DatabaseState(
    digest=Digest.of(b"database"),
    ecosystems=(("PyPI", 7100),),
    newest=dt.datetime(2026, 10, 30, tzinfo=dt.UTC),
    imported_at=NOW,
    origin="data/osv",
)
HOW = HowFound(
    searched="PyPI jinja2 2.10",
    record="PYSEC-2019-217",
    matched="introduced 0, fixed 2.10.1",
    ordering="pep440",
    source="data/osv, modified 2026-01-01T00:00:00Z",
)
JINJA = Finding(
    id="CVE-2019-10906",
    aliases=("GHSA-462w-v97r-4m45", "PYSEC-2019-217"),
    summary="Sandbox escape by string formatting",
    severity="HIGH",
    score=8.6,
    vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N",
    severity_source="GHSA-462w-v97r-4m45",
    package_id="pkg:pypi/jinja2@2.10",
    package="jinja2",
    version="2.10",
    ecosystem="PyPI",
    fixed_versions=("2.10.1", "3.0.0"),
    layer=Digest.of(b"layer"),
    locations=("app/requirements.txt", "usr/lib/jinja2/METADATA"),
    path=("pkg:generic/sample@1.0", "pkg:pypi/flask@1.0", "pkg:pypi/jinja2@2.10"),
    found=(HOW,),
    references=(("WEB", "https://b.example"), ("ADVISORY", "https://a.example/advisory")),
    cwes=("CWE-693",),
)
EXCEPTION = Suppression(
    reason="not reachable", owner="maya@sample.example", expires=dt.datetime(2027, 1, 31, tzinfo=dt.UTC)
)


def finding(name: str, **more: Any) -> Finding:  # noqa: ANN401
    """Make one more finding."""
    return replace(JINJA, id=name, **more)


def report(*findings: Finding, **more: Any) -> ScanReport:  # noqa: ANN401
    """Make a report; the result follows from what is in it."""
    values: dict[str, Any] = {"not_evaluated": (), "skipped": (), "packages": 3, "database": STATE} | more
    sure = values["database"] and not values["not_evaluated"] and not values["skipped"]
    return ScanReport(
        artifact=ARTIFACT.digest,
        scanned_at=NOW,
        result="findings" if findings else "clean" if sure else "unknown",
        findings=tuple(sorted(findings, key=finding_order)),
        **values,
    )


FULL = report(
    JINJA,
    finding("CVE-2026-1", severity="CRITICAL", score=9.8, package="openssl", version="3.0.1", fixed_versions=()),
    finding("CVE-2026-2", severity="MEDIUM", score=None, vector="", layer=None, summary="", aliases=()),
    finding("CVE-2026-3", suppression=EXCEPTION),
    not_evaluated=(
        NotEvaluated(package_id="pkg:npm/a@1.0.0", reason="no exact version"),
        NotEvaluated(package_id="pkg:npm/b@1.0.0", reason="no exact version"),
        NotEvaluated(package_id="pkg:pypi/c@1.0", reason="it names no versions", advisory="PYSEC-1"),
    ),
    skipped=(Skipped(where="x/METADATA", reason="cut short"),),
)
