"""Every real SPDX document of the shared data: read or refused with a reason, written again, and nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody import sbom
from custody.errors import InputError
from tests.sbom.real import files, read
from tests.sbom.samples import document
from tests.sbom.spdx.test_kept import kept as kept2
from tests.sbom.spdx3.test_read import kept as kept3

FOLDERS = {
    "odd": "",
    "spdx-json": "spdx-json",
    "spdx-rdf": "spdx-rdf",
    "spdx-tag-value": "spdx-tag-value",
    "spdx-yaml": "spdx-yaml",
    "spdx3-jsonld": "spdx3-json",
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_document_is_read_or_refused_with_a_reason(shared: Path, folder: str) -> None:
    for file in files(shared, folder):
        name, data = file.name, file.read_bytes()
        found = sbom.recognise(data)
        if folder == "odd":
            try:
                sbom.decode(data, name)
            except InputError as error:
                assert str(error).startswith(name)
                assert len(str(error)) > len(name) + 20
            continue
        assert found is not None, name
        assert found.name == FOLDERS[folder], name
        inventory = read(file)
        assert {edge.target for edge in inventory.dependencies} >= {package.id for package in inventory.packages}


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if folder != "odd"])
def test_a_round_trip_in_the_same_format_loses_nothing(shared: Path, folder: str) -> None:
    name = FOLDERS[folder]
    kept = kept3 if name == "spdx3-json" else kept2
    for file in files(shared, folder):
        inventory = read(file)
        for version in sbom.FORMATS[name].writes[-1:]:
            written = sbom.encode(document(inventory=inventory, report=None), name, version)
            again = sbom.decode(written, file.name)
            assert again == inventory, (file, version)
            assert kept(again) == kept(inventory), (file, version)
            assert sbom.encode(document(inventory=again, report=None), name, version) == written, (file, version)


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if folder.startswith("spdx")])
def test_what_we_make_of_real_documents_conforms(shared: Path, folder: str) -> None:
    for file in files(shared, folder):
        made = document(inventory=read(file), report=None)
        written = sbom.encode(made, "spdx-json")
        assert [str(p) for p in sbom.validate_spdx23(written, "a.spdx.json") if p.severity == "error"] == [], file
        written = sbom.encode(made, "spdx3-json")
        assert [str(p) for p in sbom.validate_spdx3(written, "a.spdx3.json") if p.severity == "error"] == [], file
