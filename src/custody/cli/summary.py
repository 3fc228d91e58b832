"""What a release says at its end: a page that a person enjoys, and the same for machines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from custody.errors import one_line

if TYPE_CHECKING:
    from custody.workflows.release import ReleaseResult

__all__ = ["release_json", "release_text"]

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


def release_json(result: ReleaseResult) -> str:
    """Give release.json's own text, as it was written."""
    return (result.output / "release.json").read_text(encoding="utf-8")


def release_text(result: ReleaseResult) -> str:
    """Give the summary: what was found, what was decided and why, where it went, and what to do next."""
    import shutil

    from custody.report import findings_table

    colour = sys.stdout.isatty()
    width = shutil.get_terminal_size((110, 24)).columns if colour else 110

    def paint(text: str, *styles: str) -> str:
        return f"\x1b[{';'.join(_CODES[s] for s in styles)}m{text}\x1b[0m" if colour else text

    artifact = result.artifact
    word, style = _verdict(result)
    lines = ["", findings_table(result.report, width=width, colour=colour).rstrip("\n"), ""]
    lines.append(f"{paint(one_line(f'{artifact.name} {artifact.version}'), 'bold')}   {paint(word, 'bold', style)}")
    lines.append(f"  artifact   {artifact.digest}")
    lines.append(f"  key        {result.key.key_id}")
    if result.decision is not None:
        marks = {"pass": paint("✓", "green"), "fail": paint("✗", "red"), "unknown": paint("?", "yellow")}
        for verdict in result.decision.verdicts:
            cites = " ".join(digest.short for digest in verdict.evidence)
            cited = paint(f"  evidence {cites}", "dim") if cites else ""
            lines.append(f"  {marks[verdict.outcome]} {verdict.rule:<16} {one_line(verdict.reason)}{cited}")
            lines.extend(f"      {one_line(detail)}" for detail in verdict.details)
    for target in result.targets:
        if target.problem:
            lines.append(f"  {paint('✗', 'red')} {one_line(target.problem)}")
            lines.extend(f"      missing there: {piece}" for piece in target.missing)
        else:
            there = paint(f"{target.evidence} pieces of evidence, verified there", "dim")
            lines.append(f"  {paint('✓', 'green')} {one_line(target.place)}  {there}")
    page = result.output / "index.html"
    lines.append(f"  ledger     {result.ledger_size} entries; `custody audit verify` checks them")
    lines.append(f"  read on    {page}")
    return "\n".join(lines) + "\n"


def _verdict(result: ReleaseResult) -> tuple[str, str]:
    if result.decision is None:
        return "RELEASED, no policy decided", "yellow"
    if not result.decision.allowed:
        unknown = all(verdict.outcome != "fail" for verdict in result.decision.verdicts)
        return ("DENIED, for something is unknown" if unknown else "DENIED"), "red"
    return "ALLOWED", "green"
