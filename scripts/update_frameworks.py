"""Refresh the framework texts of src/custody/compliance/frameworks from catalogues of them.

    python scripts/update_frameworks.py nist-ssdf CATALOGUE.yaml

Ids, practices, statements and who can say what (`automation`) come from the catalogue. `checks` and `needs` are our
own: they stay as they are in the file that is there. A control that has none yet, or that the catalogue has dropped, is
named.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent.parent / "src/custody/compliance/frameworks"

HEADS = {
    "nist-ssdf": {
        "comment": (
            "# NIST SP 800-218, Secure Software Development Framework (SSDF) 1.1, and what custody looks for.\n"
            "# The statements, the titles of groups and practices and their ids are NIST's, word for word; they are\n"
            "# in the public domain in the USA. Titles of tasks, `automation`, `checks` and `needs` are our own.\n"
            "# Written by scripts/update_frameworks.py, which keeps `checks` and `needs`: edit nothing but those.\n"
        ),
        "title": "NIST SP 800-218, Secure Software Development Framework (SSDF)",
        "source": (
            "NIST Special Publication 800-218, version {version}, published {published}, doi {doi}; tasks quoted word"
            " for word, in the public domain in the USA. Short titles and evidence are this report's."
        ),
        "notes": [
            (
                "The SSDF describes outcomes and asks for judgement of risk. NIST says that it is no checklist, and"
                " nobody certifies it: this report lists evidence for and against each task, and claims no conformity."
            ),
            "NIST's notional examples are not requirements; that one of them is not shown is no failure.",
        ],
    }
}


class _Dumper(yaml.SafeDumper):
    """Writes equal checks twice instead of an alias, which the product's own reader refuses."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def main(name: str, catalogue: Path) -> None:
    """Read the catalogue and the present file, and write the new one."""
    source = yaml.safe_load(catalogue.read_bytes())
    target = FOLDER / f"{name}.yaml"
    old = yaml.safe_load(target.read_bytes()) if target.exists() else {"controls": []}
    ours = {control["id"]: control for control in old["controls"]}
    controls = [_control(task, ours.pop(task["id"], {})) for task in source["tasks"]]
    head = HEADS[name]
    document: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Framework",
        "id": name,
        "title": head["title"],
        "version": str(source["version"]),
        "source": str(head["source"]).format_map(source),
        "notes": head["notes"],
        "groups": [{"id": group["id"], "name": group["name"]} for group in source["groups"]],
        "sections": [{"id": practice["id"], "title": practice["title"]} for practice in source["practices"]],
        "retired": [{"id": item["id"], "movedTo": item["moved_to"]} for item in source["retired_ids"]],
        "controls": controls,
    }
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118)
    target.write_text(f"{head['comment']}\n{text}", encoding="utf-8")
    print(f"{target.name}: {len(controls)} controls of version {source['version']}")
    for control in controls:
        if not control["needs"]:
            print(f"  {control['id']} is new: write its checks and needs")
    for dropped, control in ours.items():
        print(f"  {dropped} is gone from the catalogue; its checks and needs were: {control}")


def _control(task: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": task["id"],
        "section": task["practice"],
        "group": task["group"],
        "title": task["short_title"],
        "statement": task["statement"],
        "automation": task["evidence"]["automation"],
        "checks": ours.get("checks", []),
        "needs": ours.get("needs", []),
    }


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in HEADS:
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))
