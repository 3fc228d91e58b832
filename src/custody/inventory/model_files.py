"""What files of machine-learning models say of themselves in their heads.

    describe("models/tiny.gguf", content)      # {"format": "gguf", "name": "Tiny", "architecture": "llama", …} or None

Specs: GGUF, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; safetensors,
the safetensors documentation, Format; ONNX, onnx.proto (ModelProto), https://onnx.ai/onnx/intro/; model
cards, the Hugging Face Hub documentation, Model Cards (the YAML at the top of README.md).

Only heads are read, whatever sizes a file claims: of GGUF the keys up to a bound, of safetensors the JSON header, of
ONNX the fields of the outermost message, whose graph is stepped over.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Iterator
from typing import Any, Final

from custody.errors import InputError
from custody.model import Content

__all__ = ["GLOBS", "MAGICS", "describe", "extract"]

MAX_HEAD = 16 << 20
"""Bytes of keys or header that are read. Vocabularies stand in GGUF's keys and take up to ten megabytes."""
MAX_KEYS = 4096
MAX_TEXT = 20_000
"""Bytes of one text that is kept: a licence's text may stand there."""
MAX_ITEMS = 64
"""Items of a list that is kept: tags, languages, base models."""
MAX_FIELDS = 10_000
"""Fields of an ONNX message: one for each function and metadata entry."""
MAX_CARD = 256 << 10
"""Bytes of a README whose head may be a model card."""

_GGUF_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_CARD_KEY = re.compile(rb"^(license|base_model|library_name|pipeline_tag|model-index|model_name):", re.MULTILINE)


def extract(path: str, content: Content) -> bytes:
    """Give what `describe` finds as JSON, b"" where it is no model. Raises InputError: a damaged head."""
    found = describe(path, content)
    return json.dumps(found, sort_keys=True).encode("utf-8", "surrogatepass") if found else b""


def describe(path: str, content: Content) -> dict[str, Any] | None:
    """Read the head of a model or the card beside it, told by its first bytes or its name."""
    head = content.read(0, 8)
    if head.startswith(b"GGUF"):
        return _gguf(path, content)
    if path.endswith(".safetensors"):
        return _safetensors(path, content)
    if path.endswith(".onnx"):
        return _onnx(path, content)
    if path.endswith("README.md") and head.startswith((b"---\n", b"---\r\n")):
        return _card(content)
    return None


class _Head:
    """Reads forward through the first `MAX_HEAD` bytes."""

    def __init__(self, path: str, content: Content, start: int = 0) -> None:
        self.path = path
        self.content = content
        self.at = start
        self.buffer = b""
        self.begin = start

    def take(self, length: int) -> bytes:
        """Give the next bytes. Raises InputError: the file ends, or the bound is reached."""
        end = self.at + length
        if length < 0 or end > MAX_HEAD:
            raise InputError(self.path, f"a head of more than {MAX_HEAD >> 20} MB")
        if end > self.begin + len(self.buffer):
            self.buffer = self.content.read(self.at, max(length, 64 << 10))
            self.begin = self.at
            if len(self.buffer) < length:
                raise InputError(self.path, "cut short inside its head")
        piece = self.buffer[self.at - self.begin : end - self.begin]
        self.at = end
        return piece

    def skip(self, length: int) -> None:
        """Step over bytes."""
        if length < 0 or self.at + length > MAX_HEAD:
            raise InputError(self.path, f"a head of more than {MAX_HEAD >> 20} MB")
        self.at += length

    def number(self, code: str) -> Any:  # noqa: ANN401 - int, float or bool, as the code says
        """Give one number in little-endian order."""
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def text(self) -> str:
        """Give a text with its 64-bit length before it, cut at `MAX_TEXT`."""
        length = self.number("Q")
        piece = self.take(min(length, MAX_TEXT))
        self.skip(length - len(piece))
        return piece.decode("utf-8", "replace")


# ── GGUF ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _gguf(path: str, content: Content) -> dict[str, Any]:
    """Read the key-values: `general.*` says who the model is. Versions 2 and 3; 1 had lengths of 32 bits."""
    head = _Head(path, content)
    head.take(4)
    version = head.number("I")
    if version not in (2, 3):
        raise InputError(path, f"GGUF of version {version}, expected 2 or 3 in little-endian order")
    tensors, count = head.number("Q"), head.number("Q")
    if count > MAX_KEYS:
        raise InputError(path, f"{count} keys, expected at most {MAX_KEYS}")
    keys: dict[str, Any] = {}
    for _ in range(count):
        try:
            key = head.text()
            if key.startswith("tokenizer.") and "architecture" in keys:
                break  # the vocabulary: writers put it last, and it takes half a second to step over
            value = _gguf_value(head, key, head.number("I"))
        except InputError:
            if "architecture" not in keys:
                raise
            break
        if key.startswith("general."):
            keys[key.removeprefix("general.")] = value
    return {"format": "gguf", "tensors": tensors, "keys": keys}


def _gguf_value(head: _Head, key: str, kind: int) -> Any:  # noqa: ANN401 - a number, a text, or a list of them
    if kind == _STRING:
        return head.text()
    if kind in _GGUF_SCALARS:
        return head.number(_GGUF_SCALARS[kind])
    if kind != _ARRAY:
        raise InputError(head.path, f"key {key[:60]!r} of an unknown type {kind}")
    inner, length = head.number("I"), head.number("Q")
    if inner in _GGUF_SCALARS:
        head.skip(length * struct.calcsize("<" + _GGUF_SCALARS[inner]))
        return []
    if inner != _STRING:
        raise InputError(head.path, f"key {key[:60]!r} is a list of an unknown type {inner}")
    if key.startswith("general.") and length <= MAX_ITEMS:
        return [head.text() for _ in range(length)]
    for _ in range(length):
        head.skip(head.number("Q"))
    return []


# ── safetensors ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _safetensors(path: str, content: Content) -> dict[str, Any]:
    """Read the JSON header, of which only `__metadata__` speaks of the model."""
    raw = content.read(0, 8)
    length = int.from_bytes(raw, "little")
    if len(raw) < 8 or not 2 <= length <= MAX_HEAD or length > content.size - 8:
        raise InputError(path, "not a safetensors file: its header does not fit into it")
    try:
        header = json.loads(content.read(8, length))
    except (ValueError, RecursionError) as error:
        raise InputError(path, f"a header that is not JSON: {str(error)[:100]}") from None
    if not isinstance(header, dict):
        raise InputError(path, "a header that is no JSON object")
    about = header.pop("__metadata__", None)
    texts = {
        str(key)[:200]: value[:MAX_TEXT]
        for key, value in (about.items() if isinstance(about, dict) else ())
        if isinstance(value, str)
    }
    return {"format": "safetensors", "tensors": len(header), "keys": texts}


# ── ONNX ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

_TEXT_FIELDS = {2: "producer_name", 3: "producer_version", 4: "domain", 6: "doc_string"}
_NUMBER_FIELDS = {1: "ir_version", 5: "model_version"}
_GRAPH, _OPSET, _METADATA = 7, 8, 14


def _onnx(path: str, content: Content) -> dict[str, Any]:
    """Read the fields of ModelProto. Metadata stands behind the graph, which is stepped over unread."""
    keys: dict[str, Any] = {}
    metadata: dict[str, str] = {}
    opsets: dict[str, int] = {}
    for number, value, start, length in _fields(path, content.read, content.size):
        if number in _NUMBER_FIELDS and isinstance(value, int):
            keys[_NUMBER_FIELDS[number]] = value - (1 << 64) if value >> 63 else value
        elif number in _TEXT_FIELDS and value is None:
            text = content.read(start, min(length, MAX_TEXT)).decode("utf-8", "replace")
            if text:
                keys[_TEXT_FIELDS[number]] = text
        elif number == _OPSET and value is None and length <= MAX_TEXT:
            pair = _pair(path, content.read(start, length))
            opsets[str(pair.get(1, ""))] = int(pair[2]) if isinstance(pair.get(2), int) else 0
        elif number == _METADATA and value is None and length <= 2 * MAX_TEXT and len(metadata) < MAX_KEYS:
            pair = _pair(path, content.read(start, length))
            metadata[str(pair.get(1, ""))] = str(pair.get(2, ""))
    if "ir_version" not in keys:
        raise InputError(path, "not an ONNX model: no ir_version")
    return {"format": "onnx", "keys": keys, "metadata": metadata, "opsets": opsets}


def _pair(path: str, data: bytes) -> dict[int, str | int]:
    """Read a small message of texts and numbers."""
    found: dict[int, str | int] = {}
    for number, value, start, length in _fields(path, lambda offset, size: data[offset : offset + size], len(data)):
        found[number] = data[start : start + length].decode("utf-8", "replace") if value is None else value
    return found


def _fields(path: str, read: Callable[[int, int], bytes], size: int) -> Iterator[tuple[int, int | None, int, int]]:
    """Give (field number, value or None, start, length) of a protobuf message; None where it has a length.

    Spec: https://protobuf.dev/programming-guides/encoding/.
    """
    at = 0
    for _ in range(MAX_FIELDS):
        if at >= size:
            return
        head = read(at, 20)
        tag, used = _varint(path, head, 0)
        number, kind = tag >> 3, tag & 7
        if not number:
            raise InputError(path, "not an ONNX model: a field without a number")
        if kind == 0:
            value, end = _varint(path, head, used)
            yield number, value, 0, 0
            at += end
        elif kind == 2:
            length, end = _varint(path, head, used)
            if length > size - at - end:
                raise InputError(path, "cut short inside a field")
            yield number, None, at + end, length
            at += end + length
        elif kind in (1, 5):
            at += used + (8 if kind == 1 else 4)
        else:
            raise InputError(path, f"not an ONNX model: a field of the unknown kind {kind}")
    # more fields than any model has: what stands in front of them is told


def _varint(path: str, data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (1 << 64) - 1, at
        shift += 7
    raise InputError(path, "cut short inside a number, or not an ONNX model")


# ── cards ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _card(content: Content) -> dict[str, Any] | None:
    """Give the YAML at the top of a README as it stands, where it speaks of a model."""
    data = content.read(0, min(content.size, MAX_CARD)).replace(b"\r\n", b"\n")
    front, end, _ = data[4:].partition(b"\n---")
    if not end or not _CARD_KEY.search(front):
        return None
    return {"format": "card", "yaml": front.decode("utf-8", "replace") + "\n"}


MAGICS = (b"GGUF",)
GLOBS = ("**/*.safetensors", "**/*.onnx", "**/README.md")
"""By which files are told: GGUF by its first bytes, the others, which have none, by name."""
