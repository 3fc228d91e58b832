"""`grype -o json` → a scan report.

Reads: grype from 0.20 on (grype/presenter/models/document.go), tried with 0.110.0; the files that custody writes in
that shape too.
Gives: matches and ignored matches with their rules; severities in grype's words, CVSS of the record or of the CVE it is
about; fixes, KEV, EPSS, CWEs, files and layers; the manifest's digest of an image.
Cannot know: how many packages were looked at, so that a report without matches is unknown and not clean; grype's own
risk, which has another scale.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from custody.fields import Fields
from custody.model import Digest, Epss, Exploited, Purl, Suppression
from custody.report.foreign.assemble import (
    Draft,
    Imported,
    as_purl,
    database_words,
    date_of,
    ecosystem_of,
    file_path,
    layer_of,
    number,
    severity_of_word,
    time_of,
)
from custody.report.foreign.interface import Reader

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from custody.model import ScanReport

_CHECKSUM = re.compile(r"[?&]checksum=(sha256:[0-9a-f]{64})")
_RESPONSES = {"wont-fix": "will_not_fix"}
_JUSTIFIED = ("not_affected", "fixed")


def recognise(table: Mapping[str, Any]) -> bool:
    """Say whether it has matches and a descriptor."""
    return isinstance(table.get("matches"), list) and isinstance(table.get("descriptor"), dict)


def read(data: bytes, where: str, *, at: dt.datetime) -> ScanReport:
    """Read a report; InputError names `where`."""
    fields = Fields.from_json(data, where)
    descriptor = fields.table("descriptor")
    stated = time_of(descriptor, "timestamp")
    status = descriptor.value.get("db")
    built, checksum = _database(descriptor.table("db")) if isinstance(status, dict) else (None, None)
    version = descriptor.text_or("version").strip("[]")
    tool = descriptor.text_or("name") or "grype"
    imported = Imported(
        tool=tool if version in ("", "not provided") else f"{tool} {version}",
        data=data,
        at=stated or at,
        timed=stated is not None,
        artifact=_artifact(fields),
        database=database_words(built),
        database_digest=checksum,
        newest=built,
    )
    if tool == "custody":
        imported.packages = _count(descriptor.table("custody"))
    distro = fields.table("distro")
    system, release = distro.text_or("name"), distro.text_or("version")
    for match in fields.each("matches"):
        imported.add(_draft(match, system, release, None))
    for match in fields.each("ignoredMatches"):
        imported.add(_draft(match, system, release, _suppression(match)))
    return imported.report()


def _count(custody: Fields) -> int:
    """Give how many packages custody, writing in this shape, looked at, where it evaluated all of them."""
    left = [custody.value.get(key) for key in ("notEvaluated", "skipped")]
    return custody.integer("packages") if left == [0, 0] and custody.value.get("result") == "clean" else 0


def _database(table: Fields) -> tuple[dt.datetime | None, Digest | None]:
    """Give when it was built, and its digest: grype 0.88 and later have a table `status`, earlier ones have it flat."""
    status = table.table("status") if isinstance(table.value.get("status"), dict) else table
    found = _CHECKSUM.search(unquote(status.text_or("from")))
    return time_of(status, "built"), Digest.parse(found[1]) if found else None


def _artifact(fields: Fields) -> Digest | None:
    source = fields.table("source")
    if source.text_or("type") != "image" or not isinstance(source.value.get("target"), dict):
        return None
    target = source.table("target")
    for digest in (
        target.text_or("manifestDigest"),
        *(text.rpartition("@")[2] for text in target.texts("repoDigests")),
    ):
        if found := layer_of(digest):
            return found
    return None


def _draft(match: Fields, system: str, release: str, suppression: Suppression | None) -> Draft:
    record, artifact = match.table("vulnerability"), match.table("artifact")
    fix = record.table("fix")
    related = list(match.each("relatedVulnerabilities"))
    name = artifact.text("name")
    purl = as_purl(artifact.text_or("purl")) or Purl("generic", name, artifact.text_or("version"))
    places = list(artifact.each("locations"))
    layers = [layer for place in places if (layer := layer_of(place.text_or("layerID")))]
    vector, score = _cvss([record, *related])
    word = record.text_or("severity", "Unknown")
    details = list(match.each("matchDetails"))
    summary = record.text_or("description") or next((t for r in related if (t := r.text_or("description"))), "")
    links = dict.fromkeys(
        [("ADVISORY", record.text_or("dataSource"))]
        + [("WEB", url) for url in record.texts("urls")]
        + [("ADVISORY", each.text_or("link")) for each in record.each("advisories")]
        + [("WEB", each.text_or("dataSource")) for each in related]
    )
    return Draft(
        id=record.text("id"),
        others=[each.text("id") for each in related],
        purl=purl,
        name=name,
        ecosystem=ecosystem_of(purl, system, release),
        matched=_matched(details),
        confidence="low" if details and all(d.text_or("type") == "cpe-match" for d in details) else "high",
        severity=severity_of_word(word),
        more={
            "version": artifact.text_or("version"),
            "summary": " ".join(summary.split()),
            "score": score,
            "vector": vector,
            "severity_source": record.text_or("namespace"),
            "urgency": word.lower() if word.lower() == "negligible" else "",
            "fixed_versions": tuple(dict.fromkeys(fix.texts("versions"))),
            "response": _RESPONSES.get(fix.text_or("state"), ""),
            "layer": layers[0] if layers else None,
            "locations": tuple(file_path(place.text_or("path")) for place in places if place.text_or("path")),
            "references": tuple((kind, url) for kind, url in links if ":" in url),
            "cwes": tuple(sorted({each.text("cwe") for each in record.each("cwes")})),
            "epss": _epss(record, related),
            "exploited": _exploited(record, related),
            "status": suppression.status if suppression and suppression.status in _JUSTIFIED else "affected",
            "suppression": suppression,
        },
    )


def _cvss(records: list[Fields]) -> tuple[str, float | None]:
    """Give (vector, score) of the newest version that the first record with any has."""
    for record in records:
        stated = [
            (entry.text_or("version"), entry.text_or("vector"), number(entry.table("metrics"), "baseScore", 10))
            for entry in record.each("cvss")
        ]
        if stated:
            _, vector, score = max(stated, key=lambda found: found[0])
            return vector, score
    return "", None


def _matched(details: list[Fields]) -> str:
    found = []
    for detail in details:
        by = detail.text_or("matcher") or "unknown matcher"
        kind = detail.text_or("type")
        inner = detail.table("found")
        limit = inner.text_or("versionConstraint") or "no range"
        found.append(f"{limit} by {by}{f', {kind}' if kind else ''}")
    return "; ".join(dict.fromkeys(found)) or "matched, without saying how"


def _epss(record: Fields, related: list[Fields]) -> Epss | None:
    for each in (record, *related):
        for entry in each.each("epss"):
            score, percentile = number(entry, "epss", 1), number(entry, "percentile", 1)
            date = date_of(entry, "date")
            if score is not None and percentile is not None and date is not None:
                return Epss(id=entry.text("cve"), score=score, percentile=percentile, date=date)
    return None


def _exploited(record: Fields, related: list[Fields]) -> Exploited | None:
    for each in (record, *related):
        for entry in each.each("knownExploited"):
            added = date_of(entry, "dateAdded")
            if added is not None:
                return Exploited(
                    id=entry.text("cve"),
                    added=added,
                    due=date_of(entry, "dueDate"),
                    ransomware=entry.text_or("knownRansomwareCampaignUse").lower() == "known",
                    action=entry.text_or("requiredAction"),
                )
    return None


def _suppression(match: Fields) -> Suppression:
    """Give why a match is ignored: by a rule of a file, or by a VEX document."""
    rules = list(match.each("appliedIgnoreRules"))
    status = next((text for rule in rules if (text := rule.text_or("vex-status"))), "")
    reasons = dict.fromkeys(text for rule in rules if (text := rule.text_or("reason")))
    return Suppression(
        kind="vex" if status else "ignore",
        reason="; ".join(reasons) or "an ignore rule of grype, which gives no reason",
        owner="",
        expires=None,
        status=status,
        justification=next((text for rule in rules if (text := rule.text_or("vex-justification"))), ""),
        source="grype",
    )


READER = Reader(name="grype", recognise=recognise, read=read)
