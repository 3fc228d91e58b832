"""Syft's own JSON.

Reads: schema 1 to 16, https://github.com/anchore/syft/tree/main/schema/json.  Writes: nothing, it is only read: the
form is one tool's.  Gives: packages with their places, layers, licences and CPE names; which needs which, and which
package of the operating system owns which other; source and distribution.  Cannot know: whether a package is installed
or only listed. Files are counted, not kept.
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING, Any

from custody.errors import InputError
from custody.model import Checksum, Digest, Distribution, Location, Package, Purl
from custody.model.licence import combine
from custody.sbom.interface import Format
from custody.sbom.json_bytes import looks_like, read_object
from custody.sbom.reading import Reading, first_purl, foreign_licence, generic, objects, source_package, text

if TYPE_CHECKING:
    from custody.model import Inventory

MEDIA_TYPE = "application/vnd.syft+json"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_INTEGRITY = re.compile(r"sha(1|256|384|512)-([A-Za-z0-9+/]+={0,2})")
_SOURCE = "source"

Table = dict[str, Any]


def decode(data: bytes, where: str) -> Inventory:
    """Read a document; InputError names `where`."""
    table = read_object(data, where)
    if not isinstance(table.get("artifacts"), list):
        raise InputError(f"{where}:artifacts", f"expected a list, got {table.get('artifacts')!r:.60}")
    reading = Reading(where=where, data=data, media_type=MEDIA_TYPE)
    found = table.get("source")
    source: Table = found if isinstance(found, dict) else {}
    root = _root(source)
    reading.add(_SOURCE, root, _SOURCE, purl=root.purl)
    for index, item in enumerate(table["artifacts"]):
        _read_artifact(reading, item, f"artifacts[{index}]")
    # Until schema 11 a source had no id of its own, and the edges from it are of no use: what nothing needs is its own.
    for edge in objects(table, "artifactRelationships"):
        parent, child, kind = text(edge, "parent"), text(edge, "child"), text(edge, "type")
        if kind == "dependency-of":
            reading.edge(child, parent, "depends_on")
        elif kind == "ownership-by-file-overlap":
            reading.edge(parent, child, "owns")
    reading.distribution = _distribution(table)
    reading.files = len(objects(table, "files"))
    return reading.inventory([_SOURCE], "")


def _root(source: Table) -> Package:
    kind = text(source, "type")
    metadata = source.get("metadata", source.get("target"))
    details: Table = metadata if isinstance(metadata, dict) else {}
    name = text(source, "name") or text(details, "userInput") or text(details, "path") or "document"
    version = text(source, "version")
    if kind != "image":
        return Package(purl=generic(name, version), name=name, version=version, purpose="APPLICATION")
    digest = text(details, "manifestDigest")
    bare = re.split("[@:]", name.rpartition("/")[2])[0] or name
    if not _DIGEST.fullmatch(digest):
        return Package(purl=generic(name, version), name=name, version=version, purpose="CONTAINER")
    tag = "" if _DIGEST.fullmatch(version) else version
    return Package(purl=Purl("oci", bare, digest), name=name, version=tag or digest, purpose="CONTAINER")


def _read_artifact(reading: Reading, item: object, place: str) -> None:
    if not isinstance(item, dict) or not text(item, "name"):
        reading.skip(place, f"expected a package with a name, got {item!r:.60}")
        return
    name, version = text(item, "name"), text(item, "version")
    version = "" if version == "UNKNOWN" else version
    purl = first_purl([text(item, "purl")])
    metadata = item.get("metadata")
    details: Table = metadata if isinstance(metadata, dict) else {}
    declared, concluded, texts = _licences(item)
    source_name, source_version = source_package(purl)
    reading.add(
        text(item, "id") or place,
        Package(
            purl=purl or generic(name, version),
            name=name,
            version=version,
            locations=_locations(item),
            licence_declared=declared,
            licence_concluded=concluded,
            licence_texts=texts,
            checksums=_checksums(details),
            cpes=_cpes(item),
            source_name=source_name,
            source_version=source_version,
            homepage=text(details, "homepage"),
            download_location=text(details, "resolved"),
            description=text(details, "description"),
        ),
        place,
        purl=purl,
    )


def _licences(item: Table) -> tuple[str | None, str | None, tuple[tuple[str, str], ...]]:
    """Give declared and concluded licence. Until schema 7 a licence was its bare words."""
    found: dict[str, list[str]] = {"declared": [], "concluded": []}
    texts: dict[str, str] = {}
    listed = item.get("licenses")
    for entry in listed if isinstance(listed, list) else ():
        table: Table = entry if isinstance(entry, dict) else {"value": entry}
        expression, made = foreign_licence(text(table, "spdxExpression") or text(table, "value"))
        if expression is not None and expression != "NONE":
            texts.update(made)
            found["concluded" if text(table, "type") == "concluded" else "declared"].append(expression)
    declared, concluded = (combine(found[how]) if found[how] else None for how in ("declared", "concluded"))
    return declared, concluded, tuple(sorted(texts.items()))


def _locations(item: Table) -> tuple[Location, ...]:
    """Give the places that are evidence, each once; what only supports them (a list of files) stands after them."""
    places = {
        (text(at, "path").lstrip("/"), text(at, "layerID"))
        for at in objects(item, "locations")
        if not isinstance(at.get("annotations"), dict) or text(at["annotations"], "evidence") != "supporting"
    }
    return tuple(
        Location(
            path=path,
            cataloger=text(item, "foundBy"),
            layer=Digest.parse(layer) if _DIGEST.fullmatch(layer) else None,
        )
        for path, layer in sorted(places)
        if path
    )


def _cpes(item: Table) -> tuple[str, ...]:
    """Give the CPE names; until schema 14 each was a bare text."""
    listed = item.get("cpes")
    names = (
        [entry if isinstance(entry, str) else text(entry, "cpe") for entry in listed if isinstance(entry, str | dict)]
        if isinstance(listed, list)
        else []
    )
    return tuple(sorted({name for name in names if name}))


def _checksums(details: Table) -> tuple[Checksum, ...]:
    found = {
        checksum
        for item in objects(details, "digest") + objects(details, "archiveDigests")
        if (checksum := Checksum.parse(text(item, "algorithm"), text(item, "value"))) is not None
    }
    for kind, encoded in _INTEGRITY.findall(text(details, "integrity")):
        try:
            checksum = Checksum.parse(f"sha{kind}", b64decode(encoded, validate=True).hex())
        except ValueError:
            continue
        if checksum is not None:
            found.add(checksum)
    return tuple(sorted(found))


def _distribution(table: Table) -> Distribution | None:
    found = table.get("distro")
    if not isinstance(found, dict) or not text(found, "id"):
        return None
    like = found.get("idLike")
    return Distribution(
        id=text(found, "id"),
        version=text(found, "versionID"),
        name=text(found, "name"),
        codename=text(found, "versionCodename"),
        like=tuple(name for name in like if isinstance(name, str)) if isinstance(like, list) else (),
    )


def recognises(data: bytes) -> bool:
    """Say whether it is a JSON object with artifacts and their relationships."""
    return looks_like(data, b'"artifactRelationships"') and b'"artifacts"' in data


FORMAT = Format(
    name="syft-json",
    media_type=MEDIA_TYPE,
    extension=".syft.json",
    versions=tuple(str(number) for number in range(1, 17)),
    writes=(),
    encode=None,
    decode=decode,
    recognises=recognises,
)
