"""What a format has no field for, so that nothing is lost between an inventory and its document.

An SPDX annotation or a CycloneDX property holds one JSON object under the names of `custody.model`:

    {"custody":1,"locations":[{"path":"var/lib/dpkg/status","cataloger":"dpkg","layer":"sha256:…"}],"installed":false}

Rule: a fact stands in the format's own field where that field holds it exactly; only then is it left out here. What
stands here is read instead of the format's own field. So a tool that knows nothing of this still reads a complete,
ordinary document. A text that is not UTF-8 (a file name's raw bytes) stands as {"utf8":"<base64>"}, lone surrogates in
the manner of "surrogatepass".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import UNSET

from custody.errors import InputError
from custody.model import (
    Artifact,
    Checksum,
    Descriptor,
    Digest,
    Distribution,
    Inventory,
    Layer,
    Location,
    Package,
    Platform,
    Skipped,
)
from custody.sbom.carry_shapes import (
    ArtifactCarry,
    DescriptorCarry,
    DistributionCarry,
    DocumentCarry,
    LayerCarry,
    PackageCarry,
    PlatformCarry,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "MARK",
    "DocumentCarry",
    "PackageCarry",
    "carried_artifact",
    "carried_fields",
    "carried_inventory",
    "carry_document",
    "carry_package",
    "is_carry",
    "read_carry",
]

MARK = '{"custody":1'
"""How every carry begins: the number is the version of this shape."""


Carry = TypeVar("Carry", PackageCarry, DocumentCarry)


def is_carry(text: object) -> bool:
    """Say whether a comment or a property's value is a carry."""
    return isinstance(text, str) and text.startswith(MARK)


def read_carry(text: str, kind: type[Carry], where: str) -> Carry:
    """Read a carry; InputError where it is not what we write (a document that was changed by hand)."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InputError(where, f"custody's own note cannot be read: {error}", "make the document anew") from None


def _texted(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Give the value with texts that UTF-8 cannot hold wrapped."""
    if isinstance(value, str):
        return {"utf8": value.encode("utf-8", "surrogatepass")} if _broken(value) else value
    if isinstance(value, dict):
        return {key: _texted(item) for key, item in value.items()}
    return [_texted(item) for item in value] if isinstance(value, list | tuple) else value


def _broken(text: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in text)


def _write(carry: object) -> str:
    try:
        return msgspec.json.encode(carry).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_texted(msgspec.to_builtins(carry))).decode()


def _text(text: Text) -> str:
    return text if isinstance(text, str) else text.utf8.decode("utf-8", "surrogatepass")


# ── a package ────────────────────────────────────────────────────────────────────────────────────────────────────────


def carry_package(package: Package, fields: Iterable[str], **extra: object) -> str:
    """Give the carry of a package, "" when it has nothing: locations, what is unusual, `fields` by name, `extra`."""
    carry: dict[str, Any] = {"custody": 1}
    if package.locations:
        carry["locations"] = [_location(location) for location in package.locations]
    if not package.installed:
        carry["installed"] = False
    if package.source_name:
        carry["source_name"] = package.source_name
    if package.source_version:
        carry["source_version"] = package.source_version
    if package.licence_files:
        carry["licence_files"] = package.licence_files
    if package.enriched:
        carry["enriched"] = package.enriched
    for name in fields:
        value = getattr(package, name)
        carry[name] = [(c.algorithm, c.hex) for c in value] if name == "checksums" else value
    carry.update(extra)
    return _write(carry) if len(carry) > 1 else ""


def _location(location: Location) -> dict[str, str]:
    found = {"path": location.path, "cataloger": location.cataloger}
    if location.where:
        found["where"] = location.where
    if location.layer:
        found["layer"] = str(location.layer)
    return found


_TEXTS = (
    "name",
    "version",
    "source_name",
    "source_version",
    "supplier",
    "originator",
    "homepage",
    "download_location",
    "description",
    "copyright",
    "purpose",
    "released",
)


def carried_fields(carry: PackageCarry, where: str) -> dict[str, Any]:
    """Give the fields of `Package` that a carry states."""
    found: dict[str, Any] = {}
    for name in _TEXTS:
        value = getattr(carry, name)
        if value is not UNSET:
            found[name] = _text(value)
    for name in ("licence_declared", "licence_concluded"):
        value = getattr(carry, name)
        if value is not UNSET:
            found[name] = None if value is None else _text(value)
    if carry.installed is not UNSET:
        found["installed"] = carry.installed
    if carry.locations is not UNSET:
        found["locations"] = tuple(
            Location(
                path=_text(at.path),
                cataloger=_text(at.cataloger),
                where=_text(at.where),
                layer=Digest.parse(at.layer, where) if at.layer else None,
            )
            for at in carry.locations
        )
    if carry.licence_texts is not UNSET:
        found["licence_texts"] = tuple((_text(name), _text(text)) for name, text in carry.licence_texts)
    if carry.licence_files is not UNSET:
        found["licence_files"] = tuple(_text(path) for path in carry.licence_files)
    if carry.enriched is not UNSET:
        found["enriched"] = tuple((_text(name), _text(address)) for name, address in carry.enriched)
    if carry.cpes is not UNSET:
        found["cpes"] = tuple(_text(name) for name in carry.cpes)
    if carry.checksums is not UNSET:
        found["checksums"] = tuple(_checksum(algorithm, value, where) for algorithm, value in carry.checksums)
    return found


def _checksum(algorithm: str, value: str, where: str) -> Checksum:
    checksum = Checksum.parse(algorithm, value)
    if checksum is None:
        raise InputError(where, f"no checksum: {algorithm} {value!r:.40}", "make the document anew")
    return checksum


# ── the document ─────────────────────────────────────────────────────────────────────────────────────────────────────


def carry_document(inventory: Inventory, kept: dict[str, Any] | None = None) -> str:
    """Give the carry of a document: the artifact, what was and was not looked at, and what is `kept` of another's."""
    artifact, distribution = inventory.artifact, inventory.distribution
    return _write(
        DocumentCarry(
            custody=1,
            artifact=ArtifactCarry(
                kind=artifact.kind,
                descriptor=_descriptor(artifact.descriptor),
                name=artifact.name,
                version=artifact.version,
                reference=artifact.reference,
                layers=[
                    LayerCarry(
                        at.index, _descriptor(at.descriptor), str(at.diff_id) if at.diff_id else None, at.created_by
                    )
                    for at in artifact.layers
                ],
                platform=_platform(artifact.platform),
            ),
            distribution=None
            if distribution is None
            else DistributionCarry(
                id=distribution.id,
                version=distribution.version,
                name=distribution.name,
                codename=distribution.codename,
                like=list(distribution.like),
            ),
            skipped=[(at.where, at.reason) for at in inventory.skipped],
            catalogers=list(inventory.catalogers),
            files=inventory.files,
            kept=kept or {},
        )
    )


def _platform(platform: Platform | None) -> PlatformCarry | None:
    return PlatformCarry(platform.os, platform.architecture, platform.variant) if platform else None


def _descriptor(descriptor: Descriptor) -> DescriptorCarry:
    return DescriptorCarry(
        media_type=descriptor.media_type,
        digest=str(descriptor.digest),
        size=descriptor.size,
        artifact_type=descriptor.artifact_type,
        annotations=list(descriptor.annotations),
        platform=_platform(descriptor.platform),
    )


def carried_artifact(carry: DocumentCarry, where: str) -> Artifact | None:
    """Give the artifact that a carry states; InputError where a digest is none."""
    if carry.artifact is UNSET:
        return None
    artifact = carry.artifact
    return Artifact(
        kind=_text(artifact.kind),
        name=_text(artifact.name),
        version=_text(artifact.version),
        descriptor=_read_descriptor(artifact.descriptor, where),
        reference=_text(artifact.reference),
        layers=tuple(
            Layer(
                index=layer.index,
                descriptor=_read_descriptor(layer.descriptor, where),
                diff_id=Digest.parse(layer.diff_id, where) if layer.diff_id else None,
                created_by=_text(layer.created_by),
            )
            for layer in artifact.layers
        ),
        platform=_read_platform(artifact.platform),
    )


def _read_platform(platform: PlatformCarry | None) -> Platform | None:
    if platform is None:
        return None
    return Platform(os=_text(platform.os), architecture=_text(platform.architecture), variant=_text(platform.variant))


def _read_descriptor(descriptor: DescriptorCarry, where: str) -> Descriptor:
    return Descriptor(
        media_type=_text(descriptor.media_type),
        digest=Digest.parse(descriptor.digest, where),
        size=descriptor.size,
        artifact_type=_text(descriptor.artifact_type),
        annotations=tuple((_text(key), _text(value)) for key, value in descriptor.annotations),
        platform=_read_platform(descriptor.platform),
    )


def carried_inventory(carry: DocumentCarry) -> dict[str, Any]:
    """Give the fields of `Inventory` that a carry states, but for the artifact."""
    distribution = carry.distribution
    return {
        "skipped": tuple(Skipped(where=_text(where), reason=_text(reason)) for where, reason in carry.skipped),
        "catalogers": tuple((_text(name), count) for name, count in carry.catalogers),
        "files": carry.files,
        "distribution": None
        if distribution is None
        else Distribution(
            id=_text(distribution.id),
            version=_text(distribution.version),
            name=_text(distribution.name),
            codename=_text(distribution.codename),
            like=tuple(_text(name) for name in distribution.like),
        ),
    }
