"""custody scan: known vulnerabilities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from custody.cli import options, scanning
from custody.cli.program import HELP

if TYPE_CHECKING:
    from custody.advisories import Chosen
from custody.errors import UsageError


class _Scan(click.Command):
    """The command itself, but for `custody scan import FILE…`, which is one of its own."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401
    ) -> click.Context:
        if args and args[0] == "import":
            from custody.cli.commands import scan_import

            return scan_import.COMMAND.make_context(f"{info_name} import", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command("scan", cls=_Scan, short_help=HELP["scan"])
@click.argument("source")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help=scanning.OUTPUT_HELP,
)
@click.option("--fail-on", multiple=True, metavar="WHAT", help=scanning.FAIL_ON_HELP)
@click.option("--only-fixed", is_flag=True, help="Count only findings for which a fix is known.")
@click.option(
    "--sort",
    type=click.Choice(["severity", "risk", "package"]),
    default="severity",
    show_default=True,
    help="What stands first.",
)
@click.option("--explain", metavar="ID", help="Tell the whole story of one vulnerability: why it is found, or why not.")
@click.option("--package", default="", metavar="NAME|PURL", help="With --explain: in this package only.")
@scanning.setting_aside
@click.option("--base", default="", metavar="IMAGE", help="The base image, to tell its layers from your own.")
@scanning.by_cpe
@scanning.author
@options.database
@options.platform
@options.looking
@click.pass_context
def COMMAND(
    ctx: click.Context,
    *,
    source: str,
    outputs: tuple[str, ...],
    fail_on: tuple[str, ...],
    only_fixed: bool,
    sort: str,
    explain: str | None,
    package: str,
    ignore_file: Path | None,
    vex: tuple[Path, ...],
    keys: tuple[Path, ...],
    base: str,
    by_cpe: str,
    author: str,
    namespace: str,
    database: Chosen,
    platform: str | None,
    exclude: tuple[str, ...],
    scope: str,
    cached: bool,
) -> int:
    """Find the known vulnerabilities of SOURCE: an artifact, or an SBOM of ours or another tool's.

    SOURCE is dir:PATH, file:PATH, oci:DIR[:TAG], docker-archive:FILE, sbom:FILE, an image reference host/repo:tag, or a
    plain path, recognised by what it holds. Without an advisory database the result is unknown, never "none".

    `custody scan import FILE...` reads the reports of other scanners instead.
    """
    from custody.cli.output import deliver, parse_outputs

    wanted = parse_outputs(outputs, default="table")
    conditions = scanning.parse_fail_on(fail_on)
    if explain is None:
        scanning.check_formats(wanted, author, namespace)
        if package:
            raise UsageError("--package", "it goes with --explain", "add --explain ID")
    elif not explain.strip():
        raise UsageError("--explain", "it is empty", "name a vulnerability, as in CVE-2024-1234")
    elif [form for form, _ in wanted if form not in ("table", "json")]:
        raise UsageError("-o", "an explanation is a text or JSON", "expected table or json")
    from custody.cli.progress import listener
    from custody.workflows.context import document_time, now
    from custody.workflows.scan import ScanRequest, explained, fails, scan, scan_outputs

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
        base=base,
        by_cpe=by_cpe,
        only_fixed=only_fixed,
        sort=sort,
    )
    hears, at, real = listener(), document_time(), now()
    if explain is not None:
        forms = [form for form, _ in wanted]
        told, scanned = explained(request, hears, explain, package, scanned_at=at, now=real, forms=forms)
        for (_, file), data in zip(wanted, told, strict=True):
            deliver(data, file)
        counted = any(f.suppression is None for f in scanned.report.findings)
        return int(counted and fails(scanned.report, conditions, sources=scanned.sources, listener=hears))
    scanned = scan(request, hears, scanned_at=at, now=real)
    for form, file in wanted:
        data = scan_outputs(
            scanned, form, screen=file is None, created=at, source=source, author=author, namespace=namespace
        )
        deliver(data, file)
    return int(fails(scanned.report, conditions, sources=scanned.sources, listener=hears))
