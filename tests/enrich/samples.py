"""Packages, inventories and askers for the tests of this room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from custody.enrich import Addresses, AnswerCache, Asker
from custody.model import Artifact, Checksum, Descriptor, Digest, Inventory, Package, Purl

NOW = 1_800_000_000.0


def package(purl: str, *checksums: str, **stated: str) -> Package:
    """checksums: `algorithm:hex`."""
    name = Purl.parse(purl)
    found = [Checksum.parse(*text.split(":")) for text in checksums]
    return Package(
        purl=name,
        name=name.full_name,
        version=name.version,
        checksums=tuple(at for at in found if at),
        **stated,  # type: ignore[arg-type]
    )


def inventory(*packages: Package) -> Inventory:
    root = Package(purl=Purl("generic", "app"), name="app", purpose="APPLICATION")
    descriptor = Descriptor(media_type="text/plain", digest=Digest.of(b""), size=0)
    artifact = Artifact(kind="directory", name="app", version="", descriptor=descriptor, reference="app")
    return Inventory.assemble(artifact=artifact, root=root, packages=packages, dependencies=())


@dataclass
class Clock:
    """A clock that only pauses move."""

    now: float = NOW
    pauses: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def asker(
    bases: Mapping[str, str],
    *,
    cache: Path | None = None,
    clock: Clock | None = None,
    credentials: tuple[tuple[str, str], ...] = (),
) -> Asker:
    clock = clock or Clock()
    return Asker(
        Addresses(bases=bases, credentials=credentials),
        cache=AnswerCache(cache) if cache else None,
        clock=clock,
        pause=clock.pause,
        monotonic=clock,
    )
