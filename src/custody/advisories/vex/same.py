"""Whether a product that a document names is a package of the inventory, or the artifact itself.

Spec: package URLs, ECMA-427: a purl without a version, or with fewer qualifiers, stands for every package that has
these parts; CPE name matching, NIST IR 7696: `*` stands for any value. A digest of the same algorithm decides alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from custody.advisories.feeds.cpe_name import parse_cpe
from custody.advisories.vex.interface import Product
from custody.model import Distribution, Finding, Inventory, Package, Purl

__all__ = ["is_artifact", "is_package", "states_version"]

_SYSTEMS = {
    ("almalinux", "almalinux"): "almalinux",
    ("alpinelinux", "alpine_linux"): "alpine",
    ("amazon", "amazon_linux"): "amzn",
    ("canonical", "ubuntu_linux"): "ubuntu",
    ("debian", "debian_linux"): "debian",
    ("oracle", "linux"): "ol",
    ("redhat", "enterprise_linux"): "rhel",
    ("rocky", "rocky"): "rocky",
    ("suse", "sles"): "sles",
}
"""Vendor and product of a CPE name → `ID` of os-release."""


def is_package(product: Product, package: Package) -> bool:
    """Say whether a product is this package. Digests decide, then purls, then CPE names; a name alone never does."""
    decided = _by_digest(product.digests, [f"{c.algorithm}:{c.hex}" for c in package.checksums])
    if decided is not None:
        return decided
    if product.purls:
        return any(_covers(purl, package.purl) for purl in product.purls)
    return any(_cpe_covers(mine, theirs) for mine in product.cpes for theirs in package.cpes)


def is_artifact(product: Product, inventory: Inventory, finding: Finding) -> bool:
    """Say whether a product is the artifact, or, for one that has subcomponents, the operating system in it."""
    artifact, root = inventory.artifact, inventory.root
    digests = [str(artifact.digest), *(f"{c.algorithm}:{c.hex}" for c in root.checksums)]
    decided = _by_digest(product.digests, digests)
    if decided is not None:
        return decided
    if any(_covers(purl, root.purl) or _is_image(purl, artifact.reference) for purl in product.purls):
        return True
    if product.subcomponents and any(_is_system(cpe, inventory.distribution, finding) for cpe in product.cpes):
        return True
    if product.purls or product.cpes:
        return False
    names = {artifact.reference, artifact.reference.partition("@")[0]}
    for name, version in ((artifact.name, artifact.version), (root.name, root.version)):
        names |= {name, f"{name}@{version}", f"{name}:{version}"} if name else set()
    return product.name in names - {""}


def states_version(product: Product) -> bool:
    """Say whether a product is one version, and not all that go by its name."""
    exact = any(purl.version or purl.qualifier("tag") for purl in product.purls)
    cpes = [cpe for text in product.cpes if (cpe := parse_cpe(text)) is not None]
    return bool(product.digests) or exact or any(cpe.version not in {"*", "-"} for cpe in cpes)


def _by_digest(stated: Iterable[str], known: Iterable[str]) -> bool | None:
    """Say yes or no where both sides have a digest of one algorithm, None where they have not."""
    stated, known = set(stated), set(known)
    if stated & known:
        return True
    common = {d.partition(":")[0] for d in stated} & {d.partition(":")[0] for d in known}
    return False if common - {"sha1", "md5"} else None


def _covers(stated: Purl, purl: Purl) -> bool:
    if (stated.type, stated.namespace, stated.name) != (purl.type, purl.namespace, purl.name):
        return False
    if stated.version and _version(stated) != _version(purl):
        return False
    if stated.subpath and stated.subpath != purl.subpath:
        return False
    return {q for q in stated.qualifiers if q[0] != "epoch"} <= set(purl.qualifiers)


def _version(purl: Purl) -> str:
    """Give the version; an rpm's with its epoch, which stands in it or beside it."""
    if purl.type != "rpm" or ":" in purl.version:
        return purl.version
    return f"{purl.qualifier('epoch') or '0'}:{purl.version}"


def _is_image(purl: Purl, reference: str) -> bool:
    """Say whether an `oci` or `docker` purl means the image that was asked for; its digest was compared before."""
    if purl.type not in {"oci", "docker"} or not reference:
        return False
    place = reference.rpartition("://")[2].partition("@")[0]
    repository, colon, tag = place.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = place, ""
    if purl.name != repository.rpartition("/")[2].lower():
        return False
    if purl.namespace and not repository.lower().endswith(f"{purl.namespace}/{purl.name}".lower()):
        return False
    wanted = purl.qualifier("tag") or ("" if ":" in purl.version else purl.version)
    address = purl.qualifier("repository_url").rstrip("/").lower()
    place_fits = not address or repository.lower() in {address, f"{address}/{purl.name}"}
    return place_fits and ":" not in purl.version and wanted in {"", tag}


def _cpe_covers(stated: str, known: str) -> bool:
    mine, theirs = parse_cpe(stated), parse_cpe(known)
    if mine is None or theirs is None or mine.key != theirs.key:
        return False
    return mine.version in {"*", theirs.version} and mine.update in {"*", theirs.update}


def _is_system(text: str, distribution: Distribution | None, finding: Finding) -> bool:
    """Say whether a CPE name is that of the release whose advisories the finding is from, or of the artifact's system.

    `cpe:/o:redhat:enterprise_linux:9` is every part of that release: its BaseOS is `…:9::baseos`.
    """
    base, _, release = finding.ecosystem.partition(":")
    if base == "Red Hat" and release:
        stated = text.partition(":redhat:")[2]
        return bool(stated) and (release == stated or release.startswith(f"{stated}:"))
    cpe = parse_cpe(text)
    if cpe is None or distribution is None or _SYSTEMS.get((cpe.vendor, cpe.product)) != distribution.id:
        return False
    version = cpe.version.removesuffix(".0")
    return bool(version) and (
        distribution.version == cpe.version or f"{distribution.version}.".startswith(f"{version}.")
    )
