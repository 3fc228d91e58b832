"""Make the vectors in this folder with the `cvss` package, which is no dependency of ours. See README.md."""

from __future__ import annotations

import random
from itertools import product
from pathlib import Path

from cvss import CVSS2, CVSS3, CVSS4  # type: ignore[import-not-found]

HERE = Path(__file__).resolve().parent
V2 = {"AV": "LAN", "AC": "HML", "Au": "MSN", "C": "NPC", "I": "NPC", "A": "NPC"}
V3 = {"AV": "NALP", "AC": "LH", "PR": "NLH", "UI": "NR", "S": "UC", "C": "HLN", "I": "HLN", "A": "HLN"}
V4 = {"AV": "NALP", "AC": "LH", "AT": "NP", "PR": "NLH", "UI": "NPA"} | dict.fromkeys(
    ("VC", "VI", "VA", "SC", "SI", "SA"), "HLN"
)
V4_MORE = {
    "E": "XAPU",
    **dict.fromkeys(("CR", "IR", "AR"), "XHML"),
    "MAV": "XNALP",
    "MAC": "XLH",
    "MAT": "XNP",
    "MPR": "XNLH",
    "MUI": "XNPA",
    **dict.fromkeys(("MVC", "MVI", "MVA", "MSC"), "XHLN"),
    **dict.fromkeys(("MSI", "MSA"), "XSHLN"),
    "S": "XNP",
    "AU": "XNY",
}


def written(metrics: dict[str, str]) -> str:
    """Give metrics as a vector."""
    return "/".join(f"{name}:{value}" for name, value in metrics.items())


def main() -> None:
    """Write the files."""
    chance = random.Random(4)  # noqa: S311 - the same vectors each time
    v2 = [written(dict(zip(V2, values, strict=True))) for values in product(*V2.values())]
    lines = [f"{float(CVSS2(v).base_score)} {CVSS2(v).severities()[0].upper()} {v}" for v in chance.sample(v2, 300)]
    (HERE / "v2.txt").write_text("\n".join(sorted(lines)) + "\n")
    v3 = [
        f"CVSS:{n}/{written(dict(zip(V3, values, strict=True)))}"
        for n in ("3.0", "3.1")
        for values in product(*V3.values())
    ]
    lines = [f"{float(CVSS3(v).base_score)} {CVSS3(v).severities()[0].upper()} {v}" for v in chance.sample(v3, 1500)]
    (HERE / "v3.txt").write_text("\n".join(sorted(lines)) + "\n")
    v4: set[str] = set()
    while len(v4) < 2500:
        metrics = {name: chance.choice(values) for name, values in V4.items()}
        if len(v4) % 2:
            metrics |= {name: chance.choice(values) for name, values in V4_MORE.items() if chance.random() < 0.3}
        v4.add(f"CVSS:4.0/{written(metrics)}")
    lines = [f"{float(CVSS4(v).base_score)} {CVSS4(v).severity.upper()} {v}" for v in v4]
    (HERE / "v4.txt").write_text("\n".join(sorted(lines)) + "\n")


if __name__ == "__main__":
    main()
