"""What is decided about findings, as VEX documents that others can read.

Open findings are affected or under investigation; which decisions say "not affected" is the rule of
`custody.advisories.vex.decisions`. Every format says the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from custody.errors import InputError, UsageError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from custody.model import Artifact, Purl, ScanReport

__all__ = ["VEX_FORMATS", "Author", "check_vex", "vex_document"]

VEX_FORMATS = ("csaf", "cyclonedx", "openvex")


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who states it. name: a person or organisation; publisher, namespace: for CSAF; publisher "" for the name."""

    name: str = ""
    publisher: str = ""
    namespace: str = ""


def check_vex(formats: Sequence[str], author: Author) -> None:
    """Raise UsageError for a format that is not there, or an author who does not say what a format asks for."""
    for form in formats:
        if form not in VEX_FORMATS:
            raise UsageError(f"-o {form}", "unknown VEX format", f"expected one of {', '.join(VEX_FORMATS)}")
    if not author.name and not (author.publisher and set(formats) == {"csaf"}):
        raise UsageError("--author", "nobody is named who states it", "name a person or an organisation")
    if "csaf" in formats and not author.namespace:
        raise UsageError(
            "--namespace", "CSAF asks for an address of the publisher's", "such as https://psirt.team.example"
        )
    for option, text in (("--author", author.name), ("--publisher", author.publisher)):
        if text and (not text.strip() or not text.isprintable()):
            raise UsageError(option, f"{text!r} cannot be a name", "expected printable characters on one line")


def vex_document(
    report: ScanReport, artifact: Artifact, product: Purl, form: str, *, author: Author, now: dt.datetime
) -> bytes:
    """Write one document. form: one of `VEX_FORMATS`; product: the artifact's purl; now: the document's time.

    Raises InputError: the report has no finding, so there is nothing to state; UsageError: as `check_vex`.
    """
    from custody import __version__
    from custody.advisories import vex

    check_vex((form,), author)
    if form == "csaf":
        try:
            publisher = vex.Publisher(name=author.publisher or author.name, namespace=author.namespace)
            return vex.csaf_document(report, artifact, product, publisher=publisher, now=now, tool_version=__version__)
        except InputError as error:
            if error.where.startswith("publisher"):
                raise UsageError("--namespace", error.what, error.fix) from None
            raise
    write = vex.openvex_document if form == "openvex" else vex.cyclonedx_vex
    return write(report, artifact, product, author=author.name, now=now, tool_version=__version__)
