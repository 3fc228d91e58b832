"""From facts to a verdict. Pure, and the only place where a verdict is made.

1. A person states, in date and in scope, that the control does not apply: not_applicable. Software never decides that.
2. A person states that it is not met, or a fact contradicts it: not_met. A tool may refute on its own.
3. Anything a check looked for was not delivered, or a statement that is needed is absent, expired, dated in the future
   or about another product: evidence_missing. Missing evidence is never met.
4. Otherwise: met. Every check passed, and a named person answers for the rest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from custody.compliance.framework import Control, Framework
from custody.compliance.interface import Answer, counted, day
from custody.errors import InputError
from custody.model import Artifact, Attestation, CitedEvidence, ControlResult

__all__ = ["Standing", "judge", "standings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The statement that stands for a control. problem: why it does not count, "" when it does."""

    attestation: Attestation
    problem: str = ""


def standings(
    framework: Framework, attestations: Sequence[Attestation], artifact: Artifact, now: dt.datetime
) -> dict[str, Standing]:
    """Give the statement that stands for each control: the newest; of two on one day, the less favourable.

    Statements for another product, or of a day to come, stand only where there is no other, so that they can be named.
    Raises InputError: a statement about a control that the framework does not have (any more).
    """
    known = {control.id for control in framework.controls}
    standing: dict[str, Standing] = {}
    for attestation in sorted(attestations, key=lambda a: _rank(a, artifact, now)):
        if attestation.control not in known:
            moved = framework.retired.get(attestation.control)
            fix = (
                f"it was retired, and moved to {moved}" if moved else f"expected an id like {framework.controls[0].id}"
            )
            where = f"{attestation.origin}.control" if attestation.origin else "control"
            raise InputError(where, f"{framework.title} has no control {attestation.control!r}", fix)
        standing[attestation.control] = Standing(attestation=attestation, problem=_problem(attestation, artifact, now))
    return standing


def _rank(attestation: Attestation, artifact: Artifact, now: dt.datetime) -> tuple[bool, dt.datetime, int, str]:
    favour = ("met", "not_applicable", "not_met").index(attestation.verdict)
    applies = attestation.product in ("", artifact.name) and attestation.stated_at <= now
    return (applies, attestation.stated_at, favour, attestation.origin)


def _problem(attestation: Attestation, artifact: Artifact, now: dt.datetime) -> str:
    if attestation.product not in ("", artifact.name):
        return f"is about {attestation.product}, not about {artifact.name or 'this artifact'}"
    if attestation.stated_at > now:
        return f"is dated {day(attestation.stated_at)}, which is still to come"
    if attestation.expires <= now:
        return f"expired on {day(attestation.expires)}"
    return ""


def judge(control: Control, answers: Sequence[Answer], standing: Standing | None) -> ControlResult:
    """Give the verdict on one control. answers: of its checks, in their order."""
    facts = tuple(dict.fromkeys(fact for answer in answers for fact in answer.cited))
    missing = tuple(dict.fromkeys(text for answer in answers for text in answer.missing))
    stated = standing.attestation if standing is not None and not standing.problem else None
    against = [fact for fact in facts if fact.outcome == "contradicts"]
    if stated is not None:
        facts = (*facts, _cite(stated))
    if stated is not None and stated.verdict == "not_applicable":
        reason = f"{stated.author} declared on {day(stated.stated_at)} that it does not apply."
        if against:
            reason += f" Mind that {counted(len(against), 'fact')} below would contradict it."
        return _result(control, "not_applicable", reason, facts)
    if against or (stated is not None and stated.verdict == "not_met"):
        reasons = [_first(against)] if against else []
        if stated is not None and stated.verdict == "not_met":
            reasons.append(f"{stated.author} stated on {day(stated.stated_at)} that it is not met.")
        needs = _open(control, missing, stated)
        if against:
            needs = ("Mend what the evidence holds against it, or have a person state why it does not apply.", *needs)
        return _result(control, "not_met", " ".join(reasons), facts, needs)
    needs = _open(control, missing, stated)
    if needs:
        return _result(control, "evidence_missing", _why(control, facts, missing, standing, stated), facts, needs)
    if stated is None:
        return _result(control, "met", "Every check passed, and no statement is needed.", facts)
    rests = "Every check passed, and" if control.checks else "No check bears on it;"
    reason = f"{rests} {stated.author} stated on {day(stated.stated_at)} that it is met."
    return _result(control, "met", reason, facts)


def _result(
    control: Control, verdict: str, reason: str, cited: tuple[CitedEvidence, ...], needs: tuple[str, ...] = ()
) -> ControlResult:
    return ControlResult(
        id=control.id,
        title=control.title,
        group=control.group,
        section=control.section,
        statement=control.statement,
        automation=control.automation,
        verdict=verdict,
        reason=reason,
        cited=cited,
        needs=needs,
    )


def _cite(attestation: Attestation) -> CitedEvidence:
    verdict = {"met": "it is met", "not_met": "it is not met", "not_applicable": "it does not apply"}
    until = f"{day(attestation.stated_at)}, counts until {day(attestation.expires)}"
    files = "".join(f"; attached: {name}{f' ({digest})' if digest else ''}" for name, digest in attestation.files)
    text = (
        f"{attestation.author} states that {verdict[attestation.verdict]} ({until}): “{attestation.statement}”{files}"
    )
    outcome = "contradicts" if attestation.verdict == "not_met" else "supports"
    return CitedEvidence(text=text, outcome=outcome, source=attestation.origin or "attestation")


def _open(control: Control, missing: tuple[str, ...], stated: Attestation | None) -> tuple[str, ...]:
    """Give what is left to do: close the gaps in the evidence, and state what only a person can state."""
    statements = () if stated is not None and stated.verdict == "met" else control.needs
    return (*(f"Close this gap: {text}." for text in missing), *statements)


def _why(
    control: Control,
    facts: tuple[CitedEvidence, ...],
    missing: tuple[str, ...],
    standing: Standing | None,
    stated: Attestation | None,
) -> str:
    """Say why it is not met, in one or two sentences; `needs` has every gap."""
    parts = []
    if any(fact.digest is not None for fact in facts):
        gaps = f", with {counted(len(missing), 'gap')}" if missing else ""
        parts.append(f"Verified evidence speaks for it{gaps}.")
    elif missing:
        more = f", and {counted(len(missing) - 1, 'other gap')}" if len(missing) > 1 else ""
        parts.append(f"Not shown: {missing[0]}{more}.")
    if stated is not None:
        parts.append(f"What {stated.author} states does not make up for what is missing.")
    elif standing is not None:
        author = standing.attestation.author
        parts.append(f"The statement by {author} of {day(standing.attestation.stated_at)} {standing.problem}.")
    elif control.needs:
        if control.automation == "attest":
            parts.append("Only a person can state this, and nobody has.")
        elif control.checks:
            parts.append("No statement by a person is on file.")
        else:
            parts.append("No check of this report bears on it, and no statement by a person is on file.")
    return " ".join(parts)


def _first(against: Sequence[CitedEvidence]) -> str:
    more = f" ({counted(len(against) - 1, 'further fact')} against it below.)" if len(against) > 1 else ""
    return f"Contradicted by evidence: {_lower(against[0].text)}{more}"


def _lower(text: str) -> str:
    """Give a sentence as it stands after a colon; names in capitals and digits stay as they are."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text
