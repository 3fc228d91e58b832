"""The Java catalogers: together in one inventory, and whatever bytes they are given."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.inventory import load_catalogers, take_inventory
from custody.inventory.java_archive import EXTRACTOR, read_extract
from custody.inventory.squash import SquashedTree, laid_out
from custody.inventory.walk import started_by
from custody.model import Artifact, Dependency, Descriptor, Digest, Entry, HeldContent, Package, Purl, Skipped

CASES = Path(__file__).resolve().parent.parent.parent / "cases" / "inventory"
NAMES = ("graalvm-native-image", "gradle-build", "gradle-lockfile", "java-archive", "jdk", "maven-pom", "sbt-lock")
CATALOGERS = {cataloger.name: cataloger for cataloger in load_catalogers()}
FUZZ = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)


@cache
def good_files(name: str) -> tuple[dict[str, bytes], ...]:
    trees = [case / "tree" for case in sorted((CASES / name).glob("*_ok"))]
    return tuple({p.relative_to(t).as_posix(): p.read_bytes() for p in t.rglob("*") if p.is_file()} for t in trees)


def tree_of(name: str, files: dict[str, bytes]) -> SquashedTree:
    extractor = CATALOGERS[name].extractor
    entries = []
    for path, data in sorted(files.items()):
        extracts: tuple[tuple[str, bytes], ...] = ()
        if extractor is not None and (not extractor.globs or path.endswith((".jar", ".ear", ".hpi", ".jpi", ".nar"))):
            try:
                taken = extractor.extract(path, HeldContent(data))
            except InputError:
                taken = b""
            extracts = ((extractor.name, taken),) if taken else ()
        entries.append(Entry(path=path, kind="file", size=len(data), data=data, extracts=extracts))
    tree = SquashedTree()
    tree.add(laid_out(entries), None)
    return tree


def look(name: str, files: dict[str, bytes]) -> list[Package | Dependency | Skipped]:
    tree = tree_of(name, files)
    found: list[Package | Dependency | Skipped] = []
    for file in started_by(CATALOGERS[name], tree):
        try:
            found += CATALOGERS[name].parse(file, tree)
        except InputError as error:
            found.append(Skipped(where=error.where, reason=error.what))
    for item in found:
        if isinstance(item, Package):
            assert Purl.parse(item.id) == item.purl
            assert item.name
            assert item.locations
        elif isinstance(item, Skipped):
            assert item.reason
    return found


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_a_good_file_cut_short_or_changed(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    path = data.draw(st.sampled_from(sorted(files)))
    content = files[path]
    at = data.draw(st.integers(0, max(0, len(content) - 1)))
    new = data.draw(st.one_of(st.none(), st.binary(min_size=1, max_size=3)))
    files[path] = content[:at] if new is None else content[:at] + new + content[at + len(new) :]
    assert look(name, files) == look(name, files)


def jar(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


TEXT = st.text(alphabet="ab1.:-_;,=\"'${}/ \n\\u00e9\u20ac\x00\x7f", max_size=20)
KEYS = [
    *("Implementation-Title", "Implementation-Version", "Bundle-SymbolicName", "Bundle-License", "Short-Name"),
    *("Group-Id", "Plugin-Version", "Plugin-Dependencies", "Nar-Id", "Nar-Dependency-Id", "Automatic-Module-Name"),
]


@FUZZ
@given(
    manifest=st.dictionaries(st.sampled_from(KEYS), TEXT),
    name=TEXT,
    parts=st.tuples(TEXT, TEXT, TEXT),
    pom=st.dictionaries(st.sampled_from(["groupId", "artifactId", "version", "packaging", "url"]), TEXT),
)
def test_any_names_in_a_jar(
    manifest: dict[str, str], name: str, parts: tuple[str, str, str], pom: dict[str, str]
) -> None:
    def encoded(text: str) -> bytes:
        return text.encode("utf-8", "replace")

    head = "".join(f"{key}: {value}\n" for key, value in manifest.items())
    body = "".join(f"<{key}>{value}</{key}>" for key, value in pom.items())
    group, artifact = (re.sub(r"[/\x00]", "", part) for part in parts[:2])
    folder = f"META-INF/maven/{group}/{artifact}"
    members = {
        "META-INF/MANIFEST.MF": encoded(head),
        f"{folder}/pom.properties": encoded(f"groupId={parts[0]}\nartifactId={parts[1]}\nversion={parts[2]}\n"),
        f"{folder}/pom.xml": encoded(f"<project>{body}</project>"),
    }
    outer = {"a/x-1.jar": jar({re.sub(r"[/\x00]", "", name) + ".jar": jar(members), **members})}
    look("java-archive", outer)


def test_what_only_tests_need_is_no_need_of_a_built_archive() -> None:
    def made(artifact: str, body: str = "") -> bytes:
        folder = f"META-INF/maven/g/{artifact}"
        pom = f"<project><groupId>g</groupId><artifactId>{artifact}</artifactId><version>1</version>{body}</project>"
        properties = f"groupId=g\nartifactId={artifact}\nversion=1\n"
        return jar({f"{folder}/pom.xml": pom.encode(), f"{folder}/pom.properties": properties.encode()})

    row = (
        "<dependency><groupId>g</groupId><artifactId>{}</artifactId><version>1</version><scope>{}</scope></dependency>"
    )
    rows = "".join(row.format(*pair) for pair in [("b", "test"), ("c", "provided"), ("d", "runtime")])
    libraries = {f"lib/{name}-1.jar": made(name) for name in "bcd"}
    found = look("java-archive", {"lib/a-1.jar": made("a", f"<dependencies>{rows}</dependencies>"), **libraries})
    assert [item for item in found if isinstance(item, Dependency)] == [
        Dependency(source="pkg:maven/g/a@1", target="pkg:maven/g/c@1", relation="optional"),
        Dependency(source="pkg:maven/g/a@1", target="pkg:maven/g/d@1"),
    ]


CGLIB = {"META-INF/maven/cglib/cglib/pom.properties": b"groupId=cglib\nartifactId=cglib\nversion=3.2.12\n"}
MANIFEST = b"Bundle-SymbolicName: com.google.inject\nAutomatic-Module-Name: com.google.guice\nBundle-Version: 4.2.3\n"
GUICE = {"META-INF/MANIFEST.MF": MANIFEST, **CGLIB}


def ids_of(found: list[Package | Dependency | Skipped]) -> set[str]:
    return {item.id for item in found if isinstance(item, Package)}


def test_a_library_merged_into_a_jar_is_not_the_jar() -> None:
    assert ids_of(look("java-archive", {"lib/guice.jar": jar(GUICE)})) == {
        "pkg:maven/com.google.inject/guice@4.2.3",
        "pkg:maven/cglib/cglib@3.2.12",
    }


def test_an_organisation_with_many_groups_is_no_group() -> None:
    manifest = b"Automatic-Module-Name: {}.thing\nBundle-Version: 4.2.3\n"
    jars = {f"{name}/thing.jar": jar({"META-INF/MANIFEST.MF": manifest.replace(b"{}", name.encode())})
            for name in ("com.google", "org.team")}  # fmt: skip
    assert ids_of(look("java-archive", jars)) == {"pkg:maven/thing@4.2.3", "pkg:maven/org.team/thing@4.2.3"}


def test_the_repository_of_debian_names_the_jars_that_it_links_to_and_their_copies() -> None:
    tree = tree_of("java-archive", {"usr/share/java/guice.jar": jar(GUICE), "opt/app/inject.jar": jar(GUICE)})
    base = "usr/share/maven-repo/com/google/inject/guice"
    links = {
        f"{base}/4.2.3/guice-4.2.3.jar": "../../../../../../java/guice.jar",
        f"{base}/debian/guice-debian.jar": "../../../../../../java/guice.jar",
    }
    entries = [Entry(path=path, kind="symlink", target=target) for path, target in links.items()]
    tree.add(laid_out(entries), None)
    found = [item for file in started_by(CATALOGERS["java-archive"], tree)
             for item in CATALOGERS["java-archive"].parse(file, tree)]  # fmt: skip
    assert ids_of(found) == {"pkg:maven/com.google.inject/guice@4.2.3", "pkg:maven/cglib/cglib@3.2.12"}


def test_a_file_named_as_the_artifact_but_for_its_separators_is_that_artifact() -> None:
    folder = "META-INF/maven/org.spec/interceptor_3.0_spec"
    properties = b"groupId=org.spec\nartifactId=interceptor_3.0_spec\nversion=1.0.1\n"
    data = jar({f"{folder}/pom.properties": properties})
    assert ids_of(look("java-archive", {"interceptor-3.0-spec.jar": data})) == {
        "pkg:maven/org.spec/interceptor_3.0_spec@1.0.1"
    }


def test_archives_inside_each_other_without_end() -> None:
    data = jar({"META-INF/MANIFEST.MF": b""})
    for _ in range(30):
        data = jar({"x.jar": data})
    found = look("java-archive", {"deep.jar": data})
    assert any(isinstance(item, Skipped) and "archives deep" in item.reason for item in found)


def test_a_bomb_of_archives_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custody.inventory.java_archive.MAX_ARCHIVES", 10)
    found = look("java-archive", {"many.jar": jar({f"{n}.jar": jar({}) for n in range(50)})})
    assert sum(isinstance(item, Package) for item in found) == 10
    assert sum(isinstance(item, Skipped) for item in found) == 41


@pytest.mark.parametrize(
    ("constant", "value", "counts"), [("MAX_FILES", 7, [3, 3, 1, 0]), ("MAX_KEPT_BYTES", 300, [3, 2, 0, 0])]
)
def test_a_bomb_of_descriptors_is_bounded_over_all_archives_in_a_file(
    monkeypatch: pytest.MonkeyPatch, constant: str, value: int, counts: list[int]
) -> None:
    monkeypatch.setattr(f"custody.inventory.java_archive.{constant}", value)
    files = {f"META-INF/maven/g/a{n}/pom.properties": b"version=1.0.0\n".ljust(60) for n in range(3)}
    data = jar({f"{n}.jar": jar(files) for n in range(4)})
    extract = read_extract(EXTRACTOR.extract("many.jar", HeldContent(data)), "many.jar").archive
    assert [len(inner.files) for _, inner in extract.inside] == counts
    [why] = [item.reason for item in look("java-archive", {"many.jar": data}) if isinstance(item, Skipped)]
    assert why.startswith("is not read, nor any behind it: there are more than")


def test_a_licence_text_that_many_archives_have_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custody.inventory.java_archive.MAX_KEPT_BYTES", 1000)
    data = jar({f"{n}.jar": jar({"META-INF/LICENSE": b"free" * 100}) for n in range(9)})
    extract = read_extract(EXTRACTOR.extract("many.jar", HeldContent(data)), "many.jar")
    assert all(inner.texts and not inner.problems for _, inner in extract.archive.inside)
    data = jar({f"{n}.jar": jar({"META-INF/LICENSE": b"%d" % n * 400}) for n in range(9)})
    inside = read_extract(EXTRACTOR.extract("many.jar", HeldContent(data)), "many.jar").archive.inside
    assert [len(inner.texts) for _, inner in inside] == [1, 1, 1, 0, 0, 0, 0, 0, 0]
    assert sum(len(inner.problems) for _, inner in inside) == 1


def test_licence_texts_are_kept_once_and_conclude_the_licence() -> None:
    text = (
        b"Permission is hereby granted, free of charge, to any person obtaining a copy of this software.\n"
        b"The above copyright notice and this permission notice shall be included in all copies."
    )
    inner = jar({"META-INF/LICENSE.txt": text, "a/A.class": b""})
    data = jar({"lib/a-1.jar": inner, "lib/b-1.jar": inner, "META-INF/NOTICE": b"by us"})
    extract = read_extract(EXTRACTOR.extract("x.jar", HeldContent(data)), "x.jar")
    assert len(extract.texts) == 2
    packages = {item.name: item for item in look("java-archive", {"x.jar": data}) if isinstance(item, Package)}
    assert packages["a"].licence_concluded == "MIT"
    assert packages["a"].licence_files == ("x.jar!/lib/a-1.jar!/META-INF/LICENSE.txt",)
    assert packages["x"].licence_concluded is None


def test_an_installation_contains_its_jars_and_everything_hangs_on_the_root() -> None:
    layer = [
        ("opt/java/release", b'JAVA_VERSION="17.0.9"\nIMPLEMENTOR="Debian"\n', b""),
        ("opt/java/lib/jrt-fs.jar", b"", jar({"META-INF/MANIFEST.MF": b"Implementation-Version: 17.0.9\n"})),
    ]
    entries = []
    for path, data, archive in layer:
        taken = EXTRACTOR.extract(path, HeldContent(archive)) if archive else b""
        extracts = ((EXTRACTOR.name, taken),) if taken else ()
        entries.append(Entry(path=path, kind="file", size=1, data=data or None, extracts=extracts))
    nothing = Descriptor(media_type="", digest=Digest.of(b""), size=0)
    artifact = Artifact(kind="directory", name="x", version="", descriptor=nothing, reference="dir:x", platform=None)
    inventory = take_inventory(artifact, [laid_out(entries)])
    edge = Dependency(source="pkg:generic/debian/openjdk@17.0.9", target="pkg:maven/jrt-fs@17.0.9", relation="contains")
    assert edge in inventory.dependencies
    assert len(inventory.parents()) == 3


@pytest.mark.parametrize(
    ("header", "expression"),
    [
        (";", None),
        (",;,", None),
        ("<<EXTERNAL>>", None),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ('"MIT";link="https://x.example/a,b;c",EPL-2.0', "MIT OR EPL-2.0"),
        ("http://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
    ],
)
def test_bundle_licences(header: str, expression: str | None) -> None:
    data = jar({"META-INF/MANIFEST.MF": f"Bundle-License: {header}\n".encode()})
    [package] = [item for item in look("java-archive", {"x-1.jar": data}) if isinstance(item, Package)]
    assert package.licence_declared == expression


@pytest.mark.parametrize("text", ["/*", "i 'a:b:1'\n", "api('a:b:", "group: 'a', ", " ", "\n", "'", "def a = "])
def test_a_long_build_file_takes_no_more_than_linear_time(text: str) -> None:
    """A megabyte of each: anything worse than linear would take minutes."""
    look("gradle-build", {"build.gradle": (text * (1_000_000 // len(text))).encode()})


@pytest.mark.skipif(shutil.which("jar") is None, reason="needs the JDK's jar tool")
def test_what_the_jar_tool_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "m").write_text("Implementation-Version: 3.2\nAutomatic-Module-Name: com.example.made\n")
    (tmp_path / "made.txt").write_text("x")
    subprocess.run(["jar", "cfm", "made.jar", "m", "made.txt"], cwd=tmp_path, check=True, timeout=60)
    [package] = [
        item
        for item in look("java-archive", {"made.jar": (tmp_path / "made.jar").read_bytes()})
        if isinstance(item, Package)
    ]
    assert package.id == "pkg:maven/com.example/made@3.2"
