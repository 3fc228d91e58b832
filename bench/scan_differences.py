"""Why two scanners say different things of the same packages and the same advisories: a cause for each difference.

Both say which record they found in which package, so what is compared is (ecosystem, name, version, record), and not
how records are grouped. A cause is a test on the record, on the package as the SBOM names it, and on what the two
scanners wrote; what no test explains is called unexplained.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

Key = tuple[str, str, str, str]
"""Ecosystem without release, name, version, id of the record."""

_LAST_PART = ("Go", "Maven", "Packagist")
"""Where the peer shortens names that it reads from SPDX to what stands behind the last slash."""

UNEXPLAINED = "unexplained"

PEER_MISSES = {
    "no-ecosystem": "osv-scanner asks nothing about this purl type: its own list has no such package, or no ecosystem",
    "git-first": "osv-scanner stops at the record's GIT range, which stands first, and reads no range of versions",
    "name": "the record spells the name in another way (PEP 503; case in Go), and osv-scanner compares it as it stands",
    "composer-zero": "Composer reads 7.0 as 7.0.0.0; osv-scanner puts 7.0 below 7.0.0",
    "bound": "a bound of the record is no version (2.9.0-NA), but lies clearly above; osv-scanner takes it for none",
    "local-version": "a local version (+cu118) is a build of a public version that the record names; low confidence",
}
PEER_ONLY = {
    "owned": "a distribution's package installed it, and its advisories decide; here they are not in the database, so "
    "custody says not evaluated",
    "go-prefix": "osv-scanner reads go1.26.8 as a text below every number, and calls fixed versions affected",
    "go-subpath": "osv-scanner takes the module for its parent (vault/api for vault), whose versions are others",
    "answered": "a bound of this record cannot be read (1.0.0-*), and another record about the problem, which can be "
    "read, says not affected",
    "unknown": "custody says unknown: a bound of the record, or the package's version, cannot be read",
}
OUR_MISSES = {
    "two-copies": "our miss: a distribution installed one of two copies in the SBOM; the other must be judged",
    "go-parent": "our mistake: a Go module with its end in the subpath (#v3, #api) is taken for its parent too",
    "registry-suffix": "our miss: the record stands under an ecosystem with the address of a registry",
    "open-end": "our mistake: `introduced` and its end lie in the wrong order, and the range is taken for open",
}
CAUSES = PEER_MISSES | PEER_ONLY | OUR_MISSES | {UNEXPLAINED: "no cause found yet"}


@dataclass(slots=True)
class Said:
    """What one scanner says. packages: those it read; unsure: (package id, record or "") that it left open."""

    found: dict[Key, str] = field(default_factory=dict)
    packages: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    unsure: set[tuple[str, str]] = field(default_factory=set)
    owned: set[str] = field(default_factory=set)
    findings: int = 0


def key_of(ecosystem: str, name: str, version: str) -> tuple[str, str, str]:
    """Give what both scanners' spellings of a package have in common."""
    base = ecosystem.partition(":")[0]
    name = re.sub(r"[-_.]+", "-", name.lower()) if base in ("PyPI", "crates.io") else name.lower()
    name = re.split(r"[/:]", name)[-1] if base in _LAST_PART else name
    return base, name, version.removeprefix("v").removeprefix("go") if base == "Go" else version


def ours(path: Path) -> Said:
    """Read custody's JSON report."""
    report = json.loads(path.read_bytes())
    said = Said(findings=len(report["vulnerabilities"]))
    for finding in report["vulnerabilities"]:
        of = finding["package"]
        for found in finding["found"]:
            key = key_of(of["ecosystem"], of["name"], of["version"])
            said.found[*key, found["record"]] = f"{of['purl']}: {found['matched']} ({found['confidence']} confidence)"
    for gap in report["notEvaluated"]:
        said.unsure.add((gap["package"], gap.get("advisory", "")))
        if gap["reason"].startswith("it belongs to "):
            said.owned.add(gap["package"])
    return said


def theirs(path: Path) -> Said:
    """Read osv-scanner's JSON report, made with --all-packages."""
    said = Said()
    for result in json.loads(path.read_bytes()).get("results") or ():
        for entry in result["packages"]:
            of = entry["package"]
            key = key_of(of.get("ecosystem", ""), of["name"], of["version"])
            said.packages[key] += 1
            said.findings += len(entry.get("groups") or ())
            for vulnerability in entry.get("vulnerabilities") or ():
                said.found[*key, vulnerability["id"]] = f"{of.get('ecosystem')} {of['name']} {of['version']}"
    return said


class Records:
    """The advisories by id, read when they are asked for."""

    def __init__(self, osv: Path) -> None:
        self._where: dict[str, tuple[zipfile.ZipFile, str]] = {}
        for path in sorted(osv.glob("*/all.zip")):
            archive = zipfile.ZipFile(path)  # open as long as the program runs
            for name in archive.namelist():
                self._where[name.removesuffix(".json")] = archive, name
        self.entries = cache(self._entries)

    def _entries(self, record: str) -> tuple[dict[str, Any], ...]:
        archive, name = self._where[record]
        return tuple(json.loads(archive.read(name))["affected"])

    def about(self, key: Key) -> list[dict[str, Any]]:
        """Give the entries of a record that speak of the package of a difference."""
        base, name, version, record = key
        return [
            entry
            for entry in self.entries(record)
            if key_of(entry["package"]["ecosystem"], entry["package"]["name"], version)[:2] == (base, name)
        ]


@dataclass(slots=True)
class Sbom:
    """What the SBOM says. purls: by name and version; split: of which one copy has an owner and another has none."""

    purls: dict[tuple[str, str], set[str]]
    split: set[str]


def sbom_of(path: Path) -> Sbom:
    """Read purls from CycloneDX or SPDX JSON, ownership from SPDX; nothing from anything else."""
    document = json.loads(path.read_bytes()) if path.suffix == ".json" else {}
    owned = {
        r["relatedSpdxElement"] for r in document.get("relationships", ()) if "own" in str(r.get("comment", "")).lower()
    }
    listed = [(component.get("purl", ""), False) for component in document.get("components", ())]
    listed += [
        (ref["referenceLocator"], package["SPDXID"] in owned)
        for package in document.get("packages", ())
        if isinstance(package, dict)
        for ref in package.get("externalRefs") or ()
        if ref["referenceType"] == "purl"
    ]
    purls: dict[tuple[str, str], set[str]] = {}
    for purl, _ in listed:
        name, _, version = unquote(purl.partition("?")[0].partition("#")[0]).rpartition("@")
        purls.setdefault((_plain(name.rpartition("/")[2]), version.removeprefix("v")), set()).add(purl)
    return Sbom(purls, {p for p, is_owned in listed if is_owned} & {p for p, is_owned in listed if not is_owned})


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.lower())


def causes(we: Said, they: Said, records: Records, sbom: Sbom) -> tuple[dict[Key, str], dict[Key, str]]:
    """Give for each difference its cause: what only custody found, and what only the peer found."""
    more = {key: _why_ours(key, we, they, records) for key in sorted(we.found.keys() - they.found.keys())}
    less = {key: _why_theirs(key, we, they, records, sbom) for key in sorted(they.found.keys() - we.found.keys())}
    return more, less


def _why_ours(key: Key, we: Said, they: Said, records: Records) -> str:
    base, name, version, _ = key
    entries = records.about(key)
    if base == "Go" and re.search(r"@[^#:]*#[^:]+: ", we.found[key]):
        return "go-parent"
    if _has_unreadable_end(we.found[key], entries):
        return "open-end"
    if (base, name, version) not in they.packages:
        return "no-ecosystem"
    if "low confidence" in we.found[key] and "%2B" in we.found[key]:
        return "local-version"
    if any(entry.get("ranges") and entry["ranges"][0]["type"] == "GIT" for entry in entries):
        return "git-first"
    if any(entry["package"]["name"] != entry["package"]["name"].lower() for entry in entries):
        return "name"
    if base == "Packagist" and version.count(".") < 2:
        return "composer-zero"
    return "bound" if re.search(r"\d-NA\b", we.found[key]) else UNEXPLAINED


def _has_unreadable_end(matched: str, entries: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether a range counts as open though the record ends it: what matched names an introduced and no end."""
    said = re.search(r": introduced (\S+) \(", matched)
    return said is not None and any(
        {"introduced": said[1]} in line["events"] and line["events"][-1].keys() & {"fixed", "last_affected"}
        for entry in entries
        for line in entry.get("ranges") or ()
        if line["type"] != "GIT"
    )


def _why_theirs(key: Key, we: Said, they: Said, records: Records, sbom: Sbom) -> str:
    base, name, version, record = key
    if name == "stdlib" and base == "Go" and " go1" in they.found[key]:
        return "go-prefix"
    if any(e["package"]["ecosystem"].partition(":")[2].startswith("http") for e in records.about(key)):
        return "registry-suffix"
    purls = sbom.purls.get((_plain(name.rpartition("/")[2]), version), set())
    if purls & sbom.split:
        return "two-copies"
    if _is_among(we.owned, name, version):
        return "owned"
    if any(_is_among({package}, name, version) for package, which in we.unsure if which in ("", record)):
        return "unknown"
    events = [e for entry in records.about(key) for line in entry.get("ranges") or () for e in line["events"]]
    if any("*" in version for event in events for version in event.values()):
        return "answered"
    return "go-subpath" if base == "Go" and any("#" in purl for purl in purls) else UNEXPLAINED


def _is_among(packages: Iterable[str], name: str, version: str) -> bool:
    """Say whether one of the package ids, which are purls, is of this name and version."""
    end = (_plain(name.rpartition("/")[2]), version)
    for package in packages:
        path, _, said = unquote(package.partition("?")[0].partition("#")[0]).rpartition("@")
        if (_plain(path.rpartition("/")[2]), said.removeprefix("v")) == end:
            return True
    return False
