"""Small advisories, databases and inventories to test with. Ids, packages and versions are invented."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from custody.advisories import import_osv, open_database
from custody.advisories.database import Database
from custody.model import (
    Artifact,
    Dependency,
    Descriptor,
    Digest,
    Distribution,
    Inventory,
    Layer,
    Location,
    Package,
    Purl,
    Skipped,
)

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
CVSS_HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"  # 7.5
CVSS_CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"  # 9.8
CVSS4_MEDIUM = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:L/SC:N/SI:N/SA:N"  # 6.9


def record(
    name: str,
    package: str = "PyPI/sample",
    ranges: str = "introduced 0, fixed 2.0",
    **more: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Make a record about one package, given as ecosystem/name; ranges are parted by " | "."""
    ecosystem, _, which = package.partition("/")
    lines = [[event.split(" ") for event in line.split(", ")] for line in ranges.split(" | ")] if ranges else []
    affected: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": which}}
    if lines:
        affected["ranges"] = [{"type": "ECOSYSTEM", "events": [{k: v} for k, v in line]} for line in lines]
    affected |= {key: more.pop(key) for key in ("versions",) if key in more}
    return {"id": name, "modified": "2026-01-02T03:04:05Z", "affected": [affected]} | more


def cvss(vector: str) -> list[dict[str, str]]:
    """Make a `severity` field."""
    kind = f"CVSS_V{vector[5]}" if vector.startswith("CVSS:") else "CVSS_V2"
    return [{"type": kind, "score": vector}]


def dump(folder: Path, ecosystem: str, records: Iterable[dict[str, Any]]) -> Path:
    """Write `<folder>/<ecosystem>/all.zip`, as a mirror has it."""
    path = folder / ecosystem / "all.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for number, value in enumerate(records):
            archive.writestr(f"{number}.json", json.dumps(value))
    return path


def database(folder: Path, records: Iterable[dict[str, Any]]) -> Database:
    """Import the records, as the complete dumps of the ecosystems they name, and open the database."""
    dumps: dict[str, list[dict[str, Any]]] = {}
    for value in records:
        dumps.setdefault(value["affected"][0]["package"]["ecosystem"].partition(":")[0], []).append(value)
    for ecosystem, values in dumps.items():
        dump(folder / "osv", ecosystem, values)
    import_osv([folder / "osv"], database=folder / "advisories.db", now=NOW)
    return open_database(folder / "advisories.db")


def package(text: str, *, path: str = "lock", layer: str = "", **more: Any) -> Package:  # noqa: ANN401
    """Make a package from its purl."""
    purl = Purl.parse(text)
    digest = Digest.of(layer.encode()) if layer else None
    location = Location(path=path, cataloger="sample", layer=digest)
    return Package(purl=purl, name=purl.full_name, version=purl.version, locations=(location,), **more)


def inventory(
    *packages: Package,
    dependencies: Iterable[Dependency] = (),
    distribution: Distribution | None = None,
    skipped: Sequence[Skipped] = (),
    layers: Sequence[str] = (),
) -> Inventory:
    """Make the inventory of an artifact that holds the packages."""

    def descriptor(of: str) -> Descriptor:
        return Descriptor(media_type="application/octet-stream", digest=Digest.of(of.encode()), size=1)

    artifact = Artifact(
        kind="image",
        name="sample",
        version="1",
        descriptor=descriptor("artifact"),
        reference="dir:.",
        layers=tuple(
            Layer(index=n, descriptor=descriptor(f"blob {name}"), diff_id=Digest.of(name.encode()))
            for n, name in enumerate(layers)
        ),
    )
    return Inventory.assemble(
        artifact=artifact,
        root=Package(purl=Purl("generic", "sample", "1"), name="sample", version="1"),
        packages=packages,
        dependencies=dependencies,
        distribution=distribution,
        skipped=skipped,
    )
