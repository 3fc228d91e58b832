"""The projects of a JavaScript lock file: package.json in the folders that it names.

    project, notes = read_project("app", lock, tree)
    project.package                 # pkg:npm/shop@1.0.0, or pkg:generic/app/package.json where nothing names it
    project.wants                   # (name, range, relation) of all that it asks for

    for project in workspaces(root, lock, tree): …

Spec: npm's manual page package-json(5); for `workspaces` also https://classic.yarnpkg.com/lang/en/docs/workspaces/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import File, Tree
from custody.inventory.lockfile import join_path, nameless_project, skipped_by
from custody.inventory.npm_packages import Want, described, identity, npm, package_json, wants
from custody.model import Package, Skipped

__all__ = ["NpmProject", "read_project", "relations", "workspace_folders"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NpmProject:
    """A project. folder: its path in the artifact; manifest: None where no package.json was read."""

    folder: str
    package: Package
    wants: tuple[Want, ...] = ()
    manifest: Fields | None = None
    notes: tuple[Skipped, ...] = ()


def read_project(folder: str, lock: File, tree: Tree, *, name: str = "", version: str = "") -> NpmProject:
    """Give the project in `folder`, for which `lock` speaks too.

    name, version: what the lock file says of it, used where its package.json does not tell. A package.json that cannot
    be read is noted.
    """
    path = f"{folder}/package.json" if folder else "package.json"
    found = tree.get(path)
    notes: tuple[Skipped, ...] = ()
    if found is not None:
        try:
            table = package_json(found)
            package = described(table, identity(table, project=True)) if "name" in table else None
            places = tuple(dict.fromkeys((found.location(), lock.location())))
            if package is None:
                package = _nameless(path, lock, name, version)
            return NpmProject(
                folder=folder,
                package=replace(package, locations=places, purpose="APPLICATION", installed=False),
                wants=tuple(wants(table)),
                manifest=table,
            )
        except InputError as error:
            notes = (skipped_by(error),)
    return NpmProject(folder=folder, package=_nameless(path, lock, name, version), notes=notes)


def _nameless(path: str, lock: File, name: str, version: str) -> Package:
    if name:
        package = Package(purl=npm(name, version), name=name, version=version)
    else:
        package = nameless_project(File(path=path, data=b"", layer=lock.layer))
    return replace(package, locations=(lock.location(),), purpose="APPLICATION", installed=False)


def relations(project: NpmProject) -> dict[str, str]:
    """Give name → the kind of its strongest wish for it, for lock files that do not tell kinds apart.

    What is asked for in several tables is needed as the first of: depends_on, optional, dev, peer.
    """
    found: dict[str, str] = {}
    for kind in ("depends_on", "optional", "dev", "peer"):
        for want in project.wants:
            if want.kind == kind:
                found.setdefault(want.name, kind)
    return found


def workspace_folders(root: NpmProject, tree: Tree) -> Iterator[str]:
    """Give the folders that the patterns of `workspaces` name and that hold a package.json, sorted."""
    stated = root.manifest.value.get("workspaces") if root.manifest else None
    if isinstance(stated, dict):
        stated = stated.get("packages")
    patterns = [text for text in stated if isinstance(text, str)] if isinstance(stated, list) else []
    wanted = [_glob(root.folder, text) for text in patterns if not text.startswith("!")]
    without = [_glob(root.folder, text[1:]) for text in patterns if text.startswith("!")]
    excluded = {file.path for file in tree.matching([glob for glob in without if glob])} if without else set()
    for file in tree.matching([glob for glob in wanted if glob]) if any(wanted) else ():
        folder = file.path.rpartition("/")[0]
        inside = folder.removeprefix(root.folder)
        if file.path not in excluded and "/node_modules/" not in f"{inside}/" and folder != root.folder:
            yield folder


def _glob(folder: str, pattern: str) -> str:
    path = join_path(folder, pattern.rstrip("/"))
    return f"{path}/package.json" if path else ""
