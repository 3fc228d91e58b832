"""custody audit: read and verify the ledger."""

from __future__ import annotations

from pathlib import Path

import click

from custody.cli import options
from custody.cli.program import HELP


@click.group("audit", short_help=HELP["audit"])
def COMMAND() -> None:
    """Read the ledger, and prove that nothing in it was changed."""


@COMMAND.command("log")
@options.output_json
@click.pass_context
def log(ctx: click.Context, *, form: str) -> None:
    """Print every act, in order."""
    from custody.cli.tables import table
    from custody.model import format_time
    from custody.workflows.audit import read_log

    rows = read_log(options.workspace_of(ctx))
    if form == "json":
        for index, event in rows:
            click.echo(f'{{"index":{index},"event":{event.encode().decode()}}}')
        return
    listed = [
        (
            str(index),
            format_time(event.at),
            event.action,
            event.outcome,
            event.subject[:19],
            event.actor,
            " ".join(f"{key}={value}" for key, value in event.details.items())[:100],
        )
        for index, event in rows
    ]
    click.echo(table(("INDEX", "TIME", "ACT", "OUTCOME", "SUBJECT", "ACTOR", "DETAILS"), listed), nl=False)


@COMMAND.command("verify")
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Recompute the whole ledger from its entries, and check it against every tile and the signed checkpoint.

    Exit code 1: an entry, a tile or the checkpoint was changed; the line says which.
    """
    from custody.workflows.audit import verify_ledger

    state, key = verify_ledger(options.workspace_of(ctx))
    click.echo(f"✓ {state.size} entries, root {state.root.hex()}")
    click.echo(f"  signed by {key}")


@COMMAND.command("prove")
@click.argument("index", type=click.IntRange(min=0))
@click.option("--output", type=options.FILE, help="Where to write the proof.  [default: the screen]")
@click.pass_context
def prove(ctx: click.Context, *, index: int, output: Path | None) -> None:
    """Print the proof that entry INDEX is in the ledger (c2sp.org/tlog-proof).

    Anyone can check it without the ledger.
    """
    from custody.cli.output import deliver
    from custody.workflows.audit import prove_entry

    deliver(prove_entry(options.workspace_of(ctx), index), output)
