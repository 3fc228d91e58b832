"""The same work over many artifacts: SBOMs and images into one columnar dataset, matched by what is distinct in it.

    fleet.scan(["sboms/"], Path("fleet"), database=None, examine=examine, now=now)       # read what is new, match it
    fleet.rematch(Path("fleet"), database=None, now=now)                                  # after a database update

Each distinct (ecosystem, name, version) is matched once, however many artifacts hold it; after an update only what the
changed advisories name is matched again. `dataset` says what the folder holds (Parquet, readable by anything),
`queries` is the SQL, `engine` is DuckDB.
"""

from __future__ import annotations

from custody.fleet.changes import Change, Rematch, rematch
from custody.fleet.dataset import Dataset, FleetState
from custody.fleet.scan import FleetScan, scan
from custody.fleet.show import Place, Problem, Summary, places, summary

__all__ = [
    "Change",
    "Dataset",
    "FleetScan",
    "FleetState",
    "Place",
    "Problem",
    "Rematch",
    "Summary",
    "places",
    "rematch",
    "scan",
    "summary",
]
