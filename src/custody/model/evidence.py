"""Evidence: a statement about an artifact, and who stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from custody.model.digest import Digest
    from custody.model.statement import Statement

__all__ = ["Evidence", "Signer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signed, as proven.

    For a key: `key_id` is the SHA-256 (hex) of its SubjectPublicKeyInfo, identity and issuer are "". For a certificate:
    identity (SAN) and issuer (OIDC).
    """

    key_id: str = ""
    identity: str = ""
    issuer: str = ""
    signed_at: dt.datetime | None = None

    def __str__(self) -> str:
        """Give one phrase for people."""
        return f"{self.identity} ({self.issuer})" if self.identity else f"key {self.key_id[:16]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One statement about one artifact as it was found.

    digest: of the bundle's bytes: how a verdict cites it; size: bytes of the bundle.
    signer: who signed it, None where it is not verified; then `problem` says why not, and nothing may rest on it.
    """

    digest: Digest
    statement: Statement
    signer: Signer | None = None
    problem: str = ""
    size: int = 0
    name: str = ""

    @property
    def predicate_type(self) -> str:
        """Give the statement's predicate type."""
        return self.statement.predicate_type
