"""`ledger_logged`: the acts on this artifact are entries of an append-only log.

    - {query: ledger_logged}

Reads: the checkpoint that the caller gives, which it does only for a log that it has checked and that names the
artifact. A checkpoint is origin, size and root hash, each on a line, before the signatures: c2sp.org/tlog-checkpoint.
"""

from __future__ import annotations

import re

from custody.compliance.interface import Answer, Material, Query, counted
from custody.fields import Fields
from custody.model import CitedEvidence

NAME = "ledger_logged"
_CHECKPOINT = re.compile(r"(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n")


def read(fields: Fields) -> None:
    """Take no parameters."""
    fields.only("query")


def ask(material: Material, _: None) -> Answer:
    """Cite the checkpoint."""
    if not material.checkpoint:
        return Answer(missing=("no ledger with entries about this artifact was given",))
    found = _CHECKPOINT.match(material.checkpoint)
    if found is None:
        return Answer(missing=("the ledger's checkpoint cannot be read",))
    size = int(found["size"])
    if size == 0:
        return Answer(missing=("the ledger is empty",))
    text = (
        f"Acts on the artifact are logged in the append-only log {found['origin']}, which has {counted(size, 'entry')}."
    )
    return Answer(cited=(CitedEvidence(text=text, outcome="supports", source="ledger checkpoint"),))


QUERY = Query(name=NAME, looks_for="entries in an append-only log", read=read, ask=ask)
