"""Go, Rust and programs: what the catalogers give for hostile files, and how they work together in one artifact."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.inventory.interface import Found
from custody.inventory.squash import SquashedTree, laid_out, tree_of
from custody.inventory.walk import started_by
from custody.model import Dependency, Entry, HeldContent, Package, Purl, Skipped
from custody.model.package import RELATIONS
from tests.inventory.cases import load_tree
from tests.inventory.catalogers.oracle import CASES, CATALOGERS, edges, packages

TEXTS = ("cargo-lock", "go-mod")
PROGRAMS = ("binary-classifier", "cargo-auditable", "elf-package-notes", "go-binary", "pe-version")
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)


def look(name: str, tree: SquashedTree) -> list[Found]:
    found: list[Found] = []
    for file in started_by(CATALOGERS[name], tree):
        try:
            found += CATALOGERS[name].parse(file, tree)
        except InputError as error:
            found.append(Skipped(where=error.where, reason=error.what))
    return found


def taken_out(path: str, taken: bytes) -> SquashedTree:
    """Give a tree with one file, of which the extractor of programs took something."""
    tree = SquashedTree()
    tree.add(laid_out([Entry(path=path, kind="file", size=1, extracts=(("program", taken),))]), None)
    return tree


def check(name: str, tree: SquashedTree) -> None:
    """Hold what was seen against what every cataloger promises."""
    found = look(name, tree)
    assert found == look(name, tree)
    for item in found:
        if isinstance(item, Package):
            assert Purl.parse(item.id) == item.purl
            assert item.name
            assert item.locations
        elif isinstance(item, Dependency):
            assert item.relation in RELATIONS
            assert item.source != item.target
        else:
            assert item.reason


@cache
def good_files(name: str) -> tuple[dict[str, bytes], ...]:
    trees = (load_tree(case / "tree", CATALOGERS[name]) for case in sorted((CASES / name).glob("*_ok")))
    return tuple({file.path: file.data for file in tree.under("")} for tree in trees)


def changed(content: bytes, data: st.DataObject) -> bytes:
    at = data.draw(st.integers(0, max(0, len(content) - 1)))
    new = data.draw(
        st.none() | st.binary(min_size=1, max_size=3) | st.sampled_from([b"\n", b"(", b'"', b" ", b"[[x]]\n"])
    )
    return content[:at] if new is None else content[:at] + new + content[at + len(new) :]


@pytest.mark.parametrize("name", TEXTS)
@FUZZ
@given(data=st.data())
def test_a_good_file_cut_short_or_changed(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    path = data.draw(st.sampled_from(sorted(files)))
    files[path] = changed(files[path], data)
    check(name, tree_of(files))


@pytest.mark.parametrize("name", PROGRAMS)
@FUZZ
@given(data=st.data())
def test_what_an_extractor_took_cut_short_or_changed(name: str, data: st.DataObject) -> None:
    """Nothing but our own cache writes such bytes, and even that must not bring a scan down."""
    cases = sorted((CASES / name).glob("*_ok"))
    tree = load_tree(data.draw(st.sampled_from(cases)) / "tree", CATALOGERS[name])
    file = data.draw(st.sampled_from(tree.extracted("program")))
    check(name, taken_out(file.path, changed(file.data, data)))


def test_every_case_reaches_all_packages_from_its_projects() -> None:
    """A complete graph with a root: whatever a project's file lists hangs on the project."""
    for name in ("cargo-auditable", "cargo-lock", "go-binary", "go-mod"):
        for case in sorted((CASES / name).glob("*_ok")):
            found = look(name, load_tree(case / "tree", CATALOGERS[name]))
            known = packages(found)
            reached = {id_ for id_, package in known.items() if package.purpose == "APPLICATION"}
            assert reached, case.name
            links = [(item.source, item.target) for item in found if isinstance(item, Dependency)]
            for _ in known:
                reached |= {target for source, target in links if source in reached}
            assert set(known) <= reached, (case.name, set(known) - reached)


def test_the_edges_of_a_module_cache_are_those_of_go_mod_graph() -> None:
    """Pasted from `go mod graph`, without what the asker marks as indirect, at the versions of `go list -m all`."""
    case = CASES / "go-mod" / "module-cache_ok" / "tree"
    found = [item for item in look("go-mod", load_tree(case, CATALOGERS["go-mod"])) if "local/go.mod" not in str(item)]
    told = edges(found, "depends_on")
    assert told >= {
        ("corp.example/Team/app@", "mods.example/Upper/Alpha/v2@v2.1.0"),
        ("corp.example/Team/app@", "mods.example/betafork@v1.5.0"),
        ("corp.example/Team/app@", "corp.example/local@"),
        ("corp.example/local@", "mods.example/epsilon@v1.0.0-rc.1"),
        ("mods.example/Upper/Alpha/v2@v2.1.0", "mods.example/gamma@v0.3.1"),
        ("mods.example/betafork@v1.5.0", "mods.example/gamma@v0.3.1"),
        ("mods.example/epsilon@v1.0.0-rc.1", "mods.example/Upper/Alpha/v2@v2.1.0"),
        ("mods.example/stringer@v0.9.0", "mods.example/delta@v0.0.0-20240102030405-abcdefabcdef"),
    }
    assert edges(found, "dev") == {("corp.example/Team/app@", "mods.example/stringer@v0.9.0")}


def test_a_module_that_a_program_and_a_go_mod_name_is_one_package() -> None:
    program = look("go-binary", load_tree(CASES / "go-binary/linked-modules_ok/tree", CATALOGERS["go-binary"]))
    listed = look("go-mod", load_tree(CASES / "go-mod/module-cache_ok/tree", CATALOGERS["go-mod"]))
    both = packages(program).keys() & packages(listed).keys()
    assert "pkg:golang/mods.example/Upper/Alpha/v2@v2.1.0" in both
    for id_ in both - {"pkg:golang/corp.example/local"}:
        assert packages(program)[id_].checksums == packages(listed)[id_].checksums


def test_a_program_of_a_single_file_stands_for_what_has_no_name() -> None:
    modules = "path\tcommand-line-arguments\ndep\ta.example/x\tv1.0.0\t\n"
    program = {"format": "elf", "go": {"version": "go1.22.1", "modules": modules}}
    tree = taken_out("usr/bin/tool", json.dumps(program).encode())
    assert edges(look("go-binary", tree)) == {
        ("usr/bin/tool@", "a.example/x@v1.0.0"),
        ("usr/bin/tool@", "stdlib@1.22.1"),
    }


def test_a_cycle_of_crates_is_fine() -> None:
    lock = b'version = 4\n[[package]]\nname = "a"\nversion = "1.0.0"\ndependencies = ["b"]\n'
    lock += (
        b'[[package]]\nname = "b"\nversion = "1.0.0"\nsource = "registry+https://r.example/i"\ndependencies = ["a"]\n'
    )
    assert edges(look("cargo-lock", tree_of({"Cargo.lock": lock}))) >= {("a@1.0.0", "b@1.0.0"), ("b@1.0.0", "a@1.0.0")}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_share_one_extractor(name: str) -> None:
    case = min((CASES / name).glob("*_ok"))
    file = next(path for path in sorted((case / "tree").rglob("*")) if path.is_file())
    extractor = CATALOGERS[name].extractor
    assert extractor is not None
    assert extractor.name == "program"
    taken = extractor.extract(file.relative_to(case / "tree").as_posix(), HeldContent(file.read_bytes()))
    assert taken
    assert replace(extractor) == extractor  # a value, so that it can be sent to another process
