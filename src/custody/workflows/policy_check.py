"""Judge an artifact that is published somewhere, on the evidence that is attached to it there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from custody.errors import UsageError
from custody.model import Decision, format_time, pretty_json
from custody.policy import Policy, Subject, decide, parse_policy
from custody.signing import PublicKey, load_public_key
from custody.workflows.input_file import read_file
from custody.workflows.verify import find

__all__ = ["check_artifact", "decision_json", "load_policy", "policy_keys"]


def load_policy(path: Path) -> Policy:
    """Read a policy file; InputError says `file:path.to.field: what is wrong`."""
    return parse_policy(read_file(path), str(path))


def policy_keys(policy: Policy) -> dict[str, PublicKey]:
    """Load the public keys that a policy names, relative to the policy's own folder: file as written → key."""
    base = Path(policy.where).parent
    return {name: load_public_key(base / name) for name in policy.key_files()}


def check_artifact(text: str, policy: Policy, *, name: str, keys: Sequence[PublicKey], now: dt.datetime) -> Decision:
    """Decide on `oci:DIR[:TAG]` or `host/repo:tag`.

    name: as the policy calls it; "" takes the one name in the signed evidence or, where that has none, the last part of
    the repository's name. keys: those that the caller trusts; the keys that the policy itself names are trusted too.
    Raises UsageError: no name is given, and the evidence has several.
    """
    named = policy_keys(policy)
    found = find(text, keys=[*keys, *named.values()])
    evidence = [bundle.evidence for bundle in found.bundles]
    digest = found.descriptor.digest
    stated = {
        subject.name
        for item in evidence
        if item.signer is not None
        for subject in item.statement.subjects
        if subject.name and subject.digest.get(digest.algorithm) == digest.hex
    }
    if not name and len(stated) > 1:
        what = f"its evidence has several names for it: {', '.join(sorted(stated))}"
        raise UsageError(text, what, "say which one the policy means with --name")
    if not name:
        name = min(stated) if len(stated) == 1 else found.repository.name.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    subject = Subject(
        name=name,
        digest=digest,
        now=now,
        key_ids={file: key.key_id for file, key in named.items()},
    )
    return decide(policy, subject, evidence)


def decision_json(decision: Decision) -> str:
    """Give a decision for machines."""
    value = {
        "artifact": str(decision.artifact),
        "allowed": decision.allowed,
        "policy": decision.policy_name,
        "policyDigest": str(decision.policy_digest),
        "decidedAt": format_time(decision.decided_at),
        "verdicts": [
            {
                "rule": verdict.rule,
                "outcome": verdict.outcome,
                "reason": verdict.reason,
                "details": list(verdict.details),
                "evidence": [str(digest) for digest in verdict.evidence],
            }
            for verdict in decision.verdicts
        ],
    }
    return pretty_json(value).decode()
