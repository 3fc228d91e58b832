from __future__ import annotations

import json
from pathlib import Path

import pytest

from custody.cli.program import run
from custody.errors import UsageError
from custody.workflows.version import ordering_named

VECTORS = Path(__file__).parents[1] / "vectors" / "versions"


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["debian", "1.0~rc1", "1.0"], "1.0~rc1 < 1.0"),
        (["Ubuntu:22.04:LTS", "1.0-1", "0:1.0-1"], "1.0-1 = 0:1.0-1"),
        (["RPM", "1.0^git1", "1.0"], "1.0^git1 > 1.0"),
        (["Red Hat:enterprise_linux:9::baseos", "2:1-1", "1:9-1"], "2:1-1 > 1:9-1"),
        (["semver", "1.0.0-rc.1", "1.0.0"], "1.0.0-rc.1 < 1.0.0"),
        (["archlinux", "1.0rc", "1.0"], "1.0rc < 1.0"),
        (["--ecosystem", "apk", "1.0_rc1", "1.0"], "1.0_rc1 < 1.0"),
        (["gentoo", "--", "1.01", "1.1"], "1.01 < 1.1"),
    ],
)
def test_two_versions_are_compared(arguments: list[str], printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["version", "compare", *arguments]) == 0
    assert capsys.readouterr().out == f"{printed}\n"


def test_the_comparison_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["version", "compare", "Alpine:v3.20", "1.2a", "1.2.1", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "ecosystem": "Alpine:v3.20",
        "ordering": "alpine",
        "spec": "apk-package(5)",
        "a": "1.2a",
        "b": "1.2.1",
        "relation": "<",
    }


@pytest.mark.parametrize(
    ("name", "ordering"),
    [
        ("deb", "debian"),
        ("DEBIAN:12", "debian"),
        ("Rocky Linux", "rpm"),
        ("rhel", "rpm"),
        ("wolfi", "alpine"),
        ("ebuild", "gentoo"),
        ("PyPI", "pep440"),
        ("pip", "pep440"),
        ("npm", "semver"),
        ("tuxcare:alpine:v3.16", "alpine"),
        ("Root:PyPI", "pep440"),
        ("echo:pypi", "pep440"),
        ("pacman", "pacman"),
        ("FreeBSD:ports", "freebsd"),
    ],
)
def test_an_ecosystem_has_many_names(name: str, ordering: str) -> None:
    assert ordering_named(name).name == ordering


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["debain", "1", "2"], 2, "no versions of an ecosystem 'debain' are known; did you mean 'Debian' or 'deb'?"),
        (["klingon", "1", "2"], 2, "no versions of an ecosystem 'klingon' are known; orderings are alpine, "),
        (["debian", "1_0", "2"], 3, "version: '1_0' is not a Debian version"),
        (["debian", "1"], 2, "two versions are needed; "),
        ([], 2, "no ecosystem is named; "),
        (["--ecosystem", "rpm", "--file", "x", "1"], 2, "--file: a file and versions are both given; "),
    ],
)
def test_what_cannot_be_compared(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["version", "compare", *arguments]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"custody: error: {message}")
    assert shown.err.count("\n") == 1


def test_a_file_of_statements_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "statements.txt"
    file.write_text(
        "# a comment\n1.0 < 0.9\n\n1.0 = 1.0 # so it is\n2 > 1\n1_0 invalid\n1.0 invalid\n", encoding="utf-8"
    )
    assert run(["version", "compare", "--ecosystem", "debian", "--file", str(file), "-o", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["compared"] == 5
    assert found["disagreements"] == [
        {"line": 2, "a": "1.0", "b": "0.9", "stated": "<", "found": ">"},
        {"line": 7, "a": "1.0", "b": "", "stated": "invalid", "found": "valid"},
    ]
    assert found["unreadable"] == []
    assert run(["version", "compare", "debian", "--file", str(file)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{file}:2: stated 1.0 < 0.9, found 1.0 > 0.9",
        f"{file}:7: stated 1.0 invalid, found 1.0 valid",
        "5 compared by debian (deb-version(7)): 2 disagreements, 0 lines not compared",
    ]


def test_lines_that_cannot_be_read_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "statements.txt"
    file.write_text("1.0 < 2.0\n1.0 is less than 2.0\n1_0 = 1.0\n", encoding="utf-8")
    assert run(["version", "compare", "--ecosystem", "debian", "--file", str(file), "-o", "json"]) == 3
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert (found["compared"], found["disagreements"]) == (1, [])
    assert [(bad["line"], bad["reason"]) for bad in found["unreadable"]] == [
        (2, "expected `A < B`, `A = B` or `A > B`, with spaces around the sign"),
        (3, "'1_0' is not a Debian version"),
    ]
    assert shown.err == f"custody: error: {file}: lines 2, 3 could not be compared; see the list of unreadable lines\n"


@pytest.mark.parametrize("name", ["alpine", "debian", "freebsd", "gentoo", "pacman", "rpm"])
def test_the_vectors_pass_through_the_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["version", "compare", "--ecosystem", name, "--file", str(VECTORS / f"{name}.txt"), "-o", "json"]
    assert run(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["disagreements"] == found["unreadable"] == []
    assert found["compared"] > 3000


def test_a_file_that_is_no_text_or_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x"
    assert run(["version", "compare", "rpm", "--file", str(file)]) == 3
    file.write_bytes(b"1 < 2\n\xff")
    assert run(["version", "compare", "rpm", "--file", str(file)]) == 3
    assert "byte 6 is not UTF-8" in capsys.readouterr().err


def test_an_unknown_ecosystem_is_the_callers_fault() -> None:
    with pytest.raises(UsageError):
        ordering_named("")
