"""From what licence files hold to one expression, or to none.

decide([read_texts(data)], "GPL-3.0-or-later")      # "GPL-3.0-or-later"
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from custody.errors import InputError
from custody.model.licence import combine, terms_in

if TYPE_CHECKING:
    from custody.inventory.licence_texts.detect import Match, Texts

__all__ = ["decide"]

MAX_TERMS = 40
"""Licences in one conclusion: beyond that a file is a collection of others' licences, which says little of this one."""


MAX_LEFT = 12
"""Words about licensing in one file that no text explains: more are a licence, or a condition, not known here. Of 1,600
files of packages with one known licence all but thirty have no more than three."""
PER_NOTICE = 13
"""Such words in the notice by which a licence is applied."""
PER_WORDS = 150
"""Words of a file for each of which there may be one more: long ones have headings and notes between their texts."""

MAX_NOTICE_WORDS = 200
"""Words of a file that only names its licence, without the text."""

_USUAL = ("MPL-2.0", "OFL-1.0", "OFL-1.1", "CAL-1.0")
"""Ids that hold for a text as it stands; the others with the same text need a notice that says so."""


def decide(found: Sequence[Texts], declared: str | None = None) -> str | None:
    """Give the expression for the licence files of one package; None where any of it is not sure.

    declared: settles what the texts leave open; see `detect.conclude`.
    """
    stated = _terms(declared)
    named = {term for texts in found for expression in (*texts.tags, *texts.notices) for term in _terms(expression)}
    terms: set[str] = set()
    for texts in found:
        if texts.restricted or texts.left > _may_be_left(texts):
            return None
        chosen = _of_file(texts, stated, named)
        if chosen is None:
            return None
        terms |= chosen
    terms = _without_included(terms)
    if not terms or len(terms) > MAX_TERMS:
        return None
    if declared and _fits(terms, declared, stated):
        return declared
    return combine(sorted(terms))


def _may_be_left(texts: Texts) -> int:
    return MAX_LEFT + PER_NOTICE * len(texts.notices) + texts.words // PER_WORDS


def _of_file(texts: Texts, stated: set[str], named: set[str]) -> set[str] | None:
    """Give the expressions that hold for one file, None where one of its texts leaves open which."""
    terms = set(texts.tags)
    said = {term for tag in texts.tags for term in _terms(tag)}
    for match in texts.matches:
        ids = _with_exceptions(match, texts.exceptions)
        chosen = _choose(ids, said, stated, named)
        if chosen is None:
            return None
        if chosen not in said:
            terms.add(chosen)
    if not texts.matches and texts.words > MAX_NOTICE_WORDS:
        return terms  # a long file that mentions a licence may say anything of it
    families = {_family(term) for term in terms | said}
    return terms | {notice for notice in texts.notices if _family(notice) not in families}


def _with_exceptions(match: Match, exceptions: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Give the ids of a match with the exception that its file adds to licences of that family."""
    for family, exception in exceptions:
        if any(_family(name).startswith(family) for name in match.ids):
            return tuple(f"{name} WITH {exception}" for name in match.ids)
    return match.ids


def _choose(ids: Sequence[str], *known: set[str]) -> str | None:
    """Give the one id that is meant: by what is known, in order, or because it is the usual one."""
    if len(ids) == 1:
        return ids[0]
    for terms in known:
        both = [name for name in ids if name in terms]
        if len(both) == 1:
            return both[0]
    usual = [name for name in ids if name in _USUAL]
    return usual[0] if usual else None


def _family(expression: str) -> str:
    """Give what the versions of a GNU licence's grant have in common: `GPL-2.0-or-later` is `GPL-2.0`."""
    return expression.partition(" ")[0].removesuffix("-only").removesuffix("-or-later")


def _without_included(terms: set[str]) -> set[str]:
    """Leave out the GPL where it lies beside the LGPL of version 3, which is a supplement to it."""
    if any(_family(term) == "LGPL-3.0" for term in terms):
        return {term for term in terms if _family(term) != "GPL-3.0"}
    return terms


def _fits(terms: set[str], declared: str, stated: set[str]) -> bool:
    """Say whether the files show what is declared: all of it, or one side of a choice and nothing else."""
    shown = {term for expression in terms for term in _terms(expression)}
    return shown == stated or (shown <= stated and " OR " in declared and " AND " not in declared)


def _terms(expression: str | None) -> set[str]:
    if not expression or expression in ("NONE", "NOASSERTION"):
        return set()
    try:
        return set(terms_in(expression))
    except InputError:
        return set()
