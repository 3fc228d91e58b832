"""SBOMs in installed wheels → what was compiled or copied into them.

Reads: `*.dist-info/sboms/*` in CycloneDX and SPDX 2 as JSON (PEP 770,
https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-dist-info-sboms-directory), as
auditwheel, maturin, cargo-cyclonedx and projects themselves write them.
Gives: name, version, licence, edges, checksum, supplier and what else the document says of its components; the
distribution contains them.
Cannot know: what a document leaves out, SBOMs in other forms.

The distribution itself stands in its document too, sometimes part by part (`pkg:pypi/pillow@12.0#PIL._imaging`), and
so does what was built from the project's own folder (`pkg:cargo/x@1.0?download_url=file://.`): all of these are the one
package that METADATA names, and what they need is what it contains.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from custody.errors import InputError
from custody.inventory.catalogers.python_installed import identity, read_headers
from custody.inventory.embedded_sbom import decode_embedded
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import parent
from custody.inventory.python_packages import pypi
from custody.model import Dependency, Purl

_FOLDER = ".dist-info/sboms/"


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the components, how they need each other, and the distribution as what contains them."""
    folder = file.path[: file.path.index(_FOLDER) + len(".dist-info")]
    metadata = tree.get(f"{folder}/METADATA")
    if metadata is None:
        raise InputError(file.path, f"no METADATA in {parent(file.path)!r}/..: whose SBOM it is cannot be told")
    owner = pypi(*identity(read_headers(metadata.data), metadata))
    sbom = decode_embedded(file.data, file.path, file)
    own = {package.id for package in sbom.packages if _is_owner(package.purl, owner)}
    # Where the document is about something that it does not tell by a purl, that is the distribution as well.
    own |= {id_ for id_ in sbom.roots if id_.startswith("pkg:generic/")}
    top = str(owner)
    others = [package for package in sbom.packages if package.id not in own]
    yield from others
    yield from sbom.skipped
    edges = {_moved(edge, own, top) for edge in sbom.dependencies}
    absent = {package.id for package in others if not package.installed} - {p.id for p in others if p.installed}
    for edge in rooted(top, (package.id for package in others), edges):
        yield replace(edge, relation="build") if edge.relation == "contains" and edge.target in absent else edge


def _is_owner(purl: Purl, owner: Purl) -> bool:
    if purl.qualifier("download_url").startswith("file:"):
        return True
    return (purl.type, purl.name) == (owner.type, owner.name) and purl.version in ("", owner.version)


def _moved(edge: Dependency, own: set[str], top: str) -> Dependency:
    """Let an edge of the distribution start and end at the package that METADATA names: it contains what it needs."""
    target = top if edge.target in own else edge.target
    if edge.source in own:
        relation = "contains" if edge.relation == "depends_on" else edge.relation
        return Dependency(source=top, target=target, relation=relation)
    return replace(edge, target=target)


CATALOGER = Cataloger(
    name="python-sboms",
    globs=("**/*.dist-info/sboms/*", "**/*.dist-info/sboms/**/*"),
    beside=("**/*.dist-info/METADATA",),
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "relations",
        "checksum",
        "download",
        "supplier",
        "author",
        "home page",
        "description",
        "copyright",
        "cpe",
    ),
    cannot_know=("what the document leaves out",),
    ecosystems=("PyPI", "crates.io"),
    parse=parse,
)
