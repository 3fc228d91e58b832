"""Key files: written once, for their owner alone, and read with a clear word about what is wrong."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from custody.errors import InputError, UnavailableError, UsageError, VerificationError
from custody.signing import create_key, load_private_key, load_public_key


def pem(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_pem(key: PrivateKeyTypes) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_a_new_key_is_a_p256_pair_and_the_private_half_is_for_its_owner_alone(tmp_path: Path) -> None:
    key = create_key(tmp_path / "keys" / "signing")
    assert key.private_path == tmp_path / "keys" / "signing.key"
    assert key.public_path.read_bytes() == key.public.pem
    assert key.private_path.stat().st_mode & 0o777 == 0o600
    assert key.private_path.parent.stat().st_mode & 0o777 == 0o700
    assert key.public.algorithm == "PKIX_ECDSA_P256_SHA_256"
    assert load_private_key(key.private_path).key_id == key.key_id == load_public_key(key.public_path).key_id


def test_the_key_id_is_what_openssl_says_of_the_public_key(tmp_path: Path) -> None:
    key = create_key(tmp_path / "a.key")
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", key.public_path, "-outform", "DER"], capture_output=True, check=True
    ).stdout
    said = subprocess.run(["openssl", "dgst", "-sha256", "-r"], input=der, capture_output=True, check=True).stdout
    assert said.decode().split()[0] == key.key_id


def test_openssl_reads_a_key_encrypted_by_us_and_finds_scrypt_in_it(tmp_path: Path) -> None:
    key = create_key(tmp_path / "a", passphrase="größer als 3".encode())
    public = subprocess.run(
        ["openssl", "pkey", "-in", key.private_path, "-passin", "pass:größer als 3", "-pubout"],
        capture_output=True,
        check=True,
    ).stdout
    assert public == key.public.pem
    shown = subprocess.run(["openssl", "asn1parse", "-in", key.private_path], capture_output=True, check=True).stdout
    assert b":PBES2" in shown
    assert b":scrypt" in shown
    assert b":aes-256-cbc" in shown


def test_a_key_encrypted_by_openssl_is_read(tmp_path: Path) -> None:
    path = tmp_path / "o.pem"
    subprocess.run(
        [
            "openssl",
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-aes256",
            "-pass",
            "pass:x",
            "-out",
            path,
        ],
        check=True,
        capture_output=True,
    )
    path.chmod(0o600)
    assert load_private_key(path, b"x").warnings == ()


def test_a_passphrase_is_needed_and_must_be_the_right_one(tmp_path: Path) -> None:
    path = create_key(tmp_path / "a", passphrase=b"right").private_path
    assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()
    assert load_private_key(path, b"right").sign(b"x")
    with pytest.raises(UnavailableError, match="set CUSTODY_PASSPHRASE, or give --passphrase-file"):
        load_private_key(path)
    with pytest.raises(UnavailableError, match="the passphrase does not open this key"):
        load_private_key(path, b"wrong")
    with pytest.raises(UsageError, match="the passphrase is empty"):
        create_key(tmp_path / "b", passphrase=b"")


def test_two_encryptions_of_keys_share_neither_salt_nor_iv(tmp_path: Path) -> None:
    first, second = (create_key(tmp_path / name, passphrase=b"x").private_path.read_bytes() for name in "ab")
    assert first[:200] != second[:200]


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    key = create_key(tmp_path / "a")
    before = key.private_path.read_bytes()
    with pytest.raises(UsageError, match=r"a\.key: there is a key already, and keys are never overwritten; choose"):
        create_key(tmp_path / "a")
    key.private_path.unlink()
    with pytest.raises(UsageError, match=r"a\.pub: there is a key already"):
        create_key(tmp_path / "a")
    assert not key.private_path.exists()
    (tmp_path / "b.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match=r"b\.key: there is a key already"):
        create_key(tmp_path / "b")
    assert not (tmp_path / "elsewhere").exists()
    assert before


def test_a_full_disk_leaves_no_half_of_a_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def fsync(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(UnavailableError, match=r"a\.pub: cannot be written: No space left on device"):
        create_key(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_others_may_read_is_used_with_a_warning(tmp_path: Path) -> None:
    path = create_key(tmp_path / "a").private_path
    assert load_private_key(path).warnings == ()
    path.chmod(0o640)
    (warning,) = load_private_key(path).warnings
    assert "mode 0640" in warning
    assert f"chmod 600 {path}" in warning
    path.chmod(0o600)
    assert "not encrypted" in load_private_key(path, b"x").warnings[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a private key in PEM"),
        (b"hello", "not a private key in PEM"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not a private key in PEM"),
        (b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n", "cosign's own way"),
        (b"\xff" * 70_000, "larger than 65536 bytes"),
        (public_pem(ec.generate_private_key(ec.SECP256R1())), "this is a public key; give the private one"),
    ],
)
def test_what_is_no_private_key_is_said_to_be_none(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.key"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_private_key(path)


def test_a_missing_key_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="no such key file; make one with `custody key create`"):
        load_private_key(tmp_path / "none")
    with pytest.raises(UnavailableError, match="cannot be read: Is a directory"):
        load_public_key(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "not a public key in PEM"),
        (b"-----BEGIN CERTIFICATE-----\n", "this is a certificate"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "this is a private key"),
        (public_pem(ec.generate_private_key(ec.SECP256K1())), "not supported: secp256k1 256"),
        (public_pem(ed448.Ed448PrivateKey.generate()), "not supported"),
        (public_pem(dsa.generate_private_key(2048)), "not supported"),
        (public_pem(rsa.generate_private_key(65537, 2056)), "not supported: RSA 2056"),
    ],
)
def test_what_is_no_public_key_or_one_of_another_kind_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=f"theirs.pub: .*{message}"):
        load_public_key(content, "theirs.pub")


KINDS: list[PrivateKeyTypes] = [
    ec.generate_private_key(ec.SECP256R1()),
    ec.generate_private_key(ec.SECP384R1()),
    ec.generate_private_key(ec.SECP521R1()),
    ed25519.Ed25519PrivateKey.generate(),
    rsa.generate_private_key(65537, 2048),
]


@pytest.mark.parametrize("private", KINDS, ids=["p256", "p384", "p521", "ed25519", "rsa2048"])
def test_every_kind_of_key_signs_the_same_twice_and_verifies(tmp_path: Path, private: PrivateKeyTypes) -> None:
    path = tmp_path / "k.pem"
    path.write_bytes(pem(private))
    key = load_private_key(path)
    trusted = load_public_key(public_pem(private))
    signature = key.sign(b"message")
    assert signature == key.sign(b"message"), "a re-run must give the same evidence"
    assert trusted.is_signature(signature, b"message")
    assert not trusted.is_signature(signature, b"massage")
    assert not trusted.is_signature(signature[:-1] + bytes([signature[-1] ^ 1]), b"message")
    assert trusted == key.public
    assert hash(trusted) == hash(key.public)


def test_a_signature_is_checked_by_digest_with_the_keys_own_hash(tmp_path: Path) -> None:
    for number, private in enumerate(KINDS[:2]):
        path = tmp_path / f"{number}.pem"
        path.write_bytes(pem(private))
        key, name = load_private_key(path), (hashes.SHA256(), hashes.SHA384())[number]
        hasher = hashes.Hash(name)
        hasher.update(b"content")
        digest = hasher.finalize()
        assert key.public.is_signature_of_digest(key.sign(b"content"), digest)
        assert not key.public.is_signature_of_digest(key.sign(b"other"), digest)
        assert not key.public.is_signature_of_digest(key.sign(b"content"), digest[:-1])
    path = tmp_path / "ed.pem"
    path.write_bytes(pem(KINDS[3]))
    with pytest.raises(VerificationError, match="signs the whole content"):
        load_private_key(path).public.is_signature_of_digest(b"", b"\0" * 32)


def test_a_key_never_shows_its_secret(tmp_path: Path) -> None:
    key = create_key(tmp_path / "a")
    assert key.key_id[:16] in repr(key)
    assert "_private" not in repr(key)
