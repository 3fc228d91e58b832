"""renv.lock → R packages.

Reads: renv.lock of renv 0 and 1 (https://rstudio.github.io/renv/articles/lockfile.html), both with `Requirements` and
with whole DESCRIPTION fields.
Gives: name, version, licence and home page where the file has them, edges, commits of what comes from repositories, the
project, which contains what nothing else needs.
Cannot know: checksums (`Hash` is of some fields of DESCRIPTION), what the project asks for itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import git_location, rooted
from custody.inventory.lockfile import nameless_project, read_named
from custody.inventory.metadata import one_paragraph
from custody.inventory.r_packages import cran, licence, read_name
from custody.model import Dependency, Package

_LEADING = re.compile(r"\s*([A-Za-z][A-Za-z0-9.]*)")


def parse(file: File, _tree: Tree) -> Iterator[Found]:
    """Give the locked packages, the project that they are locked for, and who needs whom."""
    lock = Fields.from_json(file.data, file.path)
    entries, skipped = read_named(lock, "Packages", lambda name, row: _read(name, row, file))
    yield from skipped
    project = nameless_project(file)
    yield project
    yield from (package for package, _ in entries)
    ids = {package.name: package.id for package, _ in entries}
    edges = [
        Dependency(source=package.id, target=ids[name], relation=relation)
        for package, asked in entries
        for name, relation in asked
        if name in ids
    ]
    yield from rooted(project.id, ids.values(), edges)


def _read(key: str, row: Fields, file: File) -> tuple[Package, list[tuple[str, str]]]:
    name = read_name(row.text_or("Package") or key, row.at)
    version = row.text("Version")
    declared, texts = licence(row.text_or("License"))
    package = Package(
        purl=cran(name, version, is_bioconductor=row.text_or("Source") == "Bioconductor"),
        name=name,
        version=version,
        locations=(file.location(row.path),),
        licence_declared=declared,
        licence_texts=texts,
        homepage=re.split(r"[,\s]", row.text_or("URL"))[0],
        download_location=_commit(row),
        description=one_paragraph(row.text_or("Title")),
        installed=False,
    )
    asked = [(need, "depends_on") for key in ("Requirements", "Depends", "Imports") for need in _names(row, key)]
    return package, asked + [(need, "build") for need in _names(row, "LinkingTo")]


def _names(row: Fields, key: str) -> list[str]:
    """Read a list of names, each perhaps with a range; an empty list may be an empty table."""
    value = row.value.get(key)
    items = value if isinstance(value, list) else []
    return [match[1] for item in items if isinstance(item, str) and (match := _LEADING.match(item))]


def _commit(row: Fields) -> str:
    """Give the repository and commit. `RemoteHost` is the address of an API where it is GitHub's."""
    host, owner, name = (row.text_or(f"Remote{key}") for key in ("Host", "Username", "Repo"))
    address = row.text_or("RemoteUrl")
    if not address and host and owner and name:
        address = f"https://{host.removeprefix('https://').removeprefix('api.').partition('/')[0]}/{owner}/{name}"
    return git_location(address, row.text_or("RemoteSha")) if "://" in address or "@" in address else ""


CATALOGER = Cataloger(
    name="r-renv",
    globs=("**/renv.lock",),
    gives=("name", "version", "licence", "edges", "relations", "project", "download", "home page", "description"),
    cannot_know=("checksum", "what the project asks for itself"),
    ecosystems=("CRAN", "Bioconductor"),
    parse=parse,
)
