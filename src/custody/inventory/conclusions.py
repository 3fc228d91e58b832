"""Licences concluded from the licence files that lie beside packages, with the files that say so.

    packages = conclude_licences(packages, tree)                # of a tree that was read with `LICENCE_EXTRACTOR`

The texts are read while their layer passes by, in the process that reads it: of each file a few words stay.

Which files: those in the package's own folder (`node_modules/x/LICENSE`, `x.dist-info/licenses/…`, `gems/x-1/COPYING`,
`usr/share/licenses/x/…`, `LICENSES/…` of REUSE). What a lock file names has no folder of its own here, but the project
of the lock file has: the one that it lies in. A conclusion that a cataloger has made stays.

Spec: SPDX 2.3, sections 7.13 (concluded licence) and 7.17 (copyright text).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import msgspec

from custody.inventory.interface import File, Tree
from custody.inventory.licence_texts import MAX_BYTES, Texts, decide, read_copyrights, read_texts
from custody.inventory.lockfile import parent
from custody.model import Content, Extractor, Package
from custody.model.licence import references_in

__all__ = ["LICENCE_EXTRACTOR", "LICENCE_GLOBS", "conclude_licences"]

_STEMS = (
    "LICENSE",
    "LICENCE",
    "License",
    "Licence",
    "license",
    "licence",
    "COPYING",
    "COPYRIGHT",
    "UNLICENSE",
    "NOTICE",
)
_ENDS = ("", ".txt", ".md", ".rst", ".html", "-MIT", "-APACHE", ".MIT", ".APACHE", ".BSD", "-BSD")
_ENDS_MORE = ("-MIT.txt", "-MIT.md", "-APACHE.txt", "-APACHE.md", ".APACHE2", "-2.0.txt", "-0BSD", "-ZLIB", "-UNICODE")
_NAMES = (
    *(f"{stem}{end}" for stem in _STEMS for end in _ENDS),
    *(f"LICENSE{end}" for end in _ENDS_MORE),
    "COPYING.LESSER",
    "COPYING.LIB",
    "COPYING.BSD",
    "MIT-LICENSE",
    "MIT-LICENSE.txt",
    "BSD-LICENSE",
    "GPL-LICENSE",
    "LICENSES.txt",
    "LGPL",
    "GPL",
)
LICENCE_GLOBS = (
    *(f"**/{name}" for name in sorted(set(_NAMES))),
    "**/*.dist-info/licenses/**",
    "**/LICENSES/*.txt",
    "**/share/*/copyright",
    "usr/share/licenses/**",
)
"""Files that are read for this.

They are told by whole names, since a pattern such as `LICENSE*` would have to be tried on every path of an image, and
whole names are looked up. Those found cover all but one in a hundred of what packages bring.
"""

MAX_FILES = 60
"""Licence files of one package; one with more is a collection, which says little of the package."""
MAX_COPYRIGHT = 1500
"""Characters of the copyright notices that are kept."""

_MANIFESTS = frozenset(
    {"METADATA", "PKG-INFO", "package.json", "Cargo.toml", "composer.json", "DESCRIPTION", "META.json", "META.yml"}
    | {
        "package.xml",
        "conaninfo.txt",
        "Chart.yaml",
        "pubspec.yaml",
        "opam",
        "pom.xml",
        "pyproject.toml",
        "conanfile.py",
    }
)
_SUFFIXES = (".nuspec", ".gemspec", ".podspec", ".cabal", ".rockspec")
"""Files that stand in the folder of the one package that they describe."""
_GEM = re.compile(r"(?P<home>.*/|)specifications/(?:default/)?(?P<name>[^/]+)\.gemspec")
_SYSTEM = ("apk", "alpm", "rpm")
_NO_LICENCE = re.compile(
    r"(?:^|/)(?:readme|authors?|contributors?|change(?:s|log)?|history|news|code_of_conduct|security)", re.IGNORECASE
)
_NOTICE = re.compile(r"(?:^|/)(?:third[-_]?party[-_]?)?notices?(?:\.\w+)?$", re.IGNORECASE)


def conclude_licences(packages: Iterable[Package], tree: Tree) -> list[Package]:
    """Give the packages with what their licence files say; those without any are left as they are."""
    beside = _by_folder(tree)
    return [_concluded(package, beside, tree) for package in packages]


def _by_folder(tree: Tree) -> dict[str, list[File]]:
    """Give the licence files by the folder of the package that they belong to, as far as the path says it."""
    folders: dict[str, list[File]] = {}
    for file in tree.extracted(LICENCE_EXTRACTOR.name):
        folders.setdefault(_owner(file.path), []).append(file)
    return folders


def _owner(path: str) -> str:
    """Give the folder of the package: the one above `licenses/` in a dist-info and above `LICENSES/` of REUSE."""
    head, found, _ = path.partition(".dist-info/licenses/")
    if found:
        return f"{head}.dist-info"
    if path.startswith("usr/share/licenses/"):
        return "/".join(path.split("/")[:4])
    folder = parent(path)
    return parent(folder) if folder.rpartition("/")[2] == "LICENSES" else folder


def _concluded(package: Package, beside: dict[str, list[File]], tree: Tree) -> Package:
    if package.licence_concluded is not None and package.copyright:
        return package
    found: dict[str, File] = {}
    for folder in _folders(package, tree):
        for file in beside.get(folder, ()):
            if not _NO_LICENCE.search(file.path[len(folder) :]):
                found.setdefault(file.path, file)
    if not found or len(found) > MAX_FILES:
        return package
    files = [found[path] for path in sorted(found)]
    read = [_read(file) for file in files]
    texts = [texts for texts, _ in read]
    changes: dict[str, object] = {}
    expression = decide(texts, package.licence_declared) if package.licence_concluded is None else None
    if expression is not None and not references_in(expression):
        said = [file.path for file, text in zip(files, texts, strict=True) if text.matches or text.tags or text.notices]
        changes |= {"licence_concluded": expression, "licence_files": tuple(sorted({*package.licence_files, *said}))}
    if not package.copyright:
        changes["copyright"] = _copyright(line for _, lines in read for line in lines)
    return replace(package, **changes)  # type: ignore[arg-type]


def _take(path: str, content: Content) -> bytes:
    """Read a licence file: `Texts` and the copyright notices, as MessagePack.

    A NOTICE names what others own, in words of its own: of it only whole texts and tags count.
    """
    data = content.read(0, MAX_BYTES + 1)  # one more, so that what is too long for a licence is seen to be
    texts = read_texts(data)
    if _NOTICE.search(path):
        texts = replace(texts, notices=(), left=0, restricted=False)
    notices = read_copyrights(data[:MAX_BYTES].decode("utf-8", "replace"))
    return msgspec.msgpack.encode((texts, notices))


def _read(file: File) -> tuple[Texts, tuple[str, ...]]:
    return msgspec.msgpack.decode(file.data, type=tuple[Texts, tuple[str, ...]])


LICENCE_EXTRACTOR = Extractor(name="licence-text", extract=_take, globs=LICENCE_GLOBS)


def _folders(package: Package, tree: Tree) -> Iterator[str]:
    """Give the folders that belong to a package and to no other."""
    purl = package.purl
    for location in package.locations:
        path = location.path
        folder, name = parent(path), path.rpartition("/")[2]
        gem = _GEM.fullmatch(path)
        if gem:
            yield f"{gem['home']}gems/{gem['name']}"
        elif package.purpose == "APPLICATION" or name in _MANIFESTS or name.endswith(_SUFFIXES):
            yield folder
        elif purl.type == "composer" and name in ("installed.json", "installed.php"):
            yield f"{parent(folder)}/{purl.full_name}".lstrip("/")
        elif purl.type == "golang" and path.endswith("vendor/modules.txt"):
            yield f"{folder}/{purl.full_name}"
        elif purl.type == "vcpkg" and name == "status":
            port, _, triplet = location.where.partition(":")
            yield f"{parent(folder)}/{triplet}/share/{port}".lstrip("/")
    if purl.type in _SYSTEM and tree.exists(f"usr/share/licenses/{purl.name}"):
        yield f"usr/share/licenses/{purl.name}"


def _copyright(notices: Iterable[str]) -> str:
    """Give copyright notices, one a line, each once."""
    text = ""
    for line in dict.fromkeys(notices):
        if len(text) + len(line) > MAX_COPYRIGHT:
            break
        text += f"{line}\n"
    return text.rstrip("\n")
