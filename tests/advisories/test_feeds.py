from __future__ import annotations

import datetime as dt
import http.server
import json
import random
import shutil
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.advisories.feeds import archive, download
from custody.advisories.feeds.open import open_feed
from custody.advisories.feeds.record import parse_record
from custody.errors import InputError, UnavailableError, UsageError
from custody.model import Advisory, RangeEvent, Severity
from tests.advisories.samples import CVSS_HIGH, cvss, dump, record

GOOD = json.dumps(record("PYSEC-2026-1", severity=cvss(CVSS_HIGH), aliases=["CVE-2026-1111"])).encode()


def ids(source: Path | str, **options: Any) -> tuple[list[str], list[str], list[str]]:  # noqa: ANN401
    """Give record ids, what the dumps claim, and what was skipped."""
    found, whole, skipped = [], [], []
    with open_feed(str(source), **options) as feeds:
        for one in [feed.dump for feed in feeds]:
            found += [advisory.id for advisory in one.records()]
            whole.append(one.whole)
            skipped += [f"{s.where}: {s.reason}" for s in one.skipped]
    return found, whole, skipped


def read(source: Path) -> list[Advisory]:
    """Give the records of an archive."""
    with open_feed(str(source)) as feeds:
        return [record for feed in feeds for record in feed.dump.records() if isinstance(record, Advisory)]


# ── records ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_record_is_read_in_whole_seconds_utc_without_doubles() -> None:
    value = record(
        "GHSA-1",
        modified="2026-01-02T05:04:05.987+02:00",
        withdrawn="2026-01-03T00:00:00Z",
        aliases=["CVE-2", "CVE-1", "CVE-2"],
        summary="two\nlines  here",
        references=[{"type": "WEB", "url": "https://a.example"}, {"type": "FIX"}],
        database_specific={"severity": "MODERATE", "cwe_ids": ["CWE-79", 7]},
    )
    advisory = parse_record(json.dumps(value).encode(), "x")
    assert advisory.modified == dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert advisory.withdrawn is not None
    assert advisory.aliases == ("CVE-1", "CVE-2")
    assert advisory.summary == "two lines here"
    assert advisory.references == (("WEB", "https://a.example"),)
    assert advisory.severities == (Severity(type="Publisher", vector="MODERATE"),)
    assert advisory.cwes == ("CWE-79",)


def test_an_event_object_with_several_events_gives_them_all() -> None:
    value = record("X-1")
    value["affected"][0]["ranges"][0]["events"] = [{"introduced": "0", "fixed": "1"}]
    (line,) = parse_record(json.dumps(value).encode(), "x").affected[0].ranges
    assert line.events == (RangeEvent(kind="introduced", version="0"), RangeEvent(kind="fixed", version="1"))


def test_the_address_of_a_registry_is_no_release_of_an_ecosystem() -> None:
    value = record("X-1")
    value["affected"][0]["package"] = {"ecosystem": "Packagist:https://packages.example/8", "name": "drupal/x"}
    assert parse_record(json.dumps(value).encode(), "x").affected[0].ecosystem == "Packagist"


def test_entries_without_a_package_are_passed_over() -> None:
    value = record("X-1")
    value["affected"] += [{"ranges": []}, {"package": {"ecosystem": "", "name": "x"}}]
    assert len(parse_record(json.dumps(value).encode(), "x").affected) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b'{"id": "X"}',
        b'{"modified": "2026-01-01T00:00:00Z"}',
        b'{"id": "", "modified": "2026-01-01T00:00:00Z"}',
        b'{"id": 1, "modified": "2026-01-01T00:00:00Z"}',
        b'{"id": "X", "modified": "yesterday"}',
        b'{"id": "X", "modified": "0001-01-01T00:00:00+14:00"}',
        b'{"id": "X", "modified": "2026-01-01T00:00:00Z", "affected": {}}',
        b'{"id": "X", "modified": "2026-01-01T00:00:00Z", "affected": [{"ranges": [{"events": [{"introduced": 0}]}]}]}',
        b'{"id": "X", "modified": "2026-01-01T00:00:00Z", "database_specific": ' + b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_record_is_refused_with_its_place(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        parse_record(data, "feed/X.json")
    assert str(caught.value).startswith("feed/X.json")


@given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.binary(max_size=2))
@settings(max_examples=250)
def test_any_change_of_a_good_record_gives_a_record_or_an_input_error(start: int, end: int, data: bytes) -> None:
    with suppress(InputError):
        assert parse_record(GOOD[:start] + data + GOOD[end:], "x").id


def test_every_record_of_the_reference_data_can_be_read(shared: Path) -> None:
    for ecosystem in ("PyPI", "npm", "Ubuntu"):
        found, whole, skipped = ids(shared / "data" / "osv" / ecosystem / "all.zip")
        assert found
        assert whole == [ecosystem]
        assert skipped == []


# ── what a source claims to hold ─────────────────────────────────────────────────────────────────────────────────────


def test_a_folder_in_the_mirror_layout_claims_each_ecosystem(tmp_path: Path) -> None:
    dump(tmp_path, "PyPI", [record("A-1")])
    dump(tmp_path, "npm", [record("B-1", "npm/x")])
    assert ids(tmp_path) == (["A-1", "B-1"], ["PyPI", "npm"], [])


def test_one_archive_claims_the_ecosystem_its_folder_is_named_for(tmp_path: Path) -> None:
    path = dump(tmp_path, "Rocky Linux", [record("A-1", "Rocky Linux:9/x")])
    assert ids(path)[1] == ["Rocky Linux"]


def test_an_archive_called_all_claims_what_every_record_in_it_names(tmp_path: Path) -> None:
    both = record("B-1", "npm/x")
    both["affected"] += record("x", "Debian:12/y")["affected"]
    path = dump(tmp_path, "downloads", [record("A-1", "Debian:11/x"), both])
    assert ids(path)[1] == ["Debian"]
    assert ids(path.rename(tmp_path / "some.zip"))[1] == [""]


def test_an_archive_of_several_ecosystems_claims_none(tmp_path: Path) -> None:
    assert ids(dump(tmp_path, "downloads", [record("A-1"), record("B-1", "npm/x")]))[1] == [""]
    both = record("A-1")
    both["affected"] += record("x", "npm/x")["affected"]
    assert ids(dump(tmp_path, "downloads", [both]))[1] == [""]


def test_loose_records_claim_nothing_but_in_a_folder_named_for_an_ecosystem(tmp_path: Path) -> None:
    (tmp_path / "deep" / "PyPI" / "2026").mkdir(parents=True)
    (tmp_path / "deep" / "PyPI" / "2026" / "A-1.json").write_text(json.dumps(record("A-1")))
    (tmp_path / "B-1.json").write_text(json.dumps(record("B-1")))
    assert ids(tmp_path) == (["B-1", "A-1"], ["", "PyPI"], [])
    assert ids(tmp_path / "B-1.json") == (["B-1"], [""], [])


def test_a_bad_record_is_listed_and_the_rest_goes_in(tmp_path: Path) -> None:
    path = dump(tmp_path, "PyPI", [record("A-1"), record("B-1")])
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("bad.json", "{")
        file.writestr("README", "not a record")
    found, _, skipped = ids(path)
    assert found == ["A-1", "B-1"]
    assert len(skipped) == 1
    assert skipped[0].startswith(f"{path}:bad.json: not an OSV record")


@pytest.mark.parametrize("name", ["nothing", "nothing.zip", "nothing.json"])
def test_a_source_that_is_not_there_is_unavailable(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnavailableError, match="no such file or folder"):
        ids(tmp_path / name)


def test_a_folder_without_records_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(InputError, match=r"holds no \.zip and no \.json file"):
        ids(tmp_path)


# ── archives ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_archive_cut_short_is_refused_in_one_line(tmp_path: Path) -> None:
    path = dump(tmp_path, "PyPI", [record(f"A-{n}") for n in range(50)])
    data = path.read_bytes()
    for length in [0, 1, 30, len(data) // 2, len(data) - 30, len(data) - 1]:
        path.write_bytes(data[:length])
        with pytest.raises(InputError, match=r"not a readable zip archive.*cut short") as caught:
            ids(path)
        assert "\n" not in str(caught.value)


def test_any_one_byte_change_of_an_archive_gives_records_or_an_input_error(tmp_path: Path) -> None:
    path = dump(tmp_path, "PyPI", [record("A-1"), record("B-1")])
    data = path.read_bytes()
    good = read(path)
    assert len(good) == 2
    chance = random.Random(1)  # noqa: S311 - the same changes each time
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ chance.randrange(1, 256)]) + data[place + 1 :])
        with suppress(InputError):
            assert set(read(path)) <= set(good), "a damaged record came through its checksum"


def test_a_record_that_inflates_without_end_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_RECORD_BYTES", 100_000)
    path = dump(tmp_path, "PyPI", [record("A-1"), record("B-1", details="0" * 1_000_000)])
    found, _, skipped = ids(path)
    assert found == ["A-1"]
    assert "larger than" in skipped[0]


def test_an_archive_that_inflates_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ARCHIVE_BYTES", 50_000)
    path = dump(tmp_path, "PyPI", [record(f"A-{n}", details="0" * 20_000) for n in range(5)])
    with pytest.raises(InputError, match="inflates to more than"):
        ids(path)


def test_names_in_an_archive_are_never_paths(tmp_path: Path) -> None:
    (tmp_path / "PyPI").mkdir()
    with zipfile.ZipFile(tmp_path / "PyPI" / "all.zip", "w") as file:
        for number, name in enumerate(["../../evil.json", "/evil.json", "C:\\evil.json", "x" * 60_000 + ".json"]):
            file.writestr(name, json.dumps(record(f"A-{number}")))
    before = sorted(tmp_path.parent.rglob("*"))
    assert ids(tmp_path / "PyPI" / "all.zip")[0] == ["A-0", "A-1", "A-2", "A-3"]
    assert sorted(tmp_path.parent.rglob("*")) == before


# ── mirrors ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def mirror(folder: Path, *, redirect: str = "", cut: int = 0) -> Iterator[str]:
    """Serve a folder on this machine; `redirect`: send everything there; `cut`: leave out so many bytes at the end."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:  # noqa: ANN401
            super().__init__(*arguments, directory=str(folder))

        def do_GET(self) -> None:
            if redirect:
                self.send_response(302)
                self.send_header("Location", redirect)
                self.end_headers()
            else:
                super().do_GET()

        def copyfile(self, source: Any, outputfile: Any) -> None:  # noqa: ANN401
            if cut:
                outputfile.write(source.read()[:-cut])
            else:
                shutil.copyfileobj(source, outputfile)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_mirror_is_asked_for_the_ecosystems_wanted(tmp_path: Path) -> None:
    dump(tmp_path, "PyPI", [record("A-1")])
    dump(tmp_path, "Rocky Linux", [record("B-1", "Rocky Linux:9/x")])
    reports: list[tuple[str, int, int]] = []

    def progress(label: str, done: int, total: int) -> None:
        reports.append((label, done, total))

    with mirror(tmp_path) as base:
        assert ids(base, fetch=("Rocky Linux", "PyPI"), progress=progress) == (
            ["B-1", "A-1"],
            ["Rocky Linux", "PyPI"],
            [],
        )
        assert ids(f"{base}/PyPI/all.zip") == (["A-1"], ["PyPI"], [])
        assert reports[0][0] == f"{base}/Rocky%20Linux/all.zip"
        assert all(done <= total for _, done, total in reports)
        with mirror(tmp_path, redirect=f"{base}/PyPI/all.zip") as other:
            assert ids(f"{other}/x.zip")[0] == ["A-1"]


def test_a_folder_can_be_a_mirror_too(tmp_path: Path) -> None:
    dump(tmp_path, "PyPI", [record("A-1")])
    dump(tmp_path, "Rocky Linux", [record("B-1", "Rocky Linux:9/x")])
    assert ids(tmp_path.as_uri(), fetch=("PyPI",)) == (["A-1"], ["PyPI"], [])
    assert ids(tmp_path.as_uri(), fetch=("Rocky Linux",))[0] == ["B-1"]
    with pytest.raises(InputError, match="'Cobol' is not an OSV ecosystem"):
        ids(tmp_path.as_uri(), fetch=("Cobol",))


def test_what_a_mirror_does_not_have_is_unavailable(tmp_path: Path) -> None:
    with mirror(tmp_path) as base, pytest.raises(UnavailableError, match="status 404"):
        ids(base, fetch=("npm",))


def test_a_download_cut_short_is_unavailable(tmp_path: Path) -> None:
    dump(tmp_path, "npm", [record("A-1", "npm/x")])
    with mirror(tmp_path, cut=10) as base, pytest.raises(UnavailableError, match="try again"):
        ids(base, fetch=("npm",))


def test_a_download_without_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "MAX_DOWNLOAD_BYTES", 10)
    dump(tmp_path, "npm", [record("A-1", "npm/x")])
    with mirror(tmp_path) as base, pytest.raises(UnavailableError, match="sends more than"):
        ids(base, fetch=("npm",))


def test_a_download_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TOTAL_SECONDS", -1.0)
    dump(tmp_path, "npm", [record("A-1", "npm/x")])
    with mirror(tmp_path) as base, pytest.raises(UnavailableError, match="timed out"):
        ids(base, fetch=("npm",))


def test_redirects_end_and_never_leave_tls(tmp_path: Path) -> None:
    with (
        mirror(tmp_path, redirect="/again") as base,
        pytest.raises(UnavailableError, match="redirects more than 5 times"),
    ):
        ids(f"{base}/x.zip")
    with mirror(tmp_path, redirect="file:///etc/passwd") as base, pytest.raises(UnavailableError, match="not followed"):
        ids(f"{base}/x.zip")


@pytest.mark.parametrize(
    ("address", "location", "onward"),
    [
        ("https://a.example/x", "/y", "https://a.example/y"),
        ("https://a.example/x", "https://b.example/y", "https://b.example/y"),
        ("http://a.example/x", "https://a.example/x", "https://a.example/x"),
        ("https://a.example/x", "http://a.example/x", None),
        ("https://a.example/x", "ftp://a.example/x", None),
    ],
)
def test_where_a_redirect_may_lead(address: str, location: str, onward: str | None) -> None:
    if onward is None:
        with pytest.raises(UnavailableError):
            download._onward(address, location)
    else:
        assert download._onward(address, location) == onward


def test_an_unknown_host_is_unavailable_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import urllib3

    monkeypatch.setattr(urllib3.Retry, "sleep", lambda *_, **__: None)
    with pytest.raises(UnavailableError) as caught:
        ids("https://mirror.invalid", fetch=("npm",))
    assert str(caught.value).startswith("https://mirror.invalid/npm/all.zip: ")
    assert "<urllib3" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "http://user:s3cret@127.0.0.1:1/x.zip",
        "HTTP://s3cret@127.0.0.1:1",
        "http://user:s3cret/x@127.0.0.1:1/x.zip",
        "http://user:s3cret@[127.0.0.1/x.zip",
        "ftp://user:s3cret@feed.example/x.zip",
        "file://user:s3cret@feed.example/x.zip",
        "http:user:s3cret@feed.example/x.zip",
    ],
)
def test_an_address_with_a_user_is_refused_and_no_password_is_repeated(address: str) -> None:
    with pytest.raises(UsageError) as caught, open_feed(address):
        pass
    assert "s3cret" not in str(caught.value)


def test_the_password_in_a_redirect_is_not_repeated() -> None:
    with pytest.raises(UnavailableError) as caught:
        download._onward("https://feed.example/x", "ftp://user:s3cret@other.example/x")
    assert "other.example" in str(caught.value)
    assert "s3cret" not in str(caught.value)
