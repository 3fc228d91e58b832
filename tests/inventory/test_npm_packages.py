"""Names, people, licences and folders of npm packages."""

from __future__ import annotations

import pytest

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.npm_packages import alias_target, candidates, homepage, licence, npm, originator, read_name


@pytest.mark.parametrize(
    ("name", "purl"),
    [("ms", "pkg:npm/ms@1"), ("@babel/core", "pkg:npm/%40babel/core@1"), ("JSONStream", "pkg:npm/JSONStream@1")],
)
def test_a_name_becomes_a_purl(name: str, purl: str) -> None:
    assert str(npm(read_name(name, "x"), "1")) == purl
    assert npm(name).full_name == name


@pytest.mark.parametrize("name", ["", "a/b", "@a", "@a/b/c", "a b", "..", "@a/", "a@b/c", "%2e", "\n"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"^here: expected a package's name"):
        read_name(name, "here")


def test_node_looks_in_each_folder_above() -> None:
    assert list(candidates("app/node_modules/@a/b", "c")) == [
        "app/node_modules/@a/b/node_modules/c",
        "app/node_modules/@a/node_modules/c",
        "app/node_modules/c",
        "node_modules/c",
    ]
    assert list(candidates("", "c")) == ["node_modules/c"]


@pytest.mark.parametrize(
    ("version", "target"),
    [
        ("npm:ms@1.2", ("ms", "1.2")),
        ("npm:@a/b@1", ("@a/b", "1")),
        ("npm:ms", ("ms", "")),
        ("npm:@a/b", ("@a/b", "")),
        ("1.2", None),
    ],
)
def test_an_alias_names_what_stands_behind_it(version: str, target: tuple[str, str] | None) -> None:
    assert alias_target(version) == target


@pytest.mark.parametrize(
    ("fields", "expression"),
    [
        ({"license": "MIT"}, "MIT"),
        ({"license": {"type": "ISC", "url": "x"}}, "ISC"),
        ({"licenses": [{"type": "MIT"}, {"type": "Apache-2.0"}]}, "MIT OR Apache-2.0"),
        ({"licenses": [{"type": "MIT"}]}, "MIT"),
        ({"license": "", "licenses": ["ISC"]}, "ISC"),
        ({"licence": "mit"}, "MIT"),
        ({"license": "(MIT OR CC0-1.0)"}, "MIT OR CC0-1.0"),
        ({"license": 5}, None),
        ({"license": {"type": []}}, None),
        ({}, None),
    ],
)
def test_a_licence_in_every_form_that_npm_had(fields: dict[str, object], expression: str | None) -> None:
    assert licence(Fields(fields, "x"))[0] == expression


@pytest.mark.parametrize(
    ("fields", "person"),
    [
        ({"author": "Ada <a@x.example> (https://x.example)"}, "Person: Ada (a@x.example)"),
        ({"author": "Ada"}, "Person: Ada"),
        ({"author": "<a@x.example>"}, "Person: a@x.example"),
        ({"author": {"name": "Ada", "email": 5}}, "Person: Ada"),
        ({"author": "", "maintainers": [{"name": "Bo"}]}, "Person: Bo"),
        ({"author": [], "contributors": ["Cy <c@x.example>"]}, "Person: Cy (c@x.example)"),
        ({"author": None}, ""),
    ],
)
def test_the_author_in_every_form(fields: dict[str, object], person: str) -> None:
    assert originator(Fields(fields, "x")) == person


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ({"homepage": "https://x.example/#readme"}, "https://x.example/#readme"),
        ({"homepage": "javascript:alert(1)"}, ""),
        ({"repository": "team/tool"}, "https://github.com/team/tool"),
        ({"repository": "gitlab:team/tool"}, "https://gitlab.com/team/tool"),
        ({"repository": {"type": "git", "url": "git+https://u:p@x.example/r.git"}}, "https://x.example/r"),
        ({"repository": {"url": "git://x.example/r.git"}}, "https://x.example/r"),
        ({"repository": {"url": "git+ssh://git@x.example/r.git"}}, ""),
        ({"homepage": 5, "repository": []}, ""),
    ],
)
def test_the_home_page_is_one_that_a_browser_opens(fields: dict[str, object], address: str) -> None:
    assert homepage(Fields(fields, "x")) == address
