"""The fuzzer starts, finds what is broken, and says where it put it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from custody.errors import InputError

SCRIPT = Path(__file__).resolve().parent.parent.parent / "scripts" / "fuzz.py"


@pytest.fixture
def fuzz(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)  # random, even where atheris is there
    return module


def test_it_starts_and_lists_readers_and_catalogers() -> None:
    told = subprocess.run([sys.executable, str(SCRIPT), "--list"], capture_output=True, text=True, check=True)
    assert {"elf", "zip", "npm-lock", "dpkg"} <= set(told.stdout.split())


def test_every_reader_has_files_to_start_from(fuzz: ModuleType) -> None:
    assert [name for name in fuzz.READERS if not fuzz.reader(name)[1]] in ([], ["macho"])


@pytest.mark.parametrize("name", ["opam", "os-release"])
def test_a_run_without_finds_gives_0(
    fuzz: ModuleType, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fuzz.main([name, "--seconds", "0", "--keep", str(tmp_path / "finds")]) == 0
    assert ", 0 finds\n" in capsys.readouterr().out
    assert not (tmp_path / "finds").exists()


def test_a_find_is_kept(
    fuzz: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(data: bytes) -> None:
        if len(data) % 2:
            raise InputError("file", "odd")
        raise KeyError(len(data))

    monkeypatch.setattr(fuzz, "checks", lambda _: iter([("reader", broken, [b"good"])]))
    assert fuzz.main(["opam", "--seconds", "1", "--keep", str(tmp_path)]) == 1
    assert "KeyError" in capsys.readouterr().out
    assert len((tmp_path / "opam-0").read_bytes()) % 2 == 0


def test_a_name_that_nobody_knows_is_refused(fuzz: ModuleType) -> None:
    with pytest.raises(SystemExit):
        fuzz.main(["no-such-thing"])
