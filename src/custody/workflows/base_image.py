"""Which layers of an image are its base image's: what its owner can mend, and what somebody else must.

Spec: OCI image-spec v1.1, annotations.md: `org.opencontainers.image.base.digest` and `.name`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from custody.advisories.priority import Base, base_of
from custody.errors import CustodyError, UsageError

if TYPE_CHECKING:
    from custody.model import Artifact, Digest
    from custody.workflows.interface import Listener

__all__ = ["find_base"]

_DIGEST = "org.opencontainers.image.base.digest"
_NAME = "org.opencontainers.image.base.name"


def find_base(named: str, artifact: Artifact, listener: Listener, *, platform: str | None) -> Base | None:
    """Give what is known of the base image; None where only the image's history can say.

    named: by the user, "" where not; else the annotations of an image in a layout on disk say it, where the same layout
    holds the base too: nothing is fetched that nobody asked for. Raises UsageError: what is named is no image.
    """
    if named:
        base = base_of(artifact, _diff_ids(named, platform), said=f"--base {named}")
        if artifact.layers and not base.whole:
            shared = len(base.layers) // 2
            what = f"only its first {shared} layers are" if shared else "none of its layers is"
            listener.warn(f"--base {named}: {what} in the artifact; it is not the base as it was built upon")
        return base
    if not artifact.layers or not artifact.reference.startswith("oci:"):
        return None
    try:
        return _annotated(artifact, platform)
    except (CustodyError, OSError):  # an annotation is a hint: where it leads nowhere, nothing is known
        return None


def _annotated(artifact: Artifact, platform: str | None) -> Base | None:
    from custody.registry import open_repository
    from custody.registry.reference import parse_reference

    reference = parse_reference(artifact.reference)
    repository = open_repository(reference)
    _, data = repository.manifest(artifact.digest)
    if _DIGEST.encode() not in data:
        return None
    annotations = json.loads(data).get("annotations") or {}
    digest, name = annotations.get(_DIGEST), annotations.get(_NAME)
    if not isinstance(digest, str):
        return None
    diff_ids = _diff_ids(f"oci:{reference.path}@{digest}", platform)
    return base_of(artifact, diff_ids, said=f"the image's annotations: {name or digest}")


def _diff_ids(text: str, platform: str | None) -> list[Digest]:
    from custody.workflows.examine import opened

    with opened(text, platform=platform, name="", version="") as source:
        layers = source.artifact.layers
        if source.artifact.kind != "image" or not layers or any(layer.diff_id is None for layer in layers):
            raise UsageError(f"--base {text}", "not an image with layers", "name the image that it was built upon")
        return [layer.diff_id for layer in layers if layer.diff_id is not None]
