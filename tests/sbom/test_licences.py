"""Licence expressions as SPDX 2.3 Annex D has them, and the LicenseRefs of one document."""

from __future__ import annotations

from dataclasses import replace

import pytest

from custody.sbom.licences import LicenceRefs, expression_fault, is_self_contained, references, renamed
from tests.sbom.samples import JINJA, MARKUPSAFE

VALID = """
MIT
mit
GPL-2.0+
GPL-2.0-or-later
Apache-2.0 OR MIT
(Apache-2.0 OR MIT) AND BSD-3-Clause
((MIT))
GPL-2.0-only WITH Classpath-exception-2.0
GPL-2.0-only WITH classpath-exception-2.0 OR MIT
LicenseRef-my.licence-1
DocumentRef-other+1:LicenseRef-x
MIT AND (LGPL-2.1-only OR MIT AND BSD-3-Clause)
"""
INVALID = {
    "": "it is empty",
    "  ": "it is empty",
    "MIT or Apache-2.0": "expected AND, OR or WITH before 'or'",  # D.2: "matched in a case-sensitive manner"
    "MIT and Apache-2.0": "expected AND, OR or WITH before 'and'",
    "MIT Apache-2.0": "expected AND, OR or WITH before 'Apache-2.0'",
    "MIT OR": "it ends where a licence must stand",
    "OR MIT": "expected a licence before 'OR'",
    "(MIT": "a bracket is not closed",
    "MIT)": "expected AND, OR or WITH before ')'",
    "()": "expected a licence before ')'",
    "MIT WITH": "it ends where an exception must stand",
    "MIT WITH MIT": "'MIT' is not an exception",
    "(MIT) WITH Classpath-exception-2.0": "expected AND, OR or WITH before 'WITH'",
    "GPL-2.0-only WITH Classpath-exception-2.0 WITH GCC-exception-2.0": "expected AND, OR or WITH before 'WITH'",
    "BSD": "'BSD' is not on the SPDX licence list",
    "MIT, BSD": "'MIT,' is not a licence identifier",
    "licenseref-x": "'licenseref-x' is not on the SPDX licence list",
    "NONE": "'NONE' is not on the SPDX licence list",
    "NOASSERTION OR MIT": "'NOASSERTION' is not on the SPDX licence list",
    "MIT/X11": "'MIT/X11' is not a licence identifier",
}


@pytest.mark.parametrize("text", VALID.strip().splitlines())
def test_valid(text: str) -> None:
    assert expression_fault(text) == ""


@pytest.mark.parametrize(("text", "fault"), INVALID.items())
def test_invalid(text: str, fault: str) -> None:
    assert expression_fault(text).startswith(fault)


def test_no_depth_of_brackets_exhausts_the_stack() -> None:
    assert expression_fault("(" * 50_000 + "MIT" + ")" * 50_000) == ""
    assert expression_fault("(" * 50_000 + "MIT" + ")" * 49_999) == "a bracket is not closed"


def test_references_of_other_documents_are_references_too() -> None:
    text = "(LicenseRef-a OR DocumentRef-x:LicenseRef-a) AND MIT"
    assert references(text) == {"LicenseRef-a", "DocumentRef-x:LicenseRef-a"}
    assert not is_self_contained(text)
    assert is_self_contained("LicenseRef-a")
    assert not is_self_contained(" MIT")
    assert renamed(text, {"LicenseRef-a": "LicenseRef-b"}) == "(LicenseRef-b OR DocumentRef-x:LicenseRef-a) AND MIT"


def test_each_text_of_one_name_gets_its_own_name_whatever_the_order() -> None:
    packages = [JINJA, MARKUPSAFE]
    refs, turned = LicenceRefs(packages), LicenceRefs(reversed(packages))
    assert refs.texts == turned.texts
    assert set(refs.texts.values()) == {"BSD", "BSD, but another one"}
    assert refs.names(JINJA) != refs.names(MARKUPSAFE)


def test_names_that_differ_in_case_alone_are_one_name() -> None:
    """D.2: identifiers match in any case, so a reader would take the two for one."""
    other = replace(
        MARKUPSAFE, licence_declared="LicenseRef-bsd", licence_texts=(("LicenseRef-bsd", "BSD, but another one"),)
    )
    names = [name.lower() for name in LicenceRefs([JINJA, other]).texts]
    assert len(set(names)) == 2


def test_a_made_name_never_takes_one_that_is_there() -> None:
    made = LicenceRefs([JINJA, MARKUPSAFE]).names(JINJA)["LicenseRef-BSD"]
    squatter = replace(JINJA, licence_declared=made, licence_texts=((made, "Something else"),))
    refs = LicenceRefs([JINJA, MARKUPSAFE, squatter])
    assert len(refs.texts) == 3
    assert refs.texts[made] == "Something else"
    assert refs.texts[refs.names(JINJA)["LicenseRef-BSD"]] == "BSD"
