"""Proofs that an entry is in the log, in one small text file that needs no network and no log to be verified.

    c2sp.org/tlog-proof@v1
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=      hashes from the leaf's sibling up to below the root
    …
                                                      (empty line)
    the log's checkpoint, word for word

Spec: https://c2sp.org/tlog-proof. Extra data, which may stand in a second line, is refused: nobody signed it.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from custody.errors import InputError, VerificationError
from custody.ledger.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from custody.ledger.note import Checkpoint, VerifierKey, decode_base64

__all__ = ["LoggedEntry", "encode_proof", "verify_proof"]

_FIRST = "c2sp.org/tlog-proof@v1"
_MAX_BYTES = 128 * 1024  # 63 hashes of 45 bytes and a checkpoint of at most 64 KiB
_MAX_HASHES = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEntry:
    """What a proof proved: the entry stands at `index` of the log whose state was `checkpoint`."""

    index: int
    checkpoint: Checkpoint


def encode_proof(index: int, hashes: Sequence[bytes], note: bytes) -> bytes:
    """Give the proof file. hashes: 32 bytes each, leaf to root; note: the signed checkpoint."""
    lines = [_FIRST, f"index {index}", *(base64.b64encode(value).decode() for value in hashes), "", ""]
    return "\n".join(lines).encode() + note


def verify_proof(proof: bytes, entry: bytes, key: VerifierKey, where: str = "proof") -> LoggedEntry:
    """Prove that the log with the key `key` holds `entry`.

    1. The file has the form above.
    2. The checkpoint in it is signed by `key`, and of the log of that name.
    3. The hashes lead from the entry at the stated index to the checkpoint's root.

    Raises InputError: 1; VerificationError: 2, 3. Spec: tlog-proof; RFC 9162 section 2.1.3.2.
    """
    if len(proof) > _MAX_BYTES:
        raise InputError(where, f"larger than {_MAX_BYTES} bytes, so not a proof")
    head, gap, note = proof.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise InputError(where, "not a proof: its head is not ASCII") from None
    if lines[0] != _FIRST or not gap:
        raise InputError(where, f"not a proof: expected {_FIRST!r} in the first line, got {lines[0][:40]!r}")
    word, _, number = (lines[1] if len(lines) > 1 else "").partition(" ")
    if word == "extra":
        raise InputError(where, "carries extra data, which no log signed", "leave that line out")
    if word != "index" or not number.isdigit() or len(number) > 19 or str(int(number)) != number:
        raise InputError(where, f"not a proof: expected `index` and a number in the second line, got {lines[1:2]}")
    hashes = [decode_base64(line, where) for line in lines[2 : 3 + _MAX_HASHES]]
    if len(hashes) > _MAX_HASHES or any(len(value) != HASH_BYTES for value in hashes):
        raise InputError(where, f"not a proof: expected at most {_MAX_HASHES} hashes of {HASH_BYTES} bytes")  # 1
    checkpoint = Checkpoint.verify(note, key, where)  # 2
    index = int(number)
    try:
        verify_inclusion(
            leaf_hash=leaf_hash(entry), index=index, size=checkpoint.size, proof=hashes, root=checkpoint.root
        )  # 3
    except VerificationError as error:
        raise VerificationError(where, error.what, "the proof or the entry was changed") from None
    return LoggedEntry(index=index, checkpoint=checkpoint)
