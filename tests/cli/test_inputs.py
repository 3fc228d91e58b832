"""What may be named as input and output, and the exit code of each slip: 2 wrong line, 3 bad input, 4 unavailable."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from custody.cli.program import run
from custody.sbom import FORMATS, encode
from tests.sbom.samples import document

CUSTODY = (sys.executable, "-m", "custody")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in: an SBOM `g.json`, another `h.spdx.json`, a folder `d`, and `bad.json`, which is no SBOM."""
    (tmp_path / "g.json").write_bytes(encode(document(), "cyclonedx-json"))
    (tmp_path / "h.spdx.json").write_bytes(encode(document(), "spdx-json"))
    (tmp_path / "d").mkdir()
    (tmp_path / "bad.json").write_bytes(b"{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ends(*arguments: str, given: bytes | None = None, closed: str = "") -> subprocess.CompletedProcess[bytes]:
    line = ("sh", "-c", f'"$@" {closed}', "sh", *CUSTODY, *arguments) if closed else (*CUSTODY, *arguments)
    return subprocess.run(line, input=given, capture_output=True, check=False, timeout=60)


# ── one mistake, one exit code ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "arguments",
    [
        ("sbom", "nope"),
        ("sbom", "sbom:nope"),
        ("sbom", "sbom:d"),
        ("score", "nope"),
        ("score", "d"),
        ("convert", "nope", "-o", "purls"),
        ("convert", "d", "-o", "purls"),
        ("validate", "nope"),
        ("validate", "d"),
        ("query", "nope", "installed"),
        ("query", "sbom:nope", "installed"),
        ("diff", "g.json", "nope"),
        ("diff", "sbom:d", "g.json"),
        ("merge", "g.json", "nope", "--name", "n", "-o", "purls"),
        ("policy", "check", "--policy", "nope"),
        ("policy", "check", "--policy", "d"),
        ("release", "d", "--name", "n", "--version", "1", "--policy", "nope"),
        ("report", "--format", "slsa", "--sbom", "nope", "--output", "r.json"),
        ("version", "compare", "rpm", "--file", "nope"),
        ("version", "compare", "rpm", "--file", "d"),
        ("score", "g.json/inside"),
    ],
)
def test_an_input_that_is_not_there_or_is_a_folder_is_bad_input(
    place: Path, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(list(arguments)) == 3
    line = capsys.readouterr().err
    assert line.startswith("custody: error: ")
    assert line.count("\n") == 1
    assert re.search("no such file|is a folder|a folder, not a file", line), line


@pytest.mark.parametrize(
    "arguments",
    [
        ("sbom", ""),
        ("query", "", "installed"),
        ("diff", "", "g.json"),
        ("merge", "g.json", "", "--name", "n", "-o", "purls"),
        ("release", "", "--name", "n", "--version", "1"),
        ("score", ""),
        ("validate", "g.json", ""),
        ("convert", "", "-o", "purls"),
        ("policy", "check", "--policy", ""),
        ("sbom", "sbom:"),
        ("sbom", "g.json", "--platform", "bogus"),
        ("sbom", "d", "--platform", "linux/"),
        ("query", "d", "installed", "--platform", "a/b/c/d"),
        ("diff", "d", "d", "--platform", ""),
        ("release", "d", "--name", "n", "--version", "1", "--platform", "linux"),
    ],
)
def test_what_can_mean_nothing_is_a_wrong_command_line(
    place: Path, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(list(arguments)) == 2
    line = capsys.readouterr().err
    assert line.startswith("custody: error: ")
    assert line.count("\n") == 1


def test_what_is_there_and_cannot_be_read_is_unavailable(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def denied(self: Path, *arguments: object, **more: object) -> object:
        if self.name == "g.json":
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", denied)
    for arguments in (["score", "g.json"], ["sbom", "sbom:g.json"], ["validate", "g.json"]):
        assert run(arguments) == 4
        assert capsys.readouterr().err == "custody: error: g.json: cannot be read: permission denied\n"


@pytest.mark.parametrize("score", ["nan", "NaN", "inf", "-inf", "11", "-1", "x"])
def test_a_score_that_is_no_number_from_0_to_10_is_refused(
    place: Path, score: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["score", "g.json", f"--at-least={score}"]) == 2
    assert "--at-least" in capsys.readouterr().err


# ── several outputs ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("second", ["a", "./a", "d/../a", "link", "hard"])
@pytest.mark.parametrize(
    "command",
    [("convert", "g.json"), ("sbom", "d"), ("merge", "g.json", "h.spdx.json", "--name", "n"), ("scan", "g.json")],
)
def test_two_outputs_to_one_file_are_refused(
    place: Path, command: tuple[str, ...], second: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "link").symlink_to("a")
    if second == "hard":
        (place / "a").write_bytes(b"")
        os.link("a", "hard")
    assert run([*command, "-o", "spdx-json=a", "-o", f"cyclonedx-json={second}"]) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"custody: error: -o cyclonedx-json={second}: spdx-json goes to the same file; ")
    assert line.count("\n") == 1


def test_two_outputs_may_go_to_one_device(place: Path) -> None:
    assert run(["convert", "g.json", "-o", "purls=/dev/null", "-o", "csv=/dev/null"]) == 0


# ── several inputs ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_verdict_on_what_can_be_read_is_printed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "g.json", "nope", "h.spdx.json"]) == 3
    told = capsys.readouterr()
    assert told.out == "g.json: CycloneDX 1.6: valid\nh.spdx.json: SPDX 2.3: valid\n"
    assert told.err == "custody: error: nope: no such file; check the path\n"
    assert run(["validate", "nope", "g.json", "-o", "json"]) == 3
    files = json.loads(capsys.readouterr().out)["files"]
    assert [(file["file"], file["result"]) for file in files] == [("g.json", "valid"), ("nope", "unreadable")]


def test_the_worst_decides_the_exit_code(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from custody.errors import UnavailableError
    from custody.workflows import judge

    real = judge.validate_file

    def faulty(file: Path, profiles: tuple[str, ...] = ()) -> judge.Judged:
        if file.name == "far.json":
            raise UnavailableError("far.json", "cannot be read: input/output error")
        return real(file, profiles)

    monkeypatch.setattr(judge, "validate_file", faulty)
    invalid = json.loads((place / "g.json").read_bytes())
    invalid["components"][0]["nonsense"] = 1
    (place / "invalid.json").write_text(json.dumps(invalid))
    assert run(["validate", "g.json", "invalid.json"]) == 1
    assert run(["validate", "invalid.json", "bad.json", "g.json"]) == 3
    assert run(["validate", "far.json", "invalid.json", "bad.json"]) == 4
    assert "far.json: cannot be read" in capsys.readouterr().err


# ── standard input ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
@pytest.mark.parametrize(
    "command",
    [
        ("validate", "*"),
        ("convert", "*", "-o", "purls"),
        ("score", "*"),
        ("query", "*", "name is lodash"),
        ("query", "sbom:*", "name is lodash"),
        ("diff", "g.json", "*"),
        ("diff", "sbom:*", "g.json"),
        ("sbom", "*"),
        ("sbom", "sbom:*"),
        ("merge", "*", "g.json", "--name", "n", "-o", "purls"),
        ("scan", "sbom:*", "-o", "csv"),
        ("scan", "*", "-o", "csv"),
    ],
)
def test_an_sbom_may_come_from_standard_input(place: Path, command: tuple[str, ...], name: str) -> None:
    environment = {**os.environ, "CUSTODY_DB": ""}

    def told(source: str, given: bytes | None) -> tuple[int, bytes]:
        line = [word.replace("*", source) for word in command]
        ended = subprocess.run(
            [*CUSTODY, *line], input=given, capture_output=True, check=False, timeout=60, env=environment
        )
        assert b"bug" not in ended.stderr
        return ended.returncode, ended.stdout

    data = (place / "g.json").read_bytes()
    code, printed = told(name, data)
    expected_code, expected = told("g.json", None)
    assert code == expected_code
    assert printed.replace(b"standard input", b"g.json") == expected
    assert printed


def test_an_sbom_may_come_through_a_pipe_that_has_a_name(place: Path) -> None:
    os.mkfifo("pipe")
    for command in (("sbom", "pipe", "-o", "purls"), ("score", "pipe"), ("sbom", "sbom:pipe")):
        with subprocess.Popen(["sh", "-c", "cat g.json > pipe"]) as writer:
            ended = ends(*command)
            writer.wait(10)
        assert ended.returncode == 0, ended.stderr
        assert b"lodash" in ended.stdout or command[0] == "score"


@pytest.mark.parametrize(
    "command",
    [("validate", "-", "-"), ("diff", "-", "/dev/stdin"), ("merge", "-", "sbom:-", "--name", "n", "-o", "purls")],
)
def test_standard_input_is_read_once(place: Path, command: tuple[str, ...]) -> None:
    ended = ends(*command, given=b"{}")
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"custody: error: standard input: it is named twice, and can be read once")


def test_what_has_no_name_needs_no_good_one(place: Path) -> None:
    ended = ends("validate", "-", given=(place / "h.spdx.json").read_bytes())
    assert (ended.returncode, ended.stdout) == (0, b"standard input: SPDX 2.3: valid\n")


def test_what_comes_in_is_named_standard_input(place: Path) -> None:
    for command in (("score", "-"), ("sbom", "-"), ("sbom", "sbom:-"), ("validate", "-")):
        ended = ends(*command, given=b"nothing")
        assert ended.returncode == 3
        assert ended.stderr.startswith(b"custody: error: standard input: not an SBOM of a known format")
    ended = ends("score", "-", closed="<&-")
    assert (ended.returncode, ended.stdout) == (4, b"")
    assert ended.stderr == b"custody: error: standard input: cannot be read: it is closed\n"


# ── closed and full outputs ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "command",
    [("score", "g.json"), ("sbom", "d"), ("convert", "g.json", "-o", "purls"), ("--help",), ("exception", "list")],
)
@pytest.mark.parametrize(
    ("closed", "why"), [(">&-", "cannot be written: it is closed"), (">/dev/full", "cannot be written: no space left")]
)
def test_a_standard_output_that_cannot_be_written_is_one_line(
    place: Path, command: tuple[str, ...], closed: str, why: str
) -> None:
    ended = ends(*command, closed=closed)
    assert ended.returncode == 4, ended.stderr
    assert ended.stderr.decode().startswith(f"custody: error: standard output: {why}")
    assert ended.stderr.count(b"\n") == 1


def test_a_closed_standard_output_does_not_matter_where_nothing_is_printed(place: Path) -> None:
    for closed in (">&-", ">&- 2>&-", "<&- >&- 2>&-"):
        ended = ends("convert", "g.json", "-o", "purls=out", closed=closed)
        assert ended.returncode == 0
        assert b"error" not in ended.stderr
        assert b"pkg:npm/lodash@4.17.20" in (place / "out").read_bytes()
        (place / "out").unlink()


def test_a_closed_standard_error_changes_no_exit_code(place: Path) -> None:
    assert ends("score", "nope", closed="2>&-").returncode == 3
    assert ends("score", "g.json", closed="2>&- >&-").returncode == 4


# ── hanging up ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_no_temporary_folder_behind(place: Path, number: signal.Signals) -> None:
    scratch = place / "scratch"
    scratch.mkdir()
    code = (
        "import sys, time\n"
        "from custody.cli import main\n"
        "from custody.cli.commands import score\n"
        "from custody.workflows import judge\n"
        "from custody.workflows.examine import opened\n"
        "def slow(file):\n"
        "    with opened('d', platform=None, name='', version=''):\n"
        "        sys.stderr.write('ready\\n'); sys.stderr.flush(); time.sleep(30)\n"
        "judge.score_file = slow\n"
        "main(['score', 'g.json'])\n"
    )
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, env=environment) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"ready\n"
        assert list(scratch.iterdir())
        time.sleep(0.1)
        process.send_signal(number)
        told = process.stderr.read()
    assert process.returncode == 128 + number
    assert told.strip() == b"custody: interrupted; nothing half-written was left behind"
    assert list(scratch.iterdir()) == []


def test_nohup_is_respected(place: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from custody.cli import main\n"
        "from custody.workflows import judge\n"
        "real = judge.score_file\n"
        "def hung_up(file):\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "    return real(file)\n"
        "judge.score_file = hung_up\n"
        "main(['score', 'g.json'])\n"
    )
    line = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", sys.executable, "-c", code]
    assert subprocess.run(line, capture_output=True, check=False, timeout=60).returncode == 0


# ── what the help says ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_help_of_validate_names_the_formats_that_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    read = sorted(name for name, form in FORMATS.items() if form.decode is not None)
    assert f"Formats: {', '.join(read)}." in text
