"""A WordPress site: its core, plugins and themes.

Reads: `wp-includes/version.php`, the headers of plugins below `wp-content/plugins` and `wp-content/mu-plugins`
(https://developer.wordpress.org/plugins/plugin-basics/header-requirements/) and of themes in `style.css`.
Gives: name (the folder's, by which WordPress tells them apart), version, licence, author, home page, description, the
CPE of the core, edges from the core to them, from a plugin to those that it requires, from a theme to its parent.
Cannot know: checksums, download locations.

purl-spec has no type for WordPress. `wordpress-plugin` is what other tools write; themes are `wordpress-theme` here,
for a plugin and a theme may go by one name. The core is a generic package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from custody.errors import InputError
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.metadata import declared_licence, one_paragraph, person
from custody.model import Dependency, Package, Purl

HEAD = 8192
"""Bytes in which WordPress itself looks for a header (`get_file_data`)."""

_PLUGIN = re.compile(r"(?P<top>(?:.*/)?)wp-content/(?:mu-)?plugins/(?:(?P<folder>[^/]+)/)?(?P<file>[^/]+)\.php")
_THEME = re.compile(r"(?P<top>(?:.*/)?)wp-content/themes/(?P<folder>[^/]+)/style\.css")
_CORE = re.compile(r"\$wp_version\s*=\s*(?:'([^'\\]+)'|\"([^\"\\$]+)\")\s*;")
_HEADER = re.compile(r"^(?:[ \t]*<\?php)?[ \t/*#@]*(?P<key>[A-Z][A-Za-z ]+):(?P<value>.*)$", re.MULTILINE)
_SLUG = re.compile(r"[A-Za-z0-9][\w.-]*")
_VERSION = re.compile(r"[0-9][A-Za-z0-9.-]*")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the core, plugin or theme that the file describes."""
    if file.path.endswith("wp-includes/version.php"):
        yield _core(file)
        return
    headers = _headers(file.data)
    plugin, theme = _PLUGIN.fullmatch(file.path), _THEME.fullmatch(file.path)
    if plugin and "Plugin Name" in headers:
        slug = _slug(plugin["folder"] or plugin["file"], file)
        package = _package("wordpress-plugin", slug, headers, headers.get("Plugin URI", ""), file)
        needs = [
            _needed_plugin(plugin["top"], need.strip(), tree) for need in headers.get("Requires Plugins", "").split(",")
        ]
    elif theme and "Theme Name" in headers:
        package = _package("wordpress-theme", _slug(theme["folder"], file), headers, headers.get("Theme URI", ""), file)
        needs = [_parent_theme(theme["top"], headers.get("Template", ""), tree)]
    else:
        return  # one of the many files of a plugin
    yield package
    yield from (Dependency(source=package.id, target=need) for need in needs if need and need != package.id)
    top = (plugin or theme or {"top": ""})["top"]
    version = tree.get(f"{top}wp-includes/version.php")
    if version:
        try:
            yield Dependency(source=_core(version).id, target=package.id, relation="contains")
        except InputError:
            return  # told where it is read itself


def _core(file: File) -> Package:
    match = _CORE.search(file.data[: 8 * HEAD].decode("utf-8", "replace"))
    version = (match[1] or match[2]) if match else ""
    if not _VERSION.fullmatch(version):
        raise InputError(file.at("$wp_version"), "no version that can be read without running the code")
    return Package(
        purl=Purl("generic", "wordpress", version),
        name="wordpress",
        version=version,
        locations=(file.location(),),
        cpes=(f"cpe:2.3:a:wordpress:wordpress:{version}:*:*:*:*:*:*:*",),
        purpose="APPLICATION",
    )


def _headers(data: bytes) -> dict[str, str]:
    """Read the header fields; of one that stands twice the first counts."""
    found: dict[str, str] = {}
    for match in _HEADER.finditer(data[:HEAD].decode("utf-8", "replace").replace("\r", "\n")):
        found.setdefault(match["key"], match["value"].partition("*/")[0].partition("?>")[0].strip())
    return found


def _slug(text: str, file: File) -> str:
    if not _SLUG.fullmatch(text):
        raise InputError(file.path, f"expected the name of a folder, got {text[:60]!r}")
    return text


def _package(kind: str, slug: str, headers: dict[str, str], address: str, file: File) -> Package:
    version = headers.get("Version", "")
    licence, texts = declared_licence(headers.get("License", ""))
    return Package(
        purl=Purl(kind, slug, version),
        name=slug,
        version=version,
        locations=(file.location(),),
        licence_declared=licence,
        licence_texts=texts,
        originator=person(re.sub(r"<[^>]*>", "", headers.get("Author", ""))),
        homepage=address if "://" in address else "",
        description=one_paragraph(headers.get("Description", "")),
    )


def _needed_plugin(top: str, slug: str, tree: Tree) -> str | None:
    """Give the id of the plugin in the folder `slug`."""
    if not _SLUG.fullmatch(slug):
        return None
    for file in tree.matching((f"{top}wp-content/plugins/{slug}/*.php", f"{top}wp-content/plugins/{slug}.php")):
        headers = _headers(file.data)
        if "Plugin Name" in headers:
            return str(Purl("wordpress-plugin", slug, headers.get("Version", "")))
    return None


def _parent_theme(top: str, slug: str, tree: Tree) -> str | None:
    found = tree.get(f"{top}wp-content/themes/{slug}/style.css") if _SLUG.fullmatch(slug) else None
    headers = _headers(found.data) if found else {}
    return str(Purl("wordpress-theme", slug, headers.get("Version", ""))) if "Theme Name" in headers else None


CATALOGER = Cataloger(
    name="wordpress",
    globs=(
        "**/wp-content/plugins/*.php",
        "**/wp-content/plugins/*/*.php",
        "**/wp-content/mu-plugins/*.php",
        "**/wp-content/mu-plugins/*/*.php",
        "**/wp-content/themes/*/style.css",
        "**/wp-includes/version.php",
    ),
    gives=("name", "version", "licence", "edges", "project", "author", "home page", "description", "cpe"),
    cannot_know=("checksum", "download"),
    parse=parse,
)
