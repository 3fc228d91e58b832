"""The project that a Python lock file belongs to: `pyproject.toml`, `setup.cfg` and `setup.py` beside it.

    project = read_project(file, tree)
    project.package.id      # pkg:pypi/chat-service@0.3.0, or pkg:generic/app/poetry.lock where nothing names it
    project.needs           # what it asks for itself, or None where nobody says

Reads `[project]` (PEP 621), `[dependency-groups]` (PEP 735) and `[tool.poetry]`, `[tool.uv]`, `[tool.pdm]` where they
say more; where `pyproject.toml` names no project, or leaves version or dependencies to the build (`dynamic`), what the
setup files say as constants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import TypeVar

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import File, Tree
from custody.inventory.lockfile import (
    contain_tops,
    join_path,
    nameless_project,
    parent,
    skipped_by,
    without_credentials,
)
from custody.inventory.metadata import declared_licence, one_paragraph
from custody.inventory.python_packages import normalise, pinned, pypi, read_name, read_requirement
from custody.inventory.python_setup import Setup, read_setup
from custody.model import Dependency, Package, Skipped

__all__ = ["BESIDE", "Need", "Project", "project_edges", "read_project"]

T = TypeVar("T")

BESIDE = ("**/pyproject.toml", "**/setup.cfg", "**/setup.py")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Need:
    """One package that a project asks for.

    name: normalised; relation: "depends_on", "dev", "optional" or "build"; extras: normalised; version: the one that is
    asked for by `==`, else ""; wanted: the rest of what is asked ("<3,>=2; python_version < '3.9'"), for people; path,
    place: where it stands.
    """

    name: str
    relation: str = "depends_on"
    extras: tuple[str, ...] = ()
    version: str = ""
    wanted: str = ""
    path: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project as its own files describe it. needs: None where no file says what it asks for itself."""

    package: Package
    needs: tuple[Need, ...] | None = None
    skipped: tuple[Skipped, ...] = ()


def read_project(file: File, tree: Tree) -> Project:
    """Give the project whose lock file `file` is.

    What cannot be read of its `pyproject.toml` is listed in `skipped`.
    """
    folder = parent(file.path)
    nameless = nameless_project(file)
    beside = tree.get(join_path(folder, "pyproject.toml") or "")
    setup = read_setup(folder, tree)
    if beside is None:
        return Project(package=nameless) if setup is None else _of_setup(setup, file, nameless)
    reader = _Reader(beside.path)
    try:
        document = Fields.from_toml(beside.data, beside.path)
    except InputError as error:
        return Project(package=nameless, skipped=(skipped_by(error),))
    said = reader.read_needs(document)
    package = reader.attempt(_package, document, file, beside)
    if setup is not None:
        dynamic = _table(document, "project").value.get("dynamic")
        left_open = isinstance(dynamic, list) and "dependencies" in dynamic
        if package is None or not said or left_open:
            other = _of_setup(setup, file, nameless)
            reader.needs += other.needs or ()
            reader.skipped += other.skipped
            said = said or other.needs is not None
            package = package or other.package
        if not package.version and setup.version and normalise(setup.name or package.name) == package.name:
            package = replace(package, purl=pypi(package.name, setup.version), version=setup.version)
    return Project(
        package=package or nameless,
        needs=tuple(sorted(set(reader.needs))) if said else None,
        skipped=tuple(reader.skipped),
    )


def _of_setup(setup: Setup, file: File, nameless: Package) -> Project:
    """Give the project as its setup files describe it."""
    reader = _Reader(setup.file.path)
    for ask in setup.asked:
        reader.path = ask.path
        reader.attempt(reader.specifier, ask.text, f"{ask.path}:{ask.place}", ask.relation)
    package = nameless
    name = reader.attempt(read_name, setup.name, setup.file.at("name")) if setup.name else None
    if name:
        licence, texts = declared_licence(setup.licence)
        package = Package(
            purl=pypi(name, setup.version),
            name=name,
            version=setup.version,
            locations=tuple(dict.fromkeys((setup.file.location(), file.location()))),
            licence_declared=licence,
            licence_texts=texts,
            description=one_paragraph(setup.description),
            purpose="APPLICATION",
            installed=False,
        )
    needs = tuple(sorted(set(reader.needs))) if setup.says or setup.asked else None
    return Project(package=package, needs=needs, skipped=(*setup.skipped, *reader.skipped))


def project_edges(
    project: Project, packages: Mapping[str, Sequence[str]], edges: Iterable[Dependency], *, also: Iterable[Need] = ()
) -> Iterator[Dependency]:
    """Give the edges from a project to the packages of its lock file.

    packages: normalised name → ids; edges: those among the packages; also: needs that the lock file itself states.
    Where nobody says what the project asks for, it contains what no other package needs.
    """
    needs = [*(project.needs or ()), *also]
    direct = {
        Dependency(source=project.package.id, target=target, relation=need.relation)
        for need in needs
        for target in packages.get(need.name, ())
        if target != project.package.id
    }
    yield from sorted(direct)
    if not direct:
        yield from contain_tops(project.package.id, (id_ for ids in packages.values() for id_ in ids), edges)


def _package(document: Fields, file: File, beside: File) -> Package | None:
    project, poetry = _table(document, "project"), _table(_table(document, "tool"), "poetry")
    table = project if "name" in project else poetry
    if "name" not in table:
        return None
    name = read_name(table.text("name"), table.spot("name"))
    version = project.text_or("version") or poetry.text_or("version")
    licence, texts = declared_licence(_licence(project) or _licence(poetry))
    return Package(
        purl=pypi(name, version),
        name=name,
        version=version,
        locations=tuple(dict.fromkeys((beside.location(), file.location()))),
        licence_declared=licence,
        licence_texts=texts,
        description=table.text_or("description"),
        purpose="APPLICATION",
        installed=False,
    )


def _table(outer: Fields, key: str) -> Fields:
    """Give a table; one that is none is empty here, and `_Reader` notes it."""
    return outer.table(key) if isinstance(outer.value.get(key), dict) else Fields({}, outer.where, key)


def _licence(table: Fields) -> str:
    """Give a text (PEP 639, and Poetry) or the `text` of a table (PEP 621); a `file` says nothing by its name."""
    value = table.value.get("license")
    return table.table("license").text_or("text") if isinstance(value, dict) else table.text_or("license")


class _Reader:
    """Collects needs; a bad one is noted and does not hide the others. path: of the file that states them."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.needs: list[Need] = []
        self.skipped: list[Skipped] = []

    def attempt(self, read: Callable[..., T], *arguments: object) -> T | None:
        try:
            return read(*arguments)
        except InputError as error:
            self.skipped.append(skipped_by(error))
            return None

    def table(self, outer: Fields, key: str) -> Fields:
        return self.attempt(outer.table, key) or Fields({}, outer.where, key)

    def read_needs(self, document: Fields) -> bool:
        """Read every table that states needs; say whether there was one."""
        tool, project = self.table(document, "tool"), self.table(document, "project")
        poetry = self.table(tool, "poetry")
        self.specifiers(project, "dependencies", "depends_on")
        self.groups(project, "optional-dependencies", "optional")
        self.groups(document, "dependency-groups", "dev")
        self.specifiers(self.table(tool, "uv"), "dev-dependencies", "dev")
        self.groups(self.table(tool, "pdm"), "dev-dependencies", "dev")
        # Where [project] names a package too, Poetry's own table only adds where to get it.
        self.poetry(
            poetry, "dependencies", "depends_on", stated={need.name for need in self.needs if need.relation != "dev"}
        )
        self.poetry(poetry, "dev-dependencies", "dev")
        groups = self.table(poetry, "group")
        for name in groups.value:
            self.poetry(self.table(groups, name), "dependencies", "dev")
        return "name" in project or "dependency-groups" in document or "dependencies" in poetry

    def specifiers(self, table: Fields, key: str, relation: str) -> None:
        """Read a list of dependency specifiers; a table in it includes another group, which is read by itself."""
        for index, item in enumerate(self.attempt(table.items, key) or ()):
            where = table.spot(f"{key}[{index}]")
            if isinstance(item, str):
                self.attempt(self.specifier, item, where, relation)
            elif not isinstance(item, dict):
                self.skipped.append(Skipped(where=where, reason=f"expected a requirement, got {str(item)[:60]!r}"))

    def specifier(self, text: str, where: str, relation: str) -> None:
        requirement = read_requirement(text, where)
        version = pinned(requirement)
        wanted = f"@ {without_credentials(requirement.url)}" if requirement.url else ""
        wanted = wanted or ("" if version else str(requirement.specifier))
        wanted += f"; {requirement.marker}" if requirement.marker else ""
        self.needs.append(
            Need(
                name=normalise(requirement.name),
                relation=relation,
                extras=tuple(sorted(normalise(extra) for extra in requirement.extras)),
                version=version,
                wanted=wanted,
                path=self.path,
                place=where.removeprefix(f"{self.path}:"),
            )
        )

    def groups(self, table: Fields, key: str, relation: str) -> None:
        inner = self.table(table, key)
        for name in inner.value:
            self.specifiers(inner, name, relation)

    def poetry(self, table: Fields, key: str, relation: str, *, stated: AbstractSet[str] = frozenset()) -> None:
        """Read Poetry's table of name → constraint, table with `version`, or list of such tables."""
        inner = self.table(table, key)
        for written, value in inner.value.items():
            name = normalise(written)
            if name == "python" or name in stated:
                continue
            each = value if isinstance(value, list) else [value]
            rows = [row for row in each if isinstance(row, dict)]
            stated_as = [row.get("version") if isinstance(row, dict) else row for row in each]
            optional = any(row.get("optional") is True for row in rows)
            extras = {normalise(extra) for row in rows for extra in _texts(row.get("extras"))}
            kind = "optional" if optional else relation
            wanted = " || ".join(text for text in _texts(stated_as) if text != "*")
            self.needs.append(
                Need(
                    name=name,
                    relation=kind,
                    extras=tuple(sorted(extras)),
                    wanted=wanted,
                    path=self.path,
                    place=f"{inner.path}.{written}",
                )
            )


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
