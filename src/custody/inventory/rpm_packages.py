"""From records of rpm to packages: for databases, for package files, for manifests of images without a database."""

from __future__ import annotations

import re

from custody.inventory.interface import File
from custody.inventory.metadata import declared_licence, one_paragraph
from custody.inventory.rpm_database import RpmRecord
from custody.inventory.system_packages import moment, system_purl
from custody.model import Distribution, Package, Purl

__all__ = ["rpm_package", "rpm_purl", "source_of", "stated"]

_SOURCE = re.compile(r"(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm")


def stated(text: str) -> str:
    """Give a text, "" for what rpm prints where there is none: `(none)`."""
    return "" if text == "(none)" else text.strip()


def source_of(text: str) -> tuple[str, str]:
    """Give name and version of a source package from its file name: `bash-5.1.8-6.el9.src.rpm`."""
    match = _SOURCE.fullmatch(text)
    return (match[1], match[2]) if match else ("", "")


def rpm_purl(record: RpmRecord, distribution: Distribution | None) -> Purl:
    """Give the purl. Spec: purl-spec, type `rpm`: the epoch is a qualifier, not a part of the version."""
    qualifiers = (
        ("epoch", "" if record.epoch is None else str(record.epoch)),
        ("modularitylabel", stated(record.modularity)),
    )
    return system_purl(
        "rpm", record.name, record.version_release, stated(record.arch), distribution, qualifiers=qualifiers
    )


def rpm_package(record: RpmRecord, file: File, distribution: Distribution | None) -> Package:
    """Give the package that a record is of, seen at `record.place` of `file`."""
    licence, texts = declared_licence(stated(record.licence))
    source_name, source_version = source_of(record.source)
    vendor = one_paragraph(stated(record.vendor))
    return Package(
        purl=rpm_purl(record, distribution),
        name=record.name,
        version=f"{record.epoch}:{record.version_release}" if record.epoch else record.version_release,
        locations=(file.location(record.place),),
        licence_declared=licence,
        licence_texts=texts,
        source_name=source_name,
        source_version=source_version,
        supplier=f"Organization: {vendor}" if vendor else "",
        homepage=stated(record.url),
        description=one_paragraph(stated(record.summary)),
        released=moment(record.built),
    )
