from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest

from custody.errors import CustodyError, InputError, UnavailableError
from custody.model import Descriptor, Digest
from custody.registry import client as client_module
from custody.registry import transport
from custody.registry.client import RegistryRepository
from custody.registry.copy import copy, verify_copy
from custody.registry.interface import BrokenError, MissingError, Mounting, Repository
from custody.registry.layout import LayoutRepository
from custody.registry.manifest import OCI_INDEX
from custody.registry.open import open_repository
from custody.registry.reference import parse_reference
from tests.registry.samples import LAYER_TYPE, attach, put_bare, put_bytes, put_image, put_index
from tests.registry.simulator import Simulator, serve

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(transport, "READ_SECONDS", 5.0)


def at(address: str, path: str = "team/app") -> RegistryRepository:
    return RegistryRepository(parse_reference(f"{address}/{path}"))


@pytest.fixture
def remote(simulator: Simulator) -> RegistryRepository:
    return at(simulator.address)


def read(repository: Repository, descriptor: Descriptor) -> bytes:
    with repository.open_blob(descriptor) as reader:
        return reader.read()


# ── with a real registry ─────────────────────────────────────────────────────────────────────────────────────────────


def _whole_story(remote: RegistryRepository, tmp_path: Path) -> None:
    source = LayoutRepository(tmp_path / "source")
    images = [put_image(source, name * 3_000_000, tag=None, child=True) for name in (b"a", b"b")]
    top = put_index(source, *images)
    bundle = attach(source, top, b"bundle", artifact_type=BUNDLE, annotations={"k": "v"})
    attach(source, top, b"sbom", artifact_type="text/spdx")
    done = copy(source, top, remote, tag="1.0")
    assert remote.resolve("1.0") == remote.resolve(str(top.digest)) == top
    assert "1.0" in remote.tags()
    [found] = remote.referrers(top.digest, BUNDLE)
    assert (found.digest, found.annotations) == (bundle.digest, (("k", "v"),))
    assert len(remote.referrers(top.digest)) == 2
    assert remote.referrers(images[0].digest) == ()
    assert len(verify_copy(source, top, remote, tag="1.0").referrers) == 2
    assert copy(source, top, remote, tag="1.0").copied == ()
    back = LayoutRepository(tmp_path / "back")
    assert {d.digest for d in copy(remote, top, back, tag="1.0").copied} == {d.digest for d in done.copied}
    verify_copy(source, top, back, tag="1.0")
    with pytest.raises(MissingError, match=r"no tag '2\.0' there; tags that are: .*1\.0"):
        remote.resolve("2.0")
    with pytest.raises(MissingError):
        remote.manifest(Digest.of(b"x"))
    missing = Descriptor(media_type=LAYER_TYPE, digest=Digest.of(b"x"), size=1)
    assert not remote.has_blob(missing.digest)
    with pytest.raises(MissingError, match="the blob is missing there"):
        read(remote, missing)


@pytest.mark.interop
def test_docker_registry_takes_and_gives_an_index_with_evidence(docker_registry: str, tmp_path: Path) -> None:
    _whole_story(at(docker_registry, "story/app"), tmp_path)


@pytest.mark.interop
def test_docker_registry_mounts_blobs_between_repositories(docker_registry: str) -> None:
    first, second = at(docker_registry, "mount/first"), at(docker_registry, "mount/second")
    image = put_image(first, b"shared" * 1000)
    assert isinstance(second, Mounting)
    blob = Descriptor(media_type=LAYER_TYPE, digest=Digest.of(b"shared" * 1000), size=6000)
    assert not second.has_blob(blob.digest)
    assert second.mount_blob(blob, first)
    assert read(second, blob) == b"shared" * 1000
    assert not second.mount_blob(Descriptor(media_type="x", digest=Digest.of(b"nowhere"), size=1), first)
    copy(first, image, second, tag="1")
    verify_copy(first, image, second, tag="1")


@pytest.mark.interop
def test_docker_registry_with_a_password(
    docker_registry_with_password: str, no_credentials: Path, tmp_path: Path
) -> None:
    address = docker_registry_with_password
    with pytest.raises(
        UnavailableError, match=rf"look up team/app.*HTTP 401.*log in with `docker login {address}`"
    ) as caught:
        at(address).resolve("1.0")
    assert caught.value.exit_code == 4
    log_in(no_credentials, address, "alice", "wrong")
    with pytest.raises(UnavailableError, match=r"the credentials in Docker's config\.json do not allow it"):
        at(address).resolve("1.0")
    log_in(no_credentials, address, "alice", "open sesame")
    _whole_story(at(address), tmp_path)


def log_in(folder: Path, address: str, user: str, password: str) -> None:
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {address: {"auth": auth}}}))


# ── the same with the one in this process, and its faults ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("api", [True, False])
@pytest.mark.parametrize("page_length", [0, 1])
def test_a_registry_takes_and_gives_an_index_with_evidence(
    simulator: Simulator, tmp_path: Path, api: bool, page_length: int
) -> None:
    simulator.referrers_api, simulator.page_length = api, page_length
    remote = at(simulator.address)
    assert isinstance(remote, Repository)
    _whole_story(remote, tmp_path)
    fallback = [name for name in simulator.manifests if name.startswith("sha256-")]
    assert len(fallback) == (0 if api else 1)
    remote.close()


def test_every_request_says_who_we_are(simulator: Simulator, remote: RegistryRepository) -> None:
    put_image(remote)
    assert {headers["User-Agent"].partition("/")[0] for _, _, headers in simulator.requests} == {"custody"}


def test_a_blob_is_asked_for_before_it_is_sent(simulator: Simulator, tmp_path: Path) -> None:
    source = LayoutRepository(tmp_path / "source")
    image = put_image(source, b"x" * 5_000_000)
    copy(source, image, at(simulator.address))
    first = len(simulator.asked("PUT", "/blobs/uploads/"))
    assert first == 2
    copy(source, image, at(simulator.address))
    assert len(simulator.asked("PUT", "/blobs/uploads/")) == first


def test_an_upload_goes_in_pieces_where_the_registry_wants_it(
    simulator: Simulator, remote: RegistryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "CHUNK_BYTES", 1000)
    simulator.chunk_length = 10_000
    descriptor = put_bytes(remote, bytes(range(256)) * 100, LAYER_TYPE)
    sent = [headers["Content-Range"] for headers in simulator.asked("PATCH")]
    assert sent == ["0-9999", "10000-19999", "20000-25599"]
    assert simulator.blobs[str(descriptor.digest)] == bytes(range(256)) * 100
    simulator.chunk_length = 10**12
    with pytest.raises(UnavailableError, match="wants pieces of at least"):
        remote.put_blob(Descriptor(media_type="x", digest=Digest.of(b""), size=10**13), ())


def test_an_empty_blob_goes_both_ways(remote: RegistryRepository) -> None:
    assert read(remote, put_bytes(remote, b"", LAYER_TYPE)) == b""


def test_a_blob_that_is_not_what_was_said_is_not_kept(simulator: Simulator, remote: RegistryRepository) -> None:
    descriptor = Descriptor(media_type=LAYER_TYPE, digest=Digest.of(b"good"), size=4)
    with pytest.raises(InputError, match="wrong digest"):
        remote.put_blob(descriptor, (b"evil",))
    assert not simulator.blobs


@pytest.mark.parametrize("announce", [True, False])
def test_a_broken_connection_is_taken_up_where_it_broke(
    simulator: Simulator, remote: RegistryRepository, announce: bool
) -> None:
    simulator.announce = announce  # without a length, a broken connection looks like the end
    data = bytes(range(256)) * 10_000
    descriptor = put_bytes(remote, data, LAYER_TYPE)
    simulator.break_at = [1_000_000]
    assert read(remote, descriptor) == data
    assert [headers.get("Range") for headers in simulator.asked("GET", "/blobs/")] == [None, "bytes=1000000-"]


def test_a_connection_that_breaks_twice_is_an_error_that_says_where(
    simulator: Simulator, remote: RegistryRepository
) -> None:
    descriptor = put_bytes(remote, bytes(range(256)) * 10_000, LAYER_TYPE)
    simulator.break_at = [1_000_000, 2_000_000]
    with pytest.raises(BrokenError, match="the connection broke twice, now at byte 2000000; try again"):
        read(remote, descriptor)


def test_a_broken_connection_without_ranges_starts_anew_in_a_copy(
    simulator: Simulator, remote: RegistryRepository, tmp_path: Path
) -> None:
    image = put_image(remote, b"0123456789" * 100_000)
    simulator.break_at, simulator.ranges = [500_000], False
    target = LayoutRepository(tmp_path / "target")
    copy(remote, image, target)
    verify_copy(remote, image, target)
    simulator.break_at = [500_000] * 4
    with pytest.raises(BrokenError):
        copy(remote, image, LayoutRepository(tmp_path / "another"))


@pytest.mark.parametrize("wrong", [b"evil", b"ev", b"much too long"])
def test_a_wrong_blob_is_refused(simulator: Simulator, remote: RegistryRepository, wrong: bytes) -> None:
    descriptor = put_bytes(remote, b"good", LAYER_TYPE)
    simulator.serve_wrong = wrong
    with pytest.raises((InputError, UnavailableError)) as caught:
        read(remote, descriptor)
    assert str(descriptor.digest) in str(caught.value)


def test_a_wrong_manifest_is_refused(simulator: Simulator, remote: RegistryRepository) -> None:
    image = put_image(remote)
    media_type, data = simulator.manifests[str(image.digest)]
    simulator.manifests[str(image.digest)] = (media_type, data.replace(b"2", b"3"))
    with pytest.raises(InputError, match="wrong digest"):
        remote.manifest(image.digest)


@pytest.mark.parametrize("silent", ["Docker-Content-Digest", "Content-Type"])
def test_a_registry_that_says_little_on_head_is_asked_for_the_manifest(
    simulator: Simulator, remote: RegistryRepository, silent: str
) -> None:
    image = put_image(remote)
    simulator.silent = silent
    assert remote.resolve("1.0") == image


def test_a_manifest_without_end_is_not_read(
    simulator: Simulator, remote: RegistryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.manifests["big"] = (OCI_INDEX, b" " * 5_000_000)
    simulator.manifests[f"sha256:{'a' * 64}"] = simulator.manifests["big"]
    with pytest.raises(InputError, match="an answer of more than 4194304 bytes"):
        remote.manifest(Digest("sha256", "a" * 64))


def test_passing_faults_are_tried_again_and_lasting_ones_reported(
    simulator: Simulator, remote: RegistryRepository
) -> None:
    image = put_image(remote)
    simulator.fail_next = [503, 429]
    assert remote.resolve("1.0") == image
    simulator.fail_next = [503] * 3
    with pytest.raises(UnavailableError, match=r"127.0.0.1:\d+: look up team/app:1.0: HTTP 503; try again later"):
        remote.resolve("1.0")
    simulator.fail_next = [500]
    with pytest.raises(UnavailableError, match="HTTP 500"):
        remote.resolve("1.0")


def test_referrers_that_another_writer_undid_are_listed_again(simulator: Simulator, remote: RegistryRepository) -> None:
    image = put_image(remote)
    simulator.lose_listings = 2
    referrer = attach(remote, image, b"bundle", artifact_type=BUNDLE)
    assert [d.digest for d in remote.referrers(image.digest)] == [referrer.digest]
    simulator.lose_listings = 99
    with pytest.raises(UnavailableError, match="other writers keep replacing the referrers"):
        attach(remote, image, b"second", artifact_type=BUNDLE)


def test_a_tag_in_the_place_of_the_referrers_that_is_no_index_is_an_error(remote: RegistryRepository) -> None:
    image = put_image(remote)
    put_bare(remote, annotations={}, tag=f"sha256-{image.digest.hex}")
    with pytest.raises(InputError, match="expected an index of referrers"):
        remote.referrers(image.digest)


# ── who we are ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_password_buys_a_token(simulator: Simulator, remote: RegistryRepository, no_credentials: Path) -> None:
    simulator.user, simulator.bearer = ("alice", "secret"), True
    log_in(no_credentials, simulator.address, "alice", "secret")
    image = put_image(remote)
    assert remote.resolve("1.0") == image
    assert len(simulator.asked("GET", "/token")) == 1
    [path] = [path for _, path, _ in simulator.requests if path.startswith("/token")]
    assert "service=simulator" in path
    assert "scope=repository%3Ax%3Apull%2Cpush" in path


def test_an_identity_token_buys_a_token(simulator: Simulator, remote: RegistryRepository, no_credentials: Path) -> None:
    simulator.user, simulator.bearer = ("alice", "secret"), True
    auths = {simulator.address: {"auth": "", "identitytoken": "identity"}}
    (no_credentials / "config.json").write_text(json.dumps({"auths": auths}))
    put_image(remote)
    assert len(simulator.asked("POST", "/token")) == 1


def test_a_token_cannot_forge_a_header(simulator: Simulator, remote: RegistryRepository, no_credentials: Path) -> None:
    simulator.user, simulator.bearer = ("alice", "secret"), True
    simulator.token = "good\r\nX-Forged: 1"
    log_in(no_credentials, simulator.address, "alice", "secret")
    with pytest.raises(InputError, match="gave a token that no header can carry"):
        put_image(remote)


def test_without_credentials_one_line_says_how_to_get_in(simulator: Simulator, remote: RegistryRepository) -> None:
    simulator.user = ("alice", "secret")
    with pytest.raises(UnavailableError) as caught:
        put_image(remote)
    assert str(caught.value) == (
        f"{simulator.address}: push to team/app: HTTP 401 (UNAUTHORIZED authentication\\nrequired); "
        f"log in with `docker login {simulator.address}`"
    )
    simulator.bearer = True
    with pytest.raises(UnavailableError, match=r"token service http://127.0.0.1:\d+\): no token: HTTP 401 \(DENIED\)"):
        remote.resolve("1.0")


def test_credentials_do_not_follow_a_redirect_to_another_host(
    simulator: Simulator, remote: RegistryRepository, no_credentials: Path
) -> None:
    simulator.user = ("alice", "secret")
    log_in(no_credentials, simulator.address, "alice", "secret")
    descriptor = put_bytes(remote, b"content", LAYER_TYPE)
    with serve(Simulator(blobs=simulator.blobs)) as elsewhere:
        simulator.redirect_to = elsewhere.address
        assert read(remote, descriptor) == b"content"
    assert all("Authorization" in headers for headers in simulator.asked("GET", "/blobs/")[-1:])
    assert [headers.get("Authorization") for headers in elsewhere.asked("GET")] == [None]


def test_redirects_end(simulator: Simulator, remote: RegistryRepository) -> None:
    descriptor = put_bytes(remote, b"content", LAYER_TYPE)
    simulator.redirect_to = simulator.address
    with pytest.raises(UnavailableError, match="more than 5 redirects"):
        read(remote, descriptor)


def test_a_redirect_from_https_to_http_is_refused() -> None:
    remote = at("registry.example")
    with pytest.raises(UnavailableError, match=r"sends us to http://other\.example:80, which is not https"):
        remote._http._allowed("http://other.example/blob")


@pytest.mark.parametrize(
    ("answer", "code", "expected"),
    [
        ('{"Username": "alice", "Secret": "secret"}', 0, None),
        ("credentials not found in native keychain", 1, "HTTP 401"),
        ("the store is locked", 1, "no credentials for 127.*: the store is locked"),
        ("not json", 0, "not valid JSON"),
    ],
)
def test_a_credential_helper_is_asked(
    simulator: Simulator,
    remote: RegistryRepository,
    no_credentials: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    code: int,
    expected: str | None,
) -> None:
    simulator.user = ("alice", "secret")
    helper = no_credentials / "docker-credential-test"
    helper.write_text(f"#!/bin/sh\ncat > {no_credentials}/asked\necho '{answer}'\nexit {code}\n")
    helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{no_credentials}:/bin:/usr/bin")
    (no_credentials / "config.json").write_text(json.dumps({"credHelpers": {simulator.address: "test"}}))
    if expected is None:
        put_image(remote)
    else:
        with pytest.raises(CustodyError, match=expected):
            put_image(remote)
    assert (no_credentials / "asked").read_text() == simulator.address


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"credsStore": "absent"}, "docker-credential-absent: not installed"),
        ({"credsStore": "../../bin/sh"}, "cannot be the name of a credential helper"),
        ({"auths": {"ADDRESS": {"auth": "!"}}}, "auth: not base64 of user:password"),
        ({"auths": []}, "expected a table"),
    ],
)
def test_a_broken_docker_config_gives_one_line(
    simulator: Simulator, remote: RegistryRepository, no_credentials: Path, config: dict[str, object], message: str
) -> None:
    simulator.user = ("alice", "secret")
    text = json.dumps(config).replace("ADDRESS", simulator.address)
    (no_credentials / "config.json").write_text(text)
    with pytest.raises(CustodyError, match=message):
        put_image(remote)


def test_a_helper_that_hangs_is_ended(no_credentials: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from custody.registry import auth

    helper = no_credentials / "docker-credential-slow"
    helper.write_text("#!/bin/sh\nexec sleep 60\n")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{no_credentials}:/bin:/usr/bin")
    monkeypatch.setattr(auth, "HELPER_SECONDS", 0.2)
    (no_credentials / "config.json").write_text('{"credsStore": "slow"}')
    with pytest.raises(UnavailableError, match="no answer within 0 s"):
        auth.find_credentials("registry.example")


# ── hosts ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_unknown_host_gives_one_line() -> None:
    with pytest.raises(UnavailableError) as caught:
        at("registry.invalid").resolve("1.0")
    assert str(caught.value) == "registry.invalid: look up team/app: unknown host; check the name and the network"
    assert caught.value.exit_code == 4


def test_a_closed_port_gives_one_line(simulator: Simulator) -> None:
    with serve(Simulator()) as ended:
        address = ended.address
    with pytest.raises(UnavailableError, match=rf"{address}: .*cannot be reached: .*refused") as caught:
        at(address).resolve("1.0")
    assert "\n" not in str(caught.value)


def test_plain_http_is_for_this_machine_unless_it_was_said(simulator: Simulator) -> None:
    assert at("registry.example")._http._schemes == ("https",)
    assert RegistryRepository(parse_reference("registry.example/a"), insecure=True)._http._schemes == ("https", "http")
    assert at("localhost:5000")._http._schemes == ("http", "https")
    assert at("docker.io")._http.base() == "https://registry-1.docker.io"


def test_opening_gives_the_kind_that_was_named(tmp_path: Path) -> None:
    assert isinstance(open_repository(f"oci:{tmp_path}/x:1"), LayoutRepository)
    assert open_repository("registry.example/a:1").name == "registry.example/a"


def test_what_speaks_no_tls_is_asked_in_plain_only_when_that_was_allowed(simulator: Simulator) -> None:
    remote = at(simulator.address)
    remote._http._schemes = ("https", "http")  # as for a host that is not this machine, with `insecure`
    put_image(remote)
    assert remote._http.base() == f"http://{simulator.address}"
    strict = at(simulator.address)
    strict._http._schemes = ("https",)
    with pytest.raises(UnavailableError, match=r"TLS failed: .*; check the name and its certificate"):
        strict.resolve("1.0")


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    certificate = _self_signed(tmp_path)
    with serve(Simulator(), certificate) as secure:
        remote = at(secure.address)
        with pytest.raises(UnavailableError, match=r"TLS failed: .*(certificate verify failed|self.signed)"):
            remote.resolve("1.0")
        assert remote._http.base() == f"https://{secure.address}"
    assert not secure.asked("HEAD")


def _self_signed(folder: Path) -> Path:
    """Make a certificate of one day with its key, in one file."""
    import datetime as dt
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "simulator")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(pem) + private)
    return path
