"""How well licences are concluded from the licence files of what is installed here, against what it declares.

    python bench/licence_texts.py [FOLDER…]

FOLDER: where to look for `*.dist-info` and `node_modules` (this interpreter's site-packages without one). Counted are
packages that declare an SPDX expression and bring a licence file. "same": the same licences are concluded, without
what is declared being known to the conclusion; "none": it is not sure; "other": the files say more, or something else.
"""

from __future__ import annotations

import argparse
import json
import sysconfig
import time
from collections import Counter
from collections.abc import Callable, Iterator
from email.parser import BytesHeaderParser
from pathlib import Path

from custody.inventory.conclusions import LICENCE_GLOBS, conclude_licences
from custody.inventory.metadata import declared_licence
from custody.inventory.squash import tree_of
from custody.model import Location, Package, Purl
from custody.model.globs import compile_globs
from custody.model.licence import references_in, terms_in


def main() -> None:
    """Print one line of figures, and with `-v` one for each package that differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("-v", "--verbose", action="store_true")
    chosen = parser.parse_args()
    seen: set[str] = set()
    counts: Counter[str] = Counter()
    seconds, files = 0.0, 0
    for package, declared, content in _packages(chosen.folders or [Path(sysconfig.get_path("purelib"))]):
        if package.id in seen or not content:
            continue
        seen.add(package.id)
        tree = tree_of(content)
        files += len(content)
        start = time.process_time()
        (found,) = conclude_licences([package], tree)
        seconds += time.process_time() - start
        concluded = found.licence_concluded
        same = concluded is not None and set(terms_in(concluded)) == set(terms_in(declared))
        outcome = "same" if same else "none" if concluded is None else "other"
        counts[outcome] += 1
        if chosen.verbose and not same:
            print(f"{outcome:5} {package.id}: declared {declared}, concluded {concluded} from {found.licence_files}")
    speed = files / max(seconds, 1e-9)
    print(f"{sum(counts.values())} packages, {files} files: {dict(sorted(counts.items()))}, {speed:.0f} files/s")


def _packages(folders: list[Path]) -> Iterator[tuple[Package, str, dict[str, bytes]]]:
    wanted = compile_globs(LICENCE_GLOBS)
    for folder in folders:
        for info in sorted(folder.rglob("*.dist-info")):
            if (info / "METADATA").is_file():
                headers = BytesHeaderParser().parsebytes((info / "METADATA").read_bytes())
                said = str(headers["License-Expression"] or headers["License"] or "")
                yield from _one("pypi", headers["Name"], headers["Version"], said, info, "METADATA", wanted)
        for manifest in sorted(folder.rglob("package.json")):
            try:
                table = json.loads(manifest.read_bytes())
            except ValueError:
                continue
            texts = [table.get(key) for key in ("name", "version", "license")] if isinstance(table, dict) else [None]
            if "node_modules" in manifest.parts and all(isinstance(text, str) and text for text in texts):
                yield from _one(
                    "npm", table["name"], table["version"], table["license"], manifest.parent, "package.json", wanted
                )


def _one(
    kind: str, name: str, version: str, said: str, folder: Path, manifest: str, wanted: Callable[[str], object]
) -> Iterator[tuple[Package, str, dict[str, bytes]]]:
    declared, _ = declared_licence(said[:200])
    if declared is None or references_in(declared):
        return
    base = folder.name
    inside = folder.rglob("*") if kind == "pypi" else folder.iterdir()
    content = {f"{base}/{path.relative_to(folder).as_posix()}": path for path in inside if path.is_file()}
    namespace, _, short = str(name).rpartition("/")
    package = Package(
        purl=Purl(kind, short, version, namespace),
        name=name,
        version=version,
        locations=(Location(path=f"{base}/{manifest}", cataloger=""),),
    )
    yield package, declared, {path: file.read_bytes() for path, file in content.items() if wanted(path)}


if __name__ == "__main__":
    main()
