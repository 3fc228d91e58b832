"""Options that several commands share, written once."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from custody.errors import UnavailableError, UsageError

__all__ = [
    "database",
    "database_keys",
    "database_signing_key",
    "keys",
    "looking",
    "output_json",
    "passphrase",
    "platform",
    "signing_key",
    "workspace_of",
]

F = TypeVar("F", bound=Callable[..., Any])

FILE = click.Path(dir_okay=False, path_type=Path)
"""A file to write, or a key. For a file to read there is `INPUT`."""


class _Input(click.ParamType[Path]):
    """A file to read, or `-`. Whether it is there is found out by reading it: that is no matter of the command line."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # noqa: ANN401
        if value == "":
            self.fail("expected the name of a file, got ''", param, ctx)
        return Path(value)


INPUT = _Input()

SOURCE_HELP = """SOURCE is dir:PATH, file:PATH, oci:DIR[:TAG], docker-archive:FILE, sbom:FILE, an image reference
host/repo:tag or host/repo@digest, or a plain path, recognised by what it holds."""


def platform(function: F) -> F:
    """Add --platform."""
    text = "Which image of a multi-platform index."
    return click.option("--platform", metavar="OS/ARCH", callback=_platform, help=text)(function)


def _platform(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:  # noqa: ARG001 - click's
    """Refuse what is no `os/architecture[/variant]`, whether or not it would be asked for."""
    if value is not None:
        parts = value.split("/")
        if not 2 <= len(parts) <= 3 or not all(parts):
            raise UsageError(
                "--platform", f"it cannot be {value!r}", "expected os/architecture[/variant], as linux/arm64"
            )
    return value


def looking(function: F) -> F:
    """Add --exclude, --scope and --no-cache: what of a source is looked at."""
    text = 'Paths that are taken for not there: "**/test/**". `*` stops at "/", `**` does not. May be repeated.'
    function = click.option("--exclude", multiple=True, metavar="GLOB", help=text)(function)
    text = "Of an image: what a container would see, or all that any layer brought.  [default: squashed]"
    choice = click.Choice(["squashed", "all-layers"])
    function = click.option("--scope", type=choice, default="squashed", help=text)(function)
    text = "Read again what was read before, and remember nothing."
    return click.option("--no-cache", "cached", is_flag=True, default=True, flag_value=False, help=text)(function)


def keys(function: F) -> F:
    """Add --key for verification; may be given several times."""
    text = "Public key to trust; may be repeated.  [default: the workspace's own key]"
    return click.option("--key", "keys", type=FILE, multiple=True, help=text)(function)


def signing_key(function: F) -> F:
    """Add --key for signing, with --passphrase-file."""
    text = "Private key to sign with.  [default: the workspace's own, created on first use]"
    function = click.option("--key", type=FILE, help=text)(function)
    return click.option(
        "--passphrase-file", type=FILE, help="Where the key's passphrase stands; or set CUSTODY_PASSPHRASE."
    )(function)


def database(function: F) -> F:
    """Add --db and --db-key, as one argument `database`: an `advisories.Chosen`."""
    text = (
        "Advisory database.  [default: CUSTODY_DB; else the imported one, else the small one that comes with custody]"
    )
    return click.option("--db", "database_path", type=FILE, help=text)(database_keys(function))


def database_keys(function: F) -> F:
    """Add --db-key alone, where the databases are arguments."""

    @functools.wraps(function)
    def called(
        *args: Any,  # noqa: ANN401
        database_path: Path | None = None,
        database_keys: tuple[Path, ...],
        **more: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        from custody.advisories import Chosen

        return function(*args, database=Chosen(path=database_path, keys=database_keys), **more)

    text = "Public key of its publisher; may be repeated.  [default: CUSTODY_DB_KEY; always: your own database key]"
    return click.option("--db-key", "database_keys", type=FILE, multiple=True, help=text)(cast("F", called))


def database_signing_key(function: F) -> F:
    """Add --sign-key, with --passphrase-file: what a database is signed with."""
    text = "Private key to sign the database with.  [default: your own database key, made on first use]"
    function = click.option("--sign-key", type=FILE, help=text)(function)
    return click.option(
        "--passphrase-file", type=FILE, help="Where that key's passphrase stands; or set CUSTODY_PASSPHRASE."
    )(function)


def output_json(function: F) -> F:
    """Add -o text|json."""
    return click.option(
        "-o",
        "--output-format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="What is printed.",
    )(function)


def passphrase(file: Path | None) -> bytes | None:
    """Give the passphrase from a file (its first line) or from CUSTODY_PASSPHRASE; None where there is none."""
    if file is None:
        given = os.environ.get("CUSTODY_PASSPHRASE")
        if given == "":  # an unset secret of a build server: the key would silently be written unencrypted
            raise UsageError("CUSTODY_PASSPHRASE", "it is set, and empty", "unset it for a key that is not encrypted")
        return None if given is None else os.fsencode(given)
    try:
        return file.read_bytes().split(b"\n", 1)[0].rstrip(b"\r")
    except OSError as error:
        raise UnavailableError(str(file), f"cannot be read: {(error.strerror or str(error)).lower()}") from None


def workspace_of(ctx: click.Context) -> Path:
    """Give the workspace folder that the program's own option names."""
    return Path(ctx.find_root().obj["workspace"])
