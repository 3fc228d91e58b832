"""Advisories: which published vulnerabilities are in the packages of an artifact.

    import_osv(["…/osv"], database=default_path(), now=now)      # OSV dumps → one SQLite file
    with open_database(None) as database:               # None: the default place, else the starter database
        report = match(inventory, database, now=now)    # → ScanReport
    report = apply_exceptions(report, grants, now=now)  # suppressed findings stay visible
    predicate = scan_predicate(report, …)               # what is signed; `read_predicate` reads it back

A database knows what it covers. A package outside of that, a version that its ecosystem cannot order and a record
that cannot be evaluated are listed as not evaluated: unknown, never "not affected".
"""

from custody.advisories.attest import read_predicate, scan_predicate
from custody.advisories.build import ImportReport, import_osv, update_osv
from custody.advisories.database import Database, DatabaseStatus, default_path, open_database, status
from custody.advisories.match import apply_exceptions, match

__all__ = [
    "Database",
    "DatabaseStatus",
    "ImportReport",
    "apply_exceptions",
    "default_path",
    "import_osv",
    "match",
    "open_database",
    "read_predicate",
    "scan_predicate",
    "status",
    "update_osv",
]
