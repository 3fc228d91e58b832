"""The chain of custody of software: an artifact becomes evidence, and evidence becomes decisions.

    from custody.model import Inventory, Evidence, Decision     # the shared values
    from custody.workflows.release import release                # the main job

`docs/architecture.md` draws the rooms; `custody --help` lists the commands.
"""

__version__ = "0.1.0"
