"""stack.yaml.lock → Hackage packages.

Reads: stack.yaml.lock (https://docs.haskellstack.org/en/stable/topics/lock_files/).
Gives: name, version, commits of what comes from repositories, archives; the project contains them.
Cannot know: packages of the snapshot (the file has only its address), licences, which package needs which, checksums
(those in it are of the .cabal file and of a listing of the files).
"""

from __future__ import annotations

from collections.abc import Iterator

from custody.errors import InputError
from custody.inventory.foreign_yaml import Value, as_list, as_table, as_text, read_yaml
from custody.inventory.haskell_packages import hackage, read_name, split
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import git_location, rooted
from custody.inventory.lockfile import nameless_project, skipped_by, without_credentials
from custody.model import Package


def parse(file: File, _tree: Tree) -> Iterator[Found]:
    """Give the locked packages and the project that contains them."""
    documents = read_yaml(file.data, file.path)
    lock = as_table(documents[0]) if documents else {}
    if "packages" not in lock and "snapshots" not in lock:
        raise InputError(file.at("packages"), "missing, expected a list")
    project = nameless_project(file)
    yield project
    ids = []
    for index, row in enumerate(as_list(lock.get("packages"))):
        try:
            package = _read(as_table(as_table(row).get("completed")), index, file)
        except InputError as error:
            yield skipped_by(error)
            continue
        yield package
        ids.append(package.id)
    yield from rooted(project.id, ids, ())


def _read(row: dict[str, Value], index: int, file: File) -> Package:
    place = f"packages[{index}]"
    written = as_text(row.get("hackage"))
    if written:
        found = split(written.partition("@")[0])
        if found is None:
            raise InputError(file.at(place), f"expected name-1.0@sha256:…, got {written[:60]!r}")
        name, version = found
    else:
        name, version = read_name(as_text(row.get("name")), file.at(place)), as_text(row.get("version"))
    address = as_text(row.get("git"))
    archive = as_text(row.get("url"))
    return Package(
        purl=hackage(name, version),
        name=name,
        version=version,
        locations=(file.location(place),),
        download_location=git_location(address, as_text(row.get("commit"))) or without_credentials(archive),
        installed=False,
    )


CATALOGER = Cataloger(
    name="haskell-stack",
    globs=("**/stack.yaml.lock",),
    gives=("name", "version", "project", "download"),
    cannot_know=("packages of the snapshot", "licence", "checksum", "edges"),
    ecosystems=("Hackage",),
    parse=parse,
)
