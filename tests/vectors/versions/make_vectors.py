"""Make the vectors in this folder: ask each ecosystem's own tool how versions compare. See README.md."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from zipfile import ZipFile

from packaging.version import InvalidVersion, Version

HERE = Path(__file__).resolve().parent
PAIRS = 3000
INVALID = 150
# What is put into a version, or cut out of it, to get one that is nearly the same.
MUTATIONS = {
    "PyPI": [".0", ".1", "a1", "b2", "rc3", ".post1", ".dev4", "+local.1", "+1", "1!", "-1", "_", "C", ".00", "9" * 20],
    "npm": ["-0", "-alpha", "-alpha.1", "-alpha.beta", "-1", ".1", "+build", "-rc.10", "-rc.2", "v", "0", "-A", "--"],
    "Debian": ["~", "~~", "+", "-1", "a", "Z", ".0", "0", "1:", "~rc1", "+deb11u1", "~bpo10+1", ".", "007", "9" * 20],
}
SEEDS = {
    "PyPI": [
        "1.0",
        "1.0.0",
        "1.0.dev1",
        "1.0a1.dev1",
        "1.0a1",
        "1.0rc1",
        "1.0.post1.dev2",
        "1.0+abc",
        "1.0+5",
        "1!0.5",
    ],
    "npm": ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0"],
    "Debian": ["1.0", "1.0-0", "1.0~~", "1.0~~a", "1.0~", "1.0a", "1.0+", "0:1.0", "1:0", "1.0-1", "00", "0", "1.0.-"],
}


def versions(folder: Path, ecosystem: str) -> dict[str, list[str]]:
    """Give every version that the ecosystem's advisories name, by package."""
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
                found.setdefault(package["name"], set()).update(
                    n for n in names if n and " " not in n and n.isprintable()
                )
    return {package: sorted(names) for package, names in sorted(found.items()) if names}


def mutated(version: str, extra: list[str], chance: random.Random) -> str:
    """Give the version with one thing put in, or one character taken out."""
    place = chance.randrange(len(version) + 1)
    if chance.random() < 0.25 and place < len(version):
        return version[:place] + version[place + 1 :]
    end = chance.random() < 0.5
    what = chance.choice(extra)
    return version + what if end else version[:place] + what + version[place:]


def pairs(ecosystem: str, known: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Give pairs to ask about: of one package, or of a version and what a mutation makes of it."""
    chance = random.Random(ecosystem)  # noqa: S311 - not for secrets: the same vectors each time
    seeds, extra = SEEDS[ecosystem], MUTATIONS[ecosystem]
    chosen = {(a, b) for a in seeds for b in seeds if a < b}
    packages = sorted(known)
    while len(chosen) < (4 if ecosystem == "npm" else 2) * PAIRS:
        names = known[chance.choice(packages)]
        first = chance.choice(names)
        second = chance.choice(names) if chance.random() < 0.4 else mutated(first, extra, chance)
        if chance.random() < 0.3:
            first = mutated(first, extra, chance)
        # dpkg takes a leading minus for one of its options, and a plus for a part of the epoch's number.
        if first != second and all(v and v[0] not in "+-" for v in (first, second)):
            chosen.add((first, second))
    return sorted(chosen)


def ask_packaging(asked: list[tuple[str, str]]) -> Iterable[str]:
    """Give "<", "=" or ">" for each pair, "" with an invalid version in it."""
    for pair in asked:
        try:
            a, b = map(Version, pair)
        except InvalidVersion:
            yield ""
        else:
            yield "<" if a < b else ">" if a > b else "="


def ask_npm(asked: list[tuple[str, str]]) -> Iterable[str]:
    """Likewise, by npm's own copy of node-semver."""
    module = (Path(shutil.which("npm") or "npm").resolve().parent.parent / "node_modules" / "semver").as_posix()
    script = (
        f"const s = require({json.dumps(module)});"
        "const asked = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "const say = ([a, b]) => s.valid(a) && s.valid(b) ? '=><'.at(s.compare(a, b)) : '';"
        "console.log(JSON.stringify(asked.map(say)));"
    )
    done = subprocess.run(["node", "-e", script], input=json.dumps(asked), capture_output=True, text=True, check=True)
    answers: list[str] = json.loads(done.stdout)
    return answers


def ask_dpkg(asked: list[tuple[str, str]]) -> Iterable[str]:
    """Likewise, by dpkg; "?" for what it takes with a warning only."""
    for a, b in asked:
        for relation, sign in (("lt", "<"), ("eq", "="), ("gt", ">")):
            command = ["dpkg", "--compare-versions", a, relation, b]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 1 or done.stderr:
                yield "" if done.returncode > 1 else "?" if done.stderr else sign
                break


def main() -> None:
    """Write the files."""
    folder = Path(sys.argv[1])
    tools: dict[str, tuple[str, Callable[[list[tuple[str, str]]], Iterable[str]]]] = {
        "PyPI": ("pypi", ask_packaging),
        "npm": ("npm", ask_npm),
        "Debian": ("debian", ask_dpkg),
    }
    for ecosystem, (name, ask) in tools.items():
        asked = pairs(ecosystem, versions(folder, ecosystem))
        lines = []
        for (a, b), sign in zip(asked, ask(asked), strict=True):
            if sign and sign != "?":
                lines.append(f"{b} < {a}" if sign == ">" else f"{a} {sign} {b}")
        chance = random.Random(name)  # noqa: S311
        lines = sorted(chance.sample(lines, min(PAIRS, len(lines))))
        candidates = sorted({version for pair in asked for version in pair})
        bad = [v for v, sign in zip(candidates, ask([(v, v) for v in candidates]), strict=True) if not sign]
        if ecosystem == "npm":  # 6 and 6.0 are no versions to npm, but stand in advisories, and mean 6.0.0 there
            bad = [v for v in bad if not re.fullmatch(r"v?\d+(\.\d+)?([-+].*)?", v)]
        lines += [f"{v} invalid" for v in sorted(chance.sample(bad, min(INVALID, len(bad))))]
        (HERE / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
