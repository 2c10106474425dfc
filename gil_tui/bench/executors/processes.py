"""Processes: the standard `ProcessPoolExecutor`, under any start method."""

from __future__ import annotations

import faulthandler
import multiprocessing
import multiprocessing.queues
import multiprocessing.synchronize
import os
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from ..failures import JobError, ended_in_words, in_words
from ..guard import SCRATCH, SCRATCH_FOLDER, allow_watching
from ..workloads import load
from .base import kill_descendants
from .pools import Pool, enlist
from .work import Work, order_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import Executor as StandardPool
    from concurrent.futures import Future
    from multiprocessing.process import BaseProcess
    from typing import Any, Callable, List, Optional

    from ..spec import Job
    from ..workloads.base import Workload
    from .work import Order

LOOK_S = 1.0
"""How long to look for the worker that broke the pool."""


class Processes(Pool):
    """A pool of `workers` processes; `start_method` of None is this interpreter's own default."""

    def __init__(self, job: Job, size: int, workload: Workload) -> None:
        experiment = job.experiment
        start_method, workers = experiment.start_method, experiment.workers
        known = multiprocessing.get_all_start_methods()
        if start_method is not None and start_method not in known:
            raise JobError(
                "usage", "this Python has no start method %s but %s" % (start_method, ", ".join(known))
            )
        context: Any = multiprocessing.get_context(start_method)
        self.start_method = context.get_start_method()
        _name_leftovers(self.start_method)
        barrier = context.Barrier(workers)
        self._processes: List[BaseProcess] = []

        def make_pool() -> StandardPool:
            arguments = (order_of(job, workload), size, barrier, experiment.switch_interval_s)
            return ProcessPoolExecutor(workers, context, _begin, arguments)

        super().__init__(workers, make_pool)

    def start(self) -> None:
        """Start all processes; JobError `usage` if this system does not give so many."""
        try:
            super().start()
        except OSError as error:
            raise JobError("usage", "%d processes cannot be started: %s" % (self._workers, in_words(error)))
        except AttributeError as error:  # PyPy 7.3.11 lost the method that starts processes one by one
            how = "this Python's ProcessPoolExecutor is broken under start method %s" % self.start_method
            raise JobError("usage", "%s: %s" % (how, in_words(error)))

    def abort(self) -> None:
        """Kill the workers and multiprocessing's helpers."""
        kill_descendants()

    def _submit(self, function: Callable[[Any], Any], arguments: Any) -> List[Future[Any]]:
        try:
            futures = super()._submit(function, arguments)
        except BrokenProcessPool:
            raise self._broken()
        self._processes = self._processes or multiprocessing.active_children()
        return futures

    def _result(self, future: Future[Any]) -> Any:
        try:
            return future.result()
        except BrokenProcessPool:
            raise self._broken()

    def _broken(self) -> JobError:
        """Say which worker ended and how; the pool itself ends the others by SIGTERM."""
        end_s = time.monotonic() + LOOK_S
        while True:
            for process in self._processes:
                if process.exitcode not in (None, -signal.SIGTERM):
                    how = ended_in_words(process.exitcode or 0)
                    return JobError("worker", "worker process %s %s" % (process.pid, how))
            if time.monotonic() > end_s:
                return JobError("worker", "a worker process ended, it is not known how")
            time.sleep(0.01)


def _begin(order: Order, size: int, barrier: Any, switch_interval_s: Optional[float]) -> None:
    """In a new worker process; what fails here is said when the worker takes its seat."""
    allow_watching()
    faulthandler.enable(2)
    if switch_interval_s is not None:
        sys.setswitchinterval(switch_interval_s)
    try:
        enlist(Work(load(*order), size), barrier)
    except JobError as failure:
        enlist(None, barrier, failure)


def _name_leftovers(start_method: str) -> None:
    """Name what multiprocessing keeps in the file system so that the guardian finds it.

    Under spawn and forkserver its semaphores have names, and a forkserver has a socket, until they are
    closed; a killed experiment closes nothing.
    """
    if start_method == "fork" or not os.path.isdir(SCRATCH_FOLDER):
        return
    settings = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    settings["semprefix"] = "/" + SCRATCH
    if start_method == "forkserver":
        folder = os.path.join(SCRATCH_FOLDER, SCRATCH)
        os.mkdir(folder, 0o700)
        settings["tempdir"] = folder
