"""Frameworks and their controls: what evidence says about each, and what a person must still state.

    FRAMEWORKS                                                      # ("nist-ssdf",)
    stated = parse_attestations(path.read_bytes(), str(path))       # what named persons state; an error names the place
    assessment = assess("nist-ssdf", artifact=artifact, evidence=[…], attestations=stated, now=now, checkpoint="…")
    assessment.count("met"), assessment.results[0].reason

`frameworks/` holds the controls as data, `queries/` one file for each thing that can be looked for in evidence,
`predicates/` reads what was signed, `verdict.py` has the rules. Nothing here says that anyone complies with anything:
evidence is listed, for and against each control.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from custody.compliance.attestations import parse_attestations
from custody.compliance.framework import FRAMEWORKS, load_framework
from custody.compliance.interface import Material
from custody.compliance.predicates.period import stated_period
from custody.compliance.verdict import judge, standings
from custody.model import Artifact, Assessment, Attestation, Evidence

__all__ = ["FRAMEWORKS", "assess", "parse_attestations"]


def assess(
    framework: str,
    *,
    artifact: Artifact,
    evidence: Sequence[Evidence],
    now: dt.datetime,
    attestations: Sequence[Attestation] = (),
    checkpoint: str = "",
) -> Assessment:
    """Assess a framework for one artifact.

    evidence: all there is; only what is verified and about `artifact` counts, the rest is named.
    checkpoint: of a ledger that the caller has checked and that has entries about `artifact`, "" where there is none.
    Raises UsageError: unknown framework; InputError: an attestation about a control that is not in it.
    """
    catalogue = load_framework(framework)
    material = Material.gather(artifact, evidence, now, checkpoint)
    stated = standings(catalogue, attestations, artifact, now)
    results = tuple(
        judge(
            control,
            [check.query.ask(material, check.parameters) for check in control.checks],
            stated.get(control.id),
        )
        for control in catalogue.controls
    )
    unverified = tuple(_explained(item, artifact) for item in material.unverified)
    return Assessment(
        framework=catalogue.id,
        title=catalogue.title,
        version=catalogue.version,
        artifact=artifact,
        assessed_at=now,
        results=results,
        evidence=(*material.verified, *unverified),
        groups=catalogue.groups,
        about=(*catalogue.notes, f"Framework text: {catalogue.source}"),
        notes=tuple(_limits(unverified)),
        checkpoint=checkpoint,
        attestations=tuple(attestations),
        period=stated_period(material),
    )


def _explained(item: Evidence, artifact: Artifact) -> Evidence:
    """Give evidence that counts for nothing with the reason, and without a signer: nobody may rest on it."""
    about = item.statement.is_about(artifact.digest)
    problem = item.problem or ("it was not verified" if about else "it is about another artifact")
    return replace(item, signer=None, problem=problem)


def _limits(unverified: Sequence[Evidence]) -> list[str]:
    if not unverified:
        return []
    problems = sorted({item.problem for item in unverified})
    shown = "; ".join(problems[:3]) + ("; …" if len(problems) > 3 else "")
    count = (
        "1 bundle could not be verified and counts"
        if len(unverified) == 1
        else (f"{len(unverified)} bundles could not be verified and count")
    )
    return [f"{count} for nothing: {shown}"]
