"""A scan report in the JSON of trivy, for tools that read that: DefectDojo, Harbor, build server plug-ins.

Writes: `SchemaVersion` 2 (https://trivy.dev/latest/docs/configuration/reporting/#json, `pkg/types/report.go`): a result
for the distribution's packages (`os-pkgs`), and one for each kind of language package and file (`lang-pkgs`), as trivy
does. A suppressed finding stands under `ExperimentalModifiedFindings`, as trivy's own with `--show-suppressed`.  Cannot
say: what was not evaluated or not read; `custody` at the top holds the result and the counts, so that an empty report
can be told from a clean one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from custody.errors import InputError
from custody.model import Purl, format_time, pretty_json
from custody.report.finding_texts import is_link, link, title, why_suppressed
from custody.report.formats.interface import ReportFormat

if TYPE_CHECKING:
    from custody.model import Finding, Inventory, ScanReport, Suppression

Table = dict[str, Any]

_LANGUAGES = {
    "cargo": "cargo",
    "cocoapods": "cocoapods",
    "composer": "composer",
    "conan": "conan",
    "conda": "conda-pkg",
    "gem": "gemspec",
    "golang": "gobinary",
    "hex": "hex",
    "julia": "julia",
    "maven": "jar",
    "npm": "node-pkg",
    "nuget": "nuget",
    "pub": "pub",
    "pypi": "python-pkg",
    "swift": "swift",
}
"""Type of a purl → trivy's type of a result."""
_DISTRIBUTIONS = {
    "almalinux": "alma",
    "rhel": "redhat",
    "ol": "oracle",
    "amzn": "amazon",
    "sles": "suse linux enterprise",
}
_WHOLE = {
    "gemspec": "Ruby",
    "jar": "Java",
    "node-pkg": "Node.js",
    "python-pkg": "Python",
    "conda-pkg": "Conda",
}
"""Types whose packages trivy gathers in one result; the others have one a file."""
_SYSTEM = frozenset({"alpm", "apk", "deb", "rpm"})
_STATUSES = {"will_not_fix": "will_not_fix", "fix_deferred": "fix_deferred", "end_of_life": "end_of_life"}


def encode(report: ScanReport, inventory: Inventory, *, tool_version: str) -> bytes:
    """Write the report."""
    artifact = inventory.artifact
    system = inventory.distribution
    results: dict[tuple[str, str, str], Table] = {}
    for finding in report.findings:
        key = _result_key(finding, inventory)
        result = results.setdefault(key, {"Target": key[2], "Class": key[0], "Type": key[1], "Vulnerabilities": []})
        found = _vulnerability(finding)
        if finding.suppression is None:
            result["Vulnerabilities"].append(found)
        else:
            result.setdefault("ExperimentalModifiedFindings", []).append(_modified(found, finding, finding.suppression))
    metadata: Table = {}
    if system is not None:
        metadata["OS"] = {"Family": _DISTRIBUTIONS.get(system.id, system.id), "Name": system.version}
    if artifact.kind == "image":
        metadata["DiffIDs"] = [str(layer.diff_id) for layer in artifact.layers if layer.diff_id]
        if artifact.reference:
            metadata["RepoDigests"] = [f"{artifact.reference.partition('@')[0]}@{artifact.digest}"]
    return pretty_json(
        {
            "SchemaVersion": 2,
            "CreatedAt": format_time(report.scanned_at),
            "ArtifactName": artifact.reference or artifact.name,
            "ArtifactType": "container_image" if artifact.kind == "image" else "filesystem",
            "Metadata": metadata,
            "Results": [results[key] for key in sorted(results, key=lambda key: (key[0] != "os-pkgs", *key))],
            "custody": {
                "version": tool_version,
                "artifact": str(report.artifact),
                "result": report.result,
                "packages": report.packages,
                "notEvaluated": len(report.not_evaluated),
                "skipped": len(report.skipped),
                "database": None if report.database is None else str(report.database.digest),
            },
        }
    )


def _result_key(finding: Finding, inventory: Inventory) -> tuple[str, str, str]:
    """Give class, type and target of the result that a finding belongs to."""
    try:
        kind = Purl.parse(finding.package_id).type
    except InputError:
        kind = ""
    artifact = inventory.artifact
    if kind in _SYSTEM:
        system = inventory.distribution
        family = "" if system is None else _DISTRIBUTIONS.get(system.id, system.id)
        version = "" if system is None else system.version
        name = artifact.reference or artifact.name
        return "os-pkgs", family or kind, f"{name} ({family} {version})" if family else name
    language = _LANGUAGES.get(kind, kind or "unknown")
    return "lang-pkgs", language, _WHOLE.get(language) or (finding.locations[0] if finding.locations else "unknown")


def _vulnerability(finding: Finding) -> Table:
    table: Table = {
        "VulnerabilityID": finding.id,
        "VendorIDs": list(finding.aliases),
        "PkgID": f"{finding.package}@{finding.version}",
        "PkgName": finding.package,
        "PkgPath": finding.locations[0] if finding.locations else "",
        "PkgIdentifier": {"PURL": finding.package_id},
        "InstalledVersion": finding.version,
        "FixedVersion": ", ".join(finding.fixed_versions),
        "Status": _status(finding),
        "Layer": {} if finding.layer is None else {"DiffID": str(finding.layer)},
        "SeveritySource": finding.severity_source,
        "PrimaryURL": link(finding),
        "DataSource": {"ID": "osv", "Name": finding.found[0].source, "URL": ""} if finding.found else None,
        "Title": title(finding),
        "Description": finding.summary,
        "Severity": "LOW" if finding.severity == "NONE" else finding.severity,
        "CweIDs": list(finding.cwes),
        "CVSS": _cvss(finding),
        "References": [url for _, url in finding.references if is_link(url)],
        "PublishedDate": None if finding.published is None else format_time(finding.published),
        "LastModifiedDate": None if finding.modified is None else format_time(finding.modified),
    }
    return {key: value for key, value in table.items() if value not in ("", [], {}, None)} | {
        "InstalledVersion": finding.version,
        "Layer": table["Layer"],
    }


def _status(finding: Finding) -> str:
    if finding.status != "affected":
        return finding.status
    return "fixed" if finding.fixed_versions else _STATUSES.get(finding.response, "affected")


def _cvss(finding: Finding) -> Table:
    if not finding.vector:
        return {}
    version = {"CVSS:4": "V40", "CVSS:3": "V3"}.get(finding.vector[:6], "V2")
    table: Table = {f"{version}Vector": finding.vector}
    if finding.score is not None:
        table[f"{version}Score"] = finding.score
    return {finding.severity_source or "osv": table}


def _modified(found: Table, finding: Finding, suppression: Suppression) -> Table:
    status = suppression.status or (finding.status if finding.status != "affected" else "ignored")
    return {
        "Type": "vulnerability",
        "Status": status if suppression.kind in ("vex", "vendor") else "ignored",
        "Statement": suppression.justification or why_suppressed(suppression),
        "Source": suppression.source or suppression.kind,
        "Finding": found,
    }


FORMAT = ReportFormat(name="trivy-json", media_type="application/json", extension=".trivy.json", encode=encode)
