"""custody fix: what to upgrade, and to which version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from custody.cli import options
from custody.cli.program import HELP

if TYPE_CHECKING:
    from custody.advisories import Chosen


@click.command("fix", short_help=HELP["fix"])
@click.argument("source")
@click.option(
    "-o",
    "--output-format",
    "form",
    type=click.Choice(["table", "json", "diff"]),
    default="table",
    show_default=True,
    help="diff: the changes of requirements files and package.json, as `git apply` takes them.",
)
@click.option("--steps", type=click.IntRange(min=1), metavar="N", help="Only the N upgrades that remove most risk.")
@click.option("--same-major", is_flag=True, help="Only versions with the same first number.")
@options.database
@options.platform
@click.option("--exclude", multiple=True, metavar="GLOB", help="Paths that are taken for not there. May be repeated.")
def COMMAND(
    *,
    source: str,
    form: str,
    steps: int | None,
    same_major: bool,
    database: Chosen,
    platform: str | None,
    exclude: tuple[str, ...],
) -> int:
    """Propose the smallest upgrades of SOURCE that remove most risk, one for each vulnerable package.

    Only versions that advisories name as fixes are proposed; each was put to the database as if it were installed.
    Nothing is written: `custody fix . -o diff | git apply` changes the manifests of a directory.

    Exit code 1: there are findings that no upgrade removes, or that the proposed ones leave; or nothing is known.
    """
    from custody.cli.fix_tables import proposal_diff, proposal_json, proposal_table
    from custody.cli.output import deliver
    from custody.cli.progress import listener
    from custody.model import pretty_json
    from custody.workflows.context import now
    from custody.workflows.fix import propose

    proposal = propose(
        source,
        listener(),
        platform=platform,
        database=database,
        now=now(),
        same_major=same_major,
        steps=steps,
        exclude=exclude,
    )
    if form == "json":
        deliver(pretty_json(proposal_json(proposal, steps)), None)
    elif form == "diff":
        text, notes = proposal_diff(proposal)
        deliver(text.encode(), None)
        for note in notes:
            click.echo(note, err=True)
    else:
        deliver(proposal_table(proposal, steps).encode(), None)
    if proposal.report.result == "unknown":
        return 1
    left = len(proposal.plan.unsolved) + sum(len(step.solves) for step in proposal.plan.steps[steps or 10**9 :])
    return int(left > 0)
