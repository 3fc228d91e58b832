"""What `usr/share/doc/PACKAGE/copyright` says of a package's licences.

    read_copyright(data)        # ("GPL-2.0-or-later AND MIT", {})

Reads: the machine-readable format 1.0 (https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/) and its
drafts; of other files the references to `/usr/share/common-licenses` (Debian Policy 12.5). Never an error: what is not
understood is kept as words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from custody.model.licence import combine, known_licence, make_reference, read_words, references_in

__all__ = ["read_copyright"]

MAX_EXPRESSION = 20_000
"""Characters; the longest real ones are under 10,000. Beyond that the file as a whole stands for itself."""

MAX_WORDS = 1000
"""Characters of one `License:` line that are read as names; a longer one is a text in the wrong place."""

_FORMAT = re.compile(r"copyright-format|dep-?5", re.IGNORECASE)
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)")
_COMMON = re.compile(r"/usr/share/common-licenses/([A-Za-z]+[0-9]*(?:-[0-9]+(?:\.[0-9]+)?)?)")
_LATER = re.compile(r"\b(?:any|or)\s+(?:\(at\s+your\s+option\)\s+)?(?:any\s+)?(?:later|newer)\b", re.IGNORECASE)
_ONLY = re.compile(r"\bversion\s+[0-9.]+\s+only\b|\bonly\s+(?:under\s+)?version\b|\bv[0-9.]+\s+only\b", re.IGNORECASE)

_SHORT_NAMES = {
    "artistic": "Artistic-1.0-Perl",  # common-licenses/Artistic is the text that Perl carries
    "artistic-1": "Artistic-1.0-Perl",
    "gfdl-niv-1.2": "GFDL-1.2-no-invariants-only",
    "gfdl-niv-1.2+": "GFDL-1.2-no-invariants-or-later",
    "gfdl-niv-1.3": "GFDL-1.3-no-invariants-only",
    "gfdl-niv-1.3+": "GFDL-1.3-no-invariants-or-later",
    "perl": "Artistic-1.0-Perl OR GPL-1.0-or-later",  # section 7.1: "the same terms as Perl itself"
}
"""Short names of section 7.1 that mean one licence in Debian and nothing, or something else, outside of it."""
_COMMON_NAMES = {"artistic": "Artistic-1.0-Perl", "bsd": "BSD-3-Clause"}
"""Files in `/usr/share/common-licenses` whose text says what their name does not."""


def read_copyright(data: bytes) -> tuple[str | None, dict[str, str]]:
    """Give the expression that holds for all files of the package together, and the words behind each LicenseRef in it.

    None where no licence is named. Operands are sorted. A file in prose that refers to several common licences gives
    all of them joined by AND: whether one may choose, only a person can read.
    """
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    paragraphs = list(_paragraphs(text))
    if paragraphs and _FORMAT.search(paragraphs[0].get("format", "") + paragraphs[0].get("format-specification", "")):
        found, texts = _from_fields(paragraphs)
    else:
        found, texts = _from_prose(text)
    if sum(map(len, found)) > MAX_EXPRESSION:
        name = make_reference("Debian copyright file", text)
        return name, {name: text}
    expression = combine(sorted(found)) if found else None
    return expression, texts


def _paragraphs(text: str) -> Iterator[dict[str, str]]:
    """Give the paragraphs as field name in lower case → value, continuation lines joined by line breaks."""
    fields: dict[str, list[str]] = {}
    current: list[str] = []
    for line in [*text.split("\n"), ""]:
        match = _FIELD.match(line)
        if not line.strip():
            if fields:
                yield {name: "\n".join(lines) for name, lines in fields.items()}
            fields, current = {}, []
        elif match:
            current = fields.setdefault(match[1].lower(), [])
            current.append(match[2].strip())
        elif line[0] in " \t":
            current.append("" if line.strip() == "." else line.strip())


def _from_fields(paragraphs: list[dict[str, str]]) -> tuple[set[str], dict[str, str]]:
    bodies: dict[str, str] = {}
    for paragraph in paragraphs:
        short, _, body = paragraph.get("license", "").partition("\n")
        if body.strip():
            bodies.setdefault(short.strip().lower(), body.strip())
    stated = [p["license"] for p in paragraphs[1:] if "files" in p and p.get("license", "").strip()]
    if not stated:
        stated = [p["license"] for p in paragraphs[:1] if p.get("license", "").strip()]
    texts: dict[str, str] = {}

    def leaf(words: str) -> str:
        found = _SHORT_NAMES.get(words.lower()) or known_licence(words)
        if found is None:
            text = bodies.get(words.lower(), "") or words
            found = make_reference(words, text)
            texts[found] = text
        return found

    expressions = set()
    for licence in stated:
        short, _, body = licence.partition("\n")
        words = " ".join(short.replace("_", " ").split())
        if not words:  # the text without a name for it
            words = "unnamed licence"
            bodies[words] = body.strip()
        expression = read_words(words, leaf) if len(words) <= MAX_WORDS else leaf(words)
        if expression is not None:
            expressions.add(expression)
    used = {name for expression in expressions for name in references_in(expression)}
    return expressions, {name: text for name, text in texts.items() if name in used}


def _from_prose(text: str) -> tuple[set[str], dict[str, str]]:
    found: set[str] = set()
    texts: dict[str, str] = {}
    start = 0
    for match in _COMMON.finditer(text):
        before = text[max(start, match.start() - 2000) : match.end() + 100]
        start = match.end()
        name = match[1]
        expression = _COMMON_NAMES.get(name.lower()) or known_licence(name)
        if re.match(r"[AL]?GPL|GFDL", name):
            # The file's name has the version; whether later ones are allowed stands in the words around it, or nowhere.
            later, only = _LATER.search(before), _ONLY.search(before)
            plus = known_licence(name + "+")
            if later and plus:
                expression = plus
            elif not only:
                expression = None
        if expression is None:
            words = match[0]
            expression = make_reference(name, words)
            texts[expression] = words
        found.add(expression)
    return found, texts
