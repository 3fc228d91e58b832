"""custody score: how good an SBOM is."""

from __future__ import annotations

from pathlib import Path

import click

from custody.cli import options
from custody.cli.program import HELP
from custody.errors import UsageError


@click.command("score", short_help=HELP["score"])
@click.argument("file", type=options.INPUT)
@click.option(
    "-o",
    "--output-format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="What is printed.",
)
@click.option("--at-least", type=click.FloatRange(0, 10), metavar="SCORE", help="Exit with 1 below it.")
def COMMAND(*, file: Path, form: str, at_least: float | None) -> int:
    """Give an SBOM a score from 0 to 10, by category, with what to fix and how much that would gain.

    FILE is an SBOM of any format, `-` standard input. Categories and weights are those that sbomqs publishes. What
    cannot be known is unknown, and counts neither for the score nor against it.
    """
    from custody.cli.output import deliver
    from custody.cli.sbom_tables import score_json, score_table
    from custody.model import pretty_json
    from custody.workflows.judge import score_file

    if at_least is not None and not 0 <= at_least <= 10:  # NaN is in no range, and click lets it pass
        raise UsageError("--at-least", f"expected a score from 0 to 10, got {at_least}", "as in --at-least 7.5")
    found = score_file(file)
    deliver(pretty_json(score_json(found, str(file))) if form == "json" else score_table(found).encode(), None)
    return int(at_least is not None and (found.score is None or found.score < at_least))
