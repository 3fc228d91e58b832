"""GitLab's report of dependency scanning, security report schema 15.2.1; see `custody.report.gitlab`.

A finding in a package that stands in several files is one vulnerability in each: GitLab knows one file a location. A
package that is in no file stands at "unknown". `dependency_files` lists the packages by the files they were found in.
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
    table = security_report(report, "dependency_scanning", _places, tool_version=tool_version)
    return pretty_json({**table, "dependency_files": _files(inventory)})


def _places(finding: Finding) -> list[dict[str, Any]]:
    dependency: dict[str, Any] = {"package": {"name": finding.package}, "version": finding.version}
    if finding.direct is not None:
        dependency["direct"] = finding.direct
    return [{"file": one_line(file) or "unknown", "dependency": dependency} for file in finding.locations or ("",)]


def _files(inventory: Inventory) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for package in inventory.packages:
        for location in package.locations:
            place = (one_line(location.path) or "unknown", package.purl.type)
            found.setdefault(place, set()).add((package.name, package.version))
    return [
        {
            "path": path,
            "package_manager": manager,
            "dependencies": [{"package": {"name": name}, "version": version} for name, version in sorted(packages)],
        }
        for (path, manager), packages in sorted(found.items())
    ]


FORMAT = ReportFormat(
    name="gitlab-dependency-scanning",
    media_type="application/json",
    extension=".gl-dependency-scanning.json",
    encode=encode,
)
