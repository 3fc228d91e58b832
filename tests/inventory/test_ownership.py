"""Which system package installed what another cataloger found: one tree for each package manager."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from custody.inventory import load_catalogers, wanted_files
from custody.inventory.ownership import owned_by
from custody.inventory.squash import SquashedTree, laid_out, tree_of
from custody.inventory.walk import started_by
from custody.model import Entry, HeldContent, Location, Package, Purl

CASES = Path(__file__).parent.parent / "cases" / "inventory"
CATALOGERS = {cataloger.name: cataloger for cataloger in load_catalogers()}
METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1\n"


def tree_with(case: str, *more: str, links: dict[str, str] | None = None) -> SquashedTree:
    """Give the tree of a case, with what all catalogers want of it, and more files."""
    folder = CASES / case / "tree"
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    wanted = wanted_files()
    entries = [Entry(path=path, kind="symlink", target=target) for path, target in (links or {}).items()]
    extractor = CATALOGERS[case.partition("/")[0]].extractor
    for path, data in {**files, **dict.fromkeys(more, METADATA)}.items():
        taken: tuple[tuple[str, bytes], ...] = ()
        if extractor is not None and path in extractor.globs:
            taken = ((extractor.name, extractor.extract(path, HeldContent(data))),)
        entries.append(Entry(path=path, kind="file", size=1, data=data if wanted(path) else None, extracts=taken))
    tree = SquashedTree()
    tree.add(laid_out(entries), None)
    return tree


def owners(case: str, path: str, *more: str, links: dict[str, str] | None = None) -> list[str]:
    """Give `type name` of what owns a package that `path` is evidence of."""
    tree = tree_with(case, path, *more, links=links)
    cataloger = CATALOGERS[case.partition("/")[0]]
    found = [item for file in started_by(cataloger, tree) for item in cataloger.parse(file, tree)]
    packages = [item for item in found if isinstance(item, Package)]
    place = Location(path=path, cataloger="x")
    other = Package(purl=Purl("pypi", "demo", "1"), name="demo", version="1", locations=(place,))
    edges = owned_by([*packages, other], tree)
    assert {edge.relation for edge in edges} <= {"owns"}
    assert {edge.target for edge in edges} <= {other.id}
    return [Purl.parse(edge.source).name for edge in edges]


SITE = "usr/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("case", "path", "owner"),
    [
        ("apk/alpine-3.19_ok", f"{SITE}/demo-2.0.1.dist-info/METADATA", "py3-demo"),
        ("rpm/sqlite_ok", "usr/lib/python3.9/site-packages/demo-1.4.0.dist-info/METADATA", "python3-demo"),
        ("rpm/berkeley-db_ok", "usr/lib/python3.9/site-packages/demo-1.4.0.dist-info/METADATA", "python3-demo"),
        ("rpm/ndb_ok", "usr/lib/python3.9/site-packages/demo-1.4.0.dist-info/METADATA", "python3-demo"),
        ("pacman/installed_ok", "usr/lib/python3.12/site-packages/demo-1.2.3.dist-info/METADATA", "demo-tool"),
        ("portage/gentoo_ok", f"{SITE}/demo-2.0.dist-info/METADATA", "demo"),
        ("conda/rattler_ok", "opt/conda/lib/python3.12/site-packages/demo-1.2.3.dist-info/METADATA", "demo"),
        ("homebrew/cellar_ok", "home/linuxbrew/.linuxbrew/Cellar/extra/0.1/lib/x.dist-info/METADATA", "extra"),
        ("nix/store-only_ok", "nix/store/3c3yw0ys1kpk9d0yi4zks10m7w4slp6q-python3.11-requests-2.31.0/lib/x",
         "python3.11-requests"),
    ],
)  # fmt: skip
def test_the_package_that_lists_the_file_owns_it(case: str, path: str, owner: str) -> None:
    assert owners(case, path) == [owner]
    assert owners(case, path + ".other") == ([owner] if case.startswith(("homebrew", "nix")) else [])


def test_a_path_below_a_link_is_found_under_both_spellings() -> None:
    """Alpine's list says `lib/…`, the file stands in `usr/lib/…` where `lib` is a link."""
    assert owners("apk/alpine-3.19_ok", "usr/lib/ld-musl-x86_64.so.1", links={"lib": "usr/lib"}) == ["musl"]


@pytest.mark.parametrize(
    ("second", "installed", "relation"),
    [
        (f"{SITE}/demo-2.0.1.dist-info/RECORD", True, "owns"),
        ("opt/venv/demo-2.0.1.dist-info/METADATA", True, "contains"),
        ("srv/app/requirements.txt", False, "owns"),
    ],
)
def test_what_has_a_copy_besides_the_system_s_is_not_the_system_s_own(
    second: str, installed: bool, relation: str
) -> None:
    first = f"{SITE}/demo-2.0.1.dist-info/METADATA"
    tree = tree_with("apk/alpine-3.19_ok", first, second)
    found = [item for file in started_by(CATALOGERS["apk"], tree) for item in CATALOGERS["apk"].parse(file, tree)]
    packages = [item for item in found if isinstance(item, Package)]
    sightings = [
        Package(purl=Purl("pypi", "demo", "1"), name="demo", locations=(Location(path=path, cataloger="x"),),
                installed=there)
        for path, there in ((first, True), (second, installed))
    ]  # fmt: skip
    assert [edge.relation for edge in owned_by([*packages, *sightings], tree)] == [relation]


@pytest.mark.parametrize("path", ["usr/lib/opkg/status", "var/lib/opkg/status"])
def test_opkg_lists_files_as_dpkg_does(path: str) -> None:
    folder = path.rpartition("/")[0]
    listing = b"/usr/lib/python3/demo.egg-info\t100644\t\n/usr/bin/demo\n"
    status = b"Package: demo\nVersion: 1\nStatus: install user installed\nArchitecture: all\n"
    tree = tree_of({path: status, f"{folder}/info/demo.list": listing})
    [file] = started_by(CATALOGERS["opkg"], tree)
    packages = [item for item in CATALOGERS["opkg"].parse(file, tree) if isinstance(item, Package)]
    place = Location(path="usr/lib/python3/demo.egg-info", cataloger="x")
    other = Package(purl=Purl("pypi", "demo", "1"), name="demo", locations=(place,))
    [edge] = owned_by([*packages, other], tree)
    assert (edge.source, edge.target) == ("pkg:opkg/demo@1?arch=all", "pkg:pypi/demo@1")
    assert wanted_files()(f"{folder}/info/demo.list")


def test_a_package_does_not_own_itself_and_package_files_own_nothing() -> None:
    record = json.dumps({"name": "a", "version": "1", "depends": [], "files": ["conda-meta/a.json", "x.dist-info"]})
    tree = tree_of({"env/conda-meta/a.json": record.encode()})
    [file] = started_by(CATALOGERS["conda"], tree)
    [package] = [item for item in CATALOGERS["conda"].parse(file, tree) if isinstance(item, Package)]
    assert owned_by([package], tree) == []
    lying = Package(purl=Purl("deb", "x", "1"), name="x", locations=(Location(path="x.deb", cataloger="x"),))
    assert owned_by([lying, package], tree) == []


def test_an_rpm_database_that_is_left_over_owns_nothing() -> None:
    case = "rpm/left-over-database_skipped"
    assert owners(case, "usr/lib/python3.9/site-packages/demo-1.4.0.dist-info/METADATA") == ["python3-demo"]


def test_a_package_with_a_copy_that_nobody_installed_is_contained_and_not_owned() -> None:
    listed = "usr/lib/python3/dist-packages/demo-1.dist-info/METADATA"
    loose = "opt/app/demo-1.dist-info/METADATA"
    tree = tree_of(
        {"var/lib/dpkg/info/python3-demo.list": f"/.\n/{listed}\n".encode(), listed: METADATA, loose: METADATA}
    )
    status = (Location(path="var/lib/dpkg/status", cataloger="dpkg"),)
    deb = Package(purl=Purl("deb", "python3-demo", "1", "debian"), name="python3-demo", version="1", locations=status)
    sightings = [
        Package(
            purl=Purl("pypi", "demo", "1"), name="demo", version="1", locations=(Location(path=path, cataloger="x"),)
        )
        for path in (listed, loose)
    ]
    promise = replace(sightings[1], installed=False)
    assert [edge.relation for edge in owned_by([deb, sightings[0]], tree)] == ["owns"]
    assert [edge.relation for edge in owned_by([deb, *sightings], tree)] == ["contains"]
    assert [edge.relation for edge in owned_by([deb, sightings[0], promise], tree)] == ["owns"]
