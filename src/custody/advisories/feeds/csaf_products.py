"""The products of a CSAF document: the tree and its relationships, walked once.

Spec: CSAF 2.0, sections 3.2.2 (product tree), 3.1.2.2 (categories of branches), 3.1.3.3 (identification helpers) and
3.2.2.4 (relationships). A relationship makes a third product of two, "kernel as a component of Enterprise Linux 9"; its
parts may themselves be such products, and hostile documents close the circle (mandatory test 6.1.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from custody.advisories.feeds.csaf_document import Branch, Document, FullProductName, ProductTree
from custody.errors import InputError
from custody.model import Purl

__all__ = ["Product", "Products", "Rpm", "products_of", "rpm_of"]

_NEVRA = re.compile(r"(?P<name>[A-Za-z0-9][\w.+-]*)-(?P<epoch>\d{1,9}):(?P<version>[^-:/\s]+)-(?P<release>[^-:/\s]+)")
_ARCHITECTURES = ("noarch", "src", "nosrc", "x86_64", "aarch64", "ppc64le", "ppc64", "ppc", "s390x", "s390")
_MORE_ARCHITECTURES = ("i386", "i486", "i586", "i686", "ia64", "armv7hl", "riscv64")
_PLAIN = re.compile(r"[A-Za-z0-9][\w.+-]*")
DEEPEST = 10
"""Relationships of relationships that are followed; Red Hat's modules need two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product of a document.

    id: as the document calls it; purl, cpe, digests ("sha256:…"): from its identification helper; version,
    version_range: names of the nearest branches of these categories, "" where there are none; component, platform: the
    ids of what it was made from, "" where it is a product of its own.
    """

    id: str
    name: str = ""
    purl: str = ""
    cpe: str = ""
    digests: tuple[str, ...] = ()
    version: str = ""
    version_range: str = ""
    component: str = ""
    platform: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rpm:
    """An rpm that a product is. evr: `epoch:version-release`, "" where the product has no version."""

    name: str
    evr: str
    architecture: str = ""


class Products:
    """All products of a document by id, and its groups."""

    def __init__(self, products: dict[str, Product], groups: dict[str, tuple[str, ...]]) -> None:
        """Take both by id."""
        self._products = products
        self._groups = groups
        self._parts: dict[str, tuple[Product, tuple[Product, ...]]] = {}

    def get(self, identifier: str) -> Product:
        """Give a product; one without any mark for an id that the document does not define."""
        return self._products.get(identifier) or Product(id=identifier)

    def named(self, product_ids: Iterable[str] | None, group_ids: Iterable[str] | None) -> set[str]:
        """Give the ids of products that are named one by one or by group."""
        found = set(product_ids or ())
        for group in group_ids or ():
            found.update(self._groups.get(group, ()))
        return found

    def parts(self, identifier: str) -> tuple[Product, tuple[Product, ...]]:
        """Give the innermost component of a product, and what it is a component of, from the inside out.

        A product of its own is its own component, of nothing.
        """
        known = self._parts.get(identifier)
        if known is None:
            known = self._parts[identifier] = self._find_parts(identifier)
        return known

    def _find_parts(self, identifier: str) -> tuple[Product, tuple[Product, ...]]:
        product = self.get(identifier)
        platforms: list[Product] = []
        for _ in range(DEEPEST):
            if not product.component:
                break
            outer = self.get(product.platform)
            around = []
            for _ in range(DEEPEST):
                if not outer.component:
                    break
                around.append(self.get(outer.component))
                outer = self.get(outer.platform)
            platforms = [*around, outer, *platforms]
            product = self.get(product.component)
        return product, tuple(platforms)


def products_of(document: Document) -> Products:
    """Walk the product tree of a document. Of two products with one id the first counts."""
    tree = document.product_tree or ProductTree()
    products: dict[str, Product] = {}
    for full in tree.full_product_names or ():
        products.setdefault(full.product_id, _product(full, "", ""))
    stack: list[tuple[Branch, str, str]] = [(branch, "", "") for branch in reversed(tree.branches or ())]
    while stack:
        branch, version, version_range = stack.pop()
        if branch.category == "product_version":
            version = branch.name
        elif branch.category == "product_version_range":
            version_range = branch.name
        if branch.product is not None:
            products.setdefault(branch.product.product_id, _product(branch.product, version, version_range))
        stack += [(child, version, version_range) for child in reversed(branch.branches or ())]
    for relation in tree.relationships or ():
        full = relation.full_product_name
        own = _product(full, "", "")
        products.setdefault(
            full.product_id,
            Product(
                id=own.id,
                name=own.name,
                purl=own.purl,
                cpe=own.cpe,
                digests=own.digests,
                component=relation.product_reference,
                platform=relation.relates_to_product_reference,
            ),
        )
    groups = {group.group_id: tuple(group.product_ids) for group in tree.product_groups or ()}
    return Products(products, groups)


def rpm_of(product: Product) -> Rpm | None:
    """Give the rpm that a product is, by its purl, else by its name (`kernel-0:5.14.0-70.el9.x86_64`, or `kernel`).

    None where it is something else: a module, a container image, a package of another kind.
    """
    if product.purl:
        return _rpm_of_purl(product.purl)
    for text in (product.id, product.name, product.version):
        match = _NEVRA.match(text)
        if match is not None:
            release, _, architecture = match["release"].rpartition(".")
            if architecture not in _ARCHITECTURES + _MORE_ARCHITECTURES:
                release, architecture = match["release"], ""
            evr = f"{int(match['epoch'])}:{match['version']}-{release}"
            return Rpm(name=match["name"], evr=evr, architecture=architecture)
    return Rpm(name=product.id, evr="") if product.id == product.version and _PLAIN.fullmatch(product.id) else None


def _rpm_of_purl(text: str) -> Rpm | None:
    try:
        purl = Purl.parse(text)
    except InputError:
        return None
    if purl.type != "rpm":
        return None
    epoch = purl.qualifier("epoch") or "0"
    version = purl.version
    if version and ":" not in version:
        version = f"{int(epoch) if epoch.isdecimal() and len(epoch) < 10 else 0}:{version}"
    return Rpm(name=purl.name, evr=version, architecture=purl.qualifier("arch"))


def _product(full: FullProductName, version: str, version_range: str) -> Product:
    helper = full.helper
    digests: tuple[str, ...] = ()
    if helper is not None and helper.hashes:
        digests = tuple(
            f"{h.algorithm.lower().replace('-', '')}:{h.value.lower()}"
            for one in helper.hashes
            for h in one.file_hashes or ()
            if h.value
        )
    return Product(
        id=full.product_id,
        name=full.name,
        purl=(helper.purl or "") if helper else "",
        cpe=(helper.cpe or "") if helper else "",
        digests=digests,
        version=version,
        version_range=version_range,
    )
