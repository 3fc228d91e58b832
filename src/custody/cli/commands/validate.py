"""custody validate: whether SBOMs keep the rules."""

from __future__ import annotations

from pathlib import Path

import click

from custody.cli import options
from custody.cli.program import HELP

PROFILES = ("ntia-2021", "cisa-2026", "bsi-tr-03183-2")
"""Written out, so that `--help` loads no SBOM code; a test holds it equal to the room's own."""


@click.command("validate", short_help=HELP["validate"])
@click.argument("files", type=options.INPUT, nargs=-1, required=True)
@click.option("--profile", "profiles", type=click.Choice(PROFILES), multiple=True, help="Check it too; may repeat.")
@click.option(
    "-o",
    "--output-format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="What is printed; json has every finding, the table one line for each kind.",
)
def COMMAND(*, files: tuple[Path, ...], profiles: tuple[str, ...], form: str) -> int:
    """Check SBOMs by the rules of their format, and by the minimum elements of profiles.

    SPDX 2 and 3 and CycloneDX have rules here, in all their serialisations; a profile can be asked of any format. Each
    finding has its place, its rule and what to do; "unknown" is what the document cannot show. `-` is standard input.

    Formats: cyclonedx-json, cyclonedx-xml, github, purls, spdx-json, spdx-rdf, spdx-tag-value, spdx-yaml, spdx3-json,
    syft-json, trivy-json. The content decides which it is.

    Exit code 1: a rule is broken. 3: a file is not there, or cannot be read as an SBOM. 4: it is there, and cannot be
    read. Of several files the highest code counts.
    """
    from custody.cli.output import deliver
    from custody.cli.sbom_tables import judged_json, judged_table
    from custody.errors import InputError, UnavailableError
    from custody.model import pretty_json
    from custody.workflows.input_file import name_of, refuse_twice
    from custody.workflows.judge import validate_file

    refuse_twice(map(str, files))
    judged, unreadable, code = [], [], 0
    for file in files:
        try:
            judged.append(validate_file(file, tuple(dict.fromkeys(profiles))))
        except (InputError, UnavailableError) as error:
            if len(files) == 1:
                raise
            unreadable.append((name_of(file), str(error)))
            code = max(code, error.exit_code)
    if form == "json":
        deliver(pretty_json(judged_json(judged, unreadable)), None)
    else:
        deliver("".join(map(judged_table, judged)).encode(), None)
    for _, words in unreadable:
        click.echo(f"custody: error: {words}", err=True)
    return max(code, int(not all(item.valid for item in judged)))
