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

    A request to end (SIGTERM, as build servers send it) is an interrupt like Ctrl-C: work stops in order, and the
    ledger says so.
    """
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - signal's signature
        asked.append(number)
        raise KeyboardInterrupt

    try:
        signal.signal(signal.SIGTERM, stop)
        from custody.cli.program import run  # an interrupt while it loads is one line too

        code = run(argv)
    except KeyboardInterrupt:
        sys.stderr.write("custody: interrupted; nothing half-written was left behind\n")
        sys.stderr.flush()
        # All is cleaned up by now. An ordinary exit could still end as a death by SIGINT: the interpreter remembers an
        # interrupt that once left some code, even when it was caught further out.
        os._exit(128 + (asked[0] if asked else signal.SIGINT))
    sys.exit(code)
