"""How the artifact was made: SLSA provenance.

Reads: predicate types https://slsa.dev/provenance/v1 and /v0.2, https://slsa.dev/spec/v1.1/provenance.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from custody.compliance.interface import Material, newest
from custody.fields import Fields
from custody.model import Evidence

__all__ = ["Provenance", "newest_provenance", "read_provenance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What provenance states. builder: its id; tools: (name, version) of builder and environment, sorted.

    adopted: the artifact was taken over as it was, and nothing says how it was built.
    dependencies: how many it lists; pinned: those with a digest.
    source, commit: the first git repository among them, "" where there is none; modified: whether files differed from
    that commit. None: not stated.
    """

    builder: str
    build_type: str
    tools: tuple[tuple[str, str], ...]
    dependencies: int
    pinned: int
    source: str
    commit: str
    modified: bool | None
    adopted: bool
    started_at: dt.datetime | None
    finished_at: dt.datetime | None


def read_provenance(item: Evidence) -> Provenance:
    """Read a predicate of either version; InputError: neither."""
    fields = Fields(item.statement.predicate, f"evidence {item.digest.short}")
    if item.predicate_type.endswith("/v0.2"):
        metadata = fields.table("metadata")
        return _read(
            builder=fields.table("builder"),
            build_type=fields.text("buildType"),
            dependencies=list(fields.each("materials")),
            internal=Fields({}, fields.where),  # v0.2's environment is whatever variables the platform had
            started=_time(metadata, "buildStartedOn"),
            finished=_time(metadata, "buildFinishedOn"),
        )
    definition, run = fields.table("buildDefinition"), fields.table("runDetails")
    metadata = run.table("metadata")
    return _read(
        builder=run.table("builder"),
        build_type=definition.text("buildType"),
        dependencies=list(definition.each("resolvedDependencies")),
        internal=definition.table("internalParameters"),
        started=_time(metadata, "startedOn"),
        finished=_time(metadata, "finishedOn"),
    )


def newest_provenance(material: Material) -> tuple[Provenance, Evidence] | str:
    """Give the latest verified provenance, or what is missing."""
    items = material.of("slsaprovenance")
    if not items:
        return material.lack("slsaprovenance", "build provenance")
    found = newest(items, read_provenance, lambda provenance: provenance.finished_at or provenance.started_at)
    return f"the build provenance cannot be read: {found}" if isinstance(found, str) else found


def _read(
    *,
    builder: Fields,
    build_type: str,
    dependencies: list[Fields],
    internal: Fields,
    started: dt.datetime | None,
    finished: dt.datetime | None,
) -> Provenance:
    tools = {**_texts(internal, "environment"), **_texts(builder, "version")}
    source, commit, modified = _source(dependencies)
    return Provenance(
        builder=builder.text("id"),
        build_type=build_type,
        tools=tuple(sorted(tools.items())),
        dependencies=len(dependencies),
        pinned=sum(bool(item.table("digest").value) for item in dependencies),
        source=source,
        commit=commit,
        modified=modified,
        adopted=internal.value.get("operation") == "adopted",
        started_at=started,
        finished_at=finished,
    )


def _texts(fields: Fields, key: str) -> dict[str, str]:
    """Give the texts of a table that builders fill as they like; whatever else stands in it is passed over."""
    table = fields.value.get(key)
    return {str(k): v for k, v in table.items() if isinstance(v, str)} if isinstance(table, dict) else {}


def _source(dependencies: list[Fields]) -> tuple[str, str, bool | None]:
    """Give (repository, commit, modified) of the first dependency with a `gitCommit`, or with a `git+` address."""
    for item in dependencies:
        digest, uri = item.table("digest"), item.text_or("uri")
        commit = digest.text_or("gitCommit") or (digest.text_or("sha1") if uri.startswith("git+") else "")
        if commit:
            modified = item.table("annotations").value.get("modified")
            return uri, commit, modified if isinstance(modified, bool) else None
    return "", "", None


def _time(fields: Fields, key: str) -> dt.datetime | None:
    return fields.time(key) if key in fields else None
