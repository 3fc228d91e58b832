"""A product contains its parts, each with its own graph; what contradicts is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from custody.model import Checksum, Dependency, Digest, Inventory, Package, Purl
from custody.sbom import Document, decode, encode
from custody.sbom.merge import merge
from tests.sbom.samples import CONTEXT, EDGES, JINJA, LODASH, NOW, ROOT, SSL, inventory
from tests.sbom.schemas import faults
from tests.sbom.strategies import inventories

OTHER = Package(purl=Purl("npm", "shop", "2.0"), name="shop", version="2.0", purpose="APPLICATION")


def other(*packages: Package) -> Inventory:
    edges = [Dependency(source=OTHER.id, target=package.id) for package in packages]
    artifact = inventory().artifact
    descriptor = replace(artifact.descriptor, digest=Digest.of(b"shop"))
    return inventory(
        root=OTHER, packages=packages, dependencies=edges, artifact=replace(artifact, descriptor=descriptor)
    )


def test_each_part_keeps_its_graph_below_the_product() -> None:
    found = merge([("a", inventory()), ("b", other(LODASH))], name="suite", version="1").inventory
    assert found.root.id == "pkg:generic/suite@1"
    tops = [edge for edge in found.dependencies if edge.source == found.root.id]
    assert tops == [
        Dependency(source=found.root.id, target=top, relation="contains") for top in sorted((ROOT.id, OTHER.id))
    ]
    assert set(EDGES) | {Dependency(source=OTHER.id, target=LODASH.id)} == set(found.dependencies) - set(tops)
    assert found.path_to(LODASH.id) == (found.root.id, OTHER.id, LODASH.id)


def test_one_purl_is_one_package_with_the_evidence_of_all() -> None:
    place = replace(LODASH.locations[0], path="shop/node_modules/lodash/package.json")
    again = replace(LODASH, locations=(place,), supplier="Organization: Example")
    merged = merge([("a", inventory()), ("b", other(again))], name="suite")
    [lodash] = [package for package in merged.inventory.packages if package.name == "lodash"]
    assert {location.path for location in lodash.locations} == {LODASH.locations[0].path, place.path}
    assert lodash.supplier == "Organization: Example"
    assert merged.conflicts == ()


def test_a_part_that_is_a_package_of_another_part_joins_them() -> None:
    found = merge([("a", other(JINJA)), ("b", inventory(root=JINJA, packages=[SSL], dependencies=[]))], name="suite")
    assert found.inventory.path_to(SSL.id) == (found.inventory.root.id, JINJA.id, SSL.id)


def test_conflicts_are_told_and_both_checksums_kept() -> None:
    changed = replace(JINJA, checksums=(Checksum("sha256", "cd" * 32),), licence_declared="MIT")
    merged = merge([("a.json", inventory()), ("b.json", other(changed))], name="suite")
    [jinja] = [package for package in merged.inventory.packages if package.name == "Jinja2"]
    assert [item.hex[:2] for item in jinja.checksums] == ["ab", "cd"]
    assert jinja.licence_declared == "LicenseRef-BSD"
    assert [str(conflict) for conflict in merged.conflicts] == [
        f"{JINJA.id}: checksum sha256 is {'ab' * 32!r} in a.json and {'cd' * 32!r} in b.json; both are kept",
        f"{JINJA.id}: licence declared is 'LicenseRef-BSD' in a.json and 'MIT' in b.json; the first is kept",
    ]


def test_the_digest_is_of_the_parts_in_any_order() -> None:
    one, two = ("a", inventory()), ("b", other(LODASH))
    digests = {merge(parts, name="suite").inventory.artifact.digest for parts in ([one, two], [two, one])}
    assert len(digests) == 1
    assert merge([one], name="suite").inventory.artifact.digest not in digests


@pytest.mark.parametrize("form", ["spdx-json", "cyclonedx-json"])
def test_what_is_written_of_it_is_valid_and_reads_back(form: str, shared: object) -> None:
    found = merge([("a", inventory()), ("b", other(LODASH, JINJA))], name="suite", version="1").inventory
    data = encode(Document(inventory=found, created=NOW, context=CONTEXT), form)
    assert faults(shared, form, data) == []  # type: ignore[arg-type]
    assert decode(data, "suite") == found


@settings(max_examples=40, deadline=None)
@given(inventories(), inventories())
def test_nothing_is_lost(a: Inventory, b: Inventory) -> None:
    found = merge([("a", a), ("b", b)], name="a product of its own", version="1").inventory
    ids = {package.id for package in found.packages}
    assert {p.id for part in (a, b) for p in (part.root, *part.packages)} == ids
    assert {*a.dependencies, *b.dependencies} <= set(found.dependencies)
    assert set(found.parents()) == {found.root.id, *ids}
