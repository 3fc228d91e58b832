"""custody key: create and show signing keys."""

from __future__ import annotations

from pathlib import Path

import click

from custody.cli import options
from custody.cli.program import HELP


@click.group("key", short_help=HELP["key"])
def COMMAND() -> None:
    """Create and show signing keys (ECDSA P-256)."""


@COMMAND.command("create")
@click.option(
    "--output",
    type=options.FILE,
    help="Path without ending: PATH.key and PATH.pub are written.  [default: the workspace's own key]",
)
@click.option("--passphrase-file", type=options.FILE, help="Where the passphrase stands; or set CUSTODY_PASSPHRASE.")
@click.option("--ask", is_flag=True, help="Ask for a passphrase on the terminal.")
@click.pass_context
def create(ctx: click.Context, *, output: Path | None, passphrase_file: Path | None, ask: bool) -> None:
    """Create a key pair. With a passphrase the private key is encrypted; an existing file is never overwritten."""
    from custody.workflows.context import actor, now
    from custody.workflows.keys import create_signing_key

    passphrase = options.passphrase(passphrase_file)
    if ask:
        passphrase = click.prompt("Passphrase", hide_input=True, confirmation_prompt=True).encode()
    made = create_signing_key(
        options.workspace_of(ctx), output, passphrase=passphrase or None, actor=actor(), clock=now
    )
    click.echo(f"private key  {made.private}{'  (encrypted)' if passphrase else '  (not encrypted)'}")
    click.echo(f"public key   {made.public}")
    click.echo(f"key id       {made.key_id}")


@COMMAND.command("show")
@click.argument("file", type=options.FILE, required=False)
@click.pass_context
def show(ctx: click.Context, *, file: Path | None) -> None:
    """Print the id and the PEM of a public key, the workspace's own where no FILE is named."""
    from custody.errors import InputError
    from custody.workflows.keys import trusted_keys

    keys = trusted_keys(options.workspace_of(ctx), [file] if file else [])
    if not keys:
        raise InputError(str(options.workspace_of(ctx)), "there is no key yet", "run `custody key create`")
    click.echo(f"key id {keys[0].key_id}")
    click.echo(keys[0].pem.decode(), nl=False)
