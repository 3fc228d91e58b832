"""SARIF 2.1.0 of any tool → a scan report.

Reads: https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html, section numbers below; tried with
bandit 1.9.4, grype 0.110.0 and custody's own. The JSON without its indirections: results in external files (3.15) are
listed under `skipped`.
Gives: a result (3.27) of kind "fail" is a finding of its rule; about a package where the tool names one by its purl
(custody, grype), else about the file it is in. Several results of one rule in one file are one finding with several
places. Severity: the rule's or result's `security-severity` (a CVSS score, as code scanning pages read it), else the
level: error HIGH, warning MEDIUM, note LOW, none NONE. Suppressions (3.35) that are accepted, or have no status.
Cannot know: how many packages or files there were: a log without results is unknown. Kinds "open" and "review" had no
verdict: they stand under `not evaluated`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

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
    severity_of_score,
    time_of,
)
from custody.report.foreign.interface import Reader

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from custody.model import Digest, ScanReport

_LEVELS = {"error": "HIGH", "warning": "MEDIUM", "note": "LOW", "none": "NONE"}
_ID = re.compile(r"(?:CVE-\d{4}-\d{4,}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3})")
_CWE = re.compile(r"(?:external/cwe/)?(cwe-\d+)", re.IGNORECASE)


def recognise(table: Mapping[str, Any]) -> bool:
    """Say whether it has runs and the version that SARIF logs have."""
    return isinstance(table.get("runs"), list) and str(table.get("version", "")).startswith("2.")


def read(data: bytes, where: str, *, at: dt.datetime) -> ScanReport:
    """Read a log; InputError names `where`."""
    fields = Fields.from_json(data, where)
    if fields.text("version") != "2.1.0":
        raise fields.fault("version", f"expected 2.1.0, got {fields.text('version')!r}")
    runs = list(fields.each("runs"))
    drivers = [run.table("tool").table("driver") for run in runs]
    if not runs:
        raise InputError(where, "it has no run")
    tools = dict.fromkeys(
        f"{d.text('name')} {d.text_or('semanticVersion') or d.text_or('version')}".strip() for d in drivers
    )
    ends = [t for run in runs for i in run.each("invocations") if (t := time_of(i, "endTimeUtc"))]
    imported = Imported(
        tool=" and ".join(tools),
        data=data,
        at=min(ends) if ends else at,
        timed=bool(ends),
        artifact=next((found for run in runs if (found := _artifact(run))), None),
    )
    for run in runs:
        _run(imported, run)
    return imported.report()


def _artifact(run: Fields) -> Digest | None:
    """Give what custody's own logs say of it; SARIF itself has no word for what was scanned as a whole."""
    inner = run.table("properties").value.get("artifact")
    return layer_of(str(inner.get("digest", ""))) if isinstance(inner, dict) else None


def _run(imported: Imported, run: Fields) -> None:
    driver = run.table("tool").table("driver")
    if driver.text("name") == "custody" and run.table("properties").value.get("result") == "clean":
        imported.packages += run.table("properties").integer("packages")
    if "externalPropertyFileReferences" in run:  # 3.15.2
        imported.skipped.append(Skipped(where=run.spot("externalPropertyFileReferences"), reason="it is another file"))
    for invocation in run.each("invocations"):
        if "executionSuccessful" in invocation and not invocation.boolean("executionSuccessful"):
            imported.skipped.append(Skipped(where=invocation.at, reason=f"{driver.text('name')} did not succeed"))
        for key in ("toolExecutionNotifications", "toolConfigurationNotifications"):
            for note in invocation.each(key):
                _notification(imported, note, driver)
    rules = list(driver.each("rules"))
    extensions = [list(extension.each("rules")) for extension in run.table("tool").each("extensions")]
    by_id = {rule.text("id"): rule for rule in [*(r for more in extensions for r in more), *rules]}
    for result in run.each("results"):
        _result(imported, result, _rule_of(result, rules, by_id), driver)


def _notification(imported: Imported, note: Fields, driver: Fields) -> None:
    level = note.text_or("level", "warning")
    text = note.table("message").text_or("text") or "no message"
    if driver.text("name") == "custody" and note.table("descriptor").text_or("id") == "not-evaluated":
        about, _, reason = text.partition(": ")
        package, _, advisory = about.partition(", ")
        imported.not_evaluated.append(NotEvaluated(package_id=package, reason=reason or text, advisory=advisory))
    elif level == "error" or driver.text("name") == "custody":
        imported.skipped.append(Skipped(where=note.at, reason=text))


def _rule_of(result: Fields, rules: list[Fields], by_id: Mapping[str, Fields]) -> Fields:
    """Give the rule (3.27.7, 3.52.4); an empty one where the log does not describe it."""
    empty = Fields({}, result.where, result.path)
    index = result.value.get("ruleIndex", result.table("rule").value.get("index", -1))
    name = result.text_or("ruleId") or result.table("rule").text_or("id")
    if name in by_id:
        return by_id[name]
    if isinstance(index, int) and 0 <= index < len(rules) and "toolComponent" not in result.table("rule"):
        return rules[index]
    # 3.52.4: the id may have further parts that the rule's own id does not
    return by_id.get(name.rpartition("/")[0], empty)


def _result(imported: Imported, result: Fields, rule: Fields, driver: Fields) -> None:
    if result.text_or("baselineState") == "absent":  # 3.27.24: it was there once
        return
    kind = result.text_or("kind", "fail")
    name = result.text_or("ruleId") or rule.text_or("id") or "unnamed"
    places = _places(result)
    files = [path for path, _ in places]
    purl = _package(result, rule)
    subject = purl or Purl("generic", (files[0] if files else "") or driver.text("name"))
    if kind in ("open", "review"):
        text = result.table("message").text_or("text") or "no message"
        imported.not_evaluated.append(NotEvaluated(package_id=str(subject), reason=f"{kind}: {text}", advisory=name))
    if kind != "fail":
        return
    severity, score, source = _severity(result, rule, driver)
    found = _ID.search(name)
    properties = result.table("properties")
    message = result.table("message")
    told = message.text_or("text") or message.text_or("markdown") or message.text_or("id")
    title = rule.table("shortDescription").text_or("text") or told or name
    ours = driver.text("name") == "custody"
    named = _stated(result, purl) if purl else {}
    imported.add(
        Draft(
            id=found[0] if found else name,
            others=rule.table("properties").texts("aliases") if ours else (),
            purl=subject,
            name=named.pop("package", "") or subject.name,
            ecosystem=properties.text_or("ecosystem") if ours else ecosystem_of(subject) if purl else "",
            record=name,
            matched=" ".join((told or "no message").split()),
            confidence="low" if properties.text_or("issue_confidence").upper() == "LOW" else "high",
            severity=severity,
            more={
                "summary": " ".join(title.split()),
                "score": score,
                "vector": rule.table("properties").text_or("cvss") if ours else "",
                "severity_source": source,
                "locations": tuple(f"{path}:{line}" if line and not purl else path for path, line in places),
                "references": (("ADVISORY", rule.text("helpUri")),) if "helpUri" in rule else (),
                "cwes": _cwes(rule, result),
                "suppression": _suppression(result, driver),
                **named,
            },
        )
    )


def _stated(result: Fields, purl: Purl) -> dict[str, Any]:
    """Give what custody's own logs say of a package; others say no more than its purl."""
    properties = result.table("properties")
    if "purl" not in properties:
        return {}
    names = [
        logical.text_or("name") for place in result.each("locations") for logical in place.each("logicalLocations")
    ]
    return {
        "package": names[0] if names else purl.name,
        "fixed_versions": tuple(properties.texts("fixedVersions")),
        "path": tuple(properties.texts("path")),
        "layer": layer_of(properties.text_or("layer")),
    }


def _package(result: Fields, rule: Fields) -> Purl | None:
    """Give the package that a result is about: its own purl, a logical place that is one, or the rule's only one."""
    stated = [result.table("properties").text_or("purl")]
    stated += [
        logical.text_or("fullyQualifiedName")
        for place in result.each("locations")
        for logical in place.each("logicalLocations")
    ]
    purls = rule.table("properties").value.get("purls")
    if isinstance(purls, list) and len(purls) == 1 and isinstance(purls[0], str):
        stated.append(purls[0])
    return next((found for text in stated if text.startswith("pkg:") and (found := as_purl(text))), None)


def _places(result: Fields) -> list[tuple[str, int]]:
    """Give (path, line) of the physical places, 0 where no line is stated."""
    found = []
    for place in result.each("locations"):
        physical = place.table("physicalLocation")
        uri = physical.table("artifactLocation").text_or("uri")
        if uri:
            line = physical.table("region").value.get("startLine")
            path = unquote(uri.removeprefix("file://"), errors="surrogateescape")
            found.append((file_path(path), line if isinstance(line, int) and not isinstance(line, bool) else 0))
    return found


def _severity(result: Fields, rule: Fields, driver: Fields) -> tuple[str, float | None, str]:
    """Give severity, score and who says so."""
    tool = driver.text("name")
    for place in (result.table("properties"), rule.table("properties")):
        score = number(place, "security-severity", 10)
        if score is not None:
            return severity_of_score(score), score, tool
    level = result.text_or("level") or rule.table("defaultConfiguration").text_or("level") or "warning"  # 3.27.10
    if level not in _LEVELS:
        raise result.fault("level", f"expected one of {', '.join(_LEVELS)}, got {level!r}")
    return _LEVELS[level], None, f"{tool}, level {level}"


def _cwes(rule: Fields, result: Fields) -> tuple[str, ...]:
    texts = [tag for place in (rule, result) for tag in place.table("properties").texts("tags")]
    texts += [
        f"CWE-{target.text_or('id').removeprefix('CWE-')}"
        for relation in rule.each("relationships")
        if (target := relation.table("target")).table("toolComponent").text_or("name").upper() == "CWE"
    ]
    return tuple(sorted({match[1].upper() for text in texts if (match := _CWE.fullmatch(text))}))


def _suppression(result: Fields, driver: Fields) -> Suppression | None:
    """Give the first accepted suppression (3.27.23): one that is under review or rejected suppresses nothing."""
    for stated in result.each("suppressions"):
        if stated.text_or("status", "accepted") == "accepted":
            return Suppression(
                kind="ignore",
                reason=stated.text_or("justification") or f"suppressed {stated.text_or('kind')}, without a reason",
                owner="",
                expires=None,
                source=driver.text("name"),
            )
    return None


READER = Reader(name="sarif", recognise=recognise, read=read)
