"""HTTP towards the services: what is remembered, what is tried again, what is given up, and who sees credentials."""

from __future__ import annotations

import gzip
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from custody.enrich import AnswerCache, Asker, asking, enrich
from custody.enrich.answers import MAX_AGE_SECONDS, MAX_AGE_SECONDS_ABSENT, Remembered
from custody.enrich.interface import Question
from tests.enrich.samples import NOW, Clock, asker, inventory, package
from tests.enrich.simulator import Registry, Reply, registry

INFO = b'{"Version":"v1.0.0","Time":"2023-10-11T21:58:48Z"}'
PATH = "/example.com/m/@v/v1.0.0.info"
MODULE = package("pkg:golang/example.com/m@v1.0.0")
QUESTION = Question(path=PATH[1:], gives=("released",))


@pytest.fixture
def server() -> Iterator[Registry]:
    with registry() as here:
        here.replies[PATH] = Reply(body=INFO)
        yield here


def released(asking: Asker) -> str:
    """Ask about one module and give the date, "" where it stays unknown."""
    found, _ = enrich(inventory(MODULE), asking.addresses, asking)
    asking.close()
    return found.packages[0].released


def problem(asking: Asker) -> str:
    """Ask about one module, which must stay as it was, and give the one warning."""
    found, result = enrich(inventory(MODULE), asking.addresses, asking)
    asking.close()
    assert found.packages == (MODULE,)
    assert result.unknown == (("golang", 1),)
    assert len(result.warnings) == 1
    assert result.warnings[0].startswith("golang: ")
    return result.warnings[0]


# ── what is remembered ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_run_asks_nobody(server: Registry, tmp_path: Path) -> None:
    for _ in range(2):
        assert released(asker({"golang": server.address}, cache=tmp_path)) == "2023-10-11T21:58:48Z"
    assert server.paths == [PATH]


def test_without_a_cache_every_run_asks(server: Registry) -> None:
    for _ in range(2):
        assert released(asker({"golang": server.address}))
    assert server.paths == [PATH, PATH]


def test_after_a_week_it_is_asked_again_with_its_etag(server: Registry, tmp_path: Path) -> None:
    def reply(headers: Mapping[str, str]) -> Reply:
        return Reply(status=304) if headers.get("if-none-match") == '"1"' else Reply(body=INFO, headers={"ETag": '"1"'})

    server.replies[PATH] = reply
    for now in (NOW, NOW + MAX_AGE_SECONDS - 1, NOW + MAX_AGE_SECONDS, NOW + MAX_AGE_SECONDS + 9):
        assert released(asker({"golang": server.address}, cache=tmp_path, clock=Clock(now)))
    assert [headers.get("if-none-match") for _, headers in server.requests] == [None, '"1"']


def test_not_there_is_remembered_for_a_day(server: Registry, tmp_path: Path) -> None:
    del server.replies[PATH]
    for now in (NOW, NOW + MAX_AGE_SECONDS_ABSENT - 1, NOW + MAX_AGE_SECONDS_ABSENT):
        asking = asker({"golang": server.address}, cache=tmp_path, clock=Clock(now))
        found, result = enrich(inventory(MODULE), asking.addresses, asking)
        asking.close()
        assert (found.packages, result.absent, result.warnings) == ((MODULE,), 1, ())
        assert "not found: 1" in result.summary()
    assert server.paths == [PATH, PATH]


def test_what_is_too_old_still_counts_where_nobody_answers(server: Registry, tmp_path: Path) -> None:
    assert released(asker({"golang": server.address}, cache=tmp_path))
    server.replies[PATH] = Reply(status=500)
    later = asker({"golang": server.address}, cache=tmp_path, clock=Clock(NOW + 2 * MAX_AGE_SECONDS))
    assert released(later) == "2023-10-11T21:58:48Z"


def test_an_answer_from_the_future_is_asked_for_again(server: Registry, tmp_path: Path) -> None:
    assert released(asker({"golang": server.address}, cache=tmp_path, clock=Clock(NOW + 9)))
    assert released(asker({"golang": server.address}, cache=tmp_path, clock=Clock(NOW)))
    assert len(server.paths) == 2


def test_a_broken_cache_is_no_error(server: Registry, tmp_path: Path) -> None:
    assert released(asker({"golang": server.address}, cache=tmp_path))
    for path in tmp_path.glob("*/*.answer"):
        good = path.read_bytes()
        for bad in (b"", good[:-9], b"\xff" + good, good.replace(b"example", b"examplf")):
            path.write_bytes(bad)
            assert released(asker({"golang": server.address}, cache=tmp_path))
    assert len(server.paths) == 5
    (tmp_path / "file").write_bytes(b"")
    assert released(asker({"golang": server.address}, cache=tmp_path / "file"))


def test_a_cache_that_grew_too_large_loses_its_oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    cache = AnswerCache(tmp_path)
    for name in ("old", "new"):
        cache.save(name, Remembered(status=200, asked_at=NOW, body=b"x"))
    old = next(path for path in tmp_path.glob("*/*") if path.name.startswith(_name("old")))
    os.utime(old, (1, 1))
    monkeypatch.setattr("custody.enrich.answers.MAX_CACHE_BYTES", old.stat().st_size)
    cache = AnswerCache(tmp_path)
    assert cache.load("old") is None
    assert cache.load("new") is not None


def _name(address: str) -> str:
    import hashlib

    return hashlib.sha256(address.encode()).hexdigest()


def test_a_question_of_many_packages_is_asked_once(server: Registry) -> None:
    asking = asker({"golang": server.address})
    threads = [threading.Thread(target=asking.ask, args=("golang", server.address, QUESTION)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asking.close()
    assert server.paths == [PATH]


# ── what is tried again ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "seconds"), [("3", 3.0), ("Fri, 15 Jan 2027 08:00:07 GMT", 7.0), ("soon", 0.25), ("", 0.25)]
)
def test_a_service_that_asks_to_slow_down_is_waited_for(server: Registry, text: str, seconds: float) -> None:
    replies = [Reply(status=429, headers={"Retry-After": text}), Reply(body=INFO)]
    server.replies[PATH] = lambda _: replies.pop(0)
    clock = Clock()
    assert released(asker({"golang": server.address}, clock=clock)) == "2023-10-11T21:58:48Z"
    assert clock.pauses == [seconds]


def test_one_that_asks_for_too_much_patience_is_left_alone(server: Registry) -> None:
    server.replies[PATH] = Reply(status=429, headers={"Retry-After": "31"})
    clock = Clock()
    text = problem(asker({"golang": server.address}, clock=clock))
    assert "asks to slow down (HTTP 429), and to wait for 31 s" in text
    assert clock.pauses == []


def test_one_that_never_stops_asking_to_slow_down_is_left_alone(server: Registry) -> None:
    server.replies[PATH] = Reply(status=429, headers={"Retry-After": "1"})
    assert "asks to slow down (HTTP 429)" in problem(asker({"golang": server.address}))
    assert len(server.paths) == asking.ATTEMPTS


@pytest.mark.parametrize(
    ("status", "words", "times"),
    [
        (500, "has no answer (HTTP 500)", 1),
        (503, "has no answer (HTTP 503)", 3),
        (401, "asks to log in", 1),
        (403, "does not allow it", 1),
    ],
)
def test_a_refusal_is_said_and_nothing_else_ends(server: Registry, status: int, words: str, times: int) -> None:
    server.replies[PATH] = Reply(status=status)
    assert words in problem(asker({"golang": server.address}))
    assert len(server.paths) == times


def test_a_service_that_is_not_there_is_warned_of_once_and_the_others_go_on(server: Registry) -> None:
    modules = [package(f"pkg:golang/example.com/m{index}@v1.0.0") for index in range(30)]
    asking = asker({"golang": "http://127.0.0.1:9", "npm": server.address})
    server.replies["/ms/2.1.3"] = Reply(body=b'{"version":"2.1.3","license":"MIT"}')
    found, result = enrich(inventory(*modules, package("pkg:npm/ms@2.1.3")), asking.addresses, asking)
    asking.close()
    assert [at.licence_declared for at in found.packages if at.purl.type == "npm"] == ["MIT"]
    assert result.unknown == (("golang", 30),)
    assert result.warnings == (
        "golang: cannot be reached: Connection refused; what it would have said is unknown; try again later",
    )
    assert "unknown: golang (30 packages)" in result.summary()


def test_an_unknown_host(server: Registry) -> None:
    assert problem(asker({"golang": "http://registry.invalid"})).startswith("golang: unknown host")


def test_after_three_refusals_a_service_is_left_alone(server: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custody.enrich.fill.WORKERS", 1)
    modules = [package(f"pkg:golang/example.com/m{index}@v1.0.0") for index in range(10)]
    for index in range(10):
        server.replies[f"/example.com/m{index}/@v/v1.0.0.info"] = Reply(status=500)
    asking = asker({"golang": server.address})
    _, result = enrich(inventory(*modules), asking.addresses, asking)
    asking.close()
    assert len(server.paths) == 3
    assert result.unknown == (("golang", 10),)


def test_silence(server: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "READ_SECONDS", 0.1)

    def reply(_: Mapping[str, str]) -> Reply:
        time.sleep(0.4)
        return Reply(body=INFO)

    server.replies[PATH] = reply
    assert "timed out" in problem(asker({"golang": server.address}))


def test_an_answer_that_never_ends(server: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ANSWER_SECONDS", -1.0)
    assert "took more than" in problem(asker({"golang": server.address}))


@pytest.mark.parametrize("status", [200, 404, 500, 302])
def test_an_answer_in_drops(server: Registry, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """Each byte comes in time, and the whole would take 50 s."""
    monkeypatch.setattr(asking, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(asking, "_DROP_SECONDS", 0.3)
    headers = {"Location": "/elsewhere"} if status == 302 else {}
    server.replies[PATH] = Reply(body=b" " * 1000, status=status, headers=headers, pause_seconds=0.05)
    asker_ = asker({"golang": server.address})
    start = time.monotonic()
    assert released(asker_) == ""
    assert time.monotonic() - start < 10
    if status == 200:
        assert "took more than" in asker_.problems()["golang"]


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_huge_answer(server: Registry, encoding: str) -> None:
    body = b" " * (5 << 20)
    headers = {"Content-Encoding": "gzip"} if encoding else {}
    server.replies[PATH] = Reply(body=gzip.compress(body) if encoding else body, headers=headers)
    assert f"gave an answer of more than {4 << 20} bytes" in problem(asker({"golang": server.address}))


def test_a_small_answer_does_not_become_a_huge_one_in_memory(server: Registry) -> None:
    import tracemalloc

    server.replies[PATH] = Reply(body=gzip.compress(bytes(60 << 20)), headers={"Content-Encoding": "gzip"})
    tracemalloc.start()
    try:
        assert "gave an answer of more than" in problem(asker({"golang": server.address}))
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def test_a_compressed_answer(server: Registry) -> None:
    server.replies[PATH] = Reply(body=gzip.compress(INFO), headers={"Content-Encoding": "gzip"})
    assert released(asker({"golang": server.address}))
    assert server.requests[0][1]["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("body", "encoding", "words"),
    [
        (gzip.compress(INFO, mtime=0)[:-9], "gzip", "cut short"),
        (INFO, "gzip", "cannot be inflated"),
        (zlib.compress(INFO), "br", "encoding that was not asked for"),
    ],
)
def test_a_broken_encoding(server: Registry, body: bytes, encoding: str, words: str) -> None:
    server.replies[PATH] = Reply(body=body, headers={"Content-Encoding": encoding})
    assert words in problem(asker({"golang": server.address}))


def test_an_answer_that_is_cut_short(server: Registry, tmp_path: Path) -> None:
    server.replies[PATH] = Reply(body=INFO, headers={"Content-Length": "999", "Connection": "close"})
    assert "cannot be reached" in problem(asker({"golang": server.address}, cache=tmp_path))
    assert list(tmp_path.glob("*/*")) == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b'{"Version":"v9"}', b"\xff\xfe"])
def test_garbage_is_said_with_its_address(server: Registry, body: bytes) -> None:
    server.replies[PATH] = Reply(body=body)
    asking = asker({"golang": server.address})
    found, result = enrich(inventory(MODULE), asking.addresses, asking)
    asking.close()
    assert found.packages == (MODULE,)
    assert result.unknown == (("golang", 1),)
    assert result.warnings[0].startswith(f"{MODULE.id}: {server.address}{PATH}: not understood: ")


# ── redirects and credentials ────────────────────────────────────────────────────────────────────────────────────────


def test_a_redirect_to_another_host_is_followed_without_credentials(server: Registry) -> None:
    with registry() as other:
        other.replies["/there"] = Reply(body=INFO)
        server.replies[PATH] = Reply(status=302, headers={"Location": f"{other.address}/there"})
        credentials = ((server.address, "Bearer secret"),)
        assert released(asker({"golang": server.address}, credentials=credentials))
        assert server.requests[0][1]["authorization"] == "Bearer secret"
        assert "authorization" not in other.requests[0][1]


def test_a_redirect_on_the_same_host_keeps_them(server: Registry) -> None:
    server.replies["/there"] = Reply(body=INFO)
    server.replies[PATH] = Reply(status=301, headers={"Location": "/there"})
    assert released(asker({"golang": server.address}, credentials=((server.address, "Bearer secret"),)))
    assert [headers.get("authorization") for _, headers in server.requests] == ["Bearer secret"] * 2


def test_redirects_in_a_circle(server: Registry) -> None:
    server.replies[PATH] = Reply(status=302, headers={"Location": PATH})
    assert "redirects more than 5 times" in problem(asker({"golang": server.address}))
    assert len(server.paths) == 6


@pytest.mark.parametrize(
    ("address", "location", "words"),
    [
        ("https://a.example/x", "http://a.example/y", "redirects to 'http', which is not followed"),
        ("http://a.example/x", "file:///etc/passwd", "redirects to 'file', which is not followed"),
        ("https://a.example/x", "https://[", "redirects to what is no address"),
    ],
)
def test_a_redirect_out_of_tls_or_http(address: str, location: str, words: str) -> None:
    with pytest.raises(asking._Failure, match=words):
        asking._onward(address, location)


def test_a_redirect_stays_in_tls() -> None:
    assert asking._onward("https://a.example/x", "/y") == "https://a.example/y"
    assert asking._onward("http://a.example/x", "https://b.example/y") == "https://b.example/y"
