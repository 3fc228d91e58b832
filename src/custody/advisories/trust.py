"""Opening a database that somebody vouches for: its signature is proven while the work is already going on.

1. The file is opened once to be hashed and once by SQLite; both must have got the same one.
2. Its SHA-256 is computed, and the signature over that is verified by a trusted key, in a thread beside the work.
3. Nothing that rests on the database leaves the `with` block before that has come out well; who writes a result inside
   of the block calls `Database.confirm` first. Whatever goes wrong in the block, a bad signature is what is told.

Trusted are the key that this user's own databases are signed with, and the public keys that are named: of publishers.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from custody.advisories.database import Database, place_of
from custody.advisories.placing import bundle_path, bundles_beside, digest_of
from custody.advisories.signature import MAX_BUNDLE_BYTES, DatabaseSignature, sign_file, verify_signature
from custody.advisories.storage import connect
from custody.errors import InputError, UnavailableError, UsageError, VerificationError

if TYPE_CHECKING:
    import datetime as dt

    from custody.model import Digest
    from custody.signing import KeyPair, PublicKey

__all__ = [
    "Chosen",
    "Signing",
    "chosen",
    "load_bundle",
    "load_signature",
    "open_signed",
    "own_key",
    "signing_key",
    "trusted_keys",
]

_ATTEMPTS = 5
_ANEW = "remove it, then run `custody db update`, or `custody db import` for a local copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A database as somebody named it. path: None for the default one; keys: files of public keys to trust as well."""

    path: Path | None = None
    keys: tuple[Path, ...] = ()


def chosen(database: Chosen | Path | None) -> Chosen:
    """Give a choice for a bare path, which trusts no further key."""
    return database if isinstance(database, Chosen) else Chosen(path=database)


def own_key(environ: Mapping[str, str] | None = None) -> Path:
    """Give the private key of this user's databases: custody/keys/advisories.key below XDG_DATA_HOME, ~/.local/share.

    It is not in the cache folder, which anybody may empty, and where the databases lie.
    """
    environ = os.environ if environ is None else environ
    data = environ.get("XDG_DATA_HOME", "")
    base = Path(data) if Path(data).is_absolute() else Path("~/.local/share").expanduser()
    return base / "custody" / "keys" / "advisories.key"


def signing_key(named: Path | None = None, *, passphrase: bytes | None = None) -> KeyPair:
    """Give the key to sign a database with: the one that is named, or the user's own, which is made on first use.

    The user's own is not encrypted: it is there so that updates can run unattended. Errors as in `custody.signing`.
    """
    from custody.signing import create_key, load_private_key

    if named is not None:
        return load_private_key(named, passphrase=passphrase)
    path = own_key()
    if not path.exists():
        try:
            return create_key(path)
        except UsageError:
            if not path.exists():  # its public half alone is there
                raise
    return load_private_key(path)


def trusted_keys(database: Chosen | Path | None) -> list[PublicKey]:
    """Give the keys that may vouch for a database: the user's own, those named, and those of CUSTODY_DB_KEY (`a:b`)."""
    from custody.signing import load_public_key

    own = own_key().with_suffix(".pub")
    named = [Path(text).expanduser() for text in os.environ.get("CUSTODY_DB_KEY", "").split(os.pathsep) if text]
    paths = [*([own] if own.exists() else []), *chosen(database).keys, *named]
    return [load_public_key(path) for path in dict.fromkeys(paths)]


@contextmanager
def open_signed(database: Chosen | Path | None = None) -> Iterator[Database]:
    """Open a database as `open_database` does, and prove its signature before the block is left.

    The starter database needs none: it came with the program. Raises VerificationError: no signature, one of no trusted
    key, or of another content; what `open_database` raises.
    """
    asked = chosen(database)
    path = place_of(asked.path)
    if path is None:
        from custody.advisories.starter import open_starter

        with open_starter() as starter:
            yield starter
        return
    for _ in range(_ATTEMPTS):
        with _opened(path) as file:
            proof = _Proof(path, file, asked)
            try:
                with Database(connect(path), path) as opened:
                    if not _is_at(path, file):
                        continue  # an import came in between: SQLite may have the new file, and we the old one
                    proof.start()
                    opened.confirm = proof.result
                    yield opened
            except Exception as error:
                proof.refuse(error)
                raise
            finally:
                proof.end()
            proof.result()
            return
    raise UnavailableError(str(path), "the advisory database is being replaced all the time", "try again")


def load_signature(database: Chosen | Path | None, path: Path, file: BinaryIO) -> DatabaseSignature:
    """Prove the signature of the database `path` whose open file is given; VerificationError where there is none."""
    return _proven(path, digest_of(file), trusted_keys(database))


def load_bundle(path: Path, digest: Digest) -> bytes:
    """Give the bundle of a database with this content; VerificationError where none lies beside it."""
    for place in dict.fromkeys((path, path.resolve())):
        bundle = bundle_path(place, digest)
        try:
            with bundle.open("rb") as file:
                return file.read(MAX_BUNDLE_BYTES + 1)[:MAX_BUNDLE_BYTES]
        except FileNotFoundError:
            continue
        except OSError as error:
            raise UnavailableError(str(bundle), f"cannot be read: {error.strerror or error}") from None
    if _signed(path):
        what = f"the advisory database is not the one that was signed: nobody vouches for {digest}"
        raise VerificationError(str(path), what, _ANEW)
    what = "the advisory database has no signature"
    raise VerificationError(str(path), what, "if you know where it is from, `custody db sign` it; else import it anew")


def _proven(path: Path, digest: Digest, keys: Sequence[PublicKey]) -> DatabaseSignature:
    found = verify_signature(load_bundle(path, digest), str(path), keys=keys)
    if found.digest != digest:
        what = f"the signature is of another advisory database: expected {found.digest}, got {digest}"
        raise VerificationError(str(path), what, _ANEW)
    return found


class Signing:
    """How an import signs what it makes, and proves what it builds on."""

    def __init__(self, key: KeyPair, *, now: dt.datetime, database: Chosen | Path | None = None) -> None:
        """Take the key to sign with, and how the database is named, for further keys to trust."""
        self._key = key
        self._now = now
        self._database = database

    def check(self, copy: Path, path: Path) -> None:
        """Prove that a copy of the database at `path` is what was signed: what is built on it is signed anew.

        Raises VerificationError.
        """
        with copy.open("rb") as file:
            digest = digest_of(file)
        _proven(path, digest, [*trusted_keys(self._database), self._key.public])

    def sign(self, complete: Path, path: Path) -> tuple[Digest, bytes]:
        """Sign the file that is about to be moved to `path`; give its digest and the bundle."""
        return sign_file(complete, self._key, name=path.name, now=self._now)


class _Proof:
    """The proof of one open file, worked out in a thread."""

    def __init__(self, path: Path, file: BinaryIO, database: Chosen) -> None:
        self._path = path
        self._file = file
        self._database = database
        self._found: DatabaseSignature | None = None
        self._error: BaseException | None = None
        self._before = _state(file)
        self._thread = threading.Thread(target=self._prove, name="custody-signature", daemon=True)

    def start(self) -> None:
        """Begin; not before SQLite has opened the file, which is over in a moment when nothing else runs."""
        if self._thread.ident is None:
            self._thread.start()

    def end(self) -> None:
        """Wait for the thread, where there is one: the file is about to be closed."""
        if self._thread.ident is not None:
            self._thread.join()

    def _prove(self) -> None:
        try:
            self._found = load_signature(self._database, self._path, self._file)
        except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
            self._error = error

    def result(self) -> DatabaseSignature:
        """Wait for the proof, and give it; VerificationError where it failed, or the file was written to since."""
        self.start()
        self.end()
        if self._error is not None:
            raise self._error
        if _state(self._file) != self._before:
            raise VerificationError(str(self._path), "the advisory database was changed while it was read", _ANEW)
        assert self._found is not None  # noqa: S101 - there is an error, or there is this
        return self._found

    def refuse(self, error: Exception) -> None:
        """Raise the failure of the proof in place of an error that it explains.

        A file that is no database of ours, and that nobody says is one, is told as just that.
        """
        self.start()
        self.end()
        if isinstance(error, InputError) and isinstance(self._error, VerificationError) and not _signed(self._path):
            return
        try:
            self.result()
        except VerificationError as failure:
            raise failure from None


def _state(file: BinaryIO) -> tuple[int, int, int, int]:
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError:
        connect(path).close()  # it says what is wrong in the words of this room
        raise


def _signed(path: Path) -> bool:
    """Say whether any signature lies beside a database."""
    return any(bundles_beside(place) for place in dict.fromkeys((path, path.resolve())))


def _is_at(path: Path, file: BinaryIO) -> bool:
    found = path.stat()
    return (found.st_dev, found.st_ino) == _state(file)[:2]
