"""Merkle trees: the RFC's definition, written as it stands there, is the judge of the faster code."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import VerificationError
from custody.ledger.merkle import (
    EMPTY_ROOT,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    root_hash,
    verify_consistency,
    verify_inclusion,
)

ENTRIES = [bytes([n]) * (n % 5) for n in range(70)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def mth(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(m: int, entries: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1."""
    if len(entries) == 1:
        return []
    k = 1
    while k * 2 < len(entries):
        k *= 2
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: list[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 section 2.1.2."""
    if m == len(entries):
        return [] if whole else [mth(entries)]
    k = 1
    while k * 2 < len(entries):
        k *= 2
    if m <= k:
        return [*subproof(m, entries[:k], whole=whole), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], whole=False), mth(entries[:k])]


def test_published_roots(root: Path) -> None:
    lines = (root / "tests/vectors/merkle/rfc6962.txt").read_text().splitlines()
    entries = [bytes.fromhex(line[6:].strip("-")) for line in lines if line.startswith("entry")]
    roots = [line.split()[1:] for line in lines if line.startswith("root")]
    assert len(entries) == 8
    assert len(roots) == 9
    for size, expected in roots:
        assert root_hash([leaf_hash(entry) for entry in entries[: int(size)]]).hex() == expected


def test_roots_are_those_of_the_definition() -> None:
    for size in range(len(ENTRIES) + 1):
        assert root_hash(LEAVES[:size]) == mth(ENTRIES[:size])


def ranges(found: list[tuple[int, int]]) -> list[bytes]:
    return [mth(ENTRIES[low:high]) for low, high in found]


def test_inclusion_proofs_are_those_of_the_definition_and_verify() -> None:
    for size in range(1, len(ENTRIES) + 1):
        for index in range(size):
            proof = ranges(inclusion_ranges(index, size))
            assert proof == path(index, ENTRIES[:size])
            verify_inclusion(
                leaf_hash=LEAVES[index], index=index, size=size, proof=proof, root=root_hash(LEAVES[:size])
            )


def test_consistency_proofs_are_those_of_the_definition_and_verify() -> None:
    for new in range(1, 40):
        for old in range(1, new + 1):
            proof = ranges(consistency_ranges(old, new))
            assert proof == subproof(old, ENTRIES[:new], whole=True)
            verify_consistency(
                old=old, old_root=root_hash(LEAVES[:old]), new=new, new_root=root_hash(LEAVES[:new]), proof=proof
            )


@given(size=st.integers(1, 70), data=st.data())
@settings(max_examples=200)
def test_a_wrong_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, root = ranges(inclusion_ranges(index, size)), root_hash(LEAVES[:size])
    wrong = data.draw(st.sampled_from(["index", "leaf", "root", "short", "long", "hash", "outside"]))
    arguments = {"leaf_hash": LEAVES[index], "index": index, "size": size, "proof": proof, "root": root}
    if wrong == "index":
        arguments["index"] = data.draw(st.integers(0, size - 1).filter(lambda other: other != index)) if size > 1 else 1
    elif wrong == "leaf":
        arguments["leaf_hash"] = leaf_hash(b"another")
    elif wrong == "root":
        arguments["root"] = EMPTY_ROOT
    elif wrong == "short":
        arguments["proof"] = proof[:-1] if proof else [EMPTY_ROOT]
    elif wrong == "long":
        arguments["proof"] = [*proof, EMPTY_ROOT]
    elif wrong == "hash":
        at = data.draw(st.integers(0, max(0, len(proof) - 1)))
        arguments["proof"] = [*proof[:at], leaf_hash(b"x"), *proof[at + 1 :]]
    else:
        arguments["index"] = size
    said = "inclusion proof: expected [0-9]+ hashes" if wrong in ("short", "long") else "inclusion proof: "
    with pytest.raises(VerificationError, match=said):
        verify_inclusion(**arguments)  # type: ignore[arg-type]


@given(old=st.integers(1, 69), data=st.data())
@settings(max_examples=200)
def test_a_wrong_consistency_proof_is_refused(old: int, data: st.DataObject) -> None:
    new = data.draw(st.integers(old, 70))
    proof = ranges(consistency_ranges(old, new))
    good = {"old": old, "old_root": root_hash(LEAVES[:old]), "new": new, "new_root": root_hash(LEAVES[:new])}
    for changes in ({"old_root": EMPTY_ROOT}, {"new_root": EMPTY_ROOT}, {"proof": [*proof, EMPTY_ROOT]}):
        with pytest.raises(VerificationError, match="consistency proof"):
            verify_consistency(**{**good, "proof": proof, **changes})  # type: ignore[arg-type]
    if proof:
        with pytest.raises(VerificationError, match=r"consistency proof: expected [0-9]+ hashes"):
            verify_consistency(**good, proof=proof[:-1])  # type: ignore[arg-type]
    for at in range(len(proof)):
        broken = [*proof[:at], leaf_hash(b"x"), *proof[at + 1 :]]
        with pytest.raises(VerificationError, match="does not continue"):
            verify_consistency(**good, proof=broken)  # type: ignore[arg-type]


def test_the_empty_tree_is_the_beginning_of_every_tree() -> None:
    verify_consistency(old=0, old_root=EMPTY_ROOT, new=3, new_root=root_hash(LEAVES[:3]), proof=[])
    for old_root, proof in ((LEAVES[0], []), (EMPTY_ROOT, [EMPTY_ROOT])):
        with pytest.raises(VerificationError):
            verify_consistency(old=0, old_root=old_root, new=3, new_root=root_hash(LEAVES[:3]), proof=proof)
    with pytest.raises(VerificationError, match="expected an older size of at most 3, got 4"):
        verify_consistency(old=4, old_root=EMPTY_ROOT, new=3, new_root=EMPTY_ROOT, proof=[])
