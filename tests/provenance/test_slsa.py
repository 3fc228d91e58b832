"""SLSA provenance: what we say of a release, what others say, and which level follows."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from custody.errors import InputError
from custody.model import (
    Artifact,
    BuildContext,
    Checksum,
    Descriptor,
    Digest,
    Evidence,
    GitState,
    Inventory,
    Package,
    Purl,
    Signer,
    Statement,
    canonical_json,
)
from custody.provenance import BUILD_TYPE, BUILDER_ID, build_level, parse_provenance, provenance_predicate

NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
ARTIFACT = Artifact(
    kind="directory",
    name="demo",
    version="1.2.3",
    descriptor=Descriptor(media_type="application/vnd.oci.image.manifest.v1+json", digest=Digest.of(b"a"), size=1),
    reference="dir:demo",
)
ROOT = Package(purl=Purl("generic", "demo", "1.2.3"), name="demo", version="1.2.3")
FLASK = Package(
    purl=Purl("pypi", "flask", "3.0.0"),
    name="flask",
    checksums=(Checksum("sha256", "ab" * 32), Checksum("sha512", "cd" * 64)),
)
OPEN = Package(purl=Purl("npm", "left-pad"), name="left-pad")
INVENTORY = Inventory.assemble(
    artifact=ARTIFACT, root=ROOT, packages=[FLASK, OPEN], dependencies=[], catalogers=[("x", 1)]
)
CONTEXT = BuildContext(
    tool="custody",
    tool_version="0.1.0",
    started_at=NOW,
    source="dir:demo",
    parameters=(("policy", "policy.yaml"), ("to", "oci:./a")),
    environment=(("platform", "linux/x86_64"), ("python", "3.12.1")),
    git=GitState(commit="1" * 40, remote="https://git.example/demo.git", ref="refs/heads/main", dirty=False),
)


def statement(predicate: dict[str, Any], kind: str = "https://slsa.dev/provenance/v1") -> Statement:
    return Statement.about("demo", Digest.of(b"a"), kind, predicate)


def evidence(predicate: dict[str, Any], signer: Signer | None, problem: str = "") -> Evidence:
    return Evidence(digest=Digest.of(b"e"), statement=statement(predicate), signer=signer, problem=problem)


def test_provenance_of_a_directory_says_from_what_it_was_packed() -> None:
    predicate = provenance_predicate(ARTIFACT, INVENTORY, CONTEXT)
    definition, details = predicate["buildDefinition"], predicate["runDetails"]
    assert definition["buildType"] == BUILD_TYPE
    assert definition["externalParameters"] == {
        "source": "dir:demo",
        "name": "demo",
        "version": "1.2.3",
        "options": {"policy": "policy.yaml", "to": "oci:./a"},
    }
    assert definition["internalParameters"] == {
        "operation": "packed",
        "environment": {"platform": "linux/x86_64", "python": "3.12.1"},
        "catalogers": {"x": 1},
    }
    assert definition["resolvedDependencies"] == [
        {
            "name": "source",
            "uri": "git+https://git.example/demo.git@refs/heads/main",
            "digest": {"gitCommit": "1" * 40},
            "annotations": {"ref": "refs/heads/main", "modified": False},
        },
        {"name": "left-pad", "uri": "pkg:npm/left-pad"},
        {"name": "flask", "uri": "pkg:pypi/flask@3.0.0", "digest": {"sha256": "ab" * 32, "sha512": "cd" * 64}},
    ]
    assert details["builder"] == {"id": BUILDER_ID, "version": {"custody": "0.1.0"}}
    assert details["metadata"]["startedOn"] == "2026-01-02T03:04:05Z"
    assert "finishedOn" not in details["metadata"]


def test_an_image_is_adopted_and_its_digest_is_a_dependency() -> None:
    image = replace(ARTIFACT, kind="image", reference="registry.example/demo@sha256:00")
    predicate = provenance_predicate(image, INVENTORY, replace(CONTEXT, git=None, finished_at=NOW))
    assert predicate["buildDefinition"]["internalParameters"]["operation"] == "adopted"
    assert predicate["buildDefinition"]["resolvedDependencies"][0] == {
        "name": "image",
        "uri": "registry.example/demo@sha256:00",
        "digest": {"sha256": Digest.of(b"a").hex},
    }
    assert predicate["runDetails"]["metadata"]["finishedOn"] == "2026-01-02T03:04:05Z"


def test_what_nobody_knows_of_the_commit_is_left_out() -> None:
    bare = replace(CONTEXT, git=GitState(commit="2" * 40))
    assert provenance_predicate(ARTIFACT, INVENTORY, bare)["buildDefinition"]["resolvedDependencies"][0] == {
        "name": "source",
        "digest": {"gitCommit": "2" * 40},
    }
    dirty = replace(CONTEXT, git=GitState(commit="2" * 40, dirty=True))
    (source, *_) = provenance_predicate(ARTIFACT, INVENTORY, dirty)["buildDefinition"]["resolvedDependencies"]
    assert source["annotations"] == {"modified": True}


def test_a_re_run_with_the_same_clock_gives_the_same_bytes_and_another_run_another_name() -> None:
    def invocation(context: BuildContext) -> str:
        return str(provenance_predicate(ARTIFACT, INVENTORY, context)["runDetails"]["metadata"]["invocationId"])

    first, again = (canonical_json(provenance_predicate(ARTIFACT, INVENTORY, CONTEXT)) for _ in range(2))
    assert first == again
    later = replace(CONTEXT, started_at=NOW + dt.timedelta(seconds=1))
    assert len({invocation(CONTEXT), invocation(later), invocation(replace(CONTEXT, parameters=()))}) == 3


def test_our_own_provenance_is_read_again() -> None:
    read = parse_provenance(statement(provenance_predicate(ARTIFACT, INVENTORY, CONTEXT)), "p")
    assert (read.version, read.build_type, read.builder_id) == ("v1", BUILD_TYPE, BUILDER_ID)
    assert read.source_uri == "git+https://git.example/demo.git@refs/heads/main"
    assert read.source_digest == {"gitCommit": "1" * 40}
    assert read.started_at == NOW
    assert read.finished_at is None
    assert [d.name for d in read.dependencies] == ["source", "left-pad", "flask"]
    assert read.parameters["options"] == {"policy": "policy.yaml", "to": "oci:./a"}


def test_a_github_workflow_names_its_source_in_its_parameters(shared: Path) -> None:
    predicate = json.loads((shared / "data/sigstore/bundles/slsa_predicate_v1_0.json").read_bytes())
    read = parse_provenance(statement(predicate), "p")
    assert read.source_uri == "https://github.com/octo-org/octo-repo"
    assert read.ref == "refs/tags/1.21.0"
    assert read.entry_point.startswith(".github/workflows/")
    assert set(read.source_digest) == {"gitCommit"}
    assert read.builder_id.startswith("https://github.com/")


def test_a_real_v02_provenance_is_read(shared: Path) -> None:
    import base64

    name = "slsa_v1.2.2_binary-linux-amd64-workflow_dispatch.intoto.jsonl"
    envelope = json.loads((shared / "data/sigstore/bundles" / name).read_bytes())
    read = parse_provenance(Statement.parse(base64.b64decode(envelope["payload"]), name), name)
    assert read.version == "v0.2"
    assert read.build_type == "https://github.com/slsa-framework/slsa-github-generator/generic@v1"
    assert read.source_uri == "git+https://github.com/slsa-framework/example-package"
    assert read.ref == "refs/heads/main"
    assert set(read.source_digest) == {"sha1"}
    assert read.entry_point.startswith(".github/workflows/")
    assert read.dependencies


def test_a_real_v1_bundle_of_another_builder_is_read(shared: Path) -> None:
    import base64

    name = "slsa_v2.1.0_binary-linux-amd64-workflow_dispatch.intoto.jsonl"
    bundle = json.loads((shared / "data/sigstore/bundles" / name).read_bytes())
    read = parse_provenance(Statement.parse(base64.b64decode(bundle["dsseEnvelope"]["payload"]), name), name)
    assert read.builder_id.startswith("https://github.com/slsa-framework/slsa-github-generator/")


def test_an_unknown_build_type_has_a_source_only_where_there_is_one_commit() -> None:
    one = {"uri": "git+https://a.example/x", "digest": {"gitCommit": "1" * 40}}
    two = {"uri": "git+https://a.example/y", "digest": {"gitCommit": "2" * 40}}
    for dependencies, uri in (([one], "git+https://a.example/x"), ([one, two], ""), ([], "")):
        predicate = {
            "buildDefinition": {"buildType": "u:x", "externalParameters": {}, "resolvedDependencies": dependencies},
            "runDetails": {"builder": {"id": "u:b"}},
        }
        assert parse_provenance(statement(predicate), "p").source_uri == uri


@pytest.mark.parametrize(
    ("predicate", "message"),
    [
        ({}, "p:predicate.buildDefinition.buildType: missing"),
        ({"buildDefinition": {"buildType": "x"}}, "p:predicate.buildDefinition.externalParameters: missing"),
        (
            {"buildDefinition": {"buildType": "x", "externalParameters": {}}, "runDetails": {"builder": {}}},
            "p:predicate.runDetails.builder.id: missing",
        ),
        ({"buildDefinition": []}, "p:predicate.buildDefinition: expected a table, got a list"),
        (
            {
                "buildDefinition": {"buildType": "x", "externalParameters": {}},
                "runDetails": {"builder": {"id": "y"}, "metadata": {"startedOn": "yesterday"}},
            },
            "p:predicate.runDetails.metadata.startedOn: expected a date",
        ),
    ],
)
def test_what_build_l1_requires_must_be_there(predicate: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_provenance(statement(predicate), "p")
    found = build_level(evidence(predicate, Signer(key_id="k")))
    assert found.level == 0
    assert "not provenance of Build L1" in found.reasons[0]


def test_another_predicate_type_is_no_provenance() -> None:
    with pytest.raises(InputError, match=r"expected predicate type 'https://slsa.dev/provenance/v1' or .* got 'x'"):
        parse_provenance(statement({}, "x"), "p")


HOSTED = {
    "buildDefinition": {"buildType": "u:x", "externalParameters": {}},
    "runDetails": {"builder": {"id": "https://builds.example/"}},
}


def test_the_level_is_that_of_the_trusted_pair_of_signer_and_builder() -> None:
    signer = Signer(key_id="k" * 64)
    trusted = {("k" * 64, "https://builds.example/"): 3}
    assert build_level(evidence(HOSTED, signer), trusted_builders=trusted).level == 3
    assert build_level(evidence(HOSTED, signer)).level == 1
    assert build_level(evidence(HOSTED, Signer(key_id="j" * 64)), trusted_builders=trusted).level == 1
    by_name = Signer(identity="https://ci.example/w", issuer="https://oidc.example", key_id="")
    pair = {("https://ci.example/w", "https://builds.example/"): 2}
    assert build_level(evidence(HOSTED, by_name), trusted_builders=pair).level == 2
    with pytest.raises(ValueError, match="a trusted builder's level is 1 to 3, got 4"):
        build_level(evidence(HOSTED, signer), trusted_builders={("k" * 64, "https://builds.example/"): 4})


def test_a_local_run_is_l1_at_best_whatever_anybody_trusts() -> None:
    packed = evidence(provenance_predicate(ARTIFACT, INVENTORY, CONTEXT), Signer(key_id="k"))
    found = build_level(packed, trusted_builders={("k", BUILDER_ID): 3})
    assert found.level == 1
    assert "who could have written anything" in found.reasons[0]


def test_an_adopted_image_is_l0_for_nobody_says_how_it_was_built() -> None:
    image = replace(ARTIFACT, kind="image")
    found = build_level(evidence(provenance_predicate(image, INVENTORY, CONTEXT), Signer(key_id="k")))
    assert found.level == 0
    assert "taken over as it was" in found.reasons[0]


def test_no_provenance_is_l0_and_an_unverified_one_is_no_level_at_all() -> None:
    assert build_level(None).level == 0
    found = build_level(evidence(HOSTED, None, "is not signed by k"))
    assert found.level is None
    assert "is not signed by k" in found.reasons[0]
