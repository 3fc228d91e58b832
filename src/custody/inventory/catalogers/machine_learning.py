"""Machine-learning models: GGUF, safetensors, ONNX, and snapshots of a model hub's cache.

Reads: the heads of GGUF (`general.*` keys), safetensors (`__metadata__`) and ONNX (ModelProto) files, the model card
beside them (the Hugging Face Hub documentation, Model Cards), and models--OWNER--NAME/refs/* of the hub's cache
(the huggingface_hub library's documentation, Manage the cache).
Gives: name, version where the model states one (or the commit in a cache), licence, author, home page, description,
and edges to the models and data that it was made from.
Cannot know: what the weights hold, versions that nobody wrote down.

A model is the package, not its file: the parts of one model (`model-00001-of-00003.safetensors`) are one. It is known
by the name that it states, else by its folder's or its file's. It is of type `huggingface` where the cache says so or
a base model is named by its place there, else `generic`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from custody.errors import InputError
from custody.inventory.foreign_yaml import as_list, as_table, as_text, read_yaml
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import parent, skipped_by, without_credentials
from custody.inventory.metadata import declared_licence, one_paragraph
from custody.inventory.model_files import GLOBS, MAGICS, extract
from custody.model import Dependency, Extractor, Package, Purl, Skipped
from custody.model.licence import normalise

PURPOSE = "MACHINE_LEARNING_MODEL"
"""CycloneDX 1.5 has a type for it (`machine-learning-model`); SPDX 2.3 has no such purpose."""
MAX_BASES = 20
"""Models that one is made from; a merge of a dozen is much."""

_PART = re.compile(r"(?P<name>.+?)[-_.]?\d{5}-of-\d{5}\.(?:gguf|safetensors)")
_REPOSITORY = re.compile(r"(?:https?://(?:huggingface\.[a-z]+|hf\.co)/)?([A-Za-z0-9][\w.-]*)/([A-Za-z0-9][\w.-]*)/?")
_CACHED = re.compile(r"(?:.*/)?models--(?:(?P<owner>[^/]+?)--)?(?P<name>[^/]+)/refs/[^/]+")
_PLAIN = ("model", "pytorch_model", "diffusion_pytorch_model", "adapter_model")
"""Names of files that say nothing of the model."""
_COMMIT = re.compile(r"[0-9a-f]{40}")


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the model that a file is (part of), or that a cache holds. Raises InputError: a damaged extract or card."""
    if file.path.rpartition("/refs/")[1]:
        yield from _cached(file, tree)
        return
    try:
        found = json.loads(file.data)
    except ValueError:
        raise InputError(file.path, "not what the reader of models leaves") from None
    if not isinstance(found, dict) or found.get("format") == "card":
        return
    card, problem = _card(file, tree)
    yield from problem
    read = {"gguf": _gguf, "safetensors": _safetensors, "onnx": _onnx}.get(str(found.get("format")))
    if read is None:
        return
    package, bases = read(file, found)
    package, more = _with_card(package, card)
    yield package
    for base in (bases + more)[:MAX_BASES]:
        if base.id != package.id:
            yield replace(base, locations=(file.location("base model"),))
            yield Dependency(source=package.id, target=base.id, relation="build")


def _model(file: File, stated: str, version: str = "", **about: Any) -> Package:  # noqa: ANN401
    """Give the model by the name that it states, else by the folder that its file called `model` is in, or the file."""
    base = file.path.rpartition("/")[2]
    match = _PART.fullmatch(base)
    name, namespace = match["name"] if match else base.rpartition(".")[0] or base, parent(file.path)
    if name in _PLAIN and namespace:
        namespace, _, name = namespace.rpartition("/")
    return Package(
        purl=Purl("generic", stated or name, version, "" if stated else namespace),
        name=stated or name,
        version=version,
        locations=(file.location(),),
        purpose=PURPOSE,
        **about,
    )


def _described(text: str, *facts: str) -> str:
    """Give the description with what the file's format says of the model."""
    stated = [fact for fact in facts if fact]
    return one_paragraph(f"{text} ({', '.join(stated)})") if text or len(stated) > 1 else ""


def _gguf(file: File, found: Mapping[str, Any]) -> tuple[Package, list[Package]]:
    keys = _table(found, "keys")
    licence, texts = _licence(_text(keys, "license"), _text(keys, "license.name"))
    organization = _text(keys, "organization")
    author = _text(keys, "author")
    package = _model(
        file,
        _text(keys, "name"),
        _text(keys, "version"),
        licence_declared=licence,
        licence_texts=texts,
        supplier=f"Organization: {one_paragraph(organization)}" if organization else "",
        originator=f"Person: {one_paragraph(author)}" if author else "",
        homepage=without_credentials(_text(keys, "url") or _text(keys, "repo_url")),
        download_location=without_credentials(_text(keys, "source.url") or _text(keys, "source.repo_url")),
        description=_described(
            _text(keys, "description"), "GGUF", _text(keys, "architecture"), _text(keys, "size_label")
        ),
    )
    count = keys.get("base_model.count")
    bases = []
    for index in range(min(count, MAX_BASES) if isinstance(count, int) else 0):
        said = {
            key: _text(keys, f"base_model.{index}.{key}") for key in ("name", "version", "organization", "repo_url")
        }
        base = _base(said["repo_url"]) or (
            Package(
                purl=Purl("generic", said["name"], said["version"]),
                name=said["name"],
                version=said["version"],
                supplier=f"Organization: {one_paragraph(said['organization'])}" if said["organization"] else "",
                purpose=PURPOSE,
                installed=False,
            )
            if said["name"]
            else None
        )
        bases += [base] if base else []
    return package, bases


def _safetensors(file: File, found: Mapping[str, Any]) -> tuple[Package, list[Package]]:
    """Read what training tools put into `__metadata__`: `modelspec.*` where they follow a specification."""
    keys = _table(found, "keys")
    said = {key.removeprefix("modelspec."): value for key, value in keys.items() if key.startswith("modelspec.")}
    licence, texts = _licence(_text(said, "license") or _text(keys, "license"), "")
    author = _text(said, "author")
    package = _model(
        file,
        _text(said, "title"),
        "",
        licence_declared=licence,
        licence_texts=texts,
        originator=f"Person: {one_paragraph(author)}" if author else "",
        description=_described(_text(said, "description"), "safetensors", _text(said, "architecture")),
        released=_text(said, "date")[:10] if re.match(r"\d{4}-\d\d-\d\d", _text(said, "date")) else "",
    )
    base = _base(_text(keys, "base_model"))
    return package, [base] if base else []


def _onnx(file: File, found: Mapping[str, Any]) -> tuple[Package, list[Package]]:
    keys, metadata = _table(found, "keys"), _table(found, "metadata")
    number = keys.get("model_version")
    version = _text(metadata, "version") or (str(number) if isinstance(number, int) and number > 0 else "")
    licence, texts = _licence(_text(metadata, "license") or _text(metadata, "model_license"), "")
    producer = f"{_text(keys, 'producer_name')} {_text(keys, 'producer_version')}".strip()
    author = _text(metadata, "author") or _text(metadata, "model_author")
    package = _model(
        file,
        _text(metadata, "model_name"),
        version,
        licence_declared=licence,
        licence_texts=texts,
        originator=f"Person: {one_paragraph(author)}" if author else "",
        description=_described(
            _text(metadata, "description") or _text(keys, "doc_string"),
            "ONNX",
            f"made by {producer}" if producer else "",
            *(f"{domain or 'ai.onnx'} opset {number}" for domain, number in sorted(_table(found, "opsets").items())),
        ),
    )
    return package, []


# ── cards ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _card(file: File, tree: Tree) -> tuple[dict[str, Any], tuple[Skipped, ...]]:
    """Give the model card beside a model."""
    folder = parent(file.path)
    path = f"{folder}/README.md" if folder else "README.md"
    for found in tree.extracted(EXTRACTOR.name):
        if found.path == path:
            try:
                text = json.loads(found.data).get("yaml", "")
                documents = read_yaml(str(text).encode("utf-8", "replace"), path)
            except InputError as error:
                return {}, (skipped_by(error),)
            except (ValueError, AttributeError):
                return {}, ()
            return dict(as_table(documents[0] if documents else None)), ()
    return {}, ()


def _with_card(package: Package, card: Mapping[str, Any]) -> tuple[Package, list[Package]]:
    """Add what the card says where the file says nothing."""
    named = as_text(card.get("base_model"))
    names = [named] if named else [as_text(item) for item in as_list(card.get("base_model"))]
    bases = [base for name in names if (base := _base(name))]
    if package.licence_declared is None:
        licence, texts = _licence(as_text(card.get("license")), as_text(card.get("license_name")))
        package = replace(package, licence_declared=licence, licence_texts=texts)
    return package, bases


def _licence(said: str, name: str) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Give the licence; the hub writes ids in lower case, and "other" for one that goes by `license_name`."""
    words = name if said.lower() in ("other", "") else said
    if not words or words.lower() == "unknown":
        return None, ()
    if normalise(words)[1] and normalise(words.replace("-", " "))[1] == {}:
        words = words.replace("-", " ")
    return declared_licence(words)


def _base(text: str) -> Package | None:
    """Give the model that an address or a name (`owner/name`) on the hub means."""
    match = _REPOSITORY.fullmatch(text.strip()) if len(text) < 300 else None
    if match is None:
        return None
    owner, name = match.groups()
    return Package(purl=Purl("huggingface", name, "", owner), name=f"{owner}/{name}", purpose=PURPOSE, installed=False)


# ── the hub's cache ──────────────────────────────────────────────────────────────────────────────────────────────────


def _cached(file: File, tree: Tree) -> Iterator[Found]:
    """Give the model whose ref (a branch or tag) a file holds, where its snapshot is there."""
    match = _CACHED.fullmatch(file.path)
    commit = file.data.decode("ascii", "replace").strip().lower()
    if match is None:
        return
    if not _COMMIT.fullmatch(commit):
        raise InputError(file.path, f"expected a commit of 40 hex digits, got {commit[:60]!r}")
    folder = file.path.rpartition("/refs/")[0]
    if not tree.names_under(f"{folder}/snapshots/{commit}"):
        return
    owner, name = match["owner"] or "", match["name"]
    yield Package(
        purl=Purl("huggingface", name, commit, owner),
        name=f"{owner}/{name}".strip("/"),
        version=commit,
        locations=(file.location(),),
        purpose=PURPOSE,
    )


def _table(found: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return value.strip() if isinstance(value, str) else ""


EXTRACTOR = Extractor(name="model", extract=extract, magics=MAGICS, globs=GLOBS)

CATALOGER = Cataloger(
    name="machine-learning-models",
    globs=("**/models--*/refs/*",),
    extractor=EXTRACTOR,
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "relations",
        "author",
        "supplier",
        "home page",
        "description",
        "release date",
    ),
    cannot_know=("what the weights hold", "version that nobody wrote down"),
    parse=parse,
)
