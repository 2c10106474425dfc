"""One task after the other in the main thread: what all else is compared with."""

from __future__ import annotations

import os

from .work import Work, gil_enabled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, List, Optional, Tuple

    from ..workloads.base import Workload
    from .work import Record


class Sequential:
    """No pool at all."""

    start_method: Optional[str] = None

    def __init__(self, workload: Workload, size: int) -> None:
        self._work = Work(workload, size)
        self.seats: List[Tuple[int, int]] = []

    def start(self) -> None:
        """Take the one seat."""
        self.seats = [(os.getpid(), os.getpid())]  # the main thread's id is its process's: gettid(2)

    def warm(self, seconds: float) -> List[bool]:
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

    def close(self) -> None:
        """Leave the workload."""
        self._work.workload.leave()

    def abort(self) -> None:
        """Nothing to end."""
