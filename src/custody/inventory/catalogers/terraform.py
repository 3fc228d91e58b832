"""Terraform and OpenTofu → providers and modules.

Reads: .terraform.lock.hcl (providers as locked), https://developer.hashicorp.com/terraform/language/files/dependency-lock;
*.tf (required_providers without a lock file, module sources), .terraform/modules/modules.json (modules as installed).
Gives: name, version, edges (the folder's configuration needs its providers and modules; modules those they call), a
checksum where the lock file has the one of a single archive.
Cannot know: licences, which of the platforms' archives is meant, versions left to a range.

Spec of names: provider source addresses `[host/]namespace/type`, module sources `[host/]namespace/name/provider`. The
default registry is not written into the purl; other hosts are, as `repository_url`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.hcl import Block, read_hcl
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import is_below, nameless_project, parent, read_each, without_credentials
from custody.model import Checksum, Dependency, Package, Purl, Skipped

_LOCK = ".terraform.lock.hcl"
_OTHERS = ("node_modules", "site-packages", "dist-packages", "testdata", ".terraform")
_DEFAULT_HOST = re.compile(r"registry\.terraform\.(?:io|example)")
_PART = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"
_HOST = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?"
_PROVIDER = re.compile(rf"(?:(?P<host>{_HOST})/)?(?P<namespace>{_PART})/(?P<name>{_PART})")
_MODULE = re.compile(rf"(?:(?P<host>{_HOST})/)?(?P<namespace>{_PART})/(?P<name>{_PART})/(?P<provider>{_PART})(?://.*)?")
_HUB = re.compile(
    r"(?:git::)?(?:https?://|ssh://git@|git@)?(github|gitlab|bitbucket)\.(?:com|org)[/:]([^/?#]+)/([^/?#]+?)(?:\.git)?(?:/[^?#]*)?(?:\?([^#]*))?"
)
_REMOTE = re.compile(r"\w+::|\w+://|git@")
_EXACT = re.compile(r"\s*=?\s*(v?\d+(?:\.\d+){1,2}(?:[-+][0-9A-Za-z.+-]+)?)\s*")


def parse_lock(file: File, tree: Tree) -> Iterator[Found]:  # noqa: ARG001 - the seam's signature
    """Give the locked providers. Raises InputError: it is not HCL."""
    root = read_hcl(file.data, file.path)
    project = _project(file)
    yield project
    for block in root.each("provider"):
        address = block.labels[0] if block.labels else ""
        place = f"provider {address}"
        match = _PROVIDER.fullmatch(address) if len(address) < 300 else None
        version = block.text("version")
        if match is None or not version:
            what = (
                "expected a version" if match else f"expected an address like host/namespace/type, got {address[:60]!r}"
            )
            yield Skipped(where=file.at(f"line {block.line}"), reason=what)
            continue
        package = replace(_provider(match, version, file, place), checksums=_checksums(block))
        yield package
        yield Dependency(source=project.id, target=package.id)


def _checksums(block: Block) -> tuple[Checksum, ...]:
    """Give the SHA-256 of the archive where it is one: `zh:` has each platform, `h1:` is of the files inside."""
    hashes = block.attributes.get("hashes")
    archives = (
        [text[3:] for text in hashes if isinstance(text, str) and text.startswith("zh:")]
        if isinstance(hashes, list)
        else []
    )
    checksum = Checksum.parse("sha256", archives[0]) if len(archives) == 1 else None
    return (checksum,) if checksum else ()


def parse_configuration(file: File, tree: Tree) -> Iterator[Found]:
    """Give the modules that a configuration calls, and its providers where no lock file has them."""
    if is_below(file.path, *_OTHERS):
        return
    root = read_hcl(file.data, file.path)
    folder = parent(file.path)
    found: list[Package] = []
    if not _is_locked(folder, tree):
        for settings in root.each("terraform"):
            for wanted in settings.each("required_providers"):
                found += _required(wanted, file)
    if not tree.exists(f"{folder}/.terraform/modules/modules.json".lstrip("/")):
        for block in root.each("module"):
            package = _module(block.text("source"), block.text("version"), file, f"module {_label(block)}")
            found += [package] if package else []
    if found:
        project = _project(file)
        yield project
        for package in found:
            yield package
            yield Dependency(source=project.id, target=package.id)


def _is_locked(folder: str, tree: Tree) -> bool:
    """Say whether a lock file has the providers: in the folder, or above `modules/` where such modules are kept."""
    root = folder
    if is_below(f"{folder}/x", "modules"):
        root = f"/{folder}/".partition("/modules/")[0].strip("/")
    return any(tree.exists(f"{place}/{_LOCK}".lstrip("/")) for place in {folder, root})


def _required(block: Block, file: File) -> Iterator[Package]:
    """Read `aws = { source = "hashicorp/aws", version = "~> 5.0" }`, or only the constraint, as it was before 0.13."""
    for name, value in block.attributes.items():
        table = value if isinstance(value, dict) else {"version": value}
        source, wanted = table.get("source", f"hashicorp/{name}"), table.get("version")
        match = _PROVIDER.fullmatch(source) if isinstance(source, str) and len(source) < 300 else None
        if match is None:
            continue  # built in, or worked out
        constraint = wanted if isinstance(wanted, str) else ""
        exact = _EXACT.fullmatch(constraint) if len(constraint) < 100 else None
        place = f"required_providers.{name}"
        note = place if exact or not constraint else f"{place} {constraint[:100]}"
        yield _provider(match, exact[1] if exact else "", file, note)


def _provider(match: re.Match[str], version: str, file: File, place: str) -> Package:
    host = (match["host"] or "").lower()
    namespace, name = match["namespace"].lower(), match["name"].lower()
    return Package(
        purl=Purl("terraform", name, version, namespace, qualifiers=(("repository_url", _registry(host)),)),
        name=f"{namespace}/{name}",
        version=version,
        locations=(file.location(place),),
        installed=False,
    )


def _registry(host: str) -> str:
    return "" if _DEFAULT_HOST.fullmatch(host) or not host else f"https://{host}"


def _module(source: str, wanted: str, file: File, place: str) -> Package | None:
    """Give the package that a module's source names; None for one in the same tree and for what is worked out."""
    if not source or len(source) > 1000 or source.startswith(("./", "../", "/")):
        return None
    exact = _EXACT.fullmatch(wanted) if len(wanted) < 100 else None
    version = exact[1] if exact else ""
    hub, registry = _HUB.fullmatch(source), _MODULE.fullmatch(source)
    if hub:
        kind, owner, name, query = hub.groups()
        version = dict(parse_qsl(query or "")).get("ref", "")
        purl, name = Purl(kind, name, version, owner), f"{owner}/{name}"
    elif registry:
        purl = Purl(
            "terraform",
            registry["name"],
            version,
            registry["namespace"],
            qualifiers=(("provider", registry["provider"]), ("repository_url", _registry(registry["host"] or ""))),
        )
        name = f"{registry['namespace']}/{registry['name']}/{registry['provider']}"
    elif _REMOTE.match(source):
        head, _, query = without_credentials(re.sub(r"^\w+::", "", source)).partition("?")
        version = dict(parse_qsl(query)).get("ref", "")
        scheme, _, rest = head.rpartition("://")
        name = rest.partition("//")[0].rstrip("/").removesuffix(".git").replace(":", "/").rpartition("/")[2]
        if not name:
            return None
        address = f"{scheme}://{rest}" if scheme else rest
        kind = ("vcs_url", f"git+{address}") if source.startswith(("git::", "git@")) else ("download_url", address)
        purl = Purl("generic", name, version, qualifiers=(kind,))
    else:
        return None
    note = f"{place} {wanted[:100]}" if wanted and not version else place
    return Package(purl=purl, name=name, version=version, locations=(file.location(note),), installed=False)


def parse_modules(file: File, tree: Tree) -> Iterator[Found]:  # noqa: ARG001 - the seam's signature
    """Give the modules that `terraform init` installed, and which one calls which. Raises InputError: not JSON."""
    manifest = Fields.from_json(file.data, file.path)
    folder = file.path.removesuffix(".terraform/modules/modules.json")
    configuration = replace(file, path=f"{folder}{_LOCK}")  # the same project as the one of the lock file beside
    project = replace(_project(configuration), locations=(file.location(),))
    yield project
    entries, skipped = read_each(manifest, "Modules", lambda entry: (entry.text_or("Key"), entry))
    yield from skipped
    keys: dict[str, str] = {"": project.id}
    calls: list[tuple[str, str]] = []
    for key, entry in sorted(entries, key=lambda pair: (pair[0].count("."), pair[0])):
        if not key:
            continue  # the configuration itself
        above = key.rpartition(".")[0]
        caller = keys.get(above, project.id)
        try:
            package = _module(entry.text_or("Source"), entry.text_or("Version"), file, entry.path)
        except InputError as error:
            yield Skipped(where=error.where, reason=error.what)
            continue
        if package is None:
            keys[key] = caller  # one in the same tree: what it calls is called from here
            continue
        package = replace(package, installed=True)
        yield package
        keys[key] = package.id
        calls.append((caller, package.id))
    for source, target in sorted(set(calls)):
        if source != target:
            yield Dependency(source=source, target=target)


def _project(file: File) -> Package:
    """Give the configuration: all .tf files of a folder are one, and it is named for the folder's lock file."""
    folder = parent(file.path)
    named = replace(file, path=f"{folder}/{_LOCK}" if folder else _LOCK)
    return replace(nameless_project(named), locations=(file.location(),))


def _label(block: Block) -> str:
    return block.labels[0] if block.labels else ""


CATALOGERS = (
    Cataloger(
        name="terraform-lock",
        globs=("**/.terraform.lock.hcl",),
        gives=("name", "version", "edges", "project", "checksum"),
        cannot_know=("licence", "modules"),
        parse=parse_lock,
    ),
    Cataloger(
        name="terraform-configuration",
        globs=("**/*.tf",),
        beside=("**/.terraform.lock.hcl", "**/.terraform/modules/modules.json"),
        gives=("name", "version", "edges", "project"),
        cannot_know=("licence", "version left to a range", "edges between modules"),
        parse=parse_configuration,
    ),
    Cataloger(
        name="terraform-modules",
        globs=("**/.terraform/modules/modules.json",),
        gives=("name", "version", "edges", "project"),
        cannot_know=("licence",),
        parse=parse_modules,
    ),
)
