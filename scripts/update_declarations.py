"""Write src/custody/inventory/declared.json: what each cataloger and extractor wants, from their own declarations.

    python scripts/update_declarations.py

A scan reads that file instead of importing a hundred modules. A test holds it equal to what this gives.
"""

from __future__ import annotations

import sys

from custody.inventory.catalogers import load_catalogers
from custody.inventory.conclusions import LICENCE_EXTRACTOR
from custody.inventory.declared import TARGET, CatalogerRow, ExtractorRow, Table, encode_table
from custody.inventory.ownership import OWNERSHIP_FILES
from custody.model import Extractor


def table() -> bytes:
    """Give the whole file."""
    ours = [cataloger for cataloger in load_catalogers() if cataloger.parse.__module__.startswith("custody.")]
    extractors = {c.extractor.name: c.extractor for c in ours if c.extractor} | {
        LICENCE_EXTRACTOR.name: LICENCE_EXTRACTOR
    }
    return encode_table(
        Table(
            core_globs=OWNERSHIP_FILES,
            core_extractors=(LICENCE_EXTRACTOR.name,),
            extractors=tuple(
                ExtractorRow(
                    name=name,
                    place=_place(extractor),
                    magics=tuple(magic.decode("latin-1") for magic in extractor.magics),
                    globs=extractor.globs,
                    version=extractor.version,
                    looks_inside=extractor.looks_inside,
                )
                for name, extractor in sorted(extractors.items())
            ),
            catalogers=tuple(
                CatalogerRow(
                    name=cataloger.name,
                    module=_module(cataloger.name),
                    globs=cataloger.globs,
                    folders=cataloger.folders,
                    beside=cataloger.beside,
                    extractor=cataloger.extractor.name if cataloger.extractor else "",
                )
                for cataloger in ours
            ),
        )
    )


def _place(extractor: Extractor) -> str:
    """Give "module:name" of the function that extracts."""
    module, name = extractor.extract.__module__, getattr(extractor.extract, "__name__", "")
    if getattr(sys.modules[module], name, None) is not extractor.extract:
        sys.exit(f"{extractor.name}: its `extract` is no function of the module {module}; make it one")
    return f"{module}:{name}"


def _module(cataloger: str) -> str:
    """Give the module of the folder that declares a cataloger."""
    prefix = "custody.inventory.catalogers."
    [found] = [
        key.removeprefix(prefix)
        for key, module in sorted(sys.modules.items())
        if key.startswith(prefix)
        and cataloger
        in [c.name for c in (*getattr(module, "CATALOGERS", ()), *filter(None, [getattr(module, "CATALOGER", None)]))]
    ]
    return found


if __name__ == "__main__":
    TARGET.write_bytes(table())
