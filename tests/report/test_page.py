"""The release page: values are text, and what is excepted says so."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from custody.model import (
    BuildContext,
    Decision,
    Digest,
    Event,
    Inventory,
    Package,
    Purl,
    ScanReport,
    Skipped,
    Verdict,
)
from custody.report import ReleasePage, release_page
from tests.compliance.material import everything
from tests.report.assessments import ordinary
from tests.report.scans import ARTIFACT, EXCEPTION, FULL, JINJA, NOW, finding, report

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}{% raw %}&amp;\x00\x1b[31m\u202e\ud800"


class Elements(HTMLParser):
    """Notes what a browser would make of the page: the names of its elements and of their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes |= {name for name, _ in attrs}


def page(text: str = "sample", scan: ScanReport = FULL, **more: Any) -> str:  # noqa: ANN401
    """Make a page in which `text` stands wherever something comes from outside."""
    root = Package(purl=Purl("generic", "sample", "1.0"), name="sample", version="1.0")
    package = Package(purl=Purl("npm", "a", "1"), name=text, version=text, licence_declared=text)
    artifact = replace(ARTIFACT, name=text, version=text)
    verdict = Verdict(rule="r", outcome="fail", reason=text, details=(text,))
    event = Event(action="artifact.resolved", at=NOW, subject=text, actor=text, details={"source": text})
    values: dict[str, Any] = {
        "artifact": artifact,
        "inventory": Inventory.assemble(
            artifact=artifact,
            root=root,
            packages=[package],
            dependencies=(),
            skipped=[Skipped(where=text, reason=text)],
        ),
        "report": scan,
        "decision": Decision(
            artifact=ARTIFACT.digest,
            policy_name=text,
            policy_digest=Digest.of(b"p"),
            verdicts=(verdict,),
            decided_at=NOW,
        ),
        "evidence": tuple(replace(item, signer=None, problem=text) for item in everything()),
        "context": BuildContext(
            tool="custody", tool_version="1", started_at=NOW, source=text, environment=(("os", text),)
        ),
        "assessment": ordinary(),
        "events": ((0, event),),
        "checkpoint": text,
        "targets": ((text, "", text),),
        "files": ((text, 1),),
        "key_id": "ab" * 32,
        "sbom_name": "sbom-1.0",
    }
    return release_page(ReleasePage(**values | more)).decode("utf-8")


def hostile() -> str:
    grant = replace(EXCEPTION, reason=EVIL, owner=EVIL)
    odd = finding(EVIL, aliases=(EVIL,), package=EVIL, version=EVIL, fixed_versions=(EVIL,), path=(EVIL, EVIL, EVIL))
    return page(EVIL, report(odd, replace(odd, suppression=grant)), folder=EVIL, targets=((EVIL, "", ""),))


def test_whatever_comes_from_outside_is_text() -> None:
    text = hostile()
    seen = Elements()
    seen.feed(text)
    assert seen.names.count("script") == 1
    assert "img" not in seen.names
    assert not [name for name in seen.attributes if name.startswith("on")]
    assert "{{ 7 * 7 }}" in text
    assert not set("\x00\x1b\u202e") & set(text)


def test_a_policy_for_the_content_forbids_all_but_the_one_script() -> None:
    text = page()
    assert "default-src 'none'" in text
    allowed = re.search(r"script-src '(sha256-[^']+)'", unescape(text))
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)
    assert allowed
    assert script
    assert allowed.group(1) == "sha256-" + base64.b64encode(hashlib.sha256(script.group(1).encode()).digest()).decode()
    assert not re.search(r"(?:src|href)=\"https?:", text)


def test_the_same_release_gives_the_same_bytes() -> None:
    assert page() == page()


def tile(text: str) -> str:
    found = re.search(r"<b>(\d+)</b>\s*<div class=\"bar\".*?</small>", text, re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>", " ", found.group(0))


def test_what_the_policy_excepts_is_marked_and_counted_as_excepted() -> None:
    other = finding("CVE-2026-7")
    without = page(scan=report(JINJA, other))
    assert "excepted by the policy" not in without
    assert tile(without).split()[0] == "2"
    text = page(scan=report(JINJA, other), waived=("CVE-2026-7",))
    rows = re.findall(r"<tr[^>]*>\s*<td data-label=\"Severity\">.*?</tr>", text, re.DOTALL)
    assert [("excepted by the policy, without owner or end" in row, 'class="excepted"' in row) for row in rows] == [
        ("CVE-2026-7" in row, "CVE-2026-7" in row) for row in rows
    ]
    assert tile(text).split()[0] == "1"
    assert "1 more excepted" in tile(text)


def test_a_grant_says_more_than_the_policy_file() -> None:
    text = page(scan=report(replace(JINJA, suppression=EXCEPTION)), waived=(JINJA.id,))
    assert "Excepted until 2027-01-31: not reachable" in text
    assert "without owner or end" not in text


def test_the_states_of_the_tasks_add_up() -> None:
    found = re.search(r'<dl class="states">(.*?)</dl>', page(), re.DOTALL)
    assert found
    counts = {words: int(n) for words, n in re.findall(r"<dt>(.*?)</dt><dd>(\d+)</dd>", found.group(1))}
    assert list(counts) == ["met", "part found", "evidence missing", "not met", "not applicable"]
    assessment = ordinary()
    assert sum(counts.values()) == len(assessment.results)
    assert counts["part found"] + counts["evidence missing"] == assessment.count("evidence_missing")
    assert counts["part found"] > 0


@pytest.mark.parametrize(
    ("folder", "key"), [("release", "release/custody.pub"), ("my out/1.0", "'my out/1.0/custody.pub'")]
)
def test_the_commands_name_the_place_and_the_key(folder: str, key: str) -> None:
    targets = (("registry.example/gone:1", "", "unknown host"), ("oci:./shelf:1.0", str(ARTIFACT.digest), ""))
    text = unescape(page(folder=folder, targets=targets))
    assert f"custody verify oci:./shelf:1.0 --key {key}\n" in text
    assert f"custody verify oci:.custody/vault@{ARTIFACT.digest} --key" in unescape(page(targets=()))
    assert "security-report.json" in text.partition("jq ")[2].partition("</pre>")[0]


def test_narrow_screens_have_a_caption_for_each_cell() -> None:
    for table in re.findall(r'<table[^>]*class="stack".*?</table>', page(), re.DOTALL):
        titles = re.findall(r"<th(?: [^>]*)?>(.*?)</th>", table)
        for row in re.findall(r"<tr(?: [^>]*)?>\s*<td.*?</tr>", table, re.DOTALL):
            assert re.findall(r'<td data-label="([^"]*)"', row) == titles
    assert page().count('class="stack"') == 3
