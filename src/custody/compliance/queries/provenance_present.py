"""`provenance_present`: signed provenance says who built the artifact, and from what.

    - {query: provenance_present}

The text says what the provenance states, no more: nobody here has vetted the builder, and a run on the releaser's own
machine can sign whatever it likes (SLSA Build L1 at most).
Missing: no provenance, one that lists no resolved dependencies, or one of an image that was built elsewhere.
Reads: the newest verified SLSA provenance.
"""

from __future__ import annotations

from custody.compliance.interface import Answer, Material, Query, counted, day, supports
from custody.compliance.predicates.provenance import newest_provenance
from custody.fields import Fields

NAME = "provenance_present"


def read(fields: Fields) -> None:
    """Take no parameters."""
    fields.only("query")


def ask(material: Material, _: None) -> Answer:
    """Tell what the provenance states."""
    found = newest_provenance(material)
    if isinstance(found, str):
        return Answer(missing=(found,))
    provenance, item = found
    moment = provenance.finished_at or provenance.started_at
    when = f" on {day(moment)}" if moment else ""
    text = (
        f"Signed provenance states that builder {provenance.builder} made it{when} from"
        f" {counted(provenance.dependencies, 'resolved dependency')}, {provenance.pinned:,} with a digest."
        " Whether that builder is hosted or isolated is not shown."
    )
    missing = [] if provenance.dependencies else ["the provenance lists no resolved dependencies"]
    if provenance.adopted:
        text = (
            f"Signed provenance states that the artifact was taken over as it was{when}, and lists"
            f" {counted(provenance.dependencies, 'package')} in it, {provenance.pinned:,} with a digest."
        )
        missing.append("how the artifact was built is not on record")
    return Answer(cited=(supports(item, text),), missing=tuple(missing))


QUERY = Query(name=NAME, looks_for="signed provenance that names builder and dependencies", read=read, ask=ask)
