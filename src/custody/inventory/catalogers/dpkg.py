"""dpkg's database → Debian packages, installed ones only.

Reads: var/lib/dpkg/status and status.d/* (deb822(5), dpkg(1)), usr/share/doc/*/copyright (copyright-format 1.0),
etc/os-release. Gives: name, version with epoch, architecture, source package, supplier, homepage, licence, edges
(Depends, Pre-Depends, Recommends that are installed), layer.  Cannot know: checksums of the .deb files, which dpkg does
not keep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from custody.inventory.debian_copyright import read_copyright
from custody.inventory.dpkg_status import Installed, Stanza, read_stanzas
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.os_release import OS_RELEASE_FILES, read_distribution
from custody.model import Dependency, Distribution, Package, Purl, Skipped

__all__ = ["CATALOGER", "parse"]

STATUS_FILES = ("var/lib/dpkg/status", "var/lib/dpkg/status.d/*")
COPYRIGHT_FILES = ("usr/share/doc/*/copyright",)

_RELATIONS = (("pre-depends", "depends_on"), ("depends", "depends_on"), ("recommends", "optional"))
_TEAM = re.compile(
    r"\b(team|developers|maintainers|group|project|packagers|committee|llc|inc|ltd|gmbh|foundation)\b", re.IGNORECASE
)


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the packages of one status file with their edges; a broken stanza is skipped and the others go on."""
    if file.path.endswith(".md5sums"):  # stands beside each file of status.d; `ownership` reads it
        return
    database = _database(tree)
    for stanza in read_stanzas(file):
        if isinstance(stanza, Skipped):
            yield stanza
            continue
        yield database.package(stanza, file, tree)
        yield from database.edges(stanza)


class _Database:
    """What all status files of a tree hold together, with the licences that were already read.

    It lives as long as the tree does, so it must not hold the tree itself.
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
            supplier=_supplier(stanza.fields.get("maintainer", "")),
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


_databases: WeakKeyDictionary[Tree, _Database] = WeakKeyDictionary()
"""A distroless image has one status file for each package, and each needs all the others to resolve its edges."""


def _database(tree: Tree) -> _Database:
    found = _databases.get(tree)
    if found is None:
        found = _databases[tree] = _Database(tree)
    return found


def _purl(stanza: Stanza, distribution: Distribution | None) -> Purl:
    """Spec: purl-spec, type `deb`. Without an os-release the vendor is not known, and is not guessed."""
    return Purl(
        "deb",
        stanza.name,
        stanza.version,
        distribution.id if distribution else "",
        (("arch", stanza.architecture), ("distro", distribution.tag if distribution else "")),
    )


def _supplier(maintainer: str) -> str:
    """Give SPDX's form, `Person: Jane Doe (jane@debian.example)`; "" where nobody is named."""
    name, _, address = maintainer.partition("<")
    name, address = name.strip(), address.partition(">")[0].strip()
    if not name:
        return ""
    kind = "Organization" if _TEAM.search(name) or name.split()[0] in ("Debian", "Ubuntu") else "Person"
    return f"{kind}: {name} ({address})" if address else f"{kind}: {name}"


CATALOGER = Cataloger(
    name="dpkg",
    globs=STATUS_FILES,
    parse=parse,
    beside=(*COPYRIGHT_FILES, *OS_RELEASE_FILES),
    ecosystems=("Debian", "Ubuntu"),
    gives=("name", "version", "licence", "supplier", "source package", "edges", "layer"),
    cannot_know=("checksum",),
)
