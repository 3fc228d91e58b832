"""`signature`: the artifact itself is signed, by the key or the identity that the policy names.

    signature: {required: true}                                       any key that the verifier trusts
    signature: {required: true, key: cosign.pub}                      this key
    signature: {required: true, issuer: "https://…", identity: "…"}   a certificate of this issuer (and identity)

Reads: evidence of predicate type https://sigstore.dev/cosign/sign/v1, verified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from custody.fields import Fields
from custody.model import Evidence, Signer, Verdict, predicate_types
from custody.policy.interface import Rule, Subject, unusable, verified

NAME = "signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What the section says. key: a public key file as written; issuer, identity: of a certificate, exact."""

    required: bool
    key: str = ""
    issuer: str = ""
    identity: str = ""


def read(fields: Fields) -> Parameters:
    """Read the section."""
    fields.only("required", "key", "issuer", "identity")
    if "required" not in fields:
        raise fields.fault("required", "missing, expected true or false")
    found = Parameters(
        required=fields.boolean("required"),
        key=fields.text_or("key"),
        issuer=fields.text_or("issuer"),
        identity=fields.text_or("identity"),
    )
    if found.key and (found.issuer or found.identity):
        raise fields.fault("key", "a key and an issuer exclude each other, expected only one of them")
    if found.identity and not found.issuer:
        raise fields.fault("issuer", "missing, expected the issuer that vouches for the identity")
    return found


def judge(subject: Subject, evidence: Sequence[Evidence], parameters: Parameters) -> Verdict:
    """Pass when one verified signature is by whom the policy wants."""
    if not parameters.required:
        return Verdict(rule=NAME, outcome="pass", reason="the policy does not require a signature")
    kinds = predicate_types("signature")
    signed = verified(evidence, kinds)
    wanted = _wanted(subject, parameters)
    for item in signed:
        if item.signer is not None and _fits(subject, item.signer, parameters):
            return Verdict(rule=NAME, outcome="pass", reason=f"signed by {item.signer}", evidence=(item.digest,))
    if signed:
        signers = ", ".join(sorted({str(item.signer) for item in signed}))
        reason = f"signed by {signers}, but the policy wants {wanted}"
        return Verdict(rule=NAME, outcome="fail", reason=reason, evidence=tuple(item.digest for item in signed))
    reason = f"no verified signature, and the policy wants {wanted}{unusable(evidence, kinds)}"
    return Verdict(rule=NAME, outcome="unknown", reason=reason)


def _fits(subject: Subject, signer: Signer, parameters: Parameters) -> bool:
    if parameters.key:
        return bool(signer.key_id) and signer.key_id == subject.key_ids.get(parameters.key)
    if parameters.issuer:
        return signer.issuer == parameters.issuer and parameters.identity in ("", signer.identity)
    return True


def _wanted(subject: Subject, parameters: Parameters) -> str:
    if parameters.key:
        return f"the key in {parameters.key} ({subject.key_ids.get(parameters.key, 'not loaded')[:16]})"
    if parameters.issuer:
        who = f" for {parameters.identity}" if parameters.identity else ""
        return f"a certificate issued by {parameters.issuer}{who}"
    return "one by a trusted key"


RULE = Rule(
    name=NAME,
    summary="the artifact is signed by the key or identity named",
    read=read,
    judge=judge,
    key_files=lambda parameters: (parameters.key,) if parameters.key else (),
)
