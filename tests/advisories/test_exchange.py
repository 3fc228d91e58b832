"""A database that travels is what its publisher signed, or it does not arrive."""

from __future__ import annotations

import datetime as dt
import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from custody.advisories import Chosen, import_osv, open_signed, signing_key
from custody.advisories.exchange import Received, export, is_exported, opened_export, opened_pair, receive
from custody.advisories.pack import zstd_library
from custody.advisories.placing import bundles_beside, digest_of, put_bundle
from custody.advisories.signature import sign_file
from custody.errors import CustodyError, InputError, UnavailableError, VerificationError
from custody.signing import KeyPair, create_key
from tests.advisories.samples import NOW, dump, record

LATER = NOW + dt.timedelta(days=1)


@pytest.fixture
def publisher(tmp_path: Path) -> KeyPair:
    return create_key(tmp_path / "publisher")


def made(folder: Path, key: KeyPair, *names: str, now: dt.datetime = NOW) -> Chosen:
    """Make a database of records with these names, signed by a publisher."""
    for name in names:
        dump(folder / "osv", "PyPI", [record(name) for name in names])
    import_osv([folder / "osv"], database=folder / "x.db", now=now)
    digest, bundle = sign_file(folder / "x.db", key, name="x.db", now=now)
    put_bundle(folder / "x.db", digest, bundle)
    return Chosen(path=folder / "x.db", keys=(key.public_path,))


def exported(chosen: Chosen) -> Path:
    assert chosen.path is not None
    target = chosen.path.with_suffix(".tar")
    with opened_pair(chosen, chosen.path) as (_, bundle, file):
        export(bundle, file, target)
    return target


def taken(file: Path, path: Path, key: KeyPair, *, allow_older: bool = False) -> Received:
    chosen = Chosen(path=path, keys=(key.public_path,))

    @contextmanager
    def stream() -> Iterator[tarfile.ExFileObject]:
        yield packed  # type: ignore[misc]

    with opened_export(file) as (bundle, packed):
        return receive(bundle, stream, str(file), database=chosen, path=path, allow_older=allow_older)


def ids(path: Path, key: KeyPair) -> list[str]:
    with open_signed(Chosen(path=path, keys=(key.public_path,))) as opened:
        return sorted(r.id for r in opened.search("sample"))


def test_what_is_exported_arrives_with_its_publishers_signature(tmp_path: Path, publisher: KeyPair) -> None:
    file = exported(made(tmp_path / "a", publisher, "X-1", "X-2"))
    there = tmp_path / "b" / "y.db"
    received = taken(file, there, publisher)
    assert received.state is not None
    assert received.signature.key_id == publisher.key_id
    assert there.read_bytes() == (tmp_path / "a" / "x.db").read_bytes()
    assert ids(there, publisher) == ["X-1", "X-2"]
    signing_key()  # of somebody who does not know the publisher
    with pytest.raises(VerificationError, match="none of the trusted keys"), open_signed(there):
        pass
    assert taken(file, there, publisher).state is None, "the same once more is no change"


def test_an_export_is_the_same_every_time_and_known_by_its_content(tmp_path: Path, publisher: KeyPair) -> None:
    chosen = made(tmp_path / "a", publisher, "X-1")
    first = exported(chosen).read_bytes()
    file = exported(chosen)
    assert file.read_bytes() == first
    assert is_exported(file)
    assert not is_exported(tmp_path / "a" / "x.db")
    assert not is_exported(tmp_path / "a")
    with tarfile.open(file) as archive:
        assert archive.getnames() == ["advisories.sigstore.json", "advisories.db.zst"]


def test_one_changed_byte_is_refused_and_the_old_database_stays(tmp_path: Path, publisher: KeyPair) -> None:
    old = tmp_path / "b" / "y.db"
    taken(exported(made(tmp_path / "old", publisher, "X-1")), old, publisher)
    file = exported(made(tmp_path / "a", publisher, "X-1", "X-2", now=LATER))
    good, before = file.read_bytes(), {p.name: p.read_bytes() for p in old.parent.iterdir()}
    with tarfile.open(file) as archive:
        ends = [(m.offset_data, m.offset_data + m.size) for m in archive]
    places = {place for start, end in ends for place in range(start, end, max(1, (end - start) // 120))}
    places |= {end - 1 for _, end in ends}
    for place in sorted(places):
        bad = bytearray(good)
        bad[place] ^= 1 << place % 8
        file.write_bytes(bytes(bad))
        with pytest.raises(CustodyError):
            taken(file, old, publisher)
        assert {p.name: p.read_bytes() for p in old.parent.iterdir()} == before, place
    for end in (600, ends[1][0], ends[1][0] + 20, ends[1][1] - 1):
        file.write_bytes(good[:end])
        with pytest.raises((InputError, VerificationError)):
            taken(file, old, publisher)
    assert {p.name: p.read_bytes() for p in old.parent.iterdir()} == before
    file.write_bytes(good)
    taken(file, old, publisher)
    assert ids(old, publisher) == ["X-1", "X-2"]


def test_an_older_database_takes_the_place_only_when_that_is_said(tmp_path: Path, publisher: KeyPair) -> None:
    older = exported(made(tmp_path / "old", publisher, "X-1"))
    newer = exported(made(tmp_path / "new", publisher, "X-1", "X-2", now=LATER))
    there = tmp_path / "b" / "y.db"
    taken(newer, there, publisher)
    with pytest.raises(VerificationError, match=r"older than the advisory database in place.*--allow-older"):
        taken(older, there, publisher)
    assert ids(there, publisher) == ["X-1", "X-2"]
    taken(older, there, publisher, allow_older=True)
    assert ids(there, publisher) == ["X-1"]


def test_another_publishers_database_is_refused_before_it_is_unpacked(
    tmp_path: Path, publisher: KeyPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    from custody.advisories import exchange

    file = exported(made(tmp_path / "a", publisher, "X-1"))
    monkeypatch.setattr(exchange, "_unpack", None)
    with pytest.raises(VerificationError, match="none of the trusted keys"):
        taken(file, tmp_path / "y.db", create_key(tmp_path / "other"))
    assert not (tmp_path / "y.db").exists()


def repacked(file: Path, bundle: bytes, packed: bytes, names: tuple[str, ...] = ()) -> Path:
    with tarfile.open(file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in zip(
            names or ("advisories.sigstore.json", "advisories.db.zst"), (bundle, packed), strict=True
        ):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file


def test_more_than_was_signed_is_never_unpacked(tmp_path: Path, publisher: KeyPair) -> None:
    chosen = made(tmp_path / "a", publisher, "X-1")
    assert chosen.path is not None
    bundle = bundles_beside(chosen.path)[0].read_bytes()
    bomb = zstd_library().compress(chosen.path.read_bytes() + bytes(300_000_000))
    with pytest.raises(VerificationError, match="longer than the"):
        taken(repacked(tmp_path / "bomb.tar", bundle, bomb), tmp_path / "y.db", publisher)
    assert not list(tmp_path.glob("*.partial"))


def test_what_was_signed_must_be_a_database_of_this_version(tmp_path: Path, publisher: KeyPair) -> None:
    chosen = made(tmp_path / "a", publisher, "X-1")
    assert chosen.path is not None
    digest, bundle = sign_file(chosen.path, publisher, name="x.db", now=NOW)
    with chosen.path.open("rb") as file:
        assert digest == digest_of(file)
    other = bytes(zstd_library().compress(b"SQLite format 3\0" + bytes(5000)))
    with pytest.raises(VerificationError, match="not the one that was signed"):
        taken(repacked(tmp_path / "x.tar", bundle, other), tmp_path / "y.db", publisher)


@pytest.mark.parametrize(
    "names", [("advisories.sigstore.json", "x"), ("advisories.db.zst", "advisories.sigstore.json")]
)
def test_an_archive_of_something_else_is_no_export(tmp_path: Path, publisher: KeyPair, names: tuple[str, str]) -> None:
    with pytest.raises(InputError, match=r"expected advisories\.sigstore\.json and advisories\.db\.zst"):
        taken(repacked(tmp_path / "x.tar", b"{}", b"", names), tmp_path / "y.db", publisher)


def test_what_cannot_be_written_says_so(tmp_path: Path, publisher: KeyPair) -> None:
    file = exported(made(tmp_path / "a", publisher, "X-1"))
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match="cannot be written"):
        taken(file, tmp_path / "file" / "y.db", publisher)
