"""The seam between a policy and its rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from custody.fields import Fields
from custody.model import Digest, Evidence, ExceptionGrant, Verdict

__all__ = ["Rule", "Subject", "unusable", "verified"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is judged, when, and what the judge was given besides evidence.

    key_ids: for each `key: FILE` of the policy, the id of the public key in that file (SHA-256 hex of its SPKI).
    now: aware UTC datetime; expiry dates are compared with it.
    """

    name: str
    digest: Digest
    now: dt.datetime
    key_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: one section of a container's policy.

    name: the section ("signature"). summary: what it demands, one line.
    read: turns the section into the rule's parameters, or raises InputError with the field's path.
    judge: verdict over the evidence about the subject; pure.
    key_files: which of the parameters name public key files, so that the caller can load them.
    exceptions: which vulnerability ids the parameters except, so that a page can mark them.
    grants: which exceptions they grant with somebody who answers for them and an end, so that a scan can carry them.
    """

    name: str
    summary: str
    read: Callable[[Fields], Any]
    judge: Callable[[Subject, Sequence[Evidence], Any], Verdict]
    key_files: Callable[[Any], Sequence[str]] = lambda _: ()
    exceptions: Callable[[Any], Sequence[str]] = lambda _: ()
    grants: Callable[[Any], Sequence[ExceptionGrant]] = lambda _: ()


def verified(evidence: Sequence[Evidence], predicate_types: Sequence[str]) -> list[Evidence]:
    """Give the verified evidence of some predicate types, in the order in which it was found."""
    return [item for item in evidence if item.predicate_type in predicate_types and item.signer is not None]


def unusable(evidence: Sequence[Evidence], predicate_types: Sequence[str]) -> str:
    """Say what evidence of these types there is that nothing may rest on, and why; "" where there is none."""
    found = [item for item in evidence if item.predicate_type in predicate_types and item.signer is None]
    if not found:
        return ""
    return f"; {len(found)} found but not verified ({found[0].problem or 'not checked'})"
