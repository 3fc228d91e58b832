"""What is taken out of wheels, eggs, applications and RECORD files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.inventory import Cataloger, SquashedTree
from custody.inventory.interface import Found
from custody.inventory.squash import laid_out
from custody.inventory.walk import started_by
from custody.model import Dependency, Entry, HeldContent, Package, Skipped
from tests.inventory.cases import load_tree
from tests.inventory.catalogers.oracle import CASES, CATALOGERS, edges, packages

FUZZ = settings(max_examples=80, deadline=None, database=None)


def look(cataloger: Cataloger, tree: SquashedTree) -> list[Found]:
    found: list[Found] = []
    for file in started_by(cataloger, tree):
        try:
            found += cataloger.parse(file, tree)
        except InputError as error:
            found.append(Skipped(where=error.where, reason=error.what))
    return found


def archive(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, text in members.items():
            made.writestr(name, text)
    return buffer.getvalue()


def seen(name: str, tmp_path: Path, files: dict[str, bytes]) -> list[Found]:
    """Lay files down and look at them as a source would, extractor and all."""
    for path, data in files.items():
        target = tmp_path / "tree" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    tree = load_tree(tmp_path / "tree", CATALOGERS[name])
    return [*look(CATALOGERS[name], tree), *(Skipped(where=e.where, reason=e.what) for e in tree.refused)]


EGG = {"EGG-INFO/PKG-INFO": "Name: Egg\nVersion: 1\n", "EGG-INFO/requires.txt": "core>=1\n[fast]\nquick\n"}
SITE = "venv/lib/python3.11/site-packages"


def test_a_zipped_egg_in_an_environment_is_installed_and_has_its_edges(tmp_path: Path) -> None:
    files = {
        f"{SITE}/Egg-1-py3.11.egg": archive(**EGG),
        f"{SITE}/core-2.dist-info/METADATA": b"Name: core\nVersion: 2\n",
        f"{SITE}/quick-3.dist-info/METADATA": b"Name: quick\nVersion: 3\n",
        "dist/Egg-1-py3.11.egg": archive(**EGG),
    }
    found = seen("python-archives", tmp_path, files)
    told = [(item.installed, item.locations[0].path) for item in found if isinstance(item, Package)]
    assert told == [(False, "dist/Egg-1-py3.11.egg"), (True, f"{SITE}/Egg-1-py3.11.egg")]
    assert {(item.source, item.target, item.relation) for item in found if isinstance(item, Dependency)} == {
        ("pkg:pypi/egg@1", "pkg:pypi/core@2", "depends_on"),
        ("pkg:pypi/egg@1", "pkg:pypi/quick@3", "optional"),
    }


def test_an_application_contains_what_nothing_in_it_needs(tmp_path: Path) -> None:
    members = {
        ".deps/a.whl/a-1.dist-info/METADATA": "Name: a\nVersion: 1\nRequires-Dist: b\n",
        ".deps/b.whl/b-1.dist-info/METADATA": "Name: b\nVersion: 1\n",
        "site-packages/c-1.egg-info/PKG-INFO": "Name: c\nVersion: 1\n",
        "site-packages/c-1.egg-info/requires.txt": "a\n",
    }
    found = seen("python-archives", tmp_path, {"opt/app.pex": b"#!/usr/bin/env python3\n" + archive(**members)})
    assert edges(found) == {("c@1", "a@1"), ("a@1", "b@1"), ("opt/app.pex@", "c@1")}
    assert packages(found)["pkg:pypi/a@1"].locations[0].where == ".deps/a.whl/a-1.dist-info/METADATA"


def test_only_the_metadata_at_the_top_of_a_wheel_are_its_own(tmp_path: Path) -> None:
    members = {
        "tool-1.dist-info/METADATA": "Name: tool\nVersion: 1\n",
        "tool/_vendor/x-1.dist-info/METADATA": "Name: x\nVersion: 1\n",
    }
    found = seen("python-archives", tmp_path, {"tool-1-py3-none-any.whl": archive(**members)})
    assert set(packages(found)) == {"pkg:pypi/tool@1"}


ROW = "a.libs/lib{}-0123abcd.so.1,sha256=CvQ6ndFmDR5y2LCpW3dNBXYAJPpQIEYuHRcwzYDqN1Y,10\n"


def test_rows_of_a_record_are_found_wherever_they_stand(tmp_path: Path) -> None:
    """RECORD is read in pieces of one megabyte; rows lie across their borders."""
    filler = "x" * ((1 << 20) - 40)
    rows = "".join(f"{filler[: -number * 80 - 7]},,\n" + ROW.format(number) for number in range(3))
    rows += ROW.format("last").rstrip("\n")
    files = {f"{SITE}/a-1.dist-info/RECORD": rows.encode(), f"{SITE}/a-1.dist-info/METADATA": b"Name: a\nVersion: 1\n"}
    files |= {f"{SITE}/a.libs/lib{name}-0123abcd.so.1": b"" for name in ("0", "1", "2", "last")}
    found = seen("python-bundled-libraries", tmp_path, files)
    names = {f"lib{name}" for name in ("0", "1", "2", "last")}
    assert {item.name for item in found if isinstance(item, Package)} == names
    assert not [item for item in found if isinstance(item, Skipped)]
    assert all(item.checksums for item in found if isinstance(item, Package))
    assert {item.target for item in found if isinstance(item, Dependency)} == {
        f"pkg:generic/{name}?file_name={name}-0123abcd.so.1" for name in names
    }


ZSTD = b'{"format": "elf", "matches": [{"name": "zstd", "version": "1.5.7", "offset": 1, "text": "1.5.7"}]}'
SBOM = b"""{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
    {"type": "library", "name": "libXau", "version": "1.0.9-3.el8", "purl": "pkg:rpm/almalinux/libXau@1.0.9-3.el8"},
    {"type": "library", "name": "FreeType", "version": "2.14.3"},
    {"type": "library", "name": "libtwice", "version": "1"}, {"type": "library", "name": "twice", "version": "2"}]}"""


def test_a_library_that_is_known_by_more_than_its_name_is_that_one_package() -> None:
    cataloger = CATALOGERS["python-bundled-libraries"]
    assert cataloger.extractor is not None
    files = ("libzstd-40ad5e7e.so.1.5.7", "libXau-154567c4.so.6", "libfreetype-57f805ba.so.6", "libtwice-57f805ba.so.6")
    record = "".join(f"a.libs/{name},,\n" for name in files).encode()
    rows = cataloger.extractor.extract("s/a-1.dist-info/RECORD", HeldContent(record))
    entries = [
        Entry(path="s/a-1.dist-info/RECORD", kind="file", size=9, extracts=((cataloger.extractor.name, rows),)),
        Entry(path="s/a-1.dist-info/METADATA", kind="file", size=9, data=b"Name: a\nVersion: 1\n"),
        Entry(path="s/a-1.dist-info/sboms/x.cdx.json", kind="file", size=9, data=SBOM),
        *(Entry(path=f"s/a.libs/{name}", kind="file", size=9) for name in files[1:]),
        Entry(path=f"s/a.libs/{files[0]}", kind="file", size=9, extracts=(("program", ZSTD),)),
    ]
    tree = SquashedTree()
    tree.add(laid_out(entries), None)
    names = {
        "pkg:generic/zstd@1.5.7",
        "pkg:rpm/almalinux/libXau@1.0.9-3.el8",
        "pkg:generic/FreeType@2.14.3",
        "pkg:generic/libtwice?file_name=libtwice-57f805ba.so.6",
    }
    found = look(cataloger, tree)
    assert set(packages(found)) == names
    assert {item.target for item in found if isinstance(item, Dependency) and item.relation == "contains"} == names


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_end_as_pip_or_as_build_tools_write_them(tmp_path: Path, end: str) -> None:
    record = f"a/x.py,,{end}" + ROW.format("x").replace("\n", end) + f"a/y.py,,{end}"
    files = {"s/a-1.dist-info/RECORD": record.encode(), "s/a.libs/libx-0123abcd.so.1": b""}
    assert [item.name for item in seen("python-bundled-libraries", tmp_path, files) if isinstance(item, Package)] == [
        "libx"
    ]


@pytest.mark.parametrize(
    ("file", "name", "version", "where"),
    [
        ("libssl-3f2a1b9c.so.1.1", "libssl", "", "interface version 1.1"),
        ("libopenblasp-r0-2d23e62b.3.17.so", "libopenblasp", "0.3.17", ""),
        ("libz-0123abcd.so", "libz", "", ""),
        ("libgomp-a34b3233-0123abcd.so.1.0.0", "libgomp", "", "interface version 1.0.0"),
        ("msvcp140-263139962577ecda4cd9469ca360a746.dll", "msvcp140", "", ""),
        ("libprotobuf-3.21.12.so", "libprotobuf", "3.21.12", ""),
        ("libomp.dylib", "libomp", "", ""),
        ("libfoo.5.dylib", "libfoo", "", "interface version 5"),
    ],
)
def test_the_number_behind_so_is_no_release(tmp_path: Path, file: str, name: str, version: str, where: str) -> None:
    record = f"a.libs/{file},,\n".encode()
    found = seen("python-bundled-libraries", tmp_path, {"s/a-1.dist-info/RECORD": record, f"s/a.libs/{file}": b""})
    package = next(item for item in found if isinstance(item, Package))
    assert (package.name, package.version, package.locations[0].where) == (name, version, where)


def good(name: str, suffixes: tuple[str, ...]) -> list[tuple[str, bytes]]:
    cataloger = CATALOGERS[name]
    folders = [case / "tree" for case in sorted((CASES / name).glob("*_ok"))]
    return [
        (path.relative_to(folder).as_posix(), path.read_bytes())
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and cataloger.extractor and path.name.endswith(suffixes)
    ]


ARCHIVES = good("python-archives", (".whl", ".egg", ".pyz", ".pex"))


@FUZZ
@given(st.data())
def test_an_archive_changed_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    path, content = data.draw(st.sampled_from(ARCHIVES))
    at = data.draw(st.integers(0, len(content) - 1))
    new = data.draw(st.one_of(st.none(), st.binary(min_size=1, max_size=4)))
    changed = content[:at] if new is None else content[:at] + new + content[at + len(new) :]
    check("python-archives", path, changed)


@FUZZ
@given(st.sampled_from(["python-archives", "python-bundled-libraries", "yarn-pnp"]), st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(name: str, content: bytes) -> None:
    check(
        name, {"python-archives": "a.whl", "yarn-pnp": ".yarn/cache/a.zip"}.get(name, "a-1.dist-info/RECORD"), content
    )
    for kind in ("whl", "egg", "pyz"):  # also what no extractor gave
        given_by_nobody = Entry(path=f"a.{kind}", kind="file", extracts=(("python-archive", content),))
        look(CATALOGERS["python-archives"], tree_with(given_by_nobody))


def check(name: str, path: str, content: bytes) -> None:
    extractor = CATALOGERS[name].extractor
    assert extractor is not None
    try:
        taken = extractor.extract(path, HeldContent(content))
    except InputError as error:
        assert error.where.startswith(path)
        return
    tree = tree_with(Entry(path=path, kind="file", extracts=((extractor.name, taken),) if taken else ()))
    for item in look(CATALOGERS[name], tree):
        assert not isinstance(item, Package) or item.name


def tree_with(entry: Entry) -> SquashedTree:
    tree = SquashedTree()
    tree.add(laid_out([entry]), None)
    return tree
