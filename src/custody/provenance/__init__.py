"""Who made it, of what; and what was decided about it: SLSA predicates and their readers.

predicate = provenance_predicate(artifact, inventory, context) # SLSA provenance v1 provenance =
parse_provenance(statement, where) # v1 and v0.2 in one shape: .builder_id .source_uri found = build_level(evidence,
trusted_builders={…}) # .level is 0 to 3 or None, .reasons say why

predicate = vsa_predicate(decision, resource_uri=…, policy_uri=…, inputs=[evidence, …], verifier_version="0.1.0")
decision = parse_vsa(statement, where) # the decision again, verdicts and reasons included

The build type is described in docs/build-types/release-v1.md.
"""

from custody.provenance.slsa import (
    BUILD_TYPE,
    BUILDER_ID,
    PREDICATE_TYPE,
    BuildLevel,
    Provenance,
    build_level,
    parse_provenance,
    provenance_predicate,
)
from custody.provenance.vsa import VERIFIER_ID, VSA_TYPE, parse_vsa, vsa_predicate

__all__ = [
    "BUILDER_ID",
    "BUILD_TYPE",
    "PREDICATE_TYPE",
    "VERIFIER_ID",
    "VSA_TYPE",
    "BuildLevel",
    "Provenance",
    "build_level",
    "parse_provenance",
    "parse_vsa",
    "provenance_predicate",
    "vsa_predicate",
]
