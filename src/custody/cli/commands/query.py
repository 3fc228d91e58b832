"""custody query: which packages of an artifact, or of an SBOM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from custody.cli import options
from custody.cli.program import HELP


@click.command("query", short_help=HELP["query"])
@click.argument("source")
@click.argument("expression")
@click.option(
    "-o",
    "--output-format",
    "form",
    type=click.Choice(["table", "json", "purls"]),
    default="table",
    show_default=True,
    help="What is printed of what a plain expression finds.",
)
@click.option("--direct", is_flag=True, help="`depends-on` and `needed-by` go one step only.")
@click.option("--path", "paths", is_flag=True, help="Show the way from the root to each package.")
@click.option("-r", "--raw", is_flag=True, help="Print texts that a filter gives without quotes.")
@options.platform
@options.looking
def COMMAND(
    *,
    source: str,
    expression: str,
    form: str,
    direct: bool,
    paths: bool,
    raw: bool,
    platform: str | None,
    exclude: tuple[str, ...],
    scope: str,
    cached: bool,
) -> int:
    """Find the packages of SOURCE for which EXPRESSION holds.

    SOURCE is an SBOM of any format, or whatever `custody sbom` takes. EXPRESSION is plain words, as in

    \b
      license contains MIT and not installed
      name is lodash or purl matches "pkg:npm/@babel/*"
      type is deb and (supplier unknown or licence unknown)
      depends-on openssl          what needs it, at any distance
      needed-by pkg:npm/express   what it needs

    or, when it begins with "." or "[", a filter as of jq over the inventory as JSON:

    \b
      .packages[] | select(.license == null) | .purl

    Exit code 1: nothing was found (a filter: no output, or null or false as the last one).
    """  # noqa: D301 - click wants the character itself
    from custody.cli.output import deliver
    from custody.cli.progress import listener
    from custody.errors import UsageError, one_line
    from custody.model import pretty_json
    from custody.workflows.question import Looking, ask, ask_filter, is_filter

    looking = Looking(platform=platform, exclude=exclude, scope=scope, cached=cached)
    if is_filter(expression):
        if direct or paths or form != "table":
            raise UsageError("query", "--direct, --path and -o are for plain expressions", "a filter says it itself")
        return _print_all(ask_filter(source, expression, listener(), looking=looking), raw=raw)
    if raw:
        raise UsageError("query", "-r is for filters", "`-o purls` prints package URLs, one a line")
    answer = ask(source, expression, listener(), looking=looking, direct=direct, paths=paths)
    if form == "json":
        deliver(pretty_json(answer.document()), None)
    elif form == "purls":
        deliver("".join(f"{package.id}\n" for package in answer.packages).encode(), None)
    elif answer.packages:
        from custody.cli.sbom_tables import found_table

        deliver(found_table(answer).encode(), None)
    for name in answer.unmatched:
        click.echo(f"custody: no package is called {one_line(name)}", err=True)
    return int(not answer.packages)


def _print_all(values: Iterator[Any], *, raw: bool) -> int:
    """Print what a filter gives, each as it comes; give the exit code."""
    from custody.cli.output import deliver
    from custody.sbom.query import to_json

    last: Any = None
    for last in values:
        text = last if raw and isinstance(last, str) else to_json(last, indent=2)
        deliver(text.encode("utf-8", "backslashreplace") + b"\n", None)
    return int(last is None or last is False)
