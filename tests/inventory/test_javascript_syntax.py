"""The syntaxes of JavaScript's lock files: yarn's own, JSON with comments, Plug'n'Play's program."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.inventory.jsonc import plain_json
from custody.inventory.pnp_data import read_pnp
from custody.inventory.yarn_syntax import read_entries

FUZZ = settings(max_examples=150, deadline=None, database=None)


def entries(text: str) -> list[tuple[tuple[str, ...], dict[str, object], str]]:
    return [(entry.keys, entry.table, entry.problem) for entry in read_entries(text.encode(), "yarn.lock")]


@pytest.mark.parametrize(
    ("text", "keys", "table"),
    [
        ('a@1, b@2:\n  version "1"\n', ("a@1", "b@2"), {"version": "1"}),
        ('"@s/a@1", "a b@2":\r\n  version "1"\r\n', ("@s/a@1", "a b@2"), {"version": "1"}),
        ("js-tokens@^3.0.0 || ^4.0.0:\n  version: 4.0.0\n", ("js-tokens@^3.0.0 || ^4.0.0",), {"version": "4.0.0"}),
        ("a:\n  b: ^1 || ^2\n", ("a",), {"b": "^1 || ^2"}),
        ('a:\n  "b c" "d \\"e\\""\n', ("a",), {"b c": 'd "e"'}),
        ("a:\n  b:\n    c: 1\n  d: 2\n", ("a",), {"b": {"c": "1"}, "d": "2"}),
        ("a:\n  b:\n    c:\n      optional: true\n", ("a",), {"b": {"c": {"optional": "true"}}}),
        ("\ufeffa:\n  # told\n\n  b: 1\n", ("a",), {"b": "1"}),
    ],
)
def test_both_forms_of_yarn_are_read(text: str, keys: tuple[str, ...], table: dict[str, object]) -> None:
    assert entries(text) == [(keys, table, "")]


@pytest.mark.parametrize("line", ["  - list", "      too deep", "  , comma", '  ""', "  a, b: 1"])
def test_a_line_that_is_none_spoils_its_entry_alone(line: str) -> None:
    found = entries(f"a:\n  b: 1\n{line}\nc:\n  d: 2\n")
    assert found[0][2].startswith("line 3: expected")
    assert found[1] == (("c",), {"d": "2"}, "")


@FUZZ
@given(st.text(alphabet='ab@:,"\\? \n#^-', max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert entries(text) == entries(text)
    except InputError as error:
        assert error.where.startswith("yarn.lock")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab/*,}]"\\ \n', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet="a/*,", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@FUZZ
@given(JSON_VALUES, st.sampled_from(["", ",", "/* , */", "// }\n", ",/* ] */\n"]))
def test_comments_and_commas_go_and_texts_stay(value: object, added: str) -> None:
    plain = json.dumps([value])
    assert json.loads(plain_json((plain[:-1] + added + "]").encode())) == [value]


def test_a_text_without_end_takes_no_more_than_linear_time() -> None:
    start = time.process_time()
    plain_json(b'"' + b'\\"' * 500_000)
    plain_json(b"/*" * 500_000)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "program",
    [
        'const RAW_RUNTIME_STATE =\n\'{\\\n  "packageRegistryData": [["a\\\'b", []], ["it", [["npm:1", {}]]]]\\\n}\';',
        'return hydrateRuntimeState(JSON.parse(\'{\\\n"packageRegistryData": [["it", [["npm:1", {}]]]]}\'), {});',
        'return hydrateRuntimeState({\n"packageRegistryData": [["it", [["npm:1", {},],]],],\n}, {basePath});',
    ],
)
def test_the_data_are_found_in_every_form_of_the_program(program: str) -> None:
    assert [(entry.name, entry.reference) for entry in read_pnp(program.encode(), ".pnp.cjs")] == [("it", "npm:1")]


@FUZZ
@given(st.text(alphabet="'\\{}[]\"ab:, \n", max_size=60))
def test_a_damaged_program_is_refused(text: str) -> None:
    for head in ("RAW_RUNTIME_STATE ='", "hydrateRuntimeState({"):
        try:
            read_pnp((head + text).encode(), ".pnp.cjs")
        except InputError as error:
            assert error.where.startswith(".pnp.cjs")
