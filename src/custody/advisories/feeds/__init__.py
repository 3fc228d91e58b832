"""Where advisories come from: one file for each kind of source.

with open_feed("…/downloads") as feeds:     # a folder, a file or an address; its content tells what it is
    for feed in feeds:                      # OSV's ecosystems, KEV, EPSS, CVE records, CSAF documents
        for record in feed.dump.records():
            …
"""

from custody.advisories.feeds.record import parse_record

__all__ = ["parse_record"]
