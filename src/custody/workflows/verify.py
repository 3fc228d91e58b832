"""Checks what others rely on: signatures and attestations of a published artifact.

Needs no network for a layout on disk.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from custody.errors import VerificationError
from custody.model import Descriptor, canonical_json, predicate_types, pretty_json
from custody.registry import check_artifact, named_place, open_repository
from custody.registry.interface import Repository
from custody.registry.listed import ListedRepository
from custody.signing import PublicKey
from custody.workflows.evidence import Bundle, find_evidence

__all__ = ["Found", "bundle_line", "describe", "envelope_line", "find", "verify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is known about an artifact at one place. skipped: referrers that could not be read, and why."""

    reference: str
    repository: Repository
    descriptor: Descriptor
    bundles: tuple[Bundle, ...]
    skipped: tuple[str, ...]


def find(text: str, *, keys: Sequence[PublicKey]) -> Found:
    """Resolve a reference once, and collect every bundle that refers to it, verified where the keys allow."""
    reference = named_place(text)
    repository = open_repository(reference)
    descriptor = repository.resolve(reference.pointer)
    skipped: list[str] = []
    bundles = find_evidence(repository, descriptor, keys=keys, skipped=skipped)
    return Found(
        reference=text,
        repository=repository,
        descriptor=descriptor,
        bundles=tuple(bundles),
        skipped=tuple(skipped),
    )


def verify(text: str, kind: str, *, keys: Sequence[PublicKey]) -> tuple[Found, list[Bundle]]:
    """Give the verified bundles of one kind ("signature", "slsaprovenance", a predicate type URI) about an artifact.

    Of a layout on disk every blob of the artifact is read and its digest recomputed as well; of a registry only the
    manifest and the evidence are. Raises VerificationError: there is none, or none that these keys verify, or a blob is
    missing or changed; the message says which of the three.
    """
    found = find(text, keys=keys)
    wanted = predicate_types(kind)
    there = [bundle for bundle in found.bundles if bundle.evidence.predicate_type in wanted]
    good = [bundle for bundle in there if bundle.evidence.signer is not None]
    if good:
        if isinstance(found.repository, ListedRepository):
            check_artifact(found.repository, found.descriptor)
        return found, good
    place = f"{text}@{found.descriptor.digest}" if "@" not in text else text
    if found.skipped:
        raise VerificationError(place, f"no {kind} could be verified, and not all could be read: {found.skipped[0]}")
    if not there:
        kinds = sorted({bundle.kind for bundle in found.bundles})
        have = f"there is {', '.join(kinds)}" if kinds else "there is no evidence at all"
        raise VerificationError(place, f"no {kind} is attached; {have}")
    problem = there[0].evidence.problem or "no trusted key verifies it"
    raise VerificationError(place, f"{len(there)} {kind} found, none verified: {problem}")


def envelope_line(bundle: Bundle) -> str:
    """Give a bundle's DSSE envelope as one line of JSON."""
    return canonical_json(json.loads(bundle.data)["dsseEnvelope"]).decode()


def bundle_line(bundle: Bundle) -> str:
    """Give a whole Sigstore bundle as one line of JSON."""
    return canonical_json(json.loads(bundle.data)).decode()


def describe(found: Found, bundles: Sequence[Bundle]) -> str:
    """Give what was verified, for machines."""
    value = {
        "reference": found.reference,
        "digest": str(found.descriptor.digest),
        "verified": [
            {
                "kind": bundle.kind,
                "predicateType": bundle.evidence.predicate_type,
                "bundle": str(bundle.evidence.digest),
                "signer": str(bundle.evidence.signer),
                "keyId": bundle.evidence.signer.key_id if bundle.evidence.signer else "",
                "predicate": bundle.evidence.statement.predicate,
            }
            for bundle in bundles
        ],
        "notRead": list(found.skipped),
    }
    return pretty_json(value).decode()
