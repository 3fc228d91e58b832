"""Whether a JSON document conforms to SPDX 2.3: every field of `fields`, and the rules across them.

Spec: https://spdx.github.io/spdx-spec/v2.3/. A pass of the JSON schema is not conformance (it does not ask for a
namespace, knows no licence expression and follows no reference), and a document can hold to the text without being
valid JSON for the schema; both are wanted here. What each rule is:

    6.1 … 13.3   the field's value, as its section says
    R1  identifiers are unique, and every reference leads to one
    R2  something is described
    R3  nothing about files where none were analysed
    R4  every LicenseRef is defined
    R5  licence expressions (Annex D)
    R6  property names, case and all; UTF-8
    R7  verification codes are right
    R8  NONE and NOASSERTION in upper case, and not empty instead
    R9  the file's name
"""

from __future__ import annotations

from typing import Any

from custody.sbom.json_bytes import read_object
from custody.sbom.licences import expression_fault, references
from custody.sbom.validate import rules
from custody.sbom.validate.fields import (
    ANNOTATION,
    CREATION,
    DOCUMENT,
    EXTRACTED,
    FILE,
    PACKAGE,
    PROJECT,
    REF,
    RELATIONSHIP,
    REVIEW,
    SNIPPET,
    Field,
    Section,
)
from custody.sbom.validate.problem import Problem
from custody.sbom.validate.refs import ref_fault

__all__ = ["validate_spdx23"]

Table = dict[str, Any]

_UNSTATED = ("NONE", "NOASSERTION")


def validate_spdx23(data: bytes, where: str) -> list[Problem]:
    """Give what is wrong with a document, in the order of the document; it conforms when nothing in it is an "error".

    where: its file name, which R9 looks at too. Raises InputError: the bytes are no JSON object.
    """
    try:
        data.decode()
    except UnicodeDecodeError as error:
        fault = f"expected UTF-8, and byte {error.start} is not"
        return [Problem(where=where, rule="R6", severity="error", message=fault)]
    return _Validator(read_object(data, where), where).problems


class _Validator:
    """One pass over one document."""

    def __init__(self, document: Table, where: str) -> None:
        self.where = where
        self.document = document
        self.problems: list[Problem] = []
        self.licence_refs: dict[str, str] = {}
        self.defined: set[str] = set()
        self._fields()
        self._rules()

    def report(self, place: str, rule: str, message: str, severity: str = "error") -> None:
        """Note one problem."""
        where = f"{self.where}:{place}" if place else self.where
        self.problems.append(Problem(where=where, rule=rule, severity=severity, message=message))

    # ── field by field ───────────────────────────────────────────────────────────────────────────────────────────────

    def _fields(self) -> None:
        document = self.document
        self._table(document, DOCUMENT, "")
        if isinstance(document.get("creationInfo"), dict):
            self._table(document["creationInfo"], CREATION, "creationInfo")
        for place, table in rules.tables(document, "packages"):
            self._package(table, place)
        for place, table in rules.tables(document, "files"):
            self._file(table, place)
        for place, table in rules.tables(document, "snippets"):
            self._table(table, SNIPPET, place)
            self._annotations(table, place)
            for rule, fault in rules.range_faults(table.get("ranges")):
                self.report(f"{place}.ranges", rule, fault)
        for place, table in rules.tables(document, "hasExtractedLicensingInfos"):
            self._table(table, EXTRACTED, place)
            self._define(table, place)
        for place, table in rules.tables(document, "relationships"):
            self._table(table, RELATIONSHIP, place)
        self._annotations(document, "")
        for place, table in rules.tables(document, "revieweds"):
            self._table(table, REVIEW, place)

    def _table(self, table: Table, section: Section, place: str, *, closed: bool = True) -> None:
        """Check the properties of one table. closed: whether it may have no others."""
        fields = section.fields
        for key, value in table.items():
            field = fields.get(key)
            if field is None:
                if closed:
                    self._unknown(key, section, place)
                continue
            fault = field.check(value)
            if fault:
                self.report(_at(place, key), field.id, fault)
            elif field.licence:
                self._licence(value, field, _at(place, key))
            elif field.unstated:
                self._unstated(value, _at(place, key), empty="warning")
            if field.deprecated:
                self.report(_at(place, key), field.id, "deprecated in SPDX 2.3", "warning")
        for field in section.required:
            if field.key not in table:
                self.report(_at(place, field.key), field.id, "missing")

    def _unknown(self, key: str, section: Section, place: str) -> None:
        """R6: property names are case sensitive, and there are no others."""
        same = next((known for known in section.fields if known.lower() == key.lower()), "")
        self.report(_at(place, key), "R6", f"no such property in SPDX 2.3{f', it is written {same!r}' if same else ''}")

    def _package(self, table: Table, place: str) -> None:
        self._table(table, PACKAGE, place)
        refs = table.get("externalRefs")
        for index, ref in enumerate(refs if isinstance(refs, list) else ()):
            if not isinstance(ref, dict):
                continue
            at = f"{place}.externalRefs[{index}]"
            before = len(self.problems)
            self._table(ref, REF, at)
            if len(self.problems) == before:
                fault, severity = ref_fault(ref)
                if fault:
                    self.report(at, "7.21", fault, severity)
        if table.get("primaryPackagePurpose") == "OPERATING-SYSTEM":
            self.report(f"{place}.primaryPackagePurpose", "7.24", "the JSON schema writes OPERATING_SYSTEM", "warning")
        if table.get("filesAnalyzed", True) is True and "packageVerificationCode" not in table:
            self.report(
                f"{place}.packageVerificationCode", "7.9", "missing, though filesAnalyzed is not false", "warning"
            )
        if "annotations" in table:
            self._annotations(table, place)

    def _file(self, table: Table, place: str) -> None:
        self._table(table, FILE, place)
        self._annotations(table, place)
        count = sum(item.get("algorithm") == "SHA1" for _, item in rules.tables(table, "checksums"))
        if isinstance(table.get("checksums"), list) and count != 1:
            self.report(f"{place}.checksums", "8.4", f"expected exactly one SHA1, got {count}")
        name = table.get("fileName")
        if isinstance(name, str) and name.startswith("/"):
            self.report(f"{place}.fileName", "8.1", f"expected a relative name, got {name!r}", "warning")
        for at, project in rules.tables(table, "artifactOfs"):
            self._table(project, PROJECT, f"{place}.{at}", closed=False)

    def _annotations(self, table: Table, place: str) -> None:
        for at, annotation in rules.tables(table, "annotations"):
            self._table(annotation, ANNOTATION, _at(place, at))

    def _define(self, table: Table, place: str) -> None:
        name = table.get("licenseId")
        if not isinstance(name, str):
            return
        if name.lower() in self.defined:
            self.report(f"{place}.licenseId", "10.1", f"{name!r} is defined twice")
        self.defined.add(name.lower())

    # ── licences ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _licence(self, value: str | list[str], field: Field, place: str) -> None:
        """R5 for one field: an expression, or a list of them; R4 is for the end, when all definitions are known."""
        for text in value if isinstance(value, list) else [value]:
            if text in _UNSTATED or self._unstated(text, place):
                continue
            fault = expression_fault(text)
            if fault:
                self.report(place, "R5", f"{field.key} {text!r:.80} is no licence expression: {fault}")
                continue
            for name in references(text):
                self.licence_refs.setdefault(name, place)

    def _unstated(self, text: str, place: str, *, empty: str = "error") -> bool:
        """R8: say whether the text is a NONE or NOASSERTION that is not written so, or nothing at all.

        empty: how bad nothing at all is: no expression, but a text like another.
        """
        if not text.strip():
            self.report(
                place, "R8", "empty; leave it out, or write NOASSERTION (not stated) or NONE (known to be none)", empty
            )
            return True
        if text not in _UNSTATED and text.strip().upper() in _UNSTATED:
            self.report(place, "R8", f"{text!r} is written {text.strip().upper()}")
            return True
        return False

    # ── across fields ────────────────────────────────────────────────────────────────────────────────────────────────

    def _rules(self) -> None:
        document = self.document
        known, faults = rules.elements(document)
        for place, fault in [*faults, *rules.references(document, known)]:
            self.report(place, "R1", fault)
        owned = rules.package_files(document)
        if fault := rules.described(document, owned):
            self.report("relationships", "R2", fault)
        for rule, find in rules.DOCUMENT_RULES:
            for place, fault in find(document, owned):
                self.report(place, rule, fault)
        documents = {table.get("externalDocumentId") for _, table in rules.tables(document, "externalDocumentRefs")}
        for name, place in sorted(self.licence_refs.items()):
            other, colon, _ = name.partition(":")
            if not (other in documents if colon else name.lower() in self.defined):
                self.report(place, "R4", f"{name!r} is not defined in the document")
        if fault := rules.file_name(self.where):
            self.report("", "R9", fault, "warning")


def _at(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
