"""What we write as SPDX 3.0.1, element by element."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from custody import sbom
from custody.model import format_time
from custody.sbom import Document
from custody.sbom.spdx.terms import OWNS
from tests.sbom.samples import CONTEXT, JINJA, LODASH, MARKUPSAFE, NOW, PYTEST, ROOT, SSL, document, inventory

BASE = "https://custody.example/spdx/whisperengine-1.2.3-"


def graph(made: Document) -> list[dict[str, Any]]:
    table = json.loads(sbom.encode(made, "spdx3-json"))
    assert table["@context"] == "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
    found: list[dict[str, Any]] = table["@graph"]
    return found


def of_type(elements: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [element for element in elements if element["type"] == kind]


def by_name(elements: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {element["name"]: element for element in of_type(elements, "software_Package")}


def test_the_sample_conforms() -> None:
    data = sbom.encode(document(), "spdx3-json")
    assert [str(problem) for problem in sbom.validate_spdx3(data, "sample.spdx3.json")] == []


def test_it_says_who_made_it_when_and_how() -> None:
    elements = graph(document())
    [made] = of_type(elements, "CreationInfo")
    names = {element.get("spdxId"): element for element in elements}
    assert made["specVersion"] == "3.0.1"
    assert made["created"] == format_time(NOW)
    assert [names[name]["name"] for name in made["createdBy"]] == ["WhisperEngine"]
    assert [names[name]["name"] for name in made["createdUsing"]] == ["custody-0.1.0"]
    assert "after the build" in made["comment"]
    assert {element["creationInfo"] for element in elements if "creationInfo" in element} == {made["@id"]}


def test_where_nobody_is_named_custody_is_the_author() -> None:
    elements = graph(document(context=replace(CONTEXT, author="")))
    [agent] = of_type(elements, "SoftwareAgent")
    assert of_type(elements, "CreationInfo")[0]["createdBy"] == [agent["spdxId"]]


def test_the_document_leads_to_the_root() -> None:
    elements = graph(document())
    [top], [bom] = of_type(elements, "SpdxDocument"), of_type(elements, "software_Sbom")
    packages = by_name(elements)
    assert top["rootElement"] == [bom["spdxId"]]
    assert bom["rootElement"] == [packages["whisperengine"]["spdxId"]]
    assert set(bom["element"]) == {package["spdxId"] for package in packages.values()}
    assert bom["software_sbomType"] == ["analyzed"]


def test_a_package_has_all_that_is_known_of_it() -> None:
    package = replace(
        SSL,
        purpose="OPERATING_SYSTEM",
        released="2024-02-29T01:02:03Z",
        cpes=("cpe:2.3:a:openssl:openssl:3:*:*:*:*:*:*:*",),
    )
    elements = graph(document(inventory=inventory(packages=[package], dependencies=())))
    table = by_name(elements)["libssl3"]
    names = {element.get("spdxId"): element for element in elements}
    supplier = names[table["suppliedBy"]]
    assert (supplier["type"], supplier["name"]) == ("Organization", "Debian OpenSSL Team")
    assert supplier["externalIdentifier"][0]["identifier"] == "pkg-openssl@lists.example"
    assert {(i["externalIdentifierType"], i["identifier"]) for i in table["externalIdentifier"]} == {
        ("packageUrl", package.id),
        ("cpe23", package.cpes[0]),
    }
    expected = {
        "software_packageVersion": package.version,
        "software_packageUrl": package.id,
        "software_homePage": package.homepage,
        "software_copyrightText": package.copyright,
        "description": package.description,
        "software_primaryPurpose": "operatingSystem",
        "releaseTime": "2024-02-29T01:02:03Z",
    }
    assert {key: table[key] for key in expected} == expected
    assert "built from the source package openssl" in table["software_sourceInfo"]


def test_licences_are_elements_with_their_texts() -> None:
    elements = graph(document())
    names = {element.get("spdxId"): element for element in elements}
    said = {
        (names[relation["from"]]["name"], relation["relationshipType"]): names.get(relation["to"][0], relation["to"][0])
        for relation in elements
        if "License" in relation.get("relationshipType", "")
    }
    assert said["libssl3", "hasDeclaredLicense"]["simplelicensing_licenseExpression"] == "Apache-2.0"
    assert said["Jinja2", "hasConcludedLicense"]["simplelicensing_licenseExpression"] == "BSD-3-Clause"
    assert said["pytest", "hasDeclaredLicense"] == "expandedlicensing_NoneLicense"
    assert ("libssl3", "hasConcludedLicense") not in said  # nobody looked into the files
    texts = set()
    for name in ("Jinja2", "MarkupSafe"):
        [entry] = said[name, "hasDeclaredLicense"]["simplelicensing_customIdToUri"]
        assert entry["key"] == said[name, "hasDeclaredLicense"]["simplelicensing_licenseExpression"]
        texts.add(names[entry["value"]]["simplelicensing_licenseText"])
    assert texts == {"BSD", "BSD, but another one"}


def test_every_edge_has_its_type_and_scope() -> None:
    elements = graph(document())
    names = {element.get("spdxId"): element for element in elements}
    found = {
        (names[r["from"]]["name"], r["relationshipType"], r.get("scope"), names[to]["name"], r.get("comment"))
        for r in elements
        if r["type"] in ("Relationship", "LifecycleScopedRelationship")
        and not r["relationshipType"].endswith(("License", "Vulnerability"))
        for to in r["to"]
    }
    assert found == {
        (ROOT.name, "contains", None, SSL.name, None),
        (ROOT.name, "contains", None, JINJA.name, None),
        (ROOT.name, "hasOptionalDependency", None, LODASH.name, None),
        (JINJA.name, "dependsOn", None, MARKUPSAFE.name, None),
        (JINJA.name, "dependsOn", "development", PYTEST.name, None),
        (LODASH.name, "hasProvidedDependency", None, SSL.name, None),
        (LODASH.name, "dependsOn", "build", MARKUPSAFE.name, None),
        (SSL.name, "contains", None, LODASH.name, OWNS),
    }
    scoped = {r["type"] for r in elements if "scope" in r}
    assert scoped == {"LifecycleScopedRelationship"}


def test_findings_stand_at_their_packages_as_advisories() -> None:
    packages = by_name(graph(document()))
    [ref] = packages["Jinja2"]["externalRef"]
    assert ref["externalRefType"] == "securityAdvisory"
    assert ref["locator"] == ["https://osv.dev/vulnerability/CVE-2019-10906"]
    assert "severity HIGH, score 8.6" in ref["comment"]
    assert "Not evaluated for vulnerabilities: its version is not known" in packages["pytest"]["comment"]


def test_all_identifiers_begin_with_a_namespace_made_of_the_rest() -> None:
    elements = graph(document())
    starts = {element["spdxId"].partition("#")[0] for element in elements if "spdxId" in element}
    assert len(starts) == 1
    assert starts.pop().startswith(BASE)
    other = graph(document(name="other"))
    assert of_type(other, "SpdxDocument")[0]["spdxId"].partition("#")[0] not in starts
    assert "00000000-0000-0000" not in json.dumps(elements)
    names = [element.get("spdxId") or element["@id"] for element in elements]
    assert len(set(names)) == len(names)
