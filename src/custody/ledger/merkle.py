"""Merkle tree hashes, and the proofs over them. Everything is SHA-256 and 32 raw bytes, never hex.

    leaf = SHA-256(0x00 || entry)      node = SHA-256(0x01 || left || right)      no leaves = SHA-256("")

A tree of n > 1 leaves is split at the largest power of two smaller than n. The proofs are lists of *ranges* of leaves
whose hashes a verifier needs, so that whoever stores the tree only has to give the hash of a range.

Spec: RFC 6962 section 2.1 (the same tree as RFC 9162 section 2.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from custody.errors import VerificationError

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "consistency_ranges",
    "inclusion_ranges",
    "leaf_hash",
    "node_hash",
    "root_hash",
    "verify_consistency",
    "verify_inclusion",
]

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

Range = tuple[int, int]
"""Leaves from the first number up to, not including, the second."""


def leaf_hash(entry: bytes) -> bytes:
    """Give the hash of an entry as a leaf."""
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give the hash of an inner node."""
    return sha256(b"\1" + left + right).digest()


def root_hash(hashes: Sequence[bytes]) -> bytes:
    """Give the root over leaf (or subtree) hashes: MTH of RFC 6962, by folding neighbours level by level."""
    level = list(hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        odd = [level[-1]] if len(level) % 2 else []
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)] + odd
    return level[0]


def split(size: int) -> int:
    """Give the largest power of two smaller than `size`, which is 2 or more."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Give the ranges whose hashes prove the leaf `index` in a tree of `size` leaves, from the leaf up.

    0 <= index < size. Spec: RFC 6962 section 2.1.1, PATH.
    """
    low, high, path = 0, size, []
    while high - low > 1:
        middle = low + split(high - low)
        if index < middle:
            path.append((middle, high))
            high = middle
        else:
            path.append((low, middle))
            low = middle
    return path[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """Give the ranges whose hashes prove that the tree of `old` leaves is the beginning of that of `new`.

    0 < old <= new; none are needed where they are equal. Spec: RFC 6962 section 2.1.2, PROOF and SUBPROOF.
    """
    low, high, path = 0, new, []
    whole = True  # the old tree's own root is the hash of (low, old): the verifier has it
    while old != high:
        middle = low + split(high - low)
        if old <= middle:
            path.append((middle, high))
            high = middle
        else:
            path.append((low, middle))
            low, whole = middle, False
    if not whole:
        path.append((low, high))
    return path[::-1]


def verify_inclusion(*, leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf at `index` is in the tree of `size` leaves whose root is `root`.

    leaf_hash, root: 32 raw bytes. index: counted from 0, with 0 <= index < size.
    proof: sibling hashes from leaf to root; `index` and `size` fix its length.
    Raises VerificationError: index out of range, wrong proof length, or the recomputed root differs.
    Spec: RFC 9162 section 2.1.3.2; that the length is right is checked first, in place of its last step (sn is 0).
    """
    what = f"entry {index}"
    if not 0 <= index < size:
        raise VerificationError("inclusion proof", f"{what} is not in a tree of {size} entries")
    wanted = len(inclusion_ranges(index, size))
    if len(proof) != wanted:
        raise VerificationError("inclusion proof", f"expected {wanted} hashes for {what} of {size}, got {len(proof)}")
    first, last, value = index, size - 1, leaf_hash
    for sibling in proof:
        left = first & 1 or first == last  # at the right edge, and from there on always
        value = node_hash(sibling, value) if left else node_hash(value, sibling)
        first, last = first >> 1, last >> 1
    if value != root:
        raise VerificationError("inclusion proof", f"{what} is not in the tree of size {size} with root {root.hex()}")


def verify_consistency(*, old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `new` leaves only adds to the tree of `old` leaves.

    old, new: sizes with 0 <= old <= new; roots: 32 raw bytes; proof: as `consistency_ranges` orders it.
    Raises VerificationError: sizes or proof length do not fit, or a root is not what the proof gives.
    Spec: RFC 9162 section 2.1.4.2; that the length is right is checked first, in place of its last step (sn is 0).
    """
    where = "consistency proof"
    if not 0 <= old <= new:
        raise VerificationError(where, f"expected an older size of at most {new}, got {old}")
    if old in (0, new):
        if proof:
            raise VerificationError(where, f"expected no hashes from {old} to {new}, got {len(proof)}")
        if old_root != (new_root if old else EMPTY_ROOT):
            raise VerificationError(where, f"the trees of size {old} have different roots")
        return
    wanted = len(consistency_ranges(old, new))
    if len(proof) != wanted:
        raise VerificationError(where, f"expected {wanted} hashes from {old} to {new}, got {len(proof)}")
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old_value = new_value = hashes[0]
    for sibling in hashes[1:]:
        if first & 1 or first == last:
            old_value, new_value = node_hash(sibling, old_value), node_hash(sibling, new_value)
        else:
            new_value = node_hash(new_value, sibling)
        first, last = first >> 1, last >> 1
    if old_value != old_root or new_value != new_root:
        raise VerificationError(where, f"the tree of size {new} does not continue the tree of size {old}")
