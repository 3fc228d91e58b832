from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.compliance.framework import Check, Control, Framework
from custody.compliance.interface import Answer
from custody.compliance.queries import QUERIES
from custody.compliance.verdict import Standing, judge, standings
from custody.errors import InputError
from custody.model import Attestation, CitedEvidence, Digest
from tests.compliance.material import ARTIFACT, NOW

DAY = dt.timedelta(days=1)
FOR = CitedEvidence(text="It is signed.", outcome="supports", digest=Digest.of(b"1"), source="signature")
AGAINST = CitedEvidence(text="A test failed.", outcome="contradicts", digest=Digest.of(b"2"), source="test")
LOGGED = CitedEvidence(text="It is logged.", outcome="supports", source="ledger checkpoint")
CONTROL = Control(
    id="A.1",
    title="Signed",
    group="A",
    section="",
    statement="Sign it.",
    automation="partial",
    checks=(Check(query=QUERIES["signed"], parameters=None),),
    needs=("State who signs.",),
)
ALONE = replace(CONTROL, automation="auto", needs=())
PERSONAL = replace(CONTROL, automation="attest", checks=())
UNSEEN = replace(CONTROL, checks=())
FRAMEWORK = Framework(
    id="small",
    title="Small",
    version="1",
    source="us",
    notes=(),
    groups=(("A", "First"),),
    controls=(CONTROL, replace(CONTROL, id="A.2")),
    retired={"A.9": "A.2"},
)


def stated(verdict: str = "met", **changes: object) -> Attestation:
    item = Attestation(
        control="A.1",
        verdict=verdict,
        author="Jane Doe",
        stated_at=NOW - 10 * DAY,
        expires=NOW + 10 * DAY,
        statement="It is so.",
        origin="a.yaml:attestations[0]",
    )
    return replace(item, **changes)  # type: ignore[arg-type]


def standing(*items: Attestation) -> Standing | None:
    return standings(FRAMEWORK, items, ARTIFACT, NOW).get("A.1")


GOOD = [Answer(cited=(FOR,))]


def test_met_needs_every_check_and_a_person() -> None:
    result = judge(CONTROL, GOOD, standing(stated()))
    assert result.verdict == "met"
    assert result.reason == "Every check passed, and Jane Doe stated on 2026-11-12 that it is met."
    assert result.needs == ()
    assert [fact.outcome for fact in result.cited] == ["supports", "supports"]
    assert "“It is so.”" in result.cited[1].text
    assert "counts until 2026-12-02" in result.cited[1].text
    assert result.cited[1].source == "a.yaml:attestations[0]"


def test_checks_alone_meet_only_what_needs_no_statement() -> None:
    assert judge(ALONE, GOOD, None).verdict == "met"
    result = judge(CONTROL, GOOD, None)
    assert result.verdict == "evidence_missing"
    assert result.reason == "Verified evidence speaks for it. No statement by a person is on file."
    assert result.needs == ("State who signs.",)
    assert result.supported


def test_a_statement_alone_does_not_meet_what_a_check_misses() -> None:
    result = judge(CONTROL, [Answer(missing=("no signature was found",))], standing(stated()))
    assert result.verdict == "evidence_missing"
    assert result.reason == (
        "Not shown: no signature was found. What Jane Doe states does not make up for what is missing."
    )
    assert result.needs == ("Close this gap: no signature was found.",)
    assert not result.supported


def test_what_is_missing_is_named_and_counted() -> None:
    answers = [Answer(missing=("no signature was found", "no SBOM was found")), Answer(missing=("no SBOM was found",))]
    result = judge(CONTROL, answers, None)
    assert result.reason.startswith("Not shown: no signature was found, and 1 other gap. No statement")
    assert len(result.needs) == 3
    part = judge(CONTROL, [Answer(cited=(FOR,), missing=("no SBOM was found",))], None)
    assert part.reason.startswith("Verified evidence speaks for it, with 1 gap.")


def test_a_tool_may_refute_on_its_own() -> None:
    result = judge(CONTROL, [Answer(cited=(FOR, AGAINST))], standing(stated()))
    assert result.verdict == "not_met"
    assert result.reason == "Contradicted by evidence: a test failed."
    assert result.needs == ("Mend what the evidence holds against it, or have a person state why it does not apply.",)


def test_several_facts_against_are_counted() -> None:
    other = replace(AGAINST, text="CVE-1 is open.")
    result = judge(CONTROL, [Answer(cited=(other,)), Answer(cited=(AGAINST,))], None)
    assert result.reason == "Contradicted by evidence: CVE-1 is open. (1 further fact against it below.)"
    assert result.needs[-1] == "State who signs."


def test_a_person_may_say_no() -> None:
    result = judge(CONTROL, GOOD, standing(stated("not_met")))
    assert result.verdict == "not_met"
    assert result.reason == "Jane Doe stated on 2026-11-12 that it is not met."
    assert result.cited[-1].outcome == "contradicts"
    assert result.needs == ("State who signs.",)


def test_only_a_person_says_not_applicable_and_contradictions_stay_visible() -> None:
    assert judge(CONTROL, [], standing(stated("not_applicable"))).verdict == "not_applicable"
    result = judge(CONTROL, [Answer(cited=(AGAINST,))], standing(stated("not_applicable")))
    assert result.verdict == "not_applicable"
    assert "1 fact below would contradict it" in result.reason
    assert AGAINST in result.cited
    assert result.needs == ()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"expires": NOW}, "expired on 2026-11-22"),
        ({"expires": NOW - DAY}, "expired on 2026-11-21"),
        ({"stated_at": NOW + DAY}, "is dated 2026-11-23, which is still to come"),
        ({"product": "otherengine"}, "is about otherengine, not about whisperengine"),
    ],
)
def test_a_statement_out_of_date_or_scope_counts_for_nothing_and_is_named(
    change: dict[str, object], problem: str
) -> None:
    for verdict in ("met", "not_met", "not_applicable"):
        result = judge(CONTROL, GOOD, standing(stated(verdict, **change)))
        assert result.verdict == "evidence_missing"
        assert f"The statement by Jane Doe of {(NOW - 10 * DAY).date()}"[:30] in result.reason
        assert problem in result.reason
        assert result.needs == ("State who signs.",)
        assert result.cited == (FOR,)


def test_a_statement_counts_until_the_moment_it_ends() -> None:
    assert judge(CONTROL, GOOD, standing(stated(expires=NOW + dt.timedelta(seconds=1)))).verdict == "met"
    assert judge(CONTROL, GOOD, standing(stated(stated_at=NOW))).verdict == "met"
    assert judge(CONTROL, GOOD, standing(stated(product="whisperengine"))).verdict == "met"


def test_the_reason_says_who_could_show_it() -> None:
    assert judge(PERSONAL, [], None).reason == "Only a person can state this, and nobody has."
    assert judge(UNSEEN, [], None).reason.startswith("No check of this report bears on it")
    assert judge(UNSEEN, [], standing(stated())).reason.startswith("No check bears on it; Jane Doe stated")


def test_a_log_entry_alone_is_no_evidence_from_a_bundle() -> None:
    result = judge(CONTROL, [Answer(cited=(LOGGED,))], None)
    assert result.cited == (LOGGED,)
    assert not result.supported


def test_the_newest_statement_replaces_the_older_ones() -> None:
    old, new = stated(), stated("not_met", stated_at=NOW - DAY)
    for items in ((old, new), (new, old)):
        found = standing(*items)
        assert found is not None
        assert found.attestation == new
    ended = stated(stated_at=NOW - 2 * DAY, expires=NOW - DAY)
    assert judge(CONTROL, GOOD, standing(old, ended)).verdict == "evidence_missing"


def test_of_two_statements_of_one_moment_the_less_favourable_stands() -> None:
    yes, away, no = stated(), stated("not_applicable"), stated("not_met")
    for items, verdict in (((yes, no), "not_met"), ((no, away, yes), "not_met"), ((yes, away), "not_applicable")):
        for order in (items, items[::-1]):
            assert judge(CONTROL, GOOD, standing(*order)).verdict == verdict


def test_a_statement_that_does_not_apply_now_does_not_replace_one_that_does() -> None:
    good = stated()
    for other in (stated(stated_at=NOW + DAY), stated(stated_at=NOW - DAY, product="otherengine")):
        assert judge(CONTROL, GOOD, standing(good, other)).verdict == "met"


def test_a_statement_about_no_control_is_refused_with_its_place() -> None:
    with pytest.raises(InputError, match=r"^a.yaml:attestations\[0\].control: Small has no control 'B.1'; expected an"):
        standing(stated(control="B.1"))
    with pytest.raises(InputError, match=r"'A.9'; it was retired, and moved to A.2$"):
        standing(stated(control="A.9"))


FACTS = st.lists(st.sampled_from([FOR, AGAINST, LOGGED]), max_size=3).map(tuple)
ANSWERS = st.lists(
    st.builds(lambda cited, missing: Answer(cited=cited, missing=missing), FACTS, st.sampled_from([(), ("x",)])),
    max_size=3,
)
STATEMENTS = st.lists(
    st.builds(
        stated,
        st.sampled_from(["met", "not_met", "not_applicable"]),
        stated_at=st.sampled_from([NOW - 3 * DAY, NOW - 2 * DAY, NOW + DAY]),
        expires=st.sampled_from([NOW - DAY, NOW, NOW + 2 * DAY]),
        product=st.sampled_from(["", "whisperengine", "otherengine"]),
    ),
    max_size=3,
)


@given(answers=ANSWERS, statements=STATEMENTS, control=st.sampled_from([CONTROL, ALONE, PERSONAL, UNSEEN]))
@settings(max_examples=400, deadline=None)
def test_missing_evidence_is_never_met(answers: list[Answer], statements: list[Attestation], control: Control) -> None:
    """ "Missing evidence is never met; a tool may contradict on its own, never say met on its own." """
    result = judge(control, answers, standing(*statements))
    in_force = [s for s in statements if s.stated_at <= NOW < s.expires and s.product in ("", "whisperengine")]
    against = any(fact.outcome == "contradicts" for answer in answers for fact in answer.cited)
    missing = any(answer.missing for answer in answers)
    if result.verdict == "met":
        assert not against
        assert not missing
        assert not control.needs or any(s.verdict == "met" for s in in_force)
    if result.verdict == "not_applicable":
        assert any(s.verdict == "not_applicable" for s in in_force)
    if against:
        assert result.verdict in ("not_met", "not_applicable")
    assert bool(result.needs) == (result.verdict in ("evidence_missing", "not_met")) or control is ALONE
    assert result.reason
