"""`pip-audit --format json` → a scan report.

Reads: pip-audit 2.0 and later (https://github.com/pypa/pip-audit), tried with 2.10.1. Earlier ones write a bare list.
Gives: ids, aliases, descriptions and fixes; all packages, so that a report without findings can be clean; a package
that it skipped is "not evaluated", with its reason.
Cannot know: severities, which pip-audit does not state; what `--ignore-vuln` left out; files; its time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from custody.fields import Fields
from custody.model import NotEvaluated, Purl
from custody.report.foreign.assemble import Draft, Imported
from custody.report.foreign.interface import Reader

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from custody.model import ScanReport


def recognise(table: Mapping[str, Any]) -> bool:
    """Say whether it has dependencies that are audited or skipped."""
    found = table.get("dependencies")
    if not isinstance(found, list):
        return False
    if not found:
        return "fixes" in table
    return all(
        isinstance(item, dict) and "name" in item and ("vulns" in item or "skip_reason" in item) for item in found
    )


def read(data: bytes, where: str, *, at: dt.datetime) -> ScanReport:
    """Read a report; InputError names `where`."""
    fields = Fields.from_json(data, where)
    imported = Imported(tool="pip-audit", data=data, at=at, timed=False)
    for package in fields.each("dependencies"):
        imported.packages += 1
        name = package.text("name")
        purl = Purl("pypi", name, package.text_or("version"))
        if "skip_reason" in package:
            imported.not_evaluated.append(NotEvaluated(package_id=str(purl), reason=package.text("skip_reason")))
        for record in package.each("vulns"):
            fixes = tuple(dict.fromkeys(record.texts("fix_versions")))
            imported.add(
                Draft(
                    id=record.text("id"),
                    others=record.texts("aliases"),
                    purl=purl,
                    name=name,
                    ecosystem="PyPI",
                    matched=f"fixed in {', '.join(fixes) or 'none'}",
                    more={
                        "version": package.text_or("version"),
                        "summary": " ".join(record.text_or("description").split()),
                        "fixed_versions": fixes,
                    },
                )
            )
    return imported.report()


READER = Reader(name="pip-audit", recognise=recognise, read=read)
