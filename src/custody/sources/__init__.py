"""Where bytes come from: images, archives, directories and files, opened under one interface and read layer by layer.

    with open_source("docker-archive:image.tar", work=scratch) as source:
        source.artifact.digest                                    # resolved once
        for layer in source.read(wanted):                         # lowest first, digests verified in the same pass
            for entry in layer.entries: …

An image that is read twice is the same image: names are resolved when a source is opened, and never again.
"""

from custody.sources.interface import Source
from custody.sources.open import open_source

__all__ = ["Source", "open_source"]
