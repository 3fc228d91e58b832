"""Key pairs in files, and public keys to trust.

A private key is PKCS#8 PEM (RFC 5958): plain in a file of mode 0600, or encrypted by a passphrase with PBES2 (RFC
8018), scrypt (RFC 7914) and AES-256-CBC, which OpenSSL reads too. A public key is SubjectPublicKeyInfo PEM (RFC 5280),
beside it as `.pub`. We make ECDSA P-256 keys; the kinds in `_KINDS` sign and verify, each with the hash that Sigstore's
registry of algorithms gives it. RSA keys sign with PKCS #1 v1.5.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from custody.errors import InputError, UnavailableError, UsageError, VerificationError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

__all__ = ["KeyPair", "PublicKey", "create_key", "load_private_key", "load_public_key"]

_MAX_BYTES = 64 * 1024  # the largest RSA key is some 4 KB; anything longer is not a key
_SCRYPT = {
    "n": 1 << 14,
    "r": 8,
    "p": 5,
}  # about 0.2 s a guess; a larger n passes OpenSSL's 32 MiB limit and cannot be read there
_CREATE = "make one with `custody key create`"
_KINDS = {  # (type, bits) → (the name in Sigstore's registry of algorithms, hash)
    ("EC", 256): ("PKIX_ECDSA_P256_SHA_256", "SHA256"),
    ("EC", 384): ("PKIX_ECDSA_P384_SHA_384", "SHA384"),
    ("EC", 521): ("PKIX_ECDSA_P521_SHA_512", "SHA512"),
    ("Ed25519", 256): ("PKIX_ED25519", ""),
    ("RSA", 2048): ("PKIX_RSA_PKCS1V15_2048_SHA256", "SHA256"),
    ("RSA", 3072): ("PKIX_RSA_PKCS1V15_3072_SHA256", "SHA256"),
    ("RSA", 4096): ("PKIX_RSA_PKCS1V15_4096_SHA256", "SHA256"),
}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key that somebody chose to trust. spki: DER of its SubjectPublicKeyInfo; origin: where it was read from.

    Two keys are equal when their bytes are, wherever they were read.
    """

    spki: bytes
    algorithm: str = field(compare=False)
    origin: str = field(default="", compare=False)

    @property
    def key_id(self) -> str:
        """Give the SHA-256 of the SubjectPublicKeyInfo in hex: how a `Signer` names it."""
        return hashlib.sha256(self.spki).hexdigest()

    @property
    def hint(self) -> str:
        """Give the SHA-256 of the SubjectPublicKeyInfo in base64: how a Sigstore bundle hints at it."""
        return base64.b64encode(hashlib.sha256(self.spki).digest()).decode()

    @property
    def pem(self) -> bytes:
        """Give the PEM that other tools read."""
        return _pem(self.spki, "PUBLIC KEY")

    def is_signature(self, signature: bytes, message: bytes) -> bool:
        """Say whether `signature` (ECDSA: DER) is one by this key over `message`."""
        return self._check(signature, message, prehashed=False)

    def is_signature_of_digest(self, signature: bytes, digest: bytes) -> bool:
        """Say the same of a message known by its digest, made with this key's hash.

        VerificationError for Ed25519, which has none.
        """
        if self.digest_bytes == 0:
            raise VerificationError(
                self.origin,
                "an Ed25519 key signs the whole content, and only its digest is at hand",
                "sign an attestation",
            )
        return self._check(signature, digest, prehashed=True)

    @property
    def digest_bytes(self) -> int:
        """Give the length of the digest that this key signs, 0 for Ed25519."""
        return {"": 0, "SHA256": 32, "SHA384": 48, "SHA512": 64}[self._hash]

    @property
    def _hash(self) -> str:
        return next(hash_name for name, hash_name in _KINDS.values() if name == self.algorithm)

    def _check(self, signature: bytes, message: bytes, *, prehashed: bool) -> bool:
        from cryptography.exceptions import InvalidSignature

        if prehashed and len(message) != self.digest_bytes:
            return False
        try:
            _loaded(self.spki).verify(signature, message, *_scheme(self.algorithm, self._hash, prehashed=prehashed))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class KeyPair:
    """A private key that can sign. warnings: what a person should know about the file (too open, not encrypted)."""

    public: PublicKey
    private_path: Path
    public_path: Path
    warnings: tuple[str, ...] = ()
    _private: Any

    def __repr__(self) -> str:
        """Give what is public."""
        return f"KeyPair({str(self.private_path)!r}, {self.public.algorithm}, {self.public.key_id[:16]})"

    @property
    def key_id(self) -> str:
        """Give the public key's id."""
        return self.public.key_id

    def sign(self, message: bytes) -> bytes:
        """Sign `message`.

        The same message gives the same signature (ECDSA takes its nonce as RFC 6979 says), so that a re-run gives the
        same evidence.
        """
        from cryptography.exceptions import UnsupportedAlgorithm

        try:
            hash_name = self.public._hash  # noqa: SLF001 - the two halves of one key
            signature: bytes = self._private.sign(message, *_scheme(self.public.algorithm, hash_name, signing=True))
        except UnsupportedAlgorithm:
            raise UnavailableError(
                str(self.private_path),
                "this build of the cryptography package cannot sign deterministically, which needs OpenSSL 3.2",
                "install the version that requirements.lock pins",
            ) from None
        return signature


def create_key(path: Path, *, passphrase: bytes | None = None) -> KeyPair:
    """Make an ECDSA P-256 key: `<path>.key` (mode 0600) and `<path>.pub`.

    path: may end in `.key`; its folder is made (mode 0700) where it is missing. passphrase: encrypts the private key;
    None leaves it plain, an empty one is refused. Raises UsageError: one of the files is there already, or the
    passphrase is empty; UnavailableError: they cannot be written.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private_path, public_path = _paths(path)
    if passphrase is not None and not passphrase:
        raise UsageError(
            str(private_path), "the passphrase is empty", "give one, or none at all for a key that is not encrypted"
        )
    for there in (private_path, public_path):
        if there.exists() or there.is_symlink():
            raise UsageError(
                str(there),
                "there is a key already, and keys are never overwritten",
                "choose another name, or move it away",
            )
    try:
        private_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(str(private_path.parent), f"cannot be written: {error.strerror}") from None
    private = ec.generate_private_key(ec.SECP256R1())
    der = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = _pem(der, "PRIVATE KEY") if passphrase is None else _pem(_encrypt(der, passphrase), "ENCRYPTED PRIVATE KEY")
    public = _public(private.public_key(), str(public_path))
    _write_new(private_path, pem, 0o600)
    try:
        _write_new(public_path, public.pem, 0o644)
    except BaseException:
        private_path.unlink(missing_ok=True)  # half a pair would block the next try
        raise
    return KeyPair(public=public, private_path=private_path, public_path=public_path, _private=private)


def load_private_key(path: Path, passphrase: bytes | None = None) -> KeyPair:
    """Read a private key in PKCS#8 (or the older SEC 1 and PKCS #1) PEM.

    Raises UnavailableError: no such file, no passphrase for an encrypted key, or a wrong one; InputError: not a private
    key of a kind that can sign here.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    where = str(path)
    data, mode = _read(path)
    if b"-----BEGIN PUBLIC KEY-----" in data:
        raise InputError(where, "this is a public key", "give the private one, which signs")
    if b"ENCRYPTED SIGSTORE PRIVATE KEY" in data or b"ENCRYPTED COSIGN PRIVATE KEY" in data:
        raise InputError(where, "this key is encrypted in cosign's own way, not as PKCS#8", _CREATE)
    warnings = []
    encrypted = b"ENCRYPTED" in data
    if encrypted and not passphrase:
        raise UnavailableError(where, "the key is encrypted", "set CUSTODY_PASSPHRASE, or give --passphrase-file FILE")
    if passphrase and not encrypted:
        warnings.append(f"{where}: the key is not encrypted, so the passphrase was not needed")
    try:
        private: PrivateKeyTypes = load_pem_private_key(data, passphrase if encrypted else None)
        public = _public(private.public_key(), where)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if encrypted and ("ncorrect" in str(error) or "decrypt" in str(error)):
            raise UnavailableError(
                where, "the passphrase does not open this key", "check CUSTODY_PASSPHRASE or --passphrase-file"
            ) from None
        raise InputError(where, "not a private key in PEM", _CREATE) from None
    if mode & 0o077:
        warnings.append(
            f"{where}: others than its owner may reach this private key (mode {mode:04o}); run `chmod 600 {path}`"
        )
    private_path, public_path = _paths(path)
    return KeyPair(
        public=public, private_path=private_path, public_path=public_path, warnings=tuple(warnings), _private=private
    )


def load_public_key(source: Path | bytes, where: str = "public key") -> PublicKey:
    """Read a public key in PEM from a file, or from bytes (then `where` names them in messages).

    A key of the kind that we make is read without the package that reads all kinds, whose import takes 40 ms.
    Raises UnavailableError: no such file; InputError: not a public key, or of a kind not known here.
    """
    if isinstance(source, bytes):
        data = source
    else:
        data, where = _read(source)[0], str(source)
    if b"PRIVATE KEY-----" in data:
        raise InputError(where, "this is a private key", "give the public one beside it, which may be shown to others")
    if b"-----BEGIN CERTIFICATE-----" in data:
        raise InputError(where, "this is a certificate", "give the signer's public key in PEM")
    spki = _p256_in(data)
    if spki:
        return PublicKey(spki, _KINDS["EC", 256][0], where)
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise InputError(
            where, "not a public key in PEM", "expected a text that starts with -----BEGIN PUBLIC KEY-----"
        ) from None
    return _public(key, where)


def _public(key: PublicKeyTypes, where: str) -> PublicKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    kind, bits = type(key).__name__, 0
    if isinstance(key, ec.EllipticCurvePublicKey):
        kind, bits = (
            ("EC" if key.curve.name in ("secp256r1", "secp384r1", "secp521r1") else key.curve.name),
            key.key_size,
        )
    elif isinstance(key, ed25519.Ed25519PublicKey):
        kind, bits = "Ed25519", 256
    elif isinstance(key, rsa.RSAPublicKey):
        kind, bits = "RSA", key.key_size
    if (kind, bits) not in _KINDS:
        raise InputError(
            where,
            f"a key of this kind is not supported: {kind} {bits or ''}".rstrip(),
            "use ECDSA P-256, P-384, P-521, Ed25519 or RSA",
        )
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(spki, _KINDS[kind, bits][0], where)


_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""How the SubjectPublicKeyInfo of every P-256 key begins (RFC 5480 section 2.1.1); the point follows."""
_POINT_BYTES = 65
_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----\s*")


def _is_p256(spki: bytes) -> bool:
    """Say whether this is a P-256 key with its point uncompressed."""
    return len(spki) == len(_P256) + _POINT_BYTES and spki.startswith(_P256) and spki[len(_P256)] == 4


def _p256_in(pem: bytes) -> bytes:
    """Give the SubjectPublicKeyInfo of a plain PEM file of a P-256 key; b"" for anything else, good or bad."""
    found = _PEM.fullmatch(pem)
    if found is None:
        return b""
    try:
        spki = base64.b64decode(found[1])
        if _is_p256(spki):
            _loaded(spki)
            return spki
    except ValueError:  # not base64, or a point that is not on the curve
        pass
    return b""


@functools.lru_cache(maxsize=64)
def _loaded(spki: bytes) -> Any:  # noqa: ANN401 - one of several key classes whose verify() differ in their arguments
    if _is_p256(spki):
        from cryptography.hazmat.primitives.asymmetric import ec

        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), spki[len(_P256) :])
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    return load_der_public_key(spki)


def _scheme(algorithm: str, hash_name: str, *, signing: bool = False, prehashed: bool = False) -> tuple[Any, ...]:
    """Give the arguments that sign() and verify() take after the message."""
    if not hash_name:
        return ()
    from cryptography.hazmat.primitives import hashes

    digest: Any = getattr(hashes, hash_name)()
    if prehashed:
        from cryptography.hazmat.primitives.asymmetric import utils

        digest = utils.Prehashed(digest)
    if "RSA" in algorithm:
        from cryptography.hazmat.primitives.asymmetric import padding

        return (padding.PKCS1v15(), digest)
    from cryptography.hazmat.primitives.asymmetric import ec

    return (ec.ECDSA(digest, deterministic_signing=True) if signing else ec.ECDSA(digest),)


def _paths(path: Path) -> tuple[Path, Path]:
    """Give the private and the public path of the pair called `path`, `path.key` or (made elsewhere) `path.pem`."""
    if path.suffix in (".key", ".pem"):
        return path, path.with_suffix(".pub")
    return path.with_name(path.name + ".key"), path.with_name(path.name + ".pub")


def _read(path: Path) -> tuple[bytes, int]:
    """Give the content and the permission bits."""
    try:
        with path.open("rb") as file:
            data, mode = file.read(_MAX_BYTES + 1), stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    except FileNotFoundError:
        raise UnavailableError(str(path), "there is no such key file", _CREATE) from None
    except OSError as error:
        raise UnavailableError(str(path), f"cannot be read: {error.strerror}") from None
    if len(data) > _MAX_BYTES:
        raise InputError(str(path), f"larger than {_MAX_BYTES} bytes, so not a key")
    return data, mode


def _write_new(path: Path, data: bytes, mode: int) -> None:
    """Write a file that must not exist yet; whole and on the disk, or not at all, even where the process is killed."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.link(beside, path)  # unlike a rename, it refuses to take the place of another key
        finally:
            beside.unlink(missing_ok=True)
    except FileExistsError:
        raise UsageError(
            str(path), "there is a key already, and keys are never overwritten", "choose another name"
        ) from None
    except OSError as error:
        raise UnavailableError(str(path), f"cannot be written: {error.strerror}") from None


def _pem(der: bytes, label: str) -> bytes:
    body = base64.b64encode(der)
    lines = [body[i : i + 64] for i in range(0, len(body), 64)]
    return b"\n".join([f"-----BEGIN {label}-----".encode(), *lines, f"-----END {label}-----".encode(), b""])


def _encrypt(der: bytes, passphrase: bytes) -> bytes:
    """Give the EncryptedPrivateKeyInfo (RFC 5958 section 3) of a PKCS#8 key.

    The cryptography package offers PBKDF2 with 2,048 rounds alone for PKCS#8 (0.4 ms a guess), so the frame is made
    here and the ciphers are its own. Object identifiers: PBES2 1.2.840.113549.1.5.13, scrypt 1.3.6.1.4.1.11591.4.11,
    aes256-CBC-PAD 2.16.840.1.101.3.4.1.42.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
    from cryptography.hazmat.primitives.padding import PKCS7

    salt, iv = os.urandom(16), os.urandom(16)
    key = Scrypt(salt=salt, length=32, **_SCRYPT).derive(passphrase)
    padder, cipher = PKCS7(128).padder(), Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    secret = cipher.update(padder.update(der) + padder.finalize()) + cipher.finalize()
    numbers = b"".join(_integer(_SCRYPT[name]) for name in ("n", "r", "p"))
    kdf = _tlv(0x30, _tlv(0x06, bytes.fromhex("2b06010401da47040b")) + _tlv(0x30, _tlv(0x04, salt) + numbers))
    aes = _tlv(0x30, _tlv(0x06, bytes.fromhex("60864801650304012a")) + _tlv(0x04, iv))
    pbes2 = _tlv(0x30, _tlv(0x06, bytes.fromhex("2a864886f70d01050d")) + _tlv(0x30, kdf + aes))
    return _tlv(0x30, pbes2 + _tlv(0x04, secret))


def _tlv(tag: int, value: bytes) -> bytes:
    """Give one DER element (X.690 section 8.1); nothing here is longer than 255 bytes but the outermost ones."""
    size = len(value)
    length = (
        bytes([size])
        if size < 0x80
        else bytes([0x81, size])
        if size < 0x100
        else bytes([0x82, *size.to_bytes(2, "big")])
    )
    return bytes([tag]) + length + value


def _integer(value: int) -> bytes:
    return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))
