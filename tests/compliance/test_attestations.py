from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.compliance import parse_attestations
from custody.errors import InputError

CASES = Path(__file__).resolve().parent.parent / "cases" / "compliance"
GOOD = (CASES / "all-fields_fine" / "attestations.yaml").read_bytes()


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.glob("*_fail")))
def test_a_bad_file_says_where_what_and_what_was_expected(case: str) -> None:
    folder = CASES / case
    with pytest.raises(InputError) as caught:
        parse_attestations((folder / "attestations.yaml").read_bytes(), "attestations.yaml")
    assert str(caught.value) == (folder / "expect.txt").read_text().strip()
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.glob("*_fine")))
def test_a_good_file_gives_its_statements_in_order(case: str) -> None:
    folder = CASES / case
    stated = parse_attestations((folder / "attestations.yaml").read_bytes(), "attestations.yaml")
    lines = [
        " ".join(
            part
            for part in (
                item.control,
                item.verdict,
                item.author,
                str(item.stated_at.date()),
                str(item.expires.date()),
                item.product,
                *(name for name, _ in item.files),
            )
            if part
        )
        for item in stated
    ]
    assert lines == (folder / "expect.txt").read_text().strip().splitlines()


def test_what_is_stated_knows_its_place_and_its_words_have_single_spaces() -> None:
    (item,) = parse_attestations(GOOD, "a/attestations.yaml")
    assert item.origin == "a/attestations.yaml:attestations[0]"
    assert item.statement == "We are two people. Both of us manage."
    assert item.stated_at == dt.datetime(2026, 1, 1, 8, tzinfo=dt.UTC)
    assert item.files == (("minutes/2025-12-31.pdf", None),)


def test_a_statement_counts_for_365_days_when_it_does_not_say() -> None:
    data = (CASES / "a-control-twice_fine" / "attestations.yaml").read_bytes()
    first, _ = parse_attestations(data, "x")
    assert first.expires - first.stated_at == dt.timedelta(days=365)


@given(data=st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_only_input_errors_come_out_of_any_bytes(data: bytes) -> None:
    try:
        parse_attestations(data, "x")
    except InputError:
        pass
    else:
        raise AssertionError(data)


@given(position=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255))
@settings(max_examples=200, deadline=None)
def test_only_input_errors_come_out_of_one_changed_byte(position: int, byte: int) -> None:
    changed = GOOD[:position] + bytes([byte]) + GOOD[position + 1 :]
    try:
        stated = parse_attestations(changed, "x")
    except InputError:
        return
    assert len(stated) <= 1
