"""SPDX licence expressions: Annex D of SPDX 2.3."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import InputError
from custody.model.licence import combine, find_licence, parse_expression, references_in, terms_in
from custody.model.licence_list import licence_list

IDS = [entry.id for entry in licence_list().licences.values()]
EXCEPTIONS = [entry.id for entry in licence_list().exceptions.values()]


def test_the_list_is_whole() -> None:
    assert len(IDS) > 700
    assert len(EXCEPTIONS) > 80
    mit = find_licence("mit")
    assert mit is not None
    assert (mit.id, mit.name, mit.osi_approved, mit.deprecated) == ("MIT", "MIT License", True, False)
    gpl = find_licence("GPL-2.0+")
    assert gpl is not None
    assert gpl.deprecated
    assert find_licence("nothing") is None


def test_the_list_is_the_published_one(shared: Path) -> None:
    folder = shared / "data" / "licenses"
    published = json.loads((folder / "licenses.json").read_bytes())
    exceptions = json.loads((folder / "exceptions.json").read_bytes())
    assert licence_list().version == published["licenseListVersion"]
    assert {
        entry.id: (entry.name, entry.osi_approved, entry.deprecated) for entry in licence_list().licences.values()
    } == {
        item["licenseId"]: (item["name"], item["isOsiApproved"], item["isDeprecatedLicenseId"])
        for item in published["licenses"]
    }
    assert set(EXCEPTIONS) == {item["licenseExceptionId"] for item in exceptions["exceptions"]}


def test_every_id_of_the_list_is_read_in_any_case_and_its_form_is_stable() -> None:
    for name in IDS:
        found = parse_expression(name)
        assert parse_expression(name.lower()) == parse_expression(name.upper()) == parse_expression(found) == found
        entry = find_licence(name)
        assert entry is not None
        assert entry.deprecated or found == name


def test_every_exception_of_the_list_is_read() -> None:
    for name in EXCEPTIONS:
        assert parse_expression(f"mit with {name.upper()}") == f"MIT WITH {name}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(MIT)", "MIT"),
        ("mit OR apache-2.0", "MIT OR Apache-2.0"),
        ("MIT and ISC or 0BSD", "MIT AND ISC OR 0BSD"),
        ("(MIT OR ISC) AND 0BSD", "(MIT OR ISC) AND 0BSD"),
        ("MIT OR (ISC AND 0BSD)", "MIT OR ISC AND 0BSD"),
        ("MIT OR (ISC OR (MIT))", "MIT OR ISC"),
        ("MIT AND MIT", "MIT"),
        ("Apache-2.0+", "Apache-2.0+"),
        ("GPL-2.0", "GPL-2.0-only"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("GPL-2.0-only+", "GPL-2.0-or-later"),
        ("LGPL-2.1", "LGPL-2.1-only"),
        ("GFDL-1.3", "GFDL-1.3-only"),
        ("GPL-2.0+ WITH Bison-exception-2.2", "GPL-2.0-or-later WITH Bison-exception-2.2"),
        ("LicenseRef-a.b-c OR MIT", "LicenseRef-a.b-c OR MIT"),
        ("DocumentRef-d:LicenseRef-a", "DocumentRef-d:LicenseRef-a"),
        ("  MIT\n OR\tISC ", "MIT OR ISC"),
    ],
)
def test_normal_forms(text: str, expected: str) -> None:
    assert parse_expression(text) == expected
    assert parse_expression(expected) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x: bad licence expression '▸': expected a licence id"),
        ("MIT AND", "x: bad licence expression 'MIT AND▸': expected a licence id"),
        ("MIT ISC", "x: bad licence expression 'MIT ▸ISC': expected AND, OR or the end, got 'ISC'"),
        ("(MIT", "x: bad licence expression '(MIT▸': expected AND, OR or ')'"),
        ("MIT)", "x: bad licence expression 'MIT▸)': expected AND, OR or the end, got ')'"),
        ("MIT & ISC", "x: bad licence expression 'MIT ▸& ISC': unexpected '&'"),
        ("OR MIT", "x: bad licence expression '▸OR MIT': expected a licence id, got 'OR'"),
        ("MIT WITH", "x: bad licence expression 'MIT WITH▸': expected an exception id"),
        (
            "MIT WITH Bison",
            "x: bad licence expression 'MIT WITH ▸Bison': unknown exception id 'Bison'; ids are listed at https://spdx.org/licenses/",
        ),
        (
            "ISC OR Apache-2",
            "x: bad licence expression 'ISC OR ▸Apache-2': unknown licence id 'Apache-2'; did you mean 'Apache-2.0'?",
        ),
    ],
)
def test_faults_show_the_place(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_expression(text, "x")
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["(" * 5000 + "MIT" + ")" * 5000, "MIT OR " * 50_000 + "ISC", "A" * 200_000])
def test_bombs_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_expression(text)


def test_combine_terms_and_references() -> None:
    assert combine(["MIT", "ISC OR 0BSD", "MIT"]) == "MIT AND (ISC OR 0BSD)"
    assert combine(["MIT AND ISC", "0BSD"], "OR") == "MIT AND ISC OR 0BSD"
    assert terms_in("MIT AND (ISC OR MIT OR LicenseRef-a)") == ("ISC", "LicenseRef-a", "MIT")
    assert references_in("LicenseRef-b AND (LicenseRef-a OR DocumentRef-x:LicenseRef-c)") == (
        "LicenseRef-a",
        "LicenseRef-b",
    )


leaves = st.one_of(
    st.sampled_from(IDS),
    st.sampled_from(["LicenseRef-x", "Apache-2.0+", "GPL-2.0+ WITH GCC-exception-2.0"]),
)
operators = st.sampled_from([" AND ", " OR ", " and "])


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Put several expressions in parentheses, joined by one operator."""
    return st.builds(lambda parts, op: f"({op.join(parts)})", st.lists(inner, min_size=2, max_size=4), operators)


trees = st.recursive(leaves, nested, max_leaves=12)
few = st.recursive(st.sampled_from(["MIT", "ISC", "0BSD", "Zlib"]), nested, max_leaves=8)


@given(text=trees)
def test_the_normal_form_of_any_expression_is_stable_and_keeps_its_terms(text: str) -> None:
    found = parse_expression(text)
    assert parse_expression(found) == found
    assert set(terms_in(found)) == set(terms_in(text))


def holds(expression: str, granted: set[str]) -> bool:
    """Say whether an expression holds when just these terms do, as Python's own `and` and `or` see it."""
    python = " ".join(
        token if token in ("(", ")") else {"AND": "and", "OR": "or", "and": "and"}.get(token, str(token in granted))
        for token in expression.replace("(", " ( ").replace(")", " ) ").split()
    )
    return bool(eval(python))  # noqa: S307 - made of our own words only


@given(text=few, granted=st.sets(st.sampled_from(["MIT", "ISC", "0BSD", "Zlib"])))
def test_the_normal_form_means_the_same(text: str, granted: set[str]) -> None:
    assert holds(parse_expression(text), granted) is holds(text, granted)


@given(text=st.text(max_size=60))
def test_any_text_is_an_expression_or_an_input_error(text: str) -> None:
    try:
        found = parse_expression(text)
    except InputError:
        return
    assert parse_expression(found) == found
