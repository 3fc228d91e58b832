"""Scan one artifact or SBOM, outside of a release."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from custody import __version__, report
from custody.model import Artifact, ScanReport, pretty_json, scan_report_to_json
from custody.vault import Workspace
from custody.workflows.examine import examine, scan_inventory
from custody.workflows.interface import Listener

__all__ = ["scan", "scan_outputs"]


def scan(
    source: str,
    listener: Listener,
    *,
    platform: str | None,
    database: Path | None,
    workspace: Path,
    scanned_at: dt.datetime,
    now: dt.datetime,
    exclude: Sequence[str] = (),
    scope: str = "squashed",
    cached: bool = True,
) -> tuple[ScanReport, Artifact]:
    """Give the report, with the workspace's exceptions applied when there is a workspace; nothing is written."""
    inventory = examine(source, listener, platform=platform, exclude=exclude, scope=scope, cached=cached)
    grants = []
    if workspace.exists():
        with Workspace(workspace).records() as records:
            grants = [row.grant for row in records.exceptions(now)]
    return scan_inventory(
        inventory, database=database, scanned_at=scanned_at, now=now, grants=grants
    ), inventory.artifact


def scan_outputs(scanned: ScanReport, artifact: Artifact, form: str, *, screen: bool) -> bytes:
    """Give a report as "table", "json" or "sarif"."""
    if form == "json":
        return pretty_json(scan_report_to_json(scanned))
    if form == "sarif":
        return report.sarif(scanned, artifact, tool_version=__version__)
    import shutil
    import sys

    colour = screen and sys.stdout.isatty()
    width = shutil.get_terminal_size((110, 24)).columns if colour else 110
    return report.findings_table(scanned, width=width, colour=colour).encode()
