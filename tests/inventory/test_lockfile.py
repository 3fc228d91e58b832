"""Addresses without secrets, paths that stay inside, entries that fail alone."""

from __future__ import annotations

import pytest

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import File
from custody.inventory.lockfile import (
    contain_tops,
    in_folder,
    join_path,
    nameless_project,
    read_each,
    read_named,
    upward,
    vcs_location,
    without_credentials,
)
from custody.model import Dependency


@pytest.mark.parametrize(
    ("address", "clean"),
    [
        ("https://x.example/a", "https://x.example/a"),
        ("https://user:secret@x.example/a", "https://x.example/a"),
        ("https://token@x.example/a@1.0", "https://x.example/a@1.0"),
        ("https://x.example/@scope/a", "https://x.example/@scope/a"),
        ("git+ssh://git@x.example/r.git#abc", "git+ssh://git@x.example/r.git#abc"),
        ("git+ssh://git:secret@x.example/r.git", "git+ssh://git@x.example/r.git"),
        ("git+https://user:secret@x.example/r.git", "git+https://x.example/r.git"),
        ("https://x.example/a?access_token=s&v=1&Signature=s#f=1", "https://x.example/a?v=1#f=1"),
        ("https://x.example/a?sig=s", "https://x.example/a"),
        ("https://x.example/a?design=1&keyboard=2", "https://x.example/a?design=1&keyboard=2"),
        ("https://a:b@c@x.example/", "https://x.example/"),
        ("file:vendor/a.tgz", "file:vendor/a.tgz"),
        ("", ""),
    ],
)
def test_an_address_loses_its_secrets_and_nothing_else(address: str, clean: str) -> None:
    assert without_credentials(address) == clean


@pytest.mark.parametrize(
    ("folder", "relative", "path"),
    [
        ("a/b", "c", "a/b/c"),
        ("a/b", "../c", "a/c"),
        ("", "./a//b/.", "a/b"),
        ("a", "..", ""),
        ("a", "../../c", None),
        ("a", "/etc/passwd", None),
        ("", "..", None),
    ],
)
def test_a_path_never_leaves_the_root(folder: str, relative: str, path: str | None) -> None:
    assert join_path(folder, relative) == path


def test_a_bad_entry_is_noted_with_its_place_and_the_others_are_read() -> None:
    table = Fields({"package": [{"name": "a"}, {"name": 1}, "b", {"name": "c"}]}, "x.lock")
    found, skipped = read_each(table, "package", lambda entry: entry.text("name"))
    assert found == ["a", "c"]
    assert [item.where for item in skipped] == ["x.lock:package[1].name", "x.lock:package[2]"]
    found, skipped = read_named(Fields({"p": {"a": {}, "b": 1}}, "x"), "p", lambda name, entry: name + entry.path)
    assert found == ["ap.a"]
    assert [item.where for item in skipped] == ["x:p.b"]


def test_entries_that_are_no_list_are_a_fault_of_the_file() -> None:
    with pytest.raises(InputError, match="package: expected a list, got a text 'x'"):
        read_each(Fields({"package": "x"}, "x.lock"), "package", lambda entry: entry)


def test_what_others_need_hangs_below_them_and_the_rest_below_the_project() -> None:
    edges = [Dependency(source="a", target="b"), Dependency(source="c", target="c")]
    assert list(contain_tops("p", ["c", "b", "a", "p"], edges)) == [
        Dependency(source="p", target="a", relation="contains"),
        Dependency(source="p", target="c", relation="contains"),
    ]


def test_a_nameless_project_has_the_path_of_its_lock_file() -> None:
    project = nameless_project(File(path="app/web/Pipfile.lock", data=b""))
    assert (project.id, project.name) == ("pkg:generic/app/web/Pipfile.lock", "app/web/Pipfile.lock")
    assert (project.purpose, project.installed) == ("APPLICATION", False)


@pytest.mark.parametrize(
    ("address", "revision", "location"),
    [
        ("https://x.example/r", "abc", "git+https://x.example/r@abc"),
        ("git+https://u:p@x.example/r", "abc", "git+https://x.example/r@abc"),
        ("ssh://git@x.example/r", "abc", "git+ssh://git@x.example/r@abc"),
        ("git@x.example:team/r.git", "abc", "git+ssh://git@x.example/team/r.git@abc"),
        ("https://x.example/r", "", "git+https://x.example/r"),
    ],
)
def test_a_repository_is_written_as_spdx_does(address: str, revision: str, location: str) -> None:
    assert vcs_location("git", address, revision) == location


def test_the_folders_above_a_folder_end_at_the_root() -> None:
    assert list(upward("a/b")) == ["a/b", "a", ""]
    assert [in_folder(folder, "x") for folder in upward("a")] == ["a/x", "x"]
