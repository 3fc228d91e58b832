"""custody diff: what changed from one SBOM to another."""

from __future__ import annotations

import click

from custody.cli import options
from custody.cli.program import HELP


@click.command("diff", short_help=HELP["diff"])
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option(
    "-o",
    "--output-format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="What is printed.",
)
@options.platform
@options.looking
def COMMAND(
    *,
    before: str,
    after: str,
    form: str,
    platform: str | None,
    exclude: tuple[str, ...],
    scope: str,
    cached: bool,
) -> int:
    """Show what changed from A to B: each an SBOM of any format, or whatever `custody sbom` takes.

    Packages that were added, removed, upgraded or downgraded (changed, where the order of the versions is not known);
    other licences, other checksums of the same version, other relations between packages that both have.

    Exit code 1: something changed.
    """
    from custody.cli.output import deliver
    from custody.cli.progress import listener
    from custody.cli.sbom_tables import comparison_json, comparison_table
    from custody.model import pretty_json
    from custody.workflows.question import Looking, compare_sources

    looking = Looking(platform=platform, exclude=exclude, scope=scope, cached=cached)
    found = compare_sources(before, after, listener(), looking=looking)
    deliver(pretty_json(comparison_json(found)) if form == "json" else comparison_table(found).encode(), None)
    return int(not found.same)
