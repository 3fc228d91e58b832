"""What is declared is known without importing a cataloger, and is what the modules say."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from custody.inventory import catalogers as register
from custody.inventory import declared, load_catalogers, wanted_files
from custody.inventory.declared import TARGET, Table, declared_catalogers, wanted_extractors
from custody.inventory.interface import Cataloger
from custody.model import Extractor, HeldContent

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_file_is_what_the_modules_declare() -> None:
    place = ROOT / "scripts" / "update_declarations.py"
    script = importlib.util.spec_from_file_location("update_declarations", place)
    assert script is not None
    assert script.loader is not None
    module = importlib.util.module_from_spec(script)
    script.loader.exec_module(module)
    assert TARGET.read_bytes() == module.table(), "run scripts/update_declarations.py"


def facts(cataloger: Cataloger) -> tuple[object, ...]:
    return cataloger.name, cataloger.globs, cataloger.folders, cataloger.beside, told_by(cataloger.extractor)


def told_by(extractor: Extractor | None) -> tuple[object, ...]:
    if extractor is None:
        return ()
    return extractor.name, extractor.magics, extractor.globs, extractor.version, extractor.looks_inside


def test_declared_catalogers_ask_for_what_the_loaded_ones_ask_for() -> None:
    assert [facts(one) for one in declared_catalogers()] == [facts(one) for one in load_catalogers()]
    loaded = {c.extractor.name: c.extractor for c in load_catalogers() if c.extractor is not None}
    late = {extractor.name: extractor for extractor in wanted_extractors()}
    assert loaded.keys() < late.keys()  # and that of licence texts
    notice = b"SPDX-License-Identifier: MIT\n"
    assert b"MIT" in late["licence-text"].extract("LICENSE", HeldContent(notice))


_FEW = """
import sys
from custody.inventory import take_inventory, wanted_extractors, wanted_files
from custody.inventory.squash import laid_out
from custody.model import Artifact, Descriptor, Digest, Entry

prefix = "custody.inventory.catalogers."
assert wanted_files()("a/Cargo.lock")
wanted_extractors()
print(sorted(name for name in sys.modules if name.startswith(prefix)))
lock = b'version = 4\\n[[package]]\\nname = "a"\\nversion = "1.0.0"\\n'
thing = Artifact(kind="directory", name="x", version="", descriptor=Descriptor(media_type="", digest=Digest.of(b""),
    size=0), reference="dir:x", layers=())
found = take_inventory(thing, [laid_out([Entry(path="Cargo.lock", kind="file", size=len(lock), data=lock)])])
print([package.name for package in found.packages])
print(sorted(name for name in sys.modules if name.startswith(prefix)))
"""


def test_only_the_module_of_a_file_that_is_there_is_imported() -> None:
    said = subprocess.run([sys.executable, "-c", _FEW], capture_output=True, text=True, check=True).stdout
    before, packages, after = said.splitlines()
    assert (before, packages, after) == ("[]", "['a']", "['custody.inventory.catalogers.cargo_lock']")


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    found = msgspec.json.decode(TARGET.read_bytes(), type=Table)
    rows = tuple(row for row in found.catalogers if row.module != "cargo_lock")
    changed = msgspec.structs.replace(found, catalogers=rows)
    monkeypatch.setattr(declared, "_table", lambda: changed)
    return changed


@pytest.mark.usefixtures("table")
def test_a_module_that_the_file_does_not_name_is_in_the_register_all_the_same() -> None:
    found = declared_catalogers.__wrapped__()
    assert [facts(one) for one in found] == [facts(one) for one in load_catalogers()]


def test_a_module_that_is_gone_is_not_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cargo_lock.py").write_bytes(b"")
    monkeypatch.setattr(register, "__path__", [str(tmp_path)])
    assert [one.name for one in declared_catalogers.__wrapped__()] == ["cargo-lock"]


def test_packages_that_are_installed_join_by_their_entry_points(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert register.entry_points(group="custody.catalogers") == ()
    folder = tmp_path / "made_here-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: made-here\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[custody.catalogers]\nmade = made_here_catalogers:ALL\n")
    (tmp_path / "made_here_catalogers.py").write_text(
        "from custody.inventory.interface import Cataloger\n"
        "ALL = [Cataloger(name='made-here', globs=('**/made.here',), parse=lambda *_: ())]\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not wanted_files()("a/made.here")
    found = declared_catalogers.__wrapped__()
    assert "made-here" in [one.name for one in found]
    assert wanted_files(found)("a/made.here")
    assert "made-here" in [one.name for one in register.load_catalogers.__wrapped__()]


def test_the_file_has_a_line_for_each_declaration() -> None:
    lines = TARGET.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line.rstrip(",")) for line in lines if line.startswith("{") and line != "{"]
    assert len({row["name"] for row in rows if "module" in row}) == len(load_catalogers())
