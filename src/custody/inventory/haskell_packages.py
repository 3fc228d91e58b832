"""What the catalogers of Haskell share: names with versions, and what a .cabal file asks for.

    split("aeson-pretty-0.8.9")         # ("aeson-pretty", "0.8.9")
    read_cabal(data)                    # Cabal(name="chat", version="0.1.0", needs=(("aeson", "depends_on"), …))

Specs: https://cabal.readthedocs.io/en/stable/cabal-package-description-file.html; purl-spec type `hackage`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from custody.errors import InputError
from custody.model import Purl

__all__ = ["Cabal", "hackage", "read_cabal", "read_name", "split"]

_NAME = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_VERSION = re.compile(r"\d+(?:\.\d+)*")
_SECTION = re.compile(r"(library|executable|foreign-library|common|test-suite|benchmark)\b", re.IGNORECASE)
_FIELD = re.compile(r"(?P<indent>\s*)(?P<key>[A-Za-z][A-Za-z0-9-]*)\s*:(?P<value>.*)")
_NEED = re.compile(r"\s*(?:any\.)?([A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cabal:
    """A package as its .cabal file describes it. needs: (name, relation), sorted; licence: as written."""

    name: str
    version: str
    licence: str
    needs: tuple[tuple[str, str], ...]


def hackage(name: str, version: str = "") -> Purl:
    """Give the purl of a package."""
    return Purl("hackage", name, version)


def read_name(text: str, where: str) -> str:
    """Give a package's name; InputError names `where`."""
    if not _NAME.fullmatch(text):
        raise InputError(where, f"expected the name of a package, got {text[:60]!r}")
    return text


def split(text: str) -> tuple[str, str] | None:
    """Give name and version of `name-1.2.3`; None where the end is no version."""
    name, _, version = text.rpartition("-")
    return (name, version) if _NAME.fullmatch(name) and _VERSION.fullmatch(version) else None


def read_cabal(data: bytes) -> Cabal:
    """Read name, version, licence and `build-depends`; what tests and benchmarks need is "dev".

    Conditions are set aside: what any of them asks for is asked for.
    """
    top: dict[str, str] = {}
    asked: dict[str, set[str]] = {"depends_on": set(), "dev": set(), "build": set()}
    relation, inside, depth = "depends_on", "", 0
    for line in data.decode("utf-8", "replace").removeprefix("\ufeff").splitlines():
        if not line.strip() or line.lstrip().startswith("--"):
            continue
        indent = len(line) - len(line.lstrip())
        match = _FIELD.fullmatch(line)
        section = _SECTION.match(line)
        if section and not match:
            relation, inside = ("dev" if section[1].lower() in ("test-suite", "benchmark") else "depends_on"), ""
        elif match and (not inside or indent <= depth):
            key, depth = match["key"].lower(), indent
            inside = key
            if indent == 0:
                top.setdefault(key, match["value"].strip())
            _collect(key, match["value"], relation, asked)
        elif inside and indent > depth:
            _collect(inside, line, relation, asked)
        else:
            inside = ""
    needs = {(name, "depends_on") for name in asked["depends_on"]}
    needs |= {(name, kind) for kind in ("dev", "build") for name in asked[kind] - asked["depends_on"]}
    return Cabal(
        name=top.get("name", ""),
        version=top.get("version", ""),
        licence=top.get("license", ""),
        needs=tuple(sorted(needs)),
    )


def _collect(key: str, value: str, relation: str, asked: dict[str, set[str]]) -> None:
    if key in ("build-depends", "build-tool-depends", "setup-depends"):
        kind = relation if key == "build-depends" else "build"
        matches = [_NEED.match(part) for part in value.split(",")]
        asked[kind].update(match[1] for match in matches if match)
