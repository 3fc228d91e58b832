"""VEX statements about what is scanned: which documents count, and whose word they are.

1. Documents that the user names (`--vex`) count: naming them is trusting them.
2. A document beside an SBOM counts where its name says clearly that it belongs to it: `app.vex.json` or
   `app.openvex.json` beside `app.spdx.json`, `app.cdx.json` or `app.json`. That it was used is said.
3. Attestations attached to an image count only where a key that the user names (`--key`) verifies their signature:
   else whoever may write to a registry could excuse what is in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from custody.workflows.input_file import read_file

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from custody.advisories.vex import Statement, Unused
    from custody.model import Inventory, ScanReport
    from custody.workflows.interface import Listener

__all__ = ["apply_statements", "attached_vex", "beside"]

_ENDINGS = (".spdx.json", ".spdx3.json", ".cdx.json", ".cyclonedx.json", ".bom.json", ".json", ".spdx", ".xml")
_MARKS = (".vex.json", ".openvex.json")
_MOST_SAID = 5


def beside(source: str) -> list[Path]:
    """Give the VEX documents that lie beside an SBOM and are clearly named for it, sorted."""
    path = Path(source.removeprefix("sbom:"))
    if not path.is_file() or path.name.endswith(_MARKS):
        return []
    stem = next((path.name[: -len(end)] for end in _ENDINGS if path.name.endswith(end)), "")
    return sorted(file for mark in _MARKS if stem and (file := path.with_name(stem + mark)).is_file())


def apply_statements(
    report: ScanReport,
    inventory: Inventory,
    listener: Listener,
    *,
    source: str,
    named: Sequence[Path],
    keys: Sequence[Path],
    workspace: Path,
    now: dt.datetime,
) -> ScanReport:
    """Give the report with what the statements say. What covers nothing is said: it may be a slip in a name.

    Raises InputError: a document that was named is no VEX document.
    """
    found = beside(source)
    if not named and not found and not keys:
        return report
    from custody.advisories.risk import risk
    from custody.advisories.vex import apply_vex, read_vex

    statements: list[Statement] = []
    for path in dict.fromkeys((*named, *found)):
        if path not in named:
            listener.warn(f"{path}: VEX statements beside the SBOM are applied")
        statements += read_vex(read_file(path), str(path))
    if keys:
        statements += attached_vex(source, keys, workspace, listener)
    applied = apply_vex(report, statements, inventory, now=now)
    for line in _unused(applied.unused):
        listener.warn(line)
    before = {(f.id, f.package_id): f.status for f in report.findings}
    findings = tuple(
        replace(f, risk=risk(f)) if before[f.id, f.package_id] != f.status else f for f in applied.report.findings
    )
    return replace(applied.report, findings=findings)


def attached_vex(source: str, keys: Sequence[Path], workspace: Path, listener: Listener) -> list[Statement]:
    """Give the statements of VEX attestations attached to an image that one of the keys verifies; [] for no image."""
    from custody.advisories.vex import read_vex, recognise
    from custody.errors import CustodyError
    from custody.model import canonical_json
    from custody.sources import tell_source
    from custody.workflows.keys import trusted_keys
    from custody.workflows.verify import find

    if source.startswith("sbom:") or Path(source).is_file() or tell_source(source)[0] != "image":
        return []
    trusted = trusted_keys(workspace, keys)
    try:
        bundles = find(source, keys=trusted).bundles
    except CustodyError as error:
        listener.warn(f"{source}: attached VEX statements cannot be read: {error.what}")
        return []
    statements: list[Statement] = []
    refused = 0
    for bundle in bundles:
        predicate = bundle.evidence.statement.predicate
        data = canonical_json(predicate)
        if not recognise(data) or (bundle.kind == "cyclonedx" and not predicate.get("vulnerabilities")):
            continue  # an SBOM is attached as CycloneDX too, and hardly ever speaks of vulnerabilities
        if bundle.evidence.signer is None:
            refused += 1
        else:
            where = f"{source}: {bundle.kind} {bundle.evidence.digest.short}, signed by {bundle.evidence.signer}"
            statements += read_vex(data, where)
    if refused:
        listener.warn(f"{source}: attached VEX documents that no --key verifies, and that do not count: {refused}")
    return statements


def _unused(said: Sequence[Unused]) -> Iterator[str]:
    for item in said[:_MOST_SAID]:
        yield f"{item.statement.source}: {item.statement.vulnerability}: the statement covers nothing: {item.reason}"
    if len(said) > _MOST_SAID:
        yield f"{len(said) - _MOST_SAID} more VEX statements cover nothing here"
