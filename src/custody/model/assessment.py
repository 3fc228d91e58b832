"""Assessments: what evidence says about the controls of a compliance framework."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from custody.model.artifact import Artifact
    from custody.model.digest import Digest
    from custody.model.evidence import Evidence

__all__ = ["CONTROL_VERDICTS", "Assessment", "Attestation", "CitedEvidence", "ControlResult"]

CONTROL_VERDICTS = ("met", "not_met", "evidence_missing", "not_applicable", "not_assessed")
"""met: every machine check passed and every attestation that is needed is present, in date and in scope. not_met: a
check
failed, or a person said so. evidence_missing: nothing was delivered, or an attestation is absent or expired; never
shown as met. not_applicable: a person declared it so, with a reason. not_assessed: outside the selected scope.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """What a named person stated about one control.

    verdict: "met", "not_met" or "not_applicable"; statement: their words; expires: from when on it counts no more.
    product: the artifact's name it is meant for, "" for all of the organisation. origin: where it is written.
    files: (name, digest) of what they attached; the digest is None until somebody has read the file.
    """

    control: str
    verdict: str
    author: str
    stated_at: dt.datetime
    expires: dt.datetime
    statement: str = ""
    product: str = ""
    origin: str = ""
    files: tuple[tuple[str, Digest | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedEvidence:
    """One fact that a control's verdict rests on.

    outcome: "supports" or "contradicts"; digest: of the evidence bundle, None where it is a ledger entry or an
    attestation.
    """

    text: str
    outcome: str
    digest: Digest | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlResult:
    """One control with its verdict (one of `CONTROL_VERDICTS`).

    statement: the framework's own words, "" where its licence forbids; automation: "auto", "partial" or "attest".
    needs: what a person must still attest or deliver before it can be met, in plain words; empty when nothing is open.
    section: the heading it stands under inside its group ("PO.1 Define Security Requirements …"), "" where there is
    none.
    """

    id: str
    title: str
    group: str
    statement: str
    automation: str
    verdict: str
    reason: str
    cited: tuple[CitedEvidence, ...] = ()
    needs: tuple[str, ...] = ()
    section: str = ""

    @property
    def supported(self) -> bool:
        """Say whether verified evidence speaks for it: more than nothing, and less than "met"."""
        return any(fact.outcome == "supports" and fact.digest is not None for fact in self.cited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A framework assessed for one artifact at one time.

    evidence: all that was looked at, verified or not; attestations: all that persons stated, counted or not.
    period: from the earliest to the latest time that verified evidence states, None where none states any.
    about: what must be said of the framework itself, and whose words it is in.
    notes: what to know of this assessment, its limits above all.
    """

    framework: str
    title: str
    version: str
    artifact: Artifact
    assessed_at: dt.datetime
    results: tuple[ControlResult, ...]
    evidence: tuple[Evidence, ...]
    groups: tuple[tuple[str, str], ...] = ()
    """(group id, name) in the framework's order."""
    about: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    checkpoint: str = ""
    """The ledger's signed checkpoint at that time, "" where there is no ledger."""
    attestations: tuple[Attestation, ...] = ()
    period: tuple[dt.datetime, dt.datetime] | None = None

    def count(self, verdict: str) -> int:
        """Give how many controls have this verdict."""
        return sum(result.verdict == verdict for result in self.results)
