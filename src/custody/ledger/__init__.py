"""The ledger: an append-only Merkle log on disk, as C2SP tlog-tiles, signed with Ed25519.

    ledger = Ledger.open(folder, key_path=keys / "ledger.key")       # begun on first use; create=False refuses to
    first, second = ledger.append([event.encode(), event.encode()])  # indices; durable when the call returns
    for entry in ledger.entries(): …                                 # bytes, in order; ledger.entry(i) is one of them
    ledger.size; ledger.origin; str(ledger.verifier_key)             # C2SP vkey: name+id+base64
    state = ledger.verify_all()                                      # .size .root, or what is wrong and where

    proof = ledger.prove_inclusion(i)                                # text, c2sp.org/tlog-proof@v1
    logged = verify_proof(proof, entry, VerifierKey.parse(vkey, where), where)    # .index .checkpoint; needs no ledger

Nothing of an append is visible before its checkpoint is in place, and all of it is after. Readers take no lock.
"""

from custody.ledger.audit import LedgerState
from custody.ledger.log import Ledger
from custody.ledger.note import Checkpoint, VerifierKey
from custody.ledger.proof import LoggedEntry, verify_proof

__all__ = ["Checkpoint", "Ledger", "LedgerState", "LoggedEntry", "VerifierKey", "verify_proof"]
