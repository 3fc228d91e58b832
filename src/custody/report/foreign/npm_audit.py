"""`npm audit --json` → a scan report.

Reads: `auditReportVersion` 2 of npm 7 and later (its manual page npm-audit), tried with the npm of
this machine; the table `advisories` of npm 6 and of `pnpm audit`.
Gives: advisories with severity, CVSS, CWEs, range; direct or not; the folders; how many packages there are.
Cannot know: the installed version (npm 7 and later give ranges only: the finding's version is empty, and it joins the
finding of another report about the only version of that package there); its time. A package that is listed only since
it requires a vulnerable one has no finding of its own: its entry names the other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from custody.errors import InputError
from custody.fields import Fields
from custody.model import Purl
from custody.report.foreign.assemble import Draft, Imported, file_path, number, severity_of_word, time_of
from custody.report.foreign.interface import Reader

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from custody.model import ScanReport

_GHSA = re.compile(r"GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}")


def recognise(table: Mapping[str, Any]) -> bool:
    """Say whether it has npm's report version, or its table of advisories."""
    return "auditReportVersion" in table or (isinstance(table.get("advisories"), dict) and "metadata" in table)


def read(data: bytes, where: str, *, at: dt.datetime) -> ScanReport:
    """Read a report; InputError names `where`."""
    fields = Fields.from_json(data, where)
    imported = Imported(tool="npm audit", data=data, at=at, timed=False)
    stated = fields.table("metadata").value.get("dependencies")
    if isinstance(stated, dict):  # npm 6 gives the number itself
        imported.packages = max(0, fields.table("metadata").table("dependencies").integer("total"))
    elif "totalDependencies" in fields.table("metadata"):
        imported.packages = max(0, fields.table("metadata").integer("totalDependencies"))
    drafts = _older(fields) if isinstance(fields.value.get("advisories"), dict) else _newer(fields, where)
    for draft in drafts:
        imported.add(draft)
    return imported.report()


def _newer(fields: Fields, where: str) -> Iterator[Draft]:
    if fields.integer("auditReportVersion") != 2:
        raise InputError(where, f"expected auditReportVersion 2, got {fields.integer('auditReportVersion')}")
    for name, package in fields.tables("vulnerabilities"):
        for index, via in enumerate(package.items("via")):
            if isinstance(via, str):  # by way of that other package, which has its own entry
                continue
            if not isinstance(via, dict):
                raise package.fault(f"via[{index}]", "expected a table or a text")
            yield _draft(name or "unknown", package, Fields(via, fields.where, f"{package.path}.via[{index}]"))


def _draft(name: str, package: Fields, via: Fields) -> Draft:
    fix = package.value.get("fixAvailable")
    fixed: tuple[str, ...] = ()
    update = ""
    if isinstance(fix, dict):
        table = package.table("fixAvailable")
        if table.text_or("name") == name:
            fixed = (table.text("version"),)
        else:
            update = f"; npm would update {table.text_or('name')} to {table.text_or('version')}"
    effects = package.texts("effects")
    url = via.text_or("url")
    cvss = via.table("cvss")
    score = number(cvss, "score", 10)
    word = via.text_or("severity", "unknown")
    vector = cvss.text_or("vectorString")
    return Draft(
        id=_id(url, via.value.get("source")),
        purl=_purl(name, ""),
        name=name,
        ecosystem="npm",
        matched=f"range {via.text_or('range') or 'not stated'}"
        + (f"; required by {', '.join(effects)}" if effects else "")
        + update,
        severity=severity_of_word(word),
        more={
            "summary": via.text_or("title"),
            "score": score if vector or score else None,  # 0 without a vector is npm's word for "not scored"
            "vector": vector,
            "severity_source": _id(url, via.value.get("source")),
            "fixed_versions": fixed,
            "locations": tuple(file_path(node) for node in package.texts("nodes")),
            "references": (("ADVISORY", url),) if url else (),
            "cwes": tuple(sorted(set(via.texts("cwe")))),
            "direct": package.boolean("isDirect") if "isDirect" in package else None,
        },
    )


def _older(fields: Fields) -> Iterator[Draft]:
    """Read the form of npm 6, of which pnpm's is one."""
    for _, advisory in fields.tables("advisories"):
        name = advisory.text("module_name")
        found = list(advisory.each("findings"))
        cwe = advisory.value.get("cwe")
        cwes = [cwe] if isinstance(cwe, str) else advisory.texts("cwe")
        url = advisory.text_or("url")
        cvss = advisory.table("cvss")
        vector, score = cvss.text_or("vectorString"), number(cvss, "score", 10)
        patched = advisory.text_or("patched_versions")
        ghsa = advisory.text_or("github_advisory_id")
        source = ghsa or _id(url, advisory.value.get("id"))
        for finding in found:
            version = finding.text_or("version")
            yield Draft(
                id=source,
                others=advisory.texts("cves"),
                purl=_purl(name, version),
                name=name,
                ecosystem="npm",
                matched=f"range {advisory.text_or('vulnerable_versions') or 'not stated'}, "
                f"patched {patched or 'not stated'}",
                severity=severity_of_word(advisory.text_or("severity", "unknown")),
                more={
                    "version": version,
                    "summary": advisory.text_or("title"),
                    "score": score if vector or score else None,
                    "vector": vector,
                    "severity_source": source,
                    "fixed_versions": (patched[2:].strip(),) if re.fullmatch(r">=\s*[\w.+-]+", patched) else (),
                    "references": (("ADVISORY", url),) if url else (),
                    "cwes": tuple(sorted(set(cwes))),
                    "direct": any(">" not in path for path in finding.texts("paths")) or None,
                    "published": time_of(advisory, "created"),
                    "modified": time_of(advisory, "updated"),
                },
            )


def _id(url: str, source: object) -> str:
    """Give the GHSA id that the address ends with, else npm's own number."""
    found = _GHSA.search(url)
    return found[0] if found else f"NPM-{source}" if isinstance(source, int | str) and source != "" else "NPM-unknown"


def _purl(name: str, version: str) -> Purl:
    scope, _, last = name.rpartition("/")
    return Purl("npm", last or name, version, scope)


READER = Reader(name="npm-audit", recognise=recognise, read=read)
