"""What we write is valid by the official schemas of CycloneDX, JSON and XML, as its own library carries them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from custody import sbom
from tests.interop.foreign import ToolFailed, Unavailable, run
from tests.sbom.cyclonedx.test_vulnerabilities import EVERY
from tests.sbom.samples import document, report

pytestmark = pytest.mark.interop

LIBRARY = "cyclonedx-python-lib[validation]==11.12.0"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the Python of a virtual environment with the library; skip where it cannot be had."""
    folder = tmp_path_factory.mktemp("cyclonedx-library")
    try:
        run([sys.executable, "-m", "venv", folder])
        run([folder / "bin" / "pip", "install", "--quiet", LIBRARY])
    except (Unavailable, ToolFailed) as error:
        pytest.skip(f"no {LIBRARY}: {error}")
    return folder / "bin" / "python"


def judged(python: Path, folder: Path) -> list[str]:
    return run([python, Path(__file__).parent / "cyclonedx_oracle.py", folder]).splitlines()


def test_every_version_is_valid(python: Path, tmp_path: Path) -> None:
    for name, suffix in (("cyclonedx-json", "json"), ("cyclonedx-xml", "xml")):
        for version in sbom.FORMATS[name].writes:
            (tmp_path / f"{version}.{suffix}").write_bytes(sbom.encode(document(report=report(*EVERY)), name, version))
    faults = judged(python, tmp_path)
    assert [fault for fault in faults if not fault.startswith("unknown ")] == []
    assert not [fault for fault in faults if fault.startswith("unknown 1.6")]


def test_it_sees_what_is_broken(python: Path, tmp_path: Path) -> None:
    json_ = sbom.encode(document(), "cyclonedx-json", "1.6")
    xml = sbom.encode(document(), "cyclonedx-xml", "1.6")
    assert b'"library"' in json_
    assert b'type="library"' in xml
    (tmp_path / "1.6.json").write_bytes(json_.replace(b'"library"', b'"book"'))
    (tmp_path / "1.6.xml").write_bytes(xml.replace(b'type="library"', b'type="book"'))
    assert {fault.partition(":")[0] for fault in judged(python, tmp_path)} == {"1.6.json", "1.6.xml"}
