"""Make the vectors of operating systems in tests/vectors/versions: ask each system's own tool how versions compare.

    python scripts/make_system_vectors.py FOLDER-OF-OSV-DUMPS [NAME ...]

Needs the tools on the PATH: dpkg; rpm; apk (apk-tools 2.14 or later); vercmp (pacman); pkg (FreeBSD); and a Python
with portage, named by PORTAGE_PYTHON. The versions are those that advisories of Debian, AlmaLinux and Alpine name, and
what changes at random make of them, from a fixed seed. A line is `A < B`, `A = B` or `A invalid`.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from zipfile import ZipFile

TARGET = Path(__file__).resolve().parent.parent / "tests" / "vectors" / "versions"
PAIRS = 4000
INVALID = 150
Pair = tuple[str, str]
Ask = Callable[[Sequence[Pair]], Iterable[str]]


@dataclass(frozen=True)
class System:
    """Where versions come from, what is put into them, and who is asked.

    pieces, nasty: texts with blanks between them; the nasty ones are compared with each other. shape: what the tool
    takes for a version, where it does not say so itself. tool: the command that says which tool it is.
    """

    dump: str
    pieces: str
    nasty: str
    ask: Ask
    tool: tuple[str, ...]
    about: str
    adapt: Callable[[str], str] = str
    shape: str = ""


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a tool, whatever comes of it."""
    return subprocess.run(command, capture_output=True, text=True, check=False)


def ask_dpkg(pairs: Sequence[Pair]) -> Iterable[str]:
    """Give "<", "=" or ">" for each pair, "" with an invalid version in it, "?" for one taken with a warning."""
    for a, b in pairs:
        for relation, sign in (("lt", "<"), ("eq", "="), ("gt", ">")):
            done = run(["dpkg", "--compare-versions", a, relation, b])
            if done.returncode != 1 or done.stderr:
                yield "" if done.returncode > 1 else "?" if done.stderr else sign
                break


def ask_rpm(pairs: Sequence[Pair]) -> Iterable[str]:
    """Likewise, by RPM."""
    with NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(f"{a} {b}\n" for a, b in pairs))
        file.flush()
        script = (
            f'for line in io.lines("{file.name}") do local a, b = line:match("([^ ]+) ([^ ]+)");'
            " print(rpm.vercmp(a, b)) print(';') end"
        )
        done = run(["rpm", "--eval", "%{lua:" + script + "}"])
    signs = {"-1": "<", "0": "=", "1": ">"}
    return [signs[answer] for answer in re.findall(r"-?\d+", done.stdout)]


def ask_apk(pairs: Sequence[Pair]) -> Iterable[str]:
    """Likewise, by apk."""
    for a, b in pairs:
        valid = all(run(["apk", "version", "-c", version]).returncode == 0 for version in (a, b))
        yield run(["apk", "version", "-t", a, b]).stdout.strip() if valid else ""


def ask_vercmp(pairs: Sequence[Pair]) -> Iterable[str]:
    """Likewise, by pacman."""
    for a, b in pairs:
        answer = run(["vercmp", a, b]).stdout.strip()
        # It calls 1.0 equal to both 1.0-1 and 1.0-2, and so cannot be asked about a pair of which one has a pkgrel.
        yield {"-1": "<", "0": "=", "1": ">"}[answer] if ("-" in a) == ("-" in b) else "?"


def ask_portage(pairs: Sequence[Pair]) -> Iterable[str]:
    """Likewise, by portage."""
    script = (
        "import json, sys; from portage.versions import vercmp, ververify;"
        "valid = lambda pair: all(map(ververify, pair));"
        "print(json.dumps([vercmp(*pair) if valid(pair) else None for pair in json.load(sys.stdin)]))"
    )
    command = [os.environ.get("PORTAGE_PYTHON", sys.executable), "-c", script]
    done = subprocess.run(command, input=json.dumps(pairs), capture_output=True, text=True, check=True)
    return ["" if a is None else "<" if a < 0 else ">" if a > 0 else "=" for a in json.loads(done.stdout)]


def ask_pkg(pairs: Sequence[Pair]) -> Iterable[str]:
    """Likewise, by FreeBSD's pkg."""
    for a, b in pairs:
        yield run(["pkg", "version", "-t", a, b]).stdout.strip()


SYSTEMS = {
    "debian": System(
        dump="Debian",
        pieces="~ ~~ + -1 a Z .0 0 1: ~rc1 +deb11u1 ~bpo10+1 . 007 99999999999999999999",
        nasty="1.0 1.0-0 1.0~~ 1.0~~a 1.0~ 1.0a 1.0+ 0:1.0 1:0 1.0-1 00 0 1.0.-",
        ask=ask_dpkg,
        tool=("dpkg", "--version"),
        about="dpkg --compare-versions",
    ),
    "rpm": System(
        dump="AlmaLinux",
        pieces=(
            "~ ^ ~rc1 ^git1 ^20240101 a Z . .. _ + -1 .0 0 1: 0: 007 9999999999999999999999999 .el9 ~~ ^^ ^~ ~^ % ._."
        ),
        nasty=(
            "1.0 1.0. 1.0.. 1_0 1.0a 1.0.a 1.a 1.0~ 1.0~rc1 1.0^ 1.0^git1 1.0^git1~ 1.0~rc1^git1 1.0-1 1.0- "
            "0:1.0-1 1:0.1-1 :1.0 01.0 1.00 1.0^1.1 1.0~1.1 10 1a a1 a A ~ ^ 1.0~~ 1.0^^ 1.0.~ 1.0.^ 1-1~1 1-1^1 "
            "1.0-0 a.1.b"
        ),
        ask=ask_rpm,
        tool=("rpm", "--version"),
        about="rpm.vercmp of its Lua",
        shape=r"([0-9]*:)?[A-Za-z0-9._+~^%{}]+(-[A-Za-z0-9._+~^%{}]*)?",
    ),
    "alpine": System(
        dump="Alpine",
        pieces=(
            "_alpha _beta2 _pre _rc1 _cvs _svn3 _git20200101 _hg _p _p1 _foo ~0f1e2d a z A .0 .00 .01 .010 . 0 "
            "-r0 -r1 -r010 -r 1 999999999999999 _ ~"
        ),
        nasty=(
            "1 1.0 1.00 1.01 1.010 1.1 1.10 1.9 01 1a 1b 1.0a 1_rc 1_rc1 1_p 1_p0 1_p1 1_alpha_p 1_p_alpha "
            "1_alpha 1_git 1_git1 1~ab 1~abc 1~ab-r1 1-r0 1-r1 1.0-r0 1.0_rc1-r3 1a_p1 1a-r1 1_hg_svn 1_svn_hg "
            "1.0.0 1.0.0_beta 0.1"
        ),
        ask=ask_apk,
        tool=("apk", "--version"),
        about="apk version -t",
    ),
    "pacman": System(
        dump="AlmaLinux",
        pieces="a rc1 beta . .. _ + -1 .0 0 1: 0: 007 9999999999999999999999999 .r12.gabc ~ ^",
        nasty=(
            "1.0a 1.0alpha 1.0b 1.0beta 1.0p 1.0pre 1.0rc 1.0 1.0.a 1.0.1 1.0..1 1..0 1_0 1.0-1 1.0-2 1:1.0-1 "
            "0:1.0-1 1.0a1 a a1 a.1 1a 1.a 1..a .1 ..1"
        ),
        ask=ask_vercmp,
        tool=("pacman", "--version"),
        about="vercmp",
        shape=r"([0-9]+:)?[!-,.0-9;-~]*[A-Za-z0-9](-[!-,.0-9;-~]*[A-Za-z0-9])?",
    ),
    "gentoo": System(
        dump="Alpine",
        pieces="_alpha _beta2 _pre _rc1 _p _p1 _foo a z A .0 .00 .01 .010 . 0 -r0 -r1 -r010 -r 1 999999999999999 _",
        nasty=(
            "1 1.0 1.00 1.01 1.010 1.1 1.10 1.9 01 1a 1b 1.0a 1_rc 1_rc1 1_p 1_p0 1_p1 1_alpha_p 1_p_alpha "
            "1_alpha 1-r0 1-r1 1.0-r0 1.0_rc1-r3 1a_p1 0.1"
        ),
        ask=ask_portage,
        tool=(
            os.environ.get("PORTAGE_PYTHON", sys.executable),
            "-c",
            "import portage; print('portage', portage.VERSION)",
        ),
        about="portage.versions.vercmp",
    ),
    "freebsd": System(
        dump="Alpine",
        pieces=(
            "a b2 rc1 RC pl3 pre alpha beta1 .a .* * + +1 +0 .0 .0.0 .d2 _1 _0 ,1 ,0 . .. 0 1 999999999999999 dev g r"
        ),
        nasty=(
            "10 10.0 10.0.0 10a 10.a 10alpha 10.alpha 10b 10a1b2 10a1.b2 a 0 10.* 2.* 2pl1 2alpha3 2.9f7 3.* 1.d2 "
            "1.dev2 1.Development2 1.0+1 1.0+0 1.0+0+1 1.0.0.1 1.0.0.a 1.0.a 1.a 1.1 1.0 1.0_1 1.0_1,1 1.0,1 "
            "10..1 .1 1+a+1 1+"
        ),
        ask=ask_pkg,
        tool=("pkg", "--version"),
        about="pkg version -t",
        adapt=lambda version: re.sub(r"-r(\d+)$", r"_\1", version),
        shape=r"[A-Za-z0-9.+*]+(_[0-9]+)?(,[0-9]+)?",
    ),
}


def versions(folder: Path, ecosystem: str, adapt: Callable[[str], str]) -> list[list[str]]:
    """Give the versions that the ecosystem's advisories name, a list for each package."""
    found: dict[str, set[str]] = {}
    with ZipFile(folder / ecosystem / "all.zip") as archive:
        for name in archive.namelist():
            for affected in json.loads(archive.read(name)).get("affected", []):
                events = [e for line in affected.get("ranges", []) for e in line["events"] if line["type"] != "GIT"]
                names = {version for event in events for version in event.values()} | set(affected.get("versions", []))
                found.setdefault(affected["package"]["name"], set()).update(n for n in names if re.fullmatch(r"\S+", n))
    return [sorted(map(adapt, names)) for _, names in sorted(found.items()) if names]


def changed(version: str, pieces: Sequence[str], chance: random.Random) -> str:
    """Give the version with one thing put in, or one character taken out."""
    place = chance.randrange(len(version) + 1)
    if chance.random() < 0.25 and place < len(version):
        return version[:place] + version[place + 1 :]
    what = chance.choice(pieces)
    return version + what if chance.random() < 0.5 else version[:place] + what + version[place:]


def pairs(system: System, known: list[list[str]], chance: random.Random) -> list[Pair]:
    """Give pairs to ask about: of one package, or of a version and what changes make of it; and all nasty ones."""
    chosen = {(a, b) for a in system.nasty.split() for b in system.nasty.split() if a < b}
    while len(chosen) < 3 * PAIRS:
        names = chance.choice(known)
        first = chance.choice(names)
        second = chance.choice(names) if chance.random() < 0.3 else changed(first, system.pieces.split(), chance)
        for _ in range(chance.choice((0, 0, 0, 1, 2))):
            first, second = second or "0", changed(first, system.pieces.split(), chance)
        # Tools take a leading minus for one of their options, and dpkg a plus for a part of the epoch's number.
        if first != second and all(version and version[0] not in "+-" for version in (first, second)):
            chosen.add((first, second))
    return sorted(chosen)


def make(name: str, system: System, folder: Path) -> None:
    """Write one file."""
    chance = random.Random(name)  # noqa: S311 - not for secrets: the same vectors each time
    asked = pairs(system, versions(folder, system.dump, system.adapt), chance)
    shaped = [p for p in asked if not system.shape or all(re.fullmatch(system.shape, version) for version in p)]
    nasty = {(a, b) for a in system.nasty.split() for b in system.nasty.split()}
    kept: list[str] = []
    others: list[str] = []
    for (a, b), sign in zip(shaped, system.ask(shaped), strict=True):
        if sign in ("<", "=", ">"):
            line = f"{b} < {a}" if sign == ">" else f"{a} {sign} {b}"
            (kept if (a, b) in nasty else others).append(line)
    lines = sorted(kept + chance.sample(others, min(PAIRS - len(kept), len(others))))
    bad: list[str] = []
    if not system.shape:
        candidates = sorted({version for pair in asked for version in pair})
        answers = system.ask([(version, version) for version in candidates])
        bad = [version for version, sign in zip(candidates, answers, strict=True) if sign == ""]
    invalid = sorted(chance.sample(bad, min(INVALID, len(bad))))
    tool = run(system.tool)
    says = " ".join(next(line for line in (tool.stdout + tool.stderr).splitlines() if re.search(r"\w", line)).split())
    header = f"# As {system.about} says it. The tool: {says.strip('. -')}"
    text = "\n".join([header, *lines, *(f"{version} invalid" for version in invalid)])
    (TARGET / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
    print(f"{name}: {len(lines)} pairs, {len(invalid)} that are no versions")


if __name__ == "__main__":
    for wanted in sys.argv[2:] or SYSTEMS:
        make(wanted, SYSTEMS[wanted], Path(sys.argv[1]))
