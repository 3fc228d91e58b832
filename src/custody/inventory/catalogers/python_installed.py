"""Installed Python packages: `*.dist-info` and `*.egg-info` → PyPI packages.

Reads: METADATA and direct_url.json of `*.dist-info`
(https://packaging.python.org/en/latest/specifications/recording-installed-packages/, Core metadata 1.0 to 2.5, PEP
610), PKG-INFO and requires.txt of `*.egg-info` and `*.egg` folders, and `*.egg-info` files.
Gives: name, version, licence, author, home page, summary, edges to packages of the same environment; origin and
checksum of what came from an address or a repository.
Cannot know: checksums of what came from an index (RECORD lists hashes of the files, none of the package), download
locations there.

A dependency under a marker is an edge where the marker can hold on Linux for the Python version that the path names;
one of an extra is an optional edge where that package is installed. A distribution inside another package's folder
(`setuptools/_vendor`) is there and can be called, though `pip list` does not show it: its owner contains it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from email.utils import getaddresses
from weakref import WeakKeyDictionary

from packaging.requirements import Requirement

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import parent, skipped_by, vcs_location, without_credentials
from custody.inventory.metadata import declared_licence, one_paragraph, person
from custody.inventory.python_packages import (
    environments,
    extras_named,
    may_hold,
    normalise,
    pypi,
    read_hash,
    read_name,
    read_requirement,
)
from custody.model import Checksum, Dependency, Package, Skipped
from custody.model.licence import combine

GLOBS = ("**/*.dist-info/METADATA", "**/*.egg-info/PKG-INFO", "**/*.egg-info", "**/*.egg/EGG-INFO/PKG-INFO")

_PYTHON = re.compile(r"(?:^|/)(?:python|pypy)(\d+\.\d+)/")
_SITE = re.compile(r"(?:(?P<prefix>.+)/)?lib(?:64)?/(?P<python>python[\d.]+)/(?:site|dist)-packages")
_HOME_LABELS = ("homepage", "home", "repository", "source", "sourcecode")
Headers = dict[str, list[str]]
_Environment = Mapping[str, tuple[str, ...]]
"""Normalised name → ids of the packages of that name in one folder."""


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the one package that the metadata describes, and its edges."""
    headers = read_headers(file.data)
    package = described(headers, file)
    checksums, origin, skipped = _origin(tree.get(f"{parent(file.path)}/direct_url.json"))
    yield from skipped
    package = replace(package, checksums=checksums, download_location=origin)
    yield package
    yield from edges(package, requirements(headers, file, tree), _site(file.path), tree)


def described(headers: Headers, file: File) -> Package:
    """Give the package that core metadata describes. Raises InputError: it has no name or no version."""
    name, version = identity(headers, file)
    licence, texts = _licence(headers)
    return Package(
        purl=pypi(name, version),
        name=name,
        version=version,
        locations=(file.location(),),
        licence_declared=licence,
        licence_texts=texts,
        originator=_originator(headers),
        homepage=_homepage(headers),
        description=one_paragraph(_first(headers, "summary")),
    )


def read_headers(data: bytes) -> Headers:
    """Read the header fields of core metadata: lower-case name → values in order; the body is left alone.

    The format is that of electronic mail (RFC 822) with UTF-8: a line that opens with white space continues the one
    before it, and the first empty line ends the fields. Bytes that are no UTF-8 show as the replacement character.
    """
    head = re.split(rb"\r?\n\r?\n", data.lstrip(b"\xef\xbb\xbf\r\n"), maxsplit=1)[0]
    headers: Headers = {}
    last: list[str] = []
    for line in re.split(r"\r\n|\n|\r", head.decode("utf-8", "replace")):
        if line[:1] in (" ", "\t") and last:
            last[-1] += "\n" + re.sub(r"^ {0,7}\|?", "", line)
            continue
        key, colon, value = line.partition(":")
        last = headers.setdefault(key.strip().lower(), []) if colon else []
        if colon:
            last.append(value.strip())
    return headers


def identity(headers: Headers, file: File) -> tuple[str, str]:
    """Give name (normalised) and version. Raises InputError: one of them is missing."""
    version = _first(headers, "version")
    name = _first(headers, "name")
    if not name or not version:
        missing = "Version" if name else "Name"
        raise InputError(file.at(missing), "missing; not the metadata of an installed package", "install it again")
    return read_name(name, file.at("Name")), version


def _first(headers: Headers, key: str) -> str:
    """Give a field's value, "" where it is missing or says that it is unknown."""
    value = next(iter(headers.get(key, ())), "")
    return "" if value.strip().upper() == "UNKNOWN" else value.strip()


def _licence(headers: Headers) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Give the licence: the expression (PEP 639), else the `License` field where it names one, else the classifiers.

    Several classifiers do not say whether they hold together or by choice: they are joined by AND, which promises
    nobody less than what is asked. Where nothing names a licence of the list, the words of the `License` field stand.
    """
    expression = _first(headers, "license-expression")
    if expression:
        return declared_licence(expression)
    field = declared_licence(_first(headers, "license"))
    classified = [
        declared_licence(text) for text in headers.get("classifier", ()) if text.lower().startswith("license ::")
    ]
    stated = sorted({found for found, _ in classified if found})
    if stated and (field[0] is None or (field[1] and not any(texts for _, texts in classified))):
        return combine(stated, "AND"), tuple(sorted({pair for _, texts in classified for pair in texts}))
    return field


def _originator(headers: Headers) -> str:
    """Give the author, else the maintainer. `Author-email` may hold the name too: "Jane Doe <jane@mail.example>"."""
    for role in ("author", "maintainer"):
        name, address = _first(headers, role), _first(headers, f"{role}-email")
        found = next((pair for pair in getaddresses([address[:2000]]) if any(pair)), ("", "")) if address else ("", "")
        if name or any(found):
            return person(name or found[0], found[1])
    return ""


def _homepage(headers: Headers) -> str:
    stated = _first(headers, "home-page")
    if stated:
        return without_credentials(stated)
    labelled: dict[str, str] = {}
    for text in headers.get("project-url", ()):
        label, _, address = text.partition(",")
        labelled.setdefault(re.sub(r"[\W_]+", "", label.lower()), address.strip())
    return without_credentials(next((labelled[label] for label in _HOME_LABELS if label in labelled), ""))


def _origin(file: File | None) -> tuple[tuple[Checksum, ...], str, list[Skipped]]:
    """Give checksum and place from direct_url.json (PEP 610).

    A folder of the machine that built this says nothing to others.
    """
    if file is None:
        return (), "", []
    try:
        direct = Fields.from_json(file.data, file.path)
        address = without_credentials(direct.text("url"))
        vcs, archive = direct.table("vcs_info"), direct.table("archive_info")
        if vcs.value:
            return (), vcs_location(vcs.text("vcs"), address, vcs.text("commit_id")), []
        hashes = archive.table("hashes")
        stated = [Checksum.parse(algorithm, hashes.text(algorithm)) for algorithm in hashes.value]
        stated += [read_hash(archive.text_or("hash"))]
        checksums = tuple(sorted({checksum for checksum in stated if checksum}))
    except InputError as error:
        return (), "", [skipped_by(error)]
    return checksums, "" if address.lower().startswith("file:") else address, []


def edges(package: Package, needs: Iterable[Requirement], site: str, tree: Tree) -> Iterator[Dependency]:
    """Give edges to what is installed in the same environment, and from the package that this one stands inside of.

    site: the folder that the environment's packages stand in.
    """
    installed = _installed(tree)
    where = environments(_python_of(site, tree))
    path = [installed[folder] for folder in _search_path(site) if folder in installed]
    relations: dict[str, str] = {}
    for requirement in needs:
        name = normalise(requirement.name)
        targets = next((packages[name] for packages in path if name in packages), ())
        if targets and may_hold(requirement.marker, where):
            relations.update(dict.fromkeys(targets, "depends_on"))
        elif targets and any(may_hold(requirement.marker, where, extra) for extra in extras_named(requirement.marker)):
            relations = {**dict.fromkeys(targets, "optional"), **relations}
    yield from (
        Dependency(source=package.id, target=target, relation=relations[target]) for target in sorted(relations)
    )
    yield from (Dependency(source=owner, target=package.id, relation="contains") for owner in _owners(site, installed))


def requirements(headers: Headers, file: File, tree: Tree) -> Iterator[Requirement]:
    """Give Requires-Dist, or what setuptools wrote to requires.txt; a row that is no requirement is passed over."""
    rows = headers.get("requires-dist", [])
    beside = tree.get(f"{parent(file.path)}/requires.txt") if file.path.endswith("/PKG-INFO") and not rows else None
    yield from _readable([*rows, *(_requires_rows(beside.data) if beside else ())], file.path)


def egg_requirements(data: bytes, where: str) -> Iterator[Requirement]:
    """Read the requires.txt of an egg; a row that is no requirement is passed over."""
    yield from _readable(_requires_rows(data), where)


def _readable(rows: Iterable[str], where: str) -> Iterator[Requirement]:
    for row in rows:
        try:
            yield read_requirement(row, where)
        except InputError:
            continue


def _requires_rows(data: bytes) -> Iterator[str]:
    """Turn requires.txt, with its sections `[extra]`, `[:marker]` and `[extra:marker]`, into dependency specifiers."""
    condition = ""
    for line in data.decode("utf-8", "replace").splitlines():
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            extra, _, marker = text[1:-1].partition(":")
            parts = [f"({marker})" if marker else "", f'extra == "{extra}"' if extra else ""]
            condition = " and ".join(part for part in parts if part)
        elif text:
            yield f"{text} ; {condition}" if condition else text


def _site(path: str) -> str:
    """Give the folder of the environment that a metadata file stands in."""
    if path.endswith("/EGG-INFO/PKG-INFO"):
        return parent(parent(parent(path)))
    return parent(parent(path)) if path.endswith(("/METADATA", "/PKG-INFO")) else parent(path)


def _python_of(site: str, tree: Tree) -> str:
    """Give the Python version of an environment, "3.11", or "" where its path does not tell.

    Debian's packages share `lib/python3`; the one `lib/python3.N` beside it tells the version.
    """
    found = _PYTHON.search(site + "/")
    if found:
        return found.group(1)
    if not site.endswith("lib/python3/dist-packages"):
        return ""
    lib = parent(parent(site))
    versions = [f"3.{minor}" for minor in range(100) if tree.exists(f"{lib}/python3.{minor}")]
    return versions[0] if len(versions) == 1 else ""


def _search_path(site: str) -> Iterator[str]:
    """Give the folders from which a package in `site` imports, its own first.

    `lib64` and Debian's `lib/python3` belong to the same interpreter, and what is installed in `usr/local` sees the
    packages of the distribution.
    """
    yield site
    match = _SITE.fullmatch(site)
    if not match:
        return
    prefix, python = match["prefix"] or "", match["python"]
    for base in (prefix, "usr") if prefix == "usr/local" else (prefix,):
        for lib in ("lib", "lib64"):
            for name in (python, "python3"):
                for kind in ("site-packages", "dist-packages"):
                    yield f"{base}/{lib}/{name}/{kind}".lstrip("/")


def _owners(site: str, installed: Mapping[str, _Environment]) -> tuple[str, ...]:
    """Give the package inside whose folder an environment stands: that of `setuptools` for `…/setuptools/_vendor`."""
    parts = site.split("/")
    for length in range(len(parts) - 1, -1, -1):
        owners = installed.get("/".join(parts[:length]), {}).get(normalise(parts[length]), ())
        if owners:
            return owners
    return ()


def installed_in(tree: Tree) -> Mapping[str, tuple[str, ...]]:
    """Give the ids of all packages installed in a tree, by normalised name, whatever the environment."""
    found: dict[str, set[str]] = {}
    for environment in _installed(tree).values():
        for name, ids in environment.items():
            found.setdefault(name, set()).update(ids)
    return {name: tuple(sorted(ids)) for name, ids in found.items()}


_INDEX: WeakKeyDictionary[Tree, dict[str, dict[str, tuple[str, ...]]]] = WeakKeyDictionary()


def _installed(tree: Tree) -> Mapping[str, _Environment]:
    """Give folder → what is installed there.

    It is made once for a tree, which no longer changes when catalogers see it.
    """
    index = _INDEX.get(tree)
    if index is None:
        index = {}
        for file in tree.matching(GLOBS):
            try:
                name, version = identity(read_headers(file.data), file)
            except InputError:
                continue
            ids = index.setdefault(_site(file.path), {})
            ids[name] = tuple(sorted({*ids.get(name, ()), str(pypi(name, version))}))
        _INDEX[tree] = index
    return index


CATALOGER = Cataloger(
    name="python-installed",
    globs=GLOBS,
    beside=("**/*.dist-info/direct_url.json", "**/*.egg-info/requires.txt", "**/*.egg/EGG-INFO/requires.txt"),
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "relations",
        "checksum",
        "download",
        "author",
        "home page",
        "description",
    ),
    cannot_know=("checksum and download of what came from an index",),
    ecosystems=("PyPI",),
    parse=parse,
)
