"""Writes `tree/`: jars that hold no Maven descriptor, and how they are known all the same. Run: python make.py."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from pathlib import Path

TREE = Path(__file__).resolve().parent / "tree"


def jar(manifest: str, *members: str, **inside: bytes) -> bytes:
    """Make a jar: manifest lines, empty members, and members with content (`/` written as `__`)."""
    head = "Manifest-Version: 1.0\r\n" + "".join(f"{line}\r\n" for line in manifest.strip().splitlines()) + "\r\n"
    content = {"META-INF/MANIFEST.MF": head.encode(), **dict.fromkeys(members, b"")}
    content |= {name.replace("__", "/"): data for name, data in inside.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def put(path: str, data: bytes) -> None:
    """Write a file of the tree."""
    (TREE / path).parent.mkdir(parents=True, exist_ok=True)
    (TREE / path).write_bytes(data)


def main() -> None:
    """Write all of them."""
    shutil.rmtree(TREE, ignore_errors=True)
    # Jenkins: the group, the name by which plug-ins know each other, and what they need.
    plugin = "Group-Id: com.example.ci\nShort-Name: {}\nPlugin-Version: {}\nLong-Name: {}\n"
    put(
        "ci/plugins/pipes.jpi",
        jar(plugin.format("pipes", "1.3", "Pipes") + "Plugin-License-Name: MIT License\nUrl: https://ci.example/pipes"),
    )
    put("ci/plugins/views.hpi", jar(plugin.format("views", "1.1", "Views")))
    needs = "Plugin-Dependencies: pipes:1.2,views:1.0;resolution:=optional,gone:1"
    put("ci/plugins/flows.hpi", jar(plugin.format("flows", "2.0 (private-17-me)", "Flows") + needs))
    # NiFi
    nar = "Nar-Group: com.example.nar\nNar-Id: {}\nNar-Version: 5.1\n"
    put("nifi/base-nar-5.1.nar", jar(nar.format("base-nar")))
    put(
        "nifi/flow-nar-5.1.nar",
        jar(nar.format("flow-nar") + "Nar-Dependency-Group: com.example.nar\nNar-Dependency-Id: base-nar"),
    )
    # Gradle with Nebula's plug-in; a title may be the name of the project in its build
    put(
        "lib/queue-core-3.2.1.jar",
        jar("Implementation-Title: com.example.queue#core;3.2.1", "com/example/queue/Q.class"),
    )
    # OSGi: a symbolic name made of group and artifact; a version that OSGi's grammar changed; licences to choose from
    bundle = "Bundle-SymbolicName: com.example.tools.press;singleton:=true\nBundle-Version: 1.5.5.5\n"
    bundle += "Bundle-Vendor: Example Press\n"
    licences = 'Bundle-License: "MIT";link="https://x.example/mit",'
    licences += 'https://www.gnu.org/licenses/lgpl-3.0.html;description="a, b"'
    put("lib/press-1.5.5-5.jar", jar(bundle + licences, "com/example/tools/press/P.class"))
    put(
        "lib/com.example.eclipse.ui_4.1.0.v2023.jar",
        jar("Bundle-SymbolicName: com.example.eclipse.ui\nBundle-Version: 4.1.0"),
    )
    # a licence text concludes a licence
    mit = b"Permission is hereby granted, free of charge, to any person obtaining a copy of this software. The above "
    mit += b"copyright notice and this permission notice shall be included in all copies."
    put("lib/told-1.0.jar", jar("Created-By: 17", "t/T.class", **{"META-INF__LICENSE.txt": mit}))
    # a vendor id counts only where the classes lie below it
    put("lib/motor-2.0.jar", jar("Implementation-Vendor-Id: com.example.motor", "com/example/motor/M.class"))
    put("lib/other-2.0.jar", jar("Implementation-Vendor-Id: com.example.motor", "net/elsewhere/O.class"))
    # known by its publisher: the name and the classes fit; with foreign classes the name proves nothing
    put("lib/spring-core-6.1.1.jar", jar("Implementation-Version: 6.1.1", "org/springframework/core/Order.class"))
    put("lib/spring-web-6.1.1.jar", jar("Implementation-Version: 6.1.1", "net/elsewhere/Web.class"))
    put(
        "tomcat/lib/catalina.jar",
        jar("Implementation-Title: Apache Tomcat\nImplementation-Version: 9.0.83", "org/apache/catalina/C.class"),
    )
    # the compiler's build number is not the version; a name without version; a classifier
    put(
        "lib/kotlin-stdlib.jar",
        jar("Implementation-Version: 1.9.21-release-633(1.9.21)\nImplementation-Vendor: JetBrains"),
    )
    put("lib/plain.jar", jar("Implementation-Version: task ':jar' property 'archiveVersion'", "p/P.class"))
    put("lib/data-7.2-linux-x86_64.jar", jar("Created-By: 17", "d/D.class"))
    # where it lies: a local repository, any folder with its layout and project file, Gradle's cache
    put("root/.m2/repository/com/example/deep/well/4.0/well-4.0.jar", jar("Created-By: 17", "w/W.class"))
    pom = (
        "<project><parent><groupId>com.example.mirror</groupId><artifactId>top</artifactId><version>1</version></parent>"
        "<artifactId>glass</artifactId><version>1.1</version><dependencies><dependency><groupId>com.example.queue</groupId>"
        "<artifactId>queue-core</artifactId><version>3.0</version></dependency></dependencies></project>"
    )
    top = (
        "<project><groupId>com.example.mirror</groupId><artifactId>top</artifactId><version>1</version>"
        "<licenses><license><name>EPL 2.0</name></license></licenses></project>"
    )
    put("srv/files/com/example/mirror/glass/1.1/glass-1.1.jar", jar("Created-By: 17", "g/G.class"))
    put("srv/files/com/example/mirror/glass/1.1/glass-1.1.pom", pom.encode())
    put("srv/files/com/example/mirror/top/1/top-1.pom", top.encode())
    cache = "gradle/caches/modules-2/files-2.1/com.example.cache/hit/2.2/da39a3ee5e6b4b0d3255bfef95601890afd80709"
    put(f"{cache}/hit-2.2.jar", jar("Created-By: 17", "h/H.class"))
    # an SBOM that the build put in names a jar inside by its SHA-1, and who needs whom
    inner = jar("Created-By: 17", "i/I.class")
    component = {"type": "library", "group": "com.example.inner", "name": "engine", "version": "8.1", "bom-ref": "e"}
    component |= {"purl": "pkg:maven/com.example.inner/engine@8.1?type=jar"}
    component |= {"hashes": [{"alg": "SHA-1", "content": hashlib.sha1(inner, usedforsecurity=False).hexdigest()}]}
    sbom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "metadata": {"component": {"type": "application", "name": "shop", "version": "1", "bom-ref": "a"}},
        "components": [component],
        "dependencies": [{"ref": "a", "dependsOn": ["e"]}],
    }
    members = {"BOOT-INF__lib__engine.jar": inner, "META-INF__sbom__application.cdx.json": json.dumps(sbom).encode()}
    put("app/shop-1.0.jar", jar("Created-By: 17", **members))


if __name__ == "__main__":
    main()
