"""dpkg's status file, stanza by stanza, and what its dependency fields say.

Spec: deb822(5), dpkg(1) "Package states", Debian Policy chapter 7 "Declaring relationships between packages".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from custody.inventory.interface import File
from custody.inventory.system_packages import MAX_CANDIDATES
from custody.model import Skipped

__all__ = ["Installed", "Stanza", "read_stanzas"]

ON_DISK = ("installed", "triggers-awaited", "triggers-pending", "half-configured", "unpacked")
"""Package states in which all files of the package are there: configured or not, they can be run."""
GONE = ("not-installed", "config-files")

MAX_FAULTS = 20
"""Broken stanzas told one by one; a file with more of them is no status file, and one line says so."""

_FIELD = re.compile(r"([!-9;-~]+):[ \t]*(.*)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]*")
_VERSION = re.compile(r"[A-Za-z0-9.+~:-]+")
_ARCHITECTURE = re.compile(r"[a-z0-9][a-z0-9_+-]*")  # OpenWrt's have underscores: mips_24kc
_RELATION = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9+._-]*)(?::([a-z0-9-]+))?\s*(?:[(\[<].*)?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stanza:
    """One package on disk. fields: by name in lower case; line: where it begins, counted from 1."""

    name: str
    version: str
    architecture: str
    line: int
    fields: dict[str, str] = field(compare=False)

    @property
    def place(self) -> str:
        """Give the name by which dpkg tells it from others: `libssl3:amd64`."""
        return f"{self.name}:{self.architecture}" if self.architecture else self.name

    def source(self) -> tuple[str, str]:
        """Give name and version of the source package; what the field leaves out is the binary's (Policy 5.6.1)."""
        match = re.fullmatch(r"\s*([A-Za-z0-9][A-Za-z0-9+._-]*)(?:\s*\(([^()]*)\))?\s*", self.fields.get("source", ""))
        if not match:
            # A binary-only rebuild, `1.2-3+b1`, is of the source 1.2-3; then dpkg writes the field. So what is left is
            # equal.
            return self.name, self.version
        return match[1], (match[2] or "").strip() or self.version

    def relations(self, name: str) -> Iterator[list[tuple[str, str]]]:
        """Give the alternatives of each relation, as (package, architecture qualifier or ""); versions are left out."""
        for clause in self.fields.get(name, "").split(","):
            found = [(match[1], match[2] or "") for part in clause.split("|") if (match := _RELATION.fullmatch(part))]
            if found:
                yield found


def read_stanzas(file: File) -> Iterator[Stanza | Skipped]:
    """Give each package that is on disk, and what cannot be read.

    Packages that are not, or no longer, installed give nothing. A stanza without `Status`, as in a distroless image's
    status.d, is of an installed package.
    """
    faults = 0
    for line, text in _split(file.data.decode("utf-8", "replace")):
        found = _read(file, line, text)
        if isinstance(found, Skipped):
            faults += 1
            if faults == MAX_FAULTS:
                yield Skipped(
                    where=file.at(f"line {line}"), reason="too many broken stanzas: the rest of them is not listed"
                )
            if faults >= MAX_FAULTS:
                continue
        if found is not None:
            yield found


def _split(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give (number of the first line, lines) of each stanza; empty lines part them."""
    start = 1
    lines: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line.strip():
            if not lines:
                start = number
            lines.append(line)
        elif lines:
            yield start, lines
            lines = []


def _read(file: File, line: int, lines: list[str]) -> Stanza | Skipped | None:
    fields: dict[str, list[str]] = {}
    name = ""
    for number, text in enumerate(lines, start=line):
        match = _FIELD.fullmatch(text.rstrip("\r"))
        if text[0] in " \t" and name:
            fields[name].append(text.strip())
        elif match and text[0] not in " \t#":
            name = match[1].lower()
            fields[name] = [match[2].strip()]
        elif not text.startswith("#"):
            return Skipped(
                where=file.at(f"line {number}"), reason="not a field of a dpkg status file: this stanza is left out"
            )
    return _check(file, line, {key: "\n".join(values) for key, values in fields.items()})


def _check(file: File, line: int, fields: dict[str, str]) -> Stanza | Skipped | None:
    name, version, architecture = (fields.get(key, "") for key in ("package", "version", "architecture"))
    where = file.at(f"line {line}")
    if not _NAME.fullmatch(name):
        return Skipped(
            where=where, reason=f"expected a package name, got {name[:60]!r}" if name else "no Package field"
        )
    status = fields.get("status", "install ok installed").split()
    state = status[2] if len(status) == 3 else ""
    if state in GONE:
        return None
    if state == "half-installed":
        return Skipped(where=where, reason=f"{name} is half-installed: which of its files are there is not known")
    if state not in ON_DISK:
        return Skipped(where=where, reason=f"{name} has the unknown status {fields.get('status', '')[:60]!r}")
    if not _VERSION.fullmatch(version):
        reason = f"{name} has the bad version {version[:60]!r}" if version else f"{name} has no Version field"
        return Skipped(where=where, reason=reason)
    return Stanza(
        name=name,
        version=version,
        architecture=architecture if _ARCHITECTURE.fullmatch(architecture) else "",
        line=line,
        fields=fields,
    )


class Installed:
    """All packages on disk, by the names under which others may depend on them."""

    def __init__(self, stanzas: Iterable[Stanza]) -> None:
        """Index real names and what packages provide."""
        self._real: dict[str, list[Stanza]] = {}
        self._provided: dict[str, list[Stanza]] = {}
        for stanza in stanzas:
            self._real.setdefault(stanza.name, []).append(stanza)
            for alternatives in stanza.relations("provides"):
                for name, _ in alternatives:
                    self._provided.setdefault(name, []).append(stanza)

    def resolve(self, stanza: Stanza, field: str) -> list[Stanza]:
        """Give what the relations of a field lead to: each alternative that is installed, by its name or provided."""
        found: dict[tuple[str, str, str], Stanza] = {}
        for alternatives in stanza.relations(field):
            for name, qualifier in alternatives:
                for target in self._candidates(stanza, name, qualifier):
                    if target != stanza:
                        found[target.name, target.architecture, target.version] = target
        return [found[key] for key in sorted(found)]

    def _candidates(self, stanza: Stanza, name: str, qualifier: str) -> list[Stanza]:
        candidates = (self._real.get(name) or self._provided.get(name) or [])[:MAX_CANDIDATES]
        if len(candidates) < 2:
            return candidates
        # Of a package that is there for several architectures, the depending one's counts unless it says otherwise
        # (Multi-Arch).
        wanted = (stanza.architecture, "all") if qualifier in ("", "any", "native") else (qualifier,)
        return [target for target in candidates if target.architecture in wanted] or candidates
