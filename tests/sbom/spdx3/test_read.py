"""What others write as SPDX 3, and what of it survives."""

from __future__ import annotations

import json
from typing import Any

import pytest

from custody import sbom
from custody.errors import InputError
from custody.model import Inventory
from custody.sbom.kept import kept_of
from tests.sbom.samples import document

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
INFO = {"type": "CreationInfo", "@id": "_:creationinfo", "specVersion": "3.0.1", "created": "2026-01-01T00:00:00Z",
        "createdBy": ["urn:x:anna"]}  # fmt: skip


def element(kind: str, identifier: str, /, **properties: object) -> dict[str, Any]:
    return {"type": kind, "spdxId": f"urn:x:{identifier}", "creationInfo": "_:creationinfo", **properties}


def relation(name: str, left: str, kind: str, *right: str, **more: object) -> dict[str, Any]:
    ends = {"from": f"urn:x:{left}", "to": [f"urn:x:{item}" for item in right]}
    return element(
        "LifecycleScopedRelationship" if "scope" in more else "Relationship",
        name,
        relationshipType=kind,
        **ends,
        **more,
    )


def package(name: str, **properties: object) -> dict[str, Any]:
    return element("software_Package", name, name=name, software_packageUrl=f"pkg:npm/{name}@1", **properties)


ANNA = element("Person", "anna", name="Anna")
DOCUMENT = element("SpdxDocument", "doc", name="other", rootElement=["urn:x:bom"])
BOM = element("software_Sbom", "bom", rootElement=["urn:x:app"])


def read(*elements: dict[str, Any], context: Any = CONTEXT) -> Inventory:  # noqa: ANN401
    return sbom.decode(
        json.dumps({"@context": context, "@graph": [INFO, ANNA, DOCUMENT, BOM, *elements]}).encode(), "x"
    )


def edges(inventory: Inventory) -> set[tuple[str, str, str]]:
    return {(e.source[8:-2], e.relation, e.target[8:-2]) for e in inventory.dependencies}


def test_a_root_is_found_through_the_sbom() -> None:
    inventory = read(package("app"), package("lib"), relation("r", "app", "dependsOn", "lib"))
    assert inventory.root.name == "app"
    assert edges(inventory) == {("app", "depends_on", "lib")}
    assert inventory.skipped == ()


def test_what_a_document_describes_is_its_root() -> None:
    top = element("SpdxDocument", "doc", name="other", rootElement=[])
    data = {
        "@context": CONTEXT,
        "@graph": [INFO, top, package("lib"), package("app"), relation("d", "doc", "describes", "app")],
    }
    assert sbom.decode(json.dumps(data).encode(), "x").root.name == "app"


@pytest.mark.parametrize("context", [CONTEXT, CONTEXT.replace("3.0.1", "3.0.0"), [CONTEXT, {"x": "urn:x:"}]])
def test_the_context_may_be_one_of_several(context: object) -> None:
    assert read(package("app"), context=context).root.name == "app"


@pytest.mark.parametrize(
    ("kind", "scope", "expected"),
    [
        ("contains", None, "contains"),
        ("dependsOn", None, "depends_on"),
        ("dependsOn", "runtime", "depends_on"),
        ("dependsOn", "development", "dev"),
        ("dependsOn", "test", "dev"),
        ("dependsOn", "build", "build"),
        ("hasOptionalDependency", None, "optional"),
        ("hasProvidedDependency", None, "peer"),
        ("hasStaticLink", None, "depends_on"),
    ],
)
def test_each_way_to_depend(kind: str, scope: str | None, expected: str) -> None:
    more = {"scope": scope} if scope else {}
    made = read(package("app"), package("a"), package("b"), relation("r", "app", kind, "a", "b", **more))
    assert edges(made) == {("app", expected, "a"), ("app", expected, "b")}
    again = json.loads(sbom.encode(document(inventory=made, report=None), "spdx3-json"))["@graph"]
    said = [(r["relationshipType"], r.get("scope")) for r in again if len(r.get("to", ())) == 2]
    assert said == [(kind, scope)]  # in the same words, and only once


def test_a_package_is_read_whole() -> None:
    made = read(
        package(
            "app",
            software_packageVersion="1.2",
            suppliedBy="urn:x:org",
            originatedBy=["urn:x:anna"],
            releaseTime="2026-01-01T00:00:00Z",
            software_primaryPurpose="diskImage",
            software_downloadLocation="NOASSERTION",
            software_copyrightText="(c) Anna",
            verifiedUsing=[{"type": "Hash", "algorithm": "sha256", "hashValue": "ab" * 32}],
            externalIdentifier=[
                {"type": "ExternalIdentifier", "externalIdentifierType": "cpe23",
                 "identifier": "cpe:2.3:a:x:app:1:*:*:*:*:*:*:*"}
            ],
        ),
        element("Organization", "org", name="Example", externalIdentifier=[
            {"type": "ExternalIdentifier", "externalIdentifierType": "email", "identifier": "a@b.example"}
        ]),
    ).root  # fmt: skip
    assert made.id == "pkg:npm/app@1"
    assert made.version == "1.2"
    assert made.supplier == "Organization: Example (a@b.example)"
    assert made.originator == "Person: Anna"
    assert made.released == "2026-01-01T00:00:00Z"
    assert made.purpose == "DISK_IMAGE"
    assert made.download_location == ""
    assert made.copyright == "(c) Anna"
    assert [c.algorithm for c in made.checksums] == ["sha256"]
    assert made.cpes == ("cpe:2.3:a:x:app:1:*:*:*:*:*:*:*",)


def licensed(*elements: dict[str, Any], target: str = "l") -> Inventory:
    return read(package("app"), relation("r", "app", "hasDeclaredLicense", target), *elements)


def test_a_simple_licence_with_a_text() -> None:
    made = licensed(
        element(
            "simplelicensing_LicenseExpression",
            "l",
            simplelicensing_licenseExpression="MIT OR LicenseRef-odd",
            simplelicensing_customIdToUri=[{"type": "DictionaryEntry", "key": "LicenseRef-odd", "value": "urn:x:t"}],
        ),
        element("simplelicensing_SimpleLicensingText", "t", simplelicensing_licenseText="Do as you like."),
    )
    assert made.root.licence_declared == "MIT OR LicenseRef-odd"
    assert made.root.licence_texts == (("LicenseRef-odd", "Do as you like."),)


def test_a_text_is_that_of_the_licence_and_of_no_other() -> None:
    words = [
        element("simplelicensing_SimpleLicensingText", name, simplelicensing_licenseText=name)
        for name in ("LicenseRef-11", "LicenseRef-1")
    ]
    simple = element("simplelicensing_LicenseExpression", "l", simplelicensing_licenseExpression="LicenseRef-1")
    assert licensed(simple, *words).root.licence_texts == (("LicenseRef-1", "LicenseRef-1"),)


@pytest.mark.parametrize("depth", [12, 40])
def test_sets_that_share_members_do_not_grow_without_end(depth: int) -> None:
    """Sets of two sets each stand for 2 ** depth licences."""
    kind = "expandedlicensing_ConjunctiveLicenseSet"
    sets = [
        element(kind, f"{side}{level}", expandedlicensing_member=[f"urn:x:a{level + 1}", f"urn:x:b{level + 1}"])
        for level in range(depth)
        for side in "ab"
    ]
    ends = [element("simplelicensing_CustomLicense", f"{side}{depth}", name=side) for side in "ab"]
    assert licensed(*sets, *ends, target="a0").root.licence_declared is None


def test_expanded_licences_are_one_expression() -> None:
    made = licensed(
        element("expandedlicensing_ConjunctiveLicenseSet", "l", expandedlicensing_member=["urn:x:or", "urn:x:with"]),
        element("expandedlicensing_DisjunctiveLicenseSet", "or", expandedlicensing_member=[
            "https://spdx.org/licenses/MIT", "urn:x:later"]),
        element("expandedlicensing_OrLaterOperator", "later",
                expandedlicensing_subjectLicense="https://spdx.org/licenses/LGPL-2.1"),
        element("expandedlicensing_WithAdditionOperator", "with",
                expandedlicensing_subjectExtendableLicense="https://spdx.org/licenses/GPL-2.0-only",
                expandedlicensing_subjectAddition="https://spdx.org/licenses/Classpath-exception-2.0"),
    )  # fmt: skip
    expected = "(LGPL-2.1-or-later OR MIT) AND GPL-2.0-only WITH Classpath-exception-2.0"
    assert sorted((made.root.licence_declared or "").replace("LGPL-2.1+", "LGPL-2.1-or-later")) == sorted(expected)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("expandedlicensing_NoneLicense", "NONE"),
        ("expandedlicensing_NoAssertionLicense", None),
        ("urn:x:nowhere", None),
    ],
)
def test_individuals_of_licences(target: str, expected: str | None) -> None:
    link = {**relation("r", "app", "hasConcludedLicense", "l"), "to": [target]}
    assert read(package("app"), link).root.licence_concluded in (expected, "LicenseRef-nowhere")


FILE = element("software_File", "file", name="./a.c", software_copyrightText="(c)")
RICH = (
    package(
        "app",
        summary="an app",
        software_additionalPurpose=["archive"],
        builtTime="2025-01-01T00:00:00Z",
        comment="of interest",
        externalRef=[{"type": "ExternalRef", "externalRefType": "vcs", "locator": ["https://git.example/x"]}],
        verifiedUsing=[{"type": "Hash", "algorithm": "blake3", "hashValue": "00"}],
        originatedBy=["urn:x:anna", "urn:x:ben"],
    ),
    element("ai_AIPackage", "model", name="model", software_packageUrl="pkg:generic/model@1", ai_domain=["text"]),
    element("Person", "ben", name="Ben"),
    FILE,
    relation("c", "app", "contains", "file", "model"),
    relation("g", "file", "generates", "app"),
    relation("s", "app", "hasStaticLink", "model", completeness="complete"),
    element("Annotation", "note", annotationType="review", subject="urn:x:app", statement="good"),
    element("simplelicensing_LicenseExpression", "mit", simplelicensing_licenseExpression="MIT"),
    relation("l", "file", "hasConcludedLicense", "mit"),
    element("security_Vulnerability", "cve", name="CVE-1"),
    relation("v", "app", "hasAssociatedVulnerability", "cve"),
    relation("a", "doc", "amendedBy", "file"),
)


def kept(inventory: Inventory) -> dict[str, Any]:
    tables = {"": kept_of("spdx3", inventory.extra)}
    return tables | {p.id: kept_of("spdx3", p.extra) for p in (inventory.root, *inventory.packages)}


def test_everything_survives() -> None:
    inventory = read(*RICH)
    data = sbom.encode(document(inventory=inventory, report=None), "spdx3-json")
    assert [str(p) for p in sbom.validate_spdx3(data, "x.spdx3.json")] == []
    again = sbom.decode(data, "again")
    assert again == inventory
    assert kept(again) == kept(inventory)
    assert sbom.encode(document(inventory=again, report=None), "spdx3-json") == data
    elements = {e.get("spdxId"): e for e in json.loads(data)["@graph"]}
    named = {e.get("name"): e for e in elements.values()}
    assert elements["urn:x:file"] == FILE
    assert elements["urn:x:note"]["subject"] == named["app"]["spdxId"]
    assert elements["urn:x:a"]["from"] == named["other"]["spdxId"]
    assert elements["urn:x:ben"]["name"] == "Ben"
    assert named["model"]["type"] == "ai_AIPackage"
    assert named["model"]["ai_domain"] == ["text"]
    assert "of interest" in named["app"]["comment"]
    assert named["app"]["software_additionalPurpose"] == ["archive"]
    assert named["app"]["externalRef"] == RICH[0]["externalRef"]
    assert RICH[0]["verifiedUsing"][0] in named["app"]["verifiedUsing"]
    assert inventory.files == 1


@pytest.mark.parametrize(
    "odd",
    [
        element("software_File", "odd", colour="red"),
        element("Paper", "odd"),
        {"type": "software_File", "creationInfo": "_:creationinfo", "name": "without an identifier"},
        relation("odd", "app", "likes", "file"),
        package("odd", software_homePage="not an address", validUntilTime="soon", vendor={"a": [1]}),
    ],
    ids=["property", "class", "identifier", "word", "package"],
)
def test_what_does_not_conform_is_kept_in_the_note(odd: dict[str, Any]) -> None:
    inventory = read(*RICH, odd)
    data = sbom.encode(document(inventory=inventory, report=None), "spdx3-json")
    assert [str(p) for p in sbom.validate_spdx3(data, "x.spdx3.json")] == []
    again = sbom.decode(data, "again")
    assert again == inventory
    assert kept(again) == kept(inventory)


def test_elements_inside_elements_are_read() -> None:
    inside = {
        "@context": CONTEXT,
        **element("SpdxDocument", "doc", rootElement=[{**package("app"), "suppliedBy": ANNA}]),
    }
    found = sbom.decode(json.dumps(inside).encode(), "x")
    assert found.root.name == "app"
    assert found.root.supplier == "Person: Anna"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {"@context": "https://spdx.org/rdf/3.1.0/spdx-context.jsonld", "@graph": []},
            "x:@context: expected https://spdx",
        ),
        ({"@context": CONTEXT}, "x:@graph: expected a list, got None"),
        ({"@context": CONTEXT, "@graph": {}}, "x:@graph: expected a list, got {}"),
    ],
)
def test_what_is_no_document_is_refused(table: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        sbom.decode(json.dumps(table).encode(), "x")
    assert str(caught.value).startswith(message)


def test_a_package_without_a_name_is_skipped() -> None:
    found = read(package("app"), element("software_Package", "nameless"))
    assert [item.reason for item in found.skipped] == ["a package without a name"]
