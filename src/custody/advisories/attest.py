"""A scan as evidence: the predicate of cosign's vulnerability attestation, with the whole security report inside.

Spec: https://github.com/sigstore/cosign/blob/main/specs/COSIGN_VULN_ATTESTATION_SPEC.md, predicate type
https://cosign.sigstore.dev/attestation/vuln/v1. `scanner.result` is the report in the shape of
`custody.model.scan_json`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from custody.errors import InputError
from custody.fields import Fields
from custody.model import ScanReport, format_time
from custody.model.scan_json import scan_report_from_json, scan_report_to_json

__all__ = ["read_predicate", "scan_predicate"]

SCANNER_URI = "pkg:generic/custody"


def scan_predicate(
    report: ScanReport,
    *,
    scanner_version: str,
    started_at: dt.datetime,
    finished_at: dt.datetime,
    invocation_uri: str = "",
    parameters: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Give the predicate for a scan.

    invocation_uri: of the run that scanned, "" where there is none; parameters: what it was told.
    `scanner.db.version` is the digest of the advisory database, "" where none was asked.
    """
    database = report.database
    invocation: dict[str, Any] = {
        "parameters": list(parameters),
        "uri": invocation_uri,
        "event_id": "",
        "builder.id": "",
    }
    return {
        "invocation": invocation,
        "scanner": {
            "uri": f"{SCANNER_URI}@{scanner_version}",
            "version": scanner_version,
            "db": {
                "uri": "" if database is None else database.origin,
                "version": "" if database is None else str(database.digest),
            },
            "result": scan_report_to_json(report),
        },
        "metadata": {"scanStartedOn": format_time(started_at), "scanFinishedOn": format_time(finished_at)},
    }


def read_predicate(predicate: dict[str, Any], where: str = "predicate") -> ScanReport:
    """Read the report out of a predicate that `scan_predicate` gave.

    Raises InputError: not such a predicate (another scanner's result has another shape), or a damaged one.
    """
    scanner = Fields(predicate, where).table("scanner")
    if "result" not in scanner:
        raise scanner.fault("result", "missing, expected a security report")
    result = scanner.table("result")
    if "schemaVersion" not in result:
        raise InputError(result.at, "not a security report of this tool: no schemaVersion")
    return scan_report_from_json(dict(result.value), f"{where} scanner.result")
