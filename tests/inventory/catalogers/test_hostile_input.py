"""Whatever bytes they are given, the catalogers give packages, edges and notes, or raise InputError."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custody.inventory import SquashedTree, tree_of
from custody.model import Dependency, Package, Purl, Skipped
from tests.inventory.cases import load_tree
from tests.inventory.catalogers.oracle import CASES, CATALOGERS, OURS, look

NAMES = sorted(name for name, cataloger in CATALOGERS.items() if name.startswith(OURS) and cataloger.globs)
JSON = ("deno-lock", "npm-installed", "npm-lock", "python-pipfile-lock")
TOML = ("python-pdm-lock", "python-poetry-lock", "python-pylock", "python-uv-lock")
FUZZ = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)


@cache
def good_files(name: str) -> tuple[dict[str, bytes], ...]:
    """Give the trees of a cataloger's good cases."""
    cataloger = CATALOGERS[name]
    trees = (load_tree(case / "tree", cataloger) for case in sorted((CASES / name).glob("*_ok")))
    return tuple({file.path: file.data for file in tree.under("")} for tree in trees)


def check(name: str, tree: SquashedTree) -> None:
    """Look, and hold what was seen against what every cataloger promises."""
    found = look(CATALOGERS[name], tree)
    assert found == look(CATALOGERS[name], tree)
    for item in found:
        if isinstance(item, Package):
            assert Purl.parse(item.id) == item.purl
            assert item.name
            assert item.locations
            assert all(location.path and not location.cataloger for location in item.locations)
        elif isinstance(item, Dependency):
            assert item.relation in {"contains", "depends_on", "dev", "optional", "peer", "build"}
        else:
            assert isinstance(item, Skipped)
            assert item.reason


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_a_good_file_cut_short_or_changed_in_one_byte(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    path = data.draw(st.sampled_from(sorted(files)))
    content = files[path]
    at = data.draw(st.integers(0, max(0, len(content) - 1)))
    new = data.draw(st.one_of(st.none(), st.binary(min_size=1, max_size=1)))
    files[path] = content[:at] if new is None else content[:at] + new + content[at + 1 :]
    check(name, tree_of(files))


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_any_bytes(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    files[data.draw(st.sampled_from(sorted(files)))] = data.draw(st.binary(max_size=200))
    check(name, tree_of(files))


ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=5,
)


def places(node: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Give the paths of all values in a JSON document."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path] + [place for key, value in inner for place in places(value, (*path, key))]


def replaced(node: object, path: tuple[Any, ...], value: object) -> object:
    if not path:
        return value
    if isinstance(node, dict):
        return {**node, path[0]: replaced(node[path[0]], path[1:], value)}
    items = node if isinstance(node, list) else []
    return [replaced(item, path[1:], value) if index == path[0] else item for index, item in enumerate(items)]


@pytest.mark.parametrize("name", JSON)
@FUZZ
@given(data=st.data())
def test_a_value_of_another_type_in_json(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    path = data.draw(st.sampled_from([path for path in sorted(files) if path.endswith((".json", ".lock"))]))
    document = json.loads(files[path])
    place = data.draw(st.sampled_from(places(document)))
    files[path] = json.dumps(replaced(document, place, data.draw(ANY_JSON))).encode()
    check(name, tree_of(files))


VALUE = re.compile(r'(?<== )("[^"\n]*"|true|false)|"[^"\n]*"(?=[,\]])')


@pytest.mark.parametrize("name", TOML)
@FUZZ
@given(data=st.data())
def test_a_value_of_another_type_in_toml(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    path = data.draw(st.sampled_from(sorted(files)))
    text = files[path].decode()
    match = data.draw(st.sampled_from(list(VALUE.finditer(text))))
    value = data.draw(
        st.sampled_from(
            ["5", "1.5", "nan", "true", "[]", "[[]]", "{}", '{a = ""}', '""', '"\\u0000"', "2020-01-01", '["x", 1]']
        )
    )
    files[path] = (text[: match.start()] + value + text[match.end() :]).encode()
    check(name, tree_of(files))


LINE = st.one_of(
    st.text(alphabet="ab-_.=<>~![]()@#;,:/\\ \"'$\t", max_size=30),
    st.sampled_from(
        [
            "# via a",
            "# via",
            "#   b",
            "-r requirements.txt",
            "-e .",
            "a==1 \\",
            "b>=1; " + "(" * 50,
            "--hash=sha256:",
            "-c",
        ]
    ),
)


@FUZZ
@given(st.lists(LINE, max_size=12))
def test_any_lines_of_requirements(lines: list[str]) -> None:
    check("python-requirements", tree_of({"requirements.txt": "\n".join(lines).encode()}))


@FUZZ
@given(st.lists(LINE, max_size=6), st.lists(LINE, max_size=6))
def test_any_metadata(needs: list[str], fields: list[str]) -> None:
    head = "Name: a\nVersion: 1\n" + "".join(f"Requires-Dist: {need}\n" for need in needs)
    head += "".join(
        f"{key}: {value}\n" for key, value in zip(("License", "Author-email", "Project-URL"), fields, strict=False)
    )
    check("python-installed", tree_of({"lib/python3.11/site-packages/a-1.dist-info/METADATA": head.encode()}))


@pytest.mark.parametrize("depth", [400, 900, 100_000])
@pytest.mark.parametrize("name", [*JSON, *TOML])
def test_values_nested_without_end(name: str, depth: int) -> None:
    """A deep value where a text is wanted must not exhaust the stack when the fault is told."""
    deep = "[" * depth + "]" * depth
    texts = {
        "deno-lock": ("deno.lock", f'{{"version": "5", "npm": {{"a@1": {{"integrity": {deep}}}}}}}'),
        "npm-installed": ("node_modules/a/package.json", f'{{"name": {deep}, "version": "1"}}'),
        "npm-lock": (
            "package-lock.json",
            f'{{"lockfileVersion": 3, "packages": {{"node_modules/a": {{"version": {deep}}}}}}}',
        ),
        "python-pdm-lock": ("pdm.lock", f'[[package]]\nname = "a"\nversion = "1"\ndependencies = [{deep}]\n'),
        "python-pipfile-lock": ("Pipfile.lock", f'{{"_meta": {{}}, "default": {{"a": {{"version": {deep}}}}}}}'),
        "python-poetry-lock": ("poetry.lock", f"[[package]]\nname = {deep}\n"),
        "python-pylock": ("pylock.toml", f'lock-version = "1.0"\n[[packages]]\nname = {deep}\n'),
        "python-uv-lock": ("uv.lock", f'[[package]]\nname = "a"\nversion = "1"\ndependencies = [{deep}]\n'),
    }
    path, text = texts[name]
    tree = tree_of({path: text.encode()})
    check(name, tree)
    assert any(isinstance(item, Skipped) for item in look(CATALOGERS[name], tree))


def test_markers_nested_without_end() -> None:
    marker = "(" * 5000 + "os_name == 'x'" + ")" * 5000
    check("python-requirements", tree_of({"requirements.txt": f"a==1; {marker}".encode()}))
    metadata = f"Name: a\nVersion: 1\nRequires-Dist: a; {marker}\n"
    check("python-installed", tree_of({"lib/python3.11/site-packages/a-1.dist-info/METADATA": metadata.encode()}))


def test_a_long_list_takes_no_more_than_linear_time() -> None:
    """Twenty thousand packages, each needing the next: a lock file of a few megabytes."""
    count = 20_000
    entries = {
        f"node_modules/p{n}": {"version": "1", "dependencies": {f"p{n + 1}": "1"}, "license": "MIT"}
        for n in range(count)
    }
    tree = tree_of({"package-lock.json": json.dumps({"lockfileVersion": 3, "packages": entries}).encode()})
    found = look(CATALOGERS["npm-lock"], tree)
    assert sum(isinstance(item, Package) for item in found) == count
    assert sum(isinstance(item, Dependency) for item in found) == count - 1
