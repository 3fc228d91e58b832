"""What each station of a release tells a person, in one line."""

from __future__ import annotations

from custody.model import Artifact, Inventory, ScanReport, severity_rank

__all__ = ["inventory_line", "layers_line", "scan_line"]


def layers_line(artifact: Artifact) -> str:
    """Say how many layers there are."""
    return "1 layer" if len(artifact.layers) == 1 else f"{len(artifact.layers)} layers"


def inventory_line(inventory: Inventory) -> str:
    """Say how many packages of which kinds were found, and whether anything could not be read."""
    kinds: dict[str, int] = {}
    for package in inventory.packages:
        kinds[package.purl.type] = kinds.get(package.purl.type, 0) + 1
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0])))
    unread = len(inventory.skipped)
    skipped = f"; {unread} thing{'s' * (unread != 1)} could not be read" if unread else ""
    return f"{len(inventory.packages)} packages ({listed or 'none'}){skipped}"


def scan_line(report: ScanReport) -> str:
    """Say how many findings of which severity count, and what is not known."""
    if report.database is None:
        return "unknown: there is no advisory database; run `custody db update` or `custody db import`"
    counts: dict[str, int] = {}
    for finding in report.findings:
        if finding.suppression is None:
            counts[finding.severity] = counts.get(finding.severity, 0) + 1
    listed = ", ".join(f"{counts[word]} {word.lower()}" for word in sorted(counts, key=severity_rank, reverse=True))
    excepted = sum(finding.suppression is not None for finding in report.findings)
    tail = f", {excepted} excepted" if excepted else ""
    unseen = f", {len(report.not_evaluated)} not evaluated" if report.not_evaluated else ""
    return f"{listed or 'no known vulnerabilities'}{tail}{unseen}"
