"""SBOMs in forms that are not read are named, so that nobody takes them for something without packages."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody import sbom
from custody.errors import InputError
from custody.sbom import FORMATS, unread_form
from custody.workflows.examine import examine
from custody.workflows.interface import Silent
from tests.sbom.samples import document


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b'<?xml version="1.0"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1"/>', "CycloneDX XML"),
        (b'\xef\xbb\xbf<!-- made --><c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.4"></c:bom>', "CycloneDX XML"),
        (b'<rdf:RDF xmlns:spdx="http://spdx.org/rdf/terms#"></rdf:RDF>', "SPDX RDF"),
        (b"SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n", "SPDX tag-value"),
        (b"# by hand\n\n  SPDXVersion: SPDX-2.2\n", "SPDX tag-value"),
        (b'SPDXID: "SPDXRef-DOCUMENT"\nspdxVersion: "SPDX-2.3"\n', "SPDX YAML"),
        (b"---\nspdxVersion: SPDX-2.3\n", "SPDX YAML"),
        (b"bomFormat: CycloneDX\nspecVersion: '1.6'\n", "CycloneDX YAML"),
        (b'{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}', "SPDX 3 JSON"),
    ],
)
def test_a_form_that_is_not_read_has_its_name(data: bytes, form: str) -> None:
    assert sbom.recognise(data) is None
    assert unread_form(data) == form
    assert unread_form(data.replace(b"\n", b"\r\n")) == form


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


@pytest.mark.parametrize("name", list(FORMATS))
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
    file.write_bytes(b"SPDXVersion: SPDX-2.3\n")
    with pytest.raises(InputError, match=r"SPDX tag-value is not read yet; convert it to JSON"):
        examine(f"{scheme}{file}", Silent(), platform=None)
