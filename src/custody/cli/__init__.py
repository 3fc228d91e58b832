"""The command line: reads arguments, calls one workflow, prints one result.

    main()          the program; turns every error into one line and an exit code
    commands/       one small file a command, loaded only when it is asked for

A command module declares `COMMAND`, a click command or group. Its name is the file's, with "-" for "_".
"""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program and leave with its exit code (see `custody.errors.EXIT_CODES`).

    A request to end (SIGTERM, as build servers send it; SIGHUP, of a terminal that goes away, unless `nohup` has it
    ignored) is an interrupt like Ctrl-C: work stops in order, and the ledger says so.
    """
    _hold_closed_streams()
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - signal's signature
        asked.append(number)
        raise KeyboardInterrupt

    try:
        signal.signal(signal.SIGTERM, stop)
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, stop)
        from custody.cli.program import run  # an interrupt while it loads is one line too

        code = run(argv)
    except KeyboardInterrupt:
        sys.stderr.write("custody: interrupted; nothing half-written was left behind\n")
        sys.stderr.flush()
        # All is cleaned up by now. An ordinary exit could still end as a death by SIGINT: the interpreter remembers an
        # interrupt that once left some code, even when it was caught further out.
        os._exit(128 + (asked[0] if asked else signal.SIGINT))
    sys.exit(code)


def _hold_closed_streams() -> None:
    """Hold the places of standard streams that were closed by whoever started us.

    Otherwise the next file that is opened, as a database, gets the number 1 or 2, and what is printed goes into it.
    Where standard output was closed, writing to it still is an error; for messages there is nobody left to read them.
    """
    if sys.stdin is not None and sys.stdout is not None and sys.stderr is not None:
        return
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)  # takes the lowest number that is free
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - it stays open to the end
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above
