"""Sigstore bundles: a signature, what it is over, and what is needed to verify it, in one file.

    {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
     "verificationMaterial": {"publicKey": {"hint": base64 of SHA-256 of the key}},
     "dsseEnvelope": {"payload": …, "payloadType": "application/vnd.in-toto+json", "signatures": [one]}}

Read are versions 0.1 to 0.3, signed by a key or by a certificate, around a DSSE envelope or a plain signature
("messageSignature"). Proven are signatures by keys. Log entries and timestamps in a bundle are read but prove nothing
here, and a bundle that is signed by a certificate is never accepted: its proof lies in them.

A bundle has one spelling: duplicate keys, unknown fields, base64 with stray bits and URL-safe base64 are refused, so
that a changed byte is a refused bundle even where the signature does not reach.

Spec: https://github.com/sigstore/protobuf-specs/blob/v0.5.1/protos/sigstore_bundle.proto and client-spec.md of
Sigstore, section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from custody.errors import InputError, VerificationError
from custody.fields import Fields
from custody.model import PAYLOAD_TYPE, Digest, Evidence, Signer, Statement, canonical_json
from custody.signing.dsse import MAX_BYTES, Envelope, decode_base64, sign_envelope, verify_envelope

if TYPE_CHECKING:
    from custody.signing.keys import KeyPair, PublicKey

__all__ = [
    "BUNDLE_MEDIA_TYPE",
    "UnverifiedBundle",
    "encode_bundle",
    "read_evidence",
    "sign_statement",
    "verify_bundle",
    "verify_message",
]

BUNDLE_MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_VERSIONS = {
    BUNDLE_MEDIA_TYPE: "0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.3": "0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2": "0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.1": "0.1",
}
_MAX_LOG_ENTRIES = 32  # sigstore-go's limit
_DERIVED_HINTS = (44, 64, 50)
"""Lengths of hints that are made from the key: base64 (cosign), hex, `SHA256:` + base64 (npm). Others are free text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedBundle:
    """A bundle that was read and proves nothing yet.

    digest, size: of its bytes. Exactly one of `envelope` and `signature` is there; `stated_digest` is what the bundle
    says that the plain signature is over, None where it does not. certificate: DER of the signing certificate, b"" for
    a bundle signed by a key. log_entries, timestamps: how many it carries.
    """

    where: str
    digest: Digest
    size: int
    media_type: str
    hint: str = ""
    certificate: bytes = b""
    envelope: Envelope | None = None
    signature: bytes = b""
    stated_digest: bytes | None = None
    log_entries: int = 0
    timestamps: int = 0

    @classmethod
    def parse(cls, data: bytes, where: str) -> UnverifiedBundle:
        """Read a bundle of version 0.1, 0.2 or 0.3; InputError for anything else."""
        if len(data) > MAX_BYTES:
            raise InputError(where, f"larger than {MAX_BYTES} bytes")
        fields = Fields.from_json(data, where, unique_keys=True)
        media_type = fields.text("mediaType")
        if media_type not in _VERSIONS:
            raise fields.fault(
                "mediaType", f"expected {BUNDLE_MEDIA_TYPE!r} or an older version of it, got {media_type!r}"
            )
        fields.only("mediaType", "verificationMaterial", "messageSignature", "dsseEnvelope")
        bundle = cls(where=where, digest=Digest.of(data), size=len(data), media_type=media_type)
        return _with_content(_with_material(bundle, fields), fields)

    @property
    def version(self) -> str:
        """Give "0.1", "0.2" or "0.3"."""
        return _VERSIONS[self.media_type]

    @property
    def content(self) -> str:
        """Give what it holds, as the annotation `dev.sigstore.bundle.content` says it."""
        return "dsse-envelope" if self.envelope else "message-signature"

    def unsafe_statement(self) -> Statement:
        """Give the statement that nobody has verified: to look at, to list, never to rest a verdict on.

        InputError: there is none.
        """
        if self.envelope is None:
            raise InputError(
                self.where,
                "holds a plain signature, which says nothing but that somebody signed",
                "expected an attestation",
            )
        return Statement.parse(self.envelope.payload, f"{self.where}:dsseEnvelope.payload")


def encode_bundle(envelope: Envelope, hint: str) -> bytes:
    """Give a bundle v0.3 around an envelope with one signature by a key. hint: `PublicKey.hint`."""
    if len(envelope.signatures) != 1:
        raise ValueError(f"a bundle holds one signature, got {len(envelope.signatures)}")
    return canonical_json(
        {
            "mediaType": BUNDLE_MEDIA_TYPE,
            "verificationMaterial": {"publicKey": {"hint": hint}},
            "dsseEnvelope": envelope.as_json(),
        }
    )


def sign_statement(statement: Statement, key: KeyPair) -> bytes:
    """Sign a statement and give its bundle. The same statement and key give the same bytes."""
    return encode_bundle(sign_envelope(statement.encode(), PAYLOAD_TYPE, [key]), key.public.hint)


def verify_bundle(
    bundle: UnverifiedBundle,
    *,
    keys: Sequence[PublicKey],
    subject: Digest | None = None,
    predicate_types: Sequence[str] | None = None,
) -> Evidence:
    """Prove that one of `keys` signed the statement in `bundle`, and that it is about `subject`.

    1. The bundle is signed by a key, not by a certificate.
    2. Its hint, the envelope's keyid and the key that made the signature do not contradict each other.
    3. The signature over the PAE of the payload is one of a trusted key's (DSSE).
    4. The payload is of the in-toto type, and a statement.
    5. A subject of it has the digest `subject`; None leaves this open: the caller then knows only that it was said.
    6. Its predicate type is one of `predicate_types`; None takes any.

    Raises VerificationError naming the step that failed; InputError where a verified payload is not a statement.
    Spec: DSSE v1.0.2 protocol.md; Sigstore client-spec.md section 4.4; in-toto attestation spec v1, statement.md.
    """
    envelope, where = bundle.envelope, bundle.where
    if envelope is None:
        raise VerificationError(
            where, "holds a plain signature of a file, not an attestation", "verify it together with that file"
        )
    _refuse_certificate(bundle)  # 1
    key_id = envelope.signatures[0].key_id
    if key_id and bundle.hint and key_id != bundle.hint:  # 2
        raise VerificationError(
            where, f"hints at the key {bundle.hint!r}, but the envelope in it at {key_id!r}", "it was changed"
        )
    (key,) = verify_envelope(envelope, where, keys=keys, threshold=1)[:1]  # 3, 4
    _check_hint(bundle.hint or key_id, key, where)  # 2
    statement = Statement.parse(envelope.payload, f"{where}:dsseEnvelope.payload")  # 4
    if subject is not None and not statement.is_about(subject):  # 5
        about = ", ".join(f"{a}:{v}" for s in statement.subjects for a, v in sorted(s.digest.items()))
        raise VerificationError(
            where, f"is about {about[:400]}, not about {subject}", "fetch the evidence of this artifact"
        )
    if predicate_types is not None and statement.predicate_type not in predicate_types:  # 6
        raise VerificationError(
            where, f"expected predicate type {' or '.join(predicate_types)}, got {statement.predicate_type!r}"
        )
    return Evidence(digest=bundle.digest, statement=statement, signer=Signer(key_id=key.key_id), size=bundle.size)


def read_evidence(
    data: bytes, where: str, *, keys: Sequence[PublicKey], subject: Digest | None = None, name: str = ""
) -> Evidence:
    """Read a bundle as evidence, whether or not it can be verified: then `signer` is None and `problem` says why.

    Raises InputError: it is not a bundle around a statement, so that there is nothing to show.
    """
    bundle = UnverifiedBundle.parse(data, where)
    statement = bundle.unsafe_statement()
    try:
        evidence = verify_bundle(bundle, keys=keys, subject=subject)
    except VerificationError as error:
        problem = f"{error.what}; {error.fix}" if error.fix else error.what
        return Evidence(digest=bundle.digest, statement=statement, problem=problem, size=bundle.size, name=name)
    return replace(evidence, name=name)


def verify_message(bundle: UnverifiedBundle, *, keys: Sequence[PublicKey], digest: Digest) -> Signer:
    """Prove that one of `keys` signed the file whose digest is `digest` (computed by the caller, from the file itself).

    The digest in the bundle is a hint that nobody signed; one that differs is refused, as is a bundle around an
    envelope. Raises VerificationError.
    Spec: sigstore_common.proto, MessageSignature.
    """
    where = bundle.where
    if bundle.envelope is not None:
        raise VerificationError(
            where, "holds an attestation, not a signature of a file", "verify it with `custody verify-attestation`"
        )
    _refuse_certificate(bundle)
    raw = bytes.fromhex(digest.hex)
    if bundle.stated_digest is not None and bundle.stated_digest != raw:
        raise VerificationError(
            where, f"is over the digest {bundle.stated_digest.hex()}, not over {digest}", "it is of another file"
        )
    if not keys:
        raise VerificationError(where, "no key to verify it with", "name the signer's public key with --key FILE")
    for key in keys:
        if key.is_signature_of_digest(bundle.signature, raw):
            _check_hint(bundle.hint, key, where)
            return Signer(key_id=key.key_id)
    tried = ", ".join(f"{key.origin or 'key'} ({key.key_id[:16]})" for key in keys)
    raise VerificationError(
        where, f"is not signed by {tried}", "the file or the signature was changed, or another key signed it"
    )


def _refuse_certificate(bundle: UnverifiedBundle) -> None:
    if bundle.certificate:
        raise VerificationError(
            bundle.where,
            f"signed keyless, by a certificate{_issued_to(bundle.certificate)}; this verification knows keys only, and"
            " no trust root that says which certificates and logs to believe",
            "ask its signer for a signature by a key",
        )


def _issued_to(der: bytes) -> str:
    """Give what a certificate that nobody has verified says of itself, for a message."""
    from cryptography import x509

    try:
        names = (
            x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        )
        texts = [
            *names.get_values_for_type(x509.RFC822Name),
            *names.get_values_for_type(x509.UniformResourceIdentifier),
        ]
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return ""
    return f" that names {texts[0]!r} (not verified)" if texts else ""


def _check_hint(hint: str, key: PublicKey, where: str) -> None:
    """Refuse a hint that is made from a key, and not from this one.

    A hint is never needed: any other text may stand there.
    """
    if len(hint) in _DERIVED_HINTS and hint not in (key.hint, key.key_id, "SHA256:" + key.hint.rstrip("=")):
        raise VerificationError(where, f"is signed by the key {key.hint}, but hints at {hint!r}", "it was changed")


def _with_material(bundle: UnverifiedBundle, fields: Fields) -> UnverifiedBundle:
    """Read `verificationMaterial`: a key's hint or a certificate, log entries, timestamps."""
    material = fields.table("verificationMaterial")
    material.only("certificate", "publicKey", "x509CertificateChain", "tlogEntries", "timestampVerificationData")
    kinds = [name for name in ("certificate", "publicKey", "x509CertificateChain") if name in material]
    if len(kinds) != 1:
        raise fields.fault(
            "verificationMaterial",
            f"expected one of certificate, publicKey, x509CertificateChain, got {kinds or 'none'}",
        )
    hint, certificate = "", b""
    if kinds == ["publicKey"]:
        key = material.table("publicKey")
        key.only("hint")
        hint = key.text_or("hint")
    elif kinds == ["certificate"]:
        certificate = _raw_bytes(material.table("certificate"))
    else:
        chain = material.table("x509CertificateChain")
        chain.only("certificates")
        certificates = [_raw_bytes(item) for item in chain.each("certificates")]
        if not certificates:
            raise material.fault("x509CertificateChain.certificates", "expected a certificate, got none")
        certificate = certificates[0]
    entries = list(material.each("tlogEntries"))
    if len(entries) > _MAX_LOG_ENTRIES:
        raise material.fault("tlogEntries", f"expected at most {_MAX_LOG_ENTRIES} log entries, got {len(entries)}")
    for entry in entries:
        _check_log_entry(entry, bundle.version)
    stamps = material.table("timestampVerificationData")
    stamps.only("rfc3161Timestamps")
    tokens = [_bytes(item, "signedTimestamp") for item in stamps.each("rfc3161Timestamps")]
    if certificate and not entries and not tokens:
        raise fields.fault(
            "verificationMaterial", "a certificate without a log entry or a timestamp: nothing shows when it was used"
        )
    return replace(bundle, hint=hint, certificate=certificate, log_entries=len(entries), timestamps=len(tokens))


def _with_content(bundle: UnverifiedBundle, fields: Fields) -> UnverifiedBundle:
    """Read the envelope or the plain signature, of which there must be one."""
    if ("dsseEnvelope" in fields) == ("messageSignature" in fields):
        raise InputError(bundle.where, "expected one of dsseEnvelope and messageSignature")
    if "dsseEnvelope" in fields:
        inner = fields.table("dsseEnvelope")
        inner.only("payload", "payloadType", "signatures")
        for item in inner.each("signatures"):
            item.only("sig", "keyid")
        envelope = Envelope.read(inner, url_safe=False)
        if len(envelope.signatures) != 1:
            raise inner.fault("signatures", f"expected exactly one signature, got {len(envelope.signatures)}")
        return replace(bundle, envelope=envelope)
    inner = fields.table("messageSignature")
    inner.only("messageDigest", "signature")
    stated = None
    if "messageDigest" in inner:
        hint = inner.table("messageDigest")
        hint.only("algorithm", "digest")
        size = {"SHA2_256": 32, "SHA2_384": 48, "SHA2_512": 64}[
            hint.one_of("algorithm", ("SHA2_256", "SHA2_384", "SHA2_512"))
        ]
        stated = _bytes(hint, "digest")
        if len(stated) != size:
            raise hint.fault("digest", f"expected {size} bytes, got {len(stated)}")
    return replace(bundle, signature=_bytes(inner, "signature"), stated_digest=stated)


def _check_log_entry(entry: Fields, version: str) -> None:
    """Check the shape of one log entry, so that what a later reader needs is there; nothing of it is proven."""
    entry.only(
        "logIndex", "logId", "kindVersion", "integratedTime", "inclusionPromise", "inclusionProof", "canonicalizedBody"
    )
    _count(entry, "logIndex")
    _count(entry, "integratedTime")
    entry.table("logId").only("keyId")
    _bytes(entry.table("logId"), "keyId")
    entry.table("kindVersion").only("kind", "version")
    _bytes(entry, "canonicalizedBody")
    if "inclusionPromise" in entry:
        _bytes(entry.table("inclusionPromise"), "signedEntryTimestamp")
    elif version == "0.1" and "inclusionProof" not in entry:
        raise entry.fault("inclusionPromise", "missing; version 0.1 needs a promise or a proof")
    if "inclusionProof" in entry:
        proof = entry.table("inclusionProof")
        proof.only("logIndex", "rootHash", "treeSize", "hashes", "checkpoint")
        _count(proof, "logIndex")
        _count(proof, "treeSize")
        _bytes(proof, "rootHash")
        for index, text in enumerate(proof.texts("hashes")):
            decode_base64(text, proof.spot(f"hashes[{index}]"))
        if version != "0.1" or "checkpoint" in proof:
            proof.table("checkpoint").text("envelope")
    elif version != "0.1":
        raise entry.fault("inclusionProof", f"missing; version {version} needs it")


def _raw_bytes(fields: Fields) -> bytes:
    fields.only("rawBytes")
    return _bytes(fields, "rawBytes")


def _bytes(fields: Fields, key: str) -> bytes:
    return decode_base64(fields.text(key), fields.spot(key))


def _count(fields: Fields, key: str) -> int:
    """Read an int64, which proto3's JSON writes as a text, and leaves out where it is 0."""
    value = fields.value.get(key, "0")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise fields.fault(key, f"expected a whole number as a text, got {value!r}"[:200])
