"""Homebrew's Cellar and Caskroom → formulae and casks.

Reads: Cellar/NAME/VERSION/INSTALL_RECEIPT.json and .brew/NAME.rb beside it (https://docs.brew.sh/Formula-Cookbook),
Caskroom/NAME/.metadata/INSTALL_RECEIPT.json and .metadata/VERSION/TIME/Casks/NAME.json, wherever the prefix is. Gives:
name, version, tap, licence, home page, description, address and SHA-256 of the source, when it was built; edges to what
a formula needs at run time; which files belong to it (all below its folder).  Cannot know: the supplier.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import without_credentials
from custody.inventory.metadata import declared_licence, one_paragraph
from custody.inventory.system_packages import Providers, moment, remembered
from custody.model import Checksum, Dependency, Package, Purl
from custody.model.licence import combine

__all__ = ["CATALOGER", "parse"]

RECEIPTS = "**/Cellar/*/*/INSTALL_RECEIPT.json"
FORMULAE = "**/Cellar/*/*/.brew/*.rb"
CASKS = "**/Caskroom/*/.metadata/*/*/Casks/*.json"

_CORE = "homebrew/core"
_STRING = re.compile(r'"((?:[^"\\#]|\\.|#(?!\{))*)"')
_TOKEN = re.compile(r'"[^"\\]*"|:\w+|\w+:|=>|[\[\]{},]|\S')

MAX_TOKENS = 1000
MAX_LICENCE = 10_000
"""Characters; the time to part it into words grows with the square of a word's length."""
MAX_DEPTH = 20
"""Of a licence in a formula: the longest real ones have some thirty words, three levels deep."""


class _OddError(Exception):
    """Not the way in which a formula states its licence."""


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the formula of a receipt with its edges, or the cask of a cask file."""
    if file.path.endswith("/INSTALL_RECEIPT.json"):
        yield from _formula(file, tree)
    else:
        yield _cask(file)


class _Cellars:
    """The installed kegs: by full name and version, and by full name."""

    def __init__(self, tree: Tree) -> None:
        self.kegs = Providers()
        for file in tree.matching((RECEIPTS,)):
            try:
                purl = _purl(Fields.from_json(file.data, file.path), file)
            except InputError:  # told when the file itself is read
                continue
            for name in {purl.name, purl.full_name}:
                self.kegs.add(str(purl), (name, f"{name} {purl.version}"))


def _purl(receipt: Fields, file: File) -> Purl:
    """Spec: purl-spec, type `brew`: the namespace is the tap, left out for homebrew/core."""
    name, version = file.path.split("/")[-3:-1]
    tap = receipt.table("source").text_or("tap")
    return Purl("brew", name, version, "" if tap == _CORE else tap)


def _formula(file: File, tree: Tree) -> Iterator[Found]:
    receipt = Fields.from_json(file.data, file.path)
    purl = _purl(receipt, file)
    folder = file.path.rpartition("/")[0]
    recipe = tree.get(f"{folder}/.brew/{purl.name}.rb")
    stated = _recipe(recipe.data.decode("utf-8", "replace")) if recipe is not None else {}
    licence, texts = _licence(stated.get("license", ""))
    checksum = Checksum.parse("sha256", _text(stated, "sha256"))
    built = receipt.value.get("source_modified_time")
    package = Package(
        purl=purl,
        name=purl.name,
        version=purl.version,
        locations=(file.location(),),
        licence_declared=licence,
        licence_texts=texts,
        checksums=(checksum,) if checksum is not None else (),
        homepage=_text(stated, "homepage"),
        download_location=without_credentials(_text(stated, "url")),
        description=one_paragraph(_text(stated, "desc")),
        released=moment(built) if isinstance(built, int) else "",
    )
    yield package
    kegs = remembered(tree, _Cellars).kegs
    needs = list(receipt.each("runtime_dependencies"))
    if any("declared_directly" in need for need in needs):  # else, before Homebrew 3.6, all of them are listed alike
        needs = [need for need in needs if need.boolean("declared_directly")]
    targets: set[str] = set()
    for need in needs:
        name, version = need.text("full_name"), need.text_or("pkg_version") or need.text_or("version")
        targets.update(kegs.of(f"{name} {version}") or kegs.of(name))
    yield from (Dependency(source=package.id, target=target) for target in sorted(targets - {package.id}))


def _recipe(text: str) -> dict[str, str]:
    """Give the rest of the line of the first `desc`, `homepage`, `url`, `sha256` and `license` of the formula itself.

    A formula is a program in Ruby; only what stands as a plain literal two columns in is read.
    """
    found: dict[str, str] = {}
    lines = text.split("\n")
    for index, line in enumerate(lines):
        match = re.match(r"  (desc|homepage|url|sha256|license)\s+(\S.*)", line)
        if not match or match[1] in found:
            continue
        value = match[2]
        for more in lines[index + 1 : index + 20]:
            if value.count("[") <= value.count("]") and not value.rstrip().endswith((",", ":")):
                break
            value += " " + more.strip()
        found[match[1]] = value
    return found


def _text(stated: dict[str, str], key: str) -> str:
    match = _STRING.match(stated.get(key, ""))
    return match[1].replace('\\"', '"') if match else ""


def _licence(value: str) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Read `"MIT"`, `any_of: ["A", :public_domain, {all_of: […]}]`, `"A" => { with: "B" }`, nested as they may be."""
    if len(value) > MAX_LICENCE:
        return None, ()
    words = _TOKEN.findall(value)
    texts: dict[str, str] = {}
    if words[:1] == [":cannot_represent"] or not words or len(words) > MAX_TOKENS:
        return None, ()
    try:
        found, rest = _terms(words, 0, texts, 0)
    except _OddError:
        return declared_licence(one_paragraph(value))
    if rest != len(words) or len(found) != 1:
        return declared_licence(one_paragraph(value))
    return found[0], tuple(sorted(texts.items()))


def _terms(words: list[str], at: int, texts: dict[str, str], depth: int) -> tuple[list[str], int]:
    """Read terms up to the next bracket that closes; give their expressions and where the words go on."""
    found: list[str] = []
    if depth > MAX_DEPTH:
        raise _OddError
    while at < len(words) and words[at] not in ("]", "}"):
        word = words[at]
        if word in ("any_of:", "all_of:") and words[at + 1 : at + 2] == ["["]:
            inner, at = _terms(words, at + 2, texts, depth + 1)
            if not inner or words[at : at + 1] != ["]"]:
                raise _OddError
            found.append(combine(inner, "OR" if word == "any_of:" else "AND"))
        elif word == "{":
            inner, at = _terms(words, at + 1, texts, depth + 1)
            if words[at : at + 1] != ["}"]:
                raise _OddError
            found += inner
        elif word[0] in '":':
            name = word[1:-1] if word[0] == '"' else word[1:].replace("_", " ")
            if words[at + 1 : at + 4] == ["=>", "{", "with:"] and words[at + 5 : at + 6] == ["}"]:
                name += " WITH " + words[at + 4].strip('":')
                at += 5
            expression, more = declared_licence(name)
            texts.update(more)
            found += [expression] if expression is not None else []
        elif word != ",":
            raise _OddError
        at += 1
    return found, at


def _cask(file: File) -> Package:
    cask = Fields.from_json(file.data, file.path)
    folder, version = file.path.split("/Caskroom/", 1)[1].split("/")[0], file.path.split("/")[-4]
    token = cask.text_or("token") or folder
    tap = cask.text_or("tap")
    checksum = Checksum.parse("sha256", cask.text_or("sha256"))
    return Package(
        purl=Purl("brew", token, cask.text_or("version") or version, tap),
        name=token,
        version=cask.text_or("version") or version,
        locations=(file.location(),),
        checksums=(checksum,) if checksum is not None else (),
        homepage=cask.text_or("homepage"),
        download_location=without_credentials(cask.text_or("url")),
        description=one_paragraph(cask.text_or("desc")),
        purpose="APPLICATION",
    )


CATALOGER = Cataloger(
    name="homebrew",
    globs=(RECEIPTS, CASKS),
    parse=parse,
    beside=(FORMULAE,),
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "checksum",
        "download",
        "home page",
        "description",
        "release date",
        "files",
    ),
    cannot_know=("supplier",),
)
