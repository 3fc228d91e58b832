"""Read the scan reports of other tools, and make one report of them.

1. Each file is read by the reader of the tool that wrote it (`report.read_report`); ours is one of them.
2. They must be about one artifact: the digest that one of them states, or that the caller names. Where nobody states
   one, the digest of the files' digests stands in for it.
3. They become one report (`report.merge_reports`), in which one problem is one finding, however many tools name it.
4. Risk is worked out anew by our rule; exceptions of the workspace and the ignore file apply as after a scan.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from custody.errors import InputError, UsageError
from custody.workflows.examine import read_file

if TYPE_CHECKING:
    from custody.model import Artifact, Digest, Finding, Inventory, Package, ScanReport
    from custody.report import ForeignReport
    from custody.workflows.interface import Listener

__all__ = ["ImportRequest", "ImportedScan", "import_outputs", "import_reports"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """What to read.

    files: at least one; artifact: digest that they are about, "" to take the one they state; ignore_file, only_fixed,
    sort: as of a `ScanRequest`.
    """

    files: Sequence[Path]
    artifact: str = ""
    workspace: Path = Path(".custody")
    ignore_file: Path | None = None
    only_fixed: bool = False
    sort: str = "severity"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedScan:
    """The one report, what was read, and an inventory of the packages that findings are about, and no others."""

    report: ScanReport
    inventory: Inventory
    sources: tuple[ForeignReport, ...]


def import_reports(
    request: ImportRequest, listener: Listener, *, scanned_at: dt.datetime, now: dt.datetime
) -> ImportedScan:
    """Do what the module says; nothing is written. scanned_at: the time of reports that state none.

    Raises InputError: a file is no report of a known tool. UsageError: they are about different artifacts.
    """
    from custody.advisories import apply_exceptions
    from custody.advisories.risk import in_order
    from custody.advisories.suppress import only_fixed
    from custody.report import merge_reports, read_report
    from custody.workflows.scan import grants_of, with_ignore_file

    listener.begin("import")
    sources = tuple(read_report(read_file(path), str(path), at=scanned_at) for path in request.files)
    ours = [index for index, source in enumerate(sources) if source.tool == "custody"]
    digest, stated = _artifact(request.artifact, sources)
    if not stated:
        listener.warn("no report states the digest of what was scanned; the reports' own digest stands in for it")
    report = merge_reports([source.report for source in sources], artifact=digest, ours=ours[0] if ours else -1)
    report = replace(report, findings=tuple(_rated(finding) for finding in report.findings))
    report = apply_exceptions(report, grants_of(request.workspace, now), now=now)
    report = with_ignore_file(request.ignore_file, report, listener, now=now)
    if request.only_fixed:
        report = only_fixed(report)
    if request.sort != "severity":
        report = replace(report, findings=in_order(report.findings, request.sort))
    told = ", ".join(f"{len(source.report.findings)} of {source.tool}" for source in sources)
    listener.end("import", f"{len(report.findings)} findings ({told})")
    return ImportedScan(report=report, inventory=_inventory(report, request.files), sources=sources)


def import_outputs(imported: ImportedScan, form: str, *, screen: bool) -> bytes:
    """Give a report as "table", or in one of the formats of `custody.report`; UsageError for another one."""
    from custody import __version__, report

    if form == "table" and screen:
        import shutil
        import sys

        colour = sys.stdout.isatty()
        width = shutil.get_terminal_size((110, 24)).columns if colour else 110
        return report.findings_table(imported.report, width=width, colour=colour).encode()
    return report.encode_report(imported.report, imported.inventory, form, tool_version=__version__)


def _artifact(named: str, sources: Sequence[ForeignReport]) -> tuple[Digest, bool]:
    """Give the digest of what the reports are about, and whether anybody states it."""
    from custody.model import Digest

    digests = {source.report.artifact: source.where for source in reversed(sources) if source.names_artifact}
    if named:
        try:
            wanted = Digest.parse(named)
        except InputError as error:
            raise UsageError("--artifact", error.what, error.fix) from None
        digests = {wanted: "--artifact"} | digests
    if len(digests) > 1:
        told = "; ".join(f"{where}: {digest}" for digest, where in sorted(digests.items()))
        raise UsageError("scan import", f"the reports are about different artifacts: {told}", "import them one by one")
    if digests:
        return next(iter(digests)), True
    if len(sources) == 1:
        return sources[0].report.artifact, False
    return Digest.of("\n".join(sorted(str(source.report.artifact) for source in sources)).encode()), False


def _rated(finding: Finding) -> Finding:
    """Work out the risk where no report of ours has."""
    from custody.advisories.risk import risk

    return finding if finding.risk is not None else replace(finding, risk=risk(finding))


def _inventory(report: ScanReport, files: Sequence[Path]) -> Inventory:
    from custody.model import Inventory, Package, Purl

    name = files[0].name if len(files) == 1 else f"{len(files)} reports"
    artifact = _described(report, name)
    root = Package(purl=Purl("generic", name), name=name, purpose="APPLICATION")
    packages = {finding.package_id: _package(finding) for finding in report.findings}
    return Inventory.assemble(
        artifact=artifact, root=root, packages=[packages[key] for key in sorted(packages)], dependencies=()
    )


def _described(report: ScanReport, name: str) -> Artifact:
    from custody.model import Artifact, Descriptor

    descriptor = Descriptor(media_type="application/octet-stream", digest=report.artifact, size=0)
    return Artifact(kind="file", name=name, version="", descriptor=descriptor, reference="")


def _package(finding: Finding) -> Package:
    from custody.model import Location, Package, Purl

    try:
        purl = Purl.parse(finding.package_id)
    except InputError:
        purl = Purl("generic", finding.package or "unknown", finding.version)
    places = tuple(Location(path=path, cataloger="import", layer=finding.layer) for path in finding.locations)
    return Package(purl=purl, name=finding.package, version=finding.version, locations=places)
