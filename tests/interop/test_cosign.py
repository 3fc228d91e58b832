"""cosign verifies what we sign, and we verify what cosign signs: files, and artifacts in a real registry.

Both work with keys and without a transparency log. cosign comes from
`go install github.com/sigstore/cosign/v3/cmd/cosign@latest` (Go 1.26; about five minutes on two cores).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from custody.model import Descriptor, Digest, Statement, canonical_json, predicate_types
from custody.registry import Repository, open_repository
from custody.signing import (
    KeyPair,
    UnverifiedBundle,
    bundle_manifest,
    create_key,
    load_public_key,
    parse_bundle_manifest,
    read_evidence,
    sign_statement,
    verify_bundle,
    verify_message,
)
from tests.interop.docker_registry import Registry

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        shutil.which("cosign") is None,
        reason="not installed: cosign; go install github.com/sigstore/cosign/v3/cmd/cosign@latest",
    ),
]

Cosign = Callable[..., subprocess.CompletedProcess[str]]
NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
CONTENT = b"a file to be signed\n"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
NO_LOG = "--insecure-ignore-tlog=true"
# cosign's own names for what `--type` is here, where they differ.
COSIGN_TYPES = {"slsaprovenance": "slsaprovenance1", "spdxjson": "spdxjson", "cyclonedx": "cyclonedx", "vuln": "vuln"}
PREDICATE = {
    "buildDefinition": {"buildType": "https://a.example/x", "externalParameters": {}},
    "runDetails": {"builder": {"id": "https://b.example/"}},
}


@pytest.fixture
def key(tmp_path: Path) -> KeyPair:
    return create_key(tmp_path / "signing", passphrase=b"a passphrase")


@pytest.fixture
def cosign(tmp_path: Path) -> Cosign:
    """Give a function that runs cosign in a folder of its own, with a key pair, and signs without any service."""
    environment = {**os.environ, "HOME": str(tmp_path), "COSIGN_PASSWORD": "theirs"}

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["cosign", *map(str, words)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    config = {
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "rekorTlogConfig": {},
        "tsaConfig": {},
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "file").write_bytes(CONTENT)
    (tmp_path / "predicate.json").write_text(json.dumps(PREDICATE))
    assert run("generate-key-pair").returncode == 0
    return run


@pytest.mark.parametrize("kind", sorted(COSIGN_TYPES))
def test_cosign_verifies_an_attestation_of_ours_and_refuses_a_changed_one(
    tmp_path: Path, key: KeyPair, cosign: Cosign, kind: str
) -> None:
    statement = Statement.about("file", Digest.of(CONTENT), predicate_types(kind)[0], PREDICATE)
    bundle = sign_statement(statement, key)
    words = ["verify-blob-attestation", "--key", key.public_path, "--bundle", "b.json", NO_LOG]
    words += ["--type", COSIGN_TYPES[kind], "file"]
    (tmp_path / "b.json").write_bytes(bundle)
    good = cosign(*words)
    assert good.returncode == 0, good.stderr
    assert "Verified OK" in good.stderr
    at = bundle.index(b'"payload":"') + 40
    (tmp_path / "b.json").write_bytes(bundle[:at] + bytes([bundle[at] ^ 1]) + bundle[at + 1 :])
    assert cosign(*words).returncode != 0
    (tmp_path / "b.json").write_bytes(bundle)
    (tmp_path / "file").write_bytes(b"another file")
    assert cosign(*words).returncode != 0


def test_we_verify_files_that_cosign_signed(tmp_path: Path, key: KeyPair, cosign: Cosign) -> None:
    settings = ("--key", "cosign.key", "--signing-config", "config.json")
    assert cosign("sign-blob", *settings, "--bundle", "s.json", "file").returncode == 0
    attest = ("attest-blob", *settings, "--type", "slsaprovenance1", "--predicate", "predicate.json")
    assert cosign(*attest, "--bundle", "a.json", "file").returncode == 0
    trusted = load_public_key(tmp_path / "cosign.pub")
    signature = UnverifiedBundle.parse((tmp_path / "s.json").read_bytes(), "s.json")
    assert verify_message(signature, keys=[key.public, trusted], digest=Digest.of(CONTENT)).key_id == trusted.key_id
    attestation = UnverifiedBundle.parse((tmp_path / "a.json").read_bytes(), "a.json")
    assert attestation.hint == trusted.hint
    evidence = verify_bundle(
        attestation,
        keys=[trusted],
        subject=Digest.of(CONTENT),
        predicate_types=predicate_types("slsaprovenance"),
    )
    assert evidence.statement.predicate == PREDICATE


def push(repository: Repository) -> Descriptor:
    """Put a small image there."""
    data = canonical_json({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}})
    config = Descriptor(media_type="application/vnd.oci.image.config.v1+json", digest=Digest.of(data), size=len(data))
    repository.put_blob(config, [data])
    described = {"mediaType": config.media_type, "digest": str(config.digest), "size": config.size}
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": []}
    return repository.put_manifest(canonical_json(manifest), MANIFEST, tag="1")


def test_cosign_verifies_the_signature_and_the_evidence_of_an_artifact_in_a_registry(
    registry: Registry, key: KeyPair, cosign: Cosign
) -> None:
    repository = open_repository(f"{registry.address}/cosign/ours")
    image = push(repository)
    reference = f"{registry.address}/cosign/ours@{image.digest}"
    refused = cosign("verify", "--key", key.public_path, NO_LOG, reference)
    assert refused.returncode != 0, "nothing is signed yet"
    for kind in ("signature", "slsaprovenance", "spdxjson"):
        predicate = {} if kind == "signature" else PREDICATE
        statement = Statement.about("ours", image.digest, predicate_types(kind)[0], predicate)
        referrer = bundle_manifest(sign_statement(statement, key), image, statement.predicate_type, NOW)
        for descriptor, blob in referrer.blobs:
            repository.put_blob(descriptor, [blob])
        assert repository.put_manifest(referrer.manifest, MANIFEST).digest == referrer.descriptor.digest
    signed = cosign("verify", "--key", key.public_path, NO_LOG, reference)
    assert signed.returncode == 0, signed.stderr
    assert predicate_types("signature")[0] in signed.stdout
    for kind in ("slsaprovenance1", "spdxjson"):
        found = cosign("verify-attestation", "--key", key.public_path, NO_LOG, "--type", kind, reference)
        assert found.returncode == 0, found.stderr
    other = cosign("verify", "--key", "cosign.pub", NO_LOG, reference)
    assert other.returncode != 0, "another key must not do"


def test_we_verify_an_artifact_in_a_registry_that_cosign_signed(
    tmp_path: Path, registry: Registry, key: KeyPair, cosign: Cosign
) -> None:
    repository = open_repository(f"{registry.address}/cosign/theirs")
    image = push(repository)
    reference = f"{registry.address}/cosign/theirs@{image.digest}"
    settings = ("--key", "cosign.key", "--signing-config", "config.json", "--yes")
    done = cosign("sign", *settings, reference)
    assert done.returncode == 0, done.stderr
    done = cosign("attest", *settings, "--type", "slsaprovenance1", "--predicate", "predicate.json", reference)
    assert done.returncode == 0, done.stderr
    trusted = load_public_key(tmp_path / "cosign.pub")
    kinds = set()
    for descriptor in repository.referrers(image.digest):
        link = parse_bundle_manifest(repository.manifest(descriptor.digest)[1], "manifest")
        assert link.subject == image.digest
        with repository.open_blob(link.bundle) as reader:
            data = reader.read()
        evidence = read_evidence(data, "bundle", keys=[key.public, trusted], subject=image.digest)
        assert evidence.signer is not None, evidence.problem
        assert evidence.signer.key_id == trusted.key_id
        assert evidence.predicate_type == link.predicate_type
        kinds.add(evidence.predicate_type)
    assert kinds == {predicate_types("signature")[0], predicate_types("slsaprovenance")[0]}
