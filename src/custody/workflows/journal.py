"""Acts become entries of the ledger, each durable before the next act begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from custody.ledger import Ledger
from custody.model import Event, plain
from custody.vault import Workspace

__all__ = ["Clock", "Journal", "open_journal"]

Clock = Callable[[], dt.datetime]


@dataclass(slots=True, kw_only=True)
class Journal:
    """The ledger of a workspace, with the actor and the clock that every entry needs.

    `events`: (index, event) of this run.
    """

    ledger: Ledger
    actor: str
    clock: Clock
    events: list[tuple[int, Event]] = field(default_factory=list)

    def record(self, action: str, subject: object, *, outcome: str = "success", **details: object) -> int:
        """Append one event; give its index. It is on disk when this returns."""
        event = Event(
            action=action,
            at=self.clock(),
            subject=plain(str(subject)),
            actor=plain(self.actor),
            outcome=outcome,
            details={key: plain(str(value)) for key, value in sorted(details.items()) if value not in (None, "")},
        )
        (index,) = self.ledger.append([event.encode()])
        self.events.append((index, event))
        return index


def open_journal(workspace: Workspace, *, actor: str, clock: Clock) -> Journal:
    """Open (or begin) the ledger of a workspace and check that it is whole.

    Raises VerificationError or InputError: the ledger was tampered with or damaged; nothing was written.
    """
    ledger = Ledger.open(workspace.ledger, key_path=workspace.ledger_key, create=True)
    ledger.verify_all()
    return Journal(ledger=ledger, actor=actor, clock=clock)
