r"""Regular expressions that no pattern can make slow: read into states, and run without backtracking.

    search = compile_pattern(r"^lib(ssl|crypto)\d*$")
    search("libssl3")      # True

The common part of what `jq` (Oniguruma) knows: characters, `.`, `[a-z]`, `[^a-z]`, `\d \w \s \D \W \S`, `\n \r \t`,
groups, `|`, `* + ? {m} {m,} {m,n}` (lazy ones too: whether something matches does not depend on it), `^ $ \A \z`.
Not the rest: back references, looking around, word borders. Time grows with the text, not with the pattern's choices:
the sets of states that a text has led to are remembered (a lazy deterministic automaton).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

__all__ = ["PatternError", "compile_pattern"]

MAX_STATES = 5_000
"""States of one pattern: `(a{50}){50}` is half of it."""
MAX_REMEMBERED = 20_000
"""Steps of the automaton that are remembered: bounded, since a hostile text could ask for a new one every character."""
_MAX_NESTING = 50
_MAX_TIMES = 1000

_Test: TypeAlias = Callable[[str], bool]
_CLASSES: dict[str, _Test] = {
    "d": str.isdecimal,
    "w": lambda c: c == "_" or c.isalnum(),
    "s": str.isspace,
    "D": lambda c: not c.isdecimal(),
    "W": lambda c: not (c == "_" or c.isalnum()),
    "S": lambda c: not c.isspace(),
}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}


class PatternError(ValueError):
    """The pattern is wrong, or asks for what is not there."""


@dataclass(slots=True)
class _State:
    """One state.

    test: what the next character must be; None for a state that costs none. at: "^" or "$" for a place, "." for the
    end of the pattern. next: where it leads.
    """

    test: _Test | None = None
    at: str = ""
    next: tuple[int, ...] = ()


@lru_cache(maxsize=64)
def compile_pattern(pattern: str, *, ignore_case: bool = False) -> Callable[[str], bool]:
    """Give a function that says whether a text has a match anywhere; PatternError where the pattern is wrong."""
    return _Automaton(*_Reader(pattern, ignore_case=ignore_case).whole()).search


class _Automaton:
    def __init__(self, states: list[_State], start: int) -> None:
        self.states = states
        self.start = start
        self.steps: dict[tuple[frozenset[int], str], tuple[frozenset[int], bool]] = {}
        self.opening = self.closure({start}, {"^"})
        self.inside = self.closure({start}, set())

    def search(self, text: str) -> bool:
        """Say whether there is a match."""
        current = self.opening
        if self.ends(current):
            return True
        last = len(text) - 1
        for index, character in enumerate(text):
            current, done = self.step(current, character)
            if done:
                return True
            end = index == last or (index == last - 1 and text[last] == "\n")  # `$` also before the last line feed
            if end and self.ends(self.closure(set(current), {"$"})):
                return True
        return text in ("", "\n") and self.ends(self.closure({self.start}, {"^", "$"}))

    def step(self, current: frozenset[int], character: str) -> tuple[frozenset[int], bool]:
        """Give the states after a character, a new beginning among them, and whether one is an end."""
        known = self.steps.get((current, character))
        if known is None:
            ends: set[int] = set()
            for index in current:
                test = self.states[index].test
                if test is not None and test(character):
                    ends.update(self.states[index].next)
            after = self.closure(ends, set()) | self.inside
            known = (after, self.ends(after))
            if len(self.steps) < MAX_REMEMBERED:
                self.steps[current, character] = known
        return known

    def closure(self, states: set[int], places: set[str]) -> frozenset[int]:
        """Give these states and all that can be reached from them without a character."""
        found, pending = set(states), list(states)
        while pending:
            state = self.states[pending.pop()]
            if state.test is None and (not state.at or state.at in places):
                new = [index for index in state.next if index not in found]
                found.update(new)
                pending += new
        return frozenset(found)

    def ends(self, states: frozenset[int]) -> bool:
        """Say whether the pattern's end is among them."""
        return any(self.states[index].at == "." for index in states)


class _Reader:
    """Recursive descent; each piece is built from behind, knowing where it leads."""

    def __init__(self, pattern: str, *, ignore_case: bool) -> None:
        self.pattern = pattern
        self.at = 0
        self.ignore_case = ignore_case
        self.states: list[_State] = []

    def whole(self) -> tuple[list[_State], int]:
        tree = self.choice(0)
        if self.at < len(self.pattern):
            raise PatternError(f"unexpected {self.pattern[self.at]!r} in the pattern")
        return self.states, tree(self.state(at="."))

    def state(self, *, test: _Test | None = None, at: str = "", to: tuple[int, ...] = ()) -> int:
        if len(self.states) >= MAX_STATES:
            raise PatternError("the pattern is too large")
        self.states.append(_State(test, at, to))
        return len(self.states) - 1

    @property
    def now(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def choice(self, depth: int) -> _Build:
        if depth > _MAX_NESTING:
            raise PatternError("the pattern has too many groups inside each other")
        ways = [self.sequence(depth)]
        while self.now == "|":
            self.at += 1
            ways.append(self.sequence(depth))
        if len(ways) == 1:
            return ways[0]
        return lambda end: self.state(to=tuple(way(end) for way in ways))

    def sequence(self, depth: int) -> _Build:
        parts: list[_Build] = []
        while self.now not in ("", "|", ")"):
            parts.append(self.times(self.atom(depth)))

        def build(end: int) -> int:
            if not parts:  # a state of its own, so that repeating nothing is counted too
                return self.state(to=(end,))
            for part in reversed(parts):
                end = part(end)
            return end

        return build

    def times(self, part: _Build) -> _Build:
        while self.now in ("*", "+", "?", "{") and self.now:
            mark = self.now
            if mark == "{":
                bounds = self.bounds()
                if bounds is None:  # a brace that is no repetition means itself, and the next atom reads it
                    return part
                least, most = bounds
            else:
                self.at += 1
                least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[mark]
            if self.now == "?":  # lazy: which match is found does not matter
                self.at += 1
            part = self.repeated(part, least, most)
        return part

    def bounds(self) -> tuple[int, int | None] | None:
        end = self.pattern.find("}", self.at)
        low, comma, high = self.pattern[self.at + 1 : end].partition(",") if end > 0 else ("", "", "")
        if not (low.isdecimal() and (not high or high.isdecimal())):
            return None
        self.at = end + 1
        least, most = int(low), (int(high) if high else None) if comma else int(low)
        if least > _MAX_TIMES or (most or 0) > _MAX_TIMES or (most is not None and most < least):
            raise PatternError(f"a repetition of {least} to {most or 'any'} times is not possible")
        return least, most

    def repeated(self, part: _Build, least: int, most: int | None) -> _Build:
        def build(end: int) -> int:
            if most is None:
                loop = self.state()
                self.states[loop].next = (part(loop), end)
                end = loop
            else:
                last = end
                for _ in range(most - least):
                    end = self.state(to=(part(end), last))
            for _ in range(least):
                end = part(end)
            return end

        return build

    def atom(self, depth: int) -> _Build:
        character = self.now
        self.at += 1
        if character == "(":
            if self.now == "?":
                if not self.pattern.startswith("?:", self.at):
                    raise PatternError("of the groups that begin with (? only (?: is known")
                self.at += 2
            inner = self.choice(depth + 1)
            if self.now != ")":
                raise PatternError("no ) closes a group of the pattern")
            self.at += 1
            return inner
        if character in "*+?":
            raise PatternError(f"nothing stands before {character!r} in the pattern")
        if character in "^$":
            return lambda end: self.state(at=character, to=(end,))
        if character == ".":
            return self.one(lambda c: c != "\n")
        if character == "[":
            return self.one(self.set())
        if character == "\\":
            return self.escape()
        return self.one(self.literal(character))

    def one(self, test: _Test) -> _Build:
        return lambda end: self.state(test=test, to=(end,))

    def literal(self, character: str) -> _Test:
        if self.ignore_case:
            both = {character.lower(), character.upper()}
            return lambda c: c in both
        return lambda c: c == character

    def escape(self) -> _Build:
        character = self.now
        self.at += 1
        if character in _CLASSES:
            return self.one(_CLASSES[character])
        if character in ("A", "z", "Z"):
            return lambda end: self.state(at="^" if character == "A" else "$", to=(end,))
        return self.one(self.literal(self.escaped(character)))

    @staticmethod
    def escaped(character: str) -> str:
        if character in _ESCAPES:
            return _ESCAPES[character]
        if not character or character.isalnum():
            raise PatternError(f"no such escape in a pattern: \\{character}")
        return character

    def set(self) -> _Test:
        negative = self.now == "^"
        self.at += negative
        tests: list[_Test] = []
        first = True
        while first or self.now != "]":
            if not self.now:
                raise PatternError("no ] closes a set of the pattern")
            first = False
            tests.append(self.member())
        self.at += 1
        if negative:
            return lambda c: not any(test(c) for test in tests)
        return lambda c: any(test(c) for test in tests)

    def member(self) -> _Test:
        low = self.now
        self.at += 1
        if low == "[" and self.now == ":":
            raise PatternError("sets like [:alpha:] are not known")
        if low == "\\":
            name = self.now
            self.at += 1
            if name in _CLASSES:
                return _CLASSES[name]
            low = self.escaped(name)
        if self.now != "-" or self.pattern[self.at + 1 : self.at + 2] in ("]", ""):
            return self.literal(low)
        self.at += 1
        high = self.now
        self.at += 1
        if high == "\\":
            high = self.escaped(self.now)
            self.at += 1
        if high < low:
            raise PatternError(f"the range {low}-{high} of the pattern is empty")
        if self.ignore_case:
            return lambda c: low <= c.lower() <= high or low <= c.upper() <= high
        return lambda c: low <= c <= high


_Build: TypeAlias = Callable[[int], int]
"""Makes the states of a piece that leads to the given one, and gives the first of them."""
