"""in-toto statements: what one piece of evidence says about which artifact.

Spec: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md. Subjects are matched by digest alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from custody.fields import Fields
from custody.model.digest import Digest

__all__ = [
    "PAYLOAD_TYPE",
    "PREDICATE_TYPES",
    "STATEMENT_TYPES",
    "Statement",
    "Subject",
    "predicate_alias",
    "predicate_types",
]

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_V1 = "https://in-toto.io/Statement/v1"
STATEMENT_TYPES = (STATEMENT_V1, "https://in-toto.io/Statement/v0.1")

PREDICATE_TYPES = {
    "signature": ("https://sigstore.dev/cosign/sign/v1",),
    "slsaprovenance": ("https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2"),
    "spdxjson": ("https://spdx.dev/Document", "https://spdx.dev/Document/v2.3"),
    "cyclonedx": ("https://cyclonedx.org/bom",),
    "vuln": ("https://cosign.sigstore.dev/attestation/vuln/v1", "https://in-toto.io/attestation/vulns/v0.2"),
    "vsa": ("https://slsa.dev/verification_summary/v1",),
    "openvex": ("https://openvex.dev/ns",),
}
"""The short names that `--type` takes (cosign's where cosign has one) → predicate types, the one we write first."""


def predicate_types(kind: str) -> tuple[str, ...]:
    """Give the predicate types for a `--type` value: a short name, or a URI that stands for itself."""
    return PREDICATE_TYPES.get(kind, (kind,))


def predicate_alias(uri: str) -> str:
    """Give the short name of a predicate type, or the URI itself."""
    return next((name for name, uris in PREDICATE_TYPES.items() if uri in uris), uri)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A ResourceDescriptor used as subject: digest maps algorithm to hex."""

    name: str
    digest: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """An in-toto Statement v1. predicate: any JSON object."""

    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def about(cls, name: str, digest: Digest, predicate_type: str, predicate: dict[str, Any]) -> Statement:
        """Make a statement with one subject."""
        return cls(
            subjects=(Subject(name=name, digest={digest.algorithm: digest.hex}),),
            predicate_type=predicate_type,
            predicate=predicate,
        )

    @classmethod
    def parse(cls, data: bytes, where: str) -> Statement:
        """Read a statement of either version; InputError for anything else."""
        fields = Fields.from_json(data, where, unique_keys=True)
        fields.one_of("_type", STATEMENT_TYPES)
        subjects = []
        for item in fields.each("subject"):
            table = item.table("digest")
            if not table.value:
                raise item.fault("digest", "missing, expected a table of algorithm to hex")
            subjects.append(Subject(name=item.text_or("name"), digest={str(k): table.text(k) for k in table.value}))
        if not subjects:
            raise fields.fault("subject", "a statement must have a subject")
        return cls(
            subjects=tuple(subjects),
            predicate_type=fields.text("predicateType"),
            predicate=dict(fields.table("predicate").value),
        )

    def encode(self) -> bytes:
        """Give the bytes that are signed: JSON with sorted keys, no white space."""
        from custody.model.canonical import canonical_json

        return canonical_json(
            {
                "_type": STATEMENT_V1,
                "subject": [{"name": s.name, "digest": s.digest} for s in self.subjects],
                "predicateType": self.predicate_type,
                "predicate": self.predicate,
            }
        )

    def is_about(self, digest: Digest) -> bool:
        """Say whether one subject carries this very digest (strong algorithms only: `Digest` knows no others)."""
        return any(subject.digest.get(digest.algorithm) == digest.hex for subject in self.subjects)
