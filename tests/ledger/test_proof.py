"""Proof files: verified without the log, and useless when anything in them is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.errors import InputError, VerificationError
from custody.ledger import Ledger, VerifierKey, verify_proof

ENTRIES = [f"entry {n}".encode() for n in range(300)]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    folder = tmp_path_factory.mktemp("w")
    made = Ledger.open(folder / "ledger", key_path=folder / "keys" / "ledger.key")
    made.append(ENTRIES)
    return made


def test_every_entry_can_be_proven(ledger: Ledger) -> None:
    key = VerifierKey.parse(str(ledger.verifier_key), "k")
    for index, entry in enumerate(ENTRIES):
        logged = verify_proof(ledger.prove_inclusion(index), entry, key)
        assert logged.index == index
        assert logged.checkpoint == ledger.checkpoint()


def test_a_proof_has_the_form_of_the_specification(ledger: Ledger) -> None:
    lines = ledger.prove_inclusion(299).decode().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1] == "index 299"
    gap = lines.index("")
    assert gap == 2 + 5, "299 of 300: one sibling each for 298, 296-297, 288-295 and so on"
    assert "\n".join(lines[gap + 1 :]) == ledger.checkpoint().text


def test_a_log_of_one_entry_needs_no_hashes(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "l", key_path=tmp_path / "k.key")
    ledger.append([b"x"])
    proof = ledger.prove_inclusion(0)
    assert proof.startswith(b"c2sp.org/tlog-proof@v1\nindex 0\n\ncustody.local/")
    assert verify_proof(proof, b"x", ledger.verifier_key).index == 0


def test_a_proof_proves_its_own_entry_alone(ledger: Ledger, tmp_path: Path) -> None:
    proof = ledger.prove_inclusion(7)
    with pytest.raises(VerificationError, match=r"p: entry 7 is not in the tree of size 300"):
        verify_proof(proof, b"entry 8", ledger.verifier_key, "p")
    with pytest.raises(VerificationError, match=r"p: entry 8 is not in the tree"):
        verify_proof(proof.replace(b"index 7", b"index 8"), ENTRIES[7], ledger.verifier_key, "p")
    with pytest.raises(VerificationError, match=r"p: entry 300 is not in a tree of 300 entries"):
        verify_proof(proof.replace(b"index 7", b"index 300"), ENTRIES[7], ledger.verifier_key, "p")
    other = Ledger.open(tmp_path / "l", key_path=tmp_path / "k.key")
    with pytest.raises(VerificationError, match=r"p: is not signed by custody.local/"):
        verify_proof(proof, ENTRIES[7], other.verifier_key, "p")


def test_every_prefix_and_every_changed_byte_of_a_proof_is_refused(ledger: Ledger) -> None:
    proof = ledger.prove_inclusion(299)
    for at in range(len(proof)):
        with pytest.raises(InputError):
            verify_proof(proof[:at], ENTRIES[299], ledger.verifier_key)
        for bit in (0x01, 0x02, 0x20, 0x80):
            hostile = proof[:at] + bytes([proof[at] ^ bit]) + proof[at + 1 :]
            with pytest.raises((InputError, VerificationError)):
                verify_proof(hostile, ENTRIES[299], ledger.verifier_key)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((b"@v1", b"@v2"), "expected 'c2sp.org/tlog-proof@v1' in the first line"),
        ((b"index 7", b"extra AAAA\nindex 7"), "carries extra data, which no log signed"),
        ((b"index 7", b"index 07"), "expected `index` and a number"),
        ((b"index 7", b"index +7"), "expected `index` and a number"),
        ((b"index 7", b"index 99999999999999999999"), "expected `index` and a number"),
        ((b"index 7\n", b"index 7\n" + b"A" * 43 + b"=\n"), "expected .* hashes for entry 7 of 300"),
        ((b"index 7\n", b"index 7\n" + (b"A" * 43 + b"=\n") * 64), "at most 63 hashes"),
        ((b"index 7\n", b"index 7\nAAAA\n"), "hashes of 32 bytes"),
        ((b"index 7\n", "index 7\né\n".encode()), "not ASCII"),
        ((b"c2sp", b"x" * 140_000), "larger than"),
    ],
)
def test_a_file_of_another_form_is_refused(ledger: Ledger, change: tuple[bytes, bytes], message: str) -> None:
    with pytest.raises((InputError, VerificationError), match=message):
        verify_proof(ledger.prove_inclusion(7).replace(*change, 1), ENTRIES[7], ledger.verifier_key)
