"""Findings as JUnit XML: for the test pages of GitLab, Jenkins and other build servers.

Written is what both read (https://docs.gitlab.com/ci/testing/unit_test_reports/, and the Jenkins plugin's schema):
`testsuites`, `testsuite`, `testcase` with `classname`, `name`, `file`, and one of `failure`, `error`, `skipped`.

One case a finding, since that is what changes from build to build and what somebody mends:
- a finding that counts is a `failure`; its `type` is the severity, its text the whole story;
- a suppressed one is `skipped`, with the reason: it was left out on purpose;
- a package on which nothing was found is a case that passes, so that the number of cases is what was looked at;
- a package or record that could not be evaluated, a file that could not be read, a missing database is an `error`: the
  test had no verdict, and a test without a verdict must not look like one that passed. Whoever wants such packages to
  be let through records an exception for them, or reads another format.

`classname` is the purl without version and qualifiers, `name` the id and package: a case keeps its name as long as the
problem is the same, so that GitLab tells new failures from known ones. Time is 0, since a finding takes none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from custody.model import format_time
from custody.report.finding_texts import about, advice, how_found, kind_of, links, title, why_suppressed
from custody.report.formats.interface import ReportFormat

if TYPE_CHECKING:
    from custody.model import Finding, Inventory, NotEvaluated, ScanReport

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;"})


def encode(report: ScanReport, inventory: Inventory, *, tool_version: str) -> bytes:
    """Write the file."""
    cases = [_finding(finding) for finding in report.findings]
    cases += [_unevaluated(item) for item in report.not_evaluated]
    told = {f.package_id for f in report.findings} | {n.package_id for n in report.not_evaluated}
    if report.database is None:
        cases.append(_case("advisory database", "was asked", "error", "none", "no advisory database was asked", ""))
    else:
        cases += [
            _case(_class(package.id), f"{package.name} {package.version}".rstrip())
            for package in sorted(inventory.packages, key=lambda package: package.id)
            if package.id not in told
        ]
    cases += [
        _case("files that were read", item.where, "error", "skipped", item.reason, "", item.where)
        for item in report.skipped
    ]
    counts = {kind: sum(found == kind for found, _ in cases) for kind in ("failure", "error", "skipped")}
    attributes = (
        f'tests="{len(cases)}" failures="{counts["failure"]}" errors="{counts["error"]}" skipped="{counts["skipped"]}"'
    )
    artifact = inventory.artifact
    name = " ".join(part for part in (artifact.name, artifact.version) if part) or artifact.reference
    stamp = format_time(report.scanned_at).removesuffix("Z")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="vulnerabilities" {attributes} time="0">',
        f' <testsuite name="{_attribute(name)}" {attributes} time="0" timestamp="{stamp}">',
        "  <properties>",
        f'   <property name="artifact" value="{report.artifact}"/>',
        f'   <property name="result" value="{report.result}"/>',
        f'   <property name="database" value="{report.database.digest if report.database else "none"}"/>',
        f'   <property name="tool" value="custody {_attribute(tool_version)}"/>',
        "  </properties>",
        *(text for _, text in cases),
        " </testsuite>",
        "</testsuites>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _finding(finding: Finding) -> tuple[str, str]:
    name = f"{finding.id} in {finding.package} {finding.version}".rstrip()
    file = finding.locations[0] if finding.locations else ""
    score = "" if finding.score is None else f" {finding.score:.1f}"
    if finding.suppression is not None:
        why = f"{kind_of(finding.suppression)}: {why_suppressed(finding.suppression)}"
        return _case(_class(finding.package_id), name, "skipped", "", why, "", file)
    message = f"{finding.severity}{score}: {title(finding)}. {advice(finding)}"
    return _case(_class(finding.package_id), name, "failure", finding.severity, message, _story(finding), file)


def _story(finding: Finding) -> str:
    lines = [title(finding), advice(finding), f"Package: {finding.package_id}"]
    if finding.aliases:
        lines.append(f"Also known as: {', '.join(finding.aliases)}")
    if finding.vector:
        lines.append(f"CVSS: {finding.vector}")
    if finding.exploited:
        lines.append(f"Known to be exploited since {finding.exploited.added.isoformat()}")
    if finding.epss:
        lines.append(f"EPSS: {finding.epss.score:.5f} (percentile {finding.epss.percentile:.5f})")
    if len(finding.path) > 1:
        lines.append(f"By way of: {' > '.join(finding.path)}")
    lines += [f"In: {place}" for place in finding.locations]
    if finding.layer:
        lines.append(f"Layer: {finding.layer}")
    lines += [f"Found by {how_found(how)}; {how.source}" for how in finding.found]
    lines += [f"See {url}" for _, url in links(finding)[:5]]
    return "\n".join(lines)


def _unevaluated(item: NotEvaluated) -> tuple[str, str]:
    return _case(_class(item.package_id), about(item), "error", "not evaluated", item.reason, "")


def _class(purl: str) -> str:
    """Give the purl without version, qualifiers and subpath; the "@" that opens an npm scope is written as %40."""
    plain = purl.partition("?")[0].partition("#")[0]
    head, at, version = plain.rpartition("@")
    return head if at and "/" not in version else plain


def _case(
    classname: str, name: str, kind: str = "", word: str = "", message: str = "", text: str = "", file: str = ""
) -> tuple[str, str]:
    """Give (what became of it, the element)."""
    place = f' file="{_attribute(file)}"' if file else ""
    head = f'  <testcase classname="{_attribute(classname)}" name="{_attribute(name)}"{place} time="0"'
    if not kind:
        return "", f"{head}/>"
    typed = f' type="{_attribute(word)}"' if word else ""
    inner = f'   <{kind} message="{_attribute(message)}"{typed}'
    inner += f">{_text(text)}</{kind}>" if text else "/>"
    return kind, f"{head}>\n{inner}\n  </testcase>"


def _visible(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


def _attribute(text: str) -> str:
    return _NOT_XML.sub(_visible, text).translate(_ESCAPES)


def _text(text: str) -> str:
    return _NOT_XML.sub(_visible, text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


FORMAT = ReportFormat(name="junit", media_type="application/xml", extension=".junit.xml", encode=encode)
