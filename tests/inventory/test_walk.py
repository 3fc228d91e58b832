"""The whole round: layers in, one inventory out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from custody.errors import InputError
from custody.inventory import Cataloger, File, Found, Tree, load_catalogers, take_inventory, wanted_files
from custody.model import (
    Artifact,
    Dependency,
    Descriptor,
    Digest,
    Entry,
    Inventory,
    Layer,
    LayerContent,
    Location,
    Package,
    Platform,
    Purl,
    Skipped,
)

BLOB = Digest.of(b"blob")
IMAGE = Digest.of(b"manifest")
DIFF = [Digest.of(bytes([number])) for number in range(9)]


def parse_list(file: File, tree: Tree) -> Iterator[Found]:
    """Read lines `name version`; "!" breaks the file, "?" cannot be read, "~name" is not installed."""
    for number, line in enumerate(file.data.decode().splitlines(), start=1):
        name, _, version = line.partition(" ")
        if name == "!":
            raise InputError(file.at(f"line {number}"), "broken", "mend it")
        if name == "?":
            yield Skipped(where=file.at(f"line {number}"), reason="unknown")
            continue
        installed, name = not name.startswith("~"), name.removeprefix("~")
        purl = Purl("generic", name, version)
        place = file.location(f"line {number}")
        yield Package(purl=purl, name=name, version=version, locations=(place,), installed=installed)
        yield Dependency(source=str(purl), target="pkg:generic/common@1")


LISTS = Cataloger(name="lists", globs=("**/*.pkgs",), parse=parse_list, gives=("name",))


def artifact(
    kind: str = "image", *, name: str = "app", reference: str = "x", platform: Platform | None = None
) -> Artifact:
    descriptor = Descriptor(media_type="m", digest=IMAGE, size=1)
    return Artifact(kind=kind, name=name, version="", descriptor=descriptor, reference=reference, platform=platform)


def file(path: str, data: str | None = "") -> Entry:
    return Entry(path=path, kind="file", data=None if data is None else data.encode())


def layers(*contents: list[Entry]) -> list[LayerContent]:
    blob = Descriptor(media_type="l", digest=BLOB, size=1)
    return [
        LayerContent(layer=Layer(index=number, descriptor=blob, diff_id=DIFF[number]), entries=tuple(entries))
        for number, entries in enumerate(contents)
    ]


def take(*contents: list[Entry], kind: str = "image") -> Inventory:
    return take_inventory(artifact(kind), layers(*contents), catalogers=[LISTS])


def introduced(inventory: Inventory) -> dict[str, int | None]:
    """Give for each package the number of the layer of its first location."""
    return {
        f"{p.name} {p.version}": DIFF.index(p.locations[0].layer) if p.locations[0].layer else None
        for p in inventory.packages
    }


# ── who introduced what ──────────────────────────────────────────────────────────────────────────────────────────────


def test_each_package_of_a_shared_file_has_the_layer_that_brought_it() -> None:
    found = take(
        [file("a.pkgs", "base 1\nold 1\nagain 1")],
        [file("a.pkgs", "base 1\nold 1\nadded 1")],
        [file("a.pkgs", "base 1\nold 2\nadded 1\nagain 1")],
    )
    assert introduced(found) == {"base 1": 0, "added 1": 1, "old 2": 2, "again 1": 2}


def test_a_file_that_was_deleted_in_between_begins_anew() -> None:
    found = take([file("a.pkgs", "x 1")], [Entry(path="a.pkgs", kind="whiteout")], [file("a.pkgs", "x 1")])
    assert introduced(found) == {"x 1": 2}


def test_a_copy_for_a_changed_mode_brings_nothing() -> None:
    assert introduced(take([file("a.pkgs", "x 1")], [file("a.pkgs", "x 1")], [file("a.pkgs", "x 1")])) == {"x 1": 0}


def test_an_older_version_that_cannot_be_read_tells_what_it_told_before_the_fault() -> None:
    assert introduced(take([file("a.pkgs", "x 1\n!")], [file("a.pkgs", "x 1\ny 1")])) == {"x 1": 0, "y 1": 1}


def test_a_directory_has_no_layers() -> None:
    assert introduced(take([file("a.pkgs", "x 1")], kind="directory")) == {"x 1": None}


def test_the_blob_stands_in_where_no_diff_id_is_known() -> None:
    [content] = layers([file("a.pkgs", "x 1")])
    bare = LayerContent(layer=Layer(index=0, descriptor=content.layer.descriptor), entries=content.entries)
    [package] = take_inventory(artifact(), [bare], catalogers=[LISTS]).packages
    assert package.locations == (Location(path="a.pkgs", cataloger="lists", where="line 1", layer=BLOB),)


def test_a_deleted_package_is_not_found() -> None:
    assert take([file("a.pkgs", "x 1")], [Entry(path="a.pkgs", kind="whiteout")]).packages == ()


# ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_broken_file_is_skipped_with_its_place_and_the_rest_goes_on() -> None:
    found = take([file("a.pkgs", "x 1\n!\nlost 1"), file("b.pkgs", "?\ny 1")])
    assert [p.name for p in found.packages] == ["x", "y"]
    assert found.skipped == (
        Skipped(where="a.pkgs:line 2", reason="broken; mend it"),
        Skipped(where="b.pkgs:line 1", reason="unknown"),
    )


def test_what_the_sources_skipped_and_links_that_could_not_be_read_are_listed() -> None:
    [content] = layers([file("big", None), Entry(path="a.pkgs", kind="hardlink", target="big")])
    said = Skipped(where="../escape", reason="leaves the root")
    content = LayerContent(layer=content.layer, entries=content.entries, skipped=(said,))
    found = take_inventory(artifact(), [content], catalogers=[LISTS])
    assert found.skipped == (said, Skipped(where="a.pkgs", reason="a link to a file whose content was not read"))


def test_a_bug_in_a_cataloger_is_not_hidden() -> None:
    def broken(file: File, tree: Tree) -> Iterator[Found]:
        yield Skipped(where=file.path, reason=str(1 // len(file.data)))

    with pytest.raises(ZeroDivisionError):
        take_inventory(
            artifact(), layers([file("a.pkgs")]), catalogers=[Cataloger(name="b", globs=("*.pkgs",), parse=broken)]
        )


# ── the whole ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_sightings_of_one_package_are_merged_and_edges_to_nothing_dropped() -> None:
    found = take([file("a.pkgs", "x 1"), file("b.pkgs", "x 1\ncommon 1")])
    x = found.packages[1]
    assert (x.name, [place.path for place in x.locations]) == ("x", ["a.pkgs", "b.pkgs"])
    assert found.dependencies == (
        Dependency(source=x.id, target="pkg:generic/common@1"),
        Dependency(source=found.root.id, target=x.id, relation="contains"),
    )
    assert found.catalogers == (("lists", 2),)
    assert found.files == 2


@pytest.mark.parametrize(
    ("kind", "names"), [("image", ["both", "there"]), ("directory", ["both", "promised", "there"])]
)
def test_what_only_a_lock_file_names_counts_in_a_directory_alone(kind: str, names: list[str]) -> None:
    found = take([file("a.pkgs", "~promised 1\n~both 1"), file("b.pkgs", "there 1\nboth 1")], kind=kind)
    assert [package.name for package in found.packages] == names


def test_the_root_of_an_image_is_named_by_its_digest() -> None:
    platform = Platform(os="linux", architecture="arm64")
    found = take_inventory(artifact(platform=platform), layers([]), name="Team/App", version="1.2", catalogers=[LISTS])
    assert found.root.id == f"pkg:oci/app@{IMAGE}?arch=arm64"
    assert (found.root.name, found.root.version, found.root.purpose) == ("Team/App", "1.2", "CONTAINER")
    assert [(c.algorithm, c.hex) for c in found.root.checksums] == [("sha256", IMAGE.hex)]


def test_the_root_of_a_directory_is_a_generic_application() -> None:
    found = take_inventory(artifact("directory"), layers([]), version="1.2", catalogers=[LISTS])
    assert (found.root.id, found.root.purpose) == ("pkg:generic/app@1.2", "APPLICATION")


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("docker-archive:build/app.tar", "app"),
        ("oci:layouts/app:latest", "app"),
        ("host.example:5000/team/app:1@sha256:00", "app"),
        ("dir:work/app/", "app"),
        ("dir:.", "."),
        ("", "artifact"),
    ],
)
def test_without_a_name_the_reference_gives_one(reference: str, name: str) -> None:
    assert take_inventory(artifact(name="", reference=reference), layers([]), catalogers=[]).root.name == name


STATUS = """Package: python3-x
Version: 1-1
Architecture: all

Package: other
Version: 2
Architecture: all
"""


def test_the_system_contains_its_packages_and_they_own_what_they_installed() -> None:
    found = take_inventory(
        artifact(),
        layers(
            [
                file("etc/os-release", "ID=debian\nVERSION_ID=12"),
                file("var/lib/dpkg/status", STATUS),
                # listed under /lib, though that is a link: both names are one file (usr-merge)
                file("var/lib/dpkg/info/python3-x.list", "/.\n/lib\n/lib/python3/x.pkgs\n"),
                file("var/lib/dpkg/info/other:all.list", "/.\n/opt/theirs.pkgs\n"),
                Entry(path="lib", kind="symlink", target="usr/lib"),
                file("usr/lib/python3/x.pkgs", "x 1"),
                file("opt/mine.pkgs", "mine 1"),
                file("opt/theirs.pkgs", "theirs 1"),
            ]
        ),
        catalogers=[LISTS, *load_catalogers()],
    )
    assert found.distribution is not None
    assert found.distribution.tag == "debian-12"
    system, deb = "pkg:generic/debian@12", "pkg:deb/debian/{}?arch=all&distro=debian-12"
    assert found.dependencies == (
        Dependency(source=deb.format("other@2"), target="pkg:generic/theirs@1", relation="owns"),
        Dependency(source=deb.format("python3-x@1-1"), target="pkg:generic/x@1", relation="owns"),
        Dependency(source=system, target=deb.format("other@2"), relation="contains"),
        Dependency(source=system, target=deb.format("python3-x@1-1"), relation="contains"),
        Dependency(source=found.root.id, target=system, relation="contains"),
        Dependency(source=found.root.id, target="pkg:generic/mine@1", relation="contains"),
    )


DEB = Package(purl=Purl("deb", "x", "1"), name="x", version="1", installed=False)
BUILT = """Package: libx0
Status: install ok installed
Source: x ({source})
Version: 1:2.0-1
Architecture: amd64
"""
NOTE = b'{"format": "elf", "note": {"type": "deb", "os": "debian", "name": "x", "version": "2.0-1"}}'


@pytest.mark.parametrize(("source", "names"), [("1:2.0-1", ["libx0"]), ("1:2.0-2", ["libx0", "x"])])
def test_the_source_that_a_note_names_is_no_package_beside_what_was_built_from_it(
    source: str, names: list[str]
) -> None:
    program = Entry(path="usr/lib/libx.so.0", kind="file", size=9, extracts=(("program", NOTE),))
    found = take_inventory(
        artifact(),
        layers([file("var/lib/dpkg/status", BUILT.format(source=source)), program]),
        catalogers=load_catalogers(),
    )
    assert sorted(package.name for package in found.packages if package.purl.type == "deb") == names


@pytest.mark.parametrize(("name", "owns"), [("x_1_all.deb", True), ("other.tar", False)])
def test_what_lies_in_a_package_file_is_that_package_s_own(name: str, *, owns: bool) -> None:
    package = replace(DEB, locations=(Location(path="x_1_all.deb", cataloger="deb-file"),))
    files = Cataloger(name="deb-file", globs=("*.deb",), parse=lambda *_: [package], gives=("name",))
    found = take_inventory(
        artifact("file", reference=f"file:in/{name}"),
        layers([file("x_1_all.deb"), file("usr/lib/x.pkgs", "x 1\n~y 1")]),
        catalogers=[LISTS, files],
    )
    edges = {(edge.source, edge.target) for edge in found.dependencies if edge.relation == "owns"}
    assert edges == ({(package.id, "pkg:generic/x@1")} if owns else set())


@pytest.mark.parametrize(("folder", "count"), [("usr/share/doc/x", 0), ("srv/x", 1)])
def test_a_list_of_requirements_in_the_documentation_is_no_application(folder: str, count: int) -> None:
    found = take_inventory(
        artifact(), layers([file(f"{folder}/requirements.txt", "a==1\n")]), catalogers=load_catalogers()
    )
    assert sum(package.purl.type == "generic" for package in found.packages if package.id != found.root.id) == count


def test_distroless_file_lists_own_as_well() -> None:
    found = take_inventory(
        artifact(),
        layers(
            [
                file("var/lib/dpkg/status.d/x", "Package: x\nVersion: 1\nArchitecture: all\n"),
                file("var/lib/dpkg/status.d/x.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/lib/x.pkgs\n"),
                file("usr/lib/x.pkgs", "x 1"),
            ]
        ),
        catalogers=[LISTS, *load_catalogers()],
    )
    assert Dependency(source="pkg:deb/x@1?arch=all", target="pkg:generic/x@1", relation="owns") in found.dependencies


def test_the_sources_are_asked_for_what_catalogers_and_owners_read() -> None:
    wanted = wanted_files([LISTS])
    assert [wanted(p) for p in ("a/b.pkgs", "var/lib/dpkg/info/x.list", "etc/os-release", "a/b")] == [
        True,
        True,
        False,
        False,
    ]
    assert wanted_files()("etc/os-release")


def test_two_runs_give_the_same_inventory() -> None:
    entries = [file(f"{n % 7}/a.pkgs", f"p{n} 1\nq{n % 3} 1") for n in range(40)]
    assert take(entries, entries[:5]) == take(entries, entries[:5])


LOCK = """{"name": "web", "version": "1.0.0", "lockfileVersion": 3, "packages": {
    "": {"name": "web", "version": "1.0.0", "dependencies": {"here": "1.0.0"}, "devDependencies": {"gone": "1.0.0"}},
    "node_modules/here": {"version": "1.0.0"},
    "node_modules/gone": {"version": "1.0.0", "dev": true}}}"""
THERE = '{"name": "here", "version": "1.0.0"}'


@pytest.mark.parametrize(("kind", "expected"), [("image", {"here", "web"}), ("directory", {"gone", "here", "web"})])
def test_an_image_has_what_is_installed_and_a_directory_also_what_is_promised(kind: str, expected: set[str]) -> None:
    entries = [file("srv/package-lock.json", LOCK), file("srv/node_modules/here/package.json", THERE)]
    (content,) = layers(entries)
    inventory = take_inventory(artifact(kind), [content])
    assert {package.name for package in inventory.packages} == expected
    assert any(
        (edge.source, edge.target) == ("pkg:npm/web@1.0.0", "pkg:npm/here@1.0.0") for edge in inventory.dependencies
    )
