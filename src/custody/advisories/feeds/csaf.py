"""CSAF 2.0 documents: security advisories and VEX files of vendors, one record for each vulnerability.

Reads: https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html; a file, a folder (the layout of section 7.1), a zip,
or a tar such as Red Hat's `csaf_vex_2025-11-22.tar.zst`. Gives: see `csaf_vulnerability`.
Cannot know: whether a signature beside the document is right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from custody.advisories.feeds.contents import head_of, read_contents
from custody.advisories.feeds.csaf_document import decode_csaf, looks_like_csaf
from custody.advisories.feeds.csaf_products import products_of
from custody.advisories.feeds.csaf_vulnerability import advisory_of
from custody.errors import InputError
from custody.model import Advisory, Skipped

__all__ = ["CsafDump", "looks_like", "parse_csaf", "publisher_of"]

_NAMESPACE = re.compile(rb'"namespace"\s*:\s*"https?:(?:\\?/){2}([A-Za-z0-9.-]+)')
_NO_DOCUMENTS = frozenset({"provider-metadata.json", "aggregator.json", "service.json", "index.json"})
"""What a distributor says of itself and of the documents (CSAF 2.0, sections 7.1.7, 7.1.16 and 7.1.21)."""


class CsafDump:
    """The documents below one path.

    unsaid: after `records`, how many products could not be named, by reason.
    """

    whole = ""

    def __init__(self, path: Path, name: str = "", publisher: str = "") -> None:
        """Take a file, folder or archive, its name for messages, and whose documents they are (see `publisher_of`)."""
        self.name = name or str(path)
        self.kind = f"csaf:{publisher}" if publisher else "csaf"
        self.skipped: list[Skipped] = []
        self.unsaid: Counter[str] = Counter()
        self._path = path

    def records(self) -> Iterator[Advisory]:
        """Yield the records that can be read. InputError: an archive is broken; UnavailableError: not readable."""
        for where, content in read_contents(self._path, self.name):
            if where.replace(":", "/").rpartition("/")[2] in _NO_DOCUMENTS:
                continue
            try:
                if isinstance(content, InputError):
                    raise content
                yield from parse_csaf(content, where, self.skipped, self.unsaid)
            except InputError as error:
                self.skipped.append(Skipped(where=error.where, reason=error.what))


def looks_like(data: bytes) -> bool:
    """Say whether a file that begins like this is a CSAF document."""
    return looks_like_csaf(head_of(data))


def publisher_of(data: bytes) -> str:
    """Give whose document it is, by the host of the publisher's namespace: "redhat" for https://www.redhat.com."""
    match = _NAMESPACE.search(head_of(data))
    if match is None:
        return ""
    labels = match[1].decode("ascii").lower().split(".")
    return labels[-2] if len(labels) > 1 else labels[0]


def parse_csaf(data: bytes, where: str, skipped: list[Skipped], unsaid: Counter[str]) -> Iterator[Advisory]:
    """Yield the records of one document. skipped: takes the vulnerabilities that have no name.

    Raises InputError: it is no CSAF document, a draft, or one about no vulnerability.
    """
    document = decode_csaf(data, where)
    if not document.vulnerabilities:
        raise InputError(f"{where}:vulnerabilities", f"none; a document of category {document.document.category!r}")
    products = products_of(document)
    for index in range(len(document.vulnerabilities)):
        try:
            advisory = advisory_of(document, index, products, where, unsaid)
        except (ValueError, OverflowError) as error:
            skipped.append(Skipped(where=f"{where}:vulnerabilities[{index}]", reason=f"cannot be read: {error}"))
        except InputError as error:
            skipped.append(Skipped(where=error.where, reason=error.what))
        else:
            yield advisory
