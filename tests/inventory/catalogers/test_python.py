"""Python's catalogers against what pip, uv, Poetry and the interpreter say of the same project."""

from __future__ import annotations

import json
import re
import site
from importlib.metadata import distributions
from pathlib import Path

import pytest

from custody.inventory import tree_of
from custody.inventory.python_packages import normalise
from custody.model import Package, Skipped
from tests.inventory.catalogers.oracle import CASES, CATALOGERS, edges, look, look_at, packages


def told_by_a_tree(text: str) -> set[tuple[str, str]]:
    """Give the (name, name) edges of an indented tree, as `uv tree` and `poetry show --tree` draw it."""
    found, above = set(), [""]
    for line in text.splitlines():
        match = re.match(r"([^\w]*)([\w.-]+)", line)
        if not match:
            continue
        depth = len(match.group(1)) // 4
        name = normalise(match.group(2))
        above[depth:] = [name]
        if depth:
            found.add((above[depth - 1], name))
    return found


def names(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(source.partition("@")[0], target.partition("@")[0]) for source, target in found}


@pytest.mark.parametrize("case", ["extras-groups-and-origins_ok", "workspace-and-forks_ok"])
def test_uv_lock_has_the_edges_that_uv_draws(case: str) -> None:
    told = told_by_a_tree((CASES / "python-uv-lock" / case / "uv-tree.txt").read_text())
    assert names(edges(look_at(f"python-uv-lock/{case}"))) == told


@pytest.mark.parametrize("case", ["version-1_ok", "version-2_ok"])
def test_poetry_lock_has_the_edges_that_poetry_draws(case: str) -> None:
    """Poetry draws a tree for each package that the project asks for, and none for the project."""
    text = (CASES / "python-poetry-lock" / case / "poetry-show-tree.txt").read_text()
    tops = {("chat-service", normalise(line.split()[0])) for line in text.splitlines() if line[0].isalnum()}
    found = names(edges(look_at(f"python-poetry-lock/{case}")))
    assert found - {("chat-service", "toml")} == told_by_a_tree(text) | tops  # the group `docs` is optional: not drawn


def test_an_environment_has_the_packages_that_pip_lists() -> None:
    case = "python-installed/wheels-eggs-and-vendored_ok"
    told = {
        (normalise(row["name"]), row["version"]) for row in json.loads((CASES / case / "pip-list.json").read_text())
    }
    seen = {(package.name, package.version) for package in packages(look_at(case)).values()}
    assert seen == told | {("tiny", "0.1")}  # vendored: there, and contained by its owner


def test_an_environment_has_the_edges_that_the_interpreter_finds() -> None:
    case = "python-installed/wheels-eggs-and-vendored_ok"
    told = {tuple(edge) for edge in json.loads((CASES / case / "importlib-requires.json").read_text())}
    assert names(edges(look_at(case), "depends_on")) == told


def test_this_very_environment_is_seen_as_the_interpreter_sees_it() -> None:
    """Real packages of all kinds: those that these tests run with."""
    folders = [Path(folder) for folder in site.getsitepackages()]
    told = {
        (normalise(found.metadata["Name"]), found.version)
        for found in distributions(path=[str(folder) for folder in folders])
        if found.files is not None
    }
    files = {}
    for folder in folders:
        for path in [*folder.glob("*.dist-info/METADATA"), *folder.glob("*.egg-info/PKG-INFO")]:
            files[f"venv/lib/python3.11/site-packages/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    found = look(CATALOGERS["python-installed"], tree_of(files))
    assert {(package.name, package.version) for package in packages(found).values()} >= told
    assert not [item for item in found if isinstance(item, Skipped)]
    assert len(told) > 20
    assert ("hypothesis", "sortedcontainers") in names(edges(found, "depends_on"))
    assert {package.licence_declared for package in packages(found).values() if package.name == "hypothesis"} == {
        "MPL-2.0"
    }


def test_exported_requirements_have_the_edges_of_the_lock_file() -> None:
    """`uv export` writes a lock file's tree as `# via` notes; the version of what is from git is not there."""
    locked = names(edges(look_at("python-uv-lock/extras-groups-and-origins_ok")))
    assert names(edges(look_at("python-requirements/exported-by-uv_ok"))) == locked - {("chat-service", "iniconfig")}


def test_the_styles_of_pip_compile_say_the_same() -> None:
    split, lines = (
        look_at("python-requirements/compiled-with-hashes_ok"),
        look_at("python-requirements/compiled-in-lines_ok"),
    )
    assert names(edges(split)) == names(edges(lines))
    assert ("jinja2", "markupsafe") in names(edges(split))


def test_what_the_project_and_a_package_need_has_both_edges() -> None:
    text = "a==1\n    # via -r requirements.in\nb==1\n    # via\n    #   -r requirements.in\n    #   a\n"
    found = look(CATALOGERS["python-requirements"], tree_of({"requirements.txt": text.encode()}))
    assert names(edges(found)) == {("requirements.txt", "a"), ("requirements.txt", "b"), ("a", "b")}


def requirements(text: str, **more: str) -> list[object]:
    files = {"requirements.txt": text.encode(), **{name: data.encode() for name, data in more.items()}}
    return list(look(CATALOGERS["python-requirements"], tree_of(files)))


@pytest.mark.parametrize(
    ("line", "id_"),
    [
        ("a==1.0", "pkg:pypi/a@1.0"),
        ("A.b_C==1.0", "pkg:pypi/a-b-c@1.0"),
        ("a == 1.0 # note", "pkg:pypi/a@1.0"),
        ("a===1.0+local", "pkg:pypi/a@1.0%2Blocal"),
        ("a==1.*", "pkg:pypi/a"),
        ("a>=1,==1.5", "pkg:pypi/a@1.5"),
        ("a>=1", "pkg:pypi/a"),
        ("a[x,y]~=1.0; python_version<'4'", "pkg:pypi/a"),
        ("a @ https://x.example/b-1.whl", "pkg:pypi/a"),
        ("a@https://x.example/a-1-py3-none-any.whl", "pkg:pypi/a@1"),
        ("-e git+https://x.example/r.git@main#egg=a", "pkg:pypi/a"),
        ("--editable=git+https://x.example/r.git#subdirectory=s&egg=a", "pkg:pypi/a"),
        ("a==1.0 \\\n  --hash=sha256:" + "0" * 64, "pkg:pypi/a@1.0"),
        ("\ufeffa==1.0", "pkg:pypi/a@1.0"),
    ],
)
def test_a_requirement_names_one_package(line: str, id_: str) -> None:
    found = [item for item in requirements(line) if isinstance(item, Package) and item.purl.type == "pypi"]
    assert [package.id for package in found] == [id_]
    assert not any(package.installed for package in found)


@pytest.mark.parametrize(
    "line", ["--index-url https://x.example", "-c constraints.txt", "--no-binary :all:", "-e .", ".", "# a", "", "\\"]
)
def test_other_lines_name_none_and_are_no_fault(line: str) -> None:
    assert [item.id for item in requirements(line) if isinstance(item, Package)] == ["pkg:generic/requirements.txt"]
    assert not [item for item in requirements(line) if isinstance(item, Skipped)]


def test_credentials_leave_the_address() -> None:
    found = requirements("a @ https://me:secret@x.example/a.zip?token=secret&v=1")
    assert [item.download_location for item in found if isinstance(item, Package)][1] == "https://x.example/a.zip?v=1"
    assert "secret" not in repr(found)


def test_files_that_include_each_other_are_read_once() -> None:
    found = requirements("-r requirements/a.txt\nx==1", **{"requirements/a.txt": "-r ../requirements.txt\ny==2"})
    own = [item for item in found if isinstance(item, Package) and item.locations[0].path.startswith("requirements")]
    assert (
        sorted(package.id for package in own if package.purl.type == "pypi")
        == ["pkg:pypi/x@1"] * 2 + ["pkg:pypi/y@2"] * 2
    )


def test_requirements_inside_installed_packages_are_not_read() -> None:
    tree = tree_of({"usr/lib/python3/dist-packages/tool/requirements.txt": b"a==1"})
    assert look(CATALOGERS["python-requirements"], tree) == []


def metadata(text: str, path: str = "lib/python3.11/site-packages/a-1.dist-info/METADATA", **more: str) -> Package:
    files = {path: f"Name: a\nVersion: 1\n{text}".encode(), **{name: data.encode() for name, data in more.items()}}
    return packages(look(CATALOGERS["python-installed"], tree_of(files)))["pkg:pypi/a@1"]


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("License-Expression: mit OR apache-2.0\nLicense: BSD", "MIT OR Apache-2.0"),
        ("License: MIT", "MIT"),
        ("License: UNKNOWN", None),
        ("", None),
        ("License: BSD\nClassifier: License :: OSI Approved :: MIT License", "MIT"),
        ("License: Apache 2.0\nClassifier: License :: OSI Approved :: Apache Software License", "Apache-2.0"),
        ("Classifier: License :: OSI Approved", None),
        (
            """Classifier: License :: OSI Approved :: MIT License
Classifier: License :: OSI Approved :: ISC License (ISCL)""",
            "ISC AND MIT",
        ),
    ],
)
def test_the_clearest_statement_of_the_licence_counts(text: str, licence: str | None) -> None:
    assert metadata(text).licence_declared == licence


def test_a_licence_text_keeps_its_words() -> None:
    package = metadata("License: Do with it\n        what you like,\n        \n        but tell us.")
    assert package.licence_declared is not None
    assert package.licence_declared.startswith("LicenseRef-")
    assert [words for _, words in package.licence_texts] == ["Do with it what you like, but tell us."]


@pytest.mark.parametrize(
    ("text", "originator"),
    [
        ("Author: Ada\nAuthor-email: ada@mail.example", "Person: Ada (ada@mail.example)"),
        ("Author-email: Ada <ada@mail.example>, Bo <bo@mail.example>", "Person: Ada (ada@mail.example)"),
        ("Author: UNKNOWN\nMaintainer: Cy", "Person: Cy"),
        ("Author-email: ,", ""),
        ("", ""),
    ],
)
def test_the_author_is_the_originator(text: str, originator: str) -> None:
    assert metadata(text).originator == originator


def test_the_body_of_metadata_says_nothing() -> None:
    assert metadata("\nLicense: MIT\nAuthor: Ada").licence_declared is None


@pytest.mark.parametrize(
    ("marker", "relation"),
    [
        ("", "depends_on"),
        ("; python_version >= '3.11'", "depends_on"),
        ("; python_version < '3.11'", None),
        ("; python_full_version < '3.11.4'", "depends_on"),  # which patch release it is, nobody says
        ("; python_full_version >= '3.11.4'", "depends_on"),
        ("; python_full_version < '3.11.0'", None),
        ("; sys_platform == 'win32'", None),
        ("; platform_machine == 'aarch64'", "depends_on"),
        ("; platform_python_implementation == 'PyPy'", None),
        ("; extra == 'fast'", "optional"),
        ("; extra == 'fast' and sys_platform == 'win32'", None),
        ("; os_name ~= 'posix'", "depends_on"),  # no meaning: unknown is not no
    ],
)
def test_a_marker_decides_the_edge(marker: str, relation: str | None) -> None:
    folder = "opt/venv/lib/python3.11/site-packages"
    tree = tree_of(
        {
            f"{folder}/a-1.dist-info/METADATA": f"Name: a\nVersion: 1\nRequires-Dist: b>=1{marker}\n".encode(),
            f"{folder}/b-2.dist-info/METADATA": b"Name: b\nVersion: 2\n",
        }
    )
    found = look(CATALOGERS["python-installed"], tree)
    for kind in ("depends_on", "optional"):
        assert edges(found, kind) == ({("a@1", "b@2")} if kind == relation else set())


@pytest.mark.parametrize("pythons", [["3.11"], ["3.9", "3.11"], []])
def test_debians_shared_folder_takes_the_version_of_the_only_python(pythons: list[str]) -> None:
    folder = "usr/lib/python3/dist-packages"
    tree = tree_of(
        {
            **{f"usr/lib/python{python}/package.json": b"" for python in pythons},
            f"{folder}/a-1.egg-info/PKG-INFO": b"Name: a\nVersion: 1\n",
            f"{folder}/a-1.egg-info/requires.txt": b'[:python_version < "3.8"]\nb\n',
            f"{folder}/b-2.egg-info": b"Name: b\nVersion: 2\n",
        }
    )
    told = edges(look(CATALOGERS["python-installed"], tree))
    assert told == (set() if pythons == ["3.11"] else {("a@1", "b@2")})  # where it is not sure, the edge may be there


def test_a_plain_need_outranks_the_same_need_of_an_extra() -> None:
    folder = "opt/venv/lib/python3.11/site-packages"
    rows = "Requires-Dist: b\nRequires-Dist: b>=2; extra == 'x'\n"
    tree = tree_of(
        {
            f"{folder}/a-1.dist-info/METADATA": f"Name: a\nVersion: 1\n{rows}".encode(),
            f"{folder}/b-2.dist-info/METADATA": b"Name: b\nVersion: 2\n",
        }
    )
    found = look(CATALOGERS["python-installed"], tree)
    assert edges(found, "depends_on") == {("a@1", "b@2")}
    assert edges(found, "optional") == set()


def test_requires_txt_is_read_where_the_metadata_names_no_needs() -> None:
    folder = "opt/venv/lib/python3.11/site-packages"
    rest = {f"{folder}/{name}-1.egg-info": f"Name: {name}\nVersion: 1\n".encode() for name in ("b", "c")}
    for row, target in (("", "c@1"), ("Requires-Dist: b\n", "b@1")):
        info = {
            f"{folder}/a-1.egg-info/PKG-INFO": f"Name: a\nVersion: 1\n{row}".encode(),
            f"{folder}/a-1.egg-info/requires.txt": b"c\n",
        }
        assert edges(look(CATALOGERS["python-installed"], tree_of({**rest, **info}))) == {("a@1", target)}


def test_each_tree_has_its_own_environment() -> None:
    """The index of an environment is kept for a tree; another tree must not see it."""
    folder = "lib/python3.11/site-packages"
    needs = {f"{folder}/a-1.dist-info/METADATA": b"Name: a\nVersion: 1\nRequires-Dist: b\n"}
    with_b = tree_of({**needs, f"{folder}/b-2.dist-info/METADATA": b"Name: b\nVersion: 2\n"})
    assert edges(look(CATALOGERS["python-installed"], with_b)) == {("a@1", "b@2")}
    assert not any(getattr(item, "target", "") for item in look(CATALOGERS["python-installed"], tree_of(needs)))


ENTRY = '[[package]]\nname = "{}"\nversion = "{}"\nfiles = []\n'


@pytest.mark.parametrize(
    ("constraint", "targets"),
    [
        (">=2", {"b@2.0"}),
        ("<2", {"b@1.0"}),
        ("*", {"b@1.0", "b@2.0"}),
        ("^2.0", {"b@1.0", "b@2.0"}),
        (">=9", {"b@1.0", "b@2.0"}),
    ],
)
def test_poetry_points_at_the_versions_that_fit(constraint: str, targets: set[str]) -> None:
    text = (
        ENTRY.format("a", "1")
        + f'[package.dependencies]\nB = "{constraint}"\n'
        + ENTRY.format("b", "1.0")
        + ENTRY.format("b", "2.0")
    )
    found = look(CATALOGERS["python-poetry-lock"], tree_of({"poetry.lock": text.encode()}))
    assert {target for source, target in edges(found, "depends_on") if source == "a@1"} == targets


def test_what_an_unasked_extra_brings_is_optional() -> None:
    text = (
        ENTRY.format("a", "1")
        + '[package.dependencies]\nb = {version = "*", optional = true}\n[package.extras]\nfast = ["B (>=1)"]\n'
        + ENTRY.format("b", "2")
    )
    project = '[project]\nname = "p"\nversion = "1"\ndependencies = ["a{}"]\n'
    for extra, relation in (("", "optional"), ("[Fast]", "depends_on")):
        tree = tree_of({"poetry.lock": text.encode(), "pyproject.toml": project.format(extra).encode()})
        assert edges(look(CATALOGERS["python-poetry-lock"], tree), relation) >= {("a@1", "b@2")}


def test_a_broken_pyproject_is_noted_and_the_lock_file_still_read() -> None:
    tree = tree_of({"poetry.lock": ENTRY.format("a", "1").encode(), "pyproject.toml": b"[project\n"})
    found = look(CATALOGERS["python-poetry-lock"], tree)
    assert set(packages(found)) == {"pkg:pypi/a@1", "pkg:generic/poetry.lock"}
    assert [item.where for item in found if isinstance(item, Skipped)] == ["pyproject.toml"]


def test_wrong_types_in_pyproject_are_noted_one_by_one() -> None:
    project = """
        [project]
        name = "p"
        dependencies = ["good", 5, "not good"]
        optional-dependencies = {fast = "bad"}
        [dependency-groups]
        dev = ["lint", {include-group = "x"}]
        [tool]
        poetry = 3
    """
    tree = tree_of(
        {
            "poetry.lock": (ENTRY.format("good", "1") + ENTRY.format("lint", "2")).encode(),
            "pyproject.toml": project.encode(),
        }
    )
    found = look(CATALOGERS["python-poetry-lock"], tree)
    assert edges(found, "depends_on") == {("p@", "good@1")}
    assert edges(found, "dev") == {("p@", "lint@2")}
    assert sorted({item.where.partition(":")[2] for item in found if isinstance(item, Skipped)}) == [
        "project.dependencies[1]",
        "project.dependencies[2]",
        "project.optional-dependencies.fast",
        "tool.poetry",
    ]


@pytest.mark.parametrize(
    ("offered", "checksums", "address"),
    [
        ('wheels = [{url = "https://x.example/a.whl", hash = "sha256:W"}]', ["W"], "https://x.example/a.whl"),
        (
            """sdist = {url = "https://x.example/a.zip", hash = "sha256:S"}
wheels = [{url = "https://x.example/a.whl", hash = "sha256:W"}]""",
            ["S"],
            "https://x.example/a.zip",
        ),
        (
            'wheels = [{url = "https://x.example/1", hash = "sha256:W"}, {url = "https://x.example/2"}]',
            [],
            "",
        ),
    ],
)
def test_a_checksum_is_stated_where_one_file_is_meant(offered: str, checksums: list[str], address: str) -> None:
    digits = {"W": "1" * 64, "S": "2" * 64}
    for letter, value in digits.items():
        offered = offered.replace(f"sha256:{letter}", f"sha256:{value}")
    text = (
        f'version = 1\n[[package]]\nname = "a"\nversion = "1"\nsource = {{registry = "https://x.example"}}\n{offered}\n'
    )
    package = packages(look(CATALOGERS["python-uv-lock"], tree_of({"uv.lock": text.encode()})))["pkg:pypi/a@1"]
    assert [checksum.hex for checksum in package.checksums] == [digits[letter] for letter in checksums]
    assert package.download_location == address


def test_uv_points_at_the_version_that_the_dependency_names() -> None:
    entry = '[[package]]\nname = "{}"\nversion = "{}"\nsource = {{registry = "https://x.example"}}\n'
    needs = 'dependencies = [{name = "b", version = "2"}]\n'
    text = "version = 1\n" + entry.format("b", "1") + entry.format("b", "2") + entry.format("a", "1") + needs
    found = look(CATALOGERS["python-uv-lock"], tree_of({"uv.lock": text.encode()}))
    assert edges(found) == {("a@1", "b@2")}


def test_poetrys_own_table_adds_no_need_to_those_of_the_project() -> None:
    project = """
        [project]
        name = "p"
        version = "1"
        optional-dependencies = {fast = ["a"]}
        [tool.poetry.dependencies]
        a = {source = "elsewhere"}
        b = "*"
        c = {version = "*", optional = true}
    """
    text = "".join(ENTRY.format(name, "1") for name in ("a", "b", "c"))
    found = look(
        CATALOGERS["python-poetry-lock"], tree_of({"poetry.lock": text.encode(), "pyproject.toml": project.encode()})
    )
    assert edges(found, "optional") == {("p@1", "a@1"), ("p@1", "c@1")}
    assert edges(found, "depends_on") == {("p@1", "b@1")}
