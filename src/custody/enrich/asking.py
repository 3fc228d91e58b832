"""HTTP towards the services: a few requests at once, remembered, within bounds; what went wrong is said once a service.

A question is asked once, whoever asks it. A service that asks to slow down (429, 503 with Retry-After) is waited for by
all; one that cannot be reached is left alone for the rest of the run. Credentials go to the host that they are for: a
redirect to another one is followed without them, and none leaves TLS.
"""

from __future__ import annotations

import re
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from custody import __version__
from custody.enrich.answers import AnswerCache, Remembered
from custody.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from urllib3 import PoolManager
    from urllib3.response import BaseHTTPResponse

    from custody.enrich.addresses import Addresses
    from custody.enrich.interface import Question

__all__ = ["WORKERS", "Answer", "Asker"]

WORKERS = 8
"""Requests at once: what public registries take from one client without asking to slow down."""
CONNECT_SECONDS = 10.0
READ_SECONDS = 20.0
ANSWER_SECONDS = 60.0
"""For one answer from its first byte to its last."""
_DROP_SECONDS = 2.0  # for the rest of an answer that nobody reads
ATTEMPTS = 3
MAX_PAUSE_SECONDS = 30.0
"""The longest `Retry-After` that is waited for."""
MAX_WAITED_SECONDS = 120.0
"""All pauses of one service in a run; then the rest is unknown."""
MAX_FAILURES = 3
"""Answers that were no answer, after which a service is left alone."""

_PAUSE_SECONDS = 0.25
_SLOWER = frozenset({429, 502, 503, 504})
_MAX_REDIRECTS = 5
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. body: None where nothing did; absent: the service said that there is nothing.

    address: where it came from, as it can be shown.
    """

    address: str
    body: bytes | None = None
    absent: bool = False


@dataclass(slots=True)
class _State:
    """How it stands with one service."""

    failures: int = 0
    waited: float = 0.0
    resume_at: float = 0.0
    problem: str = ""
    down: bool = False


class _Failure(Exception):  # noqa: N818 - it never leaves this file
    """Why there is no answer. final: the service need not be asked anything else."""

    def __init__(self, words: str, *, final: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.final = final


@dataclass(slots=True)
class Asker:
    """Asks services, from any number of threads.

    addresses: for the credentials; cache: None to remember nothing; clock: seconds since 1970, for the age of what is
    remembered; pause: waits for some seconds; monotonic: says when they are over.
    """

    addresses: Addresses
    cache: AnswerCache | None
    clock: Callable[[], float]
    pause: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    _pool: PoolManager | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asked: dict[str, Future[Answer]] = field(default_factory=dict)
    _states: dict[str, _State] = field(default_factory=dict)

    def ask(self, service: str, base: str, question: Question) -> Answer:
        """Give the answer to a question at a service's address. It never raises for what the network does."""
        url = place(base, question.path)
        with self._lock:
            future = self._asked.get(url)
            mine = future is None
            if future is None:
                future = self._asked[url] = Future()
            state = self._states.setdefault(service, _State())
        if mine:
            try:
                future.set_result(self._answer(url, question, state))
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result()

    def problems(self) -> dict[str, str]:
        """Give for each service that did not answer everything why it did not, the first reason."""
        with self._lock:
            return {name: state.problem for name, state in sorted(self._states.items()) if state.problem}

    def close(self) -> None:
        """Close what is open."""
        if self._pool is not None:
            self._pool.clear()

    def _answer(self, url: str, question: Question, state: _State) -> Answer:
        kept = self.cache.load(url) if self.cache else None
        if kept is None or not kept.is_fresh(self.clock()):
            try:
                kept = self._fetch(url, question, state, kept)
            except _Failure as failure:
                with self._lock:
                    state.failures += 1
                    state.problem = state.problem or failure.words
                    state.down = state.down or failure.final or state.failures >= MAX_FAILURES
            else:
                if self.cache:
                    self.cache.save(url, kept)
        if kept is None:
            return Answer(address=url)
        return Answer(address=url, absent=True) if kept.status == 404 else Answer(address=url, body=kept.body)

    # ── one request, and again ───────────────────────────────────────────────────────────────────────────────────────

    def _fetch(self, url: str, question: Question, state: _State, kept: Remembered | None) -> Remembered:
        from urllib3.exceptions import HTTPError, NewConnectionError, SSLError

        for attempt in range(1, ATTEMPTS + 1):
            self._wait(state)
            try:
                found = self._request(url, question, kept)
            except (HTTPError, OSError) as error:
                if attempt == ATTEMPTS or isinstance(error, SSLError):
                    raise _Failure(_reason(error), final=isinstance(error, NewConnectionError | SSLError)) from None
                self.pause(_PAUSE_SECONDS * 2 ** (attempt - 1))
                continue
            if isinstance(found, Remembered):
                return found
            status, seconds = found
            if status not in _SLOWER or attempt == ATTEMPTS:
                raise _Failure(_refusal(status), final=status == 429)
            self._slow_down(state, max(seconds, _PAUSE_SECONDS * 2 ** (attempt - 1)), status)
        raise AssertionError("the last attempt returns or raises")  # pragma: no cover

    def _wait(self, state: _State) -> None:
        while True:
            with self._lock:
                if state.down:
                    raise _Failure(state.problem, final=True)
                seconds = state.resume_at - self.monotonic()
            if seconds <= 0:
                return
            self.pause(seconds)

    def _slow_down(self, state: _State, seconds: float, status: int) -> None:
        with self._lock:
            if seconds > MAX_PAUSE_SECONDS or state.waited + seconds > MAX_WAITED_SECONDS:
                raise _Failure(f"{_refusal(status)}, and to wait for {seconds:.0f} s", final=True)
            now = self.monotonic()
            resume_at = now + seconds
            if resume_at > state.resume_at:  # several threads are told the same
                state.waited += resume_at - max(state.resume_at, now)
                state.resume_at = resume_at

    def _request(self, url: str, question: Question, kept: Remembered | None) -> Remembered | tuple[int, float]:
        """Send one request. Give what it says, or (status, seconds to wait) where that is nothing to go by."""
        headers = {"Accept": question.accept, "Accept-Encoding": "gzip", "User-Agent": f"custody/{__version__}"}
        if kept is not None and kept.etag:
            headers["If-None-Match"] = kept.etag
        target = url
        for _ in range(_MAX_REDIRECTS + 1):
            sent = dict(headers)
            if authorization := self.addresses.authorization(target):
                sent["Authorization"] = authorization
            answer = self._connections().request(
                "GET", target, headers=sent, redirect=False, preload_content=False, decode_content=False
            )
            location = answer.headers.get("Location")
            if answer.status not in {301, 302, 303, 307, 308} or not location:
                break
            _drop(answer)
            target = _onward(target, location)
        else:
            raise _Failure(f"redirects more than {_MAX_REDIRECTS} times")
        try:
            return self._read(answer, question, kept)
        finally:
            answer.close()

    def _read(
        self, answer: BaseHTTPResponse, question: Question, kept: Remembered | None
    ) -> Remembered | tuple[int, float]:
        now = self.clock()
        if answer.status == 304 and kept is not None:
            _drop(answer)
            return Remembered(status=kept.status, etag=kept.etag, asked_at=now, body=kept.body)
        if answer.status != 200:
            _drop(answer)
        if answer.status in (404, 410):
            return Remembered(status=404, asked_at=now)
        if answer.status != 200:
            return answer.status, _retry_after(answer.headers.get("Retry-After", ""), now)
        body = _body(answer, question.max_bytes)
        if question.brief is not None:
            try:
                body = question.brief(body)
            except InputError as error:
                raise _Failure(f"gave an answer that cannot be read: {error}") from None
        etag = answer.headers.get("ETag", "")
        return Remembered(status=200, etag=etag if etag.isprintable() else "", asked_at=now, body=body)

    def _connections(self) -> PoolManager:
        import urllib3

        with self._lock:
            if self._pool is None:
                timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
                self._pool = urllib3.PoolManager(timeout=timeout, retries=False, maxsize=WORKERS)
            return self._pool


def place(base: str, path: str) -> str:
    """Give the address of a question: `path` below `base`, or beside its last step (`../`)."""
    base = base.removeprefix("sparse+").rstrip("/")
    if path.startswith("../"):
        base, path = base.rpartition("/")[0], path[3:]
    return f"{base}/{path}"


def _body(answer: BaseHTTPResponse, max_bytes: int) -> bytes:
    """Read an answer to its end, inflated here so that a small one cannot become a huge one."""
    deadline = time.monotonic() + ANSWER_SECONDS
    encoding = answer.headers.get("Content-Encoding", "identity").lower()
    if encoding not in ("gzip", "x-gzip", "identity", ""):
        raise _Failure(f"gave an answer in an encoding that was not asked for: {encoding[:40]!r}")
    inflate = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    parts: list[bytes] = []
    size = 0
    while True:
        data = answer.read1(_CHUNK, decode_content=False)  # `read` would wait until it has all of the chunk
        if not data:
            break
        if inflate is not None:
            try:
                data = inflate.decompress(data, max_bytes + 1 - size)
            except zlib.error:
                raise _Failure("gave an answer that cannot be inflated") from None
        size += len(data)
        if size > max_bytes:
            raise _Failure(f"gave an answer of more than {max_bytes} bytes")
        if time.monotonic() > deadline:
            raise _Failure(f"took more than {ANSWER_SECONDS:.0f} s for an answer")
        parts.append(data)
    if inflate is not None and not inflate.eof:
        raise _Failure("gave an answer that is cut short")
    return b"".join(parts)


def _drop(answer: BaseHTTPResponse) -> None:
    """Let go of an answer that nobody reads: the connection is used again when little is left of it, else closed."""
    deadline = time.monotonic() + _DROP_SECONDS
    left = _CHUNK
    while left > 0 and time.monotonic() < deadline:
        data = answer.read1(left, decode_content=False)
        if not data:
            return
        left -= len(data)
    answer.close()


def _onward(address: str, location: str) -> str:
    """Give where a redirect leads: never from https to anything else, never out of HTTP."""
    try:
        onward = urljoin(address, location)
        scheme = urlsplit(onward).scheme
    except ValueError:
        raise _Failure("redirects to what is no address") from None
    if scheme != "https" and not (scheme == "http" and urlsplit(address).scheme == "http"):
        raise _Failure(f"redirects to {scheme!r}, which is not followed")
    return onward


def _retry_after(text: str, now: float) -> float:
    """Give the seconds of a Retry-After (RFC 9110, section 10.2.3): a number, or a date."""
    if text.strip().isdecimal():
        return float(text.strip()[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _refusal(status: int) -> str:
    words = {401: "asks to log in", 403: "does not allow it", 429: "asks to slow down"}.get(status, "has no answer")
    return f"{words} (HTTP {status})"


def _reason(error: Exception) -> str:
    """Give urllib3's message without its inner object names and addresses."""
    from urllib3.exceptions import NameResolutionError, NewConnectionError, SSLError
    from urllib3.exceptions import TimeoutError as SilenceError

    cause = getattr(error, "reason", None) or error
    if isinstance(cause, NameResolutionError):
        return "unknown host"
    if isinstance(cause, SSLError):
        return "TLS failed: check the name and its certificate"
    if isinstance(cause, SilenceError) and not isinstance(cause, NewConnectionError):
        return "timed out"
    words = re.sub(r"^\[Errno -?\d+\] ", "", str(cause).rpartition(": ")[2]) or type(cause).__name__
    return f"cannot be reached: {words[:200]}"


def unreachable(service: str, problem: str) -> str:
    """Give the warning for a service, in one line."""
    return str(UnavailableError(service, problem, "what it would have said is unknown; try again later"))
