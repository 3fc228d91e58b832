"""deno.lock → JSR and npm packages, and modules from addresses.

Reads: deno.lock of version 2 to 5 (https://docs.deno.com/runtime/fundamentals/modules/#integrity-checking-and-lock-files)
and, for the names of projects, deno.json, deno.jsonc and package.json in their folders.
Gives: name, version, edges, projects, checksums of npm packages and of single modules, download location of modules.
Cannot know: licences, why something is asked for where only deno.json says it, how modules from addresses need each
other.  JSR's integrity is that of a list of files, so no checksum of the package.

A module whose address has a version in it (`https://deno.example/x/oak@v12.1.0/mod.ts`) belongs to a package of that
name and version; any other is a package of one file. JSR has no registered purl type yet; `pkg:jsr` is the one that is
proposed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.jsonc import plain_json
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import is_below, join_path, nameless_project, parent, skipped_by, without_credentials
from custody.inventory.npm_packages import integrity, npm, read_name, split_name
from custody.inventory.npm_projects import read_project, relations
from custody.model import Checksum, Dependency, Package, Purl, Skipped

_VERSIONS = ("2", "3", "4", "5")
_SCHEME = r"[a-z][a-z0-9+.-]*://"
_VERSIONED = re.compile(rf"(?P<base>{_SCHEME}[^?#]*?/(?P<name>(?:@[^/@]+/)?[^/@]+)@(?P<version>[^/@?#]+))(?:/|$)")


@dataclass(slots=True, kw_only=True)
class _Lock:
    """What was read so far. ids: "npm:debug@4.4.3" → package id; wanted: "npm:debug@^4" → the key of `ids`.

    names, wanted_names: "npm:debug" → the ids of what is locked, or asked for, by that name.
    """

    document: Fields
    file: File
    ids: dict[str, str] = field(default_factory=dict)
    wanted: dict[str, str] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)
    wanted_names: dict[str, set[str]] = field(default_factory=dict)
    edges: set[Dependency] = field(default_factory=set)
    skipped: list[Skipped] = field(default_factory=list)


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages and modules, the projects they are locked for, and who needs whom."""
    if is_below(file.path, "node_modules"):
        return
    document = Fields.from_json(file.data, file.path)
    version = document.text("version")
    if version not in _VERSIONS:
        raise document.fault("version", f"expected one of {', '.join(_VERSIONS)}, got {version!r}")
    lock = _Lock(document=document, file=file)
    inner = document.table("packages") if version == "3" else document
    npm_table = document.table("npm").table("packages") if version == "2" else inner.table("npm")
    jsr_table = inner.table("jsr")
    packages = [*_packages(npm_table, "npm", lock), *_packages(jsr_table, "jsr", lock)]
    specifiers = document.table("npm").table("specifiers") if version == "2" else inner.table("specifiers")
    _read_specifiers(specifiers, lock, npm_only=version == "2")
    _edges_of(npm_table, "npm", lock)
    _edges_of(jsr_table, "jsr", lock)
    packages += _modules(document.table("remote"), lock)
    projects = list(_projects(lock, tree))
    yield from lock.skipped
    yield from packages
    yield from projects
    yield from rooted(projects[0].id, [package.id for package in (*projects, *packages)], lock.edges)


def _packages(table: Fields, kind: str, lock: _Lock) -> Iterator[Package]:
    for key in table.value:
        try:
            entry = table.table(key)
            name, version = _identity(key)
            name = read_name(name, entry.at)
            checksums = _checksums(entry, kind, lock)
            package = Package(
                purl=_purl(kind, name, version),
                name=name,
                version=version,
                locations=(lock.file.location(f"{kind}.{key}"),),
                checksums=checksums,
                download_location=without_credentials(entry.text_or("tarball")),
                installed=False,
            )
        except InputError as error:
            lock.skipped.append(skipped_by(error))
            continue
        lock.ids[f"{kind}:{key}"] = package.id
        lock.names.setdefault(f"{kind}:{name}", set()).add(package.id)
        yield package


def _checksums(entry: Fields, kind: str, lock: _Lock) -> tuple[Checksum, ...]:
    """Give the checksum of an npm package; a bad one is noted and leaves the package there."""
    if kind != "npm":
        return ()
    try:
        return integrity(entry.text_or("integrity"), entry.spot("integrity"))
    except InputError as error:
        lock.skipped.append(skipped_by(error))
        return ()


def _identity(key: str) -> tuple[str, str]:
    """Split `use-sync-external-store@1.2.0_react@18.2.0`; behind "_" stand the peers that it was resolved with."""
    name, version = split_name(key)
    return name, version.partition("_")[0]


def _purl(kind: str, name: str, version: str) -> Purl:
    return npm(name, version) if kind == "npm" else replace(npm(name, version), type=kind)


def _read_specifiers(table: Fields, lock: _Lock, *, npm_only: bool) -> None:
    """Read `"npm:debug@^4.3.4": "4.4.3"`; in version 3 and 2 the whole key of the package stands there."""
    for wanted in table.value:
        try:
            found = table.text(wanted)
        except InputError as error:
            lock.skipped.append(skipped_by(error))
            continue
        asked = f"npm:{wanted}" if npm_only else wanted
        kind, _, rest = asked.partition(":")
        name = split_name(rest)[0]
        for key in (found, f"{kind}:{found}", f"{kind}:{name}@{found}"):
            if key in lock.ids:
                lock.wanted[asked] = key
                lock.wanted_names.setdefault(f"{kind}:{name}", set()).add(lock.ids[key])
                break


def _edges_of(table: Fields, kind: str, lock: _Lock) -> None:
    for key in table.value:
        source = lock.ids.get(f"{kind}:{key}")
        if source is None:
            continue
        entry = table.table(key)
        for section, relation in (("dependencies", "depends_on"), ("optionalDependencies", "optional")):
            try:
                asked = _asked(entry, section)
            except InputError as error:
                lock.skipped.append(skipped_by(error))
                continue
            for text in asked:
                target = _resolve(text, kind, lock)
                if target:
                    lock.edges.add(Dependency(source=source, target=target, relation=relation))


def _asked(entry: Fields, section: str) -> list[str]:
    """Give what an entry asks for: a list, or before version 4 a table from the name it goes by to the key."""
    value = entry.value.get(section)
    if isinstance(value, dict):
        return [inner for inner in value.values() if isinstance(inner, str)]
    return entry.texts(section)


def _resolve(text: str, kind: str, lock: _Lock) -> str | None:
    """Give what `jsr:@std/path@^1`, `debug@4.4.3` or `alias@npm:debug@4.4.3` means.

    The version is left out where it is the only one: `debug` of all packages, `npm:debug` of all that is asked for.
    """
    names = [lock.names]
    if "@npm:" in text:
        text = f"npm:{text.partition('@npm:')[2]}"
    elif ":" in text:
        names = [lock.wanted_names, lock.names]
    else:
        text = f"{kind}:{text}"
    if text in lock.ids:
        return lock.ids[text]
    if text in lock.wanted:
        return lock.ids[lock.wanted[text]]
    return next((min(table[text]) for table in names if len(table.get(text, ())) == 1), None)


def _modules(table: Fields, lock: _Lock) -> Iterator[Package]:
    for url in table.value:
        try:
            digest = Checksum.parse("sha256", table.text(url))
            if digest is None:
                raise table.fault(url, "expected a SHA-256 in hex")
        except InputError as error:
            lock.skipped.append(skipped_by(error))
            continue
        address = without_credentials(url)
        found = _VERSIONED.match(address)
        name = found["name"] if found else re.split(r"[?#]", address)[0].rstrip("/").rpartition("/")[2] or address
        base = f"{found['base']}/" if found else address
        version = found["version"] if found else ""
        yield Package(
            purl=Purl("generic", name, version, qualifiers=(("download_url", base),)),
            name=name,
            version=version,
            locations=(lock.file.location(f"remote.{address}"),),
            checksums=() if found else (digest,),
            download_location=base,
            installed=False,
        )


# ── projects ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _projects(lock: _Lock, tree: Tree) -> Iterator[Package]:
    """Give the project of the lock file, then the members of its workspace."""
    root: Package | None = None  # set in the first round: "" never leaves the artifact
    workspace = lock.document.table("workspace")
    members = workspace.table("members")
    for folder in ("", *members.value):
        try:
            entry = members.table(folder) if folder else workspace
            path = join_path(parent(lock.file.path), folder)
            asked = [(text, "deno") for text in entry.texts("dependencies")]
            asked += [(text, "npm") for text in entry.table("packageJson").texts("dependencies")]
        except InputError as error:
            lock.skipped.append(skipped_by(error))
            if folder:
                continue
            path, asked = parent(lock.file.path), []
        if path is None:
            lock.skipped.append(Skipped(where=members.spot(folder), reason="its folder leaves the artifact"))
            continue
        package, kinds = _project(path, lock, tree)
        root = root or package
        yield package
        if package is not root:
            lock.edges.add(Dependency(source=root.id, target=package.id, relation="contains"))
        for text, origin in asked:
            target = _resolve(text, "npm", lock)
            name = split_name(text.partition(":")[2])[0]
            relation = kinds.get(name, "depends_on") if origin == "npm" else "depends_on"
            if target:
                lock.edges.add(Dependency(source=package.id, target=target, relation=relation))


def _project(folder: str, lock: _Lock, tree: Tree) -> tuple[Package, dict[str, str]]:
    """Give the project in a folder, and the kinds of what its package.json asks for."""
    other = read_project(folder, lock.file, tree)
    for name in ("deno.json", "deno.jsonc"):
        found = tree.get(f"{folder}/{name}" if folder else name)
        if found is None:
            continue
        try:
            table = Fields.from_json(plain_json(found.data), found.path)
            if "name" not in table:
                continue
            stated = read_name(table.text("name"), table.spot("name"))
            version = table.text_or("version")
        except InputError as error:
            lock.skipped.append(skipped_by(error))
            continue
        package = Package(
            purl=_purl("jsr", stated, version),
            name=stated,
            version=version,
            locations=(found.location(), lock.file.location()),
            purpose="APPLICATION",
            installed=False,
        )
        return package, relations(other)
    if other.package.purl.type == "generic":
        place = lock.file.path if folder == parent(lock.file.path) else f"{folder}/deno.json"
        nameless = nameless_project(File(path=place, data=b"", layer=lock.file.layer))
        return replace(nameless, locations=(lock.file.location(),)), relations(other)
    lock.skipped += other.notes
    return other.package, relations(other)


CATALOGER = Cataloger(
    name="deno-lock",
    globs=("**/deno.lock",),
    beside=("**/deno.json", "**/deno.jsonc", "**/package.json"),
    gives=("name", "version", "licence", "edges", "relations", "project", "checksum", "download"),
    cannot_know=("licence of dependencies", "edges between modules from addresses"),
    ecosystems=("npm",),
    parse=parse,
)
