"""The words of a filter, one at a time, with the columns they stand at."""

from __future__ import annotations

import re

from custody.sbom.query.tokens import MAX_LENGTH, fault

__all__ = ["FilterWords"]

_SPACE = re.compile(r"(?:\s|#[^\n]*)*")
_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<field>\.[A-Za-z_]\w*)|(?P<name>@?[A-Za-z_]\w*)"
    r"|(?P<mark>\.\.|//|==|!=|<=|>=|[.\[\](){}|,:;?<>+\-*/%\"])"
)


class FilterWords:
    """Reads an expression word by word: `word` is the current one, `kind` what it is, `start` where it begins."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.at = 0
        if len(expression) > MAX_LENGTH:
            raise fault(expression, MAX_LENGTH, f"an expression has at most {MAX_LENGTH} characters")
        self.kind, self.word, self.start = "", "", 0
        self.step()

    def step(self) -> str:
        """Go to the next word; give the one before."""
        before = self.word
        self.start = _SPACE.match(self.expression, self.at).end()  # type: ignore[union-attr]
        match = _TOKEN.match(self.expression, self.start)
        if match is not None:
            self.kind, self.word, self.at = str(match.lastgroup), match[0], match.end()
        elif self.start < len(self.expression):
            self.word = self.expression[self.start]
            raise self.wrong("no filter has this character")
        else:
            self.kind, self.word, self.at = "end", "", self.start
        return before

    def wrong(self, what: str, fix: str = "") -> Exception:
        """Make the error about the word where it stands."""
        got = repr(self.word) if self.word else "the end"
        return fault(self.expression, self.start + 1, f"{what}, got {got}", fix)

    def took(self, *words: str) -> bool:
        """Step over a word if it is one of these."""
        if self.kind in ("mark", "name") and self.word in words:
            self.step()
            return True
        return False

    def expect(self, word: str) -> None:
        """Step over a word that must be here."""
        if not self.took(word):
            raise self.wrong(f"expected {word!r}")
