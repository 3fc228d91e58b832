"""What follows from project files: parents, properties, management."""

from __future__ import annotations

import pytest

from custody.errors import InputError
from custody.inventory import tree_of
from custody.inventory.maven_licence import licence_of
from custody.inventory.maven_pom import Licence, Pom, Projects, is_exact, maven, read_pom


def projects(**files: str) -> Projects:
    return Projects(tree_of({path.replace("__", "/") + "/pom.xml": text.encode() for path, text in files.items()}))


def complete(found: Projects, path: str) -> Pom:
    pom = found.at(path)
    assert pom is not None
    return found.complete(pom)


def pom(artifact: str, body: str = "", *, version: str = "<version>1</version>", group: str = "g") -> str:
    return f"<project><groupId>{group}</groupId><artifactId>{artifact}</artifactId>{version}{body}</project>"


def dependency(artifact: str, version: str = "", more: str = "") -> str:
    stated = f"<version>{version}</version>" if version else ""
    return f"<dependency><groupId>d</groupId><artifactId>{artifact}</artifactId>{stated}{more}</dependency>"


def managed(*rows: str) -> str:
    return f"<dependencyManagement><dependencies>{''.join(rows)}</dependencies></dependencyManagement>"


def asked(*rows: str) -> str:
    return f"<dependencies>{''.join(rows)}</dependencies>"


def parent(artifact: str, path: str | None = None) -> str:
    relative = "" if path is None else f"<relativePath>{path}</relativePath>"
    return f"<parent><groupId>g</groupId><artifactId>{artifact}</artifactId><version>1</version>{relative}</parent>"


def versions(found: Pom) -> dict[str, str]:
    return {row.artifact: row.version for row in found.dependencies}


def test_the_nearest_property_wins_and_project_version_is_the_childs() -> None:
    found = projects(
        top=pom(
            "top", "<properties><v>1</v><w>${v}.5</w></properties>" + managed(dependency("own", "${project.version}"))
        ),
        top__a=pom(
            "a",
            parent("top") + "<properties><v>2</v></properties>" + asked(dependency("x", "${w}"), dependency("own")),
            version="<version>9</version>",
        ),
    )
    assert versions(complete(found, "top/a")) == {"x": "2.5", "own": "9"}


def test_what_is_managed_gives_version_and_scope_only_where_none_is_stated() -> None:
    body = managed(dependency("a", "1", "<scope>test</scope>"), dependency("b", "1")) + asked(
        dependency("a"), dependency("b", "2", "<scope>provided</scope>")
    )
    rows = {row.artifact: row for row in complete(projects(p=pom("p", body)), "p").dependencies}
    assert (rows["a"].version, rows["a"].scope) == ("1", "test")
    assert (rows["b"].version, rows["b"].scope) == ("2", "provided")


def test_an_imported_bom_yields_to_what_is_stated_and_to_an_earlier_import() -> None:
    bom = "<dependency><groupId>g</groupId><artifactId>{}</artifactId><version>1</version>"
    bom += "<type>pom</type><scope>import</scope></dependency>"
    found = projects(
        one=pom("one", managed(dependency("x", "1"), dependency("y", "1"), dependency("z", "1"))),
        two=pom("two", managed(dependency("x", "2"), dependency("y", "2"))),
        p=pom(
            "p",
            managed(bom.format("two"), bom.format("one"), dependency("x", "3"))
            + asked(dependency("x"), dependency("y"), dependency("z")),
        ),
    )
    assert versions(complete(found, "p")) == {"x": "3", "y": "2", "z": "1"}


def test_a_parent_at_the_path_counts_only_where_it_is_the_one_that_is_named() -> None:
    found = projects(
        top=pom("stranger", managed(dependency("x", "wrong"))),
        elsewhere=pom("top", managed(dependency("x", "right"))),
        top__a=pom("a", parent("top") + asked(dependency("x"))),
        top__b=pom("b", parent("gone") + asked(dependency("x"))),
        top__c=pom("c", parent("stranger", "") + asked(dependency("x"))),
    )
    assert versions(complete(found, "top/a")) == {"x": "right"}
    assert complete(found, "top/b").missing == ("g:gone:1",)
    assert versions(complete(found, "top/c")) == {"x": "wrong"}  # no path, but there is one of that name


@pytest.mark.parametrize(
    "files",
    [
        {"a": pom("a", parent("b", "../b")), "b": pom("b", parent("a", "../a"))},
        {"a": pom("a", parent("a", "../a"))},
        {"a": pom("a", "<properties><x>${y}${y}</x><y>${x}${x}</y></properties>" + asked(dependency("d", "${x}")))},
        {
            "a": pom(
                "a",
                managed(
                    "<dependency><groupId>g</groupId><artifactId>a</artifactId><version>1</version>"
                    "<type>pom</type><scope>import</scope></dependency>"
                ),
            )
        },
    ],
)
def test_circles_end(files: dict[str, str]) -> None:
    complete(projects(**files), "a")


def test_a_parent_that_is_its_own_child_counts_as_missing() -> None:
    found = projects(a=pom("a", parent("b", "../b")), b=pom("b", parent("a", "../a")))
    assert complete(found, "a").missing == ("g:a:1",)


def test_properties_that_multiply_stay_short() -> None:
    doubling = "".join(f"<p{n}>${{p{n + 1}}}${{p{n + 1}}}</p{n}>" for n in range(60))
    body = f"<properties>{doubling}<p60>ha</p60></properties>" + asked(dependency("d", "${p0}"))
    found = complete(projects(a=pom("a", body)), "a")
    assert len(versions(found)["d"]) < 5000
    assert not is_exact(versions(found)["d"])


def test_a_project_without_a_name_is_refused() -> None:
    found = read_pom(b"<project><groupId>g</groupId></project>", "p/pom.xml")
    with pytest.raises(InputError, match=r"p/pom\.xml:artifactId: expected a name"):
        projects().complete(found)


@pytest.mark.parametrize(
    ("version", "exact"),
    [
        ("1.0", True),
        ("1.0-SNAPSHOT", True),
        ("[1,2)", False),
        ("${v}", False),
        ("LATEST", False),
        ("1 2", False),
        ("", False),
    ],
)
def test_exact_versions(version: str, exact: bool) -> None:
    assert is_exact(version) is exact


@pytest.mark.parametrize(
    ("type_", "classifier", "purl"),
    [
        ("jar", "", "pkg:maven/g/a@1"),
        ("bundle", "", "pkg:maven/g/a@1"),
        ("war", "", "pkg:maven/g/a@1?type=war"),
        ("test-jar", "", "pkg:maven/g/a@1?classifier=tests"),
        ("jar", "linux", "pkg:maven/g/a@1?classifier=linux"),
    ],
)
def test_purls(type_: str, classifier: str, purl: str) -> None:
    assert str(maven("g", "a", "1", type=type_, classifier=classifier)) == purl


@pytest.mark.parametrize(
    ("rows", "expression"),
    [
        ([("The Apache Software License, Version 2.0", "")], "Apache-2.0"),
        ([("", "http://www.apache.org/licenses/LICENSE-2.0.txt")], "Apache-2.0"),
        (
            [("EPL 2.0", ""), ("GPL2 w/ CPE", "https://www.gnu.org/software/classpath/license.html")],
            "EPL-2.0 OR GPL-2.0-only WITH Classpath-exception-2.0",
        ),
        ([("MIT", ""), ("MIT License", "")], "MIT"),
        ([("BSD", "https://opensource.org/licenses/BSD-3-Clause")], "BSD-3-Clause"),
        ([], None),
    ],
)
def test_licences(rows: list[tuple[str, str]], expression: str | None) -> None:
    assert licence_of(Licence(*row) for row in rows) == (expression, ())
