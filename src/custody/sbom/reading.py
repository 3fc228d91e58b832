"""What reading any SBOM needs, ours or another tool's: packages without a purl, no root, an unknown subject.

Other tools' documents are often not quite valid. So a package that cannot be understood is left out and said so
(`skipped`), and only a document that is no document at all is an `InputError`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from custody.errors import InputError
from custody.model import (
    Artifact,
    Dependency,
    Descriptor,
    Digest,
    Distribution,
    Inventory,
    Package,
    Purl,
    Skipped,
)
from custody.model.licence import normalise
from custody.sbom.carry import DocumentCarry, carried_artifact, carried_inventory

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Reading", "first_purl", "foreign_licence", "generic", "objects", "source_package", "text"]

_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")
_BUILT_FROM = re.compile(r"built package from: (\S+)(?: (\S+))?")


def text(table: dict[str, Any], key: str) -> str:
    """Give a text of a foreign table; "" where it is absent or something else."""
    value = table.get(key)
    return value if isinstance(value, str) else ""


def objects(table: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Give the tables of a list in a foreign table; whatever else stands there is passed over."""
    value = table.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def generic(name: str, version: str) -> Purl:
    """Give the purl of a thing whose ecosystem nobody states."""
    return Purl("generic", name, version)


def first_purl(locators: Iterable[str]) -> Purl | None:
    """Give the first locator that is a valid package URL."""
    for locator in locators:
        try:
            return Purl.parse(locator)
        except InputError:
            continue
    return None


def foreign_licence(words: str) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Give the expression for what a foreign document calls a licence, and the texts of LicenseRefs made for it."""
    if words == "NONE":
        return words, ()
    expression, made = normalise(words)
    return expression, tuple(made.items())


def source_package(purl: Purl | None, info: str = "") -> tuple[str, str]:
    """Give the source package that a distribution's package was built from, as other tools tell it.

    purl: its qualifier `upstream=name[@version]`; info: a text with "built package from: name version".
    """
    upstream = purl.qualifier("upstream") if purl else ""
    if upstream:
        name, _, version = upstream.partition("@")
        return name, version
    match = _BUILT_FROM.search(info)
    return (match[1], match[2] or "") if match else ("", "")


@dataclass(slots=True, kw_only=True)
class Reading:
    """One document while it is read.

    where: its name; data: its bytes; carry: our own note, None in a foreign document. packages: by the name they have
    inside the document (several names may mean one package); ids: their purls, by the same names; extra: see
    `custody.model.Inventory`.
    """

    where: str
    data: bytes
    media_type: str
    carry: DocumentCarry | None = None
    packages: dict[str, Package] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    edges: list[Dependency] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    nameless: set[str] = field(default_factory=set)
    doubled: list[str] = field(default_factory=list)
    dangling: list[str] = field(default_factory=list)
    owned: set[str] = field(default_factory=set)
    distribution: Distribution | None = None
    files: int = 0
    extra: tuple[tuple[str, bytes], ...] = ()

    @property
    def ours(self) -> bool:
        """Say whether the document says of itself that custody wrote it."""
        return self.carry is not None

    def skip(self, place: str, reason: str) -> None:
        """Note something that could not be read."""
        self.skipped.append(Skipped(where=f"{self.where}:{place}", reason=reason))

    def add(self, name: str, package: Package, place: str, *, purl: Purl | None) -> str:
        """Keep a package under a name of the document, and give the name that it got: `place` where the name is taken.

        purl: what the document states; a package without one has a generic purl, and that is noted.
        """
        if name in self.packages:
            if self.ids[name] != package.id:
                self.doubled.append(name)
            name = place
        self.packages[name] = package
        self.ids[name] = package.id
        if purl is None:
            self.nameless.add(name)
        return name

    def edge(self, source: str, target: str, relation: str) -> None:
        """Add an edge between two names of the document."""
        left, right = self.ids.get(source), self.ids.get(target)
        if left is None or right is None:
            self.dangling.append(source if left is None else target)
            return
        if relation == "owns":
            self.owned.add(target)
        self.edges.append(Dependency(source=left, target=right, relation=relation))

    def _settled(self) -> list[Dependency]:
        """Give the edges. A package of which another copy has no owner is not owned: owners speak for their own."""
        names = Counter(self.ids.values())
        owned = Counter(self.ids[name] for name in self.owned)
        return [
            replace(edge, relation="contains")
            if edge.relation == "owns" and owned[edge.target] < names[edge.target]
            else edge
            for edge in self.edges
        ]

    def knows(self, *names: str) -> bool:
        """Say whether these are names of packages."""
        return all(name in self.ids for name in names)

    def inventory(self, roots: list[str], title: str) -> Inventory:
        """Give the inventory. roots: names of what the document describes; title: the document's own name.

        Where it describes one package, that is the root. Where it describes several, or none, a root is made up for
        them.
        """
        known = list(dict.fromkeys(name for name in roots if name in self.packages))
        self.nameless -= set(known)  # what the document is about need not come from an ecosystem
        if len({self.ids[name] for name in known}) == 1:
            root = self.packages[known[0]]
        else:
            name = " ".join(title.split()) or self.where.rpartition("/")[2] or "document"
            root = Package(purl=generic(name, ""), name=name, purpose="OTHER")
            tops = {self.ids[name] for name in known} - {root.id}
            self.edges += [Dependency(source=root.id, target=top, relation="contains") for top in tops]
        artifact = carried_artifact(self.carry, self.where) if self.carry else None
        facts: dict[str, Any] = {"distribution": self.distribution, "files": self.files}
        if self.carry:
            facts |= carried_inventory(self.carry)
        facts["skipped"] = (*facts.get("skipped", ()), *self._notes())
        root_id = root.id
        again = [self.packages[name] for name, found in self.ids.items() if found == root_id]
        if others := [package for package in again if package is not root]:
            root = root.merged(*others)
        return Inventory.assemble(
            artifact=artifact or self._artifact(root),
            root=root,
            packages=self.packages.values(),
            dependencies=self._settled(),
            extra=self.extra,
            **facts,
        )

    def _notes(self) -> list[Skipped]:
        """Give what was not understood, one line for each kind."""
        nameless = [self.packages[name].name for name in self.nameless]
        kinds = (
            (nameless, "no usable package URL, so the ecosystem is not known, and nothing can be matched, for"),
            (self.doubled, "an identifier stands for two packages, and edges lead to the first:"),
            (self.dangling, "edges name what is not a package of the document:"),
        )
        return self.skipped + [
            Skipped(where=self.where, reason=f"{reason} {_some(names)}") for names, reason in kinds if names
        ]

    def _artifact(self, root: Package) -> Artifact:
        """Give what the document is about: by the digest that it states for its root, else the document itself."""
        digest = _stated_digest(root)
        image = root.purpose == "CONTAINER" or root.purl.type in ("oci", "docker")
        if digest is None:
            descriptor = Descriptor(media_type=self.media_type, digest=Digest.of(self.data), size=len(self.data))
        else:
            descriptor = Descriptor(media_type="application/octet-stream", digest=digest, size=0)
        return Artifact(
            kind="image" if image and digest else "file",
            name=root.name,
            version=root.version,
            descriptor=descriptor,
            reference=self.where,
        )


def _stated_digest(root: Package) -> Digest | None:
    for stated in (root.purl.version, root.version):
        if _SHA256.fullmatch(stated):
            return Digest.parse(stated)
    return next((Digest("sha256", c.hex) for c in root.checksums if c.algorithm == "sha256"), None)


def _some(names: list[str]) -> str:
    unique = sorted(set(names))
    return ", ".join(unique[:10]) + (f" and {len(unique) - 10} more" if len(unique) > 10 else "")
