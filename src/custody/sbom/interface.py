"""The seam of the room: what is written (`Document`), and what can write and read it (`Format`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from custody.sbom.texts import label, line

if TYPE_CHECKING:
    import datetime as dt
    import uuid

    from custody.model import BuildContext, Inventory, ScanReport

__all__ = ["Document", "Format"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Everything that one SBOM says.

    created: when it was made, an aware datetime (the clock's, or SOURCE_DATE_EPOCH): never read here. context: who made
    it, from what, with which tools; report: the scan whose findings it carries, None where nothing was scanned (the
    document then says that vulnerabilities are unknown); name: "" for `<artifact name>-<version>`.
    """

    inventory: Inventory
    created: dt.datetime
    context: BuildContext
    report: ScanReport | None = None
    name: str = ""

    @property
    def title(self) -> str:
        """Give the document's name: one line, never empty."""
        artifact = self.inventory.artifact
        given = self.name or "-".join(part for part in (artifact.name, artifact.version) if part)
        return line(given).strip() or label(self.inventory.root)

    def identity(self, body: bytes) -> uuid.UUID:
        """Give the UUID of the document whose bytes, but for the UUID itself, are `body`.

        It is a name-based UUID of version 8 (RFC 9562 section 5.8) made of SHA-256 over the artifact's digest and the
        body: the same document gets the same one, and any other document another one.
        """
        import hashlib
        import uuid

        hashed = hashlib.sha256(str(self.inventory.artifact.digest).encode() + b"\n")
        hashed.update(body)
        return uuid.UUID(
            int=int.from_bytes(hashed.digest()[:16], "big") & ~(0xF << 76 | 0x3 << 62) | 0x8 << 76 | 0x2 << 62
        )

    def namespace(self, body: bytes) -> str:
        """Give the SPDX document namespace, an absolute URI without "#": SPDX 2.3 section 6.5."""
        from urllib.parse import quote

        return f"https://custody.example/spdx/{quote(self.title, safe='.-_~')}-{self.identity(body)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One way to write an SBOM: a module of `formats/` declares one as `FORMAT`.

    name: what `-o` takes ("spdx-json"); extension: of its files (".spdx.json"); versions: of the specification that
    `decode` reads, in ascending order; writes: those that `encode` writes, the last one where nobody asks for another.
    encode(document, version) gives the bytes: the same for the same document and version, whatever the time, the
    machine and the order of tables. decode(data, where) gives the inventory, of our documents and of other tools';
    InputError names `where`. recognises(data) says whether the bytes look like this format, without deciding whether
    they are valid. One of the two is None where a format is only read, or only written; such a format has no versions
    to read, or none that it `writes`.

    family: what `Package.extra` calls the formats that share one vocabulary ("spdx2"), "" where `decode` keeps nothing
    there. losses(document, version): lines that tell which of the model's facts have no field of their own in that
    version; they stand in our note, or nowhere.
    """

    name: str
    media_type: str
    extension: str
    versions: tuple[str, ...]
    writes: tuple[str, ...]
    encode: Callable[[Document, str], bytes] | None
    decode: Callable[[bytes, str], Inventory] | None
    recognises: Callable[[bytes], bool]
    family: str = ""
    losses: Callable[[Document, str], Iterable[str]] | None = None

    @property
    def version(self) -> str:
        """Give the version that is written where nobody asks for another, "" where none is."""
        return self.writes[-1] if self.writes else ""
