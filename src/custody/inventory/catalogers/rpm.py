"""rpm's database, read without the rpm library → packages of Red Hat, Fedora, SUSE, Amazon, Azure Linux and others.

Reads: var/lib/rpm, usr/lib/sysimage/rpm and usr/share/rpm: `rpmdb.sqlite` (SQLite), `Packages.db` (ndb), `Packages`
(Berkeley DB hash), with headers as in https://rpm-software-management.github.io/rpm/manual/format_header.html;
etc/os-release. Gives: name, version, epoch, architecture, module, source package, licence, vendor, home page, build
time; edges by resolving what is required (names, libraries, files, boolean dependencies) against what is provided;
which files belong to it.  Cannot know: checksums of the .rpm files, which the database does not keep; what stands only
in a write-ahead log that SQLite has not merged.
"""

from __future__ import annotations

from collections.abc import Iterator

from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.os_release import OS_RELEASE_FILES, read_distribution
from custody.inventory.rpm_database import RPM_DATABASE, RpmRecord, database_rank, read_database
from custody.inventory.rpm_packages import rpm_package, rpm_purl
from custody.inventory.rpm_requirements import needed
from custody.inventory.system_packages import Providers
from custody.model import Dependency, Skipped

__all__ = ["CATALOGER", "parse"]

_WEAK = ("recommends", "suggests")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the packages of one database with their edges. file: what the extractor took out of it."""
    outranked = _outranked(file, tree)
    if outranked:
        yield Skipped(where=file.path, reason=f"left over: rpm goes on in {outranked}, which stands beside it")
        return
    database = read_database(file.data, file.path)
    distribution = read_distribution(tree)
    for fault in database.faults:
        yield Skipped(where=file.at(fault.place), reason=fault.reason)
    if file.path.endswith(".sqlite") and tree.get(file.path + "-wal") is not None and _log_counts(file, tree):
        reason = "not read: transactions that are not in the database yet; run `rpm --rebuilddb` to merge them"
        yield Skipped(where=f"{file.path}-wal", reason=reason)
    ids = [str(rpm_purl(record, distribution)) for record in database.packages]
    providers = _providers(database.packages, ids, tree)
    for record, source in zip(database.packages, ids, strict=True):
        yield rpm_package(record, file, distribution)
        yield from _edges(record, source, providers)


def _outranked(file: File, tree: Tree) -> str:
    """Give the database beside this one in which rpm goes on, "" where this is the one."""
    folder = file.path.rpartition("/")[0]
    beside = [
        other.path
        for other in tree.extracted(RPM_DATABASE.name)
        if other.path.rpartition("/")[0] == folder and database_rank(other.path) < database_rank(file.path)
    ]
    return min(beside, key=database_rank, default="")


def _log_counts(file: File, tree: Tree) -> bool:
    log = tree.get(file.path + "-wal")
    return log is not None and len(log.data) > 32  # the header of a log without any frame


def _providers(records: list[RpmRecord], ids: list[str], tree: Tree) -> Providers:
    """Index what the packages provide, and those of their files that some package asks for."""
    providers = Providers()
    asked: dict[str, set[str]] = {}  # path, also as the links lead → the words in which it is asked for
    seen: set[str] = set()
    for record, package in zip(records, ids, strict=True):
        providers.add(package, [*record.provides, record.name])
        for need in (*record.requires, *record.recommends, *record.suggests):
            for path in _paths(need):
                if path in seen:
                    continue
                seen.add(path)
                resolved = tree.resolve(path.lstrip("/"))  # `/bin/sh` is asked for, `/usr/bin/sh` is in the package
                for spelling in {path, f"/{resolved}"} if resolved else {path}:
                    asked.setdefault(spelling, set()).add(path)
    folders = {path.rpartition("/")[0] + "/" for path in asked}
    for record, package in zip(records, ids, strict=True):
        for folder in folders & record.folders.keys():
            for name in record.folders[folder]:
                providers.add(package, asked.get(folder + name, ()))
    return providers


def _paths(need: str) -> list[str]:
    return [word.rstrip(")") for word in need.lstrip("(").split() if word.startswith("/")] if "/" in need else []


def _edges(record: RpmRecord, source: str, providers: Providers) -> Iterator[Dependency]:
    seen = {source}
    for needs, relation in ((record.requires, "depends_on"), *((getattr(record, name), "optional") for name in _WEAK)):
        names = {name for need in needs for name in needed(need, providers.__contains__)}
        targets = {target for name in names for target in providers.of(name)} - seen
        yield from (Dependency(source=source, target=target, relation=relation) for target in sorted(targets))
        seen |= targets


CATALOGER = Cataloger(
    name="rpm",
    extractor=RPM_DATABASE,
    parse=parse,
    beside=(*(f"{glob}-wal" for glob in RPM_DATABASE.globs if glob.endswith(".sqlite")), *OS_RELEASE_FILES),
    ecosystems=("Red Hat", "AlmaLinux", "Rocky Linux", "openSUSE", "SUSE", "Azure Linux"),
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
        "release date",
        "files",
    ),
    cannot_know=("checksum",),
)
