"""One document with a bit of everything, made by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from custody.model import (
    Artifact,
    BuildContext,
    Checksum,
    DatabaseState,
    Dependency,
    Descriptor,
    Digest,
    Distribution,
    Finding,
    GitState,
    HowFound,
    Inventory,
    Layer,
    Location,
    NotEvaluated,
    Package,
    Platform,
    Purl,
    ScanReport,
    Skipped,
    Suppression,
)
from custody.sbom import Document

NOW = dt.datetime(2026, 11, 22, 12, 30, tzinfo=dt.UTC)
BASE, APP = Digest.of(b"base layer"), Digest.of(b"application layer")
IMAGE = Digest.of(b"image")

SSL = Package(
    purl=Purl("deb", "libssl3", "3.0.15-1~deb12u1", "debian", (("arch", "amd64"), ("distro", "debian-12"))),
    name="libssl3",
    version="3.0.15-1~deb12u1",
    locations=(Location(path="var/lib/dpkg/status", cataloger="dpkg", where="package[7]", layer=BASE),),
    licence_declared="Apache-2.0",
    source_name="openssl",
    source_version="3.0.15-1~deb12u1",
    supplier="Organization: Debian OpenSSL Team (pkg-openssl@lists.example)",
    homepage="https://openssl.example/",
    description="Secure Sockets Layer toolkit - shared libraries\nwith a second line",
    copyright="1998-2024 The OpenSSL Project",
)
JINJA = Package(
    purl=Purl("pypi", "jinja2", "2.10"),
    name="Jinja2",
    version="2.10",
    locations=(
        Location(
            path="srv/app/lib/python3.11/site-packages/Jinja2-2.10.dist-info/METADATA", cataloger="wheel", layer=APP
        ),
        Location(path="srv/app/poetry.lock", cataloger="poetry-lock", where="package[3]", layer=APP),
    ),
    licence_declared="LicenseRef-BSD",
    licence_concluded="BSD-3-Clause",
    licence_texts=(("LicenseRef-BSD", "BSD"),),
    checksums=(Checksum("sha256", "ab" * 32),),
    originator="Person: Armin Ronacher (armin@pocoo.example)",
    download_location="https://files.pypi.example/Jinja2-2.10-py2.py3-none-any.whl",
)
MARKUPSAFE = Package(
    purl=Purl("pypi", "markupsafe", "1.1.0"),
    name="MarkupSafe",
    version="1.1.0",
    locations=(Location(path="srv/app/poetry.lock", cataloger="poetry-lock", where="package[4]", layer=APP),),
    licence_declared="LicenseRef-BSD",
    licence_texts=(("LicenseRef-BSD", "BSD, but another one"),),
    installed=False,
)
PYTEST = Package(purl=Purl("pypi", "pytest"), name="pytest", installed=False, licence_declared="NONE")
LODASH = Package(
    purl=Purl("npm", "lodash", "4.17.20"),
    name="lodash",
    version="4.17.20",
    licence_declared="MIT",
    locations=(Location(path="srv/web/node_modules/lodash/package.json", cataloger="npm-installed", layer=APP),),
)
ROOT = Package(purl=Purl("oci", "whisperengine", str(IMAGE)), name="whisperengine", version="1.2.3")

EDGES = (
    Dependency(source=ROOT.id, target=SSL.id, relation="contains"),
    Dependency(source=ROOT.id, target=JINJA.id, relation="contains"),
    Dependency(source=ROOT.id, target=LODASH.id, relation="optional"),
    Dependency(source=JINJA.id, target=MARKUPSAFE.id),
    Dependency(source=JINJA.id, target=PYTEST.id, relation="dev"),
    Dependency(source=LODASH.id, target=SSL.id, relation="peer"),
    Dependency(source=LODASH.id, target=MARKUPSAFE.id, relation="build"),
    Dependency(source=SSL.id, target=LODASH.id, relation="owns"),
)

CONTEXT = BuildContext(
    tool="custody",
    tool_version="0.1.0",
    started_at=NOW,
    source="docker-archive:image.tar",
    parameters=(("name", "whisperengine"), ("version", "1.2.3")),
    environment=(("platform", "linux/x86_64"), ("python", "3.11.7")),
    git=GitState(commit="c0ffee" + "0" * 34, remote="https://git.example/whisperengine", ref="main", dirty=False),
    author="Organization: WhisperEngine (security@whisperengine.example)",
)


def inventory(**changes: Any) -> Inventory:  # noqa: ANN401
    """Give the sample inventory."""
    descriptor = Descriptor(media_type="application/vnd.oci.image.manifest.v1+json", digest=IMAGE, size=1234)
    blob = Descriptor(media_type="application/vnd.oci.image.layer.v1.tar+gzip", digest=Digest.of(b"blob"), size=99)
    facts: dict[str, Any] = {
        "artifact": Artifact(
            kind="image",
            name="whisperengine",
            version="1.2.3",
            descriptor=descriptor,
            reference="docker-archive:image.tar",
            layers=(
                Layer(index=0, descriptor=blob, diff_id=BASE, created_by="ADD rootfs.tar /"),
                Layer(index=1, descriptor=blob, diff_id=APP),
            ),
            platform=Platform(os="linux", architecture="amd64"),
        ),
        "root": ROOT,
        "packages": (SSL, JINJA, MARKUPSAFE, PYTEST, LODASH),
        "dependencies": EDGES,
        "skipped": (Skipped(where="srv/app/uv.lock", reason="not valid TOML: line 3"),),
        "distribution": Distribution(id="debian", version="12", name="Debian GNU/Linux", codename="bookworm"),
        "catalogers": (("dpkg", 1), ("poetry-lock", 3), ("wheel", 1)),
        "files": 4321,
    }
    return Inventory.assemble(**facts | changes)


def finding(package: Package, identifier: str, **changes: Any) -> Finding:  # noqa: ANN401
    """Give a finding about a package."""
    facts: dict[str, Any] = {
        "id": identifier,
        "aliases": ("GHSA-462w-v97r-4m45", "PYSEC-2019-217"),
        "summary": "Sandbox escape",
        "severity": "HIGH",
        "score": 8.6,
        "vector": "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N",
        "severity_source": "GHSA-462w-v97r-4m45",
        "package_id": package.id,
        "package": package.name,
        "version": package.version,
        "ecosystem": "PyPI",
        "fixed_versions": ("2.10.1",),
        "layer": APP,
        "locations": (),
        "path": (ROOT.id, package.id),
        "found": (
            HowFound(
                searched="PyPI jinja2 2.10",
                record="GHSA-462w-v97r-4m45",
                matched="introduced 0, fixed 2.10.1",
                ordering="pep440",
                source="osv",
            ),
        ),
        "published": NOW,
        "references": (("ADVISORY", "https://nvd.example/vuln/detail/CVE-2019-10906"), ("WEB", "not a link")),
        "cwes": ("CWE-693", "not a cwe"),
    }
    return Finding(**facts | changes)


def report(*findings: Finding, **changes: Any) -> ScanReport:  # noqa: ANN401
    """Give a report with these findings."""
    facts: dict[str, Any] = {
        "artifact": IMAGE,
        "scanned_at": NOW,
        "result": "findings" if findings else "unknown",
        "findings": findings,
        "not_evaluated": (NotEvaluated(package_id=PYTEST.id, reason="its version is not known"),),
        "packages": 5,
        "database": DatabaseState(
            digest=Digest.of(b"database"), ecosystems=(("PyPI", 12),), newest=NOW, imported_at=NOW
        ),
    }
    return ScanReport(**facts | changes)


SUPPRESSED = finding(
    LODASH,
    "CVE-2021-23337",
    fixed_versions=(),
    ecosystem="npm",
    suppression=Suppression(
        reason="the function is not called", owner="anna@whisperengine.example", expires=NOW, approver="ben"
    ),
)


def document(**changes: Any) -> Document:  # noqa: ANN401
    """Give the sample document, with a finding, a suppressed one, and a package that was not evaluated."""
    facts: dict[str, Any] = {
        "inventory": inventory(),
        "created": NOW,
        "context": CONTEXT,
        "report": report(finding(JINJA, "CVE-2019-10906"), SUPPRESSED),
    }
    return Document(**facts | changes)
