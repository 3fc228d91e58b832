"""From what people write to SPDX, without guessing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.model.licence import (
    find_licence,
    known_licence,
    make_reference,
    normalise,
    parse_expression,
    references_in,
)
from custody.model.licence_list import licence_list


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("MIT", "MIT"),
        ("mit", "MIT"),
        ("MIT License", "MIT"),
        ("The MIT License (MIT)", "MIT"),
        ("MIT/X11", "MIT"),
        ("Expat license", "MIT"),
        ("(MIT OR Apache-2.0)", "MIT OR Apache-2.0"),
        ("MIT or Apache 2.0", "MIT OR Apache-2.0"),
        ("MIT and (ISC or Apache License, Version 2.0)", "MIT AND (ISC OR Apache-2.0)"),
        ("Apache 2", "Apache-2.0"),
        ("Apache-2", "Apache-2.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("Apache Software License 2.0", "Apache-2.0"),
        ("ASL 2.0", "Apache-2.0"),
        ("BSD-3", "BSD-3-Clause"),
        ("3-Clause BSD License", "BSD-3-Clause"),
        ("New BSD License", "BSD-3-Clause"),
        ("Simplified BSD", "BSD-2-Clause"),
        ("GPLv2", "GPL-2.0-only"),
        ("GPLv3+", "GPL-3.0-or-later"),
        ("GPL 3.0 or later", "GPL-3.0-or-later"),
        ("GNU GPL version 2 or (at your option) any later version", "GPL-2.0-or-later"),
        ("GNU General Public License v2 or later (GPLv2+)", "GPL-2.0-or-later"),
        ("GNU Lesser General Public License v3", "LGPL-3.0-only"),
        ("LGPLv2.1+", "LGPL-2.1-or-later"),
        ("AGPL-3.0", "AGPL-3.0-only"),
        ("MPLv2.0", "MPL-2.0"),
        ("MPL 2.0", "MPL-2.0"),
        ("Common Development and Distribution License 1.0", "CDDL-1.0"),
        ("PSF", "PSF-2.0"),
        ("CC0", "CC0-1.0"),
        ("LPPL-1.3c+", "LPPL-1.3c+"),
        ("GPL-3+ with Bison exception", "GPL-3.0-or-later WITH Bison-exception-2.2"),
        ("GPL-2 with Linux-syscall-note exception", "GPL-2.0-only WITH Linux-syscall-note"),
        ("License :: OSI Approved :: MIT License", "MIT"),
        ("License :: OSI Approved :: ISC License (ISCL)", "ISC"),
        ("License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)", "GPL-3.0-or-later"),
        ("License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
        ("License :: OSI Approved :: The Unlicense (Unlicense)", "Unlicense"),
        ("License :: OSI Approved :: Zero-Clause BSD (0BSD)", "0BSD"),
        ("License :: CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0"),
        ("License :: OSI Approved :: Common Development and Distribution License 1.0 (CDDL-1.0)", "CDDL-1.0"),
    ],
)
def test_what_names_one_licence_becomes_its_expression(words: str, expected: str) -> None:
    assert normalise(words) == (expected, {})
    assert parse_expression(expected) == expected


@pytest.mark.parametrize(
    "words",
    [
        "BSD",
        "BSD License",
        "License :: OSI Approved :: BSD License",
        "Apache",
        "Apache Software License",
        "License :: OSI Approved :: Apache Software License",
        "GPL",
        "LGPL",
        "GPL (>= 2)",
        "GPL < 3",
        "non-GPL-2",
        "Apache License 2.0 (modified)",
        "MIT (except the logo)",
        "MIT and others",
        "MIT?",
        "Python",
        "Public Domain",
        "License :: OSI Approved :: W3C License",
        "UNLICENSED",
        "SEE LICENSE IN LICENSE.md",
        "Dual License",
        "许可证",
        "GPL-3+ with Autoconf exception",
        "DocumentRef-x:LicenseRef-y",
    ],
)
def test_what_could_mean_several_is_kept_in_its_own_words(words: str) -> None:
    expression, texts = normalise(words)
    assert expression is not None
    assert texts == {expression: words.rpartition(":: ")[2]}
    assert references_in(expression) == (expression,)


def test_unlicensed_is_not_the_unlicense() -> None:
    assert normalise("UNLICENSED")[0] == "LicenseRef-UNLICENSED"
    assert normalise("Unlicense")[0] == "Unlicense"


@pytest.mark.parametrize(
    "words",
    ["", " \n", "UNKNOWN", "None", "NOASSERTION", "License :: OSI Approved", "License :: DFSG approved", "License ::"],
)
def test_what_says_nothing_is_none(words: str) -> None:
    assert normalise(words) == (None, {})


def test_a_whole_text_is_kept_whole() -> None:
    text = "Permission is hereby granted, " * 60
    expression, texts = normalise(text)
    assert expression is not None
    assert texts == {expression: text.strip()}


def test_references_of_a_package_are_its_own_words() -> None:
    assert normalise("LicenseRef-Ours OR MIT") == ("LicenseRef-Ours OR MIT", {"LicenseRef-Ours": "LicenseRef-Ours"})


def test_the_full_name_of_a_licence_never_gives_another_one() -> None:
    entries = list(licence_list().licences.values())
    for entry in entries:
        found = known_licence(entry.name)
        meant = {parse_expression(other.id) for other in entries if other.name == entry.name}
        assert found is None or found in meant


def test_nearly_all_full_names_are_known() -> None:
    names = [entry.name for entry in licence_list().licences.values() if not entry.deprecated]
    unknown = [name for name in names if known_licence(name) is None]
    assert len(unknown) < len(names) / 20


def test_different_texts_have_different_names_and_simple_words_are_kept() -> None:
    assert make_reference("BSD") == "LicenseRef-BSD"
    assert make_reference("BSD", "one text") != make_reference("BSD", "another text")
    assert make_reference("A B") != make_reference("A-B")
    assert find_licence("BSD") is None


@given(words=st.text(max_size=80))
def test_whatever_is_written_the_result_is_a_stable_expression_with_its_words(words: str) -> None:
    expression, texts = normalise(words)
    if expression is not None:
        assert parse_expression(expression) == expression
        assert set(references_in(expression)) == set(texts)


NAMING = ["MIT", "GPL", "v2", "2.0", "+", "or", "and", "with", "later"]
WORDS = [*NAMING, "(", ")", "Apache", "BSD", "License", "the", "exception", "::", "/", ";"]


@given(words=st.lists(st.sampled_from(WORDS), max_size=12))
def test_words_of_licences_in_any_order_are_never_an_error(words: list[str]) -> None:
    expression, _ = normalise(" ".join(words))
    assert expression is None or parse_expression(expression) == expression
