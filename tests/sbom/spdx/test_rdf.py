"""RDF/XML: the ontology of SPDX 2.3, in every way in which RDF/XML can write the same graph."""

from __future__ import annotations

import json

import pytest

from custody import sbom
from custody.errors import InputError
from custody.sbom.spdx.expression import canonical
from custody.sbom.spdx.rdf_graph import read_graph
from custody.sbom.spdx.rdf_read import read_rdf
from custody.sbom.spdx.rdf_terms import CLASSES, individual, word
from custody.sbom.spdx.rdf_write import write_rdf
from custody.sbom.spdx.terms import PURPOSES, RELATIONSHIP_TYPES
from custody.sbom.validate.checks import CHECKSUM_DIGITS
from tests.sbom.samples import document
from tests.sbom.spdx.rich import rich

HEAD = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://spdx.org/rdf/terms#" '
    'xmlns:s="http://spdx.org/rdf/terms#" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#" '
    'xml:base="https://sbom.example/x">'
)
DOCUMENT = (
    '<SpdxDocument rdf:about="#SPDXRef-DOCUMENT"><specVersion>SPDX-2.3</specVersion><name>x</name>{}</SpdxDocument>'
)


def rdf(inside: str, *nodes: str) -> bytes:
    return f"{HEAD}{DOCUMENT.format(inside)}{''.join(nodes)}</rdf:RDF>".encode()


def test_every_field_comes_back() -> None:
    expected = rich()
    found = read_rdf(write_rdf(rich()), "x")
    order = json.dumps
    for table in (expected, found):
        table["relationships"].sort(key=order)
        for section in ("packages", "files", "snippets"):
            for item in table[section]:
                for key in item:
                    if key.startswith("license") and isinstance(item[key], str):
                        item[key] = canonical(item[key])
    assert found == expected


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("relationshipType_", RELATIONSHIP_TYPES),
        ("purpose_", PURPOSES),
        ("checksumAlgorithm_", set(CHECKSUM_DIGITS)),
        ("referenceCategory_", {"PACKAGE-MANAGER", "PERSISTENT-ID", "SECURITY", "OTHER"}),
        ("annotationType_", {"REVIEW", "OTHER"}),
    ],
)
def test_every_word_has_an_individual(prefix: str, words: set[str]) -> None:
    names = {individual(prefix, text) for text in words}
    assert len(names) == len(words)
    assert {word(prefix, name) for name in names} == words
    assert all(name.startswith(prefix) and "-" not in name for name in names)


def test_individuals_are_spelled_as_the_ontology_has_them() -> None:
    assert individual("relationshipType_", "DEV_DEPENDENCY_OF") == "relationshipType_devDependencyOf"
    assert individual("referenceCategory_", "PACKAGE-MANAGER") == "referenceCategory_packageManager"
    assert individual("checksumAlgorithm_", "BLAKE2b-256") == "checksumAlgorithm_blake2b256"
    assert individual("purpose_", "OPERATING_SYSTEM") == "purpose_operatingSystem"


PLAIN = '<Package rdf:about="#SPDXRef-a"><name>a</name><versionInfo>1</versionInfo></Package>'


@pytest.mark.parametrize(
    ("inside", "nodes"),
    [
        ('<describesPackage rdf:resource="#SPDXRef-a"/>', (PLAIN,)),
        (f"<describesPackage>{PLAIN}</describesPackage>", ()),
        ('<describesPackage rdf:resource="https://sbom.example/x#SPDXRef-a"/>', (PLAIN,)),
        ('<describesPackage rdf:resource="#SPDXRef-a"/>', (PLAIN.replace("about", "ID").replace('"#', '"'),)),
        (
            '<describesPackage rdf:resource="#SPDXRef-a"/>',
            (
                (
                    '<rdf:Description rdf:about="#SPDXRef-a" s:name="a"><versionInfo>1</versionInfo>'
                    '<rdf:type rdf:resource="http://spdx.org/rdf/terms#Package"/></rdf:Description>'
                ),
            ),
        ),
        (
            '<relationship rdf:nodeID="r"/>',
            (
                PLAIN,
                (
                    '<Relationship rdf:nodeID="r"><relatedSpdxElement rdf:resource="#SPDXRef-a"/>'
                    '<relationshipType rdf:resource="http://spdx.org/rdf/terms#relationshipType_describes"/></Relationship>'
                ),
            ),
        ),
        (
            (
                '<relationship rdf:parseType="Resource"><relatedSpdxElement rdf:resource="#SPDXRef-a"/>'
                '<relationshipType rdf:resource="http://spdx.org/rdf/terms#relationshipType_describes"/></relationship>'
            ),
            (PLAIN,),
        ),
    ],
    ids=["resource", "inside", "whole address", "ID", "description", "nodeID", "parseType"],
)
def test_each_way_to_write_a_graph_says_the_same(inside: str, nodes: tuple[str, ...]) -> None:
    table = read_rdf(rdf(inside, *nodes), "x")
    assert table["packages"] == [{"SPDXID": "SPDXRef-a", "name": "a", "versionInfo": "1"}]
    assert table["relationships"] == [
        {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES",
            "relatedSpdxElement": "SPDXRef-a",
        }
    ]


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ('<licenseDeclared rdf:resource="http://spdx.org/licenses/MIT"/>', "MIT"),
        ('<licenseDeclared rdf:resource="https://spdx.org/licenses/MIT.html"/>', "MIT"),
        ('<licenseDeclared rdf:resource="http://spdx.org/rdf/terms#none"/>', "NONE"),
        ('<licenseDeclared rdf:resource="#LicenseRef-1"/>', "LicenseRef-1"),
        (
            (
                "<licenseDeclared><ConjunctiveLicenseSet>"
                '<member rdf:resource="http://spdx.org/licenses/Zlib"/><member><DisjunctiveLicenseSet>'
                '<member rdf:resource="http://spdx.org/licenses/MIT"/><member rdf:resource="#LicenseRef-1"/>'
                "</DisjunctiveLicenseSet></member></ConjunctiveLicenseSet></licenseDeclared>"
            ),
            "(LicenseRef-1 OR MIT) AND Zlib",
        ),
        (
            (
                "<licenseDeclared><WithExceptionOperator>"
                '<member><OrLaterOperator><member rdf:resource="http://spdx.org/licenses/GPL-2.0"/></OrLaterOperator></member>'
                "<licenseException><LicenseException><licenseExceptionId>Classpath-exception-2.0</licenseExceptionId>"
                "</LicenseException></licenseException></WithExceptionOperator></licenseDeclared>"
            ),
            "GPL-2.0+ WITH Classpath-exception-2.0",
        ),
        ("<licenseDeclared><ListedLicense><licenseId>MIT</licenseId></ListedLicense></licenseDeclared>", "MIT"),
        ("<licenseDeclared>MIT</licenseDeclared>", "MIT"),
        ('<licenseDeclared rdf:nodeID="loop"/>', ""),
    ],
)
def test_licences_are_read_as_expressions(licence: str, expected: str) -> None:
    loop = '<ConjunctiveLicenseSet rdf:nodeID="loop"><member rdf:nodeID="loop"/></ConjunctiveLicenseSet>'
    table = read_rdf(rdf("", f'<Package rdf:about="#SPDXRef-a"><name>a</name>{licence}</Package>', loop), "x")
    assert table["packages"][0]["licenseDeclared"] == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            "x:1: a document type declaration, which could hold entities; remove it",
        ),
        (
            b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
            "x:1: a document type declaration, which could hold entities; remove it",
        ),
        (b"<a>&b;</a>", "x:1: not valid XML: undefined entity"),
        (b"<a>", "x:1: not valid XML: no element found"),
        (b"", "x:1: not valid XML: no element found"),
        (b'<?xml version="1.0" encoding="none"?><a/>', "x: not valid XML: unknown encoding: none"),
        (b"<a/>", "x: expected one spdx:SpdxDocument, got 0"),
        (rdf("", DOCUMENT.format("").replace("DOCUMENT", "other")), "x: expected one spdx:SpdxDocument, got 2"),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_rdf(data, "x")
    assert str(caught.value) == message


def doubling(depth: int) -> str:
    """Give sets of two sets each, which stand for 2 ** depth licences."""
    sets = [
        f'<ConjunctiveLicenseSet rdf:nodeID="{side}{level}"><member rdf:nodeID="a{level + 1}"/>'
        f'<member rdf:nodeID="b{level + 1}"/></ConjunctiveLicenseSet>'
        for level in range(depth)
        for side in "ab"
    ]
    ends = [
        f'<ListedLicense rdf:nodeID="{side}{depth}"><licenseId>{name}</licenseId></ListedLicense>'
        for side, name in (("a", "MIT"), ("b", "ISC"))
    ]
    return "".join(sets + ends)


@pytest.mark.parametrize("depth", [12, 40])
def test_sets_that_share_members_do_not_grow_without_end(depth: int) -> None:
    package = '<Package rdf:about="#SPDXRef-a"><licenseDeclared rdf:nodeID="a0"/></Package>'
    assert read_rdf(rdf("", package, doubling(depth)), "x")["packages"][0]["licenseDeclared"] == ""


def test_sets_that_share_members_are_read() -> None:
    package = '<Package rdf:about="#SPDXRef-a"><licenseDeclared rdf:nodeID="a0"/></Package>'
    assert read_rdf(rdf("", package, doubling(2)), "x")["packages"][0]["licenseDeclared"] == "ISC AND MIT"


def test_a_set_is_unknown_where_a_member_nests_too_deeply() -> None:
    loop = '<DisjunctiveLicenseSet rdf:nodeID="loop"><member rdf:nodeID="loop"/></DisjunctiveLicenseSet>'
    both = '<member rdf:resource="http://spdx.org/licenses/MIT"/><member rdf:nodeID="loop"/>'
    licence = f"<licenseDeclared><ConjunctiveLicenseSet>{both}</ConjunctiveLicenseSet></licenseDeclared>"
    table = read_rdf(rdf("", f'<Package rdf:about="#SPDXRef-a"><name>a</name>{licence}</Package>', loop), "x")
    assert table["packages"][0]["licenseDeclared"] == ""


def test_a_statement_that_stands_twice_is_one() -> None:
    reference = (
        '<externalRef><ExternalRef rdf:nodeID="r"><referenceLocator>a</referenceLocator></ExternalRef></externalRef>'
    )
    table = read_rdf(rdf("", f'<Package rdf:about="#SPDXRef-a">{reference * 3}</Package>'), "x")
    assert table["packages"][0]["externalRefs"] == [{"referenceLocator": "a"}]


def test_a_node_that_everything_leads_to_is_not_copied_without_end() -> None:
    files = "".join(
        f"<packageVerificationCodeExcludedFile>{n}</packageVerificationCodeExcludedFile>" for n in range(500)
    )
    shared = f'<PackageVerificationCode rdf:nodeID="code">{files}</PackageVerificationCode>'
    packages = (
        f'<Package rdf:about="#SPDXRef-{n}"><packageVerificationCode rdf:nodeID="code"/></Package>' for n in range(500)
    )
    with pytest.raises(InputError, match=r"^x: its nodes lead to each other so often"):
        read_rdf(rdf("", shared, *packages), "x")


def test_depth_is_bounded() -> None:
    with pytest.raises(InputError, match="elements inside each other"):
        read_graph(b"<a>" * 30_000, "x")


def test_characters_that_xml_does_not_have_are_in_the_note() -> None:
    table = rich()
    table["packages"][0]["description"] = "bell \x07, return \r, no \ufffe & <b>"
    made = document(inventory=sbom.decode(json.dumps(table).encode(), "x"), report=None)
    data = sbom.encode(made, "spdx-rdf")
    assert b"bell \\x07, return &#13;, no \\ufffe &amp; &lt;b&gt;" in data
    assert sbom.decode(data, "x") == made.inventory


def test_every_row_has_a_kind_that_is_known() -> None:
    kinds = {"text", "texts", "word", "licence", "licences", "flag", "uri", "element", "reference", "pointer"}
    for rows in CLASSES.values():
        for _, _, form in rows:
            kind, _, argument = form.partition(":")
            assert kind in kinds or (kind in ("enum", "enums", "node", "nodes") and argument)
            assert kind not in ("node", "nodes") or argument in CLASSES
