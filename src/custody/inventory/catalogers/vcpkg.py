"""vcpkg → C and C++ ports: what is installed, and what a manifest asks for.

Reads: vcpkg/status with vcpkg/updates/* (the database of an installed tree) and share/PORT/vcpkg.spdx.json beside it;
vcpkg.json, https://learn.microsoft.com/vcpkg/reference/vcpkg-json (dependencies, features, overrides, host).
Gives: name, version (and port version, in the purl), edges, licence, home page, description, where the sources come
from with their SHA-512; of a manifest the project and its direct dependencies.
Cannot know: versions that a manifest leaves to its baseline, unless the installed tree stands beside it.

The purl-spec's `port_version` is stated where it is not 0. A port installed for several triplets is one package with
several pieces of evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import in_folder, is_below, nameless_project, parent, skipped_by, without_credentials
from custody.inventory.metadata import declared_licence, one_paragraph
from custody.model import Checksum, Dependency, Package, Purl, Skipped

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
_NEED = re.compile(r"\s*([a-z0-9][a-z0-9.-]*)(?:\[[^\]]*\])?(?::([A-Za-z0-9_-]+))?\s*(?:\([^)]*\))?\s*")
_VERSIONS = ("version", "version-string", "version-semver", "version-date")
_OTHERS = ("node_modules", "site-packages", "dist-packages", "testdata", "buildtrees", "ports")
MAX_UPDATES = 2000
"""Files in vcpkg/updates: vcpkg folds them into `status` each time it runs."""


def vcpkg(name: str, version: str, port_version: str = "") -> Purl:
    """Give the purl of a port."""
    return Purl("vcpkg", name, version, qualifiers=(("port_version", port_version if port_version != "0" else ""),))


# ── installed ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paragraph:
    fields: Mapping[str, str]
    path: str
    line: int


@dataclass(slots=True, kw_only=True)
class _Port:
    package: Package
    triplet: str
    needs: list[str]


def parse_installed(file: File, tree: Tree) -> Iterator[Found]:
    """Give the installed ports."""
    folder = parent(file.path)
    updates = [found for found in tree.under(f"{folder}/updates") if found.path.rpartition("/")[2].isdigit()]
    ports: dict[tuple[str, str], _Port] = {}
    for source in [file, *updates[:MAX_UPDATES]]:
        for paragraph in _paragraphs(source):
            try:
                _take(paragraph, ports, source, file)
            except InputError as error:
                yield skipped_by(error)
    root = parent(folder)
    for (name, triplet), port in ports.items():
        about, problem = _about(tree, f"{root}/{triplet}/share/{name}/vcpkg.spdx.json".lstrip("/"), port.package)
        yield from problem
        port.package = about
        yield port.package
    yield from sorted(set(_edges(ports)))


def _paragraphs(file: File) -> Iterator[_Paragraph]:
    fields: dict[str, str] = {}
    start = 1
    key = ""
    lines = file.data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    for number, line in enumerate([*lines, ""], 1):
        if not line.strip():
            if fields:
                yield _Paragraph(fields=fields, path=file.path, line=start)
            fields, start, key = {}, number + 1, ""
        elif line[0] in " \t" and key:
            fields[key] += " " + line.strip()
        else:
            key, _, value = line.partition(":")
            key = key.strip()
            fields[key] = value.strip()


def _take(paragraph: _Paragraph, ports: dict[tuple[str, str], _Port], source: File, file: File) -> None:
    """Put one paragraph into the table: a port, or a feature of one, with its last state."""
    fields, place = paragraph.fields, f"{paragraph.path}:line {paragraph.line}"
    name, triplet = fields.get("Package", ""), fields.get("Architecture", "")
    if not _NAME.fullmatch(name):
        raise InputError(place, f"expected a port's name, got {name[:60]!r}")
    status = fields.get("Status", "").split()
    if len(status) != 3:
        raise InputError(place, f"expected a status of three words, got {fields.get('Status', '')[:60]!r}")
    feature = (
        "" if fields.get("Feature") == "core" else fields.get("Feature", "")
    )  # the port itself, where it is written at all
    if status[2] != "installed":
        if not feature:
            ports.pop((name, triplet), None)
        return
    needs = [need for need in fields.get("Depends", "").split(",") if need.strip()]
    if feature:
        if (name, triplet) in ports:
            ports[name, triplet].needs += needs
        return
    version = fields.get("Version", "")
    if not version:
        raise InputError(place, "a port without a version")
    location = replace(file.location(f"{name}:{triplet}"), path=source.path, layer=source.layer)
    package = Package(
        purl=vcpkg(name, version, fields.get("Port-Version", "")),
        name=name,
        version=version,
        locations=(location,),
        description=one_paragraph(fields.get("Description", "")),
    )
    ports[name, triplet] = _Port(package=package, triplet=triplet, needs=needs)


def _edges(ports: Mapping[tuple[str, str], _Port]) -> Iterator[Dependency]:
    for port in ports.values():
        for need in port.needs:
            match = _NEED.fullmatch(need) if len(need) < 500 else None
            target = ports.get((match[1], match[2] or port.triplet)) if match else None
            if target is not None:
                # a tool that only builds stands under the machine's own triplet, which is not told apart here
                yield Dependency(source=port.package.id, target=target.package.id)


def _about(tree: Tree, path: str, package: Package) -> tuple[Package, tuple[Skipped, ...]]:
    """Add what the SPDX document says that vcpkg writes for each port (its first package is the port)."""
    found = tree.get(path)
    if found is None:
        return package, ()
    try:
        document = Fields.from_json(found.data, found.path)
        ports = [item for item in document.each("packages") if item.text_or("SPDXID") == "SPDXRef-port"]
        if not ports:
            return package, ()
        port = ports[0]
        said = port.text_or("licenseConcluded")
        licence, texts = declared_licence("" if said == "NOASSERTION" else said)
        resources = [item for item in document.each("packages") if "resource" in item.text_or("SPDXID")]
        download, checksums = _source(resources)
        return replace(
            package,
            licence_declared=licence,
            licence_texts=texts,
            homepage=without_credentials(port.text_or("homepage")),
            download_location=download,
            checksums=checksums,
        ), ()
    except InputError as error:
        return package, (skipped_by(error),)


def _source(resources: list[Fields]) -> tuple[str, tuple[Checksum, ...]]:
    """Give where the sources come from, where that is one place."""
    if len(resources) != 1:
        return "", ()
    location = resources[0].text_or("downloadLocation")
    checksums = [
        checksum
        for item in resources[0].each("checksums")
        if (checksum := Checksum.parse(item.text_or("algorithm"), item.text_or("checksumValue")))
    ]
    return "" if location in ("NOASSERTION", "NONE") else without_credentials(location), tuple(checksums)


# ── manifests ────────────────────────────────────────────────────────────────────────────────────────────────────────


def parse_manifest(file: File, tree: Tree) -> Iterator[Found]:
    """Give the project and what it asks for directly. Raises InputError: not JSON, or of other types."""
    folder = parent(file.path)
    if is_below(file.path, *_OTHERS) or tree.exists(in_folder(folder, "portfile.cmake")):
        return
    manifest = Fields.from_json(file.data, file.path)
    if not any(key in manifest for key in ("dependencies", "features", "name")):
        return
    project = _project(manifest, file)
    yield project
    pins = {item.text("name"): _version(item) for item in manifest.each("overrides")}
    there = _installed(tree, in_folder(folder, "vcpkg_installed"))
    read = partial(_need, pins=pins, there=there, file=file)
    yield from _needs(project, manifest, "dependencies", "depends_on", read)
    for _, feature in manifest.tables("features"):
        yield from _needs(project, feature, "dependencies", "optional", read)


def _project(manifest: Fields, file: File) -> Package:
    base = nameless_project(file)
    name, version = manifest.text_or("name"), _version(manifest)
    if name:
        port_version = str(manifest.value.get("port-version", "")) if version else ""
        base = replace(base, purl=vcpkg(name, version, port_version), name=name, version=version)
    licence, texts = declared_licence(manifest.text_or("license"))
    description = manifest.value.get("description", "")
    lines = [line for line in description if isinstance(line, str)] if isinstance(description, list) else [description]
    return replace(
        base,
        licence_declared=licence,
        licence_texts=texts,
        description=one_paragraph(" ".join(line for line in lines if isinstance(line, str))),
        homepage=without_credentials(manifest.text_or("homepage")),
    )


def _version(table: Fields) -> str:
    """Give the version under whichever of its four names; "1.2.3#4" holds the port version too."""
    for key in _VERSIONS:
        if key in table:
            return table.text(key).partition("#")[0]
    return ""


def _needs(project: Package, table: Fields, key: str, relation: str, read: Any) -> Iterator[Found]:  # noqa: ANN401
    for index, item in enumerate(table.items(key)):
        place = f"{table.path}.{key}[{index}]" if table.path else f"{key}[{index}]"
        try:
            package, host = read(item, place)
        except InputError as error:
            yield skipped_by(error)
            continue
        if package.purl.name == project.purl.name and package.purl.type == project.purl.type:
            continue  # a feature that asks for another feature of the same port
        yield package
        yield Dependency(source=project.id, target=package.id, relation="build" if host else relation)


def _need(item: object, place: str, *, pins: Mapping[str, str], there: Mapping[str, Package], file: File) -> Any:  # noqa: ANN401
    """Read one dependency: a name, or a table with `name`, `host` and `version>=`. Gives it, and if of a host."""
    table = Fields(item if isinstance(item, dict) else {"name": item}, file.path, place)
    name = table.text("name")
    if not _NAME.fullmatch(name):
        raise InputError(file.at(place), f"expected a port's name, got {name[:60]!r}")
    host = table.boolean("host")
    if name in there:
        return replace(there[name], locations=(file.location(place),), installed=False), host
    version = pins.get(name, "")
    least = table.text_or("version>=")
    note = f"{place} >={least}" if least and not version else place
    package = Package(
        purl=vcpkg(name, version), name=name, version=version, locations=(file.location(note),), installed=False
    )
    return package, host


def _installed(tree: Tree, folder: str) -> dict[str, Package]:
    """Give the ports that are installed beside a manifest, by name, where there is one version of each."""
    status = tree.get(f"{folder}/vcpkg/status")
    if status is None:
        return {}
    packages: dict[str, Package] = {}
    for found in parse_installed(status, tree):
        if isinstance(found, Package):
            packages.setdefault(found.name, Package(purl=found.purl, name=found.name, version=found.version))
    return packages


CATALOGERS = (
    Cataloger(
        name="vcpkg-installed",
        globs=("**/vcpkg/status",),
        beside=("**/vcpkg/updates/*", "**/share/*/vcpkg.spdx.json"),
        gives=("name", "version", "edges", "licence", "home page", "description", "download", "checksum"),
        cannot_know=("which edges are only for the build",),
        parse=parse_installed,
    ),
    Cataloger(
        name="vcpkg-manifest",
        globs=("**/vcpkg.json",),
        beside=("**/vcpkg/status", "**/vcpkg/updates/*", "**/portfile.cmake"),
        gives=("name", "version", "edges", "relations", "project", "licence", "home page", "description"),
        cannot_know=("version left to the baseline", "what is needed indirectly"),
        parse=parse_manifest,
    ),
)
