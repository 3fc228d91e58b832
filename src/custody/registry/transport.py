"""HTTP towards one registry: its scheme, its redirects, who we are for it, and what went wrong in one line.

Credentials go to the registry, and to the token service that its challenge names, and to nobody else: a redirect to
another host (blob stores) is followed without them.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3
from urllib3.exceptions import (
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as SilenceError

from custody import __version__
from custody.errors import InputError, UnavailableError, one_line
from custody.fields import Fields
from custody.registry.auth import Challenge, Credentials, find_credentials, parse_challenges
from custody.registry.interface import BrokenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from urllib3.response import BaseHTTPResponse

    from custody.registry.reference import Reference

__all__ = ["Transport", "drop", "read_limited", "unexpected"]

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
"""How long a registry may be silent. A blob may take hours in all, as long as something comes."""

ATTEMPTS = 3
"""How often a request is tried that may be repeated; with the pauses it ends within seconds."""

MAX_PAUSE_SECONDS = 10.0
"""The longest `Retry-After` that is waited for."""

_PAUSE_SECONDS = 0.25  # then twice as long each time
_AGAIN = frozenset({429, 502, 503, 504})
_MAX_REDIRECTS = 5
_MAX_TOKEN_BYTES = 1024 * 1024
_MAX_ERROR_BYTES = 64 * 1024
_HUB, _HUB_API = "docker.io", "registry-1.docker.io"
_AGENT = f"custody/{__version__}"
_TOKEN = re.compile(r"[!-~]+")  # RFC 6750 section 2.1, and what else is in use; a line break would begin another header


class Transport:
    """Connections to the registry of one reference."""

    def __init__(self, reference: Reference, *, insecure: bool) -> None:
        """Prepare; nothing is sent yet. insecure: plain HTTP is allowed although it is not this machine."""
        self.host = reference.host
        self.name = reference.name
        self._repository = reference.path
        self._plain = insecure or reference.is_loopback
        # On this machine plain HTTP is the rule; elsewhere it is what is left when TLS is not spoken.
        self._schemes = ("http", "https") if reference.is_loopback else ("https", "http") if insecure else ("https",)
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS), retries=False, maxsize=4
        )
        self._base = ""
        self._authorization = ""
        self._scopes: set[str] = set()
        self._credentials: Credentials | None = None
        self._looked = False

    def close(self) -> None:
        """Close what is open."""
        self._pool.clear()

    def base(self) -> str:
        """Give `scheme://host`, found out at the first call."""
        if not self._base:
            host = _HUB_API if self.host == _HUB else self.host
            for scheme in self._schemes:
                self._base = f"{scheme}://{host}"
                if len(self._schemes) == 1 or self._answers():
                    break
        return self._base

    def _answers(self) -> bool:
        try:
            answer = self._pool.request(
                "GET", f"{self._base}/v2/", redirect=False, preload_content=False, headers={"User-Agent": _AGENT}
            )
            drop(answer)
        except (SSLError, ProtocolError):
            return False
        except HTTPError as error:
            raise self._fault("cannot be reached", error) from None
        return not (answer.status == 400 and self._base.startswith("http:"))  # what a TLS port says to plain HTTP

    def request(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] | None = None,
    ) -> BaseHTTPResponse:
        """Send one request to the registry and give its answer, whatever its status; its body is not read yet.

        path: below the registry, or the whole address that an earlier answer named; operation: for messages ("pull
        team/app"). A body that is no `bytes` is sent once only, so it must be authorised by a request before. Raises
        UnavailableError: no answer. BrokenError: the connection broke.
        """
        url = _join(self.base() + "/", path)
        once = body is not None and not isinstance(body, bytes)
        asked = False
        attempt = 1
        while True:
            try:
                answer = self._follow(method, url, headers or {}, body)
            except HTTPError as error:
                if once or attempt == ATTEMPTS or _hopeless(error):
                    raise self._fault(operation, error) from None
                pause = 0.0
            else:
                if answer.status == 401 and not asked and not once and self._authorize(answer, method):
                    asked = True
                    drop(answer)
                    continue
                if answer.status not in _AGAIN or once or attempt == ATTEMPTS:
                    return answer
                pause = _retry_after(answer)
                drop(answer)
            time.sleep(max(pause, _PAUSE_SECONDS * 2 ** (attempt - 1)))
            attempt += 1

    def _follow(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | Iterable[bytes] | None
    ) -> BaseHTTPResponse:
        for _ in range(_MAX_REDIRECTS + 1):
            sent = {"User-Agent": _AGENT, "Accept-Encoding": "identity", **headers}
            if self._authorization and _origin(url) == _origin(self._base):
                sent["Authorization"] = self._authorization
            answer = self._pool.request(
                method,
                self._allowed(url),
                headers=sent,
                body=body,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            location = answer.headers.get("Location")
            if answer.status not in {301, 302, 303, 307, 308} or not location or method not in {"GET", "HEAD"}:
                return answer
            drop(answer)
            url = _join(url, location)
        raise UnavailableError(self.host, f"more than {_MAX_REDIRECTS} redirects, the last one to {_origin(url)}")

    def _allowed(self, url: str) -> str:
        scheme = _origin(url).partition(":")[0]
        if scheme == "https" or (scheme == "http" and self._plain):
            return url
        raise UnavailableError(
            self.host, f"sends us to {_origin(url)}, which is not https", "ask who runs the registry"
        )

    # ── who we are ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _authorize(self, answer: BaseHTTPResponse, method: str) -> bool:
        """Take up the challenge of a 401, and say whether there is something new to try."""
        challenges = {c.scheme: c for c in parse_challenges(answer.headers.get("WWW-Authenticate", ""))}
        if not self._looked:
            self._credentials = find_credentials(self.host)
            self._looked = True
        before = self._authorization
        if "bearer" in challenges:
            self._authorization = self._fetch_token(challenges["bearer"], method)
            return True
        if "basic" in challenges and self._credentials is not None and self._credentials.user:
            self._authorization = self._credentials.basic
        return self._authorization != before

    def _fetch_token(self, challenge: Challenge, method: str) -> str:
        """Ask the token service: https://distribution.github.io/distribution/spec/auth/, pages `token` and `oauth`."""
        actions = "pull" if method in {"GET", "HEAD"} else "pull,push"
        self._scopes |= set((challenge.get("scope") or f"repository:{self._repository}:{actions}").split())
        realm = challenge.get("realm")
        where = f"{self.host} (token service {_origin(realm)})"
        query = [("service", challenge.get("service"))] if challenge.get("service") else []
        scopes = sorted(self._scopes)
        headers = {"User-Agent": _AGENT}
        known = self._credentials
        try:
            if known is not None and known.identity_token:
                grant = [
                    ("grant_type", "refresh_token"),
                    ("refresh_token", known.identity_token),
                    ("client_id", "custody"),
                ]
                body = urlencode([*grant, *query, ("scope", " ".join(scopes))])
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                answer = self._pool.request(
                    "POST", self._allowed(realm), body=body, headers=headers, redirect=False, preload_content=False
                )
            else:
                if known is not None:
                    headers["Authorization"] = known.basic
                address = f"{realm}{'&' if '?' in realm else '?'}{urlencode([*query, *(('scope', s) for s in scopes)])}"
                answer = self._pool.request(
                    "GET", self._allowed(address), headers=headers, redirect=False, preload_content=False
                )
        except HTTPError as error:
            raise self._fault("log in", error) from None
        data = read_limited(answer, _MAX_TOKEN_BYTES, where)
        if answer.status != 200:
            raise UnavailableError(where, f"no token: HTTP {answer.status}{_said(data)}", self._log_in())
        fields = Fields.from_json(data, where)
        token = fields.text_or("token") or fields.text("access_token")
        if not _TOKEN.fullmatch(token):
            raise InputError(where, "gave a token that no header can carry")
        return f"Bearer {token}"

    def _log_in(self) -> str:
        if self._credentials is None:
            return f"log in with `docker login {self.host}`"
        return "the credentials in Docker's config.json do not allow it"

    # ── what went wrong ──────────────────────────────────────────────────────────────────────────────────────────────

    def refused(self, answer: BaseHTTPResponse, operation: str) -> UnavailableError:
        """Make the error for an answer that ends the work."""
        said = _said(read_limited(answer, _MAX_ERROR_BYTES, self.host))
        fix = {
            401: self._log_in(),
            403: self._log_in(),
            404: "check the name of the repository",
            429: "try again later, or log in",
        }.get(answer.status, "try again later" if answer.status >= 500 else "")
        return UnavailableError(self.host, f"{operation}: HTTP {answer.status}{said}", fix)

    def _fault(self, operation: str, error: HTTPError) -> UnavailableError:
        cause = error.reason if isinstance(error, MaxRetryError) and error.reason is not None else error
        if isinstance(cause, NameResolutionError):
            return UnavailableError(self.host, f"{operation}: unknown host", "check the name and the network")
        if isinstance(cause, SSLError):
            return UnavailableError(
                self.host, f"{operation}: TLS failed: {_last(cause)}", "check the name and its certificate"
            )
        if isinstance(cause, SilenceError) and not isinstance(cause, NewConnectionError):
            return UnavailableError(self.host, f"{operation}: timed out", "try again later")
        if isinstance(cause, ProtocolError):
            return BrokenError(self.host, f"{operation}: the connection broke: {_last(cause)}", "try again")
        return UnavailableError(
            self.host, f"{operation}: cannot be reached: {_last(cause)}", "check the name and the network"
        )


def read_limited(answer: BaseHTTPResponse, max_bytes: int, where: str) -> bytes:
    """Read an answer to its end.

    Raises InputError: longer than `max_bytes`. BrokenError: the connection broke.
    """
    try:
        data = answer.read(max_bytes + 1)
    except HTTPError as error:
        raise BrokenError(where, f"the connection broke: {_last(error)}", "try again") from None
    if len(data) > max_bytes:
        answer.close()
        raise InputError(where, f"an answer of more than {max_bytes} bytes")
    return data


def unexpected(where: str, what: str) -> UnavailableError:
    """Make the error for an answer that the specification does not allow."""
    return UnavailableError(where, what, "this is not how a registry answers; check the name")


def _origin(url: str) -> str:
    """Give `scheme://host:port`: who an address belongs to."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return "an address that is not valid"
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _join(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:
        raise unexpected(_origin(base), f"names an address that is not valid: {location[:200]!r}") from None


def drop(answer: BaseHTTPResponse) -> None:
    """Let go of an answer that nobody reads: the connection is used again when little is left of it, else closed."""
    try:
        if len(answer.read(_MAX_ERROR_BYTES)) == _MAX_ERROR_BYTES:
            answer.close()
    except HTTPError:
        answer.close()


def _hopeless(error: HTTPError) -> bool:
    cause = error.reason if isinstance(error, MaxRetryError) else error
    return isinstance(cause, (NameResolutionError, SSLError))


def _last(error: BaseException) -> str:
    """Give the innermost words of an error: outer ones are about urllib3's own objects."""
    while error.args and isinstance(error.args[-1], BaseException):
        error = error.args[-1]
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return one_line(str(reason).rsplit(": ", 1)[-1])[:200]


def _retry_after(answer: BaseHTTPResponse) -> float:
    text = answer.headers.get("Retry-After", "")
    return min(float(text), MAX_PAUSE_SECONDS) if text.isdecimal() else 0.0


def _said(data: bytes) -> str:
    """Give the registry's own words (distribution-spec v1.1, "Error Codes"), made harmless."""
    try:
        errors = Fields.from_json(data, "answer")
        words = [f"{e.text_or('code')} {e.text_or('message')}".strip() for e in errors.each("errors")]
    except InputError:
        return ""
    return f" ({one_line('; '.join(words))[:300]})" if words else ""
