"""Which time evidence speaks of: from the earliest to the latest moment that it states."""

from __future__ import annotations

import datetime as dt

from custody.compliance.interface import Material
from custody.compliance.predicates.provenance import newest_provenance
from custody.compliance.predicates.sbom import newest_bill
from custody.compliance.predicates.scan import newest_scan
from custody.compliance.predicates.summary import newest_summary

__all__ = ["stated_period"]


def stated_period(material: Material) -> tuple[dt.datetime, dt.datetime] | None:
    """Give (earliest, latest) over the newest verified evidence of each kind, None where none states a time."""
    moments: list[dt.datetime | None] = []
    if not isinstance(found := newest_provenance(material), str):
        moments += [found[0].started_at, found[0].finished_at]
    if not isinstance(bill := newest_bill(material), str):
        moments.append(bill[0].created_at)
    if not isinstance(scan := newest_scan(material), str):
        moments.append(scan[0].scanned_at)
    if not isinstance(summary := newest_summary(material), str):
        moments.append(summary[0].decided_at)
    known = [moment for moment in moments if moment is not None]
    return (min(known), max(known)) if known else None
