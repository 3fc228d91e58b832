"""GitLab's report of container scanning, security report schema 15.2.1; see `custody.report.gitlab`.

`operating_system` is "unknown" where the artifact names none, as the schema wants a text; `image` is the reference as
it was asked for, or the artifact's digest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from custody.errors import one_line
from custody.model import pretty_json
from custody.report.formats.interface import ReportFormat
from custody.report.gitlab import security_report

if TYPE_CHECKING:
    from custody.model import Finding, Inventory, ScanReport


def encode(report: ScanReport, inventory: Inventory, *, tool_version: str) -> bytes:
    """Write the report."""
    system = inventory.distribution
    named = "unknown" if system is None else f"{system.id} {system.version}".rstrip()
    image = one_line(inventory.artifact.reference or str(report.artifact))

    def places(finding: Finding) -> list[dict[str, Any]]:
        dependency: dict[str, Any] = {"package": {"name": finding.package}, "version": finding.version}
        if finding.direct is not None:
            dependency["direct"] = finding.direct
        return [{"dependency": dependency, "operating_system": one_line(named) or "unknown", "image": image}]

    return pretty_json(security_report(report, "container_scanning", places, tool_version=tool_version))


FORMAT = ReportFormat(
    name="gitlab-container-scanning",
    media_type="application/json",
    extension=".gl-container-scanning.json",
    encode=encode,
)
