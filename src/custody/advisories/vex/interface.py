"""What the room knows of a VEX document: statements, whatever the format.

    reader.recognise(data)      is it mine?
    reader.read(data, where)    → (Statement, …)
    apply_vex(report, …)        → the report with what they cover marked, and those that cover nothing

A reader is one module of this folder with these two functions and a docstring that cites its specification.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from custody.errors import InputError
from custody.model import JUSTIFICATIONS, Purl

__all__ = ["JUSTIFICATIONS", "Product", "Statement", "moment_of", "product_of"]

_DIGEST = re.compile(r"(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}|sha1:[0-9a-f]{40})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What a statement is about, by every mark that the document gives.

    name: as the document writes it; purls, cpes; digests: "sha256:<hex>" and the like. subcomponents: where there are
    any, the statement is about these inside the product, and not about the product itself.
    """

    name: str = ""
    purls: tuple[Purl, ...] = ()
    cpes: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    subcomponents: tuple[Product, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Somebody's word on one vulnerability in some products.

    vulnerability: its first name, aliases: the others. status: one of `custody.model.STATUSES`. justification: one of
    `JUSTIFICATIONS`, or the format's own word where none of these means the same; impact: why it is not affected, in
    prose; action: what to do. timestamp: UTC, None where the document does not say; document: its id; version: of the
    document; source: the file it was read from; place: where in it the statement stands.
    """

    vulnerability: str
    status: str
    aliases: tuple[str, ...] = ()
    products: tuple[Product, ...] = ()
    justification: str = ""
    impact: str = ""
    action: str = ""
    author: str = ""
    timestamp: dt.datetime | None = None
    document: str = ""
    version: str = ""
    source: str = ""
    place: str = ""


def product_of(
    identifier: str,
    *,
    purls: Iterable[str] = (),
    cpes: Iterable[str] = (),
    digests: Iterable[str] = (),
    subcomponents: tuple[Product, ...] = (),
) -> Product:
    """Make a product of the texts in a document. Texts that are no purl or digest remain a name, or nothing."""
    read: dict[Purl, None] = {}
    for text in (identifier, *purls):
        if text[:4].lower() == "pkg:":
            try:
                read[Purl.parse(text)] = None
            except InputError:
                continue
    found = dict.fromkeys(d.lower() for d in digests)
    for purl in read:
        found.update(dict.fromkeys((purl.version, purl.qualifier("checksum"))))
    found.update(dict.fromkeys((identifier, identifier.rpartition("@")[2])))
    names = [text for text in (identifier, *cpes) if text[:4].lower() == "cpe:"]
    return Product(
        name=identifier,
        purls=tuple(read),
        cpes=tuple(dict.fromkeys(names)),
        digests=tuple(digest for digest in found if _DIGEST.fullmatch(digest)),
        subcomponents=subcomponents,
    )


def moment_of(text: str, where: str) -> dt.datetime | None:
    """Read RFC 3339, None for ""; whole seconds in UTC. InputError: it is none."""
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.strip()))
        moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
        return moment.replace(microsecond=0)
    except (ValueError, OverflowError):
        raise InputError(where, f"expected a time like 2026-11-22T10:00:00Z, got {text[:60]!r}") from None
