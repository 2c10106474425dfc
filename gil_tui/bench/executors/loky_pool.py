"""loky: the pool of processes that joblib uses."""

from __future__ import annotations

import importlib

from ..guard import SCRATCH
from .processes import Processes, begin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import Executor as StandardPool
    from typing import Any, Optional, Tuple


class Loky(Processes):
    """A pool of `workers` processes, each started anew: loky forks none."""

    def _context(self, start_method: Optional[str]) -> Any:
        synchronize: Any = importlib.import_module("loky.backend.synchronize")
        names = synchronize.SemLock._rand
        synchronize.SemLock._make_name = staticmethod(lambda: "/%s-%s" % (SCRATCH, next(names)))
        return importlib.import_module("loky.backend.context").get_context("loky_init_main")

    def _barrier(self, context: Any, workers: int) -> Any:
        return Barrier(context, workers)

    def _standard_pool(self, context: Any, arguments: Tuple[Any, ...]) -> StandardPool:
        loky: Any = importlib.import_module("loky")
        pool: StandardPool = loky.ProcessPoolExecutor(
            self._workers, context=context, initializer=begin, initargs=arguments
        )
        return pool


class Barrier:
    """A barrier of semaphores alone: multiprocessing's own needs shared memory that loky cannot hand on.

    Whoever comes last opens the gate for all; the gates take turns, for the first of the next round may come
    while the last of this one still leaves.
    """

    def __init__(self, context: Any, parties: int) -> None:
        self._parties = parties
        self._lock = context.Lock()
        self._come = context.Semaphore(0)
        self._gates = (context.Semaphore(0), context.Semaphore(0))
        self._round = 0

    def wait(self) -> None:
        """Wait for all the others."""
        gate, self._round = self._gates[self._round % 2], self._round + 1
        with self._lock:
            self._come.release()
            if self._come.get_value() == self._parties:
                for _ in range(self._parties):
                    self._come.acquire()
                    gate.release()
        gate.acquire()
