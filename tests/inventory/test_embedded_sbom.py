"""SBOMs inside an artifact: all that can be read of real ones, and nothing but InputError for the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.inventory.embedded_sbom import decode_embedded, read_embedded
from custody.inventory.interface import File
from custody.model import Dependency, Package, Purl, Skipped
from tests.inventory.archive import read_archive

CASES = Path(__file__).resolve().parent.parent / "cases" / "inventory" / "python-sboms"


def decode(data: bytes) -> list[object]:
    return list(read_embedded(data, "x.json", File(path="x.json", data=data)))


def documents() -> list[bytes]:
    found = []
    for case in sorted(CASES.glob("*_ok")):
        found += [e.data or b"" for e in read_archive(case / "tree.txtar") if e.path.endswith(".json")]
    return found


DOCUMENTS = documents()


def test_the_documents_are_there() -> None:
    assert len(DOCUMENTS) == 5


@settings(max_examples=150, deadline=None, database=None)
@given(st.data())
def test_a_document_changed_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    content = data.draw(st.sampled_from(DOCUMENTS))
    at = data.draw(st.integers(0, len(content) - 1))
    new = data.draw(st.sampled_from([b"", b"5", b'"', b"{", b"]", b"null", b"\xff"]))
    try:
        found = decode(content[:at] + new + content[at + 1 :])
    except InputError as error:
        assert error.where.startswith("x.json")
        return
    for item in found:
        assert isinstance(item, Package | Dependency | Skipped)
        if isinstance(item, Package):
            assert Purl.parse(item.id) == item.purl
            assert item.name


VALUES: st.SearchStrategy[object] = st.sampled_from([None, 5, True, "", "x", [], {}, [5], ["x"], [{}], {"a": 5}])


@settings(max_examples=200, deadline=None, database=None)
@given(st.data())
def test_a_value_of_another_type_is_noted(data: st.DataObject) -> None:
    document = json.loads(data.draw(st.sampled_from(DOCUMENTS)))
    node = document
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        inner = node[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            node[key] = data.draw(VALUES)
            break
        node = inner
    try:
        decode(json.dumps(document).encode())
    except InputError as error:
        assert error.where.startswith("x.json")


def test_components_inside_each_other_without_end_are_refused_or_read() -> None:
    for depth in (500, 5_000):
        text = '{"name": "a", "components": [' * depth + "]}" * depth
        document = f'{{"bomFormat": "CycloneDX", "components": [{text}]}}'
        try:
            assert decode(document.encode())
        except InputError as error:
            assert "not valid JSON" in error.what


def test_an_edge_of_spdx_is_told_from_either_end() -> None:
    package = '{{"SPDXID": "SPDXRef-{0}", "name": "{0}"}}'
    relation = '{{"spdxElementId": "SPDXRef-{}", "relationshipType": "{}", "relatedSpdxElement": "SPDXRef-{}"}}'
    rows = [("a", "DEPENDS_ON", "b"), ("c", "DEPENDENCY_OF", "b"), ("d", "CONTAINED_BY", "a"), ("x", "CONTAINS", "a")]
    rows += [("DOCUMENT", "DESCRIBES", "a")]
    text = '{{"spdxVersion": "SPDX-2.2", "packages": [{}], "relationships": [{}]}}'.format(
        ", ".join(map(package.format, "abcd")), ", ".join(relation.format(*row) for row in rows)
    )
    sbom = decode_embedded(text.encode(), "x", File(path="x", data=b""))
    assert sbom.roots == ("pkg:generic/a",)
    assert [(edge.source[-1], edge.relation, edge.target[-1]) for edge in sbom.dependencies] == [
        ("a", "depends_on", "b"),
        ("a", "contains", "d"),
        ("b", "depends_on", "c"),
    ]


def test_two_texts_by_one_name_stay_two_licences() -> None:
    """A LicenseRef means something in its own document only."""
    text = """{{"spdxVersion": "SPDX-2.3", "packages": [
        {{"SPDXID": "SPDXRef-a", "name": "a", "licenseDeclared": "LicenseRef-1 AND MIT"}}],
        "hasExtractedLicensingInfos": [{{"licenseId": "LicenseRef-1", "extractedText": "{}"}}]}}"""
    stated = set()
    for words in ("Do this.", "Do that."):
        data = text.format(words).encode()
        package = decode_embedded(data, "x", File(path="x", data=data)).packages[0]
        assert [value for _, value in package.licence_texts] == [words]
        assert package.licence_declared == f"{package.licence_texts[0][0]} AND MIT"
        stated.add(package.licence_declared)
    assert len(stated) == 2


def test_shared_sboms_of_other_tools_are_read_whole(shared: Path) -> None:
    """Every component with a name in CycloneDX and SPDX 2 JSON is a package or has a note."""
    read, no_packages = 0, ("file", "data", "cryptographic-asset")
    for path in sorted((shared / "data" / "sboms").rglob("*.json"))[:60]:
        data = path.read_bytes()
        try:
            sbom = decode_embedded(data, path.name, File(path=path.name, data=data))
        except InputError:
            continue
        document = json.loads(data)
        if "spdxVersion" in document:
            assert len(sbom.packages) + len(sbom.skipped) >= len(document.get("packages", ()))
        else:
            names = [row for row in document.get("components", ()) if row.get("type") not in no_packages]
            assert len(sbom.packages) + len(sbom.skipped) >= len(names)
        read += 1
    assert read > 20


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"<bom/>", b"SPDXVersion: SPDX-2.3", b'{"@graph": []}', b"\xff"])
def test_what_is_no_sbom_here_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        decode(data)
