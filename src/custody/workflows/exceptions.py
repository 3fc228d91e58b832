"""Exceptions: granted, listed, ended; each act is an entry of the ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from custody.model import ExceptionGrant, format_time
from custody.vault import RecordedException, Workspace
from custody.workflows.journal import Clock, open_journal

__all__ = ["end_exception", "grant_exception", "list_exceptions"]


def grant_exception(workspace: Path, grant: ExceptionGrant, *, actor: str, clock: Clock) -> int:
    """Record an exception; give its number."""
    folder = Workspace(workspace).make()
    journal = open_journal(folder, actor=actor, clock=clock)
    with folder.records() as records:
        number = records.add_exception(grant)
    journal.record(
        "exception.granted",
        grant.id,
        number=number,
        package=grant.package,
        owner=grant.owner,
        approver=grant.approver,
        reason=grant.reason,
        expires=format_time(grant.expires) if grant.expires else "",
    )
    return number


def list_exceptions(workspace: Path, now: dt.datetime, *, include_expired: bool) -> Sequence[RecordedException]:
    """Give the exceptions, those that end soonest first."""
    with Workspace(workspace).records() as records:
        return list(records.exceptions(now, include_expired=include_expired))


def end_exception(workspace: Path, number: int, *, reason: str, actor: str, clock: Clock) -> None:
    """End an exception; InputError when there is none of this number."""
    folder = Workspace(workspace).make()
    journal = open_journal(folder, actor=actor, clock=clock)
    with folder.records() as records:
        records.end_exception(number, now=clock(), by=actor, reason=reason)
    journal.record("exception.ended", number, reason=reason)
