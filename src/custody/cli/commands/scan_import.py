"""custody scan import: other tools' reports as one of ours.

`COMMAND` is the click command `import`, to be added to `custody scan`: it takes FILE… and the options below, needs no
more of its context than the program's own `obj["workspace"]`, and returns the exit code, as every command does.
"""

from __future__ import annotations

from pathlib import Path

import click

from custody.cli import options, scanning

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("import", short_help="Read the reports of other scanners as one.")
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
@click.option("-o", "--output", "outputs", multiple=True, metavar="FORMAT[=FILE]", help=scanning.OUTPUT_HELP)
@click.option("--fail-on", multiple=True, metavar="WHAT", help=scanning.FAIL_ON_HELP)
@click.option("--only-fixed", is_flag=True, help="Count only findings for which a fix is known.")
@click.option(
    "--sort",
    type=click.Choice(["severity", "risk", "package"]),
    default="severity",
    show_default=True,
    help="What stands first.",
)
@click.option("--artifact", default="", metavar="DIGEST", help="What they are about, where no report states it.")
@click.option(
    "--ignore-file",
    type=_FILE,
    help="Findings to set aside, each with a reason and an end.  [default: .custody-ignore.yaml, where it is there]",
)
@click.pass_context
def COMMAND(
    ctx: click.Context,
    *,
    files: tuple[Path, ...],
    outputs: tuple[str, ...],
    fail_on: tuple[str, ...],
    only_fixed: bool,
    sort: str,
    artifact: str,
    ignore_file: Path | None,
) -> int:
    """Read scan reports of custody, grype, trivy, osv-scanner, pip-audit, npm audit, or SARIF of any tool.

    They become one report, in which one problem in one package is one finding, whoever found it. Exceptions and the
    ignore file apply as after a scan. A report that does not say how many packages it looked at, and has no finding, is
    unknown and not clean.
    """
    from custody.cli.output import deliver, parse_outputs

    wanted = parse_outputs(outputs, default="table")
    conditions = scanning.parse_fail_on(fail_on)
    scanning.check_formats(wanted)
    from custody.cli.progress import listener
    from custody.workflows.context import document_time, now
    from custody.workflows.scan import fails
    from custody.workflows.scan_import import ImportRequest, import_outputs, import_reports

    request = ImportRequest(
        files=files,
        artifact=artifact,
        workspace=options.workspace_of(ctx),
        ignore_file=ignore_file,
        only_fixed=only_fixed,
        sort=sort,
    )
    imported = import_reports(request, listener(), scanned_at=document_time(), now=now())
    for form, file in wanted:
        deliver(import_outputs(imported, form, screen=file is None), file)
    return int(fails(imported.report, conditions))
