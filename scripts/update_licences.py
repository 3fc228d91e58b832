"""Write src/custody/model/data/licences.json from the SPDX licence list.

    python scripts/update_licences.py FOLDER        # with licenses.json and exceptions.json of a licence-list-data
    release

Only ids, names and flags are taken; the list's texts stay where they are.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "src/custody/model/data/licences.json"


def main(folder: Path) -> None:
    """Read the list's two files and write ours: one line a licence, sorted, so that a new release reads as a diff."""
    licences = json.loads((folder / "licenses.json").read_bytes())
    exceptions = json.loads((folder / "exceptions.json").read_bytes())
    rows = sorted(_row(item, "licenseId") for item in licences["licenses"])
    more = sorted(_row(item, "licenseExceptionId") for item in exceptions["exceptions"])
    lines = [
        "{",
        f'"version": {json.dumps(licences["licenseListVersion"])},',
        '"fields": ["id", "name", "flags"],',
        '"licences": [',
        ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows),
        "],",
        '"exceptions": [',
        ",\n".join(json.dumps(row, ensure_ascii=False) for row in more),
        "]",
        "}",
    ]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{TARGET}: {len(rows)} licences, {len(more)} exceptions, list {licences['licenseListVersion']}")


def _row(item: dict[str, Any], key: str) -> list[str]:
    flags = [("osi", item.get("isOsiApproved")), ("deprecated", item["isDeprecatedLicenseId"])]
    return [item[key], item["name"], " ".join(name for name, is_set in flags if is_set)]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
