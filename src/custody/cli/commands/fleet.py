"""custody fleet: many artifacts, matched by what is distinct in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from custody.cli import options
from custody.cli.program import HELP

if TYPE_CHECKING:
    from custody.advisories import Chosen
from custody.model import SEVERITIES, severity_rank

FOLDER = click.Path(file_okay=False, path_type=Path)


def _form(function: options.F) -> options.F:
    return click.option(
        "-o",
        "--output-format",
        "form",
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        help="What is printed.",
    )(function)


@click.group("fleet", short_help=HELP["fleet"])
def COMMAND() -> None:
    """Scan many artifacts into a dataset of Parquet files, and match again only what an update speaks of."""


@COMMAND.command("scan")
@click.argument("places", nargs=-1, required=True, metavar="LIST|DIR...")
@click.option("--into", "path", type=FOLDER, required=True, help="The dataset: made, or added to.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes that read.  [default: one for each core]")
@options.database
@_form
def scan_(*, places: tuple[str, ...], path: Path, jobs: int | None, database: Chosen, form: str) -> int:
    """Read SBOMs and images into a dataset, and find the known vulnerabilities of all of them.

    LIST is a file with a SOURCE on each line (as `custody scan` takes it; `-` is standard input), DIR a folder of SBOMs
    and OCI layouts. What was read before and has not changed is not read again. Each distinct package is matched once.

    Exit code 3: some sources could not be read; they are named, and the rest is in the dataset.
    """
    import os
    from functools import partial

    from custody.cli.fleet_tables import scan_json, scan_table
    from custody.cli.output import deliver
    from custody.cli.progress import listener
    from custody.fleet import scan
    from custody.model import pretty_json
    from custody.workflows.context import now
    from custody.workflows.examine import examine
    from custody.workflows.interface import Silent

    heard = listener()
    heard.begin("fleet")
    done = scan(
        places,
        path,
        examine=partial(examine, listener=Silent(), platform=None),
        database=database,
        now=now(),
        jobs=jobs or len(os.sched_getaffinity(0)),
        progress=heard.progress,
    )
    heard.end("fleet", f"{done.read} read, {done.unchanged} unchanged")
    deliver(pretty_json(scan_json(done)) if form == "json" else scan_table(done).encode(), None)
    return 3 if done.unread else 0


@COMMAND.command("rematch")
@click.argument("path", type=FOLDER, metavar="DATASET")
@click.option(
    "--fail-on",
    type=click.Choice([word.lower() for word in SEVERITIES[2:]]),
    help="Exit with 1 when something new is this severe or worse, or when that cannot be known.",
)
@click.option("--most", type=click.IntRange(min=0), default=1000, show_default=True, help="Changes that are listed.")
@options.database
@_form
def rematch_(*, path: Path, fail_on: str | None, most: int, database: Chosen, form: str) -> int:
    """Match again what the advisories that have changed speak of; say what is new and what is gone, per artifact."""
    from custody.cli.fleet_tables import rematch_json, rematch_table
    from custody.cli.output import deliver
    from custody.fleet import rematch
    from custody.model import pretty_json
    from custody.workflows.context import now

    done = rematch(path, database=database, now=now(), most=most)
    deliver(pretty_json(rematch_json(done)) if form == "json" else rematch_table(done).encode(), None)
    if fail_on is None:
        return 0
    limit = severity_rank(fail_on.upper())
    return int(any(severity_rank(word) >= limit or word == "UNKNOWN" for word in done.severities))


@COMMAND.command("show")
@click.argument("path", type=FOLDER, metavar="DATASET")
@click.option("--id", "problem", default="", metavar="ID", help="Where this vulnerability is.")
@click.option("--package", default="", metavar="NAME|PURL", help="What is found in this package, and where.")
@click.option("--source", default="", metavar="TEXT", help="What is found in the sources that have TEXT in them.")
@click.option("--most", type=click.IntRange(min=1), default=25, show_default=True, help="Problems of the summary.")
@_form
def show(*, path: Path, problem: str, package: str, source: str, most: int, form: str) -> None:
    """Say what a dataset holds: a summary, or where something is."""
    from custody.cli.fleet_tables import places_json, places_table, summary_json, summary_table
    from custody.cli.output import deliver
    from custody.fleet import places, summary
    from custody.model import pretty_json

    if problem or package or source:
        found = places(path, problem=problem, package=package, source=source)
        deliver(pretty_json(places_json(found)) if form == "json" else places_table(found).encode(), None)
        return
    told = summary(path, most=most)
    deliver(pretty_json(summary_json(told)) if form == "json" else summary_table(told).encode(), None)
