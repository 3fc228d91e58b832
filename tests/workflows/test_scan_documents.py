"""A scan as an SBOM with findings, in each format that has a place for them."""

from __future__ import annotations

import pytest

from custody import sbom
from custody.model import ScanReport
from custody.workflows.scan_documents import DOCUMENTS, scan_document
from tests.sbom.samples import JINJA, NOW, finding, inventory, report


@pytest.mark.parametrize("form", DOCUMENTS)
def test_a_document_has_the_packages_and_the_findings(form: str) -> None:
    def made(scanned: ScanReport) -> bytes:
        return scan_document(scanned, inventory(), form, created=NOW, source="registry.example/a:1")

    data = made(report(finding(JINJA, "CVE-2019-10906")))
    assert b"CVE-2019-10906" in data
    assert b"CVE-2019-10906" not in made(report())
    assert sbom.decode(data, "x") == inventory()


def test_they_are_the_sbom_formats_that_hold_findings() -> None:
    assert set(DOCUMENTS) == {name for name in sbom.written() if sbom.FORMATS[name].family}
