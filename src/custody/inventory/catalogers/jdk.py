"""The `release` file of a Java installation → one package.

Reads: `release` in the home of a JDK or JRE, shell assignments that OpenJDK's build writes
(https://openjdk.org/jeps/223 names its version strings), and Oracle's.
Gives: name by the vendor's product, version, supplier, release date, CPE names under which advisories are filed, and
the jars that come with it.
Cannot know: licences; checksums. A vendor that is not known by its name is given as it stands, without CPE.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from custody.errors import InputError
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.java_archive import EXTRACTOR
from custody.inventory.java_tree import java_archives
from custody.inventory.lockfile import parent
from custody.model import Dependency, Package, Purl

_LINE = re.compile(r"^([A-Z_]+)=(?:\"([^\"\n]*)\"|(\S*))\s*$", re.MULTILINE)
_VERSION = re.compile(r"\d[\w.+-]{0,80}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_EIGHT = re.compile(r"1\.(\d)\.0_(\d+)")

_VENDORS = (
    ("eclipse adoptium", "eclipse", "temurin"),
    ("adoptopenjdk", "adoptopenjdk", "openjdk"),
    ("amazon", "amazon", "corretto"),
    ("azul", "azul", "zulu"),
    ("bellsoft", "bellsoft", "liberica"),
    ("ibm", "ibm", "semeru"),
    ("international business machines", "ibm", "semeru"),
    ("sap se", "sap", "sapmachine"),
    ("alibaba", "alibaba", "dragonwell"),
    ("tencent", "tencent", "kona"),
    ("jetbrains", "jetbrains", "jbr"),
    ("microsoft", "microsoft", "openjdk"),
    ("red hat", "redhat", "openjdk"),
    ("debian", "debian", "openjdk"),
    ("ubuntu", "ubuntu", "openjdk"),
    ("alpine", "alpine", "openjdk"),
    ("private build", "", "openjdk"),
    ("n/a", "", "openjdk"),
)
"""How an IMPLEMENTOR starts, in lower case → who that is, and what they call their build of OpenJDK."""


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the installation. Raises InputError: it is one of Java, and its version cannot be read."""
    facts = {match[1]: match[2] or match[3] or "" for match in _LINE.finditer(file.data.decode("utf-8", "replace"))}
    if "JAVA_VERSION" not in facts:
        return  # many things are called `release`
    version = facts["JAVA_VERSION"]
    if not _VERSION.fullmatch(version):
        raise InputError(file.at("JAVA_VERSION"), f"expected a version, got {version[:200]!r}")
    home = parent(file.path)
    kind = "jdk" if facts.get("IMAGE_TYPE") == "JDK" or tree.exists(f"{home}/bin/javac".lstrip("/")) else "jre"
    vendor = facts.get("IMPLEMENTOR", "")
    namespace, product = _product(facts, kind)
    purl = Purl("generic", product, version, namespace)
    date = facts.get("JAVA_VERSION_DATE", "")
    full = facts.get("JAVA_RUNTIME_VERSION", "")
    package = Package(
        purl=purl,
        name=product,
        version=version,
        locations=(file.location(),),
        supplier=f"Organization: {vendor}" if vendor not in ("", "N/A") else "",
        released=date if _DATE.fullmatch(date) else "",
        description=" ".join(filter(None, [f"Java {'development kit' if kind == 'jdk' else 'runtime'}", full])),
        cpes=tuple(_cpes(facts, product, version, kind)),
        purpose="APPLICATION",
    )
    yield package
    archives = java_archives(tree)
    for library in tree.extracted(EXTRACTOR.name):
        if library.path.startswith((f"{home}/lib/", f"{home}/jre/lib/")) and home:
            for node in archives.nodes(library)[:1]:
                yield Dependency(source=package.id, target=node.id, relation="contains")


def _product(facts: Mapping[str, str], kind: str) -> tuple[str, str]:
    """Give who builds this Java, and what they call it."""
    vendor = facts.get("IMPLEMENTOR", "")
    if facts.get("GRAALVM_VERSION"):
        return ("oracle", "graalvm") if vendor.startswith("Oracle") else ("graalvm", "graalvm-community")
    if _is_commercial(facts):
        return "oracle", kind
    if vendor.startswith("Oracle"):
        return "oracle", "openjdk"
    for start, namespace, product in _VENDORS:
        if vendor.lower().startswith(start):
            return namespace, product
    return re.sub(r"[^a-z0-9]+", "-", vendor.lower()).strip("-"), "openjdk"


def _is_commercial(facts: Mapping[str, str]) -> bool:
    """Say whether it is Oracle's own JDK: only its builds say "commercial"; before Java 9 nobody else is named."""
    return facts.get("BUILD_TYPE") == "commercial"


def _cpes(facts: Mapping[str, str], product: str, version: str, kind: str) -> Iterator[str]:
    """Give the names in the National Vulnerability Database: Java 8 update 392 is `1.8.0:update392` there."""
    match = _EIGHT.fullmatch(version)
    number = f"1.{match[1]}.0:update{match[2]}" if match and _is_commercial(facts) else version
    if match and not _is_commercial(facts):
        number = f"{match[1]}:update{match[2]}"
    if ":" not in number:
        number += ":*"
    number = number.replace("+", "\\+")
    if product == "graalvm":
        yield f"cpe:2.3:a:oracle:graalvm_for_jdk:{number}:*:*:*:*:*:*"
    elif _is_commercial(facts):
        yield f"cpe:2.3:a:oracle:{kind}:{number}:*:*:*:*:*:*"
    elif facts.get("IMPLEMENTOR"):
        yield f"cpe:2.3:a:oracle:openjdk:{number}:*:*:*:*:*:*"
    zulu = re.match(r"Zulu(\d+\.\d+)", facts.get("IMPLEMENTOR_VERSION", ""))
    if product == "zulu" and zulu:
        yield f"cpe:2.3:a:azul:zulu:{zulu[1]}:*:*:*:*:*:*:*"


CATALOGER = Cataloger(
    name="jdk",
    globs=("**/release",),
    gives=("name", "version", "supplier", "release date", "cpe", "description"),
    cannot_know=("licence", "checksum"),
    parse=parse,
)
