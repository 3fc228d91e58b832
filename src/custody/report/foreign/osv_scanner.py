"""`osv-scanner --format json` → a scan report.

Reads: osv-scanner 1 and 2 (https://google.github.io/osv-scanner/output/), tried with 1.9.2. One group of records about
one package is one finding, as osv-scanner groups them.
Gives: ids and aliases, the group's highest CVSS score, the word that GitHub's records have, ranges and fixes of the
records for this package and ecosystem, the file, the groups of dependencies.
Cannot know: its time, what it scanned, of what date its advisories are, what an `osv-scanner.toml` filtered out (it is
not in the output), and how many packages there were, but with `--all-packages`; without findings it is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from custody.fields import Fields
from custody.model import Purl
from custody.report.foreign.assemble import (
    Draft,
    Imported,
    file_path,
    number,
    severity_of_score,
    severity_of_word,
    time_of,
)
from custody.report.foreign.interface import Reader

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from custody.model import ScanReport

_TYPES = {
    "Bitnami": "bitnami",
    "ConanCenter": "conan",
    "CRAN": "cran",
    "GitHub Actions": "githubactions",
    "Go": "golang",
    "Hackage": "hackage",
    "Hex": "hex",
    "Maven": "maven",
    "npm": "npm",
    "NuGet": "nuget",
    "Packagist": "composer",
    "Pub": "pub",
    "PyPI": "pypi",
    "RubyGems": "gem",
    "SwiftURL": "swift",
    "crates.io": "cargo",
    "Alpine": "apk",
    "Wolfi": "apk",
    "Chainguard": "apk",
    "Debian": "deb",
    "Ubuntu": "deb",
}
_RPM = ("AlmaLinux", "Red Hat", "Rocky Linux", "SUSE", "openSUSE", "Mageia")


def recognise(table: Mapping[str, Any]) -> bool:
    """Say whether it has results that have packages, or none and a configuration of osv-scanner's."""
    results = table.get("results")
    if not isinstance(results, list):
        return False
    if not results:
        return "experimental_config" in table
    return all(isinstance(item, dict) and "source" in item and "packages" in item for item in results)


def read(data: bytes, where: str, *, at: dt.datetime) -> ScanReport:
    """Read a report; InputError names `where`."""
    fields = Fields.from_json(data, where)
    imported = Imported(tool="osv-scanner", data=data, at=at, timed=False)
    for result in fields.each("results"):
        path = result.table("source").text_or("path")
        for package in result.each("packages"):
            imported.packages += 1  # only with --all-packages are there any without a vulnerability
            groups = list(package.each("groups"))
            for draft in _drafts(package, groups, path):
                imported.add(draft)
    return imported.report()


def _drafts(package: Fields, groups: list[Fields], path: str) -> Iterator[Draft]:
    about = package.table("package")
    ecosystem, name, version = about.text_or("ecosystem"), about.text_or("name"), about.text_or("version")
    name = name or about.text_or("commit") or "unknown"
    purl = purl_in(ecosystem, name, version)
    records = {record.text("id"): record for record in package.each("vulnerabilities")}
    for group in groups:
        ids = group.texts("ids")
        found = [records[one] for one in ids if one in records]
        if not ids:
            raise group.fault("ids", "expected at least one")
        score = number(group, "max_severity", 10)
        vectors = {text for record in found for text in _vectors(record)}
        words = [severity_of_word(record.table("database_specific").text_or("severity")) for record in found]
        severity = severity_of_score(score) if score is not None else next((w for w in words if w != "UNKNOWN"), "")
        ranges = dict.fromkeys(text for record in found for text in _ranges(record, name, ecosystem))
        more = f"; dependency groups: {', '.join(kinds)}" if (kinds := package.texts("dependency_groups")) else ""
        yield Draft(
            id=ids[0],
            others=[*ids, *group.texts("aliases")],
            purl=purl,
            name=name,
            ecosystem=ecosystem,
            record=", ".join(ids),
            matched=("; ".join(ranges) or "matched, without saying how") + _called(group) + more,
            severity=severity or "UNKNOWN",
            more={
                "version": version,
                "summary": next((text for r in found if (text := _summary(r))), ""),
                "score": score,
                "vector": vectors.pop() if len(vectors) == 1 else "",
                "severity_source": ids[0] if score is not None or severity else "",
                "fixed_versions": tuple(dict.fromkeys(v for r in found for v in _fixes(r, name, ecosystem))),
                "locations": (file_path(path),) if path else (),
                "references": tuple(
                    dict.fromkeys(
                        (ref.text_or("type"), ref.text_or("url")) for r in found for ref in r.each("references")
                    )
                ),
                "cwes": tuple(sorted({c for r in found for c in r.table("database_specific").texts("cwe_ids")})),
                "published": min((t for r in found if (t := time_of(r, "published"))), default=None),
                "modified": max((t for r in found if (t := time_of(r, "modified"))), default=None),
            },
        )


def purl_in(ecosystem: str, name: str, version: str) -> Purl:
    """Give the purl of a package that OSV names."""
    base, _, release = ecosystem.partition(":")
    kind = _TYPES.get(base) or ("rpm" if base in _RPM else "generic")
    if kind in ("apk", "deb", "rpm"):
        system = base.lower().replace(" ", "-")
        distro = f"{system}-{release.removeprefix('v')}" if release else system
        return Purl(kind, name, version, system, (("distro", distro),))
    if kind == "maven":
        group, _, artifact = name.rpartition(":")
        return Purl(kind, artifact or name, version, group)
    namespace, _, last = name.rpartition("/")
    return Purl(kind, last or name, version, namespace) if last else Purl(kind, name or "unknown", version)


def _summary(record: Fields) -> str:
    return " ".join((record.text_or("summary") or record.text_or("details").partition("\n")[0]).split())


def _vectors(record: Fields) -> list[str]:
    return [text for s in record.each("severity") if (text := s.text_or("score")).startswith(("CVSS:", "AV:"))]


def _affected(record: Fields, name: str, ecosystem: str) -> Iterator[Fields]:
    """Give what a record says about just this package; a release in an ecosystem's name must be the same."""
    for affected in record.each("affected"):
        about = affected.table("package")
        if about.text_or("name").lower() == name.lower() and about.text_or("ecosystem") in (
            ecosystem,
            ecosystem.partition(":")[0],
        ):
            yield affected


def _fixes(record: Fields, name: str, ecosystem: str) -> Iterator[str]:
    for affected in _affected(record, name, ecosystem):
        for line in affected.each("ranges"):
            if line.text_or("type") != "GIT":
                yield from (text for event in line.each("events") if (text := event.text_or("fixed")))


def _ranges(record: Fields, name: str, ecosystem: str) -> Iterator[str]:
    for affected in _affected(record, name, ecosystem):
        for line in affected.each("ranges"):
            if line.text_or("type") == "GIT":
                continue
            events = [f"{kind} {event.text(kind)}" for event in line.each("events") for kind in event.value]
            if events:
                yield ", ".join(events)


def _called(group: Fields) -> str:
    """Tell what a call analysis found: a vulnerable function that nobody calls is still there."""
    for key in ("experimental_analysis", "experimentalAnalysis"):
        found = [text.boolean("called") for _, text in group.tables(key) if "called" in text]
        if found:
            return "; the vulnerable code is called" if any(found) else "; the vulnerable code is not called"
    return ""


READER = Reader(name="osv-scanner", recognise=recognise, read=read)
