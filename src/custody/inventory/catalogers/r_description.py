"""Installed R packages, and R packages in source: DESCRIPTION → R packages.

Reads: DESCRIPTION ("Writing R Extensions", section 1.1.1). One with `Built:` is of an installed package; one without is
of a project, and what it asks for stays open, unless renv.lock beside it says more.
Gives: name, version, licence, author, home page, description, release date, edges to the installed packages of the same
libraries, the project with what it needs (what it only compiles against as build, suggestions as optional).
Cannot know: checksums, download locations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from custody.errors import InputError
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import join_path, parent
from custody.inventory.metadata import one_paragraph, person
from custody.inventory.r_packages import cran, licence, needs, read_description, read_name
from custody.model import Dependency, Package

GLOBS = ("**/DESCRIPTION",)
RELATIONS = (("Depends", "depends_on"), ("Imports", "depends_on"), ("LinkingTo", "build"))

_MAINTAINER = re.compile(r"\s*(?P<name>[^<]*?)\s*(?:<(?P<mail>[^>]*)>)?\s*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the one package that the file describes, and what it needs."""
    fields = read_description(file.data)
    if "Package" not in fields and "Built" not in fields:
        return  # other tools have files of this name too
    package = _package(fields, file)
    if package.installed:
        yield package
        installed = _installed(tree)
        for key, relation in RELATIONS:
            for name, _ in needs(fields.get(key, "")):
                for target in installed.get(name, ()):
                    yield Dependency(source=package.id, target=target, relation=relation)
    elif not tree.exists(join_path(parent(file.path), "renv.lock") or ""):
        yield package
        for key, relation in (*RELATIONS, ("Suggests", "optional")):
            for name, wanted in needs(fields.get(key, "")):
                place = file.location(f"{key}: {name} ({wanted})" if wanted else f"{key}: {name}")
                need = Package(purl=cran(name), name=name, locations=(place,), installed=False)
                yield need
                yield Dependency(source=package.id, target=need.id, relation=relation)


def _package(fields: dict[str, str], file: File) -> Package:
    name, version = read_name(fields.get("Package", ""), file.at("Package")), fields.get("Version", "")
    if not version:
        raise InputError(file.at("Version"), "missing; not the description of a package")
    declared, texts = licence(fields.get("License", ""))
    maintainer = _MAINTAINER.fullmatch(fields.get("Maintainer", "")[:500])
    released = _DATE.match(fields.get("Date/Publication", "") or fields.get("Date", ""))
    is_installed = "Built" in fields
    return Package(
        purl=cran(name, version, is_bioconductor="biocViews" in fields),
        name=name,
        version=version,
        locations=(file.location(),),
        licence_declared=declared,
        licence_texts=texts,
        originator=person(maintainer["name"] or "", maintainer["mail"] or "") if maintainer else "",
        homepage=re.split(r"[,\s]", fields.get("URL", ""))[0],
        description=one_paragraph(fields.get("Title", "")),
        released=released[0] if released else "",
        purpose="LIBRARY" if is_installed else "APPLICATION",
        installed=is_installed,
    )


_seen: WeakKeyDictionary[Tree, dict[str, list[str]]] = WeakKeyDictionary()


def _installed(tree: Tree) -> dict[str, list[str]]:
    """Give name → ids of the installed packages; a tree is read once for all of them."""
    if tree not in _seen:
        found: dict[str, list[str]] = {}
        for file in tree.matching(GLOBS):
            fields = read_description(file.data)
            name, version = fields.get("Package", ""), fields.get("Version", "")
            if name and version and "Built" in fields:
                found.setdefault(name, []).append(str(cran(name, version, is_bioconductor="biocViews" in fields)))
        _seen[tree] = found
    return _seen[tree]


CATALOGER = Cataloger(
    name="r-description",
    globs=GLOBS,
    beside=("**/renv.lock",),
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "relations",
        "project",
        "author",
        "home page",
        "description",
        "release date",
    ),
    cannot_know=("checksum", "download"),
    ecosystems=("CRAN", "Bioconductor"),
    parse=parse,
)
