"""The log on disk: what it holds, how it grows, who may write."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest

from custody.errors import InputError, UnavailableError, VerificationError
from custody.ledger import Checkpoint, Ledger, verify_proof
from custody.ledger.disk import locked
from custody.ledger.merkle import EMPTY_ROOT, leaf_hash, root_hash, verify_consistency


def begin(folder: Path) -> Ledger:
    return Ledger.open(folder / "ledger", key_path=folder / "keys" / "ledger.key")


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_new_log_is_empty_signed_and_has_a_key_for_its_owner_alone(tmp_path: Path) -> None:
    ledger = begin(tmp_path)
    assert ledger.size == 0
    assert ledger.checkpoint().root == EMPTY_ROOT
    assert ledger.verify_all().size == 0
    assert list(ledger.entries()) == []
    assert names(tmp_path) == {"ledger/checkpoint", "ledger/lock", "keys/ledger.key", "keys/ledger.pub"}
    assert ledger.key_path.stat().st_mode & 0o777 == 0o600
    assert ledger.key_path.parent.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "keys" / "ledger.pub").read_text() == f"{ledger.verifier_key}\n"


def test_entries_come_back_in_order_and_by_index(tmp_path: Path) -> None:
    ledger = begin(tmp_path)
    assert ledger.append([b"a", b"", b"c"]) == [0, 1, 2]
    assert ledger.append([]) == []
    assert ledger.append([b"d"]) == [3]
    again = begin(tmp_path)
    assert list(again.entries()) == [b"a", b"", b"c", b"d"] == list(ledger.entries())
    assert again.entry(2) == b"c"
    assert list(again.entries(1, 3)) == [b"", b"c"]
    for index in (-1, 4):
        with pytest.raises(InputError, match=f"there is no entry {index}; it has the entries 0 to 3"):
            ledger.entry(index)


def test_a_log_that_grew_in_any_steps_has_the_same_root_and_tiles(tmp_path: Path) -> None:
    """Sizes around the boundaries of tiles, and one step over several tiles."""
    rng = random.Random(7)  # noqa: S311 - contents, not secrets
    entries = [rng.randbytes(rng.randrange(0, 40)) for _ in range(1100)]
    whole = begin(tmp_path / "whole")
    whole.append(entries)
    stepped = begin(tmp_path / "stepped")
    done = 0
    for size in (1, 2, 255, 256, 257, 300, 511, 512, 513, 1023, 1025, 1100):
        assert stepped.append(entries[done:size]) == list(range(done, size))
        done = size
        assert stepped.checkpoint().root == root_hash([leaf_hash(entry) for entry in entries[:size]])
        assert stepped.verify_all().remains == ()
    assert stepped.checkpoint().root == whole.checkpoint().root
    needed = {name for name in names(tmp_path / "whole") if "/tile/" in name}
    assert needed == {
        *(f"ledger/tile/{level}/00{n}" for level in (0, "entries") for n in range(4)),
        *(f"ledger/tile/{level}/004.p/76" for level in (0, "entries")),
        "ledger/tile/1/000.p/4",
    }
    assert needed <= names(tmp_path / "stepped")
    for name in needed:
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "stepped" / name).read_bytes()


def test_partial_tiles_of_published_sizes_stay_until_the_full_tile_is_there(tmp_path: Path) -> None:
    ledger = begin(tmp_path)
    for _ in range(5):
        ledger.append([b"x"])
    tile = tmp_path / "ledger" / "tile"
    assert sorted(p.name for p in (tile / "0" / "000.p").iterdir()) == ["1", "2", "3", "4", "5"]
    ledger.append([b"x"] * 251)
    assert not (tile / "0" / "000.p").exists()
    assert not (tile / "entries" / "000.p").exists()
    assert (tile / "0" / "000").stat().st_size == 8192


def test_a_reader_of_an_older_state_is_served_from_the_full_tile(tmp_path: Path) -> None:
    ledger = begin(tmp_path)
    ledger.append([b"%d" % n for n in range(200)])
    old = (tmp_path / "ledger" / "checkpoint").read_bytes()
    ledger.append([b"%d" % n for n in range(200, 600)])
    new = (tmp_path / "ledger" / "checkpoint").read_bytes()
    (tmp_path / "ledger" / "checkpoint").write_bytes(old)  # as if read just before the append
    assert list(ledger.entries()) == [b"%d" % n for n in range(200)]
    assert verify_proof(ledger.prove_inclusion(199), b"199", ledger.verifier_key).index == 199
    (tmp_path / "ledger" / "checkpoint").write_bytes(new)


def test_a_kept_checkpoint_shows_that_the_log_only_grew(tmp_path: Path) -> None:
    ledger = begin(tmp_path)
    kept = [ledger.checkpoint()]
    for size in (1, 3, 300):
        ledger.append([b"x"] * size)
        kept.append(ledger.checkpoint())
    for old in kept:
        proof = ledger.prove_consistency(old)
        now = ledger.checkpoint()
        verify_consistency(old=old.size, old_root=old.root, new=now.size, new_root=now.root, proof=proof)
        assert ledger.verify_all(old).size == 304


def test_a_folder_put_back_to_an_older_state_is_found_out_with_a_kept_checkpoint(tmp_path: Path) -> None:
    import shutil

    ledger = begin(tmp_path)
    ledger.append([b"a"])
    shutil.copytree(tmp_path / "ledger", tmp_path / "copy")
    ledger.append([b"b"])
    kept = ledger.checkpoint()
    shutil.rmtree(tmp_path / "ledger")
    shutil.move(tmp_path / "copy", tmp_path / "ledger")
    assert ledger.verify_all().size == 1, "alone, the folder is whole"
    with pytest.raises(VerificationError, match=r"has 1 entries, but had 2 before: it was put back"):
        ledger.verify_all(kept)
    with pytest.raises(VerificationError, match=r"it was rolled back"):
        ledger.prove_consistency(kept)
    ledger.append([b"c"])
    with pytest.raises(VerificationError, match=r"its first 2 entries are not those of before: it was rewritten"):
        ledger.verify_all(kept)
    with pytest.raises(VerificationError, match=r"the trees of size 2 have different roots"):
        ledger.prove_consistency(kept)
    ledger.append([b"d"])
    with pytest.raises(VerificationError, match=r"does not continue"):
        ledger.prove_consistency(kept)


def test_the_public_key_alone_reads_and_does_not_write(tmp_path: Path) -> None:
    ledger = begin(tmp_path)
    ledger.append([b"a"])
    ledger.key_path.unlink()
    reader = begin(tmp_path)
    assert reader.verify_all().size == 1
    with pytest.raises(UnavailableError, match=r"the ledger's private key is missing"):
        reader.append([b"b"])
    ledger.key_path.with_suffix(".pub").unlink()
    with pytest.raises(UnavailableError, match=r"the ledger's key is missing; restore it"):
        begin(tmp_path)


def test_a_lost_log_is_not_silently_begun_anew(tmp_path: Path) -> None:
    import shutil

    ledger = begin(tmp_path)
    ledger.append([b"a"])
    (tmp_path / "ledger" / "checkpoint").unlink()
    with pytest.raises(VerificationError, match=r"checkpoint: missing, but the log's tiles are there"):
        begin(tmp_path)
    shutil.rmtree(tmp_path / "ledger")
    with pytest.raises(VerificationError, match=r"the ledger is gone that the key .* belongs to; restore the folder"):
        begin(tmp_path)
    ledger.key_path.rename(tmp_path / "old.key")
    ledger.key_path.with_suffix(".pub").unlink()
    assert begin(tmp_path).origin != ledger.origin


def test_without_leave_no_log_is_begun(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"there is no ledger here"):
        Ledger.open(tmp_path / "ledger", key_path=tmp_path / "k.key", create=False)
    assert list(tmp_path.iterdir()) == []


def test_the_key_must_be_the_logs_own(tmp_path: Path) -> None:
    first, second = begin(tmp_path / "1"), begin(tmp_path / "2")
    first.append([b"a"])
    mixed = Ledger.open(tmp_path / "1" / "ledger", key_path=second.key_path)
    with pytest.raises(VerificationError, match=r"ledger: checkpoint: is not signed by"):
        mixed.verify_all()
    with pytest.raises(VerificationError, match=r"is not signed by"):
        mixed.append([b"b"])
    second.key_path.with_suffix(".pub").write_text(f"{first.verifier_key}\n")
    with pytest.raises(VerificationError, match=r"is not the public half of"):
        begin(tmp_path / "2")
    with pytest.raises(VerificationError, match=r"expected a ledger of the origin 'x'"):
        Ledger.open(tmp_path / "1" / "ledger", key_path=first.key_path, origin="x")
    first.key_path.write_bytes(b"\xff\n")
    with pytest.raises(InputError, match=r"not a ledger's key: not UTF-8"):
        begin(tmp_path / "1")


def test_an_origin_can_be_chosen(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "l", key_path=tmp_path / "k.key", origin="example.com/log")
    assert ledger.origin == "example.com/log"
    assert ledger.checkpoint().origin == "example.com/log"


def test_an_entry_that_is_too_long_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    ledger = begin(tmp_path)
    with pytest.raises(InputError, match=r"an entry of 65536 bytes"):
        ledger.append([b"fine", b"x" * 65_536])
    assert ledger.size == 0
    ledger.append([b"x" * 65_535] * 3)
    assert ledger.verify_all().size == 3


def test_appends_from_many_threads_lose_nothing(tmp_path: Path) -> None:
    begin(tmp_path)
    got: dict[int, bytes] = {}

    def write(name: int) -> None:
        mine = begin(tmp_path)
        for number in range(15):
            entry = b"%d:%d" % (name, number)
            (index,) = mine.append([entry])
            got[index] = entry

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger = begin(tmp_path)
    assert ledger.verify_all().size == 60
    assert dict(enumerate(ledger.entries())) == got


def test_a_log_in_use_is_waited_for_and_then_said_to_be_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custody.ledger.log.LOCK_TIMEOUT_SECONDS", 0.1)
    ledger = begin(tmp_path)
    started = time.monotonic()
    with (
        locked(tmp_path / "ledger" / "lock", 1),
        pytest.raises(UnavailableError, match=r"another process has been writing for 0\.1 s; try again"),
    ):
        ledger.append([b"x"])
    assert 0.1 <= time.monotonic() - started < 5
    assert ledger.append([b"x"]) == [0]


def test_reading_needs_no_lock(tmp_path: Path) -> None:
    ledger = begin(tmp_path)
    ledger.append([b"x"])
    with locked(tmp_path / "ledger" / "lock", 1):
        assert list(ledger.entries()) == [b"x"]
        assert ledger.verify_all().size == 1


def test_a_checkpoint_is_a_value_with_its_text(tmp_path: Path) -> None:
    ledger = begin(tmp_path)
    checkpoint = ledger.checkpoint()
    assert isinstance(checkpoint, Checkpoint)
    assert checkpoint.text.encode() == (tmp_path / "ledger" / "checkpoint").read_bytes()
