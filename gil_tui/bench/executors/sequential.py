"""One task after the other in the main thread: what all else is compared with."""

from __future__ import annotations

import os

from ..gil import gil_enabled
from .base import Executor, empty
from .work import Work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, List, Sequence

    from ..gil import Gil
    from ..spec import Job
    from ..workloads.base import Workload
    from .work import Record


class Sequential(Executor):
    """No pool at all."""

    def __init__(self, job: Job, size: int, workload: Workload) -> None:
        self._work = Work(workload, size)

    def start(self) -> None:
        """Take the one seat."""
        self.seats = [(os.getpid(), os.getpid())]  # the main thread's id is its process's: gettid(2)

    def warm(self, seconds: float) -> List[Gil]:
        """Warm up; return whether the worker has a GIL."""
        self._work.warm_up(seconds)
        return [gil_enabled()]

    def run(self, tasks: int, progress: Callable[[int, int], None]) -> List[Record]:
        """Do all tasks."""
        records = []
        for number in range(tasks):
            records.append(self._work.task(0, number))
            progress(number + 1, tasks)
        return records

    def hand_over(self, arguments: Sequence[bytes]) -> None:
        """Call an empty task with each argument."""
        for argument in arguments:
            empty(argument)

    def close(self) -> None:
        """Leave the workload."""
        self._work.workload.leave()
