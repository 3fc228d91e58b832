"""What `bench/scan.py` lets the scanners read: SBOMs drawn from real names and versions, and lock files.

Four of five packages are those of real images, one of five is drawn from the advisories themselves, with a version that
an advisory names; so that there is something to find in every ecosystem. The same arguments give the same bytes.
"""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

_TYPES = {
    "PyPI": "pypi",
    "npm": "npm",
    "Go": "golang",
    "crates.io": "cargo",
    "RubyGems": "gem",
    "Packagist": "composer",
    "NuGet": "nuget",
    "Hex": "hex",
    "Maven": "maven",
    "Bitnami": "bitnami",
    "Julia": "julia",
    "CRAN": "cran",
    "Hackage": "hackage",
    "Debian": "deb",
    "Alpine": "apk",
    "AlmaLinux": "rpm",
}
_FROM_IMAGES = 0.8


def component(purl: str) -> dict[str, Any]:
    """Make a CycloneDX component of a purl."""
    path, _, version = purl.partition("?")[0].rpartition("@")
    parts = [unquote(part) for part in path.removeprefix("pkg:").split("/")]
    group, name = "/".join(parts[1:-1]), parts[-1]
    found = {"type": "library", "bom-ref": purl, "name": name, "version": unquote(version), "purl": purl}
    return found | ({"group": group} if group and parts[0] not in ("deb", "apk", "rpm") else {})


def bom(path: Path, purls: list[str]) -> None:
    """Write a CycloneDX document of the purls, with ours as its writer."""
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "root", "name": path.name.partition(".")[0]}},
        "components": [component(purl) for purl in purls],
        "dependencies": [{"ref": "root", "dependsOn": purls}],
    }
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")


def draw(osv: Path, boms: list[Path], count: int, seed: int = 1) -> list[str]:
    """Draw `count` purls: of the components of `boms`, and of what the advisories name."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    real = sorted(
        {c["purl"] for path in boms for c in json.loads(path.read_bytes())["components"] if "@" in c.get("purl", "")}
    )
    listed = sorted(set(advised(osv)))
    wanted = min(round(count * _FROM_IMAGES), len(real))
    chosen = set(chance.sample(real, wanted))
    by_type: dict[str, list[str]] = {}
    for purl in listed:
        by_type.setdefault(purl.partition("/")[0], []).append(purl)
    while len(chosen) < count:  # every ecosystem as likely as another: else the largest would be all
        chosen.add(chance.choice(by_type[chance.choice(sorted(by_type))]))
    return sorted(chosen)


def advised(osv: Path) -> Iterator[str]:
    """Give a purl for every version that a record names as an event or lists."""
    for ecosystem, kind in _TYPES.items():
        archive = osv / ecosystem / "all.zip"
        if not archive.exists():
            continue
        with zipfile.ZipFile(archive) as dump:
            for name in dump.namelist():
                for affected in json.loads(dump.read(name)).get("affected") or ():
                    said = affected.get("package", {}).get("ecosystem", "")
                    if said.partition(":")[0] == ecosystem:
                        yield from _versions(kind, said, affected)


def _versions(kind: str, ecosystem: str, affected: dict[str, Any]) -> Iterator[str]:
    name = affected["package"]["name"].replace(":", "/")
    events = [e for r in affected.get("ranges") or () if r["type"] != "GIT" for e in r["events"]]
    named = {v for event in events for v in event.values() if v not in ("0", "*", "0.0.0-0")}
    for version in sorted(named | set((affected.get("versions") or ())[-2:])):
        yield _purl(kind, ecosystem, name, version)


def _purl(kind: str, ecosystem: str, name: str, version: str) -> str:
    release = ecosystem.partition(":")[2]
    if kind == "deb":
        return f"pkg:deb/debian/{quote(name)}@{quote(version)}?distro=debian-{release}"
    if kind == "apk":
        return f"pkg:apk/alpine/{quote(name)}@{quote(version)}?distro=alpine-{release.removeprefix('v')}"
    if kind == "rpm":
        epoch, _, rest = version.rpartition(":")
        of = f"epoch={epoch}&" if epoch and epoch != "0" else ""
        return f"pkg:rpm/almalinux/{quote(name)}@{quote(rest)}?{of}distro=almalinux-{release}"
    return f"pkg:{kind}/{quote(name)}@{'v' if kind == 'golang' and name != 'stdlib' else ''}{quote(version)}"


def lock_files(folder: Path, osv: Path, count: int = 200) -> list[Path]:
    """Write lock files of as many packages each, one per language."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(2)  # noqa: S311 - not for secrets
    held: dict[str, dict[str, str]] = {"pypi": {}, "npm": {}, "cargo": {}}
    for purl in sorted(set(advised(osv))):
        kind, _, rest = purl.removeprefix("pkg:").partition("/")
        if kind in held:
            name, _, version = rest.rpartition("@")
            held[kind].setdefault(unquote(name), unquote(version))
    chosen = {k: dict(sorted(chance.sample(sorted(v.items()), min(count, len(v))))) for k, v in held.items()}
    requirements, package_lock, cargo = (folder / n for n in ("requirements.txt", "package-lock.json", "Cargo.lock"))
    requirements.write_text("".join(f"{n}=={v}\n" for n, v in chosen["pypi"].items() if "[" not in n), encoding="utf-8")
    packages: dict[str, Any] = {"": {"name": "bench", "version": "1.0.0", "dependencies": chosen["npm"]}}
    packages |= {f"node_modules/{name}": {"version": version} for name, version in chosen["npm"].items()}
    lock = {"name": "bench", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}
    package_lock.write_text(json.dumps(lock, indent=1), encoding="utf-8")
    entries = (f'[[package]]\nname = "{n}"\nversion = "{v}"\n' for n, v in chosen["cargo"].items())
    cargo.write_text("version = 4\n\n" + "\n".join(entries), encoding="utf-8")
    return [requirements, package_lock, cargo]
