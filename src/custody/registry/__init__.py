"""Where artifacts are kept: OCI image layouts on disk and registries behind a network, under one interface.

    repository = open_repository("oci:./registry-a")             # or "registry.example/team/app"
    descriptor = repository.resolve("1.2.3")                      # a name is resolved once, to a digest
    copy(source, descriptor, repository, tag="1.2.3")             # byte for byte, with everything that refers to it
    repository.referrers(descriptor.digest)                       # the evidence about it

Nothing here imports the network client before a registry is really named.
"""

from custody.registry.copy import CopyResult, VerifiedCopy, check_artifact, copy, verify_copy
from custody.registry.interface import Repository
from custody.registry.layout import LayoutRepository
from custody.registry.open import named_place, open_repository
from custody.registry.reference import Reference, parse_reference

__all__ = [
    "CopyResult",
    "LayoutRepository",
    "Reference",
    "Repository",
    "VerifiedCopy",
    "check_artifact",
    "copy",
    "named_place",
    "open_repository",
    "parse_reference",
    "verify_copy",
]
