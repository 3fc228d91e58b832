"""Make tests/vectors/versions/<name>.txt: ask each ecosystem's own tool how versions compare.

    scripts/version_vectors/build.sh TOOLS
    python scripts/version_vectors/make.py TOOLS FOLDER-OF-OSV-DUMPS [--pairs N] [--out FOLDER] [NAME…]

Each file begins with a line that names the tool and its version. Then lines `A < B`, `A = B`, and `A invalid` for what
the tool takes for no version. The versions are those that advisories name (facts), those below, and both with a
change made at random from a fixed seed.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parent.parent.parent
INVALID = 150
_PIECES = re.compile(r"[0-9]+|[A-Za-z]+")
_PLAIN = re.compile(r"[!-~]+")


@dataclass(frozen=True)
class Kind:
    """What to ask one tool about.

    dumps: folders of OSV dumps whose versions are taken; seeds: further versions, whose every pair is asked about;
    parts: what is put into a version to get one that is nearly the same; lenient: what we read on purpose, though the
    tool refuses it; skip: what makes a pair "A B" one that the tool has no order for; circles: the tool's answers may
    go round in a circle, and pairs that do so by way of what one of the two begins with are left out.
    """

    dumps: tuple[str, ...]
    seeds: str
    parts: str
    lenient: str = r"(?!)"
    skip: str = r"(?!)"
    circles: bool = False


KINDS = {
    name: Kind(**{**row, "dumps": tuple(row["dumps"])})
    for name, row in tomllib.loads((Path(__file__).parent / "kinds.toml").read_text(encoding="utf-8")).items()
}


def versions(folder: Path, ecosystem: str) -> list[list[str]]:
    """Give the versions that the ecosystem's advisories name, one list for each package."""
    found: dict[str, set[str]] = {}
    with ZipFile(folder / ecosystem / "all.zip") as archive:
        for name in archive.namelist():
            for affected in json.loads(archive.read(name)).get("affected", []):
                package = affected.get("package") or {}
                if package.get("ecosystem", "").partition(":")[0] != ecosystem:
                    continue
                names = set(affected.get("versions", []))
                for line in affected.get("ranges", []):
                    if line["type"] != "GIT":
                        names |= {version for event in line["events"] for version in event.values()}
                found.setdefault(package["name"], set()).update(n for n in names if _PLAIN.fullmatch(n))
    return [sorted(names) for _, names in sorted(found.items()) if names]


def mutated(version: str, parts: list[str], chance: random.Random) -> str:
    """Give the version with one thing put in, or one character taken out."""
    place = chance.randrange(len(version) + 1)
    if chance.random() < 0.25 and place < len(version) and len(version) > 1:
        return version[:place] + version[place + 1 :]
    what = chance.choice(parts)
    return version + what if chance.random() < 0.6 else version[:place] + what + version[place:]


def pairs(name: str, kind: Kind, dumps: Path, count: int) -> list[tuple[str, str]]:
    """Give pairs to ask about: of one package, or of a version and what a change makes of it."""
    chance = random.Random(name)  # noqa: S311 - not for secrets: the same vectors each time
    seeds, parts = kind.seeds.split(), kind.parts.split()
    known = [names for ecosystem in kind.dumps for names in versions(dumps, ecosystem)] + [seeds] * 20
    skip = re.compile(kind.skip)
    chosen = {(a, b) for a in seeds for b in seeds if a < b and not skip.search(f"{a} {b}")}
    while len(chosen) < 2 * count:
        names = chance.choice(known) if chance.random() < 0.7 else seeds
        first = chance.choice(names)
        second = chance.choice(names) if chance.random() < 0.4 else mutated(first, parts, chance)
        while chance.random() < 0.3:
            first = mutated(first, parts, chance)
        if first != second and not skip.search(f"{first} {second}"):
            chosen.add((first, second))
    return sorted(chosen)


def ask(program: Path, asked: list[tuple[str, str]]) -> tuple[str, list[str]]:
    """Give the tool's name and its answers."""
    lines = "".join(f"{a} {b}\n" for a, b in asked)
    done = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
    tool, *answers = done.stdout.splitlines()
    if len(answers) != len(asked):
        raise SystemExit(f"{program}: {len(asked)} questions, {len(answers)} answers")
    return tool, answers


def without_circles(
    program: Path, asked: list[tuple[str, str]], answers: list[str]
) -> tuple[list[tuple[str, str]], list[str]]:
    """Leave out a pair (a, b) where the tool says other things of it than of a and c with c and b.

    c: what a or b begins with, or 0.
    """
    kept = []
    middles = [{"0"} | {v[: m.end()] for v in pair for m in _PIECES.finditer(v)} - set(pair) for pair in asked]
    ways = [(a, c, b) for (a, b), between in zip(asked, middles, strict=True) for c in sorted(between)]
    there = ask(program, [(a, c) for a, c, _ in ways])[1]
    back = ask(program, [(c, b) for _, c, b in ways])[1]
    said: dict[tuple[str, str], set[str]] = {}
    for (a, _, b), one, two in zip(ways, there, back, strict=True):
        if one == two or "=" in (one, two):
            said.setdefault((a, b), set()).add(two if one == "=" else one)
    for pair, answer in zip(asked, answers, strict=True):
        if said.get(pair, set()) <= {answer}:
            kept.append((pair, answer))
    return [pair for pair, _ in kept], [answer for _, answer in kept]


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tools", type=Path)
    parser.add_argument("dumps", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--pairs", type=int, default=3000)
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "vectors" / "versions")
    given = parser.parse_intermixed_args()
    for name in given.names or sorted(KINDS):
        kind, program = KINDS[name], given.tools / "bin" / name
        if not program.exists():
            print(f"{name}: no tool, left as it is")
            continue
        asked = pairs(name, kind, given.dumps, given.pairs)
        tool, answers = ask(program, asked)
        if kind.circles:
            asked, answers = without_circles(program, asked, answers)
        lines = [
            f"{b} < {a}" if sign == ">" else f"{a} {sign} {b}"
            for (a, b), sign in zip(asked, answers, strict=True)
            if sign in "<=>"
        ]
        chance = random.Random(name)  # noqa: S311
        lines = sorted(chance.sample(lines, min(given.pairs, len(lines))))
        lenient = re.compile(kind.lenient)
        candidates = sorted({v for pair in asked for v in pair if not lenient.fullmatch(v)})
        _, judged = ask(program, [(v, v) for v in candidates])
        bad = [v for v, sign in zip(candidates, judged, strict=True) if sign == "?"]
        lines += [f"{v} invalid" for v in sorted(chance.sample(bad, min(INVALID, len(bad))))]
        (given.out / f"{name}.txt").write_text("\n".join([f"# The tool: {tool}", *lines]) + "\n", encoding="utf-8")
        print(f"{name}: {tool}, {len(lines)} lines")


if __name__ == "__main__":
    main()
