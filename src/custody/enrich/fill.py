"""Filling what is empty: every service is asked what it may know, and each field says which answer it came from.

1. A package is asked about where it has a version and its purl names no other place (`repository_url`, …): a registry
   must not answer for a package that only has the same name as one of its own.
2. First the services of its type, then those that collect; last the costly questions. A question is asked only while
   one of the fields that its answer gives is empty.
3. An answer whose checksums contradict ours is about something else: nothing is taken from that service, and it is
   said. Name, version and purl are never touched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from custody.enrich.addresses import Addresses
from custody.enrich.asking import WORKERS, Answer, Asker, unreachable
from custody.enrich.interface import FIELDS, Facts, Question, Service
from custody.enrich.services import services
from custody.errors import InputError
from custody.model import Inventory, Package, Progress

__all__ = ["Enrichment", "enrich"]

_ELSEWHERE = ("repository_url", "download_url", "vcs_url")
_WORDS = {
    "licence_declared": ("licence", "licences"),
    "released": ("release date", "release dates"),
    "homepage": ("home page", "home pages"),
    "originator": ("originator", "originators"),
    "supplier": ("supplier", "suppliers"),
    "description": ("description", "descriptions"),
    "download_location": ("download location", "download locations"),
    "checksums": ("checksum", "checksums"),
}
_MOST_FURTHER = 16
"""Questions that follow from answers, for one package: a chain of parents, pages of a feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrichment:
    """What came of it.

    packages: in the inventory; enriched: how many of them got something; added: (field, packages); absent: packages
    that a service did not know; unknown: (service, packages) that it could not be asked about; not_asked: services
    without an address that could have been asked; unserved: (purl type, packages) that no service knows; warnings: one
    line each.
    """

    packages: int
    enriched: int
    added: tuple[tuple[str, int], ...] = ()
    absent: int = 0
    unknown: tuple[tuple[str, int], ...] = ()
    not_asked: tuple[str, ...] = ()
    unserved: tuple[tuple[str, int], ...] = ()
    warnings: tuple[str, ...] = ()

    def summary(self) -> str:
        """Give it in one line, for people."""
        parts = [f"{count} {_WORDS[name][count != 1]}" for name, count in self.added]
        text = f"enriched {self.enriched} of {self.packages} package{'s' * (self.packages != 1)}"
        text += f": {', '.join(parts)}" if parts else ""
        if self.absent:
            text += f"; not found: {self.absent}"
        if self.unknown:
            listed = ", ".join(f"{name} ({count} package{'s' * (count != 1)})" for name, count in self.unknown)
            text += f"; unknown: {listed}"
        if self.not_asked:
            text += f"; not asked: {', '.join(f'{name} (no address)' for name in self.not_asked)}"
        if self.unserved:
            text += f"; no service for: {', '.join(f'{count} {kind}' for kind, count in self.unserved)}"
        return text


@dataclass(slots=True)
class _Told:
    """What asking about one package came to."""

    package: Package
    added: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)


def enrich(
    inventory: Inventory, addresses: Addresses, asker: Asker, *, progress: Progress | None = None
) -> tuple[Inventory, Enrichment]:
    """Give the inventory with what the services know, and what that was. No network, no gain, and no error either."""
    known: dict[str, list[Service]] = {}
    for service in services():
        for kind in service.types:
            known.setdefault(kind, []).append(service)
    unserved: Counter[str] = Counter()
    not_asked: set[str] = set()
    jobs: list[tuple[int, list[tuple[Service, str]]]] = []
    for index, package in enumerate(inventory.packages):
        if not _askable(package):
            continue
        found = known.get(package.purl.type, [])
        if not found:
            unserved[package.purl.type] += 1
        bases = [(service, addresses.base(service.name, package.purl.full_name)) for service in found]
        not_asked.update(service.name for service, base in bases if base is None)
        asked = [(service, base) for service, base in bases if base]
        if asked:
            jobs.append((index, asked))
    packages = list(inventory.packages)
    told: list[_Told] = []
    pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="enrich")
    try:
        results = pool.map(lambda job: _ask_about(packages[job[0]], job[1], asker), jobs)
        for done, (job, one) in enumerate(zip(jobs, results, strict=True), start=1):
            told.append(one)
            packages[job[0]] = one.package
            if progress is not None:
                progress(one.package.name, done, len(jobs))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    result = Enrichment(
        packages=len(packages),
        enriched=sum(bool(at.added) for at in told),
        added=_counted(told),
        absent=sum(bool(at.absent) and not at.added for at in told),
        unknown=tuple(sorted(Counter(name for at in told for name in at.unknown).items())),
        not_asked=tuple(sorted(not_asked)),
        unserved=tuple(sorted(unserved.items())),
        warnings=tuple(
            [unreachable(name, problem) for name, problem in asker.problems().items()]
            + [text for at in told for text in at.warnings]
        ),
    )
    return replace(inventory, packages=tuple(packages)), result


def _askable(package: Package) -> bool:
    """Say whether anybody else can know the package: a project is its owner's own."""
    purl = package.purl
    return bool(purl.version) and package.purpose != "APPLICATION" and not any(map(purl.qualifier, _ELSEWHERE))


def _counted(told: list[_Told]) -> tuple[tuple[str, int], ...]:
    counts = Counter(name for at in told for name in at.added)
    return tuple((name, counts[name]) for name in FIELDS if counts[name])


def _ask_about(package: Package, asked: list[tuple[Service, str]], asker: Asker) -> _Told:
    told = _Told(package)
    refused: set[str] = set()
    for costly in (False, True):
        for service, base in asked:
            for question in _in_order(service.questions(package, base)):
                if question.costly == costly and service.name not in refused:
                    _put(service, base, question, told, refused, asker)
    return told


def _in_order(questions: tuple[Question, ...]) -> Iterator[Question]:
    yield from sorted(questions, key=lambda question: not question.checks)


def _put(service: Service, base: str, question: Question, told: _Told, refused: set[str], asker: Asker) -> None:
    """Ask one question and all that follow from its answer."""
    waiting = [question]
    for _ in range(_MOST_FURTHER):
        if not waiting:
            return
        current: Question = waiting.pop(0)
        checked = current.checks and told.package.checksums and _open(told.package)
        if not (checked or any(_is_empty(told.package, name) for name in current.gives)):
            continue
        answer = asker.ask(service.name, base, current)
        if answer.absent and current.otherwise is not None:
            waiting.insert(0, current.otherwise)
            continue
        facts = _facts(service, current, answer, told)
        if facts is None:
            continue
        if _contradicts(told.package, facts):
            refused.add(service.name)
            told.warnings.append(
                f"{told.package.id}: {service.name} has another checksum for it ({answer.address}); "
                "nothing was taken from there"
            )
            return
        _fill(told, facts, answer.address)
        waiting += facts.further


def _facts(service: Service, question: Question, answer: Answer, told: _Told) -> Facts | None:
    if answer.absent:
        told.absent.add(service.name)
        return None
    if answer.body is None:
        told.unknown.add(service.name)
        return None
    try:
        return service.read(answer.body, told.package, question)
    except InputError as error:
        told.unknown.add(service.name)
        told.warnings.append(f"{told.package.id}: {answer.address}: not understood: {error}")
        return None


def _open(package: Package) -> bool:
    return any(_is_empty(package, name) for name in FIELDS)


def _is_empty(package: Package, name: str) -> bool:
    return getattr(package, name) in (None, "", ())


def _contradicts(package: Package, facts: Facts) -> bool:
    """Say whether of any kind of checksum that both know, none is the same."""
    kinds = {at.algorithm for at in package.checksums} & {at.algorithm for at in facts.known}
    shared = {at.algorithm for at in set(package.checksums) & set(facts.known)}
    return bool(kinds - shared)


def _fill(told: _Told, facts: Facts, address: str) -> None:
    expression, texts = facts.licence
    stated: dict[str, object] = {name: getattr(facts, name) for name in FIELDS if name != "licence_declared"}
    stated["licence_declared"] = expression
    changes = {
        name: value for name, value in stated.items() if value not in (None, "", ()) and _is_empty(told.package, name)
    }
    if not changes:
        return
    if "licence_declared" in changes and texts:
        changes["licence_texts"] = tuple(sorted({**dict(texts), **dict(told.package.licence_texts)}.items()))
    new = sorted(changes.keys() & set(FIELDS))
    enriched = tuple(sorted({*told.package.enriched, *((name, address) for name in new)}))
    told.package = replace(told.package, enriched=enriched, **changes)  # type: ignore[arg-type]
    told.added += new
