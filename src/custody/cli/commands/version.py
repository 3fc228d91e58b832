"""custody version: compare versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from custody.cli import options
from custody.cli.program import HELP

if TYPE_CHECKING:
    from custody.advisories.interface import Ordering

_MOST_BYTES = 64 << 20  # a million statements; more is no list of versions
_MOST_SHOWN = 20


@click.group("version", short_help=HELP["version"])
def COMMAND() -> None:
    """Compare versions by the rules of an ecosystem: those by which a scan decides what is affected."""


@COMMAND.command("compare")
@click.argument("ecosystem", required=False)
@click.argument("a", required=False)
@click.argument("b", required=False)
@click.option("--ecosystem", "named", metavar="ECOSYSTEM", help="The ecosystem, where a --file is checked.")
@click.option(
    "--file",
    type=options.INPUT,
    help="Check a file of lines `A < B`, `A = B`, `A > B`, `A invalid`; `#` begins a comment, `-` is standard input.",
)
@options.output_json
def compare(
    *, ecosystem: str | None, a: str | None, b: str | None, named: str | None, file: Path | None, form: str
) -> int:
    """Say how two versions compare: `A < B`, `A = B` or `A > B`; or check a file of such statements.

    ECOSYSTEM is one of OSV's names, with or without a release (Debian, "Ubuntu:22.04:LTS"), a purl type (deb, gem) or
    the name of an ordering (rpm, semver), in any case. A version that begins with `-` goes behind `--`.

    Exit code 1: the file states what is not so. 3: something is no version of the ecosystem. 2: no such ecosystem.
    """
    from custody.errors import UsageError
    from custody.workflows.version import ordering_named

    asked = named or ecosystem
    if asked is None:
        raise UsageError(
            "", "no ecosystem is named", "as in `custody version compare debian 1.0~rc1 1.0`, or with --ecosystem"
        )
    if file is not None:
        if a is not None or (named and ecosystem):
            raise UsageError("--file", "a file and versions are both given", "leave one of them out")
        return _check(asked, ordering_named(asked), file, form)
    if named:  # --ecosystem E A B
        ecosystem, a, b = named, ecosystem, a
    if a is None or b is None:
        raise UsageError("", "two versions are needed", "as in `custody version compare debian 1.0~rc1 1.0`")
    return _compare(asked, ordering_named(asked), a, b, form)


def _compare(asked: str, ordering: Ordering, a: str, b: str, form: str) -> int:
    from custody.workflows.version import compare as relation

    sign = relation(ordering, a, b)
    if form == "json":
        _print({**_about(asked, ordering), "a": a, "b": b, "relation": sign})
    else:
        click.echo(f"{a} {sign} {b}")
    return 0


def _check(asked: str, ordering: Ordering, file: Path, form: str) -> int:
    from custody.errors import InputError
    from custody.workflows.input_file import read_file
    from custody.workflows.version import check_statements

    name = str(file)
    data = read_file(file, _MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise InputError(name, f"it is larger than {_MOST_BYTES >> 20} MB", "check a part of it")
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(name, f"byte {error.start} is not UTF-8", "save the file as UTF-8") from None
    result = check_statements(ordering, lines)
    if form == "json":
        wrong = [
            {"line": d.line, "a": d.a, "b": d.b, "stated": d.stated, "found": d.found} for d in result.disagreements
        ]
        bad = [{"line": u.line, "text": u.text, "reason": u.reason} for u in result.unreadable]
        about = _about(asked, ordering)
        _print({**about, "file": name, "compared": result.compared, "disagreements": wrong, "unreadable": bad})
    else:
        for d in result.disagreements:
            stated, found = (" ".join(filter(None, (d.a, sign, d.b))) for sign in (d.stated, d.found))
            click.echo(f"{name}:{d.line}: stated {stated}, found {found}")
        for u in result.unreadable:
            click.echo(f"{name}:{u.line}: not compared: {u.reason}")
        ends = f"{len(result.disagreements)} disagreements, {len(result.unreadable)} lines not compared"
        click.echo(f"{result.compared} compared by {ordering.name} ({ordering.spec}): {ends}")
    if result.disagreements:
        return 1
    if result.unreadable:
        numbers = [str(u.line) for u in result.unreadable]
        more = ", …" if len(numbers) > _MOST_SHOWN else ""
        places = f"line {numbers[0]}" if len(numbers) == 1 else f"lines {', '.join(numbers[:_MOST_SHOWN])}{more}"
        raise InputError(name, f"{places} could not be compared", "see the list of unreadable lines")
    return 0


def _about(asked: str, ordering: Ordering) -> dict[str, Any]:
    return {"ecosystem": asked, "ordering": ordering.name, "spec": ordering.spec}


def _print(value: dict[str, Any]) -> None:
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
