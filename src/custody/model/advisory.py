"""Advisories.

what is publicly known about vulnerable versions, in the shape of the OSV schema 1.7
(https://ossf.github.io/osv-schema/).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["SEVERITIES", "Advisory", "Affected", "Event", "Range", "Severity", "severity_rank"]

SEVERITIES = ("UNKNOWN", "NONE", "LOW", "MEDIUM", "HIGH", "CRITICAL")
"""Qualitative severities from least to most (CVSS v3.1 section 5, v4.0 section 6); UNKNOWN means that nobody scored it.
"""


def severity_rank(severity: str) -> int:
    """Give the place in `SEVERITIES` (0 for UNKNOWN); ValueError for a word that is not there."""
    return SEVERITIES.index(severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Severity:
    """A severity as an advisory states it.

    type: CVSS_V2, CVSS_V3, CVSS_V4, Ubuntu or Publisher; vector: the vector text, or the word that Ubuntu or the
    record's publisher chose.
    """

    type: str
    vector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a range. kind: introduced, fixed, last_affected or limit; version: "0" before all, "*" after all."""

    kind: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Events on one line of versions. type: SEMVER, ECOSYSTEM or GIT (then `repo` is set)."""

    type: str
    events: tuple[Event, ...]
    repo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """One package an advisory names.

    ecosystem: OSV's name with its release suffix ("Debian:12"); name: as the ecosystem writes it.
    """

    ecosystem: str
    name: str
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One OSV record. withdrawn: when its publisher took it back, None while it stands."""

    id: str
    modified: dt.datetime
    published: dt.datetime | None = None
    withdrawn: dt.datetime | None = None
    aliases: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    summary: str = ""
    severities: tuple[Severity, ...] = ()
    affected: tuple[Affected, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    """(type, url) pairs."""
    cwes: tuple[str, ...] = ()
