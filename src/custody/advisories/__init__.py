"""Advisories: which published vulnerabilities are in the packages of an artifact.

    import_osv(["…/osv"], database=default_path(), now=now)      # OSV dumps → one SQLite file
    with open_signed(None) as database:                 # None: the default place, else the starter database
        report = match(inventory, database, now=now)    # → ScanReport
    report = apply_exceptions(report, grants, now=now)  # suppressed findings stay visible
    predicate = scan_predicate(report, …)               # what is signed; `read_predicate` reads it back

A database knows what it covers. A package outside of that, a version that its ecosystem cannot order and a record
that cannot be evaluated are listed as not evaluated: unknown, never "not affected".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.advisories.match import match  # at once: its module has the same name, and would stand here in its place

if TYPE_CHECKING:
    from custody.advisories.attest import read_predicate, scan_predicate
    from custody.advisories.build import ImportReport
    from custody.advisories.bulk import Asked, findings_for, listed, packages_named, questions, record_digests
    from custody.advisories.database import Database, default_path, open_database, status
    from custody.advisories.ecosystems import Lookup
    from custody.advisories.importing import import_osv
    from custody.advisories.sources import Source
    from custody.advisories.state import DatabaseStatus
    from custody.advisories.suppress import apply_exceptions
    from custody.advisories.trust import Chosen, Signing, open_signed, signing_key
    from custody.advisories.updating import update_osv

__all__ = [
    "Asked",
    "Chosen",
    "Database",
    "DatabaseStatus",
    "ImportReport",
    "Lookup",
    "Signing",
    "Source",
    "apply_exceptions",
    "default_path",
    "findings_for",
    "import_osv",
    "listed",
    "match",
    "open_database",
    "open_signed",
    "packages_named",
    "questions",
    "read_predicate",
    "record_digests",
    "scan_predicate",
    "signing_key",
    "status",
    "update_osv",
]

_HOMES = {
    "Asked": "bulk",
    "Chosen": "trust",
    "Database": "database",
    "DatabaseStatus": "state",
    "ImportReport": "build",
    "Lookup": "ecosystems",
    "Signing": "trust",
    "Source": "sources",
    "apply_exceptions": "suppress",
    "default_path": "database",
    "findings_for": "bulk",
    "import_osv": "importing",
    "listed": "bulk",
    "open_database": "database",
    "open_signed": "trust",
    "packages_named": "bulk",
    "questions": "bulk",
    "read_predicate": "attest",
    "record_digests": "bulk",
    "scan_predicate": "attest",
    "signing_key": "trust",
    "status": "database",
    "update_osv": "updating",
}
"""Name → the module that has it, imported when it is first asked for: a scan needs nothing of what builds one."""


def __getattr__(name: str) -> object:
    """Import what is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
