"""custody catalogers: what can be found, and what cannot."""

from __future__ import annotations

import click

from custody.cli.program import HELP


@click.command("catalogers", short_help=HELP["catalogers"])
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    show_default=True,
    help="How to print it.",
)
@click.argument("names", nargs=-1)
def COMMAND(*, form: str, names: tuple[str, ...]) -> None:
    """Print which catalogers there are: what each one reads, what it gives, and what it cannot know.

    NAMES: only these; a part of a name will do ("python").
    """
    from custody.cli.output import deliver
    from custody.cli.tables import catalogers_table
    from custody.inventory import load_catalogers
    from custody.inventory.capabilities import capability_rows, markdown_table
    from custody.model import pretty_json

    chosen = [c for c in load_catalogers() if not names or any(name in c.name for name in names)]
    if form == "json":
        deliver(pretty_json(capability_rows(chosen)), None)
    elif form == "markdown":
        deliver(markdown_table(chosen).encode(), None)
    else:
        deliver(catalogers_table(capability_rows(chosen)).encode(), None)
