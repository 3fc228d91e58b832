"""Go modules: names, versions, sums, and the files that list them.

Spec: Go Modules Reference (https://go.dev/ref/mod), sections "go.mod files", "go.sum files", "Vendoring", "Versions".

    go_purl("github.com/Masterminds/semver/v3", "v3.2.1")    # pkg:golang/github.com/Masterminds/semver/v3@v3.2.1

A module path stands in the purl whole and as it is written: its last part is no subpath ("/v3" is part of the name),
and paths that differ in case are different modules. The purl specification's word that they be lowercased is older
than modules, and would make two modules one.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from custody.errors import InputError
from custody.model import Checksum, Purl, Skipped

__all__ = [
    "ModFile",
    "Module",
    "go_purl",
    "is_module_path",
    "module_sum",
    "parse_mod",
    "parse_sum",
    "release_of",
    "version_key",
]

MAX_TOKEN = 2000
"""Characters of a path or version. Go itself takes no longer ones."""

MAX_LINE = 10_000

_TOKEN = re.compile(r'//[^\n]*|"(?:[^"\\\n]|\\.)*"|`[^`\n]*`|=>|[()]|(?:(?!//)[^\s()"`])+')
_PATH = re.compile(r"[A-Za-z0-9_~+-][A-Za-z0-9._~+-]*(?:/[A-Za-z0-9._~+-]+)*")
_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_RELEASE = re.compile(r"go(\d+(?:\.\d+)*(?:(?:alpha|beta|rc)\d+)?)")


@dataclass(frozen=True, slots=True, order=True)
class Module:
    """A module at a version ("" for any, or for one that has none)."""

    path: str
    version: str = ""


@dataclass(slots=True)
class ModFile:
    """A go.mod or go.work.

    needs: (module, whether it is only `// indirect`, line). replaced: what stands for (path, version or "" for all);
    a replacement whose version is "" and whose path begins with "." or "/" is a folder. tools: packages that
    `go tool` runs. uses: folders of a workspace. skipped: lines that are not of the form that their verb asks for.
    """

    path: str = ""
    go: str = ""
    toolchain: str = ""
    needs: list[tuple[Module, bool, int]] = field(default_factory=list)
    replaced: dict[tuple[str, str], Module] = field(default_factory=dict)
    tools: list[str] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def replacement(self, module: Module) -> Module | None:
        """Give what stands for a module: a replacement of just this version goes before one of all versions."""
        return self.replaced.get((module.path, module.version)) or self.replaced.get((module.path, ""))


def is_module_path(text: str) -> bool:
    """Say whether a module can be called that: parts of ASCII letters, digits and "-._~+" between slashes."""
    return len(text) <= MAX_TOKEN and _PATH.fullmatch(text) is not None


def is_folder(text: str) -> bool:
    """Say whether what stands for a module is a folder: a path that begins with ".", "/" or a drive's letter."""
    return text.startswith((".", "/")) or re.match(r"[A-Za-z]:[\\/]", text) is not None


def go_purl(path: str, version: str = "") -> Purl:
    """Give the purl of a module."""
    namespace, _, name = path.rpartition("/")
    return Purl("golang", name, version, namespace)


def module_sum(text: str) -> tuple[Checksum, ...]:
    """Give the checksum of a `h1:…` text, the SHA-256 of the list of a module's files; () for what is no such text."""
    if not text.startswith("h1:"):
        return ()
    try:
        digest = base64.b64decode(text[3:], validate=True)
    except (binascii.Error, ValueError):
        return ()
    checksum = Checksum.parse("sha256", digest.hex())
    return (checksum,) if checksum else ()


def release_of(text: str) -> str:
    """Give the release of Go that a version text names: "go1.22.1 X:boringcrypto" is 1.22.1; "" for a development one.

    What a distribution wrote behind it ("(Red Hat 1.20.4-1)") is not part of it.
    """
    match = _RELEASE.match(text)
    return match[1] if match else ""


def version_key(version: str) -> tuple[object, ...]:
    """Give what module versions are ordered by (semantic versioning 2.0.0, section 11); others come first."""
    match = _VERSION.fullmatch(version)
    if match is None or len(version) > MAX_TOKEN:
        return (((0, ""),) * 3, 0, (), version)
    numbers = tuple(_number(part) for part in match.groups()[:3])
    if match[4] is None:
        return (numbers, 2, (), version)
    parts = tuple((0, _number(part), "") if part.isdigit() else (1, (0, ""), part) for part in match[4].split("."))
    return (numbers, 1, parts, version)


def _number(digits: str) -> tuple[int, str]:
    """Give what a number of any length is ordered by, without making one of it."""
    digits = digits.lstrip("0")
    return len(digits), digits


def parse_mod(data: bytes, where: str) -> ModFile:
    """Read a go.mod or go.work file; a bad line is noted and the others go on. Raises InputError: it is not UTF-8."""
    found = ModFile()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(where, f"not UTF-8: {error.reason} at byte {error.start}") from None
    for line, verb, words, comment in _lines(text, where, found.skipped):
        if not _take(found, verb, words, line, comment) or any(len(word) > MAX_TOKEN for word in words):
            reason = f"not a line of {verb[:40]!r}: {' '.join(words)[:80]!r}"
            found.skipped.append(Skipped(where=f"{where}:{line}", reason=reason))
    return found


def _take(found: ModFile, verb: str, words: list[str], line: int, comment: str) -> bool:
    """Take what one line says; False for one that is not of its verb's form.

    exclude, retract, godebug and ignore say nothing of what is needed; verbs to come are let pass as Go does.
    """
    if verb in ("module", "go", "toolchain", "tool", "use"):
        if len(words) != 1 or not words[0] or (verb == "module" and not is_module_path(words[0])):
            return False
        if verb in ("tool", "use"):
            (found.tools if verb == "tool" else found.uses).append(words[0])
        else:
            setattr(found, {"module": "path"}.get(verb, verb), words[0])
    elif verb == "require":
        if len(words) != 2 or not words[1] or not is_module_path(words[0]):
            return False
        found.needs.append((Module(words[0], words[1]), bool(re.match(r"//\s*indirect(\s|;|$)", comment)), line))
    elif verb == "replace":
        cut = words.index("=>") if "=>" in words else 0
        old, new = words[:cut], words[cut + 1 :]
        if len(old) not in (1, 2) or len(new) not in (1, 2) or (len(new) == 2 and not is_module_path(new[0])):
            return False
        found.replaced[old[0], "".join(old[1:])] = Module(new[0], "".join(new[1:]))
    return True


def _lines(text: str, where: str, skipped: list[Skipped]) -> Iterator[tuple[int, str, list[str], str]]:
    """Give (line number, verb, words, comment) of each line, those of a block with the verb of the block."""
    block = ""
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE:
            reason = f"expected at most {MAX_LINE} characters on a line"
            skipped.append(Skipped(where=f"{where}:{number}", reason=reason))
            continue
        tokens = _TOKEN.findall(line)
        comment = tokens.pop() if tokens and tokens[-1].startswith("//") else ""
        if not tokens:
            continue
        if block and tokens == [")"]:
            block = ""
        elif len(tokens) == 2 and tokens[1] == "(" and not block:
            block = tokens[0]
        else:
            verb, words = (block, tokens) if block else (tokens[0], tokens[1:])
            yield number, verb, [_unquoted(word) for word in words], comment
    if block:
        skipped.append(Skipped(where=where, reason=f"the block of {block[:40]!r} is not closed"))


def _unquoted(word: str) -> str:
    if word[0] == "`":
        return word[1:-1]
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word[0] == '"' and len(word) > 1 else word


def parse_sum(data: bytes) -> dict[Module, str]:
    """Read a go.sum file: module → the sum of its content. Sums of a go.mod alone are left out, as are bad lines."""
    sums: dict[Module, str] = {}
    for line in data.decode("utf-8", "replace").splitlines():
        words = line.split()
        is_sum = len(words) == 3 and not words[1].endswith("/go.mod") and max(map(len, words)) <= MAX_TOKEN
        if is_sum and is_module_path(words[0]):
            sums.setdefault(Module(words[0], words[1]), words[2])
    return sums
