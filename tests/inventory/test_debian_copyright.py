"""Debian copyright files: the machine-readable format, its sloppy relatives, and prose."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.inventory.debian_copyright import read_copyright
from custody.model.licence import parse_expression, references_in

HEAD = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"


def licence(short: str) -> str | None:
    return read_copyright(f"{HEAD}Files: *\nCopyright: x\nLicense: {short}\n".encode())[0]


@pytest.mark.parametrize(
    ("short", "expected"),
    [
        ("GPL-2+", "GPL-2.0-or-later"),
        ("GPL-2", "GPL-2.0-only"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"),
        ("LGPL-2", "LGPL-2.0-only"),
        ("Expat", "MIT"),
        ("BSD-3-clause", "BSD-3-Clause"),
        ("Apache-2", "Apache-2.0"),
        ("zlib", "Zlib"),
        ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
        ("Artistic or GPL-1+", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
        ("Perl", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
        ("GPL-2+ or Artistic-2.0, and BSD-3-clause", "(GPL-2.0-or-later OR Artistic-2.0) AND BSD-3-Clause"),
        ("GPL-2+ or Artistic-2.0 and BSD-3-clause", "GPL-2.0-or-later OR Artistic-2.0 AND BSD-3-Clause"),
        ("LGPLv3+_or_GPLv2+", "LGPL-3.0-or-later OR GPL-2.0-or-later"),
        ("GPL-3+ with Bison exception", "GPL-3.0-or-later WITH Bison-exception-2.2"),
        ("Apache-2.0 with LLVM exception", "Apache-2.0 WITH LLVM-exception"),
    ],
)
def test_short_names_become_spdx(short: str, expected: str) -> None:
    assert licence(short) == expected


@pytest.mark.parametrize(
    "short", ["BSD", "GPL", "LGPL", "public-domain", "GPL-2+ with OpenSSL exception", "Apache", "other"]
)
def test_what_is_not_certain_stays_in_its_own_words(short: str) -> None:
    found = licence(short)
    assert found is not None
    assert found.startswith("LicenseRef-")


def test_all_paragraphs_hold_together_and_the_text_of_unknown_ones_is_kept() -> None:
    expression, texts = read_copyright(
        (
            HEAD + "Files: *\nLicense: MIT\n\nFiles: debian/*\nLicense: Regents\n\n"
            "License: Regents\n First line.\n .\n Second.\n\nLicense: unused\n Never mind.\n"
        ).encode()
    )
    assert expression is not None
    [name] = references_in(expression)
    assert expression == f"{name} AND MIT"
    assert texts == {name: "First line.\n\nSecond."}


def test_equal_names_for_different_texts_are_told_apart() -> None:
    def name(text: str) -> str:
        return read_copyright(f"{HEAD}Files: *\nLicense: public-domain\n {text}\n".encode())[0] or ""

    assert name("One text.") != name("Another text.")
    assert name("One text.") == name("One text.")


def test_the_header_counts_where_no_file_has_a_licence() -> None:
    assert read_copyright(f"{HEAD[:-1]}License: ISC\n\nFiles: *\nCopyright: x\n".encode())[0] == "ISC"


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("version 2 or (at your option) any later version. See /usr/share/common-licenses/GPL-2.", "GPL-2.0-or-later"),
        ("GPL version 2 only, see `/usr/share/common-licenses/GPL-2'.", "GPL-2.0-only"),
        ("see /usr/share/common-licenses/Apache-2.0.", "Apache-2.0"),
        ("the BSD licence, /usr/share/common-licenses/BSD", "BSD-3-Clause"),
        ("/usr/share/common-licenses/MPL-2.0, /usr/share/common-licenses/CC0-1.0", "CC0-1.0 AND MPL-2.0"),
    ],
)
def test_prose_gives_the_common_licences_that_it_refers_to(prose: str, expected: str) -> None:
    assert read_copyright(prose.encode()) == (expected, {})


def test_prose_that_does_not_say_which_versions_is_not_guessed() -> None:
    expression, texts = read_copyright(b"Under the GPL, see /usr/share/common-licenses/GPL-2.")
    assert expression is not None
    assert expression.startswith("LicenseRef-GPL-2-")
    assert texts == {expression: "/usr/share/common-licenses/GPL-2"}


def test_a_file_without_a_licence_gives_none() -> None:
    assert read_copyright(b"All rights reserved.") == (None, {})
    assert read_copyright(b"") == (None, {})


def test_an_endless_list_of_licences_stands_for_itself() -> None:
    files = "".join(f"Files: f{n}\nLicense: own-{n}\n\n" for n in range(3000))
    expression, texts = read_copyright((HEAD + files).encode())
    assert expression is not None
    assert list(texts) == [expression]


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet=st.sampled_from("GPL-2+ or,and()\n:AFilescnLw.xMIT"), max_size=200))
def test_whatever_it_holds_the_result_is_an_expression_with_its_words(text: str) -> None:
    for data in (text.encode(), (HEAD + "Files: *\nLicense: " + text).encode()):
        expression, texts = read_copyright(data)
        if expression is not None:
            assert parse_expression(expression) == expression
            assert set(references_in(expression)) == set(texts)


@given(data=st.binary(max_size=200))
def test_random_bytes_are_no_error(data: bytes) -> None:
    read_copyright(data)
    read_copyright(HEAD.encode() + b"Files: *\nLicense: " + data)
