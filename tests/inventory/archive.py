"""Trees in one readable file, for what git would ignore (`node_modules`, `*.egg-info`) and for links.

    -- app/package.json --
    {"name": "app"}
    -- app/node_modules/lib -> ../../lib --

A file's content is the lines up to the next header, each with its newline.
"""

from __future__ import annotations

import re
from pathlib import Path

from custody.model import Entry

_HEADER = re.compile(r"^-- (?P<path>\S.*?)(?: -> (?P<target>\S.*))? --\n", re.MULTILINE)


def read_archive(path: Path) -> list[Entry]:
    """Give the files and links of an archive, with their content."""
    text = path.read_bytes().decode("utf-8")
    headers = list(_HEADER.finditer(text))
    ends = [header.start() for header in headers[1:]] + [len(text)]
    entries = []
    for header, end in zip(headers, ends, strict=True):
        if header["target"]:
            entries.append(Entry(path=header["path"], kind="symlink", target=header["target"]))
        else:
            data = text[header.end() : end].encode("utf-8")
            entries.append(Entry(path=header["path"], kind="file", size=len(data), data=data))
    return entries
