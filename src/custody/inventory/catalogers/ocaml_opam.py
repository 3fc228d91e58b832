"""opam files → opam packages.

Reads: packages that are installed in a switch (`.opam-switch/packages/<name>.<version>/opam`), `*.opam` of a project
and the `*.opam.locked` that `opam lock` writes (the opam manual, section opam).
Gives: name, version, licence, author, home page, description, checksum, download location, edges to the installed
packages (those that it could use besides as optional), the project with what it asks for (tests and documentation as
dev).
Cannot know: from a locked file which package needs which: what the project does not ask for itself is contained.

`*.opam` alone asks for ranges, which stay open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from custody.errors import InputError
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import git_location, named_checksum, rooted
from custody.inventory.lockfile import is_below, parent, without_credentials
from custody.inventory.metadata import declared_licence, one_paragraph, person
from custody.inventory.opam_file import Item, Need, needs, read_opam, texts
from custody.model import Checksum, Dependency, Package, Purl, Skipped
from custody.model.licence import combine

_INSTALLED = re.compile(r"(?P<packages>(?:.*/)?\.opam-switch/packages)/(?P<name>[^/.]+)\.(?P<version>[^/]+)/opam")
_NAME = re.compile(r"[A-Za-z0-9_+-]*[A-Za-z][A-Za-z0-9_+-]*")
_EXACT = re.compile(r"(?:^|&)\s*=\s*\"([^\"]+)\"")
_Fields = dict[str, list[Item]]


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the one package that the file describes, and what it needs."""
    place = _INSTALLED.fullmatch(file.path)
    if place is None and is_below(file.path, ".opam-switch", "repo", "_opam", "_build"):
        return
    base = file.path.rpartition("/")[2]
    is_locked = base.endswith(".locked")
    if place is None and not is_locked and tree.exists(f"{file.path}.locked"):
        return
    fields = read_opam(file.data, file.path)
    name = place["name"] if place else base.removesuffix(".locked").removesuffix(".opam")
    if name in ("", "opam"):  # a folder may have one file of just that name
        name = _one(fields, "name") or parent(file.path).rpartition("/")[2]
    package = _package(fields, name, place["version"] if place else _one(fields, "version"), file, bool(place))
    yield package
    asked = needs(fields.get("depends", []))
    possible = needs(fields.get("depopts", []), "optional")
    if place:
        yield from _installed_edges(package, [*asked, *possible], place["packages"], tree)
    elif is_locked:
        yield from _locked(package, asked, file, tree)
    else:
        for need in [*asked, *possible]:
            if _NAME.fullmatch(need.name):
                found = file.location(f"{need.name} {{{need.wanted}}}" if need.wanted else need.name)
                other = Package(purl=_opam(need.name), name=need.name, locations=(found,), installed=False)
                yield other
                yield Dependency(source=package.id, target=other.id, relation=need.relation)


def _opam(name: str, version: str = "") -> Purl:
    return Purl("opam", name, version)


def _one(fields: _Fields, key: str) -> str:
    return next(iter(texts(fields.get(key, []))), "")


def _package(fields: _Fields, name: str, version: str, file: File, is_installed: bool) -> Package:  # noqa: FBT001
    if not _NAME.fullmatch(name):
        raise InputError(file.at("name"), f"expected the name of a package, got {name[:60]!r}")
    stated = [declared_licence(text) for text in texts(fields.get("license", []))]
    names = [expression for expression, _ in stated if expression]
    author = _one(fields, "authors") or _one(fields, "maintainer")
    who, _, mail = author.partition("<")
    checksums = {named_checksum(text) for text in texts(fields.get("url.checksum", []))}
    return Package(
        purl=_opam(name, version),
        name=name,
        version=version,
        locations=(file.location(),),
        # opam's manual: a list of licences all apply.
        licence_declared=combine(names, "AND") if names else None,
        licence_texts=tuple(sorted({pair for _, words in stated for pair in words})),
        originator=person(who, mail.partition(">")[0]),
        homepage=_one(fields, "homepage"),
        description=one_paragraph(_one(fields, "synopsis") or _one(fields, "description")),
        checksums=tuple(sorted(checksum for checksum in checksums if isinstance(checksum, Checksum))),
        download_location=_download(_one(fields, "url.src")),
        purpose="LIBRARY" if is_installed else "APPLICATION",
        installed=is_installed,
    )


def _download(address: str) -> str:
    if address.startswith("git+") or address.endswith(".git"):
        place, _, commit = address.removeprefix("git+").partition("#")
        return git_location(place, commit)
    return without_credentials(address) if "://" in address and not address.startswith("file:") else ""


def _installed_edges(package: Package, asked: list[Need], folder: str, tree: Tree) -> Iterator[Dependency]:
    """Give the edges to what is installed in the same switch, where there is one version of each package."""
    there = {}
    for path in tree.names_under(folder):
        name, _, version = path[len(folder) + 1 :].partition("/")[0].partition(".")
        there[name] = str(_opam(name, version))
    edges = {
        Dependency(source=package.id, target=there[need.name], relation=need.relation)
        for need in asked
        if need.name in there and need.relation != "dev"  # nobody tests what is installed
    }
    yield from sorted(edges)


def _locked(package: Package, pinned: list[Need], file: File, tree: Tree) -> Iterator[Found]:
    """Read `depends: ["dune" {= "3.7"}]`; what the project asks for itself stands in the file that is not locked."""
    beside = tree.get(file.path.removesuffix(".locked"))
    direct: dict[str, str] = {}
    if beside:
        fields = read_opam(beside.data, beside.path)
        direct = {need.name: need.relation for need in needs(fields.get("depends", []))}
    ids, edges = [], []
    for need in pinned:
        match = _EXACT.search(need.wanted)
        version = match[1] if match else ""
        if not _NAME.fullmatch(need.name):
            reason = f"expected the name of a package, got {need.name[:60]!r}"
            yield Skipped(where=file.at("depends"), reason=reason)
            continue
        place = file.location(need.name)
        other = Package(
            purl=_opam(need.name, version), name=need.name, version=version, locations=(place,), installed=False
        )
        yield other
        ids.append(other.id)
        if need.name in direct:
            edges.append(Dependency(source=package.id, target=other.id, relation=direct[need.name]))
        elif need.relation == "dev":
            edges.append(Dependency(source=package.id, target=other.id, relation="dev"))
    yield from rooted(package.id, ids, edges)


CATALOGER = Cataloger(
    name="ocaml-opam",
    globs=("**/.opam-switch/packages/*/opam", "**/*.opam", "**/*.opam.locked"),
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "relations",
        "project",
        "checksum",
        "download",
        "author",
        "home page",
        "description",
    ),
    cannot_know=("edges between locked packages",),
    ecosystems=("opam",),
    parse=parse,
)
