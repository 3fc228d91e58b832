"""Yarn's Plug'n'Play → npm packages that run from archives, without `node_modules`.

Reads: `.pnp.cjs`, `.pnp.js` and `.pnp.data.json` (https://yarnpkg.com/advanced/pnp-spec), package.json inside the
archives of yarn's cache that they lead to, and yarn.lock for versions of what is from no registry.
Gives: name, version, edges, project; licence, author, home page and description of what lies in an archive here.
Cannot know: why something is asked for, checksums. What the cache outside of the artifact holds is listed as not
installed.

A copy for a set of peers (`virtual:…#npm:1.0.0`) is the package that it copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import join_path, parent
from custody.inventory.npm_packages import described, npm, read_name
from custody.inventory.npm_projects import read_project
from custody.inventory.pnp_data import PnpEntry, read_pnp
from custody.inventory.yarn_syntax import read_entries
from custody.inventory.zip_reader import Limits, read_members
from custody.model import Content, Dependency, Extractor, Package, Skipped

_LIMITS = Limits(directory_bytes=64 << 20, members=200_000, member_bytes=2 << 20, total_bytes=8 << 20)
"""An archive of one package. Its package.json has some kilobytes; a megabyte of it would be data."""

_NAMES = (".pnp.cjs", ".pnp.js", ".pnp.data.json")


def extract(path: str, content: Content) -> bytes:
    """Give package.json of the one package in an archive of yarn's cache. Raises InputError: no zip archive."""
    found = read_members(content, _is_package_json, where=path, limits=_LIMITS)
    if not found.data:
        return b""
    return msgspec.json.encode({name: data.decode("utf-8", "replace") for name, data in sorted(found.data.items())})


def _is_package_json(name: str) -> bool:
    """Tell `node_modules/@scope/name/package.json` from those further inside."""
    parts = name.split("/")
    return parts[-1] == "package.json" and parts[0] == "node_modules" and len(parts) == 3 + parts[1].startswith("@")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """An entry and its package."""

    entry: PnpEntry
    package: Package


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the packages that the data name, with what their archives say of them."""
    if not file.path.endswith(_NAMES):
        return  # an archive of the cache: it is told where some data lead to it
    folder = parent(file.path)
    archives = {found.path: found for found in tree.extracted("yarn-cache")}
    locked = _locked_versions(tree.get(join_path(folder, "yarn.lock") or ""))
    placed: list[_Placed] = []
    for entry in read_pnp(file.data, file.path):
        try:
            placed.append(_Placed(entry=entry, package=_package(entry, file, folder, archives, locked, tree)))
        except InputError as error:
            yield Skipped(where=error.where, reason=error.what)
    by_reference = {(item.entry.name, item.entry.reference): item.package for item in placed}
    seen: set[Package] = set()
    edges: set[Dependency] = set()
    root = next((item.package for item in placed if item.entry.location == "./"), None)
    root = root or replace(read_project(folder, file, tree).package, installed=True)
    yield root
    for item in placed:
        if item.package not in seen and item.package.id != root.id:
            seen.add(item.package)
            yield item.package
        for name, reference in item.entry.needs:
            target = by_reference.get((name, reference))
            if target:
                edges.add(Dependency(source=item.package.id, target=target.id))
        if item.entry.is_root and item.package.id != root.id:
            edges.add(Dependency(source=root.id, target=item.package.id, relation="contains"))
    yield from rooted(root.id, [item.package.id for item in placed], edges)


def _locked_versions(lock: File | None) -> dict[str, str]:
    """Give locator → version from the lock file: the data have no version of what is from no registry."""
    if lock is None:
        return {}
    try:
        tables = [entry.table for entry in read_entries(lock.data, lock.path)]
    except InputError:
        return {}  # told by `yarn-lock`
    rows = ((table.get("resolution"), table.get("version")) for table in tables)
    return {locator: version for locator, version in rows if isinstance(locator, str) and isinstance(version, str)}


def _package(
    entry: PnpEntry, file: File, folder: str, archives: dict[str, File], locked: dict[str, str], tree: Tree
) -> Package:
    place = f"{entry.name}@{entry.reference}"
    name = read_name(entry.name, file.at(place))
    reference = entry.reference.partition("#")[2] if entry.reference.startswith("virtual:") else entry.reference
    protocol, _, rest = reference.partition(":")
    where = (file.location(place),)
    # A copy for a set of peers lies at the address of a folder that is not there; behind it stands the real one.
    path = join_path(folder, entry.location)
    path = None if path is None else _without_virtual(path)
    if protocol in ("workspace", "portal", "link") and path is not None:
        project = read_project(path, file, tree, name=name)
        return replace(project.package, installed=True)
    real = path or ""
    archive, _, inner = real.partition(".zip/")
    found = archives.get(f"{archive}.zip")
    manifest = _manifest(found, f"{inner.rstrip('/')}/package.json") if found else None
    version = rest.partition("::")[0] if protocol == "npm" else ""
    if protocol == "patch":
        version = dict(pair.partition("=")[::2] for pair in rest.partition("::")[2].split("&")).get("version", "")
    version = version or locked.get(f"{name}@{reference}", "")
    if manifest is None:
        there = bool(real) and tree.exists(f"{archive}.zip" if inner else real)
        return Package(purl=npm(name, version), name=name, version=version, locations=where, installed=there)
    stated = manifest.text_or("version") if isinstance(manifest.value.get("version"), str) else ""
    return replace(described(manifest, npm(name, stated or version)), locations=where)


def _without_virtual(path: str) -> str:
    """Turn `.yarn/__virtual__/x-virtual-1f/0/cache/x.zip/…` into `.yarn/cache/x.zip/…`: 0 says how many folders up."""
    parts = path.split("/")
    for marker in ("__virtual__", "$$virtual"):
        if marker in parts[:-3]:
            at = parts.index(marker)
            up = int(parts[at + 2]) if parts[at + 2].isdecimal() and len(parts[at + 2]) < 4 else 0
            parts = parts[: max(0, at - up)] + parts[at + 3 :]
    return "/".join(parts)


def _manifest(archive: File, name: str) -> Fields | None:
    try:
        texts = Fields.from_json(archive.data, archive.path)
        return Fields.from_json(texts.text_or(name).encode().removeprefix(b"\xef\xbb\xbf"), archive.at(name))
    except InputError:
        return None  # what yarn itself wrote is whole; the name and version are known all the same


CATALOGER = Cataloger(
    name="yarn-pnp",
    globs=tuple(f"**/{name}" for name in _NAMES),
    beside=("**/package.json", "**/yarn.lock"),
    extractor=Extractor(
        name="yarn-cache", extract=extract, globs=("**/.yarn/cache/*.zip", "**/.yarn/berry/cache/*.zip")
    ),
    gives=("name", "version", "licence", "edges", "project", "author", "home page", "description"),
    cannot_know=("why something is asked for", "checksum"),
    ecosystems=("npm",),
    parse=parse,
)
