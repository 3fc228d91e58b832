"""The SQL of the fleet: standard enough that DuckDB and PostgreSQL answer the same text in the same way.

    package   number, purl
    asked     package, ecosystem, name, version, key: each place where an advisory may speak of it
    span      ecosystem, name, low, high: an advisory speaks of the versions with a key in [low, high)
    listed    ecosystem, name, version: a version as a text, which no ordering can read
    holds     artifact, package, judged: false where a package of the distribution owns it, which answers for it
    finding   package, id, suppressed, ...: one problem in one package, as `custody scan` finds it

Keys are byte strings (BLOB, bytea), which both engines compare byte by byte: that is what makes a range of versions a
range test. Everything else is joined by equality first, so that an engine can hash before it compares.
"""

from __future__ import annotations

__all__ = ["CANDIDATES", "COUNTS", "DIFFERENCE", "PER_ARTIFACT"]

CANDIDATES = """
SELECT DISTINCT a.package
FROM asked a
JOIN span s ON s.ecosystem = a.ecosystem AND s.name = a.name
WHERE s.low <= a.key AND a.key < s.high
UNION
SELECT DISTINCT a.package
FROM asked a
JOIN listed l ON l.ecosystem = a.ecosystem AND l.name = a.name AND l.version = a.version
ORDER BY package
"""
"""The packages on which at least one advisory has something to say, by number."""

PER_ARTIFACT = """
SELECT h.artifact, f.id, f.package, f.severity
FROM finding f
JOIN holds h ON h.package = f.package
WHERE h.judged AND f.suppressed = ''
ORDER BY h.artifact, f.id, f.package, f.severity
"""
"""What is found where: the same rows that a scan of each artifact would give."""

COUNTS = """
SELECT f.severity, COUNT(*) AS findings, COUNT(DISTINCT h.artifact) AS artifacts, COUNT(DISTINCT f.id) AS problems
FROM finding f
JOIN holds h ON h.package = f.package
WHERE h.judged AND f.suppressed = ''
GROUP BY f.severity
ORDER BY f.severity
"""
"""How much is found, by severity."""

DIFFERENCE = """
SELECT h.artifact, d.id, d.package, d.severity, d.appeared
FROM (
    SELECT m.package, m.id, m.severity, TRUE AS appeared
    FROM made m LEFT JOIN was w ON w.package = m.package AND w.id = m.id AND w.suppressed = ''
    WHERE m.suppressed = '' AND w.id IS NULL
    UNION ALL
    SELECT w.package, w.id, w.severity, FALSE AS appeared
    FROM was w LEFT JOIN made m ON m.package = w.package AND m.id = w.id AND m.suppressed = ''
    WHERE w.suppressed = '' AND m.id IS NULL
) d
JOIN holds h ON h.package = d.package
WHERE h.judged
ORDER BY h.artifact, d.appeared DESC, d.id, d.package
"""
"""What is new (`appeared`) and what is gone. was, made: findings of the same packages, before and after."""
