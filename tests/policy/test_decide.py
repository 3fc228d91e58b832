"""Decisions rest on verified evidence about the very artifact; whatever is missing is no yes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from custody.model import (
    DatabaseState,
    Decision,
    Digest,
    Evidence,
    Finding,
    HowFound,
    NotEvaluated,
    ScanReport,
    Signer,
    Skipped,
    Statement,
    Suppression,
    predicate_types,
    scan_report_to_json,
)
from custody.policy import Subject, decide, parse_policy

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
ARTIFACT = Digest.of(b"artifact")
OTHER = Digest.of(b"another artifact")
KEY = Signer(key_id="ab" * 32)


def policy_of(rules: str) -> Any:  # noqa: ANN401 - the policy's own type adds nothing here
    head = "apiVersion: v1\nkind: Policy\nmetadata: {name: p}\nspec:\n  containers:\n    - name: app\n      "
    return parse_policy((head + rules + "\n").encode(), "policy.yaml")


def evidence(
    kind: str, predicate: dict[str, Any], *, about: Digest = ARTIFACT, signer: Signer | None = KEY
) -> Evidence:
    statement = Statement.about("app", about, predicate_types(kind)[0], predicate)
    problem = "" if signer else "signed by a key nobody trusts"
    return Evidence(digest=Digest.of(statement.encode()), statement=statement, signer=signer, problem=problem)


def finding(severity: str, identifier: str = "CVE-2024-1", **changes: Any) -> Finding:  # noqa: ANN401
    how = HowFound(searched="PyPI a 1", record="PYSEC-1", matched="introduced 0", ordering="pep440", source="test")
    base = Finding(
        id=identifier,
        aliases=("GHSA-aaaa-bbbb-cccc",),
        summary="",
        severity=severity,
        score=None,
        vector="",
        severity_source="PYSEC-1",
        package_id="pkg:pypi/a@1",
        package="a",
        version="1",
        ecosystem="PyPI",
        fixed_versions=("2",),
        layer=None,
        locations=("a",),
        path=("root", "pkg:pypi/a@1"),
        found=(how,),
    )
    return replace(base, **changes)


def scan(*findings: Finding, at: dt.datetime = NOW, about: Digest = ARTIFACT, **changes: Any) -> Evidence:  # noqa: ANN401
    database = DatabaseState(digest=Digest.of(b"db"), ecosystems=(("PyPI", 1),), newest=NOW, imported_at=NOW)
    report = ScanReport(
        artifact=about,
        scanned_at=at,
        result="findings" if findings else "clean",
        findings=findings,
        not_evaluated=(),
        packages=3,
        database=database,
    )
    report = replace(report, **changes)
    return evidence("vuln", {"scanner": {"result": scan_report_to_json(report)}}, about=about)


def judged(rules: str, *items: Evidence, name: str = "app", key_ids: dict[str, str] | None = None) -> Decision:
    subject = Subject(name=name, digest=ARTIFACT, now=NOW, key_ids=key_ids or {})
    return decide(policy_of(rules), subject, items)


def outcome(rules: str, *items: Evidence, **options: Any) -> tuple[str, str]:  # noqa: ANN401
    (verdict,) = judged(rules, *items, **options).verdicts
    return verdict.outcome, verdict.reason


SIGNED = "signature: {required: true}"
MEDIUM = "vulnerabilities: {maxSeverity: MEDIUM, exceptions: [CVE-2024-9]}"


def test_a_verified_signature_passes_and_is_cited() -> None:
    signature = evidence("signature", {})
    decision = judged(SIGNED, signature)
    assert decision.allowed
    assert decision.verdicts[0].evidence == (signature.digest,)


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([], "no verified signature"),
        ([evidence("signature", {}, signer=None)], "1 found but not verified (signed by a key nobody trusts)"),
        ([evidence("signature", {}, about=OTHER)], "no verified signature"),
        ([evidence("slsaprovenance", {})], "no verified signature"),
    ],
    ids=["none", "not-verified", "about-another-artifact", "another-kind"],
)
def test_without_a_usable_signature_it_is_unknown(items: list[Evidence], reason: str) -> None:
    result, said = outcome(SIGNED, *items)
    assert result == "unknown"
    assert reason in said


def test_the_policys_key_must_be_the_signers() -> None:
    rule = "signature: {required: true, key: release.pub}"
    signature = evidence("signature", {})
    assert outcome(rule, signature, key_ids={"release.pub": KEY.key_id})[0] == "pass"
    assert outcome(rule, signature, key_ids={"release.pub": "cd" * 32})[0] == "fail"
    assert outcome(rule, signature)[0] == "fail", "a key file that was not loaded fits nobody"
    keyless = evidence("signature", {}, signer=Signer(identity="a@example.com", issuer="https://issuer.example"))
    assert outcome(rule, keyless)[0] == "fail", "an empty key id fits no key"


def test_the_issuer_and_identity_must_be_exact() -> None:
    signature = evidence("signature", {}, signer=Signer(identity="a@example.com", issuer="https://issuer.example"))
    rule = 'signature: {required: true, issuer: "https://issuer.example"%s}'
    assert outcome(rule % "", signature)[0] == "pass"
    assert outcome(rule % ', identity: "a@example.com"', signature)[0] == "pass"
    assert outcome(rule % ', identity: "b@example.com"', signature)[0] == "fail"
    assert outcome(rule.replace(".example", ".example.org") % "", signature)[0] == "fail"
    assert outcome(rule % "", evidence("signature", {}))[0] == "fail", "a bare key has no issuer"


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([], "pass"),
        ([finding("MEDIUM")], "pass"),
        ([finding("HIGH")], "fail"),
        ([finding("CRITICAL")], "fail"),
        ([finding("UNKNOWN")], "unknown"),
        ([finding("HIGH"), finding("UNKNOWN", "CVE-2024-2")], "fail"),
        ([finding("HIGH", "CVE-2024-9")], "pass"),
        ([finding("HIGH", "PYSEC-9", aliases=("CVE-2024-9",))], "pass"),
    ],
    ids=["clean", "at-the-limit", "above", "far-above", "unscored", "above-and-unscored", "excepted", "by-an-alias"],
)
def test_the_limit(findings: list[Finding], expected: str) -> None:
    assert outcome(MEDIUM, scan(*findings))[0] == expected


def test_an_exception_that_only_the_policy_knows_is_named() -> None:
    (verdict,) = judged(MEDIUM, scan(finding("HIGH", "CVE-2024-9"), finding("LOW", "PYSEC-3"))).verdicts
    assert verdict.outcome == "pass"
    assert verdict.details == ("excepted by the policy, without owner or end: HIGH CVE-2024-9 a 1, fixed in 2",)


def test_a_recorded_exception_counts_until_the_moment_it_ends() -> None:
    def suppressed(expires: dt.datetime | None) -> Evidence:
        return scan(finding("HIGH", suppression=Suppression(reason="r", owner="o", expires=expires)))

    assert outcome(MEDIUM, suppressed(NOW + dt.timedelta(seconds=1)))[0] == "pass"
    assert outcome(MEDIUM, suppressed(NOW))[0] == "fail"
    assert outcome(MEDIUM, suppressed(NOW - dt.timedelta(days=1)))[0] == "fail"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ("", "pass"),
        (", package: a", "pass"),
        (", package: pkg:pypi/a", "pass"),
        (", package: b", "fail"),
        (", expires: 2020-01-01", "fail"),
        (", id: CVE-2024-8", "fail"),
    ],
)
def test_an_exception_of_the_policy_counts_for_its_package_until_its_end(changes: str, expected: str) -> None:
    fields = {"id": "CVE-2024-9", "reason": "r", "owner": "o", "expires": "2099-01-01"}
    fields |= dict([changes[2:].split(": ")]) if changes else {}
    table = ", ".join(f"{key}: {value!r}" for key, value in fields.items())
    rule = f"vulnerabilities: {{maxSeverity: MEDIUM, exceptions: [{{{table}}}]}}"
    (verdict,) = judged(rule, scan(finding("HIGH", "PYSEC-9", aliases=("CVE-2024-9",)))).verdicts
    assert verdict.outcome == expected
    assert not any("without owner" in line for line in verdict.details)


def test_what_the_scan_could_not_evaluate_is_no_yes_unless_the_policy_says_so() -> None:
    blind = scan(result="unknown", not_evaluated=(NotEvaluated(package_id="pkg:npm/b", reason="no exact version"),))
    assert outcome(MEDIUM, blind)[0] == "unknown"
    assert outcome(MEDIUM, scan(result="unknown", skipped=(Skipped(where="x", reason="broken"),)))[0] == "unknown"
    assert outcome("vulnerabilities: {maxSeverity: MEDIUM, unknown: allow}", blind)[0] == "pass"


def test_a_scan_that_found_nothing_to_judge_is_no_yes() -> None:
    result, reason = outcome(MEDIUM, scan(result="unknown", packages=0))
    assert (result, reason) == (
        "unknown",
        "nothing above MEDIUM, but no package was found that an advisory could be about",
    )


def test_of_two_scans_of_one_moment_the_worse_counts_whatever_the_order() -> None:
    clean, dirty = scan(), scan(finding("HIGH"))
    assert outcome(MEDIUM, clean, dirty)[0] == outcome(MEDIUM, dirty, clean)[0] == "fail"


def test_a_scan_without_a_database_is_unknown_even_where_unknown_is_allowed() -> None:
    result, reason = outcome(
        "vulnerabilities: {maxSeverity: CRITICAL, unknown: allow}", scan(database=None, result="unknown")
    )
    assert (result, reason) == ("unknown", "the scan had no advisory database")


def test_the_newest_scan_decides_whatever_the_order() -> None:
    older = scan(finding("HIGH"), at=NOW - dt.timedelta(days=1))
    newer = scan(at=NOW)
    assert outcome(MEDIUM, older, newer)[0] == outcome(MEDIUM, newer, older)[0] == "pass"


def test_a_report_about_another_artifact_in_a_statement_about_this_one_is_refused() -> None:
    inner = scan(about=OTHER).statement.predicate
    result, reason = outcome(MEDIUM, evidence("vuln", inner))
    assert result == "unknown"
    assert "the report is about" in reason


def test_a_scan_report_that_cannot_be_read_is_unknown() -> None:
    result, reason = outcome(MEDIUM, evidence("vuln", {"scanner": {"result": {"result": 3}}}))
    assert result == "unknown"
    assert "no verified scan report" in reason


def test_an_artifact_that_the_policy_does_not_name_is_not_allowed() -> None:
    decision = judged(SIGNED, evidence("signature", {}), name="other")
    assert not decision.allowed
    assert decision.verdicts[0].reason == "the policy says nothing about 'other'; it covers 'app'"


def test_every_rule_has_to_pass() -> None:
    rules = "signature: {required: true}\n      vulnerabilities: {maxSeverity: LOW}"
    assert judged(rules, evidence("signature", {}), scan()).allowed
    assert not judged(rules, evidence("signature", {}), scan(finding("HIGH"))).allowed
    assert not judged(rules, scan()).allowed
