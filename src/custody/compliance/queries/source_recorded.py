"""`source_recorded`: provenance names the repository and the commit that the artifact was made from.

    - {query: source_recorded}

Missing: no commit, or files that differed from it, or nothing said about that.
Reads: the newest verified SLSA provenance; `annotations.modified` of the source is what custody writes there.
"""

from __future__ import annotations

from custody.compliance.interface import Answer, Material, Query, supports
from custody.compliance.predicates.provenance import newest_provenance
from custody.fields import Fields

NAME = "source_recorded"


def read(fields: Fields) -> None:
    """Take no parameters."""
    fields.only("query")


def ask(material: Material, _: None) -> Answer:
    """Cite the commit."""
    found = newest_provenance(material)
    if isinstance(found, str):
        return Answer(missing=(found,))
    provenance, item = found
    if not provenance.commit:
        return Answer(missing=("the provenance names no source commit",))
    place = f" of {provenance.source}" if provenance.source else ""
    clean = ", with no file changed since" if provenance.modified is False else ""
    text = f"Signed provenance ties the artifact to commit {provenance.commit}{place}{clean}."
    missing = {
        True: ("files differed from that commit, so it does not say all that went into the artifact",),
        None: ("the provenance does not say whether files differed from the commit",),
        False: (),
    }[provenance.modified]
    return Answer(cited=(supports(item, text),), missing=missing)


QUERY = Query(name=NAME, looks_for="the source commit in signed provenance", read=read, ask=ask)
