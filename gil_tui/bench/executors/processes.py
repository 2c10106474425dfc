"""Processes: the standard `ProcessPoolExecutor`, under any start method."""

from __future__ import annotations

import faulthandler
import multiprocessing
import multiprocessing.queues
import multiprocessing.synchronize
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from ..failures import JobError, in_words
from ..guard import allow_watching
from ..workloads import load
from .aftermath import kill_descendants, name_leftovers, who_ended
from .pools import Pool, enlist
from .work import Work, order_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import Executor as StandardPool
    from concurrent.futures import Future
    from multiprocessing.process import BaseProcess
    from typing import Any, Callable, List, Optional, Tuple

    from ..spec import Job
    from ..workloads.base import Workload
    from .work import Order


class Processes(Pool):
    """A pool of `workers` processes; `start_method` of None is this interpreter's own default."""

    def __init__(self, job: Job, size: int, workload: Workload) -> None:
        workers = job.experiment.workers
        context = self._context(job.experiment.start_method)
        self.start_method = context.get_start_method()
        name_leftovers(context.get_start_method())
        arguments = (
            order_of(job, workload),
            size,
            self._barrier(context, workers),
            job.experiment.switch_interval_s,
        )
        self._processes: List[BaseProcess] = []
        super().__init__(workers, lambda: self._standard_pool(context, arguments))

    def start(self) -> None:
        """Start all processes; JobError `usage` if this system does not give so many."""
        try:
            super().start()
        except OSError as error:
            raise JobError("usage", "%d processes cannot be started: %s" % (self._workers, in_words(error)))
        except AttributeError as error:  # PyPy 7.3.11 lost the method that starts processes one by one
            how = "this Python's ProcessPoolExecutor is broken under start method %s" % self.start_method
            raise JobError("unavailable", "%s: %s; fork works" % (how, in_words(error)))

    def abort(self) -> None:
        """Kill the workers and multiprocessing's helpers."""
        kill_descendants()

    def _context(self, start_method: Optional[str]) -> Any:
        """What processes are started with; JobError `usage` for a start method that is not there."""
        known = multiprocessing.get_all_start_methods()
        if start_method is not None and start_method not in known:
            raise JobError(
                "usage", "this Python has no start method %s but %s" % (start_method, ", ".join(known))
            )
        return multiprocessing.get_context(start_method)

    def _barrier(self, context: Any, workers: int) -> Any:
        return context.Barrier(workers)

    def _standard_pool(self, context: Any, arguments: Tuple[Any, ...]) -> StandardPool:
        return ProcessPoolExecutor(self._workers, context, begin, arguments)

    def _submit(self, function: Callable[[Any], Any], arguments: Any) -> List[Future[Any]]:
        try:
            return super()._submit(function, arguments)
        except BrokenProcessPool:
            raise who_ended(self._processes or self._started())
        finally:
            self._processes = self._processes or self._started()

    def _started(self) -> List[BaseProcess]:
        """The pool's own list: a worker that was killed at once is no child of multiprocessing's any more."""
        own = getattr(self._pool, "_processes", None) or {}
        return list(own.values()) or multiprocessing.active_children()

    def _result(self, future: Future[Any]) -> Any:
        try:
            return future.result()
        except BrokenProcessPool:
            raise who_ended(self._processes)


def begin(order: Order, size: int, barrier: Any, switch_interval_s: Optional[float]) -> None:
    """In a new worker process; what fails here is said when the worker takes its seat."""
    allow_watching()
    faulthandler.enable(2)
    if switch_interval_s is not None:
        sys.setswitchinterval(switch_interval_s)
    try:
        enlist(Work(load(*order), size), barrier)
    except JobError as failure:
        enlist(None, barrier, failure)
