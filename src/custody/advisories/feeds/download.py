"""Files from a server: fetched to temporary files, bounded in size and time, and only when they changed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from custody.advisories.feeds.address import check_address, without_user
from custody.errors import UnavailableError
from custody.model import Progress

__all__ = ["Client", "Fetched", "client"]

MAX_DOWNLOAD_BYTES = 4 << 30
"""The largest of OSV's archives is below 1 GB."""
TOTAL_SECONDS = 1800.0
"""For one file: what a slow line needs for the largest."""
AT_ONCE = 8
"""Connections: what a browser opens to one host, and more than one of our cores can parse."""
_CONNECT_SECONDS = 15.0
_READ_SECONDS = 60.0
_REDIRECTS = 5
_CHUNK = 1 << 18
_NOT_MODIFIED, _NOT_FOUND, _GONE = 304, 404, 410
_LONGEST_TAG = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer. path: the file, None where it is the same as before; etag, last_modified: what to ask with next."""

    path: Path | None
    etag: str = ""
    last_modified: str = ""


class Client:
    """Fetches files from http, https and file addresses. May be used by several threads at once."""

    def __init__(self, folder: Path, progress: Progress | None = None) -> None:
        """Take the folder to put files in."""
        self._folder = folder
        self._progress = progress
        self._pool: Any = None

    def need(self, address: str) -> Fetched:
        """Fetch one file that must be there; UnavailableError where it is not."""
        found = self.fetch(address)
        if found is None:
            fix = "is this the address of an OSV mirror?"
            raise UnavailableError(without_user(address), "answered with status 404", fix)
        return found

    def prepare(self) -> None:
        """Make the connections' pool; to be called before threads share the client."""
        if self._pool is None:
            import urllib3

            self._pool = _pool(urllib3)

    def fetch(self, address: str, *, etag: str = "", last_modified: str = "", quiet: bool = False) -> Fetched | None:
        """Fetch one file; None where the server has none there.

        etag, last_modified: of the copy that is there; where it is still the same, the answer has no path. Raises
        UnavailableError: not reachable, another status, larger than `MAX_DOWNLOAD_BYTES`, cut short, or too slow;
        UsageError: an address that `check_address` refuses.
        """
        check_address(address)
        parts = urlsplit(address)
        if parts.scheme == "file":
            return _local(Path(unquote(parts.path)), etag)
        self.prepare()
        import urllib3

        name = re.sub(r"[^A-Za-z0-9._-]", "_", unquote(parts.path).rpartition("/")[2])[-100:] or "file"
        try:
            target = Path(mkdtemp(dir=self._folder), name)
            with target.open("wb") as out:
                answer = self._answer(address, out, etag, last_modified, None if quiet else self._progress)
        except urllib3.exceptions.HTTPError as error:
            raise UnavailableError(without_user(address), _reason(error), "try again, or import a local copy") from None
        except OSError as error:
            raise UnavailableError(without_user(address), f"cannot be stored: {error.strerror or error}") from None
        status, new_etag, new_modified = answer
        if status == _NOT_MODIFIED:
            return Fetched(path=None, etag=etag, last_modified=last_modified)
        return (
            None
            if status in (_NOT_FOUND, _GONE)
            else Fetched(path=target, etag=new_etag[:_LONGEST_TAG], last_modified=new_modified[:_LONGEST_TAG])
        )

    def _answer(
        self,
        address: str,
        out: Any,  # noqa: ANN401
        etag: str,
        last_modified: str,
        progress: Progress | None,
    ) -> tuple[int, str, str]:
        unless = {"If-None-Match": etag} if etag else {"If-Modified-Since": last_modified} if last_modified else {}
        headers = {**self._pool.headers, **unless}
        started = time.monotonic()
        target = address
        for _ in range(_REDIRECTS + 1):
            response = self._pool.request("GET", target, preload_content=False, redirect=False, headers=headers)
            location = response.get_redirect_location()
            if not location:
                break
            response.drain_conn()
            response.release_conn()
            target = _onward(target, location)
        else:
            raise UnavailableError(without_user(address), f"redirects more than {_REDIRECTS} times")
        tags = (response.headers.get("ETag") or "", response.headers.get("Last-Modified") or "")
        if response.status in (_NOT_FOUND, _GONE) or (response.status == _NOT_MODIFIED and unless):
            response.drain_conn()
            response.release_conn()
            return (response.status, *tags)
        try:
            self._copy(response, address, out, started, progress)
            response.release_conn()
        except BaseException:
            response.close()
            raise
        return (200, *tags)

    @staticmethod
    def _copy(
        response: Any,  # noqa: ANN401
        address: str,
        out: Any,  # noqa: ANN401
        started: float,
        progress: Progress | None,
    ) -> None:
        if response.status != 200:
            fix = "is this the address of an OSV mirror?"
            raise UnavailableError(without_user(address), f"answered with status {response.status}", fix)
        done, total = 0, int(response.headers.get("Content-Length") or 0)
        for chunk in response.stream(_CHUNK):
            done += len(chunk)
            if done > MAX_DOWNLOAD_BYTES:
                raise UnavailableError(without_user(address), f"sends more than {MAX_DOWNLOAD_BYTES >> 30} GiB")
            if time.monotonic() - started > TOTAL_SECONDS:
                fix = "try again, or import a local copy"
                raise UnavailableError(without_user(address), f"timed out after {TOTAL_SECONDS:.0f} s", fix)
            out.write(chunk)
            if progress is not None:
                progress(without_user(address), done, total)


@contextmanager
def client(*, progress: Progress | None = None) -> Iterator[Client]:
    """Give a client; the files that it fetched are gone when the block ends."""
    with TemporaryDirectory(prefix="custody-feed-") as folder:
        made = Client(Path(folder), progress)
        try:
            yield made
        finally:
            if made._pool is not None:  # noqa: SLF001 - its own
                made._pool.clear()  # noqa: SLF001


def _local(path: Path, etag: str) -> Fetched | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnavailableError(str(path), f"cannot be read: {error.strerror or error}") from None
    own = f"{found.st_ino}-{found.st_mtime_ns}-{found.st_size}"
    return Fetched(path=None if etag == own else path, etag=own)


def _pool(urllib3: Any) -> Any:  # noqa: ANN401 - the library is imported where it is used
    """Retries wait 0, 1, 2 s; redirects are followed by hand, so that none leaves TLS."""
    retries = urllib3.Retry(
        total=3,
        redirect=0,
        backoff_factor=0.5,
        status_forcelist=(429, 502, 503, 504),
        raise_on_redirect=False,
        raise_on_status=False,
    )
    timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS)
    return urllib3.PoolManager(
        retries=retries,
        timeout=timeout,
        maxsize=AT_ONCE,
        headers={"User-Agent": "custody", "Accept-Encoding": "identity"},
    )


def _onward(address: str, location: str) -> str:
    """Give where a redirect leads; UnavailableError where it would leave TLS, or HTTP altogether."""
    onward = urljoin(address, location)
    if urlsplit(onward).scheme not in ("https", urlsplit(address).scheme):
        raise UnavailableError(without_user(address), f"redirects to {without_user(onward)!r}, which is not followed")
    return onward


def _reason(error: Exception) -> str:
    """Give urllib3's message without its inner object names."""
    cause = getattr(error, "reason", None) or error
    text = str(cause)
    return text.rpartition(">: ")[2] or text
