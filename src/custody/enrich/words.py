"""What services write, as the model has it: licences, people, dates, addresses. Odd values say nothing.

pick(answer, "info", "license")     # "MIT", or "" where anything on the way is missing or of another kind
any_of(["MIT", "Ruby"])             # ("MIT OR Ruby", ())
moment("2013-07-16T19:29:45.445Z")  # "2013-07-16T19:29:45Z"
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlsplit

from custody.enrich.interface import Licence
from custody.errors import InputError
from custody.fields import parse_time
from custody.model import Checksum
from custody.model.licence import combine, normalise

__all__ = [
    "all_of",
    "any_of",
    "checksum",
    "integrity",
    "licence",
    "line",
    "listed",
    "moment",
    "part",
    "person",
    "pick",
    "text_of",
    "web",
]

MAX_TEXT = 500
"""Characters of a free text that are kept, as of the metadata in packages."""
_MAX_LICENCE = 100_000
_MAX_ADDRESS = 2000
_MAX_LISTED = 100
_SHORT = re.compile(r"(?:(github|gitlab|bitbucket):)?([\w.-]+/[\w.-]+)")
_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}
_SCP = re.compile(r"(?:ssh://)?git@([\w.-]+)[:/](.+)")


def pick(value: Any, *path: str | int) -> str:  # noqa: ANN401 - any JSON value
    """Give the text at a path, "" where there is none."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return ""
    return text_of(value)


def text_of(value: object) -> str:
    """Give a text without what no document can hold, "" for anything else."""
    return value.encode("utf-8", "ignore").decode().strip() if isinstance(value, str) else ""


def listed(value: object) -> list[Any]:
    """Give a list, or what stands alone as one; empty for nothing."""
    if isinstance(value, list):
        return value[:_MAX_LISTED]
    return [] if value is None else [value]


def line(text: str) -> str:
    """Give a text on one line, cut at `MAX_TEXT` characters."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words if len(words) <= MAX_TEXT else words[: MAX_TEXT - 1] + "…"


def licence(text: str) -> Licence:
    """Give the SPDX expression for what a service says of a licence."""
    if not text.strip() or len(text) > _MAX_LICENCE:
        return None, ()
    expression, texts = normalise(text)
    return expression, tuple(sorted(texts.items()))


def any_of(names: Iterable[str]) -> Licence:
    """Give the licence where each of several names may be chosen."""
    return _joined(names, "OR")


def all_of(names: Iterable[str]) -> Licence:
    """Give the licence where nobody says how several belong together: AND promises nobody less."""
    return _joined(sorted(names), "AND")


def _joined(names: Iterable[str], operator: str) -> Licence:
    stated = [licence(name) for name in names]
    found = [expression for expression, _ in stated if expression]
    if not found:
        return None, ()
    texts = tuple(sorted({pair for _, words in stated for pair in words}))
    return (combine(found, operator) if len(found) > 1 else found[0]), texts


def person(name: str, email: str = "") -> str:
    """Give a person as SPDX 2.3 (section 7.6) writes one, "" for nobody."""
    name, email = line(name), line(email)
    if name and email:
        return f"Person: {name} ({email})"
    return f"Person: {name or email}" if name or email else ""


def moment(text: str) -> str:
    """Give a time in UTC to the second, a bare date as it is, "" for what is no time, or before there were any."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return text
    try:
        found = parse_time(text, "time") if len(text) < 64 else None
    except InputError:
        return ""
    return found.strftime("%Y-%m-%dT%H:%M:%SZ") if found and found.year > 1970 else ""


def web(text: str) -> str:
    """Give an address that a browser opens, without credentials; repositories as pages. "" for anything else."""
    text = text.strip()
    short, scp = _SHORT.fullmatch(text), _SCP.fullmatch(text)
    if short and short[1]:
        text = f"https://{_HOSTS[short[1]]}/{short[2]}"
    elif scp:
        text = f"https://{scp[1]}/{scp[2]}"
    text = re.sub(r"^git\+(?=https?:)|\.git$", "", re.sub(r"^git://", "https://", text))
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return ""
    wrong = len(text) > _MAX_ADDRESS or not text.isprintable() or " " in text
    if wrong or parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def checksum(algorithm: str, text: str) -> tuple[Checksum, ...]:
    """Give a checksum in hexadecimal digits, () where it is none."""
    found = Checksum.parse(algorithm, text.strip())
    return (found,) if found else ()


def integrity(text: str) -> tuple[Checksum, ...]:
    """Give the checksums of `sha512-<base64> sha1-<base64>` (https://www.w3.org/TR/SRI/)."""
    found: list[Checksum] = []
    for word in text.split()[:_MAX_LISTED]:
        algorithm, _, value = word.partition("?")[0].partition("-")
        try:
            found += checksum(algorithm, base64.b64decode(value, validate=True).hex())
        except (binascii.Error, ValueError):
            continue
    return tuple(found)


def part(text: str) -> str:
    """Give a name or a version as one segment of an address's path. "." and ".." would lead elsewhere."""
    return quote(text, safe="").replace(".", "%2E") if text in (".", "..") else quote(text, safe="", errors="replace")
