"""Write docs/reference.md: every command with its own `--help`, and the table of exit codes.

    python scripts/update_reference.py

A test holds the page equal to what this gives, so that the page and the program cannot part.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import click

from custody.cli.program import HELP, program
from custody.errors import EXIT_CODES

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference.md"

HEAD = """# Reference

What every command says of itself. This page is made by `scripts/update_reference.py`.

Settings: `CUSTODY_WORKSPACE` (the folder `.custody`), `CUSTODY_DB` (the advisory database; empty: the small one that
comes with custody), `CUSTODY_DB_KEY` (public keys of its publishers: see [database.md](database.md)),
`CUSTODY_PASSPHRASE` (of the signing key), `CUSTODY_ACTOR` (who acts, for the ledger),
`SOURCE_DATE_EPOCH` (the time, for byte-identical output), `DOCKER_CONFIG` (where credentials for registries stand),
`CUSTODY_ENRICH` (where registries are, for `sbom --enrich`: see [enrich.md](enrich.md)).

## Exit codes

| code | meaning |
|---|---|
"""


def page() -> str:
    """Give the whole page."""
    text = HEAD + "".join(f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES)
    for name in HELP:
        module = importlib.import_module(f"custody.cli.commands.{name.replace('-', '_')}")
        for words, command in walk(("custody", name), module.COMMAND):
            text += f"\n{'#' * len(words)} `{' '.join(words)}`\n\n```text\n{help_of(words, command)}\n```\n"
    return text


def walk(words: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Give a command and, in a group's own order, all below it."""
    yield words, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from walk((*words, name), inner)


def help_of(words: tuple[str, ...], command: click.Command) -> str:
    """Give what `--help` prints, whatever the width of the screen."""
    context = click.Context(program, info_name=words[0], terminal_width=90)
    for word in words[1:-1]:
        context = click.Context(click.Group(word), info_name=word, parent=context)
    own = click.Context(command, info_name=words[-1], parent=context, terminal_width=90)
    own.help_option_names = ["-h", "--help"]
    return command.get_help(own)


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
