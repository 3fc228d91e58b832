"""The reports under `tests/cases/report/foreign`, and what each is read as, in lines."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from custody.report import ForeignReport, read_report
from custody.report.finding_texts import how_found

__all__ = ["AT", "CASES", "lines_of", "read"]

CASES = sorted(path for path in (Path(__file__).parents[2] / "cases/report/foreign").iterdir() if path.is_dir())
AT = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)


def report_file(case: Path) -> Path:
    [file] = case.glob("report.*")
    return file


def read(case: Path) -> ForeignReport:
    file = report_file(case)
    return read_report(file.read_bytes(), file.name, at=AT)


def lines_of(imported: ForeignReport) -> str:
    """Give what was understood, one line for each fact."""
    report = imported.report
    assert report.database is not None
    lines = [f"tool {imported.tool}, result {report.result}, {report.packages} packages, at {report.scanned_at:%F %T}"]
    lines += [f"artifact {report.artifact}" if imported.names_artifact else "artifact not named"]
    lines += [f"database {report.database.origin}"]
    for f in report.findings:
        lines.append(f"{f.id} {' '.join(f.aliases)}".rstrip())
        lines.append(f"  {f.severity} {f.score} {f.vector} from {f.severity_source or 'nobody'}")
        lines.append(f"  {f.package} {f.version} ({f.ecosystem or 'no ecosystem'}) {f.package_id}")
        lines.append(f"  {f.summary[:90]}")
        lines.append(
            f"  fixed in {', '.join(f.fixed_versions) or 'nothing'}; {f.status}; {f.response or 'no response'}"
        )
        lines += [f"  in {place}" for place in f.locations]
        lines += [f"  by {how_found(how)}" for how in f.found]
        lines += [f"  layer {f.layer}"] if f.layer else []
        lines += [f"  direct {f.direct}"] if f.direct is not None else []
        lines += [f"  cwes {', '.join(f.cwes)}"] if f.cwes else []
        lines += [f"  epss {f.epss.score} {f.epss.date}"] if f.epss else []
        lines += [f"  exploited since {f.exploited.added}, due {f.exploited.due}"] if f.exploited else []
        if s := f.suppression:
            lines.append(f"  suppressed: {s.kind}: {s.status}: {s.justification}: {s.reason} ({s.source})")
    lines += [f"not evaluated {item.package_id} {item.advisory}: {item.reason}" for item in report.not_evaluated]
    lines += [f"skipped {item.where}: {item.reason}" for item in report.skipped]
    return "\n".join(lines) + "\n"
