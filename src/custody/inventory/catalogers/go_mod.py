"""go.mod with go.sum, go.work and vendor/modules.txt → Go modules.

Reads: go.mod, go.sum, go.work, go.work.sum, vendor/modules.txt (https://go.dev/ref/mod), and the go.mod files and
licences of other modules where a module cache or a vendor folder stands in the tree.
Gives: name, version, project, checksum (go.sum), edges: from the project to what it needs itself, and between modules
as far as their go.mod files stand in the tree; relations (tools are dev); licence, by the SPDX tag or the well-known
words of the licence file beside a vendored or cached module.
Cannot know: which module needs which where no module cache stands in the tree: the rest is contained by the project;
which Go builds it: what the file says is the least that will do.

The versions are those that Go's minimal version selection comes to: since Go 1.17 a go.mod lists them all; before, the
ones that it leaves out are known from go.sum. In a workspace the highest that a member asks for counts for all. A
replaced module is not needed: what replaces it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from custody.errors import InputError
from custody.inventory.go_modules import (
    ModFile,
    Module,
    go_purl,
    is_folder,
    module_sum,
    parse_mod,
    parse_sum,
    version_key,
)
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.licence_notices import NOTICE_NAMES, concluded
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import in_folder, is_below, join_path, nameless_project, parent, skipped_by
from custody.model import Dependency, Location, Package, Skipped

__all__ = ["CATALOGER", "parse"]

_OTHERS = ("node_modules", "site-packages", "dist-packages", ".git", "vendor", "testdata", "_examples")
_OWN = ("std", "cmd")
"""What Go's own source tree calls its modules."""
_PRUNED = (1, 17)
"""Since then a go.mod names every module that its packages need."""


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the modules that one go.mod needs, or a go.sum without one lists, and the members of a workspace."""
    if is_below(file.path, *_OTHERS) or "/usr/share/" in f"/{file.path}" or _is_cached(file.path):
        return
    name, folder = file.path.rpartition("/")[2], parent(file.path)
    if name == "go.work":
        yield from _read_workspace(file, tree)
    elif name == "go.sum":
        if not tree.exists(in_folder(folder, "go.mod")):
            yield from _read_sums(file)
    else:
        mod = parse_mod(file.data, file.path)
        if mod.path not in _OWN:
            yield from _Project(file, mod, tree).found()


def _is_cached(path: str) -> bool:
    """Say whether a path lies in a module cache: `…/pkg/mod/github.com/some/module@v1.2.3/go.mod`."""
    return any("@v" in part for part in path.split("/")[:-1])


def _read_workspace(file: File, tree: Tree) -> Iterator[Found]:
    """Give a workspace with the modules that it uses."""
    project = nameless_project(file)
    yield project
    work = parse_mod(file.data, file.path)
    yield from work.skipped
    for use in work.uses:
        member = _member(file, use, tree)
        if isinstance(member, Skipped):
            yield member
        elif member is not None:
            yield Dependency(source=project.id, target=_project_id(*member), relation="contains")


def _read_sums(file: File) -> Iterator[Found]:
    """Give what a go.sum alone lists: of each module the highest version."""
    project = nameless_project(file)
    yield project
    for module, text in sorted(_highest(parse_sum(file.data)).items()):
        package = replace(
            _package(module, file.location(f"{module.path} {module.version}")), checksums=module_sum(text)
        )
        yield package
        yield Dependency(source=project.id, target=package.id, relation="contains")


def _highest(sums: dict[Module, str]) -> dict[Module, str]:
    best: dict[str, Module] = {}
    for module in sums:
        if module.path not in best or version_key(best[module.path].version) < version_key(module.version):
            best[module.path] = module
    return {module: sums[module] for module in best.values()}


def _member(file: File, folder: str, tree: Tree) -> tuple[File, ModFile] | Skipped | None:
    """Give the go.mod in a folder that go.work or a replacement names; None where there is none."""
    path = join_path(parent(file.path), folder)
    found = tree.get(in_folder(path, "go.mod")) if path is not None else None
    if found is None:
        return None
    try:
        return found, parse_mod(found.data, found.path)
    except InputError as error:
        return skipped_by(error)


def _project_id(file: File, mod: ModFile) -> str:
    return str(go_purl(mod.path)) if mod.path else nameless_project(file).id


def _package(module: Module, place: Location) -> Package:
    return Package(
        purl=go_purl(module.path, module.version),
        name=module.path,
        version=module.version,
        locations=(place,),
        installed=False,
    )


@dataclass(slots=True)
class _Chosen:
    """What stands for a module path in the build. need: as asked for; id: of the package that stands there."""

    id: str
    module: Module
    line: int
    need: Module
    indirect: bool = True
    folder: str = ""
    file: str = ""


@dataclass(slots=True)
class _Workspace:
    """The go.work above a module that uses it: what its members ask for, and what it replaces."""

    mod: ModFile = field(default_factory=ModFile)
    members: list[tuple[File, ModFile]] = field(default_factory=list)
    sums: dict[Module, str] = field(default_factory=dict)


class _Project:
    """One go.mod, with what stands beside it."""

    def __init__(self, file: File, mod: ModFile, tree: Tree) -> None:
        self._file, self._mod, self._tree = file, mod, tree
        self._folder = parent(file.path)
        self._skipped: list[Skipped] = list(mod.skipped)
        self._work = self._workspace()
        self._sums = {**self._work.sums, **self._sums_in(self._folder, "go.sum")}
        self._vendored = self._read_vendored()
        self._chosen: dict[str, _Chosen] = {}
        for member, other in self._work.members:
            self._chosen[other.path] = _Chosen(
                id=_project_id(member, other), module=Module(other.path), line=0, need=Module(other.path)
            )

    def found(self) -> Iterator[Found]:
        """Give the packages and edges."""
        project = self._project()
        for need, indirect, line in self._needs():
            self._choose(need, indirect=indirect, line=line, file=self._file.path)
        for need in self._unnamed():
            self._choose(need, indirect=True, line=0, file=in_folder(self._folder, "go.sum"))
        yield project
        library = self._library()
        own = {chosen.id for chosen in self._chosen.values() if chosen.line == 0 and not chosen.file}
        packages = [self._described(chosen) for chosen in self._chosen.values() if chosen.id not in own]
        yield from packages
        edges = {Dependency(source=project.id, target=target, relation=kind) for target, kind in self._asked()}
        if library is not None:
            yield library
            edges.add(Dependency(source=project.id, target=library.id))
        edges |= {Dependency(source=a.id, target=b.id) for a in self._chosen.values() for b in self._needed_by(a)}
        known = {package.id for package in packages} | ({library.id} if library else set())
        known |= {edge.target for edge in edges if edge.target in own}  # other members of the workspace
        yield from rooted(project.id, known, edges)
        yield from self._skipped

    # ── what stands beside ──────────────────────────────────────────────────────────────────────────────────────────

    def _workspace(self) -> _Workspace:
        folder = self._folder
        while True:
            work = self._tree.get(in_folder(folder, "go.work"))
            if work is not None:
                return self._read_work(work)
            if not folder:
                return _Workspace()
            folder = parent(folder)

    def _read_work(self, work: File) -> _Workspace:
        try:
            mod = parse_mod(work.data, work.path)
        except InputError:  # told where go.work itself is read
            return _Workspace()
        members = [found for use in mod.uses if isinstance(found := _member(work, use, self._tree), tuple)]
        if not any(member.path == self._file.path for member, _ in members):
            return _Workspace()
        sums: dict[Module, str] = {}
        for folder, name in [(parent(work.path), "go.work.sum"), *((parent(m.path), "go.sum") for m, _ in members)]:
            sums |= self._sums_in(folder, name)
        return _Workspace(mod=mod, members=members, sums=sums)

    def _sums_in(self, folder: str, name: str) -> dict[Module, str]:
        found = self._tree.get(in_folder(folder, name))
        return parse_sum(found.data) if found is not None else {}

    def _read_vendored(self) -> dict[str, tuple[int, str]]:
        """Give the paths of the modules in the vendor folder, each with its line and file of `modules.txt`."""
        path = in_folder(self._folder, "vendor/modules.txt")
        found = self._tree.get(path)
        lines = found.data.decode("utf-8", "replace").splitlines() if found is not None else []
        rows = ((number, line.split()) for number, line in enumerate(lines, 1) if line.startswith("# "))
        # A replacement without a version stands once more at the end; the first line is the one that says more.
        return {words[1]: (number, path) for number, words in reversed(list(rows)) if len(words) >= 3}

    # ── what is needed ──────────────────────────────────────────────────────────────────────────────────────────────

    def _project(self) -> Package:
        if not self._mod.path:
            return nameless_project(self._file)
        return Package(
            purl=go_purl(self._mod.path),
            name=self._mod.path,
            locations=(self._file.location(),),
            purpose="APPLICATION",
            installed=False,
        )

    def _library(self) -> Package | None:
        """Give the standard library as an open requirement: go.mod says the least version that will do."""
        least = self._mod.toolchain or (f"go{self._mod.go}" if self._mod.go else "")
        if not least or least == "default":
            return None
        word = "toolchain" if self._mod.toolchain else "go"
        return _package(Module("stdlib"), self._file.location(f"{word} >= {least.removeprefix('go')}"))

    def _needs(self) -> Iterator[tuple[Module, bool, int]]:
        """Give what this module asks for, at the versions that the workspace comes to."""
        asked = [need for _, other in self._work.members for need, _, _ in other.needs]
        best: dict[str, Module] = {}
        for need in [*asked, *(need for need, _, _ in self._mod.needs)]:
            if need.path not in best or version_key(best[need.path].version) < version_key(need.version):
                best[need.path] = need
        for need, indirect, line in self._mod.needs:
            yield best[need.path], indirect, line

    def _unnamed(self) -> list[Module]:
        """Give the modules that a go.mod of before Go 1.17 leaves out."""
        if _language(self._mod.go) >= _PRUNED:
            return []
        known = {need.path for need, _, _ in self._mod.needs} | {new.path for new in self._mod.replaced.values()}
        return sorted(module for module in _highest(self._sums) if module.path not in known)

    def _choose(self, need: Module, *, indirect: bool, line: int, file: str) -> None:
        known = self._chosen.get(need.path)
        if known is not None:
            known.indirect = known.indirect and indirect
            return
        new = self._work.mod.replacement(need) or self._mod.replacement(need)
        chosen = _Chosen(id="", module=new or need, line=line, need=need, indirect=indirect, file=file)
        if new is not None and is_folder(new.path):
            member = _member(self._file, new.path, self._tree)
            chosen.module = Module(need.path)
            if isinstance(member, tuple):
                chosen.folder = parent(member[0].path)
                chosen.module = Module(member[1].path or need.path)
        chosen.id = str(go_purl(chosen.module.path, chosen.module.version))
        self._chosen[need.path] = chosen

    def _asked(self) -> Iterator[tuple[str, str]]:
        """Give (package id, relation) of what the project asks for itself."""
        tools = set(self._mod.tools)
        for need, _, _ in self._mod.needs:
            chosen = self._chosen[need.path]
            is_tool = any(f"{tool}/".startswith(f"{need.path}/") for tool in tools)
            if not chosen.indirect:
                yield chosen.id, "depends_on"
            elif is_tool:
                yield chosen.id, "dev"

    def _described(self, chosen: _Chosen) -> Package:
        place = Location(path=chosen.file, cataloger="", where=_where(chosen), layer=self._file.layer)
        package = replace(_package(chosen.module, place), checksums=module_sum(self._sums.get(chosen.module, "")))
        vendored = self._vendored.get(chosen.need.path)
        if vendored is not None:
            line, path = vendored
            package = replace(package, locations=(place, Location(path=path, cataloger="", where=f"line {line}")))
        folders = [in_folder(self._folder, f"vendor/{chosen.need.path}")] if vendored else []
        folders += [f"{cache}/{_escaped(chosen.module)}" for cache in _caches(self._tree)]
        return concluded(package, folders, self._tree)

    # ── which module needs which ────────────────────────────────────────────────────────────────────────────────────

    def _needed_by(self, chosen: _Chosen) -> list[_Chosen]:
        """Give what a module asks for, where its own go.mod stands in the tree."""
        mod = self._mod_of(chosen)
        needed = (self._chosen.get(need.path) for need, indirect, _ in (mod.needs if mod else ()) if not indirect)
        return [found for found in needed if found is not None]

    def _mod_of(self, chosen: _Chosen) -> ModFile | None:
        paths = [in_folder(chosen.folder, "go.mod")] if chosen.folder else []
        if chosen.module.version:
            path, version = _escaped_parts(chosen.module)
            for cache in _caches(self._tree):
                paths += [f"{cache}/cache/download/{path}/@v/{version}.mod", f"{cache}/{path}@{version}/go.mod"]
        for place in paths:
            found = self._tree.get(place)
            if found is not None:
                try:
                    return parse_mod(found.data, found.path)
                except InputError as error:
                    self._skipped.append(skipped_by(error))
        return None


def _where(chosen: _Chosen) -> str:
    """Give the evidence: where the module stands, and for which one it stands in."""
    place = f"line {chosen.line}" if chosen.line else f"{chosen.need.path} {chosen.need.version}"
    if chosen.module == chosen.need:
        return place
    return f"{place}, in place of {chosen.need.path} {chosen.need.version}"


def _caches(tree: Tree) -> list[str]:
    """Give the module caches of the tree, by the go.mod copies that each of them holds."""
    marks = (file.path.partition("/cache/download/")[0] for file in tree.matching(("**/cache/download/**/@v/*.mod",)))
    return sorted(set(marks))


def _escaped(module: Module) -> str:
    return "@".join(_escaped_parts(module))


def _escaped_parts(module: Module) -> tuple[str, str]:
    """Give path and version as the cache names them: "!m" for "M", since some file systems know no case."""
    path, version = (
        "".join(f"!{c.lower()}" if c.isupper() else c for c in text) for text in (module.path, module.version)
    )
    return path, version


def _language(version: str) -> tuple[int, ...]:
    """Give the version of the go line as numbers; without one Go takes 1.16."""
    parts = version.split(".")[:2]
    return (
        tuple(int(part) for part in parts)
        if len(parts) == 2 and all(p.isdigit() and len(p) < 5 for p in parts)
        else (1, 16)
    )


_NOTICES = (
    *(f"**/pkg/mod/**/{name}" for name in NOTICE_NAMES),
    *(f"**/vendor/{depth}/{name}" for depth in ("*/*", "*/*/*", "*/*/*/*") for name in NOTICE_NAMES),
)

CATALOGER = Cataloger(
    name="go-mod",
    globs=("**/go.mod", "**/go.sum", "**/go.work"),
    beside=("**/go.work.sum", "**/vendor/modules.txt", "**/cache/download/**/@v/*.mod", *_NOTICES),
    parse=parse,
    ecosystems=("Go",),
    gives=("name", "version", "edges", "relations", "project", "checksum", "licence"),
    cannot_know=(
        "licence of modules that are not in the tree",
        "edges between modules without a module cache",
        "which release of Go builds it",
    ),
)
