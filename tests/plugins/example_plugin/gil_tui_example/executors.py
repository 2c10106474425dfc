"""An executor: a class with `start`, `warm` and `run`, named by an entry point of `gil_tui.executors`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from gil_tui.bench.executors.work import Work
from gil_tui.bench.gil import gil_enabled


class Backwards:
    """Does the tasks in the main thread, the last one first; its workers take turns."""

    means = "one task after another, the last one first"
    workers_at_most = 8

    def __init__(self, job: Any, size: int, workload: Any) -> None:
        self._work = Work(workload, size)
        self._workers = job.experiment.workers
        self.seats = [(os.getpid(), os.getpid())] * self._workers

    def start(self) -> None:
        """There is nothing to start."""

    def warm(self, seconds: float) -> list[Any]:
        """Warm up once for all."""
        self._work.warm_up(seconds)
        return [gil_enabled()] * self._workers

    def run(self, tasks: int, progress: Callable[[int, int], None]) -> list[Any]:
        """Do all tasks."""
        records = [self._work.task(number % self._workers, number) for number in reversed(range(tasks))]
        progress(tasks, tasks)
        return records[::-1]
