"""Helm charts → charts, what they depend on, and the images of their default values.

Reads: Chart.yaml with Chart.lock (API version 2), requirements.yaml with requirements.lock (version 1), the charts in
charts/, and values.yaml, https://helm.sh/docs/topics/charts/.
Gives: name, version, edges (a dependency with a condition or tags is optional), the repository that a dependency is
from, description, home page, who maintains it, images plainly named by `image`.
Cannot know: licences (but the annotation `licenses`), images that templates put together, dependencies without a lock
file or a chart in charts/ beyond their range.

There is no purl type `helm` in the specification yet; it is a candidate, and written as its name suggests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from custody.errors import InputError
from custody.inventory.foreign_yaml import Spot, Value, as_list, as_table, as_text, read_yaml
from custody.inventory.image_reference import image_package
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import in_folder, is_below, join_path, parent, skipped_by, without_credentials
from custody.inventory.metadata import declared_licence, one_paragraph, person
from custody.model import Dependency, Location, Package, Purl, Skipped

_OTHERS = ("node_modules", "site-packages", "dist-packages", "testdata")
_ARCHIVE = re.compile(r"(?P<name>.+?)-(?P<version>v?\d+\.\d+\.\d+[^/]*)\.(?:tgz|tar\.gz)")
_EXACT = re.compile(r"v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
MAX_DEPTH = 12
"""Tables above an `image` in values.yaml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """One entry of `dependencies`. version: a range in a chart, exact in a lock file."""

    name: str
    version: str
    repository: str
    optional: bool
    place: str


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give a chart, what it depends on, and its images. Raises InputError: not YAML, or without a name."""
    if is_below(file.path, *_OTHERS):
        return
    chart = as_table(next(iter(read_yaml(file.data, file.path)), None))
    name = as_text(chart.get("name"))
    if not _NAME.fullmatch(name):
        raise InputError(file.at("name"), f"expected a chart's name, got {name[:60]!r}")
    package = _chart(chart, name, file)
    yield package
    folder = parent(file.path)
    wanted = [*_wanted(chart.get("dependencies"), "dependencies")]
    old, problem = _beside(tree, folder, "requirements.yaml")
    yield from problem
    wanted += _wanted(old.get("dependencies"), "requirements.yaml:dependencies")
    yield from _dependencies(package, wanted, file, tree)
    yield from _images(package, file, tree)


def _chart(chart: dict[str, Value], name: str, file: File) -> Package:
    annotations = as_table(chart.get("annotations"))
    said = as_text(annotations.get("artifacthub.io/license")) or as_text(annotations.get("licenses"))
    licence, texts = declared_licence(said)
    maintainer = as_table(next(iter(as_list(chart.get("maintainers"))), None))
    version = as_text(chart.get("version"))
    kind = as_text(chart.get("type"))
    return Package(
        purl=Purl("helm", name, version),
        name=name,
        version=version,
        locations=(file.location(),),
        licence_declared=licence,
        licence_texts=texts,
        description=one_paragraph(as_text(chart.get("description"))),
        homepage=without_credentials(as_text(chart.get("home"))),
        originator=person(as_text(maintainer.get("name")), as_text(maintainer.get("email"))),
        purpose="LIBRARY" if kind == "library" or is_below(file.path, "charts") else "APPLICATION",
    )


def _wanted(entries: Value, place: str) -> Iterator[_Wanted]:
    for index, entry in enumerate(as_list(entries)):
        table = as_table(entry)
        yield _Wanted(
            name=as_text(table.get("name")),
            version=as_text(table.get("version")),
            repository=without_credentials(as_text(table.get("repository"))),
            optional=bool(table.get("condition") or table.get("tags")),
            place=f"{place}[{index}]",
        )


def _dependencies(chart: Package, wanted: list[_Wanted], file: File, tree: Tree) -> Iterator[Found]:
    folder = parent(file.path)
    locked: dict[str, list[_Wanted]] = {}
    where: dict[str, Location] = {}
    for name in ("Chart.lock", "requirements.lock"):
        lock, problem = _beside(tree, folder, name)
        yield from problem
        for entry in _wanted(lock.get("dependencies"), "dependencies"):
            locked.setdefault(entry.name, []).append(entry)
            where[entry.name] = Location(
                path=in_folder(folder, name), cataloger="", where=entry.place, layer=file.layer
            )
    there = dict(_contained(folder, tree))
    for entry in wanted:
        if not _NAME.fullmatch(entry.name):
            yield Skipped(where=file.at(entry.place), reason=f"expected a chart's name, got {entry.name[:60]!r}")
            continue
        exact = [item.version for item in locked.get(entry.name, ())]
        version = exact[0] if exact else ""
        location = where.get(entry.name)
        if not version and entry.name in there:
            version, location = there[entry.name][0], file.location(entry.place)
        if not version and entry.repository.startswith("file://"):
            version = _local_version(folder, entry.repository, tree)
        if not version and _EXACT.fullmatch(entry.version):
            version = entry.version
        note = f"{entry.place} {entry.version}".strip() if not version else entry.place
        package = Package(
            purl=Purl("helm", entry.name, version),
            name=entry.name,
            version=version,
            locations=(location or file.location(note),),
            download_location=entry.repository if "://" in entry.repository else "",
            installed=False,
        )
        yield package
        relation = "optional" if entry.optional else "depends_on"
        yield Dependency(source=chart.id, target=package.id, relation=relation)
    for name, (version, path) in sorted(there.items()):
        place = Location(path=path, cataloger="", layer=file.layer)
        package = Package(purl=Purl("helm", name, version), name=name, version=version, locations=(place,))
        if path.endswith("gz"):  # a chart in a folder is found by its own Chart.yaml
            yield package
        yield Dependency(source=chart.id, target=package.id, relation="contains")


def _contained(folder: str, tree: Tree) -> Iterator[tuple[str, tuple[str, str]]]:
    """Give name → (version, path) of the charts in charts/: archives by their file name, folders by their Chart.yaml.

    Spec: "Managing dependencies manually via the charts/ directory".
    """
    charts = in_folder(folder, "charts")
    for path in tree.names_under(charts):
        inside = path.removeprefix(f"{charts}/")
        match = _ARCHIVE.fullmatch(inside)
        if match and "/" not in inside:
            yield match["name"], (match["version"], path)
        elif inside.count("/") == 1 and inside.endswith("/Chart.yaml"):
            table, _ = _beside(tree, parent(path), "Chart.yaml")
            name = as_text(table.get("name"))
            if _NAME.fullmatch(name):
                yield name, (as_text(table.get("version")), path)


def _local_version(folder: str, repository: str, tree: Tree) -> str:
    path = join_path(folder, repository.removeprefix("file://"))
    return as_text(_beside(tree, path, "Chart.yaml")[0].get("version")) if path else ""


def _beside(tree: Tree, folder: str, name: str) -> tuple[dict[str, Value], tuple[Skipped, ...]]:
    found = tree.get(in_folder(folder, name))
    if found is None:
        return {}, ()
    try:
        return as_table(next(iter(read_yaml(found.data, found.path)), None)), ()
    except InputError as error:
        return {}, (skipped_by(error),)


def _images(chart: Package, file: File, tree: Tree) -> Iterator[Found]:
    folder = parent(file.path)
    values, problem = _beside(tree, folder, "values.yaml")
    yield from problem
    path = in_folder(folder, "values.yaml")
    for place, reference in _image_values(values, "", 0):
        location = Location(path=path, cataloger="", where=place, layer=file.layer)
        package = image_package(reference, location) if "{{" not in reference else None
        if package is not None:
            yield replace(package, locations=(location,))
            yield Dependency(source=chart.id, target=package.id, relation="depends_on")


def _image_values(table: dict[str, Value], place: str, depth: int) -> Iterator[tuple[str, str]]:
    """Give (place, reference) of every `image`: a text, or a table of registry, repository, tag and digest."""
    for key, value in table.items():
        here = f"{place}.{key}" if place else str(key)
        if key == "image" and isinstance(value, Spot):
            yield here, str(value)
        elif key == "image" and isinstance(value, dict):
            host, repository = as_text(value.get("registry")), as_text(value.get("repository"))
            tag, digest = as_text(value.get("tag")), as_text(value.get("digest"))
            if repository:
                text = f"{host}/{repository}" if host else repository
                text += f":{tag}" if tag else ""
                yield here, text + (f"@{digest}" if digest else "")
        elif isinstance(value, dict) and depth < MAX_DEPTH:
            yield from _image_values(value, here, depth + 1)


CATALOGER = Cataloger(
    name="helm",
    globs=("**/Chart.yaml",),
    beside=("**/Chart.lock", "**/requirements.yaml", "**/requirements.lock", "**/values.yaml"),
    gives=(
        "name",
        "version",
        "edges",
        "relations",
        "project",
        "licence",
        "author",
        "home page",
        "description",
        "download",
    ),
    cannot_know=("images that templates put together",),
    parse=parse,
)
