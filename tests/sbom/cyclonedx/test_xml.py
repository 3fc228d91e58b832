"""CycloneDX in XML: what reaches beyond the document is refused, what is old or foreign is read."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody import sbom
from custody.errors import InputError
from custody.sbom.cyclonedx.xml_read import ANY, read_xml
from custody.sbom.cyclonedx.xml_tree import MAX_DEPTH, parse_xml
from custody.sbom.cyclonedx.xml_write import write_element
from tests.sbom.samples import document

BOM = '<bom xmlns="http://cyclonedx.org/schema/bom/{}" version="1">{}</bom>'


def bom(inner: str, version: str = "1.6") -> bytes:
    return BOM.format(version, inner).encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "x: not valid XML: no element found: line 1, column 0"),
        (b"<bom>", "x: not valid XML: no element found: line 1, column 5"),
        (
            b'<!DOCTYPE bom [<!ENTITY a "b">]><bom xmlns="http://cyclonedx.org/schema/bom/1.6">&a;</bom>',
            "x: line 1: a document type declaration is not read; remove the <!DOCTYPE …> line",
        ),
        (
            b'<!DOCTYPE bom SYSTEM "file:///etc/passwd"><bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>',
            "x: line 1: a document type declaration is not read; remove the <!DOCTYPE …> line",
        ),
        (bom("&a;"), "x: not valid XML: undefined entity: line 1, column 61"),
        (b"<bom/>", "x: expected a CycloneDX bom, got <bom> of the namespace ''"),
        (bom("", "9.9"), "x:specVersion: expected one of 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, got '9.9'"),
        (b'<?xml version="1.0" encoding="nonsense"?><bom/>', "x: not valid XML: unknown encoding: nonsense"),
        (bom("\x01"), "x: not valid XML: not well-formed (invalid token): line 1, column 61"),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, message: str) -> None:
    from custody.sbom import FORMATS

    decode = FORMATS["cyclonedx-xml"].decode
    assert decode is not None
    with pytest.raises(InputError) as caught:
        decode(data, "x")
    assert str(caught.value) == message


def test_elements_nest_only_so_deep() -> None:
    depth = MAX_DEPTH // 2 - 2
    good = bom(
        "<components>"
        + '<component type="library"><name>a</name><components>' * depth
        + "</components></component>" * depth
        + "</components>"
    )
    assert [package.name for package in sbom.decode(good, "x").packages] == ["a"]
    with pytest.raises(InputError, match=f"more than {MAX_DEPTH} elements inside each other"):
        parse_xml(b"<a>" * 100_000, "x")


def test_the_first_version_is_read() -> None:
    data = bom(
        '<components><component type="library"><publisher>Acme</publisher><group>org.example</group><name>a</name>'
        '<version>1</version><scope>required</scope><hashes><hash alg="MD5">2342c2eaf1feb9a80195dbaddf2ebaa3</hash>'
        "</hashes><licenses><license><id>MIT</id></license></licenses><purl>pkg:maven/org.example/a@1?type=jar</purl>"
        "<modified>false</modified></component></components>",
        "1.0",
    )  # fmt: skip
    (package,) = sbom.decode(data, "x").packages
    assert (package.name, package.version, package.licence_declared) == ("org.example:a", "1", "MIT")
    assert package.originator == "Organization: Acme"
    assert package.checksums[0].algorithm == "md5"


def test_prefixes_cdata_comments_and_white_space_change_nothing() -> None:
    data = (
        b'\xef\xbb\xbf<?xml version="1.0"?><!-- made by hand -->\n'
        b'<c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.4"><c:components><c:component type="library">'
        b"<!-- x --><c:name><![CDATA[a&b]]></c:name>\n  <c:version>1</c:version></c:component></c:components></c:bom>"
    )
    assert sbom.recognise(data) is sbom.FORMATS["cyclonedx-xml"]
    (package,) = sbom.decode(data, "x").packages
    assert package.name == "a&b"


def test_values_have_the_types_of_json() -> None:
    table = read_xml(
        bom(
            '<components><component type="library" bom-ref="a"><name>a</name><modified>1</modified>'
            "<evidence><identity><field>purl</field><confidence>0.5</confidence></identity>"
            '<occurrences><occurrence bom-ref="o"><location>l</location><line>7</line></occurrence></occurrences>'
            "</evidence></component></components>"
            '<dependencies><dependency ref="a"><dependency ref="b"><dependency ref="c"/></dependency>'
            '<provides ref="d"/></dependency></dependencies>'
            '<compositions><composition><aggregate>complete</aggregate><assemblies><assembly ref="a"/></assemblies>'
            "</composition></compositions>"
        ),
        "x",
    )
    component = table["components"][0]
    assert component["modified"] is True
    assert component["evidence"] == {
        "identity": [{"field": "purl", "confidence": 0.5}],
        "occurrences": [{"bom-ref": "o", "location": "l", "line": 7}],
    }
    assert table["dependencies"] == [
        {"ref": "a", "dependsOn": ["b"], "provides": ["d"]},
        {"ref": "b", "dependsOn": ["c"]},
    ]
    assert table["compositions"] == [{"aggregate": "complete", "assemblies": ["a"]}]


def test_elements_of_another_namespace_come_back() -> None:
    data = bom(
        '<components><component type="library"><name>a</name>'
        '<v:note xmlns:v="https://extension.example/1" v:level="2" kind="x"><v:part>words</v:part></v:note>'
        "</component></components>"
    )
    inventory = sbom.decode(data, "x")
    written = sbom.encode(document(inventory=inventory, report=None), "cyclonedx-xml")
    (component,) = read_xml(written, "x")["components"]
    space = "{https://extension.example/1}"
    assert component[ANY] == [
        [f"{space}note", {f"{space}level": "2", "kind": "x"}, [[f"{space}part", {}, [], "words"]], ""]
    ]
    assert sbom.losses(document(inventory=inventory, report=None), "cyclonedx-xml") == []
    assert any("xml:any" in line for line in sbom.losses(document(inventory=inventory, report=None), "cyclonedx-json"))


@given(text=st.text(max_size=30))
@settings(max_examples=100, deadline=None)
def test_any_text_comes_back_but_for_what_xml_cannot_hold(text: str) -> None:
    out: list[str] = []
    write_element(
        out, "bom", {"serialNumber": text, "properties": [{"name": text, "value": text}]}, "bom", 0, Counter()
    )
    data = (
        "".join(out).replace("<bom", '<bom xmlns="http://cyclonedx.org/schema/bom/1.6"', 1).encode("utf-8", "replace")
    )
    expected = "".join("\ufffd" if (c < " " and c not in "\t\n\r") or c in "\ufffe\uffff" else c for c in text)
    table = read_xml(data, "x")
    assert table["serialNumber"] == expected
    assert table["properties"] == [{"name": expected, "value": expected}]


def test_any_one_byte_may_be_anything() -> None:
    data = sbom.encode(document(), "cyclonedx-xml")
    decode = sbom.FORMATS["cyclonedx-xml"].decode
    assert decode is not None
    chance = random.Random(5)  # noqa: S311 - places, not secrets
    for _ in range(300):
        at = chance.randrange(len(data))
        changed = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        for broken in (changed, data[:at]):
            try:
                decode(broken, "sbom")
            except InputError as error:
                assert str(error).startswith("sbom")
