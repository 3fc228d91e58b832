"""How severe a problem is, when several records state it, in several ways, or not at all.

The rule, in order; the first step that gives anything decides:

1. CVSS vectors of the records that matched: the newest CVSS version; within it the highest score; of equals the
   first record by id.
2. CVSS vectors of other records in the database that are about the same problem (the same id or alias), likewise.
3. A severity stated in a word, by a record that matched: the highest; 4. likewise by another record about the problem.
5. UNKNOWN: nobody said, or what was said cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from custody.advisories.cvss import Score, score
from custody.errors import InputError
from custody.model import Severity, severity_rank

__all__ = ["Judgement", "judge"]

_WORDS = {
    "NEGLIGIBLE": "LOW",
    "LOW": "LOW",
    "MODERATE": "MEDIUM",
    "MEDIUM": "MEDIUM",
    "HIGH": "HIGH",
    "IMPORTANT": "HIGH",
    "CRITICAL": "CRITICAL",
}
"""Publishers' words → ours. Ubuntu's `untriaged` and `none` say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How severe, by whom.

    severity: one of `SEVERITIES`; score and vector: None and "" where it rests on a word; source: id of the record.
    """

    severity: str
    score: float | None = None
    vector: str = ""
    source: str = ""


def judge(matched: Sequence[tuple[str, Severity]], others: Sequence[tuple[str, Severity]]) -> Judgement:
    """Apply the rule of the module. Both arguments: (record id, what it states)."""
    for stated in (matched, others):
        scored = [(s.version, s.value, record, vector, s.severity) for record, vector, s in _scores(stated)]
        if scored:
            newest = max(version for version, *_ in scored)
            _, value, record, vector, severity = min(
                (s for s in scored if s[0] == newest), key=lambda s: (-s[1], s[2], s[3])
            )
            return Judgement(severity=severity, score=value, vector=vector, source=record)
    for stated in (matched, others):
        words = [
            (_WORDS[s.vector.upper()], record)
            for record, s in stated
            if not s.type.startswith("CVSS") and s.vector.upper() in _WORDS
        ]
        if words:
            word, record = min(words, key=lambda w: (-severity_rank(w[0]), w[1]))
            return Judgement(severity=word, source=record)
    return Judgement(severity="UNKNOWN")


def _scores(stated: Iterable[tuple[str, Severity]]) -> list[tuple[str, str, Score]]:
    scores = []
    for record, severity in stated:
        if severity.type.startswith("CVSS"):
            try:
                scores.append((record, severity.vector, score(severity.vector)))
            except InputError:  # a vector that is not one says nothing; the next one may
                continue
    return scores
