"""`policy_decided`: written criteria were applied to this artifact, and the decision is on record.

    - {query: policy_decided}                       any decision: criteria are in use
    - {query: policy_decided, outcome: passed}      the artifact had to meet them, too

Against (with `outcome: passed`): the newest decision is a denial. Reads: the newest verified SLSA verification summary.
"""

from __future__ import annotations

from custody.compliance.interface import Answer, Material, Query, contradicts, counted, day, supports
from custody.compliance.predicates.summary import newest_summary
from custody.fields import Fields

NAME = "policy_decided"
SHOWN = len("sha256:") + 12
"""Of the policy's digest, in a sentence; the evidence that is cited has all of it."""


def read(fields: Fields) -> bool:
    """Read which outcome is wanted: True for a pass, False for any."""
    fields.only("query", "outcome")
    return "outcome" in fields and fields.one_of("outcome", ("any", "passed")) == "passed"


def ask(material: Material, must_pass: bool) -> Answer:  # noqa: FBT001 - what `read` gives
    """Cite the decision."""
    found = newest_summary(material)
    if isinstance(found, str):
        return Answer(missing=(found,))
    summary, item = found
    policy = summary.policy or "of no stated name"
    digest = f" ({summary.policy_digest[:SHOWN]}…)" if summary.policy_digest else ""
    rests = f", on {counted(summary.inputs, 'piece')} of evidence"
    when = f" on {day(summary.decided_at)}" if summary.decided_at else ""
    text = f"Policy {policy}{digest} was applied{when}{rests}: {'passed' if summary.passed else 'denied'}."
    if must_pass and not summary.passed:
        return Answer(cited=(contradicts(item, text),))
    return Answer(cited=(supports(item, text),))


QUERY = Query(name=NAME, looks_for="a recorded decision by written criteria", read=read, ask=ask)
