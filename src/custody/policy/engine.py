"""Evidence in, decision out. Pure: the same evidence and time give the same decision anywhere."""

from __future__ import annotations

from collections.abc import Sequence

from custody.model import Decision, Evidence, Verdict
from custody.policy.interface import Subject
from custody.policy.schema import Policy

__all__ = ["decide"]


def decide(policy: Policy, subject: Subject, evidence: Sequence[Evidence]) -> Decision:
    """Judge an artifact.

    Evidence about another digest is left out before any rule sees it: a rule cannot forget to check. An artifact that
    no entry of the policy covers is not allowed, for nobody said what it has to prove.
    """
    relevant = [item for item in evidence if item.statement.is_about(subject.digest)]
    covering = [container for container in policy.containers if container.covers(subject.name)]
    verdicts = [
        rule.judge(subject, relevant, parameters) for container in covering for rule, parameters in container.demands
    ]
    if not covering:
        names = ", ".join(repr(container.name) for container in policy.containers)
        reason = f"the policy says nothing about {subject.name!r}; it covers {names}"
        verdicts.append(Verdict(rule="scope", outcome="unknown", reason=reason))
    return Decision(
        artifact=subject.digest,
        policy_name=policy.name,
        policy_digest=policy.digest,
        verdicts=tuple(verdicts),
        decided_at=subject.now,
    )
