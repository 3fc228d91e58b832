"""An inventory as plain JSON: what filters read, and what `custody query -o json` prints of a package.

    root          the package that the document is about
    packages      all others, sorted by purl
    dependencies  [{source, target, relation}], source and target are purls
    artifact      {kind, name, version, digest}
    distribution  {id, version} or null
    skipped       [{where, reason}]

A package: name, version, purl, type, license (concluded, else declared), declared, concluded, supplier, originator,
checksums [{algorithm, value}], cpes, locations [{path, place, layer, cataloger}], installed, purpose, source {name,
version}, homepage, download, copyright, description, released. Every key is always there; null means that nobody said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from custody.model import Inventory, Location, Package

__all__ = ["inventory_view", "package_view"]


def inventory_view(inventory: Inventory) -> dict[str, Any]:
    """Give the whole of it, in the shape that the module's docstring says."""
    artifact, distribution = inventory.artifact, inventory.distribution
    return {
        "root": package_view(inventory.root),
        "packages": [package_view(package) for package in inventory.packages],
        "dependencies": [
            {"source": edge.source, "target": edge.target, "relation": edge.relation} for edge in inventory.dependencies
        ],
        "artifact": {
            "kind": artifact.kind,
            "name": artifact.name or None,
            "version": artifact.version or None,
            "digest": str(artifact.digest),
        },
        "distribution": {"id": distribution.id, "version": distribution.version or None} if distribution else None,
        "skipped": [{"where": skipped.where, "reason": skipped.reason} for skipped in inventory.skipped],
    }


def package_view(package: Package) -> dict[str, Any]:
    """Give one package."""
    source = {"name": package.source_name, "version": package.source_version or None} if package.source_name else None
    return {
        "name": package.name,
        "version": package.version or None,
        "purl": package.id,
        "type": package.purl.type,
        "license": package.licence_concluded or package.licence_declared,
        "declared": package.licence_declared,
        "concluded": package.licence_concluded,
        "supplier": package.supplier or None,
        "originator": package.originator or None,
        "checksums": [{"algorithm": item.algorithm, "value": item.hex} for item in package.checksums],
        "cpes": list(package.cpes),
        "locations": [_location(location) for location in package.locations],
        "installed": package.installed,
        "purpose": package.purpose,
        "source": source,
        "homepage": package.homepage or None,
        "download": package.download_location or None,
        "copyright": package.copyright or None,
        "description": package.description or None,
        "released": package.released or None,
    }


def _location(location: Location) -> dict[str, Any]:
    return {
        "path": location.path,
        "place": location.where or None,
        "layer": str(location.layer) if location.layer else None,
        "cataloger": location.cataloger or None,
    }
