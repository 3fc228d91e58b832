"""Say whether SBOMs are valid, what profiles miss in them, and how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from custody import sbom
from custody.sbom.quality import PROFILES, Remark, Score, Subject, check_profile, read_heading, score
from custody.sbom.validate.document import validate_document
from custody.sbom.validate.problem import Problem
from custody.workflows.input_file import name_of, read_file

__all__ = ["PROFILES", "Judged", "score_file", "validate_file"]

_FIXES = {
    "R1": "give every element an identifier of its own, and refer to those only",
    "R2": "add a DESCRIBES relationship from SPDXRef-DOCUMENT",
    "R3": "leave it out, or set filesAnalyzed",
    "R4": "define it in hasExtractedLicensingInfos",
    "R5": "write an SPDX licence expression, or NOASSERTION",
    "R6": "take the name from the specification",
    "R7": "compute the verification code again",
    "R8": "write NONE or NOASSERTION, or leave it out",
    "R9": "name it NAME.spdx.json",
    "G1": "write the context and the graph of SPDX 3.0.1",
    "G2": "write one SpdxDocument with a rootElement",
    "G3": "give every element an identifier of its own",
    "G4": "add the element, or import it",
    "L1": "write an SPDX licence expression",
    "P1": "name the package",
    "C1": "leave it out, or write a version that has it",
    "C2": "write it as the specification has it",
    "C3": "add it",
    "C4": "give every component a bom-ref of its own",
    "C5": "add what it refers to, or leave it out",
    "C6": "write an SPDX licence expression",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was found about one file.

    standard: "SPDX 2.3", "" for a format that is no standard; rules: whether its format has rules of its own; remarks:
    of the format first, then of each profile.
    """

    file: str
    format: str
    standard: str
    rules: bool
    profiles: tuple[str, ...]
    remarks: tuple[Remark, ...]

    @property
    def valid(self) -> bool:
        """Say whether nothing is an error."""
        return not any(remark.severity == "error" for remark in self.remarks)


def validate_file(file: Path, profiles: Sequence[str] = ()) -> Judged:
    """Check a file by the rules of its format, and by profiles (keys of `PROFILES`).

    Raises InputError: it is not there, or cannot be read as an SBOM at all; UnavailableError: it cannot be read.
    """
    name = name_of(file)
    data = read_file(file)
    problems = validate_document(data, name)
    subject = _subject(data, name)
    remarks = [_remark(problem) for problem in problems or ()]
    for profile in profiles:
        remarks += check_profile(subject, profile)
    heading = subject.heading
    return Judged(
        file=name,
        format=heading.format,
        standard=f"{heading.standard} {heading.version}".strip(),
        rules=problems is not None,
        profiles=tuple(profiles),
        remarks=tuple(remarks),
    )


def score_file(file: Path) -> Score:
    """Give the score of a file."""
    name = name_of(file)
    data = read_file(file)
    problems = validate_document(data, name)
    conforms = None if problems is None else not any(problem.severity == "error" for problem in problems)
    return score(_subject(data, name), conforms=conforms)


def _subject(data: bytes, name: str) -> Subject:
    return Subject(where=name, inventory=sbom.decode(data, name), heading=read_heading(data, name))


def _remark(problem: Problem) -> Remark:
    known = _FIXES.get(problem.rule, "")
    if not known:
        standard = "SPDX 2.3 section" if problem.rule[:1].isdigit() else "the SPDX 3.0.1 model,"
        known = f"see {standard} {problem.rule}"
    return Remark(where=problem.where, rule=problem.rule, severity=problem.severity, message=problem.message, fix=known)
