"""`attested`: signed statements of certain kinds are on file for this artifact.

    - {query: attested, kinds: [spdxjson, slsaprovenance]}

kinds: short names of predicate types, each of which must be there; `spdxjson` is also content with CycloneDX.
Reads: the predicate type of each piece of evidence, nothing inside it.
"""

from __future__ import annotations

from custody.compliance.interface import Answer, Material, Query, supports
from custody.fields import Fields
from custody.model import CitedEvidence

NAME = "attested"
WORDS = {
    "signature": "signature of the artifact",
    "slsaprovenance": "build provenance",
    "spdxjson": "SBOM",
    "vuln": "vulnerability scan report",
    "vsa": "policy decision",
}


def read(fields: Fields) -> tuple[str, ...]:
    """Read the kinds."""
    fields.only("query", "kinds")
    kinds = tuple(fields.texts("kinds"))
    if not kinds:
        raise fields.fault("kinds", "missing, expected a list of kinds of evidence")
    for index, kind in enumerate(kinds):
        if kind not in WORDS:
            raise fields.fault(f"kinds[{index}]", f"expected one of {', '.join(WORDS)}, got {kind!r}")
    return kinds


def ask(material: Material, kinds: tuple[str, ...]) -> Answer:
    """Cite one statement of each kind; name each kind that is not there."""
    cited: list[CitedEvidence] = []
    missing = []
    for kind in kinds:
        items = material.of(kind) or (material.of("cyclonedx") if kind == "spdxjson" else [])
        if items:
            cited.append(supports(items[0], f"A verified {WORDS[kind]} is on file, signed by {items[0].signer}."))
        else:
            missing.append(material.lack(kind, WORDS[kind]))
    return Answer(cited=tuple(cited), missing=tuple(missing))


QUERY = Query(name=NAME, looks_for="signed statements of the kinds that are named", read=read, ask=ask)
