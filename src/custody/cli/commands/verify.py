"""custody verify: is it signed, and by whom."""

from __future__ import annotations

from pathlib import Path

import click

from custody.cli import options
from custody.cli.program import HELP


@click.command("verify", short_help=HELP["verify"])
@click.argument("artifact")
@options.keys
@options.output_json
@click.pass_context
def COMMAND(ctx: click.Context, *, artifact: str, keys: tuple[Path, ...], form: str) -> None:
    """Check that ARTIFACT is signed by a key you trust.

    ARTIFACT is oci:DIR[:TAG], the path of such a DIR, or an image reference host/repo:tag. Checked are: the signature
    over the statement, that the statement is about this very digest, and that it is a signature and no other kind of
    statement. For a layout on disk every blob of the artifact is read and checked too, and no network is used; from a
    registry only the manifest and the evidence are read: layers are not downloaded. Exit code 1: not signed, not by a
    key you trust, or a blob is missing or changed.
    """
    from custody.workflows.keys import trusted_keys
    from custody.workflows.verify import describe, verify

    found, bundles = verify(artifact, "signature", keys=trusted_keys(options.workspace_of(ctx), keys))
    if form == "json":
        click.echo(describe(found, bundles), nl=False)
        return
    click.echo(f"{artifact}")
    click.echo(f"  digest     {found.descriptor.digest}")
    for bundle in bundles:
        click.echo(f"  ✓ signed by {bundle.evidence.signer}  (bundle {bundle.evidence.digest.short})")
