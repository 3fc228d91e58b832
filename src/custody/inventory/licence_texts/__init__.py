"""What licence files say: texts of SPDX's list, SPDX tags, the usual notices, and who holds the copyright.

    conclude(data)                              # "MIT", or None where it is not sure
    conclude(data, "GPL-3.0-or-later")          # what is declared settles what a text leaves open
    read_texts(data)                            # what stands where, and how well it fits

The index of texts is read when it is first needed (6 ms, 1.2 MB).
"""

from custody.inventory.licence_texts.decision import decide
from custody.inventory.licence_texts.detect import MAX_BYTES, Match, Texts, conclude, read_texts
from custody.inventory.licence_texts.notices import read_copyrights, read_notices, read_tags

__all__ = [
    "MAX_BYTES",
    "Match",
    "Texts",
    "conclude",
    "decide",
    "read_copyrights",
    "read_notices",
    "read_tags",
    "read_texts",
]
