"""Reads of untrusted documents name the place of the fault, and no bytes get anything else out of them."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import InputError, one_line
from custody.fields import Fields, parse_time

DOCUMENT = b'{"a": {"list": [{"n": 1, "t": "x", "b": true}, {"n": "1"}], "texts": ["x", 3], "when": "2026-12-31"}}'


def fields() -> Fields:
    return Fields.from_json(DOCUMENT, "doc.json")


def said(error: pytest.ExceptionInfo[InputError]) -> str:
    return str(error.value)


def test_a_fault_names_file_path_and_what_was_expected() -> None:
    first, second = fields().table("a").each("list")
    assert (first.integer("n"), first.text("t"), first.boolean("b")) == (1, "x", True)
    with pytest.raises(InputError) as caught:
        second.integer("n")
    assert said(caught) == "doc.json:a.list[1].n: expected a whole number, got a text '1'"
    with pytest.raises(InputError) as caught:
        second.text("t")
    assert said(caught) == "doc.json:a.list[1].t: missing, expected a text"
    with pytest.raises(InputError) as caught:
        fields().table("a").texts("texts")
    assert said(caught) == "doc.json:a.texts[1]: expected a text, got a number 3"


def test_true_is_no_number() -> None:
    with pytest.raises(InputError):
        Fields({"n": True}, "d").integer("n")


def test_a_date_is_its_first_moment_and_an_offset_is_applied() -> None:
    assert fields().table("a").time("when") == dt.datetime(2026, 12, 31, tzinfo=dt.UTC)
    assert parse_time("2026-01-01T00:30:00+01:00", "x") == dt.datetime(2025, 12, 31, 23, 30, tzinfo=dt.UTC)
    for bad in ("tomorrow", "", "2026-13-01", "0001-01-01T00:00:00+14:00"):
        with pytest.raises(InputError):
            parse_time(bad, "x")


def test_an_unknown_field_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(InputError, match="did you mean 'name'"):
        Fields({"nam": 1}, "d").only("name", "kind")


def test_a_key_that_stands_twice_is_refused_where_it_matters() -> None:
    twice = b'{"a": 1, "a": 2}'
    assert Fields.from_json(twice, "d").value == {"a": 2}
    with pytest.raises(InputError, match="the key 'a' stands twice"):
        Fields.from_json(twice, "d", unique_keys=True)


@pytest.mark.parametrize("text", ["yes", "no", "on", "off", "0o17", "1_000", "2026-01-01", "12:30:00", "0x1f", "<<"])
def test_yaml_leaves_texts_alone(text: str) -> None:
    assert Fields.from_yaml(f"k: {text}".encode(), "d").value == {"k": text}


@pytest.mark.parametrize(("text", "value"), [("12", 12), ("true", True), ("~", None), ("1.5", 1.5), ('"12"', "12")])
def test_yaml_reads_the_core_schemas_scalars(text: str, value: object) -> None:
    assert Fields.from_yaml(f"k: {text}".encode(), "d").value == {"k": value}


@pytest.mark.parametrize(
    "text", ["a: !!python/object/apply:os.system [ls]", "a: !x 1", "a: &x [*x]", "--- {a: 1}\n--- {b: 1}", "? [a]\n: 1"]
)
def test_yaml_refuses_its_traps(text: str) -> None:
    with pytest.raises(InputError):
        Fields.from_yaml(text.encode(), "d")


@given(st.binary(max_size=100))
def test_any_bytes_give_a_table_or_an_input_error(data: bytes) -> None:
    for read in (Fields.from_json, Fields.from_toml, Fields.from_yaml):
        try:
            read(data, "d")
        except InputError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"a":' * 100_000, b"a: " + b"[" * 3000])
def test_depth_exhausts_no_stack(data: bytes) -> None:
    for read in (Fields.from_json, Fields.from_yaml):
        with pytest.raises(InputError):
            read(data, "d")


def test_a_message_stays_on_one_line() -> None:
    assert one_line("a\nb\x1b[2J\u202e") == "a\\nb\\x1b[2J\\u202e"


@pytest.mark.parametrize("key", ["a" + ".a" * 200_000, "[x" + ' . "y"' * 50_000 + "]", "b = {a" + ".'a'" * 100_000])
def test_a_toml_key_of_endless_parts_is_refused_at_once(key: str) -> None:
    start = time.process_time()
    with pytest.raises(InputError, match="line 2: a key of more than 100 parts"):
        Fields.from_toml(f"c = 1\n{key} = 1\n".encode(), "x.toml")
    assert time.process_time() - start < 2


@pytest.mark.parametrize("text", ["." * 5000, "a" * 100_000 + "/1.2.3" * 500, "x. " + "y: " * 5000 + "." * 200])
def test_a_toml_text_with_many_dots_is_a_text(text: str) -> None:
    assert Fields.from_toml(f'a = "{text}"\n'.encode(), "x.toml").text("a") == text
