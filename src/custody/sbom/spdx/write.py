"""A document as the table of an SPDX 2.2 or 2.3 document.

Spec: https://spdx.github.io/spdx-spec/v2.3/, sections 6 (document), 7 (packages), 10 (other licences), 11
(relationships), 12 (annotations); for 2.2 https://spdx.github.io/spdx-spec/v2.2.2/, where the chapters are numbered one
less.

Choices that a reader may ask about:
- `licenseConcluded` repeats the declared licence where that is a valid expression and nothing was found in the files:
  people look there for "the" licence, and NOASSERTION would hide what is known. `licenseComments` says each time that
  no text was analysed, and reading the document back gives "nothing concluded" again. A declared licence that is no
  valid expression is never promoted.
- Every finding of the scan is an `advisory` reference of category SECURITY at its package; its comment has severity,
  score and status. Its advisories, fixes and reports are `advisory`, `fix` and `url` references beside it. SPDX
  2.2 has no such types there, so they are of category OTHER.
- `owns` (a distribution's package installed the files of another package) is CONTAINS with a comment: that is what it
  says of the files.
- The identifiers are `SPDXRef-Package-<type>-<name>-<12 hex digits of SHA-256 of the purl>`: they depend on the package
  alone.
- What SPDX 2.2 has no field for (`primaryPackagePurpose`, `releaseDate`) stands in the package's note.
"""

from __future__ import annotations

import hashlib
import re
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from msgspec import Raw

from custody.model import format_time
from custody.sbom.carry import carry_document
from custody.sbom.json_bytes import encode_json, encoded_list
from custody.sbom.licences import NO_TEXT, LicenceRefs, licence_list_version
from custody.sbom.spdx.kept_write import Kept
from custody.sbom.spdx.medium import JSON, Medium
from custody.sbom.spdx.terms import OWNS, RELATIONSHIPS
from custody.sbom.spdx.write_package import PackageWriter, is_actor
from custody.sbom.texts import advisory_url, coverage, how_made, is_uri, line, status, vulnerability_coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from custody.model import Dependency, Package
    from custody.sbom.interface import Document

__all__ = ["identifiers", "spdx_tables", "whole_table"]

Table = dict[str, Any]

_NOT_IN_ID = re.compile(r"[^A-Za-z0-9.-]+")
_EDGE_ORDER = attrgetter("source", "target", "relation")
_REFERENCES = {"ADVISORY": "advisory", "FIX": "fix", "EVIDENCE": "url", "REPORT": "url"}
"""OSV's type of a reference → SPDX 2.3's of category SECURITY (annex F.2); the others are no word about security."""


def spdx_tables(document: Document, version: str = "2.3", medium: Medium = JSON) -> tuple[Table, Table]:
    """Give the document in two tables: what stands before `documentNamespace`, and what stands after it.

    The namespace is made of all the rest, so it comes last and belongs in the middle. medium: the serialisation, for
    which a text may have to change.
    """
    return _Writer(document, version, medium).tables()


def whole_table(document: Document, version: str, medium: Medium) -> Table:
    """Give the document as one plain table, for a serialisation that is not JSON."""
    import msgspec

    head, tail = (encode_json(table) for table in spdx_tables(document, version, medium))
    namespace = document.namespace(head + tail)
    found: Table = {**msgspec.json.decode(head), "documentNamespace": namespace, **msgspec.json.decode(tail)}
    return found


class _Writer:
    """One document on its way out."""

    def __init__(self, document: Document, version: str, medium: Medium) -> None:
        inventory, context = document.inventory, document.context
        self.document = document
        self.version = version
        self.medium = medium
        self.created = format_time(document.created)
        self.tool = line(f"Tool: {context.tool}-{context.tool_version}")
        self.packages = sorted((package.id, package) for package in (inventory.root, *inventory.packages))
        self.refs = LicenceRefs((package for _, package in self.packages), medium.text)
        self.ids = identifiers(self.packages)
        self.kept = Kept.of(inventory, version=version, medium=medium, ids=self.ids, licences=self.refs.texts)
        self.writer = PackageWriter(
            document, version=version, medium=medium, refs=self.refs, annotation=self._annotation
        )
        self.security: dict[str, list[Table]] = {}
        category = "OTHER" if version == "2.2" else "SECURITY"
        if document.report:
            for finding in sorted(document.report.findings, key=lambda found: (found.package_id, found.id)):
                found = self.security.setdefault(finding.package_id, [])
                found.append(_reference(category, "advisory", advisory_url(finding.id), status(finding)))
                found += [
                    _reference(category, _REFERENCES[kind], url, f"finding {line(finding.id)}")
                    for kind, url in finding.references
                    if kind in _REFERENCES and is_uri(url)
                ]

    def tables(self) -> tuple[Table, Table]:
        document, kept = self.document, self.kept
        head = {
            "spdxVersion": f"SPDX-{self.version}",
            "dataLicense": "CC0-1.0",
            "SPDXID": "SPDXRef-DOCUMENT",
            "name": line(document.name or kept.name or document.title).strip() or document.title,
        }
        creators = [self.tool]
        if is_actor(document.context.author):
            creators.append(document.context.author)
        packages = encoded_list(self._packages())
        tail = {
            "creationInfo": {
                "created": self.created,
                "creators": [*creators, *(name for name in kept.creators if name not in creators)],
                "licenseListVersion": ".".join(licence_list_version().split(".")[:2]),  # 6.7: "M.N"
                "comment": how_made(document),
            },
            "comment": "\n".join(
                filter(None, (coverage(document.inventory), vulnerability_coverage(document.report), kept.comment))
            ),
            **kept.before,
            "packages": packages,
            **kept.after,
            "relationships": self._relationships(),
            "annotations": [
                self._annotation(carry_document(document.inventory, kept.carried)),
                *kept.annotations,
            ],
        }
        extracted = self._extracted()
        return head, {**tail, "hasExtractedLicensingInfos": extracted} if extracted else tail

    def _annotation(self, comment: str) -> Table:
        return {"annotationDate": self.created, "annotationType": "OTHER", "annotator": self.tool, "comment": comment}

    def _extracted(self) -> list[Table]:
        ours = [
            {"licenseId": name, "extractedText": text or NO_TEXT, "name": name.removeprefix("LicenseRef-")}
            for name, text in self.refs.texts.items()
        ]
        return self.kept.joined_licences(ours)

    # ── packages ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _packages(self) -> Iterator[Table]:
        """Give the root first, then the others by their purls."""
        write, ids, security, kept = self.writer.table, self.ids, self.security, self.kept
        root = self.document.inventory.root
        yield write(root.id, root, ids[root.id], root=True, security=security.get(root.id), kept=kept.package(root))
        for key, package in self.packages:
            if key != root.id:
                more = kept.package(package) if package.extra or kept.owners else None
                yield write(key, package, ids[key], security=security.get(key), kept=more)

    # ── relationships ────────────────────────────────────────────────────────────────────────────────────────────────

    def _relationships(self) -> Raw:
        """Give the whole list as its bytes: identifiers and types need no escaping, and there are many."""
        inventory, ids, kept = self.document.inventory, self.ids, self.kept
        found = [_relationship("SPDXRef-DOCUMENT", "DESCRIBES", ids[inventory.root.id])]
        for edge in sorted(inventory.dependencies, key=_EDGE_ORDER):
            relation, left, right = edge.relation, ids[edge.source], ids[edge.target]
            if kept.said and self._is_said(edge):
                continue
            if relation == "depends_on":
                found.append(_relationship(left, "DEPENDS_ON", right))
                continue
            kind, reverse = RELATIONSHIPS.get(relation, ("OTHER", False))
            comment = OWNS if relation == "owns" else self.medium.line(relation) if kind == "OTHER" else ""
            found.append(
                _relationship(right, kind, left, comment) if reverse else _relationship(left, kind, right, comment)
            )
        found += [encode_json(table).decode() for table in kept.relationships]
        return Raw(f"[{','.join(found)}]".encode())

    def _is_said(self, edge: Dependency) -> bool:
        """Say whether a relationship of the document that this one was made from says the same in other words."""
        return (edge.source, edge.target, edge.relation) in self.kept.said


def _reference(category: str, kind: str, locator: str, comment: str) -> Table:
    return {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator, "comment": comment}


def _relationship(left: str, kind: str, right: str, comment: str = "") -> str:
    more = f',"comment":{encode_json(comment).decode()}' if comment else ""
    return f'{{"spdxElementId":"{left}","relationshipType":"{kind}","relatedSpdxElement":"{right}"{more}}}'


def identifiers(packages: list[tuple[str, Package]]) -> dict[str, str]:
    """Give the SPDXID of each package id. Should two short hashes be alike, the later one gets its whole hash."""
    ids: dict[str, str] = {}
    taken: set[str] = set()
    sha256 = hashlib.sha256
    for key, package in packages:
        digest = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        purl = package.purl
        name = _NOT_IN_ID.sub("-", purl.name).strip("-")[:60] or "package"
        found = f"SPDXRef-Package-{purl.type}-{name}-{digest[:12]}"
        if found in taken:
            found = f"SPDXRef-Package-{purl.type}-{name}-{digest}"
        taken.add(found)
        ids[key] = found
    return ids
