"""What handing one task over costs: empty tasks, by the bytes of their argument."""

from __future__ import annotations

import os
import time

from . import executors
from .spec import HANDOVER_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List

    from .executors import Executor
    from .spec import Job
    from .workloads.base import Workload

BATCHES = 5
BATCHES_AT_LEAST = 3
BATCH_S = 0.05
"""A batch is as many tasks as take this long."""
ENOUGH_S = 0.4
"""For one size of the argument, where a few tasks take longer than a batch should."""
TASKS_AT_MOST = 5_000
DISTINCT = 16
"""So many arguments differ: what is handed over in one piece is not pickled twice."""


def handover(job: Job, workload: Workload) -> Dict[str, float]:
    """Seconds a task by bytes of its argument: the median of some batches, each its wall time by its tasks.

    All tasks of a batch are handed over at once, as those of a trial are, to workers that are up and warm.
    """
    executor = executors.create(job, job.experiment.size or 1, workload)
    try:
        executor.start()
        executor.warm(job.warmup_s)
        least = 2 * job.experiment.workers
        _task_s(executor, 0, least)  # the first hand-overs cost more
        found = {str(size): _task_s(executor, size, least) for size in HANDOVER_BYTES}
        executor.close()
    except BaseException:
        executor.abort()
        raise
    return found


def _task_s(executor: Executor, size: int, least: int) -> float:
    arguments = [os.urandom(size) for _ in range(DISTINCT)]
    end_s = time.perf_counter() + ENOUGH_S
    task_s = _batch_s(executor, arguments, least) / least
    tasks = min(max(least, round(BATCH_S / max(task_s, 1e-9))), TASKS_AT_MOST)
    batches_s: List[float] = []
    while len(batches_s) < BATCHES_AT_LEAST or (len(batches_s) < BATCHES and time.perf_counter() < end_s):
        batches_s.append(_batch_s(executor, arguments, tasks))
    return sorted(batches_s)[len(batches_s) // 2] / tasks


def _batch_s(executor: Executor, arguments: List[bytes], tasks: int) -> float:
    batch = [arguments[number % len(arguments)] for number in range(tasks)]
    begun_s = time.perf_counter()
    executor.hand_over(batch)
    return time.perf_counter() - begun_s
