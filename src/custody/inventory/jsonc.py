"""JSON with comments and trailing commas, as bun.lock and deno.jsonc are written.

    plain_json(b'{"a": 1, /* one */ }')     # b'{"a": 1  }'

Spec: https://jsonc.org/, and for trailing commas https://bun.sh/docs/install/lockfile.
"""

from __future__ import annotations

import re

__all__ = ["plain_json"]

# A text that is not closed runs to the end: otherwise each of its quotes would be tried as the start of one.
_TEXT = rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)'
_COMMENT = rb"//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)"
_WITH_COMMENTS = re.compile(_TEXT + rb"|" + _COMMENT, re.DOTALL)
_WITH_COMMAS = re.compile(_TEXT + rb"|,(?=\s*+[}\]])", re.DOTALL)


def plain_json(data: bytes) -> bytes:
    """Give the document as JSON; what else is wrong with it stays so."""
    data = _WITH_COMMENTS.sub(_keep_text, data.removeprefix(b"\xef\xbb\xbf"))
    return _WITH_COMMAS.sub(_keep_text, data)


def _keep_text(match: re.Match[bytes]) -> bytes:
    return match[0] if match[0].startswith(b'"') else b" "
