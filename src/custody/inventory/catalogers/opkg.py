"""opkg's database → packages of OpenWrt (before apk), Yocto and other small systems.

Reads: usr/lib/opkg/status and var/lib/opkg/status (deb822 as dpkg's; states as in opkg's `pkg.h`), info/*.control
beside it for what the status leaves out; etc/os-release. Gives: name, version, architecture, licence, source package,
maintainer, home page, CPE, install state; edges (Depends, Pre-Depends, Recommends that are installed), from the
operating system to what a person installed.  Cannot know: checksums of the .ipk files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from custody.inventory.dpkg_status import Installed, Stanza, read_stanzas
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.metadata import declared_licence, one_paragraph
from custody.inventory.os_release import OS_RELEASE_FILES, read_distribution
from custody.inventory.system_packages import asked_for, remembered, supplier, system_purl
from custody.model import Dependency, Distribution, Package, Purl, Skipped

__all__ = ["CATALOGER", "parse"]

STATUS_FILES = ("usr/lib/opkg/status", "var/lib/opkg/status")

_RELATIONS = (("pre-depends", "depends_on"), ("depends", "depends_on"), ("recommends", "optional"))
_CPE = re.compile(r"cpe:/(?P<part>[aho])((?::[A-Za-z0-9._~%-]*){1,6})")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the packages of one status file with their edges; a broken stanza is skipped and the others go on."""
    system = remembered(tree, _System)
    manual: list[str] = []
    for stanza in read_stanzas(file):
        if isinstance(stanza, Skipped):
            yield stanza
            continue
        package = _package(stanza, file, tree, system.distribution)
        yield package
        if "user" in stanza.fields.get("status", "").split()[1:2] and stanza.fields.get("auto-installed") != "yes":
            manual.append(package.id)
        seen: set[str] = set()
        for field, relation in _RELATIONS:
            targets = {str(_purl(target, system.distribution)) for target in system.installed.resolve(stanza, field)}
            for target in sorted(targets - seen):
                yield Dependency(source=package.id, target=target, relation=relation)
            seen |= targets
    yield from asked_for(tree, manual)


class _System:
    """What all status files of a tree hold together."""

    def __init__(self, tree: Tree) -> None:
        self.distribution = read_distribution(tree)
        files = tree.matching(STATUS_FILES)
        self.installed = Installed(s for file in files for s in read_stanzas(file) if isinstance(s, Stanza))


def _package(stanza: Stanza, file: File, tree: Tree, distribution: Distribution | None) -> Package:
    fields = {**_control(stanza, file, tree), **stanza.fields}
    licence, texts = declared_licence(fields.get("license", ""))
    # OpenWrt's `Source:` is a folder of its build tree; its `SourceName:` is what other systems mean.
    source = fields.get("sourcename", "") or fields.get("source", "")
    return Package(
        purl=_purl(stanza, distribution),
        name=stanza.name,
        version=stanza.version,
        locations=(file.location(stanza.place),),
        licence_declared=licence,
        licence_texts=texts,
        cpes=_cpes(fields.get("cpe-id", "")),
        source_name="" if "/" in source or source == stanza.name else source,
        supplier=supplier(fields.get("maintainer", "")),
        homepage=fields.get("homepage", "") or fields.get("url", ""),
        description=one_paragraph(fields.get("description", "").partition("\n")[0]),
    )


def _control(stanza: Stanza, file: File, tree: Tree) -> dict[str, str]:
    folder = file.path.rpartition("/")[0]
    control = tree.get(f"{folder}/info/{stanza.name}.control")
    found = next(iter(read_stanzas(control)), None) if control is not None else None
    return found.fields if isinstance(found, Stanza) and found.version == stanza.version else {}


def _purl(stanza: Stanza, distribution: Distribution | None) -> Purl:
    """Spec: purl-spec has no type for opkg; this is the one that was proposed there."""
    return system_purl("opkg", stanza.name, stanza.version, stanza.architecture, distribution)


def _cpes(text: str) -> tuple[str, ...]:
    """Give CPE 2.2's `cpe:/a:busybox:busybox` as CPE 2.3 writes it, any version."""
    match = _CPE.fullmatch(text.strip())
    if not match:
        return ()
    parts = [re.sub(r"([^A-Za-z0-9_])", r"\\\1", unquote(part)) or "*" for part in match[2][1:].split(":")]
    return (":".join(["cpe:2.3", match["part"], *parts, *["*"] * (10 - len(parts))]),)


CATALOGER = Cataloger(
    name="opkg",
    globs=STATUS_FILES,
    parse=parse,
    beside=("usr/lib/opkg/info/*.control", "var/lib/opkg/info/*.control", *OS_RELEASE_FILES),
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "relations",
        "supplier",
        "source package",
        "home page",
        "description",
        "cpe",
        "files",
    ),
    cannot_know=("checksum",),
)
