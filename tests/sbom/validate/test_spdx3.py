"""Each rule of SPDX 3 finds what breaks it, and nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from custody.errors import InputError
from custody.sbom import validate_spdx3
from custody.sbom.spdx3.vocabulary import WORDS, classes
from tests.sbom.spdx3.test_read import ANNA, BOM, CONTEXT, DOCUMENT, INFO, RICH

GOOD = {"@context": CONTEXT, "@graph": [INFO, ANNA, DOCUMENT, BOM, *RICH]}
Graph = list[dict[str, Any]]


def problems(table: object) -> list[tuple[str, str]]:
    return [(p.rule, p.severity) for p in validate_spdx3(json.dumps(table).encode(), "x")]


def test_a_good_document_conforms() -> None:
    assert problems(GOOD) == []


def _set(name: str, key: str, value: object) -> Callable[[Graph], None]:
    def change(graph: Graph) -> None:
        element = next(e for e in graph if e.get("spdxId", e.get("@id")) == name)
        element[key] = value
        if value is None:
            del element[key]

    return change


@pytest.mark.parametrize(
    ("change", "rule", "severity"),
    [
        (_set("urn:x:app", "name", None), "P1", "error"),
        (_set("urn:x:app", "creationInfo", None), "software_Package.creationInfo", "error"),
        (_set("urn:x:app", "spdxId", "app"), "software_Package.spdxId", "error"),
        (_set("urn:x:app", "releaseTime", "2026"), "software_Package.releaseTime", "error"),
        (_set("urn:x:app", "software_homePage", "no uri"), "software_Package.software_homePage", "error"),
        (_set("urn:x:app", "software_primaryPurpose", "fun"), "software_Package.software_primaryPurpose", "error"),
        (_set("urn:x:app", "colour", "red"), "software_Package.colour", "error"),
        (_set("urn:x:app", "name", ["a"]), "software_Package.name", "error"),
        (_set("urn:x:app", "verifiedUsing", [{"type": "Hash", "algorithm": "rot13", "hashValue": "x"}]),
         "software_Package.verifiedUsing", "error"),
        (_set("urn:x:app", "type", "Paper"), "Paper.type", "error"),
        (_set("urn:x:app", "type", "Element"), "Element.type", "error"),
        (_set("urn:x:c", "to", []), "Relationship.to", "error"),
        (_set("urn:x:c", "to", ["urn:x:nowhere"]), "G4", "warning"),
        (_set("urn:x:c", "creationInfo", "_:nowhere"), "G4", "error"),
        (_set("urn:x:c", "relationshipType", "likes"), "Relationship.relationshipType", "error"),
        (_set("urn:x:c", "spdxId", "urn:x:file"), "G3", "error"),
        (_set("_:creationinfo", "specVersion", "3"), "CreationInfo.specVersion", "error"),
        (_set("urn:x:mit", "simplelicensing_licenseExpression", "MIT OR"), "L1", "error"),
        (_set("urn:x:mit", "simplelicensing_licenseExpression", "LicenseRef-a"), "L1", "warning"),
        (_set("urn:x:doc", "rootElement", None), "G2", "error"),
        (_set("urn:x:doc", "type", "Bom"), "G2", "error"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_found(change: Callable[[Graph], None], rule: str, severity: str) -> None:
    table = copy.deepcopy(GOOD)
    change(table["@graph"])  # type: ignore[arg-type]
    assert (rule, severity) in problems(table)


def test_the_frame_is_checked() -> None:
    assert problems({**GOOD, "@context": "https://other.example"}) == [("G1", "error")]
    assert problems({"@context": CONTEXT}) == [("G1", "error")]
    assert ("G1", "error") in problems({"@context": CONTEXT, "@graph": [7]})
    with pytest.raises(InputError):
        validate_spdx3(b"[]", "x")


def test_an_extension_may_be_anything() -> None:
    table = copy.deepcopy(GOOD)
    _set("urn:x:app", "extension", [{"type": "https://vendor.example/E", "x": 1}])(table["@graph"])  # type: ignore[arg-type]
    assert problems(table) == []


def test_the_vocabulary_is_whole() -> None:
    found = classes()
    kinds = {"text", "uri", "time", "flag", "number", "whole", "ref"}
    for stated in (prop for kind in found.values() for prop in kind.properties.values()):
        known = stated.kind in kinds or stated.kind in found or stated.kind.removeprefix("=") in WORDS
        assert known, stated
