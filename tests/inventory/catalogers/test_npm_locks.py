"""The lock files of yarn, pnpm, bun and Deno, and Plug'n'Play, against what these tools say themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from custody.inventory import load_catalogers, take_inventory, tree_of
from custody.model import (
    Artifact,
    Dependency,
    Descriptor,
    Digest,
    Entry,
    Layer,
    LayerContent,
    Package,
    Skipped,
)
from tests.inventory.catalogers.oracle import CASES, CATALOGERS, edges, look, look_at, packages

LOCKS = ("bun-lock", "deno-lock", "pnpm-lock", "yarn-lock")


# ── what the tools say ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("version", ["5.2", "5.4", "6", "9"])
def test_a_pnpm_lock_file_has_the_edges_that_pnpm_lists(version: str) -> None:
    case = f"pnpm-lock/version-{version}_ok"
    found = look_at(case)
    versions = {package.name: package.version for package in packages(found).values()}
    told: set[tuple[str, str]] = set()
    for project in json.loads((CASES / case / "pnpm-ls.json").read_text()):
        told |= set(_walk(project, f"{project['name']}@{project['version']}", versions))
    assert edges(found, "depends_on", "dev", "optional", "peer") == told
    assert len(told) > 15


def _walk(node: dict[str, Any], above: str, versions: dict[str, str]) -> list[tuple[str, str]]:
    found = []
    for table in ("dependencies", "devDependencies", "optionalDependencies"):
        for name, inner in node.get(table, {}).items():
            actual, version = inner.get("from", name), inner["version"]
            if ":" in version or "/" in version:  # a folder, a tarball, a repository
                version = versions[actual]
            here = f"{actual}@{version}"
            found += [(above, here), *_walk(inner, here, versions)]
    return found


def test_a_yarn_lock_file_has_the_edges_that_yarn_lists() -> None:
    case = "yarn-lock/version-10_ok"
    found = look_at(case)
    versions = {package.name: package.version for package in packages(found).values()}
    told = set()
    rows = [json.loads(line) for line in (CASES / case / "yarn-info.json").read_text().splitlines()]
    named = {_plain(row["value"]): row["children"]["Version"] for row in rows}
    for row in rows:
        for need in row["children"].get("Dependencies", ()):
            source, target = _plain(row["value"]), _plain(need["locator"])
            told.add((f"{_name(source)}@{named[source]}", f"{_name(target)}@{named[target]}"))
    assert edges(found, "depends_on", "dev", "optional") == told
    assert edges(found, "peer") == {
        ("@chat/tool@1.0.0", "react@18.2.0"),
        ("use-sync-external-store@1.2.0", "react@18.2.0"),
    }
    assert versions["is-even"] == "1.0.0"


def _plain(locator: str) -> str:
    """Take `name@virtual:…#npm:1.0.0`, a copy for a set of peers, for what it copies."""
    name, at, rest = locator[0], "", locator[1:]
    name, at, rest = locator[0] + rest.partition("@")[0], "@", rest.partition("@")[2]
    return name + at + (rest.partition("#")[2] if rest.startswith("virtual:") else rest)


def _name(locator: str) -> str:
    return locator[0] + locator[1:].partition("@")[0]


def test_the_packages_of_bun_are_those_that_it_lists() -> None:
    case = "bun-lock/version-2_ok"
    rows = (CASES / case / "bun-ls.txt").read_text().splitlines()[1:]
    told = {_name(row.split("── ")[1]) for row in rows}
    seen = {package.name for package in packages(look_at(case)).values()}
    assert seen - {"chat-shop", "fsevents"} == told - {"old-ms"}  # which is `ms` by its own name


def test_the_same_project_has_the_same_edges_in_every_format() -> None:
    """All lock files come from one project; where a tool left something out of it, that is named here."""
    cases = ("yarn-lock/version-10_ok", "pnpm-lock/version-9_ok", "bun-lock/version-2_ok", "yarn-lock/classic_ok")
    yarn, pnpm, bun, classic = (edges(look_at(case), "depends_on", "dev", "peer") for case in cases)
    from_elsewhere = {"from-git@": "from-git@0.9.1", "from-tarball@": "from-tarball@3.1.0"}
    bun = {(from_elsewhere.get(a, a), from_elsewhere.get(b, b)) for a, b in bun}  # bun does not lock these versions
    even = {edge for edge in yarn if edge[0].partition("@")[0] in {"is-even", "is-odd", "is-number", "kind-of"}}
    even = {edge for edge in even if edge[0] != "is-odd@3.0.1"} | {("chat-shop@0.5.0", "is-even@1.0.0")}
    ported = {("ported@0.1.0", "is-number@6.0.0")}
    assert pnpm == yarn - ported
    assert bun == yarn - even
    peer = {("use-sync-external-store@1.2.0", "react@18.2.0")}  # yarn 1 does not lock peers
    assert classic == yarn - even - ported - peer - {("chat-shop@0.5.0", "ported@0.1.0")}


@pytest.mark.parametrize(
    "case", sorted(path.parent for name in (*LOCKS, "yarn-pnp") for path in (CASES / name).glob("*_ok/README")), ids=str
)
def test_every_package_is_reached_from_the_project(case: Path) -> None:
    found = look_at(f"{case.parent.name}/{case.name}")
    seen = packages(found)
    targets = {item.target for item in found if isinstance(item, Dependency)}
    tops = [id_ for id_, package in seen.items() if id_ not in targets]
    assert len(tops) == 1
    assert seen[tops[0]].purpose == "APPLICATION"
    reached, todo = set(), tops
    while todo:
        current = todo.pop()
        if current not in reached:
            reached.add(current)
            todo += [item.target for item in found if isinstance(item, Dependency) and item.source == current]
    assert reached >= set(seen)


# ── yarn ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def yarn(lock: str, **files: str) -> list[Any]:
    tree = tree_of({"yarn.lock": lock.encode(), **{name: text.encode() for name, text in files.items()}})
    return look(CATALOGERS["yarn-lock"], tree)


CLASSIC = "# yarn lockfile v1\n\n"


def test_workspaces_of_yarn_1_are_found_by_their_patterns() -> None:
    root = {"name": "root", "version": "1", "workspaces": {"packages": ["packages/*", "!packages/old", "tools/**"]}}
    inner = '{{"name": "{}", "version": "2", "dependencies": {{"b": "2"}}}}'
    found = yarn(
        CLASSIC,
        **{
            "package.json": json.dumps(root),
            "packages/a/package.json": inner.format("a"),
            "packages/b/package.json": inner.format("b"),
            "packages/old/package.json": inner.format("old"),
            "packages/a/node_modules/x/package.json": inner.format("x"),
            "tools/deep/er/package.json": inner.format("er"),
            "other/package.json": inner.format("other"),
        },
    )
    assert edges(found, "contains") == {("root@1", "a@2"), ("root@1", "b@2"), ("root@1", "er@2")}
    assert edges(found, "depends_on") == {("a@2", "b@2"), ("er@2", "b@2")}


def test_a_range_that_resolutions_changed_leads_to_the_only_version() -> None:
    manifest = '{"name": "root", "dependencies": {"a": "^1"}, "resolutions": {"a": "3.0.0"}}'
    found = yarn(CLASSIC + 'a@3.0.0, "a@npm:3":\n  version "3.0.0"\n', **{"package.json": manifest})
    assert edges(found, "depends_on") == {("root@", "a@3.0.0")}


def test_an_alias_of_yarn_1_is_the_package_behind_it() -> None:
    found = yarn(CLASSIC + '"old@npm:@s/real@1":\n  version "1.0.0"\n')
    assert "pkg:npm/%40s/real@1.0.0" in packages(found)


BERRY = "__metadata:\n  version: 8\n\n"


def test_a_key_too_long_for_yaml_is_read() -> None:
    found = yarn(BERRY + '? "a@npm:^1, a@npm:^2"\n:\n  version: 2.0.0\n  resolution: "a@npm:2.0.0"\n')
    assert "pkg:npm/a@2.0.0" in packages(found)


def test_a_relative_path_is_the_one_from_its_own_workspace() -> None:
    entry = '"a@portal:./x::locator={0}%40workspace%3A{0}":\n  version: 0.0.0-use.local\n'
    entry += '  resolution: "a@portal:./x::locator={0}%40workspace%3A{0}"\n\n'
    workspace = '"{0}@workspace:{0}":\n  version: 0.0.0-use.local\n  resolution: "{0}@workspace:{0}"\n'
    workspace += '  dependencies:\n    a: "portal:./x"\n\n'
    text = BERRY + "".join(form.format(name) for form in (entry, workspace) for name in ("one", "two"))
    inner = '{{"name": "a", "version": "{}"}}'
    found = yarn(text, **{"one/x/package.json": inner.format(1), "two/x/package.json": inner.format(2)})
    assert edges(found, "depends_on") == {("one@", "a@1"), ("two@", "a@2")}


def test_what_a_package_can_do_without_is_optional() -> None:
    """yarn 2 and later tell it in a table of its own."""
    meta = "  dependencies:\n    b: npm:1\n  dependenciesMeta:\n    b:\n      optional: true\n"
    text = BERRY + f'"a@npm:1":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0"\n{meta}\n'
    text += '"b@npm:1":\n  version: 1.0.0\n  resolution: "b@npm:1.0.0"\n'
    assert edges(yarn(text), "optional") == {("a@1.0.0", "b@1.0.0")}


def test_a_package_from_another_registry_says_where_it_comes_from() -> None:
    locator = "a@npm:1.0.0::__archiveUrl=https%3A%2F%2Fme%3Asecret%40npm.example%2Fa.tgz"
    found = yarn(BERRY + f'"a@npm:1":\n  version: 1.0.0\n  resolution: "{locator}"\n')
    assert packages(found)["pkg:npm/a@1.0.0"].download_location == "https://npm.example/a.tgz"


def test_an_optional_peer_is_no_edge_and_several_versions_leave_a_peer_open() -> None:
    peers = "  peerDependencies:\n    b: '*'\n    c: '*'\n    d: '*'\n"
    peers += "  peerDependenciesMeta:\n    c:\n      optional: true\n"
    text = BERRY + f'"a@npm:1":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0"\n{peers}\n'
    for name, version in (("b", "1.0.0"), ("c", "1.0.0"), ("d", "1.0.0"), ("d", "2.0.0")):
        text += f'"{name}@npm:{version}":\n  version: {version}\n  resolution: "{name}@npm:{version}"\n\n'
    assert edges(yarn(text), "peer") == {("a@1.0.0", "b@1.0.0")}


# ── pnpm, bun, Deno ──────────────────────────────────────────────────────────────────────────────────────────────────


def pnpm(text: str) -> list[Any]:
    return look(CATALOGERS["pnpm-lock"], tree_of({"app/pnpm-lock.yaml": text.encode()}))


@pytest.mark.parametrize(
    ("version", "key", "purl"),
    [
        ("5.4", "/a/1.0.0", "pkg:npm/a@1.0.0"),
        ("5.4", "/@s/a/1.0.0_@t+b@2.0.0", "pkg:npm/%40s/a@1.0.0"),
        ("6.0", "/@s/a@1.0.0(@t/b@2.0.0(c@3))", "pkg:npm/%40s/a@1.0.0"),
        ("'6.1'", "/a@1.0.0-rc.1", "pkg:npm/a@1.0.0-rc.1"),
        ("'7.0'", "a@1.0.0", "pkg:npm/a@1.0.0"),
        ("'9.0'", "'@s/a@1.0.0(patch_hash=x)'", "pkg:npm/%40s/a@1.0.0"),
        ("'9.0'", "a@file:../a", "pkg:npm/a"),
        ("5.4-inlineSpecifiers", "/a/1.0.0", "pkg:npm/a@1.0.0"),
    ],
)
def test_a_key_of_pnpm_names_one_package(version: str, key: str, purl: str) -> None:
    found = pnpm(f"lockfileVersion: {version}\npackages:\n  {key}:\n    resolution: {{}}\n")
    assert set(packages(found)) == {purl, "pkg:generic/app/package.json"}
    assert not [item for item in found if isinstance(item, Skipped)]


def test_the_copies_for_several_peers_are_one_package_with_all_edges() -> None:
    text = """
lockfileVersion: '9.0'
packages:
  a@1.0.0: {resolution: {}, peerDependencies: {b: '*'}}
  b@1.0.0: {resolution: {}}
  b@2.0.0: {resolution: {}}
snapshots:
  a@1.0.0(b@1.0.0): {dependencies: {b: 1.0.0}}
  a@1.0.0(b@2.0.0): {dependencies: {b: 2.0.0}}
"""
    found = pnpm(text)
    assert edges(found, "peer") == {("a@1.0.0", "b@1.0.0"), ("a@1.0.0", "b@2.0.0")}
    assert len([item for item in found if isinstance(item, Package) and item.name == "a"]) == 1


def test_a_project_without_importers_is_the_one_at_the_top() -> None:
    text = "lockfileVersion: '6.0'\ndevDependencies:\n  a: {specifier: ^1, version: 1.0.0}\npackages:\n  /a@1.0.0: {}\n"
    assert edges(pnpm(text), "dev") == {("app/package.json@", "a@1.0.0")}


def bun(document: str) -> list[Any]:
    return look(CATALOGERS["bun-lock"], tree_of({"bun.lock": document.encode()}))


def test_a_scoped_name_is_one_step_of_a_place_in_bun() -> None:
    document = """{"lockfileVersion": 1,
        "workspaces": {"": {"name": "root", "dependencies": {"@s/a": "1"}}}, "packages": {
        "@s/a": ["@s/a@1.0.0", "", {"dependencies": {"@s/b": "2"}}, ""],
        "@s/b": ["@s/b@1.0.0", "", {}, ""],
        "@s/a/@s/b": ["@s/b@2.0.0", "", {"dependencies": {"@s/a": "*"}}, ""],}}"""
    assert edges(bun(document), "depends_on") == {
        ("root@", "@s/a@1.0.0"),
        ("@s/a@1.0.0", "@s/b@2.0.0"),
        ("@s/b@2.0.0", "@s/a@1.0.0"),
    }


def test_packages_of_bun_nested_without_end_are_refused() -> None:
    found = bun(json.dumps({"lockfileVersion": 1, "packages": {"/".join(["a"] * 300): ["a@1", "", {}, ""]}}))
    assert [item.reason for item in found if isinstance(item, Skipped)] == ["stands more than 200 packages deep"]


def test_deno_leaves_out_a_version_where_it_is_the_only_one() -> None:
    """`npm:b` is the one that the project asks for, `b` the only one there is."""
    document = {
        "version": "5",
        "specifiers": {"npm:b@2": "2.0.0", "jsr:@s/x@1": "1.0.0"},
        "jsr": {"@s/x@1.0.0": {"dependencies": ["npm:b"]}},
        "npm": {"a@1.0.0": {"dependencies": ["b", "c"]}, "b@1.0.0": {}, "b@2.0.0": {}, "c@1.0.0": {}},
    }
    found = look(CATALOGERS["deno-lock"], tree_of({"deno.lock": json.dumps(document).encode()}))
    assert edges(found, "depends_on") == {("@s/x@1.0.0", "b@2.0.0"), ("a@1.0.0", "c@1.0.0")}


# ── what is installed ────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_deb_installed_shows_its_owner() -> None:
    """Debian's Node modules stand in usr/share/nodejs; dpkg's list of files says who put them there."""
    status = b"Package: node-ms\nStatus: install ok installed\nVersion: 2.1.3+~cs0.7.31-3\nArchitecture: all\n"
    files = {
        "etc/os-release": b"ID=debian\nVERSION_ID=12\n",
        "var/lib/dpkg/status": status,
        "var/lib/dpkg/info/node-ms.list": b"/.\n/usr\n/usr/share/nodejs/ms/package.json\n",
        "usr/share/nodejs/ms/package.json": b'{"name": "ms", "version": "2.1.3", "license": "MIT"}',
        "usr/share/nodejs/ms/dist/package.json": b'{"name": "no-package", "version": "1"}',
    }
    entries = tuple(Entry(path=path, kind="file", size=len(data), data=data) for path, data in files.items())
    digest = Digest.of(b"x")
    descriptor = Descriptor(media_type="m", digest=digest, size=1)
    artifact = Artifact(kind="image", name="app", version="", descriptor=descriptor, reference="x")
    content = LayerContent(layer=Layer(index=0, descriptor=descriptor, diff_id=digest), entries=entries)
    chosen = [cataloger for cataloger in load_catalogers() if cataloger.name in ("dpkg", "os-release", "npm-installed")]
    inventory = take_inventory(artifact, [content], catalogers=chosen)
    owned = [edge for edge in inventory.dependencies if edge.relation == "owns"]
    assert [(edge.source.partition("@")[0], edge.target) for edge in owned] == [
        ("pkg:deb/debian/node-ms", "pkg:npm/ms@2.1.3")
    ]
    assert "pkg:npm/no-package@1" not in {package.id for package in inventory.packages}


def test_a_package_json_that_is_no_package_is_not_listed() -> None:
    tree = tree_of(
        {
            "node_modules/a/package.json": b'{"name": "a", "version": "1"}',
            "node_modules/a/esm/package.json": b'{"type": "module"}',
            "node_modules/a/test/package.json": b'{"name": "ghost", "version": "9"}',
            "node_modules/b/package.json": b'{"main": "x.js"}',
            "node_modules/.bin/package.json": b'{"name": "bin", "version": "9"}',
            "node_modules/@s/package.json": b'{"name": "scope", "version": "9"}',
        }
    )
    found = look(CATALOGERS["npm-installed"], tree)
    assert set(packages(found)) == {"pkg:npm/a@1"}
    assert [item.where for item in found if isinstance(item, Skipped)] == ["node_modules/b/package.json:name"]


def test_the_version_of_what_is_from_no_registry_is_taken_from_what_is_installed() -> None:
    lock = b'{"lockfileVersion": 1, "packages": {"a/b": ["b@git+https://git.example/b.git#1f2e", {}, "1f2e"]}}'
    for name, id_ in (("b", "pkg:npm/b@3.1.0"), ("other", "pkg:npm/b")):
        manifest = json.dumps({"name": name, "version": "3.1.0"}).encode()
        tree = tree_of({"bun.lock": lock, "node_modules/a/node_modules/b/package.json": manifest})
        assert id_ in packages(look(CATALOGERS["bun-lock"], tree))


def test_plug_and_play_takes_such_a_version_from_the_lock_file() -> None:
    reference = "https://files.example/a.tgz"
    data = {"packageRegistryData": [["a", [[reference, {"packageLocation": "./.yarn/cache/a.zip/node_modules/a/"}]]]]}
    lock = f'__metadata:\n  version: 8\n\n"a@{reference}":\n  version: 2.0.0\n  resolution: "a@{reference}"\n'
    tree = tree_of({".pnp.data.json": json.dumps(data).encode(), "yarn.lock": lock.encode()})
    assert "pkg:npm/a@2.0.0" in packages(look(CATALOGERS["yarn-pnp"], tree))


def test_a_patched_package_says_its_version_itself() -> None:
    reference = "patch:a@npm%3A1.0.0#./x.patch::version=1.0.0&hash=0c"
    data = {"packageRegistryData": [["a", [[reference, {"packageLocation": "./cache/a.zip/node_modules/a/"}]]]]}
    tree = tree_of({".pnp.data.json": json.dumps(data).encode()})
    assert "pkg:npm/a@1.0.0" in packages(look(CATALOGERS["yarn-pnp"], tree))
