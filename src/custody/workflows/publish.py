"""The same bytes to every target, and a second look at each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from custody.errors import CustodyError
from custody.model import Descriptor, Digest, Progress
from custody.registry import copy, open_repository, parse_reference, verify_copy
from custody.registry.interface import Repository

__all__ = ["TargetResult", "publish", "tag_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetResult:
    """What became of one target.

    reference: as the user wrote it; place: with the tag that it got, for whoever verifies it there; digest: of the
    artifact there, re-read after the push, None where it failed; evidence: how many bundles are there; missing: what is
    not, when it failed; problem: why, "" where all is well.
    """

    reference: str
    place: str = ""
    digest: Digest | None = None
    tag: str = ""
    evidence: int = 0
    missing: tuple[str, ...] = ()
    problem: str = ""


def tag_of(version: str) -> str:
    """Give the tag for a version: what a tag may not hold becomes "_", so that 1.2.3+build.5 is at 1.2.3_build.5.

    Spec: distribution-spec v1.1, "Pulling manifests": [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}.
    """
    tag = re.sub(r"[^A-Za-z0-9._-]", "_", version)[:128]
    return tag if tag[:1] not in ("", ".", "-") else f"_{tag}"[:128]


def publish(
    source: Repository,
    artifact: Descriptor,
    evidence: Sequence[tuple[str, Descriptor]],
    *,
    target: str,
    version: str,
    progress: Progress | None = None,
) -> TargetResult:
    """Copy an artifact and its evidence to one target, then read all of it back.

    evidence: (what it is, manifest of the referrer). target: `oci:DIR[:tag]` or `host/repo[:tag]`; without a tag it
    gets `version`. A failure does not raise: it is the result, so that other targets go on.
    """
    missing = [f"artifact {artifact.digest}", *(f"{kind} {descriptor.digest}" for kind, descriptor in evidence)]
    tag, place = "", target
    try:
        reference = parse_reference(target)
        tag = reference.tag or tag_of(version)
        place = f"{reference.name}:{tag}"
        repository = open_repository(reference)
        copy(source, artifact, repository, tag=tag, referrers=False, progress=progress)
        verify_copy(source, artifact, repository, tag=tag, referrers=False)
        missing.pop(0)
        for _, descriptor in evidence:
            copy(source, descriptor, repository, referrers=False)
            verify_copy(source, descriptor, repository, referrers=False)
            missing.pop(0)
        listed = {descriptor.digest for descriptor in repository.referrers(artifact.digest)}
        missing = [f"{kind} {descriptor.digest}" for kind, descriptor in evidence if descriptor.digest not in listed]
    except CustodyError as error:
        return TargetResult(reference=target, place=place, tag=tag, missing=tuple(missing), problem=str(error))
    if missing:
        problem = f"{target}: the evidence was pushed, but is not listed as referring to the artifact"
        return TargetResult(reference=target, place=place, tag=tag, missing=tuple(missing), problem=problem)
    return TargetResult(reference=target, place=place, digest=artifact.digest, tag=tag, evidence=len(evidence))
