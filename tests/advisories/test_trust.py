"""Databases are opened only with a signature that holds, whatever was changed, and while the work goes on already."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import BinaryIO

import pytest

from custody import fleet
from custody.advisories import Chosen, Signing, import_osv, open_signed, signing_key, storage, trust
from custody.advisories.database import Database
from custody.advisories.placing import bundle_path, bundles_beside, digest_of, put_bundle
from custody.advisories.signature import sign_file
from custody.advisories.trust import own_key
from custody.errors import InputError, UnavailableError, VerificationError
from custody.model import Digest, Inventory
from custody.signing import create_key
from tests.advisories.samples import NOW, database, dump, inventory, package, record
from tests.advisories.signed import sign

RECORDS = [record("CVE-2026-0001", aliases=["GHSA-aaaa-bbbb-cccc"]), record("CVE-2026-0002", "npm/left")]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Give a small signed database."""
    database(tmp_path, RECORDS).close()
    return sign(tmp_path / "advisories.db")


def digest(path: Path) -> Digest:
    with path.open("rb") as file:
        return digest_of(file)


def asked(path: Path | Chosen) -> list[str]:
    """Open a database as commands do, and ask it something of every kind."""
    with open_signed(path) as opened:
        assert opened.uncovered(("PyPI",), "sample") == ""
        records = opened.search("sample", limit=9)
        return [*(r.id for r in records), *(p.name for r in records for p in opened.packages_of(r.id))]


def refused(path: Path | Chosen) -> VerificationError:
    with pytest.raises(VerificationError) as caught:
        asked(path)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_signed_database_is_read_and_says_who_signed_it(db: Path) -> None:
    assert asked(db) == ["CVE-2026-0001", "sample"]
    with open_signed(db) as opened:
        found = opened.confirm()
    assert found is not None
    assert (found.digest, found.size) == (digest(db), db.stat().st_size)
    assert (found.key, found.key_id) == (str(own_key().with_suffix(".pub")), signing_key().key_id)
    assert (found.content, found.signed_at) == (opened.state.digest, NOW)


def test_the_starter_database_needs_no_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTODY_DB", "")
    with open_signed() as opened:
        assert opened.state.partial
        assert opened.confirm() is None


def test_a_database_without_a_signature_is_refused_with_what_mends_it(db: Path) -> None:
    for bundle in bundles_beside(db):
        bundle.unlink()
    error = refused(db)
    assert error.what == "the advisory database has no signature"
    assert "custody db sign" in error.fix


def test_one_changed_byte_anywhere_is_refused(db: Path) -> None:
    good = db.read_bytes()
    places = {*range(110), *range(110, len(good), max(1, len(good) // 200)), len(good) - 1}
    for place in sorted(places):
        bad = bytearray(good)
        bad[place] ^= 1 << place % 8
        db.write_bytes(bytes(bad))
        assert "not the one that was signed" in refused(db).what, place
    for cut in (0, 10, len(good) // 2, len(good) - 1):
        db.write_bytes(good[:cut])
        refused(db)
    db.write_bytes(good + b"\0")
    refused(db)
    db.write_bytes(good)
    assert asked(db)


def test_one_changed_byte_of_the_signature_is_refused(db: Path) -> None:
    (bundle,) = bundles_beside(db)
    good = bundle.read_bytes()
    for place in range(0, len(good), 7):
        bad = bytearray(good)
        bad[place] ^= 1
        bundle.write_bytes(bytes(bad))
        refused(db)


def test_the_signature_of_another_database_is_refused(db: Path, tmp_path: Path) -> None:
    database(tmp_path / "other", [*RECORDS, record("CVE-2026-0003")]).close()
    other = sign(tmp_path / "other" / "advisories.db")
    bundle_path(db, digest(db)).write_bytes(bundle_path(other, digest(other)).read_bytes())
    assert refused(db).what.startswith(f"the signature is of another advisory database: expected {digest(other)}")


def test_another_key_is_trusted_only_where_it_is_named(
    db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = create_key(tmp_path / "publisher")
    found, bundle = sign_file(db, publisher, name=db.name, now=NOW)
    put_bundle(db, found, bundle)
    error = refused(db)
    assert error.what == "the signature of the advisory database is signed by none of the trusted keys"
    assert "--db-key" in error.fix
    assert asked(Chosen(path=db, keys=(publisher.public_path,)))
    other = create_key(tmp_path / "other")
    refused(Chosen(path=db, keys=(other.public_path,)))
    monkeypatch.setenv("CUSTODY_DB_KEY", f"{other.public_path}{os.pathsep}{publisher.public_path}")
    assert asked(db)


def test_without_any_key_it_is_refused(db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "nobody"))
    assert "no key" in refused(db).what


def test_a_statement_of_another_kind_signs_no_database(db: Path) -> None:
    from custody.model import Statement
    from custody.signing import sign_statement

    said = Statement.about("x", digest(db), "https://slsa.dev/provenance/v1", {})
    bundle_path(db, digest(db)).write_bytes(sign_statement(said, signing_key()))
    assert "expected predicate type" in refused(db).what


def test_the_work_begins_before_the_proof_is_there_and_ends_after_it(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_work, order = threading.Event(), list[str]()

    def slow(file: BinaryIO) -> Digest:
        assert at_work.wait(20), "the work waits for the proof"
        order.append("hashed")
        return digest_of(file)

    monkeypatch.setattr(trust, "digest_of", slow)
    with open_signed(db) as opened:
        order.append("asked")
        assert opened.search("sample", limit=1)
        at_work.set()
    order.append("left")
    assert order == ["asked", "hashed", "left"]


def test_what_is_written_to_while_it_is_read_is_refused(db: Path) -> None:
    with pytest.raises(VerificationError, match="changed while it was read"), open_signed(db) as opened:  # noqa: PT012
        opened.confirm()
        with db.open("r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(b"x")
        os.utime(db, ns=(1, 1))


@pytest.mark.parametrize("signed", [True, False])
def test_a_database_that_is_replaced_while_it_is_opened_is_opened_again_and_proven(
    db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, signed: bool
) -> None:
    database(tmp_path / "new", [*RECORDS, record("CVE-2026-0003")]).close()
    new = sign(tmp_path / "new" / "advisories.db")
    real = storage.connect

    def replaced(path: Path) -> object:  # between the open file that is hashed and SQLite's
        if new.exists():
            if signed:
                put_bundle(db, digest(new), bundle_path(new, digest(new)).read_bytes())
            new.replace(db)
        return real(path)

    monkeypatch.setattr(trust, "connect", replaced)
    if not signed:
        refused(db)
        return
    with open_signed(db) as opened:
        assert {r.id for r in opened.search("sample")} == {"CVE-2026-0001", "CVE-2026-0003"}


def test_an_error_of_the_work_is_told_unless_the_signature_explains_it(db: Path) -> None:
    with pytest.raises(InputError, match="of the work"), open_signed(db):
        raise InputError("x", "an error of the work")
    for bundle in bundles_beside(db):
        bundle.write_bytes(b"{}")
    with pytest.raises(VerificationError, match="not a signature"), open_signed(db):
        raise LookupError("what a changed file can lead to")


def test_what_is_no_database_at_all_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"hello")
    with pytest.raises(InputError, match="not an advisory database"):
        asked(tmp_path / "x.db")
    with pytest.raises(UnavailableError, match="no advisory database there"):
        asked(tmp_path / "none.db")


def test_a_link_to_a_database_finds_the_signature_beside_it(db: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(db)
    assert asked(link)


def test_a_fleet_commits_nothing_that_rests_on_a_changed_database(db: Path, tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "one.json").write_text("{}")

    def examine(_: str) -> Inventory:
        return inventory(package("pkg:pypi/sample@1.0"))

    data = bytearray(db.read_bytes())
    data[-1] ^= 1
    db.write_bytes(bytes(data))
    with pytest.raises(VerificationError):
        fleet.scan([str(sources)], tmp_path / "fleet", examine=examine, database=db, now=NOW)
    assert not (tmp_path / "fleet" / "fleet.json").exists()


# ── what is built on a database ──────────────────────────────────────────────────────────────────────────────────────


def add(db: Path, name: str, *, replace: bool = False, signing: Signing | None = None) -> None:
    dump(db.parent / name, "RubyGems", [record(name, "RubyGems/a")])
    signing = signing or Signing(signing_key(), now=NOW, database=db)
    import_osv([db.parent / name], database=db, now=NOW, replace=replace, signing=signing)


def test_an_import_signs_what_it_makes_and_keeps_one_signature_before_it(db: Path) -> None:
    first = digest(db)
    add(db, "CVE-2026-0003")
    second = digest(db)
    assert asked(db)
    assert set(bundles_beside(db)) == {bundle_path(db, first), bundle_path(db, second)}
    add(db, "CVE-2026-0004")
    assert set(bundles_beside(db)) == {bundle_path(db, second), bundle_path(db, digest(db))}
    assert asked(db)


@pytest.mark.parametrize("signed", [True, False])
def test_nothing_is_built_on_what_nobody_vouches_for(db: Path, *, signed: bool) -> None:
    if signed:
        data = bytearray(db.read_bytes())
        data[-1] ^= 1
        db.write_bytes(bytes(data))
    else:
        bundles_beside(db)[0].unlink()
    before = {path: path.read_bytes() for path in db.parent.iterdir() if path.is_file()}
    with pytest.raises(VerificationError):
        add(db, "CVE-2026-0003")
    assert {path: path.read_bytes() for path in db.parent.iterdir() if path.is_file()} == before
    add(db, "CVE-2026-0003", replace=True)
    with open_signed(db) as opened:
        assert [r.id for r in opened.search("a")] == ["CVE-2026-0003"]


def test_a_publisher_goes_on_with_a_key_of_its_own(db: Path, tmp_path: Path) -> None:
    publisher = create_key(tmp_path / "publisher")
    signing = Signing(publisher, now=NOW, database=db)
    add(db, "CVE-2026-0003", signing=signing)
    add(db, "CVE-2026-0004", signing=signing)
    assert asked(Chosen(path=db, keys=(publisher.public_path,)))
    with pytest.raises(VerificationError):
        add(db, "CVE-2026-0005")


@pytest.mark.parametrize("fails_at", [1, 2])
def test_an_interrupted_import_leaves_the_old_pair_valid(
    db: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    before = db.read_bytes()
    real, moves = Path.replace, list[str]()

    def interrupted(self: Path, target: Path) -> Path:  # of the bundle, then of the database
        moves.append(str(target))
        if len(moves) == fails_at:
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            add(db, "CVE-2026-0003")
    assert moves[-1].endswith(".sigstore.json" if fails_at == 1 else "advisories.db")
    assert db.read_bytes() == before
    assert asked(db)
    assert not list(db.parent.glob(".*"))


def test_the_users_key_is_made_once_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    made = signing_key()
    assert made.private_path == tmp_path / "data" / "custody" / "keys" / "advisories.key"
    assert made.private_path.stat().st_mode & 0o777 == 0o600
    assert signing_key().key_id == made.key_id


def test_the_domains_own_door_asks_for_no_signature(db: Path) -> None:
    bundles_beside(db)[0].unlink()
    with Database(storage.connect(db), db) as opened:
        assert opened.confirm() is None
