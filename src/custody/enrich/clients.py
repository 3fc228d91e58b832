"""The registries that a user's own clients are configured to use: npm, pip and uv, Go, Cargo, Maven.

Only files of the user and of the machine are read, never those of what is looked at: a project must not say where we
send its neighbours' names, or the user's password. A registry that no configuration names is not known here.

    client = clients()["npm"](os.environ, Path.home())
    client.base                 # "https://npm.corp.example", from `registry=` in ~/.npmrc

Manuals: npmrc(5); pip's "Configuration"; uv's "Environment variables"; https://go.dev/ref/mod#environment-variables;
https://doc.rust-lang.org/cargo/reference/source-replacement.html; https://maven.apache.org/settings.html#Mirrors.
"""

from __future__ import annotations

import base64
import binascii
import configparser
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custody.enrich.markup import read_markup
from custody.errors import InputError

__all__ = ["Client", "clients"]

MAX_BYTES = 1 << 20
"""Of one file of configuration."""

Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What a client is configured for. base: "" where nothing says it; it may hold a user and a password.

    routes: (pattern of names, address) for packages that come from elsewhere; "" for those that nobody may be asked
    about. credentials: (address, value of the Authorization header).
    """

    base: str = ""
    routes: tuple[tuple[str, str], ...] = ()
    credentials: tuple[tuple[str, str], ...] = ()


def clients() -> dict[str, Callable[[Environment, Path | None], Client]]:
    """Give the readers by the name of the service. Each raises InputError for a file that makes no sense."""
    return {"npm": _npm, "pypi": _pip, "golang": _go, "cargo": _cargo, "maven": _maven}


def _read(path: Path | None) -> bytes:
    if path is None:
        return b""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES)
    except OSError:
        return b""


def _lines(data: bytes) -> dict[str, str]:
    """Read `key = value`; lines that begin with # or ; are comments."""
    found = {}
    for row in data.decode("utf-8", "replace").splitlines():
        key, equals, value = row.partition("=")
        if equals and not row.lstrip().startswith(("#", ";")):
            found[key.strip()] = value.strip().strip("\"'")
    return found


# ── npm ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _npm(environment: Environment, home: Path | None) -> Client:
    lowered = {key.lower(): value for key, value in environment.items()}
    own = lowered.get("npm_config_userconfig")
    settings = _lines(_read(Path(lowered.get("npm_config_globalconfig") or "/etc/npmrc")))
    settings |= _lines(_read(Path(own) if own else home / ".npmrc" if home else None))
    settings = {key: _expanded(value, environment) for key, value in settings.items()}
    routes = tuple(
        (f"{key.removesuffix(':registry')}/*", value)
        for key, value in sorted(settings.items())
        if re.fullmatch(r"@[^/:]+:registry", key)
    )
    return Client(
        base=lowered.get("npm_config_registry") or settings.get("registry", ""),
        routes=routes,
        credentials=tuple(_npm_credentials(settings)),
    )


def _expanded(text: str, environment: Environment) -> str:
    return re.sub(r"\$\{([^}]+)\}", lambda match: environment.get(match[1], match[0]), text)


def _npm_credentials(settings: dict[str, str]) -> list[tuple[str, str]]:
    """Read `//host/path/:_authToken=…`: each is for one address."""
    found = []
    for place in sorted({key.rpartition(":")[0] for key in settings if key.startswith("//")}):

        def get(name: str, place: str = place) -> str:
            return settings.get(f"{place}:{name}", "")

        password = _plain(get("_password"))
        if get("_authToken"):
            header = f"Bearer {get('_authToken')}"
        elif get("_auth"):
            header = f"Basic {get('_auth')}"
        elif get("username") and password:
            header = _basic(get("username"), password)
        else:
            continue
        if header.isprintable() and header.isascii():
            found += [(f"{scheme}:{place.rstrip('/')}", header) for scheme in ("https", "http")]
    return found


def _plain(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode("utf-8", "surrogateescape")).decode()


# ── Python ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _pip(environment: Environment, home: Path | None) -> Client:
    """Read pip's files in its order, the user's over the machine's; the variables go over all of them."""
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        if environment.get(name):
            return Client(base=_index(re.sub(r"^[\w.-]+=", "", environment[name])))
    named = environment.get("PIP_CONFIG_FILE")
    configured = environment.get("XDG_CONFIG_HOME", "")
    folder = Path(configured) if configured.startswith("/") else home / ".config" if home else None
    paths = [Path("/etc/pip.conf")]
    paths += [home / ".pip" / "pip.conf"] if home else []
    paths += [folder / "pip" / "pip.conf"] if folder else []
    paths += [Path(named)] if named else []
    base = ""
    for path in paths:
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(_read(path).decode("utf-8", "replace"))
        except configparser.Error:
            raise InputError(str(path), "not a configuration of pip") from None
        for section in ("global", "install"):
            base = parser.get(section, "index-url", fallback=base)
    return Client(base=_index(base))


def _index(address: str) -> str:
    return address.strip().strip("\"'").rstrip("/")


# ── Go ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _go(environment: Environment, home: Path | None) -> Client:
    named, configured = environment.get("GOENV"), environment.get("XDG_CONFIG_HOME", "")
    folder = Path(configured) if configured.startswith("/") else home / ".config" if home else None
    path = Path(named) if named else folder / "go" / "env" if folder else None
    root = environment.get("GOROOT") or "/usr/local/go"
    settings = _lines(_read(Path(root, "go.env")))  # what comes with Go itself
    settings |= {} if named == "off" else _lines(_read(path))
    settings |= {key: environment[key] for key in ("GOPROXY", "GOPRIVATE", "GONOPROXY") if environment.get(key)}
    proxies = [text.strip() for text in re.split(r"[,|]", settings.get("GOPROXY", ""))]
    private = settings.get("GONOPROXY") or settings.get("GOPRIVATE", "")
    patterns = [text.strip() for text in private.split(",") if text.strip() not in ("", "none")]
    return Client(
        base=next((text for text in proxies[:1] if text not in ("", "direct", "off")), ""),
        routes=tuple((pattern, "") for text in patterns for pattern in (text, f"{text.rstrip('/')}/*")),
    )


# ── Rust ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _cargo(environment: Environment, home: Path | None) -> Client:
    """Read what takes the place of crates.io; what is no sparse index, as a folder or a repository, is not asked."""
    named = environment.get("CARGO_HOME")
    folder = Path(named) if named else home / ".cargo" if home else None
    for path in (folder / "config.toml", folder / "config") if folder else ():
        data = _read(path)
        try:
            table: Any = tomllib.loads(data.decode("utf-8"))
        except (ValueError, RecursionError):
            raise InputError(str(path), "not a configuration of Cargo") from None
        name = "crates-io"
        for _ in range(10):  # a replacement can have one itself
            source = _table(_table(table, "source"), name)
            if not isinstance(source.get("replace-with"), str):
                break
            name = source["replace-with"]
        registry = _table(_table(table, "source"), name).get("registry")
        registry = registry or _table(_table(table, "registries"), name).get("index")
        if isinstance(registry, str) and registry.startswith("sparse+"):
            return Client(base=registry)
    return Client()


def _table(table: Any, key: str) -> dict[str, Any]:  # noqa: ANN401 - any TOML value
    value = table.get(key) if isinstance(table, dict) else None
    return value if isinstance(value, dict) else {}


# ── Maven ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _maven(_environment: Environment, home: Path | None) -> Client:
    """Read the first mirror that stands for Maven Central, with the user and password of the server of its id."""
    path = home / ".m2" / "settings.xml" if home else None
    data = _read(path)
    if not data:
        return Client()
    settings = read_markup(data, str(path), "settings")
    for mirror in settings.each("mirrors", "mirror"):
        if not _mirrors_central(mirror.text("mirrorOf")):
            continue
        address = mirror.text("url")
        credentials: tuple[tuple[str, str], ...] = ()
        for server in settings.each("servers", "server"):
            user, password = server.text("username"), server.text("password")
            encrypted = password.startswith("{")  # which only Maven itself can read
            if server.text("id") == mirror.text("id") and user and not encrypted and "${" not in user + password:
                credentials = ((address.rstrip("/"), _basic(user, password)),)
        return Client(base=address, credentials=credentials)
    return Client()


def _mirrors_central(text: str) -> bool:
    words = [word.strip() for word in text.split(",")]
    return "!central" not in words and bool({"*", "external:*", "central"} & set(words))
