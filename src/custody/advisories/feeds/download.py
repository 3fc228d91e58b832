"""Archives from a mirror: fetched to temporary files, bounded in size and time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urljoin, urlsplit

from custody.advisories.feeds.address import without_user
from custody.errors import UnavailableError
from custody.model import Progress

__all__ = ["downloaded"]

MAX_DOWNLOAD_BYTES = 4 << 30
"""The largest of OSV's archives is below 1 GB."""
TOTAL_SECONDS = 1800.0
"""For one archive: what a slow line needs for the largest."""
_CONNECT_SECONDS = 15.0
_READ_SECONDS = 60.0
_REDIRECTS = 5
_CHUNK = 1 << 18


@contextmanager
def downloaded(addresses: Sequence[str], *, progress: Progress | None = None) -> Iterator[list[Path]]:
    """Give the files that the addresses (https or http) lead to, in order; they are gone when the block ends.

    Raises UnavailableError: host not reachable, status other than 200, larger than `MAX_DOWNLOAD_BYTES`, cut short,
    or too slow.
    """
    import urllib3

    with TemporaryDirectory(prefix="custody-osv-") as folder, _pool(urllib3) as pool:
        files = []
        for index, address in enumerate(addresses):
            files.append(Path(folder) / f"{index}.zip")
            try:
                with files[-1].open("wb") as out:
                    _fetch(pool, address, out, progress)
            except urllib3.exceptions.HTTPError as error:
                raise UnavailableError(
                    without_user(address), _reason(error), "try again, or import a local copy"
                ) from None
            except OSError as error:
                raise UnavailableError(without_user(address), f"cannot be stored: {error.strerror or error}") from None
        yield files


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
        retries=retries, timeout=timeout, headers={"User-Agent": "custody", "Accept-Encoding": "identity"}
    )


def _fetch(pool: Any, address: str, out: Any, progress: Progress | None) -> None:  # noqa: ANN401
    started = time.monotonic()
    target = address
    for _ in range(_REDIRECTS + 1):
        response = pool.request("GET", target, preload_content=False, redirect=False)
        location = response.get_redirect_location()
        if not location:
            break
        response.drain_conn()
        response.release_conn()
        target = _onward(target, location)
    else:
        raise UnavailableError(without_user(address), f"redirects more than {_REDIRECTS} times")
    try:
        if response.status != 200:
            raise UnavailableError(
                without_user(address),
                f"answered with status {response.status}",
                "is this the address of an OSV mirror?",
            )
        done, total = 0, int(response.headers.get("Content-Length") or 0)
        for chunk in response.stream(_CHUNK):
            done += len(chunk)
            if done > MAX_DOWNLOAD_BYTES:
                raise UnavailableError(without_user(address), f"sends more than {MAX_DOWNLOAD_BYTES >> 30} GiB")
            if time.monotonic() - started > TOTAL_SECONDS:
                raise UnavailableError(
                    without_user(address), f"timed out after {TOTAL_SECONDS:.0f} s", "try again, or import a local copy"
                )
            out.write(chunk)
            if progress is not None:
                progress(without_user(address), done, total)
    finally:
        response.close()


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
