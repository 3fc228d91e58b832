"""Manifests and databases of packages that no cataloger reads yet → notes that what they name is not known.

Reads: lock files of Go, Rust, Ruby, PHP, Java, JavaScript (Yarn, pnpm, Bun), Python (PDM), NuGet, Elixir, Dart, Swift
and CocoaPods, the databases of apk, rpm and Conda, by their names; package.json and pyproject.toml for what they ask.
Gives: no package, only notes, so that an artifact full of such packages is never taken for one without any.
Cannot know: the packages. A manifest counts as read where a lock file that custody reads stands beside or above it, or
where everything it asks for is installed.

What lies inside installed packages and vendored or documentation folders belongs to others and is not noted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Tree
from custody.inventory.lockfile import is_below, parent
from custody.inventory.python_packages import normalise
from custody.model import Skipped

__all__ = ["CATALOGER", "parse"]

_OTHERS = ("node_modules", "site-packages", "dist-packages", ".git", "vendor", "testdata")
_NOT_READ = "are not read yet: the packages in it are not known"

_KINDS = {
    "go.mod": "Go modules",
    "go.sum": "Go modules",
    "Cargo.lock": "Rust crates",
    "Cargo.toml": "Rust crates",
    "Gemfile.lock": "Ruby gems",
    "composer.lock": "PHP packages (Composer)",
    "pom.xml": "Java packages (Maven)",
    "gradle.lockfile": "Java packages (Gradle)",
    "yarn.lock": "lock files of Yarn",
    "pnpm-lock.yaml": "lock files of pnpm",
    "bun.lock": "lock files of Bun",
    "bun.lockb": "lock files of Bun",
    "pdm.lock": "lock files of PDM",
    "packages.lock.json": ".NET packages (NuGet)",
    "mix.lock": "Elixir packages (Hex)",
    "pubspec.lock": "Dart packages",
    "Package.resolved": "Swift packages",
    "Podfile.lock": "CocoaPods",
}
_SYSTEMS = {
    "lib/apk/db/installed": "packages of Alpine Linux (apk)",
    "usr/lib/apk/db/installed": "packages of Alpine Linux (apk)",
    **{
        f"{folder}/{name}": "rpm databases"
        for folder in ("var/lib/rpm", "usr/lib/sysimage/rpm")
        for name in ("Packages", "Packages.db", "rpmdb.sqlite")
    },
}
_NPM_LOCKS = ("package-lock.json", "npm-shrinkwrap.json")
_OTHER_NPM_LOCKS = ("yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb")
_PYTHON_LOCKS = ("uv.lock", "poetry.lock", "Pipfile.lock", "pylock.toml")
_REQUIREMENTS = ("**/*requirements*.txt", "**/requirements/*.txt", "**/pylock.*.toml")
_DISTRIBUTIONS = ("**/*.dist-info/METADATA", "**/*.egg-info/PKG-INFO", "**/*.egg-info")
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def parse(file: File, tree: Tree) -> Iterator[Skipped]:
    """Give a note for a file that names packages of which nothing is known. Raises InputError: it cannot be parsed."""
    name, folder = file.path.rpartition("/")[2], parent(file.path)
    if _is_others(file.path):
        return
    if file.path in _SYSTEMS:
        if file.data:
            yield Skipped(where=file.path, reason=f"{_SYSTEMS[file.path]} {_NOT_READ}")
    elif folder.rpartition("/")[2] == "conda-meta":
        if file.path == next((path for path in tree.names_under(folder) if path.endswith(".json")), None):
            yield Skipped(where=folder, reason=f"Conda packages {_NOT_READ}")  # one file for each package: one note
    elif name == "package.json":
        if not _locked(tree, folder, (*_NPM_LOCKS, *_OTHER_NPM_LOCKS)) and not _npm_is_known(file, tree):
            yield Skipped(
                where=file.path, reason="it names dependencies, with no lock file that is read: they are not known"
            )
    elif name == "pyproject.toml":
        if not _python_locked(tree, folder, ("pdm.lock",)) and not _python_is_known(file, tree):
            yield Skipped(
                where=file.path, reason="it names dependencies, with no lock file that is read: they are not known"
            )
    elif not _is_covered(file, name, folder, tree):
        yield Skipped(where=file.path, reason=f"{_KINDS[name]} {_NOT_READ}")


def _is_others(path: str) -> bool:
    return is_below(path, *_OTHERS) or "/usr/share/" in f"/{path}"


def _is_covered(file: File, name: str, folder: str, tree: Tree) -> bool:
    """Say whether what the file names is known from another one, or noted there."""
    if name == "go.mod":
        return b"require" not in file.data
    if name == "go.sum":
        return tree.exists(_join(folder, "go.mod"))
    if name == "Cargo.toml":
        return _locked(tree, folder, ("Cargo.lock",))
    if name in _OTHER_NPM_LOCKS:
        return _locked(tree, folder, _NPM_LOCKS) or _manifest_is_known(tree, folder, "package.json", _npm_is_known)
    if name == "pdm.lock":
        known = _manifest_is_known(tree, folder, "pyproject.toml", _python_is_known)
        return known or _python_locked(tree, folder)
    return False


def _manifest_is_known(tree: Tree, folder: str, name: str, ask: Callable[[File, Tree], bool]) -> bool:
    """Ask the manifest beside a lock file; one that is not there or cannot be parsed makes nothing known."""
    beside = tree.get(_join(folder, name))
    try:
        return beside is not None and ask(beside, tree)
    except InputError:
        return False


def _npm_is_known(file: File, tree: Tree) -> bool:
    """Say whether all that a package.json asks for is installed. In an image only what it needs to run counts."""
    manifest = Fields.from_json(file.data, file.path)
    keys = ("dependencies",) if file.layer else ("dependencies", "devDependencies")
    tables = (manifest.value.get(key) for key in keys)
    names = {str(name) for table in tables if isinstance(table, dict) for name in table}
    folders = list(_upward(parent(file.path)))
    return all(any(tree.exists(_join(folder, f"node_modules/{name}")) for folder in folders) for name in names)


def _python_is_known(file: File, tree: Tree) -> bool:
    """Say whether all that a pyproject.toml asks for is installed, in an image without extras and conditions."""
    document = Fields.from_toml(file.data, file.path)
    names = {normalise(name) for name in _python_names(document.value, whole=file.layer is None)}
    if not names:
        return not _is_dynamic(document.value)
    installed = {
        normalise(part.rpartition(".")[0].partition("-")[0])
        for found in tree.matching(_DISTRIBUTIONS)
        for part in found.path.split("/")[-2:]
        if part.endswith((".dist-info", ".egg-info"))
    }
    return names <= installed


def _python_names(document: object, *, whole: bool) -> Iterator[str]:
    """Give the names that a pyproject.toml asks for. whole: with groups, extras and what is asked under a condition."""
    asked = list(_list(_at(document, "project", "dependencies")))
    poetry = [_at(document, "tool", "poetry", "dependencies")]
    if whole:
        groups = [_at(document, "dependency-groups"), _at(document, "project", "optional-dependencies")]
        groups.append(_at(document, "tool", "pdm", "dev-dependencies"))
        asked += [
            item for table in groups if isinstance(table, dict) for list_ in table.values() for item in _list(list_)
        ]
        asked += _list(_at(document, "tool", "uv", "dev-dependencies"))
        named = _at(document, "tool", "poetry", "group")
        poetry += [_at(group, "dependencies") for group in (named.values() if isinstance(named, dict) else ())]
        poetry.append(_at(document, "tool", "poetry", "dev-dependencies"))
    for item in asked:
        match = _NAME.match(item) if isinstance(item, str) else None
        if match and (whole or ";" not in str(item)):
            yield match.group(1)
    for table in poetry:
        for name, wanted in table.items() if isinstance(table, dict) else ():
            some = isinstance(wanted, dict) and not {"optional", "markers", "platform", "python"}.isdisjoint(wanted)
            if name != "python" and (whole or not some):
                yield str(name)


def _is_dynamic(document: object) -> bool:
    """Say whether the dependencies are worked out by the build (PEP 621, `dynamic`): then nobody can read them here."""
    return "dependencies" in _list(_at(document, "project", "dynamic"))


def _at(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _locked(tree: Tree, folder: str, names: Iterable[str]) -> bool:
    """Say whether one of the lock files stands in the folder or above it, as the one of a workspace does."""
    names = tuple(names)
    return any(tree.exists(_join(above, name)) for above in _upward(folder) for name in names)


def _python_locked(tree: Tree, folder: str, others: Iterable[str] = ()) -> bool:
    if _locked(tree, folder, (*_PYTHON_LOCKS, *others)):
        return True
    beside = (found.path for found in tree.matching(_REQUIREMENTS))
    requirements = _join(folder, "requirements")
    return any(parent(path) in (folder, requirements) for path in beside)


def _upward(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = parent(folder)
    yield ""


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


CATALOGER = Cataloger(
    name="unread",
    globs=(
        *(f"**/{name}" for name in sorted(_KINDS)),
        *sorted(_SYSTEMS),
        "**/conda-meta/*.json",
        "**/package.json",
        "**/pyproject.toml",
    ),
    beside=(*(f"**/{name}" for name in (*_NPM_LOCKS, *_PYTHON_LOCKS)), *_REQUIREMENTS, *_DISTRIBUTIONS),
    cannot_know=("names", "versions", "everything else: that such packages are there is all it says"),
    parse=parse,
)
