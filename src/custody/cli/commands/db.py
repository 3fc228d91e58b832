"""custody db: the advisory database."""

from __future__ import annotations

from pathlib import Path

import click

from custody.cli import options
from custody.cli.program import HELP


@click.group("db", short_help=HELP["db"])
def COMMAND() -> None:
    """Import, update and inspect the database of advisories (OSV)."""


@COMMAND.command("import")
@click.argument("places", nargs=-1, required=True, metavar="DIR|ZIP|URL...")
@click.option(
    "--ecosystem", "ecosystems", multiple=True, metavar="NAME", help="The records are all there are of it; may repeat."
)
@click.option("--replace", is_flag=True, help="Begin with an empty database.")
@options.database
def import_(*, places: tuple[str, ...], ecosystems: tuple[str, ...], replace: bool, database: Path | None) -> None:
    """Import OSV records: folders of JSON, all.zip files, folders of ECOSYSTEM/all.zip, or addresses of such.

    They join what is there already: an ecosystem that comes in whole takes the place of its old records, and of two
    records of one id the newer one stays. Only of an ecosystem that came in whole (ECOSYSTEM/all.zip, or --ecosystem)
    can a scan say that a package has no known vulnerability. The change is made as a whole, or not at all.
    """
    from custody.cli.progress import listener
    from custody.workflows.context import now
    from custody.workflows.database import import_advisories

    lines = import_advisories(places, listener(), ecosystems=ecosystems, replace=replace, database=database, now=now())
    click.echo("\n".join(lines))


@COMMAND.command("update")
@click.option("--mirror", default="", metavar="URL", help="Where ECOSYSTEM/all.zip lies.  [default: OSV's own]")
@click.option("--ecosystem", "ecosystems", multiple=True, metavar="NAME", help="Only these; may repeat.")
@options.database
def update(*, mirror: str, ecosystems: tuple[str, ...], database: Path | None) -> None:
    """Fetch the full OSV dumps of the ecosystems that custody can match; each takes the place of its old records."""
    from custody.cli.progress import listener
    from custody.workflows.context import now
    from custody.workflows.database import update_advisories

    click.echo("\n".join(update_advisories(mirror, ecosystems, listener(), database=database, now=now())))


@COMMAND.command("status")
@options.database
@options.output_json
@click.option("--max-age", type=click.IntRange(min=0), metavar="DAYS", help="Exit with 1 when it is older.")
@click.option("--verify", is_flag=True, help="Read all of it and check its digest.")
def status(*, database: Path | None, form: str, max_age: int | None, verify: bool) -> int:
    """Say which advisories are there, from where, and how old they are."""
    from custody.workflows.context import now
    from custody.workflows.database import database_status

    text, fresh = database_status(database, as_json=form == "json", max_age_days=max_age, verify=verify, now=now())
    click.echo(text, nl=False)
    return 0 if fresh else 1
