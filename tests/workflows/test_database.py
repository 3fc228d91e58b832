"""`custody db` as a user calls it."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from custody.advisories import Chosen
from custody.cli.program import run
from custody.errors import InputError, UsageError, VerificationError
from custody.model import Descriptor
from custody.registry import LayoutRepository
from custody.registry.manifest import EMPTY, EMPTY_DATA, OCI_MANIFEST, Manifest, encode_manifest
from custody.workflows.database_exchange import pull_database, push_database
from custody.workflows.interface import Silent
from tests.advisories.samples import CVSS_HIGH, NOW, cvss, dump, record
from tests.workflows.support import custody, make_application

LEFT = record(
    "CVE-2026-0001",
    "npm/left-pad",
    "introduced 0, fixed 1.3.1",
    aliases=["GHSA-aaaa-bbbb-cccc"],
    severity=cvss(CVSS_HIGH),
    summary="a \x1b[31mred summary",
    references=[{"type": "WEB", "url": "https://advisories.example/1"}],
    modified="2026-03-01T00:00:00Z",
)
NEW = record("CVE-2026-0002", "npm/right-pad", modified="2026-04-01T00:00:00Z")


def db(folder: Path, *arguments: str, rc: int = 0) -> subprocess.CompletedProcess[str]:
    """Run `custody db` in this process: a new one each time would take most of the time."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(["db", *arguments])
    ended = subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
    assert ended.returncode == rc, ended.stderr
    if rc:
        assert ended.stderr.count("\n") <= 1
    return ended


def value(folder: Path, *arguments: str, rc: int = 0) -> Any:  # noqa: ANN401
    return json.loads(db(folder, *arguments, "-o", "json", rc=rc).stdout)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with an application, `a.db`, and `b.db` that has one record more."""
    folder = tmp_path_factory.mktemp("made") / "place"
    make_application(folder / "app")
    dump(folder / "one", "npm", [LEFT])
    dump(folder / "two", "npm", [LEFT, NEW])
    db(folder, "import", "one", "--db", "a.db")
    db(folder, "import", "two", "--db", "b.db")
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """Give a copy of that folder."""
    return Path(shutil.copytree(made, tmp_path / "place"))


def flip(path: Path, place: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    "command",
    [
        ("scan", "app"),
        ("scan", "app", "-o", "json=out.json"),
        ("scan", "app", "--explain", "CVE-2026-0001"),
        ("fix", "app"),
        ("release", "app", "--name", "app", "--version", "1"),
        ("fleet", "scan", "app/package-lock.json", "--into", "fleet"),
        ("db", "status"),
        ("db", "search", "left-pad"),
        ("db", "show", "CVE-2026-0001"),
        ("db", "export", "out.json"),
        ("db", "push", "oci:layout:1"),
        ("db", "import", "two"),
    ],
)
def test_a_changed_byte_gives_one_line_and_no_result(place: Path, command: tuple[str, ...]) -> None:
    flip(place / "a.db", 9000)
    ended = custody(*command, "--db", "a.db", cwd=place)
    assert ended.returncode == 1
    errors = [line for line in ended.stderr.splitlines() if line.startswith("custody: error: ")]
    assert len(errors) == 1
    assert "a.db: the advisory database is not the one that was signed" in errors[0]
    assert "CVE" not in ended.stdout
    assert "left-pad" not in ended.stdout
    assert not any((place / name).exists() for name in ("out.json", "layout", "release/security-report.json"))


def test_a_database_that_another_user_signed_needs_its_key(place: Path) -> None:
    env = {"XDG_DATA_HOME": str(place / "other")}
    ended = custody("scan", "app", "--db", "a.db", cwd=place, env=env)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "--db-key" in ended.stderr
    assert custody("db", "import", "two", "--db", "c.db", cwd=place, env=env).returncode == 0
    ended = custody("scan", "app", "--db", "a.db", cwd=place, env=env)
    assert "signed by none of the trusted keys" in ended.stderr
    key = place / "other" / "custody" / "keys" / "advisories.pub"
    ended = custody("scan", "app", "--db", "c.db", "--db-key", str(key), cwd=place)
    assert "CVE-2026-0001" in ended.stdout


def test_a_database_is_signed_only_after_it_was_read_whole(place: Path) -> None:
    for bundle in place.glob("a.db.*.sigstore.json"):
        bundle.unlink()
    assert "has no signature" in db(place, "status", "--db", "a.db", rc=1).stderr
    db(place, "sign", "a.db")
    db(place, "status", "--db", "a.db")
    flip(place / "a.db", (place / "a.db").stat().st_size // 2)
    db(place, "sign", "a.db", rc=3)


def test_the_status_tells_age_sources_and_signature(place: Path) -> None:
    found = value(place, "status", "--db", "b.db")
    assert found["advisories"] == 2
    assert found["bytes"] == (place / "b.db").stat().st_size
    assert found["newest"] == "2026-04-01T00:00:00Z"
    assert [(s["kind"], s["records"]) for s in found["sources"]] == [("osv:npm", 2)]
    assert found["signature"]["own"] is True
    assert len(found["signature"]["keyId"]) == 64
    text = db(place, "status", "--db", "b.db").stdout
    assert "by your own database key" in text
    assert found["ageDays"] > 30
    assert "run `custody db update`" in db(place, "status", "--db", "b.db", "--max-age", "30", rc=1).stdout
    db(place, "status", "--db", "b.db", "--max-age", str(found["ageDays"]))


def test_a_database_travels_as_one_file(place: Path) -> None:
    db(place, "export", "b.tar", "--db", "b.db")
    assert "holds 2 records now" in db(place, "import", "b.tar", "--db", "new/c.db").stdout
    assert (place / "new" / "c.db").read_bytes() == (place / "b.db").read_bytes()
    assert "the same already" in db(place, "import", "b.tar", "--db", "new/c.db").stdout
    db(place, "export", "a.tar", "--db", "a.db")
    assert "--allow-older" in db(place, "import", "a.tar", "--db", "new/c.db", rc=1).stderr
    db(place, "import", "a.tar", "--db", "new/c.db", "--allow-older")
    assert value(place, "status", "--db", "new/c.db")["advisories"] == 1
    assert "is imported alone" in db(place, "import", "a.tar", "two", "--db", "new/c.db", rc=2).stderr
    ended = custody("db", "import", "b.tar", "--db", "d.db", cwd=place, env={"XDG_DATA_HOME": str(place / "other")})
    assert (ended.returncode, (place / "d.db").exists()) == (1, False)


def test_a_database_travels_through_a_layout(place: Path) -> None:
    db(place, "push", "oci:layout:1", "--db", "b.db")
    assert "0 bytes sent" in db(place, "push", "oci:layout:1", "--db", "b.db").stdout
    db(place, "update", "--from", "oci:layout:1", "--db", "c.db")
    assert (place / "c.db").read_bytes() == (place / "b.db").read_bytes()
    assert "the same already" in db(place, "update", "--from", "oci:layout:1", "--db", "c.db").stdout
    layout = LayoutRepository(place / "layout")
    manifest = json.loads(layout.manifest(layout.resolve("1").digest)[1])
    assert manifest["artifactType"] == "application/vnd.custody.advisories.v2"
    assert [layer["mediaType"] for layer in manifest["layers"]] == [
        "application/vnd.custody.advisories.v2.sqlite+zstd",
        "application/vnd.dev.sigstore.bundle.v0.3+json",
    ]
    db(place, "update", "--from", "oci:layout:1", "--mirror", "https://osv.example", "--db", "c.db", rc=2)
    db(place, "push", "oci:layout", "--db", "b.db", rc=2)


def test_a_publisher_signs_anew_when_pushing(place: Path) -> None:
    assert custody("key", "create", "--output", "publisher", cwd=place).returncode == 0
    db(place, "push", "oci:layout:1", "--db", "b.db", "--key", "publisher.key")
    assert "none of the trusted keys" in db(place, "update", "--from", "oci:layout:1", "--db", "c.db", rc=1).stderr
    db(place, "update", "--from", "oci:layout:1", "--db", "c.db", "--db-key", "publisher.pub")
    assert value(place, "status", "--db", "c.db", "--db-key", "publisher.pub")["signature"]["key"] == "publisher.pub"


def test_what_is_there_already_is_not_fetched_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = Chosen(path=place / "a.db")
    target = f"oci:{place / 'layout'}:1"
    push_database(target, Silent(), database=chosen, sign_key=None, passphrase=None, now=NOW)
    opened: list[str] = []
    real = LayoutRepository.open_blob

    @contextmanager
    def counted(self: LayoutRepository, descriptor: Descriptor) -> Any:  # noqa: ANN401
        opened.extend(filter(None, [descriptor.media_type]))  # a layout has its manifests as blobs too
        with real(self, descriptor) as reader:
            yield reader

    monkeypatch.setattr(LayoutRepository, "open_blob", counted)
    pull_database(target, Silent(), database=chosen, allow_older=False)
    assert opened == ["application/vnd.dev.sigstore.bundle.v0.3+json"]
    pull_database(target, Silent(), database=Chosen(path=place / "new.db"), allow_older=False)
    assert opened[1:] == [
        "application/vnd.dev.sigstore.bundle.v0.3+json",
        "application/vnd.custody.advisories.v2.sqlite+zstd",
    ]


def test_what_a_registry_has_instead_is_refused(place: Path) -> None:
    layout = LayoutRepository(place / "layout")
    layout.put_blob(EMPTY, [EMPTY_DATA])
    other = Manifest(media_type=OCI_MANIFEST, artifact_type="application/x", config=EMPTY, layers=(EMPTY,))
    layout.put_manifest(encode_manifest(other), OCI_MANIFEST, tag="other")
    empty = Manifest(media_type=OCI_MANIFEST, artifact_type="application/vnd.custody.advisories.v2", config=EMPTY)
    layout.put_manifest(encode_manifest(empty), OCI_MANIFEST, tag="empty")
    chosen = Chosen(path=place / "a.db")
    before = (place / "a.db").read_bytes()
    for tag, what in (("other", "expected an artifact of type"), ("empty", "expected one layer of type")):
        with pytest.raises(InputError, match=what):
            pull_database(f"oci:{place / 'layout'}:{tag}", Silent(), database=chosen, allow_older=False)
    push_database(f"oci:{place / 'layout'}:1", Silent(), database=chosen, sign_key=None, passphrase=None, now=NOW)
    packed = max((p for p in (place / "layout" / "blobs" / "sha256").iterdir()), key=lambda p: p.stat().st_size)
    flip(packed, 100)
    with pytest.raises((InputError, VerificationError)):
        pull_database(f"oci:{place / 'layout'}:1", Silent(), database=Chosen(path=place / "new.db"), allow_older=False)
    assert not (place / "new.db").exists()
    assert (place / "a.db").read_bytes() == before
    with pytest.raises(UsageError, match="expected a tag"):
        push_database("oci:x", Silent(), database=chosen, sign_key=None, passphrase=None, now=NOW)


def test_two_databases_are_compared(place: Path) -> None:
    found = value(place, "diff", "a.db", "b.db", rc=1)
    assert found["added"] == [{"id": "CVE-2026-0002", "sources": ["osv:npm"]}]
    assert found["packages"] == [{"ecosystem": "npm", "name": "right-pad"}]
    assert found["removed"] == found["changed"] == []
    text = db(place, "diff", "b.db", "a.db", rc=1).stdout
    assert "removed 1\n  osv:npm" in text
    assert "the same advisories" in db(place, "diff", "a.db", "a.db").stdout
    flip(place / "a.db")
    assert db(place, "diff", "a.db", "b.db", rc=1).stdout == ""
    db(place, "diff", "none.db", "b.db", rc=4)


def test_one_id_is_shown_with_all_that_is_known(place: Path) -> None:
    text = db(place, "show", "ghsa-aaaa-bbbb-cccc", "--db", "b.db").stdout
    assert "\x1b" not in text
    for said in (
        "GHSA-aaaa-bbbb-cccc  a \\x1b[31mred summary",
        "also known as   CVE-2026-0001",
        "HIGH 7.5 by CVE-2026-0001: CVSS:3.1",
        "npm/left-pad: affected: introduced 0, fixed 1.3.1",
        "modified 2026-03-01; osv:npm from",
        "https://advisories.example/1",
    ):
        assert said in text
    found = value(place, "show", "CVE-2026-0001", "--db", "b.db")
    assert found["severities"][0]["score"] == 7.5
    assert found["records"][0]["affected"][0]["fixed"] == ["1.3.1"]
    ended = db(place, "show", "CVE-2026-0003", "--db", "b.db", rc=1)
    assert ended.stdout == ""
    assert "no such id; near it are CVE-2026-0002, CVE-2026-0001" in ended.stderr


def test_records_are_searched(place: Path) -> None:
    assert [r["id"] for r in value(place, "search", "right-pad", "--db", "b.db")] == ["CVE-2026-0002"]
    assert "npm/left-pad" in db(place, "search", "red", "--db", "b.db").stdout
    assert value(place, "search", "left-pad", "--ecosystem", "PyPI", "--db", "b.db", rc=1) == []
