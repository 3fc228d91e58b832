"""A scan report in the JSON of grype, for tools that read that: DefectDojo, GUAC, build server plug-ins.

Writes: the shape of grype 0.9x and later (https://github.com/anchore/grype, grype/presenter/models). `descriptor.name`
says that custody wrote it. A suppressed finding is an `ignoredMatches` entry with the rule that says why.  Cannot say:
what was not evaluated or not read, since the shape has no place for it: a reader that asks for `matches` alone takes an
unknown result for a clean one, so `descriptor.custody` holds the result and the counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from custody.errors import InputError
from custody.model import Purl, format_time, pretty_json
from custody.report.finding_texts import is_link, link
from custody.report.formats.interface import ReportFormat

if TYPE_CHECKING:
    from custody.model import Finding, HowFound, Inventory, Package, ScanReport, Suppression

Table = dict[str, Any]

_TYPES = {
    "alpm": ("alpm", ""),
    "apk": ("apk", ""),
    "bitnami": ("bitnami", ""),
    "cargo": ("rust-crate", "rust"),
    "cocoapods": ("pod", "swift"),
    "composer": ("php-composer", "php"),
    "conan": ("conan", "c++"),
    "cran": ("R-package", "R"),
    "deb": ("deb", ""),
    "gem": ("gem", "ruby"),
    "github": ("github-action", ""),
    "githubactions": ("github-action", ""),
    "golang": ("go-module", "go"),
    "hackage": ("hackage", "haskell"),
    "hex": ("hex", "elixir"),
    "maven": ("java-archive", "java"),
    "npm": ("npm", "javascript"),
    "nuget": ("dotnet", "dotnet"),
    "opam": ("opam", "ocaml"),
    "portage": ("portage", ""),
    "pub": ("dart-pub", "dart"),
    "pypi": ("python", "python"),
    "rpm": ("rpm", ""),
    "swift": ("swift", "swift"),
}
"""Type of a purl → what grype calls the package's type, and its language."""
_SEVERITIES = {"NONE": "Negligible"}
_STATES = {"will_not_fix": "wont-fix", "end_of_life": "wont-fix", "fix_deferred": "not-fixed"}


def encode(report: ScanReport, inventory: Inventory, *, tool_version: str) -> bytes:
    """Write the report."""
    packages = {package.id: package for package in inventory.packages}
    matches: list[Table] = []
    ignored: list[Table] = []
    for finding in report.findings:
        match = _match(finding, packages.get(finding.package_id))
        if finding.suppression is None:
            matches.append(match)
        else:
            ignored.append({**match, "appliedIgnoreRules": [_rule(finding, finding.suppression)]})
    system = inventory.distribution
    return pretty_json(
        {
            "matches": matches,
            "ignoredMatches": ignored,
            "source": _source(inventory),
            "distro": {
                "name": "" if system is None else system.id,
                "version": "" if system is None else system.version,
                "idLike": [] if system is None else list(system.like),
            },
            "descriptor": {
                "name": "custody",
                "version": tool_version,
                "timestamp": format_time(report.scanned_at),
                "db": _database(report),
                "custody": {
                    "result": report.result,
                    "packages": report.packages,
                    "notEvaluated": len(report.not_evaluated),
                    "skipped": len(report.skipped),
                },
            },
        }
    )


def _database(report: ScanReport) -> Table:
    state = report.database
    if state is None:
        return {"status": {"valid": False, "error": "no advisory database was asked"}}
    return {
        "status": {
            "schemaVersion": "custody",
            "from": f"{state.origin or 'custody'}?checksum={state.digest.algorithm}%3A{state.digest.hex}",
            "built": format_time(state.newest or state.imported_at),
            "valid": True,
        }
    }


def _source(inventory: Inventory) -> Table:
    artifact = inventory.artifact
    if artifact.kind != "image":
        return {"type": artifact.kind, "target": artifact.reference or artifact.name}
    return {
        "type": "image",
        "target": {
            "userInput": artifact.reference,
            "imageID": "",
            "manifestDigest": str(artifact.digest),
            "mediaType": artifact.descriptor.media_type,
            "tags": [],
            "imageSize": sum(layer.descriptor.size for layer in artifact.layers),
            "layers": [
                {
                    "mediaType": layer.descriptor.media_type,
                    "digest": str(layer.diff_id or layer.descriptor.digest),
                    "size": layer.descriptor.size,
                }
                for layer in artifact.layers
            ],
            "repoDigests": [f"{artifact.reference.partition('@')[0]}@{artifact.digest}"] if artifact.reference else [],
            "architecture": artifact.platform.architecture if artifact.platform else "",
            "os": artifact.platform.os if artifact.platform else "",
        },
    }


def _match(finding: Finding, package: Package | None) -> Table:
    state = "fixed" if finding.fixed_versions else _STATES.get(finding.response, "unknown")
    vulnerability = {
        **_metadata(finding, finding.id),
        "fix": {"versions": list(finding.fixed_versions), "state": state},
        "advisories": [],
    }
    if finding.risk is not None:
        vulnerability["risk"] = finding.risk
    return {
        "vulnerability": vulnerability,
        "relatedVulnerabilities": [_metadata(finding, name) for name in finding.aliases],
        "matchDetails": [_detail(finding, how) for how in finding.found],
        "artifact": _artifact(finding, package),
    }


def _metadata(finding: Finding, name: str) -> Table:
    """Give what is said of a vulnerability; an alias gets the ids only, since nobody asked its own record."""
    own = name == finding.id
    table: Table = {
        "id": name,
        "dataSource": (link(finding) if own else "") or f"https://osv.dev/vulnerability/{name}",
        "namespace": f"osv:{finding.ecosystem.lower()}" if finding.ecosystem else "osv",
        "severity": _SEVERITIES.get(finding.severity, finding.severity.capitalize()),
        "urls": [url for _, url in finding.references if is_link(url)] if own else [],
        "description": finding.summary,
        "cvss": [],
    }
    if finding.vector and own:
        version = finding.vector[5:8] if finding.vector.startswith("CVSS:") else "2.0"
        metrics = {} if finding.score is None else {"baseScore": finding.score}
        table["cvss"] = [
            {
                "source": finding.severity_source,
                "type": "Primary",
                "version": version,
                "vector": finding.vector,
                "metrics": metrics,
                "vendorMetadata": {},
            }
        ]
    if finding.cwes and own:
        table["cwes"] = [{"cve": name, "cwe": cwe, "source": finding.severity_source} for cwe in finding.cwes]
    if finding.epss and finding.epss.id == name:
        epss = finding.epss
        table["epss"] = [
            {"cve": epss.id, "epss": epss.score, "percentile": epss.percentile, "date": epss.date.isoformat()}
        ]
    if finding.exploited and finding.exploited.id == name:
        entry = finding.exploited
        table["knownExploited"] = [
            {
                "cve": entry.id,
                "dateAdded": entry.added.isoformat(),
                "requiredAction": entry.action,
                "knownRansomwareCampaignUse": "Known" if entry.ransomware else "Unknown",
            }
            | ({} if entry.due is None else {"dueDate": entry.due.isoformat()})
        ]
    return table


def _detail(finding: Finding, how: HowFound) -> Table:
    return {
        "type": "exact-direct-match" if how.confidence == "high" else "cpe-match",
        "matcher": f"{_kind(finding)[0] or 'stock'}-matcher",
        "searchedBy": {
            "namespace": f"osv:{finding.ecosystem.lower()}" if finding.ecosystem else "osv",
            "package": {"name": finding.package, "version": finding.version},
            "query": how.searched,
        },
        "found": {
            "vulnerabilityID": how.record,
            "versionConstraint": f"{how.matched} ({how.ordering or 'unknown'})",
            "source": how.source,
        },
    }


def _kind(finding: Finding) -> tuple[str, str]:
    try:
        return _TYPES.get(Purl.parse(finding.package_id).type, ("UnknownPackage", ""))
    except InputError:
        return "UnknownPackage", ""


def _artifact(finding: Finding, package: Package | None) -> Table:
    kind, language = _kind(finding)
    places: list[Table] = [{"path": f"/{path.removeprefix('/')}"} for path in finding.locations]
    if finding.layer is not None:
        places = [{**place, "layerID": str(finding.layer)} for place in places]
    upstream = [] if package is None or not package.source_name else [{"name": package.source_name}]
    licences = [] if package is None else [package.licence_declared, package.licence_concluded]
    return {
        "id": finding.package_id,
        "name": finding.package,
        "version": finding.version,
        "type": kind,
        "locations": places,
        "language": language,
        "licenses": list(dict.fromkeys(text for text in licences if text)),
        "cpes": [] if package is None else list(package.cpes),
        "purl": finding.package_id,
        "upstreams": upstream,
    }


def _rule(finding: Finding, suppression: Suppression) -> Table:
    rule: Table = {
        "vulnerability": finding.id,
        "reason": suppression.reason,
        "namespace": suppression.kind,
        "package": {"name": finding.package, "version": finding.version},
    }
    if suppression.kind in ("vex", "vendor"):
        rule |= {"vex-status": suppression.status or finding.status, "vex-justification": suppression.justification}
    return rule


FORMAT = ReportFormat(name="grype-json", media_type="application/json", extension=".grype.json", encode=encode)
