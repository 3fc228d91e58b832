"""The shared values. Rooms talk to each other in these and in nothing else.

Purl("pypi", "jinja2", "2.10")             a package's name everywhere
Inventory.assemble(…)                      what is in an artifact
Statement.about(name, digest, type, …)     what is said about it
Decision(…).allowed                        what follows
"""

from custody.model.advisory import (
    JUSTIFICATIONS,
    RESPONSES,
    SEVERITIES,
    STATUSES,
    Advisory,
    Affected,
    Epss,
    Exploited,
    Range,
    Severity,
    severity_rank,
)
from custody.model.advisory import Event as RangeEvent
from custody.model.artifact import LISTING_TYPE, Artifact, Descriptor, Layer, Platform
from custody.model.assessment import CONTROL_VERDICTS, Assessment, Attestation, CitedEvidence, ControlResult
from custody.model.build import BuildContext, GitState
from custody.model.canonical import canonical_json, plain, pretty_json
from custody.model.digest import CHECKSUM_LENGTHS, Checksum, Digest
from custody.model.event import Event, format_time
from custody.model.evidence import Evidence, Signer
from custody.model.files import Content, Entry, Extractor, HeldContent, LayerContent, Progress, Wanted
from custody.model.finding import DatabaseState, Finding, HowFound, NotEvaluated, ScanReport, Suppression
from custody.model.package import Dependency, Distribution, Inventory, Location, Package, Skipped
from custody.model.purl import Purl
from custody.model.scan_json import finding_order, scan_report_from_json, scan_report_to_json
from custody.model.statement import PAYLOAD_TYPE, PREDICATE_TYPES, Statement, Subject, predicate_alias, predicate_types
from custody.model.verdict import Decision, ExceptionGrant, Verdict

__all__ = [
    "CHECKSUM_LENGTHS",
    "CONTROL_VERDICTS",
    "JUSTIFICATIONS",
    "LISTING_TYPE",
    "PAYLOAD_TYPE",
    "PREDICATE_TYPES",
    "RESPONSES",
    "SEVERITIES",
    "STATUSES",
    "Advisory",
    "Affected",
    "Artifact",
    "Assessment",
    "Attestation",
    "BuildContext",
    "Checksum",
    "CitedEvidence",
    "Content",
    "ControlResult",
    "DatabaseState",
    "Decision",
    "Dependency",
    "Descriptor",
    "Digest",
    "Distribution",
    "Entry",
    "Epss",
    "Event",
    "Evidence",
    "ExceptionGrant",
    "Exploited",
    "Extractor",
    "Finding",
    "GitState",
    "HeldContent",
    "HowFound",
    "Inventory",
    "Layer",
    "LayerContent",
    "Location",
    "NotEvaluated",
    "Package",
    "Platform",
    "Progress",
    "Purl",
    "Range",
    "RangeEvent",
    "ScanReport",
    "Severity",
    "Signer",
    "Skipped",
    "Statement",
    "Subject",
    "Suppression",
    "Verdict",
    "Wanted",
    "canonical_json",
    "finding_order",
    "format_time",
    "plain",
    "predicate_alias",
    "predicate_types",
    "pretty_json",
    "scan_report_from_json",
    "scan_report_to_json",
    "severity_rank",
]
