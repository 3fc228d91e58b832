"""A damaged log: every changed byte and every missing file is refused, and the line says which entry or tile it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from custody.errors import CustodyError, InputError, VerificationError
from custody.ledger import Ledger


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 600 entries in steps: full and partial tiles on two levels, and partial ones of older states."""
    folder = tmp_path_factory.mktemp("w")
    ledger = begin(folder)
    for size in (10, 290, 299, 1):
        ledger.append([b"event %d" % n for n in range(size)])
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "w")
    return tmp_path / "w"


def begin(folder: Path) -> Ledger:
    return Ledger.open(folder / "ledger", key_path=folder / "keys" / "ledger.key")


def flip(path: Path, at: int, bit: int = 1) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= bit
    path.write_bytes(data)


def test_every_flipped_byte_in_every_file_is_refused(folder: Path) -> None:
    """At a stride that meets every field of every kind of file; keys included."""
    checked = 0
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        good = path.read_bytes()
        step = 1 if len(good) < 400 else 211
        for at in range(0, len(good), step):
            for bit in (0x01, 0x80):
                flip(path, at, bit)
                with pytest.raises((InputError, VerificationError)) as refused:
                    begin(folder).verify_all()
                assert refused.value.exit_code in (1, 3)
                assert "\n" not in str(refused.value)
                path.write_bytes(good)
                checked += 1
    assert checked > 1000
    assert begin(folder).verify_all().size == 600


def test_every_missing_and_every_shortened_file_that_counts_is_refused(folder: Path) -> None:
    ledger = begin(folder)
    for path in sorted(p for p in (folder / "ledger" / "tile").rglob("*") if p.is_file()):
        good = path.read_bytes()
        path.write_bytes(good[:-1])
        with pytest.raises((InputError, VerificationError)):
            ledger.verify_all()
        path.unlink()
        name = path.relative_to(folder / "ledger").as_posix()
        if ".p/" in name and not name.endswith((".p/88", ".p/2")):
            assert ledger.verify_all().size == 600, "a partial tile of an older state is needed by nobody"
        else:
            with pytest.raises(VerificationError, match=f"ledger: {name}: missing; restore it from a copy"):
                ledger.verify_all()
        path.write_bytes(good)
    assert ledger.verify_all().size == 600


def test_a_changed_entry_is_named(folder: Path) -> None:
    flip(folder / "ledger/tile/entries/001", 4)
    ledger = begin(folder)
    line = "ledger: entry 256 does not match tile/0/001, and the tile is right: the entry was changed; restore it"
    with pytest.raises(VerificationError, match=f"^{line}"):
        ledger.verify_all()
    with pytest.raises(
        VerificationError, match=r"ledger: entry 256 does not match tile/0/001; run `custody audit verify`"
    ):
        list(ledger.entries())
    assert next(iter(ledger.entries(0, 256))) == b"event 0", "what is before it can still be read"
    with pytest.raises(VerificationError, match="entry 256 does not match"):
        ledger.prove_inclusion(256)


def test_a_changed_hash_is_named_as_such(folder: Path) -> None:
    flip(folder / "ledger/tile/0/000", 17 * 32)
    with pytest.raises(
        VerificationError, match="ledger: tile/0/000: its hash of entry 17 is wrong, while the entry is"
    ):
        begin(folder).verify_all()


def test_a_changed_hash_above_is_named_as_such(folder: Path) -> None:
    flip(folder / "ledger/tile/1/000.p/2", 40)
    with pytest.raises(VerificationError, match=r"ledger: tile/1/000\.p/2: does not hold what the entries give"):
        begin(folder).verify_all()
    with pytest.raises(VerificationError, match="ledger: the tiles do not give the root that the checkpoint states"):
        begin(folder).append([b"x"])
    with pytest.raises(VerificationError, match=r"ledger: entry 599 is not in the tree of size 600"):
        begin(folder).prove_inclusion(599)


def test_entries_and_all_tiles_changed_together_are_found_by_the_signed_root(folder: Path, tmp_path: Path) -> None:
    forged = begin(tmp_path / "forged")
    for size in (10, 290, 299, 1):
        forged.append([b"event %d" % n if n != 3 else b"EVENT 3" for n in range(size)])
    shutil.rmtree(folder / "ledger/tile")
    shutil.copytree(tmp_path / "forged/ledger/tile", folder / "ledger/tile")
    with pytest.raises(VerificationError, match="ledger: checkpoint: its root is not that of the entries and tiles"):
        begin(folder).verify_all()
    shutil.copy(tmp_path / "forged/ledger/checkpoint", folder / "ledger/checkpoint")
    with pytest.raises(VerificationError, match="ledger: checkpoint: is not signed by"):
        begin(folder).verify_all()


def test_nothing_is_added_to_a_log_whose_edge_is_damaged(folder: Path) -> None:
    flip(folder / "ledger/tile/entries/002.p/88", 5)
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    with pytest.raises(VerificationError, match=r"ledger: entry 512 does not match tile/0/002\.p/88"):
        begin(folder).append([b"x"])
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


def test_a_checkpoint_of_a_size_that_is_not_there_is_refused(folder: Path) -> None:
    ledger = begin(folder)
    from custody.ledger.note import Checkpoint, LogKey

    key = LogKey.parse(ledger.key_path.read_text(), "k")
    state = ledger.checkpoint()
    for size in (599, 601, 1 << 62):
        note = Checkpoint(origin=state.origin, size=size, root=state.root).signed(key).note
        (folder / "ledger/checkpoint").write_bytes(note)
        with pytest.raises(CustodyError) as refused:
            ledger.verify_all()
        assert refused.value.exit_code in (1, 3)


def test_files_that_belong_to_no_state_are_shown_and_harm_nothing(folder: Path) -> None:
    for name in ("tile/0/007", "tile/0/002.p/99", "tile/x", "tile/0/000.tmp", "tile/0/2", "tile/0/000.p/300"):
        path = folder / "ledger" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(b"?")
    assert set(begin(folder).verify_all().remains) == {
        "tile/0/007",
        "tile/0/002.p/99",
        "tile/x",
        "tile/0/000.tmp",
        "tile/0/2",
        "tile/0/000.p/300",
    }
