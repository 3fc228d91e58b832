from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.report.shown import MAX_CHARACTERS, shown


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Grüße, Žofie \u2013 “αβγ” Ж № €5 ≥ →", "Grüße, Žofie \u2013 “αβγ” Ж № €5 ≥ →"),
        ("שלום مرحبا", "שלום مرحبا"),
        ("e\u0301", "é"),
        ("a\tb\nc", "a b c"),
        ("\x00\x1b[2J\x7f\x85", "\\u{0}\\u{1b}[2J\\u{7f}\\u{85}"),
        ("\u202egpj.exe", "\\u{202e}gpj.exe"),
        ("\u2066\u2069\u200b\u200d\u00ad\ufeff", "\\u{2066}\\u{2069}\\u{200b}\\u{200d}\\u{ad}\\u{feff}"),
        ("微\U0001f600", "\\u{5fae}\\u{1f600}"),
        ("\udcff", "\\u{dcff}"),
        ("\ue000", "\\u{e000}"),
        ("x\u0335", "x\\u{335}"),
        ("[]\\^-~", "[]\\^-~"),
    ],
)
def test_what_cannot_be_printed_is_shown_as_its_code_point(text: str, printed: str) -> None:
    assert shown(text) == printed


def test_a_text_without_end_is_cut_and_says_so() -> None:
    assert shown("a" * MAX_CHARACTERS) == "a" * MAX_CHARACTERS
    assert shown("a" * (MAX_CHARACTERS + 1234)).endswith("a … (1,234 more characters)")


@given(st.text(alphabet=st.characters(), max_size=50))
def test_nothing_invisible_is_left(text: str) -> None:
    printed = shown(text)
    assert not [c for c in printed if unicodedata.category(c)[0] == "C" or unicodedata.combining(c)]
    assert shown(printed) == printed
    printed.encode("utf-8")
