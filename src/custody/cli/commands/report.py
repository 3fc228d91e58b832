"""custody report: compliance, proven by evidence."""

from __future__ import annotations

from pathlib import Path

import click

from custody.cli import options
from custody.cli.program import HELP


@click.command("report", short_help=HELP["report"])
@click.option("--format", "framework", default="nist-ssdf", show_default=True, metavar="FRAMEWORK", help="nist-ssdf.")
@click.option("--sbom", type=options.INPUT, required=True, help="The release's SBOM; it says which artifact is meant.")
@click.option(
    "--evidence",
    "places",
    multiple=True,
    metavar="PLACE",
    help="A folder of bundles, oci:DIR[:TAG] or host/repo:tag.  [default: `evidence` beside the SBOM, and the vault]",
)
@click.option("--attestations", type=options.INPUT, help="What named persons state about controls (YAML).")
@click.option(
    "--output", type=options.FILE, required=True, help="The report: PDF, or JSON where the name ends in .json."
)
@options.keys
@click.pass_context
def COMMAND(
    ctx: click.Context,
    *,
    framework: str,
    sbom: Path,
    places: tuple[str, ...],
    attestations: Path | None,
    output: Path,
    keys: tuple[Path, ...],
) -> None:
    """Write a compliance report for the artifact of an SBOM.

    It has each task with its verdict, the evidence that it rests on, and what a person must still attest. Missing
    evidence is never "met".
    """
    from custody.workflows.context import now
    from custody.workflows.keys import trusted_keys
    from custody.workflows.report import write_report

    workspace = options.workspace_of(ctx)
    lines = write_report(
        framework,
        sbom_file=sbom,
        places=places,
        attestations=attestations,
        output=output,
        workspace=workspace,
        keys=trusted_keys(workspace, keys),
        now=now(),
    )
    click.echo("\n".join(lines))
