"""Small fleets: inventories by name, and what a scan of each alone would say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path

from custody import fleet
from custody.advisories import match, open_database
from custody.errors import InputError
from custody.model import Dependency, Inventory, Package
from tests.advisories.samples import inventory, package

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)


class Fleet:
    """A folder of sources that are named and never really read: `examine` gives their inventories."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "fleet"
        self.sources = folder / "sources"
        self.sources.mkdir(parents=True)
        self.inventories: dict[str, Inventory] = {}
        self.examined: list[str] = []

    def put(self, name: str, *packages: Package, dependencies: Iterable[Dependency] = (), text: str = "") -> str:
        """Add or change a source; `text` is what its file says, so that a change can be seen."""
        path = self.sources / f"{name}.json"
        path.write_text(text or repr(sorted(p.id for p in packages)), encoding="utf-8")
        self.inventories[str(path)] = inventory(*packages, dependencies=dependencies)
        return str(path)

    def examine(self, source: str) -> Inventory:
        self.examined.append(source)
        if source not in self.inventories:
            raise InputError(source, "not an SBOM")
        return self.inventories[source]

    def scan(self, database: Path, *, jobs: int = 1) -> fleet.FleetScan:
        self.examined.clear()
        return fleet.scan([str(self.sources)], self.path, examine=self.examine, database=database, now=NOW, jobs=jobs)

    def rematch(self, database: Path) -> fleet.Rematch:
        return fleet.rematch(self.path, database=database, now=NOW)

    def found(self) -> set[tuple[str, str, str, str]]:
        """Give (source, id, purl, severity) of all that is found."""
        return {(p.source, p.id, p.purl, p.severity) for p in fleet.places(self.path)}

    def expected(self, database: Path, alive: Callable[[str], bool] = lambda _: True) -> set[tuple[str, str, str, str]]:
        """Give the same as single scans find it."""
        found = set()
        with open_database(database) as opened:
            for source, held in self.inventories.items():
                if alive(source):
                    report = match(held, opened, now=NOW)
                    found |= {
                        (source, f.id, f.package_id, f.severity) for f in report.findings if f.suppression is None
                    }
        return found


def numbered(many: int) -> list[Package]:
    """Give versions 1.0 to `many`.0 of one package."""
    return [package(f"pkg:pypi/sample@{n}.0") for n in range(1, many + 1)]
