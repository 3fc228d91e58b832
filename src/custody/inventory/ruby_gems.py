"""What the catalogers of Ruby share: names, purls, and which version a requirement allows.

    gem("nokogiri", "1.15.4", "x86_64-linux")      # pkg:gem/nokogiri@1.15.4?platform=x86_64-linux
    best_fitting(["~> 1.2"], ["1.1", "1.2.9"])     # "1.2.9"

Specs: RubyGems Guides, "Specification Reference", the order of versions in `Gem::Version` (its
documentation), purl-spec type `gem`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from custody.errors import InputError
from custody.model import Purl

__all__ = ["best_fitting", "gem", "read_name"]

_NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9._-]*")
_REQUIREMENT = re.compile(r"\s*(=|!=|>=|<=|~>|>|<)?\s*([0-9A-Za-z.-]+)\s*")
_Key = tuple[tuple[int, int, str], ...]


def gem(name: str, version: str, platform: str = "") -> Purl:
    """Give the purl of a gem. platform: "" or "ruby" for the one in plain Ruby."""
    return Purl("gem", name, version, qualifiers=(("platform", "" if platform == "ruby" else platform),))


def read_name(text: str, where: str) -> str:
    """Give a gem's name; InputError names `where`."""
    if not _NAME.fullmatch(text):
        raise InputError(where, f"expected a gem's name, got {text[:60]!r}")
    return text


def best_fitting(requirements: Iterable[str], versions: Sequence[str]) -> str | None:
    """Give the highest version that every requirement allows, as RubyGems picks it; None where there is none."""
    tests = [match for text in requirements if (match := _REQUIREMENT.fullmatch(text[:100]))]
    fitting = [version for version in versions if all(_allows(m[1] or "=", m[2], version) for m in tests)]
    return max(fitting, key=_key, default=None)


def _allows(operator: str, wanted: str, version: str) -> bool:
    have, want = _key(version), _key(wanted)
    if operator == "~>":
        numbers = _leading(wanted)
        stem = numbers[:-1] or numbers
        return have >= want and (_leading(version) + [0] * len(stem))[: len(stem)] == stem
    tests = {"=": have == want, "!=": have != want, ">": have > want, "<": have < want, ">=": have >= want}
    return tests.get(operator, have <= want)


def _leading(version: str) -> list[int]:
    """Give the numbers before the first letter."""
    return [int(part) for part in re.split(r"[A-Za-z-]", version[:200])[0].split(".") if part.isdecimal()]


@lru_cache(maxsize=4096)
def _key(version: str) -> _Key:
    """Give what compares as `Gem::Version` does: letters before numbers; zeros before letters and at the end fall."""
    key: list[tuple[int, int, str]] = []
    for part in re.findall(r"[0-9]+|[A-Za-z]+", version.replace("-", ".pre.")[:200]):
        if not part.isdigit() and all(seen[0] for seen in key):
            _drop_zeros(key)
        key.append((1, int(part), "") if part.isdigit() else (0, 0, part))
    _drop_zeros(key)
    return (*key, (1, 0, ""))  # so that 1.a stands before 1


def _drop_zeros(key: list[tuple[int, int, str]]) -> None:
    while key and key[-1] == (1, 0, ""):
        key.pop()
