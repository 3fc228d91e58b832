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
    help="spdx-json, cyclonedx-json or table; to a file, or to the screen. May be repeated.  [default: table]",
)
@click.option("--name", default="", help="What the artifact is called.")
@click.option("--version", default="", help="Its version.")
@click.option("--author", default="", help='Who answers for the SBOM: "Organization: Example" or "Person: A. Name".')
@options.platform
def COMMAND(
    *, source: str, outputs: tuple[str, ...], name: str, version: str, author: str, platform: str | None
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

    inventory = examine(source, listener(), platform=platform, name=name, version=version)
    formats = [form for form, _ in wanted if form != "table"]
    documents = sbom_documents(inventory, formats, source=source, author=author, now=document_time())
    for form, file in wanted:
        deliver(packages_table(inventory).encode() if form == "table" else documents[form], file)
