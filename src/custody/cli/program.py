"""The program: which commands there are, and what becomes of errors.

Commands are found by file name and imported only when they run, so that `custody --version` loads none of them.
`HELP` keeps their one-line summaries, for the same reason; a test holds it equal to the commands' own.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from custody import __version__
from custody.errors import EXIT_CODES, CustodyError, UsageError, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["HELP", "program", "run"]

HELP = {
    "release": "Make a release: inventory, SBOM, scan, signatures, policy, publication, report.",
    "sbom": "List what an artifact is made of, as SPDX or CycloneDX.",
    "convert": "Write an SBOM in another format, and say what that loses.",
    "query": "Find packages in an artifact or an SBOM, by plain words or a filter.",
    "diff": "Show what changed from one SBOM to another.",
    "merge": "Make one SBOM of a product out of those of its parts.",
    "validate": "Check SBOMs by the rules of their format, and by profiles.",
    "score": "Give an SBOM a score from 0 to 10, with what to fix.",
    "catalogers": "Show what custody can find in an artifact, and what it cannot.",
    "scan": "Find known vulnerabilities in an artifact or an SBOM.",
    "fix": "Propose the upgrades that remove most risk.",
    "verify": "Check that an artifact is signed, and by whom.",
    "verify-attestation": "Check what is attested about an artifact, and print it.",
    "download": "Fetch attestations and SBOMs of an artifact, verified or not.",
    "policy": "Check a policy file, or an artifact against it.",
    "report": "Write a compliance report that rests on evidence.",
    "audit": "Read and verify the ledger.",
    "db": "Import, update and inspect the advisory database.",
    "fleet": "Scan many artifacts, and match again only what an update speaks of.",
    "exception": "Grant, list and end exceptions to findings.",
    "vex": "Tell others what is decided about findings: OpenVEX, CSAF, CycloneDX.",
    "key": "Create and show signing keys.",
    "version": "Compare versions by the rules of an ecosystem.",
}
"""Command → its summary, in the order in which `custody --help` shows them."""


class _Commands(click.Group):
    """A group whose commands are files: imported when called, listed without being imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(HELP)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in HELP:
            return None
        import importlib

        module = importlib.import_module(f"custody.cli.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.COMMAND
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in HELP and not name.startswith("-"):
            import difflib

            near = difflib.get_close_matches(name, HELP, n=1)
            fix = f"did you mean {near[0]!r}?" if near else "`custody --help` lists the commands"
            raise UsageError("", f"no such command {name!r}", fix)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(HELP.items()))
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in EXIT_CODES])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="custody", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--workspace",
    type=click.Path(file_okay=False),
    default=".custody",
    envvar="CUSTODY_WORKSPACE",
    show_default=True,
    help="Where keys, ledger and records are kept.",
)
@click.pass_context
def program(ctx: click.Context, *, debug: bool, workspace: str) -> None:
    """Keep the chain of custody of software: an artifact becomes evidence, and evidence becomes decisions."""
    ctx.obj = {"debug": debug, "workspace": workspace}


def run(argv: Sequence[str] | None = None) -> int:
    """Run the program; give its exit code. Only an interrupt gets out."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        result = program.main(args=arguments, prog_name="custody", standalone_mode=False)
        sys.stdout.flush()
    except click.Abort:
        raise KeyboardInterrupt from None
    except Exception as error:  # noqa: BLE001 - the one place where every error becomes one line
        if "--debug" in arguments:
            import traceback

            traceback.print_exc()
        return _say(error)
    return result if isinstance(result, int) else 0


def _say(error: Exception) -> int:
    """Print the one line of an error; give its exit code."""
    if isinstance(error, CustodyError):
        sys.stderr.write(f"custody: error: {error}\n")
        return error.exit_code
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        sys.stderr.write(f"{error.format_message()}\n")
        return 2
    if isinstance(error, click.ClickException):
        where = getattr(getattr(error, "ctx", None), "command_path", "custody")
        sys.stderr.write(f"custody: error: {one_line(error.format_message()).rstrip('.')}; see `{where} --help`\n")
        return 2
    if isinstance(error, BrokenPipeError):  # the reader of our output has gone: `custody … | head`
        from custody.cli.output import drop_output

        drop_output()
        return 0
    if isinstance(error, OSError) and _is_printing(error):
        from custody.cli.output import unprinted

        return _say(unprinted(error))
    if isinstance(error, OSError) and error.strerror:
        place = os.fsdecode(error.filename) if error.filename is not None else "system"
        sys.stderr.write(f"custody: error: {one_line(f'{place}: {error.strerror.lower()}')}\n")
        return 4
    kind = type(error).__name__
    sys.stderr.write(f"custody: bug: {kind}: {one_line(str(error))}; run again with --debug and report the traceback\n")
    return 70


def _is_printing(error: OSError) -> bool:
    """Say whether an error is from printing, here or by `click.echo`: it names no file, and is not told from others."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__") in {__name__, "click.utils"}
