"""Threads: the standard `ThreadPoolExecutor`."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from ..failures import JobError, in_words
from .pools import Pool, enlist
from .work import Work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..spec import Job
    from ..workloads.base import Workload


class Threads(Pool):
    """A pool of `workers` threads in this process."""

    def __init__(self, job: Job, size: int, workload: Workload) -> None:
        workers = job.experiment.workers
        enlist(Work(workload, size, time.thread_time_ns), threading.Barrier(workers))
        super().__init__(workers, lambda: ThreadPoolExecutor(max_workers=workers))

    def start(self) -> None:
        """Start all threads; JobError `usage` if this system does not give so many."""
        try:
            super().start()
        except RuntimeError as error:
            raise JobError("usage", "%d threads cannot be started: %s" % (self._workers, in_words(error)))
