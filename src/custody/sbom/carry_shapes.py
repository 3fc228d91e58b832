"""The shapes of the notes that `carry.py` writes and reads, under the names of `custody.model`."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

__all__ = [
    "ArtifactCarry",
    "DescriptorCarry",
    "DistributionCarry",
    "DocumentCarry",
    "LayerCarry",
    "LocationCarry",
    "Octets",
    "PackageCarry",
    "PlatformCarry",
    "Text",
]


class Octets(msgspec.Struct, frozen=True):
    """A text that UTF-8 cannot hold."""

    utf8: bytes


Text = str | Octets


class LocationCarry(msgspec.Struct, frozen=True):
    """See `custody.model.Location`."""

    path: Text
    cataloger: Text = ""
    where: Text = ""
    layer: str | None = None


class PackageCarry(msgspec.Struct):
    """Fields of `custody.model.Package`, each one only where the document's own field does not say the same.

    references: the document's name of a LicenseRef → the package's own. relations: (CycloneDX) relation → targets, for
    the edges that are not plain dependencies. kept: of what another tool's document said of the package (its `extra`),
    the part that the format's own fields cannot hold.
    """

    locations: list[LocationCarry] | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    version: Text | UnsetType = UNSET
    installed: bool | UnsetType = UNSET
    source_name: Text | UnsetType = UNSET
    source_version: Text | UnsetType = UNSET
    licence_declared: Text | UnsetType | None = UNSET
    licence_concluded: Text | UnsetType | None = UNSET
    licence_texts: list[tuple[Text, Text]] | UnsetType = UNSET
    references: dict[str, str] | UnsetType = UNSET
    licence_files: list[Text] | UnsetType = UNSET
    enriched: list[tuple[Text, Text]] | UnsetType = UNSET
    checksums: list[tuple[str, str]] | UnsetType = UNSET
    cpes: list[Text] | UnsetType = UNSET
    released: Text | UnsetType = UNSET
    supplier: Text | UnsetType = UNSET
    originator: Text | UnsetType = UNSET
    homepage: Text | UnsetType = UNSET
    download_location: Text | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    copyright: Text | UnsetType = UNSET
    purpose: Text | UnsetType = UNSET
    relations: dict[str, list[str]] | UnsetType = UNSET
    kept: dict[str, Any] | UnsetType = UNSET


class PlatformCarry(msgspec.Struct, frozen=True, omit_defaults=True):
    """See `custody.model.Platform`."""

    os: Text
    architecture: Text
    variant: Text = ""


class DescriptorCarry(msgspec.Struct, frozen=True, omit_defaults=True):
    """See `custody.model.Descriptor`."""

    media_type: Text
    digest: str
    size: int
    artifact_type: Text = ""
    annotations: list[tuple[Text, Text]] = []
    platform: PlatformCarry | None = None


class LayerCarry(msgspec.Struct, frozen=True, omit_defaults=True):
    """See `custody.model.Layer`; its index is its place in the list."""

    index: int
    descriptor: DescriptorCarry
    diff_id: str | None = None
    created_by: Text = ""


class ArtifactCarry(msgspec.Struct, frozen=True, omit_defaults=True):
    """See `custody.model.Artifact`."""

    kind: Text
    descriptor: DescriptorCarry
    name: Text = ""
    version: Text = ""
    reference: Text = ""
    layers: list[LayerCarry] = []
    platform: PlatformCarry | None = None


class DistributionCarry(msgspec.Struct, frozen=True, omit_defaults=True):
    """See `custody.model.Distribution`."""

    id: Text
    version: Text = ""
    name: Text = ""
    codename: Text = ""
    like: list[Text] = []


class DocumentCarry(msgspec.Struct, omit_defaults=True):
    """The fields of `custody.model.Inventory` but packages and edges. kept: as in `PackageCarry`."""

    custody: int | UnsetType = UNSET
    artifact: ArtifactCarry | UnsetType = UNSET
    distribution: DistributionCarry | None = None
    skipped: list[tuple[Text, Text]] = []
    catalogers: list[tuple[Text, int]] = []
    files: int = 0
    kept: dict[str, Any] = {}
