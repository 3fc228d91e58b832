"""Signed notes, and the checkpoints written in them.

    custody.local/0f3a…              origin: which log
    1042                             how many entries it has
    CsUYapGGPo4dkMgIAUqom/Xajj7h2…   root hash of its tree, base64
                                     (an empty line ends the text; all above it, line breaks included, is signed)
    — custody.local/0f3a… Az3grlgt…  em dash, name of the key, base64 of its 4-byte id and the signature

A key's id is SHA-256(name, line break, 0x01, the 32 bytes of the Ed25519 key), cut to 4 bytes. A key is one line:

    name+id in hex+base64(0x01, public key)                     to verify with ("vkey")
    PRIVATE+KEY+name+id in hex+base64(0x01, seed)               to sign with

Signatures by keys that nobody asked about are ignored; a wrong signature by a known key condemns the note.

Spec: https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint. The form of keys is that of Go's sumdb/note.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from custody.errors import InputError, VerificationError
from custody.ledger.merkle import HASH_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Checkpoint", "LogKey", "VerifierKey", "decode_base64", "sign_note", "verify_note"]

MAX_BYTES = 64 * 1024  # some hundred signatures; the specification wants at least 16
_MAX_SIGNATURES = 100
_ED25519 = b"\x01"
_MAX_SIZE = 1 << 63


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A log's public key. name: equal to the log's origin; public: the 32 bytes of an Ed25519 key."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str, where: str) -> VerifierKey:
        """Read a vkey line; InputError where it is none, or its id is not that of its key."""
        name, _, rest = text.strip("\n").partition("+")
        identifier, _, encoded = rest.partition("+")
        return cls(*_parse_key(name, identifier, encoded, where))

    @property
    def id(self) -> bytes:
        """Give the 4 bytes that stand before each of its signatures."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        """Give the vkey line."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    def is_signature(self, signature: bytes, message: bytes) -> bool:
        """Say whether `signature` is one by this key over `message`."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, repr=False)
class LogKey:
    """A log's private key."""

    verifier: VerifierKey
    _private: Any

    @classmethod
    def generate(cls, name: str = "") -> LogKey:
        """Make a new key; without a name it gets one from its own public half, so that no two logs share an origin."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        name = name or f"custody.local/{sha256(public).hexdigest()[:16]}"
        _check_name(name, "ledger origin")
        return cls(VerifierKey(name, public), private)

    @classmethod
    def parse(cls, text: str, where: str) -> LogKey:
        """Read a private key line; InputError where it is none, or its id is not that of its key.

        Messages never quote it.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        parts = text.strip("\n").split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise InputError(where, "not a ledger's private key", "restore it from a copy")
        name, seed = _parse_key(parts[2], parts[3], parts[4], where, private=True)
        private = Ed25519PrivateKey.from_private_bytes(seed)
        verifier = VerifierKey(name, private.public_key().public_bytes_raw())
        if verifier.id.hex() != parts[3]:
            raise InputError(
                where, f"the key does not have the id {parts[3]!r} that it states", "restore it from a copy"
            )
        return cls(verifier, private)

    def encode(self) -> str:
        """Give the private key line."""
        seed = base64.b64encode(_ED25519 + self._private.private_bytes_raw()).decode()
        return f"PRIVATE+KEY+{self.verifier.name}+{self.verifier.id.hex()}+{seed}"

    def sign(self, message: bytes) -> bytes:
        """Sign `message`; the same message gives the same signature."""
        signature: bytes = self._private.sign(message)
        return signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A log's state: its name, how many entries it has, and the root hash over them (32 bytes).

    note: with the signatures, b"" before it is signed.
    """

    origin: str
    size: int
    root: bytes
    note: bytes = b""

    @classmethod
    def verify(cls, note: bytes, key: VerifierKey, where: str) -> Checkpoint:
        """Read a checkpoint that `key` signed for the log of its own name.

        Raises InputError: not a note, or not a checkpoint; VerificationError: not signed by `key`, or of another log.
        """
        checkpoint = cls._parse(verify_note(note, [key], where), where)
        if checkpoint.origin != key.name:
            raise VerificationError(where, f"expected a checkpoint of the log {key.name!r}, got {checkpoint.origin!r}")
        return cls(origin=checkpoint.origin, size=checkpoint.size, root=checkpoint.root, note=note)

    @classmethod
    def _parse(cls, text: bytes, where: str) -> Checkpoint:
        lines = text.decode("utf-8").split("\n")[:-1]
        if len(lines) < 3 or not all(lines):
            raise InputError(where, "not a checkpoint: expected three lines: origin, size, root hash")
        size = lines[1]
        if not (size.isascii() and size.isdigit()) or (size[0] == "0" and size != "0") or int(size[:20]) >= _MAX_SIZE:
            raise InputError(where, f"not a checkpoint: expected a tree size, got {size[:40]!r}")
        root = decode_base64(lines[2], where)
        if len(root) != HASH_BYTES:
            raise InputError(where, f"not a checkpoint: expected a root hash of {HASH_BYTES} bytes, got {len(root)}")
        return cls(origin=lines[0], size=int(size), root=root)

    @property
    def text(self) -> str:
        """Give the whole note, signatures included, as it is published."""
        return self.note.decode("utf-8")

    @property
    def body(self) -> bytes:
        """Give the bytes that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()

    def signed(self, key: LogKey) -> Checkpoint:
        """Give it with its note."""
        return Checkpoint(origin=self.origin, size=self.size, root=self.root, note=sign_note(self.body, key))


def sign_note(text: bytes, key: LogKey) -> bytes:
    """Sign a text that ends in a line break and holds no other control characters."""
    signature = base64.b64encode(key.verifier.id + key.sign(text)).decode()
    return text + f"\n\u2014 {key.verifier.name} {signature}\n".encode()


def verify_note(note: bytes, keys: Sequence[VerifierKey], where: str) -> bytes:
    """Check that one of `keys` signed the note, and give its text.

    1. It is UTF-8 without control characters but line breaks; the last empty line ends the text.
    2. Every line after it is a signature: em dash, name, base64. Names and ids that are not ours are passed over.
    3. A signature under the name and id of one of `keys` must be that key's.
    4. There is at least one such signature.

    Raises InputError: 1, 2; VerificationError: 3, 4. Spec: signed-note, "Format" and "Signatures".
    """
    if len(note) > MAX_BYTES:
        raise InputError(where, f"larger than {MAX_BYTES} bytes, so not a checkpoint")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(where, "not a signed note: not UTF-8") from None
    if any(c < " " and c != "\n" for c in whole):  # 1
        raise InputError(where, "not a signed note: it holds control characters")
    text, gap, tail = whole.rpartition("\n\n")
    lines = tail.split("\n")
    if not gap or not tail or lines.pop():
        raise InputError(
            where, "not a signed note: expected a text, an empty line, and signatures that end in a line break"
        )
    if len(lines) > _MAX_SIGNATURES:
        raise InputError(where, f"not a signed note: more than {_MAX_SIGNATURES} signatures")
    message = text.encode() + b"\n"
    signed = False
    for line in lines:
        name, identifier, signature = _parse_signature(line, where)  # 2
        for key in keys:
            if (key.name, key.id) == (name, identifier):
                if not key.is_signature(signature, message):  # 3
                    raise VerificationError(
                        where, f"the signature by {name} is wrong", "it was changed; restore it from a copy"
                    )
                signed = True
    if not signed:  # 4
        raise VerificationError(
            where, f"is not signed by {', '.join(map(str, keys))}", "it was changed, or is of another log"
        )
    return message


def decode_base64(text: str, where: str) -> bytes:
    """Decode base64 in its one canonical spelling (RFC 4648 section 3.5)."""
    raw = text.encode("utf-8", "surrogatepass")
    try:
        value = binascii.a2b_base64(raw, strict_mode=True)
    except binascii.Error:
        raise InputError(where, f"not base64: {text[:40]!r}") from None
    if base64.b64encode(value) != raw:
        raise InputError(where, f"not canonical base64: {text[:40]!r}")
    return value


def _parse_signature(line: str, where: str) -> tuple[str, bytes, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != "\u2014":
        raise InputError(where, f"not a signed note: expected a signature line, got {line[:40]!r}")
    _check_name(name, where)
    value = decode_base64(encoded, where)
    if len(value) < 5:
        raise InputError(where, f"not a signed note: a signature of {len(value)} bytes")
    return name, value[:4], value[4:]


def _parse_key(name: str, identifier: str, encoded: str, where: str, *, private: bool = False) -> tuple[str, bytes]:
    _check_name(name, where)
    try:
        value = binascii.a2b_base64(encoded, strict_mode=True)
        known = base64.b64encode(value).decode() == encoded
    except (binascii.Error, ValueError):  # ValueError: not ASCII
        value, known = b"", False
    if not known or value[:1] != _ED25519 or len(value) != 1 + HASH_BYTES:
        raise InputError(where, "not an Ed25519 key of a log", "expected one line: name+id+key")
    if not private and VerifierKey(name, value[1:]).id.hex() != identifier:
        raise InputError(where, f"the key does not have the id {identifier!r} that it states", "fetch it again")
    return name, value[1:]


def _check_name(name: str, where: str) -> None:
    if not name or "+" in name or any(c.isspace() or not c.isprintable() for c in name):
        raise InputError(
            where,
            f"not a name of a log: {name[:80]!r}",
            "expected a text without spaces and +, such as example.com/log",
        )
