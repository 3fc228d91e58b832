"""SBOMs that other tools wrote: read as far as they go, and what is not understood is said.

A case is a folder of tests/cases/sbom: sbom.json, README (why), and expect.txt (the message) or expect.json (what is
read).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from custody import sbom
from custody.errors import InputError
from custody.model import Inventory, Package, Purl
from tests.sbom.real import read

CASES = sorted((Path(__file__).resolve().parent.parent / "cases" / "sbom").iterdir())


def field(package: Package, name: str) -> Any:  # noqa: ANN401
    """Give a package's field as expect.json writes it."""
    if name == "locations":
        return [[at.path, at.cataloger, str(at.layer) if at.layer else None] for at in package.locations]
    value = getattr(package, name)
    if name == "checksums":
        return [[checksum.algorithm, checksum.hex] for checksum in value]
    return [item if isinstance(item, str) else list(item) for item in value] if isinstance(value, tuple) else value


def seen(inventory: Inventory, expected: dict[str, Any]) -> dict[str, Any]:
    """Give of an inventory what `expected` speaks of."""
    packages = {package.id: package for package in inventory.packages}
    found: dict[str, Any] = {
        "root": inventory.root.id,
        "packages": {
            key: {name: field(packages[key], name) for name in expected["packages"].get(key, ())} for key in packages
        },
        "edges": sorted([edge.source, edge.relation, edge.target] for edge in inventory.dependencies),
        "skipped": sorted(item.reason for item in inventory.skipped),
        "artifact": f"{inventory.artifact.kind} {inventory.artifact.digest}",
        "distribution": inventory.distribution.tag if inventory.distribution else "",
        "files": inventory.files,
    }
    return {key: value for key, value in found.items() if expected.get(key) is not None or key == "skipped"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    data = (case / "sbom.json").read_bytes()
    assert (case / "README").read_text().strip()
    refusal = case / "expect.txt"
    if refusal.exists():
        with pytest.raises(InputError) as caught:
            sbom.decode(data, "sbom.json")
        assert str(caught.value) == refusal.read_text().strip()
        return
    expected = json.loads((case / "expect.json").read_text())
    wanted = {"skipped": [], **expected}
    if wanted["edges"] is not None:
        wanted["edges"] = sorted(wanted["edges"])
    inventory = sbom.decode(data, "sbom.json")
    assert seen(inventory, expected) == {key: value for key, value in wanted.items() if value is not None}


def test_a_document_without_a_digest_of_its_subject_stands_for_itself() -> None:
    data = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": []}).encode()
    artifact = sbom.decode(data, "other/tool.json").artifact
    assert artifact.kind == "file"
    assert artifact.reference == "other/tool.json"
    assert artifact.descriptor.size == len(data)
    assert artifact.digest == type(artifact.digest).of(data)


def test_a_byte_order_mark_is_passed_over() -> None:
    data = b"\xef\xbb\xbf" + json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5"}).encode()
    assert sbom.decode(data, "x").packages == ()


def test_nesting_does_not_exhaust_the_stack() -> None:
    depth = 300  # the JSON decoder itself stops at about 1,000
    head = b'{"type":"library","name":"a","components":[' * depth
    data = b'{"bomFormat":"CycloneDX","specVersion":"1.5","components":[' + head + b"]}" * depth + b"]}"
    inventory = sbom.decode(data, "x")
    assert [package.purl for package in inventory.packages] == [Purl("generic", "a")]
    with pytest.raises(InputError):
        sbom.decode(b'{"bomFormat":1,"components":' + b"[" * 100_000, "x")


# ── real documents ───────────────────────────────────────────────────────────────────────────────────────────────────


def documents(shared: Path) -> list[tuple[dict[str, Any], Path]]:
    folder = shared / "data" / "sboms"
    index = json.loads((folder / "index.json").read_bytes())
    wanted = [entry for entry in index if entry["format"] in ("spdx-json", "cyclonedx-json")]
    return [(entry, folder / entry["file"]) for entry in wanted]


def listed(entry: dict[str, Any], data: bytes) -> tuple[list[str], bool]:
    """Count, without our reader, the packages of a document by what makes them one: purl, else name and version.

    Gives one text for each package and the root, and whether the document itself names the root.
    """
    table = json.loads(data)
    if entry["format"] == "spdx-json":
        packages = table["packages"]
        described = set(table.get("documentDescribes", ()))
        described |= {
            r["relatedSpdxElement"] for r in table.get("relationships", ()) if "DESCRIBE" in r["relationshipType"]
        }
        tops = {identity(package) for package in packages if package["SPDXID"] in described}
        rooted = len(tops) == 1 or (not tops and len(packages) == 1)
    else:
        packages, pending, rooted = [], list(table.get("components", ())), "component" in table.get("metadata", {})
        pending += [table["metadata"]["component"]] if rooted else []
        for component in pending:
            pending += component.get("components", ())
            if component["type"] != "file" or "purl" in component:
                packages.append(component)
    title = (
        [] if rooted else [identity({"name": table.get("name") or entry["file"].rpartition("/")[2]})]
    )  # of the made-up root
    return [*map(identity, packages), *title], rooted


def identity(package: dict[str, Any]) -> str:
    refs = [r["referenceLocator"] for r in package.get("externalRefs", ()) if r["referenceType"].endswith("purl")]
    for text in [*refs, package.get("purl", "")]:
        try:
            return str(Purl.parse(text))
        except InputError:
            continue
    return f"{package.get('group', '')}/{package['name']}@{package.get('versionInfo', package.get('version', ''))}"


def test_every_real_document_is_read_package_by_package(shared: Path) -> None:
    found = documents(shared)
    assert len(found) > 60
    same_as_index = 0
    for entry, file in found:
        inventory = read(file)
        stated, rooted = listed(entry, file.read_bytes())
        assert len(inventory.packages) + 1 == len(set(stated)), entry["file"]
        assert {edge.target for edge in inventory.dependencies} >= {package.id for package in inventory.packages}
        counted = len(set(stated)) - (entry["format"] != "spdx-json" or not rooted)  # the index leaves out such a root
        same_as_index += counted == entry["packages"]
    # The others list one package several times, or hold components inside components, which the index does not count.
    assert same_as_index >= len(found) - 12


def test_edges_of_real_documents_are_read(shared: Path) -> None:
    """Every edge between two packages that a document states is in the inventory."""
    for entry, file in documents(shared):
        if entry["format"] != "cyclonedx-json":
            continue
        table = json.loads(file.read_bytes())
        components = [*table.get("components", ()), table.get("metadata", {}).get("component", {})]
        purls = {c.get("bom-ref"): c["purl"] for c in components if c.get("purl", "").startswith("pkg:")}
        edges = {(edge.source, edge.target) for edge in read(file).dependencies}
        for dependency in table.get("dependencies", ()):
            for target in dependency.get("dependsOn", ()):
                if dependency["ref"] in purls and target in purls:
                    pair = tuple(str(Purl.parse(purls[ref])) for ref in (dependency["ref"], target))
                    assert pair in edges or pair[0] == pair[1], (entry["file"], pair)


def test_what_was_read_can_be_written_and_read_again(shared: Path) -> None:
    from tests.sbom.samples import document

    for entry, file in documents(shared):
        inventory = read(file)
        for name in (name for name, form in sbom.FORMATS.items() if form.family):
            if file.stat().st_size > 60_000 and not name.endswith("-json"):
                continue  # of the slower forms, the smaller documents say as much
            written = sbom.encode(document(inventory=inventory, report=None), name)
            assert sbom.decode(written, file.name) == inventory, (entry["file"], name)


def test_what_we_make_of_real_documents_conforms(shared: Path) -> None:
    from tests.sbom.samples import document
    from tests.sbom.schemas import faults

    for entry, file in documents(shared):
        made = document(inventory=read(file), report=None)
        written = sbom.encode(made, "spdx-json")
        faulty = [str(p) for p in sbom.validate_spdx23(written, "a.spdx.json") if p.severity == "error"]
        assert faulty == [], entry["file"]
        assert faults(shared, "spdx-json", written) == [], entry["file"]
        assert faults(shared, "cyclonedx-json", sbom.encode(made, "cyclonedx-json")) == [], entry["file"]
