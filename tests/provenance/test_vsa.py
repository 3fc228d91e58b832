"""Verification summaries: a decision goes out and comes back, and a contradiction does not."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from custody.errors import InputError
from custody.model import Decision, Digest, Evidence, Signer, Statement, Subject, Verdict
from custody.provenance import VERIFIER_ID, VSA_TYPE, parse_vsa, vsa_predicate
from custody.provenance.vsa import DECISION_FIELD

NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
ARTIFACT, BUNDLE = Digest.of(b"artifact"), Digest.of(b"bundle")
PASS = Verdict(rule="signature", outcome="pass", reason="signed by key 12", evidence=(BUNDLE,))
UNKNOWN = Verdict(rule="vulnerabilities", outcome="unknown", reason="no scan", details=("nothing was looked at",))
ALLOWED = Decision(
    artifact=ARTIFACT, policy_name="p", policy_digest=Digest.of(b"policy"), verdicts=(PASS,), decided_at=NOW
)
DENIED = replace(ALLOWED, verdicts=(PASS, UNKNOWN))
EVIDENCE = Evidence(
    digest=BUNDLE, statement=Statement.about("a", ARTIFACT, "t:b", {}), signer=Signer(key_id="12"), name="sig"
)
OTHER = Evidence(digest=ARTIFACT, statement=Statement.about("a", ARTIFACT, "t:a", {}), problem="is not signed by x")


def made(decision: Decision, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a JSON object
    predicate = vsa_predicate(
        decision,
        resource_uri="demo@sha256:00",
        policy_uri="policy.yaml",
        inputs=[EVIDENCE, OTHER],
        verifier_version="0.1.0",
    )
    return predicate | changes


def said(predicate: dict[str, Any]) -> Statement:
    return Statement.about("demo", ARTIFACT, VSA_TYPE, predicate)


def test_the_predicate_is_that_of_the_specification() -> None:
    predicate = made(ALLOWED)
    decision = predicate.pop(DECISION_FIELD)
    assert predicate == {
        "verifier": {"id": VERIFIER_ID, "version": {"custody": "0.1.0"}},
        "timeVerified": "2026-01-02T03:04:05Z",
        "resourceUri": "demo@sha256:00",
        "policy": {"uri": "policy.yaml", "digest": {"sha256": Digest.of(b"policy").hex}},
        "inputAttestations": [
            {"digest": {"sha256": ARTIFACT.hex}, "annotations": {"predicateType": "t:a", "verified": False}},
            {
                "name": "sig",
                "digest": {"sha256": BUNDLE.hex},
                "annotations": {"predicateType": "t:b", "verified": True},
            },
        ],
        "verificationResult": "PASSED",
        "verifiedLevels": ["SLSA_BUILD_LEVEL_UNEVALUATED"],
        "slsaVersion": "1.2",
    }
    assert decision["verdicts"][0]["evidence"] == [str(BUNDLE)]


def test_a_denial_is_failed_and_claims_no_level() -> None:
    predicate = made(DENIED)
    assert predicate["verificationResult"] == "FAILED"
    assert predicate["verifiedLevels"] == ["FAILED"]


def test_an_evaluated_level_is_stated_only_with_a_pass() -> None:
    arguments: dict[str, Any] = {"resource_uri": "r", "policy_uri": "p", "inputs": [], "verifier_version": "1"}
    assert vsa_predicate(ALLOWED, **arguments, build_level=1)["verifiedLevels"] == ["SLSA_BUILD_LEVEL_1"]
    assert vsa_predicate(DENIED, **arguments, build_level=1)["verifiedLevels"] == ["FAILED"]


@pytest.mark.parametrize("decision", [ALLOWED, DENIED, replace(ALLOWED, verdicts=())])
def test_a_decision_comes_back_as_it_went(decision: Decision) -> None:
    back = parse_vsa(Statement.parse(said(made(decision)).encode(), "s"), "s")
    assert back == decision
    assert back.allowed == decision.allowed


def test_a_summary_of_another_tool_gives_one_verdict_that_names_it() -> None:
    predicate = made(ALLOWED)
    predicate.pop(DECISION_FIELD)
    predicate["verifier"] = {"id": "https://verifier.example/"}
    decision = parse_vsa(said(predicate), "s")
    assert decision.allowed
    assert decision.policy_name == "policy.yaml"
    (verdict,) = decision.verdicts
    assert (verdict.rule, verdict.outcome) == ("verification_summary", "pass")
    assert verdict.reason == "PASSED by https://verifier.example/"
    assert set(verdict.evidence) == {ARTIFACT, BUNDLE}
    predicate["verificationResult"] = "FAILED"
    assert not parse_vsa(said(predicate), "s").allowed


@pytest.mark.parametrize(
    ("predicate", "message"),
    [
        (
            made(DENIED, verificationResult="PASSED"),
            "s:predicate.verificationResult: 'PASSED' contradicts the verdicts",
        ),
        (made(ALLOWED, verificationResult="FAILED"), "'FAILED' contradicts the verdicts"),
        (made(ALLOWED, verificationResult="passed"), "expected one of PASSED, FAILED, got 'passed'"),
        (made(ALLOWED, verifier={}), "s:predicate.verifier.id: missing"),
        (made(ALLOWED, resourceUri=None), "s:predicate.resourceUri: missing"),
        (made(ALLOWED, policy={"uri": "x"}), "s:predicate.policy.digest.sha256: missing"),
        (made(ALLOWED, timeVerified=None), "s:predicate.timeVerified: missing"),
        (
            made(ALLOWED, **{DECISION_FIELD: {"policyName": "p", "verdicts": [{"rule": "r", "outcome": "yes"}]}}),
            "outcome",
        ),
        (made(ALLOWED, **{DECISION_FIELD: {"policyName": "p", "verdicts": []}}), "contradicts the verdicts"),
    ],
)
def test_a_summary_that_does_not_hold_together_is_refused(predicate: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_vsa(said(predicate), "s")


def test_it_must_be_about_one_artifact() -> None:
    for subjects in (
        (),
        (Subject(name="a", digest={"sha1": "0" * 40}),),
        (*said({}).subjects, Subject(name="b", digest={"sha256": "0" * 64})),
    ):
        with pytest.raises(InputError, match="s:subject: expected one artifact with a SHA-256 digest"):
            parse_vsa(replace(said(made(ALLOWED)), subjects=subjects), "s")
    with pytest.raises(InputError, match="expected predicate type"):
        parse_vsa(replace(said(made(ALLOWED)), predicate_type="x"), "s")
