"""Trivy's own JSON report.

Reads: schema 2 with packages (`--list-all-pkgs`, the default since Trivy 0.50), and what each needs,
https://trivy.dev/latest/docs/configuration/reporting/#json.  Writes: nothing, it is only read: the form is one tool's.
Gives: packages with their files, layers, licences, source packages and checksums; direct or not, development or not;
the image and its distribution.  Cannot know: why an image has a package that nothing needs. Vulnerabilities, secrets
and misconfigurations are passed over: they are no inventory.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from custody.errors import InputError
from custody.model import Checksum, Digest, Distribution, Location, Package, Purl
from custody.model.licence import combine
from custody.sbom.interface import Format
from custody.sbom.json_bytes import looks_like, read_object
from custody.sbom.reading import Reading, first_purl, foreign_licence, generic, objects, text

if TYPE_CHECKING:
    from custody.model import Inventory

MEDIA_TYPE = "application/vnd.aquasec.trivy.report+json"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MAINTAINER = re.compile(r"([^<>()]+?)\s*(?:<([^<>\s]+)>)?")
_ROOT = "ArtifactName"
_BINARIES = ("gobinary", "rustbinary")
"""Kinds of results that are not of a lock file, though their packages have no file of their own."""

Table = dict[str, Any]


def decode(data: bytes, where: str) -> Inventory:
    """Read a report; InputError: it is none, or lists no packages, so that nothing can be said of them."""
    table = read_object(data, where)
    results = objects(table, "Results")
    if table.get("SchemaVersion") != 2:
        raise InputError(f"{where}:SchemaVersion", f"expected 2, got {table.get('SchemaVersion')!r:.40}")
    listed = [result for result in results if isinstance(result.get("Packages"), list)]
    if results and not listed:
        raise InputError(where, "a Trivy report without packages", "run Trivy again with --list-all-pkgs")
    reading = Reading(where=where, data=data, media_type=MEDIA_TYPE)
    root = _root(table)
    reading.add(_ROOT, root, _ROOT, purl=root.purl)
    for index, result in enumerate(listed):
        _read_result(reading, result, f"Results[{results.index(result) if len(listed) != len(results) else index}]")
    return reading.inventory([_ROOT], "")


def _root(table: Table) -> Package:
    name = text(table, "ArtifactName") or "document"
    metadata = table.get("Metadata")
    details: Table = metadata if isinstance(metadata, dict) else {}
    if text(table, "ArtifactType") != "container_image":
        return Package(purl=generic(name, ""), name=name, purpose="APPLICATION")
    digests = details.get("RepoDigests")
    for reference in digests if isinstance(digests, list) else ():
        repository, _, digest = str(reference).partition("@")
        if _DIGEST.fullmatch(digest) and repository:
            bare = repository.rpartition("/")[2]
            return Package(purl=Purl("oci", bare, digest), name=name, version=digest, purpose="CONTAINER")
    return Package(purl=generic(name, ""), name=name, purpose="CONTAINER")


def _read_result(reading: Reading, result: Table, place: str) -> None:
    kind, target = text(result, "Class"), text(result, "Target")
    if kind == "os-pkgs" and reading.distribution is None:
        # Target is "<artifact> (<family> <version>)"; Metadata.OS says the same where there is one.
        match = re.search(r"\((\S+) ([^()]+)\)$", target)
        reading.distribution = Distribution(id=text(result, "Type"), version=match[2] if match else "")
    names: dict[str, str] = {}
    read: list[tuple[str, Table]] = []
    for index, item in enumerate(result["Packages"]):
        at = f"{place}.Packages[{index}]"
        if not isinstance(item, dict) or not text(item, "Name"):
            reading.skip(at, f"expected a package with a name, got {item!r:.60}")
            continue
        package, purl = _package(item, result)
        name = reading.add(at, package, at, purl=purl)
        for key in (text(item, "ID"), _identifier(item, "UID")):
            if key:
                names.setdefault(key, name)
        read.append((name, item))
    projects = [name for name, item in read if text(item, "Relationship") in ("root", "workspace")]
    for name, item in read:
        if name in projects:
            reading.edge(_ROOT, name, "contains")
        elif text(item, "Relationship") == "direct" and len(projects) <= 1:  # of several, `DependsOn` says whose it is
            kind = "dev" if item.get("Dev") is True else "depends_on"
            if not projects or kind == "dev":
                reading.edge(projects[0] if projects else _ROOT, name, kind)
        needed = item.get("DependsOn")
        for target in needed if isinstance(needed, list) else ():
            if isinstance(target, str):
                reading.edge(name, names.get(target, target), "depends_on")


def _package(item: Table, result: Table) -> tuple[Package, Purl | None]:
    name, version = text(item, "Name"), _version(item, "")
    purl = first_purl([_identifier(item, "PURL")])
    declared, texts = _licences(item)
    source = text(item, "SrcName")
    path = text(item, "FilePath") or (text(result, "Target") if text(result, "Class") == "lang-pkgs" else "")
    layer = item.get("Layer")
    digest = (text(layer, "DiffID") or text(layer, "Digest")) if isinstance(layer, dict) else ""
    lines = objects(item, "Locations")
    at = f"line {lines[0]['StartLine']}" if lines and isinstance(lines[0].get("StartLine"), int) else ""
    location = Location(
        path=path.lstrip("/"),
        cataloger=text(item, "AnalyzedBy") or text(result, "Type"),
        where=at,
        layer=Digest.parse(digest) if _DIGEST.fullmatch(digest) else None,
    )
    algorithm, _, digits = text(item, "Digest").partition(":")
    checksum = Checksum.parse(algorithm, digits)
    made = Package(
        purl=purl or generic(name, version),
        name=name,
        version=version,
        locations=(location,) if location.path else (),
        licence_declared=declared,
        licence_texts=texts,
        checksums=(checksum,) if checksum else (),
        source_name=source,
        source_version=_version(item, "Src") if source else "",
        supplier=_supplier(text(item, "Maintainer")),
        installed=text(result, "Class") != "lang-pkgs"
        or bool(text(item, "FilePath"))
        or text(result, "Type") in _BINARIES,
    )
    return made, purl


def _identifier(item: Table, key: str) -> str:
    """Give a part of `Identifier`; until 0.48 the purl stood in `Ref`."""
    found = item.get("Identifier")
    return text(found, key) if isinstance(found, dict) else (text(item, "Ref") if key == "PURL" else "")


def _version(item: Table, prefix: str) -> str:
    """Give `[epoch:]version[-release]`."""
    version, release = text(item, f"{prefix}Version"), text(item, f"{prefix}Release")
    epoch = item.get(f"{prefix}Epoch")
    version = f"{version}-{release}" if release else version
    return f"{epoch}:{version}" if isinstance(epoch, int) and epoch and version else version


def _licences(item: Table) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    found: list[str] = []
    texts: dict[str, str] = {}
    listed = item.get("Licenses")
    for words in listed if isinstance(listed, list) else ():
        expression, made = foreign_licence(words) if isinstance(words, str) else (None, ())
        if expression is not None and expression != "NONE":
            found.append(expression)
            texts.update(made)
    return (combine(found) if found else None), tuple(sorted(texts.items()))


def _supplier(maintainer: str) -> str:
    """Give a maintainer as Trivy's own SPDX documents do: nobody says whether it is a person or a team."""
    match = _MAINTAINER.fullmatch(" ".join(maintainer.split()))
    if match is None:
        return ""
    return f"Organization: {match[1]} ({match[2]})" if match[2] else f"Organization: {match[1]}"


def recognises(data: bytes) -> bool:
    """Say whether it is a JSON object with a schema version and the name of an artifact, as only Trivy writes them."""
    return looks_like(data, b'"SchemaVersion"') and b'"ArtifactName"' in data


FORMAT = Format(
    name="trivy-json",
    media_type=MEDIA_TYPE,
    extension=".trivy.json",
    versions=("2",),
    writes=(),
    encode=None,
    decode=decode,
    recognises=recognises,
)
