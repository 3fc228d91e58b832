"""Licences and people, as the metadata of packages states them.

    declared_licence("Apache 2.0")                      # ("Apache-2.0", ())
    person("Jane Doe", "jane@mail.example")             # "Person: Jane Doe (jane@mail.example)"

Spec: SPDX 2.3, sections 7.6 (originator) and 7.15 (declared licence).
"""

from __future__ import annotations

from custody.model.licence import normalise

__all__ = ["MAX_TEXT", "declared_licence", "one_paragraph", "person"]

MAX_TEXT = 500
"""Characters of a free text (description, name) that are kept: some packages put their whole manual there."""


def declared_licence(text: str) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Give the SPDX expression for what a package says of its licence, and the words behind each LicenseRef in it.

    (None, ()) where it says nothing.
    """
    if not text.strip():
        return None, ()
    expression, texts = normalise(text)
    return expression, tuple(sorted(texts.items()))


def person(name: str, email: str = "") -> str:
    """Give a person as SPDX writes one, "" for nobody."""
    name, email = one_paragraph(name), one_paragraph(email)
    if name and email:
        return f"Person: {name} ({email})"
    return f"Person: {name or email}" if name or email else ""


def one_paragraph(text: str) -> str:
    """Give a text on one line, cut at `MAX_TEXT` characters."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_TEXT else line[: MAX_TEXT - 1] + "…"
