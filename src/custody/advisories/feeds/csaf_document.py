"""A CSAF document, as far as advisories and statements need it.

Spec: Common Security Advisory Framework 2.0, OASIS Standard of 2022-11-18, section 3 (schema elements). Fields that
nobody here uses are passed over unread, which is most of a large document.
"""

from __future__ import annotations

import datetime as dt
import re

import msgspec

from custody.errors import InputError

__all__ = ["Branch", "Document", "FullProductName", "Meta", "Vulnerability", "decode_csaf", "looks_like_csaf", "utc"]

_KIND = re.compile(rb'"csaf_version"\s*:\s*"')


class Helper(msgspec.Struct, gc=False):
    """How a product is known elsewhere (section 3.1.3.3)."""

    cpe: str | None = None
    purl: str | None = None
    hashes: list[Hashes] | None = None


class FileHash(msgspec.Struct, gc=False):
    """One digest of a file, in hex."""

    algorithm: str = ""
    value: str = ""


class Hashes(msgspec.Struct, gc=False):
    """The digests of one file of a product."""

    file_hashes: list[FileHash] | None = None


class FullProductName(msgspec.Struct, gc=False):
    """A product (section 3.1.3)."""

    product_id: str
    name: str = ""
    helper: Helper | None = msgspec.field(name="product_identification_helper", default=None)


class Branch(msgspec.Struct, gc=False):
    """A branch of the product tree (section 3.1.2)."""

    category: str = ""
    name: str = ""
    product: FullProductName | None = None
    branches: list[Branch] | None = None


class Relationship(msgspec.Struct, gc=False):
    """A product made of two others (section 3.2.2.4): the component, and what it is a component of."""

    full_product_name: FullProductName
    product_reference: str
    relates_to_product_reference: str
    category: str = ""


class Group(msgspec.Struct, gc=False):
    """Products under one name."""

    group_id: str
    product_ids: list[str]


class ProductTree(msgspec.Struct, gc=False):
    """Section 3.2.2."""

    branches: list[Branch] | None = None
    full_product_names: list[FullProductName] | None = None
    relationships: list[Relationship] | None = None
    product_groups: list[Group] | None = None


class Status(msgspec.Struct, gc=False):
    """Products by what is said of them (section 3.2.3.9)."""

    first_affected: list[str] | None = None
    first_fixed: list[str] | None = None
    fixed: list[str] | None = None
    known_affected: list[str] | None = None
    known_not_affected: list[str] | None = None
    last_affected: list[str] | None = None
    under_investigation: list[str] | None = None


class About(msgspec.Struct, gc=False):
    """Something said of some products: a flag, a threat or a remediation (sections 3.2.3.5, .12 and .14)."""

    label: str = ""
    category: str = ""
    details: str = ""
    product_ids: list[str] | None = None
    group_ids: list[str] | None = None


class Cvss(msgspec.Struct, rename="camel", gc=False):
    """A CVSS value; only the vector is believed."""

    vector_string: str | None = None


class Score(msgspec.Struct, gc=False):
    """Section 3.2.3.13."""

    products: list[str] | None = None
    cvss_v2: Cvss | None = None
    cvss_v3: Cvss | None = None
    cvss_v4: Cvss | None = None


class Note(msgspec.Struct, gc=False):
    """Section 3.1.4."""

    category: str = ""
    text: str = ""


class Weakness(msgspec.Struct, gc=False):
    """Section 3.2.3.3."""

    id: str = ""


class Id(msgspec.Struct, gc=False):
    """Another name of a vulnerability (section 3.2.3.6)."""

    text: str = ""
    system_name: str = ""


class Reference(msgspec.Struct, gc=False):
    """Section 3.1.7."""

    url: str = ""
    category: str = ""


class Vulnerability(msgspec.Struct, gc=False):
    """Section 3.2.3."""

    cve: str | None = None
    ids: list[Id] | None = None
    title: str | None = None
    notes: list[Note] | None = None
    cwe: Weakness | None = None
    product_status: Status | None = None
    flags: list[About] | None = None
    threats: list[About] | None = None
    remediations: list[About] | None = None
    scores: list[Score] | None = None
    references: list[Reference] | None = None
    release_date: dt.datetime | None = None


class Publisher(msgspec.Struct, gc=False):
    """Section 3.2.1.8."""

    name: str = ""
    namespace: str = ""


class Tracking(msgspec.Struct, gc=False):
    """Section 3.2.1.12."""

    id: str
    status: str
    current_release_date: dt.datetime
    initial_release_date: dt.datetime | None = None
    version: str = ""


class Meta(msgspec.Struct, gc=False):
    """Section 3.2.1."""

    csaf_version: str
    category: str
    tracking: Tracking
    publisher: Publisher | None = None
    title: str = ""
    references: list[Reference] | None = None


class Document(msgspec.Struct, gc=False):
    """The whole."""

    document: Meta
    product_tree: ProductTree | None = None
    vulnerabilities: list[Vulnerability] | None = None


_DECODER = msgspec.json.Decoder(Document)


def decode_csaf(data: bytes, where: str) -> Document:
    """Read a document.

    where: its name, for messages. Raises InputError: not JSON, not a CSAF 2 document, a field that we use is not what
    it must be, or a draft (section 3.2.1.12.7: "not to be used").
    """
    try:
        document = _DECODER.decode(data)
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError) as error:
        raise InputError(where, f"not a CSAF document: {error or type(error).__name__}") from None
    meta = document.document
    if not meta.csaf_version.startswith("2."):
        raise InputError(f"{where}:document.csaf_version", f"expected 2.0, got {meta.csaf_version[:20]!r}")
    if not meta.tracking.id.strip() or len(meta.tracking.id) > 200:
        raise InputError(f"{where}:document.tracking.id", "expected a text of 1 to 200 characters")
    if meta.tracking.status == "draft":
        raise InputError(f"{where}:document.tracking.status", "a draft, not yet published", "wait for its release")
    return document


def looks_like_csaf(head: bytes) -> bool:
    """Say whether a file that begins like this is a CSAF document."""
    return head.lstrip()[:1] == b"{" and _KIND.search(head) is not None


def utc(moment: dt.datetime) -> dt.datetime:
    """Whole seconds in UTC, as everywhere; a time without an offset is taken as UTC."""
    moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    return moment.replace(microsecond=0)
