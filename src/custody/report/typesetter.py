"""The program that sets a document: JSON on standard input, PDF on standard output. It runs as a child process.

typst keeps what it has set in a cache that is never given back (79 MB grew to 439 MB in 30 documents), so each document
gets a process of its own. It is started by its file's name and imports nothing of the package. It sees one folder (the
templates), no fonts but those inside typst, and no network: the templates name no packages.

Output is PDF/A-2a, to be kept for decades, and PDF/UA-1, to be read aloud.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> None:
    """Set the document whose request {template, folder, timestamp, data} is on standard input."""
    import typst

    request = json.load(sys.stdin)
    folder = Path(request["folder"])
    compiler = typst.Compiler(
        input=folder / request["template"],
        root=folder,
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(request["data"])},
        package_path=folder / "no-packages",
        package_cache_path=folder / "no-packages",
    )
    timestamp = request["timestamp"]
    try:
        pdf = compiler.compile(format="pdf", timestamp=timestamp, pdf_standards=["a-2a", "ua-1"])
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
        # A character that no font has: an ordinary PDF is better than none.
        pdf = compiler.compile(format="pdf", timestamp=timestamp)
    if not isinstance(pdf, bytes):
        raise TypeError(f"expected one PDF, got {type(pdf).__name__}")
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    main()
