"""The test bed itself: the image holds the hard cases that it is there for, and the tools told the truth about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.interop.handmade import LONG_GNU, LONG_PAX, NOT_UTF8
from tests.interop.image import Image

pytestmark = pytest.mark.interop


def test_there_are_at_least_five_layers_and_each_has_files(debian_image: Image) -> None:
    layers = debian_image.told("layers")
    assert len(layers) >= 5
    assert all(layer["entries"] for layer in layers)
    assert len({layer["diff_id"] for layer in layers}) == len(layers)


@pytest.mark.parametrize("kind", ["deb", "pypi", "npm"])
def test_each_kind_has_installed_and_deleted_packages(debian_image: Image, kind: str) -> None:
    installed = {known for known in debian_image.installed() if known.type == kind}
    deleted = {known for known in debian_image.deleted() if known.type == kind}
    assert len(installed) >= 30
    assert len(deleted) >= 3
    assert not installed & deleted


def test_packages_left_in_each_way(debian_image: Image) -> None:
    gone = {(known.type, known.name) for known in debian_image.deleted()}
    assert ("deb", "tree") in gone  # purged
    assert ("deb", "nano") in gone  # removed, its configuration stays
    assert ("npm", "moment") in gone  # uninstalled
    assert ("npm", "async-limiter") in gone  # nothing needs it any more
    assert ("pypi", "sqlparse") in gone  # uninstalled
    assert ("pypi", "pathspec") in gone  # its whole directory deleted
    assert ("pypi", "packaging") in gone  # its directory deleted and made anew within one layer
    assert ("pypi", "six") in gone  # below an opaque directory
    assert ("pypi", "toml") in gone  # its directory became a link
    installed = {(known.type, known.name) for known in debian_image.installed()}
    # Other versions of these are still there, or come from elsewhere.
    assert {("pypi", "packaging"), ("pypi", "jinja2"), ("npm", "ws"), ("pypi", "six")} <= installed


def test_states_and_architectures_of_dpkg(debian_image: Image) -> None:
    rows = debian_image.told("dpkg")
    states = {row["package"]: row["status"] for row in rows}
    assert states["nano"] == "rc "
    assert states["libyaml-0-2"] == "hi "
    assert "tree" not in states
    assert len({row["architecture"] for row in rows if row["package"] == "gcc-12-base"}) == 2
    assert any(row["version"] != row["source_version"] for row in rows)


def test_layers_hold_whiteouts_links_and_odd_names(debian_image: Image) -> None:
    layers = debian_image.told("layers")

    def all_of(fact: str) -> list[str]:
        return [found for layer in layers for found in layer.get(fact, ())]

    whiteouts = set(all_of("whiteouts"))
    assert "/opt/.wh.tools" in whiteouts
    assert "/opt/venv/lib/python3.11/site-packages/.wh.Jinja2-2.10.1.dist-info" in whiteouts
    assert "/srv/web/node_modules/.wh.moment" in whiteouts
    assert "/opt/app/.wh.never-was-there" in whiteouts
    assert all_of("opaque") == ["/opt/plugins/.wh..wh..opq"]
    links = [list(link) for link in all_of("hard_links")]
    assert ["/opt/linked/attrs-21.4.0.dist-info/METADATA", "/opt/.store/metadata"] in links
    assert NOT_UTF8.decode("utf-8", "backslashreplace") in all_of("not_utf8")
    long = all_of("long_names")
    assert any(name.startswith(LONG_PAX) for name in long)
    assert any(name.startswith(LONG_GNU) for name in long)
    assert sum(layer["symlinks"] for layer in layers) > 100
    assert any(layer["pax"] for layer in layers)


def test_npm_tells_the_same_twice(debian_image: Image) -> None:
    """`npm ls` names an alias by its alias, `npm query` by its real name; but for that they agree."""
    listed = set()
    todo = [debian_image.told("npm-ls")]
    while todo:
        for name, node in todo.pop().get("dependencies", {}).items():
            if "version" in node:  # an optional dependency for another system has none
                listed.add((name, node["version"]))
                todo.append(node)
    queried = {(known.name, known.version) for known in debian_image.installed() if known.type == "npm"}
    assert listed ^ queried == {("lodash-before", "4.17.11"), ("lodash", "4.17.11")}
    names = {name for name, _ in queried}
    assert "left-pad" not in names
    assert "fsevents" not in names


def test_each_package_names_the_layer_that_brought_it(debian_image: Image) -> None:
    layer = {(row["type"], row["name"], row["version"]): row["layer"] for row in debian_image.told("installed")}
    comments = [about["comment"] for about in debian_image.told("layers")]
    [dpkg] = [number for (kind, name, _), number in layer.items() if (kind, name) == ("deb", "dpkg")]
    assert comments[dpkg] == "mmdebstrap --variant=minbase"
    assert comments[layer["pypi", "jinja2", "3.1.6"]] == "remove, uninstall, upgrade"
    assert comments[layer["pypi", "tomlkit", "0.12.5"]] == "GNU names, hard links"
    assert comments[layer["npm", "express", "4.16.0"]] == "npm install"


def test_every_form_is_the_same_image(debian_image: Image, skopeo: Callable[..., str], tmp_path: Path) -> None:
    """skopeo gives the same configuration, so the same layers' contents, whichever form it reads."""
    forms = [
        f"oci:{debian_image.oci}:latest",
        f"oci:{debian_image.zstd}:latest",
        f"oci:{debian_image.multi}:latest",
    ]
    configs = {skopeo("inspect", "--config", "--raw", form) for form in forms}
    assert len(configs) == 1
    archive = skopeo("inspect", "--config", f"docker-archive:{debian_image.archive}")
    layers = debian_image.told("layers")
    assert all(layer["diff_id"] in archive for layer in layers)
