"""Small inventories and reports to state things about. Ids, packages and versions are invented."""

from __future__ import annotations

import datetime as dt
from typing import Any

from custody.model import (
    Artifact,
    Checksum,
    Descriptor,
    Digest,
    Distribution,
    Finding,
    Inventory,
    Package,
    Purl,
    ScanReport,
)

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
DIGEST = Digest("sha256", "ab" * 32)
ROOT = Purl("oci", "app", str(DIGEST), qualifiers=(("repository_url", "registry.example/team/app"),))
JINJA = "pkg:pypi/jinja2@2.10"
KERNEL = "pkg:rpm/redhat/kernel-rt@5.14.0-1.el9?arch=x86_64&distro=rhel-9.4"
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def package(purl: str, **more: Any) -> Package:  # noqa: ANN401
    read = Purl.parse(purl)
    return Package(purl=read, name=read.full_name, version=read.version, **more)


def inventory() -> Inventory:
    """An image of a Red Hat system with an application in Python."""
    descriptor = Descriptor(media_type="application/vnd.oci.image.manifest.v1+json", digest=DIGEST, size=1)
    artifact = Artifact(
        kind="image",
        name="team/app",
        version="1.0",
        descriptor=descriptor,
        reference=f"registry.example/team/app:1.0@{DIGEST}",
    )
    packages = [
        package(JINJA, checksums=(Checksum("sha256", "cd" * 32),)),
        package("pkg:pypi/flask@1.0"),
        package("pkg:generic/openssl@3.0.1", cpes=("cpe:2.3:a:openssl:openssl:3.0.1:*:*:*:*:*:*:*",)),
        package(KERNEL),
    ]
    root = Package(purl=ROOT, name="app", version="1.0")
    return Inventory.assemble(
        artifact=artifact,
        root=root,
        packages=packages,
        dependencies=(),
        distribution=Distribution(id="rhel", version="9.4"),
    )


def finding(identifier: str, purl: str = JINJA, **more: Any) -> Finding:  # noqa: ANN401
    read = Purl.parse(purl)
    values: dict[str, Any] = {
        "aliases": (),
        "summary": "Something.",
        "severity": "CRITICAL",
        "score": 9.8,
        "vector": VECTOR,
        "severity_source": identifier,
        "ecosystem": "PyPI",
        "fixed_versions": (),
        "layer": None,
        "locations": (),
        "path": (str(ROOT), purl),
        "found": (),
    }
    about = {"id": identifier, "package_id": purl, "package": read.full_name, "version": read.version}
    return Finding(**(values | about | more))


def report(*findings: Finding) -> ScanReport:
    return ScanReport(
        artifact=DIGEST,
        scanned_at=NOW,
        result="findings" if findings else "clean",
        findings=findings,
        not_evaluated=(),
        packages=4,
        database=None,
    )
