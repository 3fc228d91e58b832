"""The round through an artifact: every cataloger over its files, and one inventory of what they saw."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from custody.errors import InputError
from custody.inventory.conclusions import conclude_licences
from custody.inventory.declared import declared_catalogers
from custody.inventory.interface import Cataloger, File, Tree
from custody.inventory.os_release import read_distribution
from custody.inventory.ownership import owned_by
from custody.inventory.squash import SquashedTree
from custody.model import (
    Artifact,
    Checksum,
    Dependency,
    Digest,
    Distribution,
    Inventory,
    LayerContent,
    Package,
    Purl,
    Skipped,
)

__all__ = ["started_by", "take_inventory"]

OS_TYPES = ("alpm", "apk", "deb", "ebuild", "opkg", "rpm")
"""Purl types of packages that belong to the operating system."""

OS_CATALOGERS = frozenset(("apk", "dpkg", "opkg", "pacman", "portage", "rpm", "rpm-manifest"))
"""Those that read the databases of operating systems."""


_NOTES = "elf-package-notes"
_DOCUMENTED = re.compile(r"usr/share/doc/")


def take_inventory(
    artifact: Artifact,
    layers: Iterable[LayerContent],
    *,
    name: str = "",
    version: str = "",
    catalogers: Sequence[Cataloger] | None = None,
    every_layer: bool = False,
) -> Inventory:
    """Say what is in an artifact.

    layers: from the bottom up, read with `wanted_files()`; a directory or file is one layer.
    name, version: what its releaser calls the artifact; the artifact's own where they are "".
    every_layer: list also what a layer brought and a later one took away.
    A file that cannot be read becomes a `Skipped` and the others go on: no InputError leaves here.
    """
    tree = SquashedTree()
    skipped: list[Skipped] = []
    chosen = declared_catalogers() if catalogers is None else catalogers
    seen = _Sightings(skipped=skipped)
    above = None
    for content in layers:
        if above is not None and every_layer:
            _run_all(chosen, tree, seen)  # the top one is run below, for either scope
        above = content
        tree.add(content, _layer_digest(artifact, content))
        skipped += content.skipped
    _run_all(chosen, tree, seen)
    distribution = read_distribution(tree)
    packages = conclude_licences(_there(artifact, distribution, seen.packages), tree)
    return Inventory.assemble(
        artifact=artifact,
        root=_root(artifact, name, version),
        packages=packages,
        dependencies=[
            *seen.dependencies,
            *_system_edges(packages),
            *owned_by(packages, tree),
            *_brought_by_file(artifact, packages),
        ],
        skipped=seen.skipped,
        distribution=distribution,
        catalogers=seen.counts.items(),
        files=tree.count_files(),
    )


def _there(artifact: Artifact, distribution: Distribution | None, packages: list[Package]) -> list[Package]:
    """Leave out what only a lock file or a list of requirements names, of an image and of a directory that is a system.

    Such a file says what was to be installed once, for some system: development dependencies, what a later layer
    removed, what was never installed at all. An image shows what is installed, so that is what counts. Any other
    directory has nothing but the promise. Projects stay: a lock file in an image says what application it belongs to.
    """
    packages = _without_sources(packages)
    if artifact.kind != "image" and distribution is None:
        return packages
    installed = {package.id for package in packages if package.installed or _is_project(package)}
    return [package for package in packages if package.id in installed]


def _is_project(package: Package) -> bool:
    """Say whether this is an application's project. One in a folder of documentation is somebody's example."""
    return package.purpose == "APPLICATION" and not all(_DOCUMENTED.match(at.path) for at in package.locations)


def _without_sources(packages: list[Package]) -> list[Package]:
    """Leave out what only notes in programs name, where the system's database lists what was built from it.

    The note of `libsystemd.so.0` says "deb, systemd 252.39-1": the source, for it is the same in all that was built
    from it. No package systemd need be there, and libsystemd0, which is, has the name of its source from the database.
    """
    built = {
        (package.purl.type, name, version.rpartition(":")[2])  # a note has no epoch
        for package in packages
        if _is_of_system(package)
        for name, version in ((package.name, package.version), (package.source_name, package.source_version))
    }
    kept = {package.id for package in packages if any(at.cataloger != _NOTES for at in package.locations)}
    return [
        package
        for package in packages
        if package.id in kept or (package.purl.type, package.name, package.version.rpartition(":")[2]) not in built
    ]


@dataclass(slots=True)
class _Sightings:
    """What was seen so far."""

    packages: list[Package] = field(default_factory=list)
    dependencies: list[Dependency] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def _run_all(catalogers: Sequence[Cataloger], tree: SquashedTree, seen: _Sightings) -> None:
    for cataloger in catalogers:
        _run(cataloger, tree, seen)


def _run(cataloger: Cataloger, tree: SquashedTree, seen: _Sightings) -> None:
    ids: set[str] = set()
    for file in started_by(cataloger, tree):
        found = _parse(cataloger, file, tree)
        introduced = _introduced(cataloger, file, tree, {package.id for package in found.packages})
        seen.packages += [_placed(package, cataloger, file, introduced[package.id]) for package in found.packages]
        seen.dependencies += found.dependencies
        seen.skipped += found.skipped
        ids |= introduced.keys()
    known = {item.where for item in seen.skipped}
    seen.skipped += [Skipped(where=p, reason=why) for p, why in tree.unread(cataloger.globs) if p not in known]
    seen.counts[cataloger.name] = max(len(ids), seen.counts.get(cataloger.name, 0))


def started_by(cataloger: Cataloger, tree: SquashedTree) -> list[File]:
    """Give the files that start a `parse`: those whose content was kept, then what was taken out of the large ones."""
    files = tree.matching(cataloger.globs) if cataloger.globs else []
    files += [File(path=path, data=b"") for path in cataloger.folders if tree.names_under(path)]
    return files if cataloger.extractor is None else files + tree.extracted(cataloger.extractor.name)


def _parse(cataloger: Cataloger, file: File, tree: Tree) -> _Sightings:
    found = _Sightings()
    try:
        for item in cataloger.parse(file, tree):
            if isinstance(item, Package):
                found.packages.append(item)
            elif isinstance(item, Dependency):
                found.dependencies.append(item)
            else:
                found.skipped.append(item)
    except InputError as error:
        reason = f"{error.what}; {error.fix}" if error.fix else error.what
        found.skipped.append(Skipped(where=error.where or file.path, reason=reason))
    return found


def _introduced(cataloger: Cataloger, file: File, tree: Tree, ids: set[str]) -> dict[str, Digest | None]:
    """Give for each package of a file the oldest layer from which on every version of the file has it."""
    layers: dict[str, Digest | None] = dict.fromkeys(ids, file.layer)
    running, data = set(ids), file.data
    extract = "" if cataloger.extractor is None or tree.get(file.path) == file else cataloger.extractor.name
    for older in reversed(tree.history(file.path, extract)):
        if older.data != data:  # a layer that only changed the mode holds the same bytes again
            running &= {package.id for package in _parse(cataloger, older, tree).packages}
            data = older.data
        if not running:
            break
        layers.update(dict.fromkeys(running, older.layer))
    return layers


def _placed(package: Package, cataloger: Cataloger, file: File, layer: Digest | None) -> Package:
    locations = package.locations or (file.location(),)
    return replace(
        package,
        locations=tuple(
            replace(
                place,
                cataloger=place.cataloger or cataloger.name,
                layer=layer if place.path == file.path else place.layer,
            )
            for place in locations
        ),
    )


def _system_edges(packages: Iterable[Package]) -> list[Dependency]:
    """Give the edges from the operating system to the packages that it consists of."""
    system = next((package for package in packages if package.purpose == "OPERATING_SYSTEM"), None)
    if system is None:
        return []
    return [
        Dependency(source=system.id, target=package.id, relation="contains")
        for package in packages
        if package.purl.type in OS_TYPES and _is_of_system(package)
    ]


def _brought_by_file(artifact: Artifact, packages: Iterable[Package]) -> list[Dependency]:
    """Give the edges from the package that a .deb, .rpm or .apk is to what lies inside, where it is the artifact."""
    name = artifact.reference.rpartition("/")[2].rpartition(":")[2]
    packages = list(packages)
    own = {
        package.id
        for package in packages
        if any(at.path == name and at.cataloger.endswith("-file") for at in package.locations)
    }
    if len(own) != 1:
        return []
    [owner] = own
    inside = {package.id for package in packages if package.installed} - own
    return [Dependency(source=owner, target=target, relation="owns") for target in sorted(inside)]


def _is_of_system(package: Package) -> bool:
    """Say whether a database of the system lists the package: not a file that lies about, nor an SBOM in a wheel."""
    return package.installed and any(place.cataloger in OS_CATALOGERS for place in package.locations)


def _layer_digest(artifact: Artifact, content: LayerContent) -> Digest | None:
    if artifact.kind != "image":
        return None
    return content.layer.diff_id or content.layer.descriptor.digest


def _root(artifact: Artifact, name: str, version: str) -> Package:
    """Give the package that is the artifact itself.

    Spec: purl-spec, type `oci`: the version is the digest of the manifest; no address is in it, since a copy is the
    same thing.
    """
    name = name or artifact.name or _name_in(artifact.reference)
    version = version or artifact.version
    digest = artifact.digest
    if artifact.kind == "image":
        architecture = artifact.platform.architecture if artifact.platform else ""
        purl = Purl("oci", name.rpartition("/")[2], str(digest), qualifiers=(("arch", architecture),))
        version = version or str(digest)
    else:
        purl = Purl("generic", name, version)
    return Package(
        purl=purl,
        name=name,
        version=version,
        checksums=() if artifact.is_listing else (Checksum(digest.algorithm, digest.hex),),
        purpose="CONTAINER" if artifact.kind == "image" else "APPLICATION",
    )


def _name_in(reference: str) -> str:
    """Give "app" for docker-archive:build/app.tar, oci:app:latest and host:5000/team/app@sha256:… alike."""
    path = re.sub(r"^(dir|file|oci|docker-archive|sbom):", "", reference).partition("@")[0].rstrip("/")
    return path.rpartition("/")[2].partition(":")[0].removesuffix(".tar") or "artifact"
