"""apk's database → packages of Alpine Linux, Wolfi, Chainguard, postmarketOS and OpenWrt.

Reads: lib/apk/db/installed and usr/lib/apk/db/installed (apk-v2(5), "Installed Database V2"; apk-tools 3 writes the
same), etc/apk/world (apk-world(5)), etc/os-release. Gives: name, version, architecture, source package (origin),
licence, maintainer, home page, build time; edges by what packages provide (`so:`, `cmd:`, `pc:`, files, names); from
the operating system to what stands in `world`; which files belong to it.  Cannot know: checksums of the .apk files:
the one that apk keeps (`C:`) is of the control segment inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from custody.inventory.apk_database import APK_DATABASES, ApkRecord, installed_files, read_names, read_records
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.metadata import declared_licence, one_paragraph
from custody.inventory.os_release import OS_RELEASE_FILES, read_distribution
from custody.inventory.system_packages import Providers, asked_for, moment, remembered, supplier, system_purl
from custody.model import Dependency, Distribution, Package, Purl, Skipped

__all__ = ["CATALOGER", "parse"]

WORLD = "etc/apk/world"


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the packages of one database with their edges; a broken one is skipped and the others go on."""
    system = remembered(tree, _System)
    names: dict[str, str] = {}
    for record in read_records(file):
        if isinstance(record, Skipped):
            yield record
            continue
        package = _package(record, file, system.distribution)
        names[record.name] = package.id
        yield package
        yield from _edges(package.id, record, system.providers)
    world = tree.get(WORLD)
    if world is not None:
        wanted = read_names(world.data.decode("utf-8", "replace"))
        yield from asked_for(tree, (names[name] for name in wanted if name in names))


class _System:
    """What all databases of a tree hold together: who provides what."""

    def __init__(self, tree: Tree) -> None:
        self.distribution = read_distribution(tree)
        self.providers = Providers()
        for file in tree.matching(APK_DATABASES):
            asked: set[bytes] = set()
            ids: dict[str, str] = {}
            for record in read_records(file):
                if isinstance(record, Skipped):
                    continue
                ids[record.name] = str(_purl(record, self.distribution))
                self.providers.add(ids[record.name], [record.name, *read_names(record.fields.get("p", ""))])
                asked |= {word[1:].encode() for word in read_names(record.fields.get("D", "")) if word[0] == "/"}
            self._add_files(file, ids, asked)

    def _add_files(self, file: File, ids: dict[str, str], asked: set[bytes]) -> None:
        """Let packages be found under the paths that others ask for: `/bin/sh`."""
        for name, paths in installed_files(file.data) if asked else ():
            if name in ids:
                self.providers.add(ids[name], ("/" + path.decode() for path in asked.intersection(paths)))


def _package(record: ApkRecord, file: File, distribution: Distribution | None) -> Package:
    fields = record.fields
    licence, texts = declared_licence(fields.get("L", ""))
    origin = fields.get("o", "")
    built = fields.get("t", "")
    return Package(
        purl=_purl(record, distribution),
        name=record.name,
        version=record.version,
        locations=(file.location(record.name),),
        licence_declared=licence,
        licence_texts=texts,
        source_name=origin,
        source_version=record.version if origin else "",  # all packages of one APKBUILD share its version
        supplier=supplier(fields.get("m", "")),
        homepage=fields.get("U", ""),
        description=one_paragraph(fields.get("T", "")),
        released=moment(int(built)) if re.fullmatch("[0-9]{1,12}", built) else "",
    )


def _purl(record: ApkRecord, distribution: Distribution | None) -> Purl:
    return system_purl("apk", record.name, record.version, record.fields.get("A", ""), distribution)


def _edges(source: str, record: ApkRecord, providers: Providers) -> Iterable[Dependency]:
    targets = {target for name in read_names(record.fields.get("D", "")) for target in providers.of(name)}
    return (Dependency(source=source, target=target) for target in sorted(targets - {source}))


CATALOGER = Cataloger(
    name="apk",
    globs=APK_DATABASES,
    parse=parse,
    beside=(WORLD, *OS_RELEASE_FILES),
    ecosystems=("Alpine", "Wolfi", "Chainguard"),
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "supplier",
        "source package",
        "home page",
        "description",
        "release date",
        "files",
    ),
    cannot_know=("checksum", "relations"),
)
