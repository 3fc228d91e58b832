"""SBOMs in forms that are not read are named, so that nobody takes them for something without packages."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody import sbom
from custody.errors import InputError
from custody.sbom import unread_form
from custody.workflows.examine import examine
from custody.workflows.interface import Silent
from tests.sbom.samples import document


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b"bomFormat: CycloneDX\nspecVersion: '1.6'\n", "CycloneDX YAML"),
        (b"# by hand\n---\nspecVersion: '1.6'\nbomFormat: CycloneDX\n", "CycloneDX YAML"),
    ],
)
def test_a_form_that_is_not_read_has_its_name(data: bytes, form: str) -> None:
    assert sbom.recognise(data) is None
    assert unread_form(data) == form
    assert unread_form(data.replace(b"\n", b"\r\n")) == form


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b'<?xml version="1.0"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1"/>', "cyclonedx-xml"),
        (b'\xef\xbb\xbf<!-- made --><c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.4"></c:bom>', "cyclonedx-xml"),
        (b'<rdf:RDF xmlns:spdx="http://spdx.org/rdf/terms#"></rdf:RDF>', "spdx-rdf"),
        (b'<!-- a --><RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#" a="spdx.org/rdf/terms"/>', "spdx-rdf"),
        (b"SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n", "spdx-tag-value"),
        (b"# by hand\n\n  SPDXVersion: SPDX-2.2\n", "spdx-tag-value"),
        (b"b'SPDXVersion: SPDX-2.2\n", "spdx-tag-value"),
        (b'SPDXID: "SPDXRef-DOCUMENT"\nspdxVersion: "SPDX-2.3"\n', "spdx-yaml"),
        (b"---\nspdxVersion: SPDX-2.3\n", "spdx-yaml"),
        (b'{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}', "spdx3-json"),
    ],
)
def test_every_other_form_is_read(data: bytes, form: str) -> None:
    for text in (data, data.replace(b"\n", b"\r\n")):
        found = sbom.recognise(text)
        assert found is not None
        assert found.name == form
        assert unread_form(text) == ""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"<html>cyclonedx.org/schema/bom</html>",
        b"<project><bom/></project>",
        b"A page that says SPDXVersion: SPDX-2.3 in its middle\n",
        b"text first\nSPDXVersion: SPDX-2.3\n",
        b"import x\n  spdxVersion: SPDX-2.3\n",
        b"#!/bin/sh\ncat <<E\nspdxVersion: SPDX-2.3\nE\n",
        b"\x7fELF\x02\n",
        b"PK\x03\x04",
        b'{"@context": "https://schema.org"}',
    ],
)
def test_anything_else_has_none(data: bytes) -> None:
    assert unread_form(data) == ""
    assert sbom.recognise(data) is None


@pytest.mark.parametrize("name", sbom.written())
def test_what_is_read_is_not_called_unread(name: str) -> None:
    assert unread_form(sbom.encode(document(), name)) == ""


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    for start in (b"", b"<", b"<bom ", b"spdxVersion:", b"{"):
        unread_form(start + data)


@pytest.mark.parametrize("name", ["bom.xml", "bom.json", "bom.spdx", "bom"])
@pytest.mark.parametrize("scheme", ["", "sbom:"])
def test_examining_one_says_what_to_do(tmp_path: Path, name: str, scheme: str) -> None:
    file = tmp_path / name
    file.write_bytes(b"bomFormat: CycloneDX\n")
    with pytest.raises(InputError, match=r"CycloneDX YAML is not read yet; convert it to JSON"):
        examine(f"{scheme}{file}", Silent(), platform=None)
