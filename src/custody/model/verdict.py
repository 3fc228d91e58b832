"""Verdicts and decisions: what evidence leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from custody.model.digest import Digest
    from custody.model.finding import Finding

__all__ = ["Decision", "ExceptionGrant", "Verdict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionGrant:
    """A recorded decision that one vulnerability does not count.

    package: "" for all packages; owner: who answers for it; expires: None never happens for grants made by `custody
    exception add`, only for bare ids in a policy file. justification: one of `JUSTIFICATIONS` where the decision is
    that the package is not affected, "" where a risk is accepted.
    """

    id: str
    package: str = ""
    reason: str = ""
    owner: str = ""
    approver: str = ""
    granted_at: dt.datetime | None = None
    expires: dt.datetime | None = None
    origin: str = ""
    """Where it is written: "policy.yaml:spec.containers[0].vulnerabilities.exceptions[0]" or "custody exception 3"."""
    justification: str = ""

    def is_valid(self, now: dt.datetime) -> bool:
        """Say whether it counts at `now`: from `granted_at` to just before `expires`."""
        begun = self.granted_at is None or self.granted_at <= now
        return begun and (self.expires is None or now < self.expires)

    def covers(self, finding: Finding) -> bool:
        """Say whether it names the finding, by any of its ids, and its package or none."""
        return finding.is_called(self.id) and finding.is_in(self.package)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one rule says.

    outcome: "pass", "fail" or "unknown" (evidence missing, stale or unverified: never a yes). evidence: digests of the
    bundles it rests on; empty only where the point is that there are none.
    """

    rule: str
    outcome: str
    reason: str
    evidence: tuple[Digest, ...] = ()
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a policy says about an artifact. allowed: True only when every verdict is "pass"."""

    artifact: Digest
    policy_name: str
    policy_digest: Digest
    verdicts: tuple[Verdict, ...]
    decided_at: dt.datetime

    @property
    def allowed(self) -> bool:
        """Say yes only on a full set of passes; no rule at all is no yes."""
        return bool(self.verdicts) and all(verdict.outcome == "pass" for verdict in self.verdicts)
