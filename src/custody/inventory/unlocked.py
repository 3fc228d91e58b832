"""Manifests that ask for packages and leave their versions to a lock file: what each kind asks for, and who knows it.

Most of these are programs (Ruby, Elixir, Swift, Scala, Perl). They are not run: a line in the usual form counts as
asking for something; one that puts its words together otherwise goes unseen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from custody.fields import Fields
from custody.inventory.foreign_yaml import as_table, read_yaml
from custody.inventory.interface import File, Tree
from custody.inventory.lockfile import in_folder, parent, upward

__all__ = ["BESIDE", "MANIFESTS", "Manifest", "asks_for_unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One kind of manifest.

    glob: which files; locks: names, or patterns of names, of the files that say what was chosen, in its folder or above
    it; asked: gives the names of what it asks for; Raises InputError. installed: says whether one of these names is
    installed, and so told from there.
    """

    glob: str
    locks: tuple[str, ...]
    asked: Callable[[File], set[str]]
    installed: Callable[[str, File, Tree], bool] = lambda *_: False


def asks_for_unknown(manifest: Manifest, file: File, tree: Tree) -> bool:
    """Say whether a manifest asks for packages of which nothing else tells. Raises InputError: it cannot be parsed."""
    if any(_stands(tree, folder, lock) for folder in upward(parent(file.path)) for lock in manifest.locks):
        return False
    return any(not manifest.installed(name, file, tree) for name in sorted(manifest.asked(file)))


def _stands(tree: Tree, folder: str, lock: str) -> bool:
    path = in_folder(folder, lock)
    return bool(tree.matching((path,))) if "*" in lock else tree.exists(path)


def _lines(pattern: str) -> Callable[[File], set[str]]:
    """Give what reads the names that the first group of `pattern` matches, in each line."""
    compiled = re.compile(pattern, re.MULTILINE)

    def read(file: File) -> set[str]:
        return set(compiled.findall(file.data.decode("utf-8", "replace")))

    return read


def _composer(file: File) -> set[str]:
    manifest = Fields.from_json(file.data, file.path)
    tables = [manifest.value.get(key) for key in ("require", *(() if file.layer else ("require-dev",)))]
    return {str(name) for table in tables if isinstance(table, dict) for name in table if "/" in str(name)}


def _pubspec(file: File) -> set[str]:
    documents = read_yaml(file.data, file.path)
    top = as_table(documents[0]) if documents else {}
    found: set[str] = set()
    for key in ("dependencies", *(() if file.layer else ("dev_dependencies",))):
        for name, value in as_table(top.get(key)).items():
            if not {"sdk", "path"} & as_table(value).keys():
                found.add(name)
    return found


def _julia(file: File) -> set[str]:
    asked = Fields.from_toml(file.data, file.path).value.get("deps")
    found = asked.items() if isinstance(asked, dict) else ()
    return {str(name) for name, uuid in found if isinstance(uuid, str) and _UUID.fullmatch(uuid)}


_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _stack(file: File) -> set[str]:
    documents = read_yaml(file.data, file.path)
    extra = as_table(documents[0]).get("extra-deps") if documents else None
    return {"extra-deps"} if isinstance(extra, list) and extra else set()


def _cabal(file: File) -> set[str]:
    """Read the `build-depends` fields: a list with commas that goes on in deeper lines."""
    found: set[str] = set()
    within = -1
    for line in file.data.decode("utf-8", "replace").splitlines():
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        if not text or text.startswith("--"):
            continue
        key, colon, rest = text.partition(":")
        if colon and key.strip().lower() == "build-depends":
            within, text = depth, rest
        elif depth <= within:
            within = -1
        if within >= 0:
            found |= {match[0] for part in text.split(",") if (match := _PACKAGE.match(part.strip()))}
    return found - {"base"}  # which the compiler brings


_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


def _gem(name: str, file: File, tree: Tree) -> bool:
    del file
    start = f"{name}-"  # and then the version: rack-3.0.0.gemspec is rack, rack-test-2.1.0.gemspec is not
    found = (spec.path.rpartition("/")[2] for spec in tree.matching(BESIDE[:1]))
    return any(path.startswith(start) and path[len(start) :][:1].isdigit() for path in found)


def _vendored(name: str, file: File, tree: Tree) -> bool:
    return tree.exists(in_folder(parent(file.path), f"vendor/{name}"))


_RUBY = r"""^[ \t]*gem[ \t(]+["']([\w.-]+)["']"""
_SWIFT = (
    r"""^(?![ \t]*//)[^\n]*?\.package\(\s{0,200}(?:name[ \t]*:[ \t]*"[^"\n]*",\s{0,200})?"""
    r"""(?:url|id)[ \t]*:[ \t]*"([^"\n]+)\""""
)
_CABAL = ("cabal.project.freeze", "stack.yaml.lock", "dist-newstyle/cache/plan.json")

MANIFESTS = (
    Manifest(glob="**/Gemfile", locks=("Gemfile.lock",), asked=_lines(_RUBY), installed=_gem),
    Manifest(glob="**/gems.rb", locks=("gems.locked",), asked=_lines(_RUBY), installed=_gem),
    Manifest(glob="**/composer.json", locks=("composer.lock",), asked=_composer, installed=_vendored),
    Manifest(
        glob="**/mix.exs",
        locks=("mix.lock",),
        asked=_lines(r"""^[^#\n]*?\{[ \t]*:([a-z]\w*)[ \t]*,[ \t]*(?:"[ \t]*[~><=!\d]|github:|git:)"""),
    ),
    Manifest(
        glob="**/rebar.config",
        locks=("rebar.lock",),
        asked=_lines(r"""^[ \t]*\{[ \t]*deps[ \t]*,[ \t]*\[\s*(?:%[^\n]*\s+)*\{?[ \t]*([a-z]\w*)"""),
    ),
    Manifest(glob="**/pubspec.yaml", locks=("pubspec.lock",), asked=_pubspec),
    Manifest(glob="**/Podfile", locks=("Podfile.lock",), asked=_lines(r"""^[ \t]*pod[ \t(]+["']([^"'\n]+)["']""")),
    Manifest(
        glob="**/Package.swift",
        locks=("Package.resolved", "*.xcworkspace/xcshareddata/swiftpm/Package.resolved"),
        asked=_lines(_SWIFT),
    ),
    Manifest(
        glob="**/*.sbt",
        locks=("*.sbt.lock",),
        asked=_lines(r"""^(?![ \t]*//)[^\n]*?"([\w.-]+)"[ \t]*%{1,3}[ \t]*"[\w.-]+"[ \t]*%"""),
    ),
    Manifest(glob="**/stack.yaml", locks=("stack.yaml.lock",), asked=_stack),
    Manifest(glob="**/*.cabal", locks=_CABAL, asked=_cabal),
    Manifest(
        glob="**/cpanfile",
        locks=("cpanfile.snapshot",),
        asked=_lines(r"""^[ \t]*(?:requires|recommends)[ \t(]+["'](?!perl["'])([\w:]+)["']"""),
    ),
    *(
        Manifest(
            glob=f"**/{name}",
            locks=("Manifest.toml", "JuliaManifest.toml", "Manifest-v*.toml", "JuliaManifest-v*.toml"),
            asked=_julia,
        )
        for name in ("Project.toml", "JuliaProject.toml")
    ),
)
"""Manifests that no cataloger reads without their lock file."""

BESIDE = (
    "**/specifications/**/*.gemspec",
    *(f"**/{lock}" for lock in sorted({lock for kind in MANIFESTS for lock in kind.locks}) if "*" in lock),
)
"""Files that are looked for by a pattern, which only finds what was kept."""
