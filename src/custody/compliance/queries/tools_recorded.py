"""`tools_recorded`: it is on record which tools, in which versions, made the artifact and its documents.

    - {query: tools_recorded}

Reads: `builder.version` of the newest verified SLSA provenance, and the creators of the newest verified SBOM.
"""

from __future__ import annotations

from custody.compliance.interface import Answer, Material, Query, supports
from custody.compliance.predicates.provenance import newest_provenance
from custody.compliance.predicates.sbom import newest_bill
from custody.fields import Fields
from custody.model import CitedEvidence

NAME = "tools_recorded"


def read(fields: Fields) -> None:
    """Take no parameters."""
    fields.only("query")


def ask(material: Material, _: None) -> Answer:
    """List the tools."""
    cited: list[CitedEvidence] = []
    missing = []
    provenance, bill = newest_provenance(material), newest_bill(material)
    if isinstance(provenance, str):
        missing.append(provenance)
    elif provenance[0].tools:
        listed = ", ".join(f"{name} {version}".strip() for name, version in provenance[0].tools)
        cited.append(supports(provenance[1], f"Signed provenance records the build tools: {listed}."))
    else:
        missing.append("the provenance states no versions of the tools that built it")
    if not isinstance(bill, str) and bill[0].tools:
        cited.append(supports(bill[1], f"The SBOM records the tools that made it: {', '.join(bill[0].tools)}."))
    return Answer(cited=tuple(cited), missing=tuple(missing))


QUERY = Query(name=NAME, looks_for="names and versions of the tools used", read=read, ask=ask)
