"""The bench child from its first line of input to its end: guardian and experiment part ways here."""

from __future__ import annotations

import json
import os
import sys

from . import guard
from .spec import Job

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Read the job, fork the experiment, do the job in it; the exit code is 0 if that succeeded."""
    job = _read_job()
    for descriptor in (job.events_fd, job.switch_fd):
        os.set_inheritable(descriptor, False)
    lifeline = guard.split(job.switch_fd, job.events_fd)
    _read_nothing_more()
    from .session import hold  # only now: meanwhile the guardian takes up its post

    succeeded = hold(job, lifeline)
    _leave(succeeded)


def _read_job() -> Job:
    """One JSON line on standard input; without one there is nobody to answer to."""
    line = b""
    while not line.endswith(b"\n"):
        received = os.read(0, 65536)
        if not received:
            break
        line += received
    try:
        return Job.from_json(json.loads(line.decode("utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        sys.exit("gil-tui starts this with a job on standard input: %r" % error)


def _read_nothing_more() -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _leave(succeeded: bool) -> NoReturn:
    """End as Python would, but wait for no thread and take nothing apart; after a failure at once."""
    if succeeded:
        import atexit

        try:
            atexit._run_exitfuncs()
        except BaseException:
            sys.excepthook(*sys.exc_info())
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # the function may have closed or replaced it
            continue
    os._exit(0 if succeeded else 1)
