"""Inventories that nobody would write by hand: any text in any field, bytes that are no UTF-8, cycles, twins."""

from __future__ import annotations

from hypothesis import strategies as st

from custody.model import (
    CHECKSUM_LENGTHS,
    Artifact,
    Checksum,
    Dependency,
    Descriptor,
    Digest,
    Distribution,
    Inventory,
    Layer,
    Location,
    Package,
    Platform,
    Purl,
    Skipped,
)
from custody.model.package import RELATIONS
from custody.sbom import Document
from tests.sbom.samples import CONTEXT, NOW, finding, report

ESCAPES = st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF, categories=["Cs"])
SURROGATES = st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF, categories=["Cs"])
texts = st.one_of(
    st.text(max_size=12),
    st.text(st.one_of(SURROGATES, st.characters()), max_size=6),
    st.sampled_from(
        (
            "",
            "NONE",
            "NOASSERTION",
            "MIT",
            " MIT",
            "a\nb",
            "\u2028",
            "a </text> b",
            "\r\n",
            "\x00\x85",
            "https://a.example/x y",
            "\\udc80",
        )
    ),
)
names = st.one_of(
    st.text("abcXYZ019-._ /@+%", min_size=1, max_size=10),
    st.text(st.one_of(ESCAPES, st.characters(codec="utf-8")), min_size=1, max_size=6),
)
urls = st.one_of(
    texts, st.sampled_from(("https://a.example/b?c=d#e", "git+https://git.example/a@v1#sub", "NONE", "x:%zz"))
)
actors = st.one_of(
    texts,
    st.sampled_from(
        (
            "Organization: Debian (team@lists.example)",
            "Person: Anna",
            "Person: Anna (the first) (a@b.example)",
            "Organization: (nobody)",
            "Tool: custody",
            "Person: ",
            "Person: Anna (no address)",
            "Organization:  two spaces",
        )
    ),
)
licences = st.one_of(
    st.none(),
    texts,
    st.sampled_from(
        (
            "NONE",
            "Apache-2.0 OR (MIT AND GPL-2.0-only WITH Classpath-exception-2.0)",
            "LicenseRef-a",
            "LicenseRef-A AND MIT",
            "LicenseRef-a OR LicenseRef-b",
            "DocumentRef-x:LicenseRef-a",
            "mit",
            "MIT and BSD",
            "The Foo Licence, version 2",
        )
    ),
)
digests = st.builds(
    lambda algorithm, fill: Digest(algorithm, fill * CHECKSUM_LENGTHS[algorithm]),
    st.sampled_from(("sha256", "sha384", "sha512")),
    st.sampled_from("0123456789abcdef"),
)
checksums = st.builds(
    lambda algorithm, fill: Checksum(algorithm, fill * CHECKSUM_LENGTHS[algorithm]),
    st.sampled_from(sorted(CHECKSUM_LENGTHS)),
    st.sampled_from("0123456789abcdef"),
)
qualifiers = st.dictionaries(st.sampled_from(("arch", "distro", "upstream", "x-y.z")), names, max_size=2)
CPES = ("cpe:2.3:a:openssl:openssl:3.0.15:*:*:*:*:*:*:*", "cpe:2.3:a:a\\:b:c:1:*:*:*:*:*:*:*", "cpe:/a:x:y")
purls = st.builds(
    lambda kind, name, version, namespace, qualifiers: Purl.parse(
        str(Purl(kind, name, version, namespace, tuple(qualifiers.items())))
    ),
    st.sampled_from(("deb", "pypi", "npm", "maven", "golang", "oci", "generic")),
    names,
    st.one_of(st.just(""), names),
    st.one_of(st.just(""), names),
    qualifiers,
)
locations = st.builds(Location, path=texts, cataloger=texts, where=texts, layer=st.one_of(st.none(), digests))
packages = st.builds(
    Package,
    purl=purls,
    name=texts,
    version=texts,
    locations=st.lists(locations, max_size=2).map(tuple),
    licence_declared=licences,
    licence_concluded=licences,
    licence_texts=st.lists(
        st.tuples(st.sampled_from(("LicenseRef-a", "LicenseRef-b", "LicenseRef-A", "odd name")), texts), max_size=3
    ).map(tuple),
    checksums=st.lists(checksums, max_size=2).map(tuple),
    source_name=texts,
    source_version=texts,
    supplier=actors,
    originator=actors,
    homepage=urls,
    download_location=urls,
    description=texts,
    copyright=texts,
    purpose=st.one_of(
        texts,
        st.sampled_from(("LIBRARY", "APPLICATION", "CONTAINER", "OPERATING-SYSTEM", "OPERATING_SYSTEM", "SOURCE")),
    ),
    installed=st.booleans(),
    licence_files=st.lists(texts, max_size=2).map(tuple),
    enriched=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    cpes=st.lists(st.one_of(texts, st.sampled_from(CPES)), max_size=2).map(tuple),
    released=st.one_of(texts, st.sampled_from(("2024-02-29", "2023-02-29", "2024-02-29T01:02:03Z", "2024"))),
)
platforms = st.builds(Platform, os=texts, architecture=texts, variant=texts)
descriptors = st.builds(
    Descriptor,
    media_type=texts,
    digest=digests,
    size=st.integers(0, 2**53),
    artifact_type=texts,
    annotations=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    platform=st.one_of(st.none(), platforms),
)
layers = st.builds(
    Layer,
    index=st.integers(0, 9),
    descriptor=descriptors,
    diff_id=st.one_of(st.none(), digests),
    created_by=texts,
)
artifacts = st.builds(
    Artifact,
    kind=st.sampled_from(("image", "directory", "file")),
    name=texts,
    version=texts,
    descriptor=descriptors,
    reference=texts,
    layers=st.lists(layers, max_size=2).map(tuple),
    platform=st.one_of(st.none(), platforms),
)
distributions = st.builds(
    Distribution, id=texts, version=texts, name=texts, codename=texts, like=st.lists(texts, max_size=2).map(tuple)
)


@st.composite
def inventories(draw: st.DrawFn) -> Inventory:
    """Give an inventory as `assemble` leaves it."""
    found = draw(st.lists(packages, max_size=5))
    root = draw(packages)
    keys = st.sampled_from([package.id for package in (root, *found)])
    relations = st.sampled_from((*RELATIONS, "a relation of tomorrow"))
    edges = st.builds(Dependency, source=keys, target=keys, relation=relations)
    return Inventory.assemble(
        artifact=draw(artifacts),
        root=root,
        packages=found,
        dependencies=draw(st.lists(edges, max_size=8)),
        skipped=draw(st.lists(st.builds(Skipped, where=texts, reason=texts), max_size=2)),
        distribution=draw(st.one_of(st.none(), distributions)),
        catalogers=draw(st.lists(st.tuples(texts, st.integers(0, 9)), max_size=2)),
        files=draw(st.integers(0, 9)),
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Give a document over such an inventory, with or without findings."""
    inventory = draw(inventories())
    everything = [inventory.root, *inventory.packages]
    findings = draw(
        st.lists(
            st.builds(
                lambda package, words, score, severity: finding(
                    package, words or "X", summary=words, score=score, severity=severity, vector=words, aliases=(words,)
                ),
                st.sampled_from(everything),
                texts,
                st.one_of(st.none(), st.floats(0, 10)),
                st.sampled_from(("UNKNOWN", "NONE", "LOW", "CRITICAL")),
            ),
            max_size=2,
            unique_by=lambda found: (found.package_id, found.id),
        )
    )
    scanned = draw(st.sampled_from((None, report(*findings), report(*findings, database=None))))
    return Document(inventory=inventory, created=NOW, context=CONTEXT, report=scanned, name=draw(texts))
