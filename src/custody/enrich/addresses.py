"""Where the services are: custody has no address of its own, so it goes by what the user said, and what they use.

    addresses = find_addresses(("npm=https://npm.example",), os.environ, home, workspace)
    addresses.base("npm", "left-pad")           # "https://npm.example"

The first of these that names a service counts: `--enrich-from SERVICE=ADDRESS`; `CUSTODY_ENRICH` (the same words, with
spaces between them); `enrich.yaml` in the workspace; the configuration of the service's own client (`clients.py`). An
empty address (`npm=`) keeps a service from being asked.
"""

from __future__ import annotations

import base64
import netrc
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import unquote, urlsplit

from custody.enrich.clients import Client, clients
from custody.enrich.services import services
from custody.errors import InputError, UnavailableError, UsageError
from custody.fields import Fields

__all__ = ["FILE", "VARIABLE", "Addresses", "find_addresses"]

VARIABLE = "CUSTODY_ENRICH"
FILE = "enrich.yaml"
_MAX_FILE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """bases: service → address, "" where it must not be asked. routes: (service, pattern of names, address) go first.

    credentials: (address, value of the Authorization header), for what stands below that address and nothing else.
    warnings: of clients' configurations that cannot be read.
    """

    bases: Mapping[str, str]
    routes: tuple[tuple[str, str, str], ...] = ()
    credentials: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()

    def base(self, service: str, name: str) -> str | None:
        """Give where to ask about a package; "" for not at all, None where no address is known."""
        for at, pattern, base in self.routes:
            if at == service and fnmatchcase(name, pattern):
                return base
        return self.bases.get(service)

    def authorization(self, address: str) -> str:
        """Give the header that goes to an address, "" for none: that of the longest address that it stands below."""
        best = ("", "")
        for below, header in self.credentials:
            if _stands_below(address, below) and len(below) >= len(best[0]):
                best = (below, header)
        return best[1]


def find_addresses(
    given: Sequence[str], environment: Mapping[str, str], home: Path | None, workspace: Path
) -> Addresses:
    """Gather the addresses. given: words of the command line, `SERVICE=ADDRESS`.

    Raises UsageError: no address, or no such service, on the command line or in the variable. InputError: the same in
    `enrich.yaml`.
    """
    bases: dict[str, str] = {}
    for word in given:
        bases.update([_pair(word, "--enrich-from")])
    for word in environment.get(VARIABLE, "").replace(",", " ").split():
        name, base = _pair(word, VARIABLE)
        bases.setdefault(name, base)
    for name, base in _of_file(workspace / FILE).items():
        bases.setdefault(name, base)
    routes: list[tuple[str, str, str]] = []
    credentials: list[tuple[str, str]] = []
    warnings: list[str] = []
    for name, read in sorted(clients().items()):
        try:
            client = read(environment, home)
        except InputError as error:
            warnings.append(f"{error}; left out")
            continue
        base, own = _without_user(client.base)
        if base and _problem(base) is None:
            bases.setdefault(name, base)
        credentials += own
        _take(client, name, routes, credentials)
    credentials += _of_netrc(environment, home, [*bases.values(), *(base for _, _, base in routes)])
    return Addresses(bases=bases, routes=tuple(routes), credentials=tuple(credentials), warnings=tuple(warnings))


def _take(client: Client, name: str, routes: list[tuple[str, str, str]], credentials: list[tuple[str, str]]) -> None:
    for pattern, address in client.routes:
        base, own = _without_user(address)
        credentials += own
        routes.append((name, pattern, base if _problem(base) is None else ""))
    credentials += client.credentials


def _pair(word: str, where: str) -> tuple[str, str]:
    name, equals, base = word.partition("=")
    shown = f"{name}={_shown(base)}"
    if not equals:
        raise UsageError(where, f"expected SERVICE=ADDRESS, got {_shown(word)!r:.100}")
    problem = _unknown(name) or (_problem(base) if base else None)
    if problem:
        raise UsageError(f"{where} {shown!r:.200}", problem, "expected SERVICE=https://HOST/PATH")
    return name, base.rstrip("/")


def _unknown(name: str) -> str | None:
    known = [service.name for service in services()]
    return None if name in known else f"no such service; expected one of {', '.join(sorted(known))}"


def _problem(base: str) -> str | None:
    """Say why a text is no address that can be asked, None where it is one."""
    try:
        parts = urlsplit(base.removeprefix("sparse+"))
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "not an address"
    if parts.scheme not in ("http", "https") or not host or not base.isprintable() or " " in base:
        return "not an address that can be asked"
    if "@" in parts.netloc:
        return (
            "an address with a user or a password is not taken: put those into ~/.netrc or the client's configuration"
        )
    return "an address with ? or # cannot have anything below it" if parts.query or parts.fragment else None


def _of_file(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE_BYTES)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UnavailableError(str(path), f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    table = Fields.from_yaml(data, str(path))
    found = {}
    for name in table.value:
        base = table.text_or(name)
        problem = _unknown(name) or (_problem(base) if base else None)
        if problem:
            raise table.fault(name, problem, "expected SERVICE: https://HOST/PATH")
        found[name] = base.rstrip("/")
    return found


# ── credentials ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _without_user(address: str) -> tuple[str, list[tuple[str, str]]]:
    """Give an address without user and password, and those as credentials for its host."""
    match = re.match(r"((?:sparse\+)?https?://)([^/?#]*)@(.*)", address, re.DOTALL)
    if match is None:
        return address.rstrip("/"), []
    user, _, password = match[2].partition(":")
    base = f"{match[1]}{match[3]}".rstrip("/")
    host = re.match(r"[^/?#]*", match[3])
    root = f"{match[1].removeprefix('sparse+')}{host[0] if host else ''}"
    return base, [(root, basic(unquote(user), unquote(password)))]


def basic(user: str, password: str) -> str:
    """Give the header for a user and a password (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode("utf-8", "surrogateescape")).decode()


def _of_netrc(environment: Mapping[str, str], home: Path | None, bases: Sequence[str]) -> list[tuple[str, str]]:
    """Give what ~/.netrc has for the hosts of the addresses; its entry for everybody else (`default`) is not used."""
    named = environment.get("NETRC")
    path = Path(named) if named else home / ".netrc" if home else None
    if path is None:
        return []
    try:
        hosts = netrc.netrc(path).hosts
    except (OSError, netrc.NetrcParseError, ValueError):
        return []
    found = []
    for base in sorted(set(bases)):
        parts = urlsplit(base.removeprefix("sparse+"))
        entry = hosts.get(parts.hostname or "")
        if entry is not None and entry[2]:
            found.append((f"{parts.scheme}://{parts.netloc}", basic(entry[0], entry[2])))
    return sorted(set(found))


def _stands_below(address: str, below: str) -> bool:
    """Say whether an address is of the same scheme, host and port, and its path below the other's, by whole steps."""
    mine, other = _split(address), _split(below)
    if mine is None or other is None or mine[0] != other[0]:
        return False
    return f"{mine[1]}/".startswith(f"{other[1].rstrip('/')}/") and "/../" not in unquote(f"{mine[1]}/")


def _split(address: str) -> tuple[tuple[str, str, int], str] | None:
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname or "", port), parts.path


def _shown(base: str) -> str:
    """Give an address as it may be shown: what stands before an `@` may be a password."""
    scheme, mark, rest = base.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}" if mark else base.rpartition("@")[2]
