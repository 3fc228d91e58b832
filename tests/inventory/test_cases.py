"""Every cataloger against its cases, and what every plug-in must declare.

A case is a folder `tests/cases/inventory/<cataloger>/<what happens>_ok|_skipped/` with a `tree/`, a README and
`expect.txt`; adding one needs no code. With CUSTODY_REWRITE=1 in the environment `expect.txt` is written anew, and
the diff is reviewed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from custody.inventory import Cataloger, load_catalogers
from custody.inventory import catalogers as register
from tests.inventory.cases import load_tree, tell

GROUP = "custody.catalogers"
FOLDER = Path(__file__).resolve().parent.parent / "cases" / "inventory"
CATALOGERS = {cataloger.name: cataloger for cataloger in load_catalogers()}
CASES = sorted(path.parent for path in FOLDER.glob("*/*/README"))
OURS = [cataloger for cataloger in CATALOGERS.values() if cataloger.parse.__module__.startswith("custody.")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_case_gives_what_it_expects(case: Path) -> None:
    cataloger = CATALOGERS[case.parent.name]
    told = tell(cataloger, load_tree(case / "tree", cataloger))
    if os.environ.get("CUSTODY_REWRITE"):
        (case / "expect.txt").write_text(told, encoding="utf-8")
    assert told == (case / "expect.txt").read_text(encoding="utf-8")
    assert ("skipped  " in told) is case.name.endswith("_skipped")


@pytest.mark.parametrize("cataloger", OURS, ids=lambda cataloger: cataloger.name)
def test_every_cataloger_declares_what_it_reads_and_has_good_and_bad_cases(cataloger: Cataloger) -> None:
    doc = sys.modules[cataloger.parse.__module__].__doc__ or ""
    assert "\nReads: " in doc
    assert cataloger.name == cataloger.name.lower().replace("_", "-")
    assert cataloger.globs or cataloger.extractor
    assert "name" in cataloger.gives or (not cataloger.gives and "name" in cataloger.cannot_know)
    assert not set(cataloger.gives) & set(cataloger.cannot_know)
    outcomes = {path.name.rpartition("_")[2] for path in CASES if path.parent.name == cataloger.name}
    assert outcomes == {"ok", "skipped"}


def test_names_are_unique_and_sorted() -> None:
    names = [cataloger.name for cataloger in load_catalogers()]
    assert names == sorted(set(names))
    assert {"dpkg", "os-release"} <= set(names)


def test_no_case_is_without_a_cataloger() -> None:
    assert {case.parent.name for case in CASES} <= set(CATALOGERS)


class Point:
    """An entry point of another package."""

    def __init__(self, declared: object) -> None:
        self.declared = declared

    def load(self) -> object:
        return self.declared


def test_other_packages_join_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, three = (Cataloger(name=name, globs=("*",), parse=lambda *_: ()) for name in ("a-1", "z-2", "z-3"))
    monkeypatch.setattr(register, "entry_points", lambda group: [Point(two), Point([one, three])] * (group == GROUP))
    found = [cataloger.name for cataloger in register.load_catalogers.__wrapped__()]
    assert found == sorted([*CATALOGERS, "a-1", "z-2", "z-3"])


def test_two_catalogers_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "entry_points", lambda group: [Point(CATALOGERS["dpkg"])])
    with pytest.raises(ValueError, match="two catalogers are named 'dpkg'"):
        register.load_catalogers.__wrapped__()
