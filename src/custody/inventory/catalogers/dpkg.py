"""dpkg's database → Debian packages, installed ones only.

Reads: var/lib/dpkg/status and status.d/* (deb822(5), dpkg(1)), usr/share/doc/*/copyright (copyright-format 1.0),
etc/os-release. Gives: name, version with epoch, architecture, source package, supplier, homepage, licence, edges
(Depends, Pre-Depends, Recommends that are installed), layer.  Cannot know: checksums of the .deb files, which dpkg does
not keep.
"""

from __future__ import annotations

from collections.abc import Iterator

from custody.inventory.debian_copyright import read_copyright
from custody.inventory.dpkg_status import Installed, Stanza, read_stanzas
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.os_release import OS_RELEASE_FILES, read_distribution
from custody.inventory.system_packages import remembered, supplier, system_purl
from custody.model import Dependency, Distribution, Package, Purl, Skipped

__all__ = ["CATALOGER", "parse"]

STATUS_FILES = ("var/lib/dpkg/status", "var/lib/dpkg/status.d/*")
COPYRIGHT_FILES = ("usr/share/doc/*/copyright",)

_RELATIONS = (("pre-depends", "depends_on"), ("depends", "depends_on"), ("recommends", "optional"))


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the packages of one status file with their edges; a broken stanza is skipped and the others go on."""
    if file.path.endswith(".md5sums"):  # stands beside each file of status.d; `ownership` reads it
        return
    database = remembered(tree, _Database)
    for stanza in read_stanzas(file):
        if isinstance(stanza, Skipped):
            yield stanza
            continue
        yield database.package(stanza, file, tree)
        yield from database.edges(stanza)


class _Database:
    """What all status files of a tree hold together, with the licences that were already read.

    A distroless image has one status file for each package, and each needs all the others to resolve its edges.
    """

    def __init__(self, tree: Tree) -> None:
        self._distribution = read_distribution(tree)
        files = [file for file in tree.matching(STATUS_FILES) if not file.path.endswith(".md5sums")]
        self._installed = Installed(s for file in files for s in read_stanzas(file) if isinstance(s, Stanza))
        self._ids: dict[tuple[str, str, str], str] = {}
        self._licences: dict[str, tuple[str | None, tuple[tuple[str, str], ...]]] = {}

    def package(self, stanza: Stanza, file: File, tree: Tree) -> Package:
        source_name, source_version = stanza.source()
        licence, texts = self._licence(stanza.name, tree)
        return Package(
            purl=_purl(stanza, self._distribution),
            name=stanza.name,
            version=stanza.version,
            locations=(file.location(stanza.place),),
            licence_declared=licence,
            licence_texts=texts,
            source_name=source_name,
            source_version=source_version,
            supplier=supplier(stanza.fields.get("maintainer", "")),
            homepage=stanza.fields.get("homepage", ""),
            description=stanza.fields.get("description", "").partition("\n")[0],
        )

    def edges(self, stanza: Stanza) -> Iterator[Dependency]:
        source = self._id(stanza)
        needed: set[str] = set()
        for field, relation in _RELATIONS:
            for target in self._installed.resolve(stanza, field):
                package = self._id(target)
                if relation == "depends_on" or package not in needed:  # what is needed anyway is not optional
                    yield Dependency(source=source, target=package, relation=relation)
                needed.add(package)

    def _id(self, stanza: Stanza) -> str:
        key = (stanza.name, stanza.version, stanza.architecture)
        if key not in self._ids:
            self._ids[key] = str(_purl(stanza, self._distribution))
        return self._ids[key]

    def _licence(self, name: str, tree: Tree) -> tuple[str | None, tuple[tuple[str, str], ...]]:
        found = self._licences.get(name)
        if found is None:
            notice = tree.get(f"usr/share/doc/{name}/copyright")
            licence, texts = read_copyright(notice.data) if notice is not None else (None, {})
            found = self._licences[name] = (licence, tuple(sorted(texts.items())))
        return found


def _purl(stanza: Stanza, distribution: Distribution | None) -> Purl:
    return system_purl("deb", stanza.name, stanza.version, stanza.architecture, distribution)


CATALOGER = Cataloger(
    name="dpkg",
    globs=STATUS_FILES,
    parse=parse,
    beside=(*COPYRIGHT_FILES, *OS_RELEASE_FILES),
    ecosystems=("Debian", "Ubuntu"),
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "relations",
        "supplier",
        "source package",
        "home page",
        "description",
        "files",
    ),
    cannot_know=("checksum",),
)
