"""Texts of licences, as SPDX's list has them."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent / "texts"

MIT, ISC, BSD_2, BSD_3 = (
    (_FOLDER / f"{name}.txt").read_text(encoding="utf-8") for name in ("MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause")
)
