"""Advisories.

what is publicly known about vulnerable versions, in the shape of the OSV schema 1.7
(https://ossf.github.io/osv-schema/).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

__all__ = [
    "JUSTIFICATIONS",
    "RESPONSES",
    "SEVERITIES",
    "STATUSES",
    "Advisory",
    "Affected",
    "Epss",
    "Event",
    "Exploited",
    "Range",
    "Severity",
    "severity_rank",
]

SEVERITIES = ("UNKNOWN", "NONE", "LOW", "MEDIUM", "HIGH", "CRITICAL")
"""Qualitative severities from least to most (CVSS v3.1 section 5, v4.0 section 6); UNKNOWN means that nobody scored it.
"""
STATUSES = ("affected", "not_affected", "fixed", "under_investigation")
"""What someone says of a product and a vulnerability: OpenVEX 0.2.0 "Status labels", CSAF 2.0 section 3.2.3.9."""
JUSTIFICATIONS = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
)
"""Why something is not affected: OpenVEX 0.2.0 "Status Justifications", CSAF 2.0 section 3.2.3.5 (flags)."""
RESPONSES = ("", "will_not_fix", "fix_deferred", "end_of_life", "workaround")
"""What a vendor means to do about it; "" where nothing is said, or where a fix is out."""


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

    ecosystem: OSV's name with its release suffix ("Debian:12"), or "CPE" with the name "part:vendor:product" of CPE
    2.3; name: as the ecosystem writes it. status: one of `STATUSES`, for the versions that ranges and versions name;
    without any they are all versions. justification: why it is not affected, in OpenVEX's words or the publisher's
    own; response: one of `RESPONSES`; urgency: the distribution's own word for how much it matters ("unimportant").
    """

    ecosystem: str
    name: str
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    status: str = "affected"
    justification: str = ""
    response: str = ""
    urgency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Epss:
    """How likely a vulnerability is to be exploited in the next 30 days (https://www.first.org/epss/).

    score: probability, 0.0 to 1.0; percentile: share of all vulnerabilities that score no higher, 0.0 to 1.0; date: of
    the model's run.
    """

    id: str
    score: float
    percentile: float
    date: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploited:
    """A vulnerability that is known to be exploited: an entry of CISA's catalogue (KEV).

    added: to the catalogue; due: by when US agencies must have acted; ransomware: known to be used in campaigns of it;
    action: what CISA requires.
    """

    id: str
    added: dt.date
    due: dt.date | None = None
    ransomware: bool = False
    action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One record of an advisory database, in the shape of OSV's.

    withdrawn: when its publisher took it back, None while it stands. ssvc: CISA's decision points, as (name, value):
    ("Exploitation", "poc"), ("Automatable", "no"), ("Technical Impact", "total").
    """

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
    ssvc: tuple[tuple[str, str], ...] = ()
