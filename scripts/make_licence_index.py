"""Writes the index of licence texts that `custody.inventory.licence_texts` carries.

    python scripts/make_licence_index.py FOLDER

FOLDER holds one file for each licence of SPDX's list: `ID.txt`, or `ID.json` with `licenseText`, as the npm package
`spdx-license-list` has them in `licenses/`. The list and its texts are published by SPDX; the collection is CC0-1.0.
Ids that are not in `model/data/licences.json`, and deprecated ones, are left out.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from custody.inventory.licence_texts.index import Template, encode_index, kept
from custody.inventory.licence_texts.words import grams_of, words_of
from custody.model.licence_list import licence_list

CUTS = (
    "END OF TERMS AND CONDITIONS",  # how to apply the licence to a program follows, which copies often leave out
    "GNU GENERAL PUBLIC LICENSE Version 3, 29 June 2007",  # the list has it behind the LGPL 3, which files have alone
)
"""Words behind which a licence may end."""
LEFT_OUT = {"any-OSI", "any-OSI-perl-modules"}
"""Ids that stand for a sentence that says so, not for a licence."""
ENOUGH = 500
"""Grams that are kept of a long text; of a shorter one than twice that, all."""
TARGET = Path(__file__).resolve().parent.parent / "src/custody/inventory/licence_texts/data/licence_texts.idx"


def main(folder: Path) -> None:
    """Write the index."""
    entries = licence_list()
    texts: dict[tuple[str, ...], list[str]] = {}
    for path in sorted(folder.iterdir()):
        entry = entries.licences.get(path.stem.lower())
        if path.suffix not in (".txt", ".json") or entry is None or entry.deprecated or entry.id in LEFT_OUT:
            continue
        raw = path.read_text(encoding="utf-8")
        whole = json.loads(raw)["licenseText"] if path.suffix == ".json" else raw
        for text in {whole, *_cut(whole)}:
            texts.setdefault(tuple(words_of(text)[0]), []).append(entry.id)
    rows: list[tuple[Template, frozenset[int]]] = []
    for words, ids in sorted(texts.items(), key=lambda pair: pair[1]):
        grams = set(grams_of(words))
        step = 1
        while len(grams) // step >= 2 * ENOUGH:
            step *= 2
        chosen = frozenset(gram for gram in grams if kept(gram, step))
        if chosen:
            rows.append((Template(ids=tuple(sorted(ids)), words=len(words), grams=len(chosen), step=step), chosen))
    data = encode_index(entries.version, rows)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(data)
    print(f"{len(rows)} texts of {sum(len(row.ids) for row, _ in rows)} licences, {len(data):,} bytes")
    for row, _ in rows:
        if len(row.ids) > 1:
            print("  one text:", *row.ids)


def _cut(text: str) -> list[str]:
    """Give the shorter forms in which a licence goes around."""
    found = []
    for words in CUTS:
        match = re.search(r"\s+".join(re.escape(word) for word in words.split()), text)
        if match and match.start() > 1000:
            found.append(text[: match.start()])
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
