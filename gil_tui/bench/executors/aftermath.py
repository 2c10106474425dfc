"""Processes that end, and what they leave in the file system."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time

from ..failures import JobError, ended_in_words
from ..family import descendants
from ..guard import SCRATCH, SCRATCH_FOLDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess
    from typing import Optional, Sequence

LOOK_S = 5.0
"""How long to look for the worker that broke the pool; a busy host takes its time."""


def who_ended(processes: Sequence[BaseProcess]) -> JobError:
    """Say which worker ended and how; the pool itself ends the others by SIGTERM."""
    end_s = time.monotonic() + LOOK_S
    while True:
        codes = [_exit_code(process) for process in processes]
        for process, code in zip(processes, codes):
            if code not in (None, -signal.SIGTERM):
                return JobError("worker", "worker process %s %s" % (process.pid, ended_in_words(code or 0)))
        if processes and None not in codes:  # the first SIGTERM was somebody else's
            return JobError("worker", "a worker process %s" % ended_in_words(-signal.SIGTERM))
        if time.monotonic() > end_s:
            return JobError("worker", "a worker process ended, it is not known how")
        time.sleep(0.01)


def _exit_code(process: BaseProcess) -> Optional[int]:
    """As the pool's own thread has read it: of two that ask a fork server at once, one is told 255."""
    code: Optional[int] = getattr(getattr(process, "_popen", None), "returncode", None)
    return code


def kill_descendants() -> None:
    """Kill all that this process started: neither workers nor their helpers should comment on its end."""
    for pid in descendants(os.getpid()):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def scratch_folder() -> Optional[str]:
    """A new folder that the guardian removes, None on systems that have no place for it."""
    if not os.path.isdir(SCRATCH_FOLDER):
        return None
    folder = os.path.join(SCRATCH_FOLDER, SCRATCH)
    os.mkdir(folder, 0o700)
    return folder


def name_leftovers(start_method: str) -> None:
    """Name what multiprocessing keeps in the file system so that the guardian finds it.

    Under spawn and forkserver its semaphores have names, and a forkserver has a socket, until they are
    closed; a killed experiment closes nothing.
    """
    if start_method == "fork" or not os.path.isdir(SCRATCH_FOLDER):
        return
    settings = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    settings["semprefix"] = "/" + SCRATCH
    if start_method == "forkserver":
        settings["tempdir"] = scratch_folder()
