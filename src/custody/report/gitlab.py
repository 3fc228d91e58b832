"""What GitLab's two reports of vulnerable packages share: security report schema 15.2.1.

Spec: https://gitlab.com/gitlab-org/security-products/security-report-schemas (dist/, version 15.2.1).

- A suppressed finding is not reported: the schema has no word for it, and GitLab keeps its own dismissals. `scan`
  carries a message that says how many were left out, and names them.
- What could not be evaluated or read is a message of level `warn`; a scan without a database is a `failure`.
- Vulnerability ids are UUIDs of version 8 (RFC 9562) made of what makes the finding, so that two runs agree.
- CVSS v4 vectors stay out of `cvss_vectors`, which allows versions 2 and 3 only; they stand under `details`.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import TYPE_CHECKING, Any

from custody.errors import one_line
from custody.model import format_time
from custody.report.finding_texts import about, advice, counted, how_found, links, suppressed, title, why_suppressed

if TYPE_CHECKING:
    from collections.abc import Callable

    from custody.model import Finding, ScanReport

__all__ = ["security_report"]

Table = dict[str, Any]

VERSION = "15.2.1"
_SCHEMA = "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v{}/dist/{}-report-format.json"
_SEVERITIES = {"NONE": "Info"}
_MAX_NAME = 255
_MAX_SOLUTION = 7000
_MAX_MESSAGES = 200
_CVSS3 = re.compile(
    r"CVSS:3[.][01]/((AV:[NALP]|AC:[LH]|PR:[NLH]|UI:[NR]|S:[UC]|[CIA]:[NLH]|E:[XUPFH]|RL:[XOTWU]|RC:[XURC]|"
    r"[CIA]R:[XLMH]|MAV:[XNALP]|MAC:[XLH]|MPR:[XNLH]|MUI:[XNR]|MS:[XUC]|M[CIA]:[XNLH])(/|$)){8,}"
)
_CVSS2 = re.compile(
    r"((AV:[NAL]|AC:[LMH]|Au:[MSN]|[CIA]:[NPC]|E:(U|POC|F|H|ND)|RL:(OF|TF|W|U|ND)|RC:(UC|UR|C|ND)|"
    r"CDP:(N|L|LM|MH|H|ND)|TD:(N|L|M|H|ND)|[CIA]R:(L|M|H|ND))(/|$)){6,}"
)
_MAX_VECTOR = 128
_TYPES = (("CVE-", "cve"), ("GHSA-", "ghsa"), ("USN-", "usn"), ("RHSA-", "rhsa"), ("ELSA-", "elsa"))


def security_report(
    report: ScanReport, kind: str, locate: Callable[[Finding], list[Table]], *, tool_version: str
) -> Table:
    """Give the report as JSON values.

    kind: "dependency_scanning" or "container_scanning"; locate: gives the places of a finding, one vulnerability each.
    """
    tool = {"id": "custody", "name": "custody", "vendor": {"name": "custody"}, "version": tool_version or "unknown"}
    moment = format_time(report.scanned_at).removesuffix("Z")  # the schema's pattern has no time zone: it is UTC
    scan: Table = {
        "analyzer": tool,
        "scanner": tool,
        "type": kind,
        "start_time": moment,
        "end_time": moment,
        "status": "success" if report.database is not None else "failure",
    }
    if messages := _messages(report):
        scan["messages"] = messages
    return {
        "schema": _SCHEMA.format(VERSION, kind.replace("_", "-")),
        "version": VERSION,
        "scan": scan,
        "vulnerabilities": [
            _vulnerability(finding, location) for finding in counted(report) for location in locate(finding)
        ],
    }


def _messages(report: ScanReport) -> list[Table]:
    found = []
    if report.database is None:
        found.append(("fatal", "no advisory database was asked; nothing is known about any package"))
    found += [("warn", f"not evaluated: {about(item)}: {item.reason}") for item in report.not_evaluated]
    found += [("warn", f"not read: {item.where}: {item.reason}") for item in report.skipped]
    found += [
        ("info", f"suppressed: {f.id} in {f.package} {f.version}: {why_suppressed(s)}") for f, s in suppressed(report)
    ]
    if len(found) > _MAX_MESSAGES:
        found = [*found[: _MAX_MESSAGES - 1], ("warn", f"and {len(found) - _MAX_MESSAGES + 1} more such messages")]
    return [{"level": level, "value": one_line(text)} for level, text in found]


def _vulnerability(finding: Finding, location: Table) -> Table:
    table: Table = {
        "id": _identity(finding, location),
        "name": _cut(one_line(title(finding)), _MAX_NAME),
        "description": _description(finding),
        "severity": _SEVERITIES.get(finding.severity, finding.severity.capitalize()),
        "solution": _cut(one_line(advice(finding)), _MAX_SOLUTION),
        "identifiers": [_identifier(name) for name in (finding.id, *finding.aliases) if name]
        + [_cwe(name) for name in finding.cwes if re.fullmatch(r"CWE-\d+", name)],
    }
    if finding.vector and len(finding.vector) <= _MAX_VECTOR and _is_cvss(finding.vector):
        table["cvss_vectors"] = [{"vendor": finding.severity_source or "unknown", "vector": finding.vector}]
    if found := links(finding):
        table["links"] = [{"name": kind.lower(), "url": url} if kind else {"url": url} for kind, url in found]
    table["details"] = _details(finding)
    table["location"] = location
    return table


def _is_cvss(vector: str) -> bool:
    return not vector.endswith("/") and bool(_CVSS3.fullmatch(vector) or _CVSS2.fullmatch(vector))


def _identity(finding: Finding, location: Table) -> str:
    hashed = hashlib.sha256()
    for part in (finding.id, finding.package_id, location.get("file", ""), location.get("image", "")):
        hashed.update(part.encode("utf-8", "surrogatepass") + b"\n")
    number = int.from_bytes(hashed.digest()[:16], "big") & ~(0xF << 76 | 0x3 << 62) | 0x8 << 76 | 0x2 << 62
    return str(uuid.UUID(int=number))


def _description(finding: Finding) -> str:
    """GitLab shows it as Markdown, so it holds no text from outside but the summary, on one line and escaped."""
    words = re.sub(r"([\\`*_{}\[\]()#+!|~<>@$&-])", r"\\\1", one_line(title(finding)))
    return f"{words}."


def _identifier(name: str) -> Table:
    kind = next((word for start, word in _TYPES if name.startswith(start)), "osv")
    table = {"type": kind, "name": name, "value": name}
    if re.fullmatch(r"[A-Za-z0-9._:-]+", name):
        table["url"] = f"https://osv.dev/vulnerability/{name}"
    return table


def _cwe(name: str) -> Table:
    number = name.removeprefix("CWE-")
    return {
        "type": "cwe",
        "name": name,
        "value": number,
        "url": f"https://cwe.mitre.org/data/definitions/{number}.html",
    }


def _details(finding: Finding) -> Table:
    rows = [
        ("package", "Package URL", finding.package_id),
        ("vector", "CVSS", finding.vector),
        ("epss", "EPSS", "" if finding.epss is None else f"{finding.epss.score} ({finding.epss.date.isoformat()})"),
        (
            "exploited",
            "Known to be exploited since",
            "" if finding.exploited is None else finding.exploited.added.isoformat(),
        ),
        ("risk", "Risk, of 100", "" if finding.risk is None else f"{finding.risk:.1f}"),
        ("path", "By way of", " > ".join(finding.path[1:]) if len(finding.path) > 2 else ""),
        ("layer", "Layer", "" if finding.layer is None else str(finding.layer)),
        ("found", "Found by", "; ".join(how_found(how) for how in finding.found)),
    ]
    return {key: {"type": "text", "name": name, "value": one_line(text)} for key, name, text in rows if text}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
