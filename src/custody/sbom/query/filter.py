r"""The filter language: the part of `jq` that asks questions of an SBOM, and always ends.

    for value in run_filter(view, '.packages[] | select(.license == null) | .purl'): ...

    filter  = simple { "," simple } { "|" filter }
    simple  = operands joined by  //  or  and  == != < <= > >=  + -  * / %   (weakest first)
    operand = "-" operand, or a term with any number of  .name  ."name"  [filter]  [from:to]  []  ?
    term    = . | .. | .name | number | text with \( ) in it | [ filter ] | { entries } | ( filter )
            | if … then … elif … else … end | true | false | null | name | name(filter; …) | @csv | @tsv

No variables, definitions, loops or assignments; so a filter ends, and `MAX_STEPS` bounds how long that may take.
Spec: what jq 1.6 and later do, https://jqlang.org/manual/; the tests ask the real one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import product

from custody.errors import InputError
from custody.sbom.query.filter_words import FilterWords
from custody.sbom.query.functions import FUNCTIONS, Run, iterate
from custody.sbom.query.steps import JOINED, at, field, sliced, tried
from custody.sbom.query.tokens import MAX_DEPTH, fault
from custody.sbom.query.values import (
    FilterError,
    Value,
    add,
    divide,
    modulo,
    multiply,
    order,
    same,
    shown,
    subtract,
    to_text,
    truth,
)

__all__ = ["check_filter", "is_filter", "run_filter"]

MAX_STEPS = 50_000_000
"""Values that may pass between the parts of a filter: far more than any real question, reached in a minute."""
MAX_BRACKETS = 40
"""Brackets inside each other."""

_LEVELS: dict[str, tuple[int, Callable[[Value, Value], Value] | None]] = {
    "//": (1, None),
    "or": (2, None),
    "and": (3, None),
    "==": (4, same),
    "!=": (4, lambda a, b: not same(a, b)),
    "<": (4, lambda a, b: order(a) < order(b)),
    "<=": (4, lambda a, b: order(a) <= order(b)),
    ">": (4, lambda a, b: order(a) > order(b)),
    ">=": (4, lambda a, b: order(a) >= order(b)),
    "+": (5, add),
    "-": (5, subtract),
    "*": (6, multiply),
    "/": (6, divide),
    "%": (6, modulo),
}
_WORDS = {"and", "or", "if", "then", "elif", "else", "end"}
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None}


def is_filter(expression: str) -> bool:
    """Say whether an expression is of this language, and not of the plain one: it begins with `.`, `[` or `{`."""
    return expression.lstrip()[:1] in (".", "[", "{")


def check_filter(expression: str) -> None:
    """Raise UsageError where an expression is no filter; the column is named."""
    _Compiler(expression).whole()


def run_filter(value: Value, expression: str) -> Iterator[Value]:
    """Give what a filter makes of a JSON value, one after the other.

    Raises UsageError: the filter is wrong, and the column is named; InputError, while it runs: two values do not go
    together, or it takes too long.
    """
    run = _Compiler(expression).whole()
    return _said(run, value)


def _said(run: Run, value: Value) -> Iterator[Value]:
    try:
        yield from run(value)
    except FilterError as error:
        raise InputError("query", str(error), "`?` after a term passes over what does not fit") from None


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a filter: what it does, and how many pieces are inside each other in it."""

    run: Run
    depth: int = 1


class _Compiler(FilterWords):
    """Reads an expression, and makes one function of it; recursive descent, with one method for all operators."""

    def __init__(self, expression: str) -> None:
        super().__init__(expression)
        self.left = MAX_STEPS
        self.brackets = 0

    def part(self, run: Run, *inner: _Part) -> _Part:
        """Make a piece of other pieces, if that does not go too deep."""
        depth = 1 + max((piece.depth for piece in inner), default=0)
        if depth > MAX_DEPTH:
            raise fault(self.expression, self.start + 1, f"more than {MAX_DEPTH} steps hang on each other")
        return _Part(run, depth)

    def count(self) -> None:
        """Count one step."""
        self.left -= 1
        if self.left < 0:
            raise InputError("query", f"it takes more than {MAX_STEPS} steps", "ask for less at a time")

    def counted(self, value: Value) -> Value:
        """Count one step, and give the value."""
        self.count()
        return value

    # ── operators ────────────────────────────────────────────────────────────────────────────────────────────────────

    def whole(self) -> Run:
        found = self.pipe()
        if self.kind != "end":
            raise self.wrong("expected `|`, `,`, an operator or the end")
        return found.run

    def bracketed(self, read: Callable[[], _Part]) -> _Part:
        """Read what stands inside of brackets."""
        self.brackets += 1
        if self.brackets > MAX_BRACKETS:
            raise fault(self.expression, self.start + 1, f"more than {MAX_BRACKETS} brackets inside each other")
        found = read()
        self.brackets -= 1
        return found

    def pipe(self) -> _Part:
        stages = [self.comma()]
        while self.took("|"):
            stages.append(self.comma())
        found = stages[-1]
        for stage in reversed(stages[:-1]):
            found = self.part(self.piped(stage.run, found.run), stage, found)
        return found

    def piped(self, left: Run, right: Run) -> Run:
        def run(value: Value) -> Iterator[Value]:
            for item in left(value):
                self.count()
                yield from right(item)

        return run

    def comma(self) -> _Part:
        parts = [self.operators(1)]
        while self.took(","):
            parts.append(self.operators(1))
        if len(parts) == 1:
            return parts[0]
        runs = [part.run for part in parts]
        return self.part(lambda value: (self.counted(out) for run in runs for out in run(value)), *parts)

    def operators(self, least: int) -> _Part:
        """Read operands joined by operators that bind at least so strongly."""
        left = self.operand()
        while self.kind in ("mark", "name") and self.word in _LEVELS and _LEVELS[self.word][0] >= least:
            name = self.step()
            level, function = _LEVELS[name]
            right = self.operators(level if name == "//" else level + 1)
            if level == 4 and self.word in _LEVELS and _LEVELS[self.word][0] == 4:
                raise self.wrong("a comparison has two sides", "join several by `and`")
            run = self.calculated(function, left.run, right.run) if function else JOINED[name](left.run, right.run)
            left = self.part(run, left, right)
        return left

    def calculated(self, function: Callable[[Value, Value], Value], left: Run, right: Run) -> Run:
        def run(value: Value) -> Iterator[Value]:
            for b in right(value):
                for a in left(value):
                    self.count()
                    try:
                        yield function(a, b)
                    except OverflowError:
                        raise FilterError("a number is too large") from None

        return run

    def operand(self) -> _Part:
        if self.took("-"):
            inner = self.operand()
            return self.part(self.calculated(multiply, inner.run, lambda value: iter((-1,))), inner)  # noqa: ARG005
        found = self.term()
        while True:
            if self.kind == "field":
                name = self.step()[1:]
                found = self.part(self.piped(found.run, field(name)), found)
            elif self.kind == "mark" and self.word == "." and self.expression[self.at : self.at + 1] in ('"', "["):
                self.step()
                if self.word == '"':
                    found = self.indexed(found, self.text())
            elif self.kind == "mark" and self.word == "[":
                found = self.suffix(found)
            elif self.took("?"):
                found = self.part(tried(found.run), found)
            else:
                return found

    def suffix(self, found: _Part) -> _Part:
        """Read `[]`, `[filter]` or `[from:to]` after a term."""
        self.step()
        if self.took("]"):
            return self.part(self.piped(found.run, iterate), found)
        nothing = _Part(lambda value: iter((None,)))  # noqa: ARG005
        start = nothing if self.word == ":" else self.bracketed(self.pipe)
        if self.took(":"):
            end = nothing if self.word == "]" else self.bracketed(self.pipe)
            self.expect("]")
            return self.part(sliced(found.run, start.run, end.run), found, start, end)
        self.expect("]")
        return self.indexed(found, start)

    def indexed(self, found: _Part, key: _Part) -> _Part:
        def run(value: Value) -> Iterator[Value]:
            for name in key.run(value):
                for item in found.run(value):
                    self.count()
                    yield at(item, name)

        return self.part(run, found, key)

    # ── terms ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def term(self) -> _Part:
        if self.kind == "field":
            return _Part(field(self.step()[1:]))
        if self.kind == "number":
            number = float(self.step())
            return self.constant(int(number) if number.is_integer() and abs(number) < 1e17 else number)
        if self.kind == "name" and self.word not in _WORDS - {"if"}:
            return self.named()
        mark = self.word if self.kind == "mark" else ""
        if mark == '"':
            return self.text()
        if mark == ".":
            return self.dot()
        if mark == "..":
            self.step()
            return _Part(FUNCTIONS["recurse", 0]())
        if mark in ("(", "[", "{"):
            self.step()
            return self.bracketed({"(": self.group, "[": self.array, "{": self.object}[mark])
        raise self.wrong("expected a filter")

    def dot(self) -> _Part:
        self.step()
        here = _Part(lambda value: iter((value,)))
        return self.indexed(here, self.text()) if self.word == '"' and self.kind == "mark" else here

    def constant(self, value: Value) -> _Part:
        return _Part(lambda _: iter((value,)))

    def named(self) -> _Part:
        start = self.start
        name = self.step()
        if name == "if":
            return self.bracketed(self.condition)
        if name in _CONSTANTS:
            return self.constant(_CONSTANTS[name])
        arguments: list[_Part] = []
        if self.took("("):
            arguments.append(self.bracketed(self.pipe))
            while self.took(";"):
                arguments.append(self.bracketed(self.pipe))
            self.expect(")")
        make = FUNCTIONS.get((name, len(arguments)))
        if make is None:
            raise self.unknown(name, len(arguments), start)
        return self.part(make(*(argument.run for argument in arguments)), *arguments)

    def unknown(self, name: str, arguments: int, start: int) -> Exception:
        counts = sorted(count for known, count in FUNCTIONS if known == name)
        if counts:
            what = f"{name} takes {' or '.join(map(str, counts))} arguments, got {arguments}"
            return fault(self.expression, start + 1, what)
        near = get_close_matches(name, [known for known, _ in FUNCTIONS], n=1)
        return fault(self.expression, start + 1, f"no function {name!r}", f"did you mean {near[0]!r}?" if near else "")

    def condition(self) -> _Part:
        test = self.pipe()
        self.expect("then")
        yes = self.pipe()
        if self.took("elif"):
            no = self.bracketed(self.condition)
        elif self.took("else"):
            no = self.pipe()
            self.expect("end")
        else:
            self.expect("end")
            no = _Part(lambda value: iter((value,)))

        def run(value: Value) -> Iterator[Value]:
            for answer in test.run(value):
                yield from (yes if truth(answer) else no).run(value)

        return self.part(run, test, yes, no)

    def group(self) -> _Part:
        found = self.pipe()
        self.expect(")")
        return found

    def array(self) -> _Part:
        if self.took("]"):
            return _Part(lambda value: iter(([],)))  # noqa: ARG005
        inner = self.pipe()
        self.expect("]")
        return self.part(lambda value: iter(([self.counted(out) for out in inner.run(value)],)), inner)

    def object(self) -> _Part:
        entries: list[tuple[_Part, _Part]] = []
        while not self.took("}"):
            entries.append(self.entry())
            if not self.took(","):
                self.expect("}")
                break

        def run(value: Value) -> Iterator[Value]:
            pairs = [[(key, item) for key in k.run(value) for item in v.run(value)] for k, v in entries]
            for chosen in product(*pairs):
                self.count()
                for key, _ in chosen:
                    if not isinstance(key, str):
                        raise FilterError(f"an object's key must be a string, got {shown(key)}")
                yield dict(chosen)

        return self.part(run, *(part for entry in entries for part in entry))

    def entry(self) -> tuple[_Part, _Part]:
        """Read `key: value`, or a key alone, which stands for `key: .key`."""
        alone = True
        if self.kind == "name":
            key = self.constant(self.step())
        elif self.kind == "mark" and self.word == '"':
            key = self.text()
        elif self.took("("):
            key, alone = self.bracketed(self.group), False
        else:
            raise self.wrong("expected a key")
        if alone and not (self.kind == "mark" and self.word == ":"):
            return key, self.indexed(_Part(lambda value: iter((value,))), key)
        self.expect(":")
        stages = [self.operators(1)]
        while self.took("|"):
            stages.append(self.operators(1))
        found = stages[0]
        for stage in stages[1:]:
            found = self.part(self.piped(found.run, stage.run), found, stage)
        return key, found

    def text(self) -> _Part:
        """Read a text, with filters in it; the opening quote is the current word."""
        parts: list[_Part] = []
        letters: list[str] = []
        at = self.start + 1
        while True:
            character = self.expression[at : at + 1]
            if character == '"':
                break
            if character == "":
                raise fault(self.expression, self.start + 1, "no quote closes this text")
            if character != "\\":
                letters.append(character)
                at += 1
            elif self.expression[at + 1 : at + 2] == "(":
                parts.append(self.constant("".join(letters)))
                letters = []
                self.at = at + 2
                self.step()
                parts.append(self.bracketed(self.pipe))
                if self.word != ")" or self.kind != "mark":
                    raise self.wrong("expected ')'")
                at = self.start + 1
            else:
                letter, at = self.escape(at)
                letters.append(letter)
        self.at = at + 1
        self.step()
        if not parts:
            return self.constant("".join(letters))
        runs = [part.run for part in (*parts, self.constant("".join(letters)))]

        def run(value: Value) -> Iterator[Value]:
            for pieces in product(*(list(piece(value)) for piece in reversed(runs))):
                self.count()
                yield "".join(to_text(piece) for piece in reversed(pieces))

        return self.part(run, *parts)

    def escape(self, at: int) -> tuple[str, int]:
        """Read an escape of JSON, a pair of surrogates as one; give the character, and where it ends."""
        for pattern in (_PAIR, _ESCAPE):
            if match := pattern.match(self.expression, at):
                return json.loads(f'"{match[0]}"'), match.end()
        raise fault(self.expression, at + 1, "no such escape in a text")


_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
