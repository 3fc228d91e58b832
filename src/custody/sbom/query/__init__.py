"""Questions to an inventory: in plain words, or as a filter over its JSON.

find(inventory, "license contains MIT and not installed").packages
list(run_filter(inventory_view(inventory), ".packages[] | select(.license == null) | .purl"))
"""

from custody.sbom.query.filter import check_filter, is_filter, run_filter
from custody.sbom.query.plain import FIELDS, VERBS, parse_plain
from custody.sbom.query.select import Found, find
from custody.sbom.query.values import to_json
from custody.sbom.query.view import inventory_view, package_view

__all__ = [
    "FIELDS",
    "VERBS",
    "Found",
    "check_expression",
    "find",
    "inventory_view",
    "is_filter",
    "package_view",
    "run_filter",
    "to_json",
]


def check_expression(expression: str) -> None:
    """Raise UsageError where an expression is of neither language; the column is named."""
    if is_filter(expression):
        check_filter(expression)
    else:
        parse_plain(expression)
