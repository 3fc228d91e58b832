"""What another SPDX 2 document said beyond our model, put into the document that is written.

Where it holds to the specification it stands in its own place. What does not (a file without a SHA1, an identifier with
an underscore, a property that nobody knows, a relationship that leads nowhere) stands in our note, as "kept": so that
what we write is valid, and still nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from custody.sbom.kept import kept_of
from custody.sbom.licences import NO_TEXT, expression_fault, references
from custody.sbom.spdx.kept_read import GENERATED
from custody.sbom.spdx.terms import FAMILY, FORWARD, OWNERSHIP, OWNS, REVERSED, is_in
from custody.sbom.validate import rules
from custody.sbom.validate.fields import (
    ANNOTATION,
    CREATION,
    DOCUMENT,
    EXTRACTED,
    FILE,
    PACKAGE,
    REF,
    RELATIONSHIP,
    REVIEW,
    SNIPPET,
    Section,
)
from custody.sbom.validate.refs import ref_fault

if TYPE_CHECKING:
    from custody.model import Inventory, Package
    from custody.sbom.spdx.medium import Medium

__all__ = ["Kept", "KeptPackage"]

Table = dict[str, Any]

_IN_PLACE = ("packageFileName", "summary", "attributionTexts", "builtDate", "validUntilDate", "releaseDate")
_LISTS = frozenset(
    {
        "annotations",
        "externalDocumentRefs",
        "files",
        "hasExtractedLicensingInfos",
        "relationships",
        "revieweds",
        "snippets",
    }
)
_OF_FILES = ("packageVerificationCode", "licenseInfoFromFiles")
_REQUIRED_IN_22: Mapping[str, Table] = {
    "files": {
        "licenseConcluded": "NOASSERTION",
        "licenseInfoInFiles": ["NOASSERTION"],
        "copyrightText": "NOASSERTION",
    },
    "snippets": {"licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION"},
}
"""Fields that SPDX 2.2 makes mandatory; what they say here is what leaving them out means in 2.3."""
_UNSTATED = ("NONE", "NOASSERTION")


@dataclass(slots=True, kw_only=True)
class Kept:
    """What is kept for one document.

    licences: the texts of its LicenseRefs, by name, those of our packages and what is added here; ids: purl → SPDXID.
    before, after: properties of the document before and after its packages; said: (source, target, relation) of the
    edges that `relationships` say in their own words; owners: SPDXIDs of the packages that contain files → the files;
    carried: what goes into the note.
    """

    version: str
    medium: Medium
    ids: Mapping[str, str]
    licences: dict[str, str]
    name: str = ""
    comment: str = ""
    creators: list[str] = field(default_factory=list)
    before: Table = field(default_factory=dict)
    after: Table = field(default_factory=dict)
    relationships: list[Table] = field(default_factory=list)
    annotations: list[Table] = field(default_factory=list)
    said: set[tuple[str, str, str]] = field(default_factory=set)
    owners: dict[str, set[str]] = field(default_factory=dict)
    carried: Table = field(default_factory=dict)
    extracted: list[Table] = field(default_factory=list)
    documents: set[str] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        inventory: Inventory,
        *,
        version: str,
        medium: Medium,
        ids: Mapping[str, str],
        licences: Mapping[str, str],
    ) -> Kept:
        """Sort what the inventory keeps: what may stand in the document, and what may not."""
        kept = cls(version=version, medium=medium, ids=ids, licences=dict(licences))
        if any(family == FAMILY for family, _ in inventory.extra):
            kept._sort(kept_of(FAMILY, inventory.extra))
        return kept

    def _sort(self, stated: Table) -> None:
        self._texts(stated)
        good = list(self._split(stated, "externalDocumentRefs", self._document_ref))
        self.documents = {item["externalDocumentId"] for item in good}
        if good:
            self.before["externalDocumentRefs"] = good
        self.extracted = list(self._split(stated, "hasExtractedLicensingInfos", self._licence))
        known = {"SPDXRef-DOCUMENT", *self.ids.values()}
        for key, fits in (("files", self._file), ("snippets", self._snippet)):
            good = []
            for item in self._split(stated, key, fits):
                if item["SPDXID"] in known:
                    self.carried.setdefault(key, []).append(item)
                    continue
                known.add(item["SPDXID"])
                good.append(self.settled({**item, **self.required(key, item)}))
            if good:
                self.after[key] = good
        self.relationships = sorted(self._relations(stated, known), key=_relation_order)
        self.annotations = list(self._split(stated, "annotations", lambda item: self.fits(item, ANNOTATION)))
        if reviews := list(self._split(stated, "revieweds", lambda item: self.fits(item, REVIEW))):
            self.after["revieweds"] = reviews
        for key in sorted(stated):
            if key not in _LISTS or not isinstance(stated[key], list):
                self.carried[key] = stated[key]

    def _texts(self, stated: Table) -> None:
        """Take what stands in the document's own fields beside ours; all of it stays in the note too."""
        self.name = _text(stated.get("name"))
        self.comment = _text(stated.get("comment"))
        made = stated.get("creationInfo")
        creators = made.get("creators") if isinstance(made, dict) else None
        check = CREATION.fields["creators"].check
        self.creators = [name for name in _items(creators) if not check([name]) and name.isprintable()]

    def _split(self, stated: Table, key: str, fits: Any) -> Iterator[Table]:  # noqa: ANN401 - a check of one item
        """Give the items that may stand in the document; the others go into the note."""
        for item in _items(stated.get(key)):
            if fits(item):
                yield item
            else:
                self.carried.setdefault(key, []).append(item)

    def required(self, section: str, item: Table) -> Table:
        """Give the fields that this version wants and the item does not have."""
        wanted = _REQUIRED_IN_22[section] if self.version == "2.2" else {}
        return {key: value for key, value in wanted.items() if key not in item}

    def settled(self, item: Table) -> Table:
        """Give a table with its licences as they come back from the serialisation, so that its bytes stay the same."""
        return {key: self.licence(value) if key.startswith("license") else value for key, value in item.items()}

    def licence(self, value: Any) -> Any:  # noqa: ANN401 - an expression, some of them, or words about them
        """Give a licence, or each of a list, as it comes back; other texts come back too, where they are words."""
        if isinstance(value, list):
            return [self.medium.licence(text) for text in value]
        return value if expression_fault(value) else self.medium.licence(value)

    # ── what fits ────────────────────────────────────────────────────────────────────────────────────────────────────

    def fits(self, item: object, section: Section) -> bool:
        """Say whether a table holds to its section of the specification, in this version."""
        if not isinstance(item, dict) or any(field.key not in item for field in section.required):
            return False
        return all(self.value_fits(key, value, section) for key, value in item.items())

    def value_fits(self, key: str, value: Any, section: Section) -> bool:  # noqa: ANN401 - any JSON value
        """Say whether one property of a table does."""
        stated = section.fields.get(key)
        if stated is None or stated.check(value):
            return False
        if key == "annotations":
            return all(self.fits(item, ANNOTATION) for item in value)
        if key == "checksums":
            return all(is_in(self.version, "checksum", item["algorithm"]) for item in value)
        if stated.licence:
            return all(self._says(text) for text in (value if isinstance(value, list) else [value]))
        return not stated.unstated or _is_stated(value)

    def _says(self, text: str) -> bool:
        if text in _UNSTATED:
            return True
        return not expression_fault(text) and all(map(self._defined, references(text))) and _is_stated(text)

    def _defined(self, name: str) -> bool:
        document, colon, _ = name.partition(":")
        return document in self.documents if colon else name in self.licences

    def _document_ref(self, item: object) -> bool:
        return isinstance(item, dict) and not DOCUMENT.fields["externalDocumentRefs"].check([item])

    def _licence(self, item: object) -> bool:
        if not self.fits(item, EXTRACTED) or not isinstance(item, dict):
            return False
        if "crossRefs" in item and not (self.medium.cross_refs and is_in(self.version, "licence", "crossRefs")):
            return False
        name, words = item["licenseId"], item["extractedText"]
        if name in self.licences:
            return bool((self.licences[name] or NO_TEXT) == words)
        if name.lower() in {known.lower() for known in self.licences}:
            return False
        self.licences[name] = words
        return True

    def _file(self, item: object) -> bool:
        return (
            self.fits(item, FILE)
            and isinstance(item, dict)
            and sum(found["algorithm"] == "SHA1" for found in item["checksums"]) == 1
            and "fileDependencies" not in item
        )

    def _snippet(self, item: object) -> bool:
        return (
            self.fits(item, SNIPPET)
            and isinstance(item, dict)
            and self._leads(item["snippetFromFile"], {found["SPDXID"] for found in self.after.get("files", ())})
            and not any(rules.range_faults(item["ranges"]))
        )

    def _leads(self, name: str, known: set[str]) -> bool:
        return name in known or (":" in name and name.partition(":")[0] in self.documents)

    def _relations(self, stated: Table, known: set[str]) -> Iterator[Table]:
        files = {item["SPDXID"] for item in self.after.get("files", ())}
        ours = set(self.ids.values())  # where what is kept names one, it means something else, which is not there
        for item in _items(stated.get("relationships")):
            made = self._relation(item)
            if (
                made is None
                or not ours.isdisjoint((item["spdxElementId"], item["relatedSpdxElement"]))
                or not self._leads(made["spdxElementId"], known)
                or not (made["relatedSpdxElement"] in _UNSTATED or self._leads(made["relatedSpdxElement"], known))
            ):
                self.carried.setdefault("relationships", []).append(item)
                continue
            left, kind, right = made["spdxElementId"], made["relationshipType"], made["relatedSpdxElement"]
            if kind in ("CONTAINS", "CONTAINED_BY"):
                owner, inner = (left, right) if kind == "CONTAINS" else (right, left)
                if inner in files:
                    self.owners.setdefault(owner, set()).add(inner)
            ends = item["spdxElementId"], item["relatedSpdxElement"]
            if (kind == "CONTAINS" and item.get("comment") == OWNS) or (
                kind == "OTHER" and item.get("comment", "").startswith(OWNERSHIP)
            ):
                self.said.add((*ends, "owns"))
            elif kind in FORWARD:
                self.said.add((*ends, FORWARD[kind]))
            elif kind in REVERSED:
                self.said.add((ends[1], ends[0], REVERSED[kind]))
            yield made

    def _relation(self, item: object) -> Table | None:
        """Give a relationship with the SPDXIDs of this document, None where it cannot stand in it."""
        if not self.fits(item, RELATIONSHIP) or not isinstance(item, dict):
            return None
        if not is_in(self.version, "relationship", item["relationshipType"]):
            return None
        ends = {key: self.ids.get(item[key], item[key]) for key in ("spdxElementId", "relatedSpdxElement")}
        return {**item, **ends}

    def joined_licences(self, ours: list[Table]) -> list[Table]:
        """Give our extracted licensing information with what is kept of it, and what is only kept."""
        found = {item["licenseId"]: item for item in ours}
        for item in self.extracted:
            found[item["licenseId"]] = {**found.get(item["licenseId"], {}), **item}
        return [found[name] for name in sorted(found)]

    def package(self, package: Package) -> KeptPackage | None:
        """Give what is kept for one package."""
        kept = kept_of(FAMILY, package.extra) if package.extra else {}
        name = self.ids[package.id]
        return KeptPackage(self, kept, name) if kept or name in self.owners else None


class KeptPackage:
    """What is kept for one package."""

    def __init__(self, document: Kept, stated: Table, name: str) -> None:
        self.document = document
        self.stated = stated
        self.name = name

    def join(self, table: Table, extra: Table) -> None:
        """Add it to the package's table, and what may not stand there to `extra`, as "kept"."""
        left = dict(self.stated)
        files = self.document.owners.get(self.name)
        if files:
            table["filesAnalyzed"] = True  # 7.8: one whose files were not analysed contains none
        for key in _IN_PLACE:
            if key in left and key not in table and self._fits(key, left[key]):
                table[key] = left.pop(key)
        for key in _OF_FILES:
            if key in left and files and self._fits(key, left[key]) and self._is_right(key, left[key], files):
                table[key] = left.pop(key)
                if key == "licenseInfoFromFiles":
                    table[key] = self.document.licence(table[key])
        for key in GENERATED:
            if isinstance(left.get(key), str):
                table[key] = "\n".join(filter(None, (table.get(key), left[key])))
        for key, fits in (("externalRefs", self._ref), ("annotations", self._note), ("checksums", self._checksum)):
            items = _items(left.pop(key, None))
            good = [made for item in items if (made := fits(item))]
            if good:
                table[key] = [*table.get(key, ()), *good]
            if bad := [item for item in items if not fits(item)]:
                left[key] = bad
        if left:
            extra["kept"] = left

    def _fits(self, key: str, value: object) -> bool:
        return is_in(self.document.version, "package", key) and self.document.value_fits(key, value, PACKAGE)

    def _is_right(self, key: str, value: object, files: set[str]) -> bool:
        if key != "packageVerificationCode":
            return True
        document = {
            "files": self.document.after.get("files", []),
            "packages": [{"SPDXID": self.name, "packageVerificationCode": value}],
        }
        return not any(rules.verification_codes(document, {self.name: files}))

    def _ref(self, item: object) -> Table | None:
        if not self.document.fits(item, REF) or not isinstance(item, dict) or ref_fault(item)[0]:
            return None
        if self.document.version != "2.2":
            return item
        kind = item["referenceType"].rpartition("/")[2]
        category = item["referenceCategory"]
        if category == "PERSISTENT-ID" or (category != "OTHER" and not is_in("2.2", "reference", kind)):
            return None  # the text of 2.2 has that category, its schema has not
        return {**item, "referenceCategory": item["referenceCategory"].replace("-", "_")}

    def _note(self, item: object) -> Table | None:
        return item if self.document.fits(item, ANNOTATION) and isinstance(item, dict) else None

    def _checksum(self, item: object) -> Table | None:
        good = isinstance(item, dict) and self.document.value_fits("checksums", [item], PACKAGE)
        return item if good and isinstance(item, dict) else None


def _relation_order(item: Table) -> tuple[str, str, str, str]:
    ends = str(item["spdxElementId"]), str(item["relatedSpdxElement"])
    return (ends[0], str(item["relationshipType"]), ends[1], str(item.get("comment", "")))


def _is_stated(text: str) -> bool:
    """R8: a text that is not empty, and no NONE or NOASSERTION in other letters."""
    return bool(text.strip()) and (text in _UNSTATED or text.strip().upper() not in _UNSTATED)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _items(value: object) -> Iterable[Any]:
    return value if isinstance(value, list) else ()
