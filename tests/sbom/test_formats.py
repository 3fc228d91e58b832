"""The register of formats, and how a document finds its format."""

from __future__ import annotations

import importlib
import json
import re

import pytest

from custody import sbom
from custody.errors import InputError, UsageError
from custody.sbom import FORMATS, Format
from tests.sbom.samples import document

WHOLE = [form for form in FORMATS.values() if form.family or form.name.startswith("cyclonedx")]
"""The formats that hold a whole inventory, and are written and read."""


def test_the_register_has_each_format_by_its_name() -> None:
    assert set(FORMATS) >= {
        "cyclonedx-json",
        "cyclonedx-xml",
        "spdx-json",
        "spdx-rdf",
        "spdx-tag-value",
        "spdx-yaml",
        "spdx3-json",
    }
    for name, form in FORMATS.items():
        assert name == form.name
        assert form.version in (*form.versions, *form.writes, "")
        assert form.extension.startswith(".")
        assert len(set(form.writes)) == len(form.writes)
        assert (form.encode is None) == (not form.writes)
    extensions = [form.extension for form in WHOLE]
    assert len(set(extensions)) == len(extensions)


@pytest.mark.parametrize("form", WHOLE, ids=lambda form: form.name)
def test_every_version_that_is_written_is_read(form: Format) -> None:
    assert set(form.writes) <= set(form.versions)
    for version in form.writes:
        data = sbom.encode(document(), form.name, version)
        assert sbom.recognise(data) is form
        assert version.encode() in data[:600] or version.encode() in data
        assert {package.id for package in sbom.decode(data, "x").packages} == {
            package.id for package in document().inventory.packages
        }


def test_a_version_that_is_not_written_is_a_usage_error() -> None:
    with pytest.raises(
        UsageError, match=r"--format-version: spdx-json is not written in version '1\.0'; .* 2\.2, 2\.3"
    ):
        sbom.encode(document(), "spdx-json", "1.0")


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_a_format_says_what_it_reads_and_cannot_know(form: Format) -> None:
    code = form.encode or form.decode
    assert code is not None
    text = importlib.import_module(code.__module__).__doc__ or ""
    for heading in ("rites", "eads", "Gives:", "Cannot know:"):  # "Writes and reads: …" says both
        assert heading in text
    assert re.search(r"https://\S+", text)


@pytest.mark.parametrize("form", WHOLE, ids=lambda form: form.name)
def test_a_document_is_recognised_by_its_content(form: Format) -> None:
    data = sbom.encode(document(), form.name)
    assert sbom.recognise(data) is form
    assert sbom.recognise(b"\xef\xbb\xbf" + data) is form
    if not form.name.endswith("-json"):
        return
    assert sbom.recognise(b"  \n" + data) is form
    table = json.loads(data)
    turned = json.dumps(dict(reversed(table.items()))).encode()
    assert sbom.recognise(turned) is form
    assert sbom.decode(turned, "any.txt") == document().inventory


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b'["spdxVersion"]',
        b"see spdxVersion: SPDX-2.3",
        b'{"text": "a \\"spdxVersion\\" in a text"}',
        b"\x1f\x8b",
    ],
)
def test_what_is_no_sbom_is_not_recognised(data: bytes) -> None:
    assert sbom.recognise(data) is None
    with pytest.raises(InputError, match="not an SBOM of a known format"):
        sbom.decode(data, "file")


def test_an_unknown_name_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"unknown SBOM format 'spdx'; expected one of .*cyclonedx-json, .*spdx-json"):
        sbom.encode(document(), "spdx")


@pytest.mark.parametrize("form", [form for form in WHOLE if form.name.endswith("-json")], ids=lambda form: form.name)
def test_a_document_ends_with_a_line_end_and_is_indented(form: Format) -> None:
    data = sbom.encode(document(), form.name)
    assert data.endswith(b"}\n")
    assert data.startswith(b"{\n ")
