"""Which artifact a jar is."""

from __future__ import annotations

import pytest

from custody.inventory.java_archive import Archive
from custody.inventory.java_groups import known_group
from custody.inventory.java_identity import Identity, Knowledge, identify, read_manifest, read_properties


def known(name: str, manifest: str = "", roots: tuple[str, ...] = (), *poms: str, **about: object) -> Identity:
    """Identify a jar whose descriptors are `group:artifact:version[>needed artifact]`."""
    files = [("META-INF/MANIFEST.MF", manifest.encode())]
    for pom in poms:
        coordinates, _, needed = pom.partition(">")
        group, artifact, version = coordinates.split(":")
        folder = f"META-INF/maven/{group}/{artifact}"
        text = f"groupId={group}\nartifactId={artifact}\nversion={version}\n"
        files.append((f"{folder}/pom.properties", text.encode()))
        row = f"<dependency><groupId>{group}</groupId><artifactId>{needed}</artifactId></dependency>" if needed else ""
        body = f"<project><artifactId>{artifact}</artifactId><dependencies>{row}</dependencies></project>"
        files.append((f"{folder}/pom.xml", body.encode()))
    knowledge = Knowledge(**about)  # type: ignore[arg-type]
    return identify(name, Archive(files=tuple(sorted(files)), roots=roots), knowledge, "x:")


def triple(identity: Identity) -> tuple[str, str, str]:
    return identity.group, identity.artifact, identity.version


@pytest.mark.parametrize(
    ("name", "artifact", "version", "classifier"),
    [
        ("log4j-1.2-api-2.20.0.jar", "log4j-1.2-api", "2.20.0", ""),
        ("guava-31.1-jre.jar", "guava", "31.1-jre", ""),
        ("zstd-jni-1.5.5-5.jar", "zstd-jni", "1.5.5-5", ""),
        ("cats-core_2.13-2.10.0.jar", "cats-core_2.13", "2.10.0", ""),
        ("x-1.0-SNAPSHOT-tests.jar", "x", "1.0-SNAPSHOT", "tests"),
        ("x-1.0-20230101.121212-3.jar", "x", "1.0-20230101.121212-3", ""),
        ("epoll-4.1.100.Final-linux-x86_64.jar", "epoll", "4.1.100.Final", "linux-x86_64"),
        ("x-1.0.0-hadoop3-all.jar", "x", "1.0.0", "hadoop3-all"),
        ("javax.inject-1.jar", "javax.inject", "1", ""),
        ("app.jar", "app", "", ""),
        ("1.0-x.jar", "1.0-x", "", ""),
    ],
)
def test_names_of_files(name: str, artifact: str, version: str, classifier: str) -> None:
    found = known(name)
    assert (found.artifact, found.version, found.classifier) == (artifact, version, classifier)


@pytest.mark.parametrize(
    ("name", "poms", "own"),
    [
        ("shop-1.0.jar", ("g:shop:1.0", "h:lib:2"), "shop"),  # the name says it
        ("shop-core-1.0.jar", ("g:shop:2.0",), ""),  # a library whose name is only the start of the file's
        ("shop-core-1.0.jar", ("g:shop:2.0", "g:shop-core:1.0"), "shop-core"),
        ("app.jar", ("g:shop:1.0",), "shop"),  # the only one, and nothing against it
        ("app-2.0.jar", ("g:shop:1.0",), ""),  # the file has another version: it was merged in
        ("app.jar", ("g:shop:1.0>lib", "g:lib:2"), "shop"),  # what needs the other
        ("app.jar", ("g:shop:1.0", "h:lib:2"), ""),  # nothing tells
        ("shop-1.0-SNAPSHOT-exec.jar", ("g:shop:1.0-SNAPSHOT",), "shop"),
    ],
)
def test_the_own_one_of_several_descriptors(name: str, poms: tuple[str, ...], own: str) -> None:
    found = known(name, "", (), *poms)
    assert (found.own.artifact if found.own else "") == own
    assert len(found.others) == len(poms) - bool(own)


def test_a_manifest_names_the_own_descriptor() -> None:
    found = known("app.jar", "Bundle-SymbolicName: h.lib\n", (), "g:shop:1.0", "h:lib:2")
    assert triple(found) == ("h", "lib", "2")


@pytest.mark.parametrize(
    ("name", "manifest", "roots", "group"),
    [
        ("spring-core-6.1.1.jar", "", ("org/springframework/core",), "org.springframework"),
        ("spring-core-6.1.1.jar", "", ("com/evil",), ""),
        ("x-1.jar", "Implementation-Vendor-Id: com.example.x", ("com/example/x",), "com.example.x"),
        ("x-1.jar", "Implementation-Vendor-Id: com.example.x", ("net/other",), ""),
        ("x-1.jar", "Implementation-Vendor-Id: org.apache", ("org/apache/x",), ""),  # an organisation, not a group
        ("x-1.jar", "Bundle-SymbolicName: com.example.x", (), "com.example"),
        ("x-1.jar", "Bundle-SymbolicName: com.example.y", (), ""),
        ("x-1.jar", "Bundle-SymbolicName: example.x", (), ""),  # a group of one name says nothing
        ("x-1.jar", "Automatic-Module-Name: com.example.x", (), "com.example"),
        ("x-1.jar", "Specification-Title: com.example.x\nSpecification-Version: 9", (), ""),
    ],
)
def test_groups(name: str, manifest: str, roots: tuple[str, ...], group: str) -> None:
    assert known(name, manifest, roots).group == group


def test_the_vendor_of_a_merged_library_is_not_the_jars_own() -> None:
    manifest = "Implementation-Vendor-Id: com.example.lib"
    found = known("app-1.0.jar", manifest, ("com/example/lib", "com/example/app"), "com.example.lib:lib:7")
    assert triple(found) == ("", "app", "1.0")


def test_a_group_that_others_need_counts_where_there_is_just_one() -> None:
    assert known("x-1.jar", needed=lambda _: ["g"]).group == "g"
    assert known("x-1.jar", needed=lambda _: ["g", "h"]).group == ""


@pytest.mark.parametrize(
    ("manifest", "version"),
    [
        ("Implementation-Version: 1.9.21-release-633(1.9.21)", "1.9.21"),
        ("Implementation-Version: task ':jar' property", ""),
        ("Implementation-Version: ${project.version}\nBundle-Version: 2.1.0.Final", "2.1.0.Final"),
        ("Specification-Version: 3.1", ""),
    ],
)
def test_versions_of_a_file_without_one(manifest: str, version: str) -> None:
    assert known("kotlin-thing.jar", manifest).version == version


def test_groups_that_changed_with_the_version() -> None:
    roots = ("org/hibernate",)
    assert known_group("hibernate-core", "5.6.15.Final", roots) == "org.hibernate"
    assert known_group("hibernate-core", "6.3.1.Final", roots) == "org.hibernate.orm"
    assert known_group("commons-lang", "2.4", ("org/apache/commons/lang",)) == "commons-lang"
    assert known_group("ant", "1.10.14", ("org/apache/tools",)) == "org.apache.ant"  # packages are kept three deep
    assert known_group("commons-lang3", "3.12", ("org/apache/commons/lang3",)) == ""


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_manifests(end: str) -> None:
    lines = ["Manifest-Version: 1.0", "Bundle-Name: a long", "  name", "", "Name: p/", "Bundle-Name: other", ""]
    assert read_manifest(end.join(lines).encode()) == {"Manifest-Version": "1.0", "Bundle-Name": "a long name"}


def test_properties() -> None:
    text = "# a comment\n! another\na = 1\nb:2\nc 3\nd\\:e=x\\u0041\\\n  y\n\nnothing\nbad=\\ud800\n"
    found = read_properties(text.encode())
    assert found == {"a": "1", "b": "2", "c": "3", "d:e": "xAy", "bad": "\ufffd"}
