"""Every version of CycloneDX that is written is valid, and comes back as it went where it has a place for our notes."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from custody import sbom
from custody.model import Purl
from custody.sbom import FORMATS, Document
from custody.sbom.cyclonedx.fit import fit
from tests.sbom.cyclonedx.schemas import JSON_VERSIONS, XML_SCHEMAS, json_faults, xml_faults
from tests.sbom.samples import JINJA, SSL, document, finding, inventory, report
from tests.sbom.strategies import documents

NOTED = ("1.3", "1.4", "1.5", "1.6", "1.7")
"""Versions with properties, so with our notes."""
BOTH = ("cyclonedx-json", "cyclonedx-xml")
RICH = replace(
    SSL,
    cpes=("cpe:2.3:a:openssl:openssl:3.0.15:*:*:*:*:*:*:*", "cpe:2.3:o:debian:debian_linux:12:*:*:*:*:*:*:*"),
    released="2024-09-03",
    licence_files=("usr/share/doc/libssl3/copyright",),
    originator="Organization: OpenSSL (a@openssl.example)",
    purpose="DEVICE_DRIVER",
)
moderate = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


def rich(**changes: Any) -> Document:  # noqa: ANN401
    return document(inventory=inventory(packages=[replace(RICH, **changes), JINJA]))


@pytest.mark.parametrize("name", BOTH)
def test_the_default_is_what_most_tools_read(name: str) -> None:
    assert FORMATS[name].version == "1.6"
    assert sorted(FORMATS[name].writes) == list(JSON_VERSIONS)


@pytest.mark.parametrize("version", JSON_VERSIONS)
def test_json_is_valid_against_the_schema_of_its_version(shared: Path, version: str) -> None:
    for made in (document(), rich()):
        data = sbom.encode(made, "cyclonedx-json", version)
        assert json.loads(data)["specVersion"] == version
        assert json_faults(shared, version, data) == []


@pytest.mark.parametrize("version", ["1.2", "1.4", "1.5", "1.7"])
@given(made=documents())
@moderate
def test_any_inventory_is_valid_in_every_version(shared: Path, version: str, made: Document) -> None:
    assert json_faults(shared, version, sbom.encode(made, "cyclonedx-json", version)) == []


@pytest.mark.parametrize("version", XML_SCHEMAS)
def test_xml_is_valid_against_the_schema_of_its_version(shared: Path, version: str) -> None:
    for made in (document(), rich(description="a\x01b\ufffe", name="lib\x02")):
        assert xml_faults(shared, version, sbom.encode(made, "cyclonedx-xml", version)) == []


@pytest.mark.parametrize("version", XML_SCHEMAS)
@given(made=documents())
@moderate
def test_any_inventory_is_valid_in_xml(shared: Path, version: str, made: Document) -> None:
    assert xml_faults(shared, version, sbom.encode(made, "cyclonedx-xml", version)) == []


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("version", NOTED)
def test_what_was_written_comes_back(name: str, version: str) -> None:
    made = rich()
    assert sbom.decode(sbom.encode(made, name, version), "x") == made.inventory
    assert sbom.losses(replace(made, report=None), name, version) == []


@pytest.mark.parametrize(("name", "version"), [("cyclonedx-json", "1.3"), ("cyclonedx-xml", "1.5")])
@given(made=documents())
@moderate
def test_any_inventory_comes_back_from_an_old_version(name: str, version: str, made: Document) -> None:
    assert sbom.decode(sbom.encode(made, name, version), "x") == made.inventory


@given(made=documents())
@moderate
def test_any_inventory_comes_back_from_xml(made: Document) -> None:
    assert sbom.decode(sbom.encode(made, "cyclonedx-xml"), "x") == made.inventory


@pytest.mark.parametrize("name", BOTH)
def test_the_oldest_version_says_what_it_leaves_out(name: str) -> None:
    lost = sbom.losses(rich(), name, "1.2")
    assert "CycloneDX 1.2 has no component.evidence (2 times)" in lost
    assert "CycloneDX 1.2 has no bom.vulnerabilities" in lost
    back = sbom.decode(sbom.encode(rich(), name, "1.2"), "x")
    assert {package.id: package.version for package in back.packages} == {
        package.id: package.version for package in rich().inventory.packages
    }
    assert {(e.source, e.target) for e in back.dependencies} == {
        (e.source, e.target) for e in rich().inventory.dependencies
    }


def component(version: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    table = json.loads(sbom.encode(rich(**changes), "cyclonedx-json", version))
    return next(dict(item) for item in table["components"] if item["purl"] == RICH.id)


def test_new_fields_of_a_package_have_their_places() -> None:
    table = component("1.6")
    assert table["cpe"] == RICH.cpes[0]
    properties = {(item["name"], item["value"]) for item in table["properties"]}
    assert ("custody:cpe", RICH.cpes[1]) in properties
    assert ("custody:released", "2024-09-03") in properties
    assert {"location": "usr/share/doc/libssl3/copyright", "additionalContext": "its licence"} in table["evidence"][
        "occurrences"
    ]
    assert "cpe" not in component("1.6", cpes=("cpe:2.3:a:b",))


def test_a_maker_moves_to_where_an_old_version_has_one() -> None:
    assert component("1.6")["manufacturer"]["name"] == "OpenSSL"
    assert component("1.5")["publisher"] == "OpenSSL"
    assert component("1.5", originator="Person: Ada")["author"] == "Ada"
    assert "manufacturer" not in component("1.5")


def test_a_type_of_a_later_version_becomes_one_that_is_there() -> None:
    assert component("1.5")["type"] == "device-driver"
    assert component("1.4")["type"] == "firmware"


def test_1_7_has_a_place_for_the_text_of_a_licence_in_an_expression() -> None:
    table = json.loads(sbom.encode(document(), "cyclonedx-json", "1.7"))
    details = [c["licenses"][0]["expressionDetails"] for c in table["components"] if c["name"] == "Jinja2"]
    assert [detail["text"] for detail in details[0]] == [{"content": "BSD"}]
    assert details[0][0]["licenseIdentifier"].startswith("LicenseRef-BSD-")


def test_a_version_of_white_space_only_is_not_called_affected(shared: Path) -> None:
    blank = replace(JINJA, version="\u2028")
    made = document(inventory=inventory(packages=[blank]), report=report(finding(blank, "CVE-2024-1")))
    data = sbom.encode(made, "cyclonedx-json")
    assert json.loads(data)["vulnerabilities"][0]["affects"] == [{"ref": JINJA.id}]
    assert json_faults(shared, "1.6", data) == []


def test_tools_become_a_list() -> None:
    assert json.loads(sbom.encode(document(), "cyclonedx-json", "1.4"))["metadata"]["tools"] == [
        {"name": "custody", "version": "0.1.0"}
    ]


@pytest.mark.parametrize(
    ("name", "version", "table", "fitted", "lost"),
    [
        ("component", "1.3", {"type": "library", "name": "a"}, {"type": "library", "name": "a", "version": ""}, []),
        ("component", "1.5", {"tags": ["x"], "name": "a"}, {"name": "a"}, ["component.tags"]),
        ("component", "1.6", {"name": "a", "colour": "red"}, {"name": "a"}, ["component.colour"]),
        (
            "reference",
            "1.2",
            {"url": "a", "type": "vcs", "hashes": []},
            {"url": "a", "type": "vcs"},
            ["reference.hashes"],
        ),
        ("reference", "1.4", {"url": "a", "type": "log"}, {"url": "a", "type": "other"}, ["reference.type log"]),
        ("dependency", "1.5", {"ref": "a", "provides": ["b"]}, {"ref": "a"}, ["dependency.provides"]),
        (
            "composition",
            "1.4",
            {"aggregate": "incomplete_first_party_proprietary_only"},
            {"aggregate": "incomplete_first_party_only"},
            ["composition.aggregate incomplete_first_party_proprietary_only"],
        ),
        (
            "evidence",
            "1.5",
            {"identity": [{"field": "purl"}, {"field": "cpe"}]},
            {"identity": {"field": "purl"}},
            ["evidence.identity: all but the first"],
        ),
        ("metadata", "1.5", {"manufacturer": {"name": "a"}}, {"manufacture": {"name": "a"}}, []),
        ("metadata", "1.4", {"lifecycles": [{"phase": "build"}]}, {}, ["metadata.lifecycles"]),
        ("rating", "1.4", {"method": "CVSSv4"}, {"method": "other"}, ["rating.method CVSSv4"]),
        ("bom", "1.4", {"formulation": [{}], "annotations": []}, {}, ["bom.annotations", "bom.formulation"]),
        ("bom", "1.3", {"vulnerabilities": []}, {}, ["bom.vulnerabilities"]),
        (
            "component",
            "1.3",
            {"name": "a", "version": "1", "releaseNotes": {"type": "major"}, "pedigree": {"notes": "x"}},
            {"name": "a", "version": "1", "pedigree": {"notes": "x"}},
            ["component.releaseNotes"],
        ),
        ("component", "1.6", {"hashes": [{"alg": "Streebog-256", "content": "00"}]}, {}, ["hash.alg Streebog-256"]),
        ("ikev2", "1.6", {"encr": [{"name": "x"}]}, {}, ["ikev2.encr"]),
    ],
)  # fmt: skip
def test_what_a_version_lacks_is_moved_or_told(
    name: str, version: str, table: dict[str, Any], fitted: dict[str, Any], lost: list[str]
) -> None:
    counted: Counter[str] = Counter()
    assert fit(table, name, version, counted) == fitted
    assert sorted(counted) == lost


def test_licences_beside_an_expression() -> None:
    choices = [{"license": {"id": "MIT"}}, {"expression": "MIT OR ISC"}]
    lost: Counter[str] = Counter()
    assert fit({"licenses": choices}, "component", "1.4", lost)["licenses"] == choices
    assert not lost
    assert fit({"licenses": choices}, "component", "1.5", lost)["licenses"] == choices[:1]
    assert lost == {"licenses: an expression beside others": 1}


def test_xml_and_json_say_the_same() -> None:
    made = rich()
    first = sbom.decode(sbom.encode(made, "cyclonedx-xml"), "x")
    assert first == sbom.decode(sbom.encode(made, "cyclonedx-json"), "x")
    assert sbom.encode(made, "cyclonedx-xml") == sbom.encode(made, "cyclonedx-xml")


def test_cpe_names_of_others_are_read() -> None:
    data = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "components": [
            {
                "type": "library", "name": "a", "purl": "pkg:npm/a@1", "cpe": "cpe:2.3:a:a:a:1:*:*:*:*:*:*:*",
                "properties": [{"name": "syft:cpe23", "value": "cpe:2.3:a:b:a:1:*:*:*:*:*:*:*"}],
            }
        ],
    }  # fmt: skip
    found = sbom.decode(json.dumps(data).encode(), "x").packages[0]
    assert found.purl == Purl("npm", "a", "1")
    assert found.cpes == ("cpe:2.3:a:a:a:1:*:*:*:*:*:*:*", "cpe:2.3:a:b:a:1:*:*:*:*:*:*:*")
