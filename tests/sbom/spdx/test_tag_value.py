"""Tag-value: every section of SPDX 2.3, and what tools make of it."""

from __future__ import annotations

import json

import pytest

from custody import sbom
from custody.errors import InputError
from custody.sbom.spdx.tag_value_read import read_tag_value
from custody.sbom.spdx.tag_value_write import write_tag_value
from tests.sbom.samples import document
from tests.sbom.spdx.rich import rich

HEAD = b"""SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: by hand
DocumentNamespace: https://sbom.example/hand
Creator: Tool: hand-1.0
Created: 2026-01-01T00:00:00Z
"""
PACKAGE = b"""# ---- a package
PackageName: app
SPDXID: SPDXRef-app
PackageVersion: 1.0
PackageDownloadLocation: NOASSERTION
"""


def test_every_field_comes_back() -> None:
    table, notes = read_tag_value(write_tag_value(rich()), "x")
    assert notes == []
    assert table == rich()


def test_a_text_of_several_lines_keeps_its_lines() -> None:
    data = (
        HEAD + PACKAGE + b"PackageDescription: <text>\none\n\n  two: three\n# no comment\n</text> \nPackageSummary: s\n"
    )
    table, notes = read_tag_value(data, "x")
    assert notes == []
    assert table["packages"][0]["description"] == "one\n\n  two: three\n# no comment"
    assert table["packages"][0]["summary"] == "s"


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_lines_may_end_in_any_way(end: bytes) -> None:
    data = HEAD + PACKAGE + b"PackageDescription: <text>one\ntwo</text>\n"
    assert read_tag_value(data.replace(b"\n", end), "x") == read_tag_value(data, "x")
    found = sbom.recognise(data.replace(b"\n", end))
    assert found is not None
    assert found.name == "spdx-tag-value"


def test_a_python_literal_is_taken_for_what_it_holds() -> None:
    found = sbom.decode(b"b'" + HEAD + PACKAGE + b"', 'name')\n", "x")
    assert found.root.name == "app"
    assert [item.reason for item in found.skipped] == ["""not a line `Tag: value`: line 13 ("', 'name')")"""]


def test_a_file_after_a_package_is_its_file() -> None:
    file = b"FileName: ./a.c\nSPDXID: SPDXRef-a\nFileChecksum: SHA1: " + b"11" * 20 + b"\n"
    table, _ = read_tag_value(HEAD + file.replace(b"-a\n", b"-b\n") + PACKAGE + file, "x")
    assert table["packages"][0]["hasFiles"] == ["SPDXRef-a"]
    table, _ = read_tag_value(HEAD + PACKAGE + b"FilesAnalyzed: false\n" + file, "x")
    assert "hasFiles" not in table["packages"][0]


def test_relationships_and_annotations_may_stand_anywhere() -> None:
    data = (
        HEAD
        + b"Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-app\nRelationshipComment: why\n"
        + PACKAGE
        + b"Annotator: Person: Anna\nAnnotationDate: 2026-01-01T00:00:00Z\nAnnotationType: OTHER\n"
        + b"SPDXREF: SPDXRef-app\nAnnotationComment: <text>hm\n</text>\nPackageSummary: still the package\n"
    )
    table, notes = read_tag_value(data, "x")
    assert notes == []
    assert table["relationships"] == [
        {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES",
            "relatedSpdxElement": "SPDXRef-app",
            "comment": "why",
        }
    ]
    assert table["packages"][0]["annotations"][0]["comment"] == "hm"
    assert table["packages"][0]["summary"] == "still the package"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"just words\n", "not a line `Tag: value`: line 13 ('just words')"),
        (b"PackageColour: red\n", "no tag of SPDX: PackageColour: line 13"),
        (b"ReviewComment: good\n", "ReviewComment before what it belongs to: line 13"),
        (b"Relationship: A B\n", "not understood: Relationship: line 13 ('A B')"),
        (b"PackageChecksum: abc\n", "not understood: PackageChecksum: line 13 ('abc')"),
        (b"ExternalRef: SECURITY\n", "not understood: ExternalRef: line 13 ('SECURITY')"),
        (b"PackageVerificationCode: a b c\n", "not understood: PackageVerificationCode: line 13 ('a b c')"),
        (b"a\n" * 9, ("not a line `Tag: value`: line 13 ('a'), line 14 ('a'), line 15 ('a'), line 16 ('a'), "
         "line 17 ('a') and 4 more")),
    ],
)  # fmt: skip
def test_a_line_that_nothing_explains_is_said(line: bytes, reason: str) -> None:
    found = sbom.decode(HEAD + PACKAGE + line, "x.spdx")
    assert [(item.where, item.reason) for item in found.skipped if "lines" in item.where] == [("x.spdx:lines", reason)]
    assert found.root.name == "app"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (HEAD + b"DocumentComment: <text>never\nends\n", "x:8: a <text> that does not end; add </text>"),
        (HEAD + b"DocumentComment: \xff\n", "x: not UTF-8: byte 206"),
        (HEAD.replace(b"2.3", b"3.0"), "x:spdxVersion: expected SPDX-2.2 or SPDX-2.3, got 'SPDX-3.0'"),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        sbom.decode(data, "x")
    assert str(caught.value) == message


def test_a_text_cannot_end_its_own_text() -> None:
    """The end of a text has no escape: a text that holds it is changed, and the real one stands in the note."""
    table = rich()
    table["packages"][0]["description"] = "one </text>\nPackageName: forged"
    made = document(inventory=sbom.decode(json.dumps(table).encode(), "x"), report=None)
    data = sbom.encode(made, "spdx-tag-value")
    assert b"PackageName: forged" in data
    again = sbom.decode(data, "x")
    assert again == made.inventory
    assert again.root.description == "one </text>\nPackageName: forged"
    assert "forged" not in {package.name for package in again.packages}
    assert data.count(b"<text>") == data.count(b"</text>")
