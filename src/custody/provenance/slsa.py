"""SLSA provenance: what `custody release` made an artifact of, and how to read what any builder says.

What we write is described in docs/build-types/release-v1.md. It is honest about two things. A run on somebody's own
machine can be SLSA Build L1 at best, since whoever runs it could have written anything; and an image that was built
elsewhere and only taken over is not built here at all ("operation": "adopted").

Spec: https://slsa.dev/spec/v1.2/build-provenance (predicate v1) and https://slsa.dev/provenance/v0.2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from custody.errors import InputError
from custody.fields import Fields
from custody.model import PREDICATE_TYPES, canonical_json, format_time

if TYPE_CHECKING:
    import datetime as dt

    from custody.model import Artifact, BuildContext, Evidence, GitState, Inventory, Package, Statement

__all__ = [
    "BUILDER_ID",
    "BUILD_TYPE",
    "PREDICATE_TYPE",
    "BuildLevel",
    "Dependency",
    "Provenance",
    "build_level",
    "parse_provenance",
    "provenance_predicate",
]

PREDICATE_TYPE, PREDICATE_V02 = PREDICATE_TYPES["slsaprovenance"]
BUILD_TYPE = "https://custody.example/build-types/release/v1"
BUILDER_ID = "https://custody.example/builders/local"
"""A run by whoever has the machine, on that machine. It alone stands for Build L1, whatever a trust map says."""
GITHUB_WORKFLOW = "https://actions.github.io/buildtypes/workflow/v1"
_MAX_LEVEL = 3


def provenance_predicate(artifact: Artifact, inventory: Inventory, context: BuildContext) -> dict[str, Any]:
    """Give the predicate for an artifact that `custody release` packed (a directory, a file) or adopted (an image).

    The same arguments give the same predicate. Spec: SLSA provenance v1, "Schema"; docs/build-types/release-v1.md.
    """
    operation = "adopted" if artifact.kind == "image" else "packed"
    dependencies = [_git_dependency(context.git)] if context.git is not None else []
    if operation == "adopted":
        dependencies.append(
            {"name": "image", "uri": artifact.reference, "digest": {artifact.digest.algorithm: artifact.digest.hex}}
        )
    dependencies += [_package_dependency(package) for package in inventory.packages]
    metadata = {"invocationId": _invocation_id(artifact, context), "startedOn": format_time(context.started_at)}
    if context.finished_at is not None:
        metadata["finishedOn"] = format_time(context.finished_at)
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "source": context.source,
                "name": artifact.name,
                "version": artifact.version,
                "options": dict(context.parameters),
            },
            "internalParameters": {
                "operation": operation,
                "environment": dict(context.environment),
                "catalogers": dict(inventory.catalogers),
            },
            "resolvedDependencies": dependencies,
        },
        "runDetails": {
            "builder": {"id": BUILDER_ID, "version": {context.tool: context.tool_version}},
            "metadata": metadata,
        },
    }


def _git_dependency(git: GitState) -> dict[str, Any]:
    """Describe the commit. `modified` is left out where nobody knows whether files differed from it."""
    dependency: dict[str, Any] = {"name": "source", "digest": {"gitCommit": git.commit}}
    if git.remote:
        scheme = "" if git.remote.startswith("git+") or "://" not in git.remote else "git+"
        dependency["uri"] = f"{scheme}{git.remote}" + (f"@{git.ref}" if git.ref else "")
    notes: dict[str, Any] = {}
    if git.ref:
        notes["ref"] = git.ref
    if git.dirty is not None:
        notes["modified"] = git.dirty
    return dependency | ({"annotations": notes} if notes else {})


def _package_dependency(package: Package) -> dict[str, Any]:
    dependency: dict[str, Any] = {"name": package.name, "uri": str(package.purl)}
    digests = {checksum.algorithm: checksum.hex for checksum in package.checksums}
    return dependency | ({"digest": digests} if digests else {})


def _invocation_id(artifact: Artifact, context: BuildContext) -> str:
    """Name the run by what it was, so that a re-run with the same clock (SOURCE_DATE_EPOCH) has the same name."""
    run = [str(artifact.digest), context.source, [list(p) for p in context.parameters], format_time(context.started_at)]
    return f"{context.tool}-{hashlib.sha256(canonical_json(run)).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """One resolved dependency (v0.2: material): a ResourceDescriptor's name, uri and digests (algorithm → hex)."""

    name: str = ""
    uri: str = ""
    digest: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Provenance of either version in one shape. What was not stated is "", empty or None.

    source_uri, source_digest: the sources that were built, where the build type is one that says so; ref: of them;
    entry_point: of the build ("workflow path"). parameters: external ones (v0.2: invocation.parameters); internal: the
    others.
    """

    version: str
    build_type: str
    builder_id: str
    source_uri: str = ""
    source_digest: dict[str, str] = field(default_factory=dict)
    ref: str = ""
    entry_point: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    internal: dict[str, Any] = field(default_factory=dict)
    dependencies: tuple[Dependency, ...] = ()
    invocation_id: str = ""
    started_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None


def parse_provenance(statement: Statement, where: str) -> Provenance:
    """Read SLSA provenance v1 or v0.2 of any builder; unknown fields are passed over, as the specification says.

    Raises InputError: another predicate type, or a field missing that Build L1 requires (buildType, externalParameters
    in v1, builder.id), or one of the wrong kind.
    """
    fields = Fields(statement.predicate, where, "predicate")
    if statement.predicate_type == PREDICATE_TYPE:
        return _parse_v1(fields)
    if statement.predicate_type == PREDICATE_V02:
        return _parse_v02(fields)
    raise InputError(
        where, f"expected predicate type {PREDICATE_TYPE!r} or {PREDICATE_V02!r}, got {statement.predicate_type!r}"
    )


def _parse_v1(fields: Fields) -> Provenance:
    definition, details = fields.table("buildDefinition"), fields.table("runDetails")
    build_type = definition.text("buildType")
    if "externalParameters" not in definition:
        raise definition.fault("externalParameters", "missing, expected a table")
    external, metadata = definition.table("externalParameters"), details.table("metadata")
    dependencies = tuple(_dependency(item) for item in definition.each("resolvedDependencies"))
    uri = ref = entry_point = ""
    if build_type == BUILD_TYPE:
        source = next((d for d in dependencies if d.name == "source"), None)
        uri = source.uri if source else ""
    elif build_type == GITHUB_WORKFLOW:
        workflow = external.table("workflow")
        uri, ref, entry_point = workflow.text_or("repository"), workflow.text_or("ref"), workflow.text_or("path")
        source = next((d for d in dependencies if d.uri.removeprefix("git+").split("@")[0] == uri), None)
    else:  # unknown to us: what is a commit of a repository is the source only where there is no other
        commits = [d for d in dependencies if "gitCommit" in d.digest]
        source = commits[0] if len(commits) == 1 else None
        uri = source.uri if source else ""
    return Provenance(
        version="v1",
        build_type=build_type,
        builder_id=details.table("builder").text("id"),
        source_uri=uri,
        source_digest=source.digest if source else {},
        ref=ref,
        entry_point=entry_point,
        parameters=dict(external.value),
        internal=dict(definition.table("internalParameters").value),
        dependencies=dependencies,
        invocation_id=metadata.text_or("invocationId"),
        started_at=_time(metadata, "startedOn"),
        finished_at=_time(metadata, "finishedOn"),
    )


def _parse_v02(fields: Fields) -> Provenance:
    invocation, metadata = fields.table("invocation"), fields.table("metadata")
    source = invocation.table("configSource")
    uri, at, ref = source.text_or("uri").rpartition("@")
    if not at or "/" not in uri:  # `git+https://user@host/…` has no ref
        uri, ref = source.text_or("uri"), ""
    return Provenance(
        version="v0.2",
        build_type=fields.text("buildType"),
        builder_id=fields.table("builder").text("id"),
        source_uri=uri,
        source_digest=_digests(source),
        ref=ref,
        entry_point=source.text_or("entryPoint"),
        parameters=dict(invocation.table("parameters").value),
        internal=dict(invocation.table("environment").value),
        dependencies=tuple(_dependency(item) for item in fields.each("materials")),
        invocation_id=metadata.text_or("buildInvocationId"),
        started_at=_time(metadata, "buildStartedOn"),
        finished_at=_time(metadata, "buildFinishedOn"),
    )


def _dependency(item: Fields) -> Dependency:
    return Dependency(name=item.text_or("name"), uri=item.text_or("uri"), digest=_digests(item))


def _digests(item: Fields) -> dict[str, str]:
    table = item.table("digest")
    return {str(name): table.text(name) for name in table.value}


def _time(fields: Fields, key: str) -> dt.datetime | None:
    return fields.time(key) if key in fields else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildLevel:
    """A SLSA Build level and how it was come to. level: 0 to 3; None where the evidence cannot be relied on at all.

    The level is of one artifact, never of a name. It says nothing about whether source and parameters are the expected
    ones.
    """

    level: int | None
    reasons: tuple[str, ...]


def build_level(
    evidence: Evidence | None,
    where: str = "provenance",
    *,
    trusted_builders: Mapping[tuple[str, str], int] | None = None,
) -> BuildLevel:
    """Give the Build level that provenance, verified as `evidence`, shows for its subject.

    trusted_builders: (key id or certificate identity of the signer, builder.id) → the level that somebody assessed for
    that builder, 1 to 3. Only such pairs go beyond L1.

    1. No provenance at all: L0.
    2. Provenance that is not verified: None, since a wrong signature is no low level but a failure.
    3. What Build L1 requires is missing, or the artifact was not built but adopted: L0.
    4. Our own local builder: L1, whatever the pairs say.
    5. Signer and builder are a trusted pair: the level of the pair; any other: L1.

    Spec: https://slsa.dev/spec/v1.2/verifying-artifacts, step 1.
    """
    if evidence is None:
        return BuildLevel(level=0, reasons=("there is no provenance",))  # 1
    if evidence.signer is None:
        return BuildLevel(
            level=None, reasons=(f"the provenance is not verified: {evidence.problem or 'no signer'}",)
        )  # 2
    try:
        provenance = parse_provenance(evidence.statement, where)
    except InputError as error:
        return BuildLevel(level=0, reasons=(f"not provenance of Build L1: {error}",))  # 3
    if provenance.build_type == BUILD_TYPE and provenance.internal.get("operation") != "packed":
        return BuildLevel(level=0, reasons=("the artifact was taken over as it was: how it was built is not stated",))
    signer = evidence.signer.identity or evidence.signer.key_id
    if provenance.builder_id == BUILDER_ID:  # 4
        return BuildLevel(level=1, reasons=("built on the machine of whoever ran it, who could have written anything",))
    level = (trusted_builders or {}).get((signer, provenance.builder_id))
    if level is None:  # 5
        return BuildLevel(
            level=1,
            reasons=(f"nobody here trusts the builder {provenance.builder_id} when {evidence.signer} signs for it",),
        )
    if not 1 <= level <= _MAX_LEVEL:
        raise ValueError(f"a trusted builder's level is 1 to {_MAX_LEVEL}, got {level}")
    return BuildLevel(
        level=level, reasons=(f"{evidence.signer} may sign for {provenance.builder_id}, which is trusted to L{level}",)
    )
