"""Snaps, unpacked → the snap itself and the Debian packages that it was built from.

Reads: meta/snap.yaml (https://snapcraft.io/docs/snap-format), snap/manifest.yaml (the build's `primed-stage-packages`),
usr/share/snappy/dpkg.yaml and dpkg.list (what a base snap consists of), at the root of a snap wherever it lies. Gives:
name, version, architecture, licence, home page; the packages inside with name, version and architecture; edges: the
snap contains its packages, needs its base and content providers.  Cannot know: edges between the packages, their
licences; what is in a snap that is still a .snap file (SquashFS).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import skipped_by
from custody.inventory.metadata import declared_licence, one_paragraph
from custody.inventory.system_packages import Providers, remembered
from custody.model import Dependency, Package, Purl, Skipped

__all__ = ["CATALOGER", "parse"]

SNAP = "meta/snap.yaml"
MANIFEST = "snap/manifest.yaml"
DPKG_YAML = "usr/share/snappy/dpkg.yaml"
DPKG_LIST = "usr/share/snappy/dpkg.list"

MAX_FAULTS = 20
_BASES = {"core": "16.04", "core18": "18.04", "core20": "20.04", "core22": "22.04", "core24": "24.04"}
"""Base snap → the release of Ubuntu whose packages it is made of (https://snapcraft.io/docs/base-snaps)."""

_PACKAGE = re.compile(r"([a-z0-9][a-z0-9+.-]*)(?::([a-z0-9-]+))?=([A-Za-z0-9.+~:-]+)")
_LISTED = re.compile(r"ii\s+([a-z0-9][a-z0-9+.-]*)(?::([a-z0-9-]+))?\s+([A-Za-z0-9.+~:-]+)\s+([a-z0-9-]+)(?:\s.*)?")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the snap of a `snap.yaml`, or the packages of the other files, contained in it."""
    name = next(name for name in (SNAP, MANIFEST, DPKG_YAML, DPKG_LIST) if f"/{file.path}".endswith(f"/{name}"))
    root = file.path[: -len(name)]
    if name == SNAP:
        snap = Fields.from_yaml(file.data, file.path)
        package = _snap(snap, file)
        yield package
        yield from _needs(package, snap, remembered(tree, _Snaps))
        return
    owner = _owner(root, tree)
    if name == DPKG_LIST:
        yield from _listed(file, owner)
        return
    if name == DPKG_YAML and tree.get(root + DPKG_LIST) is not None:  # which says the same, with architectures
        return
    document = Fields.from_yaml(file.data, file.path)
    if owner is None and name == MANIFEST:
        owner = _owner_in(document)
    key = "primed-stage-packages" if name == MANIFEST else "packages"
    yield from _packages(file, document, key, owner)


@dataclass(frozen=True, slots=True)
class _Owner:
    """The snap that files belong to: its id, and the release of Ubuntu that its packages are of."""

    id: str
    release: str


class _Snaps:
    """All snaps of a tree, by name."""

    def __init__(self, tree: Tree) -> None:
        self.providers = Providers()
        for file in tree.matching((f"**/{SNAP}",)):
            try:
                snap = Fields.from_yaml(file.data, file.path)
                self.providers.add(str(_purl(snap)), (snap.text("name"),))
            except InputError:  # told when the file itself is read
                continue


def _purl(snap: Fields) -> Purl:
    """Give the purl; purl-spec has no type for snaps yet."""
    version = snap.value.get("version")
    if isinstance(version, int | float) and not isinstance(version, bool):
        version = str(version)  # `version: 24` is written without quotes as often as with them
    if not isinstance(version, str | None):
        raise snap.fault("version", f"expected a text, got {version!r}"[:100])
    return Purl("snap", snap.text("name"), version or "", "", (("arch", _architecture(snap)),))


def _architecture(snap: Fields) -> str:
    found = [item for item in snap.items("architectures") if isinstance(item, str)]
    return found[0] if len(found) == 1 else ""


def _snap(snap: Fields, file: File) -> Package:
    purl = _purl(snap)
    stated = snap.text_or("license")
    licence, texts = declared_licence("" if stated == "unset" else stated)
    links = snap.value.get("links")
    websites = links.get("website") if isinstance(links, dict) else None
    website = websites[0] if isinstance(websites, list) and websites else websites
    return Package(
        purl=purl,
        name=purl.name,
        version=purl.version,
        locations=(file.location(),),
        licence_declared=licence,
        licence_texts=texts,
        homepage=website if isinstance(website, str) else "",
        description=one_paragraph(snap.text_or("summary")),
        purpose="APPLICATION" if snap.value.get("apps") else "LIBRARY",
    )


def _needs(package: Package, snap: Fields, snaps: _Snaps) -> Iterator[Dependency]:
    names = {snap.text_or("base")}
    plugs = snap.value.get("plugs")
    for plug in plugs.values() if isinstance(plugs, dict) else ():
        provider = plug.get("default-provider") if isinstance(plug, dict) else None
        if isinstance(provider, str):
            names.add(provider.partition(":")[0])
    targets = {target for name in names for target in snaps.providers.of(name)}
    yield from (Dependency(source=package.id, target=target) for target in sorted(targets - {package.id}))


def _owner(root: str, tree: Tree) -> _Owner | None:
    file = tree.get(root + SNAP)
    try:
        return _owner_in(Fields.from_yaml(file.data, file.path)) if file is not None else None
    except InputError:
        return None


def _owner_in(snap: Fields) -> _Owner | None:
    base = snap.value.get("base")
    if base in (None, "none"):  # a base itself
        base = snap.value.get("name")
    try:
        return _Owner(str(_purl(snap)), _BASES.get(str(base), ""))
    except InputError:
        return None


def _packages(file: File, document: Fields, key: str, owner: _Owner | None) -> Iterator[Found]:
    faults = 0
    for index, item in enumerate(document.items(key)):
        match = _PACKAGE.fullmatch(item) if isinstance(item, str) else None
        if match:
            yield from _debian(file, f"{key}[{index}]", (match[1], match[2] or "", match[3]), owner)
            continue
        faults += 1
        if faults <= MAX_FAULTS:
            yield skipped_by(InputError(file.at(f"{key}[{index}]"), f"expected name=version, got {str(item)[:60]!r}"))


def _listed(file: File, owner: _Owner | None) -> Iterator[Found]:
    """Read the table that `dpkg --list` prints."""
    for number, line in enumerate(file.data.decode("utf-8", "replace").split("\n"), start=1):
        match = _LISTED.fullmatch(line.strip()) if line.startswith("ii") else None
        if match:
            yield from _debian(file, f"line {number}", (match[1], match[2] or match[4], match[3]), owner)
        elif line.startswith("ii"):
            yield Skipped(where=file.at(f"line {number}"), reason="not a line of `dpkg --list`")


def _debian(file: File, place: str, what: tuple[str, str, str], owner: _Owner | None) -> Iterator[Found]:
    name, architecture, version = what
    release = owner.release if owner is not None else ""
    # Where no architecture is stated it may be the snap's own, or "all".
    qualifiers = (("arch", architecture), ("distro", f"ubuntu-{release}" if release else ""))
    purl = Purl("deb", name, version, "ubuntu", qualifiers)
    yield Package(purl=purl, name=name, version=version, locations=(file.location(place),))
    if owner is not None:
        yield Dependency(source=owner.id, target=str(purl), relation="contains")


CATALOGER = Cataloger(
    name="snap",
    globs=tuple(f"**/{name}" for name in (SNAP, MANIFEST, DPKG_YAML, DPKG_LIST)),
    parse=parse,
    ecosystems=("Ubuntu",),
    gives=("name", "version", "licence", "edges", "project", "home page", "description"),
    cannot_know=("checksum", "supplier"),
)
