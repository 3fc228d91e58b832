"""One package as the table of an SPDX 2 package: SPDX 2.3 section 7.

A field that the version or the serialisation cannot hold as it is goes into the package's note, see
`custody.sbom.carry`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from custody.model import CHECKSUM_LENGTHS
from custody.sbom.carry import carry_package
from custody.sbom.licences import expression_fault, is_self_contained, renamed
from custody.sbom.spdx.terms import PURPOSES
from custody.sbom.texts import is_uri, label, licence_comment, shown, source_info

if TYPE_CHECKING:
    from collections.abc import Callable

    from custody.model import Inventory, Package
    from custody.sbom.interface import Document
    from custody.sbom.licences import LicenceRefs
    from custody.sbom.spdx.kept_write import KeptPackage
    from custody.sbom.spdx.medium import Medium

__all__ = ["CPE23", "PackageWriter", "is_actor", "moment_of", "notes_of", "purpose_of"]

Table = dict[str, Any]

CPE23 = re.compile(r"cpe:2\.3:[aho*-](:(\\.|[^:\s\\])*){10}")
_SPDX_ACTOR = re.compile(r"(?:Person|Organization): \S.*")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_KINDS = {"image": "CONTAINER", "directory": "APPLICATION", "file": "FILE"}


@lru_cache(maxsize=4096)
def is_actor(text: str) -> bool:
    """Say whether a text is a person or an organization as SPDX writes them, on one line."""
    return bool(text) and text.isprintable() and (_SPDX_ACTOR.fullmatch(text) is not None)


class PackageWriter:
    """Writes the packages of one document, in one version, for one serialisation."""

    def __init__(
        self,
        document: Document,
        *,
        version: str,
        medium: Medium,
        refs: LicenceRefs,
        annotation: Callable[[str], Table],
    ) -> None:
        """Take what all packages share. annotation: makes one out of a comment."""
        self.document = document
        self.version = version
        self.medium = medium
        self.refs = refs
        self.annotation = annotation
        self.licences: dict[tuple[str | None, str | None], tuple[str, str, str, tuple[str, ...]]] = {}
        self.notes = notes_of(document)

    def table(
        self,
        key: str,
        package: Package,
        name: str,
        *,
        root: bool = False,
        security: list[Table] | None = None,
        kept: KeptPackage | None = None,
    ) -> Table:
        """Give one package.

        key: its purl; name: its SPDXID; security: references about its vulnerabilities; kept: what another tool's
        document said of it. `carried` gathers the model's fields that SPDX's own cannot hold as they are.
        """
        carried: list[str] = []
        extra: Table = {}
        medium = self.medium
        called = medium.line(label(package))
        if called != package.name:
            carried.append("name")
        version = medium.line(package.version) if package.version else ""
        if version != package.version:
            carried.append("version")
        concluded, declared, licence_words = self._licences(package, carried, extra)
        table: Table = {"name": called or "unnamed", "SPDXID": name}
        if version:
            table["versionInfo"] = version
        self._origins(package, table, carried)
        if info := source_info(package):
            table["sourceInfo"] = info
        table["licenseConcluded"] = concluded
        table["licenseDeclared"] = declared
        if licence_words:
            table["licenseComments"] = licence_words
        table["copyrightText"] = self._copyright(package, carried) if package.copyright else "NOASSERTION"
        if package.description:
            table["description"] = medium.text(package.description)
            if table["description"] != package.description:
                carried.append("description")
        if comment := self.notes(key, root=root):
            table["comment"] = comment
        if (package.checksums or root) and (checksums := self._checksums(package, carried, root=root)):
            table["checksums"] = checksums
        table["externalRefs"] = self._references(key, package, carried, security)
        if purpose := self._purpose(package, carried, root=root):
            table["primaryPackagePurpose"] = purpose
        if package.released:
            self._release(package, table, carried)
        if kept:
            kept.join(table, extra)
        if carry := carry_package(package, carried, **extra):
            table["annotations"] = [self.annotation(carry), *table.get("annotations", ())]
        return table

    def _origins(self, package: Package, table: Table, carried: list[str]) -> None:
        """Write who it is from, and where it is."""
        table["supplier"] = (self._actor(package, "supplier", carried) if package.supplier else "") or "NOASSERTION"
        if package.originator and (originator := self._actor(package, "originator", carried)):
            table["originator"] = originator
        location = self._uri(package, "download_location", carried) if package.download_location else ""
        table["downloadLocation"] = location or "NOASSERTION"
        table["filesAnalyzed"] = False
        if package.homepage and (homepage := self._uri(package, "homepage", carried)):
            table["homepage"] = homepage

    def _actor(self, package: Package, field: str, carried: list[str]) -> str:
        text: str = getattr(package, field)
        if is_actor(text) and self.medium.line(text) == text:
            return text
        carried.append(field)
        return ""

    @staticmethod
    def _uri(package: Package, field: str, carried: list[str]) -> str:
        text: str = getattr(package, field)
        if is_uri(text) or (text == "NONE" and field == "download_location"):
            return text
        carried.append(field)
        return ""

    def _copyright(self, package: Package, carried: list[str]) -> str:
        """Give the copyright text; what only looks like one, or like NONE or NOASSERTION, is left to the carry."""
        made = self.medium.text(package.copyright)
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
            found = self.licences[stated] = self._licence_fields(package)
        concluded, declared, words, fields = found
        carried += fields
        if package.licence_texts or "LicenseRef-" in concluded or "LicenseRef-" in declared:
            names = self.refs.names(package)
            concluded, declared = renamed(concluded, names), renamed(declared, names)
            if names:
                extra["references"] = {new: old for old, new in names.items()}
                stated_now = (("licence_declared", declared), ("licence_concluded", concluded))
                carried += [field for field, text in stated_now if field not in carried and self._changes(text)]
            if self.refs.plain_texts(package) != package.licence_texts:
                carried.append("licence_texts")
        return concluded, declared, words

    def _licence_fields(self, package: Package) -> tuple[str, str, str, tuple[str, ...]]:
        """Give licenseConcluded and licenseDeclared (not yet renamed), the comment, and the fields to be carried."""
        carried = []
        declared, fault = _licence(package.licence_declared)
        concluded, concluded_fault = _licence(package.licence_concluded)
        if fault or (package.licence_declared and self._changes(declared)):
            carried.append("licence_declared")
        promoted = package.licence_concluded is None and declared not in ("NONE", "NOASSERTION")
        if promoted or concluded_fault or (package.licence_concluded and self._changes(concluded)):
            carried.append("licence_concluded")
        words = licence_comment(package, concluded_from_declared=promoted, declared_fault=fault)
        return declared if promoted else concluded, declared, words, tuple(carried)

    def _changes(self, expression: str) -> bool:
        """Say whether an expression comes back otherwise from this serialisation."""
        return self.medium.licence(expression) != expression

    def _checksums(self, package: Package, carried: list[str], *, root: bool) -> list[Table]:
        digest = self.document.inventory.artifact.digest
        stated = [(c.algorithm, c.hex) for c in package.checksums if CHECKSUM_LENGTHS.get(c.algorithm) == len(c.hex)]
        added = root and (digest.algorithm, digest.hex) not in stated
        if added or len(stated) != len(package.checksums):
            carried.append("checksums")
        if added:
            stated.insert(0, (digest.algorithm, digest.hex))
        return [{"algorithm": algorithm.upper(), "checksumValue": value} for algorithm, value in stated]

    def _references(self, key: str, package: Package, carried: list[str], security: list[Table] | None) -> list[Table]:
        category = "PACKAGE_MANAGER" if self.version == "2.2" else "PACKAGE-MANAGER"
        found: list[Table] = [{"referenceCategory": category, "referenceType": "purl", "referenceLocator": key}]
        if package.cpes:
            good = [name for name in package.cpes if name.isprintable() and CPE23.fullmatch(name)]
            if tuple(good) != package.cpes:
                carried.append("cpes")
            found += [
                {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": shown(name)}
                for name in good
            ]
        if security:
            found += security
        return found

    def _purpose(self, package: Package, carried: list[str], *, root: bool) -> str:
        purpose = purpose_of(package, self.document.inventory, root=root)
        if purpose not in PURPOSES or self.version == "2.2":
            purpose = ""
        if (purpose or "LIBRARY") != package.purpose:  # where none is stated, a reader takes it for a library
            carried.append("purpose")
        return purpose

    def _release(self, package: Package, table: Table, carried: list[str]) -> None:
        """Write releaseDate, which is a moment; a bare date is its first one, and stays itself in the carry."""
        moment = moment_of(package.released) if self.version != "2.2" else ""
        if moment:
            table["releaseDate"] = moment
        if moment != package.released:
            carried.append("released")


def purpose_of(package: Package, inventory: Inventory, *, root: bool) -> str:
    """Give what a package is for, in the words of SPDX 2.3; of the root the artifact's kind says more than LIBRARY."""
    purpose = package.purpose.replace("-", "_")
    return _KINDS.get(inventory.artifact.kind, purpose) if root and purpose == "LIBRARY" else purpose


def moment_of(released: str) -> str:
    """Give a time as SPDX writes it, the first moment of a bare date; "" for what is neither."""
    moment = f"{released}T00:00:00Z" if len(released) == 10 else released
    return moment if _MOMENT.fullmatch(moment) and _is_real(moment) else ""


def notes_of(document: Document) -> Callable[..., str]:
    """Give a function that tells what a reader should know of a package: `notes(purl, root=False)`, "" for nothing."""
    unevaluated: dict[str, list[str]] = {}
    for item in sorted(document.report.not_evaluated) if document.report else ():
        reason = f"{item.advisory}: {item.reason}" if item.advisory else item.reason
        unevaluated.setdefault(item.package_id, []).append(reason)

    def notes(key: str, *, root: bool) -> str:
        if not root and key not in unevaluated:
            return ""
        parts = [f"Not evaluated for vulnerabilities: {reason}" for reason in unevaluated.get(key, ())]
        if root:
            for layer in document.inventory.artifact.layers:
                unpacked = f", unpacked {layer.diff_id}" if layer.diff_id else ""
                made = f", created by: {layer.created_by}" if layer.created_by else ""
                parts.append(f"Layer {layer.index}: {layer.descriptor.digest}{unpacked}{made}")
        return shown("\n".join(parts))

    return notes


@lru_cache(maxsize=4096)
def _is_real(moment: str) -> bool:
    import datetime as dt

    try:
        dt.datetime.fromisoformat(moment)
    except ValueError:
        return False
    return True


def _licence(expression: str | None) -> tuple[str, str]:
    """Give what SPDX may say for an expression, and what is wrong with it, "" when it can stand as it is."""
    if expression is None:
        return "NOASSERTION", ""
    if expression == "NONE" or is_self_contained(expression):
        return expression, ""
    return "NOASSERTION", expression_fault(expression) or "it refers to another document, or has spaces around it"
