"""What named persons state about controls: a file that they write and keep under version control.

    apiVersion: v1
    kind: Attestations
    attestations:
      - control: PO.2.3
        verdict: met                    met, not_met or not_applicable
        author: Jane Doe, CTO           a person, not a team
        date: 2026-11-01
        expires: 2027-11-01             it counts until then; 365 days after `date` where it is not said
        statement: The board decided on …
        product: whisperengine          only for this product; for all of them where it is not said
        files: [minutes/2026-11-01.pdf] what shows it, relative to this file

The newest statement about a control replaces the older ones, also when it has expired or says something else.
"""

from __future__ import annotations

import datetime as dt

from custody.errors import InputError
from custody.fields import Fields
from custody.model import Attestation

__all__ = ["VALID_DAYS", "parse_attestations"]

VALID_DAYS = 365
"""How long a statement counts when it does not say: the examples of SSDF 1.1 PO.1.1 have "at least annually"."""

_VERDICTS = ("met", "not_met", "not_applicable")


def parse_attestations(data: bytes, where: str) -> tuple[Attestation, ...]:
    """Read a file of attestations, in its order; InputError says `where:path.to.field: what is wrong`.

    The digests of `files` are None: no file is opened here.
    """
    fields = Fields.from_yaml(data, where)
    fields.only("apiVersion", "kind", "attestations")
    fields.one_of("apiVersion", ("v1",))
    fields.one_of("kind", ("Attestations",))
    if "attestations" not in fields:
        raise fields.fault("attestations", "missing, expected a list")
    return tuple(_attestation(item) for item in fields.each("attestations"))


def _attestation(fields: Fields) -> Attestation:
    fields.only("control", "verdict", "author", "date", "expires", "statement", "product", "files")
    stated_at = fields.time("date")
    expires = fields.time("expires") if "expires" in fields else _a_year_after(fields, stated_at)
    if expires <= stated_at:
        raise fields.fault("expires", f"expected a date after {stated_at.date()}, got {expires.date()}")
    files = fields.texts("files")
    for index, name in enumerate(files):
        if not name or name.startswith("/") or ".." in name.split("/"):
            raise fields.fault(f"files[{index}]", f"expected a path below this file's folder, got {name!r}")
    return Attestation(
        control=fields.text("control"),
        verdict=fields.one_of("verdict", _VERDICTS),
        author=_words(fields, "author"),
        stated_at=stated_at,
        expires=expires,
        statement=_words(fields, "statement"),
        product=fields.text_or("product"),
        origin=fields.at,
        files=tuple((name, None) for name in files),
    )


def _words(fields: Fields, key: str) -> str:
    text = " ".join(fields.text(key).split())
    if not text:
        raise fields.fault(key, "expected words, got white space")
    return text


def _a_year_after(fields: Fields, moment: dt.datetime) -> dt.datetime:
    try:
        return moment + dt.timedelta(days=VALID_DAYS)
    except OverflowError:
        raise InputError(fields.spot("date"), f"date out of range: {moment.date()}") from None
