"""The forms of a scan report that need more than the report.

An SBOM that carries the findings (CycloneDX with vulnerabilities, SPDX with security facts), and VEX documents, which
somebody states.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from custody.model import Inventory, ScanReport

__all__ = ["DOCUMENTS", "VEX", "formats", "scan_document", "write_form"]

DOCUMENTS = (
    "cyclonedx-json",
    "cyclonedx-xml",
    "spdx-json",
    "spdx-rdf",
    "spdx-tag-value",
    "spdx-yaml",
    "spdx3-json",
)
"""The SBOM formats that have a place for findings."""
VEX = ("csaf", "openvex")
"""What findings and decisions can be stated in; CycloneDX states them in the SBOM itself."""


def formats() -> list[str]:
    """Give the names of all forms in which a scan can be written, sorted."""
    from custody.report import FORMATS

    return sorted({"table", *FORMATS, *DOCUMENTS, *VEX})


def write_form(
    report: ScanReport,
    inventory: Inventory,
    form: str,
    *,
    created: dt.datetime,
    source: str,
    author: str = "",
    namespace: str = "",
) -> bytes:
    """Write a scan in one of `formats`, but for the table of a screen. author, namespace: who states a VEX document."""
    if form in DOCUMENTS:
        return scan_document(report, inventory, form, created=created, source=source)
    if form in VEX:
        from custody.workflows.vex_out import Author, vex_document

        by = Author(name=author, namespace=namespace)
        return vex_document(report, inventory.artifact, inventory.root.purl, form, author=by, now=created)
    from custody import __version__
    from custody.report import encode_report

    return encode_report(report, inventory, form, tool_version=__version__)


def scan_document(report: ScanReport, inventory: Inventory, form: str, *, created: dt.datetime, source: str) -> bytes:
    """Write the packages of an inventory with the findings about them. form: one of `DOCUMENTS`.

    created: the document's time; source: what was scanned, as it was named.
    """
    from custody import sbom
    from custody.workflows.context import build_context

    context = build_context(source, None, started_at=created, parameters={})
    return sbom.encode(sbom.Document(inventory=inventory, created=created, context=context, report=report), form)
