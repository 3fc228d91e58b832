"""Whether a piece of another tool's document may stand in one of ours: by type, by word, by what must not be missing.

Spec: the JSON schemas of CycloneDX, 1.2 to 1.7. It is asked of pieces only that `fit` went over, so every key is one
that the version has. What is not sound goes into our note: what we write is valid, and still nothing is lost.
"""

from __future__ import annotations

import re
from typing import Any

from custody.model.licence_list import licence_list
from custody.sbom.cyclonedx.shape import Part, shape

__all__ = ["REQUIRED", "WORDS", "is_reference", "sound"]

REQUIRED = {
    name: keys.split()
    for name, keys in {
        "advisory": "url",
        "alias": "id source",
        "annotation": "subjects annotator timestamp text",
        "attachment": "content",
        "co2Measure": "value unit",
        "component": "type name",
        "composition": "aggregate",
        "copyright": "text",
        "cryptoProperties": "assetType",
        "data": "type",
        "dependency": "ref",
        "energy": "activity energyProviders activityEnergyCost",
        "energyProvider": "organization energySource energyProvided",
        "flow": "flow classification",
        "frame": "module",
        "hash": "alg content",
        "identity": "field",
        "issue": "type",
        "measure": "value unit",
        "method": "technique confidence",
        "note": "text",
        "occurrence": "location",
        "patch": "type",
        "property": "name",
        "reference": "url type",
        "releaseNotes": "type",
        "service": "name",
        "swid": "tagId name",
        "target": "ref",
        "task": "bom-ref uid taskTypes",
        "trigger": "bom-ref uid type",
        "workflow": "bom-ref uid taskTypes",
        "workspace": "bom-ref uid",
    }.items()
}

WORDS = {
    place: frozenset(words.split())
    for place, words in {
        "affected.status": "affected unaffected unknown",
        "algorithm.certificationLevel": "none fips140-1-l1 fips140-1-l2 fips140-1-l3 fips140-1-l4 fips140-2-l1 "
        "fips140-2-l2 fips140-2-l3 fips140-2-l4 fips140-3-l1 fips140-3-l2 fips140-3-l3 fips140-3-l4 cc-eal1 cc-eal1+ "
        "cc-eal2 cc-eal2+ cc-eal3 cc-eal3+ cc-eal4 cc-eal4+ cc-eal5 cc-eal5+ cc-eal6 cc-eal6+ cc-eal7 cc-eal7+ other "
        "unknown",
        "algorithm.cryptoFunctions": "generate keygen encrypt decrypt digest tag keyderive sign verify encapsulate "
        "decapsulate other unknown",
        "algorithm.executionEnvironment": "software-plain-ram software-encrypted-ram software-tee hardware other "
        "unknown",
        "algorithm.implementationPlatform": "generic x86_32 x86_64 armv7-a armv7-m armv8-a armv8-m armv9-a armv9-m "
        "s390x ppc64 ppc64le other unknown",
        "algorithm.mode": "cbc ecb ccm gcm cfb ofb ctr other unknown",
        "algorithm.padding": "pkcs5 pkcs7 pkcs1v15 oaep raw other unknown",
        "algorithm.primitive": "drbg mac block-cipher stream-cipher signature hash pke xof kdf key-agree kem ae "
        "combiner key-wrap other unknown",
        "analysis.justification": "code_not_present code_not_reachable requires_configuration requires_dependency "
        "requires_environment protected_by_compiler protected_at_runtime protected_at_perimeter "
        "protected_by_mitigating_control",
        "analysis.response": "can_not_fix will_not_fix update rollback workaround_available",
        "analysis.state": "resolved resolved_with_pedigree exploitable in_triage false_positive not_affected",
        "approach.type": "supervised unsupervised reinforcement-learning semi-supervised self-supervised",
        "attachment.encoding": "base64",
        "component.scope": "required optional excluded",
        "component.type": "application framework library container operating-system device firmware file platform "
        "device-driver machine-learning-model data cryptographic-asset",
        "composition.aggregate": "complete incomplete incomplete_first_party_only incomplete_third_party_only unknown "
        "not_specified incomplete_first_party_opensource_only incomplete_first_party_proprietary_only "
        "incomplete_third_party_opensource_only incomplete_third_party_proprietary_only",
        "cryptoProperties.assetType": "algorithm certificate protocol related-crypto-material",
        "data.type": "source-code configuration dataset definition other",
        "energy.activity": "design data-collection data-preparation training fine-tuning validation deployment "
        "inference other",
        "energyProvider.energySource": "coal oil natural-gas nuclear wind solar geothermal hydropower biofuel unknown "
        "other",
        "flow.flow": "inbound outbound bi-directional unknown",
        "hash.alg": "MD5 SHA-1 SHA-256 SHA-384 SHA-512 SHA3-256 SHA3-384 SHA3-512 BLAKE2b-256 BLAKE2b-384 BLAKE2b-512 "
        "BLAKE3 Streebog-256 Streebog-512",
        "identity.field": "group name version purl cpe omniborId swhid swid hash",
        "issue.type": "defect enhancement security",
        "licence.acknowledgement": "declared concluded",
        "expression.acknowledgement": "declared concluded",
        "licensing.licenseTypes": "academic appliance client-access concurrent-user core-points custom-metric device "
        "evaluation named-user node-locked oem perpetual processor-points subscription user other",
        "lifecycle.phase": "design pre-build build post-build operations discovery decommission",
        "material.state": "pre-activation active suspended deactivated compromised destroyed",
        "material.type": "private-key public-key secret-key key ciphertext signature digest initialization-vector "
        "nonce seed salt shared-secret tag additional-data password credential token other unknown",
        "method.technique": "source-code-analysis binary-analysis manifest-analysis ast-fingerprint hash-comparison "
        "instrumentation dynamic-analysis filename attestation other",
        "output.type": "artifact attestation log evidence metrics other",
        "patch.type": "unofficial monkey backport cherry-pick",
        "protocol.type": "tls ssh ipsec ike sstp wpa dtls quic eap-aka eap-aka-prime prins 5g-aka other unknown",
        "rating.method": "CVSSv2 CVSSv3 CVSSv31 CVSSv4 OWASP SSVC other",
        "rating.severity": "critical high medium low info none unknown",
        "reference.type": "vcs issue-tracker website advisories bom mailing-list social chat documentation support "
        "distribution license build-meta build-system other release-notes adversary-model attestation "
        "certification-report codified-infrastructure component-analysis-report configuration distribution-intake "
        "dynamic-analysis-report evidence exploitability-statement formulation log maturity-report model-card "
        "pentest-report poam quality-metrics risk-assessment runtime-analysis-report security-contact "
        "static-analysis-report threat-model vulnerability-assertion digital-signature electronic-signature rfc-9116 "
        "source-distribution citation patent patent-assertion patent-family",
        "task.taskTypes": "copy clone lint scan merge build test deliver deploy release clean other",
        "trigger.type": "manual api webhook scheduled",
        "volume.mode": "filesystem block",
        "workflow.taskTypes": "copy clone lint scan merge build test deliver deploy release clean other",
        "workspace.accessMode": "read-only read-write read-write-once write-once write-only",
    }.items()
}

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_AUTHORITY = re.compile(r"//(?:[^/?#@]*@)?[^/?#@:]*(?::[0-9]*)?(?=[/?#]|$)")
_NO_REFERENCE = re.compile(r"[<>\"{}|\\^`\[\]\x00-\x20\x7f]|%(?![0-9A-Fa-f]{2})|\s")
_TIME = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]*[A-Za-z0-9])*")
_DIGEST = re.compile(r"(?:[a-fA-F0-9]{32}|[a-fA-F0-9]{40}|[a-fA-F0-9]{64}|[a-fA-F0-9]{96}|[a-fA-F0-9]{128})")
_ADDRESSES = frozenset({"url", "endpoints", "featuredImage", "socialImage"})
_TIMES = frozenset(
    {"timestamp", "created", "published", "updated", "rejected", "lastRenewal", "expiration", "firstIssued"}
    | {"lastUpdated", "timeStart", "timeEnd", "timeActivated", "timeReceived", "notValidBefore", "notValidAfter"}
    | {"creationDate", "activationDate", "updateDate", "expirationDate", "expires", "deactivationDate"}
    | {"revocationDate", "destructionDate"}
)
_REFS = frozenset(
    {"bom-ref", "ref", "dependsOn", "provides", "assessor", "requirement", "claims", "counterClaims", "evidence"}
    | {"mitigationStrategies", "counterEvidence", "target", "parent", "requirements", "algorithms", "algorithmRef"}
    | {"signatureAlgorithmRef", "subjectPublicKeyRef", "cryptoRefArray", "encr", "prf", "integ", "ke", "auth"}
)
"""Keys whose texts are `bom-ref`s, which are never empty."""
_PATTERNS = {
    "component.mime-type": re.compile(r"[-+a-z0-9.]+/[-+a-z0-9.]+"),
    "component.omniborId": re.compile(r"gitoid:blob:sha(?:1:[a-f0-9]{40}|256:[a-f0-9]{64})"),
    "component.swhid": re.compile(r"swh:1:(?:cnt|rel|rev|dir|snp|ori):[0-9a-f]{40}(?:;[a-z]+=\S+)*"),
    "cryptoProperties.oid": re.compile(r"[0-9]+(?:\.[0-9]+)*"),
    "hash.content": _DIGEST,
    "note.locale": re.compile(r"[a-z]{2}(?:-[A-Z]{2})?"),
    "requirement.openCre": re.compile(r"CRE:[0-9]+-[0-9]+"),
}


def sound(value: object, part: Part, name: str) -> bool:
    """Say whether the value of a part of the shape `name` is as the schema wants it."""
    if part.json_only and (name, part.key) != ("flow", "flow"):  # to XML that is an attribute of another part
        return False  # a signature is of other bytes; the rest came with 1.7, and nothing here knows it
    items = value if isinstance(value, list) and part.many else [value]
    if part.many and not isinstance(value, list):
        return False
    if part.type in _ODD:
        return bool(_ODD[part.type](value))
    return all(_item(item, part, name) for item in items)


def _item(item: object, part: Part, name: str) -> bool:
    if part.type == "ref":
        return isinstance(item, str) and bool(item)
    if part.type == "text":
        return isinstance(item, str) and _text(item, part.key, name)
    if part.type == "bool":
        return isinstance(item, bool)
    if part.type == "int":
        return isinstance(item, int) and not isinstance(item, bool) and item >= 0
    if part.type == "num":
        number = isinstance(item, int | float) and not isinstance(item, bool)
        return number and (part.key != "confidence" or 0 <= item <= 1)  # type: ignore[operator]
    return isinstance(item, dict) and table_sound(item, part.type)


def _text(text: str, key: str, name: str) -> bool:
    words = WORDS.get(f"{name}.{key}")
    if words is not None:
        return text in words
    if key in _ADDRESSES:
        return is_reference(text)
    if key in _TIMES:
        return _TIME.fullmatch(text) is not None
    if key == "email":
        return _EMAIL.fullmatch(text) is not None
    if key in _REFS:
        return bool(text)
    if name == "licence" and key == "id":
        entry = licence_list().licences.get(text.lower())
        return entry is not None and entry.id == text
    pattern = _PATTERNS.get(f"{name}.{key}")
    return pattern is None or pattern.fullmatch(text) is not None


def is_reference(text: str) -> bool:
    """Say whether a text is an IRI reference (RFC 3987), strict enough for every checker of `anyURI`."""
    if _NO_REFERENCE.search(text):
        return False
    scheme = _SCHEME.match(text)
    if scheme is None and ":" in re.split("[/?#]", text, maxsplit=1)[0]:
        return False
    rest = text[scheme.end() :] if scheme else text
    return text.count("#") < 2 and (not rest.startswith("//") or _AUTHORITY.match(rest) is not None)


def table_sound(table: dict[str, Any], name: str) -> bool:
    """Say whether a whole table is."""
    parts = shape(name)
    if any(key not in table for key in REQUIRED.get(name, ())):
        return False
    if name == "licence" and ("id" in table) == ("name" in table):
        return False
    if name == "affected" and ("version" in table) == ("range" in table):
        return False
    if name == "lifecycle" and ("phase" in table) == ("name" in table):
        return False
    if name == "identity" and not isinstance(table.get("methods", []), list):
        return False
    return all(key in parts and sound(value, parts[key], name) for key, value in table.items())


def _licences(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    for choice in value:
        if not isinstance(choice, dict):
            return False
        if "license" in choice:
            if len(choice) > 1 or not isinstance(choice["license"], dict):
                return False
            if not table_sound(choice["license"], "licence"):
                return False
        elif not isinstance(choice.get("expression"), str) or not table_sound(choice, "expression"):
            return False
    return True


def _tools(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, dict) and table_sound(item, "tool") for item in value)
    return isinstance(value, dict) and table_sound(value, "toolset")


def _of(name: str, *, other: str = "") -> Any:  # noqa: ANN401 - a check of one value
    def check(value: object) -> bool:
        return isinstance(value, list) and all(
            isinstance(item, dict)
            and (isinstance(item[other], str) and len(item) == 1 if other in item else table_sound(item, name))
            for item in value
        )

    return check


_ODD = {
    "classification": lambda value: isinstance(value, str),
    "dataset": _of("data", other="ref"),
    "dependencies": _of("dependency"),
    "licences": _licences,
    "serviceData": _of("flow"),
    "tools": _tools,
    "variables": lambda value: (
        isinstance(value, list)
        and all(isinstance(item, str) or (isinstance(item, dict) and table_sound(item, "property")) for item in value)
    ),
}
