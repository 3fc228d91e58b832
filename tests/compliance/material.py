"""Evidence about one artifact, as releases make it: small, verified, and easy to spoil."""

from __future__ import annotations

import datetime as dt
from typing import Any

from custody.compliance.interface import Material
from custody.model import (
    Artifact,
    DatabaseState,
    Descriptor,
    Digest,
    Evidence,
    Finding,
    NotEvaluated,
    ScanReport,
    Signer,
    Skipped,
    Statement,
    Suppression,
    predicate_types,
)
from custody.model.scan_json import finding_order, scan_report_to_json

NOW = dt.datetime(2026, 11, 22, 18, 0, tzinfo=dt.UTC)
DIGEST = Digest.of(b"the artifact")
ARTIFACT = Artifact(
    kind="image",
    name="whisperengine",
    version="1.2.3",
    descriptor=Descriptor(media_type="application/vnd.oci.image.manifest.v1+json", digest=DIGEST, size=1234),
    reference="docker-archive:image.tar",
)
KEY = Signer(key_id=Digest.of(b"the key").hex)
CHECKPOINT = "custody.example/ledger\n42\n" + "A" * 43 + "=\n\n— custody.example/ledger AAAAAAAAAAAA\n"
NO_KEY = "no key to verify it with; name the signer's public key with --key FILE"


def evidence(
    kind: str,
    predicate: dict[str, Any] | None = None,
    *,
    signer: Signer | None = KEY,
    problem: str = "",
    about: Digest = DIGEST,
) -> Evidence:
    """Give one piece of evidence; without a signer it is unverified, and `problem` says why."""
    statement = Statement.about("whisperengine", about, predicate_types(kind)[0], predicate or {})
    data = statement.encode() + problem.encode("utf-8", "surrogatepass")
    return Evidence(
        digest=Digest.of(data),
        statement=statement,
        signer=signer,
        problem=problem,
        size=len(data),
        name=f"evidence/{kind}.sigstore.json",
    )


def spoiled(item: Evidence) -> Evidence:
    """Give the same evidence as it is found by someone who trusts no key."""
    return Evidence(digest=item.digest, statement=item.statement, problem=NO_KEY, size=item.size, name=item.name)


def material(*items: Evidence, checkpoint: str = "", now: dt.datetime = NOW) -> Material:
    return Material.gather(ARTIFACT, items, now, checkpoint)


def spdx(*, versionless: int = 0, edges: bool = True, packages: int = 3, hashes: bool = True) -> dict[str, Any]:
    """Give an SPDX document about the artifact."""
    root = {
        "name": "whisperengine",
        "SPDXID": "SPDXRef-root",
        "versionInfo": "1.2.3",
        "checksums": [{"algorithm": "SHA256", "checksumValue": DIGEST.hex}],
    }
    parts = [
        {
            "name": f"package-{number}",
            "SPDXID": f"SPDXRef-{number}",
            "versionInfo": "NOASSERTION" if number < versionless else "1.0",
            "licenseDeclared": "NOASSERTION" if number == 0 else "MIT",
            "checksums": [{"algorithm": "SHA256", "checksumValue": "0" * 64}] if hashes and number else [],
        }
        for number in range(packages)
    ]
    describes = {
        "spdxElementId": "SPDXRef-DOCUMENT",
        "relationshipType": "DESCRIBES",
        "relatedSpdxElement": "SPDXRef-root",
    }
    needs = [
        {"spdxElementId": "SPDXRef-root", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": part["SPDXID"]}
        for part in parts
    ]
    return {
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "creationInfo": {"created": "2026-11-22T17:50:00Z", "creators": ["Tool: custody-0.1.0", "Person: Ada"]},
        "packages": [root, *parts],
        "relationships": [describes, *(needs if edges else [])],
    }


def cyclonedx() -> dict[str, Any]:
    """Give a CycloneDX document about the artifact, with a component inside a component."""
    inner = {"name": "inner", "version": "1", "hashes": [{"alg": "SHA-256", "content": "0" * 64}]}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {
            "timestamp": "2026-11-22T17:51:00Z",
            "tools": {"components": [{"name": "custody", "version": "0.1.0"}]},
            "component": {"name": "whisperengine", "hashes": [{"alg": "SHA-256", "content": DIGEST.hex}]},
        },
        "components": [{"name": "outer", "version": "2", "licenses": [{"expression": "MIT"}], "components": [inner]}],
        "dependencies": [{"ref": "outer", "dependsOn": ["inner"]}],
    }


def finding(id_: str, severity: str, *, fixed: bool = True, suppression: Suppression | None = None) -> Finding:
    return Finding(
        id=id_,
        aliases=(),
        summary="",
        severity=severity,
        score=None,
        vector="",
        severity_source="",
        package_id="pkg:pypi/jinja2@2.10",
        package="jinja2",
        version="2.10",
        ecosystem="PyPI",
        fixed_versions=("2.10.1",) if fixed else (),
        layer=None,
        locations=(),
        path=(),
        found=(),
        suppression=suppression,
    )


def exception(
    *,
    owner: str = "Ada Byron",
    reason: str = "not reachable",
    expires: dt.datetime | None = NOW + dt.timedelta(days=30),
) -> Suppression:
    return Suppression(reason=reason, owner=owner, expires=expires, approver="Grace Hopper")


def scan(
    *findings: Finding,
    database: bool = True,
    partial: bool = False,
    age_days: int = 0,
    newest_days: int | None = 2,
    unseen: int = 0,
    skipped: int = 0,
    about: Digest = DIGEST,
) -> dict[str, Any]:
    """Give the predicate of a scan that was made `age_days` ago with advisories up to `newest_days` ago."""
    state = DatabaseState(
        digest=Digest.of(b"database"),
        ecosystems=(("Debian:12", 30000), ("PyPI", 17000)),
        newest=None if newest_days is None else NOW - dt.timedelta(days=newest_days),
        imported_at=NOW - dt.timedelta(days=1),
        partial=partial,
    )
    clean = database and not unseen and not skipped
    report = ScanReport(
        artifact=about,
        scanned_at=NOW - dt.timedelta(days=age_days),
        result="findings" if findings else "clean" if clean else "unknown",
        findings=tuple(sorted(findings, key=finding_order)),
        not_evaluated=tuple(NotEvaluated(package_id=f"pkg:pypi/x{i}@1", reason="no version") for i in range(unseen)),
        packages=3,
        database=state if database else None,
        skipped=tuple(Skipped(where=f"file-{i}", reason="cut short") for i in range(skipped)),
    )
    return {"scanner": {"result": scan_report_to_json(report)}}


def provenance(
    *, commit: str = "a" * 40, modified: bool | None = False, operation: str = "packed", dependencies: int = 2
) -> dict[str, Any]:
    """Give SLSA provenance v1 as `custody release` writes it."""
    source: dict[str, Any] = {"name": "source", "uri": "git+https://git.example/w", "digest": {"gitCommit": commit}}
    if modified is not None:
        source["annotations"] = {"modified": modified}
    packages = [
        {"uri": f"pkg:pypi/p{i}@1", **({"digest": {"sha256": "0" * 64}} if i else {})} for i in range(dependencies)
    ]
    return {
        "buildDefinition": {
            "buildType": "https://custody.example/build-types/release/v1",
            "externalParameters": {},
            "internalParameters": {"operation": operation, "environment": {"python": "3.11.7"}},
            "resolvedDependencies": [*([source] if commit else []), *packages],
        },
        "runDetails": {
            "builder": {"id": "https://custody.example/builders/local", "version": {"custody": "0.1.0"}},
            "metadata": {"startedOn": "2026-11-22T17:48:00Z", "finishedOn": "2026-11-22T17:55:00Z"},
        },
    }


def summary(*, passed: bool = True, at: str = "2026-11-22T17:56:00Z") -> dict[str, Any]:
    """Give a SLSA verification summary."""
    return {
        "verifier": {"id": "https://custody.example/verifiers/policy"},
        "timeVerified": at,
        "resourceUri": "whisperengine",
        "policy": {"uri": "policy.yaml", "digest": {"sha256": "b" * 64}},
        "inputAttestations": [{}, {}, {}],
        "verificationResult": "PASSED" if passed else "FAILED",
        "verifiedLevels": [],
    }


def everything() -> list[Evidence]:
    """Give what a release in good order leaves behind."""
    return [
        evidence("signature"),
        evidence("slsaprovenance", provenance()),
        evidence("spdxjson", spdx()),
        evidence("cyclonedx", cyclonedx()),
        evidence("vuln", scan()),
        evidence("vsa", summary()),
        evidence("https://in-toto.io/attestation/test-result/v0.1", {"result": "PASSED", "passedTests": ["a", "b"]}),
    ]
