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


def test_the_register_has_each_format_by_its_name() -> None:
    assert list(FORMATS) == ["cyclonedx-json", "spdx-json"]
    for name, form in FORMATS.items():
        assert name == form.name
        assert form.version in form.versions
        assert form.extension.startswith(".")
    assert (
        len({form.extension for form in FORMATS.values()}) == len({form.media_type for form in FORMATS.values()}) == 2
    )


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_a_format_says_what_it_reads_and_cannot_know(form: Format) -> None:
    text = importlib.import_module(form.encode.__module__).__doc__ or ""
    for heading in ("Writes:", "Reads:", "Gives:", "Cannot know:"):
        assert heading in text
    assert re.search(r"https://\S+", text)


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_a_document_is_recognised_by_its_content(form: Format) -> None:
    data = sbom.encode(document(), form.name)
    assert sbom.recognise(data) is form
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
    with pytest.raises(UsageError, match="unknown SBOM format 'spdx'; expected one of cyclonedx-json, spdx-json"):
        sbom.encode(document(), "spdx")


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_a_document_ends_with_a_line_end_and_is_indented(form: Format) -> None:
    data = sbom.encode(document(), form.name)
    assert data.endswith(b"}\n")
    assert data.startswith(b"{\n ")
