"""SPDX 2.2: what it does not have is dropped, and stands in the note."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
from hypothesis import given, settings

from custody import sbom
from custody.sbom import Document
from custody.sbom.spdx.terms import NEW_IN_23
from tests.sbom.samples import SSL, document, inventory
from tests.sbom.spdx.rich import rich
from tests.sbom.strategies import documents


def written(made: Document) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sbom.encode(made, "spdx-json", "2.2"))
    return found


def valid(shared: Path, table: dict[str, Any]) -> list[str]:
    """Give what the schema of 2.2 says; it has the document one level down, and names no property of it as known."""
    schema = json.loads((shared / "data" / "schemas" / "spdx-2.2.schema.json").read_bytes())
    inner = schema["properties"]["Document"]["properties"]
    unknown = [key for key in table if key not in inner and key not in ("SPDXID", "documentNamespace")]
    assert set(unknown) <= {"documentDescribes"}
    for section in ("packages", "files", "snippets", "relationships", "hasExtractedLicensingInfos"):
        known = set(inner[section]["items"]["properties"]) | {"SPDXID", "licenseConcluded", "licenseDeclared", "name"}
        for item in table.get(section, ()):
            assert set(item) - known <= {"spdxElementId"}, (section, set(item) - known)
    validator = jsonschema_rs.Draft7Validator(schema, validate_formats=True)
    return [str(error) for error in validator.iter_errors({"Document": table})]


def test_the_sample_is_valid_against_the_schema(shared: Path) -> None:
    assert valid(shared, written(document())) == []


def test_another_tools_document_is_valid_against_the_schema(shared: Path) -> None:
    found = sbom.decode(json.dumps(rich()).encode(), "rich")
    assert valid(shared, written(document(inventory=found, report=None))) == []


@given(made=documents())
@settings(max_examples=25, deadline=None)
def test_any_inventory_is_valid_against_the_schema(shared: Path, made: Document) -> None:
    assert valid(shared, written(made)) == []


def test_fields_of_23_are_in_the_note_alone() -> None:
    package = replace(SSL, purpose="APPLICATION", released="2024-02-29")
    made = document(inventory=inventory(packages=[package], dependencies=()))
    table = next(item for item in written(made)["packages"] if item["name"] == "libssl3")
    assert not table.keys() & NEW_IN_23["package"]
    note = json.loads(table["annotations"][0]["comment"])
    assert (note["purpose"], note["released"]) == ("APPLICATION", "2024-02-29")
    newer = json.loads(sbom.encode(made, "spdx-json"))
    table = next(item for item in newer["packages"] if item["name"] == "libssl3")
    assert (table["primaryPackagePurpose"], table["releaseDate"]) == ("APPLICATION", "2024-02-29T00:00:00Z")
    assert json.loads(table["annotations"][0]["comment"])["released"] == "2024-02-29"


def test_references_are_of_the_categories_that_it_has() -> None:
    refs = [ref for package in written(document())["packages"] for ref in package["externalRefs"]]
    assert {(ref["referenceCategory"], ref["referenceType"]) for ref in refs} == {
        ("PACKAGE_MANAGER", "purl"),
        ("OTHER", "advisory"),
    }


def test_a_document_one_level_down_is_read() -> None:
    """So the schema of 2.2.0 has it, and some tools wrote it."""
    data = json.dumps({"Document": rich()}).encode()
    assert sbom.decode(data, "x").root.name == "app"
