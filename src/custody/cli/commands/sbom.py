"""custody sbom: what an artifact is made of."""

from __future__ import annotations

import click

from custody.cli import options
from custody.cli.program import HELP


@click.command("sbom", short_help=HELP["sbom"])
@click.argument("source")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help="An SBOM format such as spdx-json or cyclonedx-json, or table; to a file, or to the screen. May be repeated."
    "  [default: table]",
)
@click.option(
    "--format-version", default="", metavar="VERSION", help="Of the format's specification.  [default: the newest]"
)
@click.option("--name", default="", help="What the artifact is called.")
@click.option("--version", default="", help="Its version.")
@click.option("--author", default="", help='Who answers for the SBOM: "Organization: Example" or "Person: A. Name".')
@click.option("--enrich", is_flag=True, help="Ask registries for what the packages do not say themselves.")
@click.option(
    "--enrich-from",
    "services",
    multiple=True,
    metavar="SERVICE=ADDRESS",
    help="Where a registry is, such as npm=https://npm.example; implies --enrich. May be repeated."
    "  [default: CUSTODY_ENRICH, enrich.yaml in the workspace, and what npm, pip, Go, Cargo and Maven use]",
)
@options.platform
@options.looking
@click.pass_context
def COMMAND(
    ctx: click.Context,
    *,
    source: str,
    outputs: tuple[str, ...],
    format_version: str,
    name: str,
    version: str,
    author: str,
    enrich: bool,
    services: tuple[str, ...],
    platform: str | None,
    exclude: tuple[str, ...],
    scope: str,
    cached: bool,
) -> None:
    """List the packages of SOURCE with their versions, licences and dependencies.

    SOURCE is dir:PATH, file:PATH, oci:DIR[:TAG], docker-archive:FILE, sbom:FILE, an image reference host/repo:tag, or a
    plain path, recognised by what it holds.
    """
    from custody.cli.output import deliver, parse_outputs

    wanted = parse_outputs(outputs, default="table")
    from custody.cli.progress import listener
    from custody.cli.tables import packages_table
    from custody.workflows.context import document_time
    from custody.workflows.examine import examine, sbom_documents
    from custody.workflows.interface import Silent

    addresses = None
    if enrich or services:
        from custody.workflows.enrich import addresses_for

        addresses = addresses_for(services, options.workspace_of(ctx))
    heard = listener()
    inventory = examine(
        source,
        heard,
        platform=platform,
        name=name,
        version=version,
        exclude=exclude,
        scope=scope,
        cached=cached,
    )
    if addresses is not None:
        from custody.workflows.enrich import enrich_inventory

        inventory, result = enrich_inventory(inventory, heard, addresses=addresses, cached=cached)
        if isinstance(heard, Silent):
            click.echo(f"custody: {result.summary()}", err=True)
    formats = [form for form, _ in wanted if form != "table"]
    documents = sbom_documents(
        inventory, formats, source=source, author=author, now=document_time(), version=format_version
    )
    for form, file in wanted:
        deliver(packages_table(inventory).encode() if form == "table" else documents[form], file)
