"""The seam of the room: what a cataloger declares, and what it may look at.

    def parse(file: File, tree: Tree) -> Iterator[Found]:
        lock = Fields.from_toml(file.data, file.path)
        for index, entry in enumerate(lock.each("package")):
            purl = Purl("cargo", entry.text("name"), entry.text("version"))
            place = file.location(f"package[{index}]")
            yield Package(purl=purl, name=purl.name, version=purl.version, locations=(place,))

    CATALOGER = Cataloger(name="cargo-lock", globs=("**/Cargo.lock",), parse=parse, ecosystems=("crates.io",), …)

`parse` is pure: bytes and the squashed tree in, values out. It lets only InputError out; the core turns that into a
`Skipped`, keeps what was yielded before it, and goes on with the next file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from custody.model import Dependency, Digest, Extractor, Location, Package, Skipped

__all__ = ["CAPABILITIES", "Cataloger", "File", "Found", "Parse", "Tree"]

CAPABILITIES = {
    "name": "the package's name and purl type",
    "version": "its version",
    "licence": "the licence that it declares, or that its licence files show",
    "edges": "which package needs which",
    "relations": "edges that are only for development, for the build, optional, or left to others (peer)",
    "project": "the project (or the file that stands for it) that the packages belong to, as the root of their edges",
    "checksum": "a checksum of the package as it was fetched or of its files",
    "download": "where it comes from",
    "supplier": "who supplies it",
    "author": "who wrote it",
    "home page": "its home page",
    "description": "what it is for",
    "copyright": "its copyright notices",
    "source package": "the source package that it was built from",
    "cpe": "the CPE name that it states itself or that its vendor is known by",
    "release date": "when it was released or built",
    "files": "which files belong to it, so that what it brought is shown as its own",
}
"""What a cataloger can say of a package: the columns of the capability table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file whose content was kept.

    path: in the artifact, without a leading "/"; bytes that are not UTF-8 stand as surrogate escapes.
    layer: diff_id of the layer whose content this is, None in a directory.
    """

    path: str
    data: bytes
    layer: Digest | None = None

    def at(self, place: str = "") -> str:
        """Give the place for messages: `path:place`, or the bare path."""
        return f"{self.path}:{place}" if place else self.path

    def location(self, place: str = "") -> Location:
        """Give the evidence for a package seen here.

        The core fills in the cataloger's name and the layer that introduced the package.
        """
        return Location(path=self.path, cataloger="", where=place, layer=self.layer)


class Tree(Protocol):
    """The squashed view of all layers: what a running container would see.

    Paths are relative to the root, "/"-separated, without a leading "/"; "" is the root. Content is there for files
    that some cataloger names in `globs` or `beside`; other files are known by name only.
    """

    def get(self, path: str) -> File | None:
        """Give a file's content, following symlinks inside the root (`File.path` is the path without links).

        None where there is no such file, or its content was not kept.
        """

    def exists(self, path: str) -> bool:
        """Say whether anything stands at `path` (file, directory, link that leads to something), following symlinks."""

    def resolve(self, path: str) -> str | None:
        """Give `path` with every symlink followed (a `..` stops at the root); None for a dangling link or a loop.

        A path at which nothing stands resolves too, as far as its parents lead: `lib/x` gives `usr/lib/x` where `lib`
        is a link.
        """

    def under(self, folder: str) -> list[File]:
        """Give the files below `folder` (at any depth) whose content was kept, sorted by path."""

    def names_under(self, folder: str) -> list[str]:
        """Give the paths of all files, links and devices that stand below `folder`, at any depth, sorted."""

    def matching(self, globs: Sequence[str]) -> list[File]:
        """Give the kept files whose paths match one of `globs`, sorted by path."""

    def extracted(self, name: str) -> list[File]:
        """Give the files of which the extractor `name` took something, sorted by path; `File.data` is what it took."""

    def history(self, path: str, extract: str = "") -> tuple[File, ...]:
        """Give the older versions of the file at `path`, oldest first, back to where it was last deleted or replaced.

        The version that `get` gives is not among them. Versions whose content was not kept are left out. extract: give
        what this extractor took from each of them, instead of the content.
        """


Found: TypeAlias = Package | Dependency | Skipped
"""What a cataloger yields. Edges name package ids; those that end at a package nobody found are dropped by the core."""

Parse: TypeAlias = Callable[[File, Tree], Iterable[Found]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cataloger:
    """A cataloger: which files it reads, and how.

    name: unique, in lower case with hyphens: "poetry-lock".
    globs: each file that matches one starts a `parse`. Patterns match the whole path: `*` and `?` stop at "/", `**/`
    stands for any
    number of directories, none included: "**/poetry.lock", "var/lib/dpkg/status.d/*".
    beside: files whose content `parse` may read through the tree, in the same patterns.
    folders: paths of directories; each one that stands starts a `parse` whose file has its path and no content.
    extractor: for files too large to keep. `parse` is then started, besides for `globs`, for each file of which this
    extractor took something; `File.data` is what it took, not the file. Several catalogers may share one extractor.
    ecosystems: OSV's names: ("PyPI",).
    gives: names of `CAPABILITIES`; each one is shown by a case. cannot_know: short phrases for the same table.
    """

    name: str
    parse: Parse
    globs: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    extractor: Extractor | None = None
    beside: tuple[str, ...] = ()
    ecosystems: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    cannot_know: tuple[str, ...] = ()
