"""How good an SBOM is, from 0 to 10, in seven categories.

Categories, features and weights follow those that sbomqs 2.0 publishes (https://github.com/interlynk-io/sbomqs), so
that figures can be compared; what they mean here is our own. A feature's score is 10 times the share of components that
have it, or 10 or 0 for the document. What cannot be known (a signature beside the file, a field that the format has no
place for, deprecated licences where no licence is known) is unknown: it has no score, and its weight counts for
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from custody.errors import InputError
from custody.model import Package
from custody.model.licence_expression import terms_in
from custody.model.licence_list import licence_list
from custody.sbom.kept import kept_of
from custody.sbom.licences import is_expression
from custody.sbom.quality.profile import Subject, is_time
from custody.sbom.quality.profiles import STRONG
from custody.sbom.reading import objects, text

__all__ = ["Category", "Feature", "Score", "score"]

_RESTRICTIVE = re.compile(r"A?GPL-|SSPL-|OSL-|EUPL-|CC-BY-(?:NC|ND|SA)|CPAL-|RPL-|Sleepycat|QPL-|BUSL-|Elastic-")
"""Licences that ask something of whoever passes the software on, or forbid it: sbomqs counts them as a risk."""
_GRADES = ((9.0, "A"), (8.0, "B"), (7.0, "C"), (5.0, "D"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One thing that is looked at.

    weight: inside its category; score: 0 to 10, None where it is unknown; found: in words; fix: what to do, "" where
    nothing is; gain: by how much the whole score would rise.
    """

    name: str
    weight: float
    score: float | None
    found: str
    fix: str = ""
    gain: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """Several features. score: None where all of them are unknown."""

    name: str
    weight: int
    score: float | None
    features: tuple[Feature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The whole. score: None where nothing is known; components: how many were looked at."""

    score: float | None
    components: int
    categories: tuple[Category, ...]

    @property
    def grade(self) -> str:
        """Give the letter from A (9 and more) to F (below 5), "" where nothing is known."""
        if self.score is None:
            return ""
        return next((letter for least, letter in _GRADES if self.score >= least), "F")

    @property
    def fixes(self) -> list[tuple[float, str, str]]:
        """Give (gain, feature, what to do), what gains most first."""
        found = [(f.gain, f.name, f.fix) for c in self.categories for f in c.features if f.fix and f.gain >= 0.005]
        return sorted(found, key=lambda fix: (-fix[0], fix[1]))


Measure: TypeAlias = "tuple[float | None, str]"
"""Score and what was found."""
_Row: TypeAlias = "tuple[str, float, Measure, str]"


def score(subject: Subject, *, conforms: bool | None) -> Score:
    """Judge a document. conforms: whether the rules of its format hold, None where there are none."""
    tables = _tables(subject, conforms)
    known = [(weight, rows) for _, weight, rows in tables if any(row[2][0] is not None for row in rows)]
    total = sum(weight for weight, _ in known)
    categories = tuple(_category(name, weight, rows, total) for name, weight, rows in tables)
    scored = [(c.score, c.weight) for c in categories if c.score is not None]
    return Score(
        score=sum(value * weight for value, weight in scored) / total if total else None,
        components=len(subject.components),
        categories=categories,
    )


def _category(name: str, weight: int, rows: Iterable[_Row], total: int) -> Category:
    rows = list(rows)
    inside = sum(part for _, part, (value, _), _ in rows if value is not None)
    features = tuple(
        Feature(
            name=key,
            weight=part,
            score=value,
            found=found,
            fix=fix if value is not None and value < 10 else "",
            gain=(10 - value) * part / inside * weight / total if value is not None else 0.0,
        )
        for key, part, (value, found), fix in rows
    )
    known = sum(f.score * f.weight for f in features if f.score is not None)
    return Category(name=name, weight=weight, score=known / inside if inside else None, features=features)


# ── what is measured ─────────────────────────────────────────────────────────────────────────────────────────────────


def _tables(subject: Subject, conforms: bool | None) -> list[tuple[str, int, list[_Row]]]:  # noqa: FBT001
    heading, packages = subject.heading, subject.components
    root = subject.inventory.root

    def part(words: str, has: Callable[[Package], object], among: Iterable[Package] = packages) -> Measure:
        return _share(words, [bool(has(package)) for package in among])

    def stated(fact: str, value: object, words: str) -> Measure:
        if not value and fact in heading.silent:
            return None, "the format has no place for it"
        return (10.0, words) if value else (0.0, f"no {words}")

    licensed = [package for package in packages if _terms(package)]
    linked = _linked(subject)
    tool = all(tool.version for tool in heading.tools) if heading.tools else False
    unique = not any("stands for two packages" in item.reason for item in subject.inventory.skipped)
    purposes = heading.purposes
    if heading.standard == "CycloneDX":  # its schema asks for a type
        purpose: Measure = part("a purpose", lambda package: package.purpose)
    elif purposes is None:
        purpose = None, "not counted for this format"
    else:
        purpose = _share("a purpose", [index < purposes for index in range(len(packages))])
    return [
        (
            "identification",
            10,
            [
                ("component name", 0.4, part("a name", lambda p: p.name.strip()), "name every component"),
                ("component version", 0.35, part("a version", lambda p: p.version.strip()), "state every version"),
                (
                    "local identifiers",
                    0.25,
                    (None, "the format has none") if not heading.standard else _yes(unique, "unique identifiers"),
                    "give every component an identifier of its own",
                ),
            ],
        ),
        (
            "provenance",
            12,
            [
                ("creation time", 0.2, stated("created", is_time(heading.created), "creation time"), "state the time"),
                ("authors", 0.2, stated("authors", heading.authors, "author"), "name who answers for it (`--author`)"),
                ("tool and version", 0.2, stated("tools", tool, "tool with its version"), "name the tool that made it"),
                (
                    "supplier",
                    0.15,
                    stated("supplier", heading.suppliers or root.supplier or root.originator, "supplier"),
                    "name the supplier of what the SBOM is about",
                ),
                ("identity", 0.15, stated("identity", heading.identity, "namespace"), "give it a URI of its own"),
                ("life cycle", 0.1, stated("context", heading.context, "life-cycle phase"), "state the phase"),
            ],
        ),
        (
            "integrity",
            15,
            [
                ("checksums", 0.6, part("a checksum", lambda p: p.checksums), "add checksums"),
                ("strong checksums", 0.3, part("SHA-256 or better", _is_strong), "add SHA-256 or better"),
                (
                    "signature",
                    0.1,
                    (10.0, "signed") if heading.signed else (None, "none inside; one beside it is not looked at"),
                    "sign it",
                ),
            ],
        ),
        (
            "completeness",
            12,
            [
                ("dependencies", 0.25, part("relations", lambda p: p.id in linked), "state what needs what"),
                (
                    "declared completeness",
                    0.15,
                    stated("complete", heading.complete, "statement of completeness"),
                    "say whether the lists are complete (CycloneDX compositions)",
                ),
                (
                    "primary component",
                    0.2,
                    stated("describes", heading.describes, "primary component"),
                    "say which component it is about",
                ),
                ("source code", 0.15, part("a source", _has_source), "state where the source code is"),
                (
                    "component supplier",
                    0.15,
                    part("a supplier", lambda p: p.supplier or p.originator),
                    "name suppliers",
                ),
                ("purpose", 0.1, purpose, "state what each component is for"),
            ],
        ),
        (
            "licensing",
            15,
            [
                ("licences", 0.2, part("a licence", _licence), "find out the licences"),
                ("valid licences", 0.2, part("a valid expression", _is_valid, _with_licence(packages)), "use SPDX ids"),
                ("declared licences", 0.15, part("a declared licence", lambda p: p.licence_declared), "state them"),
                ("data licence", 0.1, stated("data_licence", heading.data_licence, "data licence"), "state CC0-1.0"),
                ("no deprecated licences", 0.15, part("none", _is_current, licensed), "use the current ids"),
                ("no restrictive licences", 0.2, part("none", _is_free, licensed), "check these licences' duties"),
            ],
        ),
        (
            "vulnerability",
            10,
            [
                ("package URLs", 0.5, part("a package URL", lambda p: p.id in subject.stated), "add package URLs"),
                ("CPE names", 0.5, part("a CPE name", lambda p: p.cpes), "add CPE names"),
            ],
        ),
        (
            "structural",
            8,
            [
                ("standard", 0.3, _yes(bool(heading.standard), "SPDX or CycloneDX"), "convert it (`custody convert`)"),
                ("version", 0.3, _yes(bool(heading.version), "a known version"), "state the version"),
                ("file format", 0.2, (10.0, heading.format), ""),
                (
                    "rules of the format",
                    0.2,
                    (None, "none are known") if conforms is None else _yes(conforms, "they hold"),
                    "see `custody validate`",
                ),
            ],
        ),
    ]


def _share(words: str, answers: list[bool]) -> Measure:
    if not answers:
        return None, "nothing to look at"
    count = sum(answers)
    return 10.0 * count / len(answers), f"{count} of {len(answers)} have {words}"


def _yes(answer: bool, words: str) -> Measure:  # noqa: FBT001 - the answer that is measured
    return (10.0, words) if answer else (0.0, f"not: {words}")


def _linked(subject: Subject) -> set[str]:
    """Give what has a relation of its own; that a root contains something may have been added when it was read."""
    root = subject.inventory.root.id
    found: set[str] = set()
    for edge in subject.inventory.dependencies:
        if edge.source != root or edge.relation != "contains":
            found |= {edge.source, edge.target}
    return found | ({root} if any(e.source == root for e in subject.inventory.dependencies) else set())


def _is_strong(package: Package) -> bool:
    return any(item.algorithm in STRONG for item in package.checksums)


def _has_supplier(package: Package) -> bool:
    return bool(package.supplier or package.originator)


def _has_source(package: Package) -> bool:
    if package.source_name or package.download_location not in ("", "NONE"):
        return True
    kinds = {text(item, "type") for item in objects(kept_of("cyclonedx", package.extra), "externalReferences")}
    return bool(kinds & {"vcs", "source-distribution"})


def _licence(package: Package) -> str | None:
    return package.licence_concluded or package.licence_declared


def _with_licence(packages: Iterable[Package]) -> list[Package]:
    return [package for package in packages if _licence(package)]


def _is_valid(package: Package) -> bool:
    licence = _licence(package) or ""
    return licence == "NONE" or is_expression(licence)


def _terms(package: Package) -> tuple[str, ...]:
    try:
        return terms_in(_licence(package) or "")
    except InputError:
        return ()


def _is_current(package: Package) -> bool:
    known = licence_list().licences
    names = [term.partition(" WITH ")[0].removesuffix("+").lower() for term in _terms(package)]
    return not any(name in known and known[name].deprecated for name in names)


def _is_free(package: Package) -> bool:
    return not any(_RESTRICTIVE.match(term) for term in _terms(package))
