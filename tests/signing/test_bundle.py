"""Bundles: what proves, what only looks as if, and what hostile bytes do."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import CustodyError, InputError, VerificationError
from custody.model import Digest, Statement, predicate_types
from custody.signing import (
    BUNDLE_MEDIA_TYPE,
    KeyPair,
    UnverifiedBundle,
    create_key,
    encode_bundle,
    read_evidence,
    sign_envelope,
    sign_statement,
    verify_bundle,
    verify_message,
)

DIGEST = Digest.of(b"an artifact")
SPDX = predicate_types("spdxjson")[0]


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return create_key(tmp_path_factory.mktemp("keys") / "a")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return create_key(tmp_path_factory.mktemp("keys") / "b")


@pytest.fixture(scope="module")
def bundle(key: KeyPair) -> bytes:
    return sign_statement(Statement.about("demo", DIGEST, SPDX, {"spdxVersion": "SPDX-2.3", "text": "äöü ✓"}), key)


def parse(data: bytes) -> UnverifiedBundle:
    return UnverifiedBundle.parse(data, "b")


def changed(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    document = json.loads(data)
    change(document)
    return json.dumps(document, separators=(",", ":")).encode()


def test_a_signed_statement_is_evidence_with_its_signer(bundle: bytes, key: KeyPair, other: KeyPair) -> None:
    evidence = verify_bundle(
        parse(bundle), keys=[other.public, key.public], subject=DIGEST, predicate_types=predicate_types("spdxjson")
    )
    assert evidence.signer is not None
    assert evidence.signer.key_id == key.key_id
    assert evidence.digest == Digest.of(bundle)
    assert evidence.size == len(bundle)
    assert not evidence.problem
    assert evidence.statement.predicate["text"] == "äöü ✓"


def test_the_same_statement_gives_the_same_bytes(bundle: bytes, key: KeyPair) -> None:
    statement = Statement.about("demo", DIGEST, SPDX, {"text": "äöü ✓", "spdxVersion": "SPDX-2.3"})
    assert sign_statement(statement, key) == bundle


def test_a_bundle_says_what_sigstore_wants_of_it(bundle: bytes, key: KeyPair) -> None:
    document = json.loads(bundle)
    assert document["mediaType"] == BUNDLE_MEDIA_TYPE == "application/vnd.dev.sigstore.bundle.v0.3+json"
    assert document["verificationMaterial"] == {"publicKey": {"hint": key.public.hint}}
    assert base64.b64decode(key.public.hint).hex() == key.key_id
    assert document["dsseEnvelope"]["payloadType"] == "application/vnd.in-toto+json"
    assert len(document["dsseEnvelope"]["signatures"]) == 1
    assert set(document["dsseEnvelope"]["signatures"][0]) == {"sig"}, "cosign skips a signature with a keyid of ours"


def test_each_step_of_the_verification_can_fail(bundle: bytes, key: KeyPair, other: KeyPair) -> None:
    found, elsewhere = parse(bundle), Digest.of(b"another artifact")
    with pytest.raises(VerificationError, match=r"b: is not signed by"):
        verify_bundle(found, keys=[other.public])
    with pytest.raises(VerificationError, match=f"b: is about sha256:{DIGEST.hex}, not about {elsewhere}"):
        verify_bundle(found, keys=[key.public], subject=elsewhere)
    with pytest.raises(VerificationError, match=r"expected predicate type https://slsa.* got 'https://spdx"):
        verify_bundle(found, keys=[key.public], predicate_types=predicate_types("slsaprovenance"))
    with pytest.raises(VerificationError, match=r"no key to verify it with"):
        verify_bundle(found, keys=[])
    with pytest.raises(VerificationError, match=r"holds an attestation"):
        verify_message(found, keys=[key.public], digest=DIGEST)


def test_a_verified_payload_that_is_no_statement_is_refused(key: KeyPair) -> None:
    envelope = sign_envelope(b'{"_type":"something"}', "application/vnd.in-toto+json", [key])
    with pytest.raises(InputError, match=r"b:dsseEnvelope.payload:_type: expected one of"):
        verify_bundle(parse(encode_bundle(envelope, key.public.hint)), keys=[key.public])


def test_an_md5_of_the_artifact_is_no_subject(key: KeyPair) -> None:
    data = sign_envelope(
        json.dumps(
            {
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [{"digest": {"md5": DIGEST.hex[:32], "sha1": DIGEST.hex[:40]}}],
                "predicateType": SPDX,
            }
        ).encode(),
        "application/vnd.in-toto+json",
        [key],
    )
    with pytest.raises(VerificationError, match=r"is about md5:"):
        verify_bundle(parse(encode_bundle(data, "")), keys=[key.public], subject=DIGEST)


def test_evidence_that_cannot_be_verified_is_shown_with_the_reason(bundle: bytes, key: KeyPair, other: KeyPair) -> None:
    good = read_evidence(bundle, "b", keys=[key.public], subject=DIGEST, name="sbom.sigstore.json")
    assert good.signer is not None
    assert not good.problem
    assert good.name == "sbom.sigstore.json"
    bad = read_evidence(bundle, "b", keys=[other.public], subject=DIGEST, name="sbom.sigstore.json")
    assert bad.signer is None
    assert bad.problem.startswith("is not signed by")
    assert bad.predicate_type == SPDX
    assert read_evidence(bundle, "b", keys=[]).problem.startswith("no key to verify it with")
    with pytest.raises(InputError):
        read_evidence(b"{}", "b", keys=[key.public])


def hinting(hint: str) -> Callable[[dict[str, Any]], object]:
    return lambda document: document["verificationMaterial"]["publicKey"].update(hint=hint)


def test_hint_keyid_and_signer_must_not_contradict_each_other(bundle: bytes, key: KeyPair, other: KeyPair) -> None:
    for hint in (other.public.hint, other.key_id, "SHA256:" + other.public.hint.rstrip("=")):
        lying = changed(bundle, hinting(hint))
        with pytest.raises(VerificationError, match=r"but hints at"):
            verify_bundle(parse(lying), keys=[key.public, other.public])
    for hint in ("", "my key", key.key_id, "SHA256:" + key.public.hint.rstrip("=")):
        honest = changed(bundle, hinting(hint))
        assert verify_bundle(parse(honest), keys=[key.public]).signer
    torn = changed(bundle, lambda d: d["dsseEnvelope"]["signatures"][0].update(keyid="another"))
    with pytest.raises(VerificationError, match=r"but the envelope in it at 'another'"):
        verify_bundle(parse(torn), keys=[key.public])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(mediaType="application/json"), "b:mediaType: expected .* got 'application/json'"),
        (lambda d: d.pop("mediaType"), "b:mediaType: missing"),
        (lambda d: d.update(extra=1), "b:extra: unknown field"),
        (lambda d: d["dsseEnvelope"].update(extra=1), "unknown field"),
        (lambda d: d["dsseEnvelope"]["signatures"][0].update(keyId="x"), "unknown field; did you mean 'keyid'"),
        (lambda d: d["verificationMaterial"].update(tlogentries=[]), "unknown field"),
        (lambda d: d.update(verificationMaterial={}), "expected one of certificate, publicKey"),
        (lambda d: d["verificationMaterial"].update(certificate={"rawBytes": "AAAA"}), "expected one of certificate"),
        (lambda d: d.update(messageSignature={"signature": "AAAA"}), "expected one of dsseEnvelope and"),
        (lambda d: d.pop("dsseEnvelope"), "expected one of dsseEnvelope and"),
        (lambda d: d["dsseEnvelope"]["signatures"].append({"sig": "AAAA"}), "expected exactly one signature, got 2"),
        (lambda d: d["dsseEnvelope"]["signatures"].clear(), "got 0"),
        (lambda d: d["dsseEnvelope"].update(payload=d["dsseEnvelope"]["payload"] + "\n"), "payload: not base64"),
        (lambda d: d["dsseEnvelope"].update(payload="_-__"), "payload: not base64"),
        (
            lambda d: d.update(verificationMaterial={"certificate": {"rawBytes": "AAAA"}}),
            "without a log entry or a timestamp",
        ),
        (lambda d: d["verificationMaterial"].update(tlogEntries=[{}]), r"tlogEntries\[0\].*missing"),
        (lambda d: d["verificationMaterial"].update(tlogEntries=[{}] * 33), "at most 32 log entries, got 33"),
    ],
)
def test_a_bundle_of_another_shape_is_refused(
    bundle: bytes, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        parse(changed(bundle, change))


def test_every_proper_prefix_is_refused_as_not_a_bundle(bundle: bytes) -> None:
    for length in range(len(bundle)):
        with pytest.raises(InputError):
            parse(bundle[:length])


def test_every_changed_byte_is_a_refused_bundle(bundle: bytes, key: KeyPair) -> None:
    """Each byte with its lowest, its case and its highest bit changed: another character, another case, no ASCII."""
    for at in range(len(bundle)):
        for bit in (0x01, 0x20, 0x80):
            hostile = bytearray(bundle)
            hostile[at] ^= bit
            with pytest.raises((InputError, VerificationError)):
                verify_bundle(parse(bytes(hostile)), keys=[key.public], subject=DIGEST)


@given(at=st.integers(0, 10_000), byte=st.integers(0, 255))
@settings(max_examples=400)
def test_any_byte_anywhere_is_a_refused_bundle(bundle: bytes, key: KeyPair, at: int, byte: int) -> None:
    at %= len(bundle)
    hostile = bundle[:at] + bytes([byte]) + bundle[at + 1 :]
    if hostile == bundle:
        return
    with pytest.raises((InputError, VerificationError)):
        verify_bundle(parse(hostile), keys=[key.public], subject=DIGEST)


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_only_input_errors_come_out_of_the_parser(data: bytes) -> None:
    with pytest.raises(InputError):
        UnverifiedBundle.parse(data, "b")


def test_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch, bundle: bytes) -> None:
    monkeypatch.setattr("custody.signing.bundle.MAX_BYTES", len(bundle) - 1)
    with pytest.raises(InputError, match=r"larger than"):
        parse(bundle)


REAL = {
    "Python-3.12.5.tgz.sigstore": ("0.1", "thomas@python.org"),
    "a.dsse.staging-rekor-v2.txt.sigstore.json": ("0.3", "https://github.com/sigstore-conformance/"),
    "bundle.txt.sigstore": ("0.1", "a@tny.town"),
    "bundle_v3.txt.sigstore": ("0.3", "william@yossarian.net"),
    "bundle_v3_alt.txt.sigstore": ("0.3", "william@yossarian.net"),
    "bundle_v3_github.whl.sigstore": ("0.2", "https://github.com/trailofbits/rfc8785.py/"),
    "slsa_v2.1.0_binary-linux-amd64-workflow_dispatch.intoto.jsonl": ("0.3", "https://github.com/slsa-framework/"),
    "staging-rekor-v2.txt.sigstore.json": ("0.3", "jku@goto.fi"),
}


@pytest.mark.parametrize("name", sorted(REAL))
def test_a_real_keyless_bundle_is_read_and_never_silently_accepted(shared: Path, key: KeyPair, name: str) -> None:
    version, identity = REAL[name]
    found = UnverifiedBundle.parse((shared / "data/sigstore/bundles" / name).read_bytes(), name)
    assert found.version == version
    assert found.certificate
    assert found.log_entries == 1
    with pytest.raises(VerificationError, match=r"signed keyless, by a certificate that names") as refused:
        verify_message(found, keys=[key.public], digest=DIGEST) if found.signature else verify_bundle(
            found, keys=[key.public]
        )
    assert identity in str(refused.value)
    assert "(not verified)" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bundle_invalid_version.txt.sigstore", "got 'this is completely wrong'"),
        ("bundle_no_checkpoint.txt.sigstore", "inclusionProof.checkpoint.envelope: missing"),
        ("bundle_no_log_entry.txt.sigstore", "without a log entry or a timestamp"),
        ("slsa_predicate_v1_0.json", "mediaType: missing"),
        ("bundle.txt", "not valid JSON"),
    ],
)
def test_a_real_invalid_bundle_is_refused(shared: Path, name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        UnverifiedBundle.parse((shared / "data/sigstore/bundles" / name).read_bytes(), name)


def test_real_bundles_of_npm_are_read_one_by_a_key_and_one_by_a_certificate(shared: Path, key: KeyPair) -> None:
    name = "npm_attestations_supreme-googles-cli.json"
    document = json.loads((shared / "data/sigstore/bundles" / name).read_bytes())
    by_key, by_certificate = (parse(json.dumps(a["bundle"]).encode()) for a in document["attestations"])
    assert by_key.hint == "SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA"
    assert not by_key.certificate
    with pytest.raises(VerificationError, match=r"is not signed by .* and hints at 'SHA256:jl3b"):
        verify_bundle(by_key, keys=[key.public])
    with pytest.raises(VerificationError, match=r"signed keyless"):
        verify_bundle(by_certificate, keys=[key.public])


def message_bundle(key: KeyPair, content: bytes, **changes: object) -> bytes:
    message = {
        "messageDigest": {"algorithm": "SHA2_256", "digest": base64.b64encode(bytes.fromhex(Digest.of(content).hex))},
        "signature": base64.b64encode(key.sign(content)),
    } | changes
    document = {
        "mediaType": BUNDLE_MEDIA_TYPE,
        "verificationMaterial": {"publicKey": {"hint": key.public.hint}},
        "messageSignature": message,
    }
    return json.dumps(document, default=lambda value: value.decode()).encode()


def test_a_plain_signature_is_verified_by_the_digest_of_the_file(key: KeyPair, other: KeyPair) -> None:
    digest = Digest.of(b"a file")
    found = parse(message_bundle(key, b"a file"))
    assert verify_message(found, keys=[other.public, key.public], digest=digest).key_id == key.key_id
    with pytest.raises(VerificationError, match=r"is not signed by"):
        verify_message(found, keys=[other.public], digest=digest)
    with pytest.raises(VerificationError, match=r"is over the digest .* not over sha256:"):
        verify_message(found, keys=[key.public], digest=DIGEST)
    silent = parse(message_bundle(key, b"a file", messageDigest=None))
    with pytest.raises(VerificationError, match=r"is not signed by"):
        verify_message(silent, keys=[key.public], digest=DIGEST)
    with pytest.raises(VerificationError, match=r"holds a plain signature"):
        verify_bundle(found, keys=[key.public])
    with pytest.raises(InputError, match=r"holds a plain signature"):
        read_evidence(message_bundle(key, b"a file"), "b", keys=[key.public])


def test_the_digest_in_a_plain_signature_is_a_hint_that_is_never_believed(key: KeyPair) -> None:
    stated = {"algorithm": "SHA2_256", "digest": base64.b64encode(bytes.fromhex(DIGEST.hex))}
    lying = parse(message_bundle(key, b"a file", messageDigest=stated))
    with pytest.raises(VerificationError, match=r"is not signed by"):
        verify_message(lying, keys=[key.public], digest=DIGEST)


def test_every_error_is_one_line(bundle: bytes, key: KeyPair) -> None:
    for data in (b'{"mediaType": "a\\nb"}', changed(bundle, lambda d: d.update({"x\ny": 1}))):
        with pytest.raises(CustodyError) as refused:
            parse(data)
        assert "\n" not in str(refused.value)
