"""What a validator says about a document."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Problem"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One broken rule.

    where: `file:packages[3].supplier`; rule: its id ("7.5", "R4"); severity: "error" (the document does not conform) or
    "warning" (it does, but the rule advises otherwise).
    """

    where: str
    rule: str
    severity: str
    message: str

    def __str__(self) -> str:
        """Give one line for people."""
        return f"{self.where}: {self.message} (rule {self.rule})"
