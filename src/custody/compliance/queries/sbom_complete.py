"""`sbom_complete`: the SBOM names every component with its version, and how they depend on each other.

    - {query: sbom_complete}

For: how many packages and relationships. Against: the document says that it is about another artifact. Missing:
versions, relationships, or packages altogether. Unknown licences are counted and told; they are no fault here.
Reads: the newest verified SBOM, SPDX or CycloneDX.
"""

from __future__ import annotations

from custody.compliance.interface import Answer, Material, Query, contradicts, counted, supports
from custody.compliance.predicates.sbom import newest_bill
from custody.fields import Fields

NAME = "sbom_complete"
SHOWN = 5
"""Names listed in a sentence; the SBOM has them all."""


def read(fields: Fields) -> None:
    """Take no parameters."""
    fields.only("query")


def ask(material: Material, _: None) -> Answer:
    """Count what the document lists."""
    found = newest_bill(material)
    if isinstance(found, str):
        return Answer(missing=(found,))
    bill, item = found
    digest = material.artifact.digest
    if bill.subject and digest.algorithm == "sha256" and bill.subject != digest.hex:
        text = f"The SBOM says that it describes sha256:{bill.subject}, which is another artifact."
        return Answer(cited=(contradicts(item, text),))
    if not bill.packages:
        return Answer(missing=(f"the SBOM lists no packages; nothing shows what {material.artifact.name} is made of",))
    missing = []
    if bill.unversioned:
        names = ", ".join(bill.unversioned[:SHOWN]) + (", …" if len(bill.unversioned) > SHOWN else "")
        missing.append(f"the SBOM gives no version for {counted(len(bill.unversioned), 'package')}: {names}")
    if not bill.edges:
        missing.append("the SBOM states no relationships between its packages")
    versions = "each with a version" if not bill.unversioned else f"{len(bill.unversioned):,} without a version"
    licences = f"; {bill.unlicensed:,} state no licence" if bill.unlicensed else "; each states a licence"
    text = (
        f"The SBOM ({bill.format}) lists {counted(bill.packages, 'package')}, {versions}, and"
        f" {counted(bill.edges, 'relationship')} between them{licences}."
    )
    return Answer(cited=(supports(item, text),), missing=tuple(missing))


QUERY = Query(name=NAME, looks_for="an SBOM with all packages, their versions and relationships", read=read, ask=ask)
