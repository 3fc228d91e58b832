"""custody verify-attestation: what is attested, proven."""

from __future__ import annotations

from pathlib import Path

import click

from custody.cli import options
from custody.cli.program import HELP
from custody.model import PREDICATE_TYPES


@click.command("verify-attestation", short_help=HELP["verify-attestation"])
@click.argument("artifact")
@click.option(
    "--type",
    "kind",
    default="slsaprovenance",
    show_default=True,
    metavar="TYPE",
    help=f"{', '.join(PREDICATE_TYPES)}, or a predicate type URI.",
)
@options.keys
@options.output_json
@click.pass_context
def COMMAND(ctx: click.Context, *, artifact: str, kind: str, keys: tuple[Path, ...], form: str) -> None:
    """Verify the attestations of one TYPE about ARTIFACT, and print each as one line of JSON (its DSSE envelope).

    ARTIFACT is oci:DIR[:TAG], the path of such a DIR, or an image reference host/repo:tag. What is printed has been
    verified; what could not be is not printed. For a layout on disk every blob of the artifact is checked too; from a
    registry layers are not downloaded. Exit code 1: there is none that a key you trust has signed, or a blob is missing
    or changed.
    """
    from custody.workflows.keys import trusted_keys
    from custody.workflows.verify import describe, envelope_line, verify

    found, bundles = verify(artifact, kind, keys=trusted_keys(options.workspace_of(ctx), keys))
    if form == "json":
        click.echo(describe(found, bundles), nl=False)
        return
    for bundle in bundles:
        click.echo(f"✓ {kind} by {bundle.evidence.signer}, about {found.descriptor.digest}", err=True)
        click.echo(envelope_line(bundle))
