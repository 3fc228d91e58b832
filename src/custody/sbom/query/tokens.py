"""Words with the columns they stand at, for both languages; and the one way to say that an expression is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass

from custody.errors import UsageError

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "Token", "cut", "fault"]

MAX_LENGTH = 10_000
"""Characters of an expression: nobody types more, and what works on them stays bounded."""
MAX_DEPTH = 100
"""How deep an expression may nest: a bomb of brackets must not exhaust the stack."""

_PLAIN = re.compile(r"\s*(?:(?P<mark>[()])|(?P<quote>[\"'])|(?P<word>[^\s()\"']+))")


@dataclass(frozen=True, slots=True)
class Token:
    """One word. kind: "(", ")", "word", "text" (it was quoted), or "end"; column: counted from 1."""

    kind: str
    text: str
    column: int


def fault(expression: str, column: int, what: str, fix: str = "") -> UsageError:
    """Make the error that names the column, and shows the place."""
    start = max(0, column - 21)
    before, after = expression[start : column - 1], expression[column - 1 : column + 19]
    return UsageError(f"query:column {column}", f"{what}, at '{before}▸{after}'", fix)


def cut(expression: str) -> list[Token]:
    """Give the words of a plain expression, the last one of the kind "end"; a text in quotes is one word.

    Raises UsageError: a quote that nobody closes, or an expression that is too long.
    """
    if len(expression) > MAX_LENGTH:
        raise fault(expression, MAX_LENGTH, f"an expression has at most {MAX_LENGTH} characters")
    tokens, at = [], 0
    while match := _PLAIN.match(expression, at):
        kind = str(match.lastgroup)
        start = match.start(kind)
        at = match.end()
        if kind == "quote":
            end = expression.find(match["quote"], at)
            if end < 0:
                raise fault(expression, start + 1, f"no {match['quote']} closes this text", "add it at its end")
            tokens.append(Token("text", expression[at:end], start + 1))
            at = end + 1
        else:
            tokens.append(Token(match[kind] if kind == "mark" else "word", match[kind], start + 1))
    tokens.append(Token("end", "", len(expression.rstrip()) + 1))
    return tokens
