"""Reports of other tools, read as ours: every module here with a `READER`.

    imported = read_report(data, "grype.json", at=now)     # the content decides which tool's it is
    imported.report, imported.tool, imported.names_artifact

What a tool states is taken as it states it: severities, fixes, files, what it ignores. What it does not state stays
unknown: a report that lists no package but those with findings cannot be "clean" here, since an empty one may come from
a tool that saw nothing at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from custody.errors import InputError
from custody.fields import Fields
from custody.model import Digest
from custody.model.scan_json import scan_report_from_json

if TYPE_CHECKING:
    import datetime as dt

    from custody.model import ScanReport
    from custody.report.foreign.interface import Reader

__all__ = ["READERS", "ForeignReport", "read_report"]

READERS = ("grype", "trivy", "osv_scanner", "pip_audit", "npm_audit", "sarif")
"""Modules, in the order in which they are asked."""
OURS = "custody"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignReport:
    """A report that was read.

    tool: name of its reader, "custody" for our own; names_artifact: whether it states the digest of what was scanned.
    """

    report: ScanReport
    tool: str
    where: str
    names_artifact: bool


def read_report(data: bytes, where: str, *, at: dt.datetime) -> ForeignReport:
    """Read a report of any known tool. at: the time of one that states none.

    Raises InputError: it is not JSON, no tool's that is known, or not what that tool writes.
    """
    fields = Fields.from_json(data, where)
    table = fields.value
    if "schemaVersion" in table and "scannedAt" in table:
        ours = Fields.from_json(data, where, unique_keys=True)
        report = scan_report_from_json(dict(ours.value), where)
        return ForeignReport(report=report, tool=OURS, where=where, names_artifact=True)
    for name in READERS:
        reader: Reader = import_module(f"{__name__}.{name}").READER
        if reader.recognise(table):
            report = reader.read(data, where, at=at)
            known = report.artifact != Digest.of(data)
            return ForeignReport(report=report, tool=reader.name, where=where, names_artifact=known)
    known_tools = ", ".join(name.replace("_", "-") for name in READERS)
    raise InputError(where, "not a scan report of a known tool", f"expected JSON of custody, {known_tools}")
