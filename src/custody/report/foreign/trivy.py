"""`trivy … --format json` → a scan report.

Reads: trivy's `SchemaVersion` 2, of trivy 0.20 and later (pkg/types/report.go, pkg/types/vulnerability.go of trivy-db),
written after its documentation; the files that custody writes in that shape too.
Gives: vulnerabilities with severity and its source, CVSS of that source, fixes, status, CWEs, layers; what was
suppressed by an ignore file or VEX, where trivy was asked to show it (`--show-suppressed`); the digest of an image that
came from a registry; how many packages there are, where they are listed (`--list-all-pkgs`).
Cannot know: of what date the database is. Misconfigurations, secrets and licences are no vulnerabilities of packages:
their number is listed under `skipped`. A cluster's report (`Resources`) is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from custody.errors import InputError
from custody.fields import Fields
from custody.model import NotEvaluated, Purl, Skipped, Suppression
from custody.report.foreign.assemble import (
    Draft,
    Imported,
    as_purl,
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

    from custody.model import Digest, ScanReport

_TYPES = {
    "bundler": "gem",
    "cargo": "cargo",
    "cocoapods": "cocoapods",
    "composer": "composer",
    "conan": "conan",
    "gemspec": "gem",
    "gobinary": "golang",
    "gomod": "golang",
    "gradle": "maven",
    "hex": "hex",
    "jar": "maven",
    "node-pkg": "npm",
    "npm": "npm",
    "nuget": "nuget",
    "pip": "pypi",
    "pipenv": "pypi",
    "pnpm": "npm",
    "poetry": "pypi",
    "pom": "maven",
    "pub": "pub",
    "python-pkg": "pypi",
    "rustbinary": "cargo",
    "uv": "pypi",
    "yarn": "npm",
}
"""trivy's type of a result → type of a purl, for the reports of before 0.48, which state no purls."""
_SYSTEMS = {"alpine": "apk", "chainguard": "apk", "wolfi": "apk", "debian": "deb", "ubuntu": "deb"}
_RESPONSES = {"will_not_fix": "will_not_fix", "fix_deferred": "fix_deferred", "end_of_life": "end_of_life"}
_STATED = ("not_affected", "fixed", "under_investigation")
_OTHERS = (("Misconfigurations", "misconfigurations"), ("Secrets", "secrets"), ("Licenses", "licences"))
_VERSIONS = ("V40", "V3", "V2")


def recognise(table: Mapping[str, Any]) -> bool:
    """Say whether it has a schema version and what was scanned, as trivy writes them."""
    return "SchemaVersion" in table and any(key in table for key in ("ArtifactName", "Results", "Resources"))


def read(data: bytes, where: str, *, at: dt.datetime) -> ScanReport:
    """Read a report; InputError names `where`."""
    fields = Fields.from_json(data, where)
    if fields.integer("SchemaVersion") != 2:
        raise fields.fault("SchemaVersion", f"expected 2, got {fields.integer('SchemaVersion')}")
    if "Resources" in fields and "Results" not in fields:
        raise InputError(where, "it is about a whole cluster", "scan its images one by one")
    stated = time_of(fields, "CreatedAt")
    version = fields.table("Trivy").text_or("Version")
    imported = Imported(
        tool=f"trivy {version}".rstrip(),
        data=data,
        at=stated or at,
        timed=stated is not None,
        artifact=_artifact(fields),
    )
    if "custody" in fields:
        ours = fields.table("custody")
        imported.tool = f"custody {ours.text_or('version')}".rstrip()
        if ours.value.get("result") == "clean":
            imported.packages = ours.integer("packages")
    system = fields.table("Metadata").table("OS")
    named = (system.text_or("Family"), system.text_or("Name"))
    for result in fields.each("Results"):
        _result(imported, result, *named)
    if "EOSL" in system and system.boolean("EOSL"):
        purl = Purl("generic", named[0] or "os", named[1])
        imported.not_evaluated.append(
            NotEvaluated(package_id=str(purl), reason="the distribution's release is no longer supported, says trivy")
        )
    return imported.report()


def _artifact(fields: Fields) -> Digest | None:
    digests = [text.rpartition("@")[2] for text in fields.table("Metadata").texts("RepoDigests")]
    if "custody" in fields:
        digests.insert(0, fields.table("custody").text_or("artifact"))
    return next((found for text in digests if (found := layer_of(text))), None)


def _result(imported: Imported, result: Fields, system: str, release: str) -> None:
    imported.packages += len(result.items("Packages"))
    for record in result.each("Vulnerabilities"):
        imported.add(_draft(record, result, system, release, None))
    for modified in result.each("ExperimentalModifiedFindings"):
        if modified.text_or("Type", "vulnerability") != "vulnerability":
            continue
        status = modified.text_or("Status")
        stated = modified.text_or("Statement")
        suppression = Suppression(
            kind="vex" if status in _STATED else "ignore",
            reason=stated or "suppressed, without a reason",
            owner="",
            expires=None,
            status=status if status in _STATED else "",
            justification=stated if status in _STATED and stated.replace("_", "").isalpha() else "",
            source=modified.text_or("Source"),
        )
        imported.add(_draft(modified.table("Finding"), result, system, release, suppression))
    for key, words in _OTHERS:
        count = sum(item.text_or("Status", "FAIL") == "FAIL" for item in result.each(key))
        if count:
            imported.skipped.append(
                Skipped(where=result.spot(key), reason=f"{count} {words}: no vulnerabilities of packages, not imported")
            )


def _draft(record: Fields, result: Fields, system: str, release: str, suppression: Suppression | None) -> Draft:
    name, version = record.text("PkgName"), record.text_or("InstalledVersion")
    kind = result.text_or("Type")
    purl = as_purl(record.table("PkgIdentifier").text_or("PURL")) or _purl(kind, system, release, name, version)
    source = record.text_or("SeveritySource")
    vector, score = _cvss(record, source)
    status = record.text_or("Status")
    fixed = [text.strip() for text in record.text_or("FixedVersion").split(",")]
    origin = record.table("DataSource").text_or("Name")
    layer = record.table("Layer")
    target = result.text_or("Target")
    path = record.text_or("PkgPath") or (target if result.text_or("Class") == "lang-pkgs" and "." in target else "")
    links = dict.fromkeys(
        [("ADVISORY", record.text_or("PrimaryURL"))] + [("WEB", url) for url in record.texts("References")]
    )
    return Draft(
        id=record.text("VulnerabilityID"),
        others=record.texts("VendorIDs"),
        purl=purl,
        name=name,
        ecosystem=ecosystem_of(purl, system, release),
        matched=f"installed {version or 'unknown'}, fixed in {record.text_or('FixedVersion') or 'none'}"
        + (f", status {status}" if status else "")
        + (f", by {origin}" if origin else ""),
        severity=severity_of_word(record.text_or("Severity", "UNKNOWN")),
        more={
            "version": version,
            "summary": " ".join((record.text_or("Title") or record.text_or("Description")).split()),
            "score": score,
            "vector": vector,
            "severity_source": source,
            "fixed_versions": tuple(dict.fromkeys(text for text in fixed if text)),
            "response": _RESPONSES.get(status, ""),
            "status": suppression.status
            if suppression and suppression.status
            else status
            if status == "under_investigation"
            else "affected",
            "layer": layer_of(layer.text_or("DiffID")) or layer_of(layer.text_or("Digest")),
            "locations": (file_path(path),) if path else (),
            "references": tuple((kind, url) for kind, url in links if ":" in url),
            "cwes": tuple(sorted(set(record.texts("CweIDs")))),
            "published": time_of(record, "PublishedDate"),
            "modified": time_of(record, "LastModifiedDate"),
            "suppression": suppression,
        },
    )


def _purl(kind: str, system: str, release: str, name: str, version: str) -> Purl:
    family = system or kind
    if kind in _TYPES:
        inner = name.replace(":", "/") if _TYPES[kind] == "maven" else name
        namespace, _, last = inner.rpartition("/")
        return Purl(_TYPES[kind], last or name, version, namespace)
    if family:
        distro = f"{family}-{release}" if release else family
        return Purl(_SYSTEMS.get(family, "rpm"), name, version, family, (("distro", distro),))
    return Purl("generic", name, version)


def _cvss(record: Fields, source: str) -> tuple[str, float | None]:
    """Give (vector, score) that the source of the severity states, else NVD's, else the first one's by name."""
    table = record.table("CVSS")
    names = [name for name in (source, "nvd", *sorted(table.value)) if name in table.value]
    for name in names:
        stated = table.table(name)
        for version in _VERSIONS:
            if vector := stated.text_or(f"{version}Vector"):
                return vector, number(stated, f"{version}Score", 10)
    return "", None


READER = Reader(name="trivy", recognise=recognise, read=read)
