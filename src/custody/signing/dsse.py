"""DSSE envelopes: a payload, its type, and signatures over both.

    {"payload": base64, "payloadType": "…", "signatures": [{"keyid": "…", "sig": base64}]}

What is signed is not the JSON but its Pre-Authentication Encoding, in which lengths and fields cannot be confused:

    PAE(type, body) = "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body        SP: one space; LEN: decimal, in bytes

Spec: https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md and envelope.md.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from custody.errors import InputError, VerificationError
from custody.fields import Fields
from custody.model import PAYLOAD_TYPE, canonical_json

if TYPE_CHECKING:
    from custody.signing.keys import KeyPair, PublicKey

__all__ = ["Envelope", "Signature", "decode_base64", "pae", "sign_envelope", "verify_envelope"]

MAX_BYTES = 256 * 1024 * 1024  # the largest SBOM attestations seen have some tens of MB
_MAX_SIGNATURES = 16  # what C2SP's signed notes demand at least; more only costs time


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature. sig: its bytes; key_id: `keyid`, a hint that nobody signed, "" where there is none."""

    sig: bytes
    key_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An envelope as it was read: proves nothing before `verify_envelope`. payload: decoded bytes."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes, where: str) -> Envelope:
        """Read a bare envelope: standard or URL-safe base64; fields that are not in the specification are ignored."""
        if len(data) > MAX_BYTES:
            raise InputError(where, f"larger than {MAX_BYTES} bytes")
        return cls.read(Fields.from_json(data, where, unique_keys=True), url_safe=True)

    @classmethod
    def read(cls, fields: Fields, *, url_safe: bool) -> Envelope:
        """Read an envelope that stands inside another document."""
        signatures = [
            Signature(
                sig=decode_base64(item.text("sig"), item.spot("sig"), url_safe=url_safe), key_id=item.text_or("keyid")
            )
            for item in fields.each("signatures")
        ]
        if not 1 <= len(signatures) <= _MAX_SIGNATURES:
            raise fields.fault("signatures", f"expected 1 to {_MAX_SIGNATURES} signatures, got {len(signatures)}")
        return cls(
            payload=decode_base64(fields.text_or("payload"), fields.spot("payload"), url_safe=url_safe),
            payload_type=fields.text("payloadType"),
            signatures=tuple(signatures),
        )

    def as_json(self) -> dict[str, object]:
        """Give the JSON object."""
        return {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": self.payload_type,
            "signatures": [
                {"sig": base64.b64encode(s.sig).decode()} | ({"keyid": s.key_id} if s.key_id else {})
                for s in self.signatures
            ],
        }

    def encode(self) -> bytes:
        """Give the envelope's bytes."""
        return canonical_json(self.as_json())


def pae(payload_type: str, payload: bytes) -> bytes:
    """Give the Pre-Authentication Encoding: the bytes that are signed (protocol.md, "Signature Definition")."""
    kind = payload_type.encode("utf-8", "surrogatepass")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_envelope(payload: bytes, payload_type: str, keys: Sequence[KeyPair]) -> Envelope:
    """Sign `payload` with each of `keys`.

    No `keyid` is written: verifiers that make ids of their own from their keys (secure-systems-lab's Go library, and so
    cosign) skip a signature whose id is another.
    """
    message = pae(payload_type, payload)
    signatures = tuple(Signature(sig=key.sign(message)) for key in keys)
    return Envelope(payload=payload, payload_type=payload_type, signatures=signatures)


def verify_envelope(
    envelope: Envelope, where: str, *, keys: Sequence[PublicKey], threshold: int = 1, payload_type: str = PAYLOAD_TYPE
) -> tuple[PublicKey, ...]:
    """Check that at least `threshold` distinct trusted keys signed the envelope, and give those keys.

    1. Each signature is tried with each key: `keyid` is a hint that anyone can write, so it decides nothing.
    2. Keys are counted, not signatures: one key that signs twice is one signer.
    3. Only then is the payload type looked at.
    Whoever goes on uses `envelope.payload`, the very bytes that were verified.

    Raises VerificationError: too few signers, or another payload type.
    Spec: protocol.md, "Protocol" and "(t, n)-DSSE".
    """
    if threshold < 1:
        raise ValueError(f"threshold: expected 1 or more, got {threshold}")
    if not keys:
        raise VerificationError(where, "no key to verify it with", "name the signer's public key with --key FILE")
    message = pae(envelope.payload_type, envelope.payload)
    signers = [key for key in dict.fromkeys(keys) if any(key.is_signature(s.sig, message) for s in envelope.signatures)]
    if len(signers) < threshold:
        tried = ", ".join(dict.fromkeys(f"{key.origin or 'key'} ({key.key_id[:16]})" for key in keys))
        claimed = ", ".join(repr(s.key_id) for s in envelope.signatures if s.key_id)
        said = f" and hints at {claimed}" if claimed else ""
        want = "is not signed by" if threshold == 1 else f"has {len(signers)} of {threshold} wanted signatures by"
        raise VerificationError(
            where, f"{want} {tried}{said}", "it was changed, or another key signed it: give that key with --key"
        )
    if envelope.payload_type != payload_type:
        raise VerificationError(where, f"expected payload type {payload_type!r}, got {envelope.payload_type!r}")
    return tuple(signers)


def decode_base64(text: str, where: str, *, url_safe: bool = False) -> bytes:
    """Decode base64 in its one canonical spelling: padded, no white space, unused bits zero (RFC 4648 section 3.5).

    url_safe: take the URL-safe alphabet too, and then padding may be missing.
    """
    raw = text.encode("utf-8", "surrogatepass")
    if url_safe:
        raw = raw.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        raw += b"=" * (-len(raw) % 4)
    try:
        value = binascii.a2b_base64(raw, strict_mode=True)
    except binascii.Error:
        raise InputError(where, f"not base64: {text[:40]!r}") from None
    if base64.b64encode(value) != raw:
        raise InputError(where, f"not canonical base64: {text[-8:]!r} at its end has bits that mean nothing")
    return value
