"""What changed is told once, with its direction; what did not is not told."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from custody.model import Checksum, Dependency, Inventory, Package, Purl
from custody.sbom.compare import compare
from tests.sbom.samples import EDGES, JINJA, LODASH, MARKUPSAFE, PYTEST, ROOT, SSL, inventory
from tests.sbom.strategies import inventories


def at(package: Package, version: str, **changes: object) -> Package:
    purl = replace(package.purl, version=version)
    return replace(package, purl=purl, version=version, **changes)  # type: ignore[arg-type]


def after(*packages: Package, edges: tuple[Dependency, ...] = ()) -> Inventory:
    return inventory(packages=packages, dependencies=edges)


def before(*packages: Package, edges: tuple[Dependency, ...] = ()) -> Inventory:
    return inventory(packages=packages, dependencies=edges)


def test_added_and_removed() -> None:
    found = compare(before(LODASH, SSL), after(JINJA, SSL))
    assert ([p.name for p in found.added], [p.name for p in found.removed], found.changed) == (
        ["Jinja2"],
        ["lodash"],
        (),
    )
    assert not found.same


def test_directions() -> None:
    cases = {
        ("1.9", "1.10"): "upgraded",
        ("2.0", "1.10"): "downgraded",
        ("v1.0", "1.0.1"): "upgraded",
        ("1.0", "1.0.0"): "changed",
        ("1:1.0", "2.0"): "changed",
        ("1.0-rc1", "1.0"): "changed",
        ("", "1.0"): "changed",
    }
    for (old, new), direction in cases.items():
        found = compare(before(at(LODASH, old)), after(at(LODASH, new)))
        assert [change.direction for change in found.changed] == [direction], (old, new)


def test_another_distribution_is_an_upgrade_of_the_same_package() -> None:
    newer = replace(
        SSL, purl=Purl("deb", "libssl3", "3.1", "debian", (("arch", "amd64"), ("distro", "debian-13"))), version="3.1"
    )
    assert [change.direction for change in compare(before(SSL), after(newer)).changed] == ["changed"]


def test_architectures_are_not_mixed_up() -> None:
    def built(arch: str, version: str) -> Package:
        return Package(purl=Purl("deb", "a", version, "debian", (("arch", arch),)), name="a", version=version)

    found = compare(before(built("amd64", "1"), built("arm64", "1")), after(built("arm64", "2"), built("amd64", "3")))
    assert {
        (c.before.purl.qualifier("arch"), c.after.purl.qualifier("arch"), c.after.version) for c in found.changed
    } == {
        ("amd64", "amd64", "3"),
        ("arm64", "arm64", "2"),
    }
    lone = compare(before(built("amd64", "1")), after(built("arm64", "1")))
    assert (len(lone.added), len(lone.removed)) == (1, 1)


def test_of_several_versions_the_newest_are_compared() -> None:
    found = compare(
        before(at(LODASH, "3.0"), at(LODASH, "4.9")), after(at(LODASH, "4.10"), at(LODASH, "3.0"), at(LODASH, "2.0"))
    )
    assert [(c.before.version, c.after.version) for c in found.changed] == [("4.9", "4.10")]
    assert [p.version for p in found.added] == ["2.0"]


def test_licences() -> None:
    found = compare(before(LODASH, SSL, PYTEST), after(replace(LODASH, licence_declared="ISC"), SSL, PYTEST))
    assert [(c.after.name, c.licence, c.direction) for c in found.changed] == [("lodash", True, "")]
    assert compare(before(LODASH), after(replace(LODASH, licence_concluded="MIT"))).same
    assert not compare(before(LODASH), after(replace(LODASH, licence_declared=None))).same


def test_checksums_count_where_the_version_is_the_same_and_both_state_them() -> None:
    other = (Checksum("sha256", "cd" * 32),)
    assert [c.checksums for c in compare(before(JINJA), after(replace(JINJA, checksums=other))).changed] == [
        ("sha256",)
    ]
    both = (*JINJA.checksums, *other)
    assert compare(before(JINJA), after(replace(JINJA, checksums=both))).same
    assert compare(before(JINJA), after(replace(JINJA, checksums=()))).same
    upgraded = compare(before(JINJA), after(at(JINJA, "2.11", checksums=other)))
    assert [(c.direction, c.checksums) for c in upgraded.changed] == [("upgraded", ())]


def test_relations_between_what_both_have() -> None:
    old = Dependency(source=JINJA.id, target=MARKUPSAFE.id)
    newer = at(MARKUPSAFE, "2.0")
    same = Dependency(source=JINJA.id, target=newer.id)
    kept = compare(before(JINJA, MARKUPSAFE, edges=(old,)), after(JINJA, newer, edges=(same,)))
    assert (kept.edges_added, kept.edges_removed) == ((), ())
    other = compare(
        before(JINJA, MARKUPSAFE, edges=(old,)), after(JINJA, MARKUPSAFE, edges=(replace(old, relation="dev"),))
    )
    assert [edge.relation for edge in other.edges_added] == ["dev"]
    assert [edge.relation for edge in other.edges_removed] == ["depends_on"]


def test_another_version_of_the_subject_is_no_change() -> None:
    assert compare(inventory(), inventory(root=at(ROOT, "2"), dependencies=[
        replace(edge, source=at(ROOT, "2").id if edge.source == ROOT.id else edge.source) for edge in EDGES
    ])).same  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(inventories(), inventories())
def test_the_same_is_the_same_and_the_other_way_round_is_the_opposite(a: Inventory, b: Inventory) -> None:
    assert compare(a, a).same
    there, back = compare(a, b), compare(b, a)
    assert [p.id for p in there.added] == [p.id for p in back.removed]
    assert {(c.before.id, c.after.id) for c in there.changed} == {(c.after.id, c.before.id) for c in back.changed}
