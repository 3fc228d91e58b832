"""What to upgrade in one artifact, and what that changes in its manifests."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from custody import advisories
from custody.advisories import fix as fixing
from custody.errors import CustodyError
from custody.model import Inventory, ScanReport
from custody.workflows.examine import examine, read_file, scan_inventory
from custody.workflows.interface import Listener

__all__ = ["FileChange", "Proposal", "propose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One manifest with the steps in it. path: below the source; notes: what a person has to do besides."""

    path: str
    before: str
    after: str
    notes: tuple[str, ...]

    def diff(self) -> str:
        """Give the change as `patch -p1` and `git apply` take it; "" where there is none."""
        return "".join(
            difflib.unified_diff(
                self.before.splitlines(keepends=True),
                self.after.splitlines(keepends=True),
                f"a/{self.path}",
                f"b/{self.path}",
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """files: in the order of their paths; empty for what is no directory. aside: steps that no file takes up."""

    plan: fixing.Plan
    report: ScanReport
    files: tuple[FileChange, ...]
    aside: tuple[fixing.Step, ...]


def propose(
    source: str,
    listener: Listener,
    *,
    platform: str | None,
    database: advisories.Chosen | Path | None,
    now: dt.datetime,
    same_major: bool = False,
    steps: int | None = None,
    exclude: Sequence[str] = (),
) -> Proposal:
    """Scan a source and plan its upgrades; nothing is written. steps: only so many, the best."""
    inventory = examine(source, listener, platform=platform, exclude=exclude)
    report = scan_inventory(inventory, database=database, scanned_at=now, now=now)
    with advisories.open_signed(database) as opened:
        plan = fixing.plan(inventory, report, opened, same_major=same_major)
    taken = plan.steps if steps is None else plan.steps[:steps]
    folder = Path(source.removeprefix("dir:"))
    files = _changes(folder, inventory, taken) if folder.is_dir() else ()
    aside = tuple(step for step in taken if not any(_takes_up(file, step) for file in files))
    return Proposal(plan=plan, report=report, files=files, aside=aside)


def _takes_up(file: FileChange, step: fixing.Step) -> bool:
    """Say whether a file changes, or says, something about a step."""
    told = [line.lower() for line in (*file.diff().splitlines(), *file.notes) if line[:1] not in "- @"]
    return any(step.package.lower() in line and step.to.lower() in line for line in told)


def _changes(folder: Path, inventory: Inventory, steps: Sequence[fixing.Step]) -> tuple[FileChange, ...]:
    manifests = sorted({place for p in inventory.packages for location in p.locations if (place := location.path)})
    requirements = {name for name in manifests if _is_requirements(name)}
    installed = [step for step in steps if any("/site-packages/" in f"/{place}" for place in step.locations)]
    if installed and (folder / "requirements.txt").is_file():
        requirements.add("requirements.txt")
    changes = [_requirements(folder, name, steps, installed) for name in sorted(requirements)]
    for name, manager in _node_projects(manifests):
        own = [step for step in steps if any(_folder(place) == _folder(name) for place in step.locations)]
        changes.append(_package_json(folder, name, own, manager))
    return tuple(change for change in changes if change is not None and (change.notes or change.before != change.after))


def _requirements(
    folder: Path, name: str, steps: Sequence[fixing.Step], installed: Sequence[fixing.Step]
) -> FileChange | None:
    text = _text(folder / name)
    if text is None:
        return None
    own = [step for step in steps if name in step.locations or (name == "requirements.txt" and step in installed)]
    pins = "--hash=" in text or not installed
    after, notes = fixing.changed_requirements(text, own, pins=pins)
    return FileChange(path=name, before=text, after=after, notes=tuple(notes))


def _package_json(folder: Path, name: str, steps: Sequence[fixing.Step], manager: str) -> FileChange | None:
    text = _text(folder / name)
    if text is None or not steps:
        return None
    after, notes = fixing.changed_package_json(text, steps, manager)
    if after != text:
        notes.append(f"the lock file still names the old versions; run `{manager} install` beside it")
    return FileChange(path=name, before=text, after=after, notes=tuple(notes))


def _node_projects(manifests: Sequence[str]) -> list[tuple[str, str]]:
    locks = {"package-lock.json": "npm", "npm-shrinkwrap.json": "npm", "yarn.lock": "yarn", "pnpm-lock.yaml": "pnpm"}
    found: dict[str, str] = {}
    for place in manifests:
        manager = locks.get(place.rpartition("/")[2])
        if manager and "node_modules/" not in place:
            found.setdefault(f"{_folder(place)}/package.json".lstrip("/"), manager)
    return sorted(found.items())


def _folder(place: str) -> str:
    return place.rpartition("/")[0]


def _is_requirements(name: str) -> bool:
    last = name.rpartition("/")[2]
    return last.endswith((".txt", ".in")) and "requirements" in name


def _text(path: Path) -> str | None:
    """Give the text of a manifest, None where it cannot be read as one: then there is nothing to change in it."""
    try:
        return read_file(path).decode()
    except (CustodyError, UnicodeDecodeError):
        return None
