"""A release of the real image finds exactly what dpkg-query, pip and npm say is in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from tests.interop.command import Released, cyclonedx_layers, cyclonedx_purls, spdx_purls, split_purl
from tests.interop.image import Image
from tests.interop.truth import Known

pytestmark = pytest.mark.interop

# What each source is read through: gzip, zstd and plain layers; a layout, an archive, a registry, an index.
KINDS = ("oci", "zstd", "docker-archive", "registry", "index")
FILES = (
    "sbom-1.2.3.spdx.json",
    "sbom-latest.spdx.json",
    "sbom-1.2.3.cdx.json",
    "security-report.json",
    "security-report.sarif",
    "security-events.json",
    "compliance-report.pdf",
    "release.json",
    "index.html",
)
ROOT_OF_NPM = Known(
    type="npm", name="storefront", version="0.3.1"
)  # the application itself, which npm's tree hangs from


def found_packages(purls: Iterable[str]) -> set[Known]:
    """Give the packages of the three managers; the artifact and the npm application itself are not among them."""
    parts = [split_purl(purl) for purl in purls]
    return {part.known() for part in parts if part.type in {"deb", "pypi", "npm"}} - {ROOT_OF_NPM}


def shown(packages: Iterable[Known]) -> list[str]:
    """Give packages as a person reads them."""
    return [" ".join(filter(None, (known.type, known.name, known.version, known.arch))) for known in sorted(packages)]


@pytest.fixture(params=KINDS)
def release_of(request: pytest.FixtureRequest, released: Callable[[str], Released]) -> Released:
    """Give the release of the image from each kind of source."""
    return released(request.param)


def test_the_folder_is_complete(release_of: Released) -> None:
    missing = [name for name in FILES if not (release_of.output / name).is_file()]
    assert not missing
    assert (release_of.output / "compliance-report.pdf").read_bytes().startswith(b"%PDF-")
    latest, versioned = (release_of.output / f"sbom-{name}.spdx.json" for name in ("latest", "1.2.3"))
    assert latest.read_bytes() == versioned.read_bytes()


@pytest.mark.parametrize("kind", ["deb", "pypi", "npm"])
def test_packages_equal_what_the_manager_says(release_of: Released, debian_image: Image, kind: str) -> None:
    purls = spdx_purls(release_of.document("sbom-1.2.3.spdx.json")).values()
    found = {known for known in found_packages(purls) if known.type == kind}
    told = {known for known in debian_image.installed() if known.type == kind}
    extra, missing = shown(found - told), shown(told - found)
    assert not extra, f"found, and not installed: {extra}"
    assert not missing, f"installed, and not found: {missing}"


def test_nothing_deleted_is_found(release_of: Released, debian_image: Image) -> None:
    """A deleted package's name and version stands in no SBOM, whatever its purl is made of."""
    deleted = {(known.type, known.name, known.version) for known in debian_image.deleted()}
    assert deleted
    for purls in (
        list(spdx_purls(release_of.document("sbom-1.2.3.spdx.json")).values()),
        list(cyclonedx_purls(release_of.document("sbom-1.2.3.cdx.json"))),
    ):
        found = {(known.type, known.name, known.version) for known in found_packages(purls)}
        assert not found & deleted, f"found, and deleted: {sorted(found & deleted)}"


def test_deb_purls_name_distribution_and_architecture(release_of: Released, debian_image: Image) -> None:
    purls = spdx_purls(release_of.document("sbom-1.2.3.spdx.json")).values()
    debs = [part for part in map(split_purl, purls) if part.type == "deb"]
    assert len(debs) == sum(known.type == "deb" for known in debian_image.installed())
    assert {part.namespace for part in debs} == {"debian"}
    assert {part.qualifiers.get("distro") for part in debs} == {"debian-12"}
    assert {part.qualifiers.get("arch") for part in debs} > {"all"}


def test_both_sboms_hold_the_same_packages(release_of: Released) -> None:
    spdx = found_packages(spdx_purls(release_of.document("sbom-1.2.3.spdx.json")).values())
    cyclonedx = found_packages(cyclonedx_purls(release_of.document("sbom-1.2.3.cdx.json")))
    assert spdx == cyclonedx
    assert spdx


def test_every_source_gives_the_same_packages(released: Callable[[str], Released]) -> None:
    inventories = {
        kind: frozenset(spdx_purls(released(kind).document("sbom-1.2.3.spdx.json")).values()) for kind in KINDS
    }
    # The artifact's own purl, where it has one, names its digest, and an archive's manifest is another one.
    packages = {frozenset(found_packages(purls)) for purls in inventories.values()}
    assert len(packages) == 1


def test_edges_hold_the_whole_npm_tree(released: Callable[[str], Released], debian_image: Image) -> None:
    edges = {(parent.name, parent.version, child.name, child.version) for parent, child in depends_on(released("oci"))}
    wanted = set(npm_edges(debian_image.told("npm-ls")))
    assert len(wanted) > 80
    assert not wanted - edges, f"npm knows these edges: {sorted(wanted - edges)}"


def test_edges_of_debian_and_python_packages(released: Callable[[str], Released]) -> None:
    edges = {(parent.type, parent.name, child.name) for parent, child in depends_on(released("oci"))}
    assert ("deb", "python3-requests", "python3-urllib3") in edges
    assert ("deb", "libyaml-0-2", "libc6") in edges
    assert ("pypi", "flask", "jinja2") in edges
    assert ("pypi", "rich", "markdown-it-py") in edges
    # Not installed: an edge needs both its ends.
    assert ("pypi", "flask", "simplejson") not in edges


def test_an_edge_stays_within_its_environment(released: Callable[[str], Released]) -> None:
    """The image has two requests: the one of the virtual environment needs its neighbours, not those of the system."""
    needs = {
        (parent.version, child.name, child.version)
        for parent, child in depends_on(released("oci"))
        if (parent.type, parent.name, child.type) == ("pypi", "requests", "pypi")
    }
    # Debian strips what its own requests needs from its metadata, since dpkg knows it: only an extra is left there.
    assert {("2.19.1", "urllib3", "1.23"), ("2.19.1", "chardet", "3.0.4"), ("2.19.1", "idna", "2.7")} <= needs
    assert ("2.19.1", "urllib3", "1.26.12") not in needs
    assert ("2.19.1", "chardet", "5.1.0") not in needs
    assert ("2.19.1", "idna", "3.3") not in needs
    assert ("2.28.1", "chardet", "3.0.4") not in needs


@pytest.mark.parametrize("kind", ["oci", "docker-archive"])
def test_each_package_names_the_layer_that_brought_it(
    released: Callable[[str], Released], debian_image: Image, kind: str
) -> None:
    """A package's layer is where its manager first told of it, though later layers write the status file anew."""
    named = cyclonedx_layers(released(kind).document("sbom-1.2.3.cdx.json"))
    layers = debian_image.told("layers")
    wrong = []
    for row in debian_image.told("installed"):
        known = Known(type=row["type"], name=row["name"], version=row["version"], arch=row["arch"])
        layer = layers[row["layer"]]
        if not named.get(known, set()) & {layer["diff_id"], layer["digest"]}:
            wrong.append((*shown([known]), row["layer"], named.get(known)))
    assert not wrong, f"package, its layer, the layers named for it: {wrong}"


def test_without_a_database_the_scan_says_unknown_or_names_it(released: Callable[[str], Released]) -> None:
    report = released("oci").document("security-report.json")
    text = json.dumps(report)
    assert "vulnerabilities" in report
    # Either a database was used and is named by its digest, or the result is unknown: never a bare "none".
    assert '"unknown"' in text or '"sha256:' in text


def depends_on(release: Released) -> list[tuple[Known, Known]]:
    """Give the edges of the SPDX document whose two ends are packages of a manager."""
    document = release.document("sbom-1.2.3.spdx.json")
    known = {id_: split_purl(purl).known() for id_, purl in spdx_purls(document).items()}
    found = []
    for row in document["relationships"]:
        ends = [known.get(row["spdxElementId"]), known.get(row["relatedSpdxElement"])]
        if "_OF" in row["relationshipType"]:  # DEPENDENCY_OF, OPTIONAL_DEPENDENCY_OF, …: read from the other end
            ends.reverse()
        if ends[0] and ends[1] and "DEPEND" in row["relationshipType"]:
            found.append((ends[0], ends[1]))
    return found


def npm_edges(node: dict[str, Any], name: str = "storefront") -> Iterator[tuple[str, str, str, str]]:
    """Give the edges of npm's tree; an alias counts under its real name."""
    for child_name, child in node.get("dependencies", {}).items():
        if "version" in child:
            real = {"lodash-before": "lodash"}.get(child_name, child_name)
            yield (name, node["version"], real, child["version"])
            yield from npm_edges(child, real)
