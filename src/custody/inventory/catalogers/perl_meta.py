"""META.json, META.yml and what cpanm notes of an installation → CPAN distributions.

Reads: META.json and META.yml of a distribution (CPAN::Meta::Spec 1.0 to 2), and `.meta/<distribution>/install.json`
with the MYMETA.json beside it, which cpanm and cpm leave where they install.
Gives: name, version, licence, author, home page, description; for installed ones CPAN's id of the author and edges to
the installed distributions that provide what is required (what is recommended as optional); for one in source the
project.
Cannot know: checksums; of a distribution in source the author's id, and which distributions bring the modules that it
asks for; modules that come with Perl itself.

A META file is read where no cpanfile.snapshot stands beside it; META.yml only where there is no META.json.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from weakref import WeakKeyDictionary

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.foreign_yaml import Value, as_table, read_yaml
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import join_path, parent, skipped_by
from custody.inventory.metadata import one_paragraph, person
from custody.inventory.perl_packages import Archive, cpan, licence, read_pathname, split
from custody.model import Dependency, Package, Skipped

INSTALLED = ("**/.meta/*/install.json",)


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the one distribution that the file describes, and what it needs."""
    if file.path.endswith("/install.json"):
        yield from _installed(file, tree)
        return
    folder = parent(file.path)
    is_yaml = file.path.endswith("META.yml")
    if is_yaml and tree.exists(join_path(folder, "META.json") or ""):
        return
    if tree.exists(join_path(folder, "cpanfile.snapshot") or ""):
        return
    table = _yaml(file) if is_yaml else Fields.from_json(file.data, file.path)
    if not _is_cpan(table, is_yaml=is_yaml):
        return  # others have files of this name too, PostgreSQL's extensions among them
    yield _package(table, file)
    if any(module != "perl" for module, relation in _asked(table) if relation == "depends_on"):
        # Modules are asked for, and which distribution brings one is not said: a name would be guessed.
        reason = "it names modules, with no lock file that is read: what brings them is not known"
        yield Skipped(where=file.path, reason=reason)


def _yaml(file: File) -> Fields:
    documents = read_yaml(file.data, file.path)
    if not documents or not as_table(documents[0]):
        raise InputError(file.path, "expected a table at the top")
    return Fields(_plain(documents[0]), file.path)


def _plain(value: Value) -> Value:
    """Give texts without their places, so that they are told as texts."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else None if value is None else str(value)


def _is_cpan(table: Fields, *, is_yaml: bool) -> bool:
    version = _text(table.value.get("meta-spec"), "version")
    if is_yaml:
        return "name" in table and ("meta-spec" in table or "generated_by" in table or "distribution_type" in table)
    return version.partition(".")[0] == "2"


def _text(table: object, key: str) -> str:
    value = table.get(key) if isinstance(table, dict) else None
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _package(table: Fields, file: File, archive: Archive | None = None) -> Package:
    name, version = table.text("name").replace("::", "-"), _text(table.value, "version")
    if split(f"{name}-0") is None:
        raise table.fault("name", f"expected the name of a distribution, got {name[:60]!r}")
    stated = table.value.get("license")
    declared, texts = licence([str(word) for word in (stated if isinstance(stated, list) else [stated or "unknown"])])
    authors = table.value.get("author")
    author = str(authors[0] if isinstance(authors, list) and authors else authors or "")
    who, _, mail = author.partition("<")
    resources = table.value.get("resources")
    return Package(
        purl=cpan(archive.name, archive.version, archive.author) if archive else cpan(name, version),
        name=archive.name if archive else name,
        version=archive.version if archive else version,
        locations=(file.location(),),
        licence_declared=declared,
        licence_texts=texts,
        originator=person("" if who.strip() == "unknown" else who, mail.partition(">")[0]),
        homepage=_text(resources, "homepage"),
        description=one_paragraph(
            "" if _text(table.value, "abstract") == "unknown" else _text(table.value, "abstract")
        ),
        purpose="LIBRARY" if archive else "APPLICATION",
        installed=archive is not None,
    )


def _asked(table: Fields) -> list[tuple[str, str]]:
    """Give (module, relation) of what it needs to run; what is only recommended is optional."""
    phases = table.value.get("prereqs")
    runtime = phases.get("runtime") if isinstance(phases, dict) else table.value  # since version 2, before it
    found = []
    for kind, relation in (("requires", "depends_on"), ("recommends", "optional")):
        modules = runtime.get(kind) if isinstance(runtime, dict) else None
        found += [(str(module), relation) for module in (modules if isinstance(modules, dict) else ())]
    return found


def _installed(file: File, tree: Tree) -> Iterator[Found]:
    note = Fields.from_json(file.data, file.path)
    archive = _archive(note)
    beside = tree.get(f"{parent(file.path)}/MYMETA.json")
    needs: list[tuple[str, str]] = []
    package = Package(
        purl=cpan(archive.name, archive.version, archive.author),
        name=archive.name,
        version=archive.version,
        locations=(file.location(),),
    )
    try:
        table = Fields.from_json(beside.data, beside.path) if beside else None
        if beside and table:
            package = replace(_package(table, beside, archive), locations=(file.location(), beside.location()))
            needs = _asked(table)
    except InputError as error:
        yield skipped_by(error)
    yield package
    providers = _providers(tree) if needs else {}
    edges = {
        Dependency(source=package.id, target=target, relation=relation)
        for module, relation in needs
        for target in providers.get(module, ())
        if target != package.id
    }
    yield from sorted(edges)


def _archive(note: Fields) -> Archive:
    found = read_pathname(note.text_or("pathname"))
    if found is None:
        parts = split(note.text_or("dist"))
        if parts is None:
            raise note.fault("dist", f"expected a distribution like Name-1.0, got {note.text_or('dist')[:60]!r}")
        found = Archive("", *parts)
    return found


_seen: WeakKeyDictionary[Tree, dict[str, set[str]]] = WeakKeyDictionary()


def _providers(tree: Tree) -> dict[str, set[str]]:
    """Give module → ids of the installed distributions that provide it; a tree is read once for all of them."""
    if tree not in _seen:
        found: dict[str, set[str]] = {}
        for file in tree.matching(INSTALLED):
            try:
                note = Fields.from_json(file.data, file.path)
                archive = _archive(note)
                modules = [*note.table("provides").value, note.text_or("name")]
            except InputError:
                continue  # told where it is read itself
            for module in modules:
                found.setdefault(str(module), set()).add(str(cpan(archive.name, archive.version, archive.author)))
        _seen[tree] = found
    return _seen[tree]


CATALOGER = Cataloger(
    name="perl-meta",
    globs=("**/META.json", "**/META.yml", *INSTALLED),
    beside=("**/.meta/*/MYMETA.json", "**/cpanfile.snapshot"),
    gives=("name", "version", "licence", "edges", "relations", "author", "home page", "description"),
    cannot_know=("checksum", "the author's id of a distribution in source", "modules that come with Perl"),
    parse=parse,
)
