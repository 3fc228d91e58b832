from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace

import pytest

from custody.compliance import assess, parse_attestations
from custody.errors import InputError, UsageError
from custody.model import Assessment, Digest, Evidence
from tests.compliance.material import (
    ARTIFACT,
    CHECKPOINT,
    DIGEST,
    NOW,
    everything,
    evidence,
    finding,
    scan,
    spoiled,
    summary,
)


def ssdf(*items: Evidence, stated: str = "", checkpoint: str = CHECKPOINT, now: dt.datetime = NOW) -> Assessment:
    head = "apiVersion: v1\nkind: Attestations\nattestations:\n"
    attestations = parse_attestations((head + stated).encode(), "a.yaml") if stated else ()
    return assess(
        "nist-ssdf", artifact=ARTIFACT, evidence=items, now=now, attestations=attestations, checkpoint=checkpoint
    )


def verdicts(assessment: Assessment) -> dict[str, str]:
    return {result.id: result.verdict for result in assessment.results}


def says(control: str, verdict: str = "met", date: str = "2026-11-01") -> str:
    return f"  - {{control: {control}, verdict: {verdict}, author: Jane Doe, date: {date}, statement: So it is.}}\n"


def test_no_evidence_is_evidence_missing_everywhere() -> None:
    assessment = ssdf(checkpoint="")
    assert assessment.count("evidence_missing") == 42
    assert assessment.period is None
    assert not any(result.supported for result in assessment.results)


def test_all_the_evidence_there_is_meets_nothing_without_persons() -> None:
    assessment = ssdf(*everything())
    assert assessment.count("evidence_missing") == 42
    supported = [result.id for result in assessment.results if result.supported]
    assert "PS.2.1" in supported
    assert "RV.1.1" in supported
    assert "PO.1.1" not in supported


def test_evidence_and_a_person_together_meet_a_task() -> None:
    assessment = ssdf(*everything(), stated=says("PS.2.1") + says("PO.2.3"))
    found = verdicts(assessment)
    assert found["PS.2.1"] == "met"
    assert found["PO.2.3"] == "met"
    assert assessment.count("met") == 2


def test_every_task_can_be_met() -> None:
    """With all evidence in order and a statement for each: or a task would be there that nobody can ever meet."""
    ids = [result.id for result in ssdf().results]
    assessment = ssdf(*everything(), stated="".join(says(name) for name in ids))
    assert {name: verdict for name, verdict in verdicts(assessment).items() if verdict != "met"} == {}


def test_statements_do_not_count_a_year_later() -> None:
    later = NOW + dt.timedelta(days=365)
    assessment = ssdf(*everything(), stated=says("PO.2.3"), now=later)
    assert verdicts(assessment)["PO.2.3"] == "evidence_missing"
    reasons = {result.id: result.reason for result in assessment.results}
    assert "expired on 2027-11-01" in reasons["PO.2.3"]
    assert verdicts(assessment)["RV.1.1"] == "evidence_missing"


def test_unverified_evidence_counts_for_nothing_and_is_named() -> None:
    assessment = ssdf(*(spoiled(item) for item in everything()), checkpoint="")
    assert assessment.count("evidence_missing") == 42
    assert all(fact.digest is None for result in assessment.results for fact in result.cited)
    reasons = {result.id: result.reason for result in assessment.results}
    assert "--key" in reasons["PS.2.1"]
    (note,) = assessment.notes
    assert note.startswith("7 bundles could not be verified and count for nothing: no key to verify it with; name the")
    assert len(assessment.evidence) == 7
    assert all(item.signer is None and item.problem for item in assessment.evidence)


def test_evidence_about_another_artifact_is_listed_without_a_signer() -> None:
    assessment = ssdf(evidence("signature", about=Digest.of(b"other")))
    (item,) = assessment.evidence
    assert item.signer is None
    assert item.problem == "it is about another artifact"


def test_a_denial_and_an_open_finding_contradict() -> None:
    items = [
        evidence("vsa", summary(passed=False)),
        evidence("vuln", scan(finding("CVE-2026-1", "CRITICAL"))),
    ]
    found = verdicts(ssdf(*items))
    assert {name for name, verdict in found.items() if verdict == "not_met"} == {"PW.4.1", "PW.4.4", "RV.2.2"}


def test_the_period_is_what_verified_evidence_states() -> None:
    assessment = ssdf(*everything())
    assert assessment.period == (
        dt.datetime(2026, 11, 22, 17, 48, tzinfo=dt.UTC),
        dt.datetime(2026, 11, 22, 18, 0, tzinfo=dt.UTC),
    )


def test_the_assessment_says_what_it_is_about() -> None:
    assessment = ssdf(*everything(), stated=says("PO.2.3"))
    assert assessment.artifact.digest == DIGEST
    assert (assessment.framework, assessment.version) == ("nist-ssdf", "1.1")
    assert assessment.assessed_at == NOW
    assert [group for group, _ in assessment.groups] == ["PO", "PS", "PW", "RV"]
    assert len(assessment.attestations) == 1
    assert any("no checklist" in line for line in assessment.about)
    assert assessment.checkpoint == CHECKPOINT


def test_nothing_claims_compliance() -> None:
    assessment = ssdf(*everything(), stated=says("PO.2.3"))
    texts = [result.reason for result in assessment.results] + [*assessment.about, *assessment.notes]
    texts += [fact.text for result in assessment.results for fact in result.cited]
    assert not [text for text in texts if "complian" in text.lower() or "compliant" in text.lower()]


def test_the_order_of_evidence_does_not_matter() -> None:
    items = everything()
    first, last = items[:2], items[-2:]
    for order in itertools.permutations([*first, *last]):
        assert ssdf(*order, *items[2:-2]) == ssdf(*items)


def test_two_readings_of_one_release_differ_only_in_time() -> None:
    later = ssdf(*everything(), now=NOW + dt.timedelta(hours=1))
    assert replace(later, assessed_at=NOW) == ssdf(*everything())


def test_an_unknown_framework_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown framework 'slsa9'"):
        assess("slsa9", artifact=ARTIFACT, evidence=(), now=NOW)


def test_a_statement_about_a_retired_task_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"a.yaml:attestations\[0\].control: .* 'PW.3.1'; it was retired, and moved to"
    ):
        ssdf(stated=says("PW.3.1"))
