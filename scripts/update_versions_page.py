"""Write the table of orderings into docs/versions.md, between its two markers.

    python scripts/update_versions_page.py

The table comes from `custody.advisories.versions` and from the vectors under `tests/vectors/versions`, whose first line
says where they are from. A test holds the page equal to what this gives.
"""

from __future__ import annotations

from pathlib import Path

from custody.advisories.versions import HOMES, orderings

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "versions.md"
VECTORS = ROOT / "tests" / "vectors" / "versions"
BEGIN, END = "<!-- the orderings, by scripts/update_versions_page.py -->\n", "<!-- the end of the orderings -->\n"
_OTHER_FILES = {
    "golang": ("golang", "toolchain"),
    "pep440": ("pypi",),
    "semver": ("npm", "crates"),
}
"""Ordering → files of vectors, where they are not called as it is."""
_NOT_OF_OSV = {
    "gentoo": "Gentoo (no advisories in OSV)",
    "pacman": "Arch Linux (no advisories in OSV)",
}
"""Orderings that `custody version compare` knows, and for which there is nothing to scan with."""


def table() -> str:
    """Give the table: one line for each ordering, by name."""
    lines = ["| ordering | ecosystems | specification | vectors | made by |", "|---|---|---|---|---|"]
    claimed = set()
    for ordering in orderings():
        ecosystems = ", ".join(sorted(ordering.ecosystems, key=str.lower)) or _NOT_OF_OSV[ordering.name]
        claimed |= {name for name in ordering.ecosystems if HOMES.get(name)}
        names = _OTHER_FILES.get(ordering.name, (ordering.name,))
        files = [path for name in names if (path := VECTORS / f"{name}.txt").is_file()]
        read = [vectors(path) for path in files]
        count = f"{sum(number for number, _ in read):,}" if read else "none"
        origin = "; ".join(origin for _, origin in read) if read else "properties and single cases only"
        lines.append(f"| `{ordering.name}` | {ecosystems} | {ordering.spec} | {count} | {origin} |")
    if claimed != HOMES.keys():
        missing = ", ".join(sorted(HOMES.keys() - claimed))
        message = f"HOMES names ecosystems that no ordering claims: {missing}"
        raise SystemExit(message)
    return "\n".join(lines) + "\n"


def vectors(path: Path) -> tuple[int, str]:
    """Give how many statements a file has, and what its first line says they were made by."""
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    says = first.removeprefix("#").strip()
    if "The tool: " in says:
        origin = says.partition("The tool: ")[2]
    elif says.startswith("By hand, "):
        origin = says[0].lower() + says[1:].removesuffix("; no tool")
    else:
        message = f"{path.name}: its first line does not say where it is from"
        raise SystemExit(message)
    return sum(1 for line in rest if line and not line.startswith("#")), origin


def page(text: str) -> str:
    """Give the page with the table in its place."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        message = f"{TARGET.name}: the markers of the table are not there"
        raise SystemExit(message)
    return f"{before}{begin}{table()}{end}{after}"


if __name__ == "__main__":
    TARGET.write_text(page(TARGET.read_text(encoding="utf-8")), encoding="utf-8")
