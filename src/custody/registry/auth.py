"""Who we are for a registry: credentials as `docker login` leaves them, and challenges as registries send them.

Reads: `config.json` in $DOCKER_CONFIG or ~/.docker (`auths`, `credHelpers`, `credsStore`), the
docker-credential-helpers protocol (https://github.com/docker/docker-credential-helpers), and RFC 9110 section 11.6.1
challenges.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from custody.errors import InputError, UnavailableError
from custody.fields import Fields

__all__ = ["Challenge", "Credentials", "find_credentials", "parse_challenges"]

HELPER_SECONDS = 30.0
"""How long a credential helper may take: it may ask the network, but nobody waits for a person here."""

_MAX_CONFIG_BYTES = 4 * 1024 * 1024
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # a part of a program's name, never a path
_HUB, _HUB_KEY = "docker.io", "https://index.docker.io/v1/"  # under which `docker login` keeps Docker Hub
_NOT_THERE = ("credentials not found", "no such", "not found")  # what helpers say when they have none

_CHALLENGE = re.compile(r"\s*,?\s*([A-Za-z0-9!#$%&\'*+.^_`|~-]+)(?:\s+(?=[A-Za-z0-9]))?")
_PARAMETER = re.compile(r'\s*,?\s*([A-Za-z0-9!#$%&\'*+.^_`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A user with a password, or an identity token (then `user` says nothing). Neither is ever shown."""

    user: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """Give the value of an Authorization header, RFC 7617."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a registry asks for in `WWW-Authenticate`. scheme: lower case; parameters by lower-case name."""

    scheme: str
    parameters: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """Give a parameter, "" where it is absent."""
        return dict(self.parameters).get(name, "")


def parse_challenges(header: str) -> tuple[Challenge, ...]:
    """Read a `WWW-Authenticate` header; what cannot be read of it is left out."""
    found = []
    position = 0
    while position < len(header):
        start = _CHALLENGE.match(header, position)
        if start is None:
            break
        position = start.end()
        parameters = []
        while (parameter := _PARAMETER.match(header, position)) is not None:
            quoted = parameter[2]
            value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else parameter[3]
            parameters.append((parameter[1].lower(), value))
            position = parameter.end()
        found.append(Challenge(scheme=start[1].lower(), parameters=tuple(parameters)))
    return tuple(found)


def find_credentials(host: str, folder: Path | None = None) -> Credentials | None:
    """Give what `docker login` keeps for a registry, None where there is nothing.

    host: with port, as in a reference; folder: where `config.json` is, by default as Docker looks for it.
    Raises InputError: the file is not valid. UnavailableError: the credential helper that it names cannot be run.
    """
    folder = folder or Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    path = folder / "config.json"
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_CONFIG_BYTES)
    except OSError:
        return None
    config = Fields.from_json(data, str(path))
    keys = (_HUB_KEY, host) if host == _HUB else (host, f"https://{host}", f"https://{host}/v2/", f"http://{host}")
    helpers = config.table("credHelpers")
    for key in keys:
        if key in helpers:
            return _ask_helper(helpers.text(key), key)
    auths = config.table("auths")
    for key in keys:
        if key in auths:
            stated = _stated(auths.table(key))
            if stated is not None:
                return stated
    if "credsStore" in config:
        return _ask_helper(config.text("credsStore"), keys[0])
    return None


def _stated(entry: Fields) -> Credentials | None:
    token = entry.text_or("identitytoken")
    user, password = entry.text_or("username"), entry.text_or("password")
    if "auth" in entry and entry.text_or("auth"):
        try:
            pair = base64.b64decode(entry.text("auth"), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise entry.fault("auth", "not base64 of user:password", "log in again with `docker login`") from None
        user, colon, password = pair.rstrip("\0").partition(":")
        if not colon:
            raise entry.fault("auth", "not base64 of user:password", "log in again with `docker login`")
    return Credentials(user=user, password=password, identity_token=token) if user or token else None


def _ask_helper(name: str, key: str) -> Credentials | None:
    program = f"docker-credential-{name}"
    if not _HELPER.fullmatch(name):
        raise InputError("config.json", f"{name!r} cannot be the name of a credential helper")
    try:
        done = subprocess.run(
            [program, "get"], input=key.encode(), capture_output=True, timeout=HELPER_SECONDS, check=False
        )
    except FileNotFoundError:
        raise UnavailableError(
            program, "not installed, but Docker's config.json names it", "install it, or log in anew"
        ) from None
    except subprocess.TimeoutExpired:
        raise UnavailableError(
            program, f"no answer within {HELPER_SECONDS:.0f} s", "unlock its store and try again"
        ) from None
    except OSError as error:
        raise UnavailableError(program, f"cannot be run: {error.strerror}") from None
    if done.returncode:
        said = (done.stdout + done.stderr).decode("utf-8", "replace").strip()
        if any(words in said.lower() for words in _NOT_THERE):
            return None
        raise UnavailableError(program, f"no credentials for {key}: {said[:200]}", "log in again")
    answer = Fields.from_json(done.stdout, program)
    user, secret = answer.text_or("Username"), answer.text_or("Secret")
    if user == "<token>":  # the protocol's word for an identity token
        return Credentials(identity_token=secret)
    return Credentials(user=user, password=secret) if user else None
