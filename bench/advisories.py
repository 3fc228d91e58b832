"""Advisories at the scale of the whole OSV database, made from real ones: for measuring, never for matching.

    python bench/advisories.py OSV_FOLDER OUT_FOLDER [--records 300000] [--malicious 200000]

OSV_FOLDER is in the layout of OSV's mirror (`<Ecosystem>/all.zip`); so is what is written. Of the records,
`--malicious` are about one malicious package each, as OSV's MAL- records are: most of the whole database is such. The
rest are the real ones, as often as it takes: each copy has another id, other aliases, other packages and other
versions, so that nothing is shared that would not be shared among real records. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_EPOCH = (1980, 1, 1, 0, 0, 0)
_CVE = re.compile(r"CVE-(\d{4})-(\d{4,19})")
_MALICIOUS = {"npm": 0.93, "PyPI": 0.05, "RubyGems": 0.01, "NuGet": 0.01}
"""The shares of the ecosystems among OSV's MAL- records, roughly."""
_SYLLABLES = "ab act air api app arc auth bel box byte cli code core craft data dev dom edge env ex fast fig fin flux form go grid hub io jet js kit lab lib link lite log map mate ml mod net node op pack path pay pix pop pro py queue quick re rest run safe scan sdk seo set sim sky snap soft span sql stat sync tab tag tech test time tool type ui util vault view vue web wise wrap x zen".split()  # noqa: E501, SIM905 - made names, in one line


def main() -> None:
    """Write the archives, and say how many records each holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("osv", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--malicious", type=int, default=200_000)
    options = parser.parse_args()
    for ecosystem, count in write(options.osv, options.out, options.records, options.malicious).items():
        print(f"{ecosystem:<20} {count:>8}")


def write(osv: Path, out: Path, records: int, malicious: int) -> dict[str, int]:
    """Write `<out>/<Ecosystem>/all.zip`; give how many records each holds."""
    malicious = min(malicious, records)
    real = {path.parent.name: path for path in sorted(osv.glob("*/all.zip"))}
    counts: dict[str, int] = {}
    with_counts = {name: _count(path) for name, path in real.items()}
    total = sum(with_counts.values())
    wanted = records - malicious
    copies = -(-wanted // total)
    left = wanted
    for name in sorted({*real, *(_MALICIOUS if malicious else ())}):
        share = round(malicious * _MALICIOUS.get(name, 0.0))
        (out / name).mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(out / name / "all.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            done = 0
            many = min(left, -(-with_counts.get(name, 0) * wanted // total))
            for record in _varied(real.get(name), copies, many):
                _add(archive, record)
                done += 1
            left -= done
            for number in range(share):
                _add(archive, _malicious(name, number))
            counts[name] = done + share
    return counts


def _add(archive: zipfile.ZipFile, record: dict[str, Any]) -> None:
    member = zipfile.ZipInfo(f"{record['id']}.json", _EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, json.dumps(record, separators=(",", ":")))


def _count(path: Path) -> int:
    with zipfile.ZipFile(path) as archive:
        return len(archive.namelist())


def _varied(path: Path | None, copies: int, many: int) -> Iterator[dict[str, Any]]:
    """Give the records of an archive, then copies of them that say something else."""
    if path is None:
        return
    given = 0
    with zipfile.ZipFile(path) as archive:
        for copy in range(copies):
            for name in archive.namelist():
                if given >= many:
                    return
                given += 1
                record: dict[str, Any] = json.loads(archive.read(name))
                yield record if copy == 0 else _other(record, copy)


def _other(record: dict[str, Any], copy: int) -> dict[str, Any]:
    chance = random.Random(f"{record['id']} {copy}")  # noqa: S311 - not for secrets
    record["id"] = f"{record['id']}-{copy}"
    for field in ("aliases", "upstream", "related"):
        record[field] = [_CVE.sub(lambda m: f"CVE-{m[1]}-{m[2]}{copy}", name) for name in record.get(field) or ()]
    for affected in record.get("affected") or ():
        if "package" in affected:
            affected["package"]["name"] = f"{affected['package']['name']}-{chance.choice(_SYLLABLES)}"
        step = chance.randrange(1, 9)
        for line in affected.get("ranges") or ():
            for event in line.get("events") or ():
                for kind, version in event.items():
                    if line.get("type") != "GIT" and version != "0":
                        event[kind] = _moved(version, step)
        affected["versions"] = [_moved(version, step) for version in affected.get("versions") or ()]
    for reference in record.get("references") or ():
        digest = hashlib.sha256(f"{reference.get('url')}{copy}".encode()).hexdigest()
        reference["url"] = f"{reference.get('url')}#{digest[: chance.randrange(4, 12)]}"
    return record


def _moved(version: str, step: int) -> str:
    """Give another version of the same form: its last number is larger."""
    return re.sub(r"(\d{1,8})(?!.*\d)", lambda m: str(int(m[1]) + step), version, count=1, flags=re.DOTALL)


def _malicious(ecosystem: str, number: int) -> dict[str, Any]:
    chance = random.Random(f"{ecosystem} {number}")  # noqa: S311 - not for secrets
    name = "-".join(chance.sample(_SYLLABLES, chance.randrange(2, 4))) + str(chance.randrange(10_000))
    if ecosystem == "npm" and chance.random() < 0.3:
        name = f"@{chance.choice(_SYLLABLES)}-{chance.choice(_SYLLABLES)}/{name}"
    day = f"{chance.randrange(2022, 2027)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    time = f"{day}T{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}Z"
    digest = hashlib.sha256(name.encode()).hexdigest()
    versions = [f"{chance.randrange(1, 100)}.{chance.randrange(30)}.{chance.randrange(30)}" for _ in range(3)]
    what: dict[str, Any] = (
        {"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}
        if chance.random() < 0.7
        else {"versions": sorted(set(versions[: chance.randrange(1, 4)]))}
    )
    return {
        "schema_version": "1.7.4",
        "id": f"MAL-{day[:4]}-{list(_MALICIOUS).index(ecosystem)}{number}",
        "modified": time,
        "published": time,
        "summary": f"Malicious code in {name} ({ecosystem})",
        "details": f"Any computer that has this package installed should be considered compromised. {digest}",
        "aliases": [f"GHSA-{digest[:4]}-{digest[4:8]}-{digest[8:12]}"] if chance.random() < 0.4 else [],
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": name, "purl": f"pkg:{ecosystem.lower()}/{name}"},
                "database_specific": {"cwes": [{"cweId": "CWE-506", "name": "Embedded Malicious Code"}]},
                **what,
            }
        ],
        "references": [{"type": "WEB", "url": f"https://malicious.example/analysis/{digest[:40]}"}]
        if chance.random() < 0.3
        else [],
        "database_specific": {
            "malicious-packages-origins": [
                {
                    "sha256": digest,
                    "import_time": time,
                    "modified_time": time,
                    "source": "research",
                    "versions": versions,
                }
            ]
        },
    }


if __name__ == "__main__":
    main()
