"""Which licences' texts a file holds, and what that lets one conclude.

    read_texts(data).matches                # what stands where, and how well it fits
    conclude(data)                          # "MIT", or None where it is not sure

How: 1. The file's words become grams; the index says which texts share how many of them. 2. Of the texts of which
enough is there, each one's place in the file is found, and how much of that place it explains: a licence that is a part
of another one (BSD-2-Clause in BSD-3-Clause) explains less of it. 3. The best one is taken, its place is taken out of
the file, and what is left is searched again. 4. Words about licences that are left over, and that no text explains,
make the answer uncertain: then there is none.

A wrong answer is worse than none: a licence that is not sure stays NOASSERTION.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from custody.inventory.licence_texts.decision import decide
from custody.inventory.licence_texts.index import Index, Template, kept, load_index
from custody.inventory.licence_texts.notices import (
    read_exceptions,
    read_gnu_notices,
    read_notices,
    read_tags,
    sets_conditions,
)
from custody.inventory.licence_texts.words import GRAM, grams_of, words_of
from custody.model.licence_list import licence_list

__all__ = ["MAX_BYTES", "Match", "Texts", "conclude", "read_texts"]

MAX_BYTES = 64 << 10
"""Of a file that is searched: the GPL has 35,000. A longer one is a collection of others' licences, and not sure."""
MAX_MATCHES = 60
"""Licences in one file. Each costs a search of the rest."""
MIN_WORDS = 20
"""Words of the shortest text that is looked for; a shorter one may stand anywhere by chance."""
MIN_SHARE = 0.80
"""Share of a text that must be there. Names of holders in the disclaimers of the BSD licences take up to a sixth."""
MIN_FIT = 0.86
"""Fit (see `Match`) below which a text is only like the one in the file."""
SURE_FIT = 0.95
"""What both must be for a text of less than `SHORT` words, of which a few make another licence, and for the hundreds of
licences in the list that are a usual one with some words changed (those that nobody approved)."""
SHORT = 60
LONG = 500
"""Words of a text that no few words more make another licence of."""
SLACK = 30
"""Words by which a place may be longer than its text, besides a tenth of it: names, and notes between its lines."""

_LEGAL = frozenset(
    {"license", "licensed", "licenses", "sublicense", "permission", "permissions", "permitted", "agreement", "terms"}
    | {
        "redistribute",
        "redistribution",
        "redistributions",
        "distribute",
        "warranty",
        "warranties",
        "liability",
        "liable",
    }
    | {"copyright", "copyrights", "patent", "patents", "royalty", "grant", "granted", "grants", "conditions"}
    | {"proprietary", "confidential", "trademark", "derivative"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One licence's text in a file.

    ids: the licences that have this text. share: how much of the text is there; fit: twice what both have, divided by
    what the text and its place in the file have together. Both from 0 to 1. first_line, last_line: counted from 1.
    """

    ids: tuple[str, ...]
    share: float
    fit: float
    first_line: int
    last_line: int


@dataclass(slots=True, kw_only=True)
class Texts:
    """What a file holds.

    tags: expressions of its SPDX tags; notices: licences that it names as its own in the usual words; exceptions:
    (family of licences, exception) that it adds; left: words about licensing that nothing explains; restricted: whether
    what nothing explains sounds like a condition ("not for commercial use"); words: all of them.
    """

    matches: list[Match] = field(default_factory=list)
    tags: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    exceptions: tuple[tuple[str, str], ...] = ()
    left: int = 0
    restricted: bool = False
    words: int = 0


def conclude(text: bytes, declared: str | None = None) -> str | None:
    """Give the expression for what a licence file says, None where it is not sure.

    declared: what the package says; it settles what the text leaves open (which versions of a GNU licence) and how
    several licences relate. Several that it does not join are joined by AND.
    """
    return decide([read_texts(text)], declared)


@lru_cache(maxsize=512)
def read_texts(data: bytes) -> Texts:
    """Say which licences' texts, tags and notices a file holds. Bytes that are no text give nothing."""
    text = _decode(data[: MAX_BYTES + 1])
    words, lines = words_of(text)
    if len(data) > MAX_BYTES:
        return Texts(left=len(words), words=len(words))
    places, left, restricted = _find(" ".join(words))
    templates = load_index().templates
    matches = [
        Match(
            ids=templates[place.number].ids,
            share=place.share,
            fit=place.fit,
            first_line=lines[place.first] + 1,
            last_line=lines[place.last] + 1,
        )
        for place in places
    ]
    rest = _without(text, matches)  # what a licence's own text says of tags and other licences is no statement
    return Texts(
        matches=sorted(matches, key=lambda match: (match.first_line, match.ids)),
        tags=read_tags(rest),
        notices=tuple(sorted({*read_notices(rest), *read_gnu_notices(text)})),
        exceptions=read_exceptions(text),
        left=left,
        restricted=restricted,
        words=len(words),
    )


def _without(text: str, matches: list[Match]) -> str:
    """Give the lines in which no licence's text stands."""
    lines = text.split("\n")
    for match in matches:
        lines[match.first_line - 1 : match.last_line] = [""] * (match.last_line + 1 - match.first_line)
    return "\n".join(lines)


@lru_cache(maxsize=4096)
def _find(text: str) -> tuple[tuple[_Place, ...], int, bool]:
    """Give the places of licences in words joined by blanks; how many words about licensing are left; if restricted.

    Kept, since hundreds of packages have the same text but for their holders' names, which are not among the words.
    """
    finder = _Finder(load_index(), text.split(" "))
    places = []
    for _ in range(MAX_MATCHES):
        best = finder.best()
        if best is None:
            break
        finder.take(best)
        places.append(best)
    return tuple(places), finder.left(), sets_conditions(finder.unexplained())


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if b"\0" in data[:1000]:
        return ""
    return data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a text stands.

    number: in the index; first, last: words; score: words that it explains, less what is missing or too much.
    """

    number: int
    share: float
    fit: float
    first: int
    last: int
    score: float


class _Finder:
    """The words of a file that no text explains yet."""

    def __init__(self, index: Index, words: list[str]) -> None:
        self.index = index
        self.words = words
        self.free = [True] * len(words)
        self.grams = grams_of(words)
        self.where: dict[int, list[int]] = {}
        for position, gram in enumerate(self.grams):
            self.where.setdefault(gram, []).append(position)
        self.texts = {gram: texts for gram in self.where if (texts := index.texts_with(gram))}
        # number of a text → grams that it has in common with the file
        shared = Counter(chain.from_iterable(self.texts.values()))
        self.most: dict[int, int] = {}  # number of a text of which enough may be there → words that it may explain
        for number, count in shared.items():
            template = index.templates[number]
            if template.words >= MIN_WORDS and count >= MIN_SHARE * template.grams:
                self.most[number] = count * template.step
        self.order = sorted(self.most, key=self._first)
        self.hits: dict[int, list[int]] = {number: [] for number in self.most}
        for gram, texts in self.texts.items():
            for number in texts:
                if number in self.hits:
                    self.hits[number] += self.where[gram]
        self.places: dict[int, _Place | None] = {}
        self.kept: dict[int, list[int]] = {}
        self.odd: set[int] = set()  # positions inside of places that are not in the text

    def _first(self, number: int) -> tuple[int, bool, int, str]:
        usual, shortness, name = _usual(self.index.templates[number])
        return -self.most[number], not usual, -shortness, name

    def best(self) -> _Place | None:
        """Give the text that explains most, of those of which enough is there."""
        best: _Place | None = None
        for number in self.order:
            template = self.index.templates[number]
            if best is not None and self.most[number] <= best.score * 1.02:
                break  # none of those that follow can explain noticeably more
            if number not in self.places:
                self.places[number] = self._place(number, template)
            place = self.places[number]
            if place is not None and (best is None or self._order(place) > self._order(best)):
                best = place
        return best

    def _positions(self, number: int) -> list[int]:
        """Give the positions of a text's grams that are still free."""
        found = self.hits[number]
        found.sort()  # which costs nothing the second time
        return [at for at in found if self.free[at] and self.free[at + GRAM - 1]]

    def _order(self, place: _Place) -> tuple[int, bool, int, str]:
        """Order places by what they explain; equal ones by what is usual."""
        return (round(place.score), *_usual(self.index.templates[place.number]))

    def _place(self, number: int, template: Template) -> _Place | None:
        """Find the place of a text: the window that has most of its grams, without what is rather others'."""
        positions = self._positions(number)
        if len(positions) < MIN_SHARE * template.grams:
            return None
        first, last = self._own(positions, self._window(positions, template), template.step)
        shared = len({self.grams[at] for at in positions if first <= at <= last})
        share = shared / template.grams
        if share < MIN_SHARE:
            return None
        inside = {self.grams[at] for at in self._kept(template.step, first, last)}
        fit = 2 * shared / (template.grams + len(inside))
        if not _is_enough(template, share, fit):
            return None
        amiss = template.grams + len(inside) - 2 * shared
        score = (shared - 2 * amiss) * template.step
        return _Place(number, share, fit, first, min(last + GRAM - 1, len(self.words) - 1), score)

    def _window(self, positions: list[int], template: Template) -> tuple[int, int]:
        """Give the window, not much longer than the text, that has most different grams of it."""
        grams, length = self.grams, int(template.words * 1.1) + SLACK
        best, found, start = 0, (positions[0], positions[0]), 0
        counts: dict[int, int] = {}
        for at in positions:
            gram = grams[at]
            counts[gram] = counts.get(gram, 0) + 1
            while at - positions[start] > length:
                old = grams[positions[start]]
                counts[old] -= 1
                if not counts[old]:
                    del counts[old]
                start += 1
            if len(counts) > best:
                best, found = len(counts), (positions[start], at)
        return found

    def _own(self, positions: list[int], window: tuple[int, int], step: int) -> tuple[int, int]:
        """Give the part of a window in which grams of the text outweigh those of others by most."""
        own = set(positions)
        best, found = 0, window
        total, start = 0, window[0]
        for at in self._kept(step, *window):
            if total <= 0:
                total, start = 0, at
            total += 1 if at in own else -1
            if total > best:
                best, found = total, (start, at)
        return found

    def _kept(self, step: int, first: int, last: int) -> list[int]:
        """Give the positions from `first` to `last` of free grams that are kept of a text with this step."""
        known = self.kept.get(step)
        if known is None:
            known = self.kept[step] = [at for at, gram in enumerate(self.grams) if kept(gram, step)]
        inside = known[bisect_left(known, first) : bisect_right(known, last)]
        return [at for at in inside if self.free[at]]

    def take(self, taken: _Place) -> None:
        """Take the place of a text out of the file; texts that stood there too are looked for elsewhere."""
        if self.index.templates[taken.number].step == 1:  # of longer texts not every gram is known
            covered: set[int] = set()
            for at in self._positions(taken.number):
                covered.update(range(at, at + GRAM))
            self.odd.update(at for at in range(taken.first, taken.last + 1) if at not in covered)
        # Of a long text not every gram is known, so that its first and last words are not seen to be its own.
        around = 2 * (self.index.templates[taken.number].step - 1)
        first, last = max(0, taken.first - around), min(len(self.words) - 1, taken.last + around)
        self.free[first : last + 1] = [False] * (last + 1 - first)
        for number, place in list(self.places.items()):
            if place and place.first <= taken.last and taken.first <= place.last:
                del self.places[number]

    def unexplained(self) -> str:
        """Give the words that no text explains, also those put in between; what stood apart is kept apart."""
        parts: list[str] = []
        before = -1
        for at, word in enumerate(self.words):
            if self.free[at] or at in self.odd:
                parts.append(word if at == before + 1 else f". {word}")
                before = at
        return " ".join(parts)

    def left(self) -> int:
        """Count the words about licensing that no text explains."""
        return sum(1 for word, free in zip(self.words, self.free, strict=True) if free and word in _LEGAL)


def _is_enough(template: Template, share: float, fit: float) -> bool:
    if template.words < SHORT:
        return min(share, fit) >= SURE_FIT
    if _usual(template)[0]:
        return fit >= MIN_FIT
    # what is missing makes another licence of it; what stands between its words may be another text in the same file
    return share >= SURE_FIT and fit >= (SURE_FIT if template.words < LONG else MIN_FIT)


def _usual(template: Template) -> tuple[bool, int, str]:
    """Order texts that explain the same: those that the Open Source Initiative approved, then short ids."""
    entry = licence_list().licences.get(template.ids[0].lower())
    return bool(entry and entry.osi_approved), -len(template.ids[0]), template.ids[0]
