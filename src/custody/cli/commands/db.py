"""custody db: the advisory database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from custody.cli import options
from custody.cli.program import HELP
from custody.errors import UsageError, one_line

if TYPE_CHECKING:
    from custody.advisories import Chosen


@click.group("db", short_help=HELP["db"])
def COMMAND() -> None:
    """Import, update and inspect the database of advisories."""


@COMMAND.command("import")
@click.argument("places", nargs=-1, required=True, metavar="DIR|FILE|URL...")
@click.option(
    "--ecosystem", "ecosystems", multiple=True, metavar="NAME", help="The records are all there are of it; may repeat."
)
@click.option("--replace", is_flag=True, help="Begin with an empty database.")
@click.option("--allow-older", is_flag=True, help="Take an exported database that is older than the one in place.")
@options.database
@options.database_signing_key
def import_(
    *,
    places: tuple[str, ...],
    ecosystems: tuple[str, ...],
    replace: bool,
    allow_older: bool,
    database: Chosen,
    sign_key: Path | None,
    passphrase_file: Path | None,
) -> None:
    """Import advisories: OSV and CVE records, CSAF and VEX documents, KEV, EPSS; their content tells which they are.

    Given as files, folders, zip or tar archives, gzip or Zstandard, ECOSYSTEM/all.zip, or addresses of such.

    They join what is there already: an ecosystem that comes in whole takes the place of its old records, and of two
    records of one id the newer one stays. Only of an ecosystem that came in whole (ECOSYSTEM/all.zip, or --ecosystem)
    can a scan say that a package has no known vulnerability. The change is made as a whole, or not at all.

    A file that `custody db export` wrote takes the place of the whole database, once its signature and digest are found
    right; it keeps its publisher's signature.
    """
    from custody.cli.progress import listener
    from custody.workflows.context import now
    from custody.workflows.database import import_advisories

    lines = import_advisories(
        places,
        listener(),
        ecosystems=ecosystems,
        replace=replace,
        allow_older=allow_older,
        database=database,
        sign_key=sign_key,
        passphrase=options.passphrase(passphrase_file) if sign_key else None,
        now=now(),
    )
    click.echo("\n".join(lines))


@COMMAND.command("update")
@click.option("--mirror", default="", metavar="URL", help="Where ECOSYSTEM/all.zip lies.  [default: OSV's own]")
@click.option("--ecosystem", "ecosystems", multiple=True, metavar="NAME", help="Only these; may repeat.")
@click.option(
    "--feed", "feeds", multiple=True, metavar="URL", help="A file of another feed; may repeat.  [default: KEV, EPSS]"
)
@click.option("--from", "source", default="", metavar="IMAGE", help="Take a whole database that was pushed there.")
@click.option("--allow-older", is_flag=True, help="With --from: also where it is older than the one in place.")
@options.database
@options.database_signing_key
def update(
    *,
    mirror: str,
    ecosystems: tuple[str, ...],
    feeds: tuple[str, ...],
    source: str,
    allow_older: bool,
    database: Chosen,
    sign_key: Path | None,
    passphrase_file: Path | None,
) -> None:
    """Fetch what changed: the OSV records of the ecosystems that custody can match, and other feeds.

    The first time everything is fetched; after that the records that a mirror's modified_id.csv calls newer, and files
    that their server says have changed. With --mirror, no other feed is fetched unless named, now or before.

    --from host/repo:tag or oci:DIR:tag fetches what `custody db push` put there, if it is another one than that in
    place; it keeps its publisher's signature, which must be by a trusted key.
    """
    from custody.cli.progress import listener
    from custody.workflows.context import now
    from custody.workflows.database import update_advisories

    if source:
        if mirror or ecosystems or feeds or sign_key:
            fix = "run `custody db update` without --from after it"
            raise UsageError("--from", "takes a database as it is: no --mirror, --ecosystem, --feed or --sign-key", fix)
        from custody.workflows.database_exchange import pull_database

        lines = pull_database(source, listener(), database=database, allow_older=allow_older)
    else:
        lines = update_advisories(
            mirror,
            ecosystems,
            listener(),
            feeds=feeds,
            database=database,
            sign_key=sign_key,
            passphrase=options.passphrase(passphrase_file) if sign_key else None,
            now=now(),
        )
    click.echo("\n".join(lines))


@COMMAND.command("status")
@options.database
@options.output_json
@click.option("--max-age", type=click.IntRange(min=0), metavar="DAYS", help="Exit with 1 when it is older.")
@click.option("--verify", is_flag=True, help="Read all of it and check its digest.")
def status(*, database: Chosen, form: str, max_age: int | None, verify: bool) -> int:
    """Say which advisories are there, from where, how old they are, and who signed them.

    Exit code 1: older than --max-age, or the signature does not hold.
    """
    from custody.workflows.context import now
    from custody.workflows.database import database_status

    text, fresh = database_status(database, as_json=form == "json", max_age_days=max_age, verify=verify, now=now())
    click.echo(text, nl=False)
    return 0 if fresh else 1


@COMMAND.command("sign")
@click.argument("file", type=options.FILE)
@options.database_signing_key
def sign(*, file: Path, sign_key: Path | None, passphrase_file: Path | None) -> None:
    """Read the database FILE whole, and sign it as it is.

    Only for one whose origin you know: from then on, every scan takes it for what was imported.
    """
    from custody.cli.progress import listener
    from custody.workflows.context import now
    from custody.workflows.database_exchange import sign_database

    passphrase = options.passphrase(passphrase_file) if sign_key else None
    click.echo("\n".join(sign_database(file, listener(), sign_key=sign_key, passphrase=passphrase, now=now())))


@COMMAND.command("export")
@click.argument("file", type=options.FILE)
@options.database
def export(*, file: Path, database: Chosen) -> None:
    """Write the database and its signature to one FILE, for `custody db import` elsewhere."""
    from custody.cli.progress import listener
    from custody.workflows.database_exchange import export_database

    click.echo("\n".join(export_database(file, listener(), database=database)))


@COMMAND.command("push")
@click.argument("target", metavar="host/repo:tag|oci:DIR:tag")
@click.option("--sign-key", "--key", "sign_key", type=options.FILE, help="Sign it anew with this private key.")
@click.option(
    "--passphrase-file", type=options.FILE, help="Where that key's passphrase stands; or set CUSTODY_PASSPHRASE."
)
@options.database
def push(*, target: str, sign_key: Path | None, passphrase_file: Path | None, database: Chosen) -> None:
    """Put the database and its signature into a registry or an image layout, for `custody db update --from`."""
    from custody.cli.progress import listener
    from custody.workflows.context import now
    from custody.workflows.database_exchange import push_database

    passphrase = options.passphrase(passphrase_file) if sign_key else None
    lines = push_database(target, listener(), database=database, sign_key=sign_key, passphrase=passphrase, now=now())
    click.echo("\n".join(lines))


@COMMAND.command("diff")
@click.argument("older", metavar="A", type=options.FILE)
@click.argument("newer", metavar="B", type=options.FILE)
@options.database_keys
@options.output_json
def diff(*, older: Path, newer: Path, database: Chosen, form: str) -> int:
    """Show what changed from the database A to B: records by source, the packages they name, EPSS, KEV.

    Exit code 1: something changed.
    """
    from custody.cli.database_tables import difference_json, difference_text
    from custody.model import pretty_json
    from custody.workflows.database_look import compare_databases

    found = compare_databases(older, newer, database=database)
    text = pretty_json(difference_json(found)).decode() if form == "json" else difference_text(found)
    click.echo(text, nl=False)
    return int(not found.compared.same)


@COMMAND.command("search")
@click.argument("text")
@click.option("--ecosystem", default="", metavar="NAME", help="Only records about packages of it: PyPI, Debian:12.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@options.database
@options.output_json
def search(*, text: str, ecosystem: str, limit: int, database: Chosen, form: str) -> int:
    """Find records by id, alias, package, or words of their summary.

    Exit code 1: nothing was found.
    """
    from custody.cli.database_tables import found_json, found_table
    from custody.model import pretty_json
    from custody.workflows.database_look import search_database

    found = search_database(text, ecosystem=ecosystem, limit=limit, database=database)
    click.echo(pretty_json(found_json(found)).decode() if form == "json" else found_table(found), nl=False)
    return int(not found)


@COMMAND.command("show")
@click.argument("id")
@options.database
@options.output_json
def show(*, id: str, database: Chosen, form: str) -> int:
    """Show all that is known of one vulnerability, by its id or an alias.

    Exit code 1: the database has no record of that name; those that are like it are named.
    """
    from custody.cli.database_tables import shown_json, shown_text
    from custody.model import pretty_json
    from custody.workflows.database_look import look_up

    looked = look_up(id, database=database)
    if looked.shown is None:
        like = f"; near it are {', '.join(looked.near)}" if looked.near else ""
        click.echo(one_line(f"custody: {id}: the advisory database has no such id{like}"), err=True)
        return 1
    shown = looked.shown
    click.echo(pretty_json(shown_json(shown)).decode() if form == "json" else shown_text(shown), nl=False)
    return 0
