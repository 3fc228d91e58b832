"""A CycloneDX document in an older version: what that version lacks is moved to where it has a place, or left out.

`fit` walks a value by its shape. Everything that is left out or changed is counted in `lost`, by the name of the field.
A field of no version at all goes: no schema allows it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from custody.sbom.cyclonedx.shape import PLAIN, VERSIONS, Part, later, shape

__all__ = ["fit", "told"]

Table = dict[str, Any]

_WORDS: dict[tuple[str, str], dict[str, tuple[str, str]]] = {
    ("component", "type"): {
        "data": ("1.5", "file"),
        "device-driver": ("1.5", "firmware"),
        "machine-learning-model": ("1.5", "library"),
        "platform": ("1.5", "framework"),
        "cryptographic-asset": ("1.6", "library"),
    },
    ("reference", "type"): {
        "release-notes": ("1.4", "other"),
        **dict.fromkeys(
            (
                *("adversary-model", "attestation", "certification-report", "codified-infrastructure"),
                *("component-analysis-report", "configuration", "distribution-intake", "dynamic-analysis-report"),
                *("evidence", "exploitability-statement", "formulation", "log", "maturity-report", "model-card"),
                *("pentest-report", "poam", "quality-metrics", "risk-assessment", "runtime-analysis-report"),
                *("security-contact", "static-analysis-report", "threat-model", "vulnerability-assertion"),
            ),
            ("1.5", "other"),
        ),
        **dict.fromkeys(
            ("digital-signature", "electronic-signature", "rfc-9116", "source-distribution"), ("1.6", "other")
        ),
        **dict.fromkeys(("citation", "patent", "patent-assertion", "patent-family"), ("1.7", "other")),
    },
    ("composition", "aggregate"): {
        "incomplete_first_party_opensource_only": ("1.5", "incomplete_first_party_only"),
        "incomplete_first_party_proprietary_only": ("1.5", "incomplete_first_party_only"),
        "incomplete_third_party_opensource_only": ("1.5", "incomplete_third_party_only"),
        "incomplete_third_party_proprietary_only": ("1.5", "incomplete_third_party_only"),
    },
    ("rating", "method"): {"CVSSv4": ("1.5", "other"), "SSVC": ("1.5", "other")},
    ("hash", "alg"): {"Streebog-256": ("1.7", ""), "Streebog-512": ("1.7", "")},
    ("algorithm", "primitive"): {"key-wrap": ("1.7", "other")},
    ("protocol", "type"): dict.fromkeys(
        ("5g-aka", "dtls", "eap-aka", "eap-aka-prime", "prins", "quic"), ("1.7", "other")
    ),
}
"""(shape, key) → word → (the first version that has it, what to say before; "" for nothing at all)."""


_ONE_LINE = {"component": ("author", "publisher", "group", "name", "version", "description", "copyright", "cpe")}


def fit(table: Table, name: str, version: str, lost: Counter[str]) -> Table:
    """Give a table of the shape `name` as the version has it; what it has no place for is counted in `lost`."""
    parts = shape(name)
    level = VERSIONS.index(version)
    if move := _MOVES.get(name):
        table = move(dict(table), version, lost)
    made: Table = {}
    for key, value in table.items():
        part = parts.get(key)
        if part is None or part.since > level:
            if key not in ("$schema", "bomFormat", "specVersion"):
                lost[f"{name}.{key}"] += 1
                continue
            made[key] = value
            continue
        fitted = _value(value, part, name, version, lost)
        if fitted is not None:
            made[key] = fitted
    if version == "1.2":  # its schema wants these on one line
        for key in _ONE_LINE.get(name, ()):
            if isinstance(made.get(key), str) and not made[key].isprintable():
                made[key] = " ".join(made[key].split())
    if name == "evidence" and version == "1.5" and isinstance(made.get("identity"), list):
        made["identity"] = made["identity"][0]  # one table in the JSON of 1.5, a list of them since
    return made


def _value(value: object, part: Part, name: str, version: str, lost: Counter[str]) -> object:
    """Give a part's value, None where nothing is left of it."""
    if part.type in _ODD:
        return _ODD[part.type](value, version, lost)
    if part.json_only or part.type not in PLAIN or (name, part.key) in _WORDS:
        items = value if part.many and isinstance(value, list) else [value]
        made = [_item(item, part, name, version, lost) for item in items]
        kept = [item for item in made if item is not None]
        if not part.many:
            return kept[0] if kept else None
        return kept or None
    texts = value if isinstance(value, list) else [value]
    if any(isinstance(item, dict | list) for item in texts) or isinstance(value, list) != part.many:
        lost[f"{name}.{part.key}"] += 1  # a later version made a table of what is a text here, or the other way round
        return None
    return value


def _item(item: object, part: Part, name: str, version: str, lost: Counter[str]) -> object:
    if part.json_only:
        return item
    words = _WORDS.get((name, part.key))
    if words is not None:
        since, other = words.get(str(item), ("1.0", ""))
        if later(version, since):
            return item
        lost[f"{name}.{part.key} {item}"] += 1
        return other or None
    if not isinstance(item, dict):
        lost[f"{name}.{part.key}"] += 1
        return None
    fitted = fit(item, part.type, version, lost)
    if part.type == "hash" and "alg" not in fitted:
        return None
    return fitted


# ── what is moved ────────────────────────────────────────────────────────────────────────────────────────────────────


def _metadata(table: Table, version: str, lost: Counter[str]) -> Table:  # noqa: ARG001 - one of `_MOVES`
    made = table.get("manufacturer")
    if made is not None and not later(version, "1.6") and "manufacture" not in table:
        del table["manufacturer"]
        table["manufacture"] = made  # its name until 1.5, for the same
    return table


def _component(table: Table, version: str, lost: Counter[str]) -> Table:
    if not later(version, "1.4"):
        table.setdefault("version", "")  # required until 1.3
    if later(version, "1.6"):
        return table
    maker, authors = table.pop("manufacturer", None), table.pop("authors", None)
    if isinstance(maker, dict):
        name = maker.get("name")
        if isinstance(name, str) and name and not table.get("publisher"):
            table["publisher"] = name
            if len(maker) > 1:
                lost["component.manufacturer: all but the name"] += 1
        else:
            lost["component.manufacturer"] += 1
    if isinstance(authors, list):
        names = [author.get("name") for author in authors if isinstance(author, dict)]
        texts = [name for name in names if isinstance(name, str) and name]
        if texts and not table.get("author"):
            table["author"] = ", ".join(texts)
            if any(len(author) > 1 for author in authors if isinstance(author, dict)):
                lost["component.authors: all but the names"] += 1
        else:
            lost["component.authors"] += 1
    return table


def _evidence(table: Table, version: str, lost: Counter[str]) -> Table:
    identity = table.get("identity")
    if isinstance(identity, dict):
        table["identity"] = [identity]
    elif isinstance(identity, list) and len(identity) > 1 and not later(version, "1.6"):
        table["identity"] = identity[:1]
        lost["evidence.identity: all but the first"] += len(identity) - 1
    return table


def _vulnerability(table: Table, version: str, lost: Counter[str]) -> Table:  # noqa: ARG001 - one of `_MOVES`
    for key in ("ratings", "cwes", "advisories", "affects"):
        if table.get(key) == []:
            del table[key]
    return table


_MOVES = {
    "component": _component,
    "evidence": _evidence,
    "metadata": _metadata,
    "vulnerability": _vulnerability,
}
"""Shape → what is done before its parts are looked at; the table is a copy."""


# ── odd ones ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _licences(value: object, version: str, lost: Counter[str]) -> object:
    """Give a licence list.

    1.5 and 1.6 have either licences or just one expression, every other version mixes them.
    """
    choices = [choice for choice in value if isinstance(choice, dict)] if isinstance(value, list) else []
    made: list[Table] = []
    for choice in choices:
        licence = choice.get("license")
        if isinstance(licence, dict):
            made.append({"license": fit(licence, "licence", version, lost)})
        elif "expression" in choice:
            made.append(fit(choice, "expression", version, lost))
        else:
            lost["licenses"] += 1
    if version in ("1.5", "1.6") and len(made) > 1 and any("expression" in choice for choice in made):
        kept = [choice for choice in made if "license" in choice]
        lost["licenses: an expression beside others"] += len(made) - len(kept or made[:1])
        made = kept or made[:1]
    return made or None


def _tools(value: object, version: str, lost: Counter[str]) -> object:
    """Give the tools: a list of them until 1.4, components and services since."""
    if isinstance(value, list):
        return [fit(tool, "tool", version, lost) for tool in value if isinstance(tool, dict)]
    if not isinstance(value, dict):
        lost["metadata.tools"] += 1
        return None
    if later(version, "1.5"):
        return fit(value, "toolset", version, lost)
    found = []
    for item in (*_tables(value.get("components")), *_tables(value.get("services"))):
        maker = item.get("supplier") or item.get("manufacturer") or item.get("provider")
        vendor = (maker.get("name") if isinstance(maker, dict) else "") or item.get("publisher") or item.get("group")
        tool = {"vendor": vendor} if isinstance(vendor, str) else {}
        tool |= {key: item[key] for key in ("name", "version", "hashes", "externalReferences") if key in item}
        found.append(fit(tool, "tool", version, lost))
        told_of = {"bom-ref", "type", "supplier", "manufacturer", "provider", "publisher", "group", *tool}
        lost.update(f"metadata.tools.{key}" for key in item if key not in told_of)
    return found


def _tables(value: object) -> list[Table]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _dependencies(value: object, version: str, lost: Counter[str]) -> object:
    return [fit(entry, "dependency", version, lost) for entry in _tables(value)]


def _service_data(value: object, version: str, lost: Counter[str]) -> object:
    return [fit(entry, "flow", version, lost) for entry in _tables(value)]


def _as_it_is(value: object, version: str, lost: Counter[str]) -> object:  # noqa: ARG001 - one of `_ODD`
    return value


def _datasets(value: object, version: str, lost: Counter[str]) -> object:
    return [item if "ref" in item else fit(item, "data", version, lost) for item in _tables(value)]


_ODD = {
    "classification": _as_it_is,
    "dataset": _datasets,
    "dependencies": _dependencies,
    "licences": _licences,
    "serviceData": _service_data,
    "tools": _tools,
    "variables": _as_it_is,
}


def told(lost: Counter[str], version: str) -> tuple[str, ...]:
    """Give what was lost, one line for each field, sorted."""
    return tuple(
        f"CycloneDX {version} has no {name}" + (f" ({count} times)" if count > 1 else "")
        for name, count in sorted(lost.items())
    )
