"""The workspace on disk and its records: releases, the index of evidence, exceptions.

    workspace = Workspace.open(Path.cwd())            # makes nothing; .make() makes .custody/ and keys/ (0700)
    workspace.vault, .ledger, .keys, .signing_key, .ledger_key, .records_path
    with workspace.records() as records:              # SQLite; made and brought up to date on first use
        number = records.add_exception(ExceptionGrant(id="CVE-…", owner="…", granted_at=now, expires=…))
        grants = [found.grant for found in records.exceptions(now)]       # include_expired=True for all there ever were
        records.end_exception(number, now=now, by="…", reason="…")
        records.add_release(Release(name="whisperengine", version="1.2.3", digest=…, …))
        records.releases(name="whisperengine")
        records.add_evidence(artifact_digest, evidence, recorded_at=now)
        records.evidence_of(artifact_digest)

Artifacts and evidence themselves are blobs in the vault's OCI layout; acts are entries of the ledger.
"""

from custody.vault.records import EvidenceRow, RecordedException, Records, Release
from custody.vault.workspace import Workspace

__all__ = ["EvidenceRow", "RecordedException", "Records", "Release", "Workspace"]
