"""What our model cannot hold of another tool's document stands in the next one again, or is told as lost."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from custody import sbom
from custody.errors import InputError
from custody.sbom.cyclonedx.shape import shape
from custody.sbom.cyclonedx.sound import is_reference, sound
from custody.sbom.kept import kept_of
from custody.sbom.validate.document import validate_document
from tests.inventory.catalogers.hostile import cpu_limit
from tests.sbom.cyclonedx.schemas import XML_SCHEMAS, json_faults, xml_faults
from tests.sbom.real import files, read
from tests.sbom.samples import document

COMPONENT: dict[str, Any] = {
    "type": "library",
    "bom-ref": "ref-a",
    "mime-type": "application/java-archive",
    "supplier": {"name": "Acme", "url": ["https://acme.example/"], "contact": [{"name": "Ada", "phone": "1"}]},
    "publisher": "Acme Publishing",
    "author": "Ada",
    "group": "org.example",
    "name": "a",
    "version": "1.0",
    "scope": "optional",
    "hashes": [{"alg": "SHA3-256", "content": "ab" * 32}, {"alg": "MD5", "content": "cd" * 16}],
    "licenses": [{"license": {"name": "House licence", "text": {"content": "Be kind.", "contentType": "text/plain"}}}],
    "purl": "pkg:maven/org.example/a@1.0",
    "swid": {"tagId": "t", "name": "a"},
    "modified": True,
    "pedigree": {"commits": [{"uid": "7"}], "notes": "patched"},
    "externalReferences": [
        {"type": "website", "url": "https://a.example/"},
        {"type": "website", "url": "https://two.example/", "comment": "another"},
        {"type": "vcs", "url": "not a url"},
    ],
    "properties": [{"name": "acme:x", "value": "1"}],
    "evidence": {"copyright": [{"text": "(c) Acme"}], "licenses": [{"license": {"id": "MIT"}}]},
    "releaseNotes": {"type": "major", "title": "One"},
}
FOREIGN: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.4",
    "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
    "version": 3,
    "metadata": {
        "timestamp": "2024-01-01T00:00:00Z",
        "tools": [{"vendor": "acme", "name": "acmescan", "version": "1"}],
        "authors": [{"name": "Ada", "email": "ada@acme.example"}],
        "component": {"type": "application", "bom-ref": "root", "name": "app", "version": "2"},
        "supplier": {"name": "Acme"},
        "properties": [{"name": "acme:run", "value": "9"}],
    },
    "components": [COMPONENT, {"type": "file", "bom-ref": "file", "name": "a.txt", "hashes": COMPONENT["hashes"]}],
    "services": [{"bom-ref": "service", "name": "api", "endpoints": ["https://api.example/"]}],
    "dependencies": [{"ref": "root", "dependsOn": ["ref-a", "service"]}, {"ref": "service", "dependsOn": ["file"]}],
    "compositions": [{"aggregate": "complete", "assemblies": ["ref-a"]}],
    "vulnerabilities": [{"id": "CVE-2024-1", "affects": [{"ref": "ref-a"}], "analysis": {"state": "not_affected"}}],
    "externalReferences": [{"type": "bom", "url": "https://acme.example/bom"}],
}
PURL = COMPONENT["purl"]


def written(version: str = "1.4", name: str = "cyclonedx-json", **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    inventory = sbom.decode(json.dumps(FOREIGN).encode(), "x")
    data = sbom.encode(document(inventory=replace(inventory, **changes), report=None), name, version)
    return dict(json.loads(data))


def component(table: dict[str, Any]) -> dict[str, Any]:
    return next(dict(item) for item in table["components"] if item.get("purl") == PURL)


def test_a_component_comes_back_as_it_was() -> None:
    found = component(written())
    for key in COMPONENT.keys() - {"bom-ref", "externalReferences", "hashes", "properties"}:
        assert found[key] == COMPONENT[key], key
    assert {"name": "acme:x", "value": "1"} in found["properties"]
    assert sorted(h["alg"] for h in found["hashes"]) == ["MD5", "SHA3-256"]
    assert found["externalReferences"] == COMPONENT["externalReferences"][:2]  # the third one is no address


def test_so_does_the_document() -> None:
    table = written()
    assert table["services"] == FOREIGN["services"]
    assert table["compositions"] == [{"aggregate": "complete", "assemblies": [PURL]}]
    assert table["vulnerabilities"][0]["affects"] == [{"ref": PURL}]
    assert table["externalReferences"] == FOREIGN["externalReferences"]
    metadata = table["metadata"]
    assert [tool["name"] for tool in metadata["tools"]] == ["custody", "acmescan"]
    assert metadata["supplier"] == {"name": "Acme"}
    assert {"name": "acme:run", "value": "9"} in metadata["properties"]
    assert table["serialNumber"] != FOREIGN["serialNumber"]
    files = [item for item in table["components"] if item["type"] == "file"]
    assert files == FOREIGN["components"][1:]


def test_edges_to_what_is_no_package_come_back() -> None:
    graph = {entry["ref"]: entry.get("dependsOn", []) for entry in written()["dependencies"]}
    root = "pkg:generic/app@2"
    assert graph == {root: sorted([PURL, "service"]), PURL: [], "service": ["file"]}


def test_what_a_service_does_with_data_comes_back() -> None:
    service = {"bom-ref": "service", "name": "api", "data": [{"flow": "inbound", "classification": "PII"}]}
    foreign = sbom.decode(json.dumps({**FOREIGN, "services": [service]}).encode(), "x")
    for name in ("cyclonedx-json", "cyclonedx-xml"):
        data = sbom.encode(document(inventory=foreign, report=None), name, "1.4")
        assert kept_of("cyclonedx", sbom.decode(data, "x").extra)["services"] == [service]
    assert written()["services"] == FOREIGN["services"]
    made = json.loads(sbom.encode(document(inventory=foreign, report=None), "cyclonedx-json", "1.4"))
    assert made["services"] == [service]


def test_a_licence_expression_that_is_none_is_in_the_note() -> None:
    bad = {**COMPONENT, "licenses": [{"expression": "..."}], "evidence": {"licenses": [{"expression": "no such"}]}}
    part = {**COMPONENT, "bom-ref": "file", "type": "file", "name": "a.txt", "licenses": [{"expression": "()"}]}
    del part["purl"]
    foreign = sbom.decode(json.dumps({**FOREIGN, "components": [bad, part]}).encode(), "x")
    for name, version in (("cyclonedx-json", "1.4"), ("cyclonedx-xml", "1.6"), ("cyclonedx-json", "1.6")):
        data = sbom.encode(document(inventory=foreign, report=None), name, version)
        assert validate_document(data, "x") == []
        assert sbom.decode(data, "x") == foreign


@pytest.mark.parametrize(
    ("name", "version"), [("cyclonedx-json", "1.4"), ("cyclonedx-json", "1.6"), ("cyclonedx-xml", "1.7")]
)
def test_an_expression_beside_licences_is_one_expression(name: str, version: str) -> None:
    mixed = [{"license": {"id": "MIT"}}, {"expression": "GPL-2.0-only OR ISC"}]
    changed = {**FOREIGN, "components": [{**COMPONENT, "licenses": mixed}]}
    foreign = sbom.decode(json.dumps(changed).encode(), "x")
    data = sbom.encode(document(inventory=foreign, report=None), name, version)
    stated = (
        b">MIT AND (GPL-2.0-only OR ISC)</expression>" if name.endswith("xml") else b'"MIT AND (GPL-2.0-only OR ISC)"'
    )
    assert stated in data
    assert sbom.decode(data, "x") == foreign
    told = sbom.losses(document(inventory=foreign, report=None), name, version)
    assert any("an expression beside others" in words for words in told)


def test_an_edge_to_what_is_not_there_is_in_the_note() -> None:
    edges = [
        {"ref": "root", "dependsOn": ["ref-a", "gone", "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#b"]},
        {"ref": "gone", "dependsOn": ["ref-a"]},
        {"ref": "service", "dependsOn": ["file", "gone"]},
    ]
    foreign = sbom.decode(json.dumps({**FOREIGN, "dependencies": edges}).encode(), "x")
    for name, version in (("cyclonedx-json", "1.4"), ("cyclonedx-xml", "1.6"), ("cyclonedx-json", "1.6")):
        data = sbom.encode(document(inventory=foreign, report=None), name, version)
        assert validate_document(data, "x") == []
        assert b'"gone"' not in data.partition(b'"dependencies"')[2]
        assert sbom.decode(data, "x") == foreign
        told = sbom.losses(document(inventory=foreign, report=None), name, version)
        assert any("dependencies to what it does not contain" in words for words in told)


@pytest.mark.parametrize("part", ["properties", "odd"])
def test_the_time_it_takes_grows_with_the_document_only(part: str) -> None:
    """Of each of many properties, or unknown fields, it was asked whether it is among all the others."""
    names = [f"cpe:2.3:a:acme:a{n}:1.0:*:*:*:*:*:*:*" for n in range(40_000)]
    properties = [{"name": "syft:cpe23", "value": name} for name in names]
    more = {"properties": properties[::4]} if part == "properties" else dict.fromkeys(names, 1)
    data = json.dumps({**FOREIGN, "components": [{**COMPONENT, **more}]}).encode()
    inventory = sbom.decode(data, "x")
    with cpu_limit(3):
        made = json.loads(sbom.encode(document(inventory=inventory, report=None), "cyclonedx-json"))
    if part == "properties":
        assert [item for item in component(made)["properties"] if item["name"] == "syft:cpe23"] == properties[::4]


def test_many_unknown_fields_are_kept_in_time() -> None:
    """The sorting of the encoder took n² steps for these."""
    odd = {**{f"m{n:06}": 1 for n in range(50_000)}, "a": 1}
    data = json.dumps({**FOREIGN, "components": [{**COMPONENT, "evidence": odd}]}).encode()
    with cpu_limit(2):
        inventory = sbom.decode(data, "x")
    assert kept_of("cyclonedx", inventory.packages[0].extra)["evidence"] == odd


@pytest.mark.parametrize("version", ["1.3", "1.4", "1.5", "1.6", "1.7"])
@pytest.mark.parametrize("name", ["cyclonedx-json", "cyclonedx-xml"])
def test_twice_is_as_good_as_once(name: str, version: str) -> None:
    first = sbom.decode(json.dumps(FOREIGN).encode(), "x")
    once = sbom.decode(sbom.encode(document(inventory=first, report=None), name, version), "x")
    twice = sbom.decode(sbom.encode(document(inventory=once, report=None), name, version), "x")
    assert once == twice == first
    assert kept_of("cyclonedx", once.extra) == kept_of("cyclonedx", twice.extra)
    assert [p.extra for p in once.packages] == [p.extra for p in twice.packages]
    said = json.loads(sbom.encode(document(inventory=twice, report=None), "cyclonedx-json", "1.4"))
    assert component(said)["licenses"] == COMPONENT["licenses"]
    assert component(said)["pedigree"] == COMPONENT["pedigree"]


def test_what_is_not_sound_is_told_and_noted() -> None:
    inventory = sbom.decode(json.dumps(FOREIGN).encode(), "x")
    lost = sbom.losses(document(inventory=inventory, report=None), "cyclonedx-json", "1.4")
    assert lost == ["CycloneDX 1.4 has no component.externalReferences as it stands"]
    note = next(item["value"] for item in component(written())["properties"] if item["name"] == "custody:package")
    assert json.loads(note)["kept"]["externalReferences"] == [{"type": "vcs", "url": "not a url"}]


def test_another_family_is_told_what_it_cannot_say() -> None:
    inventory = sbom.decode(json.dumps(FOREIGN).encode(), "x")
    lost = sbom.losses(document(inventory=inventory, report=None), "spdx-json")
    assert "cyclonedx document: services (1)" in lost
    assert "cyclonedx package: pedigree (of 1 package)" in lost


def test_a_licence_that_somebody_knows_better_is_not_written_as_it_was() -> None:
    inventory = sbom.decode(json.dumps(FOREIGN).encode(), "x")
    better = tuple(replace(package, licence_declared="ISC", licence_texts=()) for package in inventory.packages)
    found = component(written("1.6", packages=better))
    assert found["licenses"] == [{"expression": "ISC", "acknowledgement": "declared"}]


ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1.5,
    "",
    "a b",
    "x",
    [],
    [[]],
    {},
    [None],
    ["y"],
    {"a": 1},
    [{"name": "z"}],
    {"name": "z"},
)


def changed(value: Any, chance: random.Random) -> Any:  # noqa: ANN401
    if chance.random() < 0.04:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {key: changed(item, chance) for key, item in value.items() if chance.random() > 0.02}
    return [changed(item, chance) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("version", ["1.3", "1.5", "1.6"])
def test_whatever_a_document_says_what_is_made_of_it_is_valid(shared: Path, version: str) -> None:
    ours = json.loads(sbom.encode(document(inventory=sbom.decode(json.dumps(FOREIGN).encode(), "x")), "cyclonedx-json"))
    for seed in range(120):
        table = changed(FOREIGN if seed % 2 else ours, random.Random(seed))  # noqa: S311 - places, not secrets
        try:
            inventory = sbom.decode(json.dumps(table).encode(), "x")
        except InputError:
            continue
        made = document(inventory=inventory, report=None)
        data = sbom.encode(made, "cyclonedx-json", version)
        assert json_faults(shared, version, data) == [], seed
        assert sbom.decode(data, "x") == inventory, seed
        assert sbom.decode(sbom.encode(made, "cyclonedx-xml", version), "x") == inventory, seed


def test_our_own_note_may_hold_anything() -> None:
    text = sbom.encode(document(inventory=sbom.decode(json.dumps(FOREIGN).encode(), "x")), "cyclonedx-json").decode()
    start = text.index('\\"kept\\":{')
    for hostile in (
        r"\"kept\":{\"licenses\":{},\"group\":[[],7],\"evidence\":{\"said\":1,\"licenses\":2},",
        r"\"kept\":{\"verbatim\":[[],{}],\"whole\":{\"licenses\":{\"said\":[null,null]}},\"properties\":7,",
        r"\"kept\":{\"metadata\":[],\"edges\":[[1,2,3],[]],\"whole\":7,",
    ):
        broken = text[:start] + hostile + text[start + len('\\"kept\\":{') :]
        inventory = sbom.decode(broken.encode(), "x")
        for name in ("cyclonedx-json", "cyclonedx-xml"):
            sbom.encode(document(inventory=inventory), name)


def leaves(value: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}/{key}")
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, path)
    elif value not in (None, ""):
        yield f"{path}={value!r}"


def test_every_real_json_document_keeps_all_that_it_says(shared: Path) -> None:
    """Every value of each component is in the component that is written, but for what is told as lost."""
    for file in files(shared, "cyclonedx-json"):
        source = json.loads(file.read_bytes())
        made = document(inventory=read(file), report=None)
        version = max(source["specVersion"], "1.3")  # 1.2 has no place for a note
        again = json.loads(sbom.encode(made, "cyclonedx-json", version))
        purls = Counter(item.get("purl") for item in source.get("components", ()))
        theirs = {item["purl"]: item for item in again["components"] if "purl" in item}
        noted = json.dumps(again)
        for item in source.get("components", ()):
            if item.get("purl") not in theirs or purls[item["purl"]] > 1 or "components" in item:
                continue
            missing = Counter(leaves(item)) - Counter(leaves(theirs[item["purl"]]))
            for leaf in missing:
                path, _, words = leaf.partition("=")
                shown = json.dumps(words[1:-1])[1:-1]
                assert path == "/bom-ref" or shown in noted or json.dumps(shown)[1:-1] in noted, (file.name, leaf)


@pytest.mark.parametrize("form", ["cyclonedx-json", "cyclonedx-xml"])
def test_every_real_document_comes_back_and_is_valid(shared: Path, form: str) -> None:
    for file in files(shared, form):
        inventory = read(file)
        made = document(inventory=inventory, report=None)
        for version in ("1.4", "1.6") if len(inventory.packages) < 400 else ("1.5",):
            data = sbom.encode(made, "cyclonedx-json", version)
            assert json_faults(shared, version, data) == [], (file.name, version)
            assert sbom.decode(data, file.name) == inventory, (file.name, version)
        xml = sbom.encode(made, "cyclonedx-xml")
        assert sbom.decode(xml, file.name) == inventory, file.name


@pytest.mark.parametrize("form", ["cyclonedx-json", "cyclonedx-xml"])
def test_every_real_document_is_valid_in_xml(shared: Path, form: str) -> None:
    for file in files(shared, form):
        made = document(inventory=read(file), report=None)
        for version in XML_SCHEMAS if len(made.inventory.packages) < 200 else XML_SCHEMAS[-1:]:
            assert xml_faults(shared, version, sbom.encode(made, "cyclonedx-xml", version)) == [], (file.name, version)


def test_what_is_no_sbom_is_refused(shared: Path) -> None:
    for file in files(shared, "odd"):
        with pytest.raises(InputError, match="not an SBOM of a known format"):
            sbom.decode(file.read_bytes(), file.name)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("https://a.example/b?c#d", True),
        ("../relative", True),
        ("urn:cdx:1/1#x", True),
        ("", True),
        ("git@github.example:a/b.git", False),
        ("https://a.example/b c", False),
        ("https://a.example/${x}", False),
        ("https://a.example:port/", False),
        ("https://a.example/%zz", False),
        ("a#b#c", False),
    ],
)
def test_addresses(text: str, good: bool) -> None:
    assert is_reference(text) is good


@pytest.mark.parametrize(
    ("key", "value", "good"),
    [
        ("type", "library", True),
        ("type", "thing", False),
        ("hashes", [{"alg": "MD5", "content": "cd" * 16}], True),
        ("hashes", [{"alg": "MD5", "content": "x"}], False),
        ("hashes", {"alg": "MD5"}, False),
        ("licenses", [{"license": {"id": "MIT"}}], True),
        ("licenses", [{"license": {"id": "MIT", "name": "MIT"}}], False),
        ("licenses", [{"license": {"id": "no such id"}}], False),
        ("swid", {"name": "a"}, False),
        ("modified", "yes", False),
        ("signature", {"value": "x"}, False),
        ("supplier", {"contact": [{"email": "not one"}]}, False),
        ("evidence", {"identity": [{"field": "purl", "confidence": 2}]}, False),
        ("pedigree", {"commits": [{"author": {"timestamp": "yesterday"}}]}, False),
    ],
)
def test_what_is_sound(key: str, value: Any, good: bool) -> None:  # noqa: ANN401
    assert sound(value, shape("component")[key], "component") is good
