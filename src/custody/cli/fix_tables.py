"""What `custody fix` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from custody.advisories.fix import command_for
from custody.cli.tables import table
from custody.errors import one_line

if TYPE_CHECKING:
    from custody.advisories.fix import Solved, Step
    from custody.workflows.fix import Proposal

__all__ = ["proposal_diff", "proposal_json", "proposal_table"]

_SHOWN = 8


def proposal_table(proposal: Proposal, steps: int | None) -> str:
    """Give the steps, how much of the risk each removes, and what is left."""
    plan = proposal.plan
    taken = plan.steps if steps is None else plan.steps[:steps]
    total = plan.risk or 1.0
    rows, sum_ = [], 0.0
    for number, step in enumerate(taken, start=1):
        sum_ += step.risk
        rows.append(
            (
                str(number),
                step.package,
                step.version,
                step.to + (" (major)" if step.major else ""),
                f"{step.risk / total:.0%}",
                f"{sum_ / total:.0%}",
                _counted(step.solves),
                _way(step),
            )
        )
    head = ("", "PACKAGE", "VERSION", "UPGRADE TO", "RISK", "IN ALL", "REMOVES", "HOW")
    text = table(head, rows) if rows else ""
    for step in taken:
        if step.leaves:
            text += f"{step.package} {step.to} still has {_ids(step.leaves)}\n"
        if step.brings:
            text += f"{step.package} {step.to} brings {', '.join(step.brings[:_SHOWN])}\n"
    solved = sum(len(step.solves) for step in taken)
    every = sum(len(step.solves) for step in plan.steps) + len(plan.unsolved)
    text += (
        f"{len(taken)} upgrades remove {solved} of {every} findings, {sum_ / total:.0%} of the risk\n" if every else ""
    )
    without = [finding for finding in plan.unsolved if not finding.fixed_versions]
    if without:
        text += f"no fix is known for {len(without)}: {_names(sorted({f'{f.id} ({f.package})' for f in without}))}\n"
    if not every and proposal.report.result == "unknown":
        text += "nothing is known that would need an upgrade, and not everything could be evaluated\n"
    elif not every:
        text += "no findings that count, so there is nothing to upgrade\n"
    if proposal.report.result == "unknown" or proposal.report.not_evaluated:
        text += f"on {len(proposal.report.not_evaluated)} packages or advisories the scan can say nothing\n"
    for skipped in proposal.report.skipped:
        text += f"not read: {one_line(skipped.where)}: {one_line(skipped.reason)}\n"
    for file in proposal.files:
        text += "".join(f"{one_line(file.path)}: {one_line(note)}\n" for note in file.notes)
    if any(file.before != file.after for file in proposal.files):
        text += "the changes of the manifests: custody fix … -o diff\n"
    return text


def proposal_json(proposal: Proposal, steps: int | None) -> dict[str, Any]:
    """Give the same as JSON values."""
    plan = proposal.plan
    return {
        "risk": plan.risk,
        "steps": [_step(step) for step in (plan.steps if steps is None else plan.steps[:steps])],
        "unsolved": [
            {"id": f.id, "severity": f.severity, "purl": f.package_id, "fixedVersions": list(f.fixed_versions)}
            for f in plan.unsolved
        ],
        "files": [{"path": file.path, "diff": file.diff(), "notes": list(file.notes)} for file in proposal.files],
        "notEvaluated": len(proposal.report.not_evaluated),
    }


def proposal_diff(proposal: Proposal) -> tuple[str, list[str]]:
    """Give the changes of all files, and the notes."""
    notes = [f"{one_line(file.path)}: {one_line(note)}" for file in proposal.files for note in file.notes]
    for step in proposal.aside:
        how = command_for(step) or "it is in no file that can be changed here"
        notes.append(one_line(f"{step.package} {step.version} -> {step.to} is not in the diff: {how}"))
    return "".join(file.diff() for file in proposal.files), notes


def _step(step: Step) -> dict[str, Any]:
    return {
        "ecosystem": step.ecosystem,
        "package": step.package,
        "purl": step.package_id,
        "version": step.version,
        "to": step.to,
        "major": step.major,
        "direct": step.direct,
        "through": list(step.through),
        "risk": step.risk,
        "solves": [_solved(solved) for solved in step.solves],
        "leaves": [_solved(solved) for solved in step.leaves],
        "brings": list(step.brings),
        "command": command_for(step) or None,
    }


def _solved(solved: Solved) -> dict[str, Any]:
    return {"id": solved.id, "severity": solved.severity, "risk": solved.risk}


def _counted(solved: tuple[Solved, ...]) -> str:
    first = solved[0].id
    return first if len(solved) == 1 else f"{first} +{len(solved) - 1}"


def _ids(solved: tuple[Solved, ...]) -> str:
    return _names([one.id for one in solved])


def _names(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _way(step: Step) -> str:
    if step.direct is False and step.through:
        names = [name.partition("@")[0].rpartition("/")[2] or name for name in step.through]
        return f"comes with {_names(names[:3])}"
    return command_for(step)
