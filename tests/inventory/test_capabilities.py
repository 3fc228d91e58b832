"""The capability table promises nothing: what is declared is what the cases show, and the page is the declarations."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from custody.errors import InputError
from custody.inventory import Cataloger, SquashedTree, load_catalogers
from custody.inventory.capabilities import capability_rows, markdown_table, shown
from custody.inventory.interface import CAPABILITIES, Found
from custody.inventory.ownership import OWNING_TYPES
from custody.inventory.walk import started_by
from custody.model import Extractor
from tests.inventory.cases import load_tree

ROOT = Path(__file__).resolve().parent.parent.parent
CASES = ROOT / "tests" / "cases" / "inventory"
OURS = [cataloger for cataloger in load_catalogers() if cataloger.parse.__module__.startswith("custody.")]


def seen_in_cases(cataloger: Cataloger) -> set[str]:
    """Give all that the cases of a cataloger show."""
    seen: set[str] = set()
    for case in sorted((CASES / cataloger.name).iterdir()):
        seen |= shown(_found(cataloger, load_tree(case / "tree", cataloger)))
    return seen


def _found(cataloger: Cataloger, tree: SquashedTree) -> Iterator[Found]:
    """Give what all files of a case give: a project and its packages may come of several."""
    for file in started_by(cataloger, tree):
        with contextlib.suppress(InputError):
            yield from cataloger.parse(file, tree)


@pytest.mark.parametrize("cataloger", OURS, ids=lambda cataloger: cataloger.name)
def test_what_is_declared_is_what_the_cases_show(cataloger: Cataloger) -> None:
    declared = set(cataloger.gives)
    assert declared <= set(CAPABILITIES)
    assert declared - {"files"} == seen_in_cases(cataloger)


def test_who_declares_files_is_read_for_ownership() -> None:
    for cataloger in OURS:
        types = {purl.split(":", 1)[1].split("/", 1)[0] for purl in ids_in_cases(cataloger)} & OWNING_TYPES
        if "files" in cataloger.gives:
            assert types, cataloger.name


def ids_in_cases(cataloger: Cataloger) -> set[str]:
    """Give the ids of the packages in the cases of a cataloger."""
    texts = [path.read_text(encoding="utf-8") for path in (CASES / cataloger.name).glob("*_ok/expect.txt")]
    return {line.split()[1] for text in texts for line in text.splitlines() if line.startswith("package ")}


def test_the_page_is_what_the_declarations_say() -> None:
    script = importlib.util.spec_from_file_location("update_catalogers", ROOT / "scripts" / "update_catalogers.py")
    assert script is not None
    assert script.loader is not None
    module = importlib.util.module_from_spec(script)
    script.loader.exec_module(module)
    assert (ROOT / "docs" / "catalogers.md").read_text(encoding="utf-8") == module.page()


def test_a_row_tells_how_files_are_told() -> None:
    extractor = Extractor(name="x", extract=lambda *_: b"", magics=(b"MZ", b"a\x00"), globs=("**/shared",))
    program = Cataloger(name="x", parse=lambda *_: (), extractor=extractor)
    [row] = capability_rows([program])
    assert row["reads"] == ["programs for Windows (PE)", "files that begin with a\\x00"]
    named = Cataloger(name="x", parse=lambda *_: (), globs=("b",), extractor=replace(extractor, magics=()))
    [row] = capability_rows([named])
    assert row["reads"] == ["**/shared", "b"]


def test_a_mark_in_brackets_has_a_phrase_that_tells_why() -> None:
    cataloger = Cataloger(
        name="x-lock",
        parse=lambda *_: (),
        globs=("**/x|y",),
        gives=("name", "version", "licence", "author"),
        cannot_know=("licence of dependencies", "edges"),
        ecosystems=("X",),
    )
    lines = markdown_table([cataloger]).splitlines()
    assert lines[2] == "| `x-lock` | ✓ | (✓) |  |  |  |  |  | author |"
    assert lines[-1] == "| `x-lock` | X | `**/x\\|y` | licence of dependencies; edges |"


@pytest.mark.parametrize("cataloger", OURS, ids=lambda cataloger: cataloger.name)
def test_what_cannot_be_known_is_said_in_the_words_of_the_table(cataloger: Cataloger) -> None:
    for phrase in cataloger.cannot_know:
        [about] = [name for name in CAPABILITIES if f"{phrase} ".startswith(f"{name} ")] or [""]
        assert not about or (about in cataloger.gives) is (phrase != about), phrase
        assert not phrase.split()[0].endswith(("licences", "checksums", "versions", "authors", "downloads")), phrase
        assert len(phrase) <= 80
