"""Steps into a requirements file, with nothing else changed.

Spec: https://pip.pypa.io/en/stable/reference/requirements-file-format/ and PEP 508, "Grammar".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from custody.advisories.fix.plan import Step

__all__ = ["changed_requirements"]

_LINE = re.compile(
    r"(?P<lead>[ \t]*)(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<extras>[ \t]*\[[^\]\n]*\])?[ \t]*"
    r"(?P<versions>(?:(?:===|==|~=|!=|<=|>=|<|>)[ \t]*[^ \t,;#\\\n]+(?:[ \t]*,[ \t]*)?)*)"
    r"(?P<rest>[ \t]*(?:(?:[;#\\]|--hash=).*)?)"
)
_HASH = re.compile(r"[ \t]*--hash=\S+[ \t]*\\?[ \t]*")


def changed_requirements(text: str, steps: Sequence[Step], *, pins: bool) -> tuple[str, list[str]]:
    """Give the file's text with the steps in it, and what a person has to do besides.

    A line that pins or bounds the package so that the new version does not fit is changed; its hashes are left out, for
    they are those of the old version. pins: the file lists all packages (it was compiled, or has hashes), so a package
    that is not in it is not added; otherwise one that only comes with others is added at the end, as a lower bound.
    """
    lines = text.splitlines(keepends=True)
    wanted = {_plain(step.package): step for step in steps if step.package_id.startswith("pkg:pypi/")}
    notes: list[str] = []
    done: set[str] = set()
    made: list[str] = []
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        match = _LINE.fullmatch(line.rstrip("\r\n"))
        step = wanted.get(_plain(match["name"])) if match else None
        if match is None or step is None:
            made.append(line)
            continue
        done.add(_plain(step.package))
        more = []
        while lines[position - 1].rstrip("\r\n").endswith("\\") and position < len(lines):
            more.append(lines[position])
            position += 1
        if _allows(match["versions"], step.to) and "==" not in match["versions"]:
            made += [line, *more]
            notes.append(f"{step.package}: the line allows {step.to} already; install or lock it anew")
            continue
        hashes = [extra for extra in more if _HASH.fullmatch(extra.rstrip("\r\n"))]
        if hashes or "--hash=" in match["rest"]:
            notes.append(f"{step.package}: its hashes are left out; make them anew for {step.to}")
        made.append(_pinned(match, step, line, kept=[extra for extra in more if extra not in hashes]))
        made += [extra for extra in more if extra not in hashes]
    added = [step for name, step in wanted.items() if name not in done and not pins and step.direct is not True]
    if added:
        end = "\n" if made and not made[-1].endswith("\n") else ""
        made.append(
            f"{end}# only here because something else requires them; these versions mend known vulnerabilities\n"
        )
        made += [f"{step.package}>={step.to}\n" for step in sorted(added, key=lambda step: step.package)]
    return "".join(made), notes


def _pinned(match: re.Match[str], step: Step, line: str, *, kept: Sequence[str]) -> str:
    """Give the line with the new version: pinned where it was pinned, a lower bound elsewhere."""
    sign = "===" if "===" in match["versions"] else "==" if "==" in match["versions"] else ">="
    rest = re.sub(r"[ \t]*--hash=\S+", "", match["rest"])
    if not kept:
        rest = re.sub(r"[ \t]*\\$", "", rest)
    end = line[len(line.rstrip("\r\n")) :]
    return f"{match['lead']}{match['name']}{match['extras'] or ''}{sign}{step.to}{rest.rstrip()}{end}"


def _allows(versions: str, version: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(versions.strip().rstrip(",")).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
