"""Whatever bytes they are given, the catalogers give packages, edges and notes, or raise InputError."""

from __future__ import annotations

import json
import random
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custody.inventory import SquashedTree, tree_of
from custody.model import Dependency, Package, Skipped
from tests.inventory.catalogers.hostile import (
    CATALOGERS,
    HOSTILE,
    VALUES,
    Subject,
    as_json,
    damaged,
    is_toml,
    places,
    promised,
    replaced,
    rewritten,
    run,
    stretched,
    subjects,
    to_json,
)
from tests.inventory.catalogers.oracle import look

NAMES = sorted(CATALOGERS)
JSON = ("deno-lock", "npm-installed", "npm-lock", "python-pipfile-lock")
TOML = ("python-pdm-lock", "python-poetry-lock", "python-pylock", "python-uv-lock")
FUZZ = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)


ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=5,
)


@pytest.mark.parametrize("name", NAMES)
def test_every_cataloger_has_files_to_break(name: str) -> None:
    assert subjects(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_good_file_cut_short_or_changed_in_a_byte(name: str) -> None:
    """Where a cataloger has an extractor, it takes out of the broken file what it can."""
    draw = random.Random(name)  # noqa: S311 - the same damage each time
    for subject in sample(name, 6):
        for _ in range(8):
            run(subject, damaged(subject.data, draw))


@pytest.mark.parametrize("name", NAMES)
def test_a_value_written_as_something_else(name: str) -> None:
    draw = random.Random(name)  # noqa: S311 - the same damage each time
    for subject in sample(name, 6):
        for _ in range(8):
            run(subject, rewritten(subject.data, draw) or b"")


@pytest.mark.parametrize("name", NAMES)
def test_bytes_that_are_no_such_file(name: str) -> None:
    """Empty, NULs, UTF-16, ten thousand brackets, a line of a megabyte: in five seconds of CPU for each."""
    draw = random.Random(name)  # noqa: S311 - the same damage each time
    for subject in sample(name, 2):
        for label in ("empty", "NULs", "no UTF-8", "UTF-16", "byte order mark", *draw.sample(sorted(HOSTILE), 3)):
            run(subject, HOSTILE[label](subject.data))


@pytest.mark.parametrize("name", NAMES)
def test_a_piece_of_a_line_again_and_again(name: str) -> None:
    draw = random.Random(name)  # noqa: S311 - the same damage each time
    for subject in sample(name, 3):
        for _ in range(3):
            run(subject, stretched(subject.data, draw, 50_000))


def sample(name: str, most: int) -> list[Subject]:
    """Give a few files of a cataloger's cases: of each base name one, then others."""
    found: dict[str, Subject] = {}
    for subject in subjects(name):
        found.setdefault(subject.path.rpartition("/")[2], subject)
    first = list(found.values())
    return [*first, *(subject for subject in subjects(name) if subject not in first)][:most]


DOCUMENTS = {name: [subject for subject in subjects(name) if as_json(subject.data) is not None] for name in NAMES}
"""The files that are JSON: there a value can be replaced in its place."""


@pytest.mark.parametrize("name", sorted(name for name, found in DOCUMENTS.items() if found))
@settings(FUZZ, max_examples=15)
@given(data=st.data())
def test_a_value_of_another_type_in_json(name: str, data: st.DataObject) -> None:
    subject = data.draw(st.sampled_from(DOCUMENTS[name]))
    document = as_json(subject.data)
    place = data.draw(st.sampled_from(places(document)))
    run(subject, to_json(replaced(document, place, data.draw(st.sampled_from(VALUES) | ANY_JSON))))


VALUE = re.compile(r'(?<== )("[^"\n]*"|true|false)|"[^"\n]*"(?=[,\]])')


@pytest.mark.parametrize("name", TOML)
@FUZZ
@given(data=st.data())
def test_a_value_of_another_type_in_toml(name: str, data: st.DataObject) -> None:
    subject = data.draw(st.sampled_from([subject for subject in subjects(name) if is_toml(subject.data)]))
    text = subject.data.decode()
    match = data.draw(st.sampled_from(list(VALUE.finditer(text))))
    value = data.draw(
        st.sampled_from(
            ["5", "1.5", "nan", "true", "[]", "[[]]", "{}", '{a = ""}', '""', '"\\u0000"', "2020-01-01", '["x", 1]']
        )
    )
    run(subject, (text[: match.start()] + value + text[match.end() :]).encode())


def check(name: str, tree: SquashedTree) -> None:
    """Look, and hold what was seen against what every cataloger promises."""
    found = look(CATALOGERS[name], tree)
    assert found == look(CATALOGERS[name], tree)
    for item in found:
        promised(item)


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


SLOW_ONCE = {
    "homebrew": (".brew/ca-certificates.rb", b'class A < Formula\n  license "' + b"P" * 400_000),
    "python-requirements": ("requirements.txt", b"a==1" + b" " * 400_000 + b"x\n"),
    "python-manifest": ("pyproject.toml", b"a" + b".a" * 200_000 + b" = 1\n"),
    "terraform-configuration": (".tf", b"a = [)]\n"),
}
"""What took time that grew with the square of its length, or all time there is."""


@pytest.mark.parametrize("name", sorted(SLOW_ONCE))
def test_what_was_slow_once_is_not(name: str) -> None:
    ending, data = SLOW_ONCE[name]
    subject = next(subject for subject in subjects(name) if subject.path.endswith(ending))
    run(subject, data, seconds=2)
