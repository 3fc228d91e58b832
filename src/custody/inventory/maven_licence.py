"""Licences as Maven's project files and OSGi's manifests state them: a name, an address, or both.

    licence_of([Licence("EPL 2.0", ""), Licence("", "https://www.gnu.org/software/classpath/license.html")])
    # ("EPL-2.0 OR GPL-2.0-only WITH Classpath-exception-2.0", ())

Spec: https://maven.apache.org/pom.html#Licenses
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from custody.inventory.maven_pom import Licence
from custody.inventory.metadata import declared_licence, one_paragraph
from custody.model.licence import combine

__all__ = ["licence_of"]

_LICENCE_PAGES = (
    (
        r"apache\.org/licenses/license-2\.0|apache\.org/license/license-2\.0|opensource\.org/licenses?/apache-?2",
        "Apache-2.0",
    ),
    (r"opensource\.org/licenses?/mit(?:-license)?", "MIT"),
    (r"opensource\.org/licenses?/bsd-3-clause", "BSD-3-Clause"),
    (r"opensource\.org/licenses?/bsd-2-clause", "BSD-2-Clause"),
    (r"opensource\.org/licenses?/epl-1\.0|eclipse\.org/legal/epl-v10", "EPL-1.0"),
    (r"opensource\.org/licenses?/epl-2\.0|eclipse\.org/legal/epl-(?:v20|2\.0)", "EPL-2.0"),
    (r"eclipse\.org/org/documents/edl-v10", "BSD-3-Clause"),
    (r"gnu\.org/software/classpath/license", "GPL-2.0-only WITH Classpath-exception-2.0"),
    (r"gnu\.org/licenses(?:/old-licenses)?/lgpl-2\.1", "LGPL-2.1-only"),
    (r"gnu\.org/licenses/lgpl-3\.0", "LGPL-3.0-only"),
    (r"gnu\.org/licenses(?:/old-licenses)?/gpl-2\.0", "GPL-2.0-only"),
    (r"gnu\.org/licenses/gpl-3\.0", "GPL-3.0-only"),
    (r"gnu\.org/licenses/agpl-3\.0", "AGPL-3.0-only"),
    (r"mozilla\.org/mpl/2\.0|mozilla\.org/en-us/mpl/2\.0", "MPL-2.0"),
    (r"mozilla\.org/mpl/(?:mpl-)?1\.1", "MPL-1.1"),
    (r"creativecommons\.org/publicdomain/zero/1\.0", "CC0-1.0"),
    (r"bouncycastle\.org/licen[cs]e", "MIT"),
)
"""Addresses under which just one licence stands, whatever words people put beside them."""
_PAGES = tuple((re.compile(pattern), expression) for pattern, expression in _LICENCE_PAGES)
_OTHER_NAMES = {
    "eclipse distribution license - v 1.0": "BSD-3-Clause",  # the licence's own text says that it is that one
    "eclipse distribution license v. 1.0": "BSD-3-Clause",
    "edl 1.0": "BSD-3-Clause",
    "gpl2 w/ cpe": "GPL-2.0-only WITH Classpath-exception-2.0",
    "bouncy castle licence": "MIT",
    "go license": "BSD-3-Clause",
}


def licence_of(licences: Iterable[Licence]) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Give the SPDX expression for a project's licences, and the words behind each LicenseRef.

    Of several the user chooses one: https://maven.apache.org/pom.html#Licenses. A name that says what it means counts
    before the address beside it.
    """
    expressions: list[str] = []
    texts: dict[str, str] = {}
    for licence in licences:
        expression, words = _one_licence(licence)
        if expression is not None and expression not in expressions:
            expressions.append(expression)
            texts.update(words)
    if not expressions:
        return None, ()
    return combine(expressions, "OR") if len(expressions) > 1 else expressions[0], tuple(sorted(texts.items()))


def _one_licence(licence: Licence) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    name = one_paragraph(licence.name)
    known = _OTHER_NAMES.get(name.casefold())
    if known:
        return known, ()
    expression, texts = declared_licence(name)
    if expression is not None and not texts:
        return expression, ()
    for address in (licence.url, name):
        page = next((found for pattern, found in _PAGES if pattern.search(address.casefold())), None)
        if page:
            return page, ()
    return (expression, texts) if expression is not None else declared_licence(one_paragraph(licence.url))
