"""What licence files say, and when it is better to say nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.inventory.licence_texts import conclude, read_copyrights, read_notices, read_tags, read_texts
from custody.inventory.licence_texts.index import Index, Template, encode_index, kept, load_index
from custody.inventory.licence_texts.words import grams_of, words_of
from custody.model.licence import parse_expression
from custody.model.licence_list import licence_list
from tests.inventory.licence_texts.samples import BSD_2, BSD_3, ISC, MIT

COMMON = Path("/usr/share/common-licenses")
HEADER = (
    "This program is free software; you can redistribute it and/or modify\nit under the terms of the GNU General "
    "Public License as published by\nthe Free Software Foundation; {}\n\n"
)
OR_LATER = "either version 2 of the License, or\n(at your option) any later version."


def said(text: str, declared: str | None = None) -> str | None:
    return conclude(text.encode(), declared)


@pytest.fixture(scope="module")
def gpl() -> str:
    if not (COMMON / "GPL-2").is_file():
        pytest.skip("no texts of the GNU licences in /usr/share/common-licenses")
    return (COMMON / "GPL-2").read_text(encoding="utf-8")


def test_a_text_is_told_from_those_that_it_is_a_part_of() -> None:
    assert [said(text) for text in (MIT, ISC, BSD_2, BSD_3)] == ["MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause"]


def test_of_a_long_text_the_end_may_be_left_out(root: Path) -> None:
    text = (root / "LICENSE").read_text(encoding="utf-8")
    assert said(text) == "Apache-2.0"
    assert said(text.partition("APPENDIX")[0]) == "Apache-2.0"
    assert said(text[: len(text) // 2]) is None


def test_what_two_copies_of_a_licence_differ_in_does_not_count() -> None:
    text = MIT.replace("MIT License", "The MIT License (MIT)").replace(
        "<year> <copyright holders>", "2019-2026 Jane Doe"
    )
    for changed in (
        text.upper(),
        "\n".join(f" * {line}" for line in text.split("\n")),
        "\ufeff" + text.replace("\n", "\r\n"),
        " ".join(text.split("\n\n", 2)[2].split()),
        "© 2020 Acme, Inc. and its affiliates\nAll rights reserved.\n" + text,
    ):
        assert said(changed) == "MIT"
    assert conclude(text.encode("utf-16")) == "MIT"


def test_several_texts_hold_together_and_each_is_told_where_it_stands() -> None:
    text = f"{MIT}\n----\nsome/file.c:\n\n{BSD_3}\n----\n{MIT}"
    assert said(text) == "BSD-3-Clause AND MIT"
    first, second, third = read_texts(text.encode()).matches
    assert (first.ids, second.ids, third.ids) == (("MIT",), ("BSD-3-Clause",), ("MIT",))
    assert first.last_line < second.first_line <= second.last_line < third.first_line
    assert first.first_line == 1
    assert min(match.fit for match in (first, second, third)) > 0.95


def test_a_choice_is_known_only_where_it_is_declared(root: Path) -> None:
    both = f"{MIT}\n{(root / 'LICENSE').read_text(encoding='utf-8')}"
    assert said(both) == "Apache-2.0 AND MIT"
    assert said(both, "MIT OR Apache-2.0") == "MIT OR Apache-2.0"
    assert said(MIT, "MIT OR Apache-2.0") == "MIT OR Apache-2.0"
    assert said(MIT, "BSD-3-Clause") == "MIT"


@pytest.mark.parametrize(
    "added",
    [
        "The Software may not be used for commercial purposes.",
        "This software is free for academic use.",
        "Use is restricted: only for members of the project.",
        "You must not use it for military purposes.",
    ],
)
def test_a_condition_that_the_licence_does_not_have_leaves_it_open(added: str) -> None:
    head, middle, tail = MIT.partition("The above copyright notice")
    assert middle
    assert said(f"{added}\n\n{MIT}") is None
    assert said(f"{MIT}\n\n{added}\n") is None
    assert said(f"{head}{added}\n\n{middle}{tail}") is None


def test_a_licence_that_nobody_knows_says_nothing() -> None:
    text = (
        "ACME SOFTWARE LICENSE AGREEMENT. Acme grants you a license to install the product under the terms and "
        "conditions of this agreement. No permission to distribute copies is granted. The product is the confidential "
        "and proprietary property of Acme; its copyright, patents and trademark remain with Acme. There is no warranty "
        "and no liability. "
    )
    assert said(text) is None
    assert said(text + MIT) is None
    assert said(text * 3 + "\n" + MIT) is None
    assert read_texts((text * 3 + MIT).encode()).left > 25
    assert said("") is None
    assert said("MIT") is None
    assert conclude(b"\0\1\2" * 1000) is None
    assert conclude(MIT.encode() + b" word" * 20_000) is None


def test_which_versions_of_a_gnu_licence_is_said_by_a_notice_a_tag_or_what_is_declared(gpl: str) -> None:
    assert said(gpl) is None
    assert said(gpl, "GPL-2.0-or-later") == "GPL-2.0-or-later"
    assert said(gpl, "GPL-2.0-only") == "GPL-2.0-only"
    assert said(gpl, "GPL-3.0-only") is None
    assert said(HEADER.format(OR_LATER) + gpl) == "GPL-2.0-or-later"
    assert said(HEADER.format("version 2 of the License.") + gpl) == "GPL-2.0-only"
    assert said("SPDX-License-Identifier: GPL-2.0-only\n\n" + gpl) == "GPL-2.0-only"


def test_gnu_licences_are_told_apart() -> None:
    found = {}
    for name in ("GPL-1", "GPL-2", "GPL-3", "LGPL-2", "LGPL-2.1", "LGPL-3", "GFDL-1.2", "GFDL-1.3"):
        path = COMMON / name
        if path.is_file():
            (match,) = read_texts(path.read_bytes()).matches
            found[name] = {id_.rpartition("-only")[0] for id_ in match.ids if id_.endswith("-only")}
    if not found:
        pytest.skip("no texts of the GNU licences in /usr/share/common-licenses")
    for name, ids in found.items():
        assert f"{name}.0" in ids or name in ids, (name, ids)


def test_an_exception_belongs_to_its_licence(root: Path) -> None:
    text = (root / "LICENSE").read_text(encoding="utf-8")
    exception = (
        "\n---- LLVM Exceptions to the Apache 2.0 License ----\n\nAs an exception, if, as a result of your compiling\n"
    )
    assert said(text + exception) == "Apache-2.0 WITH LLVM-exception"


def test_tags() -> None:
    text = "# SPDX-License-Identifier: mit or Apache-2.0\n/* SPDX-License-Identifier: GPL-2.0+ */\n"
    text += "<!-- SPDX-License-Identifier: CC0-1.0 -->\nSPDX-License-Identifier: not an expression\n"
    assert read_tags(text) == ("CC0-1.0", "GPL-2.0-or-later", "MIT OR Apache-2.0")
    assert said("SPDX-License-Identifier: MIT OR Apache-2.0\n") == "MIT OR Apache-2.0"
    assert said(f"SPDX-License-Identifier: MIT\n\n{MIT}") == "MIT"


def test_notices() -> None:
    apache = 'Licensed under the Apache License, Version 2.0 (the\n# "License"); you may not use this file except in'
    assert read_notices(apache) == ("Apache-2.0",)
    assert said(apache) == "Apache-2.0"
    assert read_notices(HEADER.format(OR_LATER)) == ("GPL-2.0-or-later",)
    lesser = HEADER.format("version 2.1 of the License.").replace("General", "Lesser General")
    assert read_notices(lesser) == ("LGPL-2.1-only",)
    assert read_notices("APPENDIX: How to apply the Apache License to your work\n" + apache) == ()
    assert said(apache + "\n\n" + "What follows says something else. " * 60) is None


def test_copyright_notices() -> None:
    text = (
        "Copyright (c) 2019-2024 Jane Doe <jane@mail.example>\n"
        " * Copyright 2024 Acme, Inc. All rights reserved.\n"
        "© 2020 Übung GmbH\n"
        "copyright notice, this list of conditions and the following disclaimer.\n"
        "Copyright (c) <year> <copyright holders>\n"
        "Copyright (c) 2019-2024 Jane Doe <jane@mail.example>\n"
        "Copyright and related rights may not apply.\n"
        "How to Apply These Terms to Your New Programs\nCopyright (C) 1989, 1991 Nobody\n"
    )
    assert read_copyrights(text) == (
        "Copyright (c) 2019-2024 Jane Doe <jane@mail.example>",
        "Copyright 2024 Acme, Inc. All rights reserved.",
        "© 2020 Übung GmbH",
    )
    assert len(read_copyrights("".join(f"Copyright {1990 + n} Jane\n" for n in range(30)))) == 12


def test_the_index_names_licences_of_the_list_and_is_small() -> None:
    index = load_index()
    known = licence_list()
    assert index.version == known.version
    ids = [id_ for template in index.templates for id_ in template.ids]
    assert {id_.lower() for id_ in ids} <= known.licences.keys()
    assert len(set(ids)) > 690
    assert all(0 < template.grams < 1100 or template.step == 1 for template in index.templates)


def test_an_index_comes_back_as_it_was_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    grams = [frozenset(grams_of(words_of(text)[0])) for text in (MIT, ISC)]
    templates = [
        Template(ids=(name,), words=100, grams=len(own), step=1) for name, own in zip(("A", "B"), grams, strict=True)
    ]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "licence_texts.idx").write_bytes(encode_index("9", list(zip(templates, grams, strict=True))))
    monkeypatch.setattr("custody.inventory.licence_texts.index.files", lambda _: tmp_path)
    index: Index = load_index.__wrapped__()
    assert (index.version, list(index.templates)) == ("9", templates)
    for number, own in enumerate(grams):
        assert all(number in index.texts_with(gram) for gram in own)
    assert not index.texts_with(next(gram for gram in range(1000) if gram not in grams[0] | grams[1]))


def test_a_step_keeps_about_its_share() -> None:
    grams = range(1 << 16)
    assert all(kept(gram, 1) for gram in grams)
    assert sum(kept(gram, 8) for gram in grams) == (1 << 16) // 8


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_bytes_give_an_expression_or_none(data: st.DataObject) -> None:
    base = data.draw(st.sampled_from([MIT, BSD_3, ISC])).encode()
    at = data.draw(st.integers(0, len(base)))
    end = data.draw(st.integers(at, len(base)))
    found = conclude(base[:at] + data.draw(st.binary(max_size=60)) + base[end:])
    assert found is None or parse_expression(found) == found


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(MIT.split()), max_size=300))
def test_the_words_of_a_licence_in_another_order_are_not_the_licence(words: list[str]) -> None:
    assert said(" ".join(words)) is None


def test_a_licence_that_nobody_approved_must_fit_better_than_a_usual_one() -> None:
    """Some words of a usual licence, changed, make one of hundreds in the list; being near to it is not enough."""
    head, third, tail = BSD_3.partition("3. ")
    assert third
    clause, blank, rest = tail.partition("\n\n")
    assert blank
    assert "endorse" in clause
    author = "The name of the author may not be used to endorse or promote products derived from this software"
    text = f"{head}{third}{author} without specific prior written permission.{blank}{rest}"
    text = text.replace("COPYRIGHT HOLDERS AND CONTRIBUTORS", "AUTHOR").replace(
        "COPYRIGHT HOLDER OR CONTRIBUTORS", "AUTHOR"
    )
    assert said(text) == "BSD-3-Clause"


def test_what_stands_inside_of_a_licence_is_no_statement_of_the_file() -> None:
    head, middle, tail = MIT.partition("The above copyright notice")
    assert middle
    found = read_texts(f"{head}SPDX-License-Identifier: GPL-3.0-only\n\n{middle}{tail}".encode())
    assert (found.tags, [match.ids for match in found.matches]) == ((), [("MIT",)])
