"""STYLE: "A parser lets only InputError out, whatever bytes it is given"; a validator too."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody import sbom
from custody.errors import InputError
from custody.sbom import FORMATS
from tests.sbom.samples import document

FORMAT_NAMES = sorted(name for name, form in FORMATS.items() if form.family or name.startswith("cyclonedx"))
JSON_NAMES = [name for name in FORMAT_NAMES if name.endswith("-json")]
ODD: tuple[object, ...] = (None, True, -1, 1e300, "", "SPDXRef-DOCUMENT", [], [[]], {}, [None], {"a": 1})


def survives(data: bytes) -> None:
    """Read and validate; anything but a result or InputError fails the test."""
    readers: list[Callable[[bytes, str], object]] = [form.decode for form in FORMATS.values() if form.decode]
    for read in (*readers, sbom.validate_spdx23, sbom.validate_spdx3):
        message = "sbom"
        try:
            read(data, "sbom")
        except InputError as error:
            message = str(error)
        assert message.startswith("sbom")


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_a_document_cut_short_is_refused(name: str) -> None:
    data = sbom.encode(document(), name)
    decode = FORMATS[name].decode
    assert decode is not None
    end = len(data.rstrip())
    for length in range(0, end, max(37, end // 150)):
        if name not in ("spdx-tag-value", "spdx-yaml"):  # of these, the first half is a document too
            with pytest.raises(InputError):
                decode(data[:length], "sbom")
        survives(data[:length])


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_any_one_byte_may_be_anything(name: str) -> None:
    data = sbom.encode(document(), name)
    chance = random.Random(3)  # noqa: S311 - places, not secrets
    for _ in range(300 if name in JSON_NAMES else 100):
        at = chance.randrange(len(data))
        survives(data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :])


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:  # noqa: ANN401
    """Give the path of every value in a JSON tree."""
    yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*path, key))


def replaced(tree: Any, path: tuple[str | int, ...], value: object) -> Any:  # noqa: ANN401
    """Give the tree with another value at the path."""
    if not path:
        return value
    copy: Any = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[path[0]] = replaced(tree[path[0]], path[1:], value)
    return copy


@pytest.mark.parametrize("name", JSON_NAMES)
def test_any_one_value_may_be_anything(name: str) -> None:
    tree = json.loads(sbom.encode(document(), name))
    for number, path in enumerate(list(places(tree))[:: 2 if name == "spdx3-json" else 1]):
        for value in ODD[number % 11 :: 11]:
            survives(json.dumps(replaced(tree, path, value)).encode())


@pytest.mark.parametrize("name", JSON_NAMES)
def test_our_own_notes_may_hold_anything(name: str) -> None:
    text = sbom.encode(document(), name).decode()
    for old, new in (
        ("sha256:", "md5:"),
        (r"\"path\":", r"\"path\":1,\"p\":"),
        (r"{\"custody\":1", r"{\"custody\":1,\"locations\":7"),
        (r"{\"custody\":1", r"{\"custody\":1,\"checksums\":[[1]]"),
        (r"{\"custody\":1", r"{\"custody\":1,\"references\":{\"a\":[]}"),
        (r"{\"custody\":1", r"{\"custody\":1,\"skipped\":[[{\"utf8\":\"?\"},\"x\"]]"),
        (r"{\"custody\":1", r"{\"custody\":1,\"skipped\":[[{\"utf8\":\"/w==\"},\"x\"]]"),
    ):
        assert old in text
        survives(text.replace(old, new).encode())


@pytest.mark.parametrize("name", JSON_NAMES)
def test_a_checksum_of_our_notes_is_one(name: str) -> None:
    text = sbom.encode(document(), name).decode()
    broken = text.replace(r"\"checksums\":[]", r"\"checksums\":[[\"sha256\",\"abc\"]]")
    assert broken != text
    with pytest.raises(InputError, match="no checksum: sha256 'abc'; make the document anew"):
        sbom.decode(broken.encode(), "sbom")


KEYS = (
    "packages components relationships dependencies metadata component properties name SPDXID bom-ref ref dependsOn "
    "licenses license evidence purl externalRefs files"
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=4),
    max_leaves=12,
)


@given(value=st.dictionaries(st.sampled_from(("packages", "components", "metadata", "relationships")), json_values))
@settings(max_examples=200, deadline=None)
def test_any_json_is_a_result_or_refused(value: dict[str, Any]) -> None:
    for head in ({"spdxVersion": "SPDX-2.3", "name": "x"}, {"bomFormat": "CycloneDX", "specVersion": "1.6"}):
        survives(json.dumps({**head, **value}).encode())


elements = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                ("software_Package", "SpdxDocument", "Relationship", "Organization", "software_Sbom")
            )
        },
        optional={
            key: json_values | st.sampled_from(("urn:a", "urn:b", "_:c"))
            for key in [
                "spdxId",
                "@id",
                "name",
                "from",
                "to",
                "rootElement",
                "suppliedBy",
                "originatedBy",
                "verifiedUsing",
                "creationInfo",
            ]
        },
    ),
    max_size=4,
)


@given(graph=elements)
@settings(max_examples=80, deadline=None)
def test_any_graph_is_a_result_or_refused(graph: list[dict[str, Any]]) -> None:
    survives(json.dumps({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph}).encode())


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_what_survives_can_be_written_again(name: str) -> None:
    """A document with any one value changed may keep odd things for its family, and they may not break the writer."""
    tree = json.loads(sbom.encode(document(), "spdx3-json" if name == "spdx3-json" else "spdx-json"))
    chance = random.Random(5)  # noqa: S311 - places, not secrets
    everywhere = list(places(tree))
    for path in chance.sample(everywhere, 60):
        try:
            inventory = sbom.decode(json.dumps(replaced(tree, path, chance.choice(ODD))).encode(), "sbom")
        except InputError:
            continue
        made = document(inventory=inventory, report=None)
        assert sbom.decode(sbom.encode(made, name), "sbom") == inventory


@given(data=st.binary(max_size=64))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_result_or_refused(data: bytes) -> None:
    survives(data)
    for start in (b'{"spdxVersion":"', b"SPDXVersion: SPDX-2.3\n", b"spdxVersion: SPDX-2.3\n", b"<rdf:RDF xmlns:rdf='"):
        survives(start + data)
