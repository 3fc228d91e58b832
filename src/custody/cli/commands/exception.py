"""custody exception: decisions that a finding does not count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from custody.cli import options
from custody.cli.program import HELP
from custody.errors import UsageError

if TYPE_CHECKING:
    import datetime as dt

    from custody.advisories import Chosen
    from custody.workflows.exceptions import JudgedException

JUSTIFICATIONS = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
)
"""Written out, so that `--help` loads no model; a test holds it equal to the model's own."""
STATES = ("in force", "expiring", "expired", "ended", "not begun")


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
@click.option(
    "--justification",
    type=click.Choice(JUSTIFICATIONS),
    help="Why the package is not affected, in a word of OpenVEX's.  [default: it is, and the risk is accepted]",
)
@click.pass_context
def add(
    ctx: click.Context,
    *,
    id: str,
    package: str,
    reason: str,
    owner: str,
    approver: str,
    expires: str,
    justification: str | None,
) -> None:
    """Record that the vulnerability ID (CVE-…, GHSA-…) does not count until a day.

    With a justification it says that the package is not affected, and `custody vex` tells others so. Without one it
    accepts a risk, for whoever relies on this decision and for nobody else.
    """
    from custody.fields import parse_time
    from custody.model import ExceptionGrant, format_time
    from custody.workflows.context import actor, now
    from custody.workflows.exceptions import grant_exception

    for option, text in (("ID", id), ("--reason", reason), ("--owner", owner), ("--approver", approver)):
        if not text.isprintable():
            raise UsageError(option, f"{text!r} cannot be recorded", "expected printable characters on one line")
        if not text.strip() and option != "--approver":
            raise UsageError(option, "it says nothing", "an exception names what, why, and who answers for it")
    moment = now()
    until = parse_time(expires, "--expires")
    if until <= moment:
        raise UsageError("--expires", f"{expires} is over already", "name a day in the future")
    grant = ExceptionGrant(
        id=id,
        package=package,
        reason=reason,
        owner=owner,
        approver=approver,
        granted_at=moment,
        expires=until,
        justification=justification or "",
    )
    number = grant_exception(options.workspace_of(ctx), grant, actor=actor(), clock=now)
    click.echo(f"exception {number}: {id} does not count until {format_time(until)}; {owner} answers for it")


@COMMAND.command("list")
@click.option("--all", "include_ended", is_flag=True, help="Those that somebody ended before their time, too.")
@click.option(
    "--expiring",
    "days",
    type=click.IntRange(min=0),
    default=14,
    show_default=True,
    metavar="DAYS",
    help="Name those that expire within so many days.",
)
@click.option(
    "--against",
    default="",
    metavar="SOURCE|REPORT",
    help="Name those as stale that cover nothing in this security-report.json, or in a scan of this source."
    "  [default: in the last release of each name]",
)
@options.database
@options.output_json
@click.pass_context
def list_(ctx: click.Context, *, include_ended: bool, days: int, against: str, database: Chosen, form: str) -> None:
    """List the exceptions, those that end soonest first: in force, expiring, expired, and stale ones.

    Stale is one that covers no finding any more: what it was for has gone, and it would hide what comes next. Where no
    scan is known that could tell, nothing is said.
    """
    from custody.cli.progress import listener
    from custody.workflows.context import now
    from custody.workflows.exceptions import judge_exceptions, list_exceptions
    from custody.workflows.scan import ScanRequest

    moment, workspace = now(), options.workspace_of(ctx)
    rows = list_exceptions(workspace, moment, include_expired=True)
    request = ScanRequest(source=against, workspace=workspace, database=database) if against else None
    judged = judge_exceptions(rows, workspace, listener(), now=moment, days=days, against=request)
    shown = [item for item in judged if include_ended or item.state != "ended"]
    if form == "json":
        from custody.model import pretty_json

        click.echo(pretty_json(_listed_json(shown)).decode(), nl=False)
    else:
        click.echo(_listed_table(shown, ended=len(judged) - len(shown)), nl=False)


def _listed_table(judged: Sequence[JudgedException], *, ended: int) -> str:
    from custody.cli.tables import table
    from custody.errors import one_line
    from custody.model import format_time

    lines = [
        (
            str(item.row.number),
            item.row.grant.id,
            item.row.grant.package or "all",
            item.row.grant.owner,
            format_time(item.row.grant.expires) if item.row.grant.expires else "never",
            _state(item),
            item.row.grant.justification or "risk accepted",
            item.row.grant.reason,
        )
        for item in judged
    ]
    text = table(("NO", "ID", "PACKAGE", "OWNER", "EXPIRES", "STATE", "JUSTIFICATION", "REASON"), lines)
    for item in judged:
        if item.stale:
            text += f"exception {item.row.number} is stale: {one_line(item.why)}\n"
    if ended:
        text += f"{ended} more {'was' if ended == 1 else 'were'} ended; --all shows {'it' if ended == 1 else 'them'}\n"
    return text


def _state(item: JudgedException) -> str:
    state = item.state
    if state == "expiring":
        state = f"expires in {item.days} day{'s' * (item.days != 1)}" if item.days else "expires today"
    return f"{state}, stale" if item.stale else state


def _listed_json(judged: Sequence[JudgedException]) -> dict[str, Any]:
    from custody.model import format_time

    def day(moment: dt.datetime | None) -> str | None:
        return None if moment is None else format_time(moment)

    return {
        "schemaVersion": "1.0",
        "summary": {
            **{state: sum(item.state == state for item in judged) for state in STATES},
            "stale": sum(bool(item.stale) for item in judged),
        },
        "exceptions": [
            {
                "number": item.row.number,
                "id": item.row.grant.id,
                "package": item.row.grant.package,
                "reason": item.row.grant.reason,
                "justification": item.row.grant.justification,
                "owner": item.row.grant.owner,
                "approver": item.row.grant.approver,
                "granted": day(item.row.grant.granted_at),
                "expires": day(item.row.grant.expires),
                "ended": day(item.row.ended_at),
                "endedBy": item.row.ended_by,
                "endReason": item.row.end_reason,
                "state": item.state,
                "stale": item.stale,
                "why": item.why,
            }
            for item in judged
        ],
    }


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
