"""Keys, DSSE envelopes and Sigstore bundles. Verification is pure: bytes and trusted keys in, a typed result out.

    key = create_key(folder / "signing", passphrase=None)       # signing.key (0600) and signing.pub
    key = load_private_key(path, passphrase=b"…")               # KeyPair; .public is a PublicKey
    trusted = load_public_key(path_or_bytes)                    # PublicKey

    bundle = sign_statement(statement, key)                     # bytes of a Sigstore bundle v0.3, the same on every run
    found = UnverifiedBundle.parse(bundle, where)               # InputError, or a bundle that proves nothing yet
    evidence = verify_bundle(found, keys=[trusted], subject=digest, predicate_types=predicate_types("spdxjson"))
    evidence = read_evidence(bundle, where, keys=[trusted], subject=digest)     # `problem` set instead of an error

    referrer = bundle_manifest(bundle, artifact.descriptor, predicate_type, created)   # .descriptor .manifest .blobs
    link = parse_bundle_manifest(manifest, where)               # .subject .bundle (Descriptor) .predicate_type

Proven are signatures by keys; a bundle that a certificate signed is read, and refused with the reason.
"""

from custody.signing.bundle import (
    BUNDLE_MEDIA_TYPE,
    UnverifiedBundle,
    encode_bundle,
    read_evidence,
    sign_statement,
    verify_bundle,
    verify_message,
)
from custody.signing.dsse import Envelope, Signature, pae, sign_envelope, verify_envelope
from custody.signing.keys import KeyPair, PublicKey, create_key, load_private_key, load_public_key
from custody.signing.referrer import BundleLink, BundleManifest, bundle_manifest, parse_bundle_manifest

__all__ = [
    "BUNDLE_MEDIA_TYPE",
    "BundleLink",
    "BundleManifest",
    "Envelope",
    "KeyPair",
    "PublicKey",
    "Signature",
    "UnverifiedBundle",
    "bundle_manifest",
    "create_key",
    "encode_bundle",
    "load_private_key",
    "load_public_key",
    "pae",
    "parse_bundle_manifest",
    "read_evidence",
    "sign_envelope",
    "sign_statement",
    "verify_bundle",
    "verify_envelope",
    "verify_message",
]
