"""Gemfile.lock → gems.

Reads: Gemfile.lock and gems.locked as Bundler 1 to 2.6 write them (https://bundler.io/guides/gemfile.html,
"Gemfile.lock"; the sections GEM, GIT, PATH, PLUGIN SOURCE, PLATFORMS, DEPENDENCIES, CHECKSUMS), and the Gemfile beside
it for the groups.
Gives: name, version with its platform, edges, the project with what it asks for (gems of the groups development and
test as dev, of optional groups as optional), checksum, download location.
Cannot know: licences.

Where PATH leads to the lock file's own folder and holds one gem, that gem is the project. A Gemfile is Ruby code: it is
read line by line, and a gem whose groups cannot be seen there is a plain dependency.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from custody.errors import InputError
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import git_location, named_checksum, rooted
from custody.inventory.lockfile import is_below, join_path, nameless_project, parent, skipped_by, without_credentials
from custody.inventory.ruby_gems import gem, read_name
from custody.model import Checksum, Dependency, Package, Skipped

_ROW = re.compile(r"(?P<indent> *)(?P<name>[^\s(!]+)(?: \((?P<inner>[^)]*)\))?(?P<pinned>!)?(?: (?P<rest>.+))?")
_OPTION = re.compile(r"  (?P<key>[a-z_]+): ?(?P<value>.*)")
_INSTALLED = re.compile(r"(?P<top>(?:.*/)?)(?:bundler/)?gems/[^/]+/")
_SOURCES = ("GEM", "GIT", "PATH", "PLUGIN SOURCE")

_GEM_CALL = re.compile(r"""\s*gem[\s(]+["'](?P<name>[^"']+)["'](?P<rest>.*)""")
_GEMSPEC_CALL = re.compile(r"\s*gemspec\b")
_GROUP_CALL = re.compile(r"\s*group[\s(]+(?P<names>.*?)\)?\s+do\b")
_GROUP_KEY = re.compile(r"(?:\bgroups?:|:groups?\s*=>)\s*(?P<names>\[[^\]]*\]|:\w+|[\"']\w+[\"'])")
_WORD = re.compile(r""":(\w+)|["'](\w+)["']""")
_OPENS = re.compile(r"\s*(?:if|unless|case|begin|def|while|until|for)\b|.*\bdo\b\s*(?:\|[^|]*\|)?\s*$")
_CLOSES = re.compile(r"\s*end\b")
_DEV_GROUPS = frozenset({"development", "test"})


@dataclass(slots=True, kw_only=True)
class _Section:
    """One source with its gems. options: key → values in order."""

    kind: str
    line: int
    options: dict[str, list[str]] = field(default_factory=dict)

    def one(self, key: str) -> str:
        """Give an option's only value, "" where there is none or several."""
        values = self.options.get(key, [])
        return values[0] if len(values) == 1 else ""


@dataclass(slots=True, kw_only=True)
class _Gem:
    """One entry below `specs:`."""

    section: _Section
    name: str
    version: str
    platform: str
    line: int
    needs: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class _Lock:
    """What the lines say. direct: names below DEPENDENCIES; checksums: by (name, version with platform)."""

    gems: list[_Gem] = field(default_factory=list)
    direct: list[str] = field(default_factory=list)
    checksums: dict[tuple[str, str], Checksum] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked gems, the project that they are locked for, and who needs whom."""
    inside = _INSTALLED.match(file.path)
    if is_below(file.path, "node_modules") or (inside and tree.exists(f"{inside['top']}specifications")):
        return  # what an installed gem was once developed with
    lock = _read(file)
    yield from lock.skipped
    own = [entry for entry in lock.gems if entry.section.kind == "PATH" and entry.section.one("remote") == "."]
    packages = [(entry, _package(entry, lock, file, is_project=own == [entry])) for entry in lock.gems]
    project = next((package for entry, package in packages if own == [entry]), None) or nameless_project(file)
    yield project
    by_name: dict[str, list[str]] = {}
    for entry, package in packages:
        yield package
        by_name.setdefault(entry.name, []).append(package.id)
    edges = [
        Dependency(source=package.id, target=target)
        for entry, package in packages
        for name in entry.needs
        for target in by_name.get(name, ())
    ]
    groups, has_gemspec = _read_groups(file, tree)
    for name in lock.direct:
        # What `gemspec` adds to a Gemfile are the development dependencies; the others stand at the gem itself.
        relation = groups.get(name, "dev" if has_gemspec and own else "depends_on")
        edges += [Dependency(source=project.id, target=target, relation=relation) for target in by_name.get(name, ())]
    yield from rooted(project.id, (package.id for _, package in packages), edges)


def _read(file: File) -> _Lock:
    lock = _Lock()
    section = _Section(kind="", line=0)
    for number, line in enumerate(_lines(file.data), 1):
        try:
            if line[:1] not in ("", " "):
                section = _Section(kind=line, line=number)
                if line.startswith("<<<<<<<"):
                    reason = "a merge conflict; resolve it, then run bundle lock"
                    lock.skipped.append(Skipped(where=file.at(f"line {number}"), reason=reason))
            elif line:
                _read_line(line, number, section, lock, file)
        except InputError as error:
            lock.skipped.append(skipped_by(error))
    return lock


def _lines(data: bytes) -> list[str]:
    return [line.rstrip() for line in data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")]


def _read_line(line: str, number: int, section: _Section, lock: _Lock, file: File) -> None:
    where = file.at(f"line {number}")
    option = _OPTION.fullmatch(line)
    if section.kind in _SOURCES and option:
        section.options.setdefault(option["key"], []).append(option["value"])
        return
    if section.kind not in (*_SOURCES, "DEPENDENCIES", "CHECKSUMS"):
        return
    row = _ROW.fullmatch(line)
    if row is None:
        raise InputError(where, f"expected a gem like `name (1.0)`, got {line.strip()[:80]!r}")
    name, depth = read_name(row["name"], where), len(row["indent"])
    if section.kind == "DEPENDENCIES":
        lock.direct.append(name)
    elif section.kind == "CHECKSUMS":
        _read_checksum(name, row, lock, where)
    elif depth == 4:
        version, _, platform = (row["inner"] or "").partition("-")
        if not version:
            raise InputError(where, f"no version for the gem {name!r}", "run bundle lock")
        lock.gems.append(_Gem(section=section, name=name, version=version, platform=platform, line=number))
    elif depth == 6 and lock.gems and lock.gems[-1].section is section:
        lock.gems[-1].needs.append(name)
    else:
        raise InputError(where, f"expected a gem below `specs:`, got {line.strip()[:80]!r}")


def _read_checksum(name: str, row: re.Match[str], lock: _Lock, where: str) -> None:
    """Read `name (version-platform) sha256=<hex>`; gems of the project itself have none."""
    for text in (row["rest"] or "").split(","):
        checksum = named_checksum(text.strip())
        if checksum:
            lock.checksums[name, row["inner"] or ""] = checksum
        elif text:
            raise InputError(where, f"expected a checksum like sha256=<hex>, got {text[:80]!r}")


def _package(entry: _Gem, lock: _Lock, file: File, *, is_project: bool) -> Package:
    full = f"{entry.version}-{entry.platform}" if entry.platform else entry.version
    checksum = lock.checksums.get((entry.name, full))
    return Package(
        purl=gem(entry.name, entry.version, entry.platform),
        name=entry.name,
        version=entry.version,
        locations=(file.location(f"line {entry.line}"),),
        checksums=(checksum,) if checksum else (),
        download_location=_download(entry.section, f"{entry.name}-{full}"),
        purpose="APPLICATION" if is_project else "LIBRARY",
        installed=False,
    )


def _download(section: _Section, full_name: str) -> str:
    """Give where a gem comes from: an index keeps it at `gems/<name>-<version>.gem`; of two indexes none is named."""
    remote = without_credentials(section.one("remote"))
    if section.kind == "GIT":
        return git_location(remote, section.one("revision"))
    if section.kind == "GEM" and "://" in remote:
        return f"{remote.rstrip('/')}/gems/{full_name}.gem"
    return ""


def _read_groups(file: File, tree: Tree) -> tuple[dict[str, str], bool]:
    """Give name → relation for the gems that the Gemfile names, and whether it takes in a gemspec."""
    folder, name = parent(file.path), file.path.rpartition("/")[2]
    manifest = tree.get(join_path(folder, "gems.rb" if name == "gems.locked" else "Gemfile") or "")
    relations: dict[str, str] = {}
    has_gemspec = False
    blocks: list[tuple[frozenset[str], bool]] = []
    for line in _lines(manifest.data) if manifest else ():
        code = re.sub(r"\s#.*$|^#.*$", "", line)[:1000]
        opened, called = _GROUP_CALL.match(code), _GEM_CALL.match(code)
        if opened:
            blocks.append((_names(opened["names"]), "optional: true" in code or ":optional => true" in code))
        elif called:
            stated = _GROUP_KEY.search(called["rest"])
            groups = frozenset().union(*(names for names, _ in blocks), _names(stated["names"]) if stated else ())
            optional = any(flag for _, flag in blocks)
            is_dev = bool(groups) and groups <= _DEV_GROUPS
            relations[called["name"]] = "optional" if optional else "dev" if is_dev else "depends_on"
        elif _GEMSPEC_CALL.match(code):
            has_gemspec = True
        elif _OPENS.match(code):
            blocks.append((frozenset(), False))
        elif _CLOSES.match(code) and blocks:
            blocks.pop()
    return relations, has_gemspec


def _names(text: str) -> frozenset[str]:
    text = re.sub(r",?\s*(?:optional:|:optional\s*=>)\s*\w+", "", text)
    return frozenset(match[1] or match[2] for match in _WORD.finditer(text))


CATALOGER = Cataloger(
    name="ruby-bundler",
    globs=("**/Gemfile.lock", "**/gems.locked"),
    beside=("**/Gemfile", "**/gems.rb"),
    gives=("name", "version", "edges", "relations", "project", "checksum", "download"),
    cannot_know=("licence",),
    ecosystems=("RubyGems",),
    parse=parse,
)
