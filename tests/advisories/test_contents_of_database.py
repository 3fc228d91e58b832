"""What the database holds beside OSV's ranges: statuses, scores, sources; what changed; what can be searched."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.advisories import import_osv, open_database, status
from custody.advisories.body import advisory_of, decode_body, encode_body, entry_of, said_of
from custody.advisories.build import build
from custody.advisories.changes import SpanRow
from custody.advisories.interface import Ordering
from custody.advisories.keys import AFTER_ALL
from custody.advisories.ranges import evaluate
from custody.advisories.sources import Feed
from custody.advisories.versions import ordering_of
from custody.errors import InputError
from custody.model import Advisory, Affected, Epss, Exploited, Range, RangeEvent, Severity, Skipped
from tests.advisories.samples import CVSS_HIGH, NOW, cvss, database, dump, record

LATER = NOW + dt.timedelta(days=1)
FROM_ZERO = Range(type="ECOSYSTEM", events=(RangeEvent(kind="introduced", version="0"),))


class Given:
    """Records that are there already, as a dump."""

    whole = ""

    def __init__(self, records: Sequence[Advisory | Epss | Exploited], kind: str = "osv") -> None:
        self.name = f"given {kind}"
        self.kind = kind
        self.skipped: list[Skipped] = []
        self._records = records

    def records(self) -> Iterator[Advisory | Epss | Exploited]:
        yield from self._records


def made(place: Path, *dumps: Given, now: dt.datetime = NOW) -> Path:
    build(place, [Feed(dump=d, kind=d.kind, origin=f"place of {d.kind}") for d in dumps], now=now)
    return place


def advisory(name: str, *affected: Affected, day: int = 1, **more: object) -> Advisory:
    modified = dt.datetime(2026, 1, day, tzinfo=dt.UTC)
    return dataclasses.replace(Advisory(id=name, modified=modified, affected=affected), **more)  # type: ignore[arg-type]


def key(ecosystem: str, version: str) -> bytes:
    ordering = ordering_of(ecosystem)
    assert ordering is not None
    return ordering.key(version)


# ── statuses ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_vendor_says_is_a_hit_with_its_status(tmp_path: Path) -> None:
    fine = Affected(
        ecosystem="PyPI",
        name="a",
        versions=("1.0",),
        status="not_affected",
        justification="vulnerable_code_not_present",
    )
    whole = Affected(ecosystem="PyPI", name="a", response="will_not_fix", urgency="unimportant")
    place = made(tmp_path / "x.db", Given([advisory("V-1", whole, fine)], "csaf:vendor"))
    with open_database(place) as db:
        found = db.affecting("PyPI", "a", key("PyPI", "1.0"), "1.0")
        assert [(h.status, h.justification, h.response, h.urgency, h.said) for h in found] == [
            ("affected", "", "will_not_fix", "unimportant", "all versions"),
            ("not_affected", "vulnerable_code_not_present", "", "", "version 1.0 is listed"),
        ]
        assert [h.status for h in db.affecting("PyPI", "a", key("PyPI", "2.0"), "2.0")] == ["affected"]
        assert db.affecting_all([("PyPI", "a", key("PyPI", "1.0"), "1.0"), ("PyPI", "b", b"\x01", "1")]) == [found, []]
        assert found[0].record.sources == ("csaf:vendor",)
        assert found[0].record.origin == "place of csaf:vendor"
        assert [(r.exact, r.status) for r in db.spans()] == [(False, "affected"), (True, "not_affected")]


def test_an_osv_entry_without_versions_says_nothing_and_a_vendors_says_all(tmp_path: Path) -> None:
    bare = Affected(ecosystem="PyPI", name="a")
    place = made(tmp_path / "x.db", Given([advisory("O-1", bare)]), Given([advisory("V-1", bare)], "csaf:vendor"))
    with open_database(place) as db:
        assert [h.record.id for h in db.affecting("PyPI", "a", key("PyPI", "1"), "1")] == ["V-1"]
        assert db.gaps("PyPI", "a", key("PyPI", "1")) == [("O-1", "it names no versions")]
        assert list(db.spans()) == [SpanRow("PyPI", "a", b"", AFTER_ALL, "V-1", exact=False, status="affected")]


def test_the_fixes_are_those_of_affected_entries(tmp_path: Path) -> None:
    entries = [
        Affected(
            ecosystem="PyPI",
            name="a",
            status=status_,
            severities=(Severity(type="CVSS_V3", vector=CVSS_HIGH),),
            ranges=(dataclasses.replace(FROM_ZERO, events=(*FROM_ZERO.events, RangeEvent(kind="fixed", version=fix))),),
        )
        for status_, fix in (("affected", "1.10"), ("affected", "1.9"), ("under_investigation", "7"))
    ]
    place = made(tmp_path / "x.db", Given([advisory("V-1", *entries)], "csaf:vendor"))
    with open_database(place) as db:
        found = db.affecting("PyPI", "a", key("PyPI", "1.0"), "1.0")
        assert [(h.status, [v for _, v in h.fixed]) for h in found] == [
            ("affected", ["1.9", "1.10"]),
            ("under_investigation", ["1.9", "1.10"]),
        ]
        assert [n.fixed for n in db.packages_of("V-1")] == [("1.10",), ("1.9",), ("7",)]
        assert found[0].severities == (Severity(type="CVSS_V3", vector=CVSS_HIGH),)


# ── feeds beside each other ──────────────────────────────────────────────────────────────────────────────────────────


def test_one_id_in_two_feeds_is_two_records_and_in_two_sources_of_a_feed_one(tmp_path: Path) -> None:
    osv = advisory("CVE-2026-0001", Affected(ecosystem="PyPI", name="a", ranges=(FROM_ZERO,)), summary="OSV's")
    cve = advisory("CVE-2026-0001", day=2, summary="the record", ssvc=(("Exploitation", "poc"),), cwes=("CWE-79",))
    place = made(tmp_path / "x.db", Given([osv]), Given([cve], "cve"))
    with open_database(place) as db:
        assert [(r.summary, r.sources) for r in db.named(["CVE-2026-0001"])] == [
            ("the record", ("cve",)),
            ("OSV's", ("osv",)),
        ]
        best = db.record("CVE-2026-0001")
        assert best is not None
        assert (best.summary, best.ssvc, best.cwes) == ("the record", (("Exploitation", "poc"),), ("CWE-79",))
    both = [record("B-1", "npm/x"), record("B-1", "npm/x", summary="newer", modified="2026-05-01T00:00:00Z")]
    dump(tmp_path / "m", "npm", [both[1]])
    dump(tmp_path / "m", "PyPI", [both[0], record("A-1")])
    import_osv([tmp_path / "m"], database=place, now=NOW)
    with open_database(place) as db:
        newer = db.record("B-1")
        assert newer is not None
        assert (newer.summary, newer.sources) == ("newer", ("osv:PyPI", "osv:npm"))
    dump(tmp_path / "m", "npm", [record("C-1", "npm/x")])
    import_osv([tmp_path / "m" / "npm"], database=place, now=LATER)
    with open_database(place) as db:
        left = db.record("B-1")
        assert left is not None, "one of its two sources still holds it"
        assert left.sources == ("osv:PyPI",)
    dump(tmp_path / "m", "PyPI", [record("A-1")])
    import_osv([tmp_path / "m" / "PyPI"], database=place, now=LATER)
    with open_database(place) as db:
        assert db.record("B-1") is None
        db.verify()


def test_scores_and_the_catalogue_are_found_by_any_name_of_a_problem(tmp_path: Path) -> None:
    day = dt.date(2026, 10, 31)
    scores = [Epss(id=f"CVE-2026-000{n}", score=n / 10, percentile=n / 8, date=day) for n in (1, 2, 3)]
    entry = Exploited(id="CVE-2026-0001", added=day, due=None, ransomware=True, action="Apply it.")
    said = Exploited(id="CVE-2026-0002", added=day)
    place = made(
        tmp_path / "x.db",
        Given(scores, "epss"),
        Given([entry], "kev"),
        Given([advisory("CVE-2026-0002"), said, dataclasses.replace(entry, action="repeated")], "cve"),
    )
    with open_database(place) as db:
        assert db.epss(["GHSA-1", "CVE-2026-0001", "CVE-2026-0002"]) == scores[1]
        assert db.epss([]) is None
        assert db.exploited(["CVE-2026-0001", "x"]) == entry, "the catalogue's word counts"
        assert db.exploited(["CVE-2026-0002"]) == said
        assert db.exploited(["CVE-2026-0003"]) is None
        told = db.status()
        assert (told.epss, told.exploited) == (3, 2)
        assert [(s.kind, s.records, s.newest) for s in told.sources] == [
            ("cve", 1, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
            ("epss", 3, dt.datetime(2026, 10, 31, tzinfo=dt.UTC)),
            ("kev", 1, dt.datetime(2026, 10, 31, tzinfo=dt.UTC)),
        ]
        before = db.state.digest
    made(place, Given(scores[:1], "epss"), Given([], "kev"), now=LATER)
    with open_database(place) as db:
        assert db.epss(["CVE-2026-0002"]) is None, "a run of the model takes the place of the one before"
        assert db.exploited(["CVE-2026-0001"]) == entry, "an empty catalogue is none"
        assert db.state.digest != before
        db.verify()
    made(place, Given([dataclasses.replace(entry, id="CVE-2026-0009")], "kev"), now=LATER)
    with open_database(place) as db:
        repeated = db.exploited(["CVE-2026-0001"])
        assert repeated is not None
        assert repeated.action == "repeated", "it is no longer in the catalogue"
        assert db.status().exploited == 3


def test_a_record_that_cannot_be_stored_is_named_and_the_rest_goes_in(tmp_path: Path) -> None:
    wrong = advisory("BAD-1", Affected(ecosystem="PyPI", name="a", status="unheard of"))
    surrogate = advisory("BAD-2", summary="\ud800")
    feed = Feed(dump=Given([wrong, advisory("A-1"), surrogate]), kind="osv", origin="x")
    report = build(tmp_path / "x.db", [feed], now=NOW)
    assert [s.where for s in report.skipped] == ["given osv:BAD-1", "given osv:BAD-2"]
    assert report.records == 1
    with open_database(tmp_path / "x.db") as db:
        assert db.status().skipped == 2
        db.verify()


# ── what changed, what is there ──────────────────────────────────────────────────────────────────────────────────────


def test_changes_name_the_records_and_the_packages_to_look_at_again(tmp_path: Path) -> None:
    old = [
        record("A-1", "PyPI/one"),
        record("A-2", "PyPI/two"),
        record("A-3", "PyPI/three"),
        record("A-4", "PyPI/four"),
    ]
    new = [old[0], record("A-2", "PyPI/zwei"), record("A-3", "PyPI/three", withdrawn="2026-01-03T00:00:00Z")]
    with database(tmp_path / "old", old) as one, database(tmp_path / "new", [*reversed(new), record("A-5")]) as other:
        changes = other.changes(one)
        assert (changes.added, changes.removed, changes.changed) == (("A-5",), ("A-4",), ("A-2", "A-3"))
        names = ("four", "sample", "three", "two", "zwei")
        assert changes.packages == tuple(("PyPI", name) for name in names)
        assert [r.advisory for r in other.spans([("PyPI", "zwei"), ("PyPI", "three")])] == ["A-2"]


def test_search_finds_ids_then_packages_then_words(tmp_path: Path) -> None:
    records = [
        record("GHSA-aaaa-bbbb-cccc", "npm/left", aliases=["CVE-2026-1111"], summary="Code injection in left"),
        record("A-2", "npm/left-pad", summary="Denial of service"),
        record("A-3", "npm/other", summary="Left unescaped: injection of code"),
    ]
    with database(tmp_path, records) as db:

        def found(text: str, limit: int = 9) -> list[str]:
            return [r.id for r in db.search(text, limit=limit)]

        assert found("cve-2026-11") == found("ghsa-AAAA-BBBB-cccc") == ["GHSA-aaaa-bbbb-cccc"]
        assert found("left") == ["GHSA-aaaa-bbbb-cccc", "A-2"]
        assert found("code injection") == ["GHSA-aaaa-bbbb-cccc", "A-3"]
        assert found("code injection", limit=1) == ["GHSA-aaaa-bbbb-cccc"]
        assert found("") == found("left", limit=0) == found("nothing of it") == []


# ── keys of another edition ──────────────────────────────────────────────────────────────────────────────────────────


def test_keys_that_another_edition_made_are_not_compared_and_the_next_import_makes_them_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "advisories.db"
    database(tmp_path, [record("A-1"), record("B-1", "npm/x")]).close()
    pep440 = ordering_of("PyPI")
    assert pep440 is not None
    other = dataclasses.replace(pep440, key=lambda version: pep440.key(version) + b"\x01")

    def changed(ecosystem: str) -> Ordering | None:
        return other if ecosystem == "PyPI" else ordering_of(ecosystem)

    monkeypatch.setattr("custody.advisories.versions.ordering_of", changed)
    monkeypatch.setattr("custody.advisories.prepare.ordering_of", changed)
    with open_database(place) as db:
        assert db.affecting("PyPI", "sample", other.key("1.0"), "1.0") == []
        assert "orders PyPI versions in another way" in db.uncovered(("PyPI",), "sample")
        assert db.uncovered(("npm",), "x") == ""
        before = db.state.digest
    import_osv([dump(tmp_path / "more", "Hex", [record("C-1", "Hex/x")])], database=place, now=LATER)
    with open_database(place) as db:
        assert [h.record.id for h in db.affecting("PyPI", "sample", other.key("1.0"), "1.0")] == ["A-1"]
        assert db.uncovered(("PyPI",), "sample") == ""
        assert db.state.digest != before
        db.verify()


def test_what_could_not_be_ordered_once_is_worked_out_when_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "advisories.db"
    with monkeypatch.context() as patch:
        patch.setattr("custody.advisories.prepare.ordering_of", lambda _: None)
        patch.setattr("custody.advisories.versions.ordering_of", lambda _: None)
        database(tmp_path, [record("A-1", versions=["3.0", "1.0"])]).close()
    with open_database(place) as db:
        assert "another way" in db.uncovered(("PyPI",), "sample")
    import_osv([dump(tmp_path / "more", "Hex", [record("C-1", "Hex/x")])], database=place, now=LATER)
    with open_database(place) as db:
        assert [h.said for h in db.affecting("PyPI", "sample", key("PyPI", "3"), "3")] == ["version 3.0 is listed"]
        assert [h.said for h in db.affecting("PyPI", "sample", key("PyPI", "1.5"), "1.5")] == [
            "introduced 0, fixed 2.0"
        ]
        db.verify()


# ── proof ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE span SET high = x'ff'",
        "DELETE FROM span",
        "INSERT INTO span SELECT package, x'02', x'03', advisory, entry, part FROM span LIMIT 1",
        "UPDATE span SET part = part | 2",
        "UPDATE span SET package = (SELECT MAX(number) FROM package)",
        "UPDATE span SET package = 999",
        "UPDATE gap SET why = (SELECT MAX(number) FROM reason)",
        "DELETE FROM gap",
        "UPDATE package SET flags = 0",
        "UPDATE package SET name = 'other' WHERE name = 'sample'",
        "DELETE FROM name WHERE name = 'CVE-1'",
        "INSERT INTO name VALUES ('CVE-9', 1)",
        "UPDATE listed SET version = 'other'",
        "DELETE FROM body WHERE number = 1",
        "UPDATE advisory SET digest = zeroblob(20)",
        "UPDATE advisory SET modified = 1",
        "UPDATE advisory SET id = 'X-1' WHERE number = 1",
        "UPDATE epss SET score = 1",
        "INSERT INTO covered VALUES ('PyPI', 'x')",
    ],
)
def test_verify_finds_a_change_of_any_table(tmp_path: Path, change: str) -> None:
    records = [
        record("A-1", aliases=["CVE-1"], severity=cvss(CVSS_HIGH)),
        record("A-2", "PyPI/listed", "", versions=["zz"]),
        record("A-3", "PyPI/gap", "introduced 0, fixed ??"),
        record("A-4", "PyPI/gap", "introduced 0, fixed 1.x!"),
    ]
    database(tmp_path, records).close()
    place = tmp_path / "advisories.db"
    made(place, Given([Epss(id="CVE-1", score=0.5, percentile=0.5, date=NOW.date())], "epss"))
    assert status(place, verify=True).verified
    with sqlite3.connect(place) as raw:
        assert raw.execute(change).rowcount > 0
    with pytest.raises(InputError, match="the advisory database is damaged"):
        status(place, verify=True)


def test_any_flipped_byte_is_found_or_changes_nothing(tmp_path: Path) -> None:
    records = [record(f"A-{n}", f"PyPI/p{n}", aliases=[f"CVE-{n}"], summary=f"words {n} " * 9) for n in range(150)]
    database(tmp_path, records).close()
    place = tmp_path / "advisories.db"
    data = place.read_bytes()

    def told() -> list[object]:
        with open_database(place) as db:
            db.verify()
            return [*db.spans(), *(db.record(f"A-{n}") for n in range(150))]

    good = told()
    chance = random.Random(11)  # noqa: S311 - the same damage each time
    for _ in range(60):
        spot = chance.randrange(100, len(data))
        place.write_bytes(data[:spot] + bytes([data[spot] ^ chance.randrange(1, 256)]) + data[spot + 1 :])
        with suppress(InputError):
            assert told() == good


_VERSIONS = st.sampled_from(["0", "1.0", "1.5", "2.0", "2.0.1", "x.y", "3.0rc1", "*"])
_EVENTS = st.lists(
    st.builds(RangeEvent, kind=st.sampled_from(["introduced", "fixed", "last_affected", "limit"]), version=_VERSIONS),
    max_size=5,
).map(tuple)
_RANGES = st.lists(st.builds(Range, type=st.sampled_from(["ECOSYSTEM", "GIT"]), events=_EVENTS), max_size=3).map(tuple)


@given(_RANGES, st.lists(_VERSIONS, max_size=4).map(tuple), st.booleans())
@settings(max_examples=200, deadline=None)
def test_what_a_body_keeps_is_enough_to_evaluate_it_again(
    ranges: tuple[Range, ...], versions: tuple[str, ...], unbounded: bool
) -> None:
    ordering = ordering_of("PyPI")
    assert ordering is not None
    whole = Affected(ecosystem="PyPI", name="a", ranges=ranges, versions=versions)
    spans = evaluate(whole, ordering, unbounded=unbounded)
    kept = [*(s.version for s in spans.spans if s.exact), *spans.unordered]
    entry = entry_of(whole, "a", kept, spans)
    data = encode_body(advisory("A-1", whole), [entry])
    body = decode_body(data)
    assert encode_body(advisory_of(body), body.entries) == data
    (back,) = advisory_of(body).affected
    again = evaluate(back, ordering, unbounded=unbounded)
    if versions and not kept and not [r for r in ranges if r.type != "GIT"]:
        return  # nothing is left that could be evaluated, and nothing was
    assert (again.spans, again.unordered, again.fixed) == (spans.spans, spans.unordered, spans.fixed)
    said = [s.said for s in spans.spans if not s.exact]
    assert [said_of(body.entries[0], n) for n in range(len(said))] == said


def test_opening_reads_little_and_imports_little(tmp_path: Path) -> None:
    import subprocess
    import sys

    database(tmp_path, [record("A-1")]).close()
    code = (
        "import sys; from pathlib import Path; from custody.advisories.database import open_database;"
        f"open_database(Path({str(tmp_path / 'advisories.db')!r})); print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", f"import json; {code}"], capture_output=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert not loaded & {"urllib3", "zipfile", "isal", "custody.advisories.writer", "custody.advisories.feeds.osv"}
    assert not {name for name in loaded if name.startswith("backports.zstd")}
