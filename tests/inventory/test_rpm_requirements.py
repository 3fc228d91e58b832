"""What a requirement of rpm leads to, by the manual's page on boolean dependencies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.inventory.rpm_requirements import needed

THERE = {"a", "b", "lang", "libx.so.1()(64bit)", "perl(Foo::Bar)"}.__contains__


@pytest.mark.parametrize(
    ("requirement", "names"),
    [
        ("plain", ["plain"]),
        ("libx.so.1()(64bit)", ["libx.so.1()(64bit)"]),
        ("(a and b)", ["a", "b"]),
        ("(a or absent)", ["a", "absent"]),
        ("(a if lang)", ["a"]),
        ("(a if absent)", []),
        ("(a if absent else b)", ["b"]),
        ("(a if lang else b)", ["a"]),
        ("(a unless absent)", ["a"]),
        ("(a unless lang else b)", ["b"]),
        ("(a with b)", ["a", "b"]),
        ("(a without b)", ["a"]),
        ("(a >= 1.0 and b < 2:3)", ["a", "b"]),
        ("((a or absent) if (lang and b))", ["a", "absent"]),
        ("((a or absent) if (lang and absent))", []),
        ("(libx.so.1()(64bit) or perl(Foo::Bar) >= 1)", ["libx.so.1()(64bit)", "perl(Foo::Bar)"]),
        ("(a)", ["a"]),
        ("(a and", []),
        ("(a and b) c", []),
        ("(a and b or c)", []),
        ("(and b)", []),
        ("()", []),
        ("(" * 200 + "a" + ")" * 200, []),
        ("(" + "a or " * 5000 + "b)", []),
    ],
)
def test_the_names_that_a_requirement_leads_to(requirement: str, names: list[str]) -> None:
    assert needed(requirement, THERE) == names


@given(st.lists(st.sampled_from(["(", ")", "a", "b", "or", "if", "else", "with", "absent", ">=", "1"]), max_size=30))
def test_any_words_are_read_or_passed_over(words: list[str]) -> None:
    for name in needed(f"({' '.join(words)})", THERE):
        assert name in words
