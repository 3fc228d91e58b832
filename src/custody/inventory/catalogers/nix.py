"""The Nix store → packages of Nix and NixOS.

Reads: the names of the folders in nix/store (`<32 characters>-name-version`), and nix/var/nix/db/db.sqlite, the tables
ValidPaths and Refs (https://nix.dev/manual/nix/latest/store/). Gives: name, version, output; with the database also
the SHA-256 of the archive (NAR) that it was fetched as, and edges: which store path refers to which.  Cannot know:
licences, and the attribute path that purls of Nixpkgs go by; what has no version in its name is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from custody.errors import InputError
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.sqlite_bytes import read_rows
from custody.model import Checksum, Content, Dependency, Extractor, Package, Purl

__all__ = ["CATALOGER", "extract_store", "parse"]

STORE = "nix/store"
DATABASE = "nix/var/nix/db/db.sqlite"

MAX_DATABASE_BYTES = 1024 * 1024 * 1024

_HASH = r"[0-9abcdfghijklmnpqrsvwxyz]{32}"
_PATH = re.compile(rf"(?:/?nix/store/)?({_HASH})-([A-Za-z0-9+._?=-]+)")
_OUTPUT = re.compile(r"-(bin|dev|doc|devdoc|debug|info|lib|man|out|static|dist|data|terminfo|python)$")
_NO_PACKAGES = re.compile(
    r"\.(drv|sh|patch|diff|tar|tgz|zip|gz|bz2|xz|zst|lock|json|c|h|hook|service|conf|nix|crate|gem|tar\.\w+)$"
    r"|-(hook|wrapper-hook|source|vendor|env)$"
)
"""Derivations, build inputs and scripts: no software that runs."""


class _StorePath(msgspec.Struct, frozen=True):
    """One valid path: its name in the store, the hash of its NAR, the names of the paths that it refers to."""

    name: str
    hash: str
    references: list[str]


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the packages of the store's folder, or with their edges those of the database that are still there."""
    if file.path == STORE:
        for name in sorted({path[len(STORE) + 1 :].partition("/")[0] for path in tree.names_under(STORE)}):
            purl = _purl(name)
            if purl is not None:
                yield _package(name, purl, file)
        return
    try:
        paths = msgspec.json.decode(file.data, type=list[_StorePath])
    except msgspec.MsgspecError as error:
        raise InputError(file.path, f"not what was taken out of a Nix database: {error}") from None
    by_name = {path.name: path for path in paths}
    purls = {path.name: _purl(path.name) for path in paths if tree.exists(f"{STORE}/{path.name}")}
    for path in paths:
        purl = purls.get(path.name)
        if purl is None:
            continue
        checksum = Checksum.parse("sha256", path.hash.removeprefix("sha256:"))
        yield _package(path.name, purl, file, checksum)
        targets = {str(target) for target in _reached(path, by_name, purls)}
        yield from (Dependency(source=str(purl), target=target) for target in sorted(targets - {str(purl)}))


def _reached(path: _StorePath, by_name: dict[str, _StorePath], purls: dict[str, Purl | None]) -> Iterator[Purl]:
    """Give the packages that a path refers to, also through paths that are no packages (scripts, environments)."""
    seen = {path.name}
    stack = list(path.references)
    while stack:
        name = stack.pop()
        if name in seen:
            continue
        seen.add(name)
        purl = purls.get(name)
        if purl is not None:
            yield purl
        elif name in by_name:
            stack += by_name[name].references


def _purl(name: str) -> Purl | None:
    """Give the purl for a name in the store, None where it is no package with a version.

    Spec: purl-spec, type `nix`, wants the attribute path in a package set, which no store records. So the namespace is
    left out, and the hash says which build it is.
    """
    match = _PATH.fullmatch(name)
    if not match or _NO_PACKAGES.search(match[2]):
        return None
    rest, output = match[2], ""
    suffix = _OUTPUT.search(rest)
    if suffix:
        rest, output = rest[: suffix.start()], suffix[1]
    # Nix's own rule (builtins.parseDrvName): the version begins after the first "-" that no letter follows.
    parts = re.fullmatch(r"(.+?)-(?![A-Za-z])(.+)", rest)
    if not parts or not re.search("[0-9]", parts[2]):
        return None
    return Purl("nix", parts[1], parts[2], "", (("output", output), ("outputhash", match[1])))


def _package(name: str, purl: Purl, file: File, checksum: Checksum | None = None) -> Package:
    return Package(
        purl=purl,
        name=purl.name,
        version=purl.version,
        locations=(file.location(name),),
        checksums=(checksum,) if checksum is not None else (),
    )


def extract_store(path: str, content: Content) -> bytes:
    """Give the valid paths of a Nix database as JSON. Raises InputError: it is none."""
    if not content.size:
        return b""
    if content.size > MAX_DATABASE_BYTES:
        raise InputError(path, f"not read: {content.size} bytes, more than {MAX_DATABASE_BYTES}")
    data = content.read(0, content.size)
    names: dict[int, _StorePath] = {}
    for number, name, hash_ in read_rows(data, path, "ValidPaths", ("id", "path", "hash")):
        if isinstance(number, int) and isinstance(name, str) and _PATH.fullmatch(name):
            names[number] = _StorePath(name.rpartition("/")[2], hash_ if isinstance(hash_, str) else "", [])
    for source, target in read_rows(data, path, "Refs", ("referrer", "reference")):
        if source in names and target in names and source != target:
            names[source].references.append(names[target].name)
    return msgspec.json.encode(sorted(names.values(), key=lambda item: item.name))


NIX_DATABASE = Extractor(name="nix-database", extract=extract_store, globs=(DATABASE,))

CATALOGER = Cataloger(
    name="nix",
    extractor=NIX_DATABASE,
    folders=(STORE,),
    parse=parse,
    gives=("name", "version", "edges", "checksum", "files"),
    cannot_know=("licence", "supplier"),
)
