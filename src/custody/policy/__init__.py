"""Policy: what has to be proven before an artifact may be used, and whether it is.

    policy = parse_policy(data, "policy.yaml")                    # InputError: file:path.to.field: what is wrong, …
    decision = decide(policy, subject, evidence)                  # pure: evidence in, decision out
    decision.allowed                                              # True only when every rule says "pass"

A rule is one file under `rules/`, named as its section in the policy file. It reads evidence and nothing else.
"""

from custody.policy.engine import decide
from custody.policy.interface import Rule, Subject
from custody.policy.rules import RULES
from custody.policy.schema import ContainerPolicy, Policy, parse_policy

__all__ = ["RULES", "ContainerPolicy", "Policy", "Rule", "Subject", "decide", "parse_policy"]
