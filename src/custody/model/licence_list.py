"""The SPDX licence list: ids, names and flags (https://spdx.org/licenses/). Loaded when first asked for.

`data/licences.json` is written by `scripts/update_licences.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["LicenceEntry", "LicenceList", "licence_list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceEntry:
    """One licence or exception. id: as SPDX writes it; osi_approved: False for exceptions."""

    id: str
    name: str
    osi_approved: bool = False
    deprecated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceList:
    """One release of the list.

    licences, exceptions: by id in lower case, since ids are matched without regard to case.
    """

    version: str
    licences: dict[str, LicenceEntry]
    exceptions: dict[str, LicenceEntry]


@cache
def licence_list() -> LicenceList:
    """Give the list that this package carries."""
    table = json.loads((files("custody.model") / "data" / "licences.json").read_bytes())
    return LicenceList(
        version=table["version"],
        licences=_entries(table["licences"]),
        exceptions=_entries(table["exceptions"]),
    )


def _entries(rows: list[list[str]]) -> dict[str, LicenceEntry]:
    entries = [
        LicenceEntry(id=key, name=name, osi_approved="osi" in flags.split(), deprecated="deprecated" in flags.split())
        for key, name, flags in rows
    ]
    return {entry.id.lower(): entry for entry in entries}
