"""policy.yaml → `Policy`.

    apiVersion: v1
    kind: Policy
    metadata: {name: whisperengine-security-policy}
    spec:
      containers:
        - name: whisperengine                     # the artifact's name; "*" stands for any run of characters
          signature: {required: true, issuer: "https://token.actions.githubusercontent.com"}
          vulnerabilities: {maxSeverity: "MEDIUM", exceptions: [CVE-2023-12345]}

Every field that is not known is refused: a slip in a policy must not loosen it. JSON is read too.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from custody.errors import InputError
from custody.fields import Fields
from custody.model import Digest, ExceptionGrant
from custody.policy.interface import Rule
from custody.policy.rules import RULES

__all__ = ["ContainerPolicy", "Policy", "parse_policy"]

MAX_POLICY_BYTES = 1 << 20
"""A policy is written by hand; a megabyte is a mistake or an attack on the parser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerPolicy:
    """What one entry of `spec.containers` demands. name: an artifact's name or a pattern; at: its place in the file."""

    name: str
    at: str
    demands: tuple[tuple[Rule, Any], ...]

    def covers(self, name: str) -> bool:
        """Say whether an artifact of this name is meant."""
        return fnmatchcase(name, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A whole policy file. digest: of its bytes, by which a decision cites it."""

    name: str
    where: str
    digest: Digest
    containers: tuple[ContainerPolicy, ...]

    def exceptions_for(self, name: str) -> frozenset[str]:
        """Give the vulnerability ids that the policy itself excepts in the artifact called `name`."""
        covering = [container for container in self.containers if container.covers(name)]
        return frozenset(
            identifier
            for container in covering
            for rule, parameters in container.demands
            for identifier in rule.exceptions(parameters)
        )

    def grants_for(self, name: str) -> tuple[ExceptionGrant, ...]:
        """Give the exceptions with an owner and an end that the policy grants for the artifact called `name`."""
        covering = [container for container in self.containers if container.covers(name)]
        return tuple(
            grant
            for container in covering
            for rule, parameters in container.demands
            for grant in rule.grants(parameters)
        )

    def key_files(self) -> tuple[str, ...]:
        """Give the public key files that the policy names, as written, sorted."""
        named = {
            file
            for container in self.containers
            for rule, parameters in container.demands
            for file in rule.key_files(parameters)
        }
        return tuple(sorted(named))


def parse_policy(data: bytes, where: str) -> Policy:
    """Read a policy; InputError says `file:path.to.field: what is wrong, what was expected`."""
    if len(data) > MAX_POLICY_BYTES:
        raise InputError(where, f"{len(data)} bytes are too many for a policy; expected at most {MAX_POLICY_BYTES}")
    fields = Fields.from_yaml(data, where)
    fields.only("apiVersion", "kind", "metadata", "spec")
    fields.one_of("apiVersion", ("v1",))
    fields.one_of("kind", ("Policy",))
    metadata = fields.table("metadata")
    metadata.only("name", "labels", "annotations", "description")
    spec = fields.table("spec")
    spec.only("containers")
    containers = tuple(_container(entry) for entry in spec.each("containers"))
    if not containers:
        raise spec.fault("containers", "missing, expected a list with at least one container")
    names = [container.name for container in containers]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise spec.fault(f"containers[{index}].name", f"{name!r} stands twice, expected each name once")
    return Policy(name=metadata.text("name"), where=where, digest=Digest.of(data), containers=containers)


def _container(entry: Fields) -> ContainerPolicy:
    entry.only("name", *RULES)
    demands = tuple((rule, rule.read(entry.table(name))) for name, rule in RULES.items() if name in entry)
    if not demands:
        raise InputError(entry.at, f"demands nothing, expected at least one of {', '.join(RULES)}")
    return ContainerPolicy(name=entry.text("name"), at=entry.at, demands=demands)
