from __future__ import annotations

import json

from custody.report import encode_assessment
from tests.compliance.material import CHECKPOINT, DIGEST
from tests.report.assessments import bare, hostile, ordinary


def test_a_machine_reads_every_verdict_with_its_reasons() -> None:
    assessment = ordinary()
    value = json.loads(encode_assessment(assessment))
    assert value["schemaVersion"] == "1.0"
    assert value["artifact"]["digest"] == str(DIGEST)
    assert value["assessedAt"] == "2026-11-22T18:00:00Z"
    assert value["period"] == {"from": "2026-11-22T17:48:00Z", "to": "2026-11-22T18:00:00Z"}
    assert value["ledgerCheckpoint"] == CHECKPOINT
    summary = value["summary"]
    assert summary["total"] == 42 == len(value["controls"])
    assert summary["met"] + summary["not_met"] + summary["evidence_missing"] + summary["not_applicable"] == 42
    assert 0 < summary["supported"] < summary["evidence_missing"]
    for result, control in zip(assessment.results, value["controls"], strict=True):
        assert (control["id"], control["verdict"], control["reason"]) == (result.id, result.verdict, result.reason)
        assert [fact["text"] for fact in control["cited"]] == [fact.text for fact in result.cited]
        assert control["needs"] == list(result.needs)
    cited = {fact["digest"] for control in value["controls"] for fact in control["cited"]} - {None}
    assert cited <= {item["digest"] for item in value["evidence"] if item["verified"]}
    assert [item["problem"] for item in value["evidence"] if not item["verified"]] == [
        "no key to verify it with; name the signer's public key with --key FILE"
    ]
    assert value["attestations"][0]["files"] == [{"name": "m.pdf", "digest": None}]


def test_what_is_not_there_is_null_or_empty() -> None:
    value = json.loads(encode_assessment(bare()))
    assert value["period"] is None
    assert value["ledgerCheckpoint"] is None
    assert value["evidence"] == []


def test_it_is_the_same_on_every_run_and_survives_any_text() -> None:
    assert encode_assessment(ordinary()) == encode_assessment(ordinary())
    json.loads(encode_assessment(hostile()))
