"""The program starts light, lists its commands without loading them, and ends every error in one line and a code."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys

import pytest

from custody import __version__
from custody.cli.program import HELP
from custody.errors import EXIT_CODES

HEAVY = {
    *("asyncio", "cryptography", "email", "http", "hypothesis", "isal", "minijinja", "msgspec", "packaging", "rich"),
    *("sqlite3", "ssl", "subprocess", "tempfile", "tomllib", "typst", "unittest", "urllib3", "yaml"),
}
"""What no command line needs before it knows its command."""

ALLOWED = {"custody", "custody.__main__", "custody.cli", "custody.cli.program", "custody.errors"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "custody", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_start_up_loads_exactly_what_it_needs() -> None:
    code = (
        "import sys, json; sys.argv = ['custody', '--version']\n"
        "from custody.cli import main\n"
        "try: main()\n"
        "except SystemExit: sys.stderr.write(json.dumps(sorted(sys.modules)))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    modules = set(json.loads(ended.stderr))
    assert ended.stdout == f"custody {__version__}\n"
    assert {name for name in modules if name.split(".")[0] == "custody"} <= ALLOWED
    assert not {name.split(".")[0] for name in modules} & HEAVY


def test_help_lists_every_command_and_every_exit_code() -> None:
    text = run("--help").stdout
    for name in HELP:
        assert f"  {name} " in text
    for code, _ in EXIT_CODES:
        assert f"  {code} " in text


@pytest.mark.parametrize("name", HELP)
def test_a_commands_summary_in_the_list_is_its_own(name: str) -> None:
    module = importlib.import_module(f"custody.cli.commands.{name.replace('-', '_')}")
    assert module.COMMAND.name == name
    assert module.COMMAND.short_help == HELP[name]


@pytest.mark.parametrize("name", HELP)
def test_every_command_explains_itself(name: str) -> None:
    ended = run(name, "--help")
    assert ended.returncode == 0
    assert f"Usage: custody {name}" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["relase"], "custody: error: no such command 'relase'; did you mean 'release'?\n"),
        (["scan"], "custody: error: Missing argument 'SOURCE'; see `custody scan --help`\n"),
        (["--nope"], "custody: error: No such option '--nope'; see `custody --help`\n"),
        (["scan", "x", "-o", "xml"], "custody: error: -o xml: unknown format; expected one of "),
        (["sbom", "x", "-o", "a", "-o", "b"], "custody: error: -o: two formats want the screen; "),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(arguments: list[str], message: str) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2
    assert ended.stderr.startswith(message)
    assert ended.stderr.count("\n") == 1


def test_a_bug_says_that_it_is_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from custody.cli import program

    monkeypatch.setattr(program.program, "main", lambda **_: 1 // 0)
    assert program.run([]) == 70
    expected = "custody: bug: ZeroDivisionError: integer division or modulo by zero; run again with --debug"
    assert capsys.readouterr().err.startswith(expected)


@pytest.mark.parametrize("arguments", [[], ["db"]])
def test_without_a_command_it_says_which_there_are(arguments: list[str]) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2
    assert "Usage: custody" in ended.stderr
    assert "Commands:" in ended.stderr
    assert "custody: error" not in ended.stderr
