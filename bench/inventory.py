"""custody beside its peers: the same images, one after the other, in one run.

    make bench-inventory                                  builds the images, installs the peers, measures, writes
                                                          the page
    python bench/inventory.py IMAGES [--page FILE] [--syft PROGRAM] [--trivy PROGRAM] [--cdxgen PROGRAM] [--runs N]

IMAGES: a folder that `bench/build_images.sh` filled: NAME.oci (an OCI layout), NAME.tar (a docker-archive) and NAME.dir
(the same, unpacked). Each tool lists each of them, in turn, `--runs` times; the best run counts, since all else is
noise. CPU is user and system time of the tool and its children; memory is the largest sum of what its processes held
at one time (PSS, so that shared pages count once), looked at every 20 ms.

The floor is what nobody can do without: SHA-256 of each blob, inflating it with igzip, SHA-256 of what comes out, and a
walk over the headers of the tar. It runs in two processes, a layer each. For a docker-archive and a directory it is a
walk over the headers, and `os.scandir`.

Packages are compared by purl without qualifiers, as each tool writes them in its own format.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import unquote

_LOOK_SECONDS = 0.02
_SHOWN = 12  # differences of one kind that the page names; all of them are in the file beside it


@dataclass(slots=True)
class Run:
    """One run of one tool. memory: bytes; packages: purls without qualifiers."""

    wall: float
    cpu: float
    memory: int
    packages: Counter[str]


# ── measuring ────────────────────────────────────────────────────────────────────────────────────────────────────────


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float, int]:
    """Run a command to its end: (wall, CPU, largest memory of it and its children)."""
    largest = 0
    over = threading.Event()
    before = os.times()
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, env=os.environ | environment, stdout=said, stderr=said, start_new_session=True
        )

        def look() -> None:
            nonlocal largest
            while not over.wait(_LOOK_SECONDS):
                largest = max(largest, memory_of(process.pid))

        looking = threading.Thread(target=look)
        looking.start()
        try:
            status = process.wait(timeout=1200)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            status = -1
        wall = time.perf_counter() - started
        over.set()
        looking.join()
        after = os.times()
        if status:
            said.seek(0)
            sys.exit(f"bench: {' '.join(command)} ended with {status}: {said.read()[-800:].decode(errors='replace')}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, cpu, largest


def memory_of(leader: int) -> int:
    """Give the proportional set size of all processes of a session, in bytes."""
    total = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if os.getsid(int(folder.name)) != leader:
                continue
            text = (folder / "smaps_rollup").read_text()
        except (OSError, ProcessLookupError):
            continue
        total += next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)
    return total


# ── the floor ────────────────────────────────────────────────────────────────────────────────────────────────────────


def floor_of(image: Path) -> float:
    """Give the wall time of what nobody can do without."""
    started = time.perf_counter()
    if image.suffix == ".oci":
        manifest = _manifest(image)
        blobs = [str(image / "blobs" / layer["digest"].replace(":", "/")) for layer in manifest["layers"]]
        blobs.sort(key=lambda name: -Path(name).stat().st_size)
        with get_context("fork").Pool(2) as pool:
            pool.map(_floor_layer, blobs, chunksize=1)
    elif image.suffix == ".tar":
        _floor_archive(image)
    else:
        waiting = [str(image)]
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                waiting += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    return time.perf_counter() - started


def _floor_layer(name: str) -> str:
    from isal import isal_zlib

    stored, plain = hashlib.sha256(), hashlib.sha256()
    stream = isal_zlib.decompressobj(wbits=31)
    rest, skip = b"", 0
    with Path(name).open("rb", buffering=0) as file:
        while data := file.read(1 << 18):
            stored.update(data)
            while data:
                piece = stream.decompress(data, 1 << 20)
                plain.update(piece)
                rest, skip = _walk(rest + piece, skip)
                if stream.eof:
                    data = stream.unused_data
                    stream = isal_zlib.decompressobj(wbits=31)
                else:
                    data = stream.unconsumed_tail
    return stored.hexdigest() + plain.hexdigest()


def _walk(buffer: bytes, skip: int) -> tuple[bytes, int]:
    position = min(skip, len(buffer))
    skip -= position
    while not skip and position + 512 <= len(buffer):
        header = buffer[position : position + 512]
        digits = header[124:136].strip(b" \0")
        size = int(digits, 8) if digits and not header[124] & 0x80 else 0
        size += -size % 512
        position += 512
        step = min(size, len(buffer) - position)
        position += step
        skip = size - step
    return buffer[position:], skip


def _floor_archive(image: Path) -> None:
    import mmap

    with image.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        ends, position = [len(data)], 0
        while position + 512 <= len(data):
            if position >= ends[-1]:
                ends.pop()
            digits = data[position + 124 : position + 136].strip(b" \0")
            size = int(digits, 8) if digits else 0
            name = data[position : position + 100].rstrip(b"\0")
            position += 512
            if name.endswith(b".tar"):  # a layer: its headers are walked as well
                ends.append(position + size)
            else:
                position += size + -size % 512


def _manifest(layout: Path) -> Any:  # noqa: ANN401 - JSON
    index = json.loads((layout / "index.json").read_bytes())
    return json.loads((layout / "blobs" / index["manifests"][0]["digest"].replace(":", "/")).read_bytes())


# ── the tools ────────────────────────────────────────────────────────────────────────────────────────────────────────


def custody_command(image: Path, out: Path) -> list[str]:
    """List an image with custody."""
    scheme = {".oci": "oci", ".tar": "docker-archive", ".dir": "dir"}[image.suffix]
    return [str(Path(sys.executable).with_name("custody")), "sbom", f"{scheme}:{image}", "-o", f"cyclonedx-json={out}"]


def peer_command(tool: str, program: str, image: Path, out: Path) -> list[str]:
    """List an image with a peer, in the format that it lists most in."""
    if tool == "syft":
        scheme = {".oci": "oci-dir", ".tar": "docker-archive", ".dir": "dir"}[image.suffix]
        return [program, "scan", f"{scheme}:{image}", "-q", "-o", f"cyclonedx-json={out}"]
    if tool == "trivy":
        form = ["fs", str(image)] if image.suffix == ".dir" else ["image", "--input", str(image)]
        return [program, "-q", form[0], "--format", "cyclonedx", "--output", str(out), "--offline-scan", *form[1:]]
    return [program, "-t", "oci", "-o", str(out), "--no-install-deps", str(image)]


def packages_of(out: Path) -> Counter[str]:
    """Give the purls of a CycloneDX document without qualifiers, each as often as it is listed."""
    document = json.loads(out.read_bytes())
    found: Counter[str] = Counter()
    waiting = list(document.get("components") or ())
    while waiting:
        component = waiting.pop()
        waiting += component.get("components") or ()
        purl = component.get("purl")
        if purl and component.get("type") != "operating-system":
            found[unquote(purl.partition("?")[0].partition("#")[0])] += 1
    return found


def run(command: list[str], out: Path, runs: int, environment: dict[str, str], *, fresh: Path | None = None) -> Run:
    """Run a command `runs` times and give the best of each. fresh: a folder that is emptied before each run."""
    best: Run | None = None
    for _ in range(runs):
        if fresh is not None:
            shutil.rmtree(fresh, ignore_errors=True)
        wall, cpu, memory = measure(command, environment)
        if best is None:
            best = Run(wall, cpu, memory, packages_of(out))
        best = Run(min(best.wall, wall), min(best.cpu, cpu), max(best.memory, memory), best.packages)
    if best is None:
        raise ValueError(f"{runs} runs; at least 1 is needed")
    return best


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def table(rows: list[list[str]]) -> str:
    """Write a Markdown table; the first row is its head."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + "|".join([" --- ", *([" ---: "] * (len(rows[0]) - 1))]) + "|")
    return "\n".join(lines)


def kinds(packages: Counter[str]) -> Counter[str]:
    """Count packages by purl type, each once."""
    return Counter(purl.removeprefix("pkg:").partition("/")[0] for purl in packages)


def difference(ours: Counter[str], theirs: Counter[str]) -> list[str]:
    """Give what the other tool lists and custody does not, sorted."""
    known = {_plain(purl) for purl in ours}
    return sorted(purl for purl in theirs if _plain(purl) not in known)


def _plain(purl: str) -> str:
    """Give a purl so that two spellings of one package are one: case, epochs, and `v` before a version are left out."""
    name, _, version = purl.lower().rpartition("@") if "@" in purl.rpartition("/")[2] else (purl.lower(), "", "")
    return f"{name.replace('_', '-')}@{version.removeprefix('v')}"


def report(images: list[Path], programs: dict[str, str], runs: int, page: Path | None) -> None:
    """Measure everything, print it, and write it down."""
    work = Path(tempfile.mkdtemp(prefix="custody-bench-"))
    speed = [["", "tool", "wall s", "CPU s", "memory MB", "packages", "wall against custody"]]
    found: dict[str, dict[str, Counter[str]]] = {}
    for image in images:
        cache = work / "cache"
        out = work / "out.json"
        cold = {"CUSTODY_CACHE": str(cache)}
        floor = min(floor_of(image) for _ in range(runs))
        results = {"custody": run(custody_command(image, out), out, runs, cold, fresh=cache)}
        if image.suffix != ".dir":
            results["custody, seen before"] = run(custody_command(image, out), out, runs, cold)
        for tool, program in programs.items():
            if tool == "cdxgen" and image.suffix != ".dir":
                continue
            quiet = {"SYFT_CHECK_FOR_APP_UPDATE": "false", "TRIVY_CACHE_DIR": str(work / "trivy")}
            fresh = work / "trivy" if tool == "trivy" else None
            results[tool] = run(
                peer_command(tool, program, image, out), out, runs if tool != "cdxgen" else 1, quiet, fresh=fresh
            )
            if tool == "trivy":
                results["trivy, seen before"] = run(peer_command(tool, program, image, out), out, runs, quiet)
        ours = results["custody"]
        speed.append([f"**{image.name}**", "floor", f"{floor:.2f}", "", "", "", f"{floor / ours.wall:.2f}"])
        for tool, result in results.items():
            speed.append(
                ["", tool, f"{result.wall:.2f}", f"{result.cpu:.2f}", f"{result.memory / 1e6:.0f}",
                 str(len(result.packages)), f"{result.wall / ours.wall:.2f}"]
            )  # fmt: skip
        found[image.name] = {tool: result.packages for tool, result in results.items() if "seen" not in tool}
        print(table([speed[0], *speed[-len(results) - 1 :]]), flush=True)
    text = [_INTRODUCTION.format(machine=_machine(), tools=_versions(programs)), table(speed), _COMPARED]
    everything: list[str] = []
    for name, tools in found.items():
        if name.endswith(".tar"):
            continue  # the same packages as in the layout
        all_kinds = sorted({kind for packages in tools.values() for kind in kinds(packages)})
        rows = [["type", *tools]] + [[kind, *(str(kinds(p)[kind]) for p in tools.values())] for kind in all_kinds]
        text += [f"### {name}", table(rows)]
        for tool, packages in tools.items():
            twice = sum(count - 1 for count in packages.values())
            text.append(f"{tool}: {len(packages)} packages, {twice} listed more than once.")
        for tool, packages in tools.items():
            if tool == "custody":
                continue
            missing = difference(tools["custody"], packages)
            more = difference(packages, tools["custody"])
            text.append(_listed(f"Only {tool}", missing))
            text.append(_listed(f"Only custody, against {tool}", more))
            everything += [f"{name} only {tool}: {purl}" for purl in missing]
            everything += [f"{name} only custody, against {tool}: {purl}" for purl in more]
    if page is not None:
        page.write_text("\n\n".join(text) + "\n", encoding="utf-8")
        (work / "differences.txt").write_text("\n".join(everything) + "\n", encoding="utf-8")
        print(f"bench: wrote {page}; all differences stand in {work / 'differences.txt'}")


def _listed(title: str, purls: list[str]) -> str:
    if not purls:
        return f"{title}: nothing."
    more = f" … and {len(purls) - _SHOWN} more" if len(purls) > _SHOWN else ""
    by_kind = ", ".join(f"{count} {kind}" for kind, count in kinds(Counter(purls)).most_common())
    return f"{title}: {len(purls)} ({by_kind}): " + ", ".join(f"`{purl}`" for purl in purls[:_SHOWN]) + more


def _machine() -> str:
    cores, load = os.cpu_count(), os.getloadavg()[0]
    return f"{cores} cores ({platform.machine()}), Python {platform.python_version()}, load {load:.1f}"


def _versions(programs: dict[str, str]) -> str:
    found = []
    for tool, program in programs.items():
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.split()
        found.append(f"{tool} {next((word for word in said if word[:1].isdigit()), '')}")
    return ", ".join(found) or "none"


_INTRODUCTION = """# Listing packages, side by side

Written by `make bench-inventory`; what is measured, and how, stands at the top of `bench/inventory.py`. Machine:
{machine}. Peers: {tools}. What a peer could not be installed for is not in the table."""

_COMPARED = """## What each one found

A package that another tool lists and custody does not is one of three things: something that is not there, a name for
something that custody lists under another one, or something that custody misses.
[The comparison](inventory-comparison.md) says which."""


def main() -> None:
    """Read the command line and go."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="names of images, separated by commas")
    for tool in ("syft", "trivy", "cdxgen"):
        parser.add_argument(f"--{tool}", default=shutil.which(tool))
    given = parser.parse_args()
    order = {".oci": 0, ".tar": 1, ".dir": 2}
    images = [path for path in given.images.iterdir() if path.suffix in order]
    images.sort(key=lambda path: (order[path.suffix], path.name))
    if given.only:
        images = [path for path in images if path.name in given.only.split(",")]
    programs = {tool: getattr(given, tool) for tool in ("syft", "trivy", "cdxgen") if getattr(given, tool)}
    report(images, programs, given.runs, given.page)


if __name__ == "__main__":
    main()
