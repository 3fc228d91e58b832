"""custody beside osv-scanner: the same SBOMs, images and lock files, the same advisories, in one run.

    make bench-scan
    python bench/scan.py OSV_FOLDER IMAGES --peer osv-scanner [--syft PROGRAM] [--work FOLDER] [--page FILE] [--runs N]

OSV_FOLDER: `<Ecosystem>/all.zip`, as OSV's mirror has it. IMAGES: what `bench/build_images.sh` made. Each scanner reads
each input in turn, `--runs` times, in a process of its own that knows nothing of earlier ones; the best run counts. CPU
is user and system time of it and its children; memory the largest sum of what they held at one time (PSS).

custody reads its database, which it made of OSV_FOLDER before; osv-scanner reads OSV_FOLDER itself, which is how it
works offline. What is compared is which record each finds in which package: see `bench/scan_differences.py`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from inventory import measure, table
from scan_differences import CAUSES, OUR_MISSES, UNEXPLAINED, Key, Records, Said, causes, ours, sbom_of, theirs
from scan_inputs import bom, draw, lock_files

_FORMATS = {"spdx-json": "spdx.json", "cyclonedx-json": "cdx.json"}
_EMPTY = ("Pub", "GitHub Actions", "ConanCenter", "openSUSE", "SUSE", "Red Hat", "Wolfi", "Chainguard", "Bioconductor")
"""Ecosystems that OSV_FOLDER may lack: osv-scanner ends at the first package of which it has no archive at all."""


@dataclass(slots=True)
class Row:
    """One scanner on one input. wall, cpu: seconds; memory: bytes."""

    wall: float
    cpu: float
    memory: int
    said: Said


@dataclass(slots=True)
class Bench:
    """Where everything is."""

    osv: Path
    images: Path
    work: Path
    peer: str
    syft: str
    runs: int
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        """Give the file of custody's database."""
        return self.work / "advisories.db"

    def custody(self, *arguments: str | Path) -> list[str]:
        """Give a command line of custody."""
        return [sys.executable, "-m", "custody", *map(str, arguments)]

    def run(self, command: list[str], *, runs: int | None = None) -> tuple[float, float, int]:
        """Run a command, which may end with 1 where it found something; the best of all runs."""
        shell = ["sh", "-c", '"$@"; test $? -le 1', "sh", *command]
        results = [measure(shell, self.environment) for _ in range(runs or self.runs)]
        return min(r[0] for r in results), min(r[1] for r in results), max(r[2] for r in results)


# ── the scanners ─────────────────────────────────────────────────────────────────────────────────────────────────────


def scan_with_custody(bench: Bench, source: Path) -> Row:
    """Scan an SBOM, a lock file or an image, from a cold start."""
    out = bench.work / "custody.json"
    scheme = {".oci": "oci", ".tar": "docker-archive"}.get(source.suffix, "sbom" if source.suffixes[-2:-1] else "file")
    command = bench.custody("scan", f"{scheme}:{source}", "-o", f"json={out}", "--db", bench.database, "--no-cache")
    cost = bench.run(command, runs=1 if scheme == "docker-archive" else None)
    return Row(*cost, ours(out))


def scan_with_peer(bench: Bench, source: Path) -> Row:
    """Scan the same with osv-scanner, which reads an image as a docker-archive."""
    out = bench.work / "peer.json"
    offline = ["--offline", "--offline-vulnerabilities", "--format", "json", "--all-packages", f"--output-file={out}"]
    what = (
        ["image", *offline, "--archive", str(source)]
        if source.suffix == ".tar"
        else ["source", *offline, "-L", str(source)]
    )
    cost = bench.run([bench.peer, "scan", *what])
    return Row(*cost, theirs(out))


def prepare(bench: Bench) -> list[Path]:
    """Make the SBOMs and lock files that are not there yet; give all inputs."""
    folder = bench.work / "sboms"
    folder.mkdir(parents=True, exist_ok=True)
    images = sorted(bench.images.glob("*.oci"))
    made = []
    for image in images:
        for form, end in _FORMATS.items():
            for tool in ("custody", *(["syft"] if bench.syft else [])):
                out = folder / f"{image.stem}.{tool}.{end}"
                made.append(out)
                if out.exists():
                    continue
                command = [bench.syft, "scan", f"oci-dir:{image}", "-q", "-o", f"{form}={out}"]
                if tool == "custody":
                    command = bench.custody("sbom", f"oci:{image}", "-o", f"{form}={out}")
                subprocess.run(command, check=True, env=os.environ | bench.environment)
    boms = [folder / f"{image.stem}.custody.cdx.json" for image in images]
    drawn = [folder / f"drawn-{count}.custody.cdx.json" for count in (500, 5000)]
    for path in drawn:
        if not path.exists():
            bom(path, draw(bench.osv, boms, int(path.name.partition("-")[2].partition(".")[0])))
    locks = lock_files(bench.work / "locks", bench.osv)
    tars = [image.with_suffix(".tar") for image in images if image.with_suffix(".tar").exists()]
    return [*drawn, *made, *locks, *tars]


def peer_folder(bench: Bench) -> None:
    """Lay the archives where osv-scanner looks for them."""
    folder = bench.work / "peer" / "osv-scalibr"
    shutil.rmtree(folder.parent, ignore_errors=True)
    folder.mkdir(parents=True)
    for archive in sorted(bench.osv.glob("*/all.zip")):
        (folder / archive.parent.name).mkdir()
        (folder / archive.parent.name / "all.zip").symlink_to(archive.resolve())
    for name in _EMPTY:
        (folder / name).mkdir(exist_ok=True)
        if not (folder / name / "all.zip").exists():
            zipfile.ZipFile(folder / name / "all.zip", "w").close()
    bench.environment["OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY"] = str(folder.parent)


# ── the database ─────────────────────────────────────────────────────────────────────────────────────────────────────

_OPEN = """
import sys, time
from pathlib import Path
from custody.advisories import open_database
started = time.perf_counter()
with open_database(Path(sys.argv[1])) as db:
    print((time.perf_counter() - started) * 1000)
"""


def database_rows(bench: Bench, *, synthetic: int) -> list[list[str]]:
    """Import the real advisories and as many made ones; size, time, memory, time to open, and a scan with each."""
    rows = [
        [
            "database",
            "import wall s",
            "CPU s",
            "memory MB",
            "file MB",
            "open ms",
            "import again s",
            "scan of 500, CPU s",
            "MB",
        ]
    ]
    made = bench.work / "synthetic"
    if synthetic and not made.exists():
        tool = Path(__file__).with_name("advisories.py")
        subprocess.run([sys.executable, str(tool), str(bench.osv), str(made), "--records", str(synthetic)], check=True)
    for name, folder, path in (
        ("the real ones", bench.osv, bench.database),
        (f"{synthetic:,} made ones", made, bench.work / "large.db"),
    ):
        if not synthetic and folder == made:
            continue
        path.unlink(missing_ok=True)
        command = bench.custody("db", "import", folder, "--db", path)
        wall, cpu, memory = bench.run(command, runs=1)
        again = bench.run(command, runs=1)[0]
        times = []
        for _ in range(5):
            done = subprocess.run(
                [sys.executable, "-c", _OPEN, str(path)],
                capture_output=True, text=True, check=True, env=os.environ | bench.environment,
            )  # fmt: skip
            times.append(float(done.stdout))
        source = bench.work / "sboms" / "drawn-500.custody.cdx.json"
        scan = bench.custody("scan", f"sbom:{source}", "-o", f"json={bench.work / 'x.json'}", "--db", path)
        _, scanned, held = bench.run(scan)
        rows.append(
            [name, f"{wall:.1f}", f"{cpu:.1f}", f"{memory / 1e6:.0f}", f"{path.stat().st_size / 1e6:.1f}",
             f"{min(times):.1f}", f"{again:.1f}", f"{scanned:.2f}", f"{held / 1e6:.0f}"]
        )  # fmt: skip
    return rows


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def report(bench: Bench, page: Path | None, *, synthetic: int) -> None:
    """Measure everything, print it, and write it down."""
    load = os.getloadavg()[0]
    inputs = prepare(bench)
    peer_folder(bench)
    databases = database_rows(bench, synthetic=synthetic)
    print(table(databases), flush=True)
    records = Records(bench.osv)
    head = ["input", "tool", "wall s", "CPU s", "memory MB", "findings", "records", "CPU ratio", "memory ratio"]
    speed, counted, everything = [head], [["cause", "whose", "differences"]], []
    total: Counter[tuple[str, str]] = Counter()
    for source in inputs:
        we, they = scan_with_custody(bench, source), scan_with_peer(bench, source)
        for tool, row in (("custody", we), ("osv-scanner", they)):
            speed.append(
                [source.name if row is we else "", tool, f"{row.wall:.2f}", f"{row.cpu:.2f}", f"{row.memory / 1e6:.0f}",
                 str(row.said.findings), str(len(row.said.found)),
                 f"{row.cpu / we.cpu:.1f}", f"{row.memory / we.memory:.1f}"]
            )  # fmt: skip
        more, less = causes(we.said, they.said, records, sbom_of(source))
        for whose, found, said in (("only custody", more, we.said), ("only osv-scanner", less, they.said)):
            total.update((cause, whose) for cause in found.values())
            everything += [_line(source.name, whose, key, cause, said.found[key]) for key, cause in found.items()]
        print(table([head, *speed[-2:]]), dict(Counter(more.values())), dict(Counter(less.values())), flush=True)
    counted += [[f"`{c}`: {CAUSES[c]}", whose, str(n)] for (c, whose), n in sorted(total.items(), key=_by_count)]
    open_ones = {
        name: sum(n for (cause, _), n in total.items() if cause == name) for name in (*OUR_MISSES, UNEXPLAINED)
    }
    summary = ", ".join(f"{name} {count}" for name, count in open_ones.items())
    text = [
        _INTRODUCTION.format(machine=_machine(load), peer=_version(bench.peer), runs=bench.runs),
        "## Speed", _SPEED, table(speed), "## The database", _DATABASE, table(databases),
        "## What one finds and the other does not", _DIFFERENCES.format(summary=summary), table(counted),
    ]  # fmt: skip
    if page is not None:
        page.write_text("\n\n".join(text) + "\n", encoding="utf-8")
        page.with_suffix(".differences.txt").write_text("\n".join(sorted(everything)) + "\n", encoding="utf-8")
        print(f"bench: wrote {page}")


def _by_count(item: tuple[tuple[str, str], int]) -> tuple[int, tuple[str, str]]:
    return -item[1], item[0]


def _line(source: str, whose: str, key: Key, cause: str, said: str) -> str:
    ecosystem, name, version, record = key
    return f"{source}\t{whose}\t{cause}\t{ecosystem}\t{name}\t{version}\t{record}\t{said}"


def _machine(load: float) -> str:
    python = ".".join(map(str, sys.version_info[:3]))
    return f"{os.cpu_count()} cores, Python {python}, load {load:.1f} before and {os.getloadavg()[0]:.1f} after"


def _version(peer: str) -> str:
    said = subprocess.run([peer, "--version"], capture_output=True, text=True, check=False).stdout.split()
    return said[2] if len(said) > 2 else "of unknown version"


_INTRODUCTION = """# custody beside osv-scanner

Written by `make bench-scan`; not edited by hand. Machine: {machine}. osv-scanner {peer}, offline; the best of {runs}
runs. Other programs ran at the same time when the load says so: CPU seconds are less disturbed by that than wall time.

grype and trivy are not measured: neither could be built where this ran, since a module that each needs was refused by
the module proxy."""
_SPEED = """Each line is a process from a cold start. Findings are what the tool counts: custody one for a problem in a
package, under all its names; osv-scanner a group of ids. Records are the pairs of package and advisory, which is what
is compared below. The ratios are those of osv-scanner to custody. `drawn-…` are SBOMs of which four of five packages
are those of the images and one of five has a version that an advisory names, so that they hold far more findings than
real ones. Files that end with `.tar` are images, scanned once: both list what is in them first."""
_DATABASE = """"Import again" is the same import over a database that holds everything already; the scan is of the 500
drawn packages. osv-scanner makes no database: it reads the archives anew in every scan, of the ecosystems that
occur."""
_DIFFERENCES = """The full list, a line for each, stands in the file beside this page that ends with `.differences.txt`.
To be mended in custody, or not explained: {summary}."""


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("osv", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--peer", required=True, help="the program osv-scanner")
    parser.add_argument("--syft", default="", help="the program syft, for SBOMs of another tool")
    parser.add_argument("--work", type=Path, help="where SBOMs and databases are kept from run to run")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--synthetic", type=int, default=300_000, help="how many made advisories; 0 for none")
    options = parser.parse_args()
    work = options.work or Path(tempfile.mkdtemp(prefix="custody-bench-"))
    bench = Bench(options.osv, options.images, work, options.peer, options.syft, options.runs)
    bench.environment["CUSTODY_CACHE"] = str(work / "cache")
    report(bench, options.page, synthetic=options.synthetic)


if __name__ == "__main__":
    main()
