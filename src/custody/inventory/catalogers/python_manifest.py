"""pyproject.toml, setup.cfg and setup.py without a lock file → the project and what it asks for.

Reads: `[project]` (PEP 621), `[dependency-groups]` (PEP 735), `[tool.poetry]`, `[tool.uv]` and `[tool.pdm]` of
pyproject.toml, setup.cfg, and the constants of setup.py, which is never run
(https://packaging.python.org/en/latest/specifications/pyproject-toml/,
https://setuptools.pypa.io/en/latest/userguide/declarative_config.html).
Gives: project with version, licence and description; name of what it asks for, by kind, the version where `==` states
one, the range in the location.
Cannot know: versions that are left open, what these packages need in turn, what a program works out.

Where a lock file stands beside or above, it tells all of this and more, so nothing is said here. What is asked for and
installed in the same tree in one version is that package; what a requirements file in the folder lists is told there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.catalogers.python_installed import GLOBS, installed_in
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import in_folder, is_below, parent, upward
from custody.inventory.python_packages import normalise, pypi
from custody.inventory.python_project import BESIDE, Need, read_project
from custody.inventory.python_setup import read_setup
from custody.model import Dependency, Location, Package, Skipped

_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml")
_REQUIREMENTS = ("**/*requirements*.txt", "**/requirements/*.txt")
_OTHERS = ("node_modules", "site-packages", "dist-packages", ".git", "vendor", "testdata")
_ROW = re.compile(rb"^[ \t]*([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the project of a folder, once for all of its files, and what it asks for."""
    folder, name = parent(file.path), file.path.rpartition("/")[2]
    if is_below(file.path, *_OTHERS) or "/usr/share/" in f"/{file.path}":
        return
    if any(tree.get(in_folder(folder, other)) for other in _FILES[: _FILES.index(name)]) or _is_locked(folder, tree):
        return
    project = read_project(file, tree)
    yield from project.skipped
    if not project.needs and project.package.purl.type == "generic":
        return  # settings of some tool: nobody says that this is a project, or it asks for nothing
    yield project.package
    if project.needs is None or _is_open(file, folder, tree):
        yield Skipped(where=file.path, reason="its dependencies are worked out by the build: they are not known")
    installed = installed_in(tree)
    told = _told_by_requirements(folder, tree)
    edges = set()
    for need in project.needs or ():
        known = installed.get(need.name, ())
        if len(known) == 1:
            target = known[0]
        elif need.name in told:
            continue
        else:
            package = _asked(need, file, tree)
            yield package
            target = package.id
        if target != project.package.id:
            edges.add(Dependency(source=project.package.id, target=target, relation=need.relation))
    yield from sorted(edges)


def _is_open(file: File, folder: str, tree: Tree) -> bool:
    """Say whether pyproject.toml leaves the dependencies to the build (`dynamic`), and no setup file says them."""
    if not file.path.endswith("pyproject.toml"):
        return False
    try:
        dynamic = Fields.from_toml(file.data, file.path).table("project").value.get("dynamic")
    except InputError:
        return False  # told by `read_project`
    if not isinstance(dynamic, list) or "dependencies" not in dynamic:
        return False
    setup = read_setup(folder, tree)
    return setup is None or not setup.says


def _is_locked(folder: str, tree: Tree) -> bool:
    return any(tree.exists(in_folder(above, name)) for above in upward(folder) for name in _LOCKS)


def _asked(need: Need, file: File, tree: Tree) -> Package:
    """Give the open requirement as a package: what it asks stands in its location."""
    from_file = tree.get(need.path)
    place = f"{need.place}: {need.wanted}" if need.wanted else need.place
    location = Location(path=need.path, cataloger="", where=place, layer=(from_file or file).layer)
    purl = pypi(need.name, need.version)
    package = Package(purl=purl, name=need.name, version=need.version, locations=(location,), installed=False)
    return (
        replace(package, download_location=need.wanted[2:].partition("; ")[0]) if need.wanted[:2] == "@ " else package
    )


def _told_by_requirements(folder: str, tree: Tree) -> set[str]:
    """Give the names that requirements files of this folder list: `python-requirements` tells them."""
    files = [f for f in tree.matching(_REQUIREMENTS) if parent(f.path) in (folder, in_folder(folder, "requirements"))]
    return {normalise(name.decode("ascii")) for found in files for name in _ROW.findall(found.data)}


CATALOGER = Cataloger(
    name="python-manifest",
    globs=BESIDE,
    beside=(*(f"**/{name}" for name in _LOCKS), *_REQUIREMENTS, *GLOBS),
    gives=("name", "version", "licence", "edges", "relations", "project", "download", "description"),
    cannot_know=("version that is left open", "edges between dependencies"),
    ecosystems=("PyPI",),
    parse=parse,
)
