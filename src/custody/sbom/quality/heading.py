"""What a document says of itself, whatever format it is in: who made it, when, with what, under which name.

An inventory is about the artifact; this is about the document. A fact is None, or empty, where the document does not
say it; `silent` names the facts that its format has no place for, of which nothing can be said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from custody.errors import InputError
from custody.model import Purl
from custody.sbom.formats import FORMATS
from custody.sbom.json_bytes import read_object
from custody.sbom.reading import first_purl, generic, objects, text

__all__ = ["Actor", "Heading", "Tool", "document_table", "read_heading"]

Table = dict[str, Any]

_SPDX_ACTOR = re.compile(r"(Person|Organization|Tool): *(.*?) *(?:\(([^()]*)\))?")
_TOOL_VERSION = re.compile(r"(.+?)[- ]v?(\d[^\s]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person or organisation. contact: e-mail or address of a page, "" where none is given."""

    name: str
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool. version: "" where it is not given."""

    name: str
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What a document says of itself.

    format: key of `FORMATS`; standard: "SPDX" or "CycloneDX", "" for a format that is neither; version: of the
    standard; identity: namespace or serial number; complete: whether it says how complete its lists are; context:
    life-cycle phases; signed: whether a signature is inside; stated_unknown: purl → facts that it states to be unknown
    (NOASSERTION), as "supplier"; silent: facts that the format has no place for; purls: all that stand in it, as we
    write them; edges: how many relations between packages it states; purposes: how many components say what they are
    for, None where that is not counted; vulnerabilities: how many it tells of.
    """

    format: str
    standard: str = ""
    version: str = ""
    created: str = ""
    identity: str = ""
    data_licence: str = ""
    authors: tuple[Actor, ...] = ()
    suppliers: tuple[Actor, ...] = ()
    tools: tuple[Tool, ...] = ()
    context: tuple[str, ...] = ()
    complete: bool = False
    signed: bool = False
    describes: bool = False
    edges: int = 0
    purposes: int | None = None
    vulnerabilities: int = 0
    purls: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    stated_unknown: dict[str, frozenset[str]] = field(default_factory=dict)


def document_table(data: bytes, where: str, name: str) -> Table:
    """Give the JSON table of a document in the format called `name`; InputError where it is none."""
    return _TABLES[name](data, where) if name in _TABLES else {}


def read_heading(data: bytes, where: str) -> Heading:
    """Read what a document says of itself; InputError names `where`."""
    form = next((form for form in FORMATS.values() if form.recognises(data)), None)
    if form is None:
        raise InputError(where, "not an SBOM of a known format", "`custody sbom --help` names the formats")
    if form.name not in _TABLES:
        return Heading(format=form.name, silent=_NOT_STANDARD)
    table = document_table(data, where, form.name)
    if form.name.startswith("cyclonedx"):
        heading = _cyclonedx(form.name, table)
    else:
        heading = _spdx3(form.name, table) if form.name == "spdx3-json" else _spdx2(form.name, table)
    return replace(heading, purls=_purls(table))


def _purls(table: Table) -> frozenset[str]:
    """Give every package URL in the document, written as we write it."""
    found, pending = set(), list[Any]([table])
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            if value.startswith("pkg:"):
                found.add(value)
        elif isinstance(value, dict | list):
            pending += value.values() if isinstance(value, dict) else value
    return frozenset(str(purl) for purl in map(first_purl, ([text] for text in found)) if purl is not None)


def _json(data: bytes, where: str) -> Table:
    return read_object(data, where)


def _spdx_json(data: bytes, where: str) -> Table:
    table = read_object(data, where)
    inner = table.get("Document")
    return inner if isinstance(inner, dict) else table  # the JSON schema of SPDX 2.2.0 has it one level down


def _yaml(data: bytes, where: str) -> Table:
    from custody.sbom.spdx.yaml_text import read_yaml

    table = read_yaml(data, where)
    inner = table.get("Document")
    return inner if isinstance(inner, dict) else table


def _rdf(data: bytes, where: str) -> Table:
    from custody.sbom.spdx.rdf_read import read_rdf

    return read_rdf(data, where)


def _tag_value(data: bytes, where: str) -> Table:
    from custody.sbom.spdx.tag_value_read import read_tag_value

    return read_tag_value(data, where)[0]


def _xml(data: bytes, where: str) -> Table:
    from custody.sbom.cyclonedx.xml_read import read_xml

    return read_xml(data, where)


_TABLES: dict[str, Callable[[bytes, str], Table]] = {
    "cyclonedx-json": _json,
    "cyclonedx-xml": _xml,
    "spdx-json": _spdx_json,
    "spdx-yaml": _yaml,
    "spdx-rdf": _rdf,
    "spdx-tag-value": _tag_value,
    "spdx3-json": _json,
}
_NOT_STANDARD = frozenset(
    {"authors", "complete", "context", "created", "data_licence", "describes", "identity", "signed", "tools"}
)


# ── SPDX 2 ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _spdx2(name: str, table: Table) -> Heading:
    info = table.get("creationInfo")
    info = info if isinstance(info, dict) else {}
    creators = info.get("creators")
    authors, tools = [], []
    for creator in creators if isinstance(creators, list) else ():
        match = _SPDX_ACTOR.fullmatch(creator) if isinstance(creator, str) else None
        if match is None or not match[2]:
            continue
        if match[1] == "Tool":
            tools.append(_tool(match[2]))
        else:
            authors.append(Actor(name=match[2], contact=match[3] or ""))
    described = bool(table.get("documentDescribes")) or any(
        text(item, "relationshipType").upper() in ("DESCRIBES", "DESCRIBED_BY")
        for item in objects(table, "relationships")
    )
    return Heading(
        format=name,
        standard="SPDX",
        version=text(table, "spdxVersion").removeprefix("SPDX-"),
        created=text(info, "created"),
        identity=text(table, "documentNamespace"),
        data_licence=text(table, "dataLicense"),
        authors=tuple(authors),
        tools=tuple(tools),
        describes=described,
        edges=sum(
            text(item, "relationshipType").upper() not in ("DESCRIBES", "DESCRIBED_BY")
            for item in objects(table, "relationships")
        ),
        purposes=sum(bool(text(item, "primaryPackagePurpose")) for item in objects(table, "packages")),
        silent=frozenset({"complete", "context", "signed", "suppliers"}),
        stated_unknown=_spdx2_unknown(table),
    )


def _tool(words: str) -> Tool:
    match = _TOOL_VERSION.fullmatch(words)
    return Tool(name=match[1], version=match[2]) if match else Tool(name=words)


_UNKNOWN_KEYS = {
    "supplier": "supplier",
    "originator": "supplier",
    "licenseDeclared": "licence",
    "versionInfo": "version",
}


def _spdx2_unknown(table: Table) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for item in objects(table, "packages"):
        facts = {fact for key, fact in _UNKNOWN_KEYS.items() if item.get(key) == "NOASSERTION"}
        if facts:
            references = [text(ref, "referenceLocator") for ref in objects(item, "externalRefs")]
            purl: Purl = first_purl(references) or generic(text(item, "name") or "?", text(item, "versionInfo"))
            found[str(purl)] = frozenset(facts)
    return found


# ── SPDX 3 ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _spdx3(name: str, table: Table) -> Heading:
    graph = objects(table, "@graph")
    by_id = {text(item, "spdxId") or text(item, "@id"): item for item in graph}
    document = next((item for item in graph if text(item, "type") == "SpdxDocument"), {})
    info = document.get("creationInfo")
    if isinstance(info, str):
        info = by_id.get(info)
    info = info if isinstance(info, dict) else {}
    authors, tools = [], []
    for key in ("createdBy", "createdUsing"):
        for reference in _listed(info.get(key)):
            actor = by_id.get(reference, {})
            kind, words = text(actor, "type"), text(actor, "name")
            if kind in ("Tool", "SoftwareAgent"):
                tools.append(_tool(words))
            elif words:
                contacts = [text(item, "identifier") for item in objects(actor, "externalIdentifier")]
                authors.append(Actor(name=words, contact=next((item for item in contacts if item), "")))
    sboms = [item for item in graph if text(item, "type") == "software_Sbom"]
    relations = [item for item in graph if text(item, "type") == "Relationship"]
    return Heading(
        format=name,
        standard="SPDX",
        version=text(info, "specVersion") or "3.0.1",
        created=text(info, "created"),
        identity=text(document, "spdxId"),
        data_licence=_spdx3_licence(by_id, text(document, "dataLicense")),
        authors=tuple(authors),
        tools=tuple(tools),
        context=tuple(sorted({word for item in sboms for word in _listed(item.get("software_sbomType"))})),
        complete=any(text(item, "completeness") in ("complete", "incomplete") for item in relations),
        describes=bool(document.get("rootElement")),
        edges=sum(text(item, "relationshipType") in ("contains", "dependsOn") for item in relations),
        purposes=sum(bool(text(item, "software_primaryPurpose")) for item in graph),
        vulnerabilities=sum(text(item, "type") == "security_Vulnerability" for item in graph),
        silent=frozenset({"signed", "suppliers"}),
    )


def _spdx3_licence(by_id: dict[str, Table], reference: str) -> str:
    element = by_id.get(reference, {})
    return text(element, "simplelicensing_licenseExpression") or reference.rpartition("/")[2]


def _listed(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


# ── CycloneDX ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _cyclonedx(name: str, table: Table) -> Heading:
    metadata = table.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    organisations = [metadata[key] for key in ("manufacturer", "manufacture") if isinstance(metadata.get(key), dict)]
    authors = [Actor(name=text(item, "name"), contact=text(item, "email")) for item in objects(metadata, "authors")]
    authors += [_organisation(item) for item in organisations]
    supplier = metadata.get("supplier")
    tools = metadata.get("tools")
    stated = objects(tools, "components") + objects(tools, "services") if isinstance(tools, dict) else []
    stated += objects(metadata, "tools")
    version = text(table, "specVersion")
    licences = [item.get("license", item) for item in objects(metadata, "licenses")]
    compositions = objects(table, "compositions")
    since = {"1.3": {"complete", "data_licence"}, "1.4": {"signed"}, "1.5": {"context"}}
    silent = {fact for first, facts in since.items() if version < first for fact in facts}
    return Heading(
        format=name,
        standard="CycloneDX",
        version=version,
        created=text(metadata, "timestamp"),
        identity=text(table, "serialNumber"),
        data_licence=next((_licence(item) for item in licences if isinstance(item, dict)), ""),
        authors=tuple(actor for actor in authors if actor.name or actor.contact),
        suppliers=(_organisation(supplier),) if isinstance(supplier, dict) else (),
        tools=tuple(
            Tool(name=text(item, "name"), version=text(item, "version")) for item in stated if text(item, "name")
        ),
        context=tuple(text(item, "phase") or text(item, "name") for item in objects(metadata, "lifecycles")),
        complete=any(text(item, "aggregate") not in ("", "unknown", "not_specified") for item in compositions),
        signed=isinstance(table.get("signature"), dict),
        describes=isinstance(metadata.get("component"), dict),
        edges=sum(bool(item.get("dependsOn")) for item in objects(table, "dependencies"))
        + sum(bool(item.get("components")) for item in objects(table, "components")),
        vulnerabilities=len(objects(table, "vulnerabilities")),
        silent=frozenset(silent | ({"signed"} if name == "cyclonedx-xml" else set())),
    )


def _licence(item: Table) -> str:
    return text(item, "id") or text(item, "name") or text(item, "expression")


def _organisation(item: Table) -> Actor:
    emails = [text(contact, "email") for contact in objects(item, "contact")]
    urls = item.get("url")
    addresses = [url for url in urls if isinstance(url, str)] if isinstance(urls, list) else []
    return Actor(name=text(item, "name"), contact=next((word for word in [*emails, *addresses] if word), ""))
