"""custody merge: one SBOM of several."""

from __future__ import annotations

import click

from custody.cli.program import HELP


@click.command("merge", short_help=HELP["merge"])
@click.argument("sources", nargs=-1, required=True)
@click.option("--name", required=True, help="What the product is called.")
@click.option("--version", default="", help="Its version.")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    required=True,
    metavar="FORMAT[=FILE]",
    help="cyclonedx-json, spdx-json or another; to a file, or to the screen. May be repeated.",
)
@click.option("--format-version", default="", metavar="VERSION", help="Of the format's specification, as 1.4 or 2.2.")
@click.option("--author", default="", help='Who answers for it: "Organization: Example" or "Person: A. Name".')
def COMMAND(
    *,
    sources: tuple[str, ...],
    name: str,
    version: str,
    outputs: tuple[str, ...],
    format_version: str,
    author: str,
) -> None:
    """Make one SBOM of a product out of the SBOMs of its parts.

    SOURCES are SBOMs of any format, or whatever `custody sbom` takes. The product contains the subject of each, and
    each keeps its own graph; a package that several have is one, with the evidence of all. Where they contradict each
    other is told on standard error.
    """
    from custody.cli.output import deliver, parse_outputs

    wanted = parse_outputs(outputs, default="")
    from custody.cli.progress import listener
    from custody.errors import one_line
    from custody.workflows.context import document_time
    from custody.workflows.product import merge_sources

    product = merge_sources(
        sources,
        listener(),
        formats=list(dict.fromkeys(form for form, _ in wanted)),
        name=name,
        product_version=version,
        version=format_version,
        author=author,
        now=document_time(),
    )
    for form, target in wanted:
        deliver(product.documents[form], target)
    for words in product.conflicts:
        click.echo(f"custody: conflict: {one_line(words)}", err=True)
    for words in product.lost:
        click.echo(f"custody: left out: {one_line(words)}", err=True)
