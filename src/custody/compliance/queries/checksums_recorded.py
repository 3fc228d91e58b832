"""`checksums_recorded`: components can be told from changed copies, for the SBOM carries their checksums.

    - {query: checksums_recorded}

Missing: no package has one. Reads: the newest verified SBOM.
"""

from __future__ import annotations

from custody.compliance.interface import Answer, Material, Query, counted, supports
from custody.compliance.predicates.sbom import newest_bill
from custody.fields import Fields

NAME = "checksums_recorded"


def read(fields: Fields) -> None:
    """Take no parameters."""
    fields.only("query")


def ask(material: Material, _: None) -> Answer:
    """Count packages with a checksum."""
    found = newest_bill(material)
    if isinstance(found, str):
        return Answer(missing=(found,))
    bill, item = found
    hashed = bill.packages - bill.unhashed
    if not hashed:
        return Answer(missing=("no package in the SBOM carries a checksum",))
    text = f"{hashed:,} of {counted(bill.packages, 'package')} carry the checksum by which their source knows them."
    return Answer(cited=(supports(item, text),))


QUERY = Query(name=NAME, looks_for="checksums of components in the SBOM", read=read, ask=ask)
