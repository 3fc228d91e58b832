"""A package as a CycloneDX component.

What the format has no field for, or cannot hold as it is, is gathered in `carried` and goes into our note on the
component (see `carry.py`). Where two versions of the specification differ, the newest has the word here, and `fit.py`
makes an older one of it; only what then no longer says the same is carried for the sake of the older version.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from custody.model import CHECKSUM_LENGTHS
from custody.sbom.cyclonedx.shape import later
from custody.sbom.cyclonedx.terms import HASHES, RELEASED, TYPE_OF
from custody.sbom.cyclonedx.xml_write import ILLEGAL
from custody.sbom.licences import LicenceRefs, is_self_contained, references, renamed
from custody.sbom.texts import ACTOR, is_uri, label, line, shown

if TYPE_CHECKING:
    from custody.model import Artifact, Location, Package

__all__ = ["ComponentWriter", "note_properties", "party", "property_table"]

Table = dict[str, Any]

_LONGEST_VERSION = 1024  # definition "version" of the schema
_KINDS = {"image": "CONTAINER", "directory": "APPLICATION", "file": "FILE"}
_VCS = ("git+", "hg+", "svn+", "bzr+", "git:")
_CPE_WORD = r"(?:[A-Za-z0-9._\-~]|\\[\\*?!\"#$%&'()+,/:;<=>@\[\]^`{|}~._-]|[?*])+"
_CPE = re.compile(rf"cpe:2\.3:[aho*-](?::{_CPE_WORD}){{10}}")
"""A formatted string of NISTIR 7695 section 6.2: the XML schema asks for just this, or for the older URI."""
_NEW_TYPES = {"CRYPTOGRAPHIC_ASSET": "1.6", "DATA": "1.5", "DEVICE_DRIVER": "1.5", "MODEL": "1.5", "PLATFORM": "1.5"}
_TEXTS = ("name", "version", "description", "copyright", "supplier", "originator", "homepage", "download_location")


def is_cpe(text: str) -> bool:
    """Say whether a text is the formatted string of a CPE 2.3 name."""
    return _CPE.fullmatch(text) is not None


class ComponentWriter:
    """Writes the components of one document.

    root: its root's id; version: of the specification; xml: whether the document is XML, which holds fewer characters.
    """

    def __init__(self, artifact: Artifact, root: str, refs: LicenceRefs, version: str, *, xml: bool) -> None:
        """Take what every component depends on."""
        self.artifact = artifact
        self.root = root
        self.refs = refs
        self.xml = xml
        self.version = version
        self.has_makers = later(version, "1.6")
        self.has_details = later(version, "1.7") and not xml
        self.choices: dict[tuple[str, str], list[Table]] = {}  # (expression, how) → the list, shared: never changed
        self.types = {
            purpose: (kind, later(version, _NEW_TYPES.get(purpose, "1.2"))) for purpose, kind in TYPE_OF.items()
        }

    def write(self, key: str, package: Package, scope: str, carried: list[str], extra: Table) -> Table:
        """Give the component but for its properties.

        carried, extra: get the names of the fields, and the other facts, that our note must hold.
        """
        table: Table = {"type": self._type(key, package, carried), "bom-ref": key}
        if package.supplier or package.originator:
            self._actors(table, package, carried)
        self._texts(table, package, scope, carried)
        if (package.checksums or key == self.root) and (hashes := self._hashes(key, package, carried)):
            table["hashes"] = hashes
        if declared := self._licence(package, "licence_declared", "declared", carried, extra):
            table["licenses"] = declared
        if package.copyright:
            table["copyright"] = _free(package, "copyright", carried)
        if package.cpes:
            if is_cpe(package.cpes[0]):
                table["cpe"] = package.cpes[0]
            if "cpe" not in table or len(package.cpes) > 1:
                carried.append("cpes")
        table["purl"] = key
        if (package.homepage or package.download_location) and (found := _references(package, carried)):
            table["externalReferences"] = found
        if evidence := self._evidence(package, carried, extra):
            table["evidence"] = evidence
        if package.licence_texts and self.refs.plain_texts(package) != package.licence_texts:
            carried.append("licence_texts")
        if package.released:
            carried.append("released")
        if self.xml:
            carried += [name for name in _TEXTS if name not in carried and ILLEGAL.search(getattr(package, name))]
            if "licence_texts" not in carried and any(ILLEGAL.search(text) for _, text in package.licence_texts):
                carried.append("licence_texts")
        return table

    def _texts(self, table: Table, package: Package, scope: str, carried: list[str]) -> None:
        name = package.name
        if not name.isprintable() or not name.strip():
            name = label(package)
            if name != package.name:
                carried.append("name")
        table["name"] = name
        if version := package.version:
            if not version.isprintable() or len(version) > _LONGEST_VERSION:
                version = line(version)[:_LONGEST_VERSION]
                carried.append("version")
            if version:
                table["version"] = version
        if package.description:
            table["description"] = _free(package, "description", carried)
        if scope:
            table["scope"] = scope

    def _type(self, key: str, package: Package, carried: list[str]) -> str:
        purpose = package.purpose
        if key == self.root and purpose == "LIBRARY":
            purpose = _KINDS.get(self.artifact.kind, purpose)
        if purpose not in TYPE_OF:
            purpose = "LIBRARY"
        kind, there = self.types[purpose]
        if purpose != package.purpose or not there:
            carried.append("purpose")
        return kind

    def _hashes(self, key: str, package: Package, carried: list[str]) -> list[Table]:
        stated = [
            (c.algorithm, c.hex)
            for c in package.checksums
            if c.algorithm in HASHES and CHECKSUM_LENGTHS[c.algorithm] == len(c.hex)
        ]
        digest = self.artifact.digest
        added = key == self.root and (digest.algorithm, digest.hex) not in stated
        if added or len(stated) != len(package.checksums):
            carried.append("checksums")
        if added:
            stated.insert(0, (digest.algorithm, digest.hex))
        return [{"alg": HASHES[algorithm], "content": value} for algorithm, value in stated]

    def _licence(self, package: Package, field: str, how: str, carried: list[str], extra: Table) -> list[Table]:
        """Give one licence field as a `licenseChoice`; an expression that is none becomes a licence with that name."""
        expression: str | None = getattr(package, field)
        if expression is None:
            return []
        if known := self.choices.get((expression, how)):
            return known
        if expression == "NONE" or not is_self_contained(expression):
            carried.append(field)
            name = line(expression)
            return [{"license": {"name": name, "acknowledgement": how}}] if name not in ("NONE", "") else []
        choice: Table = {"expression": expression, "acknowledgement": how}
        if "LicenseRef-" not in expression:
            self.choices[expression, how] = [choice]
            return self.choices[expression, how]
        names = self.refs.names(package)
        choice["expression"] = expression = renamed(expression, names)
        if names:
            extra["references"] = {new: old for old, new in names.items()}
        texts = [(name, self.refs.texts.get(name)) for name in sorted(references(expression))]
        if self.has_details and any(text for _, text in texts):
            choice["expressionDetails"] = [
                {"licenseIdentifier": name, "text": {"content": text}} for name, text in texts if text
            ]
        return [choice]

    def _evidence(self, package: Package, carried: list[str], extra: Table) -> Table:
        table: Table = {}
        if package.locations:
            table["occurrences"] = [
                {"location": shown(at.path), "additionalContext": shown(_context(at))} for at in package.locations
            ]
        if package.licence_files:
            table.setdefault("occurrences", []).extend(
                {"location": shown(path), "additionalContext": "its licence"} for path in package.licence_files
            )
        if concluded := self._licence(package, "licence_concluded", "concluded", carried, extra):
            table["licenses"] = concluded
        return table

    def _actors(self, table: Table, package: Package, carried: list[str]) -> None:
        """Write supplier and originator. An organisation made it (`manufacturer`), or a person did (`authors`)."""
        if package.supplier:
            kind, found = party(package.supplier)
            if kind:
                table["supplier"] = found if kind == "Organization" else {"contact": [found]}
            else:
                carried.append("supplier")
        if package.originator:
            kind, found = party(package.originator)
            if kind == "Organization":
                table["manufacturer"] = found
            elif kind:
                table["authors"] = [found]
            if not kind or not self.has_makers:
                carried.append("originator")


def _context(at: Location) -> str:
    where = f"{at.where}; " if at.where else ""
    return f"{where}by {at.cataloger}; layer {at.layer}" if at.layer else f"{where}by {at.cataloger}"


def note_properties(package: Package, unevaluated: list[str]) -> list[Table]:
    """Give the properties that tell people what our note tells machines."""
    found: list[Table] = []
    if len(package.locations) == 1:
        if layer := package.locations[0].layer:
            found.append({"name": "custody:layer", "value": f"{layer.algorithm}:{layer.hex}"})
    elif package.locations:
        layers = {at.layer for at in package.locations if at.layer}
        found += [{"name": "custody:layer", "value": name} for name in sorted(map(str, layers))]
    if not package.installed:
        found.append({"name": "custody:installed", "value": "false"})
    if package.source_name:
        found.append(
            property_table("custody:source-package", f"{package.source_name} {package.source_version}".rstrip())
        )
    if package.released:
        found.append(property_table(RELEASED, line(package.released)))
    if len(package.cpes) > 1:
        found += [property_table("custody:cpe", line(name)) for name in package.cpes[1:]]
    found += [property_table("custody:not-evaluated", reason) for reason in unevaluated]
    return found


def property_table(name: str, value: str) -> Table:
    """Give a property."""
    return {"name": name, "value": shown(value)}


def _contact(name: str, email: str | None) -> Table:
    return {"name": name, "email": email} if email else {"name": name}


def _organization(name: str, email: str | None) -> Table:
    return {"name": name, "contact": [{"email": email}]} if email else {"name": name}


@lru_cache(maxsize=4096)
def party(text: str) -> tuple[str, Table]:
    """Give what somebody is ("" for what is not in SPDX's words), and the table, which is shared: never changed."""
    stated = ACTOR.fullmatch(text) if text.isprintable() else None
    if stated is None:
        return "", {}
    make = _contact if stated["kind"] == "Person" else _organization
    return stated["kind"], make(stated["name"], stated["email"])


def _references(package: Package, carried: list[str]) -> list[Table]:
    found = []
    for field, kind in (("homepage", "website"), ("download_location", "distribution")):
        url: str = getattr(package, field)
        if not url:
            continue
        if is_uri(url):
            found.append({"type": "vcs" if kind == "distribution" and url.startswith(_VCS) else kind, "url": url})
        else:
            carried.append(field)
    return found


def _free(package: Package, field: str, carried: list[str]) -> str:
    text: str = getattr(package, field)
    made = shown(text)
    if made != text:
        carried.append(field)
    return made
