"""asyncio: coroutines in one thread, each pulling the next task from one iterator."""

from __future__ import annotations

import asyncio
import os
import threading
import time

from ..gil import gil_enabled
from .base import Executor, empty
from .work import Work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Awaitable, Callable, Iterable, Iterator, List, Optional, Sequence

    from ..gil import Gil
    from ..spec import Job
    from ..workloads.base import Workload
    from .work import Record


class Asynchronous(Executor):
    """`workers` coroutines on an event loop in the main thread."""

    def __init__(self, job: Job, size: int, workload: Workload) -> None:
        self._work = Work(workload, size, time.thread_time_ns)
        self._workers = job.experiment.workers

    def start(self) -> None:
        """Make the event loop and have it run once."""
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(asyncio.sleep(0))
        self.seats = [(os.getpid(), threading.get_native_id())] * self._workers

    def warm(self, seconds: float) -> List[Gil]:
        """Warm up all workers together, or one for all where tasks cannot overlap."""
        workers = self._workers if self._work.workload.is_async else 1
        self._loop.run_until_complete(_all([self._work.warm_up_async(seconds) for _ in range(workers)]))
        return [gil_enabled()] * self._workers

    def run(self, tasks: int, progress: Callable[[int, int], None]) -> List[Record]:
        """Do all tasks; the records are in the order of their numbers."""
        numbers = iter(range(tasks))
        records: List[Optional[Record]] = [None] * tasks
        done = 0

        async def worker(seat: int, numbers: Iterator[int]) -> None:
            nonlocal done
            for number in numbers:
                records[number] = await self._work.task_async(seat, number)
                done += 1
                progress(done, tasks)

        self._loop.run_until_complete(_all([worker(seat, numbers) for seat in range(self._workers)]))
        return [record for record in records if record is not None]

    def close(self) -> None:
        """Leave the workload and close the event loop."""
        self._loop.run_until_complete(self._work.workload.leave_async())
        self._loop.close()

    def hand_over(self, arguments: Sequence[bytes]) -> None:
        """Make a task of the event loop for each argument."""
        self._loop.run_until_complete(_all(_empty(argument) for argument in arguments))


async def _all(coroutines: Iterable[Awaitable[None]]) -> None:
    await asyncio.gather(*coroutines)


async def _empty(argument: bytes) -> None:
    empty(argument)
