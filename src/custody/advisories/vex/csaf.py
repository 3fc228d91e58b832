"""CSAF documents as VEX: the profile csaf_vex, and any other document that says which products are not affected.

Spec: CSAF 2.0, section 4.5 (profile 5: VEX), section 3.2.3.9 (product status). A product that is a component of another
(section 3.2.2.4) is a subcomponent: the statement holds inside that other one, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator

from custody.advisories.feeds.contents import head_of
from custody.advisories.feeds.csaf_document import Document, Status, decode_csaf, looks_like_csaf, utc
from custody.advisories.feeds.csaf_products import Product as CsafProduct
from custody.advisories.feeds.csaf_products import Products, products_of
from custody.advisories.feeds.csaf_vulnerability import (
    STATUSES_OF,
    identifier_of,
    impacts_of,
    justifications_of,
)
from custody.advisories.vex.interface import Product, Statement, product_of

__all__ = ["read", "recognise"]


def recognise(data: bytes) -> bool:
    """Say whether it looks like a CSAF document."""
    return looks_like_csaf(head_of(data))


def read(data: bytes, where: str) -> tuple[Statement, ...]:
    """Give a statement for each vulnerability, status and reason. InputError: not CSAF, or a draft."""
    document = decode_csaf(data, where)
    products = products_of(document)
    return tuple(
        statement
        for index in range(len(document.vulnerabilities or ()))
        for statement in _statements(document, index, products, where)
    )


def _statements(document: Document, index: int, products: Products, where: str) -> Iterator[Statement]:
    vulnerability = (document.vulnerabilities or [])[index]
    place = f"vulnerabilities[{index}]"
    name = identifier_of(vulnerability, f"{where}:{place}")
    flags, impacts = justifications_of(vulnerability, products), impacts_of(vulnerability, products)
    actions: dict[str, str] = {}
    for remedy in vulnerability.remediations or ():
        for identifier in products.named(remedy.product_ids, remedy.group_ids):
            actions.setdefault(identifier, " ".join(remedy.details.split()))
    status = vulnerability.product_status or Status()
    grouped: dict[tuple[str, str, str, str], dict[Product, None]] = {}
    for key, word in STATUSES_OF:
        for identifier in getattr(status, key) or ():
            impact = impacts.get(identifier, "") if word == "not_affected" else ""
            action = actions.get(identifier, "") if word == "affected" else ""
            group = (word, flags.get(identifier, "") if word == "not_affected" else "", impact, action)
            grouped.setdefault(group, {})[_product(*products.parts(identifier))] = None
    meta = document.document
    for (word, justification, impact, action), about in grouped.items():
        yield Statement(
            vulnerability=name,
            aliases=tuple(sorted({i.text for i in vulnerability.ids or () if "-" in i.text} - {name})),
            status=word,
            products=tuple(about),
            justification=justification,
            impact=impact,
            action=action,
            author=meta.publisher.name if meta.publisher is not None else "",
            timestamp=utc(meta.tracking.current_release_date),
            document=meta.tracking.id,
            version=meta.tracking.version,
            source=where,
            place=place,
        )


def _product(component: CsafProduct, platforms: tuple[CsafProduct, ...]) -> Product:
    """Give the outermost platform with the component inside it; what lies between (a module) tells nothing more."""
    own = _plain(component, ())
    return _plain(platforms[-1], (own,)) if platforms else own


def _plain(product: CsafProduct, inner: tuple[Product, ...]) -> Product:
    return product_of(
        product.name or product.id,
        purls=[product.purl] if product.purl else [],
        cpes=[product.cpe] if product.cpe else [],
        digests=product.digests,
        subcomponents=inner,
    )
