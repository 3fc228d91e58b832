"""Every format is judged by its own rules, and by those only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from custody.errors import InputError
from custody.sbom import FORMATS, encode, written
from custody.sbom.validate.document import validate_document
from tests.sbom.samples import document

A = {"type": "library", "name": "a"}


def rules(data: bytes, name: str = "a.spdx.json") -> list[tuple[str, str]]:
    return [(p.where.partition(":")[2], p.rule) for p in validate_document(data, name) or () if p.severity == "error"]


@pytest.mark.parametrize(
    ("form", "version"),
    [(name, version) for name in written() for version in FORMATS[name].writes if FORMATS[name].decode],
)
def test_what_we_write_is_valid(form: str, version: str) -> None:
    found = validate_document(encode(document(), form, version), "a.spdx")
    if form.startswith(("spdx", "cyclonedx")):
        assert found is not None
        assert [problem for problem in found if problem.severity == "error"] == []
    else:
        assert found is None


def cyclonedx(**changes: Any) -> bytes:  # noqa: ANN401
    table = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.4",
        "components": [
            {"type": "library", "name": "a", "bom-ref": "a"},
            {"type": "library", "name": "b", "bom-ref": "b"},
        ],
        "dependencies": [{"ref": "a", "dependsOn": ["b"]}],
    }
    return json.dumps(table | changes).encode()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"nope": 1}, [("nope", "C1")]),
        ({"declarations": {}}, [("declarations", "C1")]),  # came with 1.6
        ({"components": [{"type": "library", "name": 1}], "dependencies": []}, [("components[0].name", "C2")]),
        ({"components": [{"type": "thing", "name": "a"}], "dependencies": []}, [("components[0].type", "C2")]),
        ({"components": [{"name": "a"}], "dependencies": []}, [("components[0].type", "C3")]),
        ({"components": {}, "dependencies": []}, [("components", "C2")]),
        ({"components": [1], "dependencies": []}, [("components[0]", "C2")]),
        ({"dependencies": [{"ref": "a", "dependsOn": ["c"]}]}, [("dependencies[0]", "C5")]),
        ({"dependencies": [{"ref": "a"}, {"ref": "a"}]}, [("dependencies[1].ref", "C4")]),
        ({"metadata": {"component": {**A, "bom-ref": "a"}}}, [("metadata.component.bom-ref", "C4")]),
        ({"serialNumber": "urn:uuid:x"}, [("serialNumber", "C2")]),
        ({"specVersion": "1.3"}, [("components[0].version", "C3"), ("components[1].version", "C3")]),
        ({"specVersion": "9"}, [("specVersion", "C2")]),
        (
            {"components": [{**A, "licenses": [{"expression": "MIT OR"}]}], "dependencies": []},
            [("components[0].licenses[0].expression", "C6")],
        ),
        (
            {"components": [{**A, "hashes": [{"alg": "MD6", "content": "x"}]}], "dependencies": []},
            [("components[0].hashes[0].alg", "C2"), ("components[0].hashes[0].content", "C2")],
        ),
    ],
)  # fmt: skip
def test_cyclonedx(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert sorted(rules(cyclonedx(**changes))) == sorted(expected)


def test_no_depth_of_nesting_exhausts_the_stack() -> None:
    inner: dict[str, Any] = {"type": "library", "name": "a", "nope": 1}
    for _ in range(300):
        inner = {"type": "library", "name": "a", "components": [inner]}
    assert [rule for _, rule in rules(cyclonedx(components=[inner], dependencies=[]))] == ["C1"]


def test_older_spdx_asks_for_what_was_mandatory_then() -> None:
    table = json.loads(encode(document(), "spdx-json", "2.2"))
    del table["packages"][1]["copyrightText"]
    assert rules(json.dumps(table).encode()) == [("packages[1].copyrightText", "7.17")]
    newer = json.loads(encode(document(), "spdx-json", "2.3"))
    newer["packages"][1].pop("copyrightText", None)
    assert rules(json.dumps(newer).encode()) == []


def test_a_broken_rule_is_found_in_every_form_of_spdx_2() -> None:
    for form, good, bad in (
        ("spdx-json", b'"dataLicense": "CC0-1.0"', b'"dataLicense": "MIT"'),
        ("spdx-tag-value", b"DataLicense: CC0-1.0", b"DataLicense: MIT"),
        ("spdx-yaml", b'dataLicense: "CC0-1.0"', b'dataLicense: "MIT"'),
    ):
        data = encode(document(), form)
        assert good in data
        assert ("dataLicense", "6.2") in rules(data.replace(good, bad), "a.spdx"), form


def test_what_is_no_sbom_is_an_input_error() -> None:
    with pytest.raises(InputError, match="not an SBOM"):
        validate_document(b"{}", "a.json")


def test_real_documents_that_their_schema_takes_break_no_rule_of_form(shared: Path) -> None:
    folder = shared / "data" / "sboms"
    index = json.loads((folder / "index.json").read_bytes())
    wrong = {}
    for entry in index:
        if entry["format"] == "cyclonedx-json" and entry.get("schema_valid"):
            data = (folder / entry["file"]).read_bytes()
            form = [
                p
                for p in validate_document(data, "a.cdx.json") or ()
                if p.severity == "error" and p.rule in ("C1", "C2", "C3")
            ]
            if form:
                wrong[entry["file"]] = form[0]
    assert wrong == {}
