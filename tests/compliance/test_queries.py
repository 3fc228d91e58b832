"""Each query with a case that speaks for, and one that speaks against or finds nothing."""

from __future__ import annotations

import datetime as dt
import importlib
import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.compliance.interface import Answer, Material
from custody.compliance.queries import QUERIES
from custody.errors import InputError
from custody.fields import Fields
from custody.model import Digest, Evidence, Signer, predicate_types
from tests.compliance.material import (
    CHECKPOINT,
    DIGEST,
    KEY,
    NO_KEY,
    NOW,
    cyclonedx,
    everything,
    evidence,
    exception,
    finding,
    material,
    provenance,
    scan,
    spdx,
    spoiled,
    summary,
)

TESTS = "https://in-toto.io/attestation/test-result/v0.1"


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is asked of which material, and what must be in the answer: one text for each fact, in order."""

    query: str
    material: Material
    parameters: dict[str, Any] = field(default_factory=dict)
    supports: tuple[str, ...] = ()
    contradicts: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def of(kind: str, predicate: dict[str, Any] | None = None) -> Material:
    return material(evidence(kind, predicate))


OTHER = Digest.of(b"another artifact")
RECENT = {"maxAgeDays": 30}
ABOVE = {"severity": "MEDIUM"}
V02 = evidence("slsaprovenance", {
    "builder": {"id": "https://builder.example/x"},
    "buildType": "https://build.example/y",
    "invocation": {"environment": {"HOME": "/x"}},
    "materials": [{"uri": "git+https://git.example/w", "digest": {"sha1": "c" * 40}}],
    "metadata": {"buildFinishedOn": "2026-11-20T10:00:00Z"},
})  # fmt: skip
V02 = Evidence(
    digest=V02.digest,
    statement=type(V02.statement)(
        subjects=V02.statement.subjects,
        predicate_type=predicate_types("slsaprovenance")[1],
        predicate=V02.statement.predicate,
    ),
    signer=KEY,
)

CASES = {
    "signed": Case(query="signed", material=of("signature"), supports=(f"signed by key {KEY.key_id[:16]}",)),
    "signed by nobody": Case(query="signed", material=material(), missing=("no signature of the artifact was found",)),
    "signed by an untrusted key": Case(
        query="signed",
        material=material(spoiled(evidence("signature"))),
        missing=(f"1 bundle found but not verified ({NO_KEY})",),
    ),
    "signature of another artifact": Case(
        query="signed",
        material=material(evidence("signature", about=OTHER)),
        missing=("not verified (it is not about this artifact)",),
    ),
    "all kinds are there": Case(
        query="attested",
        parameters={"kinds": ["spdxjson", "vuln"]},
        material=material(evidence("spdxjson"), evidence("vuln")),
        supports=("A verified SBOM", "A verified vulnerability scan report"),
    ),
    "CycloneDX is an SBOM too": Case(
        query="attested",
        parameters={"kinds": ["spdxjson"]},
        material=of("cyclonedx"),
        supports=("A verified SBOM",),
    ),
    "one kind is not there": Case(
        query="attested",
        parameters={"kinds": ["spdxjson", "vsa"]},
        material=of("spdxjson"),
        supports=("A verified SBOM",),
        missing=("no policy decision was found",),
    ),
    "complete SPDX": Case(
        query="sbom_complete",
        material=of("spdxjson", spdx()),
        supports=(
            "(SPDX 2.3) lists 3 packages, each with a version, and 3 relationships between them; 1 state no lic",
        ),
    ),
    "complete CycloneDX": Case(
        query="sbom_complete",
        material=of("cyclonedx", cyclonedx()),
        supports=("(CycloneDX 1.6) lists 2 packages, each with a version, and 1 relationship",),
    ),
    "packages without a version": Case(
        query="sbom_complete",
        material=of("spdxjson", spdx(versionless=2)),
        supports=("2 without a version",),
        missing=("no version for 2 packages: package-0, package-1",),
    ),
    "no relationships": Case(
        query="sbom_complete",
        material=of("spdxjson", spdx(edges=False)),
        supports=("0 relationships",),
        missing=("states no relationships",),
    ),
    "no packages": Case(
        query="sbom_complete",
        material=of("spdxjson", spdx(packages=0)),
        missing=("the SBOM lists no packages",),
    ),
    "SBOM of something else": Case(
        query="sbom_complete",
        material=of(
            "spdxjson",
            spdx()
            | {
                "packages": [
                    {
                        "name": "x",
                        "SPDXID": "SPDXRef-root",
                        "checksums": [{"algorithm": "SHA256", "checksumValue": OTHER.hex}],
                    }
                ]
            },
        ),
        contradicts=(f"describes sha256:{OTHER.hex}, which is another artifact",),
    ),
    "SBOM of a version nobody reads": Case(
        query="sbom_complete",
        material=of("spdxjson", {"spdxVersion": "SPDX-3.0"}),
        missing=("cannot be read: evidence ",),
    ),
    "checksums": Case(
        query="checksums_recorded",
        material=of("spdxjson", spdx()),
        supports=("2 of 3 packages carry the checksum",),
    ),
    "no checksums": Case(
        query="checksums_recorded",
        material=of("spdxjson", spdx(hashes=False)),
        missing=("no package in the SBOM carries a checksum",),
    ),
    "provenance": Case(
        query="provenance_present",
        material=of("slsaprovenance", provenance()),
        supports=(
            "builders/local made it on 2026-11-22 from 3 resolved dependencies, 2 with a digest. Whether that buil",
        ),
    ),
    "provenance of version 0.2": Case(
        query="provenance_present",
        material=material(V02),
        supports=("builder.example/x made it on 2026-11-20 from 1 resolved dependency, 1 with a digest",),
    ),
    "provenance of an image built elsewhere": Case(
        query="provenance_present",
        material=of("slsaprovenance", provenance(operation="adopted")),
        supports=("was taken over as it was on 2026-11-22",),
        missing=("how the artifact was built is not on record",),
    ),
    "provenance without dependencies": Case(
        query="provenance_present",
        material=of("slsaprovenance", provenance(commit="", dependencies=0)),
        supports=("0 resolved dependencies",),
        missing=("lists no resolved dependencies",),
    ),
    "provenance without a builder": Case(
        query="provenance_present",
        material=of("slsaprovenance", {"buildDefinition": {"buildType": "x"}}),
        missing=("runDetails.builder.id: missing",),
    ),
    "commit": Case(
        query="source_recorded",
        material=of("slsaprovenance", provenance()),
        supports=(f"commit {'a' * 40} of git+https://git.example/w, with no file changed since",),
    ),
    "commit with changed files": Case(
        query="source_recorded",
        material=of("slsaprovenance", provenance(modified=True)),
        supports=(f"commit {'a' * 40} of git+https://git.example/w.",),
        missing=("files differed from that commit",),
    ),
    "commit of unknown cleanness": Case(
        query="source_recorded",
        material=material(V02),
        supports=("c" * 40,),
        missing=("does not say whether files differed",),
    ),
    "no commit": Case(
        query="source_recorded",
        material=of("slsaprovenance", provenance(commit="")),
        missing=("names no source commit",),
    ),
    "tools": Case(
        query="tools_recorded",
        material=material(evidence("slsaprovenance", provenance()), evidence("spdxjson", spdx())),
        supports=("build tools: custody 0.1.0, python 3.11.7.", "made it: custody-0.1.0."),
    ),
    "environment variables of v0.2 are no tools": Case(
        query="tools_recorded", material=material(V02), missing=("states no versions of the tools",)
    ),
    "recent scan": Case(
        query="scan_recent",
        parameters=RECENT,
        material=of("vuln", scan()),
        supports=("3 packages were compared on 2026-11-22 with 47,000 advisories (newest of 2026-11-20); 0 findings.",),
    ),
    "old scan": Case(
        query="scan_recent",
        parameters=RECENT,
        material=of("vuln", scan(age_days=31)),
        supports=("compared on 2026-10-22",),
        missing=("the scan is 31 days old, more than 30",),
    ),
    "old advisories": Case(
        query="scan_recent",
        parameters=RECENT,
        material=of("vuln", scan(newest_days=31)),
        supports=("newest of 2026-10-22",),
        missing=("the newest advisory is 31 days old",),
    ),
    "advisories of unknown age": Case(
        query="scan_recent",
        parameters=RECENT,
        material=of("vuln", scan(newest_days=None)),
        supports=("of unknown date",),
        missing=("does not say how new it is",),
    ),
    "scan from the future": Case(
        query="scan_recent",
        parameters=RECENT,
        material=of("vuln", scan(age_days=-3)),
        supports=("2026-11-25",),
        missing=("dated 2026-11-25, after this report",),
    ),
    "partial database": Case(
        query="scan_recent",
        parameters=RECENT,
        material=of("vuln", scan(partial=True)),
        supports=("47,000 advisories",),
        missing=("only a part of what is published",),
    ),
    "packages that nobody evaluated": Case(
        query="scan_recent",
        parameters=RECENT,
        material=of("vuln", scan(unseen=2, skipped=1)),
        supports=("47,000 advisories",),
        missing=("on 2 packages the scan can say nothing", "1 file could not be read"),
    ),
    "scan without a database": Case(
        query="scan_recent",
        parameters=RECENT,
        material=of("vuln", scan(database=False)),
        missing=("had no advisory database",),
    ),
    "scan of something else": Case(
        query="scan_recent",
        parameters=RECENT,
        material=of("vuln", scan(about=OTHER)),
        missing=("the statement about something else",),
    ),
    "findings with a severity": Case(
        query="findings_rated",
        material=of("vuln", scan(finding("CVE-2026-1", "HIGH"), finding("CVE-2026-2", "LOW", fixed=False))),
        supports=("Of 2 findings, 2 have a severity and 1 a version that fixes them",),
    ),
    "nothing to rate": Case(query="findings_rated", material=of("vuln", scan()), supports=("nothing to analyse",)),
    "findings that nobody scored": Case(
        query="findings_rated",
        material=of("vuln", scan(finding("CVE-2026-1", "UNKNOWN"))),
        supports=("0 have a severity",),
        missing=("nobody has scored 1 finding",),
    ),
    "nothing rated without a database": Case(
        query="findings_rated",
        material=of("vuln", scan(database=False)),
        missing=("no advisory database",),
    ),
    "nothing above": Case(
        query="no_open_findings_above",
        parameters=ABOVE,
        material=of("vuln", scan(finding("CVE-2026-1", "MEDIUM"))),
        supports=("No finding above MEDIUM is without a recorded answer; 1 finding at or below it are open",),
    ),
    "something above": Case(
        query="no_open_findings_above",
        parameters=ABOVE,
        material=of("vuln", scan(finding("CVE-2026-1", "HIGH"))),
        contradicts=("1 vulnerability above MEDIUM without a recorded answer: CVE-2026-1 in jinja2 2.10 (HIGH)",),
    ),
    "something above, excepted": Case(
        query="no_open_findings_above",
        parameters=ABOVE,
        material=of("vuln", scan(finding("CVE-2026-1", "HIGH", suppression=exception()))),
        supports=("No finding above MEDIUM",),
    ),
    "something above, the exception has ended": Case(
        query="no_open_findings_above",
        parameters=ABOVE,
        material=of("vuln", scan(finding("CVE-2026-1", "HIGH", suppression=exception(expires=NOW)))),
        contradicts=("CVE-2026-1",),
    ),
    "something that nobody scored": Case(
        query="no_open_findings_above",
        parameters=ABOVE,
        material=of("vuln", scan(finding("CVE-2026-1", "UNKNOWN"), unseen=1)),
        supports=("No finding above MEDIUM",),
        missing=("1 open finding without a severity", "on 1 package the scan can say nothing"),
    ),
    "open findings unknown": Case(
        query="no_open_findings_above",
        parameters=ABOVE,
        material=of("vuln", scan(database=False)),
        missing=("open vulnerabilities are unknown",),
    ),
    "exceptions with owner and end": Case(
        query="exceptions_owned",
        material=of("vuln", scan(finding("CVE-2026-1", "HIGH", suppression=exception()))),
        supports=(
            "1 finding excepted, each with a reason, an owner (Ada Byron) and an end; the first ends on 2026-12-22",
        ),
    ),
    "no exceptions": Case(query="exceptions_owned", material=of("vuln", scan(finding("CVE-2026-1", "HIGH")))),
    "exception without an owner": Case(
        query="exceptions_owned",
        material=of("vuln", scan(finding("CVE-2026-1", "HIGH", suppression=exception(owner="", expires=None)))),
        contradicts=("CVE-2026-1 in jinja2 has no owner and no end date",),
    ),
    "exception without a reason": Case(
        query="exceptions_owned",
        material=of("vuln", scan(finding("CVE-2026-1", "HIGH", suppression=exception(reason="")))),
        contradicts=("has no reason",),
    ),
    "exception that has ended": Case(
        query="exceptions_owned",
        material=of("vuln", scan(finding("CVE-2026-1", "HIGH", suppression=exception(expires=NOW)))),
        contradicts=("ended on 2026-11-22",),
    ),
    "exceptions unknown": Case(query="exceptions_owned", material=material(), missing=("no scan report was found",)),
    "policy passed": Case(
        query="policy_decided",
        parameters={"outcome": "passed"},
        material=of("vsa", summary()),
        supports=(
            f"Policy policy.yaml (sha256:{'b' * 12}…) was applied on 2026-11-22, on 3 pieces of evidence: passed",
        ),
    ),
    "policy denied": Case(
        query="policy_decided",
        parameters={"outcome": "passed"},
        material=of("vsa", summary(passed=False)),
        contradicts=("on 3 pieces of evidence: denied",),
    ),
    "a denial, too, shows that criteria are in use": Case(
        query="policy_decided", material=of("vsa", summary(passed=False)), supports=("denied",)
    ),
    "policy denied after it had passed": Case(
        query="policy_decided",
        parameters={"outcome": "passed"},
        material=material(evidence("vsa", summary(passed=False)), evidence("vsa", summary(at="2026-11-21T17:56:00Z"))),
        contradicts=("denied",),
    ),
    "no policy": Case(query="policy_decided", material=material(), missing=("no policy decision was found",)),
    "tests passed": Case(
        query="tests_passed",
        material=of(TESTS, {"result": "PASSED", "passedTests": ["a", "b"]}),
        supports=("says PASSED (2 tests passed, 0 failed)",),
    ),
    "tests failed": Case(
        query="tests_passed",
        material=of(TESTS, {"result": "FAILED"}),
        contradicts=("says FAILED",),
    ),
    "a pass that lists a failure": Case(
        query="tests_passed",
        material=of(TESTS, {"result": "PASSED", "failedTests": ["c"]}),
        contradicts=("0 tests passed, 1 failed",),
    ),
    "tests without a result": Case(
        query="tests_passed", material=of(TESTS, {}), missing=("a test result cannot be read",)
    ),
    "no tests": Case(query="tests_passed", material=material(), missing=("no signed test result was found",)),
    "logged": Case(
        query="ledger_logged",
        material=material(checkpoint=CHECKPOINT),
        supports=("append-only log custody.example/ledger, which has 42 entries",),
    ),
    "not logged": Case(query="ledger_logged", material=material(), missing=("no ledger",)),
    "empty log": Case(
        query="ledger_logged",
        material=material(checkpoint=CHECKPOINT.replace("\n42\n", "\n0\n")),
        missing=("the ledger is empty",),
    ),
    "no checkpoint": Case(
        query="ledger_logged", material=material(checkpoint="hello"), missing=("checkpoint cannot be read",)
    ),
}


def ask(name: str, found: Material, parameters: dict[str, Any] | None = None) -> Answer:
    query = QUERIES[name]
    return query.ask(found, query.read(Fields({"query": name, **(parameters or {})}, "test")))


@pytest.mark.parametrize("name", CASES)
def test_a_query_says_what_it_found_and_what_it_did_not(name: str) -> None:
    case = CASES[name]
    answer = ask(case.query, case.material, case.parameters)
    for outcome, wanted in (("supports", case.supports), ("contradicts", case.contradicts)):
        texts = [fact.text for fact in answer.cited if fact.outcome == outcome]
        assert len(texts) == len(wanted), (outcome, texts)
        for want, text in zip(wanted, texts, strict=True):
            assert want in text
            assert text.endswith(".")
    assert len(answer.missing) == len(case.missing), answer.missing
    for want, text in zip(case.missing, answer.missing, strict=True):
        assert want in text
        assert not text.endswith(".")


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_has_a_case_for_and_a_case_against_or_missing(name: str) -> None:
    cases = [case for case in CASES.values() if case.query == name]
    assert any(case.supports for case in cases)
    assert any(case.contradicts or case.missing for case in cases)


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_says_what_it_reads(name: str) -> None:
    module = importlib.import_module(f"custody.compliance.queries.{name}")
    assert QUERIES[name] is module.QUERY
    assert f"`{name}`:" in (module.__doc__ or "")
    assert "Reads:" in (module.__doc__ or "")
    assert QUERIES[name].looks_for


PARAMETERS: dict[str, dict[str, Any]] = {
    "attested": {"kinds": ["spdxjson", "vsa"]},
    "scan_recent": RECENT,
    "no_open_findings_above": ABOVE,
}


@pytest.mark.parametrize("name", QUERIES)
def test_unverified_evidence_speaks_neither_for_nor_against(name: str) -> None:
    found = material(*(spoiled(item) for item in everything()))
    answer = ask(name, found, PARAMETERS.get(name))
    assert answer.cited == ()
    assert answer.missing
    if name != "ledger_logged":
        assert "--key" in answer.missing[0]


@pytest.mark.parametrize("name", QUERIES)
def test_evidence_about_another_artifact_speaks_neither_for_nor_against(name: str) -> None:
    others = [
        evidence("vuln", scan(finding("CVE-2026-1", "CRITICAL"), about=OTHER), about=OTHER),
        evidence("vsa", summary(passed=False), about=OTHER),
        evidence("signature", about=OTHER),
        evidence("spdxjson", spdx(), about=OTHER),
        evidence("slsaprovenance", provenance(), about=OTHER),
        evidence(TESTS, {"result": "FAILED"}, about=OTHER),
    ]
    answer = ask(name, material(*others), PARAMETERS.get(name))
    assert answer.cited == ()
    assert answer.missing


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_refuses_parameters_that_it_does_not_know(name: str) -> None:
    with pytest.raises(InputError, match="unknown field"):
        QUERIES[name].read(Fields({"query": name, **PARAMETERS.get(name, {}), "maxAge": 3}, "test"))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("attested", {}),
        ("attested", {"kinds": ["sbom"]}),
        ("scan_recent", {}),
        ("scan_recent", {"maxAgeDays": 0}),
        ("no_open_findings_above", {"severity": "CRITICAL"}),
        ("policy_decided", {"outcome": "maybe"}),
    ],
)
def test_a_query_refuses_parameters_that_make_no_sense(name: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        QUERIES[name].read(Fields({"query": name, **parameters}, "test"))


def test_the_order_in_which_evidence_was_found_does_not_matter() -> None:
    items = [evidence("vuln", scan(age_days=days)) for days in (1, 2, 3)] + [
        evidence("vuln", scan(finding("CVE-2026-1", "HIGH"), age_days=1))
    ]
    answers = {repr(ask("no_open_findings_above", material(*order), ABOVE)) for order in itertools.permutations(items)}
    assert len(answers) == 1


def test_every_signer_is_named_once() -> None:
    other = Signer(identity="ada@example.com", issuer="https://issuer.example")
    items = [evidence("signature"), evidence("signature", {"x": 1}), evidence("signature", {"y": 1}, signer=other)]
    texts = [fact.text for fact in ask("signed", material(*items)).cited]
    assert len(texts) == 2
    assert "ada@example.com (https://issuer.example)" in texts[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PLACES = st.sampled_from(
    [
        "scanner",
        "result",
        "packages",
        "relationships",
        "creationInfo",
        "buildDefinition",
        "runDetails",
        "resolvedDependencies",
        "builder",
        "internalParameters",
        "policy",
        "digest",
        "timeVerified",
        "verificationResult",
        "components",
        "metadata",
        "tools",
        "passedTests",
        "database",
        "vulnerabilities",
        "suppressed",
        "checksums",
        "documentDescribes",
    ]
)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_nothing_in_a_predicate_makes_a_query_raise(data: st.DataObject) -> None:
    """Whatever a trusted signer signed: a query answers, and never with an exception."""
    good = everything()
    item = data.draw(st.sampled_from(good))
    predicate = _replaced(item.statement.predicate, data.draw(PLACES), data.draw(JSON))
    kind = item.predicate_type
    spoilt = evidence(kind, predicate)
    for name in QUERIES:
        answer = ask(name, material(spoilt, *(other for other in good if other is not item)), PARAMETERS.get(name))
        assert isinstance(answer, Answer)


def _replaced(value: Any, key: str, new: object) -> Any:  # noqa: ANN401 - JSON values
    """Give a copy in which every field called `key` is `new`."""
    if isinstance(value, dict):
        return {name: new if name == key else _replaced(inner, key, new) for name, inner in value.items()}
    return [_replaced(inner, key, new) for inner in value] if isinstance(value, list) else value


def test_components_that_nest_without_end_are_an_unreadable_sbom() -> None:
    component: dict[str, Any] = {"name": "x"}
    for _ in range(300):
        component = {"name": "x", "components": [component]}
    answer = ask("sbom_complete", of("cyclonedx", cyclonedx() | {"components": [component]}))
    assert "nested more than 100 deep" in answer.missing[0]


def test_a_digest_of_the_subject_is_compared_whole() -> None:
    assert DIGEST != OTHER
    assert material(evidence("signature", about=DIGEST)).of("signature")
    assert not material(evidence("signature", about=OTHER)).of("signature")


def test_times_are_compared_in_utc() -> None:
    moment = NOW.astimezone(dt.timezone(dt.timedelta(hours=14)))
    answer = ask("scan_recent", material(evidence("vuln", scan()), now=moment), RECENT)
    assert answer.missing == ()
