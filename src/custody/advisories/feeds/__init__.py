"""Where advisories come from: one file for each kind of source.

with open_osv("…/osv") as dumps:            # a folder, a zip or an address
    for dump in dumps:                      # each is one ecosystem's, or nobody's in particular
        for advisory in dump.records():
            …
"""

from custody.advisories.feeds.osv import open_osv, parse_record

__all__ = ["open_osv", "parse_record"]
