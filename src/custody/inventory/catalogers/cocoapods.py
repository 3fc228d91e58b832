"""Podfile.lock → CocoaPods.

Reads: Podfile.lock of CocoaPods 1 (https://guides.cocoapods.org/using/using-cocoapods.html#what-is-podfilelock).
Gives: name, version, edges, the project with what it asks for itself, checksum of the pod's specification (SHA-1),
commits of what comes from repositories.
Cannot know: licences, checksums of the sources.

A subspec (`Firebase/Core`) is a package of its own, with the subspec as the purl's subpath.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from custody.errors import InputError
from custody.inventory.foreign_yaml import Value, as_list, as_table, as_text, line_of, read_yaml
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import git_location, rooted
from custody.inventory.lockfile import nameless_project, skipped_by, without_credentials
from custody.model import Checksum, Dependency, Package, Purl

_POD = re.compile(r"(?P<name>[^\s./(][^\s(/]*(?:/[^\s(/]+)*)(?: \((?P<inner>[^)]*)\))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pod:
    """One row of PODS. name: with its subspec; needs: such names."""

    name: str
    package: Package
    needs: tuple[str, ...]


def parse(file: File, _tree: Tree) -> Iterator[Found]:
    """Give the locked pods, the project that they are locked for, and who needs whom."""
    documents = read_yaml(file.data, file.path)
    lock = as_table(documents[0]) if documents else {}
    if "PODS" not in lock:
        raise InputError(file.at("PODS"), "missing, expected a list")
    project = nameless_project(file)
    yield project
    pods = []
    for row in as_list(lock["PODS"]):
        try:
            pods.append(_read(row, lock, file))
        except InputError as error:
            yield skipped_by(error)
    yield from (pod.package for pod in pods)
    ids = {pod.name: pod.package.id for pod in pods}
    edges = [Dependency(source=pod.package.id, target=ids[need]) for pod in pods for need in pod.needs if need in ids]
    for row in as_list(lock.get("DEPENDENCIES")):
        match = _POD.match(as_text(row))
        if match and match["name"] in ids:
            edges.append(Dependency(source=project.id, target=ids[match["name"]]))
    yield from rooted(project.id, ids.values(), edges)


def _read(row: Value, lock: dict[str, Value], file: File) -> _Pod:
    """Read `Name (1.0)`, or a table of it → the pods that it needs."""
    table = as_table(row)
    written, needs = next(iter(table.items())) if table else (as_text(row), None)
    match = _POD.fullmatch(written)
    line = line_of(next(iter(table), None) if table else row)
    if match is None or not match["inner"]:
        raise InputError(file.at(f"line {line}" if line else "PODS"), f"expected `Name (1.0)`, got {written[:60]!r}")
    name, version = match["name"], match["inner"]
    root, _, subspec = name.partition("/")
    checksum = Checksum.parse("sha1", as_text(as_table(lock.get("SPEC CHECKSUMS")).get(root)))
    package = Package(
        purl=Purl("cocoapods", root, version, subpath=subspec),
        name=name,
        version=version,
        locations=(file.location(f"line {line}"),),
        checksums=(checksum,) if checksum else (),
        download_location=_origin(root, lock),
        installed=False,
    )
    matches = [_POD.match(as_text(need)) for need in as_list(needs)]
    return _Pod(name=name, package=package, needs=tuple(found["name"] for found in matches if found))


def _origin(name: str, lock: dict[str, Value]) -> str:
    """Give the repository and commit of a pod that is from no index; a path in the project is no such place."""
    external = as_table(as_table(lock.get("EXTERNAL SOURCES")).get(name))
    taken = {**external, **as_table(as_table(lock.get("CHECKOUT OPTIONS")).get(name))}
    address = as_text(taken.get(":git"))
    if address:
        return git_location(address, as_text(taken.get(":commit")) or as_text(taken.get(":tag")))
    return without_credentials(as_text(taken.get(":http")))


CATALOGER = Cataloger(
    name="cocoapods",
    globs=("**/Podfile.lock",),
    gives=("name", "version", "edges", "project", "checksum", "download"),
    cannot_know=("licence", "checksum of the sources"),
    parse=parse,
)
