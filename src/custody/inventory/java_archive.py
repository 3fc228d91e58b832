"""Java archives: what is taken out of them while their layer passes by.

    EXTRACTOR.extract("app/shop.jar", content)     # bytes
    read_extract(file.data, file.path).archive      # Archive, with those inside it

Reads: jar, war, ear and their kin by name, https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html. Of each,
and of those inside it at any depth: SHA-1 (by which Maven repositories know a file), manifest, Maven's descriptors
(https://maven.apache.org/shared/maven-archiver/), licence texts, SBOMs that a build put in, and which Java packages
its classes lie in.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import msgspec

from custody.errors import InputError
from custody.inventory.zip_reader import Budget, Limits, Member, open_member, read_directory, read_member
from custody.model import Content, Extractor

__all__ = ["ARCHIVE_TYPES", "EXTRACTOR", "Archive", "Extract", "read_extract"]

ARCHIVE_TYPES = ("jar", "war", "ear", "par", "sar", "nar", "jpi", "hpi", "kar", "lpkg")
"""By the ending of their names. A resource adapter (.rar) is not among them: nearly all files so named are RAR."""

LIMITS = Limits(member_bytes=1 << 20)
"""A descriptor of more than 1 MB is none: project files are written by people, and most have some kilobytes."""
MAX_SBOM_BYTES = 16 << 20
MAX_TEXT_BYTES = 64 << 10
"""Of a licence text: the GPL has 35 kB. What is much longer is a list of other people's notices."""
MAX_DEPTH = 8
"""Archives inside each other: an ear holds wars, these hold jars, and those may hold some too."""
MAX_ARCHIVES = 2_000
"""Archives inside one file: far more than a distribution of a whole application server brings."""
MAX_FILES = 10_000
"""Descriptors, manifests, licence texts and SBOMs that are read of one file and of all archives in it.

An ordinary archive has up to five of them, and `MAX_ARCHIVES` of these are as many as this; into the largest shaded
jars some hundred libraries were merged. Each descriptor becomes a package, so that a file of 20 kB could give half a
million of them.
"""
MAX_KEPT_BYTES = 128 << 20
"""What all of these may be together: the libraries of a large application come to some 15 MB."""
MAX_ROOTS = 64
"""Java packages that are kept of one archive; libraries have few, and a shaded jar is told by its descriptors."""

_CHUNK = 1 << 20
_ENDING = re.compile(rf"[^/]\.(?:{'|'.join(ARCHIVE_TYPES)})$", re.IGNORECASE)
_DESCRIPTOR = re.compile(
    r"(?:BOOT-INF/classes/|WEB-INF/classes/)?META-INF/maven/[^/]+/[^/]+/pom\.(?:properties|xml)|META-INF/MANIFEST\.MF",
    re.IGNORECASE,
)
_LICENCE = re.compile(
    r"(?:META-INF/)?(?:LICEN[CS]E|NOTICE|COPYING|COPYRIGHT)[^/]{0,40}(?<!\.class)(?<!/)", re.IGNORECASE
)
_SBOM = re.compile(r"META-INF/sbom/[^/]+\.json")
_MULTI_RELEASE = re.compile(r"META-INF/versions/\d+/")


class Archive(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What was taken out of one archive.

    sha1: hex digits. files: (name, content) of descriptors, manifest and SBOMs, sorted. texts: (name of a licence or
    notice file, key in `Extract.texts`). roots: Java packages of its classes, three names deep, "org/slf4j", sorted.
    inside: (name, archive) of those in it. problems: (name of a member, why it could not be read).
    """

    sha1: str = ""
    files: tuple[tuple[str, bytes], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    roots: tuple[str, ...] = ()
    inside: tuple[tuple[str, Archive], ...] = ()
    problems: tuple[tuple[str, str], ...] = ()


class Extract(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What was taken out of one file. texts: SHA-256 → licence text; many archives hold the same one."""

    archive: Archive
    texts: dict[str, bytes] = {}


def extract(path: str, content: Content) -> bytes:
    """Give an `Extract` as MessagePack. Raises InputError: no zip archive, or more in it than any real one has."""
    texts: dict[str, bytes] = {}
    left = _Left(Budget(LIMITS.total_bytes), MAX_ARCHIVES, MAX_FILES, MAX_KEPT_BYTES)
    archive = _read(content, path, 0, texts, left, "")
    return msgspec.msgpack.encode(Extract(archive=archive, texts=texts))


def read_extract(data: bytes, where: str) -> Extract:
    """Read what `extract` gave. Raises InputError: it is something else."""
    try:
        return msgspec.msgpack.decode(data, type=Extract)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise InputError(where, f"what was taken out of it cannot be read: {error}") from None


@dataclass(slots=True)
class _Left:
    """What may still be read of one file, with all archives in it."""

    budget: Budget
    archives: int
    files: int
    kept: int
    told: bool = False

    def allows(self, member: Member) -> bool:
        """Say whether one more descriptor may be read. Raises InputError for the first that may not."""
        self.files -= 1
        if self.files >= 0 and self.kept > 0:
            return True
        if self.told:
            return False
        self.told = True
        what = f"{MAX_FILES} descriptors" if self.files < 0 else f"{MAX_KEPT_BYTES} bytes of descriptors"
        raise InputError(member.name, f"is not read, nor any behind it: there are more than {what} in this file")


def _read(content: Content, where: str, depth: int, texts: dict[str, bytes], left: _Left, sha1: str) -> Archive:
    left.archives -= 1
    names, members = read_directory(content, where, LIMITS, _wanted)
    files: list[tuple[str, bytes]] = []
    notices: list[tuple[str, str]] = []
    inside: list[tuple[str, Archive]] = []
    problems: list[tuple[str, str]] = []
    for member in members:
        try:
            if _ENDING.search(member.name):
                inside.append((member.name, _read_inside(content, member, depth, texts, left)))
            elif not left.allows(member):
                continue
            elif _LICENCE.fullmatch(member.name):
                key = _text(content, member, texts, left)
                if key:
                    notices.append((member.name, key))
            else:
                limits = Limits(member_bytes=MAX_SBOM_BYTES) if _SBOM.fullmatch(member.name) else LIMITS
                data = read_member(content, member, member.name, limits, left.budget)
                left.kept -= len(data)
                files.append((member.name, data))
        except InputError as error:
            problems.append((_safe(member.name), error.what))
    return Archive(
        sha1=sha1 or _sha1(content),
        files=tuple(sorted((_safe(name), data) for name, data in files)),
        texts=tuple(sorted((_safe(name), key) for name, key in notices)),
        roots=_roots(names),
        inside=tuple(sorted(((_safe(name), found) for name, found in inside), key=lambda pair: pair[0])),
        problems=tuple(sorted(problems)),
    )


def _wanted(name: str) -> bool:
    if name.endswith(".class"):  # nearly all of them
        return False
    if _ENDING.search(name):
        return True
    if name[:9].upper() == "META-INF/" or name.startswith(("BOOT-INF/", "WEB-INF/")):
        return bool(_DESCRIPTOR.fullmatch(name) or _LICENCE.fullmatch(name) or _SBOM.fullmatch(name))
    return _LICENCE.fullmatch(name) is not None


def _read_inside(content: Content, member: Member, depth: int, texts: dict[str, bytes], left: _Left) -> Archive:
    if depth + 1 >= MAX_DEPTH:
        raise InputError(member.name, f"stands more than {MAX_DEPTH} archives deep")
    if left.archives <= 0:
        raise InputError(member.name, f"is not read: there are more than {MAX_ARCHIVES} archives in this file")
    inner, sha1, file = open_member(content, member, member.name, left.budget)
    try:
        return _read(inner, member.name, depth + 1, texts, left, sha1)
    finally:
        if file is not None:
            file.close()


def _text(content: Content, member: Member, texts: dict[str, bytes], left: _Left) -> str:
    """Keep a licence text once; give its key, "" for none."""
    if not 0 < member.size <= MAX_TEXT_BYTES:
        return ""
    data = read_member(content, member, member.name, LIMITS, left.budget)
    key = hashlib.sha256(data).hexdigest()
    if key not in texts:
        left.kept -= len(data)
        texts[key] = data
    return key


def _sha1(content: Content) -> str:
    sha1 = hashlib.sha1(usedforsecurity=False)
    for at in range(0, content.size, _CHUNK):
        sha1.update(content.read(at, _CHUNK))
    return sha1.hexdigest()


def _roots(names: tuple[str, ...]) -> tuple[str, ...]:
    """Give the Java packages of the classes, at most three names deep."""
    folders = {name.rpartition("/")[0] for name in names if name.endswith(".class")}
    found = set()
    for folder in folders:
        bare = _MULTI_RELEASE.sub("", f"{folder}/")
        for prefix in ("BOOT-INF/classes/", "WEB-INF/classes/"):
            bare = bare.removeprefix(prefix)
        if bare and not bare.startswith("META-INF/"):
            found.add("/".join(bare.split("/")[:3]).rstrip("/"))
    return tuple(_safe(name) for name in sorted(found)[:MAX_ROOTS])


def _safe(name: str) -> str:
    """Give a name that can be written as UTF-8."""
    return name if name.isascii() else name.encode("utf-8", "backslashreplace").decode("utf-8")


EXTRACTOR = Extractor(
    name="jar", extract=extract, globs=tuple(f"**/*.{kind}" for kind in ARCHIVE_TYPES), looks_inside=True
)
