"""What builds are made of: recipes, workflows, images, charts, SBOMs and models, whatever bytes they hold."""

from __future__ import annotations

import json
import re
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.inventory import SquashedTree
from custody.inventory.catalogers import image_sboms
from custody.inventory.interface import File
from custody.inventory.squash import laid_out
from custody.inventory.walk import started_by
from custody.model import Dependency, Digest, Entry, Package, Purl, Skipped
from custody.model.package import RELATIONS
from tests.inventory.archive import read_archive
from tests.inventory.cases import Case, _extracted
from tests.inventory.catalogers.hostile import places, replaced
from tests.inventory.catalogers.oracle import CASES, CATALOGERS
from tests.inventory.catalogers.test_hostile_input import ANY_JSON

NAMES = (
    "bitnami",
    "compose",
    "conan-installed",
    "conan-lock",
    "conan-manifest",
    "dockerfile",
    "git-submodules",
    "github-actions",
    "helm",
    "machine-learning-models",
    "sbom",
    "terraform-configuration",
    "terraform-lock",
    "terraform-modules",
    "vcpkg-installed",
    "vcpkg-manifest",
)
FUZZ = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)


@cache
def good_files(name: str) -> tuple[dict[str, bytes], ...]:
    trees = []
    for case in sorted((CASES / name).glob("*_ok")):
        if (case / "tree.txtar").is_file():
            entries = read_archive(case / "tree.txtar")
            trees.append({entry.path: entry.data or b"" for entry in entries})
        else:
            paths = sorted(path for path in (case / "tree").rglob("*") if path.is_file())
            trees.append({path.relative_to(case / "tree").as_posix(): path.read_bytes() for path in paths})
    return tuple(trees)


def look(name: str, files: dict[str, bytes]) -> list[object]:
    """Give all that a cataloger finds and refuses; any other error than InputError ends the test."""
    cataloger, tree = CATALOGERS[name], Case()
    entries = [
        _extracted(Entry(path=path, kind="file", size=len(data), data=data), cataloger, tree)
        for path, data in files.items()
    ]
    tree.add(laid_out(entries), None)
    found: list[object] = list(tree.refused)
    for file in started_by(cataloger, tree):
        try:
            found += cataloger.parse(file, tree)
        except InputError as error:
            found.append(error)
    return found


def texts_in(package: Package) -> list[str]:
    """Give all texts of a package: they must be plain ones, or no SBOM of it can be written."""
    own = [getattr(package, name) for name in Package.__slots__]
    parts = [package.purl.name, package.purl.version, package.purl.namespace, *(v for _, v in package.purl.qualifiers)]
    places = [text for place in package.locations for text in (place.path, place.where)]
    return [value for value in (*own, *parts, *places) if isinstance(value, str)]


def check(name: str, files: dict[str, bytes]) -> None:
    found = look(name, files)
    assert [repr(item) for item in found] == [repr(item) for item in look(name, files)]
    for item in found:
        if isinstance(item, Package):
            assert Purl.parse(item.id) == item.purl
            assert item.name
            assert item.locations
            assert {type(value) for value in texts_in(item)} <= {str}
            assert all(place.path and not place.cataloger for place in item.locations)
        elif isinstance(item, Dependency):
            assert item.relation in RELATIONS
        elif isinstance(item, Skipped):
            assert item.reason


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_a_good_file_cut_short_or_changed(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    path = data.draw(st.sampled_from(sorted(files)))
    content = files[path]
    at = data.draw(st.integers(0, max(0, len(content) - 1)))
    new = data.draw(st.one_of(st.none(), st.binary(min_size=1, max_size=2)))
    files[path] = content[:at] if new is None else content[:at] + new + content[at + len(new) :]
    check(name, files)


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_any_bytes(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    files[data.draw(st.sampled_from(sorted(files)))] = data.draw(
        st.one_of(
            st.binary(max_size=200), st.text(alphabet="[]{}:\"'#&*-=<>$\n \\ab1@/.", max_size=200).map(str.encode)
        )
    )
    check(name, files)


@pytest.mark.parametrize(
    "name", ["bitnami", "conan-lock", "sbom", "terraform-modules", "vcpkg-installed", "vcpkg-manifest"]
)
@FUZZ
@given(data=st.data())
def test_a_value_of_another_type_in_json(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    kinds = (".json", ".lock", ".spdx")
    path = data.draw(st.sampled_from([path for path in sorted(files) if path.endswith(kinds) and files[path].strip()]))
    document = json.loads(files[path])
    place = data.draw(st.sampled_from(places(document)))
    files[path] = json.dumps(replaced(document, place, data.draw(ANY_JSON))).encode()
    check(name, files)


VALUE = re.compile(rb"(?<=[:=] )\S[^\n]*$", re.MULTILINE)


@pytest.mark.parametrize("name", ["compose", "github-actions", "helm", "terraform-configuration", "terraform-lock"])
@FUZZ
@given(data=st.data())
def test_a_value_of_another_type_in_yaml_and_hcl(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    path = data.draw(st.sampled_from([path for path in sorted(files) if VALUE.search(files[path])]))
    match = data.draw(st.sampled_from(list(VALUE.finditer(files[path]))))
    values = [
        b"[]",
        b"{}",
        b"5",
        b"null",
        b'""',
        b'"\\u0000"',
        b"[[x]]",
        b'{a = ["b"]}',
        b"{a: {b: c}}",
        b"true",
        b"&a x",
    ]
    files[path] = files[path][: match.start()] + data.draw(st.sampled_from(values)) + files[path][match.end() :]
    check(name, files)


DEEP = 100_000


@pytest.mark.parametrize(
    ("name", "path", "data"),
    [
        ("compose", "compose.yaml", b"services: " + b"[" * DEEP),
        ("compose", "compose.yaml", b"services: " + b"{a: " * DEEP),
        ("terraform-configuration", "main.tf", b"a = " + b"[" * DEEP),
        ("terraform-configuration", "main.tf", b"a = " + b"[{a=" * DEEP),
        ("terraform-configuration", "main.tf", b"a {\n" * DEEP),
        ("terraform-configuration", "main.tf", b'a = "' + b'${"' * DEEP),
        ("terraform-configuration", "main.tf", b"a = f" + b"(" * DEEP),
        ("conan-manifest", "conanfile.py", b"x = " + b"(" * DEEP),
        ("conan-manifest", "conanfile.py", b"x = " + b"-" * 200_000 + b"1"),
        ("conan-lock", "conan.lock", b'{"requires": ' + b"[" * DEEP),
        ("vcpkg-manifest", "vcpkg.json", b'{"name": ' + b"[" * DEEP),
    ],
)
def test_values_nested_without_end(name: str, path: str, data: bytes) -> None:
    found = look(name, {path: data})
    assert [type(item) for item in found] == [InputError]


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(12)
)


def test_aliases_that_stand_for_more_than_there_is_room_for() -> None:
    found = look("compose", {"compose.yaml": BOMB})
    assert [str(item) for item in found] == ["compose.yaml:6: more than 500000 values with its aliases written out"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Dockerfile", "FROM a" + " --mount=" * 50_000),
        ("Dockerfile", "FROM debian\nRUN " + "<<A " * 50_000 + "\n" + "x\n" * 5_000),
        ("Dockerfile", "FROM debian\n" + "RUN --mount=from=x,from=y," * 1 + "from=z," * 50_000),
        ("Dockerfile", "".join(f"FROM a{n} AS b{n}\n" for n in range(20_000))),
        ("Dockerfile", "FROM " + "a" * 200_000 + "/B"),
    ],
)
def test_long_dockerfiles_take_no_more_than_a_moment(path: str, text: str) -> None:
    look("dockerfile", {path: text.encode()})


def test_a_model_whose_vocabulary_is_damaged_is_known_by_what_stands_before_it() -> None:
    (files, *_) = good_files("machine-learning-models")
    model = files["models/tiny-q8.gguf"]
    for cut in range(model.index(b"tokenizer.ggml.tokens"), len(model), 37):
        names = {
            item.name for item in look("machine-learning-models", {"x.gguf": model[:cut]}) if isinstance(item, Package)
        }
        assert "Tiny Talk 1B" in names


def test_a_model_that_claims_to_be_larger_than_it_is() -> None:
    for header in (b"\xff" * 8, (2).to_bytes(8, "little"), (1 << 20).to_bytes(8, "little") + b"{}"):
        (found,) = look("machine-learning-models", {"a.safetensors": header})
        assert isinstance(found, InputError)
    gguf = b"GGUF" + (3).to_bytes(4, "little") + (1).to_bytes(8, "little") + (1).to_bytes(8, "little")
    (found,) = look("machine-learning-models", {"a.gguf": gguf + b"\xff" * 8})
    assert str(found) == "a.gguf: cut short inside its head"


def test_what_an_sbom_names_is_no_ghost_in_an_image() -> None:
    """The same document is a promise in a directory, a note in an image, and seen where an image's builder put it."""
    (files,) = (tree for tree in good_files("sbom") if "srv/shop/bom.json" in tree)
    layer = Digest.of(b"layer")
    document = files["srv/shop/bom.json"]

    def told(path: str, of: Digest | None) -> list[object]:
        return list(image_sboms.parse_sbom(File(path=path, data=document, layer=of), SquashedTree()))

    assert {item.installed for item in told("srv/bom.json", None) if isinstance(item, Package)} == {False}
    (note,) = told("srv/bom.json", layer)
    assert isinstance(note, Skipped)
    assert note.reason == "an SBOM that names 4 components, which nothing says to be in this image"
    there = [item for item in told("usr/local/share/sbom/x.json", layer) if isinstance(item, Package)]
    assert len(there) == 4
    assert all(package.installed for package in there)
