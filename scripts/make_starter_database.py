"""Make src/custody/advisories/data/starter.json: what is known about the packages that examples/whisperengine locks.

    python scripts/make_starter_database.py ../shared/data/osv

The argument is a folder of OSV dumps (`<Ecosystem>/all.zip`). Facts only are taken over: ids, aliases, packages,
ranges, CVSS vectors, dates and links to the advisory and the fix; no summaries and no descriptions.

A package is called covered only where the dumps hold everything that was published about it:

- PyPI: the dump is the whole advisory database of the Python Packaging Authority, so every locked package is covered.
- npm: the dump is a part. Retire.js follows some libraries closely, and those are covered; all others are not, and
  a scan with the starter database lists them as not evaluated.
- The example's own packages: nobody publishes advisories about them, as they are published nowhere.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

from custody.advisories.ecosystems import normalise_name
from custody.advisories.feeds.record import parse_record
from custody.advisories.ranges import evaluate
from custody.advisories.versions import ordering_of
from custody.model import Advisory, Affected

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "whisperengine"
TARGET = ROOT / "src" / "custody" / "advisories" / "data" / "starter.json"

ORIGIN = (
    "starter database: Python advisory database (CC-BY-4.0) of 2026-07-23; for npm Retire.js (Apache-2.0) and"
    " Node.js security working group (MIT) of 2026-08-20"
)
MADE_AT = "2026-08-21T00:00:00Z"
"""The day after the newest source was read: fixed, so that the same sources give the same file."""
FOLLOWED = ("backbone", "moment", "underscore")
"""npm packages that Retire.js follows: it has a record for each of their published advisories."""
LINKS = ("ADVISORY", "FIX")
HOSTS = ("github.com", "nvd.nist.gov", "www.cve.org")


def locked() -> dict[str, set[str]]:
    """Give the package names in the example's lock files, by ecosystem, and its own names with them."""
    python = tomllib.loads((EXAMPLE / "uv.lock").read_text(encoding="utf-8"))
    node = json.loads((EXAMPLE / "web" / "package-lock.json").read_text(encoding="utf-8"))
    names = {path.rpartition("node_modules/")[2] for path in node["packages"] if path}
    return {"PyPI": {package["name"] for package in python["package"]}, "npm": names | {node["name"]}}


def covered(names: dict[str, set[str]]) -> dict[str, list[str]]:
    """Give the packages on which the dumps hold everything."""
    node = json.loads((EXAMPLE / "web" / "package-lock.json").read_text(encoding="utf-8"))
    return {"PyPI": sorted(names["PyPI"]), "npm": sorted((names["npm"] & set(FOLLOWED)) | {node["name"]})}


def records(folder: Path, names: dict[str, set[str]]) -> Iterator[dict[str, Any]]:
    """Yield the facts of each record, not withdrawn, that names one of the packages."""
    for ecosystem in sorted(names):
        with ZipFile(folder / ecosystem / "all.zip") as archive:
            for name in sorted(archive.namelist()):
                advisory = parse_record(archive.read(name), name)
                kept = [
                    a
                    for a in advisory.affected
                    if a.ecosystem == ecosystem and normalise_name(ecosystem, a.name) in names[ecosystem]
                ]
                if kept and advisory.withdrawn is None:
                    yield facts(advisory, kept)


def facts(advisory: Advisory, kept: list[Affected]) -> dict[str, Any]:
    """Give a record as OSV JSON, without texts; listed versions only where no range holds them."""
    word = next((s.vector for s in advisory.severities if s.type == "Publisher"), None)
    links = {url: kind for kind, url in advisory.references if kind in LINKS and urlsplit(url).netloc in HOSTS}
    record = {
        "id": advisory.id,
        "modified": advisory.modified.isoformat().replace("+00:00", "Z"),
        "published": advisory.published and advisory.published.isoformat().replace("+00:00", "Z"),
        "aliases": list(advisory.aliases),
        "severity": [{"type": s.type, "score": s.vector} for s in advisory.severities if s.type != "Publisher"],
        "affected": [affected(entry) for entry in kept],
        "references": [{"type": kind, "url": url} for url, kind in sorted(links.items())],
        "database_specific": {"severity": word, "cwe_ids": list(advisory.cwes)} if word or advisory.cwes else None,
    }
    return {key: value for key, value in record.items() if value}


def affected(entry: Affected) -> dict[str, Any]:
    """Give one package of a record."""
    ordering = ordering_of(entry.ecosystem)
    if ordering is None:
        raise SystemExit(f"no ordering for {entry.ecosystem}")
    spans = evaluate(entry, ordering)
    exact = {span.low for span in spans.spans if span.exact}
    versions = [v for v in entry.versions if v in spans.unordered or ordering.key(v) in exact]
    value = {
        "package": {"ecosystem": entry.ecosystem, "name": entry.name},
        "ranges": [
            {"type": r.type, "events": [{e.kind: e.version} for e in r.events]} for r in entry.ranges if r.type != "GIT"
        ],
        "versions": sorted(versions),
    }
    return {key: part for key, part in value.items() if part}


def main() -> None:
    """Write the file: one record a line, so that a change can be read."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: make_starter_database.py FOLDER-OF-OSV-DUMPS")
    names = locked()
    lines = [json.dumps(record, sort_keys=True) for record in records(Path(sys.argv[1]), names)]
    head = {"origin": ORIGIN, "madeAt": MADE_AT, "covered": covered(names)}
    text = json.dumps(head, indent=1)[:-2] + ',\n "records": [\n' + ",\n".join(lines) + "\n ]\n}\n"
    json.loads(text)
    TARGET.write_text(text, encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(lines)} records, {len(text)} bytes; covered: {head['covered']}")


if __name__ == "__main__":
    main()
