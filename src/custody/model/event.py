"""Events: every act, as the ledger keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from custody.fields import Fields
from custody.model.canonical import canonical_json

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["Event", "format_time"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One act.

    action: "artifact.resolved", "sbom.created", "scan.completed", "evidence.signed", "policy.decided",
    "artifact.published", "exception.granted" …; subject: what it was done to (a digest or a name); actor: who did it;
    outcome: "success", "failure", "denied" or "unknown"; details: short texts.
    """

    action: str
    at: dt.datetime
    subject: str
    actor: str
    outcome: str = "success"
    details: dict[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """Give the canonical bytes that are logged."""
        return canonical_json(
            {
                "action": self.action,
                "at": format_time(self.at),
                "subject": self.subject,
                "actor": self.actor,
                "outcome": self.outcome,
                "details": self.details,
            }
        )

    @classmethod
    def parse(cls, data: bytes, where: str) -> Event:
        """Read what `encode` wrote; InputError for anything else."""
        fields = Fields.from_json(data, where)
        details = fields.table("details")
        return cls(
            action=fields.text("action"),
            at=fields.time("at"),
            subject=fields.text_or("subject"),
            actor=fields.text_or("actor"),
            outcome=fields.text_or("outcome", "unknown"),
            details={str(key): details.text_or(key) for key in details.value},
        )


def format_time(moment: dt.datetime) -> str:
    """Give RFC 3339 in UTC with whole seconds and a Z: the one form in which times are written."""
    import datetime as dt

    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
