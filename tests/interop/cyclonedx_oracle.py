"""Judge CycloneDX documents by the official schemas, as the project's own library carries them: a line for each fault.

PYTHON cyclonedx_oracle.py FOLDER        files named VERSION.json and VERSION.xml
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(folder: Path) -> None:
    """Print what is wrong; nothing where nothing is."""
    from cyclonedx.schema import OutputFormat, SchemaVersion  # type: ignore[import-not-found, unused-ignore]
    from cyclonedx.validation import make_schemabased_validator  # type: ignore[import-not-found, unused-ignore]

    for path in sorted(folder.iterdir()):
        version = getattr(SchemaVersion, "V" + path.stem.rpartition("-")[2].replace(".", "_"), None)
        if version is None:
            print(f"unknown {path.name}")  # noqa: T201 - its one output
            continue
        form = OutputFormat.JSON if path.suffix == ".json" else OutputFormat.XML
        validator = make_schemabased_validator(form, version)
        error = validator.validate_str(path.read_text(encoding="utf-8"))
        if error is not None:
            said = " ".join(str(error).split())
            print(f"{path.name}: {said[:300]}")  # noqa: T201 - its one output


if __name__ == "__main__":
    main(Path(sys.argv[1]))
