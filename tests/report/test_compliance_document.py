from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from custody.report.compliance_document import STATES, compliance_document
from tests.compliance.material import CHECKPOINT, DIGEST
from tests.report.assessments import bare, hostile, ordinary


def controls(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        control["id"]: control
        for group in document["groups"]
        for section in group["sections"]
        for control in section["controls"]
    }


def test_every_task_is_printed_once_under_its_group_and_practice() -> None:
    document = compliance_document(ordinary())
    assert [group["id"] for group in document["groups"]] == ["PO", "PS", "PW", "RV"]
    assert len(controls(document)) == 42
    for group in document["groups"]:
        for section in group["sections"]:
            for control in section["controls"]:
                assert control["id"].startswith(section["heading"].split()[0] + ".")


def test_the_numbers_add_up() -> None:
    assessment = ordinary()
    document = compliance_document(assessment)
    counts = document["counts"]
    assert counts["total"] == 42 == sum(counts[state] for state in STATES)
    for state in STATES:
        assert counts[state] == sum(group["counts"][state] for group in document["groups"])
        for group in document["groups"]:
            assert group["counts"][state] == sum(section["counts"][state] for section in group["sections"])
    assert counts["supported"] + counts["evidence_missing"] == assessment.count("evidence_missing")
    for verdict in ("met", "not_met", "not_applicable"):
        assert counts[verdict] == assessment.count(verdict) > 0


def test_a_fact_is_cited_by_the_number_of_its_evidence() -> None:
    document = compliance_document(ordinary())
    by_number = {item["reference"]: item for item in document["evidence"]}
    assert list(by_number) == [f"E{number}" for number in range(1, len(by_number) + 1)]
    statements = {item["reference"] for item in document["statements"]}
    seen = 0
    for control in controls(document).values():
        for fact in control["cited"]:
            if fact["digest"]:
                assert by_number[fact["reference"]]["digest"].startswith(f"sha256:{fact['digest']}")
                assert by_number[fact["reference"]]["verified"]
                seen += 1
            elif fact["source"] != "ledger checkpoint":
                assert fact["reference"] in statements
    assert seen > 10


def test_a_bundle_found_twice_is_listed_once() -> None:
    assessment = ordinary()
    twice = replace(assessment, evidence=(*assessment.evidence, *assessment.evidence))
    assert compliance_document(twice)["evidence"] == compliance_document(assessment)["evidence"]
    assert compliance_document(twice)["unverified"] == 1


def test_a_statement_says_whether_it_counts_and_why_not() -> None:
    document = compliance_document(ordinary())
    assert [item["state"] for item in document["statements"]] == [
        "counted",
        "not counted: expired",
        "counted",
        "counted",
        "counted",
        "not counted: about another product",
        "not counted: dated in the future",
        "not counted: replaced by a newer one",
    ]
    assert [item["counts"] for item in document["statements"]] == [True, False, True, True, True, False, False, False]


def test_what_is_denied_stands_on_the_summary() -> None:
    attention = compliance_document(ordinary())["attention"]
    assert [item["id"] for item in attention] == ["RV.2.2", "RV.3.2"]
    assert "CVE-2026-1" in attention[0]["reason"]


def test_full_digests_and_the_checkpoint_are_there() -> None:
    document = compliance_document(ordinary())
    assert document["digest"] == str(DIGEST)
    assert all(len(item["digest"]) == 71 for item in document["evidence"])
    assert all(len(item["key_id"]) == 64 for item in document["evidence"] if item["verified"])
    assert "\n".join(document["checkpoint"]) + "\n" == CHECKPOINT


def test_an_artifact_without_a_name_is_called_so() -> None:
    document = compliance_document(bare())
    assert document["product"] == "unnamed artifact"
    assert document["version"] == "no version stated"
    assert document["period"] == "no verified evidence states a time"
    assert document["checkpoint"] == []


def test_no_text_can_hide_or_turn_around_what_is_printed() -> None:
    text = json.dumps(compliance_document(hostile()), ensure_ascii=False)
    for character in "\u202e\u202c\u200b\ufeff\x00\x1b\ud800微":
        assert character not in text
    assert "\\\\u{202e}evil" in text
    json.loads(text)
