"""A policy file says where it is wrong, what was expected, and loosens nothing by a slip."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import InputError
from custody.model import ExceptionGrant
from custody.policy import parse_policy

GOOD = """\
apiVersion: v1
kind: Policy
metadata: {name: whisperengine-security-policy}
spec:
  containers:
    - name: whisperengine
      signature: {required: true, issuer: "https://token.actions.githubusercontent.com"}
      vulnerabilities: {maxSeverity: "MEDIUM", exceptions: [CVE-2023-12345]}
"""

FAULTS = {
    "unknown-field-at-the-top": (
        GOOD.replace("kind: Policy", "kind: Policy\nseverity: HIGH"),
        "policy.yaml:severity: unknown field",
    ),
    "unknown-field-in-a-rule": (
        GOOD.replace("maxSeverity", "maxSeverety"),
        "policy.yaml:spec.containers[0].vulnerabilities.maxSeverety: unknown field; did you mean 'maxSeverity'?",
    ),
    "unknown-rule": (
        GOOD.replace("signature:", "signatures:"),
        "policy.yaml:spec.containers[0].signatures: unknown field; did you mean 'signature'?",
    ),
    "a-word-that-is-no-severity": (
        GOOD.replace('"MEDIUM"', '"MODERATE"'),
        (
            "policy.yaml:spec.containers[0].vulnerabilities.maxSeverity: "
            "expected one of NONE, LOW, MEDIUM, HIGH, CRITICAL, got 'MODERATE'"
        ),
    ),
    "unknown-is-no-severity-to-allow": (
        GOOD.replace('"MEDIUM"', '"UNKNOWN"'),
        "policy.yaml:spec.containers[0].vulnerabilities.maxSeverity: expected one of NONE",
    ),
    "required-as-a-text": (
        GOOD.replace("required: true", 'required: "true"'),
        "policy.yaml:spec.containers[0].signature.required: expected true or false, got a text 'true'",
    ),
    "required-as-yes": (
        GOOD.replace("required: true", "required: yes"),
        "policy.yaml:spec.containers[0].signature.required: expected true or false, got a text 'yes'",
    ),
    "required-left-out": (
        GOOD.replace("required: true, ", ""),
        "policy.yaml:spec.containers[0].signature.required: missing, expected true or false",
    ),
    "key-and-issuer": (
        GOOD.replace("required: true", "required: true, key: a.pub"),
        "policy.yaml:spec.containers[0].signature.key: a key and an issuer exclude each other",
    ),
    "a-key-twice": (
        GOOD.replace("kind: Policy", "kind: Policy\nkind: Policy"),
        "policy.yaml:3:1: not valid YAML: the key 'kind' stands twice",
    ),
    "an-alias": (GOOD.replace("kind: Policy", "kind: &k Policy\nx: *k"), "aliases are not allowed here"),
    "another-version": (GOOD.replace("apiVersion: v1", "apiVersion: v2"), "policy.yaml:apiVersion: expected one of v1"),
    "no-containers": (
        "apiVersion: v1\nkind: Policy\nmetadata: {name: x}\nspec: {containers: []}\n",
        "policy.yaml:spec.containers: missing, expected a list with at least one container",
    ),
    "a-container-that-demands-nothing": (
        "apiVersion: v1\nkind: Policy\nmetadata: {name: x}\nspec: {containers: [{name: a}]}\n",
        "policy.yaml:spec.containers[0]: demands nothing",
    ),
    "a-name-twice": (
        GOOD + '    - name: whisperengine\n      vulnerabilities: {maxSeverity: "CRITICAL"}\n',
        "policy.yaml:spec.containers[1].name: 'whisperengine' stands twice",
    ),
    "exceptions-as-a-text": (
        GOOD.replace("[CVE-2023-12345]", "CVE-2023-12345"),
        "policy.yaml:spec.containers[0].vulnerabilities.exceptions: expected a list, got a text",
    ),
    "an-exception-without-an-owner": (
        GOOD.replace("[CVE-2023-12345]", "[{id: CVE-1, reason: r, expires: 2099-01-01}]"),
        "policy.yaml:spec.containers[0].vulnerabilities.exceptions[0].owner: missing",
    ),
    "an-exception-without-an-end": (
        GOOD.replace("[CVE-2023-12345]", "[CVE-2, {id: CVE-1, reason: r, owner: o}]"),
        "policy.yaml:spec.containers[0].vulnerabilities.exceptions[1].expires: missing",
    ),
    "an-exception-with-another-justification": (
        GOOD.replace("[CVE-2023-12345]", "[{id: C, reason: r, owner: o, expires: 2099-01-01, justification: because}]"),
        "policy.yaml:spec.containers[0].vulnerabilities.exceptions[0].justification: expected one of component_not",
    ),
    "an-exception-with-an-unknown-field": (
        GOOD.replace("[CVE-2023-12345]", "[{id: C, reason: r, owner: o, expires: 2099-01-01, until: x}]"),
        "policy.yaml:spec.containers[0].vulnerabilities.exceptions[0].until: ",
    ),
    "an-exception-that-is-a-number": (
        GOOD.replace("[CVE-2023-12345]", "[7]"),
        "policy.yaml:spec.containers[0].vulnerabilities.exceptions[0]: expected an id or a table",
    ),
    "an-exception-of-spaces": (
        GOOD.replace("[CVE-2023-12345]", "[{id: C, reason: ' ', owner: o, expires: 2099-01-01}]"),
        "policy.yaml:spec.containers[0].vulnerabilities.exceptions[0].reason: expected a text, got only spaces",
    ),
    "no-name": (GOOD.replace("{name: whisperengine-security-policy}", "{}"), "policy.yaml:metadata.name: missing"),
    "not-yaml": ("a: [", "policy.yaml:1:"),
    "a-list": ("- a", "policy.yaml: expected a table at the top, got a list"),
    "empty": ("", "policy.yaml: expected a table at the top, got nothing"),
}


def test_the_form_of_the_guide_is_read_whole() -> None:
    policy = parse_policy(GOOD.encode(), "policy.yaml")
    (container,) = policy.containers
    demands = {rule.name: parameters for rule, parameters in container.demands}
    assert policy.name == "whisperengine-security-policy"
    assert demands["signature"].issuer == "https://token.actions.githubusercontent.com"
    assert demands["signature"].required is True
    assert demands["vulnerabilities"].max_severity == "MEDIUM"
    assert demands["vulnerabilities"].exceptions == ("CVE-2023-12345",)
    assert demands["vulnerabilities"].allow_unknown is False


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_named_with_its_place(case: str) -> None:
    text, message = FAULTS[case]
    with pytest.raises(InputError) as caught:
        parse_policy(text.encode(), "policy.yaml")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_ids_that_a_policy_excepts_are_those_of_the_artifact_named() -> None:
    policy = parse_policy(GOOD.encode(), "policy.yaml")
    assert policy.exceptions_for("whisperengine") == {"CVE-2023-12345"}
    assert policy.exceptions_for("other") == frozenset()


def test_exceptions_with_an_owner_are_grants() -> None:
    table = (
        "{id: CVE-2024-1, package: openssl, reason: r, owner: o, approver: a, expires: 2099-01-01,"
        " justification: component_not_present}"
    )
    policy = parse_policy(GOOD.replace("[CVE-2023-12345]", f"[CVE-2, {table}]").encode(), "policy.yaml")
    assert policy.exceptions_for("whisperengine") == {"CVE-2"}
    assert policy.grants_for("other") == ()
    (grant,) = policy.grants_for("whisperengine")
    assert grant == ExceptionGrant(
        id="CVE-2024-1",
        package="openssl",
        reason="r",
        owner="o",
        approver="a",
        expires=dt.datetime(2099, 1, 1, tzinfo=dt.UTC),
        justification="component_not_present",
        origin="policy.yaml:spec.containers[0].vulnerabilities.exceptions[1]",
    )


def test_a_pattern_covers_names_and_a_plain_name_only_itself() -> None:
    policy = parse_policy(GOOD.replace("name: whisperengine\n", 'name: "whisper*"\n').encode(), "policy.yaml")
    assert policy.containers[0].covers("whisperengine")
    assert not policy.containers[0].covers("engine")
    plain = parse_policy(GOOD.encode(), "policy.yaml").containers[0]
    assert not plain.covers("whisperengine2")


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_give_a_policy_or_an_input_error(data: bytes) -> None:
    try:
        parse_policy(data, "policy.yaml")
    except InputError as error:
        assert str(error).startswith("policy.yaml")


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_one_changed_byte_gives_a_policy_or_an_input_error(index: int, byte: int) -> None:
    data = bytearray(GOOD.encode())
    data[index] = byte
    try:
        parse_policy(bytes(data), "policy.yaml")
    except InputError as error:
        assert str(error).startswith("policy.yaml")
