"""How severe a problem is, when several records state it, in several ways, or not at all.

The rule, in order; the first step that gives anything decides:

1. A record of malicious packages (`MAL-…`) that matched: CRITICAL. The package itself is the attack, and no CVSS
   vector can say that.
2. CVSS vectors of the records that matched: the newest CVSS version; within it the highest score; of equals the
   record whose id people know best (CVE before GHSA before the rest), the first of them.
3. CVSS vectors of other records in the database that are about the same problem (the same id or alias), likewise. A
   CVE record has there what its CNA says, what CISA's ADP container adds, and what the NVD says where it is known.
4. A severity stated in a word, by a record that matched: the highest; 5. likewise by another record about the problem.
6. The urgency that a distribution gives it, where that is one of the words: the highest.
7. UNKNOWN: nobody said, or what was said cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from custody.advisories.cvss import Score, score
from custody.errors import InputError
from custody.model import Severity, severity_rank

__all__ = ["Judgement", "Statement", "judge", "statements"]

_WORDS = {
    "NEGLIGIBLE": "LOW",
    "UNIMPORTANT": "LOW",
    "MINOR": "LOW",
    "LOW": "LOW",
    "MODERATE": "MEDIUM",
    "MEDIUM": "MEDIUM",
    "HIGH": "HIGH",
    "IMPORTANT": "HIGH",
    "SEVERE": "HIGH",
    "CRITICAL": "CRITICAL",
}
"""Publishers' words → ours: Debian's, Ubuntu's, Red Hat's, SUSE's and GitHub's. `untriaged`, `none` and `not yet
assigned` say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How severe, by whom.

    severity: one of `SEVERITIES`; score and vector: None and "" where it rests on a word; source: id of the record.
    """

    severity: str
    score: float | None = None
    vector: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one record says of the severity, read. score: None for a word; said: the vector or the word itself."""

    record: str
    said: str
    severity: str
    score: float | None = None
    cvss: str = ""


def judge(
    matched: Sequence[tuple[str, Severity]],
    others: Sequence[tuple[str, Severity]],
    urgencies: Sequence[tuple[str, str]] = (),
) -> Judgement:
    """Apply the rule of the module.

    matched, others: (record id, what it states); urgencies: (record id, the distribution's word).
    """
    malicious = sorted(record for record, _ in matched if record.startswith("MAL-"))
    malicious += sorted(record for record, _ in urgencies if record.startswith("MAL-"))
    if malicious:
        return Judgement(severity="CRITICAL", source=malicious[0])
    for stated in (matched, others):
        scored = [(s.version, s.value, record, vector, s.severity) for record, vector, s in _scores(stated)]
        if scored:
            newest = max(version for version, *_ in scored)
            _, value, record, vector, severity = min(
                (s for s in scored if s[0] == newest), key=lambda s: (-s[1], _fame(s[2]), s[2], s[3])
            )
            return Judgement(severity=severity, score=value, vector=vector, source=record)
    urgent = [(record, Severity(type="Publisher", vector=word)) for record, word in urgencies]
    for stated in (matched, others, urgent):
        words = [
            (_WORDS[s.vector.upper()], record)
            for record, s in stated
            if not s.type.startswith("CVSS") and s.vector.upper() in _WORDS
        ]
        if words:
            word, record = min(words, key=lambda w: (-severity_rank(w[0]), _fame(w[1]), w[1]))
            return Judgement(severity=word, source=record)
    return Judgement(severity="UNKNOWN")


def statements(stated: Sequence[tuple[str, Severity]]) -> tuple[Statement, ...]:
    """Give all that can be read of what records state, by record; what cannot be read is left out."""
    found = {
        Statement(record=record, said=vector, severity=s.severity, score=s.value, cvss=s.version)
        for record, vector, s in _scores(stated)
    }
    found |= {
        Statement(record=record, said=s.vector, severity=_WORDS[s.vector.upper()])
        for record, s in stated
        if not s.type.startswith("CVSS") and s.vector.upper() in _WORDS
    }
    return tuple(sorted(found, key=lambda s: (_fame(s.record), s.record, s.cvss, s.said)))


def _fame(record: str) -> int:
    return 0 if record.startswith("CVE-") else 1 if record.startswith("GHSA-") else 2


def _scores(stated: Iterable[tuple[str, Severity]]) -> list[tuple[str, str, Score]]:
    scores = []
    for record, severity in stated:
        if severity.type.startswith("CVSS"):
            try:
                scores.append((record, severity.vector, score(severity.vector)))
            except InputError:  # a vector that is not one says nothing; the next one may
                continue
    return scores
