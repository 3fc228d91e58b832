"""The libraries of the SPDX project read what we write: spdx-tools all of SPDX 2, spdx-python-model SPDX 3."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from custody import sbom
from custody.sbom import Document
from tests.interop.foreign import ToolFailed, Unavailable, run
from tests.sbom.cyclonedx.test_vulnerabilities import EVERY
from tests.sbom.samples import document, report
from tests.sbom.spdx.rich import rich

pytestmark = pytest.mark.interop

LIBRARIES = ("spdx-tools==0.8.5", "spdx-python-model==0.0.6")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the Python of a virtual environment with the libraries; skip where they cannot be had."""
    folder = tmp_path_factory.mktemp("spdx-libraries")
    try:
        run([sys.executable, "-m", "venv", folder])
        run([folder / "bin" / "pip", "install", "--quiet", *LIBRARIES])
    except (Unavailable, ToolFailed) as error:
        pytest.skip(f"no {' and '.join(LIBRARIES)}: {error}")
    return folder / "bin" / "python"


def documents() -> dict[str, Document]:
    table = rich()
    del table["revieweds"]  # deprecated: spdx-tools knows their tags no more
    table["packages"][0]["checksums"].pop()  # it takes the bits of BLAKE3 for its digits
    foreign = sbom.decode(json.dumps(table).encode(), "rich")
    return {
        "sample": document(),
        "scanned": document(report=report(*EVERY)),
        "rich": document(inventory=foreign, report=None),
    }


def judged(python: Path, folder: Path) -> list[str]:
    return run([python, Path(__file__).parent / "spdx_oracle.py", folder]).splitlines()


def test_they_read_every_form_and_find_the_same_in_each(python: Path, tmp_path: Path) -> None:
    for name, made in documents().items():
        for form in sbom.FORMATS.values():
            for version in form.writes if form.family.startswith("spdx") else ():
                (tmp_path / f"{name}-{version}{form.extension}").write_bytes(sbom.encode(made, form.name, version))
    assert judged(python, tmp_path) == []


def test_they_see_what_is_broken(python: Path, tmp_path: Path) -> None:
    """So that silence means something: each form, with one fault in it."""
    breaks: dict[str, Callable[[bytes], bytes]] = {
        "spdx-json": lambda data: data.replace(b'"DEPENDS_ON"', b'"LIKES"'),
        "spdx-tag-value": lambda data: data.replace(b"PackageVersion: 2.10", b"PackageVersion: 2.11"),
        "spdx-yaml": lambda data: data.replace(b'name: "Jinja2"', b'name: "Jinja3"'),
        "spdx-rdf": lambda data: data.replace(b"relationshipType_dependsOn", b"relationshipType_contains"),
        "spdx3-json": lambda data: data.replace(b'"dependsOn"', b'"likes"'),
    }
    for name, change in breaks.items():
        folder = tmp_path / name
        folder.mkdir()
        for form in sbom.FORMATS.values():
            if form.family.startswith("spdx"):
                data = sbom.encode(document(), form.name)
                assert form.name != name or change(data) != data
                (folder / f"sample{form.extension}").write_bytes(change(data) if form.name == name else data)
        assert judged(python, folder) != [], name
