"""custody convert: an SBOM in another format."""

from __future__ import annotations

from pathlib import Path

import click

from custody.cli import options
from custody.cli.program import HELP


@click.command("convert", short_help=HELP["convert"])
@click.argument("file", type=options.INPUT)
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
@click.option("--strict", is_flag=True, help="Exit with 1 when something is lost.")
def COMMAND(*, file: Path, outputs: tuple[str, ...], format_version: str, author: str, strict: bool) -> int:
    """Write the SBOM in FILE, ours or another tool's, in other formats.

    FILE (`-`: standard input) may be SPDX, CycloneDX, Syft's or Trivy's JSON, a GitHub dependency snapshot or a list of
    package URLs: its content decides. What a format has no place for is told on standard error, a line for each kind.
    """
    from custody.cli.output import deliver, parse_outputs

    wanted = parse_outputs(outputs, default="")
    from custody.errors import one_line
    from custody.workflows.context import document_time
    from custody.workflows.convert import convert

    formats = list(dict.fromkeys(form for form, _ in wanted))
    converted = convert(file, formats, version=format_version, author=author, now=document_time())
    for form, target in wanted:
        deliver(converted.documents[form], target)
    for words in converted.unread:
        click.echo(f"custody: not read: {one_line(words)}", err=True)
    for form in formats:
        for words in converted.losses[form]:
            click.echo(f"custody: {form} does not say: {one_line(words)}", err=True)
    return int(strict and bool(converted.unread or any(converted.losses.values())))
