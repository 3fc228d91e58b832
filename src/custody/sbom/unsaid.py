"""What a format without notes of ours does not say of an inventory: counted by kind, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from custody.sbom.interface import Document

__all__ = ["unsaid"]

_WORDS = {
    "checksums": "checksums",
    "copyright": "copyright notices",
    "cpes": "CPE names",
    "description": "descriptions",
    "download_location": "download locations",
    "enriched": "where facts from registries came from",
    "homepage": "home pages",
    "licence_concluded": "licences found in files",
    "licence_declared": "declared licences",
    "licence_files": "files that licences rest on",
    "licence_texts": "licence texts",
    "locations": "places where packages were found",
    "name": "names",
    "originator": "originators",
    "released": "release dates",
    "source_name": "source packages",
    "supplier": "suppliers",
}


def unsaid(document: Document, said: Collection[str]) -> Iterator[str]:
    """Give a line for each kind of fact that the inventory has and the format does not say; sorted by field.

    said: fields of `Package`, and "dependencies", "skipped", "findings", that it does say.
    """
    inventory = document.inventory
    packages = (inventory.root, *inventory.packages)
    for name, words in _WORDS.items():
        count = sum(bool(getattr(package, name)) for package in packages) if name not in said else 0
        if count:
            yield f"{words} (of {count} package{'s' if count > 1 else ''})"
    if "installed" not in said and not all(package.installed for package in packages):
        yield "which packages are only listed to be installed"
    if "dependencies" not in said and inventory.dependencies:
        yield f"which package needs which ({len(inventory.dependencies)} edges)"
    elif "relations" not in said and any(d.relation not in ("contains", "depends_on") for d in inventory.dependencies):
        yield "how packages depend on each other (dev, optional, peer, build, owns)"
    if "skipped" not in said and inventory.skipped:
        yield f"what could not be read ({len(inventory.skipped)})"
    if "distribution" not in said and inventory.distribution is not None:
        yield "the distribution"
    if "findings" not in said and document.report is not None and document.report.findings:
        yield f"findings ({len(document.report.findings)})"
