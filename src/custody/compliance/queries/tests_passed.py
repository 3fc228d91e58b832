"""`tests_passed`: a signed test result is on file for this artifact.

    - {query: tests_passed}

Against: tests failed. Reads: the verified in-toto test results (predicate type https://in-toto.io/attestation/test-result/v0.1,
https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md), every one of them.
"""

from __future__ import annotations

from custody.compliance.interface import Answer, Material, Query, contradicts, counted, supports
from custody.errors import InputError
from custody.fields import Fields
from custody.model import CitedEvidence

NAME = "tests_passed"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"


def read(fields: Fields) -> None:
    """Take no parameters."""
    fields.only("query")


def ask(material: Material, _: None) -> Answer:
    """Cite each result."""
    items = material.of(PREDICATE_TYPE)
    if not items:
        return Answer(missing=(material.lack(PREDICATE_TYPE, "signed test result"),))
    cited: list[CitedEvidence] = []
    missing = []
    for item in items:
        fields = Fields(item.statement.predicate, f"evidence {item.digest.short}")
        try:
            result = fields.one_of("result", ("PASSED", "WARNED", "FAILED"))
            passed, failed = len(fields.texts("passedTests")), len(fields.texts("failedTests"))
        except InputError as error:
            missing.append(f"a test result cannot be read: {error}")
            continue
        counts = f" ({counted(passed, 'test')} passed, {failed:,} failed)" if passed or failed else ""
        cite = contradicts if result == "FAILED" or failed else supports
        cited.append(cite(item, f"A signed test result says {result}{counts}."))
    return Answer(cited=tuple(cited), missing=tuple(missing))


QUERY = Query(name=NAME, looks_for="signed results of tests", read=read, ask=ask)
