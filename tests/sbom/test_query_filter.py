"""The filter language does what the real jq does, ends, and says where a filter is wrong."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from custody.errors import CustodyError, InputError, UsageError
from custody.sbom.query import filter as language
from custody.sbom.query import inventory_view, is_filter, run_filter, to_json
from custody.sbom.query.pattern import PatternError, compile_pattern
from tests.sbom.samples import inventory

FILTERS = [
    line
    for line in (Path(__file__).parent / "query_filters.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
VIEW = inventory_view(inventory())


def outputs(expression: str, value: Any = VIEW) -> list[Any]:  # noqa: ANN401
    return list(run_filter(value, expression))


@pytest.mark.parametrize("expression", FILTERS)
def test_it_gives_what_jq_gives(expression: str) -> None:
    jq = shutil.which("jq")
    if jq is None:
        pytest.skip("jq is not installed")
    ended = subprocess.run(
        [jq, "-c", expression], input=json.dumps(VIEW), capture_output=True, text=True, check=True, timeout=60
    )
    assert [to_json(value) for value in outputs(expression)] == ended.stdout.splitlines()


@pytest.mark.parametrize(
    "expression",
    [
        ".packages.name",
        ".root[]?, .root.name[]",
        '.packages["name"]',
        '.root.name | test("[")',
        ".packages | map(.name + 1)",
        ".root | sort",
        "[1] | contains(1)",
        '"a" - "b"',
        "1 / 0",
        "1 % 0",
        "true | length",
        '[[]] | join(",")',
        "{(1): 2}",
        "[{}] | @csv",
        '"x" | tonumber',
        '[1] | has("a")',
        ".root | startswith(1)",
    ],
)
def test_what_does_not_go_together_is_an_error_here_and_in_jq(expression: str) -> None:
    with pytest.raises(InputError, match=r"^query: "):
        outputs(expression)
    jq = shutil.which("jq")
    if jq is None:
        pytest.skip("jq is not installed")
    ended = subprocess.run([jq, expression], input=json.dumps(VIEW), capture_output=True, text=True, check=False)
    assert ended.returncode in (3, 5)  # what is constant is found wrong before it runs


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            ".packages | maap(.name)",
            "query:column 13: no function 'maap', at '.packages | ▸maap(.name)'; did you mean 'map'?",
        ),
        (".packages | map()", "query:column 17: expected a filter, got ')'"),
        (".packages | map", "query:column 13: map takes 1 arguments, got 0"),
        (".packages[", "query:column 11: expected a filter, got the end"),
        (".a | ", "query:column 6: expected a filter, got the end"),
        (".a .b c", "query:column 7: expected `|`, `,`, an operator or the end, got 'c'"),
        ('.a == "x', "query:column 7: no quote closes this text"),
        ('"\\q"', "query:column 2: no such escape in a text"),
        ("{a: 1", "query:column 6: expected '}', got the end"),
        ("{1: 2}", "query:column 2: expected a key, got '1'"),
        (". as $x | $x", "query:column 3: expected `|`, `,`, an operator or the end, got 'as'"),
        (".a = 1", "query:column 4: no filter has this character, got '='"),
        ("1 < 2 < 3", "query:column 7: a comparison has two sides, got '<'"),
        ("if . then 1", "query:column 12: expected 'end', got the end"),
        ("[" * 60, "query:column 42: more than 40 brackets"),
        (".a" + " + 1" * 200, "query:column "),
        (".[] | " * 300 + ".", "query:column "),
    ],
)
def test_a_mistake_names_its_column(expression: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        run_filter(VIEW, expression)  # before it is asked for the first value
    assert str(caught.value).startswith(message)


def test_a_question_mark_passes_over_what_does_not_fit() -> None:
    assert outputs('[1, "a"] | .[] | ascii_upcase?') == ["A"]


def test_a_filter_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "MAX_STEPS", 10_000)
    with pytest.raises(InputError, match="a sum is too long"):
        outputs(" | ".join([". + ."] * 40), "abc")
    with pytest.raises(InputError, match="it takes more than"):
        outputs(" | ".join(["[.[] , .[]]"] * 30), [1] * 50)


def test_which_expressions_are_filters() -> None:
    assert [is_filter(text) for text in (" .a", "[.a]", "{a: 1}", "name is x", "(name is x)")] == [True] * 3 + [
        False
    ] * 2


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.lists(
            st.sampled_from(FILTERS + list('[]{}().,|?:"\\<>=+-*/%$# ') + ["..", "//", "if", "and", "not"]), max_size=4
        ).map(" ".join),
        st.tuples(st.sampled_from(FILTERS), st.integers(0, 60), st.text(max_size=3)).map(
            lambda cut: cut[0][: cut[1]] + cut[2] + cut[0][cut[1] + 1 :]
        ),
        st.text(max_size=12),
    )
)
def test_whatever_is_typed_gives_values_or_a_mistake(expression: str) -> None:
    small = {"packages": VIEW["packages"][:2], "root": VIEW["root"], "dependencies": VIEW["dependencies"][:2]}
    try:
        for value in outputs(expression, small):
            json.loads(to_json(value))
    except CustodyError as error:
        assert error.where.startswith("query")


# ── regular expressions ──────────────────────────────────────────────────────────────────────────────────────────────

PATTERNS = [
    "a",
    "^a",
    "a$",
    "^a*$",
    "a|b",
    "(a|b)+c",
    "[ab]",
    "[^ab]",
    "[a-c]x?",
    "a{2}",
    "a{1,2}b",
    "a{2,}",
    ".",
    "^$",
    r"\d",
    r"\w\s",
]
PATTERNS += [
    r"[\d-]",
    r"a.c",
    "(?:ab)*",
    "(a(b|c)){2}",
    "^(?:a|ab)(?:c|bcd)$",
    "a{,2}",
    r"\.",
    "[]a]",
    "x*",
    "(|a)b",
    r"\Aa\z",
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PATTERNS), st.text("abcdx1 .-{,2}]\n", max_size=8))
@example("^a*$", "\n")
def test_a_pattern_matches_where_pythons_does(pattern: str, text: str) -> None:
    if text.endswith("\n") and pattern == r"\Aa\z":
        return  # Python has no `\z` that would look past it
    spelled = pattern.replace(r"\z", r"\Z").replace("{,2}", r"\{,2\}")
    assert compile_pattern(pattern)(text) == (re.search(spelled, text) is not None)


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        ")",
        "[",
        "a**{",
        "*",
        "(?=a)",
        r"\b",
        r"\1",
        "[z-a]",
        "a{3,2}",
        "(" * 99 + ")" * 99,
        "((a{999}){999}){9}",
        "((){999}){999}",
    ],
)
def test_what_a_pattern_cannot_say_is_refused(pattern: str) -> None:
    if pattern == "a**{":
        assert compile_pattern(pattern)("a{")
        return
    with pytest.raises(PatternError):
        compile_pattern(pattern)


def test_a_pattern_that_explodes_elsewhere_is_fast_here() -> None:
    assert not compile_pattern("^(a+)+$")("a" * 5000 + "b")
    assert not compile_pattern("(x+x+)+y")("x" * 5000)
