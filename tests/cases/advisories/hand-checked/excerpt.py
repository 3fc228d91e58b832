"""Cut the records that cases.txt speaks of out of a folder of OSV dumps, and write them to records.jsonl.

    python tests/cases/advisories/hand-checked/excerpt.py OSV_FOLDER

OSV_FOLDER is in the layout of OSV's mirror, `<Ecosystem>/all.zip`. Of each record its id, times, names and, of the
packages that the cases ask for, ranges and versions are kept; no text, no references, no credits.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
_KEPT = ("id", "modified", "withdrawn", "aliases", "upstream")
_MOST = 12
"""Entries of a record of which none is asked for by its own name: those of Debian name source packages."""


def main(osv: Path) -> None:
    """Write records.jsonl, a line a record: {"dumps": the folders that hold it, "record": …}."""
    asked: dict[str, list[str]] = {}
    record = ""
    for line in (HERE / "cases.txt").read_text(encoding="utf-8").splitlines():
        if re.match(r"(affected|not-affected|unknown) ", line):
            asked[record].append(line.lower())
        elif line and line[0] not in "#=":
            record = line
            asked[record] = []
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(osv.glob("*/all.zip")):
        with zipfile.ZipFile(path) as archive:
            names = {Path(name).stem: name for name in archive.namelist()}
            for wanted in sorted(asked.keys() & names.keys()):
                value = _cut(json.loads(archive.read(names[wanted])), asked[wanted])
                found.setdefault(wanted, {"dumps": [], "record": value})["dumps"].append(path.parent.name)
    if missing := sorted(asked.keys() - found.keys()):
        sys.exit(f"{osv}: it holds no record {', '.join(missing)}")
    lines = [json.dumps(found[name], ensure_ascii=False) + "\n" for name in asked]
    (HERE / "records.jsonl").write_text("".join(lines), encoding="utf-8")


def _cut(record: dict[str, Any], lines: list[str]) -> dict[str, Any]:
    """Keep what says which versions of which packages are affected; each kept entry is whole."""
    entries = record["affected"]
    named = [e for e in entries if _is_asked(e.get("package", {}).get("name", ""), lines)]
    kept = [
        {key: entry[key] for key in ("package", "ranges", "versions") if entry.get(key)}
        for entry in (named or entries[:_MOST])
    ]
    for entry in kept:
        entry.get("package", {}).pop("purl", None)
        for line in entry.get("ranges", ()):
            line.pop("database_specific", None)
    return {key: record[key] for key in _KEPT if record.get(key)} | {"affected": kept}


def _is_asked(name: str, lines: list[str]) -> bool:
    last = re.split(r"[/:]", name.lower())[-1].replace("_", "-")
    return any(re.search(rf"[/=#]{re.escape(last)}(?=[-@&#\s]|$)", line.replace("_", "-")) for line in lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
