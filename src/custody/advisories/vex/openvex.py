"""OpenVEX documents, 0.0.x and 0.2.0.

Spec: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md. In 0.0.x `vulnerability` and each product are texts,
and subcomponents stand in the statement; since 0.2.0 they are tables. A statement inherits the document's time. A
statement without products is about whatever the document lies with, which a file alone does not say.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from custody.advisories.vex.interface import Product, Statement, moment_of, product_of
from custody.errors import InputError
from custody.model import STATUSES

__all__ = ["read", "recognise"]

_CONTEXT = re.compile(rb'"@context"\s*:\s*"https://openvex\.dev/ns(?:/v[0-9.]+)?/?"')
MOST_STATEMENTS = 100_000


class _Identifiers(msgspec.Struct, gc=False):
    purl: str | None = None
    cpe22: str | None = None
    cpe23: str | None = None


class _Product(msgspec.Struct, gc=False):
    id: str = msgspec.field(name="@id", default="")
    identifiers: _Identifiers | None = None
    hashes: dict[str, str] | None = None
    subcomponents: list[Any] | None = None


class _Vulnerability(msgspec.Struct, gc=False):
    name: str = ""
    id: str = msgspec.field(name="@id", default="")
    aliases: list[str] | None = None


class _Statement(msgspec.Struct, gc=False):
    status: str
    vulnerability: str | _Vulnerability
    products: list[str | _Product] | None = None
    subcomponents: list[str] | None = None
    justification: str | None = None
    impact_statement: str | None = None
    action_statement: str | None = None
    status_notes: str | None = None
    timestamp: str | None = None
    last_updated: str | None = None


class _Document(msgspec.Struct, gc=False):
    context: str = msgspec.field(name="@context")
    statements: list[_Statement]
    id: str = msgspec.field(name="@id", default="")
    author: str = ""
    timestamp: str | None = None
    last_updated: str | None = None
    version: int | str = ""


_DECODER = msgspec.json.Decoder(_Document)


def recognise(data: bytes) -> bool:
    """Say whether it looks like an OpenVEX document."""
    return data.lstrip()[:1] == b"{" and _CONTEXT.search(data[: 1 << 16]) is not None


def read(data: bytes, where: str) -> tuple[Statement, ...]:
    """Give the statements in their order. InputError: not OpenVEX, or a statement lacks what the format asks for."""
    try:
        document = _DECODER.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InputError(where, f"not an OpenVEX document: {error or type(error).__name__}") from None
    if not document.context.startswith("https://openvex.dev/ns"):
        raise InputError(f"{where}:@context", f"expected https://openvex.dev/ns/…, got {document.context[:60]!r}")
    if len(document.statements) > MOST_STATEMENTS:
        raise InputError(f"{where}:statements", f"more than {MOST_STATEMENTS}")
    return tuple(_statement(s, document, where, index) for index, s in enumerate(document.statements))


def _statement(statement: _Statement, document: _Document, where: str, index: int) -> Statement:
    at = f"{where}:statements[{index}]"
    named = statement.vulnerability
    vulnerability = _Vulnerability(name=named) if isinstance(named, str) else named
    name = vulnerability.name or vulnerability.id.rstrip("/").rpartition("/")[2]
    if not name:
        raise InputError(f"{at}.vulnerability", "names no vulnerability")
    if statement.status not in STATUSES:
        raise InputError(f"{at}.status", f"expected one of {', '.join(STATUSES)}, got {statement.status[:40]!r}")
    inner = tuple(product_of(text) for text in statement.subcomponents or ())
    times = (statement.last_updated, statement.timestamp, document.last_updated, document.timestamp)
    return Statement(
        vulnerability=name,
        aliases=tuple(sorted(set(vulnerability.aliases or ()) - {name, ""})),
        status=statement.status,
        products=tuple(_product(p, inner, at) for p in statement.products or ()),
        justification=statement.justification or "",
        impact=statement.impact_statement or statement.status_notes or "",
        action=statement.action_statement or "",
        author=document.author,
        timestamp=moment_of(next((t for t in times if t), ""), f"{at}.timestamp"),
        document=document.id,
        version=str(document.version),
        source=where,
        place=f"statements[{index}]",
    )


def _product(product: str | _Product, inner: tuple[Product, ...], at: str) -> Product:
    if isinstance(product, str):
        return product_of(product, subcomponents=inner)
    try:
        parts = msgspec.convert(product.subcomponents or [], list[str | _Product])
    except msgspec.ValidationError as error:
        raise InputError(f"{at}.products.subcomponents", str(error)) from None
    return _table(product, inner + tuple(_table(p, ()) if isinstance(p, _Product) else product_of(p) for p in parts))


def _table(product: _Product, inner: tuple[Product, ...]) -> Product:
    marks = product.identifiers or _Identifiers()
    return product_of(
        product.id,
        purls=[marks.purl] if marks.purl else [],
        cpes=[cpe for cpe in (marks.cpe23, marks.cpe22) if cpe],
        digests=[f"{kind.lower().replace('-', '')}:{value}" for kind, value in (product.hashes or {}).items()],
        subcomponents=inner,
    )
