"""Interpreters: the standard `InterpreterPoolExecutor`, from Python 3.14 on."""

from __future__ import annotations

import importlib
import os
import pickle
import re
import sys
import time
from concurrent.futures import FIRST_EXCEPTION, wait

from ..failures import JobError, in_words
from ..worker_data import only_one_worker
from ..workloads import load
from .pools import Pool, enlist
from .rendezvous import Rendezvous
from .work import Work, order_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import Future
    from typing import Any, List, Optional

    from ..spec import Job
    from ..workloads.base import Workload
    from .work import Order

MAIN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "__main__.py")
BEGIN = """
import importlib, pickle
with open(main, "rb") as file:
    exec(compile(file.read(), main, "exec"), {"__name__": "__mp_main__", "__file__": main})
importlib.import_module(begin).begin(*pickle.loads(arguments))
"""
"""What a new interpreter does: it makes the bench importable as a spawned process does, and begins."""
REFUSED = re.compile(r"module (\S+) does not support loading in subinterpreters")
"""Python/import.c: a module written in C has to say that it can be had more than once."""


class Interpreters(Pool):
    """A pool of `workers` threads, each with an interpreter and a GIL of its own."""

    def __init__(self, job: Job, size: int, workload: Workload) -> None:
        pools: Any = importlib.import_module("concurrent.futures.interpreter")
        workers = job.experiment.workers
        self._broken: type = pools.BrokenInterpreterPool
        self._rendezvous = Rendezvous(workers)
        arguments = (order_of(job, workload), size, self._rendezvous, job.experiment.switch_interval_s)
        names = {"main": MAIN, "begin": __name__, "arguments": pickle.dumps(arguments)}
        super().__init__(workers, lambda: pools.InterpreterPoolExecutor(workers, "", exec, (BEGIN, names)))

    def start(self) -> None:
        """Start all interpreters; JobError `usage` if this system does not give so many."""
        try:
            super().start()
        except (RuntimeError, MemoryError) as error:
            raise JobError(
                "usage", "%d interpreters cannot be started: %s" % (self._workers, in_words(error))
            )

    def close(self) -> None:
        """End the interpreters."""
        super().close()
        self._rendezvous.close()

    def _all(self, futures: List[Future[Any]]) -> List[Any]:
        """A worker that cannot begin has the others wait for ever: its failure must not wait for theirs."""
        for future in wait(futures, return_when=FIRST_EXCEPTION).done:
            self._result(future)
        return super()._all(futures)

    def _result(self, future: Future[Any]) -> Any:
        try:
            return super()._result(future)
        except JobError as failure:
            raise explained(failure)


def begin(order: Order, size: int, rendezvous: Rendezvous, switch_interval_s: Optional[float]) -> None:
    """In a new interpreter; what fails here is said when the worker takes its seat."""
    if switch_interval_s is not None:
        sys.setswitchinterval(switch_interval_s)
    only_one_worker()
    try:
        enlist(Work(load(*order), size, time.thread_time_ns), rendezvous)
    except JobError as failure:
        enlist(None, rendezvous, failure)


def explained(failure: JobError) -> JobError:
    """The failure; `unavailable` if it is that a module cannot be imported in a subinterpreter."""
    refused = REFUSED.search(failure.message) or REFUSED.search(failure.traceback)
    if refused is None:
        return failure
    why = "%s cannot be imported in a subinterpreter" % refused.group(1)
    return JobError("unavailable", why, failure.traceback)
