"""DSSE: the sentences of protocol.md, one by one."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError, VerificationError
from custody.signing import Envelope, KeyPair, Signature, create_key, pae, sign_envelope, verify_envelope
from custody.signing.dsse import decode_base64

TYPE = "application/vnd.in-toto+json"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[KeyPair, KeyPair]:
    folder = tmp_path_factory.mktemp("keys")
    return create_key(folder / "a"), create_key(folder / "b")


def test_pae_is_that_of_the_specifications_example() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_pae_counts_bytes_and_not_characters() -> None:
    assert pae("é", "ü!".encode()) == "DSSEv1 2 é 3 ü!".encode()


@given(st.text(max_size=8), st.binary(max_size=8), st.text(max_size=8), st.binary(max_size=8))
@settings(max_examples=300)
def test_two_different_pairs_never_have_the_same_pae(one: str, first: bytes, two: str, second: bytes) -> None:
    assert ((one, first) == (two, second)) == (pae(one, first) == pae(two, second))


def test_a_signed_envelope_verifies_and_names_its_signer(keys: tuple[KeyPair, KeyPair]) -> None:
    envelope = sign_envelope(b"body", TYPE, [keys[0]])
    assert Envelope.parse(envelope.encode(), "e") == envelope
    assert verify_envelope(envelope, "e", keys=[keys[1].public, keys[0].public]) == (keys[0].public,)


def test_no_key_no_yes(keys: tuple[KeyPair, KeyPair]) -> None:
    envelope = sign_envelope(b"body", TYPE, [keys[0]])
    with pytest.raises(VerificationError, match=r"no key to verify it with"):
        verify_envelope(envelope, "e", keys=[])
    with pytest.raises(VerificationError, match=r"e: is not signed by .*b.pub"):
        verify_envelope(envelope, "e", keys=[keys[1].public])
    with pytest.raises(ValueError, match=r"threshold"):
        verify_envelope(envelope, "e", keys=[keys[0].public], threshold=0)


def test_a_threshold_counts_distinct_keys_and_not_signatures(keys: tuple[KeyPair, KeyPair]) -> None:
    both = sign_envelope(b"body", TYPE, keys)
    trusted = [keys[0].public, keys[1].public, keys[0].public]
    assert len(verify_envelope(both, "e", keys=trusted, threshold=2)) == 2
    twice = Envelope(payload=both.payload, payload_type=TYPE, signatures=(both.signatures[0],) * 3)
    with pytest.raises(VerificationError, match=r"has 1 of 2 wanted signatures"):
        verify_envelope(twice, "e", keys=trusted, threshold=2)


def test_keyid_is_a_hint_that_decides_nothing(keys: tuple[KeyPair, KeyPair]) -> None:
    signed = sign_envelope(b"body", TYPE, [keys[0]])
    hinted = Envelope(
        payload=b"body", payload_type=TYPE, signatures=(Signature(sig=signed.signatures[0].sig, key_id="someone else"),)
    )
    assert verify_envelope(hinted, "e", keys=[keys[0].public]) == (keys[0].public,)
    with pytest.raises(VerificationError, match=r"hints at 'someone else'"):
        verify_envelope(hinted, "e", keys=[keys[1].public])


def test_another_payload_type_is_refused_and_only_after_the_signature(keys: tuple[KeyPair, KeyPair]) -> None:
    envelope = sign_envelope(b"body", "text/plain", [keys[0]])
    with pytest.raises(VerificationError, match=r"expected payload type 'application/vnd.in-toto\+json', got 'text/"):
        verify_envelope(envelope, "e", keys=[keys[0].public])
    with pytest.raises(VerificationError, match=r"is not signed by"):
        verify_envelope(envelope, "e", keys=[keys[1].public])


def test_the_type_is_signed_together_with_the_payload(keys: tuple[KeyPair, KeyPair]) -> None:
    envelope = sign_envelope(b"body", "text/plain", [keys[0]])
    relabelled = Envelope(payload=b"body", payload_type=TYPE, signatures=envelope.signatures)
    with pytest.raises(VerificationError, match=r"is not signed by"):
        verify_envelope(relabelled, "e", keys=[keys[0].public])


def test_both_base64_alphabets_are_taken(keys: tuple[KeyPair, KeyPair]) -> None:
    payload = b"\xfb\xff\xfe????>>>>"
    document = json.loads(sign_envelope(payload, TYPE, [keys[0]]).encode())
    assert "+" in document["payload"] or "/" in document["payload"]
    document["payload"] = base64.urlsafe_b64encode(payload).decode().rstrip("=")
    document["signatures"][0]["sig"] = document["signatures"][0]["sig"].replace("+", "-").replace("/", "_")
    envelope = Envelope.parse(json.dumps(document).encode(), "e")
    assert envelope.payload == payload
    assert verify_envelope(envelope, "e", keys=[keys[0].public])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("AA", "not base64"),
        ("AA =", "not base64"),
        ("AA==\n", "not base64"),
        ("A_==", "not base64"),
        ("AB==", "not canonical"),
        ("=AA=", "not base64"),
        ("é===", "not base64"),
        ("\ud800AA=", "not base64"),
    ],
)
def test_base64_has_one_spelling(text: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^here: {message}"):
        decode_base64(text, "here")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"", "not valid JSON"),
        (b"[]", "expected a table"),
        (b"{}", "e:signatures: expected 1 to 16 signatures, got 0"),
        (b'{"payload":"","payloadType":"x","signatures":[{}]}', r"e:signatures\[0\].sig: missing"),
        (b'{"payload":"","payloadType":"x","payloadType":"y","signatures":[{"sig":"AAAA"}]}', "stands twice"),
        (b'{"payload":7,"payloadType":"x","signatures":[{"sig":"AAAA"}]}', "e:payload: expected a text, got a number"),
        (b'{"payload":"","signatures":[{"sig":"AAAA"}]}', "e:payloadType: missing"),
        (b'{"payloadType":"x","signatures":[' + b'{"sig":"AAAA"},' * 16 + b'{"sig":"AAAA"}]}', "got 17"),
    ],
)
def test_what_is_no_envelope_is_said_to_be_none(document: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Envelope.parse(document, "e")


def test_a_real_envelope_of_another_tool_is_read_and_belongs_to_none_of_our_keys(
    shared: Path, keys: tuple[KeyPair, KeyPair]
) -> None:
    name = "slsa_v1.2.2_binary-linux-amd64-workflow_dispatch.intoto.jsonl"
    envelope = Envelope.parse((shared / "data/sigstore/bundles" / name).read_bytes(), name)
    assert json.loads(envelope.payload)["predicateType"] == "https://slsa.dev/provenance/v0.2"
    with pytest.raises(VerificationError, match=r"is not signed by"):
        verify_envelope(envelope, name, keys=[keys[0].public])
