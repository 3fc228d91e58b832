"""The one error tree.

    CustodyError
    ├── VerificationError   exit 1   something was checked and the answer is no
    ├── UsageError          exit 2   the command line is wrong
    ├── InputError          exit 3   a file or document is not valid
    └── UnavailableError    exit 4   a network, store or key cannot be reached

What a command line names as its input, and is not there or is of another kind (a folder for a file), is bad input as a
file of the wrong content is; what is there and cannot be read is unavailable. A name that can mean nothing (an empty
one, a platform without an architecture) is a wrong command line.

Every message is one line, `where: what; how to mend it`. Anything that is not a `CustodyError` is our own bug (exit
70).
"""

__all__ = ["CustodyError", "InputError", "UnavailableError", "UsageError", "VerificationError", "one_line"]

EXIT_CODES = (
    (0, "done; the answer is yes"),
    (1, "done; the answer is no (findings, denied, not verified)"),
    (2, "the command line is wrong"),
    (3, "a file or document is not valid"),
    (4, "a network, store or key is not reachable"),
    (70, "our bug; --debug shows the traceback"),
    (130, "interrupted (143 by SIGTERM, 129 by SIGHUP); nothing half-written was left behind"),
)
"""The table that `--help` and the documentation print: (code, meaning)."""


def one_line(text: str) -> str:
    """Give `text` with line breaks and control characters made visible, so that it cannot forge a second message."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class CustodyError(Exception):
    """What the product says to a person when it cannot go on: where, what, and how to mend it."""

    exit_code = 70

    def __init__(self, where: str, what: str, fix: str = "") -> None:
        """Take the place (`file:path.to.field`, an address, a digest), the fault, and the remedy if one is known."""
        super().__init__(where, what, fix)
        self.where = where
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        """Give the one line."""
        line = f"{self.where}: {self.what}" if self.where else self.what
        return one_line(f"{line}; {self.fix}" if self.fix else line)


class VerificationError(CustodyError):
    """A signature, digest, proof or policy was checked, and it does not hold."""

    exit_code = 1


class UsageError(CustodyError):
    """The command line asks for something that makes no sense."""

    exit_code = 2


class InputError(CustodyError):
    """A file, document or archive is not what its format says it must be."""

    exit_code = 3


class UnavailableError(CustodyError):
    """A registry, feed, disk or key could not be reached or written."""

    exit_code = 4
