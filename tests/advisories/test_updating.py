"""Updates from a mirror: what is fetched, what is written, and what is left when one is cut short."""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import http.server
import json
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custody.advisories import import_osv, open_database, status, update_osv, updating
from custody.advisories.updating import parse_list
from custody.errors import InputError, UnavailableError
from tests.advisories.samples import NOW, dump, record

LATER = NOW + dt.timedelta(days=1)
EPSS = "#model_version:v2025.03.14,score_date:{}T00:00:00Z\ncve,epss,percentile\nCVE-2026-0001,{},0.9\n"


class Bucket:
    """A mirror in a folder, on this machine, that knows what it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self.records: dict[str, dict[str, dict[str, Any]]] = {}
        self.base = ""

    def put(self, ecosystem: str, *records: dict[str, Any]) -> None:
        """Publish records: their files, the list of changes and the archive."""
        held = self.records.setdefault(ecosystem, {})
        held.update({each["id"]: each for each in records})
        self.publish(ecosystem)

    def drop(self, ecosystem: str, *names: str) -> None:
        for name in names:
            del self.records[ecosystem][name]
            (self.folder / ecosystem / f"{name}.json").unlink()
        self.publish(ecosystem)

    def publish(self, ecosystem: str) -> None:
        values = list(self.records[ecosystem].values())
        dump(self.folder, ecosystem, values)
        for each in values:
            (self.folder / ecosystem / f"{each['id']}.json").write_text(json.dumps(each))
        lines = sorted(((each["modified"], each["id"]) for each in values), reverse=True)
        text = "".join(f"{moment.replace('Z', '.123456Z')},{name}\n" for moment, name in lines)
        (self.folder / ecosystem / "modified_id.csv").write_text(text)

    def take(self) -> list[str]:
        """Give what was asked for since the last call."""
        asked, self.asked = self.asked, []
        return sorted(asked)


@contextmanager
def serving(folder: Path) -> Iterator[Bucket]:
    bucket = Bucket(folder)
    folder.mkdir(exist_ok=True)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = folder / unquote(self.path).lstrip("/")
            bucket.asked.append(unquote(self.path).lstrip("/"))
            if not path.is_file():
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            data = path.read_bytes()
            tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
            same = self.headers.get("If-None-Match") == tag
            self.send_response(304 if same else 200)
            self.send_header("ETag", tag)
            self.send_header("Content-Length", "0" if same else str(len(data)))
            self.end_headers()
            if not same:
                for start in range(0, len(data), max(1, len(data) // 8)):
                    self.wfile.write(data[start : start + max(1, len(data) // 8)])

        def log_message(self, *_: Any) -> None:  # noqa: ANN401
            pass

        def handle_error(self, *_: Any) -> None:  # noqa: ANN401
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    bucket.base = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ids(place: Path) -> list[str]:
    with open_database(place) as db:
        return sorted(name for (name,) in db.connection.execute("SELECT id FROM advisory"))


def aged(name: str, day: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return record(name, f"PyPI/p-{name.lower()}", modified=f"2026-01-{day:02}T00:00:00Z", **more)


# ── what is fetched ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_what_changed_is_fetched(tmp_path: Path) -> None:
    place = tmp_path / "x.db"
    with serving(tmp_path / "m") as bucket:
        bucket.put("PyPI", *(aged(f"A-{n}", 1 + n % 9) for n in range(40)))
        wanted: dict[str, Any] = {"database": place, "mirror": bucket.base, "ecosystems": ["PyPI"]}
        assert update_osv(now=NOW, **wanted).records == 40
        assert bucket.take() == ["PyPI/all.zip", "PyPI/modified_id.csv"]

        same = update_osv(now=LATER, **wanted)
        assert (same.added, same.replaced, same.removed) == (0, 0, 0)
        assert bucket.take() == ["PyPI/modified_id.csv"]
        assert same.state.imported_at == LATER, "that nothing changed is news too"

        bucket.put("PyPI", aged("A-3", 20, ranges="introduced 0, fixed 7"), aged("NEW-1", 21))
        bucket.drop("PyPI", "A-4")
        changed = update_osv(now=LATER, **wanted)
        assert bucket.take() == ["PyPI/A-3.json", "PyPI/NEW-1.json", "PyPI/modified_id.csv"]
        assert (changed.added, changed.replaced, changed.removed) == (1, 1, 1)
        assert changed.notes == ("PyPI: 2 of 40 records fetched, 1 gone",)
        assert "A-4" not in ids(place)
        with open_database(place) as db:
            db.verify()
            (named,) = db.packages_of("A-3")
            assert named.fixed == ("7",)
            (source,) = db.sources()
            assert (source.kind, source.records, source.fetched_at) == ("osv:PyPI", 40, LATER)
            assert source.position == "2026-01-21T00:00:00.123456Z"

        update_osv(now=LATER, **wanted)
        assert bucket.take() == ["PyPI/modified_id.csv"], "what was fetched singly is not fetched again"


def test_a_list_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    with serving(tmp_path / "m") as bucket:
        bucket.put("PyPI", aged("A-1", 1))
        wanted: dict[str, Any] = {
            "database": tmp_path / "x.db",
            "mirror": bucket.base,
            "ecosystems": ["PyPI"],
            "now": NOW,
        }
        for note in ("PyPI: fetched as a whole", "PyPI: 0 of 1 records fetched, 0 gone", "PyPI: nothing changed"):
            assert update_osv(**wanted).notes == (note,)


def test_many_changes_come_as_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updating, "MOST_SINGLE", 5)
    place = tmp_path / "x.db"
    with serving(tmp_path / "m") as bucket:
        bucket.put("PyPI", *(aged(f"A-{n}", 1) for n in range(30)))
        wanted: dict[str, Any] = {"database": place, "mirror": bucket.base, "ecosystems": ["PyPI"], "now": NOW}
        update_osv(**wanted)
        bucket.put("PyPI", *(aged(f"A-{n}", 9) for n in range(10)))
        bucket.drop("PyPI", "A-29")
        bucket.take()
        report = update_osv(**wanted)
        assert bucket.take() == ["PyPI/all.zip", "PyPI/modified_id.csv"]
        assert (report.added, report.replaced, report.removed) == (0, 10, 1)


@pytest.mark.parametrize(
    "data",
    [b"", b"2026-01-01T00:00:00Z,A-1\n2026-01-01T00:00:00Z,A", b"<html>\n", b"\xff\n", b"2026-01-01T00:00:00Z,\n"],
)
def test_half_a_list_is_none(data: bytes) -> None:
    assert not parse_list(data, "x")


def test_a_list_of_all_ecosystems_is_read_too() -> None:
    assert parse_list(b"2026-01-02T00:00:00Z,npm/A-1\n", "x") == {"A-1": "2026-01-02T00:00:00Z"}


def test_a_list_that_lost_most_of_its_records_removes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "x.db"
    with serving(tmp_path / "m") as bucket:
        bucket.put("PyPI", *(aged(f"A-{n}", 1) for n in range(30)))
        wanted: dict[str, Any] = {"database": place, "mirror": bucket.base, "ecosystems": ["PyPI"], "now": NOW}
        update_osv(**wanted)
        (tmp_path / "m" / "PyPI" / "modified_id.csv").write_text("2026-01-01T00:00:00.123456Z,A-1\n")
        assert update_osv(**wanted).notes == ("PyPI: fetched as a whole",)
        assert len(ids(place)) == 30


def test_a_record_that_fails_is_named_and_fetched_the_next_time(tmp_path: Path) -> None:
    place = tmp_path / "x.db"
    with serving(tmp_path / "m") as bucket:
        bucket.put("PyPI", *(aged(f"A-{n}", 1) for n in range(9)))
        wanted: dict[str, Any] = {"database": place, "mirror": bucket.base, "ecosystems": ["PyPI"], "now": NOW}
        update_osv(**wanted)
        bucket.put("PyPI", aged("A-2", 5), aged("A-3", 6), aged("A-4", 4))
        (bucket.folder / "PyPI" / "A-2.json").write_text("{")
        first = update_osv(**wanted)
        assert [s.where for s in first.skipped] == ["PyPI/A-2"]
        assert first.replaced == 2
        bucket.publish("PyPI")
        second = update_osv(**wanted)
        assert (second.skipped, second.replaced) == ((), 1)
        with open_database(place) as db:
            found = db.record("A-2")
            assert found is not None
            assert found.modified == dt.datetime(2026, 1, 5, tzinfo=dt.UTC)


def test_a_time_to_come_does_not_hide_what_comes_after_it(tmp_path: Path) -> None:
    place = tmp_path / "x.db"
    with serving(tmp_path / "m") as bucket:
        bucket.put("PyPI", aged("A-1", 1), record("F-1", modified="2099-01-01T00:00:00Z"))
        wanted: dict[str, Any] = {"database": place, "mirror": bucket.base, "ecosystems": ["PyPI"], "now": NOW}
        update_osv(**wanted)
        update_osv(**wanted)
        bucket.put("PyPI", aged("A-1", 2))
        assert update_osv(**wanted).replaced == 1
        bucket.put("PyPI", aged("A-1", 3), record("F-1", modified="2099-01-01T00:00:00Z", summary="another"))
        assert update_osv(**wanted).replaced == 2, "its time says nothing, so it is fetched whenever the list changes"
        assert status(place).state.newest == dt.datetime(2026, 1, 3, tzinfo=dt.UTC)


def test_a_mirror_without_lists_is_asked_whether_the_archive_changed(tmp_path: Path) -> None:
    place = tmp_path / "x.db"
    with serving(tmp_path / "m") as bucket:
        dump(bucket.folder, "PyPI", [aged("A-1", 1), aged("A-2", 1)])
        wanted: dict[str, Any] = {"database": place, "mirror": bucket.base, "ecosystems": ["PyPI"], "now": NOW}
        assert update_osv(**wanted).records == 2
        assert update_osv(**wanted).notes == ("PyPI: nothing changed",)
        dump(bucket.folder, "PyPI", [aged("A-1", 1)])
        assert update_osv(**wanted).removed == 1
        assert ids(place) == ["A-1"]


def test_a_mirror_may_lack_what_was_not_asked_for_by_name(tmp_path: Path) -> None:
    with serving(tmp_path / "m") as bucket:
        bucket.put("PyPI", aged("A-1", 1))
        report = update_osv(database=tmp_path / "x.db", now=NOW, mirror=bucket.base)
        assert report.whole == ("PyPI",)
        assert "npm: the mirror does not have it" in report.notes
        with pytest.raises(UnavailableError, match=r"npm/all\.zip: is not there"):
            update_osv(database=tmp_path / "x.db", now=NOW, mirror=bucket.base, ecosystems=["PyPI", "npm"])
        with pytest.raises(UnavailableError, match="holds no ecosystem"):
            update_osv(database=tmp_path / "x.db", now=NOW, mirror=f"{bucket.base}/elsewhere")


def test_other_feeds_are_fetched_when_they_changed(tmp_path: Path) -> None:
    place = tmp_path / "x.db"
    with serving(tmp_path / "m") as bucket:
        bucket.put("PyPI", aged("A-1", 1))
        scores = bucket.folder / "epss_scores-current.csv"
        scores.write_text(EPSS.format("2026-10-30", "0.5"))
        wanted: dict[str, Any] = {"database": place, "mirror": bucket.base, "ecosystems": ["PyPI"], "now": NOW}
        update_osv(**wanted, feeds=[f"{bucket.base}/epss_scores-current.csv"])
        with open_database(place) as db:
            found = db.epss(["CVE-2026-0001", "CVE-1"])
            assert found is not None
            assert (found.score, found.date) == (0.5, dt.date(2026, 10, 30))
        again = update_osv(**wanted)
        assert again.notes[-1] == f"{bucket.base}/epss_scores-current.csv: nothing changed"
        assert [(s.kind, s.records) for s in status(place).sources] == [("epss", 1), ("osv:PyPI", 1)]
        scores.write_text(EPSS.format("2026-10-31", "0.25"))
        changed = update_osv(**wanted)
        assert changed.state.digest != again.state.digest
        with open_database(place) as db:
            found = db.epss(["CVE-2026-0001"])
            assert found is not None
            assert found.score == 0.25
            db.verify()


# ── the same as from scratch ─────────────────────────────────────────────────────────────────────────────────────────

_STEP = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(["drop", "1.0", "2.0", "withdrawn", "npm"])), min_size=1, max_size=5
)


@given(st.lists(_STEP, min_size=1, max_size=3))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_history_of_updates_gives_what_one_import_gives(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[tuple[int, str]]]
) -> None:
    folder = tmp_path_factory.mktemp("history")
    place = folder / "x.db"
    bucket = Bucket(folder / "m")
    bucket.put("PyPI", *(aged(f"A-{n}", 1, aliases=[f"CVE-2026-{n % 3}"]) for n in range(8)))
    bucket.put("npm", record("B-0", "npm/x", modified="2026-01-01T00:00:00Z"))
    wanted: dict[str, Any] = {
        "database": place,
        "mirror": bucket.folder.as_uri(),
        "ecosystems": ["PyPI", "npm"],
        "now": NOW,
    }
    update_osv(**wanted)
    for day, step in enumerate(steps, start=2):
        for number, what in step:
            name, moment = f"A-{number}", f"2026-02-{day:02}T00:00:00Z"
            value = record(name, f"PyPI/p-{number % 3}", f"introduced 0, fixed {what}", modified=moment)
            if what == "drop":
                if name in bucket.records["PyPI"] and len(bucket.records["PyPI"]) > 1:
                    bucket.drop("PyPI", name)
                continue
            if what == "withdrawn":
                value = record(name, f"PyPI/p-{number % 3}", withdrawn=moment, modified=moment)
            if what == "npm":  # a record that both ecosystems' archives hold
                value["affected"] += record("x", "npm/y", "introduced 0")["affected"]
                bucket.put("npm", value)
            bucket.put("PyPI", value)
        incremental = update_osv(**wanted)
        whole = import_osv([bucket.folder], database=folder / "whole.db", now=NOW, replace=True)
        assert incremental.state.digest == whole.state.digest
        assert incremental.state.ecosystems == whole.state.ecosystems
        with open_database(place) as one, open_database(folder / "whole.db") as other:
            one.verify()
            assert sorted(one.spans()) == sorted(other.spans())
            assert not any(getattr(one.changes(other), part) for part in ("added", "removed", "changed", "packages"))


# ── cut short ────────────────────────────────────────────────────────────────────────────────────────────────────────

_CHILD = """
import datetime as dt, os, shutil, signal, sys
from pathlib import Path
from custody.advisories import build, update_osv, writer
from custody.advisories.feeds import download

where, count = sys.argv[3], int(sys.argv[4])
owner, name = {
    "fetch": (download.Client, "fetch"), "copy": (shutil, "copyfile"), "add": (writer.Writer, "add"),
    "finish": (writer.Writer, "finish"), "pack": (build, "finish"), "sync": (os, "fsync"),
    "move": (Path, "replace"), "moved": (Path, "replace"),
}[where]
true = getattr(owner, name)

def until(*arguments, **options):
    global count
    count -= 1
    if where == "moved":
        true(*arguments, **options)
    if count < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return true(*arguments, **options)

setattr(owner, name, until)
now = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
update_osv(database=Path(sys.argv[1]), now=now, mirror=sys.argv[2], ecosystems=["PyPI"])
"""


def test_a_killed_update_leaves_the_old_database_or_the_new_one(tmp_path: Path) -> None:
    place = tmp_path / "x.db"
    points = [("fetch", 0), ("fetch", 3), ("copy", 0), ("add", 0), ("add", 20), ("finish", 0), ("pack", 0), ("sync", 0)]
    with serving(tmp_path / "m") as bucket:
        bucket.put("PyPI", *(aged(f"A-{n}", 1) for n in range(60)))
        update_osv(database=place, now=NOW, mirror=bucket.base, ecosystems=["PyPI"])
        before = place.read_bytes()
        bucket.put("PyPI", *(aged(f"A-{n}", 9, ranges="introduced 0, fixed 5") for n in range(30)))
        for where, count in [*points, ("move", 0)]:
            arguments = [sys.executable, "-c", _CHILD, str(place), bucket.base, where, str(count)]
            with subprocess.Popen(arguments) as child:
                assert child.wait(60) == -signal.SIGKILL, where
            assert place.read_bytes() == before, where
        (left,) = tmp_path.glob(".x.db-*.partial")  # the last one's: each cleared away what the one before it left
        with left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # somebody is still writing this one
            arguments = [sys.executable, "-c", _CHILD, str(place), bucket.base, "moved", "0"]
            with subprocess.Popen(arguments) as child:
                assert child.wait(60) == -signal.SIGKILL
            assert list(tmp_path.glob(".*")) == [left]
        assert place.read_bytes() != before, "killed after the move: the new one is there"
        with open_database(place) as db:
            db.verify()
            assert len(db.sources()) == 1
        update_osv(database=place, now=NOW, mirror=bucket.base, ecosystems=["PyPI"])
    assert not list(tmp_path.glob(".*"))


def test_a_reader_never_sees_half(tmp_path: Path) -> None:
    place = tmp_path / "x.db"
    bucket = Bucket(tmp_path / "m")
    bucket.put("PyPI", *(aged(f"A-{n}", 1) for n in range(50)))
    wanted: dict[str, Any] = {"database": place, "mirror": bucket.folder.as_uri(), "ecosystems": ["PyPI"], "now": NOW}
    update_osv(**wanted)
    stop = threading.Event()
    wrong: list[BaseException] = []
    reads = 0

    def read() -> None:
        nonlocal reads
        while not stop.is_set():
            try:
                with open_database(place) as db:
                    db.verify()
                reads += 1
            except BaseException as error:  # noqa: BLE001 - told below
                wrong.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    chance = random.Random(3)  # noqa: S311 - the same changes each time
    try:
        for day in range(2, 12):
            bucket.put("PyPI", *(aged(f"A-{chance.randrange(60)}", day) for _ in range(5)))
            update_osv(**wanted)
    finally:
        stop.set()
        reader.join()
    assert wrong == []
    assert reads > 3


def test_a_mirror_that_breaks_off_changes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "x.db"
    with serving(tmp_path / "m") as bucket:
        bucket.put("PyPI", *(aged(f"A-{n}", 1) for n in range(20)))
        wanted: dict[str, Any] = {"database": place, "mirror": bucket.base, "ecosystems": ["PyPI"], "now": NOW}
        update_osv(**wanted)
        before = place.read_bytes()
        (bucket.folder / "PyPI" / "modified_id.csv").unlink()
        data = (bucket.folder / "PyPI" / "all.zip").read_bytes()
        (bucket.folder / "PyPI" / "all.zip").write_bytes(data[: len(data) // 2])
        with pytest.raises(InputError, match="cut short"):
            update_osv(**wanted)
    with pytest.raises(UnavailableError):
        update_osv(**wanted)
    assert place.read_bytes() == before
    assert not list(tmp_path.glob(".*"))
