"""Installed gems: `specifications/*.gemspec` → gems.

Reads: the gemspecs that RubyGems writes when it installs a gem, default gems included, and those of gems that Bundler
took from a repository (RubyGems Guides, "Specification Reference"). They are Ruby code: read, never run.
Gives: name, version with its platform, licence, author, home page, description, release date, edges to the installed
gems that fit.
Cannot know: checksums, download locations; what a gemspec works out by code.

A version that is worked out (in a repository's gemspec) stays empty. Of several versions of a gem that another needs,
the highest that fits is the one that RubyGems picks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from custody.errors import InputError
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.metadata import declared_licence, one_paragraph, person
from custody.inventory.ruby_gems import best_fitting, gem, read_name
from custody.model import Dependency, Package
from custody.model.licence import combine

GLOBS = ("**/specifications/*.gemspec", "**/specifications/default/*.gemspec", "**/bundler/gems/*/*.gemspec")
FIELDS = ("name", "version", "platform", "authors", "author", "licenses", "license", "homepage", "summary", "date")
MAX_LITERALS = 1000
"""Texts in one list: more are no list of authors or requirements."""

_STATEMENT = re.compile(
    r"^[ \t]*\w+\.(?:(?P<key>\w+)[ \t]*=[ \t]*(?![=~])|add_(?P<kind>runtime_|development_)?dependency[ \t(]+)",
    re.MULTILINE,
)
_STUB = re.compile(r"^# stub: (?P<name>\S+) (?P<version>\S+) (?P<platform>\S+) ", re.MULTILINE)
_LITERAL = re.compile(
    r"""(?:Gem::Version\.new\s*\(?\s*)?
    (?:"(?P<double>(?:[^"\\#]|\\.|\#(?!\{))*)"|'(?P<single>(?:[^'\\]|\\.)*)'
    |%q?(?:<(?P<angle>[^<>]*)>|\((?P<round>[^()]*)\)|\{(?P<curly>[^{}]*)\}|\[(?P<square>[^\[\]]*)\]))
    (?:\.freeze)?(?:\s*\))?""",
    re.VERBOSE | re.DOTALL,
)
_BETWEEN = re.compile(r"[\s,\[]*")
_ESCAPE = re.compile(r"\\(?:u\{?([0-9A-Fa-f]{1,6})\}?|x([0-9A-Fa-f]{1,2})|(.))", re.DOTALL)
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "s": " ", "0": "\0", "e": "\x1b", "a": "\a", "b": "\b", "f": "\f"}


@dataclass(slots=True)
class _Spec:
    """What a gemspec states. texts: field → its literals; needs: (name, requirements) of what it needs to run."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    needs: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def first(self, key: str) -> str:
        """Give a field's first text, "" where it has none."""
        return next(iter(self.texts.get(key, ())), "")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the one gem that the gemspec describes, and its edges."""
    spec = read_spec(file.data)
    name = read_name(spec.first("name"), file.at("name"))
    version = spec.first("version")
    if not version and "/bundler/gems/" not in f"/{file.path}":
        raise InputError(file.at("version"), "no version that can be read without running the code")
    licence, texts = _licence(spec)
    package = Package(
        purl=gem(name, version, spec.first("platform")),
        name=name,
        version=version,
        locations=(file.location(),),
        licence_declared=licence,
        licence_texts=texts,
        originator=person(", ".join(spec.texts.get("authors") or spec.texts.get("author") or ())),
        homepage=spec.first("homepage"),
        description=one_paragraph(spec.first("summary")),
        released=spec.first("date") if re.fullmatch(r"\d{4}-\d\d-\d\d", spec.first("date")) else "",
    )
    yield package
    installed = _installed(tree) if spec.needs else {}
    for needed, requirements in spec.needs:
        there = installed.get(needed, {})
        best = best_fitting(requirements, sorted(there))
        for target in sorted(there.get(best or "", ())):
            yield Dependency(source=package.id, target=target)


def _licence(spec: _Spec) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Give the licence. Several do not say whether they hold together or by choice: AND promises nobody less."""
    stated = [declared_licence(text) for text in spec.texts.get("licenses") or spec.texts.get("license", [])]
    names = sorted({name for name, _ in stated if name})
    return (
        (combine(names, "AND"), tuple(sorted({pair for _, texts in stated for pair in texts}))) if names else (None, ())
    )


def read_spec(data: bytes) -> _Spec:
    """Read a gemspec's literal fields and runtime dependencies; what is worked out by code is left out."""
    text = data.decode("utf-8", "replace")
    spec = _Spec()
    development: set[str] = set()
    position = 0
    while match := _STATEMENT.search(text, position):
        literals, position = _literals(text, match.end())
        if match["key"] in FIELDS:
            spec.texts.setdefault(match["key"], literals)
        elif match["key"] is None and literals:
            if match["kind"] == "development_":
                development.add(literals[0])
            spec.needs.append((literals[0], tuple(literals[1:])))
    stub = _STUB.search(text[:2000])
    if stub:  # RubyGems itself reads only this line when it looks for a gem
        spec.texts |= {key: [stub[key]] for key in ("name", "version", "platform")}
    # Old gemspecs state them all again for RubyGems from before 2009, which knew no kinds.
    spec.needs = [need for need in dict.fromkeys(spec.needs) if need[0] not in development]
    return spec


def _literals(text: str, start: int) -> tuple[list[str], int]:
    """Give the texts that follow, one or a list of them, and where they end. None where something else stands first."""
    found: list[str] = []
    position, is_list = start, text[start : start + 1] == "["
    while len(found) < MAX_LITERALS:
        match = _LITERAL.match(text, _skip(text, position) if found or is_list else position)
        if match is None:
            break
        found.append(_value(match))
        position = match.end()
        following = _skip(text, position)
        if "," not in text[position:following]:
            break
    return found, max(position, start)


def _skip(text: str, position: int) -> int:
    match = _BETWEEN.match(text, position)
    return match.end() if match else position


def _value(match: re.Match[str]) -> str:
    if match["double"] is not None:
        return _ESCAPE.sub(_unescape, match["double"])
    if match["single"] is not None:
        return re.sub(r"\\([\\'])", r"\1", match["single"])
    return next(match[name] for name in ("angle", "round", "curly", "square") if match[name] is not None)


def _unescape(match: re.Match[str]) -> str:
    digits = match[1] or match[2]
    if digits is None:
        return _CONTROL.get(match[3], match[3])
    number = int(digits, 16)
    return chr(number) if number < 0xD800 or 0xDFFF < number < 0x110000 else "�"


_seen: WeakKeyDictionary[Tree, dict[str, dict[str, set[str]]]] = WeakKeyDictionary()


def _installed(tree: Tree) -> dict[str, dict[str, set[str]]]:
    """Give name → version → ids of all installed gems; the gemspecs of a tree are read once for all of them."""
    if tree not in _seen:
        found: dict[str, dict[str, set[str]]] = {}
        for file in tree.matching(GLOBS[:2]):
            spec = read_spec(file.data)
            name, version = spec.first("name"), spec.first("version")
            if name and version:
                found.setdefault(name, {}).setdefault(version, set()).add(
                    str(gem(name, version, spec.first("platform")))
                )
        _seen[tree] = found
    return _seen[tree]


CATALOGER = Cataloger(
    name="ruby-installed",
    globs=GLOBS,
    gives=("name", "version", "licence", "author", "home page", "description", "release date", "edges"),
    cannot_know=("checksum", "download", "what a gemspec works out by code"),
    ecosystems=("RubyGems",),
    parse=parse,
)
