"""The findings that decisions are about: of a scan report that was written down, or of a scan that is made now.

1. A file that begins as `security-report.json` does, or standard input (`-`), is read as such a report.
2. Anything else is a SOURCE, and is scanned as `custody scan` does it.
3. What a report says is set aside counts until it ends. What is in force now is applied to the rest: exceptions of the
   workspace, and the ignore file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from custody.errors import InputError, UnavailableError, UsageError
from custody.workflows.input_file import is_standard_input, name_of, read_file

if TYPE_CHECKING:
    import datetime as dt

    from custody.model import Artifact, Finding, Purl, ScanReport
    from custody.workflows.interface import Listener
    from custody.workflows.scan import ScanRequest

__all__ = ["Judged", "judged_scan", "report_in"]

_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A report with all decisions that count now.

    artifact: what it is about; product: its purl, None where a report has no finding whose path begins with one.
    """

    report: ScanReport
    artifact: Artifact
    product: Purl | None


def judged_scan(
    request: ScanRequest, listener: Listener, *, scanned_at: dt.datetime, now: dt.datetime, product: Purl | None = None
) -> Judged:
    """Do what the module says. product: what the artifact is called, where it is not to be found out.

    Raises InputError: a report is not valid; UsageError: VEX statements are named beside a report, which no longer says
    what they may be about; UnavailableError: no advisory database was asked, so that nothing is known.
    """
    from custody.workflows.scan import scan

    report = report_in(request.source)
    if report is None:
        scanned = scan(request, listener, scanned_at=scanned_at, now=now)
        root = scanned.inventory.root.purl
        judged = Judged(report=scanned.report, artifact=scanned.inventory.artifact, product=product or root)
    else:
        if request.vex or request.keys:
            raise UsageError("--vex", "statements go with a SOURCE, and this is a report", "scan with them first")
        named = product or _product(report)
        report = _decided(report, request, listener, now=now)
        judged = Judged(report=report, artifact=_artifact(report, named), product=named)
    if judged.report.database is None and not judged.report.findings:
        raise UnavailableError(
            name_of(Path(request.source)),
            "no advisory database was asked, so nothing is known of it",
            "run `custody db update`, or name one with --db",
        )
    return judged


def report_in(source: str) -> ScanReport | None:
    """Read the scan report that a source is; None where it is no report, and has to be scanned.

    Raises InputError: it is one, and not valid; or standard input is none.
    """
    from custody.report import parse_security_report

    path = Path(source)
    if is_standard_input(path):
        return parse_security_report(read_file(path), name_of(path))
    if not path.is_file():
        return None
    head = read_file(path, _HEAD_BYTES)
    if not head.lstrip().startswith(b"{") or b'"schemaVersion"' not in head or b'"scannedAt"' not in head:
        return None
    return parse_security_report(read_file(path), source)


def _decided(report: ScanReport, request: ScanRequest, listener: Listener, *, now: dt.datetime) -> ScanReport:
    from custody.advisories import apply_exceptions
    from custody.workflows.scan import grants_of, with_ignore_file

    standing = [_without_ended(finding, now) for finding in report.findings]
    granted = apply_exceptions(
        replace(report, findings=tuple(standing)), grants_of(request.workspace, now), now=now
    ).findings
    # What was recorded where the report was made is not in this workspace, and counts all the same.
    both = tuple(own if own.suppression is not None else old for own, old in zip(granted, standing, strict=True))
    return with_ignore_file(request.ignore_file, replace(report, findings=both), listener, now=now)


def _without_ended(finding: Finding, now: dt.datetime) -> Finding:
    held = finding.suppression
    if held is None or held.expires is None or now < held.expires:
        return finding
    return replace(finding, suppression=None)


def _product(report: ScanReport) -> Purl | None:
    """Give the root that the paths of all findings begin with."""
    from custody.model import Purl

    roots = {finding.path[0] for finding in report.findings if finding.path}
    if len(roots) != 1:
        return None
    try:
        return Purl.parse(roots.pop())
    except InputError:
        return None


def _artifact(report: ScanReport, product: Purl | None) -> Artifact:
    """Describe the artifact by what a report says: of an image the digest is its own, of a folder that of a listing."""
    from custody.model import LISTING_TYPE, Artifact, Descriptor

    image = product is not None and product.type in {"oci", "docker"}
    kind = "application/vnd.oci.image.manifest.v1+json" if image else LISTING_TYPE
    return Artifact(
        kind="image" if image else "directory",
        name=product.name if product else "",
        version=product.version if product else "",
        descriptor=Descriptor(media_type=kind, digest=report.artifact, size=0),
        reference="",
    )
