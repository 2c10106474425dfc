"""How large a task and how many of them: measured one after the other in this process."""

from __future__ import annotations

import math
import time

from .spec import TASK_TARGET_S, TASKS_PER_WORKER, TRIAL_TARGET_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Dict, List, Optional, Tuple, Union

    from .spec import Job

    Run = Callable[[int], Tuple[float, int]]
    """Does task 0 of a size; returns its seconds and its checksum."""

SEQUENTIAL_LIMIT_S = 3.0
"""A sequential trial should not last longer than this, if its tasks allow that."""
TASKS_AT_MOST = 100_000
SIZE_AT_MOST = 1 << 40
CLOSE_ENOUGH = 0.2
STEPS_AT_MOST = 5
REPEATS = 5
"""As many as `timeit` takes: the median is what a task takes, the best is what a call costs."""
SLOW_S = 0.2
"""A longer task is timed once."""


def calibrate(job: Job, run: Run, size_at_most: Optional[int] = None) -> Dict[str, Union[int, float, bool]]:
    """The fields of the event `calibrated`; a size or a number of tasks that is given stays.

    `size_at_most` is the workload's own limit, where it has one.
    """
    asked = job.experiment
    end_s = time.monotonic() + job.warmup_s
    size, most = asked.size or 1, size_at_most or SIZE_AT_MOST
    (_, first), (task_s, second) = run(size), run(size)  # the first may import and fill caches: not timed
    while not asked.size and task_s < TASK_TARGET_S / 4 and size < most:
        size = min(2 * size, most)
        task_s, _ = run(size)
    while time.monotonic() < end_s:
        task_s, _ = run(size)
    times_s = _times_s(run, size, task_s)
    if not asked.size:
        size, times_s = _scaled(run, size, times_s, most)
    task_s = _median(times_s)
    return {
        "size": size,
        "tasks": asked.tasks or tasks_for(task_s, job.max_workers),
        "task_s": task_s,
        "deterministic": first == second,
        "call_s": times_s[0] / size,
        "call_repeats": len(times_s),
    }


def tasks_for(task_s: float, max_workers: int) -> int:
    """Tasks of a trial: a multiple of `max_workers` that keeps a trial within its limits of time.

    Each worker gets `TASKS_PER_WORKER`; fewer where one worker alone would take longer than
    `SEQUENTIAL_LIMIT_S`; more until all workers together take `TRIAL_TARGET_S`, which weighs most.
    """
    affordable = int(SEQUENTIAL_LIMIT_S / max_workers / max(task_s, 1e-9))
    needed = math.ceil(TRIAL_TARGET_S / max(task_s, 1e-9))
    each = max(1, needed, min(TASKS_PER_WORKER, affordable))
    return min(each, max(1, TASKS_AT_MOST // max_workers)) * max_workers


def _scaled(run: Run, size: int, times_s: List[float], most: int) -> Tuple[int, List[float]]:
    """The size whose task takes `TASK_TARGET_S`, and its times; a JIT makes more than one step needed."""
    for _ in range(STEPS_AT_MOST):
        task_s = _median(times_s)
        wanted = min(_rounded(size * TASK_TARGET_S / task_s), most)
        if wanted == size or abs(task_s / TASK_TARGET_S - 1) < CLOSE_ENOUGH:
            break
        size = wanted
        times_s = _times_s(run, size, run(size)[0])
    return size, times_s


def _times_s(run: Run, size: int, task_s: float) -> List[float]:
    """Of a few tasks, `task_s` among them, the shortest first; of none more where they take long."""
    more = 0 if task_s > SLOW_S else REPEATS - 1
    return sorted([task_s] + [run(size)[0] for _ in range(more)])


def _median(times_s: List[float]) -> float:
    return times_s[len(times_s) // 2]


def _rounded(size: float) -> int:
    """To two digits, 1 at least: sizes that can be read and typed."""
    if size < 1:
        return 1
    digit: int = 10 ** max(0, math.floor(math.log10(size)) - 1)
    return round(size / digit) * digit
