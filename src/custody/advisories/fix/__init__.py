"""What to upgrade, and to which version, so that most of the risk is gone with the fewest changes.

plan = fix.plan(inventory, report, database)          # steps, the one that removes most risk first
fix.changed_requirements(text, plan.steps)            # a requirements.txt with them in it
fix.changed_package_json(text, plan.steps, "npm")     # a package.json, transitive ones as overrides
"""

from __future__ import annotations

from custody.advisories.fix.commands import command_for
from custody.advisories.fix.package_json import changed_package_json
from custody.advisories.fix.plan import Plan, Solved, Step, plan
from custody.advisories.fix.requirements import changed_requirements

__all__ = ["Plan", "Solved", "Step", "changed_package_json", "changed_requirements", "command_for", "plan"]
