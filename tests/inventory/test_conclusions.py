"""Which files speak for a package, and what is concluded of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from custody.inventory import SquashedTree
from custody.inventory.conclusions import LICENCE_EXTRACTOR, LICENCE_GLOBS, conclude_licences
from custody.inventory.squash import laid_out
from custody.model import Entry, HeldContent, Location, Package, Purl
from custody.model.globs import compile_globs
from tests.inventory.licence_texts.samples import BSD_3, ISC, MIT

OWN = MIT.replace("<year> <copyright holders>", "2024 Jane Doe")


def tree_of(files: dict[str, bytes]) -> SquashedTree:
    """Give a tree as a source reads it: of licence files what the extractor took."""
    matches, tree = compile_globs(LICENCE_GLOBS), SquashedTree()
    entries = []
    for path, data in files.items():
        taken = LICENCE_EXTRACTOR.extract(path, HeldContent(data)) if matches(path) and data else b""
        extracts = ((LICENCE_EXTRACTOR.name, taken),) if taken else ()
        entries.append(Entry(path=path, kind="file", data=None if taken else data, extracts=extracts))
    tree.add(laid_out(entries), None)
    return tree


def package(purl: str, path: str, where: str = "", **changes: object) -> Package:
    parsed = Purl.parse(purl)
    found = Package(
        purl=parsed,
        name=parsed.full_name,
        version=parsed.version,
        locations=(Location(path=path, cataloger="x", where=where),),
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def concluded(tree: SquashedTree, *packages: Package) -> list[tuple[str | None, tuple[str, ...]]]:
    return [(item.licence_concluded, item.licence_files) for item in conclude_licences(packages, tree)]


@pytest.mark.parametrize(
    ("purl", "evidence", "where", "licence"),
    [
        ("pkg:npm/x@1", "app/node_modules/x/package.json", "", "app/node_modules/x/LICENSE"),
        ("pkg:npm/x@1", "app/node_modules/x/package.json", "", "app/node_modules/x/license.md"),
        ("pkg:pypi/x@1", "lib/x-1.dist-info/METADATA", "", "lib/x-1.dist-info/licenses/LICENSE"),
        ("pkg:pypi/x@1", "lib/x-1.dist-info/METADATA", "", "lib/x-1.dist-info/licenses/src/vendored/any.name"),
        ("pkg:pypi/x@1", "lib/x-1.dist-info/METADATA", "", "lib/x-1.dist-info/COPYING"),
        ("pkg:gem/x@1", "var/gems/specifications/x-1.gemspec", "", "var/gems/gems/x-1/MIT-LICENSE"),
        ("pkg:composer/a/x@1", "app/vendor/composer/installed.json", "packages[0]", "app/vendor/a/x/LICENSE"),
        ("pkg:golang/x.example/y@1", "vendor/modules.txt", "line 3", "vendor/x.example/y/LICENSE"),
        ("pkg:cargo/x@1", "vendor/x/Cargo.toml", "", "vendor/x/LICENSE-MIT"),
        ("pkg:nuget/X@1", "pkgs/x/1/x.nuspec", "", "pkgs/x/1/LICENSE.txt"),
        ("pkg:apk/alpine/x@1", "lib/apk/db/installed", "x", "usr/share/licenses/x/COPYING"),
        ("pkg:rpm/fedora/x@1", "usr/lib/sysimage/rpm/rpmdb.sqlite", "x", "usr/share/licenses/x/any.txt"),
        ("pkg:vcpkg/x@1", "v/vcpkg/status", "x:x64-linux", "v/x64-linux/share/x/copyright"),
    ],
)
def test_a_file_in_the_package_s_own_folder_speaks_for_it(purl: str, evidence: str, where: str, licence: str) -> None:
    assert compile_globs(LICENCE_GLOBS)(licence)
    tree = tree_of({licence: OWN.encode(), evidence: b""})
    (found,) = conclude_licences([package(purl, evidence, where)], tree)
    assert (found.licence_concluded, found.licence_files) == ("MIT", (licence,))
    assert found.copyright == "Copyright (c) 2024 Jane Doe"


def test_a_file_elsewhere_does_not() -> None:
    tree = tree_of(
        {"app/LICENSE": MIT.encode(), "app/node_modules/y/LICENSE": ISC.encode(), "app/package-lock.json": b""}
    )
    inside = package("pkg:npm/x@1", "app/node_modules/x/package.json")
    locked = package("pkg:npm/x@1", "app/package-lock.json", "node_modules/x", installed=False)
    project = package("pkg:npm/app@1", "app/package-lock.json", purpose="APPLICATION", installed=False)
    assert concluded(tree, inside, locked, project) == [(None, ()), (None, ()), ("MIT", ("app/LICENSE",))]


def test_all_files_of_a_package_hold_together() -> None:
    folder = "lib/x-1.dist-info"
    tree = tree_of(
        {
            f"{folder}/licenses/LICENSE": MIT.encode(),
            f"{folder}/licenses/vendored/LICENSE.txt": BSD_3.encode(),
            f"{folder}/licenses/AUTHORS.md": b"Licensed under the Apache License, Version 2.0",
            f"{folder}/licenses/README.rst": b"SPDX-License-Identifier: ISC",
            f"{folder}/licenses/NOTICE": b"It includes software licensed under the Apache License, Version 2.0",
        }
    )
    files = (f"{folder}/licenses/LICENSE", f"{folder}/licenses/vendored/LICENSE.txt")
    assert concluded(tree, package("pkg:pypi/x@1", f"{folder}/METADATA")) == [("BSD-3-Clause AND MIT", files)]


def test_one_file_that_is_not_sure_leaves_the_package_open() -> None:
    tree = tree_of({"node_modules/x/LICENSE": MIT.encode(), "node_modules/x/COPYING": b"No commercial use. " * 5})
    assert concluded(tree, package("pkg:npm/x@1", "node_modules/x/package.json")) == [(None, ())]


def test_reuse() -> None:
    tree = tree_of({"LICENSES/MIT.txt": MIT.encode(), "LICENSES/ISC.txt": ISC.encode(), "package.json": b"{}"})
    project = package("pkg:npm/app@1", "package.json", purpose="APPLICATION")
    assert concluded(tree, project) == [("ISC AND MIT", ("LICENSES/ISC.txt", "LICENSES/MIT.txt"))]


def test_what_a_cataloger_concluded_stays() -> None:
    tree = tree_of({"node_modules/x/LICENSE": OWN.encode()})
    known = package("pkg:npm/x@1", "node_modules/x/package.json", licence_concluded="ISC", licence_files=("a",))
    (found,) = conclude_licences([known], tree)
    assert (found.licence_concluded, found.licence_files) == ("ISC", ("a",))
    assert found.copyright == "Copyright (c) 2024 Jane Doe"


def test_a_collection_says_little_of_the_package() -> None:
    tree = tree_of({f"x.dist-info/licenses/{n}/LICENSE": MIT.encode() for n in range(61)})
    assert concluded(tree, package("pkg:pypi/x@1", "x.dist-info/METADATA")) == [(None, ())]
