"""CISA's catalogue and EPSS."""

from __future__ import annotations

import datetime as dt
import gzip
import io
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.advisories.feeds import cve, epss, kev
from custody.advisories.feeds.epss import EpssDump, parse_epss
from custody.advisories.feeds.kev import KevDump, parse_kev
from custody.errors import InputError, UnavailableError
from custody.model import Epss, Exploited, Skipped

CASES = Path(__file__).parents[2] / "cases" / "advisories"
JSON = (CASES / "kev" / "catalogue.json").read_bytes()
CSV = (CASES / "kev" / "catalogue.csv").read_bytes()
SCORES = (CASES / "epss" / "epss_scores-2026-09-29.csv").read_bytes()


@pytest.mark.parametrize("name", ["catalogue.json", "catalogue.csv"])
def test_both_forms_of_the_catalogue_give_the_same_entries_and_name_the_broken_one(name: str) -> None:
    dump = KevDump(CASES / "kev" / name, name)
    first, second = dump.records()
    assert first.id == "CVE-2025-48384"
    assert (first.added, first.due, first.ransomware) == (dt.date(2025, 8, 25), dt.date(2025, 9, 15), False)
    assert first.action.startswith("Apply mitigations per vendor instructions")
    assert second.ransomware
    (skipped,) = dump.skipped
    assert skipped.where == f"{name}:" + ("vulnerabilities[2]" if name.endswith("json") else "line 4")


def test_a_time_behind_a_date_is_passed_over() -> None:
    data = JSON.replace(b'"dateAdded": "2025-08-25"', b'"dateAdded": "2025-08-25T17:04:19Z"')
    assert data != JSON
    assert next(parse_kev(data, "x", [])).added == dt.date(2025, 8, 25)


def test_scores_carry_the_date_of_the_comment_line_and_broken_lines_are_named(tmp_path: Path) -> None:
    for name, data in (("a.csv", SCORES), ("a.csv.gz", gzip.compress(SCORES)), ("a.zst", zstd.compress(SCORES))):
        path = tmp_path / name
        path.write_bytes(data)
        dump = EpssDump(path, name)
        scores = list(dump.records())
        assert scores[1] == Epss(id="CVE-2026-1001", score=9e-05, percentile=0.00123, date=dt.date(2026, 9, 29))
        assert [s.id[-1] for s in scores] == ["0", "1", "3"]
        assert [s.where for s in dump.skipped] == [f"{name}:line 5", f"{name}:line 6"]


def test_without_a_comment_line_the_date_is_that_of_the_name() -> None:
    data = SCORES.partition(b"\n")[2]
    assert next(parse_epss(io.BytesIO(data), "epss_scores-2021-05-01.csv", [])).date == dt.date(2021, 5, 1)
    with pytest.raises(InputError, match="states no score_date"):
        list(parse_epss(io.BytesIO(data), "scores.csv", []))


@pytest.mark.parametrize("data", [b"", b"a,b,c\n", b"#score_date:2026-13-45\ncve,epss,percentile\n"])
def test_what_is_no_epss_file_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        list(parse_epss(io.BytesIO(data), "x", []))


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "epss.csv.gz"
    path.write_bytes(gzip.compress(SCORES * 1)[:-20])
    with pytest.raises(InputError):
        list(EpssDump(path).records())
    with pytest.raises(UnavailableError, match="cannot be read"):
        list(EpssDump(tmp_path / "none").records())


def test_a_file_of_other_lines_is_not_named_line_by_line() -> None:
    data = SCORES + b"x\n" * 2000
    skipped: list[Skipped] = []
    with pytest.raises(InputError, match="more than 1000 lines cannot be read"):
        list(parse_epss(io.BytesIO(data), "x", skipped))
    assert len(skipped) == 1000


def test_each_feed_knows_its_own_files_by_their_content() -> None:
    record = (CASES / "cve" / "CVE-2026-1000.json").read_bytes()
    assert [kev.looks_like(d) for d in (JSON, CSV, SCORES, record, b"")] == [True, True, False, False, False]
    assert [epss.looks_like(d) for d in (SCORES, gzip.compress(SCORES), CSV, record, b"")] == [
        *(True, True),
        *(False, False, False),
    ]
    assert [cve.looks_like(d) for d in (record, JSON, SCORES, b"[]")] == [True, False, False, False]


@settings(max_examples=150)
@given(st.sampled_from([JSON, CSV]), st.integers(0, 4000), st.binary(max_size=4))
def test_a_damaged_catalogue_gives_entries_or_an_input_error(data: bytes, at: int, put: bytes) -> None:
    skipped: list[Skipped] = []
    try:
        entries = list(parse_kev(data[:at] + put + data[at + len(put) :], "x", skipped))
    except InputError:
        return
    assert all(isinstance(e, Exploited) for e in entries)
    assert len(entries) + len(skipped) >= 2


@settings(max_examples=150)
@given(st.integers(0, len(SCORES)), st.binary(max_size=4), st.booleans())
def test_damaged_scores_give_scores_or_an_input_error(at: int, put: bytes, cut: bool) -> None:
    data = SCORES[:at] + put + (b"" if cut else SCORES[at + len(put) :])
    try:
        scores = list(parse_epss(io.BytesIO(data), "x", []))
    except InputError:
        return
    assert all(0 <= s.score <= 1 and 0 <= s.percentile <= 1 for s in scores)


def test_the_real_catalogue_and_scores_are_read_whole(shared: Path) -> None:
    folder = shared / "data" / "kev_epss"
    dumps = [KevDump(folder / f"known_exploited_vulnerabilities.{end}") for end in ("json", "csv")]
    first, second = (list(dump.records()) for dump in dumps)
    assert len(first) == 1404
    assert first == second
    assert sum(e.ransomware for e in first) == 293
    scores = EpssDump(folder / "epss_sample.csv")
    assert len(list(scores.records())) == 55
    assert not scores.skipped + dumps[0].skipped + dumps[1].skipped
