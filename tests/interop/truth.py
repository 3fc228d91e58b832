"""What is installed in a root, as the package managers themselves tell it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.interop.foreign import inside, run
from tests.interop.handmade import LONG_GNU, LONG_PAX

VENV = "/opt/venv"
NPM_ROOT = "/srv/web"
# Every other folder of the image that pip can list.
PIP_PATHS = (
    "/usr/lib/python3/dist-packages",
    "/opt/again",
    "/opt/legacy",
    "/opt/linked",
    "/opt/plugins",
    "/opt/tools",
    LONG_PAX,
    LONG_GNU,
)
_DPKG_FIELDS = (
    ("package", "${Package}"),
    ("version", "${Version}"),
    ("architecture", "${Architecture}"),
    ("source_field", "${Source}"),
    ("source_package", "${source:Package}"),
    ("source_version", "${source:Version}"),
    ("status", "${db:Status-Abbrev}"),
)
_DPKG_FORMAT = r"\t".join(variable for _, variable in _DPKG_FIELDS) + r"\n"

# One pip lists every folder. Before there is a virtual environment, it is the wheel that Debian keeps for making one:
# Python runs a wheel as it is, only ten times slower. A link is listed where it leads to, and only there.
_PIP_LIST = r"""
export PYTHONDONTWRITEBYTECODE=1
pip="VENV/bin/python -m pip"
if [ ! -x VENV/bin/python ]; then
  wheel=$(ls /usr/share/python-wheels/pip-*.whl 2>/dev/null || true)
  [ -n "$wheel" ] || exit 0
  pip="python3 $wheel/pip"
fi
for folder in "$@"; do
  if [ -d "$folder" ] && [ ! -L "$folder" ]; then
    printf '%s\t' "$folder"
    $pip list --path "$folder" --format json
  fi
done
if [ -x VENV/bin/python ]; then
  printf '%s\t' VENV
  $pip list --format json
fi
""".replace("VENV", VENV)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Known:
    """A package that its own manager says is installed; type and name are spelled as in a purl."""

    type: str  # deb, pypi, npm
    name: str
    version: str
    arch: str = ""  # for deb only


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the managers say about one state of the root, word for word."""

    dpkg: list[dict[str, str]]  # one for each stanza of the status file, the removed ones too
    pip: dict[str, list[dict[str, str]]]  # folder → `pip list`
    npm_nodes: list[dict[str, str]]  # `npm query '*'`: what is in node_modules, an alias under its real name

    def known(self) -> set[Known]:
        """Give the installed packages."""
        debs = {
            Known(type="deb", name=row["package"], version=row["version"], arch=row["architecture"])
            for row in self.dpkg
            if row["status"][1:2] == "i"  # `ii` installed, `hi` held; `rc` is removed, only its configuration is left
        }
        pips = {
            Known(type="pypi", name=normal(row["name"]), version=row["version"])
            for rows in self.pip.values()
            for row in rows
        }
        return debs | pips | {Known(type="npm", name=node["name"], version=node["version"]) for node in self.npm_nodes}


def normal(name: str) -> str:
    """Normalise a name of a Python distribution as PEP 503 says."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read(rootfs: Path) -> Snapshot:
    """Ask dpkg-query, pip and npm what is installed in `rootfs`."""
    rows = inside(rootfs, f"dpkg-query -W -f '{_DPKG_FORMAT}'").splitlines()
    names = [name for name, _ in _DPKG_FIELDS]
    dpkg = [dict(zip(names, row.split("\t"), strict=True)) for row in rows]
    listed = inside(rootfs, f"set -- {' '.join(PIP_PATHS)}\n{_PIP_LIST}")
    pip = {}
    for line in listed.splitlines():
        folder, found = line.split("\t")
        pip[folder] = [{"name": row["name"], "version": row["version"]} for row in json.loads(found)]
    nodes = []
    web = rootfs / NPM_ROOT.strip("/")
    if (web / "package.json").is_file():
        found = json.loads(run(["npm", "query", "*"], cwd=web))
        nodes = [
            {"name": node["name"], "version": node["version"], "location": node["location"]}
            for node in found
            if node["location"]  # the node without a place is the application itself
        ]
    return Snapshot(dpkg=dpkg, pip=pip, npm_nodes=nodes)


def npm_tree(rootfs: Path) -> dict[str, Any]:
    """Give npm's tree; without --omit=dev it would complain of the development dependency that was never installed."""
    listed = run(["npm", "ls", "--all", "--omit=dev", "--json"], cwd=rootfs / NPM_ROOT.strip("/"))
    return dict(json.loads(listed))


def save(folder: Path, snapshots: list[Snapshot], *, npm_tree: dict[str, Any]) -> None:
    """Write what the managers say of the last state, what earlier states had that it has not, and who came when.

    snapshots: one for each layer, in order.
    """
    last = snapshots[-1]
    installed = last.known()
    deleted = set().union(*(snapshot.known() for snapshot in snapshots)) - installed
    documents = {
        "dpkg": last.dpkg,
        "pip": last.pip,
        "npm-ls": npm_tree,
        "npm-query": last.npm_nodes,
        "installed": [{**asdict(known), "layer": _since(known, snapshots)} for known in sorted(installed)],
        "deleted": [asdict(known) for known in sorted(deleted)],
    }
    folder.mkdir()
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")


def _since(known: Known, snapshots: list[Snapshot]) -> int:
    """Give the index of the layer that brought the package, for the last time if it was gone in between."""
    layer = len(snapshots) - 1
    while layer and known in snapshots[layer - 1].known():
        layer -= 1
    return layer
