"""A large fleet: how long a full match and a rematch take, and in how much memory.

    python bench/fleet.py OSV SBOMS [--artifacts 100000] [--packages 300] [--page FILE]

OSV: a folder of ECOSYSTEM/all.zip. The fleet is drawn from real packages: those of the SBOMs below the folder SBOMS,
and up to three other versions of these that advisories name. Each artifact holds `--packages` of them, a few popular
ones far more often than the rest (the share of a package falls with the third power of its place), from a fixed seed.
What artifacts hold is made by SQL, since writing 100,000 SBOMs as files would measure the disk; reading SBOMs is
measured by itself, on the files of SBOMS. The match and the rematch are the product's own, from the database file to
`fleet.json`.

For the rematch a second database is made, in which 1,000 advisories differ: half of them say that every version is
affected, a quarter are withdrawn, a quarter are new.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zipfile import ZipFile

from custody import fleet
from custody.advisories import Lookup, questions
from custody.advisories.ecosystems import normalise_name
from custody.advisories.versions import ordering_of
from custody.errors import CustodyError, InputError
from custody.fleet.dataset import TABLES, Dataset, alone
from custody.fleet.engine import fill, open_engine
from custody.fleet.matching import lookup_to
from custody.workflows.examine import examine
from custody.workflows.interface import Silent

_NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
_SEED = 0.42
_CHANGED = 1000
_OTHERS = 3  # versions of one package beside those of the SBOMs


def main() -> None:
    """Make the fleet, measure each step in a process of its own, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("osv", type=Path)
    parser.add_argument("sboms", type=Path)
    parser.add_argument("--artifacts", type=int, default=100_000)
    parser.add_argument("--packages", type=int, default=300)
    parser.add_argument("--into", type=Path)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--step", choices=["make", "match", "rematch", "read"], help=argparse.SUPPRESS)
    parser.add_argument("--database", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--other", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        print(json.dumps(_step(given)))
        return
    with tempfile.TemporaryDirectory(prefix="custody-bench-fleet-") as scratch:
        given.into = given.into or Path(scratch) / "fleet"
        given.database, given.other = Path(scratch) / "advisories.db", Path(scratch) / "other.db"
        _import(given.database, given.osv)
        _other_database(given)
        results = {step: _measure(given, step) for step in ("read", "make", "match", "rematch")}
        _told(given, results)


def _measure(given: argparse.Namespace, step: str) -> dict[str, Any]:
    command = [sys.executable, __file__, str(given.osv), str(given.sboms), "--step", step, "--into", str(given.into)]
    command += ["--database", str(given.database), "--other", str(given.other)]
    command += ["--artifacts", str(given.artifacts), "--packages", str(given.packages)]
    started = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {"wall": time.perf_counter() - started, **json.loads(done.stdout)}


def _step(given: argparse.Namespace) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if given.step == "make":
        result = _make(given)
    elif given.step == "read":
        with tempfile.TemporaryDirectory() as into:
            done = fleet.scan(
                [str(given.sboms)],
                Path(into),
                examine=partial(examine, listener=Silent(), platform=None),
                database=given.database,
                now=_NOW,
                jobs=len(os.sched_getaffinity(0)),
            )
            size = sum(path.stat().st_size for path in given.sboms.rglob("*.json"))
            result = {"read": done.read, "bytes": size, "packages": done.packages}
    elif given.step == "match":
        done = fleet.scan(
            [os.devnull],
            given.into,
            examine=partial(examine, listener=Silent(), platform=None),
            database=given.database,
            now=_NOW,
        )
        result = {"packages": done.packages, "findings": sum(count[1] for count in done.counts)}
    elif given.step == "rematch":
        changes = fleet.rematch(given.into, database=given.other, now=_NOW)
        result = {"advisories": changes.advisories, "packages": changes.packages, "changes": changes.new + changes.gone}
    usage = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = usage.ru_utime + usage.ru_stime + children.ru_utime + children.ru_stime
    return {"cpu": cpu, "memory": usage.ru_maxrss * 1024, **result}


def _make(given: argparse.Namespace) -> dict[str, Any]:
    given.into.mkdir(parents=True, exist_ok=True)
    with alone(given.into, make=True), open_engine(given.into) as connection:
        dataset = Dataset(given.into, connection)
        rows = list(_pool(given))
        fill(connection, "pool", TABLES["package"], ((n, r[0], r[1], _text(r[2])) for n, r in enumerate(rows, 1)))
        fill(connection, "places", TABLES["asked"], ((n, *place) for n, r in enumerate(rows, 1) for place in r[3]))
        connection.execute(f"SELECT setseed({_SEED})")
        dataset.write("package", "SELECT * FROM pool ORDER BY number")
        dataset.write("asked", "SELECT * FROM places ORDER BY package")
        count, each, pool = given.artifacts, given.packages, len(rows)
        connection.execute("SET VARIABLE each = ?", [each])
        connection.execute("SET VARIABLE pool = ?", [pool])
        connection.execute("CREATE TABLE numbers AS SELECT i FROM range(?) r(i)", [count * each])
        dataset.write(
            "artifact",
            "SELECT (i + 1)::INTEGER AS number, 'sbom-' || i || '.json' AS source, '' AS document, '' AS digest,"
            " 'app' AS name, '1' AS version, getvariable('each')::INTEGER AS packages, 0::INTEGER AS skipped,"
            " '' AS read_at FROM numbers WHERE i * getvariable('each') < (SELECT COUNT(*) FROM numbers)",
        )
        dataset.write(
            "holds",
            "SELECT (i // getvariable('each') + 1)::INTEGER AS artifact, true AS judged,"
            " least(getvariable('pool'), 1 + floor(pow(random(), 3) * getvariable('pool')))::INTEGER AS package"
            " FROM numbers",
        )
        dataset.commit()
    return {"pool": len(rows)}


def _text(lookup: Lookup | None) -> str:
    return lookup_to(lookup) if lookup else ""


def _pool(given: argparse.Namespace) -> Iterator[tuple[Any, ...]]:
    """Give the rows of `package` without their numbers, and the names, in an order shuffled by digest."""
    found: dict[tuple[str, str, str], tuple[Any, ...]] = {}
    names: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {}
    others: Counter[tuple[str, str]] = Counter()
    for path in sorted(given.sboms.rglob("*.json")):
        try:
            inventory = examine(str(path), Silent(), platform=None)
        except CustodyError:
            continue
        for question in questions(inventory):
            asked = question.lookup
            name = asked.name if asked else question.package.name
            version = asked.version if asked else question.package.version
            purl, ecosystems = question.package.id, asked.ecosystems if asked else ()
            found[purl, name, version] = (purl, question.reason, asked, question.asked)
            for ecosystem in ecosystems:
                names[ecosystem, name] = (purl.partition("@")[0], ecosystems)
    for ecosystem, name, version in _versions(given.osv):
        plain = normalise_name(ecosystem, name)
        known, ordering = names.get((ecosystem, plain)), ordering_of(ecosystem)
        if known is None or ordering is None or others[ecosystem, plain] == _OTHERS:
            continue
        others[ecosystem, plain] += 1
        try:
            key = ordering.key(version)
        except InputError:
            continue
        purl = f"{known[0]}@{quote(version)}"
        lookup = Lookup(ecosystems=known[1], name=plain, version=version)
        rows = tuple((name, plain, version, key) for name in known[1])
        found.setdefault((purl, plain, version), (purl, "", lookup, rows))
    yield from sorted(found.values(), key=lambda row: hashlib.sha256(row[0].encode()).digest())


def _versions(osv: Path) -> Iterator[tuple[str, str, str]]:
    """Give (ecosystem, name, version) of real versions: the fixes that records name, and the last one listed."""
    for _, value in _records(osv):
        for affected in value.get("affected", ()):
            package = affected.get("package") or {}
            if package.get("name"):
                found = [e["fixed"] for r in affected.get("ranges", ()) for e in r.get("events", ()) if "fixed" in e]
                for version in (*found, *affected.get("versions", ())[-1:]):
                    yield package["ecosystem"], package["name"], version


def _records(osv: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(osv.glob("*/all.zip")):
        with ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".json"):
                    yield name, json.loads(archive.read(name))


def _other_database(given: argparse.Namespace) -> None:
    """Write a database in which 1,000 advisories differ, through the importer itself."""
    folder = given.other.with_suffix(".d")
    folder.mkdir()
    chosen = [
        (name, value)
        for number, (name, value) in enumerate(_records(given.osv))
        if number % 40 == 7 and value.get("affected") and not value.get("withdrawn")
    ][:_CHANGED]
    for number, (name, value) in enumerate(chosen):
        value["modified"] = "2026-11-20T00:00:00Z"
        if number % 4 == 0:
            value["withdrawn"] = "2026-11-20T00:00:00Z"
        elif number % 4 == 1:
            value |= {"id": f"CVE-2026-9{number:04}", "aliases": []}
        else:
            for affected in value["affected"]:
                affected["ranges"] = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]
        (folder / f"{number}-{name}").write_text(json.dumps(value), encoding="utf-8")
    _import(given.other, given.osv, folder)


def _import(database: Path, *places: Path) -> None:
    command = [sys.executable, "-m", "custody", "db", "import", *map(str, places), "--db", str(database)]
    subprocess.run(command, check=True, capture_output=True)


def _told(given: argparse.Namespace, results: dict[str, dict[str, Any]]) -> None:
    def line(step: str, text: str) -> str:
        result = results[step]
        return f"| {text} | {result['wall']:.1f} | {result['cpu']:.1f} | {result['memory'] / 1e6:.0f} |"

    made, match, again = results["make"], results["match"], results["rematch"]
    held = given.artifacts * given.packages
    lines = [
        "| step | wall s | CPU s | memory MB |",
        "| --- | ---: | ---: | ---: |",
        line(
            "match", f"full match: {match['findings']:,} findings in {held:,} packages of {given.artifacts:,} artifacts"
        ),
        line(
            "rematch",
            f"rematch after {again['advisories']:,} changed advisories: {again['packages']:,} packages matched again,"
            f" {again['changes']:,} findings new or gone",
        ),
        line(
            "read",
            f"reading {results['read']['read']} SBOMs of {results['read']['bytes'] / 1e6:.0f} MB, and matching them",
        ),
    ]
    text = "\n".join(lines) + "\n"
    print(text + f"\n{made['pool']:,} distinct packages; load {os.getloadavg()[0]:.1f}")
    if given.page:
        given.page.write_text(
            _PAGE.format(table=text, pool=made["pool"], load=os.getloadavg()[0], cores=os.cpu_count()), "utf-8"
        )


_PAGE = """# A large fleet

Written by `make bench-fleet`; what is measured, and how, stands at the top of `bench/fleet.py`. Machine: {cores} cores,
load {load:.1f} at the end. {pool:,} distinct packages.

{table}"""


if __name__ == "__main__":
    main()
