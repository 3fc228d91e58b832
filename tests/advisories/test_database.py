from __future__ import annotations

import datetime as dt
import json
import random
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from custody.advisories import default_path, import_osv, open_database, status, update_osv
from custody.advisories.database import Database
from custody.advisories.versions import ordering_of
from custody.errors import InputError, UnavailableError
from tests.advisories.samples import CVSS_HIGH, NOW, cvss, database, dump, record

LATER = NOW + dt.timedelta(days=1)
UNORDERED = "OSS-Fuzz"
"""An ecosystem whose versions nobody can order."""


def hits(opened: Database, package: str, version: str) -> list[str]:
    ecosystem, _, name = package.partition("/")
    ordering = ordering_of(ecosystem)
    assert ordering is not None
    return [hit.record.id for hit in opened.affecting(ecosystem, name, ordering.key(version), version)]


# ── what goes in comes out ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_match_is_a_range_test_on_keys(tmp_path: Path) -> None:
    with database(
        tmp_path, [record("A-1"), record("B-1", ranges="introduced 1.5, last_affected 3.0", versions=["0.9"])]
    ) as db:
        assert hits(db, "PyPI/sample", "1.0") == ["A-1"]
        assert hits(db, "PyPI/sample", "1.7") == ["A-1", "B-1"]
        assert hits(db, "PyPI/sample", "2.0") == ["B-1"]
        assert hits(db, "PyPI/sample", "3.0.post1") == []
        assert hits(db, "PyPI/sample", "0.9.0") == ["A-1", "B-1"]
        assert hits(db, "PyPI/other", "1.0") == []
        assert hits(db, "npm/sample", "1.0.0") == []


def test_names_are_found_as_the_ecosystem_spells_them(tmp_path: Path) -> None:
    records = [record("A-1", "PyPI/Zope.Interface"), record("B-1", "npm/@Scope/Name"), record("C-1", "npm/plain")]
    with database(tmp_path, records) as db:
        assert hits(db, "PyPI/zope-interface", "1.0") == ["A-1"]
        assert hits(db, "npm/@Scope/Name", "1.0.0") == ["B-1"]
        assert hits(db, "npm/Plain", "1.0.0") == []


def test_withdrawn_records_are_kept_and_never_match(tmp_path: Path) -> None:
    with database(
        tmp_path,
        [record("A-1", withdrawn="2026-01-03T00:00:00Z", aliases=["CVE-1"]), record("B-1", ranges="introduced 9")],
    ) as db:
        assert hits(db, "PyPI/sample", "1.0") == []
        assert db.named(["CVE-1", "A-1"]) == []
        assert db.status().records == 2


def test_versions_that_cannot_be_ordered_are_found_as_texts(tmp_path: Path) -> None:
    with database(tmp_path, [record("A-1", ranges="", versions=["0.1-bulbasaur"])]) as db:
        key = b"\x00"  # such a version has no key; the text is what counts
        assert [h.said for h in db.affecting("PyPI", "sample", key, "0.1-bulbasaur")] == [
            "version 0.1-bulbasaur is listed"
        ]
        assert db.affecting("PyPI", "sample", key, "0.1") == []


def test_all_entries_about_a_package_in_one_record_count(tmp_path: Path) -> None:
    value = record("A-1")
    value["affected"] += record("x", ranges="introduced 5, fixed 6")["affected"]
    with database(tmp_path, [value]) as db:
        assert hits(db, "PyPI/sample", "1.0") == ["A-1"]
        assert hits(db, "PyPI/sample", "5.5") == ["A-1"]
        (hit,) = db.affecting("PyPI", "sample", ordering_of("PyPI").key("1.0"), "1.0")  # type: ignore[union-attr]
        assert [version for _, version in hit.fixed] == ["2.0", "6"]


def test_the_content_decides_the_digest_and_nothing_else(tmp_path: Path) -> None:
    records = [record("A-1"), record("B-1", severity=cvss(CVSS_HIGH)), record("C-1", "npm/x", aliases=["CVE-1"])]
    one = database(tmp_path / "one", records).state
    two = database(tmp_path / "two", reversed(records)).state
    three = database(tmp_path / "three", [*records[:2], record("C-1", "npm/x", aliases=["CVE-2"])]).state
    assert one.digest == two.digest
    assert one.digest != three.digest
    assert one.ecosystems == (("PyPI", 2), ("npm", 1))


def test_the_state_names_the_newest_record_that_is_not_in_the_future(tmp_path: Path) -> None:
    records = [
        record("A-1"),
        record("B-1", modified="2026-06-01T00:00:00Z"),
        record("C-1", modified="2027-07-09T00:00:00Z"),
    ]
    state = database(tmp_path, records).state
    assert state.newest == dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    assert state.imported_at == NOW
    assert state.origin.endswith("/osv")
    assert str(tmp_path) not in state.origin, "where a user keeps files is not the readers' business"
    assert not state.partial


def test_ecosystems_we_cannot_order_are_stored_as_stated(tmp_path: Path) -> None:
    with database(tmp_path, [record("A-1", f"{UNORDERED}/x", versions=["0.9"])]) as db:
        assert db.status().unordered == (UNORDERED,)
        assert db.state.ecosystems == ((UNORDERED, 1),)
        (named,) = db.packages_of("A-1")
        assert (named.ecosystem, named.name, named.versions, named.fixed) == (UNORDERED, "x", ("0.9",), ("2.0",))
        assert [(e.kind, e.version) for e in named.ranges[0].events] == [("introduced", "0"), ("fixed", "2.0")]
        assert db.gaps(UNORDERED, "x", b"\x01") == [("A-1", "the versions of OSS-Fuzz packages cannot be ordered yet")]


# ── what it covers ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_complete_dump_covers_its_ecosystem_and_no_other(tmp_path: Path) -> None:
    both = record("A-1")
    both["affected"] += record("x", "npm/x")["affected"]
    with database(tmp_path, [both]) as db:
        assert db.uncovered(("PyPI",), "whatever") == ""
        assert db.uncovered(("npm",), "x") == "the database holds single advisories for npm, not all of them"
        assert db.uncovered(("Go",), "x") == "the database holds no advisories for Go"


def test_a_release_without_a_single_advisory_is_not_covered(tmp_path: Path) -> None:
    with database(tmp_path, [record("A-1", "Debian:12/x", "introduced 0, fixed 1-1")]) as db:
        assert db.uncovered(("Debian:12", "Debian"), "y") == ""
        assert db.uncovered(("Debian:13", "Debian"), "y") == "the database holds no advisories for Debian:13"
        assert db.uncovered(("Ubuntu:22.04:LTS", "Ubuntu:22.04"), "y") == "the database holds no advisories for Ubuntu"


def test_loose_records_cover_what_their_importer_says(tmp_path: Path) -> None:
    (tmp_path / "A-1.json").write_text(json.dumps(record("A-1")))
    place = tmp_path / "x.db"
    import_osv([tmp_path / "A-1.json"], database=place, now=NOW)
    with open_database(place) as db:
        assert db.uncovered(("PyPI",), "sample") == "the database holds single advisories for PyPI, not all of them"
        assert hits(db, "PyPI/sample", "1.0") == ["A-1"]
    report = import_osv([tmp_path / "A-1.json"], database=place, now=NOW, ecosystems=["PyPI"])
    assert report.whole == ("PyPI",)
    with open_database(place) as db:
        assert db.uncovered(("PyPI",), "sample") == ""
    with pytest.raises(InputError, match="'Cobol' is not an OSV ecosystem"):
        import_osv([tmp_path / "A-1.json"], database=place, now=NOW, ecosystems=["Cobol"])


# ── a second import ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_import_leaves_other_ecosystems_as_they_are(tmp_path: Path) -> None:
    place = tmp_path / "x.db"
    import_osv([dump(tmp_path, "PyPI", [record("A-1")])], database=place, now=NOW)
    report = import_osv([dump(tmp_path, "npm", [record("B-1", "npm/x")])], database=place, now=LATER)
    assert report.records == 1
    with open_database(place) as db:
        assert hits(db, "PyPI/sample", "1.0") == ["A-1"]
        assert hits(db, "npm/x", "1.0.0") == ["B-1"]
        assert db.uncovered(("PyPI",), "y") == db.uncovered(("npm",), "y") == ""
        assert db.state.imported_at == LATER
        assert db.state.origin == "PyPI/all.zip, npm/all.zip"
        db.verify()


def test_a_merged_database_is_the_same_as_one_made_at_once(tmp_path: Path) -> None:
    python = [record(f"A-{n}", f"PyPI/p{n}", aliases=[f"CVE-2026-{n}"], versions=["zz"]) for n in range(20)]
    node = [record(f"B-{n}", f"npm/p{n}", "introduced 0, fixed 1.x") for n in range(20)]
    import_osv([dump(tmp_path, "PyPI", python)], database=tmp_path / "two.db", now=NOW)
    merged = import_osv([dump(tmp_path, "npm", node)], database=tmp_path / "two.db", now=NOW)
    whole = import_osv([tmp_path], database=tmp_path / "one.db", now=NOW)
    assert merged.state.digest == whole.state.digest
    assert merged.state.ecosystems == whole.state.ecosystems


def test_a_new_dump_replaces_the_ecosystem(tmp_path: Path) -> None:
    place = tmp_path / "x.db"
    import_osv([dump(tmp_path, "PyPI", [record("A-1"), record("GONE-1")])], database=place, now=NOW)
    import_osv([dump(tmp_path, "PyPI", [record("A-1", ranges="introduced 0, fixed 1.5")])], database=place, now=LATER)
    with open_database(place) as db:
        assert hits(db, "PyPI/sample", "1.0") == ["A-1"]
        assert hits(db, "PyPI/sample", "1.7") == []


def test_of_two_records_with_one_id_the_newer_stays(tmp_path: Path) -> None:
    place = tmp_path / "x.db"
    old = record("A-1", ranges="introduced 0, fixed 1.0", modified="2026-01-01T00:00:00Z")
    new = record("A-1", ranges="introduced 0, fixed 2.0", modified="2026-01-02T00:00:00Z")
    for index, order in enumerate(([old, new], [new, old])):
        import_osv([dump(tmp_path / str(index), "PyPI", order)], database=place, now=NOW, replace=True)
        with open_database(place) as db:
            assert hits(db, "PyPI/sample", "1.5") == ["A-1"]
            assert db.status().records == 1
            db.verify()
    import_osv([dump(tmp_path / "later", "PyPI", [old])], database=place, now=LATER)
    with open_database(place) as db:
        assert hits(db, "PyPI/sample", "1.5") == ["A-1"], "an old copy of a dump must not take back what is known"


def test_replace_begins_with_an_empty_database(tmp_path: Path) -> None:
    place = tmp_path / "x.db"
    import_osv([dump(tmp_path, "PyPI", [record("A-1")])], database=place, now=NOW)
    import_osv([dump(tmp_path, "npm", [record("B-1", "npm/x")])], database=place, now=NOW, replace=True)
    assert status(place).state.ecosystems == (("npm", 1),)


def test_update_fetches_from_a_mirror(tmp_path: Path) -> None:
    dump(tmp_path, "PyPI", [record("A-1")])
    place = tmp_path / "cache" / "x.db"
    report = update_osv(database=place, now=NOW, mirror=tmp_path.as_uri(), ecosystems=["PyPI"])
    assert (report.records, report.whole) == (1, ("PyPI",))
    with pytest.raises(UnavailableError):
        update_osv(database=place, now=NOW, mirror=tmp_path.as_uri(), ecosystems=["PyPI", "npm"])
    assert status(place).records == 1


# ── what can go wrong ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_database_cut_short_gives_one_line_and_exit_code_3(tmp_path: Path) -> None:
    database(tmp_path, [record(f"A-{n}", f"PyPI/p{n}") for n in range(300)]).close()
    place = tmp_path / "advisories.db"
    data = place.read_bytes()
    for length in [0, 1, 50, 99, 100, 4095, 4096, len(data) // 2, len(data) - 4096, len(data) - 1]:
        place.write_bytes(data[:length])
        with pytest.raises(InputError) as caught:
            open_database(place)
        assert caught.value.exit_code == 3
        assert str(caught.value).startswith(f"{place}: ")
        assert "\n" not in str(caught.value)
        assert "remove it, then run `custody db update`" in str(caught.value)


def ask(place: Path) -> None:
    """Ask everything that can be asked."""
    with open_database(place) as db:
        hits(db, "PyPI/p7", "1.0")
        db.named(["CVE-7"])
        db.uncovered(("PyPI",), "p7")
        db.gaps("PyPI", "p7", b"\x01")
        db.status()


def test_any_damage_gives_an_answer_or_an_input_error(tmp_path: Path) -> None:
    database(tmp_path, [record(f"A-{n}", f"PyPI/p{n}", aliases=[f"CVE-{n}"]) for n in range(30)]).close()
    place = tmp_path / "advisories.db"
    data = place.read_bytes()
    ask(place)
    chance = random.Random(7)  # noqa: S311 - the same damage each time
    for _ in range(200):
        spot = chance.randrange(len(data))
        place.write_bytes(data[:spot] + bytes([data[spot] ^ chance.randrange(1, 256)]) + data[spot + 1 :])
        with suppress(InputError):
            ask(place)


@pytest.mark.parametrize("what", ["CVE-77", "7.7", "a summary", "p77", "wss://x.example", "1.0-77"])
def test_verify_finds_a_changed_byte_in_any_row(tmp_path: Path, what: str) -> None:
    value = record(
        "A-1",
        "PyPI/p77",
        "introduced 0, fixed 7.7",
        aliases=["CVE-77"],
        summary="a summary",
        references=[{"type": "WEB", "url": "wss://x.example/y"}],
        versions=["1.0-77x"],
    )
    database(tmp_path, [value]).close()
    place = tmp_path / "advisories.db"
    assert status(place, verify=True).verified
    assert status(place).verified is None
    data = place.read_bytes()
    spots = [n for n in range(len(data)) if data.startswith(what.encode(), n)]
    assert spots
    for spot in spots:
        place.write_bytes(data[:spot] + bytes([data[spot] ^ 1]) + data[spot + 1 :])
        with pytest.raises(InputError, match="the advisory database is damaged"):
            status(place, verify=True)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE meta SET value = value || '1' WHERE key = 'imported_at'",
        "UPDATE meta SET value = value || '1' WHERE key = 'origin'",
        "UPDATE meta SET value = value || '1' WHERE key = 'digest'",
        "UPDATE meta SET value = value || '1' WHERE key = 'partial'",
        "UPDATE ecosystem SET name = 'npm'",
        "UPDATE ecosystem SET records = 0",
        "UPDATE source SET fetched_at = fetched_at + 86400",
        "UPDATE source SET kind = 'osv:npm'",
        "UPDATE probe SET key = x'00'",
        "INSERT INTO coverage VALUES ('npm')",
        "UPDATE seal SET value = 'x'",
    ],
)
def test_what_a_database_says_of_itself_is_sealed(tmp_path: Path, change: str) -> None:
    database(tmp_path, [record("A-1")]).close()
    with sqlite3.connect(tmp_path / "advisories.db") as raw:
        assert raw.execute(change).rowcount > 0
    with pytest.raises(InputError, match="what it says of itself has been changed"):
        open_database(tmp_path / "advisories.db")


@pytest.mark.parametrize("what", [b"", b"hello" * 100, b"SQLite format 3\0" + b"\0" * 200])
def test_another_file_is_not_taken_for_a_database(tmp_path: Path, what: bytes) -> None:
    (tmp_path / "x.db").write_bytes(what)
    with pytest.raises(InputError, match="not an advisory database"):
        open_database(tmp_path / "x.db")


def test_a_database_of_another_version_is_named_as_such(tmp_path: Path) -> None:
    database(tmp_path, [record("A-1")]).close()
    with sqlite3.connect(tmp_path / "advisories.db") as raw:
        raw.execute("PRAGMA user_version = 99")
    with pytest.raises(InputError, match="another version"):
        open_database(tmp_path / "advisories.db")
    with pytest.raises(InputError, match="another version"):
        database(tmp_path, [record("A-1")])


def test_a_database_that_was_asked_for_and_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="run `custody db update`") as caught:
        open_database(tmp_path / "x.db")
    assert caught.value.exit_code == 4
    with pytest.raises(UnavailableError):
        open_database(tmp_path)


def test_an_import_that_fails_leaves_the_old_database_and_nothing_else(tmp_path: Path) -> None:
    database(tmp_path, [record("A-1")]).close()
    place = tmp_path / "advisories.db"
    before = place.read_bytes()
    bad = dump(tmp_path / "bad", "npm", [record("B-1", "npm/x")])
    good = bad.read_bytes()
    bad.write_bytes(good[: len(good) // 2])
    with pytest.raises(InputError):
        import_osv([bad], database=place, now=NOW)
    (tmp_path / "empty.json").write_text("{}")
    with pytest.raises(InputError, match="holds no advisory that can be read; the first of 1 that cannot: "):
        import_osv([tmp_path / "empty.json"], database=place, now=NOW)
    assert place.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["advisories.db", "bad", "empty.json", "osv"]


def test_an_interrupt_leaves_the_old_database_and_nothing_else(tmp_path: Path) -> None:
    database(tmp_path, [record("A-1")]).close()
    place = tmp_path / "advisories.db"
    before = place.read_bytes()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_osv([dump(tmp_path / "more", "npm", [record("B-1", "npm/x")])], database=place, now=NOW, progress=stop)
    assert place.read_bytes() == before
    assert not list(tmp_path.glob(".*"))


def test_a_damaged_old_database_is_not_merged_into_a_new_one(tmp_path: Path) -> None:
    database(tmp_path, [record(f"A-{n}", f"PyPI/p{n}") for n in range(300)]).close()
    place = tmp_path / "advisories.db"
    data = place.read_bytes()
    more = dump(tmp_path / "more", "npm", [record("B-1", "npm/x")])
    place.write_bytes(data[:-4096])
    with pytest.raises(InputError, match="damaged"):
        import_osv([more], database=place, now=NOW)
    place.write_bytes(data[:4096] + b"\x55" * (len(data) - 4096))
    with pytest.raises(InputError, match="damaged"):
        import_osv([more], database=place, now=NOW)
    assert import_osv([more], database=place, now=NOW, replace=True).records == 1


def test_a_full_disk_and_a_closed_folder_are_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = dump(tmp_path, "PyPI", [record(f"A-{n}", f"PyPI/p{n}") for n in range(100)])
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match="cannot be written"):
        import_osv([source], database=tmp_path / "file" / "x.db", now=NOW)
    original = sqlite3.connect

    def small(*arguments: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = original(*arguments, **options)  # type: ignore[call-overload]
        connection.execute("PRAGMA max_page_count = 12")
        return connection

    monkeypatch.setattr(sqlite3, "connect", small)
    with pytest.raises(UnavailableError, match="is there room on the disk") as caught:
        import_osv([source], database=tmp_path / "x.db", now=NOW)
    assert caught.value.exit_code == 4
    assert not list(tmp_path.glob("*.db")) + list(tmp_path.glob(".*"))


def test_who_has_the_old_database_open_goes_on_reading_it(tmp_path: Path) -> None:
    old = database(tmp_path, [record("A-1")])
    with database(tmp_path, [record("A-2")]) as new:
        assert hits(new, "PyPI/sample", "1.0") == ["A-2"]
        assert hits(old, "PyPI/sample", "1.0") == ["A-1"]
    old.close()


def test_the_file_can_be_read_as_other_files_can(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    database(tmp_path, [record("A-1")]).close()
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("other", "advisories.db")]
    assert modes[0] == modes[1]


def test_a_record_may_hold_anything_json_holds(tmp_path: Path) -> None:
    odd = record("A-'\"\u0000;--", "PyPI/x", aliases=["\u202e", "é" * 50, ""], versions=["", "\n", "1 OR 1=1"])
    with database(tmp_path, [odd]) as db:
        assert hits(db, "PyPI/x", "1.0") == ["A-'\"\u0000;--"]
        db.verify()


# ── where it is ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"CUSTODY_DB": "/data/x.db", "XDG_CACHE_HOME": "/cache"}, "/data/x.db"),
        ({"XDG_CACHE_HOME": "/cache"}, "/cache/custody/advisories.db"),
        ({"CUSTODY_DB": "", "XDG_CACHE_HOME": "/cache"}, "/cache/custody/advisories.db"),
    ],
)
def test_where_the_database_lives(environ: dict[str, str], expected: str) -> None:
    assert default_path(environ) == Path(expected)


@pytest.mark.parametrize("cache", ["", "relative/cache"])
def test_it_lives_in_the_home_folder_otherwise(cache: str) -> None:
    assert default_path({"XDG_CACHE_HOME": cache}) == Path.home() / ".cache" / "custody" / "advisories.db"


def test_nothing_named_and_nothing_there_opens_the_starter_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUSTODY_DB", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with open_database() as db:
        assert db.state.partial
        assert db.path is None
    import_osv([dump(tmp_path, "PyPI", [record("A-1")])], database=default_path(), now=NOW)
    with open_database() as db:
        assert not db.state.partial
    monkeypatch.setenv("CUSTODY_DB", "")
    with open_database() as db:
        assert db.state.partial, "an empty CUSTODY_DB asks for the starter database"
    monkeypatch.setenv("CUSTODY_DB", str(tmp_path / "other.db"))
    with pytest.raises(UnavailableError):
        open_database()


# ── the real thing ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_reference_data_goes_in_whole_and_fast(shared: Path, tmp_path: Path) -> None:
    import time

    started = time.process_time()
    ecosystems = ("PyPI", "npm", "Debian", "Ubuntu")
    report = import_osv([shared / "data" / "osv" / e for e in ecosystems], database=tmp_path / "x.db", now=NOW)
    seconds = time.process_time() - started
    assert report.skipped == ()
    assert report.whole == ("Debian", "PyPI", "Ubuntu", "npm")
    assert report.records > 17_000
    assert seconds < 15
    done = status(tmp_path / "x.db", verify=True)
    assert dict(done.releases)["Debian:11"] > 400
