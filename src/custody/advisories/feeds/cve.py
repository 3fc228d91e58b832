"""CVE records: a file, a folder, or an archive in the layout of cvelistV5 (`cves/2024/1xxx/CVE-2024-1234.json`).

Reads: https://github.com/CVEProject/cvelistV5, records of the format 5.0 to 5.2 (see `cve_record`). Gives: ids,
severities, weaknesses, references, SSVC, CPE ranges, commits; and for each vulnerability that its record says is in
CISA's catalogue, an `Exploited`. Cannot know: the packages of ecosystems, but where a record states a purl.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from custody.advisories.feeds.contents import head_of, read_contents
from custody.advisories.feeds.cve_record import parse_cve
from custody.errors import InputError
from custody.model import Advisory, Exploited, Skipped

__all__ = ["CveDump", "looks_like"]

_KIND = re.compile(rb'"dataType"\s*:\s*"CVE_RECORD"|"cveMetadata"\s*:\s*\{')
_NO_RECORDS = frozenset({"delta.json", "deltaLog.json", "recent_activities.json"})
"""What the repository says of its own changes."""


class CveDump:
    """The records below one path.

    unsaid: after `records`, how often something that a record says of products became nothing, by reason.
    """

    kind = "cve"
    whole = ""

    def __init__(self, path: Path, name: str = "") -> None:
        """Take a file, folder or archive, and its name for messages."""
        self.name = name or str(path)
        self.skipped: list[Skipped] = []
        self.unsaid: Counter[str] = Counter()
        self._path = path

    def records(self) -> Iterator[Advisory | Exploited]:
        """Yield the records that can be read. InputError: an archive is broken; UnavailableError: not readable."""
        for where, content in read_contents(self._path, self.name):
            if where.replace(":", "/").rpartition("/")[2] in _NO_RECORDS:
                continue
            try:
                if isinstance(content, InputError):
                    raise content
                record = parse_cve(content, where)
            except InputError as error:
                self.skipped.append(Skipped(where=error.where, reason=error.what))
                continue
            self.unsaid.update(record.unsaid)
            yield record.advisory
            if record.exploited is not None:
                yield record.exploited


def looks_like(data: bytes) -> bool:
    """Say whether a file that begins like this is a CVE record."""
    head = head_of(data)
    return head.lstrip()[:1] == b"{" and _KIND.search(head) is not None
