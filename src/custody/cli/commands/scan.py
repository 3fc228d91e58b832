"""custody scan: known vulnerabilities."""

from __future__ import annotations

from pathlib import Path

import click

from custody.cli import options
from custody.cli.program import HELP
from custody.errors import UsageError
from custody.model import SEVERITIES, severity_rank


@click.command("scan", short_help=HELP["scan"])
@click.argument("source")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help="table, json or sarif; to a file, or to the screen. May be repeated.  [default: table]",
)
@click.option(
    "--fail-on",
    type=click.Choice([word.lower() for word in SEVERITIES[2:]]),
    help="Exit with 1 when a finding is this severe or worse, or when that cannot be known.",
)
@options.database
@options.platform
@options.looking
@click.pass_context
def COMMAND(
    ctx: click.Context,
    *,
    source: str,
    outputs: tuple[str, ...],
    fail_on: str | None,
    database: Path | None,
    platform: str | None,
    exclude: tuple[str, ...],
    scope: str,
    cached: bool,
) -> int:
    """Find the known vulnerabilities of SOURCE: an artifact, or an SBOM of ours or another tool's.

    SOURCE is dir:PATH, file:PATH, oci:DIR[:TAG], docker-archive:FILE, sbom:FILE, an image reference host/repo:tag, or a
    plain path, recognised by what it holds. Without an advisory database the result is unknown, never "none".
    """
    from custody.cli.output import deliver, parse_outputs

    wanted = parse_outputs(outputs, default="table")
    unknown = [form for form, _ in wanted if form not in ("table", "json", "sarif")]
    if unknown:
        raise UsageError(f"-o {unknown[0]}", "unknown format", "expected table, json or sarif")
    from custody.cli.progress import listener
    from custody.workflows.context import document_time, now
    from custody.workflows.scan import scan, scan_outputs

    report, artifact = scan(
        source,
        listener(),
        platform=platform,
        database=database,
        workspace=options.workspace_of(ctx),
        scanned_at=document_time(),
        now=now(),
        exclude=exclude,
        scope=scope,
        cached=cached,
    )
    for form, file in wanted:
        deliver(scan_outputs(report, artifact, form, screen=file is None), file)
    if fail_on is None:
        return 0
    counted = [finding for finding in report.findings if finding.suppression is None]
    limit = severity_rank(fail_on.upper())
    unsure = report.result == "unknown" or any(finding.severity == "UNKNOWN" for finding in counted)
    return int(unsure or any(severity_rank(finding.severity) >= limit for finding in counted))
