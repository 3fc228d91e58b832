"""Manifests and databases of packages that no cataloger reads yet → notes that what they name is not known.

Reads: bun.lockb by its name; for whether they ask for anything package.json, Gemfile, gems.rb, composer.json, mix.exs,
rebar.config, pubspec.yaml, Podfile, Package.swift, *.sbt, stack.yaml, *.cabal, cpanfile and Julia's Project.toml.
Gives: no package, only notes, so that an artifact full of such packages is never taken for one without any.
Cannot know: the packages. A manifest counts as read where a lock file that custody reads stands beside or above it, or
where everything it asks for is installed.

What lies inside installed packages and vendored or documentation folders belongs to others and is not noted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from custody.errors import InputError
from custody.inventory.interface import Cataloger, File, Tree
from custody.inventory.lockfile import in_folder, is_below, parent, upward
from custody.inventory.npm_packages import package_json
from custody.inventory.unlocked import BESIDE, MANIFESTS, asks_for_unknown
from custody.model import Skipped
from custody.model.globs import compile_globs

__all__ = ["CATALOGER", "parse"]

_OTHERS = (
    *("node_modules", "site-packages", "dist-packages", ".git", "vendor", "testdata"),
    *("gems", ".bundle", ".cabal", ".cpanm", ".julia", ".pub-cache", ".stack", ".build", "_build", "Pods"),
)
_UNKNOWN = "it names dependencies, with no lock file that is read: they are not known"
_NOT_READ = "are not read yet: the packages in it are not known"

_KINDS = {
    "bun.lockb": "binary lock files of Bun (`bun install --save-text-lockfile` writes one that is read)",
}
_MANIFESTS = tuple((kind, compile_globs([kind.glob])) for kind in MANIFESTS)
_NPM_LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "deno.lock")
_BINARY_LOCK = "bun.lockb"


def parse(file: File, tree: Tree) -> Iterator[Skipped]:
    """Give a note for a file that names packages of which nothing is known. Raises InputError: it cannot be parsed."""
    name, folder = file.path.rpartition("/")[2], parent(file.path)
    if _is_others(file.path):
        return
    if name == "package.json":
        if not _locked(tree, folder, (*_NPM_LOCKS, _BINARY_LOCK)) and not _npm_is_known(file, tree):
            yield Skipped(where=file.path, reason=_UNKNOWN)
    elif name not in _KINDS:
        if any(asks_for_unknown(kind, file, tree) for kind, is_one in _MANIFESTS if is_one(file.path)):
            yield Skipped(where=file.path, reason=_UNKNOWN)
    elif not _is_covered(name, folder, tree):
        yield Skipped(where=file.path, reason=f"{_KINDS[name]} {_NOT_READ}")


def _is_others(path: str) -> bool:
    return is_below(path, *_OTHERS) or "/usr/share/" in f"/{path}"


def _is_covered(name: str, folder: str, tree: Tree) -> bool:
    """Say whether what the file names is known from another one, or noted there."""
    if name == _BINARY_LOCK:
        return _locked(tree, folder, _NPM_LOCKS) or _manifest_is_known(tree, folder, "package.json", _npm_is_known)
    return False


def _manifest_is_known(tree: Tree, folder: str, name: str, ask: Callable[[File, Tree], bool]) -> bool:
    """Ask the manifest beside a lock file; one that is not there or cannot be parsed makes nothing known."""
    beside = tree.get(in_folder(folder, name))
    try:
        return beside is not None and ask(beside, tree)
    except InputError:
        return False


def _npm_is_known(file: File, tree: Tree) -> bool:
    """Say whether all that a package.json asks for is installed. In an image only what it needs to run counts."""
    manifest = package_json(file)
    keys = ("dependencies",) if file.layer else ("dependencies", "devDependencies")
    tables = (manifest.value.get(key) for key in keys)
    names = {str(name) for table in tables if isinstance(table, dict) for name in table}
    folders = list(upward(parent(file.path)))
    return all(any(tree.exists(in_folder(folder, f"node_modules/{name}")) for folder in folders) for name in names)


def _locked(tree: Tree, folder: str, names: Iterable[str]) -> bool:
    """Say whether one of the lock files stands in the folder or above it, as the one of a workspace does."""
    names = tuple(names)
    return any(tree.exists(in_folder(above, name)) for above in upward(folder) for name in names)


CATALOGER = Cataloger(
    name="unread",
    globs=(*(f"**/{name}" for name in sorted(_KINDS)), "**/package.json", *(kind.glob for kind in MANIFESTS)),
    beside=BESIDE,
    cannot_know=("name", "version", "everything else: that such packages are there is all it says"),
    parse=parse,
)
