"""`signed`: the artifact itself carries a signature that a trusted key verifies.

    - {query: signed}

Reads: evidence of predicate type https://sigstore.dev/cosign/sign/v1.
"""

from __future__ import annotations

from custody.compliance.interface import Answer, Material, Query, supports
from custody.fields import Fields

NAME = "signed"


def read(fields: Fields) -> None:
    """Take no parameters."""
    fields.only("query")


def ask(material: Material, _: None) -> Answer:
    """Name each signer once."""
    items = material.of("signature")
    if not items:
        return Answer(missing=(material.lack("signature", "signature of the artifact"),))
    by_signer = {str(item.signer): item for item in reversed(items)}
    return Answer(
        cited=tuple(
            supports(
                item, f"The artifact's digest is signed by {signer}; anyone who has that key can verify it offline."
            )
            for signer, item in sorted(by_signer.items())
        )
    )


QUERY = Query(name=NAME, looks_for="a signature of the artifact that a trusted key verifies", read=read, ask=ask)
