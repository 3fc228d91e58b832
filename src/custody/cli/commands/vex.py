"""custody vex: what is decided about findings, for others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from custody.cli import options, scanning
from custody.cli.program import HELP
from custody.errors import InputError, UsageError

if TYPE_CHECKING:
    from custody.advisories import Chosen


@click.command("vex", short_help=HELP["vex"])
@click.argument("source")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help="openvex, csaf or cyclonedx; to a file, or to the screen. May be repeated.  [default: openvex]",
)
@click.option("--author", default="", metavar="NAME", help="Who states it: a person or an organisation.")
@click.option("--publisher", default="", metavar="NAME", help="Who publishes it, for csaf.  [default: the author]")
@click.option("--namespace", default="", metavar="URL", help="An address of the publisher's, for csaf.")
@click.option(
    "--product", default="", metavar="PURL", help="What it is about.  [default: the artifact, as the scan names it]"
)
@scanning.setting_aside
@options.database
@options.platform
@options.looking
@click.pass_context
def COMMAND(
    ctx: click.Context,
    *,
    source: str,
    outputs: tuple[str, ...],
    author: str,
    publisher: str,
    namespace: str,
    product: str,
    ignore_file: Path | None,
    vex: tuple[Path, ...],
    keys: tuple[Path, ...],
    database: Chosen,
    platform: str | None,
    exclude: tuple[str, ...],
    scope: str,
    cached: bool,
) -> None:
    """Write what is decided about the findings of SOURCE as VEX documents.

    SOURCE is a security-report.json (`-`: on standard input), or whatever `custody scan` takes, which is scanned.

    A finding that nobody decided on is affected, or under investigation where its source says so. An exception with a
    justification (`custody exception add --justification`) is stated as not affected. One without is an accepted risk:
    the finding stays affected, and the decision is the action statement. VEX statements and vendors' words that set a
    finding aside are passed on as they are.
    """
    from custody.cli.output import deliver, parse_outputs

    wanted = parse_outputs(outputs, default="openvex")
    from custody.cli.progress import listener
    from custody.model import Purl
    from custody.workflows.context import document_time, now
    from custody.workflows.recorded_scan import judged_scan
    from custody.workflows.scan import ScanRequest
    from custody.workflows.vex_out import Author, check_vex, vex_document

    by = Author(name=author, publisher=publisher, namespace=namespace)
    check_vex([form for form, _ in wanted], by)
    named = None
    if product:
        try:
            named = Purl.parse(product)
        except InputError as error:
            raise UsageError("--product", error.what, "as in pkg:oci/app@sha256:…") from None
    request = ScanRequest(
        source=source,
        platform=platform,
        database=database,
        workspace=options.workspace_of(ctx),
        exclude=exclude,
        scope=scope,
        cached=cached,
        ignore_file=ignore_file,
        vex=vex,
        keys=keys,
    )
    at = document_time()
    judged = judged_scan(request, listener(), scanned_at=at, now=now(), product=named)
    if judged.product is None:
        raise UsageError("--product", "the report does not say what its artifact is called", "name its purl")
    documents = [
        vex_document(judged.report, judged.artifact, judged.product, form, author=by, now=at) for form, _ in wanted
    ]
    for (_, file), data in zip(wanted, documents, strict=True):
        deliver(data, file)
