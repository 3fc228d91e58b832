"""An inventory reaches all of its packages from its root, whatever the edges look like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.model import Artifact, Checksum, Dependency, Descriptor, Digest, Inventory, Location, Package, Purl

DESCRIPTOR = Descriptor(media_type="application/vnd.oci.image.manifest.v1+json", digest=Digest.of(b"a"), size=1)
ARTIFACT = Artifact(kind="directory", name="app", version="1", descriptor=DESCRIPTOR, reference="dir:app")
ROOT = Package(purl=Purl("generic", "app", "1"), name="app", version="1", purpose="APPLICATION")


def package(name: str, **changes: object) -> Package:
    return Package(purl=Purl("npm", name, "1"), name=name, version="1", **changes)  # type: ignore[arg-type]


def assemble(packages: list[Package], edges: list[tuple[str, str]]) -> Inventory:
    dependencies = [Dependency(source=f"pkg:npm/{a}@1", target=f"pkg:npm/{b}@1") for a, b in edges]
    return Inventory.assemble(artifact=ARTIFACT, root=ROOT, packages=packages, dependencies=dependencies)


def reached(inventory: Inventory) -> set[str]:
    seen = {inventory.root.id}
    while True:
        more = {d.target for d in inventory.dependencies if d.source in seen} - seen
        if not more:
            return seen
        seen |= more


NAMES = st.sampled_from("abcdefg")


@given(st.lists(st.tuples(NAMES, NAMES), max_size=25))
def test_every_package_is_reached_from_the_root(edges: list[tuple[str, str]]) -> None:
    inventory = assemble([package(name) for name in "abcdefg"], edges)
    assert reached(inventory) == {ROOT.id, *(p.id for p in inventory.packages)}
    for found in inventory.packages:
        path = inventory.path_to(found.id)
        assert path[0] == ROOT.id
        assert path[-1] == found.id


def test_the_root_contains_only_what_nothing_else_needs() -> None:
    inventory = assemble([package(name) for name in "abcd"], [("a", "b"), ("b", "c"), ("d", "c")])
    contained = [d.target for d in inventory.dependencies if d.source == ROOT.id]
    assert contained == ["pkg:npm/a@1", "pkg:npm/d@1"]
    assert inventory.path_to("pkg:npm/c@1") in (
        (ROOT.id, "pkg:npm/a@1", "pkg:npm/b@1", "pkg:npm/c@1"),
        (ROOT.id, "pkg:npm/d@1", "pkg:npm/c@1"),
    )


def related(*edges: tuple[str, str, str]) -> Inventory:
    """Make an inventory of the packages that the edges (source, relation, target) name; "" is the root."""
    names = sorted({name for source, _, target in edges for name in (source, target) if name})
    ids = {"": ROOT.id} | {name: f"pkg:npm/{name}@1" for name in names}
    found = [Dependency(source=ids[a], relation=kind, target=ids[b]) for a, kind, b in edges]
    return Inventory.assemble(artifact=ARTIFACT, root=ROOT, packages=map(package, names), dependencies=found)


@pytest.mark.parametrize("kind", ["dev", "optional", "peer", "build"])
def test_a_long_way_that_is_needed_tells_more_than_a_short_one_that_is_not(kind: str) -> None:
    needed = [("", "contains", "a"), ("a", "depends_on", "b"), ("b", "owns", "c"), ("c", "depends_on", "d")]
    inventory = related(*needed, ("", kind, "d"), ("a", kind, "c"))
    assert inventory.path_to("pkg:npm/d@1") == (ROOT.id, *(f"pkg:npm/{name}@1" for name in "abcd"))


def test_where_every_way_is_optional_it_is_so_as_seldom_as_can_be() -> None:
    inventory = related(
        ("", "dev", "a"), ("a", "depends_on", "b"), ("b", "depends_on", "z"), ("", "dev", "c"), ("c", "optional", "z")
    )
    assert inventory.path_to("pkg:npm/z@1") == (ROOT.id, "pkg:npm/a@1", "pkg:npm/b@1", "pkg:npm/z@1")
    assert inventory.path_to("pkg:npm/unheard-of@1") == ()
    assert inventory.parents().keys() == reached(inventory)


def test_an_edge_to_a_package_that_is_not_there_is_dropped() -> None:
    assert [d.target for d in assemble([package("a")], [("a", "z"), ("a", "a")]).dependencies] == ["pkg:npm/a@1"]


def test_two_sightings_are_one_package_with_the_evidence_of_both() -> None:
    lock = package(
        "a",
        installed=False,
        locations=(Location(path="package-lock.json", cataloger="npm-lock"),),
        checksums=(Checksum("sha512", "0" * 128),),
    )
    there = package(
        "a",
        licence_declared="MIT",
        locations=(Location(path="node_modules/a/package.json", cataloger="npm-installed"),),
    )
    for first, second in ((lock, there), (there, lock)):
        (merged,) = assemble([first, second], []).packages
        assert [location.cataloger for location in merged.locations] == ["npm-installed", "npm-lock"]
        assert merged.licence_declared == "MIT"
        assert merged.checksums == lock.checksums
        assert merged.installed is True


def test_the_order_of_what_comes_in_does_not_matter() -> None:
    packages = [package(name) for name in "abc"]
    assert assemble(packages, [("a", "b")]) == assemble(packages[::-1], [("a", "b")])
