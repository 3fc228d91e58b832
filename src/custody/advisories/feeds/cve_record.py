"""One CVE record: JSON → Advisory.

Spec: CVE record format 5.0 to 5.2 (https://github.com/CVEProject/cve-schema). Only what matching and reports use is
decoded. `containers.cna` is the word of whoever assigned the number, `containers.adp[]` what others add: CISA's
has CVSS, CWE, SSVC, the catalogue of exploited vulnerabilities, and CPE names.

Severities: every CVSS vector once, the CNA's first, then each ADP's in the order of the record, within one in the order
of its `metrics`, CVSS 4.0 before 3.1, 3.0, 2.0. Whose each is has no place in the model and is not kept.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from custody.advisories.feeds.cve_affected import Applicability, Product, affected_of
from custody.advisories.feeds.record import LONGEST_SUMMARY
from custody.errors import InputError
from custody.model import Advisory, Affected, Exploited, Severity

__all__ = ["CveRecord", "parse_cve"]

_ID = re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII)
_CWE = re.compile(r"CWE-\d{1,7}", re.ASCII)
LONGEST_VECTOR = 300
_SSVC = ("Exploitation", "Automatable", "Technical Impact")
_REFERENCES = (
    ("patch", "FIX"),
    ("vendor-advisory", "ADVISORY"),
    ("third-party-advisory", "ADVISORY"),
    ("exploit", "EVIDENCE"),
    ("issue-tracking", "REPORT"),
    ("mailing-list", "DISCUSSION"),
    ("technical-description", "ARTICLE"),
    ("product", "PACKAGE"),
)
"""The first tag of a reference that stands here gives OSV's type for it; WEB otherwise."""


class _Meta(msgspec.Struct, rename="camel", gc=False):
    cve_id: str
    state: str
    date_updated: dt.datetime | None = None
    date_published: dt.datetime | None = None
    date_rejected: dt.datetime | None = None


class _Provider(msgspec.Struct, rename="camel", gc=False):
    short_name: str | None = None
    date_updated: dt.datetime | None = None


class _Text(msgspec.Struct, rename="camel", gc=False):
    lang: str | None = None
    value: str | None = None
    description: str | None = None
    cwe_id: str | None = None


class _Problem(msgspec.Struct, gc=False):
    descriptions: list[_Text] | None = None


class _Cvss(msgspec.Struct, rename="camel", gc=False):
    vector_string: str | None = None


class _Other(msgspec.Struct, gc=False):
    type: str | None = None
    content: Any = None


class _Metric(msgspec.Struct, gc=False):
    v4: _Cvss | None = msgspec.field(name="cvssV4_0", default=None)
    v31: _Cvss | None = msgspec.field(name="cvssV3_1", default=None)
    v30: _Cvss | None = msgspec.field(name="cvssV3_0", default=None)
    v2: _Cvss | None = msgspec.field(name="cvssV2_0", default=None)
    other: _Other | None = None


class _Reference(msgspec.Struct, gc=False):
    url: str | None = None
    tags: list[str] | None = None


class _Container(msgspec.Struct, rename="camel", gc=False):
    provider_metadata: _Provider | None = None
    title: str | None = None
    descriptions: list[_Text] | None = None
    rejected_reasons: list[_Text] | None = None
    problem_types: list[_Problem] | None = None
    metrics: list[_Metric] | None = None
    references: list[_Reference] | None = None
    affected: list[Product] | None = None
    cpe_applicability: list[Applicability] | None = None


class _Containers(msgspec.Struct, gc=False):
    cna: _Container
    adp: list[_Container] | None = None


class _Record(msgspec.Struct, rename="camel", gc=False):
    cve_metadata: _Meta
    containers: _Containers
    data_type: str = ""


class CveRecord(msgspec.Struct, frozen=True, gc=False):
    """What one record gives. unsaid: why something it says of products became nothing → how often."""

    advisory: Advisory
    exploited: Exploited | None
    unsaid: dict[str, int]


_DECODER = msgspec.json.Decoder(_Record)


def parse_cve(data: bytes, where: str) -> CveRecord:
    """Read one record.

    where: its file, for messages. A `metrics` entry of the kind "kev" gives an `Exploited` without due date, which the
    catalogue itself knows. Raises InputError: not JSON, not a published or rejected record, or a field that we use is
    not what it must be.
    """
    try:
        record = _DECODER.decode(data)
        return _read(record, where)
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError) as error:
        raise InputError(where, f"not a CVE record: {error or type(error).__name__}") from None


def _read(record: _Record, where: str) -> CveRecord:
    meta = record.cve_metadata
    if not _ID.fullmatch(meta.cve_id):
        raise InputError(f"{where}:cveMetadata.cveId", f"expected a CVE number, got {meta.cve_id[:40]!r}")
    if meta.state not in {"PUBLISHED", "REJECTED"}:
        raise InputError(f"{where}:cveMetadata.state", f"expected PUBLISHED or REJECTED, got {meta.state[:40]!r}")
    containers = [record.containers.cna, *(record.containers.adp or ())]
    modified = _modified(meta, containers)
    if modified is None:
        raise InputError(f"{where}:cveMetadata.dateUpdated", "missing, and no container states one")
    rejected = meta.state == "REJECTED"
    affected: tuple[Affected, ...] = ()
    unsaid: dict[str, int] = {}
    if not rejected:
        products = [product for c in containers for product in c.affected or ()]
        statements = [statement for c in containers for statement in c.cpe_applicability or ()]
        affected = affected_of(products, statements, unsaid)
    advisory = Advisory(
        id=meta.cve_id,
        modified=modified,
        published=None if meta.date_published is None else _utc(meta.date_published),
        withdrawn=(modified if meta.date_rejected is None else _utc(meta.date_rejected)) if rejected else None,
        summary=_summary(record.containers.cna),
        severities=_severities(containers),
        affected=affected,
        references=_references(containers),
        cwes=_cwes(containers),
        ssvc=_ssvc(containers),
    )
    return CveRecord(advisory, None if rejected else _exploited(meta.cve_id, containers), unsaid)


def _utc(moment: dt.datetime) -> dt.datetime:
    """Whole seconds, as everywhere; the schema lets the offset be left out, and then it means UTC."""
    moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    return moment.replace(microsecond=0)


def _modified(meta: _Meta, containers: list[_Container]) -> dt.datetime | None:
    """Give the latest time that any part of it was changed: an ADP may add to a record without its owner."""
    times = [meta.date_updated, meta.date_published, meta.date_rejected]
    times += [c.provider_metadata.date_updated for c in containers if c.provider_metadata is not None]
    return max((_utc(moment) for moment in times if moment is not None), default=None)


def _summary(cna: _Container) -> str:
    texts = [cna.title or "", *_english(cna.descriptions), *_english(cna.rejected_reasons)]
    return next((short for text in texts if (short := " ".join(text.split())[:LONGEST_SUMMARY])), "")


def _english(texts: list[_Text] | None) -> list[str]:
    return [t.value for t in texts or () if t.value and (t.lang or "en").lower().startswith("en")]


def _severities(containers: list[_Container]) -> tuple[Severity, ...]:
    found: dict[tuple[str, str], None] = {}
    for metric in (m for c in containers for m in c.metrics or ()):
        kinds = (("CVSS_V4", metric.v4), ("CVSS_V3", metric.v31), ("CVSS_V3", metric.v30), ("CVSS_V2", metric.v2))
        for kind, cvss in kinds:
            if cvss is not None and cvss.vector_string and len(cvss.vector_string) <= LONGEST_VECTOR:
                found[kind, cvss.vector_string.strip()] = None
    return tuple(Severity(type=kind, vector=vector) for kind, vector in found)


def _references(containers: list[_Container]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for reference in (r for c in containers for r in c.references or ()):
        if reference.url and found.get(reference.url, "WEB") == "WEB":
            tags = reference.tags or ()
            found[reference.url] = next((kind for tag, kind in _REFERENCES if tag in tags), "WEB")
    return tuple((kind, url) for url, kind in found.items())


def _cwes(containers: list[_Container]) -> tuple[str, ...]:
    found = set()
    for text in (t for c in containers for p in c.problem_types or () for t in p.descriptions or ()):
        if text.cwe_id and _CWE.fullmatch(text.cwe_id):
            found.add(text.cwe_id)
        elif match := _CWE.match(text.description or ""):  # records made from the old form have it in the words only
            found.add(match[0])
    return tuple(sorted(found))


def _others(containers: list[_Container], kind: str) -> Iterator[dict[str, Any]]:
    for metric in (m for c in containers for m in c.metrics or ()):
        if metric.other is not None and metric.other.type == kind and isinstance(metric.other.content, dict):
            yield metric.other.content


def _ssvc(containers: list[_Container]) -> tuple[tuple[str, str], ...]:
    """Give CISA's decision points of the last assessment that stands there, in the order of its decision tree."""
    said: dict[str, str] = {}
    for content in _others(containers, "ssvc"):
        options = content.get("options")
        choices = options if isinstance(options, list) else []
        pairs = [pair for choice in choices if isinstance(choice, dict) for pair in choice.items()]
        said = {k: v for k, v in pairs if isinstance(k, str) and isinstance(v, str)} or said
    return tuple((name, said[name]) for name in _SSVC if name in said)


def _exploited(identifier: str, containers: list[_Container]) -> Exploited | None:
    for content in _others(containers, "kev"):
        added = content.get("dateAdded")
        if isinstance(added, str):
            return Exploited(id=identifier, added=dt.date.fromisoformat(added[:10]))
    return None
