"""npm's catalogers against what npm and pnpm say of the same project."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from custody.inventory import tree_of
from custody.model import Dependency, Package, Skipped
from tests.inventory.catalogers.oracle import CASES, CATALOGERS, edges, look, look_at, packages


def told_by_npm(case: Path) -> set[tuple[str, str]]:
    """Give the edges of `npm ls --all --json`, an alias under the name of what it stands for."""
    document = json.loads((case / "npm-ls.json").read_text())
    return set(_walk(document, f"{document['name']}@{document['version']}"))


def _walk(node: dict[str, Any], above: str) -> list[tuple[str, str]]:
    found = []
    for name, inner in node.get("dependencies", {}).items():
        if "version" in inner:  # an optional package that was not installed has none
            here = f"{_REAL_NAMES.get(name, name)}@{inner['version']}"
            found += [(above, here), *_walk(inner, here)]
    return found


_REAL_NAMES = {"old-ms": "ms", "older-color": "tiny-color"}


def test_a_lock_file_has_the_edges_that_npm_lists() -> None:
    assert edges(look_at("npm-lock/version-3_ok")) == told_by_npm(CASES / "npm-lock/version-3_ok")


def test_node_modules_has_the_edges_that_npm_lists() -> None:
    case = "npm-installed/workspace-alias-and-note_ok"
    assert edges(look_at(case)) == told_by_npm(CASES / case)


def test_linked_folders_of_pnpm_have_the_edges_that_it_lists() -> None:
    case = "npm-installed/pnpm-links_ok"
    document = json.loads((CASES / case / "pnpm-ls.json").read_text())[0]
    document["dependencies"] |= document.pop("devDependencies")
    told = {edge for edge in _walk(document, "chat-shop@0.5.0") if "native-color@1.0.0" not in edge}
    assert edges(look_at(case)) == told


def test_version_2_is_read_as_version_3() -> None:
    assert look_at("npm-lock/version-2_ok") == look_at("npm-lock/version-3_ok")


def test_version_1_has_the_same_edges_but_those_of_peers_and_unknown_versions() -> None:
    newer, older = look_at("npm-lock/version-3_ok"), look_at("npm-lock/version-1-with-package-json_ok")
    from_elsewhere = {"bundler-of-things@3.1.0": "bundler-of-things@", "left-hand@0.9.1": "left-hand@"}
    expected = {(from_elsewhere.get(a, a), from_elsewhere.get(b, b)) for a, b in edges(newer)}
    assert edges(older) == expected - {("use-sync-external-store@1.2.0", "react@18.2.0")}


def test_every_package_is_reached_from_the_project_without_help() -> None:
    for case in ("npm-lock/version-3_ok", "npm-lock/version-1-alone_ok", "npm-installed/workspace-alias-and-note_ok"):
        found = look_at(case)
        project = next(package for package in packages(found).values() if package.purpose == "APPLICATION")
        assert _reached(project.id, found) == set(packages(found))


def _reached(start: str, found: list[Any]) -> set[str]:
    seen, todo = {start}, [start]
    while todo:
        current = todo.pop()
        for edge in found:
            if isinstance(edge, Dependency) and edge.source == current and edge.target not in seen:
                seen.add(edge.target)
                todo.append(edge.target)
    return seen


def lock(document: object) -> list[Any]:
    data = json.dumps(document).encode()
    return look(CATALOGERS["npm-lock"], tree_of({"app/package-lock.json": data}))


def test_a_nameless_project_is_named_for_its_place() -> None:
    found = lock(
        {"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "1"}}, "node_modules/a": {"version": "1"}}}
    )
    assert edges(found) == {("app/package.json@", "a@1")}
    assert "pkg:generic/app/package.json" in packages(found)


def test_a_workspace_is_known_by_its_folder_where_the_entry_has_no_name() -> None:
    entries = {
        "": {"name": "root", "version": "1"},
        "packages/tool": {"version": "2"},
        "node_modules/tool": {"resolved": "packages/tool", "link": True},
        "@team/inner": {"version": "3", "devDependencies": {"tool": "*"}},
        "node_modules/@team/inner": {"resolved": "@team/inner", "link": True},
    }
    found = lock({"lockfileVersion": 3, "packages": entries})
    assert edges(found, "contains") == {("root@1", "tool@2"), ("root@1", "@team/inner@3")}
    assert edges(found, "dev") == {("@team/inner@3", "tool@2")}


def test_an_optional_dependency_listed_twice_is_optional() -> None:
    entry = {"version": "1", "dependencies": {"b": "1"}, "optionalDependencies": {"b": "1"}}
    found = lock({"lockfileVersion": 3, "packages": {"node_modules/a": entry, "node_modules/b": {"version": "1"}}})
    assert edges(found, "optional") == {("a@1", "b@1")}
    assert edges(found, "depends_on") == set()


def test_what_an_installed_package_needs_for_its_own_development_makes_no_edge() -> None:
    entry = {"version": "1", "devDependencies": {"b": "1"}}
    found = lock({"lockfileVersion": 3, "packages": {"node_modules/a": entry, "node_modules/b": {"version": "1"}}})
    assert edges(found) == set()


def test_all_that_an_archive_bundles_is_contained_by_the_package_of_that_archive() -> None:
    entries = {
        "node_modules/a": {"version": "1"},
        "node_modules/a/node_modules/b": {"version": "1", "inBundle": True},
        "node_modules/a/node_modules/b/node_modules/c": {"version": "1", "inBundle": True},
    }
    assert edges(lock({"lockfileVersion": 3, "packages": entries}), "contains") == {("a@1", "b@1"), ("a@1", "c@1")}


def test_a_built_extension_of_jupyterlab_is_a_package_and_its_sources_are_none() -> None:
    built = b'{"name": "@x/y", "version": "7.6.5", "jupyterlab": {"extension": true, "_build": {"load": "a.js"}}}'
    source = b'{"name": "mock", "version": "1.0.0", "jupyterlab": {"extension": true}}'
    tree = tree_of(
        {
            "opt/venv/share/jupyter/labextensions/@x/y/package.json": built,
            "opt/venv/lib/python3.11/site-packages/lab/tests/mock/package.json": source,
        }
    )
    assert set(packages(look(CATALOGERS["npm-installed"], tree))) == {"pkg:npm/%40x/y@7.6.5"}


def test_a_dependency_that_is_a_path_leads_nowhere() -> None:
    tree = tree_of(
        {
            "node_modules/a/package.json": b'{"name": "a", "version": "1", "dependencies": {"../node_modules/b": "*"}}',
            "node_modules/b/package.json": b'{"name": "b", "version": "1"}',
        }
    )
    assert edges(look(CATALOGERS["npm-installed"], tree)) == set()


def test_the_name_of_a_package_keeps_its_case() -> None:
    found = lock({"lockfileVersion": 3, "packages": {"node_modules/JSONStream": {"version": "1.3.5"}}})
    assert packages(found)["pkg:npm/JSONStream@1.3.5"].name == "JSONStream"


@pytest.mark.parametrize(
    ("integrity", "expected"),
    [
        ("sha1-qUqP5cyxm6YcTAhz05Hph5gvu9M=", ["sha1:a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"]),
        (
            "sha1-qUqP5cyxm6YcTAhz05Hph5gvu9M=?opaque sha512-" + "A" * 86 + "==",
            ["sha1:a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", "sha512:" + "0" * 128],
        ),
        ("sha1-qUqP5cyxm6YcTAhz05Hph5gvu9M", []),
        ("sha3-qUqP5cyxm6YcTAhz05Hph5gvu9M=", []),
        ("sha512-qUqP5cyxm6YcTAhz05Hph5gvu9M=", []),
    ],
)
def test_integrity_becomes_checksums_or_a_note(integrity: str, expected: list[str]) -> None:
    found = lock({"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1", "integrity": integrity}}})
    assert [f"{c.algorithm}:{c.hex}" for c in packages(found)["pkg:npm/a@1"].checksums] == expected
    assert any(isinstance(item, Skipped) for item in found) is not bool(expected)


def test_lock_files_inside_node_modules_are_not_read() -> None:
    data = b'{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1"}}}'
    tree = tree_of({"node_modules/x/npm-shrinkwrap.json": data, "npm-shrinkwrap.json": data})
    assert {item.locations[0].path for item in look(CATALOGERS["npm-lock"], tree) if isinstance(item, Package)} == {
        "npm-shrinkwrap.json"
    }


def test_folders_nested_without_end_are_refused() -> None:
    deep = "/".join(["node_modules/a"] * 200)
    found = lock({"lockfileVersion": 3, "packages": {deep: {"version": "1"}}})
    assert [item.reason for item in found if isinstance(item, Skipped)] == ["stands more than 200 folders deep"]
    nested: dict[str, object] = {"version": "1"}
    for _ in range(300):
        nested = {"version": "1", "dependencies": {"a": nested}}
    found = lock({"dependencies": {"a": nested}})
    assert any(isinstance(item, Skipped) and "folders deep" in item.reason for item in found)


def test_development_needs_of_an_installed_package_make_no_edge() -> None:
    tree = tree_of(
        {
            "node_modules/a/package.json": b'{"name": "a", "version": "1", "devDependencies": {"b": "1"}}',
            "node_modules/b/package.json": b'{"name": "b", "version": "1"}',
        }
    )
    assert edges(look(CATALOGERS["npm-installed"], tree)) == set()


def test_the_nearest_copy_of_a_dependency_wins() -> None:
    tree = tree_of(
        {
            "node_modules/a/package.json": b'{"name": "a", "version": "1", "dependencies": {"b": "*"}}',
            "node_modules/a/node_modules/b/package.json": b'{"name": "b", "version": "2"}',
            "node_modules/b/package.json": b'{"name": "b", "version": "1"}',
        }
    )
    assert edges(look(CATALOGERS["npm-installed"], tree)) == {("a@1", "b@2")}


@pytest.mark.interop
def test_npm_itself_is_seen_as_npm_lists_it() -> None:
    """npm comes with some two hundred packages in its own node_modules."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    folder = (
        Path(subprocess.run([npm, "root", "--global"], capture_output=True, text=True, check=True).stdout.strip())
        / "npm"
    )
    if not (folder / "package.json").is_file():
        pytest.skip("npm does not stand in its own global folder")
    told = json.loads(
        subprocess.run([npm, "query", "*"], cwd=folder, capture_output=True, text=True, check=True).stdout
    )
    tree = tree_of(
        {path.relative_to(folder.parent).as_posix(): path.read_bytes() for path in folder.rglob("package.json")}
    )
    seen = packages(look(CATALOGERS["npm-installed"], tree)).values()
    assert {f"{package.purl.full_name}@{package.version}" for package in seen} == {
        f"{node['name']}@{node['version']}" for node in told
    }
    assert len(seen) > 100
