"""The table of a CycloneDX document as an inventory.

Spec: https://cyclonedx.org/specification/overview/, versions 1.0 to 1.7. Nested components are contained in the
outer one. Services, vulnerabilities and what else is no component are passed over; components of the type `file` are
counted, not kept, unless they have a purl. The location and layer notes of other tools are read where they are known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import UNSET

from custody.errors import InputError
from custody.model import Checksum, Digest, Distribution, Inventory, Location, Package, Purl
from custody.model.licence import combine
from custody.sbom.carry import DocumentCarry, PackageCarry, carried_fields, is_carry, read_carry
from custody.sbom.cyclonedx.kept import keep_component, keep_document
from custody.sbom.cyclonedx.shape import VERSIONS
from custody.sbom.cyclonedx.terms import DOCUMENT, LICENCE_TEXT, PACKAGE, TYPES
from custody.sbom.licences import references, renamed
from custody.sbom.reading import Reading, first_purl, foreign_licence, generic, objects, source_package, text

__all__ = ["read_cyclonedx"]

Table = dict[str, Any]
Texts = dict[str, str]

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SYFT_PATH = re.compile(r"syft:location:([0-9]+):path")
_ROOT = "metadata.component"


def read_cyclonedx(table: Table, data: bytes, where: str, media_type: str) -> Inventory:
    """Read a decoded document; data: its bytes, by which it is known where it states no digest of its subject."""
    if table.get("bomFormat") != "CycloneDX":
        raise InputError(f"{where}:bomFormat", f"expected CycloneDX, got {table.get('bomFormat')!r:.60}")
    versions = VERSIONS if media_type.endswith("xml") else VERSIONS[VERSIONS.index("1.2") :]
    if table.get("specVersion") not in versions:
        raise InputError(
            f"{where}:specVersion", f"expected one of {', '.join(versions)}, got {table.get('specVersion')!r:.60}"
        )
    if not isinstance(table.get("components", []), list):
        raise InputError(f"{where}:components", f"expected a list, got {table['components']!r:.60}")
    metadata = table.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    properties = _properties(metadata)
    note = properties.get(DOCUMENT)
    carry = (
        read_carry(note, DocumentCarry, f"{where}:metadata.properties") if note is not None and is_carry(note) else None
    )
    reading = Reading(where=where, data=data, media_type=media_type, carry=carry)
    known = _Known(
        texts={
            name.removeprefix(LICENCE_TEXT): value
            for name, value in properties.items()
            if name.startswith(LICENCE_TEXT)
        }
    )
    roots: list[str] = []
    component = metadata.get("component")
    pending: list[tuple[object, str, str]] = []  # what to read, where it stands, and the name of what contains it
    if isinstance(component, dict):
        pending.append((component, _ROOT, ""))
    listed = table.get("components", [])
    pending += [(item, f"components[{index}]", "") for index, item in enumerate(listed)]
    for item, place, outer in pending:  # grows while it runs, so that no depth of nesting can exhaust the stack
        name = _read_component(reading, item, place, known)
        if name and place == _ROOT:
            roots.append(name)
        if name and outer and outer != name and not reading.ours:
            reading.edge(outer, name, "contains")
        if isinstance(item, dict) and isinstance(item.get("components"), list):
            inner = name if name and place != _ROOT else outer
            pending += [(part, f"{place}.components[{index}]", inner) for index, part in enumerate(item["components"])]
    edges = _read_dependencies(reading, table, known)
    more = {"components": known.others, "edges": edges}
    reading.extra = keep_document(table, carry, reading.ids, more)
    return reading.inventory(roots, "")


@dataclass(slots=True, kw_only=True)
class _Known:
    """What the components of one document share.

    texts: of LicenseRefs; relations: name of a component → relation → targets, of our notes; others: components that
    are no packages, and the names by which edges call them and the services.
    """

    texts: Texts
    relations: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    others: list[object] = field(default_factory=list)


def _properties(table: Table) -> Texts:
    return {text(item, "name"): text(item, "value") for item in objects(table, "properties")}


def _read_component(reading: Reading, item: object, place: str, known: _Known) -> str:
    """Read one component, and give the name that the document uses for it, "" where it is no package."""
    if not isinstance(item, dict):
        reading.skip(place, f"expected a component, got {item!r:.60}")
        return ""
    kind, bare, group = text(item, "type"), text(item, "name"), text(item, "group")
    purl = first_purl([text(item, "purl")])
    if not bare or (kind == "file" and purl is None and place != _ROOT):
        if bare:
            reading.files += 1
        elif not reading.ours:  # there it was noted when it was read first
            reading.skip(place, "a component without a name")
        known.others.append({key: value for key, value in item.items() if key != "components"})
        return ""
    separator = ":" if purl is not None and purl.type == "maven" else "/"
    name = f"{group}{separator}{bare}" if group and not bare.startswith(f"{group}{separator}") else bare
    version = text(item, "version")
    if kind == "operating-system" and reading.distribution is None:
        reading.distribution = Distribution(id=bare.lower(), version=version)
    properties = _properties(item)
    carry, at = None, f"{reading.where}:{place}.properties"
    if reading.ours and is_carry(properties.get(PACKAGE)):
        carry = read_carry(properties[PACKAGE], PackageCarry, at)
    declared, concluded, licence_texts = _licences(item, known.texts, carry, ours=reading.ours)
    source_name, source_version = ("", "") if reading.ours else _source(purl, properties)
    website, download = _references(item)
    package = Package(
        purl=purl or generic(name, version),
        name=name,
        version=version or ("" if reading.ours or purl is None else purl.version),
        locations=() if reading.ours else _locations(item, properties),
        licence_declared=declared,
        licence_concluded=concluded,
        licence_texts=tuple(sorted(licence_texts.items())),
        checksums=_hashes(item),
        source_name=source_name,
        source_version=source_version,
        supplier=_organization(item.get("supplier")),
        originator=_originator(item),
        homepage=website,
        download_location=download,
        description=text(item, "description"),
        copyright=text(item, "copyright"),
        cpes=_cpes(item, properties),
        purpose=TYPES.get(kind, "OTHER"),
    )
    if carry is not None:
        package = replace(package, **carried_fields(carry, at))
    if extra := keep_component(item, package, carry, ours=reading.ours, root=place == _ROOT):
        package = replace(package, extra=extra)
    stated = generic(name, version) if kind == "operating-system" else purl
    reference = reading.add(text(item, "bom-ref") or place, package, place, purl=stated)
    if carry is not None and carry.relations is not UNSET:
        known.relations[reference] = carry.relations
    return reference


def _cpes(item: Table, properties: Texts) -> tuple[str, ...]:
    """Give the CPE names: the component's own, and those that Syft adds as properties."""
    found = [text(item, "cpe")]
    if "syft:cpe23" in properties:
        found += [text(p, "value") for p in objects(item, "properties") if text(p, "name") == "syft:cpe23"]
    return tuple(dict.fromkeys(name for name in found if name))


def _hashes(item: Table) -> tuple[Checksum, ...]:
    found = (Checksum.parse(text(hashed, "alg"), text(hashed, "content")) for hashed in objects(item, "hashes"))
    return tuple(checksum for checksum in found if checksum is not None)


# ── licences ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _licences(
    item: Table, texts: Texts, carry: PackageCarry | None, *, ours: bool
) -> tuple[str | None, str | None, Texts]:
    """Give the declared and the concluded expression, and the texts of their LicenseRefs.

    texts: those that the document states; ours: it is our document, where an expression stands as it is or not at all.
    """
    evidence = item.get("evidence")
    observed = objects(evidence, "licenses") if isinstance(evidence, dict) else []
    used: Texts = {}
    if ours:
        declared, concluded = (_own(choices) for choices in (objects(item, "licenses"), observed))
    else:
        declared, concluded = _choice(objects(item, "licenses"), "declared", used)
        concluded = concluded or _choice(observed, "concluded", used)[1]
    for expression in (declared, concluded):
        for reference in references(expression or ""):
            if reference in texts:
                used[reference] = texts[reference]
    if carry is not None and carry.references is not UNSET:
        names = carry.references
        declared, concluded = declared and renamed(declared, names), concluded and renamed(concluded, names)
        used = {names.get(key, key): value for key, value in used.items()}
    return declared, concluded, used


def _own(choices: list[Table]) -> str | None:
    return next((text(choice, "expression") for choice in choices), "") or None


def _choice(choices: list[Table], usually: str, texts: Texts) -> tuple[str | None, str | None]:
    """Give the declared and the concluded licences of a list, each as one expression.

    usually: what an entry is that does not say it. Several entries are joined by AND: the specification leaves open
    what a list means, and all of them is the reading under which no duty is overlooked.
    """
    found: dict[str, list[str]] = {"declared": [], "concluded": []}
    for choice in choices:
        inner = choice.get("license")
        entry: Table = inner if isinstance(inner, dict) else choice
        how = text(entry, "acknowledgement") or text(choice, "acknowledgement")
        expression, made = foreign_licence(text(choice, "expression") or text(entry, "id") or text(entry, "name"))
        if expression is None:
            continue
        content = entry.get("text")
        if len(made) == 1 and isinstance(content, dict) and text(content, "content") and not text(content, "encoding"):
            made = ((made[0][0], text(content, "content")),)
        texts.update(made)
        found[how if how in found else usually].append(expression)
    return _joined(found["declared"]), _joined(found["concluded"])


def _joined(expressions: list[str]) -> str | None:
    stated = [expression for expression in expressions if expression != "NONE"]
    return combine(stated) if stated else ("NONE" if expressions else None)


# ── who, where, from what ────────────────────────────────────────────────────────────────────────────────────────────


def _organization(value: object) -> str:
    """Give an `organizationalEntity` in the model's words."""
    if not isinstance(value, dict):
        return ""
    contact = next(iter(objects(value, "contact")), {})
    if text(value, "name"):
        return _named("Organization", text(value, "name"), text(contact, "email"))
    return _named("Person", text(contact, "name"), text(contact, "email")) if text(contact, "name") else ""


def _named(kind: str, name: str, email: str) -> str:
    name = " ".join(name.split())
    return f"{kind}: {name} ({email})" if email else f"{kind}: {name}"


def _originator(item: Table) -> str:
    """Give who made a component: `manufacturer` and `authors` since 1.6, before that `author` and `publisher`."""
    made = _organization(item.get("manufacturer"))
    if made:
        return made
    author = next(iter(objects(item, "authors")), {})
    if text(author, "name"):
        return _named("Person", text(author, "name"), text(author, "email"))
    if text(item, "author").strip():
        return _named("Person", text(item, "author"), "")
    return _named("Organization", text(item, "publisher"), "") if text(item, "publisher").strip() else ""


def _references(item: Table) -> tuple[str, str]:
    """Give the website and the place to download from."""
    found: Texts = {}
    for reference in objects(item, "externalReferences"):
        found.setdefault(text(reference, "type"), text(reference, "url"))
    download = found.get("distribution", "")
    vcs = found.get("vcs", "")
    return found.get("website", ""), download or (vcs if "+" in vcs.partition(":")[0] or vcs.startswith("git:") else "")


def _source(purl: Purl | None, properties: Texts) -> tuple[str, str]:
    name = properties.get("aquasecurity:trivy:SrcName", "")
    if not name:
        return source_package(purl)
    version, release, epoch = (
        properties.get(f"aquasecurity:trivy:Src{part}", "") for part in ("Version", "Release", "Epoch")
    )
    version = f"{version}-{release}" if release else version
    return name, f"{epoch}:{version}" if epoch not in ("", "0") else version


def _locations(item: Table, properties: Texts) -> tuple[Location, ...]:
    """Give where the package was found: `evidence.occurrences`, and the properties in which Syft and Trivy say it."""
    evidence = item.get("evidence")
    found = {
        (text(at, "location"), "") for at in (objects(evidence, "occurrences") if isinstance(evidence, dict) else [])
    }
    for name, path in properties.items():
        if match := _SYFT_PATH.fullmatch(name):
            found.add((path, properties.get(f"syft:location:{match[1]}:layerID", "")))
    trivy = properties.get("aquasecurity:trivy:FilePath", "")
    if trivy:
        found.add((trivy, properties.get("aquasecurity:trivy:LayerDiffID", "")))
    cataloger = properties.get("syft:package:foundBy", "")
    return tuple(
        Location(
            path=path.lstrip("/"), cataloger=cataloger, layer=Digest.parse(layer) if _DIGEST.fullmatch(layer) else None
        )
        for path, layer in sorted(found)
        if path.lstrip("/")
    )


# ── dependencies ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_dependencies(reading: Reading, table: Table, known: _Known) -> list[list[str]]:
    """Read the edges; gives those not between packages: source, kind, target, by the next document's names."""
    left: list[list[str]] = []
    others = {text(item, "bom-ref") for item in known.others if isinstance(item, dict)}
    others |= {text(service, "bom-ref") for service in objects(table, "services")}
    ids = reading.ids
    names = {purl: name for name, purl in ids.items()}  # some tools name a component by its purl that has another name
    for entry in objects(table, "dependencies"):
        source = text(entry, "ref")
        source = source if source in ids else names.get(source, source)
        special = known.relations.get(source, {})
        named = {target for targets in special.values() for target in targets}
        for kind in ("dependsOn", "provides"):
            targets = entry.get(kind)
            for target in targets if isinstance(targets, list) else ():
                if not isinstance(target, str) or target in named:
                    continue
                target = target if target in ids else names.get(target, target)
                if kind == "dependsOn" and source in ids and target in ids:
                    reading.edge(source, target, "depends_on")
                    continue
                left.append([ids.get(source, source), kind, ids.get(target, target)])
                if kind == "dependsOn" and not reading.ours and not {source, target} <= others | ids.keys():
                    reading.edge(source, target, "depends_on")  # it leads nowhere, which is noted
    for source, special in known.relations.items():
        for relation, targets in special.items():
            for target in targets:
                reading.edge(source, target, relation)
    return left
