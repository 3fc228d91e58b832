"""Evidence in repositories: signed and attached, found again and verified."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from custody.errors import CustodyError, InputError
from custody.model import Descriptor, Evidence, Statement, predicate_alias
from custody.registry.interface import Repository
from custody.signing import (
    BUNDLE_MEDIA_TYPE,
    KeyPair,
    PublicKey,
    bundle_manifest,
    parse_bundle_manifest,
    read_evidence,
    sign_statement,
)

__all__ = ["Bundle", "attach", "find_evidence", "seal"]

MAX_BUNDLE_BYTES = 256 << 20
"""A bundle holds a whole SBOM; the largest seen have tens of megabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle's bytes with what they say.

    manifest: of the referrer that carries it, None where it lies in a plain file.
    """

    data: bytes
    evidence: Evidence
    manifest: Descriptor | None = None

    @property
    def kind(self) -> str:
        """Give the short name of its predicate type: "spdxjson"."""
        return predicate_alias(self.evidence.predicate_type)


def seal(statement: Statement, key: KeyPair, subject: Descriptor) -> Bundle:
    """Sign a statement and verify the result as anybody else would: what is attached has been verified once already."""
    data = sign_statement(statement, key)
    where = f"bundle of {predicate_alias(statement.predicate_type)}"
    return Bundle(data=data, evidence=read_evidence(data, where, keys=[key.public], subject=subject.digest))


def attach(repository: Repository, subject: Descriptor, bundle: Bundle, created: dt.datetime) -> Bundle:
    """Store a bundle as an OCI 1.1 referrer of `subject`; give it with its manifest's descriptor."""
    referrer = bundle_manifest(bundle.data, subject, bundle.evidence.predicate_type, created)
    for descriptor, blob in referrer.blobs:
        if not repository.has_blob(descriptor.digest):
            repository.put_blob(descriptor, [blob])
    manifest = repository.put_manifest(referrer.manifest, referrer.descriptor.media_type)
    return Bundle(data=bundle.data, evidence=bundle.evidence, manifest=manifest)


def find_evidence(
    repository: Repository, subject: Descriptor, *, keys: Sequence[PublicKey], skipped: list[str] | None = None
) -> list[Bundle]:
    """Give every bundle that refers to `subject`, verified with `keys` where that succeeds.

    Where it does not, `Evidence.problem` says why. A referrer that cannot be read is named in `skipped`, and the others
    are given all the same.
    """
    found = []
    for descriptor in repository.referrers(subject.digest):
        if descriptor.artifact_type not in ("", BUNDLE_MEDIA_TYPE):
            continue
        try:
            found.append(_read(repository, descriptor, subject, keys))
        except CustodyError as error:
            if skipped is None:
                raise
            skipped.append(str(error))
    return sorted(found, key=lambda bundle: (bundle.kind, bundle.evidence.digest))


def _read(repository: Repository, descriptor: Descriptor, subject: Descriptor, keys: Sequence[PublicKey]) -> Bundle:
    where = f"{repository.name}@{descriptor.digest}"
    _, manifest = repository.manifest(descriptor.digest)
    link = parse_bundle_manifest(manifest, where)
    if link.bundle.size > MAX_BUNDLE_BYTES:
        raise InputError(
            where, f"a bundle of {link.bundle.size} bytes is too large; expected at most {MAX_BUNDLE_BYTES}"
        )
    with repository.open_blob(link.bundle) as reader:
        data = reader.read()
    evidence = read_evidence(data, where, keys=keys, subject=subject.digest)
    return Bundle(data=data, evidence=evidence, manifest=descriptor)
