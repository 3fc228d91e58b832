"""Signed notes, keys and checkpoints: hostile text is refused, and foreign signatures are passed over."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError, VerificationError
from custody.ledger.note import Checkpoint, LogKey, VerifierKey, sign_note, verify_note

# From the documentation of golang.org/x/mod/sumdb/note (BSD-3-Clause), which defines this form of keys.
GO_KEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="

KEY = LogKey.generate("log.example/a")
OTHER = LogKey.generate("log.example/b")
STATE = Checkpoint(origin="log.example/a", size=7, root=bytes(range(32))).signed(KEY)


def test_keys_and_signatures_are_those_of_the_go_package() -> None:
    key = LogKey.parse(GO_KEY + "\n", "k")
    assert str(key.verifier) == GO_VKEY
    assert key.encode() == GO_KEY
    note = sign_note(GO_TEXT, key)
    assert note == GO_TEXT + f"\n\u2014 PeterNeumann {GO_SIGNATURE}\n".encode()
    assert verify_note(note, [VerifierKey.parse(GO_VKEY, "v")], "n") == GO_TEXT


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    assert Checkpoint.verify(STATE.note, KEY.verifier, "c") == STATE
    lines = STATE.text.split("\n")
    assert lines[:3] == ["log.example/a", "7", base64.b64encode(bytes(range(32))).decode()]
    assert lines[3] == ""
    assert lines[4].startswith("\u2014 log.example/a ")
    assert lines[5:] == [""]


def test_signing_twice_gives_the_same_note() -> None:
    assert Checkpoint(origin="log.example/a", size=7, root=bytes(range(32))).signed(KEY) == STATE


def test_a_log_without_a_name_gets_one_from_its_key() -> None:
    first, second = LogKey.generate().verifier, LogKey.generate().verifier
    assert first.name.startswith("custody.local/")
    assert first.name != second.name


def test_signatures_of_others_are_passed_over_and_ours_must_hold() -> None:
    body = STATE.body
    by_other = sign_note(body, OTHER)[len(body) + 1 :]
    witness = f"\u2014 witness.example {base64.b64encode(b'1234' + bytes(72)).decode()}\n".encode()
    assert Checkpoint.verify(STATE.note + by_other + witness, KEY.verifier, "c").size == 7
    with pytest.raises(VerificationError, match=r"c: is not signed by log.example/a"):
        Checkpoint.verify(body + b"\n" + by_other + witness, KEY.verifier, "c")
    forged = f"\u2014 {KEY.verifier.name} {base64.b64encode(KEY.verifier.id + bytes(64)).decode()}\n".encode()
    with pytest.raises(VerificationError, match=r"c: the signature by log.example/a is wrong"):
        Checkpoint.verify(STATE.note + forged, KEY.verifier, "c")
    same_name = f"\u2014 {KEY.verifier.name} {base64.b64encode(b'9999' + bytes(64)).decode()}\n".encode()
    assert Checkpoint.verify(STATE.note + same_name, KEY.verifier, "c").size == 7


def test_a_checkpoint_of_another_log_is_refused_although_the_key_signed_it() -> None:
    elsewhere = Checkpoint(origin="log.example/z", size=7, root=bytes(32)).signed(KEY)
    with pytest.raises(
        VerificationError, match=r"expected a checkpoint of the log 'log.example/a', got 'log.example/z'"
    ):
        Checkpoint.verify(elsewhere.note, KEY.verifier, "c")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("log.example/a\n7\n", "expected three lines"),
        ("log.example/a\n07\nAAAA\n", "expected a tree size, got '07'"),
        ("log.example/a\n-1\nAAAA\n", "expected a tree size"),
        ("log.example/a\n\u0661\nAAAA\n", "expected a tree size"),
        ("log.example/a\n9223372036854775808\nAAAA\n", "expected a tree size"),
        ("log.example/a\n7\nAAAA\n", "expected a root hash of 32 bytes, got 3"),
        ("log.example/a\n7\n????\n", "not base64"),
        ("log.example/a\n7\n" + "A" * 42 + "B=\n", "not canonical base64"),
        ("log.example/a\n7\n" + "A" * 43 + "=\n\nx\n", "expected three lines"),
    ],
)
def test_a_signed_text_that_is_no_checkpoint_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Checkpoint.verify(sign_note(text.encode(), KEY), KEY.verifier, "c")


@pytest.mark.parametrize(
    ("note", "message"),
    [
        (b"", "expected a text, an empty line"),
        (b"a\n\n", "expected a text, an empty line"),
        (STATE.note[:-1], "expected a text, an empty line"),
        (STATE.note.replace(b"\n\n", b"\n"), "expected a text, an empty line"),
        (STATE.note.replace(b"7", b"\t"), "control characters"),
        (STATE.note.replace(b"\n", b"\r\n"), "control characters"),
        (b"\xff" + STATE.note, "not UTF-8"),
        (STATE.note.replace("\u2014".encode(), b"-"), "expected a signature line, got '- log"),
        (STATE.note + "\u2014 a+b AAAAAAA=\n".encode(), "not a name of a log: 'a\\+b'"),
        (STATE.note + "\u2014 a AAAA\n".encode(), "a signature of 3 bytes"),
        (STATE.body + b"\n" + "\u2014 a AAAAAAA=\n".encode() * 101, "more than 100 signatures"),
        (b"x" * 70_000, "larger than 65536 bytes"),
    ],
)
def test_what_is_no_signed_note_is_refused(note: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Checkpoint.verify(note, KEY.verifier, "c")


def test_every_prefix_and_every_changed_byte_of_a_checkpoint_is_refused() -> None:
    note = STATE.note
    for at in range(len(note)):
        with pytest.raises(InputError):
            Checkpoint.verify(note[:at], KEY.verifier, "c")
        for bit in range(8):
            hostile = note[:at] + bytes([note[at] ^ 1 << bit]) + note[at + 1 :]
            with pytest.raises((InputError, VerificationError)):
                Checkpoint.verify(hostile, KEY.verifier, "c")


@given(st.text(max_size=100))
@settings(max_examples=300)
def test_only_our_errors_come_out_of_the_parser(text: str) -> None:
    with pytest.raises((InputError, VerificationError)):
        Checkpoint.verify(text.encode("utf-8", "surrogatepass"), KEY.verifier, "c")


@pytest.mark.parametrize("parse", [VerifierKey.parse, LogKey.parse])
def test_every_substring_and_every_raised_byte_of_a_key_is_refused(parse: type) -> None:
    """As the Go package tests its own keys: every proper substring, and the key with any one byte raised."""
    text = GO_VKEY if parse == VerifierKey.parse else GO_KEY
    read = getattr(parse, "__call__")  # noqa: B004, B009 - a bound classmethod
    assert read(text, "k")
    for start in range(len(text)):
        for end in range(start, len(text) + 1):
            if end - start < len(text) and end - start > len(text) - 30:
                with pytest.raises(InputError):
                    read(text[start:end], "k")
    for at in range(len(text)):
        hostile = text[:at] + chr(ord(text[at]) + 1) + text[at + 1 :]
        with pytest.raises(InputError) as refused:
            read(hostile, "k")
        assert "AYEKFALVFGyNhPJEMzD1QIDr" not in str(refused.value), "a private key must not be quoted"


def test_a_log_must_have_a_name_that_a_note_can_hold() -> None:
    for name in ("a b", "a+b", "a\u2028b", "a\nb"):
        with pytest.raises(InputError, match=r"not a name of a log"):
            LogKey.generate(name)
