"""The plain language finds what it says, and a mistake names its column."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import UsageError
from custody.model import Dependency, Package, Purl
from custody.sbom.query import find
from tests.sbom.samples import JINJA, LODASH, MARKUPSAFE, ROOT, SSL, inventory
from tests.sbom.strategies import inventories

FOUND = {
    "name is lodash": "lodash",
    "name = LODASH": "lodash",
    "name is not lodash and type is npm": "",
    'name matches "*in*2"': "Jinja2",
    "name starts-with lib or name ends-with safe": "MarkupSafe libssl3",
    "license contains MIT": "lodash",
    "licence contains mit": "lodash",
    "license contains BSD": "Jinja2 MarkupSafe",  # no id of the list, so it is looked for in the text
    "license contains BSD-3-Clause": "Jinja2",
    "declared contains BSD-3-Clause": "",
    "concluded is BSD-3-Clause": "Jinja2",
    "licence unknown": "whisperengine",
    "licence is unknown": "whisperengine",
    "declared is NONE": "pytest",
    "version unknown": "pytest",
    "version known and not version contains 4": "Jinja2 MarkupSafe libssl3 whisperengine",
    "type is deb": "libssl3",
    "type is deb or type is npm": "libssl3 lodash",
    "type is deb or type is npm and name is lodash": "libssl3 lodash",
    "(type is deb or type is npm) and name is lodash": "lodash",
    "not (type is deb or type is npm or type is pypi)": "whisperengine",
    "not not type is deb": "libssl3",
    "supplier unknown and type is npm": "lodash",
    'supplier contains "debian openssl"': "libssl3",
    "originator contains armin": "Jinja2",
    "not installed": "MarkupSafe pytest",
    "installed and type is pypi": "Jinja2",
    "path contains poetry": "Jinja2 MarkupSafe",
    'path is "srv/web/node_modules/lodash/package.json"': "lodash",
    'purl matches "pkg:npm/*"': "lodash",
    'purl matches "pkg:pypi/*@?.10"': "Jinja2",
    "purl is pkg:npm/lodash@4.17.20": "lodash",
    "checksum starts-with sha256:abab": "Jinja2",
    "cataloger is dpkg": "libssl3",
    "source is openssl": "libssl3",
    "cpe known": "",
    "needed-by jinja2": "MarkupSafe pytest",
    "needed-by pkg:pypi/jinja2": "MarkupSafe pytest",
    "needed-by pkg:pypi/jinja2@9": "",
    "depends-on pkg:pypi/markupsafe@1.1.0": "Jinja2 lodash whisperengine",
    'depends-on "markup*"': "Jinja2 lodash whisperengine",
    "depends-on libssl3": "lodash whisperengine",
    "depends-on (type is pypi and not installed) and installed": "Jinja2 lodash whisperengine",
    "needed-by whisperengine": "MarkupSafe libssl3 lodash",
}


@pytest.mark.parametrize("expression", FOUND)
def test_it_finds(expression: str) -> None:
    found = find(inventory(), expression)
    assert sorted(package.name for package in found.packages) == FOUND[expression].split()


def test_one_step_is_one_step_only() -> None:
    assert [p.name for p in find(inventory(), "depends-on libssl3", direct=True).packages] == ["lodash"]


def test_a_name_that_nothing_has_is_told() -> None:
    assert find(inventory(), "depends-on nothing or needed-by lodash").unmatched == ("nothing",)


def test_containing_and_owning_is_no_need() -> None:
    found = find(
        inventory(dependencies=[Dependency(source=ROOT.id, target=SSL.id, relation="contains")]), "depends-on libssl3"
    )
    assert found.packages == ()


def test_a_licence_id_is_not_a_part_of_another_one() -> None:
    packages = [replace(LODASH, licence_declared="MIT-0"), replace(JINJA, licence_declared="Apache-2.0 OR MIT")]
    found = find(inventory(packages=packages), "declared contains MIT")
    assert [package.name for package in found.packages] == ["Jinja2"]


def test_a_licence_is_found_with_its_exception_and_under_its_old_name() -> None:
    expression = "GPL-2.0-only WITH Classpath-exception-2.0"
    found = find(inventory(packages=[replace(LODASH, licence_declared=expression)]), "license contains GPL-2.0")
    assert [package.name for package in found.packages] == ["lodash"]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "query:column 1: expected a field, `installed`, `depends-on` or `needed-by`, got the end"),
        ("nam is x", "query:column 1: expected a field, `installed`, `depends-on` or `needed-by`, got 'nam'"),
        ("name contians x", "query:column 6: expected is, contains, matches, starts-with, ends-with,"),
        ("name is", "query:column 8: expected a value, got the end"),
        ("name is x or", "query:column 13: expected a field"),
        ("name is x y", "query:column 11: expected `and`, `or` or the end, got 'y'"),
        ("(name is x", "query:column 11: expected `and`, `or` or `)`, got the end"),
        ('name is "x', 'query:column 9: no " closes this text'),
        ("name is and", "query:column 9: expected a value, got 'and'"),
        ("depends-on", "query:column 11: expected a name or a package URL, got the end"),
        ("not " * 200 + "installed", "query:column 405: more than 100 brackets"),
        ("(" * 200, "query:column 102: more than 100 brackets"),
        ("depends-on pkg:", "query: expected pkg:type/name, got 'pkg:'; a package URL looks like"),
    ],
)
def test_a_mistake_names_its_column(expression: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        find(inventory(), expression)
    assert str(caught.value).startswith(message)


def test_did_you_mean() -> None:
    with pytest.raises(UsageError, match="did you mean 'supplier'"):
        find(inventory(), "suplier unknown")


words = st.sampled_from(
    [
        "name",
        "license",
        "is",
        "contains",
        "matches",
        "and",
        "or",
        "not",
        "(",
        ")",
        "unknown",
        "installed",
        '"',
        "*",
        "MIT",
        "depends-on",
        "needed-by",
        "pkg:npm/lodash",
        "purl",
    ]
)


@settings(max_examples=80, deadline=None)
@given(inventories(), st.one_of(st.lists(words, max_size=9).map(" ".join), st.text(max_size=20)))
def test_whatever_is_typed_finds_something_or_is_a_mistake(found: object, expression: str) -> None:
    try:
        find(found, expression)  # type: ignore[arg-type]
    except UsageError as error:
        assert error.where.startswith("query")


def test_a_pattern_of_stars_is_not_slow() -> None:
    package = Package(purl=Purl("npm", "a" * 20_000), name="a" * 20_000)
    assert find(inventory(packages=[package]), f'name matches "{"*a" * 500}*b"').packages == ()


def test_several_needs_in_a_circle_end() -> None:
    edges = [Dependency(source=JINJA.id, target=MARKUPSAFE.id), Dependency(source=MARKUPSAFE.id, target=JINJA.id)]
    found = find(inventory(dependencies=edges), "depends-on jinja2")
    assert [package.name for package in found.packages] == ["Jinja2", "MarkupSafe"]
