"""A snapshot for GitHub's dependency submission API.

Writes and reads: version 0 of the snapshot, https://docs.github.com/en/rest/dependency-graph/dependency-submission.
Gives: packages by the file that names them, direct or indirect, runtime or development, and what each one needs; the
licence stands in the metadata of each, for people.  Cannot know: nearly all else. `sha` and `ref` are those of the git
commit that the artifact was made from; where none is known they are empty, and whoever submits it fills them in.
A manifest is a file in which packages were found; packages that were found in none stand in one named by the artifact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from custody.errors import InputError
from custody.model import Location, Package, format_time
from custody.sbom.cyclonedx.scope import scopes
from custody.sbom.interface import Document, Format
from custody.sbom.json_bytes import joined, looks_like, read_object
from custody.sbom.reading import Reading, first_purl, foreign_licence, generic, text
from custody.sbom.texts import label, line, shown
from custody.sbom.unsaid import unsaid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from custody.model import Inventory

MEDIA_TYPE = "application/vnd.github.dependency-snapshot+json"
_DIRECT = frozenset({"depends_on", "dev", "optional", "peer", "build", "contains"})

Table = dict[str, Any]


def encode(document: Document, version: str) -> bytes:  # noqa: ARG001 - there is one version
    """Write the snapshot. The job's id is made from all other bytes."""
    context, git = document.context, document.context.git
    correlator = line(f"{context.tool} {document.title}")
    head = {
        "version": 0,
        "sha": git.commit if git else "",
        "ref": git.ref if git else "",
        "scanned": format_time(document.created),
        "detector": {
            "name": line(context.tool),
            "version": line(context.tool_version),
            "url": "https://custody.example/",
        },
    }
    tail = {"manifests": _manifests(document)}

    def job(body: bytes) -> Table:
        return {"job": {"correlator": correlator, "id": str(document.identity(correlator.encode() + body))}}

    return joined(head, tail, job)


def _manifests(document: Document) -> Table:
    inventory = document.inventory
    edges: dict[str, dict[str, list[str]]] = {}
    for edge in sorted(inventory.dependencies):
        edges.setdefault(edge.source, {}).setdefault(edge.relation, []).append(edge.target)
    scope = scopes(inventory.root.id, edges)
    # What the artifact needs itself, and what a project inside it needs: a project is an application that is listed.
    tops = [inventory.root.id, *(p.id for p in inventory.packages if p.purpose == "APPLICATION")]
    direct = {
        target for top in tops for kind, found in edges.get(top, {}).items() if kind in _DIRECT for target in found
    }
    manifests: Table = {}
    for package in sorted(inventory.packages, key=lambda package: package.id):
        entry: Table = {
            "package_url": package.id,
            "relationship": "direct" if package.id in direct else "indirect",
            "scope": "development" if scope.get(package.id) == "excluded" else "runtime",
            "dependencies": sorted(
                {t for kind, found in edges.get(package.id, {}).items() if kind != "owns" for t in found}
            ),
        }
        licence = package.licence_declared or package.licence_concluded
        if licence:
            entry["metadata"] = {"licence": shown(licence)}
        for path in _paths(package.locations) or [""]:
            name = path or label(inventory.root)
            manifest = manifests.setdefault(name, {"name": name})
            if path:
                manifest["file"] = {"source_location": path}
            manifest.setdefault("resolved", {})[package.id] = entry
    return dict(sorted(manifests.items()))


def _paths(locations: Iterable[Location]) -> list[str]:
    return sorted({shown(location.path) for location in locations})


def losses(document: Document, version: str) -> Iterable[str]:  # noqa: ARG001
    """Give what the snapshot does not say."""
    git = document.context.git
    if git is None:
        yield "the commit: sha and ref are empty, and the API wants them"
    yield from unsaid(document, ("dependencies", "licence_declared", "locations", "name"))


def decode(data: bytes, where: str) -> Inventory:
    """Read a snapshot; InputError names `where`."""
    table = read_object(data, where)
    manifests = table.get("manifests")
    if not isinstance(manifests, dict):
        raise InputError(f"{where}:manifests", f"expected a table, got {manifests!r:.60}")
    reading = Reading(where=where, data=data, media_type=MEDIA_TYPE)
    for key, manifest in manifests.items():
        resolved = manifest.get("resolved") if isinstance(manifest, dict) else None
        if not isinstance(resolved, dict):
            if resolved is not None or not isinstance(manifest, dict):
                reading.skip(f"manifests.{key}", "expected a table of resolved packages")
            continue
        _read_manifest(reading, f"manifests.{key}", manifest, resolved)
    job = table.get("job")
    return reading.inventory([], text(job, "correlator") if isinstance(job, dict) else "")


def _read_manifest(reading: Reading, place: str, manifest: Table, resolved: Table) -> None:
    file = manifest.get("file")
    path = text(file, "source_location").lstrip("/") if isinstance(file, dict) else ""
    names: dict[str, str] = {}
    top = f"{place}:"
    if path or text(manifest, "name"):
        name = path or text(manifest, "name")
        project = Package(purl=generic(name, ""), name=name, purpose="APPLICATION", installed=False)
        reading.add(top, project, top, purl=project.purl)
    for name, entry in resolved.items():
        at = f"{place}.resolved.{name}"
        purl = first_purl([text(entry, "package_url")]) if isinstance(entry, dict) else None
        if purl is None:
            reading.skip(at, "no usable package_url")
            continue
        metadata = entry.get("metadata")
        words = (text(metadata, "licence") or text(metadata, "license")) if isinstance(metadata, dict) else ""
        licence, texts = foreign_licence(words)
        package = Package(
            purl=purl,
            name=purl.full_name,
            version=purl.version,
            locations=(Location(path=path, cataloger=""),) if path else (),
            licence_declared=licence,
            licence_texts=texts,
            installed=False,
        )
        names[name] = names[package.id] = reading.add(at, package, at, purl=purl)
    for name, entry in resolved.items():
        if name not in names:
            continue
        if top in reading.packages and text(entry, "relationship") != "indirect":
            reading.edge(top, names[name], "dev" if text(entry, "scope") == "development" else "depends_on")
        needed = entry.get("dependencies")
        for target in needed if isinstance(needed, list) else ():
            if isinstance(target, str):
                meant = names.get(target) or names.get(str(first_purl([target])), target)
                reading.edge(names[name], meant, "depends_on")


def recognises(data: bytes) -> bool:
    """Say whether it is a JSON object with a detector and manifests."""
    return looks_like(data, b'"manifests"') and b'"detector"' in data


FORMAT = Format(
    name="github",
    media_type=MEDIA_TYPE,
    extension=".github.json",
    versions=("0",),
    writes=("0",),
    encode=encode,
    decode=decode,
    recognises=recognises,
    losses=losses,
)
