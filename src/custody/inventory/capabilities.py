"""The capability table: what each cataloger reads, what it gives, and what it cannot know, from the declarations.

`shown` says what results really show; a test holds it equal to what is declared, so that the table cannot promise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from custody.inventory.interface import CAPABILITIES, Cataloger, Found
from custody.model import Dependency, Package

__all__ = ["capability_rows", "markdown_table", "shown"]

_WAYS = frozenset({"depends_on", "dev", "optional", "peer", "build"})
_PROJECTS = frozenset({"APPLICATION", "FILE"})
"""What a project is: a named one, or the file that stands for a nameless one."""


def shown(found: Iterable[Found]) -> set[str]:
    """Give the names of `CAPABILITIES` that results show ("files" is not among them: the core reads the lists)."""
    seen: set[str] = set()
    roots: set[str] = set()
    sources: set[str] = set()
    for item in found:
        if isinstance(item, Package):
            seen |= _of_package(item)
            roots |= {item.id} if item.purpose in _PROJECTS else set()
        elif isinstance(item, Dependency):
            sources.add(item.source)
            seen |= {"edges"} if item.relation in _WAYS else set()
            seen |= {"relations"} if item.relation in _WAYS - {"depends_on"} else set()
    return seen | ({"project"} if roots & sources else set())


def _of_package(package: Package) -> set[str]:
    facts = {
        "name": True,
        "version": bool(package.version),
        "licence": bool(package.licence_declared or package.licence_concluded),
        "checksum": bool(package.checksums),
        "download": bool(package.download_location),
        "supplier": bool(package.supplier),
        "author": bool(package.originator),
        "home page": bool(package.homepage),
        "description": bool(package.description),
        "copyright": bool(package.copyright),
        "source package": bool(package.source_name),
        "cpe": bool(package.cpes),
        "release date": bool(package.released),
    }
    return {name for name, there in facts.items() if there}


def capability_rows(catalogers: Sequence[Cataloger]) -> list[dict[str, object]]:
    """Give one row for each cataloger: its declaration in plain values, sorted by name."""
    return [
        {
            "name": cataloger.name,
            "reads": _reads(cataloger),
            "ecosystems": list(cataloger.ecosystems),
            "gives": [name for name in CAPABILITIES if name in cataloger.gives],
            "cannot_know": list(cataloger.cannot_know),
        }
        for cataloger in sorted(catalogers, key=lambda cataloger: cataloger.name)
    ]


def _reads(cataloger: Cataloger) -> list[str]:
    """Give the patterns of file names, and how files are told whose names say nothing.

    What an extractor that several catalogers share looks for by name is left out where it knows files by their first
    bytes too: it is not said which of them reads it.
    """
    extractor = cataloger.extractor
    if extractor is None:
        return sorted(set(cataloger.globs))
    globs = {*cataloger.globs, *(() if extractor.magics else extractor.globs)}
    kinds = dict.fromkeys(_MAGICS.get(magic, f"files that begin with {_printed(magic)}") for magic in extractor.magics)
    return [*sorted(globs), *kinds]


_MAGICS = {
    b"\x7fELF": "programs for Linux (ELF)",
    b"MZ": "programs for Windows (PE)",
    b"\xfe\xed\xfa\xce": "programs for macOS (Mach-O)",
    b"\xfe\xed\xfa\xcf": "programs for macOS (Mach-O)",
    b"\xce\xfa\xed\xfe": "programs for macOS (Mach-O)",
    b"\xcf\xfa\xed\xfe": "programs for macOS (Mach-O)",
    b"\xca\xfe\xba\xbe": "programs for macOS (Mach-O)",
    b"\xca\xfe\xba\xbf": "programs for macOS (Mach-O)",
    b"\xed\xab\xee\xdb": "rpm packages",
    b"!<arch>\n": "ar archives (deb packages)",
    b"GGUF": "GGUF models",
}


def _printed(magic: bytes) -> str:
    return "".join(chr(byte) if 32 < byte < 127 else f"\\x{byte:02x}" for byte in magic)


def markdown_table(catalogers: Sequence[Cataloger]) -> str:
    """Give the table for the documentation, narrow enough for a page.

    A matrix of marks for what most people ask, with the rest in words; then what each one reads and cannot know. ✓: it
    gives it; (✓): it gives it in part, and a phrase that begins with the same word tells what it cannot know.
    """
    rows = capability_rows(catalogers)
    lines = [f"| cataloger | {' | '.join(_MARKED)} | also |", "|---|" + ":-:|" * len(_MARKED) + "---|"]
    for row in rows:
        gives, unknown = _texts(row["gives"]), _texts(row["cannot_know"])
        marks = " | ".join(_mark(name, gives, unknown) for name in _MARKED)
        also = ", ".join(name for name in gives if name not in (*_MARKED, "name"))
        lines.append(f"| `{row['name']}` | {marks} | {also} |")
    lines += ["", "| cataloger | ecosystem | reads | cannot know |", "|---|---|---|---|"]
    for row in rows:
        reads = "<br>".join(_cell(f"`{text}`" if "*" in text or "/" in text else text) for text in _texts(row["reads"]))
        ecosystems, missing = ", ".join(_texts(row["ecosystems"])), "; ".join(_texts(row["cannot_know"]))
        lines.append(f"| `{row['name']}` | {ecosystems} | {reads} | {_cell(missing)} |")
    return "\n".join(lines) + "\n"


_MARKED = ("version", "licence", "edges", "relations", "project", "checksum", "download")
"""The columns of the matrix. The name has none: every cataloger gives it, but for the one that only notes."""


def _mark(name: str, gives: Sequence[str], unknown: Sequence[str]) -> str:
    if name not in gives:
        return ""
    return "(✓)" if any(text.startswith(f"{name} ") for text in unknown) else "✓"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
