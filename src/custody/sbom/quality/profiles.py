"""The profiles: minimum elements of NTIA (2021) and CISA (2026), and BSI TR-03183-2.

Sources: "The Minimum Elements For a Software Bill of Materials", NTIA, 2021-07-12; "2026 Minimum Elements for a
Software Bill of Materials", CISA and partners, 2026-07-29; BSI TR-03183-2 version 2.1.0, 2025-08-20. The words are
ours.
"""

from __future__ import annotations

import re
from typing import Any

from custody.model import Package
from custody.sbom.kept import kept_of
from custody.sbom.licences import is_expression
from custody.sbom.quality.profile import Profile, Remark, Said, Subject, component_rule, is_time, rule, run_profile
from custody.sbom.reading import objects, text

__all__ = ["PROFILES", "check_profile"]

STRONG = frozenset({"sha256", "sha384", "sha512"})
"""Checksums that still prove something."""
_CONTACT = re.compile(r"\((?:[^()@\s]+@[^()@\s]+|https?://[^()\s]+)\)$")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


def check_profile(subject: Subject, name: str) -> list[Remark]:
    """Give what a document lacks for the profile called `name`, a key of `PROFILES`."""
    return run_profile(PROFILES[name], subject)


# ── the document ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _standard(subject: Subject) -> Said | None:
    heading = subject.heading
    return None if heading.standard else ("error", f"{heading.format} is neither SPDX nor CycloneDX")


def _author(subject: Subject) -> Said | None:
    heading = subject.heading
    if heading.authors:
        return None
    return ("error", f"no person or organisation made it{', only a tool' if heading.tools else ''}")


def _author_or_tool(subject: Subject) -> Said | None:
    said = _author(subject)
    return ("warning", said[1]) if said and subject.heading.tools else said


def _author_contact(subject: Subject) -> Said | None:
    if any(author.contact for author in subject.heading.authors):
        return None
    return ("error", "who made it has no e-mail address, and no page")


def _created(subject: Subject) -> Said | None:
    created = subject.heading.created
    if is_time(created):
        return None
    return ("error", f"no time with a zone: {created!r}" if created else "it does not say when it was made")


def _signed(subject: Subject) -> Said | None:
    if subject.heading.signed:
        return None
    return ("unknown", "no signature in it; one beside it is not looked at here")


def _context(subject: Subject) -> Said | None:
    heading = subject.heading
    if heading.context:
        return None
    if "context" in heading.silent:
        return ("unknown", "the format has no field for the life-cycle phase that it was made in")
    return ("error", "it does not say in which life-cycle phase it was made")


def _tool(subject: Subject) -> Said | None:
    return None if subject.heading.tools else ("error", "no tool is named")


def _tool_version(subject: Subject) -> Said | None:
    nameless = [tool.name for tool in subject.heading.tools if not tool.version]
    return ("warning", f"no version is given of {', '.join(sorted(nameless))}") if nameless else None


def _document_version(subject: Subject) -> Said | None:
    identity = subject.heading.identity
    if _UUID.search(identity):
        return None
    return ("warning", "its name has no UUID that tells this version from others" if identity else "it has no name")


def _identity(subject: Subject) -> Said | None:
    return None if subject.heading.identity else ("warning", "it has no URI of its own")


def _relations(subject: Subject) -> Said | None:
    if not subject.heading.describes:
        return ("error", "it does not say which component it is about")
    if not subject.heading.edges and len(subject.components) > 1:
        return ("error", f"no relations between its {len(subject.components)} components")
    return None


def _complete(subject: Subject) -> Said | None:
    if said := _relations(subject):
        return said
    heading = subject.heading
    return None if heading.complete else ("error", "it does not say whether its dependencies are complete")


def _bsi_format(subject: Subject) -> Said | None:
    heading = subject.heading
    match = _VERSION.match(heading.version)
    version = tuple(int(part or 0) for part in match.groups()) if match else ()
    if heading.standard == "CycloneDX" and version >= (1, 6):
        return None
    if heading.standard == "SPDX" and version >= (3, 0, 1):
        return None
    return ("error", f"{heading.standard or heading.format} {heading.version}".rstrip() + " is not an allowed format")


def _vulnerabilities(subject: Subject) -> Said | None:
    count = subject.heading.vulnerabilities
    return ("error", f"{count} vulnerabilities stand in it") if count else None


# ── each component ───────────────────────────────────────────────────────────────────────────────────────────────────


def _unknown(package: Package, subject: Subject, fact: str) -> bool:
    return fact in subject.heading.stated_unknown.get(package.id, ())


def _name(package: Package, subject: Subject) -> Said | None:  # noqa: ARG001
    return None if package.name.strip() else ("error", "no name")


def _version(package: Package, subject: Subject) -> Said | None:  # noqa: ARG001
    return None if package.version.strip() else ("error", "no version")


def _version_or_unknown(package: Package, subject: Subject) -> Said | None:
    return None if _unknown(package, subject, "version") else _version(package, subject)


def _supplier(package: Package, subject: Subject) -> Said | None:
    made = package.supplier or (subject.heading.standard == "CycloneDX" and package.originator)
    return None if made else ("error", "no supplier")


def _producer(package: Package, subject: Subject) -> Said | None:
    if package.supplier or package.originator or _unknown(package, subject, "supplier"):
        return None
    return ("error", "no producer, and not said to be unknown")


def _identifier(package: Package, subject: Subject) -> Said | None:
    if package.id in subject.stated or package.cpes or package is subject.inventory.root:
        return None
    if subject.heading.standard == "SPDX" and subject.heading.identity:  # SPDX 2.3 annex K.2: its own name will do
        return ("warning", "no package URL and no CPE name")
    return ("error", "no package URL and no CPE name")


def _any_identifier(package: Package, subject: Subject) -> Said | None:
    said = _identifier(package, subject)
    return ("error", said[1]) if said else None


def _hash(package: Package, subject: Subject) -> Said | None:  # noqa: ARG001
    return None if package.checksums else ("error", "no hash")


def _hash_algorithm(package: Package, subject: Subject) -> Said | None:  # noqa: ARG001
    algorithms = {item.algorithm for item in package.checksums}
    if not algorithms or algorithms & STRONG:
        return None
    return ("error", f"only {', '.join(sorted(algorithms))}, which no longer counts as secure")


def _sha512(package: Package, subject: Subject) -> Said | None:  # noqa: ARG001
    if any(item.algorithm == "sha512" for item in package.checksums):
        return None
    distributions = objects(_kept(package), "externalReferences")
    if any(text(item, "alg") == "SHA-512" for ref in distributions for item in objects(ref, "hashes")):
        return None
    return ("error", "no SHA-512 of the component as it is deployed")


def _licence(package: Package, subject: Subject) -> Said | None:
    if package.licence_declared or package.licence_concluded or _unknown(package, subject, "licence"):
        return None
    return ("error", "no licence")


def _licence_expression(package: Package, subject: Subject) -> Said | None:  # noqa: ARG001
    expression = package.licence_concluded or package.licence_declared
    if expression is None:
        return ("error", "no licence")
    if expression == "NONE" or is_expression(expression):
        return None
    return ("error", f"{expression!r:.60} is no SPDX expression")


def _contact(package: Package, subject: Subject) -> Said | None:  # noqa: ARG001
    if _CONTACT.search(package.originator) or _CONTACT.search(package.supplier):
        return None
    makers = [_kept(package).get(key) for key in ("manufacturer", "supplier")]
    if any(isinstance(maker, dict) and (maker.get("url") or objects(maker, "contact")) for maker in makers):
        return None
    return ("error", "who made it has no e-mail address, and no page")


def _kept(package: Package) -> dict[str, Any]:
    return kept_of("cyclonedx", package.extra)


def _property(name: str) -> Any:  # noqa: ANN401 - a judge
    def judge(package: Package, subject: Subject) -> Said | None:
        if subject.heading.standard != "CycloneDX":
            return None
        stated = {text(item, "name") for item in objects(_kept(package), "properties")}
        return None if f"bsi:component:{name}" in stated else ("error", f"no property bsi:component:{name}")

    return judge


def _spdx3_files(subject: Subject) -> Said | None:
    if subject.heading.standard != "SPDX":
        return None
    return ("unknown", "file names and file properties of SPDX 3 are not looked at here")


# ── the profiles ─────────────────────────────────────────────────────────────────────────────────────────────────────

_NAME = "give every component its name"
_HOLDS = "state what contains or needs what, and which component the SBOM is about"
_TIME = "state when it was made, as 2026-01-31T12:00:00Z"
_IDENTIFIER = "add a package URL or a CPE name"
_AUTHOR = "name who answers for it (`--author`)"

_ALL = (
    Profile(
        name="ntia-2021",
        title="The Minimum Elements For a Software Bill of Materials (NTIA, 2021)",
        rules=(
            rule("NTIA-A", "Automation Support", "convert it (`custody convert`)", _standard),
            component_rule("NTIA-1", "Supplier Name", "name the supplier of every component", _supplier),
            component_rule("NTIA-2", "Component Name", _NAME, _name),
            component_rule("NTIA-3", "Version of the Component", "state the version of every component", _version),
            component_rule("NTIA-4", "Other Unique Identifiers", _IDENTIFIER, _identifier),
            rule("NTIA-5", "Dependency Relationship", _HOLDS, _relations),
            rule("NTIA-6", "Author of SBOM Data", _AUTHOR, _author_or_tool),
            rule("NTIA-7", "Timestamp", _TIME, _created),
        ),
    ),
    Profile(
        name="cisa-2026",
        title="2026 Minimum Elements for a Software Bill of Materials (CISA, 2026)",
        rules=(
            rule("SM-1", "SBOM Author", _AUTHOR, _author),
            rule("SM-2", "SBOM Author Signature", "sign it (`custody release` does)", _signed),
            rule("SM-3", "SBOM Data Format Name", "convert it (`custody convert`)", _standard),
            rule("SM-5", "SBOM Generation Context", "state the life-cycle phase (CycloneDX lifecycles)", _context),
            rule("SM-6", "SBOM Timestamp", _TIME, _created),
            rule("SM-7", "SBOM Tool Name", "name the tool that made it", _tool),
            rule("SM-8", "SBOM Tool Version", "state the tool's version, or that it is unknown", _tool_version),
            rule("SM-9", "SBOM Version", "give it a UUID (RFC 9562) or a version", _document_version),
            component_rule("CD-1", "Component Producer", "name the producer, or say that it is unknown", _producer),
            rule("CD-2", "Component Dependency Relationship", _HOLDS, _relations),
            component_rule("CD-3", "Component Hash Value", "add a hash of the artefact", _hash),
            component_rule("CD-4", "Component Hash Algorithm", "use SHA-256 or better", _hash_algorithm),
            component_rule("CD-5", "Component Identifiers", _IDENTIFIER, _any_identifier),
            component_rule("CD-6", "Component License", "state the licence, or that it is unknown", _licence),
            component_rule("CD-7", "Component Name", _NAME, _name),
            component_rule("CD-8", "Component Version", "state it, or that it is unknown", _version_or_unknown),
        ),
    ),
    Profile(
        name="bsi-tr-03183-2",
        title="BSI TR-03183-2, Cyber Resilience Requirements, Part 2: SBOM, version 2.1.0",
        rules=(
            rule("TR-F", "Format", "write CycloneDX 1.6 or SPDX 3.0.1 (`custody convert`)", _bsi_format),
            rule("TR-SBOM-1", "Creator of the SBOM", "give its author an e-mail address or a page", _author_contact),
            rule("TR-SBOM-2", "Timestamp", _TIME, _created),
            rule("TR-SBOM-3", "SBOM-URI", "give it a serial number or a namespace", _identity),
            rule("TR-V", "No vulnerabilities", "publish them as CSAF or VEX instead", _vulnerabilities),
            component_rule("TR-C-1", "Component creator", "give an e-mail address of the creator, or a page", _contact),
            component_rule("TR-C-2", "Component name", _NAME, _name),
            component_rule("TR-C-3", "Component version", "state the version of every component", _version),
            component_rule("TR-C-4", "Filename", "add the property bsi:component:filename", _property("filename")),
            rule("TR-C-5", "Dependencies on other components", f"{_HOLDS}, and how complete that is", _complete),
            component_rule("TR-C-6", "Distribution licences", "state an SPDX expression", _licence_expression),
            component_rule("TR-C-7", "Hash of the deployable component", "add its SHA-512", _sha512),
            component_rule("TR-C-8", "Executable property", "add the property", _property("executable")),
            component_rule("TR-C-9", "Archive property", "add the property", _property("archive")),
            component_rule("TR-C-10", "Structured property", "add the property", _property("structured")),
            rule("TR-C-F", "File properties", "look at them by hand", _spdx3_files),
            component_rule("TR-C-13", "Other unique identifiers", _IDENTIFIER, _identifier),
        ),
    ),
)
PROFILES = {profile.name: profile for profile in _ALL}
"""Name → profile."""
