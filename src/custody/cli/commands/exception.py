"""custody exception: decisions that a finding does not count."""

from __future__ import annotations

import click

from custody.cli import options
from custody.cli.program import HELP
from custody.errors import UsageError


@click.group("exception", short_help=HELP["exception"])
def COMMAND() -> None:
    """Grant, list and end exceptions. Each has an owner who answers for it and a day on which it ends."""


@COMMAND.command("add")
@click.argument("id", metavar="ID")
@click.option("--package", default="", help="Only for this package: a purl or a name.  [default: all packages]")
@click.option("--reason", required=True, help="Why it does not count.")
@click.option("--owner", required=True, help="Who answers for it.")
@click.option("--approver", default="", help="Who approved it.")
@click.option("--expires", required=True, metavar="DATE", help="The day it ends, like 2026-12-31.")
@click.pass_context
def add(ctx: click.Context, *, id: str, package: str, reason: str, owner: str, approver: str, expires: str) -> None:
    """Record that the vulnerability ID (CVE-…, GHSA-…) does not count until a day."""
    from custody.fields import parse_time
    from custody.model import ExceptionGrant, format_time
    from custody.workflows.context import actor, now
    from custody.workflows.exceptions import grant_exception

    for option, text in (("ID", id), ("--reason", reason), ("--owner", owner), ("--approver", approver)):
        if not text.isprintable():
            raise UsageError(option, f"{text!r} cannot be recorded", "expected printable characters on one line")
    moment = now()
    until = parse_time(expires, "--expires")
    if until <= moment:
        raise UsageError("--expires", f"{expires} is over already", "name a day in the future")
    grant = ExceptionGrant(
        id=id, package=package, reason=reason, owner=owner, approver=approver, granted_at=moment, expires=until
    )
    number = grant_exception(options.workspace_of(ctx), grant, actor=actor(), clock=now)
    click.echo(f"exception {number}: {id} does not count until {format_time(until)}; {owner} answers for it")


@COMMAND.command("list")
@click.option("--all", "include_expired", is_flag=True, help="Those that have ended too.")
@click.pass_context
def list_(ctx: click.Context, *, include_expired: bool) -> None:
    """List the exceptions, those that end soonest first."""
    from custody.cli.tables import table
    from custody.model import format_time
    from custody.workflows.context import now
    from custody.workflows.exceptions import list_exceptions

    moment = now()
    rows = list_exceptions(options.workspace_of(ctx), moment, include_expired=include_expired)
    listed = [
        (
            str(row.number),
            row.grant.id,
            row.grant.package or "all",
            row.grant.owner,
            format_time(row.grant.expires) if row.grant.expires else "never",
            "in force" if row.is_active(moment) else "ended" if row.ended_at else "expired",
            row.grant.reason,
        )
        for row in rows
    ]
    click.echo(table(("NO", "ID", "PACKAGE", "OWNER", "EXPIRES", "STATE", "REASON"), listed), nl=False)


@COMMAND.command("end")
@click.argument("number", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="Why it ends.")
@click.pass_context
def end(ctx: click.Context, *, number: int, reason: str) -> None:
    """End an exception now. It stays on record."""
    from custody.workflows.context import actor, now
    from custody.workflows.exceptions import end_exception

    end_exception(options.workspace_of(ctx), number, reason=reason, actor=actor(), clock=now)
    click.echo(f"exception {number} has ended")
