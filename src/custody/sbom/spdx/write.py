"""A document as the table of an SPDX 2.3 document.

Spec: https://spdx.github.io/spdx-spec/v2.3/, sections 6 (document), 7 (packages), 10 (other licences), 11
(relationships), 12 (annotations).

Choices that a reader may ask about:
- `licenseConcluded` repeats the declared licence where that is a valid expression and nothing was found in the files:
  people look there for "the" licence, and NOASSERTION would hide what is known. `licenseComments` says each time that
  no text was analysed, and reading the document back gives "nothing concluded" again. A declared licence that is no
  valid expression is never promoted.
- Every finding of the scan is an `advisory` reference of category SECURITY at its package; its comment has severity,
  score and status.
- `owns` (a distribution's package installed the files of another package) is CONTAINS with a comment: that is what it
  says of the files.
- The identifiers are `SPDXRef-Package-<type>-<name>-<12 hex digits of SHA-256 of the purl>`: they depend on the package
  alone.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from msgspec import Raw

from custody.model import CHECKSUM_LENGTHS, format_time
from custody.sbom.carry import carry_document, carry_package
from custody.sbom.json_bytes import encode_json, encoded_list
from custody.sbom.licences import (
    NO_TEXT,
    LicenceRefs,
    expression_fault,
    is_self_contained,
    licence_list_version,
    renamed,
)
from custody.sbom.spdx.terms import OWNS, PURPOSES, RELATIONSHIPS
from custody.sbom.texts import (
    advisory_url,
    coverage,
    how_made,
    is_uri,
    label,
    licence_comment,
    line,
    shown,
    source_info,
    status,
    vulnerability_coverage,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from custody.model import Package
    from custody.sbom.interface import Document

__all__ = ["spdx_tables"]

Table = dict[str, Any]

_NOT_IN_ID = re.compile(r"[^A-Za-z0-9.-]+")
_EDGE_ORDER = attrgetter("source", "target", "relation")
_SPDX_ACTOR = re.compile(r"(?:Person|Organization): \S.*")
_KINDS = {"image": "CONTAINER", "directory": "APPLICATION", "file": "FILE"}


def spdx_tables(document: Document) -> tuple[Table, Table]:
    """Give the document in two tables: what stands before `documentNamespace`, and what stands after it.

    The namespace is made of all the rest, so it comes last and belongs in the middle.
    """
    return _Writer(document).tables()


class _Writer:
    """One document on its way out."""

    def __init__(self, document: Document) -> None:
        inventory, context = document.inventory, document.context
        self.document = document
        self.created = format_time(document.created)
        self.tool = line(f"Tool: {context.tool}-{context.tool_version}")
        self.packages = sorted((package.id, package) for package in (inventory.root, *inventory.packages))
        self.refs = LicenceRefs(package for _, package in self.packages)
        self.ids = _identifiers(self.packages)
        self.licences: dict[tuple[str | None, str | None], tuple[str, str, str, tuple[str, ...]]] = {}
        self.security: dict[str, list[Table]] = {}
        self.unevaluated: dict[str, list[str]] = {}
        if document.report:
            for finding in sorted(document.report.findings, key=lambda found: (found.package_id, found.id)):
                self.security.setdefault(finding.package_id, []).append(
                    {
                        "referenceCategory": "SECURITY",
                        "referenceType": "advisory",
                        "referenceLocator": advisory_url(finding.id),
                        "comment": status(finding),
                    }
                )
            for item in sorted(document.report.not_evaluated):
                reason = f"{item.advisory}: {item.reason}" if item.advisory else item.reason
                self.unevaluated.setdefault(item.package_id, []).append(reason)

    def tables(self) -> tuple[Table, Table]:
        document = self.document
        head = {
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "SPDXID": "SPDXRef-DOCUMENT",
            "name": line(document.title),
        }
        creators = [self.tool]
        if _is_actor(document.context.author):
            creators.append(document.context.author)
        tail = {
            "creationInfo": {
                "created": self.created,
                "creators": creators,
                "licenseListVersion": licence_list_version(),
                "comment": how_made(document),
            },
            "comment": f"{coverage(document.inventory)}\n{vulnerability_coverage(document.report)}",
            "packages": encoded_list(self._packages()),
            "relationships": self._relationships(),
            "annotations": [self._annotation(carry_document(document.inventory))],
        }
        extracted = self._extracted()
        return head, {**tail, "hasExtractedLicensingInfos": extracted} if extracted else tail

    def _annotation(self, comment: str) -> Table:
        return {"annotationDate": self.created, "annotationType": "OTHER", "annotator": self.tool, "comment": comment}

    def _extracted(self) -> list[Table]:
        return [
            {"licenseId": name, "extractedText": text or NO_TEXT, "name": name.removeprefix("LicenseRef-")}
            for name, text in self.refs.texts.items()
        ]

    # ── packages ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _packages(self) -> Iterator[Table]:
        """Give the root first, then the others by their purls."""
        root = self.document.inventory.root
        yield self._package(root.id, root, root=True)
        for key, package in self.packages:
            if key != root.id:
                yield self._package(key, package)

    def _package(self, key: str, package: Package, *, root: bool = False) -> Table:
        """Give one package. `carried` gathers the model's fields that SPDX's own cannot hold as they are."""
        carried: list[str] = []
        extra: Table = {}
        name = label(package)
        if name != package.name:
            carried.append("name")
        version = line(package.version)
        if version != package.version:
            carried.append("version")
        concluded, declared, licence_words = self._licences(package, carried, extra)
        table: Table = {"name": name, "SPDXID": self.ids[key]}
        if version:
            table["versionInfo"] = version
        table["supplier"] = self._actor(package, "supplier", carried) or "NOASSERTION"
        if package.originator and (originator := self._actor(package, "originator", carried)):
            table["originator"] = originator
        table["downloadLocation"] = self._uri(package, "download_location", carried) or "NOASSERTION"
        table["filesAnalyzed"] = False
        if package.homepage and (homepage := self._uri(package, "homepage", carried)):
            table["homepage"] = homepage
        if info := source_info(package):
            table["sourceInfo"] = info
        table["licenseConcluded"] = concluded
        table["licenseDeclared"] = declared
        if licence_words:
            table["licenseComments"] = licence_words
        table["copyrightText"] = self._copyright(package, carried)
        if package.description:
            table["description"] = shown(package.description)
            if table["description"] != package.description:
                carried.append("description")
        if comment := self._comment(key, root=root):
            table["comment"] = comment
        if checksums := self._checksums(package, carried, root=root):
            table["checksums"] = checksums
        purl = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": key}
        table["externalRefs"] = [purl, *self.security.get(key, ())]
        if purpose := self._purpose(package, carried, root=root):
            table["primaryPackagePurpose"] = purpose
        if carry := carry_package(package, carried, **extra):
            table["annotations"] = [self._annotation(carry)]
        return table

    @staticmethod
    def _actor(package: Package, field: str, carried: list[str]) -> str:
        text: str = getattr(package, field)
        if _is_actor(text):
            return text
        if text:
            carried.append(field)
        return ""

    @staticmethod
    def _uri(package: Package, field: str, carried: list[str]) -> str:
        text: str = getattr(package, field)
        if not text or is_uri(text) or (text == "NONE" and field == "download_location"):
            return text
        carried.append(field)
        return ""

    @staticmethod
    def _copyright(package: Package, carried: list[str]) -> str:
        """Give the copyright text; what only looks like one, or like NONE or NOASSERTION, is left to the carry."""
        made = shown(package.copyright)
        if made != "NONE" and made.strip().upper() in ("", "NONE", "NOASSERTION"):
            made = "NOASSERTION"
        if made != (package.copyright or "NOASSERTION") or package.copyright == "NOASSERTION":
            carried.append("copyright")
        return made

    def _licences(self, package: Package, carried: list[str], extra: Table) -> tuple[str, str, str]:
        """Give licenseConcluded, licenseDeclared and licenseComments."""
        stated = (package.licence_declared, package.licence_concluded)
        found = self.licences.get(stated)
        if found is None:
            found = self.licences[stated] = _licence_fields(package)
        concluded, declared, words, fields = found
        carried += fields
        if package.licence_texts or "LicenseRef-" in concluded or "LicenseRef-" in declared:
            names = self.refs.names(package)
            concluded, declared = renamed(concluded, names), renamed(declared, names)
            if names:
                extra["references"] = {new: old for old, new in names.items()}
            if self.refs.plain_texts(package) != package.licence_texts:
                carried.append("licence_texts")
        return concluded, declared, words

    def _checksums(self, package: Package, carried: list[str], *, root: bool) -> list[Table]:
        digest = self.document.inventory.artifact.digest
        stated = [(c.algorithm, c.hex) for c in package.checksums if CHECKSUM_LENGTHS.get(c.algorithm) == len(c.hex)]
        added = root and (digest.algorithm, digest.hex) not in stated
        if added or len(stated) != len(package.checksums):
            carried.append("checksums")
        if added:
            stated.insert(0, (digest.algorithm, digest.hex))
        return [{"algorithm": algorithm.upper(), "checksumValue": value} for algorithm, value in stated]

    def _purpose(self, package: Package, carried: list[str], *, root: bool) -> str:
        purpose = package.purpose.replace("-", "_")
        if root and purpose == "LIBRARY":
            purpose = _KINDS.get(self.document.inventory.artifact.kind, purpose)
        if purpose not in PURPOSES:
            purpose = ""
        if (purpose or "LIBRARY") != package.purpose:  # where none is stated, a reader takes it for a library
            carried.append("purpose")
        return purpose

    def _comment(self, key: str, *, root: bool) -> str:
        parts = [f"Not evaluated for vulnerabilities: {reason}" for reason in self.unevaluated.get(key, ())]
        if root:
            for layer in self.document.inventory.artifact.layers:
                unpacked = f", unpacked {layer.diff_id}" if layer.diff_id else ""
                made = f", created by: {layer.created_by}" if layer.created_by else ""
                parts.append(f"Layer {layer.index}: {layer.descriptor.digest}{unpacked}{made}")
        return shown("\n".join(parts))

    # ── relationships ────────────────────────────────────────────────────────────────────────────────────────────────

    def _relationships(self) -> Raw:
        """Give the whole list as its bytes: identifiers and types need no escaping, and there are many."""
        inventory, ids = self.document.inventory, self.ids
        found = [_relationship("SPDXRef-DOCUMENT", "DESCRIBES", ids[inventory.root.id])]
        for edge in sorted(inventory.dependencies, key=_EDGE_ORDER):
            relation, left, right = edge.relation, ids[edge.source], ids[edge.target]
            if relation == "depends_on":
                found.append(_relationship(left, "DEPENDS_ON", right))
                continue
            kind, reverse = RELATIONSHIPS.get(relation, ("OTHER", False))
            comment = OWNS if relation == "owns" else line(relation) if kind == "OTHER" else ""
            found.append(
                _relationship(right, kind, left, comment) if reverse else _relationship(left, kind, right, comment)
            )
        return Raw(f"[{','.join(found)}]".encode())


def _relationship(left: str, kind: str, right: str, comment: str = "") -> str:
    more = f',"comment":{encode_json(comment).decode()}' if comment else ""
    return f'{{"spdxElementId":"{left}","relationshipType":"{kind}","relatedSpdxElement":"{right}"{more}}}'


@lru_cache(maxsize=4096)
def _is_actor(text: str) -> bool:
    return bool(text) and text.isprintable() and (_SPDX_ACTOR.fullmatch(text) is not None)


def _identifiers(packages: list[tuple[str, Package]]) -> dict[str, str]:
    """Give the SPDXID of each package id. Should two short hashes be alike, the later one gets its whole hash."""
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for key, package in packages:
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        name = _NOT_IN_ID.sub("-", package.purl.name).strip("-")[:60] or "package"
        found = f"SPDXRef-Package-{package.purl.type}-{name}-{digest[:12]}"
        if found in taken:
            found = f"SPDXRef-Package-{package.purl.type}-{name}-{digest}"
        taken.add(found)
        ids[key] = found
    return ids


def _licence_fields(package: Package) -> tuple[str, str, str, tuple[str, ...]]:
    """Give licenseConcluded and licenseDeclared (not yet renamed), the comment, and the fields to be carried."""
    carried = []
    declared, fault = _licence(package.licence_declared)
    concluded, concluded_fault = _licence(package.licence_concluded)
    if fault:
        carried.append("licence_declared")
    promoted = package.licence_concluded is None and declared not in ("NONE", "NOASSERTION")
    if promoted or concluded_fault:
        carried.append("licence_concluded")
    words = licence_comment(package, concluded_from_declared=promoted, declared_fault=fault)
    return declared if promoted else concluded, declared, words, tuple(carried)


def _licence(expression: str | None) -> tuple[str, str]:
    """Give what SPDX may say for an expression, and what is wrong with it, "" when it can stand as it is."""
    if expression is None:
        return "NOASSERTION", ""
    if expression == "NONE" or is_self_contained(expression):
        return expression, ""
    return "NOASSERTION", expression_fault(expression) or "it refers to another document, or has spaces around it"
