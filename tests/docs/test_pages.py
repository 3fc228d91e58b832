"""The pages lead somewhere, name targets that exist, and carry no address that belongs to one machine or registry."""

import gzip
import io
import re
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.conftest import ROOT

LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)")
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
TARGET = re.compile(r"^([a-z][a-z-]*):(?!=)(.*)$", re.MULTILINE)
# Spelled in pieces, so that this file does not hold what it forbids.
REGISTRIES = tuple(
    ".".join(labels)
    for labels in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("deb", "debian", "org"),
        ("index", "crates", "io"),
        ("static", "crates", "io"),
        ("proxy", "golang", "org"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
        ("security", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("dl-cdn", "alpinelinux", "org"),
        ("sum", "golang", "org"),
        ("plugins", "gradle", "org"),
        ("registry", "yarnpkg", "com"),
        ("rubygems", "org"),
        ("packagist", "org"),
        ("nuget", "org"),
        ("pub", "dev"),
        ("hex", "pm"),
        ("anaconda", "org"),
        ("cran", "r-project", "org"),
        ("hackage", "haskell", "org"),
        ("cpan", "org"),
        ("luarocks", "org"),
        ("opam", "ocaml", "org"),
        ("huggingface", "co"),
    )
)
"""Hosts of packages. Docker Hub's are not among them: a reference without a host means it, by Docker's own rule."""
_ANY_REGISTRY = b"|".join(re.escape(host.encode()) for host in REGISTRIES)
REGISTRY = re.compile(rb"(?<![\w-])(?:" + _ANY_REGISTRY + rb")(?![\w-]|\.\w)")
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work/(?:main|shared)|root/\.(?:pyenv|venv)|home/\w+/)")


def kept_files() -> list[Path]:
    """Give the files that the repository keeps or will keep."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("not a git checkout: cannot tell which files are kept")
    return sorted(ROOT / name for name in listing.stdout.decode().split("\0") if name and (ROOT / name).is_file())


def pages() -> list[Path]:
    """Give every Markdown page but the ones that are test data."""
    return [path for path in kept_files() if path.suffix == ".md" and "cases" not in path.parts]


def anchors(page: Path) -> set[str]:
    """Give the anchors that a page's headings make, in the common form."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ +(.*?)\s*$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(page: Path) -> list[str]:
    """Give the links of a page that lead to no file, or to no heading in it."""
    broken = []
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    return broken


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    broken = {str(page.relative_to(ROOT)): links for page in pages() if (links := broken_links(page))}
    assert not broken


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Here\n[a](nowhere.md) [b](#here) [c](#there) [d](https://example.test/)\n```\n[e](code.md)\n```\n"
    )
    assert broken_links(page) == ["nowhere.md", "#there"]


def test_every_make_target_in_a_page_exists_and_every_target_has_a_line_of_help() -> None:
    rules = dict(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    assert {name for name, rule in rules.items() if "## " not in rule} == set()
    named = {
        word
        for page in pages()
        for word in re.findall(r"(?:^ {4}|`|\$ )make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {"setup", "demo", "test"} <= rules.keys()
    assert named <= rules.keys()


def inside(data: bytes) -> Iterator[bytes]:
    """Give a file's bytes, and those of what it holds where it is a zip archive or compressed, all the way down."""
    yield data
    try:
        if data.startswith(b"\x1f\x8b"):
            yield from inside(gzip.decompress(data))
        elif data.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for member in archive.infolist():
                    yield from inside(archive.read(member))
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return  # a damaged one is some case's point


def registry_in(data: bytes) -> str:
    """Give the first host of a public registry that a file names, inside its archives too; "" where there is none."""
    found = (match.group().decode() for content in inside(data) if (match := REGISTRY.search(content)))
    return next(found, "")


def test_no_file_names_a_public_registry_or_a_place_on_one_machine() -> None:
    found = []
    for path in kept_files():
        data = path.read_bytes()
        place = MACHINE_PATH.search(data.decode("utf-8", "replace"))
        if named := registry_in(data) or (place and place.group()):
            found.append(f"{path.relative_to(ROOT)}: {named}")
    assert not found


def test_a_registry_in_an_archive_in_an_archive_is_noticed() -> None:
    written, outer = io.BytesIO(), io.BytesIO()
    host = REGISTRIES[0]
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.md", f"pip install --index-url https://{host}/simple/ it " * 3)
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.jar.gz", gzip.compress(written.getvalue()))
    assert registry_in(outer.getvalue()) == host
    assert registry_in(outer.getvalue()[:-9]) == ""
    assert registry_in(f"https://{host}.example/ and my{host}".encode()) == ""
