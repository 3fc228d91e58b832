"""What our model cannot hold survives in SPDX 2, whichever of its four serialisations it passes through."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from custody import sbom
from custody.model import Inventory
from custody.sbom.kept import kept_of
from custody.sbom.spdx.expression import canonical
from tests.sbom.samples import document
from tests.sbom.schemas import faults
from tests.sbom.spdx.rich import rich

NAMES = ("spdx-json", "spdx-rdf", "spdx-tag-value", "spdx-yaml")


def read(table: dict[str, Any]) -> Inventory:
    return sbom.decode(json.dumps(table).encode(), "rich")


def written(inventory: Inventory, name: str, version: str = "2.3") -> bytes:
    return sbom.encode(document(inventory=inventory, report=None), name, version)


def kept(inventory: Inventory) -> dict[str, Any]:
    """Give all that is kept: lists in one order, and licences as RDF's sets give them back."""
    tables = {"": kept_of("spdx2", inventory.extra)}
    tables |= {package.id: kept_of("spdx2", package.extra) for package in (inventory.root, *inventory.packages)}
    return {key: _settled(table) for key, table in tables.items()}


def _settled(value: Any, key: str = "") -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {name: _settled(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return sorted((_settled(item, key) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return canonical(value) if key.startswith("license") and isinstance(value, str) else value


@pytest.mark.parametrize("name", NAMES)
def test_everything_survives(name: str) -> None:
    inventory = read(rich())
    again = sbom.decode(written(inventory, name), "again")
    assert again == inventory
    assert kept(again) == kept(inventory)


@pytest.mark.parametrize("name", NAMES)
def test_everything_survives_spdx22(name: str) -> None:
    inventory = read(rich())
    again = sbom.decode(written(inventory, name, "2.2"), "again")
    assert again == inventory
    assert kept(again) == kept(inventory)


def test_everything_survives_one_form_after_the_other() -> None:
    first = read(rich())
    inventory = first
    for name in (*NAMES, *reversed(NAMES)):
        inventory = sbom.decode(written(inventory, name), name)
    assert inventory == first
    assert kept(inventory) == kept(first)


def test_what_is_kept_is_in_its_own_place_again() -> None:
    """The document that is written says all that the one that was read said, in the fields of SPDX."""
    stated, made = rich(), json.loads(written(read(rich()), "spdx-json"))
    assert made["files"] == stated["files"]
    assert made["snippets"] == stated["snippets"]
    assert made["externalDocumentRefs"] == stated["externalDocumentRefs"]
    assert made["revieweds"] == stated["revieweds"]
    assert made["name"] == stated["name"]
    assert made["annotations"][1:] == stated["annotations"]
    assert [item for item in made["hasExtractedLicensingInfos"] if item in stated["hasExtractedLicensingInfos"]]
    assert set(stated["creationInfo"]["creators"]) < set(made["creationInfo"]["creators"])
    assert "about\nthe document" in made["comment"]
    packages = {package["name"]: package for package in made["packages"]}
    for key, value in stated["packages"][0].items():
        found = packages["app"][key]
        if key in ("comment", "sourceInfo", "licenseComments"):
            assert value in found
        elif key in ("externalRefs", "checksums", "annotations"):
            assert [item for item in value if item not in found] == []
        elif key != "SPDXID":
            assert found == value, key
    ids = {"SPDXRef-app": packages["app"]["SPDXID"], "SPDXRef-lib": packages["lib"]["SPDXID"]}
    for item in stated["relationships"]:
        ends = {key: ids.get(item[key], item[key]) for key in ("spdxElementId", "relatedSpdxElement")}
        assert {**item, **ends} in made["relationships"]
    said = [item["relationshipType"] for item in made["relationships"] if ids["SPDXRef-lib"] in item.values()]
    assert sorted(said) == ["CONTAINS", "DYNAMIC_LINK"]  # and no DEPENDS_ON beside it, which says less


def test_what_is_written_conforms(shared: Path) -> None:
    data = written(read(rich()), "spdx-json")
    assert [str(p) for p in sbom.validate_spdx23(data, "rich.spdx.json") if p.severity == "error"] == []
    assert faults(shared, "spdx-json", data) == []


@pytest.mark.parametrize(
    ("where", "key", "value"),
    [
        ("packages", "builder", {"id": 7}),
        ("packages", "validUntilDate", "some day"),
        ("packages", "attributionTexts", "no list"),
        ("packages", "packageVerificationCode", {"packageVerificationCodeValue": "ff" * 20}),
        ("packages", "licenseInfoFromFiles", ["LicenseRef-nowhere"]),
        ("files", "SPDXID", "SPDXRef-File_with_underscores"),
        ("files", "checksums", [{"algorithm": "SHA256", "checksumValue": "aa" * 32}]),
        ("files", "hash", "x"),
        ("files", "copyrightText", "noassertion"),
        ("snippets", "snippetFromFile", "SPDXRef-nowhere"),
        ("snippets", "ranges", []),
        ("hasExtractedLicensingInfos", "licenseId", "LicenseRef_odd"),
        ("hasExtractedLicensingInfos", "crossRefs", "?"),
        ("relationships", "relationshipType", "LIKES"),
        ("externalDocumentRefs", "externalDocumentId", "base"),
        ("revieweds", "reviewer", "somebody"),
        ("annotations", "annotationType", "PRAISE"),
        ("", "x-vendor", {"a": [1, None]}),
        ("", "revieweds", 7),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_conform_is_kept_in_the_note(
    shared: Path, name: str, where: str, key: str, value: object
) -> None:
    table = rich()
    holder = table[where][0] if where else table
    if where == "relationships":
        holder = table[where][4]
    holder[key] = value
    inventory = read(table)
    data = written(inventory, name)
    again = sbom.decode(data, "again")
    assert again == inventory
    assert kept(again) == kept(inventory)
    if name == "spdx-json":
        assert [str(p) for p in sbom.validate_spdx23(data, "rich.spdx.json") if p.severity == "error"] == []
        assert faults(shared, "spdx-json", data) == []


def test_files_of_a_package_by_property_are_contained() -> None:
    table = rich()
    table["relationships"] = table["relationships"][:1]
    table["packages"][0]["hasFiles"] = ["SPDXRef-File-main", f"{table['documentNamespace']}#SPDXRef-File-readme"]
    made = json.loads(written(read(table), "spdx-json"))
    contained = {item["relatedSpdxElement"] for item in made["relationships"] if item["relationshipType"] == "CONTAINS"}
    assert contained >= {"SPDXRef-File-main", "SPDXRef-File-readme"}


def test_another_family_does_not_get_it_and_that_is_said() -> None:
    made = document(inventory=read(rich()), report=None)
    lost = sbom.losses(made, "spdx3-json")
    assert "spdx2 document: files (2)" in lost
    assert "spdx2 document: snippets (1)" in lost
    assert "spdx2 package: attributionTexts (of 1 package)" in lost
    assert not [line for line in sbom.losses(made, "spdx-rdf") if line.startswith("spdx2")]


def test_a_version_without_a_field_says_so() -> None:
    made = document(inventory=read(rich()), report=None)
    lines = sbom.losses(made, "spdx-json", "2.2")
    assert "purpose of 1 package: only in custody's own note" in lines
    assert "released of 1 package: only in custody's own note" in lines
    assert not [line for line in sbom.losses(made, "spdx-json", "2.3") if line.startswith(("purpose", "released"))]
